#include "score/money/nowcast.h"

#include <math.h>

#include "support/policy_table.h"
#include "support/test.h"

/* TV3 of the methods. */
static const double triangle[] = {60, 25, 10, 5, 66, 27, 12, 5, 54, 24, 9, 0, 63, 26, 0, 0, 72, 0, 0, 0};
static const int seen[] = {4, 4, 3, 2, 1};

static void the_chain_ladder_of_the_record(void) {
    static const double received[] = {.5983509, .8495105, .9523810, 1};
    static const double reported[] = {100, 110, 87, 89, 72};
    static const double missing[] = {0, 0, 4.35, 15.7662109, 48.3307292};
    static const double spread[] = {0, 0, 2.137171, 4.308036, 8.987392};
    km_lag_curve curve;
    double sum = 0;
    CU_ASSERT_TRUE(km_lag_curve_learn(&curve, triangle, 5, 4, seen));
    for (int i = 0; i < 4; i++) CU_ASSERT_DOUBLE_EQUAL(curve.received[i], received[i], 5e-8);
    CU_ASSERT_DOUBLE_EQUAL(curve.received[1] / curve.received[0], 1.4197531, 5e-8);
    CU_ASSERT_EQUAL(curve.dispersion, 1);
    for (int i = 0; i < 5; i++) {
        double share = km_lag_received(&curve, seen[i] - 1);
        km_unreported open = km_nowcast(reported[i], share, 1, 0);
        CU_ASSERT_DOUBLE_EQUAL(open.amount, missing[i], 5e-8);
        CU_ASSERT_DOUBLE_EQUAL(sqrt(open.variance), spread[i], 5e-7);
        sum += open.amount;
    }
    CU_ASSERT_DOUBLE_EQUAL(sum, 68.4469401, 5e-8);
    CU_ASSERT_DOUBLE_EQUAL(km_benktander(72, curve.received[0], 100), 45.050935, 5e-7);
    CU_ASSERT_EQUAL(km_nowcast_quantile(72, curve.received[0], 0.1), 38);
    CU_ASSERT_EQUAL(km_nowcast_quantile(72, curve.received[0], 0.5), 49);
    CU_ASSERT_EQUAL(km_nowcast_quantile(72, curve.received[0], 0.9), 61);
    CU_ASSERT_EQUAL(km_nowcast_quantile(72, curve.received[0], 0.025), 32);
    CU_ASSERT_EQUAL(km_nowcast_quantile(72, curve.received[0], 0.975), 68);
}

static void dispersion_is_measured(void) {
    double wild[sizeof triangle / sizeof triangle[0]];
    km_lag_curve calm, curve;
    for (size_t i = 0; i < sizeof wild / sizeof wild[0]; i++) wild[i] = triangle[i] * (i % 3 == 0 ? 40 : 20);
    CU_ASSERT_TRUE(km_lag_curve_learn(&calm, triangle, 5, 4, seen));
    CU_ASSERT_TRUE(km_lag_curve_learn(&curve, wild, 5, 4, seen));
    CU_ASSERT_TRUE(curve.dispersion > 5);
    CU_ASSERT_TRUE(curve.variance[0] > curve.variance[1] && curve.variance[3] == 0);
}

static void little_in_hand_leans_on_what_is_expected(void) {
    CU_ASSERT_EQUAL(km_nowcast(50, 1, 1, 999).amount, 0);
    CU_ASSERT_EQUAL(km_nowcast(0, 0, 1, 70).amount, 70);
    CU_ASSERT_EQUAL(km_nowcast(0, 0.6, 1, 70).amount, 0);
    CU_ASSERT_DOUBLE_EQUAL(km_nowcast(30, 0.3, 1, 100).amount, 70, 1e-9);
    CU_ASSERT_TRUE(km_nowcast(30, 0.3, 1, 200).amount > 70);
    CU_ASSERT_EQUAL(km_nowcast(-30, 0.7, 1, 0).amount, 0);
}

