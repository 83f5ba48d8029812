#include "score/entity/cohort.h"

#include <string.h>

#include "base/sort.h"

enum { CARE_SHIFT = 24, LIMITS_FROM = 100 /* claims of a cell */, MONTH_END_DAYS = 3 };

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

/* What has no diagnosis has no like: beside each other such claims would be all diagnoses together. */
static bool is_compared(const km_cohort *cohort, const km_case *claim) {
    if (!cohort->mix->units[claim->unit].facility) return false;
    if (!(cohort->mix->cells[claim->cell] & ((1u << CARE_SHIFT) - 1))) return false;
    return claim->day == KM_CASE_NO_DAY || (claim->day >= cohort->plan.from && claim->day <= cohort->plan.to);
}

/* rank[cell] is its place among the keys. */
static bool rank_cells(const km_casemix *mix, uint32_t *rank) {
    km_pair *sorted = km_alloc_array(mix->mem, mix->cell_count, sizeof *sorted);
    km_pair *spare = km_alloc_array(mix->mem, mix->cell_count, sizeof *spare);
    bool good = sorted && spare;
    if (good) {
        for (size_t i = 0; i < mix->cell_count; i++) sorted[i] = (km_pair){mix->cells[i], (uint32_t)i};
        km_sort_pairs(sorted, spare, mix->cell_count);
        for (size_t i = 0; i < mix->cell_count; i++) rank[sorted[i].index] = (uint32_t)i;
    }
    km_free(mix->mem, sorted, mix->cell_count * sizeof *sorted);
    km_free(mix->mem, spare, mix->cell_count * sizeof *spare);
    return good;
}

/* Cases are sorted by class, cell and kind, one after the other and the last of them first, by counting:
 * memory goes with the numbers of each, never with their product, which a table of facilities could make as
 * large as it likes. */
typedef enum sort_part { PART_KIND = 0, PART_CELL, PART_CLASS, PARTS } sort_part;

typedef struct sorting {
    const km_cohort *cohort;
    uint32_t *rank;           /* of each cell */
    uint32_t *order, *sorted; /* cases of the case mix, before and after a step */
    uint32_t *first;          /* of each number of a part: its first place */
    size_t numbers;           /* room in `first` */
} sorting;

static size_t numbers_of(const km_cohort *cohort, sort_part part) {
    const km_cohort_plan *plan = &cohort->plan;
    return part == PART_KIND   ? (plan->kind ? plan->kinds : 1)
           : part == PART_CELL ? cohort->mix->cell_count
                               : plan->classes;
}

static uint32_t number_of(const sorting *s, const km_case *claim, sort_part part) {
    const km_cohort_plan *plan = &s->cohort->plan;
    if (part == PART_CELL) return s->rank[claim->cell];
    if (part == PART_CLASS) return plan->class[claim->unit];
    return plan->kind ? plan->kind[claim->unit] : 0;
}

static void sort_by(sorting *s, sort_part part) {
    const km_case *cases = s->cohort->mix->cases;
    const size_t numbers = numbers_of(s->cohort, part), count = s->cohort->count;
    if (numbers < 2) return;
    memset(s->first, 0, numbers * sizeof *s->first);
    for (size_t i = 0; i < count; i++) s->first[number_of(s, &cases[s->order[i]], part)]++;
    uint32_t sum = 0;
    for (size_t i = 0; i < numbers; i++) {
        uint32_t here = s->first[i];
        s->first[i] = sum;
        sum += here;
    }
    for (size_t i = 0; i < count; i++)
        s->sorted[s->first[number_of(s, &cases[s->order[i]], part)]++] = s->order[i];
    uint32_t *before = s->order;
    s->order = s->sorted;
    s->sorted = before;
}

static bool is_same_cell(const sorting *s, const km_case *a, const km_case *b) {
    for (sort_part part = PART_KIND; part < PARTS; part++) {
        if (number_of(s, a, part) != number_of(s, b, part)) return false;
    }
    return true;
}

static void list_cells(const sorting *s, km_cohort *cohort) {
    size_t cell = 0;
    for (size_t i = 0; i < cohort->count; i++) {
        const km_case *claim = &cohort->cases[i];
        if (i && is_same_cell(s, claim - 1, claim)) continue;
        cohort->cells[cell++] = (km_cohort_cell){.class = number_of(s, claim, PART_CLASS),
                                                 .key = cohort->mix->cells[claim->cell],
                                                 .kind = number_of(s, claim, PART_KIND),
                                                 .first_case = (uint32_t)i};
    }
    cohort->cells[cell].first_case = (uint32_t)cohort->count;
}

static bool put_cases(sorting *s, km_cohort *cohort) {
    const km_casemix *mix = cohort->mix;
    for (sort_part part = PART_KIND; part < PARTS; part++) sort_by(s, part);
    cohort->room = cohort->count;
    cohort->cases = km_alloc_array(cohort->mem, cohort->room, sizeof *cohort->cases);
    cohort->cost = km_alloc_array(cohort->mem, cohort->room, sizeof *cohort->cost);
    cohort->pair = km_alloc_array(cohort->mem, cohort->room, sizeof *cohort->pair);
    if (!cohort->cases || !cohort->cost || !cohort->pair) return false;
    for (size_t i = 0; i < cohort->count; i++) {
        cohort->cases[i] = mix->cases[s->order[i]];
        cohort->cell_count += !i || !is_same_cell(s, &cohort->cases[i - 1], &cohort->cases[i]);
    }
    cohort->cell_room = cohort->cell_count + 1;
    cohort->cells = km_alloc_zero(cohort->mem, cohort->cell_room * sizeof *cohort->cells);
    if (!cohort->cells) return false;
    list_cells(s, cohort);
    return true;
}

static bool order_cases(km_cohort *cohort) {
    const km_casemix *mix = cohort->mix;
    sorting s = {.cohort = cohort};
    for (sort_part part = PART_KIND; part < PARTS; part++) {
        if (numbers_of(cohort, part) > s.numbers) s.numbers = numbers_of(cohort, part);
    }
    s.rank = km_alloc_array(mix->mem, mix->cell_count, sizeof *s.rank);
    s.order = km_alloc_array(mix->mem, mix->count, sizeof *s.order);
    s.sorted = km_alloc_array(mix->mem, mix->count, sizeof *s.sorted);
    s.first = km_alloc_array(mix->mem, s.numbers, sizeof *s.first);
    bool good = s.rank && s.order && s.sorted && s.first && rank_cells(mix, s.rank);
    for (size_t i = 0; good && i < mix->count; i++) {
        if (is_compared(cohort, &mix->cases[i])) s.order[cohort->count++] = (uint32_t)i;
    }
    good = good && put_cases(&s, cohort);
    km_free(mix->mem, s.rank, mix->cell_count * sizeof *s.rank);
    km_free(mix->mem, s.order, mix->count * sizeof *s.order);
    km_free(mix->mem, s.sorted, mix->count * sizeof *s.sorted);
    km_free(mix->mem, s.first, s.numbers * sizeof *s.first);
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
        int64_t dong = (cost + KM_DONG / 2) / KM_DONG;
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
