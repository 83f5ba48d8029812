#include <math.h>
#include <stdlib.h>

#include "score/claim/feature.h"
#include "score/claim/sketch.h"
#include "score/log2f.h"
#include "support/claims.h"
#include "support/policy_table.h"
#include "support/test.h"

#define FIELDS                                                                                               \
    "MA_LOAI_KCB|T_TONGCHI_BV|T_TONGCHI_BH|T_THUOC|T_VTYT|T_GIUONG|SO_NGAY_DTRI|NGAY_VAO|NGAY_RA|"           \
    "MA_BENH_KT|visits_30d|facilities_30d|MA_CSKCB|MA_DKBD"

enum { ABSENT = -1000 };

static double natural(km_feature feature, float value) {
    const km_feature_info *about = km_feature_about(feature);
    if (about->unit == KM_UNIT_MONEY) return exp2((double)value) - (double)about->offset;
    return about->unit == KM_UNIT_TIMES ? exp2((double)value) : (double)value;
}

/* Money in dong, shares of 1, counts as they are; the order is that of km_feature. */
static void features_follow_their_definitions(void) {
    static const struct {
        const char *row;
        double expected[KM_FEATURE_COUNT];
    } cases[] = {
        {"03|2000000|1000000|500000|500000|200000|4|202601010800|202601050900|E11;N18|3|2|79001|79012",
         {1e6, 250000, 125000, 125000, 250000, 0.25, 0.25, 0.1, 1, 4, 2, 3, 2, 0, 0, 0}},
        {"01||1000000|1000000|0|||202601030530|202601030659|;|1|1|79001|80012",
         {1e6, ABSENT, 1e6, 0, 0, 1, 0, ABSENT, 20000.0 / 1020000, ABSENT, 0, 1, 1, 2, 1, 2}},
        {"03||1000000|1000001|0|1000001|-3|202601042200|202601080800||1|1||79012",
         {1e6, 1e6, ABSENT, 0, ABSENT, ABSENT, 0, ABSENT, ABSENT, ABSENT, 0, 1, 1, 5, 1, ABSENT}},
        {"03||900000|600000|600000|||202601050800|202601080800|A|0|0|79001|7",
         {9e5, 300000, 200000, 200000, ABSENT, 2.0 / 3, 2.0 / 3, ABSENT, 1, ABSENT, 1, 0, 0, 0, 0, ABSENT}},
        {"01||0|0|0|0|1||||1|1|79001|01012",
         {1, ABSENT, 0, 0, 0, ABSENT, ABSENT, ABSENT, 1, 1, 0, 1, 1, ABSENT, ABSENT, 2}},
        {"01||||||||||||",
         {ABSENT, ABSENT, ABSENT, ABSENT, ABSENT, ABSENT, ABSENT, ABSENT, ABSENT, ABSENT, 0, ABSENT, ABSENT,
          ABSENT, ABSENT, ABSENT}},
    };
    const km_place_tables places = km_place_tables_of(NULL, NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        km_batch batch;
        km_error error;
        km_features features;
        TEST_OK(test_claims(&batch, FIELDS, &cases[i].row, 1, &error), &error);
        const km_feature_reader reader = km_feature_reader_of(&batch, &places);
        km_features_read(&reader, 0, &features);
        for (int f = 0; f < KM_FEATURE_COUNT; f++) {
            const bool known = !isnan(features.value[f]);
            const double expected = cases[i].expected[f];
            const double found = known ? natural((km_feature)f, features.value[f]) : ABSENT;
            const bool close = fabs(found - expected) <= fabs(expected) * 2e-6 + (f < 5 ? 2 : 1e-6);
            if (known != (expected > ABSENT) || (known && !close))
                fprintf(stderr, "case %zu: %s is %g\n", i, km_feature_about((km_feature)f)->name, found);
            CU_ASSERT_EQUAL(known, expected > ABSENT);
            CU_ASSERT_TRUE(!known || close);
        }
        km_batch_free(&batch);
    }
}

