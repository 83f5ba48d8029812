#include "score/entity/facility.h"

#include <math.h>

#include "base/arena.h"
#include "base/sort.h"

static const double department_q = .05, clear_q = .01; /* E07 asks for the second */

/* ---- numbers: entities get them in the order of their codes */

typedef struct numbering {
    uint64_t *codes; /* ascending, each once */
    size_t count;
} numbering;

static int ascending(const void *a, const void *b, const void *context) {
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    (void)context;
    return (left > right) - (left < right);
}

static void keep_each_once(numbering *of) {
    size_t kept = 0;
    km_sort(of->codes, of->count, sizeof *of->codes, ascending, NULL);
    for (size_t i = 0; i < of->count; i++) {
        if (!kept || of->codes[kept - 1] != of->codes[i]) of->codes[kept++] = of->codes[i];
    }
    of->count = kept;
}

static uint32_t number_of(const numbering *of, uint64_t code) {
    size_t at;
    KM_BISECT(at, of->count, of->codes[at] < code);
    return at < of->count && of->codes[at] == code ? (uint32_t)at : KM_NO_ENTITY;
}

/* ---- what a comparison needs */

typedef enum extent { EXTENT_ALL = 0, EXTENT_COSTS, EXTENT_DOCTORS /* only parts */ } extent;

typedef struct work {
    km_facilities *out;
    const km_casemix *mix;
    const km_facility_lore *lore;
    km_error *error;
    size_t units;
    extent extent;
    km_arena arena;
    numbering facilities, provinces, classes, kinds, names;
    uint64_t *unit_code; /* scratch: a code of each unit */
    uint32_t *unit_facility, *unit_province, *unit_department, *unit_class, *unit_kind, *unit_name;
    uint32_t *by_name;        /* units by facility and department */
    uint32_t *facility_class; /* of each facility */
    km_standing *standing;    /* one for each unit is enough for every grouping */
    km_rank *rank;
    double *share;      /* part of the fund in the cost of each entity */
    km_case_unit *sums; /* scratch: of each entity */
    double *mean;       /* of each pair */
    size_t mean_room;
    km_cohort cohort;
} work;

static bool allocate(work *w) {
    numbering *const numberings[] = {&w->facilities, &w->provinces, &w->classes, &w->kinds, &w->names};
    uint32_t **const numbers[] = {&w->unit_facility, &w->unit_province, &w->unit_department,
                                  &w->unit_class,    &w->unit_kind,     &w->unit_name,
                                  &w->by_name,       &w->facility_class};
    bool good = true;
    km_arena_init(&w->arena, w->mix->mem);
    for (size_t i = 0; i < sizeof numberings / sizeof numberings[0]; i++) {
        numberings[i]->codes = km_arena_alloc(&w->arena, w->units * sizeof(uint64_t));
        good = good && numberings[i]->codes;
    }
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        *numbers[i] = km_arena_alloc(&w->arena, w->units * sizeof(uint32_t));
        good = good && *numbers[i];
    }
    w->unit_code = km_arena_alloc(&w->arena, w->units * sizeof *w->unit_code);
    w->standing = km_arena_alloc(&w->arena, w->units * sizeof *w->standing);
    w->rank = km_arena_alloc(&w->arena, w->units * sizeof *w->rank);
    w->share = km_arena_alloc(&w->arena, w->units * sizeof *w->share);
    w->sums = km_arena_alloc(&w->arena, w->units * sizeof *w->sums);
    return good && w->unit_code && w->standing && w->rank && w->share && w->sums;
}

static void release(work *w) {
    km_cohort_free(&w->cohort);
    km_free(w->mix->mem, w->mean, w->mean_room * sizeof *w->mean);
    km_arena_free(&w->arena);
}

static void number_units(work *w, numbering *names, uint32_t *number) {
    for (size_t i = 0; i < w->units; i++) names->codes[i] = w->unit_code[i];
    names->count = w->units;
    keep_each_once(names);
    for (size_t i = 0; i < w->units; i++) number[i] = number_of(names, w->unit_code[i]);
}

