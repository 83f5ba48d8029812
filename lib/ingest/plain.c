#include "ingest/plain.h"

#include <string.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#include "base/eight.h"
#include "base/text.h"

/* ---- bytes looked for, sixteen at a time */

enum { STEP = 16 };

#ifdef __SSE2__
typedef __m128i sixteen;

static inline sixteen load(const char *bytes) {
    return _mm_loadu_si128((const __m128i *)(const void *)bytes);
}

/* A bit for each byte that is the one looked for. */
static inline uint32_t places(sixteen bytes, char wanted) {
    return (uint32_t)_mm_movemask_epi8(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(wanted)));
}
#else
typedef struct sixteen {
    uint64_t half[2];
} sixteen;

static inline sixteen load(const char *bytes) {
    return (sixteen){{km_low_first_8(bytes), km_low_first_8(bytes + 8)}};
}

static inline uint32_t places(sixteen bytes, char wanted) {
    uint32_t found = 0;
    for (int i = 0; i < 2; i++) {
        uint64_t tops = km_zero_bytes(bytes.half[i] ^ km_eight_times(wanted));
        found |= (uint32_t)((tops >> 7) * 0x0102040810204080u >> 56) << (8 * i);
    }
    return found;
}
#endif

static inline uint32_t odd_places(sixteen bytes) {
    return places(bytes, '"') | places(bytes, '\r') | places(bytes, '\n');
}

static inline bool is_odd(char c) {
    return c == '"' || c == '\r' || c == '\n';
}

/* ---- cells */

typedef struct record {
    const char *end;
    km_csv_column *last;
    uint32_t row;
    char delimiter;
} record;

static bool is_blank(const record *of, char c) {
    return (c == ' ' || c == '\t') && c != of->delimiter;
}

static km_text trimmed(const record *of, const char *cell, const char *end) {
    while (cell < end && is_blank(of, *cell)) cell++;
    while (cell < end && is_blank(of, end[-1])) end--;
    return (km_text){cell, (size_t)(end - cell)};
}

/* One cell into its column, or counted when it is beyond the last. Most are short and need neither trimming
 * nor a call: they are copied with what stands behind them, for which there is room. */
static inline km_csv_column *put_cell(const record *of, km_csv_column *column, const char *cell,
                                      const char *end, km_csv_shape *shape) {
    km_text text = {cell, (size_t)(end - cell)};
    if (text.length && (*cell <= ' ' || end[-1] <= ' ')) text = trimmed(of, cell, end);
    if (column == of->last) {
        shape->fields++;
        shape->overfull = shape->overfull || text.length;
        return column;
    }
    if (!column->offsets) return column + 1;
    char *to = column->bytes + column->used;
    if (text.length <= KM_CSV_SLACK && of->end - text.ptr >= KM_CSV_SLACK) {
        memcpy(to, text.ptr, KM_CSV_SLACK);
    } else {
        memcpy(to, text.ptr, text.length);
    }
    column->used += (uint32_t)text.length;
    column->offsets[of->row + 1] = column->used;
    return column + 1;
}

/* Nothing in it that means more than itself, and something besides blanks. */
static bool is_plain(const record *of, const char *at) {
    uint32_t odd = 0;
    while (at < of->end && is_blank(of, *at)) at++;
    if (at == of->end) return false;
    for (; of->end - at >= STEP; at += STEP) odd |= odd_places(load(at));
    for (; at < of->end; at++) odd |= is_odd(*at);
    return !odd;
}

bool km_plain_cut(km_csv_column *first, km_csv_column *last, const char *bytes, size_t size, char delimiter,
                  uint32_t row, km_csv_shape *shape) {
    if (size && bytes[size - 1] == '\n') size--;
    if (size && bytes[size - 1] == '\r') size--;
    const record of = {bytes + size, last, row, delimiter};
    if (!is_plain(&of, bytes)) return false;
    const char *at = bytes, *cell = bytes;
    km_csv_column *column = first;
    *shape = (km_csv_shape){.rows = 1};
    for (; of.end - at >= STEP; at += STEP) {
        for (uint32_t found = places(load(at), delimiter); found; found &= found - 1) {
            const char *end = at + __builtin_ctz(found);
            column = put_cell(&of, column, cell, end, shape);
            cell = end + 1;
        }
    }
    for (; at < of.end; at++) {
        if (*at != delimiter) continue;
        column = put_cell(&of, column, cell, at, shape);
        cell = at + 1;
    }
    column = put_cell(&of, column, cell, of.end, shape);
    shape->fields += (uint32_t)(column - first);
    return true;
}
