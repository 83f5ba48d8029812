/* What judging needs of every batch, kept from reading to judging: the input is parsed once. */
#ifndef KM_ENGINE_SPOOL_H
#define KM_ENGINE_SPOOL_H

#include "claim/batch.h"

typedef struct km_spool_item {
    void *image;
    size_t size;
} km_spool_item;

typedef struct km_spool {
    const km_mem *mem;
    km_spool_item *items;
    size_t count, capacity;
    uint64_t bytes;
} km_spool;

void km_spool_init(km_spool *spool, const km_mem *mem);
void km_spool_free(km_spool *spool);
kiem_status km_spool_put(km_spool *spool, const km_batch *batch, const km_fieldset *keep, km_error *error);
/* Batch number i, borrowed from the spool; free it with km_batch_free. */
void km_spool_get(const km_spool *spool, size_t i, km_batch *batch);

#endif
