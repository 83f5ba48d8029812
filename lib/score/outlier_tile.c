#include "score/outlier_tile.h"

#include <string.h>

#include "score/outlier_column.h"

enum { ALIGNMENT = 64 };

static const double FAR = 1e12; /* its square is still a float */

kiem_status km_tile_init(km_tile *tile, const km_mem *mem, uint32_t columns, km_error *error) {
    const size_t floats = (2 * (size_t)columns + 2) * KM_TILE;
    tile->mem = mem;
    tile->memory_size = floats * sizeof(float) + ALIGNMENT;
    tile->memory = km_alloc_zero(mem, tile->memory_size);
    if (!tile->memory) return km_nomem(error);
    const size_t past = (uintptr_t)tile->memory % ALIGNMENT;
    tile->values = (float *)(void *)((char *)tile->memory + (ALIGNMENT - past));
    tile->spare = tile->values + (size_t)columns * KM_TILE;
    tile->distance = tile->spare + (size_t)columns * KM_TILE;
    tile->tail = tile->distance + KM_TILE;
    return KIEM_OK;
}

void km_tile_free(km_tile *tile) {
    km_free(tile->mem, tile->memory, tile->memory_size);
}

/* A missing value lies at the centre. */
static inline float standardise(double value, double centre, double inverse) {
    const double z = (value - centre) * inverse;
    const double low = z < FAR ? z : FAR, within = low > -FAR ? low : -FAR;
    return value == value ? (float)within : 0.0f;
}

static void load(km_tile *tile, const km_outlier *model, const km_matrix *matrix, size_t row, size_t lane) {
    for (uint32_t j = 0; j < model->columns; j++) {
        tile->values[(size_t)j * KM_TILE + lane] =
            standardise(km_matrix_at(matrix, row, j), model->centre[j], model->inverse[j]);
    }
}

void km_tile_run(km_tile *tile, const km_outlier *model, const km_matrix *matrix, const size_t *rows,
                 size_t first, size_t count) {
    for (size_t lane = 0; lane < count; lane++) {
        load(tile, model, matrix, rows ? rows[first + lane] : first + lane, lane);
    }
    for (size_t lane = count; lane < KM_TILE; lane++) {
        for (uint32_t j = 0; j < model->columns; j++) tile->values[(size_t)j * KM_TILE + lane] = 0;
    }
    model->kernel->tile(model, tile->values, tile->spare, tile->distance, tile->tail);
}
