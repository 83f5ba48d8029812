#include <stdlib.h>

#include "base/log2.h"
#include "score/reason.h"
#include "support/claims.h"
#include "support/scoring.h"
#include "support/test.h"

#define FIELDS                                                                                               \
    "MA_LOAI_KCB|MA_BENH_CHINH|T_TONGCHI_BV|T_TONGCHI_BH|T_BHTT|T_THUOC|T_VTYT|SO_NGAY_DTRI|NGAY_VAO|"       \
    "NGAY_RA|MA_BENH_KT|visits_30d|facilities_30d|MA_CSKCB"

/* ---- features */

static void features_follow_their_definitions(void) {
    enum { ABSENT = -1 };
    /* shares in 65536ths; money as dong; counts as they are */
    static const struct {
        const char *row;
        int64_t cost, fund, per_day, drugs, supplies, services, days, hours, diagnoses, visits, facilities;
    } cases[] = {
        {"03|I10|2000|1000|800|500|500|4|202601010800|202601050900|E11;N18|3|2", 1000, 800, 250, 16384, 16384,
         32768, 4, 97, 2, 3, 2},
        {"01|I10||1000|0|1000|0|1|202601010800|202601010859|;|1|1", 1000, 1, ABSENT, 65536, 0, 0, 1, 0, 0, 1,
         1},
        {"03|I10||1000|-5|1001|0||202601010800|202601040800||1|1", 1000, ABSENT, 333, ABSENT, 0, ABSENT,
         ABSENT, 72, 0, 1, 1},
        {"03|I10||0|0|0|0|-3|202601020800|202601010800|A|0|0", 1, 1, 1, ABSENT, ABSENT, ABSENT, ABSENT,
         ABSENT, 1, 0, 0},
        {"03|I10||1000||||-3|202601010800|202601030800||1|1", 1000, ABSENT, 1000, ABSENT, ABSENT, ABSENT,
         ABSENT, 48, 0, 1, 1},
        {"01|I10|||||||||||", ABSENT, ABSENT, ABSENT, ABSENT, ABSENT, ABSENT, ABSENT, ABSENT, 0, ABSENT,
         ABSENT},
        {"01|I10|1000000000000000|1000000000000000|1|250000000000000||2000000||||99999|1", 1000000000000000,
         1, 500000000, 16384, ABSENT, ABSENT, 32767, ABSENT, 0, 32767, 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const int64_t expected[KM_FEATURE_COUNT] = {cases[i].cost,   cases[i].fund,      cases[i].per_day,
                                                    cases[i].drugs,  cases[i].supplies,  cases[i].services,
                                                    cases[i].days,   cases[i].hours,     cases[i].diagnoses,
                                                    cases[i].visits, cases[i].facilities};
        km_batch batch;
        km_error error;
        km_features features;
        TEST_OK(test_claims(&batch, FIELDS, &cases[i].row, 1, &error), &error);
        km_feature_reader reader = km_feature_reader_of(&batch);
        km_features_read(&reader, 0, &features);
        for (int f = 0; f < KM_FEATURE_COUNT; f++) {
            int64_t value = features.value[f];
            CU_ASSERT_EQUAL(km_feature_known(&features, (km_feature)f), expected[f] != ABSENT);
            if (expected[f] == ABSENT) continue;
            km_feature_unit unit = km_feature_about((km_feature)f)->unit;
            if (unit == KM_UNIT_COUNT) value /= KM_FEATURE_ONE;
            if (unit == KM_UNIT_MONEY) value = (int64_t)km_exp2(features.value[f]);
            int64_t off = llabs(value - expected[f]);
            if (off > expected[f] / 20000)
                fprintf(stderr, "case %zu: %s is %lld\n", i, km_feature_about((km_feature)f)->name,
                        (long long)value);
            CU_ASSERT_TRUE(off <= expected[f] / 20000);
        }
        km_batch_free(&batch);
    }
}

static void features_missing_from_a_file_are_absent(void) {
    static const char *const rows[] = {"01|100"};
    km_batch batch;
    km_error error;
    km_features features;
    TEST_OK(test_claims(&batch, "MA_LOAI_KCB|T_TONGCHI", rows, 1, &error), &error);
    km_feature_reader reader = km_feature_reader_of(&batch);
    km_features_read(&reader, 0, &features);
    CU_ASSERT_EQUAL(features.present, 1u << KM_FEATURE_COST);
    km_batch_free(&batch);
}

/* ---- medians */

static int compare_values(const void *a, const void *b) {
    int64_t left = *(const int64_t *)a, right = *(const int64_t *)b;
    return (left > right) - (left < right);
}

/* Sorts everything, the slow way. */
static km_usual slow_usual(const int32_t *values, uint32_t count, int32_t floor) {
    static int64_t sorted[4096];
    km_usual usual = {.count = count, .spread = floor};
    if (!count) return usual;
    for (uint32_t i = 0; i < count; i++) sorted[i] = values[i];
    qsort(sorted, count, sizeof *sorted, compare_values);
    usual.median = (int32_t)sorted[(count - 1) / 2];
    for (uint32_t i = 0; i < count; i++) sorted[i] = llabs((int64_t)values[i] - usual.median);
    qsort(sorted, count, sizeof *sorted, compare_values);
    int64_t spread = sorted[(count - 1) / 2] * 97163 / 65536;
    if (spread > floor) usual.spread = spread;
    return usual;
}

static void medians_agree_with_sorting(void) {
    static int32_t values[1000];
    static uint64_t spare[1000];
    uint64_t seed = 71;
    for (int round = 0; round < 2000; round++) {
        uint32_t count = (uint32_t)(test_random(&seed) % (round % 20 ? 40 : 1000));
        uint64_t width = (uint64_t)1 << (test_random(&seed) % 33);
        for (uint32_t i = 0; i < count; i++) values[i] = (int32_t)(uint32_t)(test_random(&seed) % width);
        km_usual usual = km_usual_of(values, count, 10, spare), slow = slow_usual(values, count, 10);
        CU_ASSERT_EQUAL(usual.count, slow.count);
        CU_ASSERT_EQUAL(usual.median, slow.median);
        CU_ASSERT_EQUAL(usual.spread, slow.spread);
    }
}

/* ---- groups and ranks */

enum { CLAIMS = 700, ROW_MAX = 160, BATCHES_MAX = CLAIMS };

static void random_claim(uint64_t *seed, char out[ROW_MAX]) {
    static const char *const kinds[] = {"01", "01", "03", "03", "03", "10"};
    static const char *const codes[] = {"I10", "I10.9", "I10", "I21", "K35", "K36.1", "J00", "", "Z"};
    unsigned kind = (unsigned)(test_random(seed) % 6), code = (unsigned)(test_random(seed) % 9);
    unsigned cost = 100 + (unsigned)(test_random(seed) % 9) * 50,
             drugs = cost / 100 * (unsigned)(test_random(seed) % 90);
    if (kind == 5 && test_random(seed) % 4) kind = 1;
    if (code > 3 && test_random(seed) % 3) code = 0;
    if (test_random(seed) % 40 == 0) cost *= 50;
    snprintf(out, ROW_MAX, "%s|%s||%u|%u|%u|%s|%u|2026010108%02u|202601%02u0900||%u|%u|7900%u", kinds[kind],
             codes[code], cost, cost / 2, drugs, test_random(seed) % 3 ? "5" : "",
             (unsigned)(test_random(seed) % 4), (unsigned)(test_random(seed) % 60),
             1 + (unsigned)(test_random(seed) % 5), 1 + (unsigned)(test_random(seed) % 3),
             1 + (unsigned)(test_random(seed) % 2), (unsigned)(test_random(seed) % 9));
}

/* A scorer fitted over rows[order[..]] in batches of `size`, and the batches with their scores. */
typedef struct fitted {
    km_scorer scorer;
    km_batch batch[BATCHES_MAX];
    uint32_t batches;
} fitted;

static void fit_rows(fitted *out, char (*rows)[ROW_MAX], const uint32_t *order, uint32_t count,
                     uint32_t size) {
    km_error error;
    km_scorer_init(&out->scorer, test_mem());
    out->batches = 0;
    for (uint32_t first = 0; first < count; first += size) {
        km_batch *batch = &out->batch[out->batches++];
        TEST_OK(test_claims_init(batch, FIELDS, &error), &error);
        batch->base = first;
        for (uint32_t i = first; i < first + size && i < count; i++)
            TEST_OK(test_claims_row(batch, FIELDS, rows[order[i]]), &error);
        TEST_OK(test_scorer_add(&out->scorer, batch, &error), &error);
    }
    TEST_OK(km_scorer_fit(&out->scorer, &error), &error);
    for (uint32_t i = 0; i < out->batches; i++)
        TEST_OK(km_scorer_attach(&out->scorer, &out->batch[i], &error), &error);
}

static void free_fitted(fitted *out) {
    for (uint32_t i = 0; i < out->batches; i++) km_batch_free(&out->batch[i]);
    km_scorer_free(&out->scorer);
}

static bool same_group(const km_scored *a, const km_scored *b, int level) {
    static const int shift[] = {0, 16, 24};
    return a->key >> shift[level] == b->key >> shift[level];
}

/* Score and peers of one claim from all claims, straight from the definitions. */
static int64_t slow_score(const km_scored *claims, uint32_t count, uint32_t of, uint32_t *peers) {
    static km_peer_group group;
    static int32_t values[CLAIMS];
    int level = 0;
    for (; level < 3; level++) {
        group.count = 0;
        for (uint32_t i = 0; i < count; i++) group.count += same_group(&claims[i], &claims[of], level);
        if (group.count >= 30) break;
    }
    *peers = level < 3 ? group.count : 0;
    if (level == 3) return -1;
    for (int f = 0; f < KM_FEATURE_COUNT; f++) {
        uint32_t n = 0;
        for (uint32_t i = 0; i < count; i++) {
            if (!same_group(&claims[i], &claims[of], level) || !(claims[i].features.present >> f & 1))
                continue;
            values[n++] = claims[i].features.value[f];
        }
        group.usual[f] = slow_usual(values, n, km_feature_about((km_feature)f)->floor);
    }
    int64_t less = 0;
    uint32_t own = km_robust_distance(&group, &claims[of].features);
    for (uint32_t i = 0; i < count; i++) {
        if (same_group(&claims[i], &claims[of], level))
            less += km_robust_distance(&group, &claims[i].features) < own;
    }
    return less * 1000000 / (group.count - 1);
}

static void scores_agree_with_the_slow_definition(void) {
    static char rows[CLAIMS][ROW_MAX];
    static uint32_t order[CLAIMS];
    static fitted all;
    uint64_t seed = 81;
    int levels[KM_PEER_LEVELS] = {0}, none = 0;
    for (int round = 0; round < 4; round++) {
        uint32_t count = round == 0 ? CLAIMS : round == 1 ? 29 : 120 + (uint32_t)round * 40;
        for (uint32_t i = 0; i < count; i++) random_claim(&seed, rows[i]), order[i] = i;
        fit_rows(&all, rows, order, count, 100);
        for (uint32_t i = 0; i < count; i++) {
            const km_batch *batch = &all.batch[i / 100];
            uint32_t row = i % 100, peers, place = km_rows_find(&all.scorer.rows, km_batch_id(batch, row));
            int64_t score = slow_score(all.scorer.claims, count, place, &peers);
            CU_ASSERT_EQUAL(km_batch_int(batch, KM_CLAIM_score, row, -1), score);
            CU_ASSERT_EQUAL(km_batch_int(batch, KM_CLAIM_peers, row, 0), peers);
            CU_ASSERT_FALSE(km_batch_value(batch, KM_CLAIM_q_value, row).known);
            const km_peer_group *group = km_scorer_group(&all.scorer, &all.scorer.claims[place]);
            if (group) levels[group->level]++;
            if (!group) none++;
        }
        free_fitted(&all);
    }
    for (int level = 0; level < KM_PEER_LEVELS; level++) CU_ASSERT_TRUE(levels[level] > 10);
    CU_ASSERT_TRUE(none > 10);
}

static void order_and_partition_do_not_matter(void) {
    static const uint32_t sizes[] = {1, 7, 350};
    static char rows[CLAIMS][ROW_MAX];
    static uint32_t order[CLAIMS];
    static int64_t first[CLAIMS];
    static fitted all;
    uint64_t seed = 91;
    for (uint32_t i = 0; i < CLAIMS; i++) random_claim(&seed, rows[i]), order[i] = i;
    fit_rows(&all, rows, order, CLAIMS, 700);
    for (uint32_t i = 0; i < CLAIMS; i++) first[i] = km_batch_int(&all.batch[0], KM_CLAIM_score, i, -1);
    free_fitted(&all);
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        for (uint32_t i = CLAIMS - 1; i > 0; i--) {
            uint32_t j = (uint32_t)(test_random(&seed) % (i + 1)), kept = order[i];
            order[i] = order[j];
            order[j] = kept;
        }
        fit_rows(&all, rows, order, CLAIMS, sizes[s]);
        for (uint32_t i = 0; i < CLAIMS; i++) {
            const km_batch *batch = &all.batch[i / sizes[s]];
            CU_ASSERT_EQUAL(km_batch_int(batch, KM_CLAIM_score, i % sizes[s], -1), first[order[i]]);
        }
        free_fitted(&all);
    }
}