static int compare_units(const void *a, const void *b, const void *context) {
    const km_case_unit *units = context;
    const km_case_unit *left = &units[*(const uint32_t *)a], *right = &units[*(const uint32_t *)b];
    KM_ORDER_BY(facility);
    KM_ORDER_BY(department);
    return 0;
}

static void number_all(work *w) {
    const km_case_unit *units = w->mix->units;
    const km_facility_lore *lore = w->lore;
    for (size_t i = 0; i < w->units; i++) w->unit_code[i] = units[i].facility;
    number_units(w, &w->facilities, w->unit_facility);
    for (size_t i = 0; i < w->units; i++)
        w->unit_code[i] = lore->province_of(lore->context, units[i].facility);
    number_units(w, &w->provinces, w->unit_province);
    for (size_t i = 0; i < w->units; i++) w->unit_code[i] = lore->class_of(lore->context, units[i].facility);
    number_units(w, &w->classes, w->unit_class);
    for (size_t i = 0; i < w->units; i++) w->unit_code[i] = lore->kind_of(lore->context, units[i].facility);
    number_units(w, &w->kinds, w->unit_kind);
    for (size_t i = 0; i < w->units; i++) w->unit_code[i] = units[i].department;
    number_units(w, &w->names, w->unit_name);
    for (size_t i = 0; i < w->units; i++) w->facility_class[w->unit_facility[i]] = w->unit_class[i];
    for (size_t i = 0; i < w->units; i++) w->by_name[i] = (uint32_t)i;
    km_sort(w->by_name, w->units, sizeof *w->by_name, compare_units, units);
    for (size_t i = 0; i < w->units; i++)
        w->unit_department[w->by_name[i]] = units[w->by_name[i]].department ? (uint32_t)i : KM_NO_ENTITY;
}

static void choose_window(work *w) {
    km_civil day = km_civil_from_day(w->lore->as_of);
    int first = day.year * 12 + day.month - KM_COHORT_MONTHS; /* counted from January of year 0 */
    w->out->to = w->lore->as_of;
    w->out->from = km_day_from_civil(first / 12, first % 12 + 1, 1);
}

/* ---- comparisons */

/* Part of the fund in what units cost: of claims whose cost is known, as the fund money of others (no cost,
 * or a correction) has nothing to be a part of. */
static double fund_share(const km_case_unit *unit) {
    return unit->total > 0 && unit->paid > 0 ? (double)unit->paid / (double)unit->total : 0;
}

static kiem_status rank_by(work *w, const km_grouping *by, km_measure measure, double *mean) {
    KM_TRY(km_cohort_compare(&w->cohort, by, measure, w->standing, mean, w->error));
    return km_rank_entities(w->mix->mem, w->standing, by->count, w->rank, w->error);
}

static void sum_facilities(work *w) {
    for (size_t i = 0; i < w->out->count; i++) {
        w->out->rows[i] =
            (km_facility){.code = w->facilities.codes[i], .shift = {.p = 1}, .shift_q = NAN, .digits_q = NAN};
    }
    for (size_t i = 0; i < w->units; i++) {
        km_facility *to = &w->out->rows[w->unit_facility[i]];
        to->claims += w->mix->units[i].claims;
        to->fund += w->mix->units[i].fund;
    }
}

static void share_of_fund(work *w, const km_grouping *by) {
    for (uint32_t i = 0; i < by->count; i++) w->sums[i] = (km_case_unit){0};
    for (size_t i = 0; i < w->units; i++) {
        if (by->entity[i] == KM_NO_ENTITY) continue;
        w->sums[by->entity[i]].paid += w->mix->units[i].paid;
        w->sums[by->entity[i]].total += w->mix->units[i].total;
    }
    for (uint32_t i = 0; i < by->count; i++) w->share[i] = fund_share(&w->sums[i]);
}

