#include "score/claim/tail.h"

#include <stdatomic.h>
#include <string.h>

#include "base/decimal.h"
#include "base/exp2.h"
#include "base/together.h"
#include "score/claim/sketch.h"
#include "score/log2f.h"

static const double FROM = 0.6, MIDDLE = 0.85, HIGH = 0.93;
static const double SHRINK_TAIL = 5000, SHRINK_SHAPE = 5000; /* claims for which the parent counts as much */
static const float LOG_MIDDLE = 0.980829253f;                /* ln(0.4 / 0.15): from FROM to MIDDLE */
static const float LOG2_E = 1.44269504f, LOG2_FROM = 1.32192809f; /* of 1 / 0.4 */
/* One ordinary (normal) feature alone has 0.88. Narrower tails come from features that are missing, and their
 * far end is not as narrow as their middle. */
static const float SCALE_MIN = 1.0f;
static const float SHAPE_MIN = 1.0f / 256; /* below it the tail is exponential */

static const km_scale distances = {0, 16, false};

/* ---- fitting */

float km_tail_shape(double ratio) {
    enum { STEPS = 16 };
    /* ((0.4 / 0.07)^x - 1) / ((0.4 / 0.15)^x - 1) for x = 0, 1/16, .. 1 */
    static const double ratios[STEPS + 1] = {1.7770364, 1.8204828, 1.866251,  1.9144589, 1.9652301, 2.0186945,
                                             2.0749878, 2.1342527, 2.1966386, 2.2623022, 2.3314078, 2.4041275,
                                             2.4806419, 2.5611403, 2.645821,  2.734892,  2.8285714};
    int at = 0;
    if (!(ratio > ratios[0])) return 0;
    while (at < STEPS && ratio > ratios[at + 1]) at++;
    if (at == STEPS) return 1;
    return (float)((at + (ratio - ratios[at]) / (ratios[at + 1] - ratios[at])) / STEPS);
}

static double shrink(double own, double parent, double weight) {
    return weight * own + (1 - weight) * parent;
}

/* Distances of the members of strata that follow one another: those of the run, those of the sample. */
typedef struct members {
    const float *own, *sample;
    size_t own_count, sample_count;
} members;

static members members_of(const km_scorer *scorer, size_t stratum, size_t end) {
    const km_peer_stratum *from = &scorer->strata[stratum], *to = &scorer->strata[end];
    return (members){.own = scorer->distances + from->first,
                     .sample = scorer->distances + scorer->count + from->sample_first,
                     .own_count = to->first - from->first,
                     .sample_count = to->sample_first - from->sample_first};
}

static double members_known(const km_scorer *scorer, const km_peer_group *group) {
    const members all = members_of(scorer, group->stratum, group->stratum_end);
    return (double)(all.own_count + all.sample_count);
}

/* From the members alone. */
static kiem_status fit_scale(void *context, size_t number, km_error *error) {
    const km_scorer *scorer = context;
    const double q[2] = {FROM, MIDDLE};
    km_peer_group *group = &scorer->groups[number];
    const members all = members_of(scorer, group->stratum, group->stratum_end);
    km_sketch sketch = {0};
    float at[2] = {0};
    (void)error;
    for (size_t i = 0; i < all.own_count; i++) km_sketch_add(&sketch, &distances, all.own[i]);
    for (size_t i = 0; i < all.sample_count; i++) km_sketch_add(&sketch, &distances, all.sample[i]);
    if (sketch.total) km_sketch_quantiles(&sketch, &distances, q, at, 2);
    group->tail_from = at[0];
    group->tail_scale = (at[1] - at[0]) / LOG_MIDDLE;
    return KIEM_OK;
}

/* Held against the parent, which comes before. */
static void shrink_scale(km_scorer *scorer, km_peer_group *group) {
    if (group->parent == KM_NO_PARENT) return;
    const km_peer_group *parent = &scorer->groups[group->parent];
    const double known = members_known(scorer, group), weight = known / (known + SHRINK_TAIL);
    group->tail_from = (float)shrink((double)group->tail_from, (double)parent->tail_from, weight);
    group->tail_scale = (float)shrink((double)group->tail_scale, (double)parent->tail_scale, weight);
}

static float excess(const km_peer_group *group, float distance) {
    return (distance - group->tail_from) / group->tail_scale;
}

static void add_excesses(const km_scorer *scorer, size_t stratum, km_sketch *sketch) {
    const km_peer_group *group = &scorer->groups[scorer->strata[stratum].group];
    const members all = members_of(scorer, stratum, stratum + 1);
    for (size_t i = 0; i < all.own_count; i++) km_sketch_add(sketch, &distances, excess(group, all.own[i]));
    for (size_t i = 0; i < all.sample_count; i++)
        km_sketch_add(sketch, &distances, excess(group, all.sample[i]));
}

