#include "claim/result_fill.h"

#include <string.h>

kiem_status km_fill_begin(km_result *result, uint64_t rows, km_error *error) {
    km_result_clear(result);
    if (!km_result_room(result, rows)) return km_nomem(error);
    for (int i = 0; i < result->columns; i++) {
        memset(result->column[i].values, 0, (size_t)(rows + 1) * sizeof *result->column[i].values);
        memset(result->column[i].valid, 0, (size_t)(rows + 63) / 64 * sizeof *result->column[i].valid);
    }
    result->rows = rows;
    return KIEM_OK;
}

static inline void mark_valid(km_result_column *column, uint64_t row) {
    column->valid[row / 64] |= (uint64_t)1 << (row % 64);
}

void km_fill_int(km_result *result, int column, uint64_t row, int64_t value) {
    km_result_column *at = &result->column[column];
    at->values[row] = value;
    mark_valid(at, row);
}

void km_fill_cells(km_result *result, int column, const km_cells *cells) {
    km_result_column *at = &result->column[column];
    if (!result->rows) return;
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

void km_fill_code(km_result *result, int column, uint64_t row, uint64_t code) {
    char text[KM_CODE_MAX];
    size_t length = km_code_unpack(code, text);
    if (length) km_fill_text(result, column, row, (km_text){text, length});
}

kiem_status km_fill_end(km_result *result, km_error *error) {
    for (int i = 0; i < result->columns; i++) {
        km_result_column *column = &result->column[i];
        if (column->spec.type == KM_TYPE_TEXT) end_rows_before(column, result->rows);
        column->filled = result->rows;
    }
    if (!result->broken) return KIEM_OK;
    km_result_clear(result);
    return km_nomem(error);
}
