#include "score/outlier/outlier_core.h"

#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "score/outlier/outlier.h"
#include "score/outlier/outlier_column.h"

enum { CENTRES = 3, TRIMS = 5, CLUSTER_TRIMS = 5 };

static const double KEEP = 0.75;  /* share of rows each trimming keeps */
static const double CLEAN = 0.85; /* share of rows the references are chosen from */
static const double SHRINK = 0.5; /* of the correlations */
static const double NEXT_CENTRE =
    0.75; /* how far out, in rank, the next centre starts: not the farthest, which may be odd */
static const double RIDGE = 1e-6;

/* Working space of one fit. */
typedef struct work {
    km_core *core;
    double *square;     /* [rows] squared distance to the nearest centre */
    double *z;          /* [columns] */
    double *covariance; /* [columns][columns], lower triangle */
    double *centres;    /* [CENTRES][columns], and the same whitened, and sums */
    double *white, *sums;
    uint64_t *keys;   /* [rows] */
    uint8_t *nearest; /* [rows] */
    uint8_t *kept;    /* [rows] */
    size_t count;     /* of centres */
} work;

static void multiply(const km_core *core, const double *restrict u, double *restrict z) {
    const size_t d = core->columns;
    for (size_t i = 0; i < d; i++) z[i] = 0;
    for (size_t j = 0; j < d; j++) {
        const double *restrict row = core->whiten + j * d;
        const double value = u[j];
        const size_t end = km_outlier_run_end(d, j);
        for (size_t i = j; i < end; i++) z[i] += row[i] * value;
    }
}

static double square_distance(const double *a, const double *b, size_t d) {
    double sum = 0;
    for (size_t i = 0; i < d; i++) sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum;
}

/* Cholesky in place of the lower triangle. The shrinking keeps every pivot well above 0 but for rounding. */
static void factor(double *c, size_t d) {
    for (size_t j = 0; j < d; j++) {
        const size_t start = km_outlier_run_start(d, j), end = km_outlier_run_end(d, j);
        double pivot = c[j * d + j];
        for (size_t k = start; k < j; k++) pivot -= c[j * d + k] * c[j * d + k];
        pivot = sqrt(pivot > RIDGE ? pivot : RIDGE);
        c[j * d + j] = pivot;
        for (size_t i = j + 1; i < end; i++) {
            double sum = c[i * d + j];
            for (size_t k = start; k < j; k++) sum -= c[i * d + k] * c[j * d + k];
            c[i * d + j] = sum / pivot;
        }
    }
}

/* whiten = transposed inverse of the factor. */
static void invert(const double *l, size_t d, double *whiten) {
    for (size_t j = 0; j < d; j++) {
        double *row = whiten + j * d;
        for (size_t i = 0; i < d; i++) row[i] = 0;
        row[j] = 1 / l[j * d + j];
        const size_t end = km_outlier_run_end(d, j);
        for (size_t i = j + 1; i < end; i++) {
            double sum = 0;
            for (size_t k = j; k < i; k++) sum += l[i * d + k] * row[k];
            row[i] = -sum / l[i * d + i];
        }
    }
}

/* From the sums of products in `covariance` to the whitening. */
static void set_whitening(work *w, size_t rows) {
    const size_t d = w->core->columns;
    double *c = w->covariance;
    for (size_t i = 0; i < d; i++) {
        for (size_t j = km_outlier_run_start(d, i); j < i; j++) c[i * d + j] *= (1 - SHRINK) / (double)rows;
        const double variance = c[i * d + i] / (double)rows;
        c[i * d + i] = variance + fmax(0, w->core->floor[i] - variance) + RIDGE;
    }
    factor(c, d);
    invert(c, d, w->core->whiten);
}

/* Moves each centre to the mean of its kept rows and whitens by what is left around the centres. */
static void refit(work *w) {
    const size_t d = w->core->columns;
    size_t members[CENTRES] = {0}, total = 0;
    memset(w->sums, 0, w->count * d * sizeof *w->sums);
    for (size_t row = 0; row < w->core->rows; row++) {
        if (!w->kept[row]) continue;
        double *sum = w->sums + w->nearest[row] * d;
        const double *u = w->core->u + row * d;
        for (size_t i = 0; i < d; i++) sum[i] += u[i];
        members[w->nearest[row]]++;
        total++;
    }
    for (size_t c = 0; c < w->count; c++) {
        if (members[c] < 2 && w->count > 1) continue;
        for (size_t i = 0; i < d; i++) w->centres[c * d + i] = w->sums[c * d + i] / (double)members[c];
    }
    memset(w->covariance, 0, d * d * sizeof *w->covariance);
    for (size_t row = 0; row < w->core->rows; row++) {
        if (!w->kept[row]) continue;
        const double *u = w->core->u + row * d, *centre = w->centres + w->nearest[row] * d;
        for (size_t i = 0; i < d; i++) w->z[i] = u[i] - centre[i];
        for (size_t i = 0; i < d; i++) {
            double *restrict line = w->covariance + i * d;
            const double value = w->z[i];
            for (size_t j = km_outlier_run_start(d, i); j <= i; j++) line[j] += value * w->z[j];
        }
    }
    set_whitening(w, total);
}

