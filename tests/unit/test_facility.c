#include <stdlib.h>

#include "base/log2.h"
#include "score/facility.h"
#include "support/claims.h"
#include "support/scoring.h"
#include "support/test.h"

#define FIELDS "MA_CSKCB|MA_LOAI_KCB|MA_BENH_CHINH|T_TONGCHI_BH|T_BHTT"

enum { ROW_MAX = 64 };

static void fit(km_scorer *scorer, char (*rows)[ROW_MAX], uint32_t count, uint32_t size) {
    km_error error;
    km_scorer_init(scorer, test_mem());
    for (uint32_t first = 0; first < count; first += size) {
        km_batch batch;
        TEST_OK(test_claims_init(&batch, FIELDS, &error), &error);
        batch.base = first;
        for (uint32_t i = first; i < first + size && i < count; i++)
            TEST_OK(test_claims_row(&batch, FIELDS, rows[i]), &error);
        TEST_OK(test_scorer_add(scorer, &batch, &error), &error);
        km_batch_free(&batch);
    }
    TEST_OK(km_scorer_fit(scorer, &error), &error);
}

static uint64_t code_of(const char *text) {
    uint64_t code = 0;
    CU_ASSERT_TRUE(km_code_pack(km_text_from(text), &code));
    return code;
}

/* Two facilities share 200 visits of a group whose largest three cost 1000 times more: winsorised at the
 * 198th of 200, 100 dong, the mean is 100. */
static void expected_cost_follows_the_peer_mean(void) {
    enum { COUNT = 211 };
    static char rows[COUNT][ROW_MAX];
    km_scorer scorer;
    km_facilities facilities;
    km_error error;
    for (int i = 0; i < 200; i++)
        snprintf(rows[i], ROW_MAX, "%s|01|I10|%d|50", i < 50 ? "79002" : "01001", i >= 198 ? 100000 : 100);
    for (int i = 200; i < 210; i++) snprintf(rows[i], ROW_MAX, "79002|03|I10|7|5"); /* too few for peers */
    snprintf(rows[210], ROW_MAX, "|01|I10||"); /* no facility, no total */
    fit(&scorer, rows, COUNT, 100);
    TEST_OK(km_facilities_compare(&facilities, test_mem(), &scorer, &error), &error);
    CU_ASSERT_EQUAL_FATAL(facilities.count, 3);
    const km_facility *none = &facilities.rows[0], *hanoi = none + 1, *city = none + 2;
    CU_ASSERT_EQUAL(none->code, 0);
    CU_ASSERT_EQUAL(none->claims, 1);
    CU_ASSERT_EQUAL(none->compared, 0);
    CU_ASSERT_FALSE(none->has_ratio);
    CU_ASSERT_EQUAL(hanoi->code, code_of("01001"));
    CU_ASSERT_EQUAL(hanoi->compared, 150);
    CU_ASSERT_TRUE(hanoi->observed == 21480000);
    CU_ASSERT_TRUE(hanoi->expected == (km_int128)150 * 100 * 1000000);
    CU_ASSERT_EQUAL(hanoi->ratio, 14320000);
    CU_ASSERT_EQUAL(city->claims, 60);
    CU_ASSERT_EQUAL(city->compared, 50);
    CU_ASSERT_TRUE(city->fund == 255000);
    CU_ASSERT_EQUAL(city->ratio, 1000000);
    CU_ASSERT_FALSE(city->has_z);
    km_facilities_free(&facilities);
    km_scorer_free(&scorer);
}

/* Ten facilities cost 100 a visit, one 200: the others' spread is the floor of 1/16 of a doubling. One more
 * is too small to be judged. */