/* ---- reasons */

/* 2,310 claims of about 1.1 million dong and one of 12.5 million, which also stands out in drugs and visits.
 */
static void fit_for_reasons(fitted *out, char (*rows)[ROW_MAX], uint32_t *order, uint32_t count) {
    for (uint32_t i = 0; i < count; i++) {
        unsigned cost = 908000 + i % 385 * 1000, odd = i == 7;
        snprintf(rows[i], ROW_MAX, "01|I10||%u||%u||1|202601010800|202601010%u00||%u|1|79001",
                 odd ? 12500000 : cost, odd ? 12000000 : cost / 10 * (3 + i % 3), odd ? 9u : 8 + i % 2,
                 odd ? 9u : 1u);
        order[i] = i;
    }
    fit_rows(out, rows, order, count, 2000);
}

static void reasons_are_plain_figures(void) {
    enum { MANY = 2310 };
    static char rows[MANY][ROW_MAX];
    static uint32_t order[MANY];
    static fitted all;
    km_buf buf;
    km_reason reasons[KM_REASONS_MAX];
    fit_for_reasons(&all, rows, order, MANY);
    km_buf_init(&buf, test_mem());
    CU_ASSERT_EQUAL(km_batch_int(&all.batch[0], KM_CLAIM_score, 7, -1), 1000000);
    km_scorer_reasons(&all.scorer, 9, KIEM_LANG_VI, &buf);
    TEST_TEXT_EQUAL(km_buf_view(&buf),
                    "chi phí 12,5 triệu đồng, trung vị nhóm 1,1 triệu (2.310 hồ sơ), cao hơn, 53%; "
                    "số lượt trong 30 ngày 9 lượt, trung vị nhóm 1 (2.310 hồ sơ), cao hơn, 30%; "
                    "tỷ lệ thuốc 96%, trung vị nhóm 40% (2.310 hồ sơ), cao hơn, 14%");
    km_buf_clear(&buf);
    km_scorer_reasons(&all.scorer, 9, KIEM_LANG_EN, &buf);
    TEST_TEXT_EQUAL(km_buf_view(&buf),
                    "cost 12,500,000 dong, peer median 1,100,000 (2,310 claims), higher, 53%; "
                    "visits in 30 days 9 visits, peer median 1 (2,310 claims), higher, 30%; "
                    "drug share 96%, peer median 40% (2,310 claims), higher, 14%");
    int last = 101, sum = 0, count = km_scorer_reason_list(&all.scorer, 9, reasons);
    CU_ASSERT_EQUAL(count, 3);
    for (int i = 0; i < count; i++) {
        CU_ASSERT_TRUE(reasons[i].percent <= last);
        last = reasons[i].percent;
        sum += last;
    }
    CU_ASSERT_TRUE(sum <= 100);
    km_buf_clear(&buf);
    km_scorer_reasons(&all.scorer, 999999, KIEM_LANG_EN, &buf);
    CU_ASSERT_EQUAL(buf.length, 0);
    km_buf_free(&buf);
    free_fitted(&all);
}

