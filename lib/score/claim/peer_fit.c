#include "score/claim/peer_fit.h"

#include <math.h>
#include <pthread.h>
#include <stdatomic.h>

#include "base/exp2.h"
#include "base/sort.h"
#include "base/together.h"
#include "score/claim/sketch.h"
#include "score/claim/tail.h"

/* Percentiles that tell how far the upper side reaches, and where they lie in a normal body. The last two are
 * asked only where the others find hardly any spread: a sum that nearly all peers lack, say, is rare but not
 * as odd as its size. */
enum { QUANTILES = 6, COMMON = 4 };
static const double QUANTILE[QUANTILES] = {0.5, 0.75, 0.9, 0.97, 0.99, 0.997};
static const double NORMAL[QUANTILES] = {
    0, 0.6744897501960817, 1.2815515655446004, 1.880793608151251, 2.3263478740408408, 2.7477813854449926};

/* ---- strata: the claims of one key, those of the run and those learned earlier */

static uint32_t key_at(const km_scorer *scorer, const km_peer_stratum *at) {
    const bool has_own = at->first < scorer->count, has_past = at->count_first < scorer->past.count;
    const uint32_t own = has_own ? scorer->claims[at->first].key : UINT32_MAX;
    const uint32_t past = has_past ? km_peer_code_key(scorer->past.counts[at->count_first].code) : UINT32_MAX;
    return own < past ? own : past;
}

/* After the last of the claims that have the key of the first. */
static size_t end_of_key(const km_scored *claims, size_t first, size_t count) {
    const uint32_t key = claims[first].key;
    while (first < count) {
        const size_t middle = first + (count - first) / 2;
        if (claims[middle].key == key) {
            first = middle + 1;
        } else {
            count = middle;
        }
    }
    return first;
}

/* Puts the end of the stratum in `next`. */
static void take_stratum(const km_scorer *scorer, km_peer_stratum *at, km_peer_stratum *next) {
    const km_peer_past *past = &scorer->past;
    at->key = key_at(scorer, at);
    at->group = KM_NO_GROUP;
    at->learned = 0;
    *next = *at;
    if (at->first < scorer->count && scorer->claims[at->first].key == at->key)
        next->first = end_of_key(scorer->claims, at->first, scorer->count);
    for (;
         next->count_first < past->count && km_peer_code_key(past->counts[next->count_first].code) == at->key;
         next->count_first++) {
        const km_peer_count *count = &past->counts[next->count_first];
        if (km_peer_code_bin(count->code) == KM_NOTE_EVERY) at->learned += count->count;
    }
    while (next->sample_first < past->sampled && scorer->sample[next->sample_first].key == at->key)
        next->sample_first++;
}

static kiem_status part_into_strata(km_scorer *scorer, km_error *error) {
    km_peer_stratum next = {0};
    uint64_t members = 0;
    for (scorer->stratum_count = 0;; scorer->stratum_count++) {
        if (!km_grow(scorer->mem, (void **)&scorer->strata, &scorer->stratum_capacity,
                     scorer->stratum_count + 1, sizeof *scorer->strata)) {
            return km_nomem(error);
        }
        km_peer_stratum *at = &scorer->strata[scorer->stratum_count];
        *at = next;
        if (at->first == scorer->count && at->count_first == scorer->past.count) break;
        take_stratum(scorer, at, &next);
        members += at->learned + (next.first - at->first);
    }
    return members < UINT32_MAX
               ? KIEM_OK
               : km_fail(error, KIEM_E_RANGE, "more than 4,294,967,294 claims to be compared with");
}

static uint32_t members_of(const km_scorer *scorer, size_t first, size_t end) {
    const km_peer_stratum *strata = scorer->strata;
    uint64_t learned = 0;
    for (size_t i = first; i < end; i++) learned += strata[i].learned;
    return (uint32_t)(learned + (strata[end].first - strata[first].first));
}

/* ---- groups, each after its parent */

static kiem_status add_group(km_scorer *scorer, const km_peer_group *group, km_error *error) {
    const km_mem *mem = scorer->mem;
    const size_t count = scorer->group_count + 1;
    if (!km_grow(mem, (void **)&scorer->groups, &scorer->group_capacity, count, sizeof *scorer->groups) ||
        !km_grow(mem, (void **)&scorer->scales, &scorer->scale_capacity, count, sizeof *scorer->scales)) {
        return km_nomem(error);
    }
    scorer->groups[scorer->group_count++] = *group;
    return KIEM_OK;
}

