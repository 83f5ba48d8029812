#include "base/hash.h"

#define XXH_INLINE_ALL
#include <xxhash.h>

uint64_t km_hash(const void *bytes, size_t length, uint64_t seed) {
    return XXH3_64bits_withSeed(bytes, length, seed);
}

uint64_t km_hash_text(km_text text) {
    return XXH3_64bits(text.ptr ? text.ptr : "", text.length);
}