static void equal_parts_keep_the_order_of_the_features(void) {
    km_batch batch;
    km_scorer scorer;
    km_error error;
    km_reason reasons[KM_REASONS_MAX];
    const char *const fields = "MA_LOAI_KCB|T_TONGCHI_BH|T_BHTT";
    km_scorer_init(&scorer, test_mem());
    TEST_OK(test_claims_init(&batch, fields, &error), &error);
    for (int i = 0; i < 30; i++)
        TEST_OK(test_claims_row(&batch, fields, i ? "03|9|9" : "03|900|900"), &error);
    TEST_OK(test_scorer_add(&scorer, &batch, &error), &error);
    TEST_OK(km_scorer_fit(&scorer, &error), &error);
    CU_ASSERT_EQUAL(km_scorer_reason_list(&scorer, 2, reasons), 3);
    CU_ASSERT_EQUAL(reasons[0].feature, KM_FEATURE_COST);
    CU_ASSERT_EQUAL(reasons[1].feature, KM_FEATURE_FUND);
    CU_ASSERT_EQUAL(reasons[2].feature, KM_FEATURE_COST_PER_DAY);
    CU_ASSERT_EQUAL(reasons[2].percent, 33);
    CU_ASSERT_EQUAL(km_scorer_reason_list(&scorer, 3, reasons), 0);
    km_scorer_free(&scorer);
    km_batch_free(&batch);
}