static void what_cannot_be_learned_is_said(void) {
    static const double none[8] = {0};
    static const int all[] = {4, 4};
    km_lag_curve curve;
    CU_ASSERT_FALSE(km_lag_curve_learn(&curve, none, 2, 4, all));
    CU_ASSERT_FALSE(km_lag_curve_learn(&curve, triangle, 1, 4, (const int[]){1}));
}

/* 100 a day, of which 50, 80, 95, 100 are in after 0 to 3 working days; days of each age at the earlier cut.
 */
static void two_cuts_tell_the_lag(void) {
    static const double received[] = {.5, .8, .95, 1, 1, 1};
    for (int gap = 1; gap < 6; gap++) {
        double early[6], late[6];
        km_lag_curve curve;
        for (int lag = 0; lag < 6; lag++) {
            early[lag] = 100 * (lag + 1) * received[lag];
            late[lag] = 100 * (lag + 1) * received[lag + gap < 6 ? lag + gap : 5];
        }
        CU_ASSERT_TRUE(km_lag_curve_between(&curve, early, late, 6, gap));
        for (int lag = 0; lag < 6; lag++) CU_ASSERT_DOUBLE_EQUAL(curve.received[lag], received[lag], 1e-12);
        CU_ASSERT_TRUE(curve.variance[0] > 0 && curve.variance[5] == 0);
        late[1] = 0; /* no such day */
        CU_ASSERT_TRUE(km_lag_curve_between(&curve, early, late, 6, gap));
        CU_ASSERT_EQUAL(curve.received[1], curve.received[2]);
        early[2] = 0; /* nothing was in at all */
        CU_ASSERT_FALSE(km_lag_curve_between(&curve, early, late, 6, gap));
        CU_ASSERT_FALSE(km_lag_curve_between(&curve, early, late, 6, 0));
    }
}

static void the_shipped_curve(void) {
    km_lookup table;
    km_lag_curve curve;
    km_error error;
    test_policy_table(&table, "reporting_lag");
    TEST_OK(km_lag_curve_read(&curve, &table, &error), &error);
    CU_ASSERT_EQUAL(curve.lags, 21);
    CU_ASSERT_DOUBLE_EQUAL(km_lag_received(&curve, 0), .30, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(km_lag_received(&curve, -3), .30, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(km_lag_received(&curve, 7), .97, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(km_lag_received(&curve, 13), .97 + .03 * 6 / 13, 1e-12);
    CU_ASSERT_EQUAL(km_lag_received(&curve, 20), 1);
    curve.received[21] = 0; /* beyond the curve */
    CU_ASSERT_EQUAL(km_lag_received(&curve, 21), 1);
    CU_ASSERT_EQUAL(km_lag_received(&curve, 2000), 1);
    km_lookup_free(&table);
}

static void bad_tables_are_refused(void) {
    static const char *const cases[] = {"0|0.5|1|0.4|2|1", "0|0.5|3|0.9", "1|0.5|2|1",
                                        "0|0.5|70|1",      "0|0.5|-1|1",  "0|1.5"};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        km_lookup table;
        km_lag_curve curve;
        km_error error;
        TEST_OK(test_policy_table_of(&table, "reporting_lag", "working_days|received", cases[i], &error),
                &error);
        CU_ASSERT_EQUAL(km_lag_curve_read(&curve, &table, &error), KIEM_E_POLICY);
        TEST_MESSAGE(&error, "rising from above 0 to 1");
        km_lookup_free(&table);
    }
}

TEST_MAIN("nowcast", {"the chain ladder of the record", the_chain_ladder_of_the_record},
          {"dispersion is measured", dispersion_is_measured},
          {"little in hand leans on what is expected", little_in_hand_leans_on_what_is_expected},
          {"what cannot be learned is said", what_cannot_be_learned_is_said},
          {"two cuts tell the lag", two_cuts_tell_the_lag}, {"the shipped curve", the_shipped_curve},
          {"bad tables are refused", bad_tables_are_refused})
