#include "base/sort.h"
#include "state/history/history.h"

/* The claims of a person of the past, from pair `at` on; several where numbers were joined. */
static kiem_status add_claims(const km_history *history, size_t at, size_t end, uint64_t person,
                              uint32_t group, km_card_uses *uses, km_error *error) {
    const km_run *past = history->past;
    for (; at < end && history->past_persons[at].key == person; at++) {
        size_t first = history->past_persons[at].index, last = km_run_person_end(past, first);
        for (size_t i = first; i < last; i++) {
            const km_episode *episode = &past->episodes[i];
            const km_card_use use = {.person = person,
                                     .facility = episode->facility,
                                     .group = group,
                                     .day = km_day_of(episode->in),
                                     .birth = (int32_t)km_episode_birth(episode),
                                     .sex = (int32_t)km_episode_sex(episode)};
            KM_TRY(km_card_uses_add(uses, &use, error));
        }
    }
    return KIEM_OK;
}

kiem_status km_history_past_uses(const km_history *history, km_card_uses *uses, km_error *error) {
    const km_map *groups = &history->shared.groups;
    for (size_t slot = 0; history->past_persons && slot < groups->capacity; slot++) {
        if (!groups->slots[slot].used) continue;
        const uint64_t person = groups->slots[slot].key;
        const unsigned part = km_history_part_of(person);
        const size_t first = history->past_starts[part], end = history->past_starts[part + 1];
        size_t at;
        KM_BISECT(at, end - first, history->past_persons[first + at].key < person);
        KM_TRY(add_claims(history, first + at, end, person, groups->slots[slot].value, uses, error));
    }
    return KIEM_OK;
}
