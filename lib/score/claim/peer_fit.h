/* Fits the peer groups of sorted claims. */
#ifndef KM_SCORE_PEER_FIT_H
#define KM_SCORE_PEER_FIT_H

#include "score/claim/scorer.h"

/* Makes the groups and their scales, gives each claim its group (it keeps KM_NO_GROUP when all claims are too
 * few) and its distance. The claims are sorted by key. */
kiem_status km_peers_fit(km_scorer *scorer, km_error *error);
/* The distances of claims that have their groups. */
void km_peers_measure(const km_scorer *scorer, const km_scored *claims, size_t count, float *distances);
/* The group that a claim with this key is compared in, KM_NO_GROUP when there is none. */
uint32_t km_peers_find(const km_scorer *scorer, uint32_t key);

#endif
