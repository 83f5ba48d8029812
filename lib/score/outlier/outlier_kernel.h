/* The hot loop of the outlier scorer, one for each instruction set, all giving the same bits: every step
 * works on many rows side by side and never adds across them, so each row meets the same operations in the
 * same order however wide the registers are. */
#ifndef KM_SCORE_OUTLIER_KERNEL_H
#define KM_SCORE_OUTLIER_KERNEL_H

#include "score/outlier/outlier.h"

/* Rows handled at once; a tile is [column][KM_TILE] floats, aligned to 64 bytes. */
enum { KM_TILE = 64 };

/* Where the rows of a tile are; rows may repeat. */
typedef struct km_tile_rows {
    const char *row[KM_TILE];
    bool wide; /* float64, else float32 */
} km_tile_rows;

/* What is usual in one peer group: a feature's centre and 1 / spread. Two cache lines; inverse 0 gives a
 * feature no weight. */
enum { KM_PEER_FEATURES = 16, KM_PEER_CLIP = 10 };
typedef struct km_peer_scale {
    float centre[KM_PEER_FEATURES], inverse[KM_PEER_FEATURES];
} km_peer_scale;

/* Rows of KM_PEER_FEATURES features, `stride` bytes apart, each with the index of its group; NaN is a missing
 * value. down: -1 where a low value is odd as well, 0 where only a high one is. */
typedef struct km_peer_rows {
    const void *values;
    size_t stride;
    const uint32_t *group;
    size_t count;
    const km_peer_scale *groups;
    const float *down;
} km_peer_rows;

static inline const float *km_peer_row(const km_peer_rows *rows, size_t at) {
    return (const void *)((const char *)rows->values + at * rows->stride);
}

/* Values beyond it are infinity; standardised ones are cut where the square is still a float. */
static const double KM_VALUE_MAX = 1e30, KM_STANDARD_MAX = 1e12;

struct km_outlier_kernel {
    const char *name;
    /* Reads KM_TILE rows and leaves them softened in `tile`, whitened in `spare`; writes the distance (unless
     * the model gives it no weight) and the tail of each. */
    void (*tile)(const km_outlier *model, const km_tile_rows *rows, float *tile, float *spare,
                 float *distance, float *tail);
    /* How far each row lies from its peers: the length of the vector of how many spreads each feature lies
     * out, each cut at KM_PEER_CLIP so that no single one decides alone. */
    void (*peers)(const km_peer_rows *rows, float *distance);
};

extern const km_outlier_kernel km_outlier_portable;
#ifdef KIEM_X86_KERNELS
extern const km_outlier_kernel km_outlier_avx2;
extern const km_outlier_kernel km_outlier_avx512;
#endif

/* The fastest one this machine can run. */
const km_outlier_kernel *km_outlier_best_kernel(void);
/* The one of that name ("portable", "avx2", "avx512"), NULL when it is unknown or this machine cannot run it.
 */
const km_outlier_kernel *km_outlier_find_kernel(km_text name);

#endif
