#include "score/entity/funnel.h"

#include <math.h>

#include "score/entity/digits.h"
#include "score/entity/shift.h"
#include "support/test.h"

/* TV7 of the methods. */
static void limits_of_the_record(void) {
    static const double observed[] = {105, 98, 150, 47, 210, 88, 130, 61};
    static const double expected[] = {100, 100, 110, 50, 200, 95, 128, 60};
    static const double variance[] = {16, 16, 18, 8, 30, 15, 20, 10};
    static const double raw[] = {1.220, -.505, 8.041, -1.094, 1.782, -1.877, .444, .314};
    static const double added[] = {.704, -.292, 4.529, -.773, .776, -1.098, .233, .214};
    km_funnel rows[8];
    km_dispersion spread;
    double spare[16];
    uint32_t order[8];
    for (int i = 0; i < 8; i++)
        rows[i] = (km_funnel){.observed = observed[i], .expected = expected[i], .variance = variance[i]};
    km_funnel_fit(rows, 8, KM_FUNNEL_PLAIN, &spread, spare, order);
    CU_ASSERT_DOUBLE_EQUAL(spread.low, -1.328902, 5e-7); /* the record rounds to ...903 */
    CU_ASSERT_DOUBLE_EQUAL(spread.high, 3.659535, 5e-7);
    CU_ASSERT_DOUBLE_EQUAL(spread.phi, 2.695843, 5e-7);
    CU_ASSERT_DOUBLE_EQUAL(spread.tau2, .00320120, 5e-9);
    for (int i = 0; i < 8; i++) {
        CU_ASSERT_DOUBLE_EQUAL(rows[i].z_raw, raw[i], 5e-4);
        CU_ASSERT_DOUBLE_EQUAL(rows[i].z, added[i], 5e-4);
    }
    CU_ASSERT_DOUBLE_EQUAL(rows[2].q, .00002, 5e-6);
    double next = 1;
    for (int i = 0; i < 8; i++)
        if (i != 2) next = fmin(next, rows[i].q);
    CU_ASSERT_DOUBLE_EQUAL(next, .642, 5e-4);
    CU_ASSERT_DOUBLE_EQUAL(rows[2].low95, 96.185, 5e-4);
    CU_ASSERT_DOUBLE_EQUAL(rows[2].high95, 125.799, 5e-4);
    CU_ASSERT_DOUBLE_EQUAL(rows[2].expected * (rows[2].shrunk - 1), 25.943, 5e-4);
    CU_ASSERT_DOUBLE_EQUAL(km_funnel_excess(&rows[2]), 25.943, 5e-4);
    CU_ASSERT_TRUE(km_funnel_excess(&rows[5]) < 0);
}

/* Where the others do not differ at all, the excess is what lies beyond the limit. */
static void an_odd_one_among_equals(void) {
    km_funnel rows[20];
    km_dispersion spread;
    double spare[40];
    uint32_t order[20];
    for (int i = 0; i < 20; i++)
        rows[i] = (km_funnel){.observed = 1000 + i, .expected = 1010, .variance = 400};
    rows[7].observed = 1300;
    km_funnel_fit(rows, 20, KM_FUNNEL_FULL, &spread, spare, order);
    CU_ASSERT_EQUAL(spread.tau2, 0);
    CU_ASSERT_TRUE(rows[7].q < 1e-6);
    CU_ASSERT_EQUAL(rows[7].shrunk, 1);
    CU_ASSERT_DOUBLE_EQUAL(km_funnel_excess(&rows[7]), 1300 - rows[7].high95, 1e-9);
    CU_ASSERT_TRUE(km_funnel_excess(&rows[7]) > 200);
    km_funnel_fit(rows, 0, KM_FUNNEL_FULL, &spread, spare, order);
    km_funnel_fit(rows, 1, KM_FUNNEL_FULL, &spread, spare, order);
    CU_ASSERT_EQUAL(spread.tau2, 0);
}

/* TV8 of the methods, in another order than by rank. */
static void q_values_of_the_record(void) {
    static const double p[] = {.205, .001, .039, .008, .042, .041, .06, .216, .074, .212};
    static const double expected[] = {.216, .01, .084, .04, .084, .084, .1, .216, .105714, .216};
    double q[10];
    uint32_t order[10];
    km_q_values(p, q, 10, order);
    for (int i = 0; i < 10; i++) CU_ASSERT_DOUBLE_EQUAL(q[i], expected[i], 5e-7);
    km_q_values(p, q, 0, order);
}

/* Ties, ones and noughts keep q within [p, 1] and in the order of p. */
static void q_values_follow_p(void) {
    enum { COUNT = 200 };
    double p[COUNT], q[COUNT];
    uint32_t order[COUNT];
    uint64_t seed = 3;
    for (int i = 0; i < COUNT; i++) p[i] = (double)(test_random(&seed) % 21) / 20;
    km_q_values(p, q, COUNT, order);
    for (int i = 0; i < COUNT; i++) {
        CU_ASSERT_TRUE(q[i] >= p[i] && q[i] <= 1);
        for (int k = 0; k < COUNT; k++) CU_ASSERT_TRUE(!(p[i] < p[k]) || q[i] <= q[k]);
    }
}

