/* What judging needs of every batch, kept from reading to judging: the input is parsed once. Batches stay in
 * memory up to a limit; what comes after goes to an unlinked temporary file that nobody else can read. */
#ifndef KM_ENGINE_SPOOL_H
#define KM_ENGINE_SPOOL_H

#include "base/spill.h"
#include "claim/batch.h"

typedef struct km_spool_item {
    void *image; /* of a batch, or a packed one; NULL: in the file */
    int64_t at;  /* in the file */
    size_t size;
} km_spool_item;

typedef struct km_spool {
    const km_mem *mem;
    uint64_t memory_limit, in_memory; /* bytes */
    km_spill file;
    km_spool_item *items;
    size_t count, capacity;
    km_buf room;
} km_spool;

void km_spool_init(km_spool *spool, const km_mem *mem);
void km_spool_free(km_spool *spool);
/* What is more than that many bytes goes to a file in the directory; before the first batch. */
void km_spool_limit(km_spool *spool, uint64_t memory, const char *directory);
kiem_status km_spool_put(km_spool *spool, const km_batch *batch, const km_fieldset *keep, km_error *error);
/* The same for a batch that stands packed in the buffer (engine/flow/pack.h), whose memory the spool may
 * keep. */
kiem_status km_spool_put_packed(km_spool *spool, km_buf *packed, km_error *error);
/* Batch number i. It lives in the spool, one that was written to the file in `room`, and is freed with
 * km_batch_free. Threads may get batches side by side, each with a room of its own. */
kiem_status km_spool_get(const km_spool *spool, size_t i, km_buf *room, km_batch *batch, km_error *error);
/* The packed batch number i, in the spool or in `room`. */
kiem_status km_spool_get_packed(const km_spool *spool, size_t i, km_buf *room, const void **packed,
                                km_error *error);

#endif
