#include "state/people/shared.h"

#include <string.h>

#include "base/hash.h"
#include "base/sort.h"

enum { MARKS_LEAST = 1 << 10, MARKS_MOST = 1 << 26 };
enum { FIRST_TIDY = 1 << 12 };
#define SEVERAL UINT32_MAX

void km_shared_init(km_shared *shared, const km_mem *mem) {
    *shared = (km_shared){.mem = mem};
    km_map_init(&shared->groups, mem);
}

static void forget_marks(km_shared *shared) {
    km_free(shared->mem, shared->marks, shared->mark_count * sizeof *shared->marks);
    km_free(shared->mem, shared->pairs, shared->capacity * sizeof *shared->pairs);
    shared->marks = NULL;
    shared->pairs = NULL;
    shared->mark_count = shared->count = shared->capacity = shared->tidy = 0;
}

void km_shared_free(km_shared *shared) {
    if (!shared->mem) return;
    forget_marks(shared);
    km_map_free(&shared->groups);
}

kiem_status km_shared_start(km_shared *shared, uint64_t pairs, km_error *error) {
    size_t count = MARKS_LEAST;
    while (count < MARKS_MOST && count < pairs) count *= 2; /* few numbers share a mark by chance */
    shared->marks = km_alloc_zero(shared->mem, count * sizeof *shared->marks);
    if (!shared->marks) return km_nomem(error);
    shared->mark_count = count;
    return KIEM_OK;
}

static uint32_t *mark_of(const km_shared *shared, uint64_t citizen) {
    return &shared->marks[km_mix64(citizen) & (shared->mark_count - 1)];
}

/* Numbers that share a mark by chance are told apart at the end. */
void km_shared_see(km_shared *shared, const km_link *link) {
    uint32_t *mark = mark_of(shared, link->citizen);
    uint32_t pair = (uint32_t)(km_mix64(km_mix64(link->citizen) ^ link->card) >> 33) + 1;
    *mark = *mark && *mark != pair ? SEVERAL : pair;
}

static uint64_t citizen_of(const void *link) {
    return ((const km_link *)link)->citizen;
}

static uint64_t card_of(const void *link) {
    return ((const km_link *)link)->card;
}

static bool tidy(km_shared *shared) {
    size_t kept = 0;
    if (!km_sort_array(shared->mem, (void **)&shared->pairs, &shared->capacity, shared->count,
                       sizeof *shared->pairs, card_of) ||
        !km_sort_array(shared->mem, (void **)&shared->pairs, &shared->capacity, shared->count,
                       sizeof *shared->pairs, citizen_of)) {
        return false;
    }
    for (size_t i = 0; i < shared->count; i++) {
        if (kept && memcmp(&shared->pairs[kept - 1], &shared->pairs[i], sizeof(km_link)) == 0) continue;
        shared->pairs[kept++] = shared->pairs[i];
    }
    shared->count = shared->tidy = kept;
    return true;
}

void km_shared_see_again(km_shared *shared, const km_link *link) {
    if (shared->broken || *mark_of(shared, link->citizen) != SEVERAL) return;
    bool full = shared->count >= FIRST_TIDY && shared->count / 2 > shared->tidy;
    if ((full && !tidy(shared)) || !km_grow(shared->mem, (void **)&shared->pairs, &shared->capacity,
                                            shared->count + 1, sizeof *shared->pairs)) {
        shared->broken = true;
        return;
    }
    shared->pairs[shared->count++] = *link;
}

kiem_status km_shared_end(km_shared *shared, km_error *error) {
    const km_link *pairs;
    uint32_t group = 0;
    bool is_new;
    if (shared->broken || !tidy(shared)) return km_nomem(error);
    pairs = shared->pairs;
    for (size_t first = 0, end; first < shared->count; first = end) {
        for (end = first + 1; end < shared->count && pairs[end].citizen == pairs[first].citizen;) end++;
        if (end - first < 2) continue;
        group++;
        for (size_t i = first; i < end; i++) {
            uint32_t *place = km_map_insert(&shared->groups, pairs[i].card, &is_new);
            if (!place) return km_nomem(error);
            if (is_new) *place = group;
        }
    }
    forget_marks(shared);
    return KIEM_OK;
}

/* ---- uses */

