#include "score/robust.h"

int32_t km_robust_part(const km_peer_group *group, const km_features *claim, km_feature feature) {
    const int64_t clip = (int64_t)KM_ROBUST_CLIP * KM_FEATURE_ONE;
    const km_usual *usual = &group->usual[feature];
    if (!km_feature_known(claim, feature) || !usual->count) return 0;
    int64_t z = km_usual_z(usual, claim->value[feature]);
    if (z < 0) z = km_feature_about(feature)->two_sided ? -z : 0;
    return (int32_t)(z < clip ? z : clip);
}

uint32_t km_robust_distance(const km_peer_group *group, const km_features *claim) {
    uint32_t sum = 0;
    for (int f = 0; f < KM_FEATURE_COUNT; f++) sum += (uint32_t)km_robust_part(group, claim, (km_feature)f);
    return sum;
}
