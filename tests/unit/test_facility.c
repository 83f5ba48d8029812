#include "score/entity/facility.h"

#include <math.h>

#include "support/claims.h"
#include "support/test.h"

#define FIELDS "MA_CSKCB|MA_KHOA|MA_LOAI_KCB|MA_BENH_CHINH|NGAY_VAO|NGAY_RA|T_TONGCHI_BH|T_BHTT|T_THUOC"

enum { ROW_MAX = 96, FACILITIES = 16, EACH = 1440, COUNT = FACILITIES * EACH };

static char rows[COUNT][ROW_MAX];

static uint64_t code_of(const char *text) {
    uint64_t code = 0;
    CU_ASSERT_TRUE(km_code_pack(km_text_from(text), &code));
    return code;
}

static uint64_t one_class(const void *context, uint64_t facility) {
    (void)context;
    (void)facility;
    return 0;
}

/* The last digit of the code. */
static uint64_t by_parity(const void *context, uint64_t facility) {
    (void)context;
    return facility >> 24 & 1;
}

static uint64_t province_of(const void *context, uint64_t facility) {
    (void)context;
    return facility >> 48 << 48;
}

static km_facility_lore lore_of(uint64_t (*class_of)(const void *, uint64_t)) {
    return (km_facility_lore){class_of, one_class, province_of, NULL, km_day_from_civil(2024, 12, 20)};
}

static void add_rows(km_casemix *mix, const uint32_t *order, uint32_t from, uint32_t to) {
    km_error error;
    for (uint32_t first = from; first < to; first += KM_BATCH_ROWS) {
        km_batch batch;
        TEST_OK(test_claims_init(&batch, FIELDS, &error), &error);
        for (uint32_t i = first; i < first + KM_BATCH_ROWS && i < to; i++)
            TEST_OK(test_claims_row(&batch, FIELDS, rows[order ? order[i] : i]), &error);
        TEST_OK(km_casemix_add(mix, &batch, &error), &error);
        km_batch_free(&batch);
    }
}

/* A year of 16 facilities in two provinces, 120 claims a month each: 79003 costs half as much again from July
 * on, 79005 keeps patients a third longer, 79007 closes one claim in four on Sunday, 79009 on the last of a
 * month, department K2 of 79011 costs half as much again. */
static void write_year(bool planted) {
    static const char *const icd[] = {"I10", "I11", "J18", "J20", "K35", "E11"};
    uint64_t seed = 77;
    for (int i = 0; i < COUNT; i++) {
        int facility = i % FACILITIES, month = i / FACILITIES % 12, kind = (int)(test_random(&seed) % 6);
        int day = 1 + (int)(test_random(&seed) % 28), department = (int)(test_random(&seed) % 3);
        bool in = test_random(&seed) % 3 == 0;
        double log_cost = 0;
        for (int k = 0; k < 4; k++) log_cost += (double)(test_random(&seed) % 1000) / 1000 - .5;
        double cost = (in ? 3e6 : 2e5) * (1 + .2 * kind) * exp(.5 * log_cost);
        int stay = 2 + kind + (int)(test_random(&seed) % 4);
        bool often = test_random(&seed) % 4 == 0;
        if (month == 11 && day > 19) day -= 9;
        if (test_random(&seed) % 8 == 0) day += month == 11 ? 0 : 2;
        km_day out = km_day_from_civil(2024, month + 1, 1) + day - 1;
        if (planted && facility == 3 && month >= 6) cost *= 1.5;
        if (planted && facility == 5) stay += stay / 2;
        if (planted && facility == 7 && often) out += 7 - km_weekday(out);
        if (planted && facility == 9 && often && month < 11) out = km_day_from_civil(2024, month + 2, 1) - 1;
        if (planted && facility == 11 && department == 2) cost *= 1.5;
        km_civil to = km_civil_from_day(out), from = km_civil_from_day(out - (in ? stay : 0));
        snprintf(rows[i], ROW_MAX, "%02d0%02d|K%d|%s|%s|%04d%02d%02d|%04d%02d%02d|%.0f|%.0f|%d",
                 facility < 8 ? 79 : 1, facility, department, in ? "03" : "01", icd[kind], from.year,
                 from.month, from.day, to.year, to.month, to.day, cost, cost * .8, 1000);
    }
}

