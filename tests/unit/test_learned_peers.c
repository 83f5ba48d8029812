#include <math.h>

#include "engine/learned_peers.h"
#include "support/claims.h"
#include "support/test.h"

#define FIELDS                                                                                               \
    "MA_LK|MA_LOAI_KCB|MA_BENH_CHINH|T_TONGCHI_BV|T_TONGCHI_BH|T_BHTT|T_THUOC|T_VTYT|SO_NGAY_DTRI|MA_CSKCB"

static const km_place_tables nowhere;

/* A stay: costs and days are scattered about those of its diagnosis, drugs and supplies about the costs.
 * `times` is how much dearer than that it is. */
static void add_claim(km_batch *batch, uint64_t *seed, unsigned number, double times) {
    static const char *const codes[] = {"I10", "J18", "K35"};
    km_error error;
    char row[200];
    double normal = 0;
    for (int i = 0; i < 12; i++) normal += (double)(test_random(seed) % 1000) / 1000 - .5;
    const unsigned kind = (unsigned)(test_random(seed) % 3);
    const unsigned days = 1 + kind + (unsigned)(test_random(seed) % 5);
    const double cost = times * 1e6 * (kind + 1) * days * exp(.35 * normal);
    snprintf(row, sizeof row, "K%u|03|%s|%.0f|%.0f|%.0f|%.0f|%.0f|%u|79%03u", number, codes[kind], cost, cost,
             .8 * cost, cost * (.2 + .001 * (double)(test_random(seed) % 200)),
             cost * (.05 + .001 * (double)(test_random(seed) % 50)), days,
             (unsigned)(test_random(seed) % 30));
    TEST_OK(test_claims_row(batch, FIELDS, row), &error);
}

static void make_claims(km_batch *batch, unsigned first, unsigned count, double times) {
    km_error error;
    TEST_OK(test_claims_init(batch, FIELDS, &error), &error);
    for (unsigned i = first; i < first + count; i++) {
        uint64_t seed = i;
        add_claim(batch, &seed, i, times);
    }
}

enum { LEARNED = 20000, AT_ONCE = 1000 };

static void learn(km_state *state, unsigned first, unsigned end) {
    km_error error;
    for (unsigned at = first; at < end; at += AT_ONCE) {
        km_batch batch;
        make_claims(&batch, at, at + AT_ONCE < end ? AT_ONCE : end - at, 1);
        TEST_OK(km_learn_claims(state, &batch, NULL, &nowhere, &error), &error);
        km_batch_free(&batch);
    }
}

static void fit_past(km_scorer *scorer, km_state *state) {
    km_error error;
    TEST_OK(km_state_settle(state, &error), &error);
    const km_peer_past past = km_peer_book_past(&state->peers);
    km_scorer_init(scorer, test_mem());
    TEST_OK(km_scorer_start(scorer, &past, &error), &error);
    TEST_OK(km_scorer_fit(scorer, &error), &error);
}

static void judge(const km_scorer *scorer, km_batch *batch) {
    static km_scored room[KM_BATCH_ROWS];
    km_error error;
    TEST_OK(km_scorer_judge(scorer, &nowhere, batch, room, &error), &error);
}

/* Groups of claims that were learned are those of the claims themselves, but for where values lie in their
 * bins. */
static void learned_groups_are_those_of_the_claims(void) {
    static km_scored claims[KM_BATCH_ROWS];
    km_state state;
    km_scorer scorer, direct;
    km_error error;
    km_state_init(&state, test_mem());
    km_scorer_init(&direct, test_mem());
    learn(&state, 0, LEARNED);
    fit_past(&scorer, &state);
    for (unsigned at = 0; at < LEARNED; at += AT_ONCE) {
        km_batch batch;
        make_claims(&batch, at, AT_ONCE, 1);
        batch.base = at;
        km_scorer_read(&batch, &nowhere, claims);
        TEST_OK(km_scorer_add(&direct, claims, batch.rows, &error), &error);
        km_batch_free(&batch);
    }
    TEST_OK(km_scorer_fit(&direct, &error), &error);
    CU_ASSERT_EQUAL_FATAL(scorer.group_count, direct.group_count);
    CU_ASSERT_TRUE(scorer.group_count >= 4);
    for (size_t g = 0; g < scorer.group_count; g++) {
        const km_peer_group *a = &scorer.groups[g], *b = &direct.groups[g];
        CU_ASSERT_EQUAL(a->key, b->key);
        CU_ASSERT_EQUAL(a->count, b->count);
        CU_ASSERT_EQUAL(scorer.strata[a->stratum_end].first, 0);
        for (int f = 0; f < KM_FEATURE_COUNT; f++) {
            const double bin = 1.0 / (double)km_feature_scale((km_feature)f).per_unit;
            CU_ASSERT_EQUAL(a->known[f], b->known[f]);
            CU_ASSERT_DOUBLE_EQUAL(a->median[f], b->median[f], 1.001 * bin);
            if (b->known[f])
                CU_ASSERT_DOUBLE_EQUAL(scorer.scales[g].inverse[f], direct.scales[g].inverse[f],
                                       .02 * (double)direct.scales[g].inverse[f]);
        }
        CU_ASSERT_DOUBLE_EQUAL(a->tail_from, b->tail_from, .15);
        CU_ASSERT_DOUBLE_EQUAL(a->tail_scale, b->tail_scale, .05 * (double)b->tail_scale);
    }
    km_scorer_free(&direct);
    km_scorer_free(&scorer);
    km_state_free(&state);
}

