#include "score/peer.h"

#include "base/sort.h"

enum { SPREAD_OF_MAD = 97163 /* 1.4826 x 2^16 */ };

uint32_t km_peer_key(km_care care, uint64_t icd) {
    return (uint32_t)care << 24 | (uint32_t)(icd >> 40);
}

uint32_t km_peer_group_key(uint32_t key, km_peer_level level) {
    static const int shift[KM_PEER_LEVELS] = {[KM_PEER_LETTER] = 16, [KM_PEER_CARE] = 24};
    return key >> shift[level];
}

km_usual km_usual_of(const int32_t *values, uint32_t count, int32_t floor, uint64_t *spare) {
    km_usual usual = {.count = count, .spread = floor};
    if (!count) return usual;
    size_t middle = (count - 1) / 2;
    for (uint32_t i = 0; i < count; i++) spare[i] = (uint64_t)((int64_t)values[i] - INT32_MIN);
    usual.median = (int32_t)((int64_t)km_select(spare, count, middle) + INT32_MIN);
    for (uint32_t i = 0; i < count; i++) {
        int64_t apart = (int64_t)values[i] - usual.median;
        spare[i] = (uint64_t)(apart < 0 ? -apart : apart);
    }
    int64_t spread = (int64_t)km_select(spare, count, middle) * SPREAD_OF_MAD / KM_FEATURE_ONE;
    if (spread > usual.spread) usual.spread = spread;
    return usual;
}
