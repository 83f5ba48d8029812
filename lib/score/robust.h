/* How far a claim lies from its peers: the first model, replaced by changing this file and what it fits.
 *
 * Each feature gives its distance from the peers' median in spreads, one-sided where only high values cost
 * money, cut at KM_ROBUST_CLIP; the parts are added. A plain sum, not a sum of squares: with squares one wild
 * feature decides alone, and on money-like data sums of clipped parts ranked better. All in integers. */
#ifndef KM_SCORE_ROBUST_H
#define KM_SCORE_ROBUST_H

#include "score/peer.h"

enum { KM_ROBUST_CLIP = 20 };

/* The part of one feature, 0 when it is missing or not odd; KM_FEATURE_BITS fractional bits. */
int32_t km_robust_part(const km_peer_group *group, const km_features *claim, km_feature feature);
/* The sum of all parts. */
uint32_t km_robust_distance(const km_peer_group *group, const km_features *claim);

#endif
