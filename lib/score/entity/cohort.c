#include "score/entity/cohort.h"

#include <string.h>

#include "base/sort.h"

enum { HUNDREDTHS = 100, CARE_SHIFT = 24, LIMITS_FROM = 100 /* claims of a cell */, MONTH_END_DAYS = 3 };

/* ---- the days of the window */

static int month_number(km_day day) {
    km_civil civil = km_civil_from_day(day);
    return civil.year * 12 + civil.month - 1;
}

km_day km_cohort_first_month(const km_cohort *cohort) {
    int first = month_number(cohort->plan.to) - (KM_COHORT_MONTHS - 1);
    return km_day_from_civil(first / 12, first % 12 + 1, 1);
}

static size_t window_days(const km_cohort *cohort) {
    return (size_t)(cohort->plan.to - cohort->plan.from) + 1;
}

static bool describe_days(km_cohort *cohort) {
    int last = month_number(cohort->plan.to);
    cohort->days = km_alloc_array(cohort->mem, window_days(cohort), sizeof *cohort->days);
    if (!cohort->days) return false;
    for (size_t i = 0; i < window_days(cohort); i++) {
        km_day day = cohort->plan.from + (km_day)i;
        int month = month_number(day);
        cohort->days[i] = (km_cohort_day){.weekend = km_weekday(day) >= 6,
                                          .month_end = month_number(day + MONTH_END_DAYS) != month,
                                          .month = (uint8_t)(month - last + KM_COHORT_MONTHS - 1)};
    }
    return true;
}

/* ---- cases by class and cell */

static bool is_compared(const km_cohort *cohort, const km_case *claim) {
    if (!cohort->mix->units[claim->unit].facility) return false;
    return claim->day == KM_CASE_NO_DAY || (claim->day >= cohort->plan.from && claim->day <= cohort->plan.to);
}

/* rank[cell] is its place among the keys. */
static bool rank_cells(const km_casemix *mix, km_pair *sorted, uint32_t *rank) {
    km_pair *spare = km_alloc_array(mix->mem, mix->cell_count, sizeof *spare);
    if (!spare) return false;
    for (size_t i = 0; i < mix->cell_count; i++) sorted[i] = (km_pair){mix->cells[i], (uint32_t)i};
    km_sort_pairs(sorted, spare, mix->cell_count);
    for (size_t i = 0; i < mix->cell_count; i++) rank[sorted[i].index] = (uint32_t)i;
    km_free(mix->mem, spare, mix->cell_count * sizeof *spare);
    return true;
}

static size_t kinds_of(const km_cohort *cohort) {
    return cohort->plan.kind ? cohort->plan.kinds : 1;
}

static size_t place_of(const km_cohort *cohort, const km_case *claim, const uint32_t *rank) {
    const km_cohort_plan *plan = &cohort->plan;
    size_t place = plan->class[claim->unit] * cohort->mix->cell_count + rank[claim->cell];
    return plan->kind ? place * plan->kinds + plan->kind[claim->unit] : place;
}

/* first[i] is the first case of place i; counts are turned into ends as the cases are put. */
static bool put_cases(km_cohort *cohort, const uint32_t *rank, const km_pair *sorted, uint32_t *first,
                      size_t places) {
    const km_casemix *mix = cohort->mix;
    for (size_t i = 0; i < mix->count; i++) {
        if (is_compared(cohort, &mix->cases[i])) first[place_of(cohort, &mix->cases[i], rank)]++;
    }
    uint32_t sum = 0;
    for (size_t i = 0; i < places; i++) {
        uint32_t here = first[i];
        first[i] = sum;
        sum += here;
        cohort->cell_count += here > 0;
    }
    cohort->count = sum;
    cohort->room = sum;
    cohort->cases = km_alloc_array(cohort->mem, sum, sizeof *cohort->cases);
    cohort->cost = km_alloc_array(cohort->mem, sum, sizeof *cohort->cost);
    cohort->pair = km_alloc_array(cohort->mem, sum, sizeof *cohort->pair);
    cohort->cell_room = cohort->cell_count + 1;
    cohort->cells = km_alloc_zero(cohort->mem, cohort->cell_room * sizeof *cohort->cells);
    if (!cohort->cases || !cohort->cost || !cohort->pair || !cohort->cells) return false;
    for (size_t i = 0; i < mix->count; i++) {
        if (is_compared(cohort, &mix->cases[i]))
            cohort->cases[first[place_of(cohort, &mix->cases[i], rank)]++] = mix->cases[i];
    }
    size_t cell = 0;
    for (size_t i = 0; i < places; i++) {
        uint32_t begin = i ? first[i - 1] : 0;
        if (first[i] == begin) continue;
        size_t place = i / kinds_of(cohort);
        cohort->cells[cell++] = (km_cohort_cell){.class = (uint32_t)(place / mix->cell_count),
                                                 .key = (uint32_t)sorted[place % mix->cell_count].key,
                                                 .kind = (uint32_t)(i % kinds_of(cohort)),
                                                 .first_case = begin};
    }
    cohort->cells[cell].first_case = sum;
    return true;
}

