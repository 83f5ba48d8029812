#include "score/scorer.h"

#include <string.h>

#include "base/sort.h"

void km_scorer_init(km_scorer *scorer, const km_mem *mem) {
    *scorer = (km_scorer){.mem = mem};
}

void km_scorer_free(km_scorer *scorer) {
    km_free(scorer->mem, scorer->claims, scorer->capacity * sizeof *scorer->claims);
    km_free(scorer->mem, scorer->groups, scorer->group_capacity * sizeof *scorer->groups);
    km_rows_free(&scorer->rows);
    km_scorer_init(scorer, scorer->mem);
}

void km_scorer_read(const km_batch *batch, km_scored *out) {
    km_feature_reader reader = km_feature_reader_of(batch);
    km_kind kind = km_batch_kind(batch);
    km_cells icd = km_batch_cells(batch, KM_CLAIM_MA_BENH_CHINH);
    km_cells facility = km_batch_cells(batch, KM_CLAIM_MA_CSKCB);
    for (uint32_t row = 0; row < batch->rows; row++) {
        km_scored *claim = &out[row];
        km_features_read(&reader, row, &claim->features);
        claim->key = km_peer_key(km_kind_care(&kind, row), (uint64_t)km_cells_int(&icd, row, 0));
        claim->group = KM_NO_GROUP;
        claim->score = 0;
        claim->id = km_batch_id(batch, row);
        claim->facility = (uint64_t)km_cells_int(&facility, row, 0);
        claim->total = km_total_int(&reader.total, row, KM_SCORER_NO_TOTAL);
        claim->fund = km_cells_int(&reader.fund, row, 0);
    }
}

kiem_status km_scorer_add(km_scorer *scorer, const km_scored *claims, size_t count, km_error *error) {
    if (scorer->fitted) return km_fail(error, KIEM_E_ARGUMENT, "the scorer is already fitted");
    if (!km_grow(scorer->mem, (void **)&scorer->claims, &scorer->capacity, scorer->count + count,
                 sizeof *scorer->claims)) {
        return km_nomem(error);
    }
    if (count) memcpy(scorer->claims + scorer->count, claims, count * sizeof *claims);
    scorer->count += count;
    return KIEM_OK;
}

/* ---- fitting */

/* Memory for the group at work, grown to the largest. */
typedef struct workshop {
    km_scorer *scorer;
    int32_t *values;
    uint64_t *numbers;
    km_pair *pairs, *spare;
    size_t values_capacity, numbers_capacity, pairs_capacity, spare_capacity;
} workshop;

static bool workshop_reserve(workshop *shop, size_t count) {
    const km_mem *mem = shop->scorer->mem;
    return km_grow(mem, (void **)&shop->values, &shop->values_capacity, count, sizeof *shop->values) &&
           km_grow(mem, (void **)&shop->numbers, &shop->numbers_capacity, count, sizeof *shop->numbers) &&
           km_grow(mem, (void **)&shop->pairs, &shop->pairs_capacity, count, sizeof *shop->pairs) &&
           km_grow(mem, (void **)&shop->spare, &shop->spare_capacity, count, sizeof *shop->spare);
}

static void workshop_free(workshop *shop) {
    const km_mem *mem = shop->scorer->mem;
    km_free(mem, shop->values, shop->values_capacity * sizeof *shop->values);
    km_free(mem, shop->numbers, shop->numbers_capacity * sizeof *shop->numbers);
    km_free(mem, shop->pairs, shop->pairs_capacity * sizeof *shop->pairs);
    km_free(mem, shop->spare, shop->spare_capacity * sizeof *shop->spare);
}

static void fit_group(workshop *shop, km_peer_group *group) {
    const km_scored *members = &shop->scorer->claims[group->first];
    for (int f = 0; f < KM_FEATURE_COUNT; f++) {
        uint32_t count = 0;
        for (uint32_t i = 0; i < group->count; i++) {
            shop->values[count] = members[i].features.value[f];
            count += km_feature_known(&members[i].features, (km_feature)f);
        }
        group->usual[f] =
            km_usual_of(shop->values, count, km_feature_about((km_feature)f)->floor, shop->numbers);
    }
}

/* Ranks all members by distance, but scores only those that have no finer group. */
static void rank_group(workshop *shop, const km_peer_group *group, uint32_t number) {
    km_scored *members = &shop->scorer->claims[group->first];
    uint64_t others = group->count > 1 ? group->count - 1 : 1, less = 0;
    for (uint32_t i = 0; i < group->count; i++)
        shop->pairs[i] = (km_pair){km_robust_distance(group, &members[i].features), i};
    km_sort_pairs(shop->pairs, shop->spare, group->count);
    for (uint32_t i = 0; i < group->count; i++) {
        km_scored *claim = &members[shop->pairs[i].index];
        if (shop->pairs[i].key != shop->pairs[less].key) less = i;
        if (claim->group != KM_NO_GROUP) continue;
        claim->group = number;
        claim->score = (int32_t)(less * KM_SCORE_ONE / others);
    }
}

