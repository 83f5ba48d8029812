#include "claim/result.h"

#include <string.h>

#include "base/eight.h"

kiem_status km_result_init(km_result *result, const km_mem *mem, const char *name,
                           const km_result_spec *specs, int columns, km_error *error) {
    *result = (km_result){.mem = mem, .name = name, .columns = columns};
    result->column = km_alloc_zero(mem, (size_t)columns * sizeof *result->column);
    if (!result->column) return km_nomem(error);
    for (int i = 0; i < columns; i++) {
        result->column[i].spec = specs[i];
        km_buf_init(&result->column[i].bytes, mem);
    }
    return KIEM_OK;
}

void km_result_free(km_result *result) {
    if (!result->column) return;
    for (int i = 0; i < result->columns; i++) {
        km_result_column *column = &result->column[i];
        km_free(result->mem, column->values, column->values_capacity * sizeof *column->values);
        km_free(result->mem, column->valid, column->valid_capacity * sizeof *column->valid);
        km_buf_free(&column->bytes);
    }
    km_free(result->mem, result->column, (size_t)result->columns * sizeof *result->column);
    *result = (km_result){0};
}

void km_result_clear(km_result *result) {
    result->rows = 0;
    result->broken = false;
    for (int i = 0; i < result->columns; i++) {
        km_buf_clear(&result->column[i].bytes);
        result->column[i].filled = 0;
    }
}

int km_result_find(const km_result *result, km_text name) {
    for (int i = 0; i < result->columns; i++) {
        if (km_text_equal_fold(km_text_from(result->column[i].spec.name), name)) return i;
    }
    return -1;
}

/* Rows that every column has memory for: a call that ran out of memory gave it to some of them only. */
static uint64_t least_room(const km_result *result) {
    uint64_t least = UINT64_MAX;
    for (int i = 0; i < result->columns; i++) {
        const uint64_t values = result->column[i].values_capacity - 1,
                       bits = result->column[i].valid_capacity * 64;
        if (values < least) least = values;
        if (bits < least) least = bits;
    }
    return least;
}

bool km_result_room(km_result *result, uint64_t rows) {
    if (rows <= result->room && result->room) return true;
    for (int i = 0; i < result->columns; i++) {
        km_result_column *column = &result->column[i];
        size_t words = column->valid_capacity;
        if (!km_grow(result->mem, (void **)&column->values, &column->values_capacity, rows + 1,
                     sizeof *column->values) ||
            !km_grow(result->mem, (void **)&column->valid, &column->valid_capacity, rows / 64 + 1,
                     sizeof *column->valid)) {
            return false;
        }
        if (column->valid_capacity > words)
            memset(column->valid + words, 0, (column->valid_capacity - words) * sizeof *column->valid);
    }
    result->room = least_room(result);
    return true;
}

/* Marks the open row of a column as put. */
static inline bool open_row(km_result *result, km_result_column *column, bool valid) {
    uint64_t row = result->rows;
    if (row >= result->room && !km_result_room(result, row + 1)) {
        result->broken = true;
        return false;
    }
    uint64_t bit = (uint64_t)1 << (row % 64), *word = &column->valid[row / 64];
    *word = valid ? *word | bit : *word & ~bit;
    column->filled = row + 1;
    return true;
}

static inline void put_bytes(km_result *result, km_result_column *column, km_text text) {
    km_buf *bytes = &column->bytes;
    column->values[result->rows] = (int64_t)bytes->length;
    if (text.length) {
        if (bytes->capacity - bytes->length < text.length && !km_buf_reserve(bytes, text.length)) {
            result->broken = true;
            return;
        }
        memcpy(bytes->data + bytes->length, text.ptr, text.length);
        bytes->length += text.length;
    }
    column->values[result->rows + 1] = (int64_t)bytes->length;
}

void km_result_int(km_result *result, int column, int64_t value) {
    km_result_column *at = &result->column[column];
    if (open_row(result, at, true)) at->values[result->rows] = value;
}

void km_result_text(km_result *result, int column, km_text text) {
    km_result_column *at = &result->column[column];
    if (open_row(result, at, true)) put_bytes(result, at, text);
}

void km_result_code(km_result *result, int column, uint64_t code) {
    char text[KM_CODE_MAX];
    size_t length = km_code_unpack(code, text);
    if (length) km_result_text(result, column, (km_text){text, length});
}

static void put_null(km_result *result, km_result_column *column) {
    if (!open_row(result, column, false)) return;
    if (column->spec.type == KM_TYPE_TEXT) {
        put_bytes(result, column, (km_text){"", 0});
    } else {
        column->values[result->rows] = 0;
    }
}

kiem_status km_result_end_row(km_result *result, km_error *error) {
    for (int i = 0; i < result->columns; i++) {
        if (result->column[i].filled != result->rows + 1) put_null(result, &result->column[i]);
    }
    if (result->broken) return km_nomem(error);
    result->rows++;
    return KIEM_OK;
}

