#include "base/keyed_hash.h"

#include <nettle/hmac.h>

void km_keyed_hash(km_text key, km_text text, uint8_t hash[KM_KEYED_HASH_SIZE]) {
    struct hmac_sha256_ctx context;
    hmac_sha256_set_key(&context, key.length, (const uint8_t *)key.ptr);
    hmac_sha256_update(&context, text.length, (const uint8_t *)text.ptr);
    hmac_sha256_digest(&context, KM_KEYED_HASH_SIZE, hash);
}
