#include "score/claim/scorer.h"

#include <string.h>

#include "base/decimal.h"
#include "base/sort.h"
#include "score/claim/peer_fit.h"
#include "score/claim/tail.h"

void km_scorer_init(km_scorer *scorer, const km_mem *mem) {
    *scorer = (km_scorer){.mem = mem, .fdr = KM_SCORER_FDR};
    km_key_places_init(&scorer->expected, mem);
}

void km_scorer_free(km_scorer *scorer) {
    km_free(scorer->mem, scorer->claims, scorer->capacity * sizeof *scorer->claims);
    km_key_places_free(&scorer->expected);
    km_free(scorer->mem, scorer->sample, scorer->sample_capacity * sizeof *scorer->sample);
    km_free(scorer->mem, scorer->strata, scorer->stratum_capacity * sizeof *scorer->strata);
    km_free(scorer->mem, scorer->groups, scorer->group_capacity * sizeof *scorer->groups);
    km_free(scorer->mem, scorer->scales, scorer->scale_capacity * sizeof *scorer->scales);
    km_free(scorer->mem, scorer->scores, (KM_ODDNESS_MAX + 1) * sizeof *scorer->scores);
    km_free(scorer->mem, scorer->q_values, KM_ODDNESS_STRETCHES * sizeof *scorer->q_values);
    km_free(scorer->mem, scorer->standings, scorer->standing_count * sizeof *scorer->standings);
    km_scorer_init(scorer, scorer->mem);
}

/* The columns of the key. */
typedef struct key_reader {
    const km_place_tables *places;
    km_kind kind;
    km_cells icd, facility, out;
} key_reader;

static key_reader key_reader_of(const km_batch *batch, const km_place_tables *places) {
    return (key_reader){.places = places,
                        .kind = km_batch_kind(batch),
                        .icd = km_batch_cells(batch, KM_CLAIM_MA_BENH_CHINH),
                        .facility = km_batch_cells(batch, KM_CLAIM_MA_CSKCB),
                        .out = km_batch_cells(batch, KM_CLAIM_NGAY_RA)};
}

static uint32_t key_at(const key_reader *from, uint32_t row) {
    const uint64_t facility = (uint64_t)km_cells_value(&from->facility, row);
    const km_day day = km_day_of((km_minute)km_cells_value(&from->out, row));
    const uint32_t tier = km_place_tier(from->places, facility, day);
    return km_peer_key(km_kind_code(&from->kind, row), (uint64_t)km_cells_value(&from->icd, row), tier);
}

void km_scorer_read(const km_batch *batch, const km_place_tables *places, km_scored *out) {
    const km_feature_reader reader = km_feature_reader_of(batch, places);
    const key_reader keys = key_reader_of(batch, places);
    for (uint32_t row = 0; row < batch->rows; row++) {
        km_scored *claim = &out[row];
        km_features_read(&reader, row, &claim->features);
        claim->key = key_at(&keys, row);
        claim->group = KM_NO_GROUP;
        claim->id = km_batch_id(batch, row);
    }
}

kiem_status km_scorer_expect(km_scorer *scorer, const km_batch *batch, const km_place_tables *places,
                             km_error *error) {
    const key_reader keys = key_reader_of(batch, places);
    if (scorer->fitted || scorer->claims)
        return km_fail(error, KIEM_E_ARGUMENT, "the scorer has claims already");
    for (uint32_t row = 0; row < batch->rows; row++) {
        if (!km_key_places_count(&scorer->expected, key_at(&keys, row))) return km_nomem(error);
    }
    return KIEM_OK;
}

static kiem_status make_room(km_scorer *scorer, km_error *error) {
    const size_t total = scorer->expected.total;
    km_scored *claims = km_alloc_array(scorer->mem, total, sizeof *claims);
    if (!claims) return km_nomem(error);
    if (!km_key_places_settle(&scorer->expected)) {
        km_free(scorer->mem, claims, total * sizeof *claims);
        return km_nomem(error);
    }
    scorer->claims = claims;
    scorer->capacity = total;
    return KIEM_OK;
}

