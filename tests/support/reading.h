/* Reading a whole claims text in slices, and writing down what came of it, for the tests of the reader. */
#ifndef KM_TEST_READING_H
#define KM_TEST_READING_H

#include "ingest/reader.h"
#include "support/test.h"

typedef struct reading {
    km_buf rows, rejects; /* one line for each row and each reject */
    km_reader_counts counts;
    km_error error;
} reading;

/* All fields wanted; file claims.csv, input 3, base 1000. */
km_ingest_options options_for(km_scope scope);
void reading_init(reading *got);
void reading_free(reading *got);
/* Reads the text in slices of `chunk` bytes, 0 for random ones. */
kiem_status read_text(const km_ingest_options *options, km_text text, size_t chunk, reading *got);
/* Every row as "row: FIELD=value ..." with the fields that have a value. */
void write_batch(const km_batch *batch, km_buf *out);
/* Every reject as "row@offset column|reason|value". */
void write_rejects(const km_rejects *rejects, km_buf *out);

enum { GARBAGE_SIZE = 200000, GARBAGE_ROOM = GARBAGE_SIZE + 100 };
/* A header and rows with something wrong everywhere, longer than the head; returns its size. */
size_t make_garbage(char *text, uint64_t seed, bool wild);

#endif
