#include "score/claim/key_places.h"
#include "support/claims.h"
#include "support/scoring.h"
#include "support/test.h"

enum { ITEMS = 3000, KEYS = 300 };

/* Keys in any order go where a stable sort would put them. */
static void places_are_those_of_a_stable_sort(void) {
    static uint32_t keys[ITEMS], items[ITEMS];
    km_key_places places;
    uint64_t seed = 5;
    km_key_places_init(&places, test_mem());
    for (int i = 0; i < ITEMS; i++) {
        keys[i] = (uint32_t)(test_random(&seed) % KEYS) * 0x1000193u;
        CU_ASSERT_TRUE_FATAL(km_key_places_count(&places, keys[i]));
    }
    CU_ASSERT_EQUAL(places.total, ITEMS);
    CU_ASSERT_TRUE_FATAL(km_key_places_settle(&places));
    for (uint32_t i = 0; i < ITEMS; i++) {
        const size_t place = km_key_places_next(&places, keys[i]);
        CU_ASSERT_TRUE_FATAL(place < ITEMS);
        items[place] = i;
    }
    for (int i = 1; i < ITEMS; i++) {
        const uint32_t before = items[i - 1], item = items[i];
        CU_ASSERT_TRUE(keys[before] < keys[item] || (keys[before] == keys[item] && before < item));
    }
    CU_ASSERT_EQUAL(km_key_places_next(&places, keys[0]), SIZE_MAX);
    CU_ASSERT_EQUAL(km_key_places_next(&places, 1), SIZE_MAX);
    km_key_places_free(&places);
}

static void nothing_counted_has_no_place(void) {
    km_key_places places;
    km_key_places_init(&places, test_mem());
    CU_ASSERT_TRUE(km_key_places_settle(&places));
    CU_ASSERT_EQUAL(km_key_places_next(&places, 0), SIZE_MAX);
    km_key_places_free(&places);
}

static void only_expected_claims_come(void) {
    static const char *const rows[] = {"01|9", "03|9"}, *const others[] = {"01|9", "01|9"};
    km_batch batch, other;
    km_scorer scorer;
    km_error error;
    TEST_OK(test_claims(&batch, "MA_LOAI_KCB|T_BHTT", rows, 2, &error), &error);
    TEST_OK(test_claims(&other, "MA_LOAI_KCB|T_BHTT", others, 2, &error), &error);
    for (int wrong = 0; wrong < 2; wrong++) {
        km_scorer_init(&scorer, test_mem());
        TEST_OK(test_scorer_expect(&scorer, &batch, &error), &error);
        CU_ASSERT_EQUAL(km_scorer_fit(&scorer, &error), KIEM_E_ARGUMENT);
        TEST_MESSAGE(&error, "did not come");
        CU_ASSERT_EQUAL(test_scorer_add(&scorer, wrong ? &other : &batch, &error),
                        wrong ? KIEM_E_ARGUMENT : KIEM_OK);
        CU_ASSERT_EQUAL(test_scorer_expect(&scorer, &batch, &error), KIEM_E_ARGUMENT);
        CU_ASSERT_EQUAL(km_scorer_fit(&scorer, &error), wrong ? KIEM_E_ARGUMENT : KIEM_OK);
        km_scorer_free(&scorer);
    }
    km_batch_free(&batch);
    km_batch_free(&other);
}

TEST_MAIN("key places", {"places are those of a stable sort", places_are_those_of_a_stable_sort},
          {"nothing counted has no place", nothing_counted_has_no_place},
          {"only expected claims come", only_expected_claims_come})
