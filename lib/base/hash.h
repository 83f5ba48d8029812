/* Hashing: XXH3 from libxxhash, seen by hash.c alone. */
#ifndef KM_BASE_HASH_H
#define KM_BASE_HASH_H

#include "base/text.h"

uint64_t km_hash(const void *bytes, size_t length, uint64_t seed);
uint64_t km_hash_text(km_text text);

/* A good spread of one integer (the finaliser of SplitMix64), a bijection. */
static inline uint64_t km_mix64(uint64_t x) {
    x ^= x >> 30;
    x *= 0xBF58476D1CE4E5B9u;
    x ^= x >> 27;
    x *= 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

#endif
