#include <float.h>
#include <math.h>
#include <string.h>

#include "base/hash.h"
#include "score/outlier/outlier_column.h"
#include "score/outlier/outlier_core.h"
#include "score/outlier/outlier_kernel.h"
#include "score/outlier/outlier_tile.h"

static const double NOTHING = 1e-9;            /* variance that is rounding alone */
static const double ONE_SIDED = 0.5;           /* skew beyond which only the long side is a tail */
static const double LEAST_QUARTERS = 1e-3;     /* of a part's scale, so that equal rows stay at 0 */
static const size_t SAMPLE_NUMBERS = 1u << 24; /* bound on rows x columns of the sample */
static const float EMPTY_SLOT = 1e30f;         /* half square of a reference that is not there */

/* One fit: the sample it looks at. */
typedef struct sample {
    const km_mem *mem;
    const km_matrix *matrix;
    const km_outlier_options *options;
    size_t rows;
    uint32_t columns;
    size_t *row;      /* of the matrix, ascending */
    km_column *shape; /* [columns] */
    km_pair *pairs;   /* [2][rows] */
    double *sorted;   /* [rows] */
    double *u;        /* [rows][columns] */
    double *floor;    /* [columns] */
    void *memory;
    size_t memory_size;
} sample;

static size_t sample_rows(const km_matrix *matrix) {
    size_t most = SAMPLE_NUMBERS / matrix->columns;
    if (most > KM_OUTLIER_FIT_ROWS) most = KM_OUTLIER_FIT_ROWS;
    return matrix->rows < most ? matrix->rows : most;
}

static kiem_status sample_init(sample *s, const km_mem *mem, const km_matrix *matrix,
                               const km_outlier_options *options, km_error *error) {
    *s = (sample){.mem = mem,
                  .matrix = matrix,
                  .options = options,
                  .rows = sample_rows(matrix),
                  .columns = matrix->columns};
    const size_t n = s->rows, d = s->columns;
    s->memory_size = d * sizeof *s->shape +
                     n * (d * sizeof *s->u + sizeof *s->sorted + 2 * sizeof *s->pairs + sizeof *s->row) +
                     d * sizeof *s->floor;
    s->memory = km_alloc(mem, s->memory_size);
    if (!s->memory) return km_nomem(error);
    s->shape = s->memory;
    s->u = (double *)(void *)(s->shape + d);
    s->floor = s->u + n * d;
    s->sorted = s->floor + d;
    s->pairs = (km_pair *)(void *)(s->sorted + n);
    s->row = (size_t *)(void *)(s->pairs + 2 * n);
    return KIEM_OK;
}

/* All rows, or one by chance from each of as many equal stretches. */
static void choose_rows(sample *s) {
    const size_t each = s->matrix->rows / s->rows, more = s->matrix->rows % s->rows;
    uint64_t state = km_mix64(s->options->seed + 1);
    for (size_t i = 0; i < s->rows; i++) {
        const size_t start = i * each + (i < more ? i : more);
        state += 0x9E3779B97F4A7C15u;
        s->row[i] = start + (size_t)(km_mix64(state) % (each + (i < more)));
    }
}

static void describe_columns(sample *s) {
    for (uint32_t j = 0; j < s->columns; j++) {
        size_t count = 0;
        for (size_t i = 0; i < s->rows; i++) {
            const double value = km_matrix_at(s->matrix, s->row[i], j);
            if (value == value) s->pairs[count++].key = km_number_key(value);
        }
        km_sort_pairs(s->pairs, s->pairs + s->rows, count);
        for (size_t i = 0; i < count; i++) s->sorted[i] = km_key_number(s->pairs[i].key);
        km_column_describe(s->sorted, count, &s->shape[j]);
    }
}

static km_tails tails_of(const sample *s, uint32_t column) {
    const km_outlier_options *options = s->options;
    return options->column_tails ? (km_tails)options->column_tails[column] : options->tails;
}

static void set_columns(km_outlier *model, sample *s) {
    for (uint32_t j = 0; j < s->columns; j++) {
        km_column *shape = &s->shape[j];
        const km_tails tails = tails_of(s, j);
        if (tails == KM_TAILS_UPPER && shape->inverse > 0) shape->skew = shape->pile = 1;
        const bool one_sided = tails != KM_TAILS_BOTH && fabs(shape->skew) > ONE_SIDED;
        s->floor[j] = shape->floor;
        model->centre[j] = shape->centre;
        model->inverse[j] = shape->inverse;
        model->low[j] = tails == KM_TAILS_UPPER ? 0 : -FLT_MAX;
        model->upward[j] = one_sided && shape->skew < 0 ? 0 : 1;
        model->downward[j] = one_sided && shape->skew > 0 ? 0 : -1;
    }
}

