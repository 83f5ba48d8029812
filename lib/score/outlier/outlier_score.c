#include <math.h>

#include "score/outlier/outlier_tile.h"

static kiem_status check(const km_outlier *model, const km_matrix *matrix, km_error *error) {
    if (!model->memory) return km_fail(error, KIEM_E_ARGUMENT, "the scorer is not fitted");
    if (matrix->columns != model->columns) {
        return km_fail(error, KIEM_E_ARGUMENT, "the matrix has %u columns, the scorer was fitted on %u",
                       matrix->columns, model->columns);
    }
    return KIEM_OK;
}

kiem_status km_outlier_score(const km_outlier *model, const km_matrix *matrix, double *scores,
                             km_error *error) {
    KM_TRY(check(model, matrix, error));
    km_tile tile;
    KM_TRY(km_tile_init(&tile, model->mem, model->columns, error));
    for (size_t first = 0; first < matrix->rows; first += KM_TILE) {
        const size_t count = matrix->rows - first < KM_TILE ? matrix->rows - first : KM_TILE;
        km_tile_run(&tile, model, matrix, NULL, first, count);
        for (size_t i = 0; i < count; i++) scores[first + i] = (double)km_tile_score(&tile, model, i);
    }
    km_tile_free(&tile);
    return KIEM_OK;
}

/* ---- explain: not the hot loop, so plain and in double */

typedef struct reasons {
    const km_outlier *model;
    const km_tile *tile;
    size_t row;                /* in the tile */
    double *z, *delta, *parts; /* [columns] */
} reasons;

static float reference_at(const km_outlier *model, size_t reference, size_t column) {
    const size_t group = reference / KM_OUTLIER_NEAREST, slot = reference % KM_OUTLIER_NEAREST;
    return model->reference[(group * model->columns + column) * KM_OUTLIER_NEAREST + slot];
}

static double square_to(const reasons *r, size_t reference) {
    double sum = 0;
    for (size_t j = 0; j < r->model->columns; j++) {
        const double away = r->z[j] - (double)reference_at(r->model, reference, j);
        sum += away * away;
    }
    return sum;
}

/* The reference the distance is measured to: the nearest but model->nearest - 1. */
static size_t measured_reference(const reasons *r) {
    double best[KM_OUTLIER_NEAREST];
    size_t which[KM_OUTLIER_NEAREST] = {0};
    for (int i = 0; i < KM_OUTLIER_NEAREST; i++) best[i] = INFINITY;
    for (size_t reference = 0; reference < r->model->references; reference++) {
        const double square = square_to(r, reference);
        if (!(square < best[KM_OUTLIER_NEAREST - 1])) continue;
        int at = KM_OUTLIER_NEAREST - 1;
        for (; at > 0 && best[at - 1] > square; at--) {
            best[at] = best[at - 1];
            which[at] = which[at - 1];
        }
        best[at] = square;
        which[at] = reference;
    }
    return which[r->model->nearest - 1];
}

/* The squared distance is delta' C^-1 delta: column j has delta_j [C^-1 delta]_j of it. */
static void explain_distance(reasons *r) {
    const km_outlier *model = r->model;
    const size_t d = model->columns, reference = measured_reference(r);
    const float *line = model->whiten;
    double square = 0;
    for (size_t i = 0; i < d; i++) {
        r->z[i] -= (double)reference_at(model, reference, i);
        double rest = r->z[i];
        for (size_t j = 0; j < i; j++) rest -= (double)line[j] * r->delta[j];
        r->delta[i] = rest / (double)line[i];
        line += i + 1;
        square += r->z[i] * r->z[i];
    }
    if (square <= 0) return;
    const double scale = (double)model->distance_weight / sqrt(square);
    for (size_t j = 0; j < d; j++) {
        double sum = 0;
        for (size_t i = j; i < d; i++) sum += (double)model->whiten[km_triangle(i) + j] * r->z[i];
        r->parts[j] += scale * r->delta[j] * sum;
    }
}

static void explain_row(reasons *r, double *shares, int8_t *directions) {
    const km_outlier *model = r->model;
    const size_t d = model->columns;
    double total = 0;
    for (size_t j = 0; j < d; j++) {
        const float u = r->tile->values[j * KM_TILE + r->row];
        const float up = u * model->upward[j], down = u * model->downward[j];
        const double out = (double)(up > down ? up : down);
        r->parts[j] = (double)model->tail_weight * out * sqrt(out);
        r->delta[j] = (double)u;
        r->z[j] = (double)r->tile->spare[j * KM_TILE + r->row];
    }
    if (model->distance_weight > 0) explain_distance(r);
    for (size_t j = 0; j < d; j++) total += fmax(0, r->parts[j]);
    for (size_t j = 0; j < d; j++) {
        shares[j] = total > 0 ? fmax(0, r->parts[j]) / total : 0;
        if (directions) directions[j] = (int8_t)(shares[j] > 0 ? (r->delta[j] > 0) - (r->delta[j] < 0) : 0);
    }
}

kiem_status km_outlier_explain(const km_outlier *model, const km_matrix *matrix, double *shares,
                               int8_t *directions, km_error *error) {
    KM_TRY(check(model, matrix, error));
    const size_t d = model->columns;
    km_tile tile;
    KM_TRY(km_tile_init(&tile, model->mem, model->columns, error));
    double *room = km_alloc_array(model->mem, 3 * d, sizeof *room);
    if (!room) {
        km_tile_free(&tile);
        return km_nomem(error);
    }
    reasons r = {.model = model, .tile = &tile, .z = room, .delta = room + d, .parts = room + 2 * d};
    for (size_t row = 0; row < matrix->rows; row++) {
        if (row % KM_TILE == 0) {
            const size_t count = matrix->rows - row < KM_TILE ? matrix->rows - row : KM_TILE;
            km_tile_run(&tile, model, matrix, NULL, row, count);
        }
        r.row = row % KM_TILE;
        explain_row(&r, shares + row * d, directions ? directions + row * d : NULL);
    }
    km_free(model->mem, room, 3 * d * sizeof *room);
    km_tile_free(&tile);
    return KIEM_OK;
}