/* Of claims that come one at a time as many are flagged as the rate allows, and those that are dear are. */
static void single_claims_keep_the_rate(void) {
    km_state state;
    km_scorer scorer;
    int flagged = 0, found = 0;
    km_state_init(&state, test_mem());
    learn(&state, 0, LEARNED);
    fit_past(&scorer, &state);
    for (unsigned round = 0; round < 20; round++) {
        km_batch usual, dear;
        make_claims(&usual, LEARNED + round * AT_ONCE, AT_ONCE, 1);
        make_claims(&dear, round * 10, 10, 40);
        judge(&scorer, &usual);
        judge(&scorer, &dear);
        for (uint32_t i = 0; i < usual.rows; i++)
            flagged += km_batch_int(&usual, KM_CLAIM_q_value, i, 0) <= KM_SCORER_FDR;
        for (uint32_t i = 0; i < dear.rows; i++) {
            found += km_batch_int(&dear, KM_CLAIM_q_value, i, 0) <= KM_SCORER_FDR;
            CU_ASSERT_TRUE(km_batch_int(&dear, KM_CLAIM_score, i, 0) > 990000);
            CU_ASSERT_TRUE(km_batch_int(&dear, KM_CLAIM_peers, i, 0) > 5000);
            CU_ASSERT_TRUE(km_batch_int(&dear, KM_CLAIM_excess, i, 0) > 500000 * 100);
        }
        km_batch_free(&usual);
        km_batch_free(&dear);
    }
    if (flagged > 2 || found < 190)
        fprintf(stderr, "%d of 20,000 flagged, %d of 200 found\n", flagged, found);
    CU_ASSERT_TRUE(flagged <= 2);
    CU_ASSERT_TRUE(found >= 190);
    km_scorer_free(&scorer);
    km_state_free(&state);
}

/* A claim is compared where others with its key would be, its diagnosis known or not. */
static void unseen_keys_find_their_group(void) {
    static const struct {
        const char *row, *inner;
        int64_t peers; /* 0: none */
    } cases[] = {{"A|03|I10|1000000|1000000|800000|1|1|3|79001", "its own diagnosis", 1},
                 {"A|03|I11|1000000|1000000|800000|1|1|3|79001", "its letter", 1},
                 {"A|03|Z99|1000000|1000000|800000|1|1|3|79001", "its kind", LEARNED},
                 {"A|04|I10|1000000|1000000|800000|1|1|3|79001", "its care", LEARNED},
                 {"A|01|I10|1000000|1000000|800000|1|1|3|79001", "none", 0}};
    km_state state;
    km_scorer scorer;
    km_state_init(&state, test_mem());
    learn(&state, 0, LEARNED);
    fit_past(&scorer, &state);
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        km_batch batch;
        km_error error;
        TEST_OK(test_claims(&batch, FIELDS, &cases[c].row, 1, &error), &error);
        judge(&scorer, &batch);
        const int64_t peers = km_batch_int(&batch, KM_CLAIM_peers, 0, 0);
        const bool good =
            cases[c].peers == 1 ? peers > LEARNED / 4 && peers < LEARNED / 2 : peers == cases[c].peers;
        if (!good) fprintf(stderr, "%s: %lld\n", cases[c].inner, (long long)peers);
        CU_ASSERT_TRUE(good);
        CU_ASSERT_EQUAL(km_batch_value(&batch, KM_CLAIM_score, 0).known, peers > 0);
        km_batch_free(&batch);
    }
    km_scorer_free(&scorer);
    km_state_free(&state);
}

