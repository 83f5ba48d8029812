/* HMAC-SHA-256 from nettle, seen by keyed_hash.c alone. */
#ifndef KM_BASE_KEYED_HASH_H
#define KM_BASE_KEYED_HASH_H

#include "base/text.h"

enum { KM_KEYED_HASH_SIZE = 16 };

/* What stands for `text` where nobody without the key may tell who it is, nor find the key from texts whose
 * hashes he knows, as hashes for tables let him: HMAC-SHA-256 (RFC 2104), its first 128 bits. */
void km_keyed_hash(km_text key, km_text text, uint8_t hash[KM_KEYED_HASH_SIZE]);

#endif