km_value km_result_value(const km_result *result, int column, uint64_t row) {
    const km_result_column *at = &result->column[column];
    km_value value = {.type = at->spec.type, .scale = at->spec.scale};
    value.known = km_result_known(result, column, row);
    if (!value.known) return value;
    if (at->spec.type == KM_TYPE_TEXT) {
        value.text =
            (km_text){at->bytes.data + at->values[row], (size_t)(at->values[row + 1] - at->values[row])};
        if (!at->bytes.data) value.text.ptr = "";
    } else {
        value.number = at->values[row];
    }
    return value;
}

/* ---- appending */

static bool is_text(const km_result_column *column) {
    return column->spec.type == KM_TYPE_TEXT;
}

static size_t bytes_of(const km_result_column *column, uint64_t rows) {
    return rows && is_text(column) ? (size_t)(column->values[rows] - column->values[0]) : 0;
}

/* Room for `more` rows in every column first, so that copying them cannot fail halfway. */
static bool reserve_rows(km_result *result, const km_result *more) {
    uint64_t rows = result->rows + more->rows;
    if (!km_result_room(result, rows)) return false;
    for (int i = 0; i < result->columns; i++) {
        if (!km_buf_reserve(&result->column[i].bytes, bytes_of(&more->column[i], more->rows))) return false;
    }
    return true;
}

static void append_bits(uint64_t *to, uint64_t first, const uint64_t *bits, uint64_t count) {
    unsigned shift = first % 64;
    uint64_t words = (count + 63) / 64;
    to += first / 64;
    to[0] &= ((uint64_t)1 << shift) - 1;
    for (uint64_t i = 0; i < words; i++) {
        uint64_t left = count - i * 64, word = left < 64 ? bits[i] & (((uint64_t)1 << left) - 1) : bits[i];
        to[i] |= word << shift;
        if (i + 1 < words || shift + left > 64) to[i + 1] = shift ? word >> (64 - shift) : 0;
    }
}

static void append_texts(km_result_column *column, uint64_t rows, const km_result_column *from,
                         uint64_t count) {
    int64_t start = (int64_t)column->bytes.length, shift = start - from->values[0];
    for (uint64_t i = 0; i <= count; i++) column->values[rows + i] = from->values[i] + shift;
    if (from->bytes.data)
        km_buf_append(&column->bytes, from->bytes.data + from->values[0], bytes_of(from, count));
}

kiem_status km_result_append(km_result *result, const km_result *more, km_error *error) {
    if (!more->rows) return KIEM_OK;
    if (!reserve_rows(result, more)) return km_nomem(error);
    for (int i = 0; i < result->columns; i++) {
        km_result_column *column = &result->column[i];
        const km_result_column *from = &more->column[i];
        append_bits(column->valid, result->rows, from->valid, more->rows);
        if (is_text(column)) {
            append_texts(column, result->rows, from, more->rows);
        } else {
            memcpy(column->values + result->rows, from->values, more->rows * sizeof *from->values);
        }
        column->filled = result->rows + more->rows;
    }
    result->rows += more->rows;
    return KIEM_OK;
}

/* ---- text */

static inline bool has_byte(uint64_t eight, char c) {
    return km_has_zero_byte(eight ^ km_eight_times(c));
}

static inline bool has_mark(uint64_t eight) {
    return has_byte(eight, ',') || has_byte(eight, '"') || has_byte(eight, '\n') || has_byte(eight, '\r');
}

static inline bool has_blank_end(km_text text) {
    return text.ptr[0] == ' ' || text.ptr[text.length - 1] == ' ';
}

/* Eight bytes at a time, the last ones once more: nearly every text stays as it is. */
static bool needs_quotes(km_text text) {
    size_t at = 0;
    if (has_blank_end(text)) return true;
    for (; at + 8 <= text.length; at += 8) {
        if (has_mark(km_low_first_8(text.ptr + at))) return true;
    }
    char rest[8] = {0};
    memcpy(rest, text.ptr + at, text.length - at);
    return has_mark(km_low_first_8(rest));
}

/* There is room for two bytes for each of the text and eight more. */
static char *csv_text(char *at, km_text text) {
    if (!needs_quotes(text)) {
        memcpy(at, text.ptr, text.length);
        return at + text.length;
    }
    *at++ = '"';
    for (const char *quote; (quote = memchr(text.ptr, '"', text.length));) {
        size_t length = (size_t)(quote - text.ptr) + 1;
        memcpy(at, text.ptr, length);
        at += length;
        *at++ = '"';
        text = (km_text){text.ptr + length, text.length - length};
    }
    memcpy(at, text.ptr, text.length);
    at += text.length;
    *at++ = '"';
    return at;
}

/* False when all are letters, digits and the like: the marks and the blank are below '-', other bytes seldom.
 */
static inline bool may_need_quotes(uint64_t eight) {
    return ((eight - km_eight_times('-')) & ~eight & 0x8080808080808080u) != 0;
}

