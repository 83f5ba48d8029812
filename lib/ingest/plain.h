/* Plain records: no quote and no carriage return but before the newline, so that they are nothing but cells
 * between delimiters. Most records of a dump are; cutting them takes less than a quarter of the instructions
 * of libcsv (docs/performance.md), which stays the measure of what a record means: tests compare the two. */
#ifndef KM_INGEST_PLAIN_H
#define KM_INGEST_PLAIN_H

#include "ingest/csv.h"

/* Puts the cells of a record as row number `row` behind the last cells of the columns first..last, `last`
 * being the one beyond, as km_csv_record_into does. Every kept column must have room for size + KM_CSV_SLACK
 * bytes. False, and nothing done, when the record is not plain. */
bool km_plain_cut(km_csv_column *first, km_csv_column *last, const char *bytes, size_t size, char delimiter,
                  uint32_t row, km_csv_shape *shape);

#endif