/* Softens the sample and gives each row's tail. */
static void soften_sample(const km_outlier *model, sample *s, km_tile *tile, double *tail) {
    for (size_t first = 0; first < s->rows; first += KM_TILE) {
        const size_t count = s->rows - first < KM_TILE ? s->rows - first : KM_TILE;
        km_tile_run(tile, model, s->matrix, s->row, first, count);
        for (size_t i = 0; i < count; i++) {
            tail[first + i] = (double)tile->tail[i];
            double *u = s->u + (first + i) * s->columns;
            for (uint32_t j = 0; j < s->columns; j++) u[j] = (double)tile->values[(size_t)j * KM_TILE + i];
        }
    }
}

static void sample_distances(const km_outlier *model, const sample *s, km_tile *tile, double *distance) {
    for (size_t first = 0; first < s->rows; first += KM_TILE) {
        const size_t count = s->rows - first < KM_TILE ? s->rows - first : KM_TILE;
        km_tile_run(tile, model, s->matrix, s->row, first, count);
        for (size_t i = 0; i < count; i++) distance[first + i] = (double)tile->distance[i];
    }
}

/* Mean and 1 / standard deviation of a softened column, negative when its long side is down; false when it
 * has no weight. */
static bool turned_moments(const sample *s, uint32_t j, double *mean, double *inverse) {
    double sum = 0, squares = 0;
    if (s->shape[j].inverse <= 0) return false;
    for (size_t i = 0; i < s->rows; i++) sum += s->u[i * s->columns + j];
    *mean = sum / (double)s->rows;
    for (size_t i = 0; i < s->rows; i++) {
        const double away = s->u[i * s->columns + j] - *mean;
        squares += away * away;
    }
    if (squares <= 0) return false;
    *inverse = (s->shape[j].skew < 0 ? -1 : 1) / sqrt(squares / (double)s->rows);
    return true;
}

/* How much the columns, each turned so that its long side is up, grow together: the mean over the columns of
 * the correlation with the sum of the others, times the skewness. `sum` has room for the rows. */
static double common_growth(const sample *s, double *sum) {
    double live = 0, total = 0, growth = 0, mean, inverse;
    memset(sum, 0, s->rows * sizeof *sum);
    for (uint32_t j = 0; j < s->columns; j++) {
        if (!turned_moments(s, j, &mean, &inverse)) continue;
        for (size_t i = 0; i < s->rows; i++) sum[i] += (s->u[i * s->columns + j] - mean) * inverse;
        live += 1;
    }
    for (size_t i = 0; i < s->rows; i++) total += sum[i] * sum[i] / (double)s->rows;
    for (uint32_t j = 0; j < s->columns; j++) {
        if (!turned_moments(s, j, &mean, &inverse)) continue;
        double with = 0;
        for (size_t i = 0; i < s->rows; i++) with += sum[i] * (s->u[i * s->columns + j] - mean) * inverse;
        with /= (double)s->rows;
        const double others = total - 2 * with + 1; /* the variance of the sum of the others */
        if (with > 1 && others > NOTHING) growth += fabs(s->shape[j].skew) * (with - 1) / sqrt(others);
    }
    return live > 0 ? growth / live : 0;
}

static double mean_pile(const sample *s) {
    double live = 0, sum = 0;
    for (uint32_t j = 0; j < s->columns; j++) {
        if (s->shape[j].inverse <= 0) continue;
        sum += s->shape[j].pile;
        live += 1;
    }
    return live > 0 ? sum / live : 0;
}

static void set_core(km_outlier *model, const km_core *core) {
    const size_t d = model->columns;
    float *row = model->whiten;
    for (size_t i = 0; i < d; i++) {
        double offset = 0;
        for (size_t j = 0; j <= i; j++) {
            row[j] = (float)core->whiten[j * d + i];
            offset += core->whiten[j * d + i] * core->centre[j];
        }
        model->offset[i] = (float)offset;
        row += i + 1;
    }
    model->references = (uint32_t)core->pick_count;
    model->nearest = core->pick_count <= KM_OUTLIER_NEAREST ? model->references - 1 : KM_OUTLIER_NEAREST;
    if (model->nearest == 0) model->nearest = 1;
    const size_t slots = km_outlier_groups(model->references) * KM_OUTLIER_NEAREST;
    for (size_t r = 0; r < slots; r++) {
        const double *z = core->picked + r * d;
        float half = r < core->pick_count ? 0 : EMPTY_SLOT;
        for (size_t j = 0; j < d && r < core->pick_count; j++) {
            const float value = (float)z[j];
            model->reference[(r / 8 * d + j) * 8 + r % 8] = value;
            half += 0.5f * value * value;
        }
        model->half[r] = half;
    }
}

/* Median and distance of the quartiles. */
static void quarters(const double *values, size_t count, uint64_t *keys, double *median, double *spread) {
    *median = km_quantile_low(values, count, 0.5, keys);
    const double high = km_quantile_low(values, count, 0.75, keys);
    *spread = fmax(high - km_quantile_low(values, count, 0.25, keys), LEAST_QUARTERS);
}

