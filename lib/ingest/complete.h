/* The last step of reading a batch, whatever it was read from: which standard its rows follow, and which of
 * their values could not be read. */
#ifndef KM_INGEST_COMPLETE_H
#define KM_INGEST_COMPLETE_H

#include "ingest/decode.h"
#include "ingest/layout.h"
#include "ingest/options.h"

/* The fields STANDARD and bad_values of a scope. */
int km_standard_field(km_scope scope);
int km_bad_values_field(km_scope scope);
/* Fills those two columns where the batch has them; the rows and row numbers are set, the cells decoded.
 * KIEM_E_FORMAT when a number leaves open which mark is the decimal point. */
kiem_status km_complete_batch(const km_layout *layout, const km_ingest_options *options, km_bad_cells *bad,
                              km_buf *scratch, km_batch *batch, km_error *error);

#endif
