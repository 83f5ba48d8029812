/* A temporary file for what does not fit in memory. It has mode 0600 and loses its name as soon as it is
 * made, so nobody else can read it and nothing is left behind however the process ends. */
#ifndef KM_BASE_SPILL_H
#define KM_BASE_SPILL_H

#include "base/error.h"
#include "base/mem.h"

typedef struct km_spill {
    const km_mem *mem;
    const char *directory; /* of the caller, for as long as the file is used */
    int file;              /* descriptor, -1 until it is needed */
    int64_t size;
} km_spill;

/* Says that a file could not be made in the directory; `reason` is the errno. */
kiem_status km_spill_cannot_make(const char *directory, int reason, km_error *error);
void km_spill_init(km_spill *spill, const km_mem *mem, const char *directory);
/* Gives the disk back. */
void km_spill_free(km_spill *spill);
/* Appends the bytes; *at is where they lie. On failure nothing was added. */
kiem_status km_spill_put(km_spill *spill, const void *bytes, size_t size, int64_t *at, km_error *error);
/* Makes the file at least that long, with room on the disk for all of it. */
kiem_status km_spill_reserve(km_spill *spill, size_t size, km_error *error);
/* Threads may read side by side while nobody appends. */
kiem_status km_spill_get(const km_spill *spill, int64_t at, void *bytes, size_t size, km_error *error);

#endif