/* The nearest centre of every row and how far it is. */
static void measure(work *w) {
    const size_t d = w->core->columns;
    for (size_t c = 0; c < w->count; c++) multiply(w->core, w->centres + c * d, w->white + c * d);
    for (size_t row = 0; row < w->core->rows; row++) {
        multiply(w->core, w->core->u + row * d, w->z);
        double least = square_distance(w->z, w->white, d);
        w->nearest[row] = 0;
        for (size_t c = 1; c < w->count; c++) {
            const double square = square_distance(w->z, w->white + c * d, d);
            if (square >= least) continue;
            least = square;
            w->nearest[row] = (uint8_t)c;
        }
        w->square[row] = least;
    }
}

static void keep_nearest(work *w, double share) {
    const double limit = km_quantile_low(w->square, w->core->rows, share, w->keys);
    for (size_t row = 0; row < w->core->rows; row++) w->kept[row] = w->square[row] <= limit;
}

static void trim(work *w, int times) {
    for (int i = 0; i < times; i++) {
        keep_nearest(w, KEEP);
        refit(w);
        measure(w);
    }
}

/* The kept row at that rank of distance among the kept; the first of equal ones. */
static size_t kept_at(work *w, double share) {
    size_t count = 0;
    for (size_t row = 0; row < w->core->rows; row++) {
        if (w->kept[row]) w->keys[count++] = km_number_key(w->square[row]);
    }
    const double wanted = km_key_number(km_select(w->keys, count, (size_t)(share * (double)(count - 1))));
    size_t row = 0;
    while (!w->kept[row] || w->square[row] != wanted) row++;
    return row;
}

/* From one centre to several: the most central row, then rows well away from those chosen so far. */
static void spread_centres(work *w) {
    const size_t d = w->core->columns;
    for (size_t c = 0; c < CENTRES; c++) {
        const size_t row = kept_at(w, c == 0 ? 0 : NEXT_CENTRE);
        memcpy(w->centres + c * d, w->core->u + row * d, d * sizeof *w->centres);
        w->count = c + 1;
        measure(w);
    }
}

/* Chooses clean rows by the seed, each set of them as likely as any other, and keeps their z. */
static void pick(work *w, size_t picks, uint64_t seed) {
    km_core *core = w->core;
    const size_t d = core->columns;
    keep_nearest(w, CLEAN);
    size_t clean = 0;
    for (size_t row = 0; row < core->rows; row++) {
        if (w->kept[row]) w->keys[clean++] = row;
    }
    core->pick_count = clean < picks ? clean : picks;
    uint64_t state = seed;
    for (size_t i = 0; i < core->pick_count; i++) {
        state += 0x9E3779B97F4A7C15u;
        const size_t other = i + (size_t)(km_mix64(state) % (clean - i));
        const uint64_t row = w->keys[other];
        w->keys[other] = w->keys[i];
        w->keys[i] = row;
        for (size_t j = 0; j < d; j++) w->z[j] = core->u[row * d + j] - core->centre[j];
        multiply(core, w->z, core->picked + i * d);
    }
}

static void run(work *w, size_t picks, uint64_t seed) {
    memset(w->kept, 1, w->core->rows);
    memset(w->nearest, 0, w->core->rows);
    w->count = 1;
    refit(w);
    measure(w);
    trim(w, TRIMS);
    memcpy(w->core->centre, w->centres, w->core->columns * sizeof *w->centres);
    keep_nearest(w, KEEP);
    spread_centres(w);
    trim(w, CLUSTER_TRIMS);
    pick(w, picks, seed);
}

kiem_status km_core_fit(km_core *core, size_t picks, uint64_t seed, km_error *error) {
    const size_t d = core->columns, n = core->rows;
    const size_t doubles = 2 * d * d + d * (2 + 3 * CENTRES) + picks * d + n;
    core->memory_size = doubles * sizeof(double) + n * (sizeof(uint64_t) + 2);
    core->memory = km_alloc(core->mem, core->memory_size);
    if (!core->memory) return km_nomem(error);
    double *at = core->memory;
    work w = {.core = core};
    core->whiten = at, at += d * d;
    w.covariance = at, at += d * d;
    core->centre = at, at += d;
    w.z = at, at += d;
    w.centres = at, at += CENTRES * d;
    w.white = at, at += CENTRES * d;
    w.sums = at, at += CENTRES * d;
    core->picked = at, at += picks * d;
    w.square = at, at += n;
    w.keys = (uint64_t *)(void *)at;
    w.nearest = (uint8_t *)(w.keys + n);
    w.kept = w.nearest + n;
    run(&w, picks, seed);
    return KIEM_OK;
}

void km_core_free(km_core *core) {
    km_free(core->mem, core->memory, core->memory_size);
    core->memory = NULL;
}
