#include "score/peer.h"

#include "base/sort.h"

enum { SPREAD_OF_MAD = 97163 /* 1.4826 x 2^16 */ };

/* Kinds 01 to 09 as three bits within their care, so that a key is 2 + 3 + 24 + 3 bits. */
static uint32_t kind_within(uint64_t kind_code) {
    static const uint8_t place[10] = {0, 1, 2, 1, 2, 3, 3, 4, 5, 4};
    const uint64_t second = kind_code >> 48 & 0xFF;
    return second >= '0' && second <= '9' ? place[second - '0'] : 0;
}

uint32_t km_peer_key(uint64_t kind_code, uint64_t icd, uint32_t tier) {
    const km_care care = km_care_of(kind_code);
    const uint32_t kind = care == KM_CARE_OTHER ? 0 : kind_within(kind_code);
    return (uint32_t)care << 30 | kind << 27 | (uint32_t)(icd >> 40) << 3 | tier;
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
