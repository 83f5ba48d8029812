/* Places of items that come in any order in an array sorted by their keys, equal keys in the order in which
 * they come: all keys are counted before, so that nothing is sorted, and moved, later. */
#ifndef KM_SCORE_KEY_PLACES_H
#define KM_SCORE_KEY_PLACES_H

#include "base/error.h"
#include "base/map.h"

/* The places of one key that are left. */
typedef struct km_key_range {
    uint32_t key;
    size_t next, end; /* while it is counted: 0 and how many */
} km_key_range;

typedef struct km_key_places {
    const km_mem *mem;
    km_map index; /* key -> its range */
    km_key_range *ranges;
    size_t count, capacity;
    uint64_t total; /* items counted */
} km_key_places;

void km_key_places_init(km_key_places *places, const km_mem *mem);
void km_key_places_free(km_key_places *places);
/* False when out of memory. */
bool km_key_places_count(km_key_places *places, uint32_t key);
/* All are counted. False when out of memory. */
bool km_key_places_settle(km_key_places *places);
/* The place of the next item of that key, SIZE_MAX when no more of them were counted. */
size_t km_key_places_next(km_key_places *places, uint32_t key);

#endif