static void z_tells_the_odd_one(void) {
    enum { FACILITIES = 11, EACH = 40, SMALL = 5, COUNT = FACILITIES * EACH + SMALL };
    static char rows[COUNT][ROW_MAX];
    km_scorer scorer;
    km_facilities facilities;
    km_error error;
    for (int i = 0; i < COUNT; i++) {
        int facility = i < FACILITIES * EACH ? i % FACILITIES : FACILITIES;
        snprintf(rows[i], ROW_MAX, "790%02d|01|I10|%d|50", facility, facility == 6 ? 200 : 100);
    }
    fit(&scorer, rows, COUNT, 64);
    TEST_OK(km_facilities_compare(&facilities, test_mem(), &scorer, &error), &error);
    CU_ASSERT_EQUAL_FATAL(facilities.count, FACILITIES + 1);
    for (size_t i = 0; i <= FACILITIES; i++) {
        const km_facility *facility = &facilities.rows[i];
        if (i) CU_ASSERT_TRUE(facility->code > facility[-1].code);
        CU_ASSERT_TRUE(facility->has_ratio);
        CU_ASSERT_EQUAL(facility->ratio, i == 6 ? 1835052 : 917526);
        CU_ASSERT_EQUAL(facility->has_z, i < FACILITIES);
        if (i == 6) CU_ASSERT_TRUE(llabs(facility->z - 16000000) < 10000);
        if (i != 6) CU_ASSERT_EQUAL(facility->z, 0);
    }
    km_facilities_free(&facilities);
    km_scorer_free(&scorer);
}

/* Observed and expected summed claim by claim in doubles, which the exact figures must meet. */
static void sums_agree_with_a_plain_count(void) {
    enum { COUNT = 900 };
    static char rows[COUNT][ROW_MAX];
    static double sorted[COUNT];
    static const char *const codes[] = {"I10", "J20", "K35"};
    uint64_t seed = 101;
    for (int i = 0; i < COUNT; i++)
        snprintf(rows[i], ROW_MAX, "790%02u|01|%s|%u|1", (unsigned)(test_random(&seed) % 12),
                 codes[test_random(&seed) % 3], (unsigned)(test_random(&seed) % 10000));
    km_scorer scorer;
    km_facilities facilities;
    km_error error;
    fit(&scorer, rows, COUNT, 128);
    TEST_OK(km_facilities_compare(&facilities, test_mem(), &scorer, &error), &error);
    for (size_t f = 0; f < facilities.count; f++) {
        double expected = 0, observed = 0;
        for (size_t i = 0; i < COUNT; i++) {
            const km_scored *claim = &scorer.claims[i];
            if (claim->facility != facilities.rows[f].code) continue;
            const km_peer_group *group = km_scorer_group(&scorer, claim);
            uint32_t n = group->count, top = (n * 99 + 99) / 100 - 1;
            double mean = 0;
            for (uint32_t k = 0; k < n; k++) { /* insertion sort */
                double value = (double)scorer.claims[group->first + k].total;
                uint32_t at = k;
                for (; at > 0 && sorted[at - 1] > value; at--) sorted[at] = sorted[at - 1];
                sorted[at] = value;
            }
            for (uint32_t k = 0; k < n; k++) mean += sorted[k < top ? k : top];
            expected += mean / n;
            observed += (double)claim->total;
        }
        double ratio = (double)facilities.rows[f].ratio / 1e6;
        CU_ASSERT_DOUBLE_EQUAL(ratio, observed / expected, 2e-6);
        CU_ASSERT_DOUBLE_EQUAL((double)facilities.rows[f].expected / 1e4, expected, 0.1);
    }
    km_facilities_free(&facilities);
    km_scorer_free(&scorer);
}

static kiem_status try_facilities(void *context) {
    km_facilities facilities;
    KM_TRY(km_facilities_compare(&facilities, test_mem(), context, NULL));
    km_facilities_free(&facilities);
    return KIEM_OK;
}

static void running_out_of_memory_is_a_status(void) {
    static char rows[100][ROW_MAX];
    km_scorer scorer;
    km_facilities facilities;
    km_error error;
    for (int i = 0; i < 100; i++) snprintf(rows[i], ROW_MAX, "790%02d|01|I10|100|50", i % 40);
    fit(&scorer, rows, 100, 100);
    CU_ASSERT_TRUE(test_out_of_memory(try_facilities, &scorer) > 6);
    km_scorer_free(&scorer);
    CU_ASSERT_EQUAL(km_facilities_compare(&facilities, test_mem(), &scorer, &error), KIEM_E_ARGUMENT);
}

TEST_MAIN("facility", {"expected cost follows the peer mean", expected_cost_follows_the_peer_mean},
          {"z tells the odd one", z_tells_the_odd_one},
          {"sums agree with a plain count", sums_agree_with_a_plain_count},
          {"running out of memory is a status", running_out_of_memory_is_a_status})
