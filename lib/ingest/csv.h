/* libcsv, kept behind this door: one whole record in, its fields out. Unquoted fields come trimmed of blanks;
 * quotes are resolved. */
#ifndef KM_INGEST_CSV_H
#define KM_INGEST_CSV_H

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"
#include "ingest/cells.h"

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

/* Parses one record and puts its cells, without quotes and blanks around, one behind the other from bytes[to]
 * on: they are never longer than the record. Tells where they are. */
kiem_status km_csv_cut(km_csv *csv, km_text record, char *bytes, uint32_t to, const km_cell_places *places,
                       km_record_shape *shape, km_error *error);

#endif
