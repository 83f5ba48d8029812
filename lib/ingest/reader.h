/* A CSV on one thread: push bytes, pull batches. */
#ifndef KM_INGEST_READER_H
#define KM_INGEST_READER_H

#include "ingest/decoder.h"

typedef struct km_reader km_reader;

typedef struct km_reader_counts {
    uint64_t bytes;   /* pushed */
    uint64_t records; /* read so far, in batches or rejected */
    uint64_t rows;    /* of them in batches */
    uint64_t rejects;
    bool header_only; /* finished without one record */
} km_reader_counts;

kiem_status km_reader_new(const km_mem *mem, const km_ingest_options *options, km_reader **out,
                          km_error *error);
void km_reader_free(km_reader *reader);
kiem_status km_reader_push(km_reader *reader, const void *bytes, size_t size, km_error *error);
kiem_status km_reader_finish(km_reader *reader, km_error *error);
/* The next batch with at least one row, *out NULL when more bytes are needed or the input is read. It is the
 * reader's and stands until the next call. When the input is read, KIEM_E_FORMAT if its amounts leave open
 * which mark is the decimal point. After an error of one of these three the reader is of no more use: all are
 * KIEM_E_ARGUMENT then, as rows would be missing. */
kiem_status km_reader_next(km_reader *reader, km_batch **out, km_error *error);
/* In row order, up to the batch last handed out; may be cleared between calls. */
km_rejects *km_reader_rejects(km_reader *reader);
km_reader_counts km_reader_get_counts(const km_reader *reader);

#endif
