#include "claim/result_fill.h"

#include <string.h>

kiem_status km_fill_begin(km_result *result, uint64_t rows, km_error *error) {
    km_result_clear(result);
    if (!km_result_room(result, rows)) return km_nomem(error);
    for (int i = 0; i < result->columns; i++)
        memset(result->column[i].valid, 0, (size_t)(rows + 63) / 64 * sizeof *result->column[i].valid);
    result->rows = rows;
    return KIEM_OK;
}

static inline bool is_known(const uint64_t *known, uint64_t row) {
    return known[row / 64] >> (row % 64) & 1;
}

static inline void mark_valid(km_result_column *column, uint64_t row) {
    column->valid[row / 64] |= (uint64_t)1 << (row % 64);
}

/* Bits after the last row stay 0. */
static void mark_all_valid(km_result_column *column, uint64_t rows) {
    memset(column->valid, 0xFF, (size_t)(rows / 64) * sizeof *column->valid);
    if (rows % 64) column->valid[rows / 64] = ((uint64_t)1 << (rows % 64)) - 1;
}

void km_fill_ints(km_result *result, int column, const int64_t *values) {
    km_result_column *at = &result->column[column];
    if (result->rows) memcpy(at->values, values, (size_t)result->rows * sizeof *values);
    mark_all_valid(at, result->rows);
    at->filled = result->rows + 1;
}

void km_fill_cells(km_result *result, int column, const km_cells *cells) {
    km_result_column *at = &result->column[column];
    if (!result->rows) return;
    at->filled = result->rows + 1;
    memcpy(at->valid, cells->valid, (size_t)(result->rows + 63) / 64 * sizeof *at->valid);
    if (cells->width == 8) {
        memcpy(at->values, cells->values, (size_t)result->rows * sizeof *at->values);
    } else {
        const int32_t *narrow = cells->values;
        for (uint64_t row = 0; row < result->rows; row++) at->values[row] = narrow[row];
    }
}

/* Gives the rows before this one their end, which is where this one starts. */
static void end_rows_before(km_result_column *column, uint64_t row) {
    for (; column->filled <= row; column->filled++)
        column->values[column->filled] = (int64_t)column->bytes.length;
}

void km_fill_text(km_result *result, int column, uint64_t row, km_text text) {
    km_result_column *at = &result->column[column];
    end_rows_before(at, row);
    mark_valid(at, row);
    km_buf_text(&at->bytes, text);
    if (!km_buf_ok(&at->bytes)) result->broken = true;
}

/* Room for the texts of all rows, and to read and write eight bytes at the last. */
static char *begin_texts(km_result *result, km_result_column *column, size_t bytes) {
    char *at = km_buf_begin(&column->bytes, bytes + 8);
    if (!at) result->broken = true;
    column->values[0] = 0;
    column->filled = result->rows + 1;
    return at;
}

void km_fill_same_text(km_result *result, int column, km_text text) {
    km_result_column *at = &result->column[column];
    char *to = begin_texts(result, at, (size_t)result->rows * text.length);
    if (!to) return;
    for (uint64_t row = 0; row < result->rows; row++) {
        memcpy(to + row * text.length, text.ptr, text.length);
        at->values[row + 1] = (int64_t)((row + 1) * text.length);
    }
    mark_all_valid(at, result->rows);
    at->bytes.length = (size_t)at->values[result->rows];
}

void km_fill_views(km_result *result, int column, const km_text *texts, const uint64_t *known) {
    km_result_column *at = &result->column[column];
    size_t bytes = 0;
    for (uint64_t row = 0; row < result->rows; row++) bytes += is_known(known, row) ? texts[row].length : 0;
    char *first = begin_texts(result, at, bytes), *to = first;
    if (!to) return;
    for (uint64_t row = 0; row < result->rows; row++) {
        if (is_known(known, row)) {
            mark_valid(at, row);
            if (texts[row].length) memcpy(to, texts[row].ptr, texts[row].length);
            to += texts[row].length;
        }
        at->values[row + 1] = to - first;
    }
    km_buf_end(&at->bytes, to);
}

void km_fill_texts(km_result *result, int column, const km_batch *batch, int field) {
    km_result_column *at = &result->column[column];
    const km_column *from = &batch->column[field];
    if (!km_fieldset_has(&batch->present, field) || !from->bytes_used) return;
    const uint32_t *offsets = from->values;
    char *to = begin_texts(result, at, from->bytes_used);
    if (!to) return;
    memcpy(to, from->bytes, from->bytes_used);
    memcpy(at->valid, from->valid, (size_t)(result->rows + 63) / 64 * sizeof *at->valid);
    for (uint64_t row = 0; row <= result->rows; row++) at->values[row] = offsets[row];
    at->bytes.length = from->bytes_used;
}

void km_fill_codes(km_result *result, int column, const km_cells *codes) {
    km_result_column *at = &result->column[column];
    char *first = begin_texts(result, at, (size_t)result->rows * KM_CODE_MAX), *to = first;
    if (!to) return;
    for (uint64_t row = 0; row < result->rows; row++) {
        uint64_t code = (uint64_t)km_cells_int(codes, (uint32_t)row, 0);
        to += km_code_unpack(code, to);
        at->values[row + 1] = to - first;
        if (code) mark_valid(at, row);
    }
    km_buf_end(&at->bytes, to);
}

kiem_status km_fill_end(km_result *result, km_error *error) {
    for (int i = 0; i < result->columns; i++) {
        km_result_column *column = &result->column[i];
        if (column->spec.type == KM_TYPE_TEXT) {
            end_rows_before(column, result->rows);
        } else if (!column->filled) {
            memset(column->values, 0, (size_t)result->rows * sizeof *column->values);
        }
        column->filled = result->rows;
    }
    if (!result->broken) return KIEM_OK;
    km_result_clear(result);
    return km_nomem(error);
}
