#include "score/claim/peer.h"

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
