/* A map from 64-bit keys to 32-bit values, open addressing with linear probing. Keys are exact values (packed
 * codes, cell numbers) or hashes of texts, where the caller compares the text behind a hit. */
#ifndef KM_BASE_MAP_H
#define KM_BASE_MAP_H

#include "base/mem.h"

typedef struct km_map_slot {
    uint64_t key;
    uint32_t value;
    uint32_t used;
} km_map_slot;

typedef struct km_map {
    const km_mem *mem;
    km_map_slot *slots;
    size_t capacity; /* a power of two, or 0 */
    size_t count;
} km_map;

void km_map_init(km_map *map, const km_mem *mem);
void km_map_free(km_map *map);
/* Forgets all keys and keeps the memory. */
void km_map_clear(km_map *map);
/* The value of the key, or NULL. Valid until the next insertion. */
uint32_t *km_map_find(const km_map *map, uint64_t key);
/* Begins to bring the place of the key into the cache. */
void km_map_ask(const km_map *map, uint64_t key);
/* The value's place, *is_new telling whether it was just made (value 0); NULL when out of memory. */
uint32_t *km_map_insert(km_map *map, uint64_t key, bool *is_new);

#endif