static kiem_status compare_facilities(work *w) {
    const km_grouping by = {w->unit_facility, (uint32_t)w->facilities.count, NULL, 0};
    const int measures = w->extent == EXTENT_COSTS ? KM_MEASURE_COST + 1 : KM_MEASURES;
    const km_mem *mem = w->mix->mem;
    w->mean = km_alloc_array(mem, w->cohort.pair_count, sizeof *w->mean);
    if (!w->mean) return km_nomem(w->error);
    w->mean_room = w->cohort.pair_count;
    share_of_fund(w, &by);
    for (int measure = 0; measure < measures; measure++) {
        KM_TRY(rank_by(w, &by, (km_measure)measure, measure == KM_MEASURE_COST ? w->mean : NULL));
        for (size_t i = 0; i < w->out->count; i++) w->out->rows[i].rank[measure] = w->rank[i];
    }
    for (size_t i = 0; i < w->out->count; i++)
        w->out->rows[i].excess_fund = w->out->rows[i].rank[KM_MEASURE_COST].excess * w->share[i];
    KM_TRY(km_facilities_find_shifts(w->out, &w->cohort, &by, w->mean, w->facility_class, w->error));
    return w->extent == EXTENT_COSTS ? KIEM_OK : km_facilities_test_digits(w->out, &w->cohort, &by, w->error);
}

static void list_parts(work *w) {
    for (size_t i = 0; i < w->units; i++) {
        const km_case_unit *unit = &w->mix->units[w->by_name[i]];
        if (!unit->department) continue;
        w->out->parts[w->out->part_count++] = (km_part){
            .facility = unit->facility, .code = unit->department, .claims = unit->claims, .fund = unit->fund};
    }
}

/* `kind` of each unit: only parts of one kind are peers; NULL: all are. */
static kiem_status compare_parts(work *w, const uint32_t *kind, uint32_t kinds) {
    const km_grouping by = {w->unit_department, (uint32_t)w->units, kind, kinds};
    list_parts(w);
    if (!w->out->part_count) return KIEM_OK;
    share_of_fund(w, &by);
    for (int measure = 0; measure < KM_MEASURES; measure++) {
        km_part *part = w->out->parts;
        KM_TRY(rank_by(w, &by, (km_measure)measure, NULL));
        for (size_t i = 0; i < w->units; i++) {
            if (!w->mix->units[w->by_name[i]].department) continue;
            part->rank[measure] = w->rank[i];
            if (measure == KM_MEASURE_COST) part->excess_fund = w->rank[i].excess * w->share[i];
            part++;
        }
    }
    return KIEM_OK;
}

/* A large excess that is less sure does not hide a department that is beyond doubt. */
static bool leads(const km_part *part, const km_facility *named) {
    bool clear = part->rank[KM_MEASURE_COST].q < clear_q, named_clear = named->department_rank.q < clear_q;
    return clear != named_clear ? clear : part->excess_fund > named->department_excess_fund;
}

/* Beside departments of the same name elsewhere. A facility with one department is its department. */
static kiem_status compare_departments(work *w) {
    KM_TRY(compare_parts(w, w->unit_name, (uint32_t)w->names.count));
    for (size_t i = 0; i < w->out->part_count; i++) {
        const km_part *part = &w->out->parts[i];
        const km_rank *rank = &part->rank[KM_MEASURE_COST];
        km_facility *to = &w->out->rows[number_of(&w->facilities, part->facility)];
        if (!rank->has_q || rank->q >= department_q || part->claims == to->claims) continue;
        if (to->department && !leads(part, to)) continue;
        to->department = part->code;
        to->department_rank = *rank;
        to->department_excess_fund = part->excess_fund;
    }
    return KIEM_OK;
}

