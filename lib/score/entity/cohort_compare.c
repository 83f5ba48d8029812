#include <math.h>
#include <string.h>

#include "score/entity/cohort.h"

enum { CELL_LEVELS = 4 };
/* Of the key of a cell; the first by kind too. */
static const int level_shift[CELL_LEVELS] = {0, 0, 8, 16};

static km_cohort_sum sum_of(const km_cohort_pair *pair, km_measure measure) {
    switch (measure) {
    case KM_MEASURE_COST: return (km_cohort_sum){pair->costs, pair->cost_sum, pair->cost_square};
    case KM_MEASURE_STAY:
        return (km_cohort_sum){pair->stays, (km_int128)pair->stay_sum, (km_int128)pair->stay_square};
    case KM_MEASURE_WEEKEND: return (km_cohort_sum){pair->dated, pair->weekend, pair->weekend};
    case KM_MEASURE_MONTH_END: return (km_cohort_sum){pair->dated, pair->month_end, pair->month_end};
    case KM_MEASURES: break;
    }
    return (km_cohort_sum){0};
}

static void add(km_cohort_sum *to, const km_cohort_sum *more) {
    to->count += more->count;
    to->sum += more->sum;
    to->square += more->square;
}

/* The entities of one kind in the group of cells at hand. */
typedef struct kind_sums {
    uint64_t stamp;
    km_cohort_sum all;
    km_int128 squares; /* of the counts of the entities */
    uint32_t entities;
} kind_sums;

/* An entity in it. */
typedef struct entity_sums {
    uint64_t stamp;
    km_cohort_sum all, open; /* open: of pairs that no finer group has judged */
    kind_sums *kind;
    bool judged;
    double mean;
} entity_sums;

typedef struct comparison {
    const km_cohort *cohort;
    const km_grouping *by;
    km_measure measure;
    entity_sums *sums;
    kind_sums *kinds;
    uint32_t *touched; /* entities of the group */
    uint8_t *judged;   /* of each pair */
    uint64_t stamp;
    km_standing *out;
    double *mean;
} comparison;

/* Mean and variance of what is not the entity's own; false when that is too little to compare with. */
static bool others_of(const kind_sums *group, const km_cohort_sum *own, double unit, double *mean,
                      double *variance) {
    uint64_t count = group->all.count - own->count;
    if (count < KM_COHORT_CLAIMS || group->entities <= KM_COHORT_OTHERS) return false;
    double n = (double)count, sum = (double)(group->all.sum - own->sum);
    double squares = (double)(group->all.square - own->square) * unit * unit;
    *mean = sum / n;
    *variance = fmax(0, (squares - sum * *mean) / (n - 1));
    return true;
}

static kind_sums *kind_of(comparison *c, uint32_t unit) {
    kind_sums *kind = &c->kinds[c->by->kind ? c->by->kind[unit] : 0];
    if (kind->stamp != c->stamp) *kind = (kind_sums){.stamp = c->stamp};
    return kind;
}

static uint32_t sum_group(comparison *c, size_t from, size_t to) {
    uint32_t entities = 0;
    c->stamp++;
    for (size_t i = from; i < to; i++) {
        const km_cohort_pair *pair = &c->cohort->pairs[i];
        uint32_t number = c->by->entity[pair->unit];
        km_cohort_sum own = sum_of(pair, c->measure);
        if (number == KM_NO_ENTITY || !own.count) {
            c->judged[i] = 1; /* there is nothing to judge */
            continue;
        }
        entity_sums *entity = &c->sums[number];
        kind_sums *kind = kind_of(c, pair->unit);
        if (entity->stamp != c->stamp) {
            *entity = (entity_sums){.stamp = c->stamp, .kind = kind};
            c->touched[entities++] = number;
            kind->entities++;
        }
        add(&kind->all, &own);
        add(&entity->all, &own);
        if (!c->judged[i]) add(&entity->open, &own);
    }
    return entities;
}

