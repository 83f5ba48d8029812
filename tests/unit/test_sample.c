#include "score/money/sample.h"

#include <math.h>

#include "support/test.h"

/* ---- TV12 and TV13 of the methods */

enum { TV_ROWS = 8 };
static const int64_t tv_sizes[TV_ROWS] = {900, 400, 250, 150, 120, 80, 60, 40};

static void chances_take_out_what_is_certain(void) {
    static const double expected[TV_ROWS] = {1, 1, .714286, .428571, .342857, .228571, .171429, .114286};
    double chances[TV_ROWS];
    TEST_OK(km_sample_chances(test_mem(), tv_sizes, TV_ROWS, 4, chances, NULL), NULL);
    for (int i = 0; i < TV_ROWS; i++) CU_ASSERT_DOUBLE_EQUAL(chances[i], expected[i], 5e-7);
    CU_ASSERT_EQUAL(chances[0], 1);
    CU_ASSERT_EQUAL(chances[1], 1);
}

static void pareto_orders_by_luck_and_chance(void) {
    static const double luck[TV_ROWS] = {.50, .62, .10, .48, .05, .70, .30, .90};
    double chances[TV_ROWS];
    TEST_OK(km_sample_chances(test_mem(), tv_sizes, TV_ROWS, 4, chances, NULL), NULL);
    CU_ASSERT_DOUBLE_EQUAL(km_sample_order(luck[2], chances[2]), .0444, 5e-5);
    CU_ASSERT_DOUBLE_EQUAL(km_sample_order(luck[4], chances[4]), .1009, 5e-5);
    for (int i = 2; i < TV_ROWS; i++) {
        if (i != 2 && i != 4) CU_ASSERT_TRUE(km_sample_order(luck[i], chances[i]) > .101);
    }
}

static void the_total_of_the_record(void) {
    static const int64_t overpaid[] = {9000, 0, 10000, 1200}; /* hundredths */
    double all[TV_ROWS];
    km_sample_estimate e;
    TEST_OK(km_sample_chances(test_mem(), tv_sizes, TV_ROWS, 4, all, NULL), NULL);
    const double chances[] = {all[0], all[1], all[2], all[4]};
    TEST_OK(km_sample_evaluate(test_mem(), overpaid, chances, NULL, 4, 90, &e, NULL), NULL);
    CU_ASSERT_DOUBLE_EQUAL(e.total / 100, 265.000, 5e-4);
    CU_ASSERT_DOUBLE_EQUAL(e.standard_error / 100, 66.2639, 5e-5);
    CU_ASSERT_EQUAL(e.found, 20200);
    CU_ASSERT_EQUAL(e.certain, 2);
    CU_ASSERT_EQUAL(e.interval, KM_SAMPLE_FEW_DRAWN);
    CU_ASSERT_FALSE(e.has_units);
}

static void monetary_units_of_the_record(void) {
    static const double limits[] = {2.9957, 4.7439, 6.2958, 7.7537};
    double taintings[] = {.25, .8};
    for (uint32_t k = 0; k < 4; k++) CU_ASSERT_DOUBLE_EQUAL(km_sample_poisson_limit(k, 95), limits[k], 5e-5);
    km_units units = km_units_evaluate(1e9, 60, taintings, 2, 95);
    CU_ASSERT_DOUBLE_EQUAL(units.most_likely, 17500000, .5);
    CU_ASSERT_DOUBLE_EQUAL(units.upper, 79703672, .5);
    CU_ASSERT_DOUBLE_EQUAL(units.standard_error, 13901642, .5);
    CU_ASSERT_EQUAL(units.lower, 0);
    CU_ASSERT_EQUAL(km_units_evaluate(1e9, 0, NULL, 0, 95).upper, 0);
    CU_ASSERT_EQUAL(km_units_evaluate(1e9, 1, NULL, 0, 95).standard_error, 0);
}

/* GSL aborts the program where a quantile fails: every number of errors that is asked of it is tried. */
static void limits_rise_through_both_methods(void) {
    for (int confidence = KM_SAMPLE_CONFIDENCE_MIN; confidence <= KM_SAMPLE_CONFIDENCE_MAX; confidence++) {
        double before = 0;
        for (uint32_t k = 0; k < 1500; k++) {
            double limit = km_sample_poisson_limit(k, confidence);
            CU_ASSERT_TRUE(limit > before && (k < 1 || limit - before < 2.1));
            before = limit;
        }
        double step = km_sample_poisson_limit(1000, confidence) - km_sample_poisson_limit(999, confidence);
        double next = km_sample_poisson_limit(1001, confidence) - km_sample_poisson_limit(1000, confidence);
        CU_ASSERT_DOUBLE_EQUAL(step, next, .002);
    }
}

