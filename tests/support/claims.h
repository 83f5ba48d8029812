/* Builds claim batches from text, the way a reader would. */
#ifndef KM_TEST_CLAIMS_H
#define KM_TEST_CLAIMS_H

#include "claim/batch.h"

/* An empty batch of KM_BATCH_ROWS rows; `fields` are names separated by '|'. */
kiem_status test_claims_init(km_batch *batch, const char *fields, km_error *error);
/* Adds a row: cells in the order of `fields`, separated by '|', an empty cell is NULL. Spreadsheet rows count
 * from 2. A cell that cannot be read fails the test. */
kiem_status test_claims_row(km_batch *batch, const char *fields, const char *cells);
/* One cell, an empty one is NULL; `read` tells whether it could be read. False when memory ran out. */
bool test_claims_cell(km_batch *batch, int field, uint32_t row, km_text cell, bool *read);
/* Both at once, for a table of rows. */
kiem_status test_claims(km_batch *batch, const char *fields, const char *const *rows, size_t count,
                        km_error *error);

#endif
