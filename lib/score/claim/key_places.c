#include "score/claim/key_places.h"

#include "base/sort.h"

void km_key_places_init(km_key_places *places, const km_mem *mem) {
    *places = (km_key_places){.mem = mem};
    km_map_init(&places->index, mem);
}

void km_key_places_free(km_key_places *places) {
    km_map_free(&places->index);
    km_free(places->mem, places->ranges, places->capacity * sizeof *places->ranges);
    km_key_places_init(places, places->mem);
}

static uint32_t *add_range(km_key_places *places, uint32_t key) {
    bool is_new;
    if (!km_grow(places->mem, (void **)&places->ranges, &places->capacity, places->count + 1,
                 sizeof *places->ranges)) {
        return NULL;
    }
    uint32_t *range = km_map_insert(&places->index, key, &is_new);
    if (!range) return NULL;
    places->ranges[places->count] = (km_key_range){.key = key};
    *range = (uint32_t)places->count++;
    return range;
}

bool km_key_places_count(km_key_places *places, uint32_t key) {
    const uint32_t *range = km_map_find(&places->index, key);
    if (!range) range = add_range(places, key);
    if (!range) return false;
    places->ranges[*range].end++;
    places->total++;
    return true;
}

bool km_key_places_settle(km_key_places *places) {
    const size_t count = places->count;
    size_t next = 0;
    if (!count) return true;
    km_pair *pairs = km_alloc_array(places->mem, 2 * count, sizeof *pairs);
    if (!pairs) return false;
    for (size_t i = 0; i < count; i++) pairs[i] = (km_pair){places->ranges[i].key, (uint32_t)i};
    km_sort_pairs(pairs, pairs + count, count);
    for (size_t i = 0; i < count; i++) {
        km_key_range *range = &places->ranges[pairs[i].index];
        range->next = next;
        next = range->end += next;
    }
    km_free(places->mem, pairs, 2 * count * sizeof *pairs);
    return true;
}

size_t km_key_places_next(km_key_places *places, uint32_t key) {
    const uint32_t *at = km_map_find(&places->index, key);
    if (!at) return SIZE_MAX;
    km_key_range *range = &places->ranges[*at];
    return range->next < range->end ? range->next++ : SIZE_MAX;
}