/* Places are far apart, so the lines of some claims are asked for before one is put there. */
static kiem_status put_in_place(km_scorer *scorer, const km_scored *claims, size_t count, km_error *error) {
    enum { TOGETHER = 32 };
    km_scored *places[TOGETHER];
    for (size_t first = 0, some; first < count; first += some) {
        some = count - first < TOGETHER ? count - first : TOGETHER;
        for (size_t i = 0; i < some; i++) {
            const size_t place = km_key_places_next(&scorer->expected, claims[first + i].key);
            if (place == SIZE_MAX) return km_fail(error, KIEM_E_ARGUMENT, "a claim was not expected");
            places[i] = &scorer->claims[place];
            KM_PREFETCH(places[i]);
            KM_PREFETCH(&places[i]->group);
        }
        for (size_t i = 0; i < some; i++) *places[i] = claims[first + i];
    }
    scorer->count += count;
    return KIEM_OK;
}

static void note_ids(km_scorer *scorer, const km_scored *claims, size_t count) {
    if (!scorer->count && count) scorer->first_id = scorer->last_id = claims[0].id;
    for (size_t i = 0; i < count; i++) {
        if (claims[i].id < scorer->first_id) scorer->first_id = claims[i].id;
        if (claims[i].id > scorer->last_id) scorer->last_id = claims[i].id;
    }
}

kiem_status km_scorer_add(km_scorer *scorer, const km_scored *claims, size_t count, km_error *error) {
    if (scorer->fitted) return km_fail(error, KIEM_E_ARGUMENT, "the scorer is already fitted");
    note_ids(scorer, claims, count);
    if (scorer->expected.total) {
        if (!scorer->claims) KM_TRY(make_room(scorer, error));
        return put_in_place(scorer, claims, count, error);
    }
    if (!km_grow(scorer->mem, (void **)&scorer->claims, &scorer->capacity, scorer->count + count,
                 sizeof *scorer->claims)) {
        return km_nomem(error);
    }
    if (count) memcpy(scorer->claims + scorer->count, claims, count * sizeof *claims);
    scorer->count += count;
    return KIEM_OK;
}

/* ---- fitting */

static uint64_t key_of(const void *claim) {
    return ((const km_scored *)claim)->key;
}

kiem_status km_scorer_start(km_scorer *scorer, const km_peer_past *past, km_error *error) {
    if (scorer->fitted) return km_fail(error, KIEM_E_ARGUMENT, "the scorer is already fitted");
    if (!km_grow(scorer->mem, (void **)&scorer->sample, &scorer->sample_capacity, past->sampled,
                 sizeof *scorer->sample)) {
        return km_nomem(error);
    }
    for (size_t i = 0; i < past->sampled; i++) {
        km_scored *claim = &scorer->sample[i];
        *claim = (km_scored){.id = i, .key = past->sample[i].key, .group = KM_NO_GROUP};
        km_note_features(&past->sample[i], &claim->features);
    }
    if (!km_sort_array(scorer->mem, (void **)&scorer->sample, &scorer->sample_capacity, past->sampled,
                       sizeof *scorer->sample, key_of)) {
        return km_nomem(error);
    }
    scorer->past = *past;
    return KIEM_OK;
}

/* The parts of the cost that are held against their own usual. */
enum { PARTS = 3 };
static const km_feature part_feature[PARTS] = {KM_FEATURE_DRUGS_PER_DAY, KM_FEATURE_SUPPLIES_PER_DAY,
                                               KM_FEATURE_SERVICES_PER_DAY};

km_claim_standing km_scorer_standing(const km_scorer *scorer, const km_scored *claim, float distance) {
    km_claim_standing standing = {.group = claim->group};
    if (claim->group == KM_NO_GROUP) return standing;
    standing.oddness = (uint16_t)km_tail_oddness(&scorer->groups[claim->group], distance);
    for (int i = 0; i < PARTS; i++) {
        if (km_scorer_above(scorer, claim, part_feature[i]) >= 1) standing.parts |= (uint16_t)(1u << i);
    }
    return standing;
}

