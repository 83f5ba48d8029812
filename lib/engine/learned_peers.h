/* Claims that a state learned, as peers of those at hand. */
#ifndef KM_ENGINE_LEARNED_PEERS_H
#define KM_ENGINE_LEARNED_PEERS_H

#include "rules/policy.h"
#include "score/claim/scorer.h"
#include "state/state.h"

/* Where facilities stand, from the tables of a policy. */
km_place_tables km_policy_places(const km_policy *policy);
/* Learns a batch into a state with all that it keeps; drafts may be NULL: then they are read here. On failure
 * nothing was learned. */
kiem_status km_learn_claims(km_state *state, const km_batch *batch, const km_drafts *drafts,
                            const km_place_tables *places, km_error *error);

/* How many claims of a run could be in the sample of a state, and are. */
typedef struct km_peers_shared {
    uint64_t could, are;
} km_peers_shared;

void km_peers_share(const km_peer_book *book, const km_batch *batch, km_peers_shared *shared);
/* Gives them to a scorer, unless half of the claims of the run or more are among them: then all were learned
 * before, and would count twice. */
kiem_status km_peers_start(const km_peer_book *book, const km_peers_shared *shared, km_scorer *scorer,
                           km_error *error);

#endif