/* ---- frames of invented claims */

enum { ROWS = 400, KEY = 8 };

typedef struct population {
    int64_t sizes[ROWS], overpaid[ROWS], offsets[ROWS + 1];
    char bytes[ROWS * KEY];
    int64_t total;
    km_sample_frame frame;
} population;

/* Sizes over two orders of magnitude; one in four is overpaid, by up to its size. */
static void invent(population *p, uint64_t seed) {
    *p = (population){.frame = {p->sizes, p->bytes, p->offsets, ROWS}};
    for (int i = 0; i < ROWS; i++) {
        char key[16];
        snprintf(key, sizeof key, "K%07d", i);
        memcpy(p->bytes + i * KEY, key, KEY);
        p->offsets[i + 1] = (i + 1) * KEY;
        p->sizes[i] = 1000 + (int64_t)(test_random(&seed) % 1000) * (int64_t)(test_random(&seed) % 200);
        if (test_random(&seed) % 4 == 0)
            p->overpaid[i] = p->sizes[i] * (int64_t)(test_random(&seed) % 100 + 1) / 100;
        p->total += p->overpaid[i];
    }
}

static kiem_status draw(const population *p, int64_t wanted, uint64_t seed, double *chances, uint8_t *drawn) {
    return km_sample_draw(test_mem(), &p->frame, wanted, seed, chances, drawn, NULL);
}

static uint32_t collect(const population *p, const double *chances, const uint8_t *drawn, int64_t *overpaid,
                        double *chance, int64_t *sizes) {
    uint32_t count = 0;
    for (int i = 0; i < ROWS; i++) {
        if (!drawn[i]) continue;
        overpaid[count] = p->overpaid[i];
        sizes[count] = p->sizes[i];
        chance[count++] = chances[i];
    }
    return count;
}

static void a_sample_has_the_size_asked_for(void) {
    static population p;
    static const int64_t wanted[] = {1, 20, 100, ROWS - 1, ROWS, ROWS + 50};
    double chances[ROWS];
    uint8_t drawn[ROWS];
    invent(&p, 3);
    for (size_t k = 0; k < sizeof wanted / sizeof wanted[0]; k++) {
        int64_t count = 0, expected = wanted[k] < ROWS ? wanted[k] : ROWS;
        double sum = 0;
        TEST_OK(draw(&p, wanted[k], 1, chances, drawn), NULL);
        for (int i = 0; i < ROWS; i++) {
            count += drawn[i];
            sum += chances[i];
            CU_ASSERT_TRUE(chances[i] > 0 && chances[i] <= 1);
            CU_ASSERT_TRUE(chances[i] < 1 || drawn[i]);
        }
        CU_ASSERT_EQUAL(count, expected);
        CU_ASSERT_DOUBLE_EQUAL(sum, (double)expected, 1e-9);
    }
}

static void the_order_of_rows_does_not_matter(void) {
    static population p, turned;
    double chances[ROWS], other[ROWS];
    uint8_t drawn[ROWS], there[ROWS];
    invent(&p, 5);
    turned = p;
    turned.frame = (km_sample_frame){turned.sizes, turned.bytes, turned.offsets, ROWS};
    for (int i = 0; i < ROWS; i++) {
        turned.sizes[i] = p.sizes[ROWS - 1 - i];
        memcpy(turned.bytes + i * KEY, p.bytes + (ROWS - 1 - i) * KEY, KEY);
    }
    for (uint64_t seed = 0; seed < 20; seed++) {
        TEST_OK(draw(&p, 60, seed, chances, drawn), NULL);
        TEST_OK(draw(&turned, 60, seed, other, there), NULL);
        for (int i = 0; i < ROWS; i++) {
            CU_ASSERT_EQUAL(drawn[i], there[ROWS - 1 - i]);
            CU_ASSERT_EQUAL(chances[i], other[ROWS - 1 - i]);
        }
    }
}

/* Two sizes, keys all alike: luck decides nothing, the larger goes first wherever it stands. */
static void ties_are_broken_by_size(void) {
    int64_t sizes[] = {10, 10, 11, 10}, offsets[] = {0, 1, 2, 3, 4};
    double chances[4];
    uint8_t drawn[4];
    const km_sample_frame frame = {sizes, "AAAA", offsets, 4};
    TEST_OK(km_sample_draw(test_mem(), &frame, 1, 7, chances, drawn, NULL), NULL);
    CU_ASSERT_TRUE(drawn[2] == 1 && drawn[0] + drawn[1] + drawn[3] == 0);
}

