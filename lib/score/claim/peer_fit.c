#include "score/claim/peer_fit.h"

#include <math.h>

#include "base/log2.h"
#include "score/claim/sketch.h"
#include "score/claim/tail.h"
#include "score/log2f.h"

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

/* ---- one group after the other, each after its parent */

/* Sketches of the groups at work: one set for each group that is open. */
typedef struct workshop {
    km_scorer *scorer;
    km_scale scale[KM_FEATURE_COUNT];
    float zero[KM_FEATURE_COUNT], per_unit[KM_FEATURE_COUNT]; /* of these */
    km_sketch open[KM_PEER_LEVELS][KM_FEATURE_COUNT];
} workshop;

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

/* What is counted of some claims, all features side by side. */
typedef struct counted {
    float least[KM_FEATURE_COUNT], most[KM_FEATURE_COUNT];
    uint32_t known[KM_FEATURE_COUNT];
} counted;

static inline void count_values(const workshop *shop, km_sketch *sketches, const float *value, counted *all) {
    uint32_t bin[KM_FEATURE_COUNT], known[KM_FEATURE_COUNT];
    for (int f = 0; f < KM_FEATURE_COUNT; f++) {
        const float own = value[f]; /* NaN is neither less nor more */
        bin[f] = km_sketch_bin_at(shop->zero[f], shop->per_unit[f], own);
        known[f] = own == own;
        all->known[f] += own == own;
        all->least[f] = own < all->least[f] ? own : all->least[f];
        all->most[f] = own > all->most[f] ? own : all->most[f];
    }
    for (int f = 0; f < KM_FEATURE_COUNT; f++) sketches[f].count[bin[f]] += known[f];
}

static void count_claims(const workshop *shop, km_sketch *sketches, const km_peer_stratum *stratum,
                         uint32_t group) {
    km_scored *claims = shop->scorer->claims;
    counted all = {.known = {0}};
    for (int f = 0; f < KM_FEATURE_COUNT; f++) all.least[f] = INFINITY, all.most[f] = -INFINITY;
    km_touched(shop->scorer->mem, (stratum[1].first - stratum[0].first) * sizeof *claims);
    for (size_t i = stratum[0].first; i < stratum[1].first; i++) {
        claims[i].group = group;
        count_values(shop, sketches, claims[i].features.value, &all);
    }
    for (int f = 0; f < KM_FEATURE_COUNT; f++)
        km_sketch_widen(&sketches[f], all.known[f], all.least[f], all.most[f]);
}

static void count_learned(const workshop *shop, km_sketch *sketches, const km_peer_stratum *stratum,
                          uint32_t group) {
    km_scorer *scorer = shop->scorer;
    for (size_t i = stratum[0].sample_first; i < stratum[1].sample_first; i++)
        scorer->sample[i].group = group;
    for (size_t i = stratum[0].count_first; i < stratum[1].count_first; i++) {
        const km_peer_count *count = &scorer->past.counts[i];
        const unsigned f = km_peer_code_feature(count->code), bin = km_peer_code_bin(count->code);
        if (bin < KM_SKETCH_BINS) km_sketch_put(&sketches[f], &shop->scale[f], bin, (uint32_t)count->count);
    }
}

/* Strata first .. end - 1 are compared in this group. */
static void count_strata(const workshop *shop, km_sketch *sketches, size_t first, size_t end,
                         uint32_t group) {
    for (size_t i = first; i < end; i++) {
        km_peer_stratum *stratum = &shop->scorer->strata[i];
        stratum->group = group;
        count_claims(shop, sketches, stratum, group);
        count_learned(shop, sketches, stratum, group);
    }
}

/* The centre, and in the place of the inverse the spread, not yet shrunk. */
static void describe(const workshop *shop, const km_sketch *sketches, uint32_t number) {
    km_peer_group *group = &shop->scorer->groups[number];
    km_peer_scale *scale = &shop->scorer->scales[number];
    for (int f = 0; f < KM_FEATURE_COUNT; f++) {
        float at[QUANTILES] = {0};
        const double floor = (double)km_feature_about((km_feature)f)->floor;
        double spread = 0;
        group->known[f] = (uint32_t)sketches[f].total;
        if (sketches[f].total) km_sketch_quantiles(&sketches[f], &shop->scale[f], QUANTILE, at, QUANTILES);
        for (int i = 1; i < QUANTILES && (i < COMMON || spread < floor / 4); i++)
            spread = fmax(spread, (double)(at[i] - at[0]) / NORMAL[i]);
        group->median[f] = scale->centre[f] = at[0];
        scale->inverse[f] = (float)fmax(spread, floor);
    }
}

static size_t stretch_end(const km_scorer *scorer, km_peer_level level, size_t first, size_t end) {
    const uint32_t key = km_peer_group_key(scorer->strata[first].key, level);
    size_t at = first + 1;
    while (at < end && km_peer_group_key(scorer->strata[at].key, level) == key) at++;
    return at;
}