static size_t stretch_end(const km_scorer *scorer, km_peer_level level, size_t first, size_t end) {
    const uint32_t key = km_peer_group_key(scorer->strata[first].key, level);
    size_t at = first + 1;
    while (at < end && km_peer_group_key(scorer->strata[at].key, level) == key) at++;
    return at;
}

/* The group of the strata first..end - 1 and all groups within it. A group all of whose members share a finer
 * key stands for that finer group. */
static kiem_status make_groups(km_scorer *scorer, km_peer_level from, size_t first, size_t end,
                               uint32_t parent, km_error *error) {
    km_peer_stratum *strata = scorer->strata;
    const uint32_t key = strata[first].key, last = strata[end - 1].key;
    const uint32_t number = (uint32_t)scorer->group_count;
    km_peer_level level = from;
    while (level < KM_PEER_TIER && km_peer_group_key(key, level + 1) == km_peer_group_key(last, level + 1))
        level++;
    const km_peer_group group = {.key = key,
                                 .level = level,
                                 .from = from,
                                 .count = members_of(scorer, first, end),
                                 .stratum = (uint32_t)first,
                                 .stratum_end = (uint32_t)end,
                                 .parent = parent};
    KM_TRY(add_group(scorer, &group, error));
    for (size_t at = first, next; at < end; at = next) {
        next = level < KM_PEER_TIER ? stretch_end(scorer, level + 1, at, end) : end;
        if (level < KM_PEER_TIER && members_of(scorer, at, next) >= KM_PEERS_MIN) {
            KM_TRY(make_groups(scorer, level + 1, at, next, number, error));
        } else {
            for (size_t i = at; i < next; i++) strata[i].group = number;
        }
    }
    return KIEM_OK;
}

/* The tail of a kind of care is known from single claims only: those of the run and the sample. */
static bool is_compared(const km_scorer *scorer, size_t first, size_t end) {
    const km_peer_stratum *from = &scorer->strata[first], *to = &scorer->strata[end];
    return to->first - from->first + to->sample_first - from->sample_first >= KM_PEERS_MIN;
}

static kiem_status part_into_groups(km_scorer *scorer, km_error *error) {
    scorer->group_count = 0;
    for (size_t first = 0, end; first < scorer->stratum_count; first = end) {
        end = stretch_end(scorer, KM_PEER_CARE, first, scorer->stratum_count);
        if (is_compared(scorer, first, end))
            KM_TRY(make_groups(scorer, KM_PEER_CARE, first, end, KM_NO_PARENT, error));
    }
    return KIEM_OK;
}

/* ---- what their members are like */

/* Sketches of the groups that a thread has open, one within the other. */
typedef struct workshop {
    km_sketch open[KM_PEER_LEVELS][KM_FEATURE_COUNT];
} workshop;

/* A group with more than 1 / LARGE of all members: threads share it. */
typedef struct large_group {
    uint32_t number;
    km_sketch sketches[KM_FEATURE_COUNT];
} large_group;

enum { LARGE = 16 };

typedef struct fitting {
    km_scorer *scorer;
    km_scale scale[KM_FEATURE_COUNT];
    float zero[KM_FEATURE_COUNT], per_unit[KM_FEATURE_COUNT]; /* of these */
    workshop *shops;                                          /* one a thread */
    size_t shop_count;
    large_group *large; /* each after its parent, which is large too */
    size_t large_count;
    uint32_t members;          /* of all groups */
    pthread_mutex_t lock;      /* of their sketches */
    atomic_uint_fast32_t next; /* group */
} fitting;

/* What is counted of some claims, all features side by side. */
typedef struct counted {
    float least[KM_FEATURE_COUNT], most[KM_FEATURE_COUNT];
    uint32_t known[KM_FEATURE_COUNT];
} counted;

static inline void count_values(const fitting *fit, km_sketch *sketches, const float *value, counted *all) {
    uint32_t bin[KM_FEATURE_COUNT], known[KM_FEATURE_COUNT];
    for (int f = 0; f < KM_FEATURE_COUNT; f++) {
        const float own = value[f]; /* NaN is neither less nor more */
        bin[f] = km_sketch_bin_at(fit->zero[f], fit->per_unit[f], own);
        known[f] = own == own;
        all->known[f] += own == own;
        all->least[f] = own < all->least[f] ? own : all->least[f];
        all->most[f] = own > all->most[f] ? own : all->most[f];
    }
    for (int f = 0; f < KM_FEATURE_COUNT; f++) sketches[f].count[bin[f]] += known[f];
}

