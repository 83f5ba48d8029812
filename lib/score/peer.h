/* Peer groups: claims of like kind, and what is usual among them. */
#ifndef KM_SCORE_PEER_H
#define KM_SCORE_PEER_H

#include "score/feature.h"

/* A claim's peers have the same care kind and the same first three characters of the main diagnosis; where
 * those are fewer than KM_PEERS_MIN, all of the care kind and diagnosis letter; else all of the care kind. */
enum { KM_PEERS_MIN = 30 };

typedef enum km_peer_level {
    KM_PEER_DIAGNOSIS = 0,
    KM_PEER_LETTER,
    KM_PEER_CARE,
    KM_PEER_LEVELS
} km_peer_level;

/* The finest group of a claim; claims sorted by it stand together at every level. */
uint32_t km_peer_key(km_care care, uint64_t icd);
/* The part of the key that members of a group share at that level. */
uint32_t km_peer_group_key(uint32_t key, km_peer_level level);

/* What is usual of one feature: the median (the lower of the two middle values of an even number) and the
 * spread, 1.4826 x the median distance from it (the standard deviation, were the body normal), but at least
 * the floor of the feature: where most peers are equal, small differences are not odd. */
typedef struct km_usual {
    int32_t median;
    uint32_t count; /* peers with this feature; 0 says nothing */
    int64_t spread;
} km_usual;

/* `spare` has room for `count` numbers. */
km_usual km_usual_of(const int32_t *values, uint32_t count, int32_t floor, uint64_t *spare);

/* Distance from the median in spreads, with KM_FEATURE_BITS fractional bits. */
static inline int64_t km_usual_z(const km_usual *usual, int32_t value) {
    return ((int64_t)value - usual->median) * KM_FEATURE_ONE / usual->spread;
}

typedef struct km_peer_group {
    uint32_t key; /* of its first member */
    km_peer_level level;
    uint32_t first, count; /* its members among the sorted claims */
    km_usual usual[KM_FEATURE_COUNT];
} km_peer_group;

#endif