static void words_are_never_of_guilt(void) {
    static const char *const never[] = {"fraud", "fake", "ghost",    "guilt",
                                        "cheat", "crim", "gian lận", "trục lợi"};
    for (int f = 0; f < KM_FEATURE_COUNT; f++) {
        const km_feature_info *about = km_feature_about((km_feature)f);
        const char *const texts[] = {about->name, about->meaning, about->label_vi, about->label_en};
        for (size_t i = 0; i < 4; i++) {
            CU_ASSERT_TRUE(texts[i] && texts[i][0]);
            for (size_t n = 0; n < sizeof never / sizeof never[0]; n++)
                CU_ASSERT_PTR_NULL(strstr(texts[i], never[n]));
        }
        CU_ASSERT_TRUE(about->floor > 0);
    }
}

static void money_is_rounded_to_three_digits(void) {
    static const struct {
        const char *cost, *vi, *en;
    } cases[] = {
        {"850000", "850.000 đồng", "850,000 dong"},
        {"85349", "85.300 đồng", "85,300 dong"},
        {"1234567", "1,23 triệu đồng", "1,230,000 dong"},
        {"123456789", "123 triệu đồng", "123,000,000 dong"},
        {"7000000", "7 triệu đồng", "7,000,000 dong"},
        {"1250000000", "1,25 tỷ đồng", "1,250,000,000 dong"},
        {"999999999", "1 tỷ đồng", "1,000,000,000 dong"},
        {"1050000", "1,05 triệu đồng", "1,050,000 dong"},
    };
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        km_batch batch;
        km_scorer scorer;
        km_error error;
        km_buf buf;
        char row[64];
        km_buf_init(&buf, test_mem());
        km_scorer_init(&scorer, test_mem());
        TEST_OK(test_claims_init(&batch, "MA_LOAI_KCB|T_BHTT", &error), &error);
        snprintf(row, sizeof row, "01|%s", cases[c].cost);
        for (int i = 0; i < 30; i++)
            TEST_OK(test_claims_row(&batch, "MA_LOAI_KCB|T_BHTT", i ? "01|9" : row), &error);
        TEST_OK(test_scorer_add(&scorer, &batch, &error), &error);
        TEST_OK(km_scorer_fit(&scorer, &error), &error);
        km_scorer_reasons(&scorer, 2, KIEM_LANG_VI, &buf);
        km_buf_char(&buf, '\0');
        CU_ASSERT_PTR_NOT_NULL(strstr(buf.data, cases[c].vi));
        km_buf_clear(&buf);
        km_scorer_reasons(&scorer, 2, KIEM_LANG_EN, &buf);
        km_buf_char(&buf, '\0');
        CU_ASSERT_PTR_NOT_NULL(strstr(buf.data, cases[c].en));
        km_buf_free(&buf);
        km_scorer_free(&scorer);
        km_batch_free(&batch);
    }
}

