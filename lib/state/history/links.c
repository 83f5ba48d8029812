#include "state/history/links.h"

#include <string.h>

#include "base/sort.h"

enum { FIRST_TIDY = 1 << 16 };

void km_links_init(km_links *links, const km_mem *mem) {
    *links = (km_links){.mem = mem};
}

static void forget_joins(km_links *links) {
    km_free(links->mem, links->joined, links->joined_capacity * sizeof *links->joined);
    links->joined = NULL;
    links->joined_count = links->joined_capacity = 0;
    links->joins_known = false;
}

void km_links_free(km_links *links) {
    forget_joins(links);
    km_free(links->mem, links->items, links->capacity * sizeof *links->items);
    km_links_init(links, links->mem);
}

static uint64_t citizen_of(const void *link) {
    return ((const km_link *)link)->citizen;
}

static uint64_t card_of(const void *link) {
    return ((const km_link *)link)->card;
}

static kiem_status expect_countable(size_t count, km_error *error) {
    if (count < UINT32_MAX) return KIEM_OK;
    return km_fail(error, KIEM_E_RANGE, "more than 4,294,967,294 pairs of citizen and card numbers");
}

/* By card, then by citizen with equal ones left in their order: both, since the sort is stable. */
kiem_status km_links_tidy(km_links *links, km_error *error) {
    size_t kept = 0;
    if (links->tidy == links->count) return KIEM_OK;
    KM_TRY(expect_countable(links->count, error));
    if (!km_sort_array(links->mem, (void **)&links->items, &links->capacity, links->count,
                       sizeof *links->items, card_of) ||
        !km_sort_array(links->mem, (void **)&links->items, &links->capacity, links->count,
                       sizeof *links->items, citizen_of)) {
        return km_nomem(error);
    }
    for (size_t i = 0; i < links->count; i++) {
        if (kept && memcmp(&links->items[kept - 1], &links->items[i], sizeof(km_link)) == 0) continue;
        links->items[kept++] = links->items[i];
    }
    links->count = links->tidy = kept;
    return KIEM_OK;
}

/* Most rows repeat a pair: the set is tidied whenever it has doubled since the last time. */
kiem_status km_links_expect(km_links *links, size_t more, km_error *error) {
    if (links->count >= FIRST_TIDY && links->count / 2 > links->tidy) KM_TRY(km_links_tidy(links, error));
    return km_grow(links->mem, (void **)&links->items, &links->capacity, links->count + more,
                   sizeof *links->items)
               ? KIEM_OK
               : km_nomem(error);
}

void km_links_add(km_links *links, uint64_t citizen, uint64_t card) {
    if (links->joins_known) forget_joins(links);
    links->items[links->count++] = (km_link){citizen, card};
}

static int compare(const km_link *left, const km_link *right) {
    KM_ORDER_BY(citizen);
    KM_ORDER_BY(card);
    return 0;
}

kiem_status km_links_merge(km_links *links, const km_links *more, km_error *error) {
    KM_TRY(km_links_tidy(links, error));
    const size_t capacity = links->count + more->count;
    KM_TRY(expect_countable(capacity, error));
    km_link *merged = km_alloc_array(links->mem, capacity, sizeof *merged);
    if (!merged) return km_nomem(error);
    size_t i = 0, k = 0, count = 0;
    while (i < links->count || k < more->count) {
        const int order = k == more->count    ? -1
                          : i == links->count ? 1
                                              : compare(&links->items[i], &more->items[k]);
        merged[count++] = order <= 0 ? links->items[i] : more->items[k];
        i += order <= 0;
        k += order >= 0;
    }
    forget_joins(links);
    km_free(links->mem, links->items, links->capacity * sizeof *links->items);
    links->items = merged;
    links->count = links->tidy = count;
    links->capacity = capacity;
    return KIEM_OK;
}

/* Keeps what is the only one with its key; `items` are sorted by it. */
static size_t keep_single(km_link *items, size_t count, uint64_t (*key)(const void *)) {
    size_t kept = 0;
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && key(&items[end]) == key(&items[i]);) end++;
        if (end - i == 1) items[kept++] = items[i];
    }
    return kept;
}

/* A pair joins when its citizen number has one card and its card one citizen number. Both are asked of all
 * pairs, so the pairs dropped for one reason still count for the other. */
kiem_status km_links_join(km_links *links, km_error *error) {
    if (links->joins_known) return KIEM_OK;
    KM_TRY(km_links_tidy(links, error));
    size_t count = links->count, single = 0, kept = 0;
    if (!km_grow(links->mem, (void **)&links->joined, &links->joined_capacity, count, sizeof(km_link)))
        return km_nomem(error);
    if (count) memcpy(links->joined, links->items, count * sizeof(km_link));
    if (!km_sort_array(links->mem, (void **)&links->joined, &links->joined_capacity, count, sizeof(km_link),
                       card_of)) {
        return km_nomem(error);
    }
    single = keep_single(links->joined, count, card_of);
    if (!km_sort_array(links->mem, (void **)&links->joined, &links->joined_capacity, single, sizeof(km_link),
                       citizen_of)) {
        return km_nomem(error);
    }
    for (size_t i = 0, at = 0; i < single; i++) {
        while (links->items[at].citizen < links->joined[i].citizen) at++;
        bool alone = at + 1 == count || links->items[at + 1].citizen != links->items[at].citizen;
        if (alone) links->joined[kept++] = links->joined[i];
    }
    links->joined_count = kept;
    links->joins_known = true;
    return KIEM_OK;
}

uint64_t km_links_person(const km_links *links, uint64_t citizen) {
    size_t at;
    KM_BISECT(at, links->joined_count, links->joined[at].citizen < citizen);
    return at < links->joined_count && links->joined[at].citizen == citizen ? links->joined[at].card
                                                                            : citizen;
}
