/* Peer groups: claims of like kind, and what is usual among them. */
#ifndef KM_SCORE_PEER_H
#define KM_SCORE_PEER_H

#include "score/claim/feature.h"
#include "score/outlier/outlier_kernel.h"

/* Groups are nested, each within the one before: care (outpatient, inpatient, other), kind of care
 * (MA_LOAI_KCB), letter of the main diagnosis, its first three characters, tier of the facility. A claim is
 * compared in the finest group that has KM_PEERS_MIN members. */
enum { KM_PEERS_MIN = 30 };

typedef enum km_peer_level {
    KM_PEER_CARE = 0,
    KM_PEER_KIND,
    KM_PEER_LETTER,
    KM_PEER_DIAGNOSIS,
    KM_PEER_TIER,
    KM_PEER_LEVELS
} km_peer_level;

/* The finest group of a claim; claims sorted by it stand together at every level. */
uint32_t km_peer_key(uint64_t kind_code, uint64_t icd, uint32_t tier);
/* The part of the key that members of a group share at that level. */
static inline uint32_t km_peer_group_key(uint32_t key, km_peer_level level) {
    static const uint8_t shift[KM_PEER_LEVELS] = {30, 27, 19, 3, 0};
    return key >> shift[level];
}

#define KM_NO_PARENT UINT32_MAX

/* What is usual in a group. The centre is the median, the spread how far the upper side reaches (the widest
 * of the 75th, 90th and 97th percentile above the median, each divided by where it lies in a normal body), at
 * least the feature's floor. Both are shrunk towards those of the parent group, the spread more, for how far
 * the upper side reaches is known later than where the middle is, and never below that of the group itself. A
 * feature that no member has is the parent's; in a group without parent it has no weight. */
enum { KM_SHRINK_PEERS = 20, KM_SHRINK_SPREAD = 150 }; /* members for which the parent counts as much */

typedef struct km_peer_group {
    uint32_t key; /* of its first member */
    km_peer_level level;
    km_peer_level from;                      /* the coarsest level at which it stands for all */
    uint32_t count;                          /* members, those learned earlier included */
    uint32_t stratum, stratum_end;           /* its members: the first of their strata, after the last */
    uint32_t parent;                         /* an earlier group, or KM_NO_PARENT */
    float median[KM_FEATURE_COUNT];          /* of the members that have the feature, else the parent's */
    uint32_t known[KM_FEATURE_COUNT];        /* how many that are */
    float tail_from, tail_scale, tail_shape; /* see tail.h */
    int64_t usual_cost, usual_drugs, usual_supplies,
        usual_services; /* hundredths; all but the first per day */
} km_peer_group;

/* Claims without a diagnosis have nothing in common, nor have those without a kind of care, among which are
 * visits and stays. A code of one or two characters is no diagnosis. */
static inline bool km_peer_is_told(uint32_t key) {
    const bool has_kind = key >> 27 != (uint32_t)KM_CARE_OTHER << 3, has_diagnosis = key >> 3 & 0xFF;
    return has_kind && has_diagnosis;
}

/* A claim whose kind of care or diagnosis is not known, or whose diagnosis is too rare for a group of its
 * own, is compared with other diagnoses: that gives a rank and no ground for a flag, as it may well be dearer
 * than those in the ordinary way. */
static inline bool km_peer_group_tells(const km_peer_group *group) {
    return group->level >= KM_PEER_DIAGNOSIS && km_peer_is_told(group->key);
}

enum { KM_FEATURE_ONE = 1 << 16 }; /* of logarithms in whole numbers, see base/exp2.h */

_Static_assert((int)KM_FEATURE_COUNT == (int)KM_PEER_FEATURES, "the kernel takes rows of that many features");

#endif
