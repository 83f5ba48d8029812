/* Rows on their way through the kernel: KM_TILE of them at once, column by column. */
#ifndef KM_SCORE_OUTLIER_TILE_H
#define KM_SCORE_OUTLIER_TILE_H

#include "score/outlier/outlier_kernel.h"

typedef struct km_tile {
    const km_mem *mem;
    float *values, *spare;  /* [columns][KM_TILE]: softened after km_tile_run; whitened */
    float *distance, *tail; /* [KM_TILE] */
    void *memory;
    size_t memory_size;
} km_tile;

kiem_status km_tile_init(km_tile *tile, const km_mem *mem, uint32_t columns, km_error *error);
void km_tile_free(km_tile *tile);
/* Fills the tile with `count` rows from `first` on, of the matrix or, when `rows` is given, of that list;
 * runs the model's kernel over them. */
void km_tile_run(km_tile *tile, const km_outlier *model, const km_matrix *matrix, const size_t *rows,
                 size_t first, size_t count);
/* The score of a row of the tile. */
static inline float km_tile_score(const km_tile *tile, const km_outlier *model, size_t row) {
    return km_outlier_combine(model, tile->distance[row], tile->tail[row]);
}

#endif