static kiem_status make_group(workshop *shop, km_peer_level level, size_t first, size_t end,
                              km_error *error) {
    km_scorer *scorer = shop->scorer;
    if (!workshop_reserve(shop, end - first) ||
        !km_grow(scorer->mem, (void **)&scorer->groups, &scorer->group_capacity, scorer->group_count + 1,
                 sizeof *scorer->groups)) {
        return km_nomem(error);
    }
    km_peer_group *group = &scorer->groups[scorer->group_count];
    *group = (km_peer_group){.key = scorer->claims[first].key,
                             .level = level,
                             .first = (uint32_t)first,
                             .count = (uint32_t)(end - first)};
    fit_group(shop, group);
    rank_group(shop, group, (uint32_t)scorer->group_count++);
    return KIEM_OK;
}

/* One pass over the sorted claims: a group for each stretch that is large enough and has claims without one.
 */
static kiem_status fit_level(workshop *shop, km_peer_level level, km_error *error) {
    const km_scorer *scorer = shop->scorer;
    for (size_t first = 0, end; first < scorer->count; first = end) {
        uint32_t key = km_peer_group_key(scorer->claims[first].key, level);
        bool wanted = false;
        for (end = first; end < scorer->count; end++) {
            if (km_peer_group_key(scorer->claims[end].key, level) != key) break;
            wanted |= scorer->claims[end].group == KM_NO_GROUP;
        }
        if (wanted && end - first >= KM_PEERS_MIN) KM_TRY(make_group(shop, level, first, end, error));
    }
    return KIEM_OK;
}

static kiem_status fit_levels(km_scorer *scorer, km_error *error) {
    workshop shop = {.scorer = scorer};
    kiem_status status = KIEM_OK;
    for (int level = 0; level < KM_PEER_LEVELS && status == KIEM_OK; level++)
        status = fit_level(&shop, (km_peer_level)level, error);
    workshop_free(&shop);
    return status;
}

static uint64_t key_of(const void *claim) {
    return ((const km_scored *)claim)->key;
}

kiem_status km_scorer_fit(km_scorer *scorer, km_error *error) {
    if (scorer->fitted) return km_fail(error, KIEM_E_ARGUMENT, "the scorer is already fitted");
    if (scorer->count > UINT32_MAX - 1) {
        return km_fail(error, KIEM_E_RANGE, "more than 4,294,967,294 claims to score");
    }
    if (!km_sort_array(scorer->mem, (void **)&scorer->claims, &scorer->capacity, scorer->count,
                       sizeof *scorer->claims, key_of)) {
        return km_nomem(error);
    }
    for (size_t i = 0; i < scorer->count; i++) scorer->claims[i].group = KM_NO_GROUP;
    scorer->group_count = 0;
    KM_TRY(fit_levels(scorer, error));
    KM_TRY(km_rows_build(&scorer->rows, scorer->mem, scorer->claims, scorer->count, sizeof *scorer->claims,
                         offsetof(km_scored, id), error));
    scorer->fitted = true;
    return KIEM_OK;
}

/* ---- results */

const km_scored *km_scorer_find(const km_scorer *scorer, uint64_t id) {
    uint32_t place = km_rows_find(&scorer->rows, id);
    return place == KM_NO_PLACE ? NULL : &scorer->claims[place];
}

const km_peer_group *km_scorer_group(const km_scorer *scorer, const km_scored *claim) {
    return claim->group == KM_NO_GROUP ? NULL : &scorer->groups[claim->group];
}

kiem_status km_scorer_attach(const km_scorer *scorer, km_batch *batch, km_error *error) {
    if (!scorer->fitted) return km_fail(error, KIEM_E_ARGUMENT, "the scorer is not fitted");
    KM_TRY(km_batch_add_column(batch, KM_CLAIM_score, error));
    KM_TRY(km_batch_add_column(batch, KM_CLAIM_q_value, error));
    KM_TRY(km_batch_add_column(batch, KM_CLAIM_peers, error));
    for (uint32_t row = 0; row < batch->rows; row++) {
        const km_scored *claim = km_scorer_find(scorer, km_batch_id(batch, row));
        const km_peer_group *group = claim ? km_scorer_group(scorer, claim) : NULL;
        if (!group) continue;
        km_column_put(&batch->column[KM_CLAIM_score], 8, row, claim->score);
        km_column_put(&batch->column[KM_CLAIM_peers], 4, row, group->count);
    }
    return KIEM_OK;
}
