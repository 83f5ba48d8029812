/* The batch behind its handle: filled by hand, or shown from a reader. */
#ifndef KM_ABI_BATCH_H
#define KM_ABI_BATCH_H

#include "abi/handles.h"
#include "ingest/row_builder.h"

struct kiem_batch {
    kiem_env *env;
    km_row_builder builder;
    const km_batch *shown; /* of a reader; NULL for a batch filled by hand */
    km_guard guard;        /* the reader's too: its calls write over the batch it shows */
};

const km_batch *km_batch_of(const kiem_batch *batch);
km_scope km_batch_scope(const kiem_batch *batch);
/* For as long as the rows are read. */
kiem_status km_batch_look(const kiem_batch *batch, km_error *error);
void km_batch_leave(const kiem_batch *batch);

#endif
