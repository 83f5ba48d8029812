/* A batch: rows of one scope as typed columns, up to KM_BATCH_ROWS of an input, more where they are lines or
 * cards of such a batch of claims. It is filled once, then read by many. */
#ifndef KM_CLAIM_BATCH_H
#define KM_CLAIM_BATCH_H

#include "base/error.h"
#include "claim/field.h"

enum {
    KM_BATCH_ROWS = 2048,
    KM_BATCH_WORDS = KM_BATCH_ROWS / 64,
    KM_BATCH_LINES = 1 << 17 /* drug or service lines that are given with claims to be judged */
};

/* One column. A fixed-width column holds int32_t or int64_t/uint64_t values (see km_field_width); a text
 * column holds rows + 1 offsets into `bytes`. A NULL value has its bit cleared and its value 0 (or an empty
 * slice). */
typedef struct km_column {
    void *values;
    uint64_t *valid; /* bit i of word i / 64; bits at and after the row count are 0 */
    char *bytes;
    size_t bytes_used, bytes_capacity;
} km_column;

typedef struct km_batch {
    const km_mem *mem;
    km_scope scope;
    uint32_t rows, capacity;
    uint32_t input;      /* number of the input file in the job */
    uint64_t base;       /* number of a row in the job: base + its spreadsheet row (see `row`) */
    km_fieldset present; /* columns that exist here */
    int64_t *row;        /* spreadsheet row of each record in its file: the header is row 1 */
    km_column column[KM_FIELD_MAX];
    bool borrowed;  /* columns point into an image */
    void *no_cells; /* stand for a column that is not there, where there are more than KM_BATCH_ROWS */
} km_batch;

/* Words of 64 bits that so many rows take. */
static inline size_t km_batch_words(uint32_t rows) {
    return ((size_t)rows + 63) / 64;
}

/* The bits of word number `word` that stand for rows. */
static inline uint64_t km_rows_of_word(uint32_t rows, uint32_t word) {
    uint32_t left = rows - word * 64;
    return left >= 64 ? UINT64_MAX : ((uint64_t)1 << left) - 1;
}

/* A batch with room for `capacity` rows of the given fields. */
kiem_status km_batch_init(km_batch *batch, const km_mem *mem, km_scope scope, const km_fieldset *fields,
                          uint32_t capacity, km_error *error);
void km_batch_free(km_batch *batch);
/* Room for more rows; when there is no memory for it all is as it was. */
kiem_status km_batch_grow(km_batch *batch, uint32_t capacity, km_error *error);
/* Forgets the rows, keeps the memory. */
void km_batch_clear(km_batch *batch);
/* Adds one column of another stratum; a column already there is kept as it is. */
kiem_status km_batch_add_column(km_batch *batch, int field, km_error *error);

/* ---- filling: any row order for fixed-width columns; text must be put row by row, each row once */

static inline void km_column_put(km_column *column, size_t width, uint32_t row, int64_t value) {
    if (width == 4) {
        ((int32_t *)column->values)[row] = (int32_t)value;
    } else {
        ((int64_t *)column->values)[row] = value;
    }
    column->valid[row / 64] |= (uint64_t)1 << (row % 64);
}
void km_column_put_null(km_column *column, size_t width, uint32_t row);
/* Puts the text of the next row; an empty text is NULL. */
bool km_column_put_text(const km_mem *mem, km_column *column, uint32_t row, km_text text);
/* Puts NULL as the text of the next `count` rows. */
void km_column_put_no_texts(km_column *column, uint32_t row, uint32_t count);
/* Appends a copy of one row of another batch of the same scope; there must be room for it. */
kiem_status km_batch_copy_row(km_batch *to, const km_batch *from, uint32_t row, km_error *error);

/* ---- reading */

static inline bool km_column_valid(const km_column *column, uint32_t row) {
    return column->valid[row / 64] >> (row % 64) & 1;
}
static inline km_text km_column_text(const km_column *column, uint32_t row) {
    const uint32_t *offsets = column->values;
    return (km_text){column->bytes + offsets[row], offsets[row + 1] - offsets[row]};
}
/* The value of a field in a row; NULL when the batch has no such column. */
km_value km_batch_value(const km_batch *batch, int field, uint32_t row);
/* The number, date, time, birth or code as int64; `missing` when NULL or absent. */
int64_t km_batch_int(const km_batch *batch, int field, uint32_t row, int64_t missing);
/* The text, empty when NULL or absent. */
static inline km_text km_batch_text(const km_batch *batch, int field, uint32_t row) {
    const km_column *column = &batch->column[field];
    if (!km_fieldset_has(&batch->present, field) || !km_column_valid(column, row)) return (km_text){"", 0};
    return km_column_text(column, row);
}
/* The number of a row in the job. */
static inline uint64_t km_batch_id(const km_batch *batch, uint32_t row) {
    return batch->base + (uint64_t)batch->row[row];
}

/* A fixed-width column held ready for a loop over rows; a column that is not there is NULL in every row. */
typedef struct km_cells {
    const void *values;
    const uint64_t *valid;
    size_t width;
} km_cells;

km_cells km_batch_cells(const km_batch *batch, int field);
static inline bool km_cells_known(const km_cells *cells, uint32_t row) {
    return cells->valid[row / 64] >> (row % 64) & 1;
}
/* 0 where it is NULL. */
static inline int64_t km_cells_value(const km_cells *cells, uint32_t row) {
    return cells->width == 4 ? ((const int32_t *)cells->values)[row] : ((const int64_t *)cells->values)[row];
}
static inline int64_t km_cells_int(const km_cells *cells, uint32_t row, int64_t missing) {
    return km_cells_known(cells, row) ? km_cells_value(cells, row) : missing;
}

/* ---- images: the batch as relocatable bytes, for the spool */

/* Bytes needed for the columns in `keep`, a multiple of 8. */
size_t km_batch_image_size(const km_batch *batch, const km_fieldset *keep);
/* Writes exactly that many bytes. */
void km_batch_image_write(const km_batch *batch, const km_fieldset *keep, void *image);
/* A batch whose columns point into the image, which must be 8-byte aligned, stay in place and unchanged.
 * Columns can still be added. Images are trusted: they never come from outside the process. */
void km_batch_image_open(km_batch *batch, const km_mem *mem, const void *image);

#endif
