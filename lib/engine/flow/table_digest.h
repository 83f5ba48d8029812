/* The digest of claims that came as a table: where a file has bytes, a table has what its rows say. It is a
 * sum over the rows, so neither their order nor their division into record batches shows, nor the types they
 * came in. */
#ifndef KM_ENGINE_TABLE_DIGEST_H
#define KM_ENGINE_TABLE_DIGEST_H

#include "claim/batch.h"
#include "state/origins.h"

typedef struct km_table_digest {
    uint64_t high, low, rows;
} km_table_digest;

/* Adds the values of a batch; one that is missing says as little as a column that is. */
void km_table_digest_add(km_table_digest *digest, const km_batch *batch);
km_origin km_table_digest_origin(const km_table_digest *digest);

#endif