/* ---- misuse and memory */

static void misuse_is_a_status(void) {
    static const char *const rows[] = {"01|9"};
    km_batch batch;
    km_scorer scorer;
    km_error error;
    TEST_OK(test_claims(&batch, "MA_LOAI_KCB|T_BHTT", rows, 1, &error), &error);
    km_scorer_init(&scorer, test_mem());
    CU_ASSERT_EQUAL(km_scorer_attach(&scorer, &batch, &error), KIEM_E_ARGUMENT);
    TEST_OK(test_scorer_add(&scorer, &batch, &error), &error);
    TEST_OK(test_scorer_add(&scorer, &batch, &error), &error);
    CU_ASSERT_EQUAL(km_scorer_fit(&scorer, &error), KIEM_E_ARGUMENT);
    TEST_MESSAGE(&error, "twice");
    km_scorer_free(&scorer);
    TEST_OK(km_scorer_fit(&scorer, &error), &error);
    CU_ASSERT_EQUAL(test_scorer_add(&scorer, &batch, &error), KIEM_E_ARGUMENT);
    CU_ASSERT_EQUAL(km_scorer_fit(&scorer, &error), KIEM_E_ARGUMENT);
    TEST_OK(km_scorer_attach(&scorer, &batch, &error), &error);
    CU_ASSERT_FALSE(km_batch_value(&batch, KM_CLAIM_score, 0).known);
    km_scorer_free(&scorer);
    km_batch_free(&batch);
}

