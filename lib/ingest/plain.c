#include "ingest/plain.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/eight.h"

/* ---- bytes looked for, sixteen at a time */

enum { STEP = 64 };

#ifdef __SSE2__
typedef __m128i sixteen;

static inline sixteen load(const char *bytes) {
    return _mm_loadu_si128((const __m128i *)(const void *)bytes);
}

/* A bit for each byte that is the one looked for. */
static inline uint64_t places_of(sixteen bytes, char wanted) {
    return (uint64_t)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(wanted)));
}
#else
typedef struct sixteen {
    uint64_t half[2];
} sixteen;

static inline sixteen load(const char *bytes) {
    return (sixteen){{km_low_first_8(bytes), km_low_first_8(bytes + 8)}};
}

static inline uint64_t places_of(sixteen bytes, char wanted) {
    uint64_t found = 0;
    for (int i = 0; i < 2; i++) {
        uint64_t tops = km_zero_bytes(bytes.half[i] ^ km_eight_times(wanted));
        found |= ((tops >> 7) * 0x0102040810204080u >> 56) << (8 * i);
    }
    return found;
}
#endif

/* A bit for each of STEP bytes. */
static inline uint64_t look_for(char wanted, const sixteen *part) {
    return places_of(part[0], wanted) | places_of(part[1], wanted) << 16 | places_of(part[2], wanted) << 32 |
           places_of(part[3], wanted) << 48;
}

/* The bits from each odd one to the even one that follows, without that one. */
static inline uint64_t between_pairs(uint64_t bits) {
    for (int i = 1; i < 64; i *= 2) bits ^= bits << i;
    return bits;
}

/* ---- cells */

static uint32_t without_line_end(const char *record, uint32_t size) {
    if (size && record[size - 1] == '\n') size--;
    if (size && record[size - 1] == '\r') size--;
    return size;
}

static bool is_blank(const char *record, uint32_t size, char delimiter) {
    for (uint32_t i = 0; i < size; i++) {
        if ((record[i] != ' ' && record[i] != '\t') || record[i] == delimiter) return false;
    }
    return true;
}

/* Takes quotes off the cells that stand in them. Every quote must be one of these. */
static bool unquote(const char *bytes, const km_cell_places *places, uint32_t cells, unsigned quotes) {
    for (uint32_t c = 0; c < cells && quotes; c++) {
        uint32_t *from = km_cell_from(places, c), *to = km_cell_to(places, c);
        if (*to - *from < 2 || bytes[*from] != '"' || bytes[*to - 1] != '"') continue;
        ++*from;
        --*to;
        quotes -= 2;
    }
    return quotes == 0;
}

bool km_plain_cut(const char *bytes, uint32_t start, uint32_t size, char delimiter,
                  const km_cell_places *places, km_record_shape *shape) {
    uint32_t *to = km_cell_to(places, 0), *last = km_cell_to(places, places->columns - 1);
    uint64_t within = 0; /* all ones when the last step ended within quotes */
    unsigned quotes = 0;
    size = without_line_end(bytes + start, size);
    if (is_blank(bytes + start, size, delimiter)) return false;
    uint32_t end = start + size;
    *km_cell_from(places, 0) = start;
    for (uint32_t at = start; at < end; at += STEP) {
        const sixteen part[] = {load(bytes + at), load(bytes + at + 16), load(bytes + at + 32),
                                load(bytes + at + 48)};
        uint64_t open = end - at < STEP ? ((uint64_t)1 << (end - at)) - 1 : ~(uint64_t)0;
        uint64_t quote = look_for('"', part) & open;
        if (quote | within) {
            quotes += (unsigned)__builtin_popcountll(quote);
            uint64_t quoted = between_pairs(quote) ^ within;
            within = (uint64_t)0 - (quoted >> 63);
            open &= ~quoted;
        }
        if ((look_for('\r', part) | look_for('\n', part)) & open) return false;
        for (uint64_t left = look_for(delimiter, part) & open; left; left &= left - 1) {
            if (to == last) return false;
            uint32_t delimiter_at = at + (uint32_t)__builtin_ctzll(left);
            to[0] = delimiter_at;
            to[KM_PLACES] = delimiter_at + 1;
            to += 2 * KM_PLACES;
        }
    }
    *to = end;
    *shape = (km_record_shape){.rows = 1, .fields = (uint32_t)((to - places->at) / (2 * KM_PLACES)) + 1};
    return !quotes || unquote(bytes, places, shape->fields, quotes);
}