/* Claims stay in the order of their keys; judging reads what it needs of them in the order of their rows. */
static kiem_status make_standings(km_scorer *scorer, km_error *error) {
    const uint64_t span = scorer->last_id - scorer->first_id;
    if (!scorer->count) return KIEM_OK;
    if (span >= UINT32_MAX) return km_fail(error, KIEM_E_RANGE, "row numbers span more than 4,294,967,295");
    scorer->standings = km_alloc_zero(scorer->mem, (span + 1) * sizeof *scorer->standings);
    if (!scorer->standings) return km_nomem(error);
    scorer->standing_count = span + 1;
    return KIEM_OK;
}

static void forget_standings(km_scorer *scorer) {
    km_free(scorer->mem, scorer->standings, scorer->standing_count * sizeof *scorer->standings);
    scorer->standings = NULL;
    scorer->standing_count = 0;
}

static kiem_status fit(km_scorer *scorer, km_error *error) {
    KM_TRY(make_standings(scorer, error));
    KM_TRY(km_peers_fit(scorer, error));
    return km_tails_fit(scorer, error);
}

kiem_status km_scorer_fit(km_scorer *scorer, km_error *error) {
    enum { THREADS_MAX = 16 /* each has its own counts */ };
    if (scorer->threads < 1) scorer->threads = 1;
    if (scorer->threads > THREADS_MAX) scorer->threads = THREADS_MAX;
    if (scorer->fitted) return km_fail(error, KIEM_E_ARGUMENT, "the scorer is already fitted");
    if (scorer->count > UINT32_MAX - 1) {
        return km_fail(error, KIEM_E_RANGE, "more than 4,294,967,294 claims to score");
    }
    if (scorer->expected.total && scorer->count != scorer->expected.total)
        return km_fail(error, KIEM_E_ARGUMENT, "claims that were expected did not come");
    if (!scorer->expected.total && !km_sort_array(scorer->mem, (void **)&scorer->claims, &scorer->capacity,
                                                  scorer->count, sizeof *scorer->claims, key_of)) {
        return km_nomem(error);
    }
    const size_t distances = scorer->count + scorer->past.sampled;
    scorer->distances = km_alloc_array(scorer->mem, distances, sizeof *scorer->distances);
    const kiem_status status = scorer->distances ? fit(scorer, error) : km_nomem(error);
    km_free(scorer->mem, scorer->distances, distances * sizeof *scorer->distances);
    scorer->distances = NULL;
    scorer->fitted = status == KIEM_OK;
    if (!scorer->fitted) forget_standings(scorer);
    return status;
}

/* ---- results */

const km_scored *km_scorer_find(const km_scorer *scorer, uint64_t id) {
    const uint64_t at = id - scorer->first_id;
    const uint32_t place = at < scorer->standing_count ? scorer->standings[at].place : 0;
    return place ? &scorer->claims[place - 1] : NULL;
}

const km_peer_group *km_scorer_group(const km_scorer *scorer, const km_scored *claim) {
    return claim->group == KM_NO_GROUP ? NULL : &scorer->groups[claim->group];
}

/* ---- money */

/* The columns money above the peers is worked out from. */
typedef struct excess_reader {
    km_feature_reader features;
    km_cells fund;
} excess_reader;

static int64_t above(int64_t amount, int64_t usual) {
    return amount > usual ? amount - usual : 0;
}

/* What a part of the cost comes to beyond the usual of a day. */
static int64_t part_above(int64_t amount, int64_t usual_per_day, int64_t days) {
    if (amount <= 0 || usual_per_day > amount / days) return 0;
    return amount - usual_per_day * days;
}

/* The whole cost above the usual or the sum of those parts above theirs that stand out, whichever is more, as
 * far as the fund bears the cost. */
