#include "state/history/repeats.h"

#include "base/sort.h"

void km_repeats_init(km_repeats *repeats, const km_mem *mem) {
    km_map_init(&repeats->claims, mem);
}

void km_repeats_free(km_repeats *repeats) {
    km_map_free(&repeats->claims);
}

static bool add(km_repeats *repeats, uint64_t key, uint32_t claims) {
    bool is_new;
    uint32_t *sum = km_map_insert(&repeats->claims, key, &is_new);
    if (sum) *sum += claims;
    return sum != NULL;
}

static uint64_t source_of(const km_source_starts *starts, uint32_t row) {
    size_t after;
    KM_BISECT(after, starts->count, starts->first[after] <= row);
    return after - 1;
}

/* The claims first .. end - 1 are records of one claim. */
static bool note_claim(km_repeats *repeats, const km_source_starts *starts, const km_episode *episodes,
                       size_t first, size_t end) {
    size_t original = first;
    for (size_t i = first + 1; i < end; i++) {
        if (episodes[i].row < episodes[original].row) original = i;
    }
    const uint64_t from = source_of(starts, episodes[original].row);
    for (size_t i = first; i < end; i++) {
        if (i != original && !add(repeats, source_of(starts, episodes[i].row) << 32 | from, 1)) return false;
    }
    return true;
}

bool km_repeats_note(km_repeats *repeats, const km_source_starts *starts, const km_episode *episodes,
                     size_t count, const char *texts) {
    for (size_t first = 0, end; first < count && starts->count; first = end) {
        end = first + 1;
        while (end < count && km_episode_order_by_self(&episodes[first], texts, &episodes[end], texts) == 0) {
            end++;
        }
        /* of a claim that a job and a state have the history keeps one sort of records only */
        if (end - first < 2 || !episodes[first].row) continue;
        if (!note_claim(repeats, starts, episodes, first, end)) return false;
    }
    return true;
}

bool km_repeats_join(km_repeats *repeats, km_repeats *more) {
    for (size_t i = 0; i < more->claims.capacity && more->claims.count; i++) {
        const km_map_slot *slot = &more->claims.slots[i];
        if (slot->used && !add(repeats, slot->key, slot->value)) return false;
    }
    km_map_clear(&more->claims);
    return true;
}

void km_repeats_tell(const km_repeats *repeats, km_repeated *out, size_t sources) {
    for (size_t i = 0; i < sources; i++) out[i] = (km_repeated){0};
    for (size_t i = 0; i < repeats->claims.capacity; i++) {
        const km_map_slot *slot = &repeats->claims.slots[i];
        if (!slot->used) continue;
        km_repeated *told = &out[slot->key >> 32];
        const uint32_t where = (uint32_t)slot->key;
        told->claims += slot->value;
        if (slot->value < told->most || (slot->value == told->most && where > told->where)) continue;
        told->most = slot->value;
        told->where = where;
    }
}