/* Copies eight bytes at a time while nothing needs a closer look; there are eight to read at the end. */
static inline char *csv_plain_text(char *at, const char *from, size_t length) {
    size_t i = 0;
    for (; length - i >= 8; i += 8) {
        uint64_t eight = km_low_first_8(from + i);
        if (may_need_quotes(eight)) return NULL;
        km_put_low_first_8(at + i, eight);
    }
    uint64_t last = km_low_first_8(from + i);
    if (may_need_quotes(last | UINT64_MAX << (8 * (length - i)))) return NULL;
    km_put_low_first_8(at + i, last);
    return at + length;
}

enum { RATIO_SCALE = 6 };

static char *put_plain(char *at, km_type type, int scale, int64_t number) {
    if (type == KM_TYPE_NUMBER) return km_write_number(at, number, scale, scale == RATIO_SCALE);
    if (type == KM_TYPE_DATE) return km_write_day(at, (km_day)number);
    if (type == KM_TYPE_TIME) return km_write_minute(at, (km_minute)number);
    *at = number ? '1' : '0';
    return at + 1;
}

void km_result_plain(km_buf *out, const km_value *value) {
    char *at = km_buf_begin(out, KM_WRITE_MOST);
    if (at) km_buf_end(out, put_plain(at, value->type, value->scale, value->number));
}

void km_result_csv_header(const km_result *result, km_buf *out) {
    for (int i = 0; i < result->columns; i++) {
        if (i) km_buf_char(out, ',');
        km_buf_string(out, result->column[i].spec.name);
    }
    km_buf_char(out, '\n');
}

enum { CSV_ROWS = 64 /* for which room is made at a time */ };

/* Bytes the rows can take at most. */
static size_t csv_most(const km_result *result, uint64_t row, uint64_t end) {
    size_t most = (size_t)result->columns * (KM_WRITE_MOST + 3) * (size_t)(end - row);
    for (int i = 0; i < result->columns; i++) {
        const km_result_column *column = &result->column[i];
        if (column->spec.type == KM_TYPE_TEXT)
            most += 2 * (size_t)(column->values[end] - column->values[row]);
    }
    return most;
}

static char *csv_text_cell(char *at, const km_result_column *column, uint64_t row) {
    size_t start = (size_t)column->values[row], length = (size_t)column->values[row + 1] - start;
    if (!length) return at;
    km_text text = {column->bytes.data + start, length};
    char *end = start + length + 8 <= column->bytes.capacity ? csv_plain_text(at, text.ptr, length) : NULL;
    return end ? end : csv_text(at, text);
}

static char *csv_row(char *at, const km_result_column *column, const km_result_column *end, uint64_t row) {
    const uint64_t word = row / 64, bit = (uint64_t)1 << (row % 64);
    for (; column < end; column++) {
        if (column->valid[word] & bit) {
            const km_type type = column->spec.type;
            at = type == KM_TYPE_TEXT ? csv_text_cell(at, column, row)
                                      : put_plain(at, type, column->spec.scale, column->values[row]);
        }
        *at++ = ',';
    }
    at[-1] = '\n';
    return at;
}

void km_result_csv(const km_result *result, uint64_t first, uint64_t count, km_buf *out) {
    const km_result_column *columns_end = result->column + result->columns;
    for (uint64_t row = first, end = first + count; row < end;) {
        uint64_t stop = end - row > CSV_ROWS ? row + CSV_ROWS : end;
        char *at = km_buf_begin(out, csv_most(result, row, stop));
        if (!at) return;
        for (; row < stop; row++) at = csv_row(at, result->column, columns_end, row);
        km_buf_end(out, at);
    }
}

void km_buf_json(km_buf *out, km_text text) {
    static const char hex[] = "0123456789abcdef";
    km_buf_char(out, '"');
    for (size_t i = 0; i < text.length; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c == '"' || c == '\\') {
            km_buf_char(out, '\\');
            km_buf_char(out, (char)c);
        } else if (c < 0x20) {
            km_buf_string(out, "\\u00");
            km_buf_char(out, hex[c >> 4]);
            km_buf_char(out, hex[c & 15]);
        } else {
            km_buf_char(out, (char)c);
        }
    }
    km_buf_char(out, '"');
}

void km_result_ndjson(const km_result *result, uint64_t first, uint64_t count, km_buf *out) {
    for (uint64_t row = first; row < first + count; row++) {
        km_buf_char(out, '{');
        for (int i = 0; i < result->columns; i++) {
            if (i) km_buf_char(out, ',');
            km_value value = km_result_value(result, i, row);
            km_buf_json(out, km_text_from(result->column[i].spec.name));
            km_buf_char(out, ':');
            if (!value.known) {
                km_buf_string(out, "null");
            } else if (value.type == KM_TYPE_TEXT) {
                km_buf_json(out, value.text);
            } else if (value.type == KM_TYPE_DATE || value.type == KM_TYPE_TIME) {
                km_buf_char(out, '"');
                km_result_plain(out, &value);
                km_buf_char(out, '"');
            } else {
                km_result_plain(out, &value);
            }
        }
        km_buf_string(out, "}\n");
    }
}
