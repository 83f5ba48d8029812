#include "state/people/supplies.h"

#include <string.h>

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

static uint64_t person_of(const void *supply) {
    return ((const km_supply *)supply)->person;
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
    for (size_t first = 0, end; first < supplies->count; first = end) {
        for (end = first + 1; end < supplies->count && list[end].person == list[first].person;) end++;
        km_sort(list + first, end - first, sizeof *list, compare, NULL);
    }
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

kiem_status km_supplies_close(km_supplies *supplies, km_error *error) {
    return tidy(supplies, error);
}

/* The supply that lasts longest so far, and the longest of any other facility. */
typedef struct lasting {
    const km_supply *best, *other;
} lasting;

static km_day end_of(const km_supply *supply) {
    return supply->day + (km_day)supply->days;
}

static void note(lasting *so_far, const km_supply *supply) {
    bool longest = !so_far->best || end_of(supply) > end_of(so_far->best);
    if (so_far->best && so_far->best->facility == supply->facility) {
        if (longest) so_far->best = supply;
    } else if (longest) {
        so_far->other = so_far->best;
        so_far->best = supply;
    } else if (!so_far->other || end_of(supply) > end_of(so_far->other)) {
        so_far->other = supply;
    }
}

static void hold_against(const lasting *so_far, const km_supply *supply, km_supply_overlaps *out) {
    const km_supply *earlier = so_far->best;
    if (earlier && earlier->facility == supply->facility) earlier = so_far->other;
    if (!earlier) return;
    km_day end = end_of(earlier) < end_of(supply) ? end_of(earlier) : end_of(supply);
    if (end - supply->day <= KM_SUPPLY_SPARE_DAYS) return;
    out->overlaps++;
    out->days += (uint64_t)(end - supply->day);
}

size_t km_supplies_from(const km_supplies *supplies, uint64_t person) {
    size_t at;
    KM_BISECT(at, supplies->count, supplies->list[at].person < person);
    return at;
}

bool km_supplies_next(const km_supplies *supplies, size_t *cursor, km_supply_overlaps *out) {
    const km_supply *list = supplies->list;
    lasting so_far = {NULL, NULL};
    size_t first = *cursor, i = first;
    if (first >= supplies->count) return false;
    *out = (km_supply_overlaps){.person = list[first].person};
    for (; i < supplies->count && list[i].person == out->person; i++) {
        if (i > first && list[i].substance != list[i - 1].substance) so_far = (lasting){NULL, NULL};
        hold_against(&so_far, &list[i], out);
        note(&so_far, &list[i]);
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
    static const char *const words[] = {"ngày", "Ngày", "ngay", "NGÀY"};
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