void km_card_uses_init(km_card_uses *uses, const km_mem *mem) {
    *uses = (km_card_uses){.mem = mem};
    km_map_init(&uses->days, mem);
}

void km_card_uses_free(km_card_uses *uses) {
    if (!uses->mem) return;
    km_free(uses->mem, uses->list, uses->capacity * sizeof *uses->list);
    km_map_free(&uses->days);
    *uses = (km_card_uses){0};
}

kiem_status km_card_uses_add(km_card_uses *uses, const km_card_use *use, km_error *error) {
    if (!km_grow(uses->mem, (void **)&uses->list, &uses->capacity, uses->count + 1, sizeof *uses->list))
        return km_nomem(error);
    uses->list[uses->count++] = *use;
    return KIEM_OK;
}

static int compare(const void *a, const void *b, const void *context) {
    (void)context;
    const km_card_use *left = a, *right = b;
    KM_ORDER_BY(group);
    KM_ORDER_BY(birth);
    KM_ORDER_BY(sex);
    KM_ORDER_BY(person);
    KM_ORDER_BY(day);
    KM_ORDER_BY(facility);
    return 0;
}

/* The uses of one card by one patient. */
typedef struct card {
    const km_card_use *first, *end;
} card;

/* What a card shows of itself in some days. */
typedef struct part {
    bool used;
    uint64_t lowest, highest; /* facilities */
} part;

static part in_days(card of, km_day from, km_day to) {
    part found = {.lowest = UINT64_MAX};
    for (const km_card_use *at = of.first; at < of.end; at++) {
        if (at->day < from || at->day > to) continue;
        found.used = true;
        if (at->facility < found.lowest) found.lowest = at->facility;
        if (at->facility > found.highest) found.highest = at->facility;
    }
    return found;
}

static uint32_t days_beside(card one, card other) {
    km_day from = one.first->day > other.first->day ? one.first->day : other.first->day;
    km_day to = one.end[-1].day < other.end[-1].day ? one.end[-1].day : other.end[-1].day;
    if (to < from) return 0;
    part a = in_days(one, from, to), b = in_days(other, from, to);
    bool same = a.lowest == a.highest && b.lowest == b.highest && a.lowest == b.lowest;
    return a.used && b.used && !same ? (uint32_t)(to - from) + 1 : 0;
}

static card card_at(const km_card_uses *uses, size_t first) {
    size_t end = first + 1;
    const km_card_use *list = uses->list;
    while (end < uses->count && list[end].group == list[first].group &&
           list[end].birth == list[first].birth && list[end].sex == list[first].sex &&
           list[end].person == list[first].person)
        end++;
    return (card){list + first, list + end};
}

static bool same_patient(const km_card_use *a, const km_card_use *b) {
    return a->group == b->group && a->birth == b->birth && a->sex == b->sex && a->birth;
}

static kiem_status keep(km_card_uses *uses, uint64_t person, uint32_t days, km_error *error) {
    bool is_new;
    uint32_t *place = days ? km_map_insert(&uses->days, person, &is_new) : NULL;
    if (!place) return days ? km_nomem(error) : KIEM_OK;
    if (days > *place) *place = days;
    return KIEM_OK;
}

/* A number typed on hundreds of cards is nobody's: beyond so many cards nothing is compared. */
enum { CARDS_MOST = 16 };

kiem_status km_card_uses_close(km_card_uses *uses, km_error *error) {
    km_sort(uses->list, uses->count, sizeof *uses->list, compare, NULL);
    for (size_t at = 0; at < uses->count;) {
        card own = card_at(uses, at);
        size_t other = (size_t)(own.end - uses->list);
        for (int i = 0; i < CARDS_MOST && other < uses->count; i++) {
            card next = card_at(uses, other);
            if (!same_patient(own.first, next.first)) break;
            uint32_t days = days_beside(own, next);
            KM_TRY(keep(uses, own.first->person, days, error));
            KM_TRY(keep(uses, next.first->person, days, error));
            other = (size_t)(next.end - uses->list);
        }
        at = (size_t)(own.end - uses->list);
    }
    return KIEM_OK;
}

uint32_t km_card_uses_days(const km_card_uses *uses, uint64_t person) {
    const uint32_t *days = km_map_find(&uses->days, person);
    return days ? *days : 0;
}