static int64_t excess_of(const km_scorer *scorer, const km_claim_standing *standing,
                         const excess_reader *reader, uint32_t row) {
    const km_peer_group *group = &scorer->groups[standing->group];
    const km_feature_reader *from = &reader->features;
    const int64_t days = km_feature_days(from, row), total = km_total_int(&from->total, row, 0);
    if (total <= 0) return 0;
    const int64_t drugs = km_cells_value(&from->drugs, row), supplies = km_cells_value(&from->supplies, row);
    const int64_t services = km_cells_int(&from->hospital_total, row, total) - drugs - supplies;
    const int64_t amount[PARTS] = {drugs, supplies, services};
    const int64_t usual[PARTS] = {group->usual_drugs, group->usual_supplies, group->usual_services};
    int64_t parts = 0;
    for (int i = 0; i < PARTS; i++)
        parts += standing->parts >> i & 1 ? part_above(amount[i], usual[i], days) : 0;
    const int64_t whole = above(total, group->usual_cost);
    if (parts < whole) parts = whole;
    if (parts > total) parts = total;
    return (int64_t)((km_int128)km_cells_value(&reader->fund, row) * parts / total);
}

static kiem_status add_columns(const km_scorer *scorer, km_batch *batch, km_error *error) {
    static const int added[] = {KM_CLAIM_score, KM_CLAIM_q_value, KM_CLAIM_peers, KM_CLAIM_excess,
                                KM_CLAIM_fdr};
    if (!scorer->fitted) return km_fail(error, KIEM_E_ARGUMENT, "the scorer is not fitted");
    for (size_t i = 0; i < sizeof added / sizeof added[0]; i++)
        KM_TRY(km_batch_add_column(batch, added[i], error));
    return KIEM_OK;
}

static const km_claim_standing *standing_at(const km_scorer *scorer, uint64_t id) {
    static const km_claim_standing none = {.group = KM_NO_GROUP};
    const uint64_t at = id - scorer->first_id;
    return at < scorer->standing_count && scorer->standings[at].place ? &scorer->standings[at] : &none;
}

static void put_row(const km_scorer *scorer, const km_claim_standing *standing, const excess_reader *reader,
                    km_batch *batch, uint32_t row) {
    km_column_put(&batch->column[KM_CLAIM_fdr], 8, row, scorer->fdr);
    if (standing->group == KM_NO_GROUP) return;
    const km_peer_group *group = &scorer->groups[standing->group];
    km_column_put(&batch->column[KM_CLAIM_score], 8, row, scorer->scores[standing->oddness]);
    if (km_peer_group_tells(group)) {
        km_column_put(&batch->column[KM_CLAIM_q_value], 8, row,
                      scorer->q_values[standing->oddness / KM_ODDNESS_STRETCH]);
    }
    km_column_put(&batch->column[KM_CLAIM_peers], 4, row, group->count);
    if (km_total_int(&reader->features.total, row, 0) <= 0 || !km_cells_known(&reader->fund, row)) return;
    km_column_put(&batch->column[KM_CLAIM_excess], 8, row, excess_of(scorer, standing, reader, row));
}

static excess_reader excess_reader_of(const km_batch *batch) {
    return (excess_reader){km_feature_reader_of(batch, NULL), km_batch_cells(batch, KM_CLAIM_T_BHTT)};
}

kiem_status km_scorer_attach(const km_scorer *scorer, km_batch *batch, km_error *error) {
    KM_TRY(add_columns(scorer, batch, error));
    const excess_reader reader = excess_reader_of(batch);
    for (uint32_t row = 0; row < batch->rows; row++)
        put_row(scorer, standing_at(scorer, km_batch_id(batch, row)), &reader, batch, row);
    return KIEM_OK;
}

kiem_status km_scorer_judge(const km_scorer *scorer, const km_place_tables *places, km_batch *batch,
                            km_scored *room, km_error *error) {
    float distances[KM_BATCH_ROWS];
    KM_TRY(add_columns(scorer, batch, error));
    const excess_reader reader = excess_reader_of(batch);
    if (!scorer->group_count) return KIEM_OK;
    km_scorer_read(batch, places, room);
    for (uint32_t row = 0; row < batch->rows; row++) room[row].group = km_peers_find(scorer, room[row].key);
    km_peers_measure(scorer, room, batch->rows, distances);
    for (uint32_t row = 0; row < batch->rows; row++) {
        const km_claim_standing standing = km_scorer_standing(scorer, &room[row], distances[row]);
        put_row(scorer, &standing, &reader, batch, row);
    }
    return KIEM_OK;
}