static void compare_rows(km_facilities *out, const km_facility_lore *lore) {
    km_casemix mix;
    km_error error;
    km_casemix_init(&mix, test_mem());
    add_rows(&mix, NULL, 0, COUNT);
    TEST_OK(km_facilities_compare(out, &mix, lore, &error), &error);
    km_casemix_free(&mix);
}

static void the_planted_stand_out(void) {
    const km_facility_lore lore = lore_of(one_class);
    km_facilities all;
    write_year(true);
    compare_rows(&all, &lore);
    CU_ASSERT_EQUAL_FATAL(all.count, FACILITIES);
    CU_ASSERT_EQUAL(all.from, km_day_from_civil(2024, 1, 1));
    CU_ASSERT_EQUAL(all.to, lore.as_of);
    for (size_t i = 0; i < all.count; i++) {
        const km_facility *f = &all.rows[i];
        int number = (int)(f->code >> 32 & 15) * 10 + (int)(f->code >> 24 & 15);
        CU_ASSERT_EQUAL(f->claims, EACH);
        for (int measure = 0; measure < KM_MEASURES; measure++)
            CU_ASSERT_TRUE(f->rank[measure].has_ratio && f->rank[measure].has_q);
        CU_ASSERT_EQUAL(f->rank[KM_MEASURE_COST].q < .05, number == 3 || number == 11);
        CU_ASSERT_EQUAL(f->rank[KM_MEASURE_STAY].q < .05, number == 5);
        CU_ASSERT_EQUAL(f->rank[KM_MEASURE_WEEKEND].q < .05, number == 7);
        CU_ASSERT_EQUAL(f->rank[KM_MEASURE_MONTH_END].q < .05, number == 9);
        CU_ASSERT_EQUAL(f->shift.jump > 0 && f->shift_q < .05, number == 3);
        if (number != 3) CU_ASSERT_EQUAL(f->department != 0, number == 11);
        if (number == 3) {
            CU_ASSERT_EQUAL(f->shift_from, km_day_from_civil(2024, 7, 1));
            CU_ASSERT_DOUBLE_EQUAL(f->shift.jump, log(1.5), .08);
            CU_ASSERT_DOUBLE_EQUAL(f->rank[KM_MEASURE_COST].ratio, 1.25, .09);
            CU_ASSERT_DOUBLE_EQUAL(f->excess_fund, f->rank[KM_MEASURE_COST].excess * .8, 1e6);
        }
        if (number == 11) {
            CU_ASSERT_EQUAL(f->department, code_of("K2"));
            CU_ASSERT_DOUBLE_EQUAL(f->department_rank.ratio, 1.5, .12);
            CU_ASSERT_TRUE(f->department_excess_fund > 0);
        }
    }
    CU_ASSERT_EQUAL_FATAL(all.part_count, 3 * FACILITIES);
    for (size_t i = 0; i < all.part_count; i++) {
        const km_part *part = &all.parts[i];
        const int number = (int)(part->facility >> 32 & 15) * 10 + (int)(part->facility >> 24 & 15);
        const bool dear = number == 11 && part->code == code_of("K2");
        CU_ASSERT_TRUE(part->rank[KM_MEASURE_COST].has_q && part->rank[KM_MEASURE_STAY].has_q);
        if (number != 3) CU_ASSERT_EQUAL(part->rank[KM_MEASURE_COST].q < .05, dear);
        if (number != 5) CU_ASSERT_FALSE(part->rank[KM_MEASURE_STAY].q < .05);
        if (dear) CU_ASSERT_DOUBLE_EQUAL(part->excess_fund, all.rows[i / 3].department_excess_fund, 1e-6);
    }
    km_facilities_free(&all);
}

