/* Plain records: nothing but cells between delimiters, some of them in quotes with no quote inside. All
 * that kiem synth writes are; finding their cells takes a small part of the instructions of libcsv
 * (docs/performance.md), which stays the measure of what a record means: tests compare the two. */
#ifndef KM_INGEST_PLAIN_H
#define KM_INGEST_PLAIN_H

#include "ingest/cells.h"

/* Finds the cells of the record bytes[start .. start + size), without quotes, with the blanks around them.
 * KM_RECORD_SLACK bytes behind it may be read. False when the record is not plain, is blank, or has more
 * fields than there are columns; `places` are then of no use. */
bool km_plain_cut(const char *bytes, uint32_t start, uint32_t size, char delimiter,
                  const km_cell_places *places, km_record_shape *shape);

#endif
