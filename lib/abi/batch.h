/* The batch behind its handle: filled by hand, or shown from a reader. */
#ifndef KM_ABI_BATCH_H
#define KM_ABI_BATCH_H

#include "abi/handles.h"
#include "ingest/row_builder.h"

struct kiem_batch {
    kiem_env *env;
    km_row_builder builder;
    const km_batch *shown; /* of a reader; NULL for a batch filled by hand */
};

const km_batch *km_batch_of(const kiem_batch *batch);

#endif