static const km_peer_group *parent_of(const km_scorer *scorer, const km_peer_group *group) {
    return group->parent == KM_NO_PARENT ? NULL : &scorer->groups[group->parent];
}

/* The shape of a whole kind of care and the groups right within it; finer ones have too few claims that far
 * out. */
static bool has_shape(const km_peer_group *parent) {
    return !parent || parent->level == KM_PEER_CARE;
}

static kiem_status fit_shape(void *context, size_t number, km_error *error) {
    const km_scorer *scorer = context;
    const double q[2] = {MIDDLE, HIGH};
    km_peer_group *group = &scorer->groups[number];
    km_sketch sketch = {0};
    float at[2] = {0};
    (void)error;
    if (!has_shape(parent_of(scorer, group))) return KIEM_OK;
    for (size_t i = group->stratum; i < group->stratum_end; i++) add_excesses(scorer, i, &sketch);
    if (sketch.total) km_sketch_quantiles(&sketch, &distances, q, at, 2);
    group->tail_shape = at[0] > 0 ? km_tail_shape((double)at[1] / (double)at[0]) : 0;
    return KIEM_OK;
}

static void shrink_shape(km_scorer *scorer, km_peer_group *group) {
    const km_peer_group *parent = parent_of(scorer, group);
    if (!has_shape(parent)) group->tail_shape = parent->tail_shape;
    if (!parent || !has_shape(parent)) return;
    const double known = members_known(scorer, group), weight = known / (known + SHRINK_SHAPE);
    group->tail_shape = (float)shrink((double)group->tail_shape, (double)parent->tail_shape, weight);
}

int32_t km_tail_oddness(const km_peer_group *group, float distance) {
    const float out = excess(group, distance), shape = group->tail_shape;
    float bits = 0;
    if (out > 0) {
        bits = LOG2_FROM + (shape < SHAPE_MIN ? out * LOG2_E : km_log2f(1 + shape * out) / shape);
    } else if (group->tail_from > 0) {
        bits = km_log2f(1 / (1 - 0.6f * distance / group->tail_from));
    }
    bits *= KM_ODDNESS_ONE;
    return bits < (float)KM_ODDNESS_MAX ? (int32_t)bits : KM_ODDNESS_MAX;
}

/* ---- ranks and q-values */

/* N p / (claims at most that likely), rounded up; e is p x 2^62. */
static int32_t q_of(uint64_t claims, uint64_t e, uint64_t at_least) {
    const km_int128 divisor = (km_int128)at_least << 62;
    const km_int128 q = ((km_int128)claims * e * KM_SCORE_ONE + divisor - 1) / divisor;
    return q < KM_SCORE_ONE ? (int32_t)q : KM_SCORE_ONE;
}

/* `more` claims stand for those that come one at a time, each the oddest of all until the next. */
static void raise_q_values(km_scorer *scorer, const uint32_t *counts, uint64_t claims, uint64_t more) {
    uint64_t at_least = claims + more;
    int32_t least = KM_SCORE_ONE;
    for (int stretch = 0; stretch < KM_ODDNESS_STRETCHES; stretch++) {
        const int32_t log =
            (62 * KM_ODDNESS_ONE - stretch * KM_ODDNESS_STRETCH) * (KM_FEATURE_ONE / KM_ODDNESS_ONE);
        if (at_least) {
            const int32_t q = q_of(claims + more, km_exp2(log), at_least);
            if (q < least) least = q;
        }
        if (scorer->q_values[stretch] < least) scorer->q_values[stretch] = least;
        for (int i = 0; i < KM_ODDNESS_STRETCH; i++) {
            const int oddness = stretch * KM_ODDNESS_STRETCH + i;
            if (oddness <= KM_ODDNESS_MAX) at_least -= counts[oddness];
        }
    }
}

/* The share of the other claims that are less odd, rounded down. */
static void fill_scores(km_scorer *scorer, const uint32_t *counts, uint64_t others) {
    uint64_t less = 0;
    for (int oddness = 0; oddness <= KM_ODDNESS_MAX; oddness++) {
        scorer->scores[oddness] = others ? (int32_t)(less * KM_SCORE_ONE / others) : 0;
        less += counts[oddness];
    }
}

/* How many claims are how odd, and of those, the ones that may be flagged. */
typedef struct tally {
    uint64_t compared, tested;
    uint32_t all[KM_ODDNESS_MAX + 1], odd[KM_ODDNESS_MAX + 1];
} tally;

static void count_oddness(const km_scorer *scorer, uint32_t group, int32_t oddness, tally *to) {
    to->all[oddness]++;
    to->compared++;
    if (!km_peer_group_tells(&scorer->groups[group])) return;
    to->odd[oddness]++;
    to->tested++;
}

enum { PIECE = 1 << 14 /* claims that a thread takes at a time */ };