static void nothing_of_size_zero_is_drawn(void) {
    int64_t sizes[] = {0, 5, 0, 5}, offsets[] = {0, 1, 2, 3, 4}, none[] = {0, 0, 0, 0};
    double chances[4];
    uint8_t drawn[4];
    km_sample_frame frame = {sizes, "ABCD", offsets, 4};
    TEST_OK(km_sample_draw(test_mem(), &frame, 3, 7, chances, drawn, NULL), NULL);
    CU_ASSERT_TRUE(!drawn[0] && drawn[1] && !drawn[2] && drawn[3]);
    CU_ASSERT_TRUE(chances[0] == 0 && chances[1] == 1);
    frame.sizes = none;
    TEST_OK(km_sample_draw(test_mem(), &frame, 3, 7, chances, drawn, NULL), NULL);
    CU_ASSERT_TRUE(!drawn[0] && !drawn[1] && !drawn[2] && !drawn[3]);
    frame.rows = 0;
    TEST_OK(km_sample_draw(test_mem(), &frame, 3, 7, chances, drawn, NULL), NULL);
}

static void sizes_that_cannot_be_are_refused(void) {
    int64_t sizes[] = {1, -1}, large[] = {INT64_MAX, 1};
    double chances[2];
    km_error error;
    CU_ASSERT_EQUAL(km_sample_chances(test_mem(), sizes, 2, 1, chances, &error), KIEM_E_ARGUMENT);
    TEST_MESSAGE(&error, "row 2");
    CU_ASSERT_EQUAL(km_sample_chances(test_mem(), large, 2, 1, chances, &error), KIEM_E_RANGE);
}

/* ---- over many samples */

enum { SAMPLES = 1500, WANTED = 60 };

typedef struct tally {
    double sum;
    int covered, given, under_upper, over_lower;
    int drawn[ROWS];
} tally;

static void one_sample(const population *p, uint64_t seed, double *chances, tally *t) {
    static double chance[ROWS];
    static int64_t overpaid[ROWS], sizes[ROWS];
    static uint8_t drawn[ROWS];
    km_sample_estimate e;
    TEST_OK(draw(p, WANTED, seed, chances, drawn), NULL);
    uint32_t count = collect(p, chances, drawn, overpaid, chance, sizes);
    TEST_OK(km_sample_evaluate(test_mem(), overpaid, chance, sizes, count, 95, &e, NULL), NULL);
    double truth = (double)p->total;
    CU_ASSERT_TRUE(e.low >= (double)e.found && e.lower >= (double)e.found);
    t->sum += e.total;
    t->given += e.interval == KM_SAMPLE_GIVEN;
    t->covered += e.low <= truth && truth <= e.high;
    t->under_upper += e.has_units && truth <= e.upper;
    t->over_lower += e.has_units && truth >= e.lower;
    for (int i = 0; i < ROWS; i++) t->drawn[i] += drawn[i];
}

static void estimates_are_right_on_average(void) {
    static population p;
    static double chances[ROWS];
    tally t = {0};
    invent(&p, 11);
    for (uint64_t seed = 0; seed < SAMPLES; seed++) one_sample(&p, seed, chances, &t);
    CU_ASSERT_DOUBLE_EQUAL(t.sum / SAMPLES / (double)p.total, 1, .02);
    CU_ASSERT_EQUAL(t.given, SAMPLES);
    double coverage = (double)t.covered / SAMPLES, upper = (double)t.under_upper / SAMPLES;
    double lower = (double)t.over_lower / SAMPLES;
    CU_ASSERT_TRUE(coverage > .88 && coverage < .99);
    CU_ASSERT_TRUE(upper > .95);
    CU_ASSERT_TRUE(lower > .93);
    for (int i = 0; i < ROWS; i++) {
        double spread = sqrt(chances[i] * (1 - chances[i]) / SAMPLES);
        CU_ASSERT_DOUBLE_EQUAL((double)t.drawn[i] / SAMPLES, chances[i], 5 * spread + .005);
    }
}

/* ---- edges of the estimate */

static void evaluate(const int64_t *overpaid, const double *chances, const int64_t *sizes, uint32_t rows,
                     km_sample_estimate *e) {
    TEST_OK(km_sample_evaluate(test_mem(), overpaid, chances, sizes, rows, 95, e, NULL), NULL);
}