static kiem_status compare_provinces(work *w) {
    const km_grouping by = {w->unit_province, (uint32_t)w->provinces.count, NULL, 0};
    share_of_fund(w, &by);
    KM_TRY(rank_by(w, &by, KM_MEASURE_COST, NULL));
    for (size_t i = 0; i < w->provinces.count; i++) {
        w->out->provinces[i] = (km_province_rank){.code = w->provinces.codes[i],
                                                  .rank = w->rank[i],
                                                  .excess_fund = w->rank[i].excess * w->share[i]};
    }
    return KIEM_OK;
}

static kiem_status compare_all(work *w) {
    if (w->extent == EXTENT_DOCTORS) return compare_parts(w, NULL, 0);
    KM_TRY(compare_facilities(w));
    if (w->extent == EXTENT_COSTS) return KIEM_OK;
    KM_TRY(compare_departments(w));
    return compare_provinces(w);
}

static kiem_status compare(work *w) {
    km_facilities *out = w->out;
    if (!allocate(w)) return km_nomem(w->error);
    number_all(w);
    choose_window(w);
    out->count = w->extent == EXTENT_DOCTORS ? 0 : w->facilities.count;
    out->province_count = w->extent == EXTENT_ALL ? w->provinces.count : 0;
    out->part_room = w->extent == EXTENT_COSTS ? 0 : w->units;
    out->rows = km_alloc_array(out->mem, out->count, sizeof *out->rows);
    out->provinces = km_alloc_array(out->mem, out->province_count, sizeof *out->provinces);
    out->parts = km_alloc_array(out->mem, out->part_room, sizeof *out->parts);
    const km_cohort_plan plan = {out->from,     out->to,
                                 w->unit_class, (uint32_t)w->classes.count,
                                 w->unit_kind,  (uint32_t)w->kinds.count};
    kiem_status status = out->rows && out->provinces && out->parts ? KIEM_OK : km_nomem(w->error);
    KM_TRY(status);
    if (w->extent != EXTENT_DOCTORS) sum_facilities(w);
    KM_TRY(km_cohort_init(&w->cohort, w->mix, &plan, w->error));
    return compare_all(w);
}

static kiem_status compare_mix(km_facilities *out, const km_casemix *mix, const km_facility_lore *lore,
                               extent reach, km_error *error) {
    work w = {
        .out = out, .mix = mix, .lore = lore, .error = error, .units = mix->unit_count, .extent = reach};
    *out = (km_facilities){.mem = mix->mem};
    kiem_status status = compare(&w);
    release(&w);
    if (status != KIEM_OK) km_facilities_free(out);
    return status;
}

kiem_status km_facilities_compare(km_facilities *out, const km_casemix *mix, const km_facility_lore *lore,
                                  km_error *error) {
    return compare_mix(out, mix, lore, EXTENT_ALL, error);
}

kiem_status km_facilities_compare_costs(km_facilities *out, const km_casemix *mix,
                                        const km_facility_lore *lore, km_error *error) {
    return compare_mix(out, mix, lore, EXTENT_COSTS, error);
}

kiem_status km_doctors_compare(km_facilities *out, const km_casemix *mix, const km_facility_lore *lore,
                               km_error *error) {
    return compare_mix(out, mix, lore, EXTENT_DOCTORS, error);
}

void km_facilities_free(km_facilities *facilities) {
    const km_mem *mem = facilities->mem;
    if (mem) {
        km_free(mem, facilities->rows, facilities->count * sizeof *facilities->rows);
        km_free(mem, facilities->provinces, facilities->province_count * sizeof *facilities->provinces);
        km_free(mem, facilities->parts, facilities->part_room * sizeof *facilities->parts);
    }
    *facilities = (km_facilities){0};
}

const km_facility *km_facilities_find(const km_facilities *facilities, uint64_t code) {
    return km_find_key(facilities->rows, facilities->count, sizeof *facilities->rows, code);
}

const km_province_rank *km_facilities_province(const km_facilities *facilities, uint64_t code) {
    for (size_t i = 0; i < facilities->province_count; i++) {
        if (facilities->provinces[i].code == code) return &facilities->provinces[i];
    }
    return NULL;
}