/* The departments as doctors, each with a number of its own: peers need not have the same. */
static void doctors_are_compared_with_all_others(void) {
    static uint64_t doctor[KM_BATCH_ROWS];
    const km_facility_lore lore = lore_of(one_class);
    km_facilities all;
    km_casemix mix;
    km_error error;
    write_year(true);
    km_casemix_init(&mix, test_mem());
    for (uint32_t first = 0; first < COUNT; first += KM_BATCH_ROWS) {
        km_batch batch;
        TEST_OK(test_claims_init(&batch, FIELDS, &error), &error);
        for (uint32_t i = first; i < first + KM_BATCH_ROWS && i < COUNT; i++) {
            TEST_OK(test_claims_row(&batch, FIELDS, rows[i]), &error);
            doctor[i - first] = 100 + 10 * (i % FACILITIES) + (uint64_t)(rows[i][7] - '0');
            if (i < 20 * FACILITIES && i % FACILITIES == 15) doctor[i - first] = 7; /* works little */
            if (i % 10 == 9) doctor[i - first] = 0;                                 /* nobody is named */
        }
        TEST_OK(km_casemix_add_parts(&mix, &batch, doctor, &error), &error);
        km_batch_free(&batch);
    }
    CU_ASSERT_EQUAL(mix.count, COUNT - COUNT / 10);
    TEST_OK(km_doctors_compare(&all, &mix, &lore, &error), &error);
    CU_ASSERT_EQUAL(all.count, 0);
    CU_ASSERT_EQUAL_FATAL(all.part_count, 3 * FACILITIES + 1);
    for (size_t i = 0; i < all.part_count; i++) {
        const km_part *part = &all.parts[i];
        const km_rank *cost = &part->rank[KM_MEASURE_COST];
        CU_ASSERT_EQUAL(cost->has_q, part->code != 7);
        CU_ASSERT_EQUAL(part->code == 7, part->claims < 30);
        if (!cost->has_q || (part->code >= 130 && part->code < 140)) continue; /* dear from July on */
        CU_ASSERT_EQUAL(cost->q < .05, part->code == 212);
        if (part->code == 212) CU_ASSERT_DOUBLE_EQUAL(cost->ratio, 1.5, .15);
    }
    km_facilities_free(&all);
    km_casemix_free(&mix);
}

static void nothing_stands_out_of_the_usual(void) {
    const km_facility_lore lore = lore_of(by_parity);
    km_facilities all;
    write_year(false);
    compare_rows(&all, &lore);
    for (size_t i = 0; i < all.count; i++) {
        const km_facility *f = &all.rows[i];
        for (int measure = 0; measure < KM_MEASURES; measure++) {
            CU_ASSERT_TRUE(f->rank[measure].q >= .01);
            CU_ASSERT_TRUE(f->rank[measure].q >= f->rank[measure].p);
        }
        CU_ASSERT_FALSE(f->shift.known && f->shift_q < .05);
        CU_ASSERT_FALSE(f->has_digits && f->digits_q < .01);
        CU_ASSERT_EQUAL(f->department, 0);
    }
    for (size_t i = 0; i < all.part_count; i++) {
        for (int measure = 0; measure < KM_MEASURES; measure++)
            CU_ASSERT_TRUE(all.parts[i].rank[measure].q >= .01);
    }
    CU_ASSERT_EQUAL_FATAL(all.province_count, 2);
    CU_ASSERT_PTR_EQUAL(km_facilities_province(&all, code_of("79")), &all.provinces[1]);
    CU_ASSERT_PTR_NULL(km_facilities_province(&all, code_of("80")));
    CU_ASSERT_FALSE(all.provinces[0].rank.has_ratio); /* two provinces: no three others */
    km_facilities_free(&all);
}

static bool same_rank(const km_rank *a, const km_rank *b) {
    return a->has_ratio == b->has_ratio && a->ratio == b->ratio && a->z == b->z && a->p == b->p &&
           a->q == b->q && a->excess == b->excess && a->low95 == b->low95;
}

