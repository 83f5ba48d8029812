#include "engine/flow/spool.h"

void km_spool_init(km_spool *spool, const km_mem *mem) {
    *spool = (km_spool){.mem = mem, .memory_limit = UINT64_MAX};
    km_spill_init(&spool->file, mem, NULL);
    km_buf_init(&spool->room, mem);
}

void km_spool_free(km_spool *spool) {
    for (size_t i = 0; i < spool->count; i++)
        km_free(spool->mem, spool->items[i].image, spool->items[i].size);
    km_free(spool->mem, spool->items, spool->capacity * sizeof *spool->items);
    km_buf_free(&spool->room);
    km_spill_free(&spool->file);
    km_spool_init(spool, spool->mem);
}

void km_spool_limit(km_spool *spool, uint64_t memory, const char *directory) {
    spool->memory_limit = memory;
    spool->file.directory = directory;
}

static bool fits(const km_spool *spool, size_t size) {
    return spool->in_memory + size <= spool->memory_limit;
}

static kiem_status add_item(km_spool *spool, km_spool_item item, km_error *error) {
    if (!km_grow(spool->mem, (void **)&spool->items, &spool->capacity, spool->count + 1,
                 sizeof *spool->items))
        return km_nomem(error);
    if (item.image) spool->in_memory += item.size;
    spool->items[spool->count++] = item;
    return KIEM_OK;
}

kiem_status km_spool_put(km_spool *spool, const km_batch *batch, const km_fieldset *keep, km_error *error) {
    km_spool_item item = {.size = km_batch_image_size(batch, keep)};
    if (fits(spool, item.size)) {
        item.image = km_alloc(spool->mem, item.size);
        if (!item.image) return km_nomem(error);
        km_batch_image_write(batch, keep, item.image);
    } else {
        km_buf_clear(&spool->room);
        if (!km_buf_reserve(&spool->room, item.size)) return km_nomem(error);
        km_batch_image_write(batch, keep, spool->room.data);
        KM_TRY(km_spill_put(&spool->file, spool->room.data, item.size, &item.at, error));
    }
    kiem_status status = add_item(spool, item, error);
    if (status != KIEM_OK) km_free(spool->mem, item.image, item.size);
    return status;
}

kiem_status km_spool_put_packed(km_spool *spool, km_buf *packed, km_error *error) {
    km_spool_item item = {.size = packed->length};
    if (fits(spool, item.size)) {
        item.image = km_buf_hand_over(packed);
        if (!item.image) return km_nomem(error);
    } else {
        KM_TRY(km_spill_put(&spool->file, packed->data, item.size, &item.at, error));
    }
    kiem_status status = add_item(spool, item, error);
    if (status != KIEM_OK) km_free(spool->mem, item.image, item.size);
    return status;
}

kiem_status km_spool_get_packed(const km_spool *spool, size_t i, km_buf *room, const void **packed,
                                km_error *error) {
    const km_spool_item *item = &spool->items[i];
    *packed = item->image;
    if (item->image) return KIEM_OK;
    km_buf_clear(room);
    if (!km_buf_reserve(room, item->size)) return km_nomem(error);
    KM_TRY(km_spill_get(&spool->file, item->at, room->data, item->size, error));
    *packed = room->data;
    return KIEM_OK;
}

kiem_status km_spool_get(const km_spool *spool, size_t i, km_buf *room, km_batch *batch, km_error *error) {
    const void *image;
    KM_TRY(km_spool_get_packed(spool, i, room, &image, error));
    km_batch_image_open(batch, spool->mem, image);
    return KIEM_OK;
}