/* TV10 of the methods. */
static void digits_of_the_record(void) {
    static const uint64_t plain[] = {320, 170, 118, 90, 85, 66, 60, 48, 43};
    static const uint64_t odd[] = {240, 160, 118, 90, 205, 66, 60, 38, 23};
    double law[KM_DIGITS], sum = 0;
    km_digit_test test;
    for (int i = 0; i < KM_DIGITS; i++) sum += law[i] = log10(1 + 1.0 / (i + 1));
    CU_ASSERT_DOUBLE_EQUAL(sum, 1, 1e-12);
    km_digits_compare(plain, law, &test);
    CU_ASSERT_EQUAL(test.count, 1000);
    CU_ASSERT_DOUBLE_EQUAL(test.chi2, 3.155189, 5e-7);
    CU_ASSERT_DOUBLE_EQUAL(test.p, .924244, 5e-7);
    CU_ASSERT_DOUBLE_EQUAL(test.effect, .056171, 5e-7);
    CU_ASSERT_DOUBLE_EQUAL(test.deviation, .005955, 5e-7);
    km_digits_compare(odd, law, &test);
    CU_ASSERT_DOUBLE_EQUAL(test.chi2, 229.430336, 5e-7);
    CU_ASSERT_DOUBLE_EQUAL(test.effect, .478989, 5e-7);
    CU_ASSERT_DOUBLE_EQUAL(test.deviation, .028406, 5e-7);
    CU_ASSERT_EQUAL(test.digit, 5);
    CU_ASSERT_DOUBLE_EQUAL(test.digit_z, 14.7349, 5e-5);
    CU_ASSERT_TRUE(test.p < 1e-40);
    km_digits_compare((const uint64_t[KM_DIGITS]){0}, law, &test);
    CU_ASSERT_EQUAL(test.p, 1);
}

/* Three of four have the same small distance from the reference: it is nobody's. */
static void usual_digits_are_no_oddity(void) {
    km_digit_test tests[4] = {{.count = 1000, .chi2 = 27.3441},
                              {.count = 2000, .chi2 = 47.3441},
                              {.count = 4000, .chi2 = 87.3441},
                              {.count = 1000, .chi2 = 127.344}};
    km_digit_test *const all[] = {&tests[0], &tests[1], &tests[2], &tests[3]};
    double spare[4];
    CU_ASSERT_DOUBLE_EQUAL(km_digits_widen(all, 4, spare), .02, 1e-6);
    for (int i = 0; i < 3; i++) CU_ASSERT_DOUBLE_EQUAL(tests[i].p, .5, 1e-5);
    CU_ASSERT_DOUBLE_EQUAL(tests[3].p, .009786, 1e-6);
    for (int i = 0; i < 4; i++) tests[i] = (km_digit_test){.count = 1000, .chi2 = 1 + i};
    CU_ASSERT_EQUAL(km_digits_widen(all, 4, spare), 0);
    CU_ASSERT_TRUE(tests[0].p > .98);
    CU_ASSERT_EQUAL(km_digits_widen(all, 0, spare), 0);
}

/* TV11 of the methods. */
static void step_of_the_record(void) {
    static const double series[] = {.02, -.01, .03, 0, -.02, .01, .02, .16, .19, .15, .18, .17};
    km_shift shift;
    km_shift_find(series, 12, &shift);
    CU_ASSERT_TRUE(shift.known);
    CU_ASSERT_EQUAL(shift.before, 7);
    CU_ASSERT_DOUBLE_EQUAL(shift.jump, .162857, 5e-7);
    CU_ASSERT_DOUBLE_EQUAL(shift.t, 16.213084, 5e-7);
    CU_ASSERT_DOUBLE_EQUAL(shift.p, 1.16e-7, 5e-10);
}

static void steps_without_noise(void) {
    double series[12] = {0};
    km_shift shift;
    km_shift_find(series, 12, &shift);
    CU_ASSERT_EQUAL(shift.p, 1);
    CU_ASSERT_EQUAL(shift.jump, 0);
    for (int i = 5; i < 12; i++) series[i] = -.25;
    km_shift_find(series, 12, &shift);
    CU_ASSERT_EQUAL(shift.p, 0);
    CU_ASSERT_EQUAL(shift.before, 5);
    CU_ASSERT_EQUAL(shift.jump, -.25);
    km_shift_find(series, KM_SHIFT_MIN - 1, &shift);
    CU_ASSERT_FALSE(shift.known);
}

/* What is left of the weights of one entity is rounding, above 0 as often as below. */
static void one_alone_tells_no_spread(void) {
    uint64_t seed = 3;
    double spare[2];
    uint32_t order[1];
    km_dispersion spread;
    for (int i = 0; i < 1000; i++) {
        km_funnel row = {.observed = 120,
                         .expected = 100,
                         .variance = 1 + (double)(test_random(&seed) % 1000) / 7,
                         .others = (double)(test_random(&seed) % 1000) / 3000};
        km_funnel_fit(&row, 1, KM_FUNNEL_FULL, &spread, spare, order);
        CU_ASSERT_EQUAL(spread.tau2, 0);
        CU_ASSERT_TRUE(row.high95 < 200);
        CU_ASSERT_TRUE(km_funnel_excess(&row) < 20);
    }
}

TEST_MAIN("funnel", {"limits of the record", limits_of_the_record},
          {"an odd one among equals", an_odd_one_among_equals},
          {"one alone tells no spread", one_alone_tells_no_spread},
          {"q-values of the record", q_values_of_the_record}, {"q-values follow p", q_values_follow_p},
          {"digits of the record", digits_of_the_record},
          {"usual digits are no oddity", usual_digits_are_no_oddity},
          {"step of the record", step_of_the_record}, {"steps without noise", steps_without_noise})
