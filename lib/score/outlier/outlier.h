/* The general outlier scorer: how odd each row of a numeric matrix is. It knows nothing of claims.
 *
 * A row's score is a weighted sum of two parts, both taken after each column was centred, scaled and softened
 * (asinh): the distance, after removing the correlations of the clean rows, to the 8th nearest of at most 256
 * clean rows; and the tail, a sum over the columns of how far out each lies (u^1.5: a
 * sum, so that many odd columns count, yet steeper than plain, so that a single very odd one does too). Which
 * part counts is decided from the columns' shapes alone, never from labels. Method and figures:
 * docs/outlier.md. */
#ifndef KM_SCORE_OUTLIER_H
#define KM_SCORE_OUTLIER_H

#include "base/buf.h"
#include "base/error.h"

enum {
    KM_OUTLIER_COLUMNS_MAX = 4096,
    KM_OUTLIER_WIDE = 256, /* columns; see km_outlier_run_start */
    KM_OUTLIER_RUN = 64,
    KM_OUTLIER_REFERENCES = 256, /* clean rows kept */
    KM_OUTLIER_NEAREST = 8,
    KM_OUTLIER_FEATURES_MAX = 1 << 20, /* bytes */
    KM_OUTLIER_FIT_ROWS = 65536        /* a larger matrix is sampled */
};

/* Rows of numbers; NaN is a missing value. */
typedef struct km_matrix {
    const void *values;
    bool wide; /* float64, else float32 */
    size_t rows;
    uint32_t columns;
    int64_t stride; /* bytes from one row to the next */
} km_matrix;

/* Which side of a column is odd. */
typedef enum km_tails {
    KM_TAILS_AUTO, /* the long side of a skewed column, else both */
    KM_TAILS_BOTH,
    KM_TAILS_UPPER /* only excess: what lies below the median counts as the median */
} km_tails;

typedef struct km_outlier_kernel km_outlier_kernel;

typedef struct km_outlier_options {
    uint64_t seed;
    double contamination; /* share of rows above the threshold, over 0 and at most 0.5 */
    km_tails tails;
    const uint8_t *column_tails;     /* km_tails of each column, or NULL: `tails` for all */
    uint32_t column_tails_count;     /* must be the columns of the matrix when column_tails is given */
    km_text features;                /* names the meaning of the columns; kept with the model */
    const km_outlier_kernel *kernel; /* NULL: the fastest this machine has */
} km_outlier_options;

/* What a fitted model is made of; every array is in `memory`. Immutable once fitted or loaded. */
typedef struct km_outlier {
    const km_mem *mem;
    const km_outlier_kernel *kernel;
    void *memory;
    size_t memory_size;
    uint32_t columns, references, nearest;
    uint32_t tails; /* as asked for */
    uint64_t seed;
    double *centre, *inverse;       /* [columns]; inverse scale 0: the column has no weight */
    float *low, *upward, *downward; /* [columns]; u >= low, how far out is max(u * upward, u * downward) */
    float *whiten, *offset;         /* lower triangle by rows; [columns] */
    float *reference, *half;        /* [group][column][8]; [group][8] half the squared length */
    float base, distance_weight, tail_weight; /* score = base + distance part + tail part */
    double pile, size, weight;                /* the shapes, and the tail's share they led to */
    double contamination, threshold;
    char *features;
    size_t features_length;
} km_outlier;

void km_outlier_init(km_outlier *model, const km_mem *mem);
void km_outlier_free(km_outlier *model);
/* On failure the model is as after km_outlier_init. */
kiem_status km_outlier_fit(km_outlier *model, const km_matrix *matrix, const km_outlier_options *options,
                           km_error *error);
/* One score a row; higher is odder, 0 is about the median of the rows it was fitted on. */
kiem_status km_outlier_score(const km_outlier *model, const km_matrix *matrix, double *scores,
                             km_error *error);
/* For each row and column the share of the score (>= 0, adding up to 1, or all 0 when nothing is odd) and the
 * direction (1 high, -1 low, 0 neither). Both are rows x columns; directions may be NULL. */
kiem_status km_outlier_explain(const km_outlier *model, const km_matrix *matrix, double *shares,
                               int8_t *directions, km_error *error);
kiem_status km_outlier_save(const km_outlier *model, km_buf *out, km_error *error);
kiem_status km_outlier_load(km_outlier *model, const void *bytes, size_t size, km_error *error);

/* For the files of this module: the arrays of a model of that shape, zeroed. */
kiem_status km_outlier_allocate(km_outlier *model, uint32_t columns, uint32_t references,
                                size_t features_length, km_error *error);
static inline size_t km_outlier_groups(uint32_t references) {
    return (references + KM_OUTLIER_NEAREST - 1) / KM_OUTLIER_NEAREST;
}
/* The score of a row from its two parts. */
static inline float km_outlier_combine(const km_outlier *model, float distance, float tail) {
    return model->base + (model->distance_weight * distance + model->tail_weight * tail);
}
/* Where the run of columns starts whose correlations with column i are kept: above KM_OUTLIER_WIDE columns
 * only those within runs of KM_OUTLIER_RUN neighbours, or fitting would take the cube of the columns. */
static inline size_t km_outlier_run_start(size_t columns, size_t i) {
    return columns > KM_OUTLIER_WIDE ? i - i % KM_OUTLIER_RUN : 0;
}
static inline size_t km_outlier_run_end(size_t columns, size_t i) {
    const size_t end = columns > KM_OUTLIER_WIDE ? i - i % KM_OUTLIER_RUN + KM_OUTLIER_RUN : columns;
    return end < columns ? end : columns;
}
static inline size_t km_triangle(size_t n) {
    return n * (n + 1) / 2;
}

#endif
