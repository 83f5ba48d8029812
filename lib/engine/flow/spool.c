#include "engine/flow/spool.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/spill.h"
#include "engine/flow/file.h"

void km_spool_init(km_spool *spool, const km_mem *mem) {
    *spool = (km_spool){.mem = mem, .memory_limit = UINT64_MAX, .file = -1};
    km_buf_init(&spool->room, mem);
}

void km_spool_free(km_spool *spool) {
    for (size_t i = 0; i < spool->count; i++)
        km_free(spool->mem, spool->items[i].image, spool->items[i].size);
    km_free(spool->mem, spool->items, spool->capacity * sizeof *spool->items);
    km_buf_free(&spool->room);
    if (spool->file >= 0) close(spool->file);
    km_spool_init(spool, spool->mem);
}

/* mkstemp makes the file with mode 0600; without a name it is gone when the process is, whatever happens. */
static kiem_status open_file(km_spool *spool, km_error *error) {
    km_buf path;
    km_buf_init(&path, spool->mem);
    kiem_status status = km_path_join(&path, spool->directory, "kiem-XXXXXX", error);
    if (status == KIEM_OK) {
        spool->file = mkstemp(path.data);
        if (spool->file >= 0) {
            unlink(path.data);
        } else {
            status = km_spill_cannot_make(spool->directory, errno, error);
        }
    }
    km_buf_free(&path);
    return status;
}

static kiem_status write_file(km_spool *spool, const char *bytes, size_t size, km_error *error) {
    if (spool->file < 0) KM_TRY(open_file(spool, error));
    for (size_t done = 0; done < size;) {
        ssize_t wrote =
            pwrite(spool->file, bytes + done, size - done, (off_t)(spool->file_size + (int64_t)done));
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) {
            return km_fail_at(error, KIEM_E_IO, km_at(spool->directory, 0, 0),
                              "cannot write a temporary file: %s",
                              errno == ENOSPC || errno == EFBIG ? "the disk is full" : "input/output error");
        }
        done += (size_t)wrote;
    }
    spool->file_size += (int64_t)size;
    return KIEM_OK;
}

static kiem_status read_file(const km_spool *spool, const km_spool_item *item, km_buf *room,
                             km_error *error) {
    km_buf_clear(room);
    if (!km_buf_reserve(room, item->size)) return km_nomem(error);
    for (size_t done = 0; done < item->size;) {
        ssize_t got =
            pread(spool->file, room->data + done, item->size - done, (off_t)(item->offset + (int64_t)done));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0)
            return km_fail_at(error, KIEM_E_IO, km_at(spool->directory, 0, 0),
                              "cannot read a temporary file");
        done += (size_t)got;
    }
    return KIEM_OK;
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
    km_spool_item item = {.size = km_batch_image_size(batch, keep), .offset = spool->file_size};
    if (fits(spool, item.size)) {
        item.image = km_alloc(spool->mem, item.size);
        if (!item.image) return km_nomem(error);
        km_batch_image_write(batch, keep, item.image);
    } else {
        km_buf_clear(&spool->room);
        if (!km_buf_reserve(&spool->room, item.size)) return km_nomem(error);
        km_batch_image_write(batch, keep, spool->room.data);
        KM_TRY(write_file(spool, spool->room.data, item.size, error));
    }
    kiem_status status = add_item(spool, item, error);
    if (status != KIEM_OK) km_free(spool->mem, item.image, item.size);
    return status;
}

kiem_status km_spool_put_packed(km_spool *spool, km_buf *packed, km_error *error) {
    km_spool_item item = {.size = packed->length, .offset = spool->file_size};
    if (fits(spool, item.size)) {
        item.image = km_buf_hand_over(packed);
        if (!item.image) return km_nomem(error);
    } else {
        KM_TRY(write_file(spool, packed->data, item.size, error));
    }
    kiem_status status = add_item(spool, item, error);
    if (status != KIEM_OK) km_free(spool->mem, item.image, item.size);
    return status;
}

kiem_status km_spool_get_packed(const km_spool *spool, size_t i, km_buf *room, const void **packed,
                                km_error *error) {
    const km_spool_item *item = &spool->items[i];
    if (!item->image) KM_TRY(read_file(spool, item, room, error));
    *packed = item->image ? item->image : room->data;
    return KIEM_OK;
}

kiem_status km_spool_get(const km_spool *spool, size_t i, km_buf *room, km_batch *batch, km_error *error) {
    const void *image;
    KM_TRY(km_spool_get_packed(spool, i, room, &image, error));
    km_batch_image_open(batch, spool->mem, image);
    return KIEM_OK;
}