static void features_missing_from_a_file_are_absent(void) {
    static const char *const rows[] = {"01|100"};
    const km_place_tables places = km_place_tables_of(NULL, NULL);
    km_batch batch;
    km_error error;
    km_features features;
    TEST_OK(test_claims(&batch, "MA_LOAI_KCB|T_TONGCHI", rows, 1, &error), &error);
    const km_feature_reader reader = km_feature_reader_of(&batch, &places);
    km_features_read(&reader, 0, &features);
    for (int f = 0; f < KM_FEATURE_COUNT; f++)
        CU_ASSERT_EQUAL(!isnan(features.value[f]), f == KM_FEATURE_COST);
    km_batch_free(&batch);
}

static uint64_t code(const char *text) {
    uint64_t packed = 0;
    CU_ASSERT_TRUE(km_code_pack(km_text_from(text), &packed));
    return packed;
}

static void places_come_from_the_tables(void) {
    static const struct {
        const char *facility;
        uint32_t tier;
    } cases[] = {{"79001", 4}, {"79002", 6}, {"79003", 0}, {"79009", 0}};
    km_lookup facilities, provinces;
    km_error error;
    TEST_OK(test_policy_table_of(&facilities, "facilities", "facility_code|tier|technical_level",
                                 "79001|central|basic|79002||basic|79003||", &error),
            &error);
    test_policy_table(&provinces, "provinces");
    const km_place_tables places = km_place_tables_of(&facilities, &provinces);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CU_ASSERT_EQUAL(km_place_tier(&places, code(cases[i].facility), 20000), cases[i].tier);
    static const char *const rows[] = {"79001|79002", "79001|74002;01001", "79001|01002", "79001|99002"};
    static const float distance[] = {0, 1, 2, 2};
    km_batch batch;
    TEST_OK(test_claims(&batch, "MA_CSKCB|MA_DKBD", rows, 4, &error), &error);
    const km_feature_reader reader = km_feature_reader_of(&batch, &places);
    for (uint32_t row = 0; row < 4; row++) {
        km_features features;
        km_features_read(&reader, row, &features);
        CU_ASSERT_EQUAL(features.value[KM_FEATURE_HOME_DISTANCE], distance[row]);
    }
    km_batch_free(&batch);
    km_lookup_free(&facilities);
    km_lookup_free(&provinces);
}

