/* One column of an Arrow record batch: checked against its schema as far as an array can be, then read cell
 * by cell. Buffers carry no sizes, so an array that is shorter than it says cannot be noticed. */
#ifndef KM_INGEST_ARROW_COLUMN_H
#define KM_INGEST_ARROW_COLUMN_H

#include "base/decimal.h"
#include "ingest/arrow_type.h"

typedef struct km_arrow_values {
    const struct ArrowArray *array;
    int64_t first; /* row 0 in the buffers */
    int64_t rows;
    const uint8_t *validity; /* NULL: every row has a value */
    const char *data;        /* values, offsets or views */
    const char *bytes;       /* of text */
} km_arrow_values;

typedef struct km_arrow_column {
    km_arrow_type type;
    km_arrow_values own;   /* the values, or the indices of a dictionary */
    km_arrow_values words; /* the dictionary's values */
} km_arrow_column;

/* Rows `first` .. `first + rows - 1` of the array become rows 0 .. rows - 1. The array stays the caller's.
 * place and name tell the column in messages. */
kiem_status km_arrow_column_open(km_arrow_column *column, const km_arrow_type *type,
                                 const struct ArrowArray *array, int64_t first, int64_t rows, km_place place,
                                 const char *name, km_error *error);

typedef enum km_arrow_cell {
    KM_ARROW_CELL_NULL = 0,
    KM_ARROW_CELL_VALUE,
    KM_ARROW_CELL_BROKEN /* an offset or an index points outside */
} km_arrow_cell;

/* The cell of a column of type TEXT or VIEW. */
km_arrow_cell km_arrow_text(const km_arrow_column *column, int64_t row, km_text *out);
/* Appends the cell of a column of another type as a file would show it: digits, 202503100800, 1234.5. A value
 * that has no such form (more than `digits` behind the point, a float that is no short decimal, a year far
 * off) comes as text that is no number. */
km_arrow_cell km_arrow_print(const km_arrow_column *column, int64_t row, int digits, km_buf *out);
/* An integer or decimal as mantissa; false for NULL, for other types, and for what does not fit. */
bool km_arrow_number(const km_arrow_column *column, int64_t row, int64_t *mantissa);
bool km_arrow_is_null(const km_arrow_column *column, int64_t row);
/* The texts of some rows where they lie, one behind the other: row i is (*bytes)[offsets[i] .. offsets[i +
 * 1]), empty for NULL. *slack: whether KM_CELL_SLACK more bytes may be read. False when they do not lie so,
 * when one is longer than `longest` or begins inside a character. count is at most KM_BATCH_ROWS. */
bool km_arrow_run(const km_arrow_column *column, int64_t row, uint32_t count, size_t longest,
                  uint32_t *offsets, km_text *bytes, bool *slack);

#endif