/* The claims first..end - 1 get their standings, which lie far apart: each is asked for ahead. */
static kiem_status stand(km_scorer *scorer, size_t first, size_t end, tally *to, km_error *error) {
    enum { AHEAD = 16 };
    const uint64_t first_id = scorer->first_id;
    km_touched(scorer->mem, (end - first) * sizeof *scorer->claims);
    for (size_t i = first; i < end; i++) {
        const km_scored *claim = &scorer->claims[i];
        km_claim_standing *standing = &scorer->standings[claim->id - first_id];
        if (i + AHEAD < end) KM_PREFETCH(&scorer->standings[claim[AHEAD].id - first_id]);
        if (standing->place) return km_fail(error, KIEM_E_ARGUMENT, "a row was added twice");
        *standing = km_scorer_standing(scorer, claim, scorer->distances[i]);
        standing->place = (uint32_t)i + 1;
        if (claim->group != KM_NO_GROUP) count_oddness(scorer, claim->group, standing->oddness, to);
    }
    return KIEM_OK;
}

typedef struct ranking {
    km_scorer *scorer;
    tally *tallies;     /* one a thread */
    atomic_size_t next; /* claim */
} ranking;

/* What one thread does. */
static kiem_status stand_some(void *context, size_t item, km_error *error) {
    ranking *all = context;
    const size_t count = all->scorer->count;
    for (size_t first; (first = atomic_fetch_add(&all->next, PIECE)) < count;) {
        const size_t end = count - first < PIECE ? count : first + PIECE;
        KM_TRY(stand(all->scorer, first, end, &all->tallies[item], error));
    }
    return KIEM_OK;
}

static void add_tally(tally *to, const tally *from) {
    to->compared += from->compared;
    to->tested += from->tested;
    for (int i = 0; i <= KM_ODDNESS_MAX; i++) {
        to->all[i] += from->all[i];
        to->odd[i] += from->odd[i];
    }
}

/* With claims learned earlier the rate has to hold among those of the run and among all. */
static void rank(km_scorer *scorer, tally *counts) {
    memset(scorer->q_values, 0, KM_ODDNESS_STRETCHES * sizeof *scorer->q_values);
    const bool own = counts->compared > 0;
    if (own) raise_q_values(scorer, counts->odd, counts->tested, 0);
    for (size_t i = 0; i < scorer->past.sampled; i++) {
        const uint32_t group = scorer->sample[i].group;
        const float distance = scorer->distances[scorer->count + i];
        if (group == KM_NO_GROUP) continue;
        count_oddness(scorer, group, km_tail_oddness(&scorer->groups[group], distance), counts);
    }
    if (scorer->past.sampled || !own) raise_q_values(scorer, counts->odd, counts->tested, own ? 0 : 1);
    fill_scores(scorer, counts->all, own ? counts->compared - 1 : counts->compared);
}

static kiem_status stand_and_rank(km_scorer *scorer, km_error *error) {
    const size_t threads = (size_t)scorer->threads;
    ranking all = {.scorer = scorer, .tallies = km_alloc_zero(scorer->mem, threads * sizeof *all.tallies)};
    if (!all.tallies) return km_nomem(error);
    atomic_init(&all.next, 0);
    const kiem_status status = km_together(scorer->threads, threads, stand_some, &all, error);
    for (size_t i = 1; i < threads; i++) add_tally(&all.tallies[0], &all.tallies[i]);
    if (status == KIEM_OK) rank(scorer, &all.tallies[0]);
    km_free(scorer->mem, all.tallies, threads * sizeof *all.tallies);
    return status;
}

static kiem_status fit_tails(km_scorer *scorer, km_error *error) {
    const size_t count = scorer->group_count;
    km_peer_group *groups = scorer->groups;
    KM_TRY(km_together(scorer->threads, count, fit_scale, scorer, error));
    for (size_t i = 0; i < count; i++) shrink_scale(scorer, &groups[i]);
    for (size_t i = 0; i < count; i++) {
        if (groups[i].tail_scale < SCALE_MIN) groups[i].tail_scale = SCALE_MIN;
    }
    KM_TRY(km_together(scorer->threads, count, fit_shape, scorer, error));
    for (size_t i = 0; i < count; i++) shrink_shape(scorer, &groups[i]);
    return KIEM_OK;
}

kiem_status km_tails_fit(km_scorer *scorer, km_error *error) {
    const km_mem *mem = scorer->mem;
    if (!scorer->scores) scorer->scores = km_alloc_array(mem, KM_ODDNESS_MAX + 1, sizeof *scorer->scores);
    if (!scorer->q_values)
        scorer->q_values = km_alloc_array(mem, KM_ODDNESS_STRETCHES, sizeof *scorer->q_values);
    if (!scorer->scores || !scorer->q_values) return km_nomem(error);
    KM_TRY(fit_tails(scorer, error));
    return stand_and_rank(scorer, error);
}
