/* A result table filled column by column, where a whole batch is at hand: a loop over one column costs a
 * fraction of what putting every cell of every row does. */
#ifndef KM_CLAIM_RESULT_FILL_H
#define KM_CLAIM_RESULT_FILL_H

#include "claim/batch.h"
#include "claim/result.h"

/* Begins a table of so many rows anew; what is not filled is NULL. */
kiem_status km_fill_begin(km_result *result, uint64_t rows, km_error *error);
/* Text columns in ascending order of rows. */
void km_fill_text(km_result *result, int column, uint64_t row, km_text text);
/* Whole columns, where the batch has as many rows: the same columns of it, values of every row, codes as
 * texts (no code is NULL), one text for all rows, texts where a bit says that one is known. */
void km_fill_cells(km_result *result, int column, const km_cells *cells);
void km_fill_texts(km_result *result, int column, const km_batch *batch, int field);
void km_fill_ints(km_result *result, int column, const int64_t *values);
void km_fill_codes(km_result *result, int column, const km_cells *codes);
void km_fill_views(km_result *result, int column, const km_text *texts, const uint64_t *known);
void km_fill_same_text(km_result *result, int column, km_text text);
kiem_status km_fill_end(km_result *result, km_error *error);

#endif