static kiem_status learn(km_scorer *scorer, km_batch *batch) {
    for (uint64_t i = 0; i < 20; i++) {
        batch->base = i * 100;
        KM_TRY(test_scorer_add(scorer, batch, NULL));
    }
    KM_TRY(km_scorer_fit(scorer, NULL));
    return km_scorer_attach(scorer, batch, NULL);
}

static kiem_status try_scorer(void *context) {
    (void)context;
    static const char *const rows[] = {"01|9|I10", "03|8|I10", "03|8|J10"};
    km_batch batch;
    km_scorer scorer;
    KM_TRY(test_claims(&batch, "MA_LOAI_KCB|T_BHTT|MA_BENH_CHINH", rows, 3, NULL));
    km_scorer_init(&scorer, test_mem());
    kiem_status status = learn(&scorer, &batch);
    km_scorer_free(&scorer);
    km_batch_free(&batch);
    return status;
}

static void running_out_of_memory_is_a_status(void) {
    CU_ASSERT_TRUE(test_out_of_memory(try_scorer, NULL) > 40);
}

TEST_MAIN("score", {"features follow their definitions", features_follow_their_definitions},
          {"features missing from a file are absent", features_missing_from_a_file_are_absent},
          {"medians agree with sorting", medians_agree_with_sorting},
          {"scores agree with the slow definition", scores_agree_with_the_slow_definition},
          {"order and partition do not matter", order_and_partition_do_not_matter},
          {"reasons are plain figures", reasons_are_plain_figures},
          {"equal parts keep the order of the features", equal_parts_keep_the_order_of_the_features},
          {"words are never of guilt", words_are_never_of_guilt},
          {"money is rounded to three digits", money_is_rounded_to_three_digits},
          {"misuse is a status", misuse_is_a_status},
          {"running out of memory is a status", running_out_of_memory_is_a_status})
