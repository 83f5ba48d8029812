#include "score/entity/cohort.h"

#include <math.h>
#include <stdlib.h>

#include "support/claims.h"
#include "support/test.h"

#define FIELDS                                                                                               \
    "MA_CSKCB|MA_KHOA|MA_LOAI_KCB|MA_BENH_CHINH|NGAY_VAO|NGAY_RA|SO_NGAY_DTRI|T_TONGCHI_BH|T_BHTT|T_THUOC"

enum { ROW_MAX = 128 };

static void add(km_casemix *mix, char (*rows)[ROW_MAX], uint32_t count) {
    km_error error;
    for (uint32_t first = 0; first < count; first += 500) {
        km_batch batch;
        TEST_OK(test_claims_init(&batch, FIELDS, &error), &error);
        for (uint32_t i = first; i < first + 500 && i < count; i++)
            TEST_OK(test_claims_row(&batch, FIELDS, rows[i]), &error);
        TEST_OK(km_casemix_add(mix, &batch, &error), &error);
        km_batch_free(&batch);
    }
}

static uint64_t code_of(const char *text) {
    uint64_t code = 0;
    CU_ASSERT_TRUE(km_code_pack(km_text_from(text), &code));
    return code;
}

static const uint32_t one_class[64] = {0};

static km_cohort_plan plan_of(km_day from, km_day to) {
    return (km_cohort_plan){from, to, one_class, 1, NULL, 0};
}

static void claims_are_read(void) {
    static char rows[][ROW_MAX] = {
        "79001|K01|01|I10|202405040800|202405041000||150000|120000|50000",
        "79001|K02;K01|03|J18.9|202405010800|202405060800||5000000|4000000|",
        "79001|K02|03|J18.9|202405010800|202405060800|7|5000000|4000000|",
        "||09|||||||",
        "79001|K123456789|01|I10|202405040800|202405041000|3|-5|1|",
        "79001||01|XYZ|||||1|",
        "79001||01||||||1|",
        "79001||01|I1A.2||||||",
    };
    km_casemix mix;
    km_casemix_init(&mix, test_mem());
    add(&mix, rows, 8);
    CU_ASSERT_EQUAL_FATAL(mix.count, 8);
    CU_ASSERT_EQUAL(mix.unit_count, 5);
    CU_ASSERT_EQUAL(mix.cell_count, 5);
    CU_ASSERT_EQUAL(mix.cases[5].cell, mix.cases[6].cell); /* no diagnosis */
    CU_ASSERT_NOT_EQUAL(mix.cases[7].cell, mix.cases[0].cell);
    const km_case *visit = &mix.cases[0], *stay = visit + 1, *claimed = visit + 2, *empty = visit + 3,
                  *negative = visit + 4;
    CU_ASSERT_EQUAL(visit->total, 15000000);
    CU_ASSERT_EQUAL(visit->day, km_day_from_civil(2024, 5, 4));
    CU_ASSERT_EQUAL(visit->stay, KM_CASE_NO_STAY);
    CU_ASSERT_EQUAL(visit->has_free, 1);
    CU_ASSERT_EQUAL(stay->stay, 5);
    CU_ASSERT_EQUAL(claimed->stay, 7);
    CU_ASSERT_EQUAL(claimed->unit, stay->unit);
    CU_ASSERT_EQUAL(mix.units[stay->unit].department, code_of("K02"));
    CU_ASSERT_EQUAL(mix.units[stay->unit].claims, 2);
    CU_ASSERT_TRUE(mix.units[stay->unit].fund == 800000000);
    CU_ASSERT_EQUAL(empty->day, KM_CASE_NO_DAY);
    CU_ASSERT_EQUAL(empty->total, KM_CASE_NO_TOTAL);
    CU_ASSERT_EQUAL(empty->stay, KM_CASE_NO_STAY);
    CU_ASSERT_EQUAL(mix.units[empty->unit].facility, 0);
    CU_ASSERT_EQUAL(negative->total, KM_CASE_NO_TOTAL);
    CU_ASSERT_EQUAL(negative->has_free, 0);
    CU_ASSERT_EQUAL(mix.units[negative->unit].department, code_of("K1234567"));
    km_casemix_free(&mix);
}

/* Five facilities of 40 visits at 100, 110, 120, 130 and 200: the others of the dear one cost 115 on average,
 * with a variance of 125.786 and 160 of them. */