static void judge_entity(comparison *c, uint32_t number) {
    entity_sums *entity = &c->sums[number];
    km_standing *to = &c->out[number];
    double variance, unit = c->measure == KM_MEASURE_COST ? KM_DONG : 1;
    if (!entity->open.count || !others_of(entity->kind, &entity->all, unit, &entity->mean, &variance)) return;
    double n = (double)entity->open.count, group = (double)entity->kind->all.count;
    double own = (double)entity->all.count;
    entity->judged = true;
    to->count += entity->open.count;
    to->observed += entity->open.sum;
    to->expected += n * entity->mean;
    to->variance += n * variance * (1 + n / (group - own)); /* the mean of the others is an estimate too */
    to->own += n * entity->mean * own / group;
    km_int128 squares = entity->kind->squares - (km_int128)entity->all.count * entity->all.count;
    to->others += n * entity->mean * (double)squares / ((group - own) * (group - own));
}

/* One group of cells: pairs from .. to - 1. */
static void judge_group(comparison *c, size_t from, size_t to) {
    if (!memchr(c->judged + from, 0, to - from)) return;
    uint32_t entities = sum_group(c, from, to);
    for (uint32_t i = 0; i < entities; i++) {
        const entity_sums *entity = &c->sums[c->touched[i]];
        entity->kind->squares += (km_int128)entity->all.count * entity->all.count;
    }
    for (uint32_t i = 0; i < entities; i++) judge_entity(c, c->touched[i]);
    for (size_t i = from; i < to; i++) {
        uint32_t number = c->by->entity[c->cohort->pairs[i].unit];
        if (number == KM_NO_ENTITY || c->judged[i]) continue;
        const entity_sums *entity = &c->sums[number];
        if (entity->stamp != c->stamp || !entity->judged) continue;
        c->judged[i] = 1;
        if (c->mean) c->mean[i] = entity->mean;
    }
}

static bool is_of_group(const km_cohort_cell *cell, const km_cohort_cell *first, int level) {
    return cell->class == first->class &&
           cell->key >> level_shift[level] == first->key >> level_shift[level] &&
           (level > 0 || cell->kind == first->kind);
}

static void judge_level(comparison *c, int level) {
    const km_cohort *cohort = c->cohort;
    for (size_t first = 0, end; first < cohort->cell_count; first = end) {
        const km_cohort_cell *one = &cohort->cells[first];
        for (end = first; end < cohort->cell_count; end++) {
            const km_cohort_cell *cell = &cohort->cells[end];
            if (!is_of_group(cell, one, level)) break;
        }
        judge_group(c, one->first_pair, cohort->cells[end].first_pair);
    }
}

kiem_status km_cohort_compare(const km_cohort *cohort, const km_grouping *by, km_measure measure,
                              km_standing *out, double *mean, km_error *error) {
    const km_mem *mem = cohort->mem;
    comparison c = {.cohort = cohort, .by = by, .measure = measure, .out = out, .mean = mean};
    c.sums = km_alloc_zero(mem, by->count * sizeof *c.sums);
    uint32_t kinds = by->kind ? by->kinds : 1;
    c.kinds = km_alloc_zero(mem, kinds * sizeof *c.kinds);
    c.touched = km_alloc_array(mem, by->count, sizeof *c.touched);
    c.judged = km_alloc_zero(mem, cohort->pair_count);
    bool good = c.sums && c.kinds && c.touched && c.judged;
    for (uint32_t i = 0; i < by->count; i++) out[i] = (km_standing){0};
    for (size_t i = 0; mean && i < cohort->pair_count; i++) mean[i] = NAN;
    for (int level = 0; good && level < CELL_LEVELS; level++) judge_level(&c, level);
    for (uint32_t i = 0; i < by->count; i++) {
        if (!(out[i].expected > 0)) continue;
        out[i].own /= out[i].expected;
        out[i].others /= out[i].expected;
    }
    km_free(mem, c.sums, by->count * sizeof *c.sums);
    km_free(mem, c.kinds, kinds * sizeof *c.kinds);
    km_free(mem, c.touched, by->count * sizeof *c.touched);
    km_free(mem, c.judged, cohort->pair_count);
    return good ? KIEM_OK : km_nomem(error);
}
