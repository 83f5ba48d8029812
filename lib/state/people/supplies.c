#include "state/people/supplies.h"

#include "base/sort.h"

enum { FIRST_TIDY = 1 << 16, LONGEST = 400 };

void km_supplies_init(km_supplies *supplies, const km_mem *mem) {
    *supplies = (km_supplies){.mem = mem};
}

void km_supplies_free(km_supplies *supplies) {
    if (supplies->mem) km_free(supplies->mem, supplies->list, supplies->capacity * sizeof *supplies->list);
    *supplies = (km_supplies){0};
}

static int compare(const void *a, const void *b, const void *context) {
    (void)context;
    const km_supply *left = a, *right = b;
    KM_ORDER_BY(person);
    KM_ORDER_BY(substance);
    KM_ORDER_BY(day);
    KM_ORDER_BY(days);
    KM_ORDER_BY(facility);
    return 0;
}

/* Those of a day together, the longest first. */
static int compare_overlaps(const void *a, const void *b, const void *context) {
    (void)context;
    const km_supply *left = a, *right = b;
    KM_ORDER_BY(day);
    return left->days == right->days ? 0 : left->days > right->days ? -1 : 1;
}

static uint64_t person_of(const void *supply) {
    return ((const km_supply *)supply)->person;
}

/* Those of each person, who stand together. */
static void sort_of_persons(km_supply *list, size_t count, km_compare order) {
    for (size_t first = 0, end; first < count; first = end) {
        for (end = first + 1; end < count && list[end].person == list[first].person;) end++;
        km_sort(list + first, end - first, sizeof *list, order, NULL);
    }
}

/* By person in linear time, then each person's few. Lines of one claim repeat a supply. */
static kiem_status tidy(km_supplies *supplies, km_error *error) {
    km_supply *list;
    size_t kept = 0;
    if (!km_sort_array(supplies->mem, (void **)&supplies->list, &supplies->capacity, supplies->count,
                       sizeof *supplies->list, person_of)) {
        return km_nomem(error);
    }
    list = supplies->list;
    sort_of_persons(list, supplies->count, compare);
    for (size_t i = 0; i < supplies->count; i++) {
        if (kept && compare(&list[kept - 1], &list[i], NULL) == 0) continue;
        list[kept++] = list[i];
    }
    supplies->count = supplies->tidy = kept;
    return KIEM_OK;
}

kiem_status km_supplies_add(km_supplies *supplies, const km_supply *supply, km_error *error) {
    if (supply->days <= KM_SUPPLY_SPARE_DAYS) return KIEM_OK;
    if (supplies->count >= FIRST_TIDY && supplies->count / 2 > supplies->tidy) KM_TRY(tidy(supplies, error));
    if (!km_grow(supplies->mem, (void **)&supplies->list, &supplies->capacity, supplies->count + 1,
                 sizeof *supplies->list)) {
        return km_nomem(error);
    }
    supplies->list[supplies->count++] = *supply;
    return KIEM_OK;
}

/* When the supply that lasts longest so far ends, and the longest of any other facility. */
typedef struct lasting {
    uint64_t facility;
    km_day best, other;
} lasting;

static const lasting nothing = {.best = INT32_MIN, .other = INT32_MIN};

static km_day end_of(const km_supply *supply) {
    return supply->day + (km_day)supply->days;
}

static void note(lasting *so_far, const km_supply *supply) {
    const km_day end = end_of(supply);
    const bool longest = end > so_far->best;
    if (so_far->best != INT32_MIN && so_far->facility == supply->facility) {
        if (longest) so_far->best = end;
    } else if (longest) {
        *so_far = (lasting){supply->facility, end, so_far->best};
    } else if (end > so_far->other) {
        so_far->other = end;
    }
}

/* Days that it shares with an earlier one of another facility, 0 for no more than there are to spare. */
static uint32_t shared_days(const lasting *so_far, const km_supply *supply) {
    const km_day earlier = so_far->facility == supply->facility ? so_far->other : so_far->best;
    const km_day end = earlier < end_of(supply) ? earlier : end_of(supply);
    return end > supply->day + KM_SUPPLY_SPARE_DAYS ? (uint32_t)(end - supply->day) : 0;
}

/* Only supplies that overlap stay, with the days they share for their own. */
static void keep_overlaps(km_supplies *supplies) {
    km_supply *list = supplies->list;
    lasting so_far = nothing;
    size_t kept = 0;
    for (size_t i = 0; i < supplies->count; i++) {
        km_supply supply = list[i];
        if (i && (list[i - 1].person != supply.person || list[i - 1].substance != supply.substance))
            so_far = nothing;
        const uint32_t shared = shared_days(&so_far, &supply);
        note(&so_far, &supply);
        supply.days = shared;
        if (shared) list[kept++] = supply;
    }
    supplies->count = supplies->tidy = kept;
}

kiem_status km_supplies_close(km_supplies *supplies, km_error *error) {
    KM_TRY(tidy(supplies, error));
    keep_overlaps(supplies);
    sort_of_persons(supplies->list, supplies->count, compare_overlaps);
    return KIEM_OK;
}

size_t km_supplies_from(const km_supplies *supplies, uint64_t person) {
    size_t at;
    KM_BISECT(at, supplies->count, supplies->list[at].person < person);
    return at;
}

bool km_supplies_next(const km_supplies *supplies, size_t *cursor, km_supply_overlaps *out) {
    const km_supply *list = supplies->list;
    size_t first = *cursor, i = first;
    if (first >= supplies->count) return false;
    *out = (km_supply_overlaps){.person = list[first].person};
    for (; i < supplies->count && list[i].person == out->person; i++) {
        if (i > first && list[i].day == list[i - 1].day) continue;
        out->overlaps++;
        out->days += list[i].days;
    }
    *cursor = i;
    return true;
}

/* ---- doses */

/* The number that ends right before `at`, blanks between; 0 for none, or one that is no whole number. */
static uint32_t number_before(km_text text, size_t at) {
    uint32_t number = 0, place = 1;
    while (at > 0 && text.ptr[at - 1] == ' ') at--;
    for (; at > 0 && text.ptr[at - 1] >= '0' && text.ptr[at - 1] <= '9' && place <= 1000; at--, place *= 10)
        number += place * (uint32_t)(text.ptr[at - 1] - '0');
    bool part = at > 0 && (text.ptr[at - 1] == '/' || text.ptr[at - 1] == '.' || text.ptr[at - 1] == ',');
    return part || number > LONGEST ? 0 : number;
}

uint32_t km_dose_days(km_text dose) {
    /* With and without the accent, which may be a character of its own. */
    static const char *const words[] = {"ngày", "Ngày",         "NGÀY",         "ngay",        "Ngay",
                                        "NGAY", "nga\xCC\x80y", "Nga\xCC\x80y", "NGA\xCC\x80Y"};
    uint32_t days = 0;
    for (size_t at = 0; at < dose.length; at++) {
        if ((dose.ptr[at] | 32) != 'n') continue;
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
            km_text rest = {dose.ptr + at, dose.length - at};
            uint32_t number = km_text_starts(rest, km_text_from(words[i])) ? number_before(dose, at) : 0;
            if (number) days = number;
        }
    }
    return days;
}