static void count_claims(const fitting *fit, km_sketch *sketches, size_t first, size_t end, uint32_t group) {
    km_scored *claims = fit->scorer->claims;
    counted all = {.known = {0}};
    for (int f = 0; f < KM_FEATURE_COUNT; f++) all.least[f] = INFINITY, all.most[f] = -INFINITY;
    km_touched(fit->scorer->mem, (end - first) * sizeof *claims);
    for (size_t i = first; i < end; i++) {
        claims[i].group = group;
        count_values(fit, sketches, claims[i].features.value, &all);
    }
    for (int f = 0; f < KM_FEATURE_COUNT; f++)
        km_sketch_widen(&sketches[f], all.known[f], all.least[f], all.most[f]);
}

static void count_learned(const fitting *all, km_sketch *sketches, const km_peer_stratum *strata, size_t end,
                          uint32_t group) {
    km_scorer *scorer = all->scorer;
    for (size_t i = strata[0].sample_first; i < strata[end].sample_first; i++)
        scorer->sample[i].group = group;
    for (size_t i = strata[0].count_first; i < strata[end].count_first; i++) {
        const km_peer_count *count = &scorer->past.counts[i];
        const unsigned f = km_peer_code_feature(count->code), bin = km_peer_code_bin(count->code);
        if (bin < KM_SKETCH_BINS) km_sketch_put(&sketches[f], &all->scale[f], bin, (uint32_t)count->count);
    }
}

/* Counts the strata from `first` on that are compared in the group itself; returns the first that is not. */
static size_t count_strata(const fitting *all, km_sketch *sketches, size_t first, uint32_t number) {
    const km_scorer *scorer = all->scorer;
    const km_peer_stratum *strata = scorer->strata;
    const size_t last = scorer->groups[number].stratum_end;
    size_t end = first;
    while (end < last && strata[end].group == number) end++;
    count_claims(all, sketches, strata[first].first, strata[end].first, number);
    count_learned(all, sketches, strata + first, end - first, number);
    return end;
}

/* The centre, and in the place of the inverse the spread, not yet shrunk. */
static void describe(const fitting *all, const km_sketch *sketches, uint32_t number) {
    km_peer_group *group = &all->scorer->groups[number];
    km_peer_scale *scale = &all->scorer->scales[number];
    for (int f = 0; f < KM_FEATURE_COUNT; f++) {
        float at[QUANTILES] = {0};
        const double floor = (double)km_feature_about((km_feature)f)->floor;
        double spread = 0;
        group->known[f] = (uint32_t)sketches[f].total;
        if (sketches[f].total) km_sketch_quantiles(&sketches[f], &all->scale[f], QUANTILE, at, QUANTILES);
        for (int i = 1; i < QUANTILES && (i < COMMON || spread < floor / 4); i++)
            spread = fmax(spread, (double)(at[i] - at[0]) / NORMAL[i]);
        group->median[f] = scale->centre[f] = at[0];
        scale->inverse[f] = (float)fmax(spread, floor);
    }
}

static void clear(const fitting *all, km_sketch *sketches) {
    for (int f = 0; f < KM_FEATURE_COUNT; f++) km_sketch_clear(&sketches[f], &all->scale[f]);
}

static void merge(const fitting *all, km_sketch *sketches, const km_sketch *more) {
    for (int f = 0; f < KM_FEATURE_COUNT; f++) km_sketch_merge(&sketches[f], &all->scale[f], &more[f]);
}

/* Describes a group and all within it; its sketches are left in open[depth]. Returns the number after theirs.
 */
static uint32_t fit_group(const fitting *all, workshop *shop, int depth, uint32_t number) {
    const km_scorer *scorer = all->scorer;
    const km_peer_group *group = &scorer->groups[number];
    uint32_t next = number + 1;
    clear(all, shop->open[depth]);
    for (size_t at = group->stratum; at < group->stratum_end;) {
        if (scorer->strata[at].group == number) {
            at = count_strata(all, shop->open[depth], at, number);
            continue;
        }
        at = scorer->groups[next].stratum_end;
        next = fit_group(all, shop, depth + 1, next);
        merge(all, shop->open[depth], shop->open[depth + 1]);
    }
    describe(all, shop->open[depth], number);
    return next;
}

static bool is_large(const fitting *all, uint32_t number) {
    return all->scorer->groups[number].count > all->members / LARGE;
}

static km_sketch *large_sketches(const fitting *all, uint32_t number) {
    size_t at = 0;
    while (all->large[at].number != number) at++;
    return all->large[at].sketches;
}

