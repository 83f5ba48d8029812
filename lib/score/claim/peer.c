#include "score/claim/peer.h"

/* Kinds 01 to 09 as three bits within their care, so that a key is 2 + 3 + 24 + 3 bits. */
static uint32_t kind_within(uint64_t kind_code) {
    static const uint8_t place[10] = {0, 1, 2, 1, 2, 3, 3, 4, 5, 4};
    return place[(kind_code >> 48 & 0xFF) - '0'];
}

/* Kinds 10 to 16, neither visits nor stays, as 1 to 7; 0 any other or none. */
static uint32_t kind_of_other(uint64_t kind_code) {
    const unsigned second = (unsigned)(kind_code >> 48 & 0xFF) - '0';
    if (kind_code << 16 || kind_code >> 56 != '1' || second > 6) return 0;
    return second + 1;
}

uint32_t km_peer_key(uint64_t kind_code, uint64_t icd, uint32_t tier) {
    const km_care care = km_care_of(kind_code);
    const uint32_t kind = care == KM_CARE_OTHER ? kind_of_other(kind_code) : kind_within(kind_code);
    return (uint32_t)care << 30 | kind << 27 | (uint32_t)(icd >> 40) << 3 | tier;
}
