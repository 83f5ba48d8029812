#include "claim/rows.h"

#include <string.h>

static uint64_t id_at(const void *records, size_t at, size_t size, size_t id_offset) {
    uint64_t id;
    memcpy(&id, (const char *)records + at * size + id_offset, sizeof id);
    return id;
}

kiem_status km_rows_build(km_rows *rows, const km_mem *mem, const void *records, size_t count, size_t size,
                          size_t id_offset, km_error *error) {
    uint64_t low = UINT64_MAX, high = 0;
    *rows = (km_rows){.mem = mem};
    if (count == 0) return KIEM_OK;
    for (size_t i = 0; i < count; i++) {
        uint64_t id = id_at(records, i, size, id_offset);
        km_touched_item(mem, i, size);
        if (id < low) low = id;
        if (id > high) high = id;
    }
    if (count >= KM_NO_PLACE || high - low >= UINT32_MAX) {
        return km_fail(error, KIEM_E_RANGE, "row numbers span more than 4,294,967,295");
    }
    size_t span = high - low + 1;
    rows->place = km_alloc_zero(mem, span * sizeof *rows->place);
    if (!rows->place) return km_nomem(error);
    rows->first = low;
    rows->count = span;
    for (size_t i = 0; i < count; i++) {
        km_touched_item(mem, i, size);
        uint32_t *place = &rows->place[id_at(records, i, size, id_offset) - low];
        if (*place) {
            km_rows_free(rows);
            return km_fail(error, KIEM_E_ARGUMENT, "a row was added twice");
        }
        *place = (uint32_t)i + 1;
    }
    return KIEM_OK;
}

void km_rows_free(km_rows *rows) {
    if (rows->place) km_free(rows->mem, rows->place, rows->count * sizeof *rows->place);
    *rows = (km_rows){0};
}
