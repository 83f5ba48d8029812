/* A result table: named columns, filled row by row, read as plain arrays or rendered as CSV or NDJSON text.
 */
#ifndef KM_CLAIM_RESULT_H
#define KM_CLAIM_RESULT_H

#include "base/error.h"
#include "claim/value.h"

typedef struct km_result_spec {
    const char *name;
    km_type type; /* BOOL, NUMBER, DATE, TIME or TEXT */
    uint8_t scale;
} km_result_spec;

/* Fixed-width columns hold int64 values; text columns hold rows + 1 int64 offsets into `bytes`. */
typedef struct km_result_column {
    km_result_spec spec;
    int64_t *values;
    uint64_t *valid;
    size_t values_capacity, valid_capacity;
    km_buf bytes;
    uint64_t filled; /* rows that have a value or NULL: rows + 1 once the open row is put */
} km_result_column;

typedef struct km_result {
    const km_mem *mem;
    const char *name;
    int columns;
    uint64_t rows;
    uint64_t room; /* rows for which every column has memory */
    km_result_column *column;
    bool broken; /* an append ran out of memory; km_result_end_row tells */
} km_result;

kiem_status km_result_init(km_result *result, const km_mem *mem, const char *name,
                           const km_result_spec *specs, int columns, km_error *error);
void km_result_free(km_result *result);
void km_result_clear(km_result *result);
int km_result_find(const km_result *result, km_text name);
/* Memory for so many rows in every column, texts aside; false without. */
bool km_result_room(km_result *result, uint64_t rows);

/* Put every column of the new row in any order (a column not put is NULL), then end the row. */
void km_result_int(km_result *result, int column, int64_t value);
void km_result_text(km_result *result, int column, km_text text);
void km_result_code(km_result *result, int column, uint64_t code);
kiem_status km_result_end_row(km_result *result, km_error *error);
/* Appends all rows of another table with the same columns. */
kiem_status km_result_append(km_result *result, const km_result *more, km_error *error);

static inline bool km_result_known(const km_result *result, int column, uint64_t row) {
    return result->column[column].valid[row / 64] >> (row % 64) & 1;
}
km_value km_result_value(const km_result *result, int column, uint64_t row);

/* Text of rows first .. first + count - 1. CSV: comma, LF, quoted only when needed, NULL empty; numbers with
 * scale 6 keep all six digits, others drop trailing zeros. */
void km_result_csv_header(const km_result *result, km_buf *out);
void km_result_csv(const km_result *result, uint64_t first, uint64_t count, km_buf *out);
void km_result_ndjson(const km_result *result, uint64_t first, uint64_t count, km_buf *out);
/* Appends a value that is not text as it stands in a CSV file. */
void km_result_plain(km_buf *out, const km_value *value);
/* Appends text as a JSON string with quotes. */
void km_buf_json(km_buf *out, km_text text);

#endif
