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
/* What the amounts of an input read so far tell of its decimal mark. Where all of them are written like
 * 150.000, the mark may group thousands: the input must be refused rather than be read as 150 dong. */
typedef struct km_mark_signs {
    bool decimals; /* an amount shows decimals */
    int64_t row;   /* of the first amount that may be thousands; 0: none */
    int field;
    char like[12]; /* its digits as 9 */
} km_mark_signs;

/* Those of another part of the input. */
void km_mark_signs_join(km_mark_signs *signs, const km_mark_signs *other);
/* KIEM_E_FORMAT when an input that is complete leaves open which mark is the decimal point. */
kiem_status km_mark_signs_check(const km_mark_signs *signs, const km_layout *layout,
                                const km_ingest_options *options, km_error *error);
/* Fills those two columns where the batch has them; the rows and row numbers are set, the cells decoded.
 * KIEM_E_FORMAT when a number leaves open which mark is the decimal point; what the batch shows of it is
 * added to `signs`. */
kiem_status km_complete_batch(const km_layout *layout, const km_ingest_options *options, km_bad_cells *bad,
                              km_buf *scratch, km_mark_signs *signs, km_batch *batch, km_error *error);

#endif
