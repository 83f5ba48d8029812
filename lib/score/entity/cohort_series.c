#include <math.h>

#include "score/entity/cohort.h"

enum { LETTER_SHIFT = 16, DIGIT_OTHERS = 100 /* amounts of the others in a group */ };

void km_cohort_months(const km_cohort *cohort, const km_grouping *by, const double *mean,
                      km_cohort_month *out) {
    for (size_t i = 0; i < cohort->count; i++) {
        const km_case *claim = &cohort->cases[i];
        uint32_t entity = by->entity[claim->unit];
        double expected = mean[cohort->pair[i]];
        if (entity == KM_NO_ENTITY || claim->day == KM_CASE_NO_DAY || cohort->cost[i] < 0 || isnan(expected))
            continue;
        int month = cohort->days[claim->day - cohort->plan.from].month;
        km_cohort_month *to = &out[(size_t)entity * KM_COHORT_MONTHS + (size_t)month];
        to->count++;
        to->observed += cohort->cost[i];
        to->expected += expected;
    }
}

/* ---- leading digits */

/* Of an amount of at least ten, so that there is a second digit; 0 for less. */
static int leading_digit(int64_t dong) {
    if (dong < 10) return 0;
    while (dong >= 100000) dong /= 100000; /* five digits at a time */
    while (dong >= 10) dong /= 10;
    return (int)dong;
}

enum { OCTAVE_PARTS = 4, OCTAVES = 64 * OCTAVE_PARTS };

/* Which quarter of which doubling; dong >= 4. */
static int octave_of(uint64_t dong) {
    int top = 63 - __builtin_clzll(dong);
    return top * OCTAVE_PARTS + (int)(dong >> (top - 2) & 3);
}

typedef struct digit_entity {
    uint64_t stamp;
    uint32_t counts[KM_DIGITS], total;
} digit_entity;

typedef struct digit_work {
    const km_cohort *cohort;
    const km_grouping *by;
    digit_entity *sums;
    uint32_t *touched;
    uint32_t (*octaves)[OCTAVES];
    uint64_t stamp;
    km_cohort_digits *out;
} digit_work;

static void count_amount(digit_work *w, uint32_t number, int64_t dong, uint32_t *entities) {
    int digit = leading_digit(dong);
    if (!digit) return;
    digit_entity *entity = &w->sums[number];
    if (entity->stamp != w->stamp) {
        *entity = (digit_entity){.stamp = w->stamp};
        w->touched[(*entities)++] = number;
    }
    entity->counts[digit - 1]++;
    entity->total++;
    w->octaves[number][octave_of((uint64_t)dong)]++;
}

/* Cases from .. to - 1: one class, kind of care and letter of the diagnosis. */
static void count_group(digit_work *w, size_t from, size_t to) {
    uint64_t all[KM_DIGITS] = {0}, total = 0;
    uint32_t entities = 0;
    w->stamp++;
    for (size_t i = from; i < to; i++) {
        const km_case *claim = &w->cohort->cases[i];
        uint32_t number = w->by->entity[claim->unit];
        if (claim->has_free && number != KM_NO_ENTITY && claim->total > 0)
            count_amount(w, number, claim->total / KM_DONG, &entities);
    }
    for (uint32_t i = 0; i < entities; i++) {
        const digit_entity *entity = &w->sums[w->touched[i]];
        for (int d = 0; d < KM_DIGITS; d++) all[d] += entity->counts[d];
        total += entity->total;
    }
    for (uint32_t i = 0; i < entities; i++) {
        const digit_entity *entity = &w->sums[w->touched[i]];
        km_cohort_digits *to_entity = &w->out[w->touched[i]];
        if (total - entity->total < DIGIT_OTHERS || entities <= KM_COHORT_OTHERS) continue;
        double others = (double)(total - entity->total) + KM_DIGITS / 2.0; /* half a claim for each digit */
        for (int d = 0; d < KM_DIGITS; d++) {
            to_entity->counts[d] += entity->counts[d];
            to_entity->expected[d] += entity->total * ((double)(all[d] - entity->counts[d]) + .5) / others;
        }
    }
}

/* Parts of octaves between the 1st and the 99th percentile. */
static int spread_of(const uint32_t octaves[OCTAVES]) {
    uint64_t count = 0, seen = 0;
    int low = -1, high = 0;
    for (int i = 0; i < OCTAVES; i++) count += octaves[i];
    for (int i = 0; i < OCTAVES && count; i++) {
        if (low < 0 && (seen + octaves[i]) * 100 > count) low = i;
        if (seen * 100 < count * 99) high = i;
        seen += octaves[i];
    }
    return low < 0 ? 0 : high - low;
}

static void count_groups(digit_work *w) {
    const km_cohort *cohort = w->cohort;
    for (size_t first = 0, end; first < cohort->cell_count; first = end) {
        const km_cohort_cell *one = &cohort->cells[first];
        for (end = first; end < cohort->cell_count; end++) {
            const km_cohort_cell *cell = &cohort->cells[end];
            if (cell->class != one->class || cell->key >> LETTER_SHIFT != one->key >> LETTER_SHIFT) break;
        }
        count_group(w, one->first_case, cohort->cells[end].first_case);
    }
    for (uint32_t i = 0; i < w->by->count; i++) w->out[i].octaves = spread_of(w->octaves[i]);
}

kiem_status km_cohort_count_digits(const km_cohort *cohort, const km_grouping *by, km_cohort_digits *out,
                                   km_error *error) {
    const km_mem *mem = cohort->mem;
    digit_work w = {.cohort = cohort, .by = by, .out = out};
    w.sums = km_alloc_zero(mem, by->count * sizeof *w.sums);
    w.touched = km_alloc_array(mem, by->count, sizeof *w.touched);
    w.octaves = km_alloc_zero(mem, by->count * sizeof *w.octaves);
    bool good = w.sums && w.touched && w.octaves;
    for (uint32_t i = 0; i < by->count; i++) out[i] = (km_cohort_digits){0};
    if (good) count_groups(&w);
    km_free(mem, w.sums, by->count * sizeof *w.sums);
    km_free(mem, w.touched, by->count * sizeof *w.touched);
    km_free(mem, w.octaves, by->count * sizeof *w.octaves);
    return good ? KIEM_OK : km_nomem(error);
}
