/* A batch of claims or of their lines from values given by field name, read as cells of a file would be: for
 * a claim that arrives on-line. */
#ifndef KM_INGEST_ROW_BUILDER_H
#define KM_INGEST_ROW_BUILDER_H

#include "ingest/decode.h"

typedef struct km_row_builder {
    const km_mem *mem;
    km_scope scope;
    bool computed;              /* takes fields too that kiem works out */
    km_batch batch;             /* rows that are ended; typed */
    km_buf value[KM_FIELD_MAX]; /* the open row */
    km_day_cache days;
    km_fieldset given; /* fields set in any row so far: the columns of the batch */
} km_row_builder;

void km_row_builder_init(km_row_builder *builder, const km_mem *mem, km_scope scope, bool computed);
void km_row_builder_free(km_row_builder *builder);
void km_row_builder_clear(km_row_builder *builder);
/* KIEM_E_NOT_FOUND for an unknown field or (unless `computed`) one that kiem works out. A field given for the
 * first time in a later row is NULL in the earlier ones. */
kiem_status km_row_builder_set(km_row_builder *builder, km_text field, km_text value, km_error *error);
/* KIEM_E_RANGE when the batch is full. After a failure the row is still open. */
kiem_status km_row_builder_end(km_row_builder *builder, km_error *error);

#endif
