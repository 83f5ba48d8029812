#include "score/outlier/outlier_tile.h"

enum { ALIGNMENT = 64 };

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

void km_tile_run(km_tile *tile, const km_outlier *model, const km_matrix *matrix, const size_t *rows,
                 size_t first, size_t count) {
    km_tile_rows from = {.wide = matrix->wide};
    for (size_t lane = 0; lane < KM_TILE; lane++) {
        const size_t at = first + (lane < count ? lane : 0); /* rows that are not there repeat the first */
        from.row[lane] = (const char *)matrix->values + (int64_t)(rows ? rows[at] : at) * matrix->stride;
    }
    model->kernel->tile(model, &from, tile->values, tile->spare, tile->distance, tile->tail);
}
