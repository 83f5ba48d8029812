/* Kinds of care that are none, or neither a visit nor a stay. */
#include <stdio.h>

#include "score/claim/scorer.h"
#include "support/claims.h"
#include "support/scoring.h"
#include "support/test.h"

#define FIELDS "MA_LOAI_KCB|MA_BENH_CHINH|T_TONGCHI_BH|T_BHTT"

/* 50 claims of two kinds, the first of them dear. */
static void fit_kinds(km_scorer *scorer, km_batch *batch, const char *first, const char *second) {
    km_error error;
    km_scorer_init(scorer, test_mem());
    TEST_OK(test_claims_init(batch, FIELDS, &error), &error);
    for (int i = 0; i < 100; i++) {
        char row[80];
        snprintf(row, sizeof row, "%s|I10|%d|1000000", i % 2 ? second : first, i ? 900000 : 900000000);
        TEST_OK(test_claims_row(batch, FIELDS, row), &error);
    }
    TEST_OK(test_scorer_add(scorer, batch, &error), &error);
    TEST_OK(km_scorer_fit(scorer, &error), &error);
    TEST_OK(km_scorer_attach(scorer, batch, &error), &error);
}

/* Visits and stays without their kinds are no peers that could flag one. */
static void who_has_no_kind_is_not_flagged(void) {
    static const struct {
        const char *first, *second;
        int64_t peers; /* of the dear one */
        bool told;
    } cases[] = {
        {"01", "03", 50, true}, {"10", "11", 50, true},   {"16", "12", 50, true},   {"10", "10", 100, true},
        {"", "", 100, false},   {"17", "17", 100, false}, {"17", "99", 100, false}, {"", "01", 50, false},
        {"0A", "", 100, false}, {"10A", "", 100, false},  {"", "13", 50, false},    {"13", "", 50, true},
    };
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        km_batch batch;
        km_scorer scorer;
        fit_kinds(&scorer, &batch, cases[c].first, cases[c].second);
        const km_value q = km_batch_value(&batch, KM_CLAIM_q_value, 0);
        const int64_t peers = km_batch_int(&batch, KM_CLAIM_peers, 0, -1);
        const bool right = q.known == cases[c].told && peers == cases[c].peers &&
                           km_batch_int(&batch, KM_CLAIM_score, 0, -1) == KM_SCORE_ONE;
        if (!right) fprintf(stderr, "case %zu: peers %lld, q %d\n", c, (long long)peers, q.known);
        CU_ASSERT_TRUE(right);
        km_scorer_free(&scorer);
        km_batch_free(&batch);
    }
}

TEST_MAIN("score kinds", {"who has no kind is not flagged", who_has_no_kind_is_not_flagged})
