#include "state/origins.h"

#include <string.h>

#include "base/hash.h"
#include "base/sort.h"

/* ---- digests */

void km_digest_init(km_digest *digest) {
    digest->high = 0x6B69656D;
    digest->low = 0;
    digest->bytes = 0;
    digest->used = 0;
}

static void digest_block(km_digest *digest) {
    uint64_t high = digest->high;
    digest->high = km_hash(digest->block, digest->used, high);
    digest->low = km_hash(digest->block, digest->used, digest->low ^ km_mix64(high));
    digest->used = 0;
}

void km_digest_add(km_digest *digest, const void *bytes, size_t size) {
    const unsigned char *from = bytes;
    digest->bytes += size;
    while (size) {
        size_t room = sizeof digest->block - digest->used, part = size < room ? size : room;
        memcpy(digest->block + digest->used, from, part);
        digest->used += part;
        from += part;
        size -= part;
        if (digest->used == sizeof digest->block) digest_block(digest);
    }
}

km_origin km_digest_origin(km_digest *digest, uint64_t rows) {
    digest_block(digest);
    return (km_origin){digest->high, digest->low, digest->bytes, rows, 1};
}

/* ---- the set */

void km_origins_init(km_origins *sources, const km_mem *mem) {
    *sources = (km_origins){.mem = mem};
}

void km_origins_free(km_origins *sources) {
    km_free(sources->mem, sources->items, sources->capacity * sizeof *sources->items);
    km_origins_init(sources, sources->mem);
}

static int compare(const km_origin *left, const km_origin *right) {
    KM_ORDER_BY(high);
    KM_ORDER_BY(low);
    KM_ORDER_BY(bytes);
    return 0;
}

static size_t place_of(const km_origins *sources, const km_origin *source) {
    size_t at;
    KM_BISECT(at, sources->count, compare(&sources->items[at], source) < 0);
    return at;
}

const km_origin *km_origins_find(const km_origins *sources, const km_origin *source) {
    size_t at = place_of(sources, source);
    return at < sources->count && compare(&sources->items[at], source) == 0 ? &sources->items[at] : NULL;
}

static kiem_status known(km_error *error) {
    return km_fail(error, KIEM_E_ARGUMENT,
                   "the state has learned this source already; learning it again would count it twice");
}

kiem_status km_origins_add(km_origins *sources, const km_origin *source, bool again, km_error *error) {
    size_t at = place_of(sources, source);
    bool there = at < sources->count && compare(&sources->items[at], source) == 0;
    if (there && !again) return known(error);
    if (there) {
        sources->items[at].times += source->times;
        return KIEM_OK;
    }
    if (!km_grow(sources->mem, (void **)&sources->items, &sources->capacity, sources->count + 1,
                 sizeof *sources->items)) {
        return km_nomem(error);
    }
    memmove(sources->items + at + 1, sources->items + at, (sources->count - at) * sizeof *sources->items);
    sources->items[at] = *source;
    sources->count++;
    return KIEM_OK;
}

kiem_status km_origins_expect(km_origins *sources, const km_origins *more, bool again, km_error *error) {
    for (size_t i = 0; i < more->count && !again; i++) {
        if (km_origins_find(sources, &more->items[i])) return known(error);
    }
    return km_grow(sources->mem, (void **)&sources->items, &sources->capacity, sources->count + more->count,
                   sizeof *sources->items)
               ? KIEM_OK
               : km_nomem(error);
}

kiem_status km_origins_merge(km_origins *sources, const km_origins *more, km_error *error) {
    for (size_t i = 0; i < more->count; i++) KM_TRY(km_origins_add(sources, &more->items[i], true, error));
    return KIEM_OK;
}

/* ---- in files */

enum { NUMBERS = 5 };

kiem_status km_origins_save(const km_origins *sources, km_section_writer *writer, km_error *error) {
    KM_TRY(
        km_section_begin(writer, KM_SECTION_SOURCES, 1, 8 + (uint64_t)sources->count * NUMBERS * 8, error));
    KM_TRY(km_section_put_u64(writer, sources->count, error));
    for (size_t i = 0; i < sources->count; i++) {
        const km_origin *source = &sources->items[i];
        const uint64_t numbers[NUMBERS] = {source->high, source->low, source->bytes, source->rows,
                                           source->times};
        for (int k = 0; k < NUMBERS; k++) KM_TRY(km_section_put_u64(writer, numbers[k], error));
    }
    return km_section_end(writer, error);
}

kiem_status km_origins_load(km_origins *sources, km_section_reader *reader, km_error *error) {
    uint64_t count;
    if (reader->version != 1 || sources->count) return km_section_damaged(reader, error);
    KM_TRY(km_section_get_u64(reader, &count, error));
    if (reader->left % (NUMBERS * 8) || count != reader->left / (NUMBERS * 8))
        return km_section_damaged(reader, error);
    for (uint64_t i = 0; i < count; i++) {
        uint64_t numbers[NUMBERS];
        for (int k = 0; k < NUMBERS; k++) KM_TRY(km_section_get_u64(reader, &numbers[k], error));
        km_origin source = {numbers[0], numbers[1], numbers[2], numbers[3], numbers[4]};
        bool after = !sources->count || compare(&sources->items[sources->count - 1], &source) < 0;
        if (!after || !source.times) return km_section_damaged(reader, error);
        KM_TRY(km_origins_add(sources, &source, false, error));
    }
    return km_section_close(reader, error);
}
