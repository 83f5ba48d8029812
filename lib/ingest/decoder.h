/* The parallel half of reading a CSV: a block of records in, a batch of typed columns out. One decoder per
 * thread; what it makes of a block depends on that block, the layout and the options only. */
#ifndef KM_INGEST_DECODER_H
#define KM_INGEST_DECODER_H

#include "claim/batch.h"
#include "ingest/complete.h"
#include "ingest/reject.h"
#include "ingest/source.h"

typedef struct km_decoder km_decoder;

/* `layout` must outlive the decoder. */
kiem_status km_decoder_new(const km_mem *mem, const km_layout *layout, const km_ingest_options *options,
                           km_decoder **out, km_error *error);
void km_decoder_free(km_decoder *decoder);
/* A batch (all zero at first) with the columns that are wanted and in the file and with room for the block,
 * for any decoder with the same layout and options; one that has the room already stays as it is. */
kiem_status km_decoder_fit_batch(const km_decoder *decoder, const km_block *block, km_batch *batch,
                                 km_error *error);
/* Fills the batch with the readable rows of the block (a block never holds more than a batch); the others are
 * added to the rejects. The room behind the block's bytes is used. Rows in the batch and new rejects together
 * are block->records.
 *
 * KIEM_E_FORMAT: a number leaves open which mark is the decimal point, so the file must be refused;
 * error->line is its row. When several threads report one, the caller keeps the lowest line, so that the
 * message does not depend on the order of work. */
kiem_status km_decoder_decode(km_decoder *decoder, km_block *block, km_batch *batch, km_error *error);
/* The decoder's list: in row order for the blocks decoded so far; the caller clears it when it has taken
 * them. */
km_rejects *km_decoder_rejects(km_decoder *decoder);
/* Of the blocks decoded so far; to be joined with those of the other decoders and checked when all are. */
const km_mark_signs *km_decoder_signs(const km_decoder *decoder);

#endif
