/* Finds records by the number of their row in the job: what was worked out over all rows goes back to its
 * batch through this. */
#ifndef KM_CLAIM_ROWS_H
#define KM_CLAIM_ROWS_H

#include "base/error.h"
#include "base/mem.h"

#define KM_NO_PLACE UINT32_MAX

typedef struct km_rows {
    const km_mem *mem;
    uint32_t *place; /* of row number first + i: position + 1, or 0 */
    uint64_t first;
    size_t count;
} km_rows;

/* Indexes `count` records of `size` bytes, each with its row number at `id_offset`; every number once. Row
 * numbers should be dense: the index takes four bytes for each between the lowest and the highest. */
kiem_status km_rows_build(km_rows *rows, const km_mem *mem, const void *records, size_t count, size_t size,
                          size_t id_offset, km_error *error);
void km_rows_free(km_rows *rows);
/* The position of the record with that row number, or KM_NO_PLACE. */
static inline uint32_t km_rows_find(const km_rows *rows, uint64_t id) {
    uint64_t offset = id - rows->first;
    return offset < rows->count ? rows->place[offset] - 1 : KM_NO_PLACE;
}

#endif