static void logarithms_agree_with_the_library(void) {
    uint64_t seed = 5;
    for (int i = 0; i < 100000; i++) {
        const float x = (float)exp2((double)(test_random(&seed) % 62000) / 1000) + 1;
        const double exact = log2((double)x);
        if (fabs((double)km_log2f(x) - exact) > 1e-6 + exact * 2e-7) CU_FAIL("off");
    }
    CU_ASSERT_EQUAL(km_log2f(1), 0);
    CU_ASSERT_EQUAL(km_log2f(0), 0);
    CU_ASSERT_EQUAL(km_log2f(-3), 0);
    CU_ASSERT_EQUAL(km_log2f(NAN), 0);
    CU_ASSERT_EQUAL(km_log2f(1024), 10);
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

/* ---- sketches */

enum { VALUES = 3000 };

static int compare_floats(const void *a, const void *b) {
    const float left = *(const float *)a, right = *(const float *)b;
    return (left > right) - (left < right);
}

static void quantiles_agree_with_sorting(void) {
    static float values[VALUES];
    static km_sketch sketch;
    static const double q[] = {0, 0.25, 0.5, 0.5, 0.9, 1};
    static const km_scale scales[] = {{0, 32, false}, {0, 1, true}, {2, 16, false}};
    uint64_t seed = 11;
    for (int round = 0; round < 300; round++) {
        const km_scale *scale = &scales[round % 3];
        const size_t count = 1 + (size_t)(test_random(&seed) % (round % 10 ? 40 : VALUES));
        for (size_t i = 0; i < count; i++) {
            values[i] = (float)(test_random(&seed) % 40000) / 1000;
            if (scale->whole) values[i] = floorf(values[i]);
            km_sketch_add(&sketch, scale, values[i]);
        }
        float found[6];
        km_sketch_quantiles(&sketch, scale, q, found, 6);
        qsort(values, count, sizeof *values, compare_floats);
        for (int i = 0; i < 6; i++) {
            float exact = values[(size_t)(q[i] * (double)(count - 1))];
            if (exact < scale->zero) exact = fminf(scale->zero, values[count - 1]);
            const float off = fabsf(found[i] - exact);
            CU_ASSERT_TRUE(scale->whole ? off == 0 : off <= 1 / scale->per_unit);
        }
        km_sketch_clear(&sketch, scale);
    }
}

static void values_beyond_the_bins_are_kept_at_the_ends(void) {
    static km_sketch sketch;
    static const km_scale scale = {0, 1, true};
    static const double q[] = {0, 1};
    float found[2];
    km_sketch_add(&sketch, &scale, -1e30f);
    km_sketch_add(&sketch, &scale, 1e30f);
    km_sketch_quantiles(&sketch, &scale, q, found, 2);
    CU_ASSERT_EQUAL(found[0], 0);
    CU_ASSERT_EQUAL(found[1], KM_SKETCH_BINS - 2);
    km_sketch_clear(&sketch, &scale);
    for (int i = 0; i < 9; i++) km_sketch_add(&sketch, &scale, -4.5f);
    km_sketch_quantiles(&sketch, &scale, q, found, 2);
    CU_ASSERT_EQUAL(found[0], -4.5f);
    CU_ASSERT_EQUAL(found[1], -4.5f);
    km_sketch_clear(&sketch, &scale);
    CU_ASSERT_EQUAL(sketch.total, 0);
    for (int bin = 0; bin < KM_SKETCH_BINS; bin++) CU_ASSERT_EQUAL(sketch.count[bin], 0);
}

/* Whatever the parts and the order they are brought together in. */
static void merging_is_exact(void) {
    enum { PARTS = 7 };
    static km_sketch whole, parts[PARTS], sum;
    static const km_scale scale = {0, 32, false};
    uint64_t seed = 13;
    for (int round = 0; round < 50; round++) {
        km_sketch_clear(&whole, &scale);
        for (int i = 0; i < PARTS; i++) km_sketch_clear(&parts[i], &scale);
        for (size_t i = test_random(&seed) % 500; i > 0; i--) {
            const float value = (float)(test_random(&seed) % 60000) / 1000;
            km_sketch_add(&whole, &scale, value);
            km_sketch_add(&parts[test_random(&seed) % PARTS], &scale, value);
        }
        km_sketch_clear(&sum, &scale);
        const size_t first = (size_t)(test_random(&seed) % PARTS);
        for (size_t i = 0; i < PARTS; i++) km_sketch_merge(&sum, &scale, &parts[(first + i * 3) % PARTS]);
        CU_ASSERT_TRUE(sum.total == whole.total && sum.least == whole.least && sum.most == whole.most);
        CU_ASSERT_EQUAL(memcmp(sum.count, whole.count, sizeof sum.count), 0);
    }
}

TEST_MAIN("feature", {"features follow their definitions", features_follow_their_definitions},
          {"features missing from a file are absent", features_missing_from_a_file_are_absent},
          {"places come from the tables", places_come_from_the_tables},
          {"logarithms agree with the library", logarithms_agree_with_the_library},
          {"words are never of guilt", words_are_never_of_guilt},
          {"quantiles agree with sorting", quantiles_agree_with_sorting},
          {"values beyond the bins are kept at the ends", values_beyond_the_bins_are_kept_at_the_ends},
          {"merging is exact", merging_is_exact})