static bool order_cases(km_cohort *cohort) {
    const km_casemix *mix = cohort->mix;
    size_t places = mix->cell_count * cohort->plan.classes * kinds_of(cohort);
    uint32_t *rank = km_alloc_array(mix->mem, mix->cell_count, sizeof *rank);
    km_pair *sorted = km_alloc_array(mix->mem, mix->cell_count, sizeof *sorted);
    uint32_t *first = km_alloc_zero(mix->mem, places * sizeof *first);
    bool good = rank && sorted && first && rank_cells(mix, sorted, rank) &&
                put_cases(cohort, rank, sorted, first, places);
    km_free(mix->mem, rank, mix->cell_count * sizeof *rank);
    km_free(mix->mem, sorted, mix->cell_count * sizeof *sorted);
    km_free(mix->mem, first, places * sizeof *first);
    return good;
}

/* ---- limits */

typedef struct limits {
    uint64_t low, high;
} limits;

/* Values at the 1st and 99th percentile; `values` holds count of them and is overwritten from `keep`. */
static limits limits_of(uint64_t *values, const uint64_t *keep, size_t count) {
    limits out = {0, UINT64_MAX};
    if (!count) return out;
    memcpy(values, keep, count * sizeof *values);
    out.low = km_select(values, count, count / 100);
    memcpy(values, keep, count * sizeof *values);
    out.high = km_select(values, count, (count * 99 + 99) / 100 - 1);
    return out;
}

static uint64_t between(limits within, uint64_t value) {
    return value < within.low ? within.low : value > within.high ? within.high : value;
}

/* Room for the values of all cases of a kind of care, twice. */
typedef struct workshop {
    km_cohort *cohort;
    uint64_t *values, *keep;
    uint32_t *slot; /* of each unit: its last pair */
} workshop;

static const km_case *case_at(const km_cohort *cohort, size_t at) {
    return &cohort->cases[at];
}

static limits cost_limits(workshop *shop, size_t from, size_t to) {
    size_t count = 0;
    for (size_t i = from; i < to; i++) {
        if (shop->cohort->cost[i] >= 0) shop->keep[count++] = (uint64_t)shop->cohort->cost[i];
    }
    return limits_of(shop->values, shop->keep, count);
}

static limits stay_limits(workshop *shop, size_t from, size_t to) {
    size_t count = 0;
    for (size_t i = from; i < to; i++) {
        uint16_t stay = case_at(shop->cohort, i)->stay;
        if (stay != KM_CASE_NO_STAY) shop->keep[count++] = stay;
    }
    return limits_of(shop->values, shop->keep, count);
}

/* ---- pairs */

static km_cohort_pair *pair_of(workshop *shop, uint32_t unit, size_t first, uint32_t *number) {
    km_cohort *cohort = shop->cohort;
    uint32_t at = shop->slot[unit];
    if (at < first || at >= cohort->pair_count || cohort->pairs[at].unit != unit) {
        if (!km_grow(cohort->mem, (void **)&cohort->pairs, &cohort->pair_capacity, cohort->pair_count + 1,
                     sizeof *cohort->pairs)) {
            return NULL;
        }
        at = (uint32_t)cohort->pair_count++;
        cohort->pairs[at] = (km_cohort_pair){.unit = unit};
        shop->slot[unit] = at;
    }
    *number = at;
    return &cohort->pairs[at];
}