/* Counts the strata of a large group that are in no group within it. */
static void count_rest(const fitting *all, workshop *shop, uint32_t number) {
    const km_scorer *scorer = all->scorer;
    const km_peer_group *group = &scorer->groups[number];
    clear(all, shop->open[0]);
    for (size_t at = group->stratum; at < group->stratum_end;) {
        if (scorer->strata[at].group == number) {
            at = count_strata(all, shop->open[0], at, number);
        } else {
            at++;
        }
    }
}

/* What one thread does: it takes what is left of a large group, or one that is right within a large one or in
 * none. */
static kiem_status fit_some(void *context, size_t item, km_error *error) {
    fitting *all = context;
    const km_scorer *scorer = all->scorer;
    workshop *shop = &all->shops[item];
    uint32_t number;
    (void)error;
    while ((number = (uint32_t)atomic_fetch_add(&all->next, 1)) < scorer->group_count) {
        uint32_t into = number;
        if (is_large(all, number)) {
            count_rest(all, shop, number);
        } else {
            into = scorer->groups[number].parent;
            if (into != KM_NO_PARENT && !is_large(all, into)) continue;
            fit_group(all, shop, 0, number);
        }
        if (into == KM_NO_PARENT) continue;
        pthread_mutex_lock(&all->lock);
        merge(all, large_sketches(all, into), shop->open[0]);
        pthread_mutex_unlock(&all->lock);
    }
    return KIEM_OK;
}

static void fit_large(const fitting *all) {
    for (size_t i = all->large_count; i-- > 0;) {
        const large_group *group = &all->large[i];
        const uint32_t parent = all->scorer->groups[group->number].parent;
        describe(all, group->sketches, group->number);
        if (parent != KM_NO_PARENT) merge(all, large_sketches(all, parent), group->sketches);
    }
}

static kiem_status open_fitting(fitting *all, km_error *error) {
    const km_scorer *scorer = all->scorer;
    const uint32_t count = (uint32_t)scorer->group_count;
    for (int f = 0; f < KM_FEATURE_COUNT; f++) {
        all->scale[f] = km_feature_scale((km_feature)f);
        all->zero[f] = all->scale[f].zero;
        all->per_unit[f] = all->scale[f].per_unit;
    }
    for (uint32_t i = 0; i < count; i++) all->large_count += is_large(all, i);
    all->shops = km_alloc_zero(scorer->mem, all->shop_count * sizeof *all->shops);
    all->large = km_alloc_zero(scorer->mem, all->large_count * sizeof *all->large);
    if (!all->shops || !all->large) return km_nomem(error);
    for (uint32_t i = 0, at = 0; i < count; i++) {
        if (is_large(all, i)) all->large[at++].number = i;
    }
    return KIEM_OK;
}

static kiem_status fit_groups(km_scorer *scorer, km_error *error) {
    fitting all = {.scorer = scorer,
                   .shop_count = (size_t)scorer->threads,
                   .members = members_of(scorer, 0, scorer->stratum_count)};
    atomic_init(&all.next, 0);
    pthread_mutex_init(&all.lock, NULL);
    kiem_status status = open_fitting(&all, error);
    if (status == KIEM_OK) status = km_together(scorer->threads, all.shop_count, fit_some, &all, error);
    if (status == KIEM_OK) fit_large(&all);
    km_free(scorer->mem, all.shops, all.shop_count * sizeof *all.shops);
    km_free(scorer->mem, all.large, all.large_count * sizeof *all.large);
    pthread_mutex_destroy(&all.lock);
    return status;
}

/* ---- shrinking */

static void shrink_group(km_scorer *scorer, uint32_t number) {
    km_peer_group *group = &scorer->groups[number];
    km_peer_scale *own = &scorer->scales[number];
    if (group->parent == KM_NO_PARENT) return;
    const km_peer_scale *parent = &scorer->scales[group->parent];
    for (int f = 0; f < KM_FEATURE_COUNT; f++) {
        const double weight = (double)group->known[f] / ((double)group->known[f] + KM_SHRINK_PEERS);
        const double sure = (double)group->known[f] / ((double)group->known[f] + KM_SHRINK_SPREAD);
        if (!group->known[f]) group->median[f] = scorer->groups[group->parent].median[f];
        own->centre[f] = (float)(weight * (double)own->centre[f] + (1 - weight) * (double)parent->centre[f]);
        const double spread = sure * (double)own->inverse[f] + (1 - sure) * (double)parent->inverse[f];
        own->inverse[f] = fmaxf(own->inverse[f], (float)spread); /* what varies more, varies more */
    }
}

/* Enough peers have the feature, in the group or one it is within. */
static bool is_known(const km_scorer *scorer, const km_peer_group *group, int feature) {
    while (group->known[feature] < KM_PEERS_MIN && group->parent != KM_NO_PARENT)
        group = &scorer->groups[group->parent];
    return group->known[feature] >= KM_PEERS_MIN;
}