static km_peer_group group_of(const km_scorer *scorer, km_peer_level from, km_peer_level level, size_t first,
                              size_t end) {
    return (km_peer_group){.key = scorer->strata[first].key,
                           .level = level,
                           .from = from,
                           .count = members_of(scorer, first, end),
                           .stratum = (uint32_t)first,
                           .stratum_end = (uint32_t)end};
}

/* The group of the strata first..end - 1 and all groups within it; its sketches are left in open[depth]. A
 * group all of whose members share a finer key stands for that finer group. */
static kiem_status fit_group(workshop *shop, int depth, km_peer_level from, size_t first, size_t end,
                             uint32_t parent, km_error *error) {
    km_scorer *scorer = shop->scorer;
    km_sketch *own = shop->open[depth];
    km_peer_level level = from;
    const uint32_t key = scorer->strata[first].key, last = scorer->strata[end - 1].key;
    while (level < KM_PEER_TIER && km_peer_group_key(key, level + 1) == km_peer_group_key(last, level + 1))
        level++;
    const uint32_t number = (uint32_t)scorer->group_count;
    km_peer_group group = group_of(scorer, from, level, first, end);
    group.parent = parent;
    KM_TRY(add_group(scorer, &group, error));
    for (int f = 0; f < KM_FEATURE_COUNT; f++) km_sketch_clear(&own[f], &shop->scale[f]);
    for (size_t at = first, next; at < end; at = next) {
        next = level < KM_PEER_TIER ? stretch_end(scorer, level + 1, at, end) : end;
        if (level == KM_PEER_TIER || members_of(scorer, at, next) < KM_PEERS_MIN) {
            count_strata(shop, own, at, next, number);
            continue;
        }
        KM_TRY(fit_group(shop, depth + 1, level + 1, at, next, number, error));
        for (int f = 0; f < KM_FEATURE_COUNT; f++)
            km_sketch_merge(&own[f], &shop->scale[f], &shop->open[depth + 1][f]);
    }
    describe(shop, own, number);
    return KIEM_OK;
}

/* The tail of a kind of care is known from single claims only: those of the run and the sample. */
static bool is_compared(const km_scorer *scorer, size_t first, size_t end) {
    const km_peer_stratum *from = &scorer->strata[first], *to = &scorer->strata[end];
    return to->first - from->first + to->sample_first - from->sample_first >= KM_PEERS_MIN;
}

static kiem_status fit_groups(km_scorer *scorer, km_error *error) {
    kiem_status status = KIEM_OK;
    workshop *shop = km_alloc_zero(scorer->mem, sizeof *shop);
    if (!shop) return km_nomem(error);
    shop->scorer = scorer;
    for (int f = 0; f < KM_FEATURE_COUNT; f++) {
        shop->scale[f] = km_feature_scale((km_feature)f);
        shop->zero[f] = shop->scale[f].zero;
        shop->per_unit[f] = shop->scale[f].per_unit;
    }
    for (size_t first = 0, end; first < scorer->stratum_count && status == KIEM_OK; first = end) {
        end = stretch_end(scorer, KM_PEER_CARE, first, scorer->stratum_count);
        if (is_compared(scorer, first, end))
            status = fit_group(shop, 0, KM_PEER_CARE, first, end, KM_NO_PARENT, error);
    }
    km_free(scorer->mem, shop, sizeof *shop);
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
    return dong > 0 ? dong * 100 : 0;
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

kiem_status km_peers_fit(km_scorer *scorer, km_error *error) {
    scorer->group_count = 0;
    KM_TRY(part_into_strata(scorer, error));
    KM_TRY(fit_groups(scorer, error));
    if (!scorer->group_count) return KIEM_OK;
    const uint32_t count = (uint32_t)scorer->group_count;
    for (uint32_t i = 0; i < count; i++) shrink_group(scorer, i);
    for (uint32_t i = 0; i < count; i++) settle_group(scorer, i);
    km_peers_measure(scorer, scorer->claims, scorer->count, scorer->distances);
    km_peers_measure(scorer, scorer->sample, scorer->past.sampled, scorer->distances + scorer->count);
    return KIEM_OK;
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
    size_t low = 0, high = scorer->stratum_count;
    uint32_t found = KM_NO_GROUP;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (scorer->strata[middle].key < key) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    for (size_t i = low ? low - 1 : low; i <= low && i < scorer->stratum_count; i++) {
        const uint32_t group = group_for(scorer, &scorer->strata[i], key);
        if (group == KM_NO_GROUP) continue;
        if (found == KM_NO_GROUP || scorer->groups[group].from > scorer->groups[found].from) found = group;
    }
    return found;
}
