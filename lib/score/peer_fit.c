#include "score/peer_fit.h"

#include <math.h>

#include "base/log2.h"
#include "score/log2f.h"
#include "score/sketch.h"
#include "score/tail.h"

/* Percentiles that tell how far the upper side reaches, and where they lie in a normal body. The last two are
 * asked only where the others find hardly any spread: a sum that nearly all peers lack, say, is rare but not
 * as odd as its size. */
enum { QUANTILES = 6, COMMON = 4 };
static const double QUANTILE[QUANTILES] = {0.5, 0.75, 0.9, 0.97, 0.99, 0.997};
static const double NORMAL[QUANTILES] = {
    0, 0.6744897501960817, 1.2815515655446004, 1.880793608151251, 2.3263478740408408, 2.7477813854449926};

/* ---- bins */

static km_scale scale_of(km_feature feature) {
    const km_feature_info *about = km_feature_about(feature);
    switch (about->unit) {
    case KM_UNIT_MONEY: return (km_scale){km_log2f(about->offset), 32, false};
    case KM_UNIT_SHARE: return (km_scale){0, 1024, false};
    case KM_UNIT_TIMES: return (km_scale){-24, 32, false};
    case KM_UNIT_COUNT:
    case KM_UNIT_YES:
    case KM_UNIT_PLACE: break;
    }
    return (km_scale){0, 1, true};
}

/* ---- one group after the other, each after its parent */

/* Sketches of the groups at work: one set for each group that is open. */
typedef struct workshop {
    km_scorer *scorer;
    km_scale scale[KM_FEATURE_COUNT];
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

static void count_claims(const workshop *shop, km_sketch *sketches, size_t first, size_t end,
                         uint32_t group) {
    km_scored *claims = shop->scorer->claims;
    for (size_t i = first; i < end; i++) {
        const float *value = claims[i].features.value;
        claims[i].group = group;
        for (int f = 0; f < KM_FEATURE_COUNT; f++) {
            if (value[f] == value[f]) km_sketch_add(&sketches[f], &shop->scale[f], value[f]);
        }
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
    const uint32_t key = km_peer_group_key(scorer->claims[first].key, level);
    size_t at = first + 1;
    while (at < end && km_peer_group_key(scorer->claims[at].key, level) == key) at++;
    return at;
}

/* The group of the claims first..end - 1 and all groups within it; its sketches are left in open[depth]. A
 * group all of whose members share a finer key stands for that finer group. */
static kiem_status fit_group(workshop *shop, int depth, km_peer_level level, size_t first, size_t end,
                             uint32_t parent, km_error *error) {
    km_scorer *scorer = shop->scorer;
    km_sketch *own = shop->open[depth];
    const uint32_t key = scorer->claims[first].key, last = scorer->claims[end - 1].key;
    while (level < KM_PEER_TIER && km_peer_group_key(key, level + 1) == km_peer_group_key(last, level + 1))
        level++;
    const uint32_t number = (uint32_t)scorer->group_count;
    const km_peer_group group = {.key = key,
                                 .level = level,
                                 .first = (uint32_t)first,
                                 .count = (uint32_t)(end - first),
                                 .parent = parent};
    KM_TRY(add_group(scorer, &group, error));
    for (int f = 0; f < KM_FEATURE_COUNT; f++) km_sketch_clear(&own[f], &shop->scale[f]);
    for (size_t at = first, next; at < end; at = next) {
        next = level < KM_PEER_TIER ? stretch_end(scorer, level + 1, at, end) : end;
        if (level == KM_PEER_TIER || next - at < KM_PEERS_MIN) {
            count_claims(shop, own, at, next, number);
            continue;
        }
        KM_TRY(fit_group(shop, depth + 1, level + 1, at, next, number, error));
        for (int f = 0; f < KM_FEATURE_COUNT; f++)
            km_sketch_merge(&own[f], &shop->scale[f], &shop->open[depth + 1][f]);
    }
    describe(shop, own, number);
    return KIEM_OK;
}

static kiem_status fit_groups(km_scorer *scorer, km_error *error) {
    kiem_status status = KIEM_OK;
    workshop *shop = km_alloc_zero(scorer->mem, sizeof *shop);
    if (!shop) return km_nomem(error);
    shop->scorer = scorer;
    for (int f = 0; f < KM_FEATURE_COUNT; f++) shop->scale[f] = scale_of((km_feature)f);
    for (size_t first = 0, end; first < scorer->count && status == KIEM_OK; first = end) {
        end = stretch_end(scorer, KM_PEER_CARE, first, scorer->count);
        if (end - first < KM_PEERS_MIN) continue;
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
        own->inverse[f] = (float)(sure * (double)own->inverse[f] + (1 - sure) * (double)parent->inverse[f]);
    }
}

static bool known_anywhere(const km_scorer *scorer, const km_peer_group *group, int feature) {
    while (!group->known[feature] && group->parent != KM_NO_PARENT) group = &scorer->groups[group->parent];
    return group->known[feature] > 0;
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
        scale->inverse[f] = known_anywhere(scorer, group, f) ? 1.0f / scale->inverse[f] : 0.0f;
    group->usual_cost = usual_money(scale, KM_FEATURE_COST);
    group->usual_drugs = usual_money(scale, KM_FEATURE_DRUGS_PER_DAY);
    group->usual_supplies = usual_money(scale, KM_FEATURE_SUPPLIES_PER_DAY);
    group->usual_services = usual_money(scale, KM_FEATURE_SERVICES_PER_DAY);
}

/* ---- distances */

static void measure(km_scorer *scorer) {
    enum { CHUNK = 1024 };
    static const float no_low[KM_PEER_FEATURES] = {0};
    const km_outlier_kernel *kernel = km_outlier_best_kernel();
    uint32_t group[CHUNK];
    float distance[CHUNK];
    for (size_t first = 0; first < scorer->count; first += CHUNK) {
        km_scored *claims = scorer->claims + first;
        const size_t count = scorer->count - first < CHUNK ? scorer->count - first : CHUNK;
        const km_peer_rows rows = {claims, sizeof *claims, group, count, scorer->scales, no_low};
        for (size_t i = 0; i < count; i++) group[i] = claims[i].group == KM_NO_GROUP ? 0 : claims[i].group;
        kernel->peers(&rows, distance);
        for (size_t i = 0; i < count; i++) claims[i].distance = km_tail_distance(distance[i]);
    }
}

kiem_status km_peers_fit(km_scorer *scorer, km_error *error) {
    scorer->group_count = 0;
    for (size_t i = 0; i < scorer->count; i++) scorer->claims[i].group = KM_NO_GROUP;
    KM_TRY(fit_groups(scorer, error));
    if (!scorer->group_count) return KIEM_OK;
    const uint32_t count = (uint32_t)scorer->group_count;
    for (uint32_t i = 0; i < count; i++) shrink_group(scorer, i);
    for (uint32_t i = 0; i < count; i++) settle_group(scorer, i);
    measure(scorer);
    return KIEM_OK;
}
