/* From distances to p-values, scores and q-values.
 *
 * A rank is no p-value: of n peers the oddest has rank 1 whatever it is, and false-discovery control over
 * ranks flags nothing. So the tail is modelled. Among ordinary claims the distance to the power 1.25 falls
 * off about exponentially far out (measured, see docs/scores.md), so that is what is taken: above the 60th
 * percentile of the distances of a group the excesses are taken as generalised Pareto. Its scale comes from
 * the 60th and 85th percentile of the group, its shape from the 85th and 93rd of the kind of care; what is
 * odd lies beyond those, so it does not widen its own yardstick. All is shrunk towards the parent group. A
 * distance below the 60th percentile has a p-value that falls evenly from 1 to 0.4. */
#ifndef KM_SCORE_TAIL_H
#define KM_SCORE_TAIL_H

#include <math.h>

#include "score/claim/scorer.h"

/* Oddness is -log2 of the p-value in units of 1/KM_ODDNESS_ONE, rounded down and cut at KM_ODDNESS_MAX; for
 * q-values it is taken in stretches of KM_ODDNESS_STRETCH. */
enum {
    KM_ODDNESS_ONE = 1024,
    KM_ODDNESS_MAX = 62 * KM_ODDNESS_ONE,
    KM_ODDNESS_STRETCH = 16,
    KM_ODDNESS_STRETCHES = KM_ODDNESS_MAX / KM_ODDNESS_STRETCH + 1
};

/* Fits the tails of the groups and gives each claim its oddness, each oddness its score, each stretch its
 * q-value (Benjamini and Hochberg over all claims that have peers). */
kiem_status km_tails_fit(km_scorer *scorer, km_error *error);

/* A distance in spreads as the tails take it, to the power 1.25: by square roots, which every machine rounds
 * alike. */
static inline float km_tail_distance(float distance) {
    return distance * sqrtf(sqrtf(distance));
}

/* The oddness of such a distance in a fitted group. */
int32_t km_tail_oddness(const km_peer_group *group, float distance);
/* The shape of the tail from the ratio of its 93rd to its 85th percentile, both from the 60th on: 0 to 1. */
float km_tail_shape(double ratio);

#endif
