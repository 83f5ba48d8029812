/* Which inputs a state has learned, by the digest of their bytes (of a table: of its rows, with no bytes):
 * learning one twice would count it twice. */
#ifndef KM_STATE_ORIGINS_H
#define KM_STATE_ORIGINS_H

#include "base/error.h"
#include "base/mem.h"
#include "state/section.h"

#define KM_SECTION_SOURCES KM_SECTION('S', 'R', 'C', 'S')

/* The digest of a stream of bytes, the same for any slices. */
typedef struct km_digest {
    uint64_t high, low, bytes;
    size_t used;
    unsigned char block[KM_SECTION_BLOCK];
} km_digest;

void km_digest_init(km_digest *digest);
void km_digest_add(km_digest *digest, const void *bytes, size_t size);

typedef struct km_origin {
    uint64_t high, low, bytes, rows;
    uint64_t times; /* more than 1 when it was learned again on purpose */
} km_origin;

/* Ends the digest. */
km_origin km_digest_origin(km_digest *digest, uint64_t rows);

/* Sorted by digest. */
typedef struct km_origins {
    const km_mem *mem;
    km_origin *items;
    size_t count, capacity;
} km_origins;

void km_origins_init(km_origins *sources, const km_mem *mem);
void km_origins_free(km_origins *sources);
const km_origin *km_origins_find(const km_origins *sources, const km_origin *source);
/* KIEM_E_ARGUMENT when it is known, unless `again`. */
kiem_status km_origins_add(km_origins *sources, const km_origin *source, bool again, km_error *error);
/* Makes room for the sources of another set, and fails as km_origins_add does where one is in both. */
kiem_status km_origins_expect(km_origins *sources, const km_origins *more, bool again, km_error *error);
/* Adds them; cannot fail after km_origins_expect. */
kiem_status km_origins_merge(km_origins *sources, const km_origins *more, km_error *error);

kiem_status km_origins_save(const km_origins *sources, km_section_writer *writer, km_error *error);
kiem_status km_origins_load(km_origins *sources, km_section_reader *reader, km_error *error);

#endif