static void count_case(const km_cohort *cohort, const km_case *claim, int64_t cost, limits stays,
                       km_cohort_pair *to) {
    if (cost >= 0) {
        int64_t dong = (cost + HUNDREDTHS / 2) / HUNDREDTHS;
        to->costs++;
        to->cost_sum += cost;
        to->cost_square += (km_int128)dong * dong;
    }
    if (claim->stay != KM_CASE_NO_STAY) {
        uint64_t days = between(stays, claim->stay);
        to->stays++;
        to->stay_sum += days;
        to->stay_square += days * days;
    }
    if (claim->day != KM_CASE_NO_DAY) {
        const km_cohort_day *day = &cohort->days[claim->day - cohort->plan.from];
        to->dated++;
        to->weekend += day->weekend;
        to->month_end += day->month_end;
    }
}

static bool fill_cell(workshop *shop, km_cohort_cell *cell, limits costs, limits stays) {
    km_cohort *cohort = shop->cohort;
    size_t from = cell->first_case, to = cell[1].first_case;
    if (to - from >= LIMITS_FROM) {
        costs = cost_limits(shop, from, to);
        if (cell->key >> CARE_SHIFT == KM_CARE_IN) stays = stay_limits(shop, from, to);
    }
    cell->first_pair = (uint32_t)cohort->pair_count;
    for (size_t i = from; i < to; i++) {
        const km_case *claim = case_at(cohort, i);
        km_cohort_pair *pair = pair_of(shop, claim->unit, cell->first_pair, &cohort->pair[i]);
        if (!pair) return false;
        if (cohort->cost[i] >= 0) cohort->cost[i] = (int64_t)between(costs, (uint64_t)cohort->cost[i]);
        count_case(cohort, claim, cohort->cost[i], stays, pair);
    }
    return true;
}

/* Cells of one class and kind of care, which share the limits of their small ones. */
static bool fill_cells(workshop *shop) {
    km_cohort *cohort = shop->cohort;
    for (size_t i = 0; i < cohort->count; i++) cohort->cost[i] = case_at(cohort, i)->total;
    for (size_t first = 0, end; first < cohort->cell_count; first = end) {
        const km_cohort_cell *one = &cohort->cells[first];
        for (end = first; end < cohort->cell_count; end++) {
            const km_cohort_cell *cell = &cohort->cells[end];
            if (cell->class != one->class || cell->key >> CARE_SHIFT != one->key >> CARE_SHIFT) break;
        }
        size_t from = one->first_case, to = cohort->cells[end].first_case;
        limits costs = cost_limits(shop, from, to), stays = stay_limits(shop, from, to);
        for (size_t i = first; i < end; i++) {
            if (!fill_cell(shop, &cohort->cells[i], costs, stays)) return false;
        }
    }
    cohort->cells[cohort->cell_count].first_pair = (uint32_t)cohort->pair_count;
    return true;
}

static bool make_pairs(km_cohort *cohort) {
    const km_mem *mem = cohort->mem;
    size_t units = cohort->mix->unit_count;
    workshop shop = {.cohort = cohort,
                     .values = km_alloc_array(mem, cohort->count, sizeof *shop.values),
                     .keep = km_alloc_array(mem, cohort->count, sizeof *shop.keep),
                     .slot = km_alloc_zero(mem, units * sizeof *shop.slot)};
    bool good = shop.values && shop.keep && shop.slot && fill_cells(&shop);
    km_free(mem, shop.values, cohort->count * sizeof *shop.values);
    km_free(mem, shop.keep, cohort->count * sizeof *shop.keep);
    km_free(mem, shop.slot, units * sizeof *shop.slot);
    return good;
}

kiem_status km_cohort_init(km_cohort *cohort, const km_casemix *mix, const km_cohort_plan *plan,
                           km_error *error) {
    *cohort = (km_cohort){.mem = mix->mem, .mix = mix, .plan = *plan};
    if (describe_days(cohort) && order_cases(cohort) && make_pairs(cohort)) return KIEM_OK;
    km_cohort_free(cohort);
    return km_nomem(error);
}

void km_cohort_free(km_cohort *cohort) {
    const km_mem *mem = cohort->mem;
    if (!mem) return;
    if (cohort->days) km_free(mem, cohort->days, window_days(cohort) * sizeof *cohort->days);
    km_free(mem, cohort->cases, cohort->room * sizeof *cohort->cases);
    km_free(mem, cohort->cost, cohort->room * sizeof *cohort->cost);
    km_free(mem, cohort->pair, cohort->room * sizeof *cohort->pair);
    km_free(mem, cohort->cells, cohort->cell_room * sizeof *cohort->cells);
    km_free(mem, cohort->pairs, cohort->pair_capacity * sizeof *cohort->pairs);
    *cohort = (km_cohort){0};
}
