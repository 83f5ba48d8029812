#include "engine/spool.h"

void km_spool_init(km_spool *spool, const km_mem *mem) {
    *spool = (km_spool){.mem = mem};
}

void km_spool_free(km_spool *spool) {
    for (size_t i = 0; i < spool->count; i++)
        km_free(spool->mem, spool->items[i].image, spool->items[i].size);
    km_free(spool->mem, spool->items, spool->capacity * sizeof *spool->items);
    *spool = (km_spool){.mem = spool->mem};
}

kiem_status km_spool_put(km_spool *spool, const km_batch *batch, const km_fieldset *keep, km_error *error) {
    size_t size = km_batch_image_size(batch, keep);
    if (!km_grow(spool->mem, (void **)&spool->items, &spool->capacity, spool->count + 1,
                 sizeof *spool->items))
        return km_nomem(error);
    void *image = km_alloc(spool->mem, size);
    if (!image) return km_nomem(error);
    km_batch_image_write(batch, keep, image);
    spool->items[spool->count++] = (km_spool_item){image, size};
    spool->bytes += size;
    return KIEM_OK;
}

void km_spool_get(const km_spool *spool, size_t i, km_batch *batch) {
    km_batch_image_open(batch, spool->mem, spool->items[i].image);
}