static void the_others_make_the_expected(void) {
    static char rows[200][ROW_MAX];
    static const int price[] = {100, 110, 120, 130, 200};
    static const uint32_t entity[] = {0, 1, 2, 3, 4};
    const km_grouping by = {entity, 5, NULL, 0};
    const km_cohort_plan plan = plan_of(0, 0);
    km_standing out[5];
    double mean[5];
    km_casemix mix;
    km_cohort cohort;
    km_error error;
    km_casemix_init(&mix, test_mem());
    for (int i = 0; i < 200; i++) snprintf(rows[i], ROW_MAX, "7900%d||01|I10||||%d|50|", i % 5, price[i % 5]);
    add(&mix, rows, 200);
    TEST_OK(km_cohort_init(&cohort, &mix, &plan, &error), &error);
    TEST_OK(km_cohort_compare(&cohort, &by, KM_MEASURE_COST, out, mean, &error), &error);
    CU_ASSERT_EQUAL(cohort.pair_count, 5);
    CU_ASSERT_EQUAL(out[4].count, 40);
    CU_ASSERT_TRUE(out[4].observed == 40 * 20000);
    CU_ASSERT_DOUBLE_EQUAL(out[4].expected, 40 * 11500, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(out[4].variance, 40 * 10000 * 125.786163522 * 1.25, 1);
    CU_ASSERT_DOUBLE_EQUAL(out[4].own, .2, 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(mean[4], 11500, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(out[0].expected, 40 * 14000, 1e-6);
    km_cohort_free(&cohort);
    km_casemix_free(&mix);
}

/* Ten cases of A01 fall back to those of A0; other classes never lend theirs. */
static void small_cells_ask_their_parent(void) {
    static char rows[400][ROW_MAX];
    static const uint32_t entity[] = {0, 1, 2, 3, 4, 5}, class[] = {0, 0, 0, 0, 1, 1};
    const km_grouping by = {entity, 6, NULL, 0};
    const km_cohort_plan plan = {0, 0, class, 2, NULL, 0};
    km_standing out[6];
    km_casemix mix;
    km_cohort cohort;
    km_error error;
    uint32_t count = 0;
    km_casemix_init(&mix, test_mem());
    for (int i = 0; i < 240; i++)
        snprintf(rows[count++], ROW_MAX, "7900%d||01|A00||||%d|50|", i % 6, i % 6 < 4 ? 100 : 900);
    for (int i = 0; i < 10; i++) snprintf(rows[count++], ROW_MAX, "79000||01|A01||||150|50|");
    snprintf(rows[count++], ROW_MAX, "79000||03|A01||||150|50|"); /* no peers at all */
    snprintf(rows[count++], ROW_MAX, "79000||01|A01|||||50|");    /* no total */
    add(&mix, rows, count);
    TEST_OK(km_cohort_init(&cohort, &mix, &plan, &error), &error);
    TEST_OK(km_cohort_compare(&cohort, &by, KM_MEASURE_COST, out, NULL, &error), &error);
    CU_ASSERT_EQUAL(out[0].count, 50);
    CU_ASSERT_DOUBLE_EQUAL(out[0].expected, 50 * 10000, 1e-6);
    CU_ASSERT_TRUE(out[0].observed == 40 * 10000 + 10 * 15000);
    CU_ASSERT_EQUAL(out[4].count, 0); /* one other of its class */
    TEST_OK(km_cohort_compare(&cohort, &by, KM_MEASURE_STAY, out, NULL, &error), &error);
    CU_ASSERT_EQUAL(out[0].count, 0);
    km_cohort_free(&cohort);
    km_casemix_free(&mix);
}

/* Eight facilities of two kinds and two prices are told apart by their kind; the ninth, of a third kind, is
 * beside all of them, and each of the eight others counts the same. */
static void near_peers_come_first(void) {
    static char rows[360][ROW_MAX];
    static const uint32_t entity[] = {0, 1, 2, 3, 4, 5, 6, 7, 8}, kind[] = {0, 1, 0, 1, 0, 1, 0, 1, 2};
    const km_grouping by = {entity, 9, NULL, 0};
    const km_cohort_plan plan = {0, 0, one_class, 1, kind, 3};
    km_standing out[9];
    km_casemix mix;
    km_cohort cohort;
    km_error error;
    km_casemix_init(&mix, test_mem());
    for (int i = 0; i < 360; i++) {
        int cost = i % 9 == 8 ? 500 : i % 9 % 2 ? 300 : 100;
        snprintf(rows[i], ROW_MAX, "7900%d||01|I10||||%d|50|", i % 9, cost);
    }
    add(&mix, rows, 360);
    TEST_OK(km_cohort_init(&cohort, &mix, &plan, &error), &error);
    TEST_OK(km_cohort_compare(&cohort, &by, KM_MEASURE_COST, out, NULL, &error), &error);
    CU_ASSERT_DOUBLE_EQUAL(out[0].expected, 40 * 10000, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(out[1].expected, 40 * 30000, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(out[0].others, 1 / 3., 1e-12);
    CU_ASSERT_DOUBLE_EQUAL(out[8].expected, 40 * 20000, 1e-6);
    CU_ASSERT_DOUBLE_EQUAL(out[8].others, 1 / 8., 1e-12);
    km_cohort_free(&cohort);
    km_casemix_free(&mix);
}

/* What has no diagnosis is beside nobody: the others without one are no peers of it. */
static void no_diagnosis_has_no_peers(void) {
    static char rows[320][ROW_MAX];
    static const uint32_t entity[] = {0, 1, 2, 3, 4};
    const km_grouping by = {entity, 5, NULL, 0};
    const km_cohort_plan plan = plan_of(0, 0);
    km_standing out[5];
    km_casemix mix;
    km_cohort cohort;
    km_error error;
    km_casemix_init(&mix, test_mem());
    for (int i = 0; i < 320; i++)
        snprintf(rows[i], ROW_MAX, "7900%d||01|%s||||%d|50|", i % 5, i < 200 ? "I10" : i % 2 ? "" : "??", i);
    add(&mix, rows, 320);
    TEST_OK(km_cohort_init(&cohort, &mix, &plan, &error), &error);
    CU_ASSERT_EQUAL(cohort.count, 200);
    CU_ASSERT_EQUAL(cohort.cell_count, 1);
    TEST_OK(km_cohort_compare(&cohort, &by, KM_MEASURE_COST, out, NULL, &error), &error);
    for (int i = 0; i < 5; i++) CU_ASSERT_EQUAL(out[i].count, 40);
    km_cohort_free(&cohort);
    km_casemix_free(&mix);
}

/* Their product would be a million million places. */
static void many_classes_and_kinds_take_little_room(void) {
    enum { MANY = 1000000 };
    static char rows[320][ROW_MAX];
    static const uint32_t entity[] = {0, 1, 2, 3, 4, 5, 6, 7},
                          class[] = {7, 7, 7, 7, MANY - 1, MANY - 1, 0, 0},
                          kind[] = {5, 5, 5, 5, 0, MANY - 1, 3, 3};
    const km_grouping by = {entity, 8, NULL, 0};
    const km_cohort_plan plan = {0, 0, class, MANY, kind, MANY};
    km_standing out[8];
    km_casemix mix;
    km_cohort cohort;
    km_error error;
    km_casemix_init(&mix, test_mem());
    for (int i = 0; i < 320; i++)
        snprintf(rows[i], ROW_MAX, "7900%d||01|%s||||%d|50|", i % 8, i % 16 < 8 ? "I10" : "A09",
                 100 + i % 16);
    add(&mix, rows, 320);
    TEST_OK(km_cohort_init(&cohort, &mix, &plan, &error), &error);
    CU_ASSERT_EQUAL(cohort.cell_count, 8); /* three of classes and kinds, one of which has two kinds */
    for (size_t i = 1; i < cohort.cell_count; i++)
        CU_ASSERT_TRUE(cohort.cells[i - 1].class <= cohort.cells[i].class);
    TEST_OK(km_cohort_compare(&cohort, &by, KM_MEASURE_COST, out, NULL, &error), &error);
    CU_ASSERT_EQUAL(out[0].count, 40);
    CU_ASSERT_DOUBLE_EQUAL(out[0].expected, 20 * 10200 + 20 * 11000, 1e-6);
    CU_ASSERT_EQUAL(out[4].count, 0);
    km_cohort_free(&cohort);
    km_casemix_free(&mix);
}

/* ---- against a plain count, claim by claim */

typedef struct plain_claim {
    uint32_t facility, class, care, key;
    double cost;
} plain_claim;

enum { PLAIN = 3000, PLAIN_FACILITIES = 14 };

static int ascending(const void *a, const void *b) {
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static bool alike(const plain_claim *a, const plain_claim *b, int shift) {
    return a->class == b->class && a->key >> shift == b->key >> shift;
}

static void winsorise(const plain_claim *claims, double *cost) {
    static double sorted[PLAIN];
    for (int i = 0; i < PLAIN; i++) {
        for (int shift = 0; shift <= 24; shift += 24) {
            size_t n = 0;
            for (int k = 0; k < PLAIN; k++)
                if (alike(&claims[i], &claims[k], shift)) sorted[n++] = claims[k].cost;
            if (n < 100 && shift == 0) continue;
            qsort(sorted, n, sizeof *sorted, ascending);
            cost[i] = fmin(fmax(claims[i].cost, sorted[n / 100]), sorted[(n * 99 + 99) / 100 - 1]);
            break;
        }
    }
}

static double mean_of_others(const plain_claim *claims, const double *cost, int i) {
    for (int shift = 0; shift <= 16; shift += 8) {
        double sum = 0;
        int n = 0, others = 0;
        bool seen[PLAIN_FACILITIES] = {false};
        for (int k = 0; k < PLAIN; k++) {
            if (!alike(&claims[i], &claims[k], shift) || claims[k].facility == claims[i].facility) continue;
            others += !seen[claims[k].facility];
            seen[claims[k].facility] = true;
            sum += cost[k];
            n++;
        }
        if (n >= KM_COHORT_CLAIMS && others >= KM_COHORT_OTHERS) return sum / n;
    }
    return NAN;
}

static void sums_agree_with_a_plain_count(void) {
    static char rows[PLAIN][ROW_MAX];
    static plain_claim claims[PLAIN];
    static double cost[PLAIN];
    static const char *const codes[] = {"A00", "A01", "A09", "B20", "I10", "I10", "I10", "J18", "J20", "K35"};
    static const int rare[] = {0, 1, 2, 3, 4, 4, 4, 4, 4, 4, 5, 6, 7, 7, 8, 9};
    uint32_t entity[PLAIN_FACILITIES], class[PLAIN_FACILITIES];
    double expected[PLAIN_FACILITIES] = {0}, observed[PLAIN_FACILITIES] = {0};
    km_standing out[PLAIN_FACILITIES];
    uint64_t seed = 5;
    km_casemix mix;
    km_cohort cohort;
    km_error error;
    km_casemix_init(&mix, test_mem());
    for (int i = 0; i < PLAIN; i++) {
        uint32_t facility = (uint32_t)(test_random(&seed) % PLAIN_FACILITIES);
        const char *icd = codes[rare[test_random(&seed) % 16]];
        bool in = test_random(&seed) % 5 == 0;
        unsigned price = (unsigned)(100 + test_random(&seed) % 1000);
        if (test_random(&seed) % 50 == 0) price *= 100;
        snprintf(rows[i], ROW_MAX, "790%02u||%s|%s||||%u|50|", facility, in ? "03" : "01", icd, price);
        claims[i] = (plain_claim){.facility = facility,
                                  .class = facility % 2,
                                  .key = (in ? 1u << 24 : 0) | (uint32_t)(code_of(icd) >> 40),
                                  .cost = price};
    }
    add(&mix, rows, PLAIN);
    for (size_t i = 0; i < mix.unit_count; i++) {
        char code[KM_CODE_MAX];
        km_code_unpack(mix.units[i].facility, code);
        entity[i] = (uint32_t)((code[3] - '0') * 10 + code[4] - '0');
        class[i] = entity[i] % 2;
    }
    const km_grouping by = {entity, PLAIN_FACILITIES, NULL, 0};
    const km_cohort_plan plan = {0, 0, class, 2, NULL, 0};
    TEST_OK(km_cohort_init(&cohort, &mix, &plan, &error), &error);
    TEST_OK(km_cohort_compare(&cohort, &by, KM_MEASURE_COST, out, NULL, &error), &error);
    winsorise(claims, cost);
    for (int i = 0; i < PLAIN; i++) {
        double mean = mean_of_others(claims, cost, i);
        if (isnan(mean)) continue;
        expected[claims[i].facility] += mean;
        observed[claims[i].facility] += cost[i];
    }
    for (int f = 0; f < PLAIN_FACILITIES; f++) {
        CU_ASSERT_DOUBLE_EQUAL(out[f].expected / 100, expected[f], 1e-6 * expected[f]);
        CU_ASSERT_DOUBLE_EQUAL((double)out[f].observed / 100, observed[f], .001);
        CU_ASSERT_TRUE(out[f].count > 100);
    }
    km_cohort_free(&cohort);
    km_casemix_free(&mix);
}

/* ---- days, stays, months and digits */

static void days_are_counted(void) {
    static char rows[400][ROW_MAX];
    static const uint32_t entity[] = {0, 1, 2, 3};
    const km_grouping by = {entity, 4, NULL, 0};
    const km_cohort_plan plan = plan_of(km_day_from_civil(2023, 6, 1), km_day_from_civil(2024, 5, 31));
    km_standing out[4];
    km_cohort_month months[4 * KM_COHORT_MONTHS] = {{0}};
    double mean[16];
    km_casemix mix;
    km_cohort cohort;
    km_error error;
    km_casemix_init(&mix, test_mem());
    for (int i = 0; i < 400; i++) { /* the first always leaves on Saturday 2024-05-04, the others on ... */
        static const char *const days[] = {"20240504", "20240430", "20240506", "20230628"};
        snprintf(rows[i], ROW_MAX, "7900%d||03|I10|20230601|%s|%d|100|50|", i % 4, days[i % 4], i % 4 + 2);
    }
    add(&mix, rows, 400);
    TEST_OK(km_cohort_init(&cohort, &mix, &plan, &error), &error);
    CU_ASSERT_EQUAL(km_cohort_first_month(&cohort), km_day_from_civil(2023, 6, 1));
    TEST_OK(km_cohort_compare(&cohort, &by, KM_MEASURE_WEEKEND, out, NULL, &error), &error);
    CU_ASSERT_TRUE(out[0].observed == 100 && out[1].observed == 0);
    CU_ASSERT_EQUAL(out[0].expected, 0);
    CU_ASSERT_DOUBLE_EQUAL(out[1].expected, 100 / 3., 1e-9);
    TEST_OK(km_cohort_compare(&cohort, &by, KM_MEASURE_MONTH_END, out, NULL, &error), &error);
    CU_ASSERT_TRUE(out[1].observed == 100 && out[3].observed == 100 && out[2].observed == 0);
    TEST_OK(km_cohort_compare(&cohort, &by, KM_MEASURE_STAY, out, NULL, &error), &error);
    CU_ASSERT_TRUE(out[3].observed == 500);
    CU_ASSERT_DOUBLE_EQUAL(out[3].expected, 300, 1e-9);
    CU_ASSERT_DOUBLE_EQUAL(out[3].variance, 100 * 200 / 299. * (1 + 1 / 3.), 1e-9);
    TEST_OK(km_cohort_compare(&cohort, &by, KM_MEASURE_COST, out, mean, &error), &error);
    km_cohort_months(&cohort, &by, mean, months);
    CU_ASSERT_EQUAL(months[11].count, 100);
    CU_ASSERT_TRUE(months[11].observed == 1000000);
    CU_ASSERT_DOUBLE_EQUAL(months[11].expected, 1000000, 1e-3);
    CU_ASSERT_EQUAL(months[KM_COHORT_MONTHS + 10].count, 100);
    CU_ASSERT_EQUAL(months[3 * KM_COHORT_MONTHS].count, 100);
    km_cohort_free(&cohort);
    km_casemix_free(&mix);
}

static void days_outside_the_window_are_left_out(void) {
    static char rows[][ROW_MAX] = {"79001||01|I10|20230501|20230531||100|50|",
                                   "79001||01|I10|20230501|20240601||100|50|",
                                   "79001||01|I10|20230501|||100|50|", "||01|I10|20230501|20240101||100|50|",
                                   "79001||01|I10|20230501|20230601||100|50|"};
    const km_cohort_plan plan = plan_of(km_day_from_civil(2023, 6, 1), km_day_from_civil(2024, 5, 31));
    km_casemix mix;
    km_cohort cohort;
    km_error error;
    km_casemix_init(&mix, test_mem());
    TEST_OK(km_cohort_init(&cohort, &mix, &plan, &error), &error); /* nothing at all */
    km_cohort_free(&cohort);
    add(&mix, rows, 5);
    TEST_OK(km_cohort_init(&cohort, &mix, &plan, &error), &error);
    CU_ASSERT_EQUAL(cohort.count, 2);
    CU_ASSERT_EQUAL(cohort.cell_count, 1);
    km_cohort_free(&cohort);
    km_casemix_free(&mix);
}

/* Facility 0 writes half of its amounts with a leading 5; fixed fees and amounts below ten say nothing. */
static void digits_are_counted(void) {
    static char rows[2000][ROW_MAX];
    static const uint32_t entity[] = {0, 1, 2, 3};
    const km_grouping by = {entity, 4, NULL, 0};
    const km_cohort_plan plan = plan_of(0, 0);
    km_cohort_digits out[4];
    uint64_t seed = 9;
    km_casemix mix;
    km_cohort cohort;
    km_error error;
    km_casemix_init(&mix, test_mem());
    for (int i = 0; i < 2000; i++) {
        double amount = pow(10, 4 + 3 * (double)(test_random(&seed) % 100000) / 100000);
        if (i % 4 == 0 && i % 8 == 0) amount = 5e5;
        if (i % 4 == 3) amount = 9;
        snprintf(rows[i], ROW_MAX, "7900%d||01|I10||||%.0f|50|%d", i % 4, amount, i % 4 == 2 ? 0 : 10);
    }
    add(&mix, rows, 2000);
    TEST_OK(km_cohort_init(&cohort, &mix, &plan, &error), &error);
    TEST_OK(km_cohort_count_digits(&cohort, &by, out, &error), &error);
    for (int d = 0; d < KM_DIGITS; d++) CU_ASSERT_TRUE(out[2].counts[d] == 0 && out[3].counts[d] == 0);
    CU_ASSERT_EQUAL(out[0].counts[4], 0); /* one other only: no peers */
    for (int i = 0; i < 2000; i++)
        if (i % 4 >= 2) snprintf(rows[i], ROW_MAX, "7900%d||01|I10||||%d|50|10", i % 4, 10 + i);
    km_cohort_free(&cohort);
    km_casemix_free(&mix);
    km_casemix_init(&mix, test_mem());
    add(&mix, rows, 2000);
    TEST_OK(km_cohort_init(&cohort, &mix, &plan, &error), &error);
    TEST_OK(km_cohort_count_digits(&cohort, &by, out, &error), &error);
    uint64_t count = 0;
    double expected = 0;
    for (int d = 0; d < KM_DIGITS; d++) count += out[0].counts[d], expected += out[0].expected[d];
    CU_ASSERT_EQUAL(count, 500);
    CU_ASSERT_TRUE(out[0].counts[4] >= 250);
    CU_ASSERT_DOUBLE_EQUAL(expected, 500, 1e-6);
    CU_ASSERT_TRUE(out[1].octaves >= 27 && out[0].octaves >= 27);
    CU_ASSERT_TRUE(out[2].octaves < 40);
    km_cohort_free(&cohort);
    km_casemix_free(&mix);
}

/* ---- memory */

static kiem_status try_all(void *context) {
    km_casemix mix;
    km_cohort cohort;
    km_batch *batch = context;
    const uint32_t entity[] = {0, 1, 2, 3, 4, 5, 6, 7};
    const km_grouping by = {entity, 8, NULL, 0};
    const km_cohort_plan plan = plan_of(0, 0);
    km_standing out[8];
    km_cohort_digits digits[8];
    km_casemix_init(&mix, test_mem());
    kiem_status status = km_casemix_add(&mix, batch, NULL);
    if (status == KIEM_OK) status = km_cohort_init(&cohort, &mix, &plan, NULL);
    if (status == KIEM_OK) {
        status = km_cohort_compare(&cohort, &by, KM_MEASURE_COST, out, NULL, NULL);
        if (status == KIEM_OK) status = km_cohort_count_digits(&cohort, &by, digits, NULL);
        km_cohort_free(&cohort);
    }
    km_casemix_free(&mix);
    return status;
}

static void running_out_of_memory_is_a_status(void) {
    km_batch batch;
    km_error error;
    char row[ROW_MAX];
    TEST_OK(test_claims_init(&batch, FIELDS, &error), &error);
    for (int i = 0; i < 300; i++) {
        snprintf(row, ROW_MAX, "7900%d||01|I1%d||||%d|50|10", i % 8, i % 3, 100 + i);
        TEST_OK(test_claims_row(&batch, FIELDS, row), &error);
    }
    CU_ASSERT_TRUE(test_out_of_memory(try_all, &batch) > 20);
    km_batch_free(&batch);
}

TEST_MAIN("cohort", {"claims are read", claims_are_read},
          {"the others make the expected", the_others_make_the_expected},
          {"small cells ask their parent", small_cells_ask_their_parent},
          {"near peers come first", near_peers_come_first},
          {"no diagnosis has no peers", no_diagnosis_has_no_peers},
          {"many classes and kinds take little room", many_classes_and_kinds_take_little_room},
          {"sums agree with a plain count", sums_agree_with_a_plain_count},
          {"days are counted", days_are_counted},
          {"days outside the window are left out", days_outside_the_window_are_left_out},
          {"digits are counted", digits_are_counted},
          {"running out of memory is a status", running_out_of_memory_is_a_status})
