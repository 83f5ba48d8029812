/* A state: what was learned from claims and can be kept, merged and used later. It holds patient
 * history, the money ledger, what claims are like among their peers, and which sources it was learned from.
 * Merging is commutative and associative, bit for bit in what is saved. */
#ifndef KM_STATE_STATE_H
#define KM_STATE_STATE_H

#include "state/history/run.h"
#include "state/money/state_money.h"
#include "state/origins.h"
#include "state/peer_book.h"
#include "state/section.h"

typedef struct km_state {
    const km_mem *mem;
    km_courses courses; /* for batches learned one by one; not saved */
    km_origins sources;
    km_run run;   /* sorted */
    km_run fresh; /* learned since, as it came */
    km_skips skips;
    km_state_money money;
    km_peer_book peers; /* filled by who knows how claims are compared */
    uint64_t version;   /* rises before anything learned changes or moves */
} km_state;

void km_state_init(km_state *state, const km_mem *mem);
void km_state_free(km_state *state);
/* Learns the rows of a batch; on failure nothing was learned. */
kiem_status km_state_learn(km_state *state, const km_batch *batch, km_error *error);
/* The same of a batch whose drafts were read before. */
kiem_status km_state_learn_drafts(km_state *state, const km_batch *batch, const km_drafts *drafts,
                                  km_error *error);
/* Sorts what was learned since and brings it together with the rest: done by the calls below when needed. */
kiem_status km_state_settle(km_state *state, km_error *error);
/* Adds what another has learned. KIEM_E_ARGUMENT when both have learned one source, unless `again`. On
 * failure nothing changed. */
kiem_status km_state_merge(km_state *state, km_state *more, bool again, km_error *error);

kiem_status km_state_save(km_state *state, km_write *write, void *user, km_error *error);
/* Reads a saved state into an empty one; KIEM_E_STATE when it is none, damaged or of a later version. */
kiem_status km_state_load(km_state *state, km_read *read, void *user, km_error *error);

#endif
