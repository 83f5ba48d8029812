/* libcsv, kept behind this door: one whole record in, its fields out. Unquoted fields come trimmed of blanks;
 * quotes are resolved. */
#ifndef KM_INGEST_CSV_H
#define KM_INGEST_CSV_H

#include "base/error.h"
#include "base/mem.h"

typedef struct km_csv km_csv;

/* One field; `cell` is valid during the call. */
typedef void km_csv_field(void *cell, size_t size, void *data);
/* The end of a row; `end` is the byte that ended it, or -1. */
typedef void km_csv_row(int end, void *data);

/* A parser for records of at most record_max bytes. All memory is taken here, from `mem`. */
kiem_status km_csv_new(const km_mem *mem, char delimiter, size_t record_max, km_csv **out, km_error *error);
void km_csv_free(km_csv *csv);
/* Parses one record. A record cut by km_splitter gives one row; a lone carriage return outside quotes gives
 * more. False (never for a record within record_max) when libcsv stopped early. */
bool km_csv_record(km_csv *csv, const char *bytes, size_t size, km_csv_field *field, km_csv_row *row,
                   void *data);

/* ---- records into columns */

enum { KM_CSV_SLACK = 16 /* bytes behind the last cell of a column that may be read */ };

/* The cells of one column, one behind the other; `bytes` grows with `mem`. A column without offsets is not
 * kept: its cells are dropped. */
typedef struct km_csv_column {
    char *bytes;
    size_t capacity;
    uint32_t *offsets; /* cell i is bytes[offsets[i] .. offsets[i + 1]); offsets[0] is 0 */
    uint32_t used;
} km_csv_column;

typedef struct km_csv_shape {
    uint32_t fields;
    uint32_t rows; /* other than 1: carriage returns inside the record */
    bool overfull; /* a field behind the last column is not empty */
} km_csv_shape;

/* From here on field i of a record goes behind the last cell of columns[i]. The array has one element more
 * than there are columns, for the parser's own use. To be called again when the columns change other than by
 * giving back cells at their end. */
void km_csv_begin(km_csv *csv, km_csv_column *columns, uint32_t count);
/* Parses one record as row number `row`: plain ones are cut (see plain.h), for the others libcsv is made to
 * write each field where it belongs. */
kiem_status km_csv_record_into(km_csv *csv, const char *bytes, size_t size, uint32_t row, km_csv_shape *shape,
                               km_error *error);

#endif