static void an_interval_is_given_or_refused_with_a_reason(void) {
    enum { MOST = 20 };
    int64_t overpaid[MOST] = {0}, sizes[MOST];
    double chances[MOST];
    km_sample_estimate e;
    for (int i = 0; i < MOST; i++) {
        chances[i] = .25;
        sizes[i] = 100;
    }
    evaluate(overpaid, chances, sizes, MOST, &e);
    CU_ASSERT_EQUAL(e.interval, KM_SAMPLE_NOTHING_FOUND);
    CU_ASSERT_TRUE(e.has_units && e.total == 0 && e.lower == 0);
    CU_ASSERT_DOUBLE_EQUAL(e.upper, 400 * 2.9957, .05); /* nothing found is not nothing there */
    overpaid[3] = 50;
    evaluate(overpaid, chances, sizes, MOST, &e);
    CU_ASSERT_EQUAL(e.interval, KM_SAMPLE_GIVEN);
    CU_ASSERT_TRUE(e.total == 200 && e.low == 50 && e.high > 200);
    evaluate(overpaid, chances, sizes, MOST - 1, &e);
    CU_ASSERT_EQUAL(e.interval, KM_SAMPLE_FEW_DRAWN);
    CU_ASSERT_FALSE(e.has_units);
    overpaid[3] = 101;
    evaluate(overpaid, chances, sizes, MOST, &e);
    CU_ASSERT_FALSE(e.has_units);
    for (int i = 0; i < MOST; i++) chances[i] = 1;
    evaluate(overpaid, chances, sizes, MOST, &e);
    CU_ASSERT_EQUAL(e.interval, KM_SAMPLE_WHOLE);
    CU_ASSERT_TRUE(e.low == 101 && e.high == 101 && e.standard_error == 0);
}

static void values_that_cannot_be_are_refused(void) {
    static const struct {
        int64_t overpaid, size;
        double chance;
        int confidence;
        kiem_status status;
    } cases[] = {{-1, 10, .5, 95, KIEM_E_ARGUMENT},        {1, 10, 0, 95, KIEM_E_ARGUMENT},
                 {1, 10, 1.0001, 95, KIEM_E_ARGUMENT},     {1, 10, NAN, 95, KIEM_E_ARGUMENT},
                 {1, 0, .5, 95, KIEM_E_ARGUMENT},          {1, 10, .5, 49, KIEM_E_ARGUMENT},
                 {1, 10, .5, 100, KIEM_E_ARGUMENT},        {INT64_MAX, INT64_MAX, 1, 95, KIEM_E_RANGE},
                 {INT64_MAX / 2, 1, .25, 95, KIEM_E_RANGE}};
    km_sample_estimate e;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const int64_t overpaid[] = {1, cases[i].overpaid}, sizes[] = {1, cases[i].size};
        const double chances[] = {1, cases[i].chance};
        km_error error;
        CU_ASSERT_EQUAL(
            km_sample_evaluate(test_mem(), overpaid, chances, sizes, 2, cases[i].confidence, &e, &error),
            cases[i].status);
        if (cases[i].confidence == 95 && cases[i].status == KIEM_E_ARGUMENT) TEST_MESSAGE(&error, "row 2");
    }
}

static kiem_status draw_and_evaluate(void *context) {
    const population *p = context;
    static double chances[ROWS], chance[ROWS];
    static int64_t overpaid[ROWS], sizes[ROWS];
    static uint8_t drawn[ROWS];
    km_sample_estimate e;
    KM_TRY(draw(p, WANTED, 1, chances, drawn));
    uint32_t count = collect(p, chances, drawn, overpaid, chance, sizes);
    return km_sample_evaluate(test_mem(), overpaid, chance, sizes, count, 95, &e, NULL);
}

static void out_of_memory_is_a_status(void) {
    static population p;
    invent(&p, 1);
    CU_ASSERT_TRUE(test_out_of_memory(draw_and_evaluate, &p) >= 4);
}

TEST_MAIN("sample", {"TV12: chances take out what is certain", chances_take_out_what_is_certain},
          {"TV12: Pareto orders by luck and chance", pareto_orders_by_luck_and_chance},
          {"TV12: the total of the record", the_total_of_the_record},
          {"TV13: monetary units of the record", monetary_units_of_the_record},
          {"limits rise through both methods", limits_rise_through_both_methods},
          {"a sample has the size asked for", a_sample_has_the_size_asked_for},
          {"the order of rows does not matter", the_order_of_rows_does_not_matter},
          {"ties are broken by size", ties_are_broken_by_size},
          {"nothing of size zero is drawn", nothing_of_size_zero_is_drawn},
          {"sizes that cannot be are refused", sizes_that_cannot_be_are_refused},
          {"estimates are right on average", estimates_are_right_on_average},
          {"an interval is given or refused with a reason", an_interval_is_given_or_refused_with_a_reason},
          {"values that cannot be are refused", values_that_cannot_be_are_refused},
          {"out of memory is a status", out_of_memory_is_a_status})