/* Hundredths of a dong from the centre of a feature of money. */
static int64_t usual_money(const km_peer_scale *scale, km_feature feature) {
    const int64_t dong = (int64_t)km_exp2((int32_t)(scale->centre[feature] * (float)KM_FEATURE_ONE)) -
                         (int64_t)km_feature_about(feature)->offset;
    return dong > 0 ? dong * KM_DONG : 0;
}

static void settle_group(km_scorer *scorer, uint32_t number) {
    km_peer_group *group = &scorer->groups[number];
    km_peer_scale *scale = &scorer->scales[number];
    for (int f = 0; f < KM_FEATURE_COUNT; f++)
        scale->inverse[f] = is_known(scorer, group, f) ? 1.0f / scale->inverse[f] : 0.0f;
    group->usual_cost = usual_money(scale, KM_FEATURE_COST);
    group->usual_drugs = usual_money(scale, KM_FEATURE_DRUGS_PER_DAY);
    group->usual_supplies = usual_money(scale, KM_FEATURE_SUPPLIES_PER_DAY);
    group->usual_services = usual_money(scale, KM_FEATURE_SERVICES_PER_DAY);
}

/* ---- distances */

void km_peers_measure(const km_scorer *scorer, const km_scored *claims, size_t count, float *distances) {
    enum { CHUNK = 1024 };
    static const float no_low[KM_PEER_FEATURES] = {0};
    const km_outlier_kernel *kernel = km_outlier_best_kernel();
    uint32_t group[CHUNK];
    for (size_t done; count; claims += done, distances += done, count -= done) {
        done = count < CHUNK ? count : CHUNK;
        const km_peer_rows rows = {claims, sizeof *claims, group, done, scorer->scales, no_low};
        for (size_t i = 0; i < done; i++) group[i] = claims[i].group == KM_NO_GROUP ? 0 : claims[i].group;
        kernel->peers(&rows, distances);
        km_touched(scorer->mem, done * sizeof *claims);
        for (size_t i = 0; i < done; i++) distances[i] = km_tail_distance(distances[i]);
    }
}

enum { PIECE = 1 << 14 /* claims that a thread measures at a time */ };

static kiem_status measure_piece(void *context, size_t item, km_error *error) {
    const km_scorer *scorer = context;
    const size_t first = item * PIECE, left = scorer->count - first;
    (void)error;
    km_peers_measure(scorer, scorer->claims + first, left < PIECE ? left : PIECE, scorer->distances + first);
    return KIEM_OK;
}

kiem_status km_peers_fit(km_scorer *scorer, km_error *error) {
    KM_TRY(part_into_strata(scorer, error));
    KM_TRY(part_into_groups(scorer, error));
    if (!scorer->group_count) return KIEM_OK;
    KM_TRY(fit_groups(scorer, error));
    const uint32_t count = (uint32_t)scorer->group_count;
    for (uint32_t i = 0; i < count; i++) shrink_group(scorer, i);
    for (uint32_t i = 0; i < count; i++) settle_group(scorer, i);
    km_peers_measure(scorer, scorer->sample, scorer->past.sampled, scorer->distances + scorer->count);
    return km_together(scorer->threads, (scorer->count + PIECE - 1) / PIECE, measure_piece, scorer, error);
}

/* ---- finding the group of a claim that was not there when they were made */

static uint32_t group_for(const km_scorer *scorer, const km_peer_stratum *near, uint32_t key) {
    uint32_t number = near->group;
    while (number != KM_NO_GROUP) {
        const km_peer_group *group = &scorer->groups[number];
        if (km_peer_group_key(group->key, group->from) == km_peer_group_key(key, group->from)) break;
        number = group->parent == KM_NO_PARENT ? KM_NO_GROUP : group->parent;
    }
    return number;
}

/* Of the groups that the neighbours in the order of keys are in, the finest that has the claim's own key. */
uint32_t km_peers_find(const km_scorer *scorer, uint32_t key) {
    size_t at;
    uint32_t found = KM_NO_GROUP;
    KM_BISECT(at, scorer->stratum_count, scorer->strata[at].key < key);
    for (size_t i = at ? at - 1 : at; i <= at && i < scorer->stratum_count; i++) {
        const uint32_t group = group_for(scorer, &scorer->strata[i], key);
        if (group == KM_NO_GROUP) continue;
        if (found == KM_NO_GROUP || scorer->groups[group].from > scorer->groups[found].from) found = group;
    }
    return found;
}
