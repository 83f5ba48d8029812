/* Saved outlier scorers: the same scores after loading, every damage refused; running out of memory. */
#include "score/outlier/outlier.h"
#include "support/test.h"

enum { ROWS = 300, COLUMNS = 3 };

static double numbers[ROWS * COLUMNS], scores[ROWS], more_scores[ROWS];

static km_matrix matrix_of(const double *values, size_t rows, uint32_t columns) {
    uint64_t state = rows;
    for (size_t i = 0; i < rows * columns; i++) numbers[i] = (double)(test_random(&state) >> 11) * 0x1p-53;
    return (km_matrix){values, true, rows, columns, (int64_t)(columns * sizeof *values)};
}

static km_outlier_options defaults(void) {
    return (km_outlier_options){.contamination = 0.1, .tails = KM_TAILS_AUTO};
}

static void test_saved_scorer_scores_the_same(void) {
    km_outlier model, loaded;
    km_error error;
    km_buf bytes;
    km_outlier_options options = defaults();
    options.seed = 99;
    options.features = KM_TEXT("cost,days,visits");
    const km_matrix matrix = matrix_of(numbers, ROWS, 3);
    km_outlier_init(&model, test_mem());
    km_outlier_init(&loaded, test_mem());
    km_buf_init(&bytes, test_mem());
    CU_ASSERT_EQUAL(km_outlier_save(&model, &bytes, &error), KIEM_E_ARGUMENT);
    TEST_OK(km_outlier_fit(&model, &matrix, &options, &error), &error);
    TEST_OK(km_outlier_save(&model, &bytes, &error), &error);
    TEST_OK(km_outlier_load(&loaded, bytes.data, bytes.length, &error), &error);
    TEST_OK(km_outlier_score(&model, &matrix, scores, &error), &error);
    TEST_OK(km_outlier_score(&loaded, &matrix, more_scores, &error), &error);
    CU_ASSERT(memcmp(scores, more_scores, sizeof scores) == 0);
    CU_ASSERT_STRING_EQUAL(loaded.features, "cost,days,visits");
    CU_ASSERT(loaded.seed == 99 && loaded.threshold == model.threshold);
    km_buf again;
    km_buf_init(&again, test_mem());
    TEST_OK(km_outlier_save(&loaded, &again, &error), &error);
    CU_ASSERT(again.length == bytes.length && memcmp(again.data, bytes.data, bytes.length) == 0);
    km_buf_free(&again);
    km_buf_free(&bytes);
    km_outlier_free(&model);
    km_outlier_free(&loaded);
}

static void assert_refused(const void *bytes, size_t size, kiem_status expected, const char *message) {
    km_outlier model;
    km_error error;
    km_outlier_init(&model, test_mem());
    const kiem_status status = km_outlier_load(&model, bytes, size, &error);
    CU_ASSERT(status == expected ||
              (expected == KIEM_OK && (status == KIEM_E_STATE || status == KIEM_E_UNSUPPORTED)));
    CU_ASSERT_PTR_NULL(model.memory);
    TEST_MESSAGE(&error, message);
}

static void test_damaged_files_are_refused(void) {
    km_outlier model;
    km_error error;
    km_buf bytes;
    const km_outlier_options options = defaults();
    const km_matrix matrix = matrix_of(numbers, 20, 2);
    km_outlier_init(&model, test_mem());
    km_buf_init(&bytes, test_mem());
    TEST_OK(km_outlier_fit(&model, &matrix, &options, &error), &error);
    TEST_OK(km_outlier_save(&model, &bytes, &error), &error);
    for (size_t size = 0; size < bytes.length; size++) {
        assert_refused(bytes.data, size, KIEM_E_STATE, size < 16 ? "no saved outlier scorer" : "cut short");
    }
    for (size_t i = 0; i < bytes.length; i++) {
        bytes.data[i] ^= 0x10;
        assert_refused(bytes.data, bytes.length, KIEM_OK, "saved outlier scorer");
        bytes.data[i] ^= 0x10;
    }
    bytes.data[16] = 2;
    assert_refused(bytes.data, bytes.length, KIEM_E_UNSUPPORTED, "version 2");
    assert_refused("MA_LK,T_BHTT\n1,2\n3,4\n", 21, KIEM_E_STATE, "no saved outlier scorer");
    km_buf_free(&bytes);
    km_outlier_free(&model);
}

/* ---- memory */

static kiem_status attempt(void *context) {
    const km_matrix *matrix = context;
    const km_outlier_options options = defaults();
    double shares[60 * 3];
    km_outlier model, loaded;
    km_buf bytes;
    km_error error;
    km_outlier_init(&model, test_mem());
    km_outlier_init(&loaded, test_mem());
    km_buf_init(&bytes, test_mem());
    kiem_status status = km_outlier_fit(&model, matrix, &options, &error);
    if (status == KIEM_OK) status = km_outlier_score(&model, matrix, scores, &error);
    if (status == KIEM_OK) status = km_outlier_explain(&model, matrix, shares, NULL, &error);
    if (status == KIEM_OK) status = km_outlier_save(&model, &bytes, &error);
    if (status == KIEM_OK) status = km_outlier_load(&loaded, bytes.data, bytes.length, &error);
    km_outlier_free(&model);
    km_outlier_free(&loaded);
    km_buf_free(&bytes);
    return status;
}

static void test_out_of_memory_is_a_status(void) {
    km_matrix matrix = matrix_of(numbers, 60, 3);
    CU_ASSERT(test_out_of_memory(attempt, &matrix) > 8);
}

TEST_MAIN("outlier file", {"saved scorer scores the same", test_saved_scorer_scores_the_same},
          {"damaged files are refused", test_damaged_files_are_refused},
          {"out of memory is a status", test_out_of_memory_is_a_status})
