#include "base/map.h"

#include <string.h>

#include "base/hash.h"

void km_map_init(km_map *map, const km_mem *mem) {
    *map = (km_map){.mem = mem};
}

void km_map_free(km_map *map) {
    km_free(map->mem, map->slots, map->capacity * sizeof *map->slots);
    *map = (km_map){.mem = map->mem};
}

void km_map_clear(km_map *map) {
    if (map->count) memset(map->slots, 0, map->capacity * sizeof *map->slots);
    map->count = 0;
}

/* The slot of the key, or the free slot where it would go. */
static km_map_slot *probe(km_map_slot *slots, size_t capacity, uint64_t key) {
    size_t i = km_mix64(key) & (capacity - 1);
    while (slots[i].used && slots[i].key != key) i = (i + 1) & (capacity - 1);
    return &slots[i];
}

uint32_t *km_map_find(const km_map *map, uint64_t key) {
    if (!map->capacity) return NULL;
    km_map_slot *slot = probe(map->slots, map->capacity, key);
    return slot->used ? &slot->value : NULL;
}

void km_map_ask(const km_map *map, uint64_t key) {
    if (map->capacity) KM_PREFETCH(&map->slots[km_mix64(key) & (map->capacity - 1)]);
}

static bool rehash(km_map *map, size_t capacity) {
    km_map_slot *slots =
        capacity > SIZE_MAX / sizeof *slots ? NULL : km_alloc_zero(map->mem, capacity * sizeof *slots);
    if (!slots) return false;
    for (size_t i = 0; i < map->capacity; i++) {
        if (map->slots[i].used) *probe(slots, capacity, map->slots[i].key) = map->slots[i];
    }
    km_free(map->mem, map->slots, map->capacity * sizeof *map->slots);
    map->slots = slots;
    map->capacity = capacity;
    return true;
}

uint32_t *km_map_insert(km_map *map, uint64_t key, bool *is_new) {
    if (map->count * 4 >= map->capacity * 3 && !rehash(map, map->capacity ? map->capacity * 2 : 64))
        return NULL;
    km_map_slot *slot = probe(map->slots, map->capacity, key);
    *is_new = !slot->used;
    if (*is_new) {
        *slot = (km_map_slot){.key = key, .used = 1};
        map->count++;
    }
    return &slot->value;
}