/* To the last bit, whatever the order of the claims and wherever they were cut. */
static void order_and_partition_do_not_show(void) {
    static uint32_t order[COUNT];
    const km_facility_lore lore = lore_of(by_parity);
    km_facilities whole, parts;
    km_casemix mix;
    km_error error;
    uint64_t seed = 5;
    write_year(true);
    compare_rows(&whole, &lore);
    for (uint32_t i = 0; i < COUNT; i++) order[i] = i;
    test_shuffle(order, COUNT, &seed);
    km_casemix_init(&mix, test_mem());
    add_rows(&mix, order, 3000, COUNT);
    add_rows(&mix, order, 0, 3000);
    TEST_OK(km_facilities_compare(&parts, &mix, &lore, &error), &error);
    CU_ASSERT_EQUAL_FATAL(parts.count, whole.count);
    for (size_t i = 0; i < whole.count; i++) {
        const km_facility *a = &whole.rows[i], *b = &parts.rows[i];
        CU_ASSERT_TRUE(a->code == b->code && a->fund == b->fund);
        for (int measure = 0; measure < KM_MEASURES; measure++)
            CU_ASSERT_TRUE(same_rank(&a->rank[measure], &b->rank[measure]));
        CU_ASSERT_TRUE(a->excess_fund == b->excess_fund && a->shift.t == b->shift.t);
        CU_ASSERT_TRUE(a->shift_q == b->shift_q && a->digits.chi2 == b->digits.chi2);
        CU_ASSERT_TRUE(a->department == b->department && same_rank(&a->department_rank, &b->department_rank));
    }
    CU_ASSERT_EQUAL_FATAL(parts.part_count, whole.part_count);
    for (size_t i = 0; i < whole.part_count; i++) {
        const km_part *a = &whole.parts[i], *b = &parts.parts[i];
        CU_ASSERT_TRUE(a->facility == b->facility && a->code == b->code && a->excess_fund == b->excess_fund);
        for (int measure = 0; measure < KM_MEASURES; measure++)
            CU_ASSERT_TRUE(same_rank(&a->rank[measure], &b->rank[measure]));
    }
    km_casemix_free(&mix);
    km_facilities_free(&whole);
    km_facilities_free(&parts);
}

static void little_data_says_nothing(void) {
    const km_facility_lore lore = lore_of(one_class);
    km_facilities all;
    km_casemix mix;
    km_error error;
    km_casemix_init(&mix, test_mem());
    TEST_OK(km_facilities_compare(&all, &mix, &lore, &error), &error);
    CU_ASSERT_EQUAL(all.count, 0);
    km_facilities_free(&all);
    for (int i = 0; i < 240; i++) /* six facilities: too few to flag any */
        snprintf(rows[i], ROW_MAX, "7900%d||01|I10|20240501|20240501|%d|50|", i % 6, i % 6 == 2 ? 500 : 100);
    snprintf(rows[240], ROW_MAX, "||01|I10|20240501|20240501|100|50|");
    add_rows(&mix, NULL, 0, 241);
    TEST_OK(km_facilities_compare(&all, &mix, &lore, &error), &error);
    CU_ASSERT_EQUAL_FATAL(all.count, 7);
    CU_ASSERT_EQUAL(all.rows[0].code, 0);
    CU_ASSERT_EQUAL(all.rows[0].claims, 1);
    CU_ASSERT_FALSE(all.rows[0].rank[KM_MEASURE_COST].has_ratio);
    const km_facility *dear = &all.rows[3];
    CU_ASSERT_TRUE(dear->rank[KM_MEASURE_COST].has_ratio);
    CU_ASSERT_FALSE(dear->rank[KM_MEASURE_COST].has_q);
    CU_ASSERT_DOUBLE_EQUAL(dear->rank[KM_MEASURE_COST].ratio, 5, 1e-9); /* no spread: variances of 0 hold */
    CU_ASSERT_FALSE(dear->rank[KM_MEASURE_STAY].has_ratio || dear->shift.known || dear->has_digits);
    km_facilities_free(&all);
    km_casemix_free(&mix);
}

static kiem_status try_compare(void *context) {
    const km_facility_lore lore = lore_of(one_class);
    km_facilities all;
    KM_TRY(km_facilities_compare(&all, context, &lore, NULL));
    km_facilities_free(&all);
    return KIEM_OK;
}

static void running_out_of_memory_is_a_status(void) {
    km_casemix mix;
    write_year(true);
    km_casemix_init(&mix, test_mem());
    add_rows(&mix, NULL, 0, 2000);
    CU_ASSERT_TRUE(test_out_of_memory(try_compare, &mix) > 60);
    km_casemix_free(&mix);
}

TEST_MAIN("facility", {"the planted stand out", the_planted_stand_out},
          {"doctors are compared with all others", doctors_are_compared_with_all_others},
          {"nothing stands out of the usual", nothing_stands_out_of_the_usual},
          {"order and partition do not show", order_and_partition_do_not_show},
          {"little data says nothing", little_data_says_nothing},
          {"running out of memory is a status", running_out_of_memory_is_a_status})
