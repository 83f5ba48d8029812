/* Rows from a stream of Arrow record batches: the counterpart of km_reader. Cells are read column by column
 * by the decoders of the CSV reader, so that a value means the same whatever it came from. */
#ifndef KM_INGEST_ARROW_READER_H
#define KM_INGEST_ARROW_READER_H

#include <kiem/arrow_c.h>

#include "claim/batch.h"
#include "ingest/layout.h"
#include "ingest/options.h"
#include "ingest/reader.h"

typedef struct km_arrow_reader km_arrow_reader;

/* On success the stream is the reader's, which releases it once, and stream->release is NULL. On failure it
 * is the caller's as before. KIEM_E_FORMAT when the schema is not that of claims. */
kiem_status km_arrow_reader_new(const km_mem *mem, const km_ingest_options *options,
                                struct ArrowArrayStream *stream, km_arrow_reader **out, km_error *error);
void km_arrow_reader_free(km_arrow_reader *reader);
/* The next batch with at least one row, *out NULL at the end. It is the reader's and stands until the next
 * call. After an error the reader is of no more use. */
kiem_status km_arrow_reader_next(km_arrow_reader *reader, km_batch **out, km_error *error);
/* In row order, up to the batch last handed out; may be cleared between calls. Their offset is -1. */
km_rejects *km_arrow_reader_rejects(km_arrow_reader *reader);
const km_layout *km_arrow_reader_layout(const km_arrow_reader *reader);
/* Bytes are not counted. */
km_reader_counts km_arrow_reader_get_counts(const km_arrow_reader *reader);

#endif