/* A few claims have no score by themselves, and one beside those that were learned. */
static void few_claims_are_compared_with_the_past(void) {
    static km_scored claims[KM_BATCH_ROWS];
    for (int with_past = 0; with_past < 2; with_past++) {
        km_state state;
        km_scorer scorer;
        km_batch batch;
        km_error error;
        km_peers_shared shared = {0};
        km_state_init(&state, test_mem());
        km_scorer_init(&scorer, test_mem());
        learn(&state, 0, 3000);
        TEST_OK(km_state_settle(&state, &error), &error);
        make_claims(&batch, 5000, 20, 1);
        km_peers_share(&state.peers, &batch, &shared);
        CU_ASSERT_EQUAL(shared.could, 20);
        CU_ASSERT_EQUAL(shared.are, 0);
        if (with_past) TEST_OK(km_peers_start(&state.peers, &shared, &scorer, &error), &error);
        km_scorer_read(&batch, &nowhere, claims);
        TEST_OK(km_scorer_add(&scorer, claims, batch.rows, &error), &error);
        TEST_OK(km_scorer_fit(&scorer, &error), &error);
        TEST_OK(km_scorer_attach(&scorer, &batch, &error), &error);
        for (uint32_t i = 0; i < batch.rows; i++) {
            CU_ASSERT_EQUAL(km_batch_value(&batch, KM_CLAIM_score, i).known, with_past);
            CU_ASSERT_EQUAL(km_batch_int(&batch, KM_CLAIM_peers, i, 0) > 800, with_past);
        }
        km_batch_free(&batch);
        km_scorer_free(&scorer);
        km_state_free(&state);
    }
}

/* A file that was learned and is checked again is not its own peer. */
static void the_same_claims_count_once(void) {
    static const struct {
        unsigned first, end;
        bool counts;
    } cases[] = {{0, 900, false}, {500, 1400, false}, {700, 1600, true}, {1000, 1900, true}};
    km_state state;
    km_error error;
    km_state_init(&state, test_mem());
    learn(&state, 0, 1000);
    TEST_OK(km_state_settle(&state, &error), &error);
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        km_peers_shared shared = {0};
        km_scorer scorer;
        km_batch batch;
        make_claims(&batch, cases[c].first, cases[c].end - cases[c].first, 1);
        km_peers_share(&state.peers, &batch, &shared);
        CU_ASSERT_EQUAL(shared.are, cases[c].first < 1000
                                        ? (cases[c].end < 1000 ? cases[c].end : 1000) - cases[c].first
                                        : 0);
        km_scorer_init(&scorer, test_mem());
        TEST_OK(km_peers_start(&state.peers, &shared, &scorer, &error), &error);
        CU_ASSERT_EQUAL(scorer.past.sampled > 0, cases[c].counts);
        km_scorer_free(&scorer);
        km_batch_free(&batch);
    }
    km_state_free(&state);
}

typedef struct attempt {
    km_state state;
    km_batch batch;
} attempt;

static kiem_status try_past(void *context) {
    attempt *at = context;
    static km_scored room[KM_BATCH_ROWS];
    const km_peer_past past = km_peer_book_past(&at->state.peers);
    km_scorer scorer;
    km_scorer_init(&scorer, test_mem());
    kiem_status status = km_scorer_start(&scorer, &past, NULL);
    if (status == KIEM_OK) status = km_scorer_fit(&scorer, NULL);
    if (status == KIEM_OK) status = km_scorer_judge(&scorer, &nowhere, &at->batch, room, NULL);
    km_scorer_free(&scorer);
    return status;
}

static kiem_status try_learning(void *context) {
    attempt *at = context;
    km_state state;
    km_state_init(&state, test_mem());
    kiem_status status = km_learn_claims(&state, &at->batch, NULL, &nowhere, NULL);
    CU_ASSERT_EQUAL(state.peers.claims, status == KIEM_OK ? at->batch.rows : 0);
    if (status == KIEM_OK) status = km_state_settle(&state, NULL);
    km_state_free(&state);
    return status;
}

static void running_out_of_memory_is_a_status(void) {
    attempt at;
    km_error error;
    km_state_init(&at.state, test_mem());
    learn(&at.state, 0, 200);
    TEST_OK(km_state_settle(&at.state, &error), &error);
    make_claims(&at.batch, 0, 30, 1);
    judge(&(km_scorer){.mem = test_mem(), .fitted = true}, &at.batch); /* its columns are there already */
    CU_ASSERT_TRUE(test_out_of_memory(try_past, &at) > 5);
    CU_ASSERT_TRUE(test_out_of_memory(try_learning, &at) > 5);
    km_batch_free(&at.batch);
    km_state_free(&at.state);
}

TEST_MAIN("learned_peers", {"learned groups are those of the claims", learned_groups_are_those_of_the_claims},
          {"single claims keep the rate", single_claims_keep_the_rate},
          {"unseen keys find their group", unseen_keys_find_their_group},
          {"few claims are compared with the past", few_claims_are_compared_with_the_past},
          {"the same claims count once", the_same_claims_count_once},
          {"running out of memory is a status", running_out_of_memory_is_a_status})
