#include "ingest/plain.h"

#include <string.h>

#include "base/eight.h"
#include "base/text.h"

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
    while (at < of->end && is_blank(of, *at)) at++;
    size_t size = (size_t)(of->end - at);
    return size && !memchr(at, '"', size) && !memchr(at, '\r', size) && !memchr(at, '\n', size);
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
    for (uint64_t wanted = km_eight_times(delimiter); of.end - at >= 8; at += 8) {
        for (uint64_t found = km_zero_bytes(km_low_first_8(at) ^ wanted); found; found &= found - 1) {
            const char *end = at + __builtin_ctzll(found) / 8;
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