/* Both parts in their own quartile distances above their median, then weighted. */
static void calibrate(km_outlier *model, sample *s, const double *distance, const double *tail) {
    const double weight = model->weight;
    double median, spread;
    uint64_t *keys = (uint64_t *)(void *)s->pairs;
    quarters(tail, s->rows, keys, &median, &spread);
    model->tail_weight = (float)(weight / spread);
    double base = -weight * median / spread;
    model->distance_weight = 0;
    if (weight < 1) {
        quarters(distance, s->rows, keys, &median, &spread);
        model->distance_weight = (float)((1 - weight) / spread);
        base -= (1 - weight) * median / spread;
    }
    model->base = (float)base;
}

/* The score that the asked share of the sample lies above. */
static void set_threshold(km_outlier *model, sample *s, const double *distance, const double *tail) {
    for (size_t i = 0; i < s->rows; i++) {
        s->pairs[i].key =
            km_number_key((double)km_outlier_combine(model, (float)distance[i], (float)tail[i]));
    }
    km_sort_pairs(s->pairs, s->pairs + s->rows, s->rows);
    for (size_t i = 0; i < s->rows; i++) s->sorted[i] = km_key_number(s->pairs[i].key);
    model->contamination = s->options->contamination;
    model->threshold = km_quantile(s->sorted, s->rows, 1 - s->options->contamination);
}

/* Signs that the columns are amounts: from none to enough to trust the tail alone. Size without any piles
 * needs to be clear, since whitening is good at measurements that merely grow together. */
static double tail_weight(double pile, double size) {
    return fmax(km_ramp(pile + 0.4 * size, 0.20, 0.30), km_ramp(size, 0.50, 0.60));
}

/* What remains once the columns are described. `parts` has room for two numbers a row. */
static kiem_status fit_parts(km_outlier *model, sample *s, km_tile *tile, double *parts, km_error *error) {
    double *tail = parts, *distance = parts + s->rows;
    model->distance_weight = 0;
    soften_sample(model, s, tile, tail);
    model->pile = mean_pile(s);
    model->size = common_growth(s, distance);
    model->weight = tail_weight(model->pile, model->size);
    km_core core = {.mem = s->mem, .rows = s->rows, .columns = s->columns, .u = s->u, .floor = s->floor};
    kiem_status status = km_core_fit(&core, KM_OUTLIER_REFERENCES, s->options->seed, error);
    if (status == KIEM_OK) {
        set_core(model, &core);
        model->distance_weight = 1;
        sample_distances(model, s, tile, distance);
        calibrate(model, s, distance, tail);
        set_threshold(model, s, distance, tail);
    }
    km_core_free(&core);
    return status;
}

static kiem_status fit_sample(km_outlier *model, sample *s, km_error *error) {
    km_tile tile;
    KM_TRY(km_tile_init(&tile, s->mem, s->columns, error));
    double *parts = km_alloc_array(s->mem, 2 * s->rows, sizeof *parts);
    kiem_status status = parts ? KIEM_OK : km_nomem(error);
    if (status == KIEM_OK) status = fit_parts(model, s, &tile, parts, error);
    km_free(s->mem, parts, 2 * s->rows * sizeof *parts);
    km_tile_free(&tile);
    return status;
}

static kiem_status check(const km_matrix *matrix, const km_outlier_options *options, km_error *error) {
    if (matrix->rows == 0 || matrix->columns == 0)
        return km_fail(error, KIEM_E_ARGUMENT, "the matrix is empty");
    if (matrix->columns > KM_OUTLIER_COLUMNS_MAX) {
        return km_fail(error, KIEM_E_ARGUMENT, "%u columns, at most %d", matrix->columns,
                       KM_OUTLIER_COLUMNS_MAX);
    }
    if (options->column_tails && options->column_tails_count != matrix->columns) {
        return km_fail(error, KIEM_E_ARGUMENT, "tails are given for %u columns, the matrix has %u",
                       options->column_tails_count, matrix->columns);
    }
    if (!(options->contamination > 0 && options->contamination <= 0.5)) {
        return km_fail(error, KIEM_E_ARGUMENT, "contamination is not above 0 and at most 0.5");
    }
    return KIEM_OK;
}

kiem_status km_outlier_fit(km_outlier *model, const km_matrix *matrix, const km_outlier_options *options,
                           km_error *error) {
    KM_TRY(check(matrix, options, error));
    KM_TRY(
        km_outlier_allocate(model, matrix->columns, KM_OUTLIER_REFERENCES, options->features.length, error));
    if (options->features.length) memcpy(model->features, options->features.ptr, options->features.length);
    if (options->kernel) model->kernel = options->kernel;
    model->seed = options->seed;
    model->tails = (uint32_t)options->tails;
    sample s;
    kiem_status status = sample_init(&s, model->mem, matrix, options, error);
    if (status == KIEM_OK) {
        choose_rows(&s);
        describe_columns(&s);
        set_columns(model, &s);
        status = fit_sample(model, &s, error);
        km_free(s.mem, s.memory, s.memory_size);
    }
    if (status != KIEM_OK) km_outlier_free(model);
    return status;
}
