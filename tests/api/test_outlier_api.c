/* The outlier scorer as others see it: through kiem.h alone, linked to the shared library. */

#include "support.h"

enum { ROWS = 200, COLUMNS = 3 };

static float values[ROWS][COLUMNS];

/* Rows along a line; row 42 far above in its last column. */
static void fill(void) {
    for (int i = 0; i < ROWS; i++) {
        for (int j = 0; j < COLUMNS; j++) values[i][j] = (float)((i * 7919 + j * 104729) % 1009) / 1009.0f;
    }
    values[42][2] = 50;
}

static kiem_status fit(kiem_outlier *outlier, kiem_error *error) {
    return kiem_outlier_fit(outlier, values, KIEM_FLOAT32, ROWS, COLUMNS, sizeof values[0], error);
}

static void a_whole_use(void) {
    fill();
    kiem_outlier *outlier = NULL, *loaded = NULL;
    double scores[ROWS], again[ROWS], shares[COLUMNS], threshold = 0;
    int8_t directions[COLUMNS];
    size_t length = 0;
    CU_ASSERT_FATAL(kiem_outlier_new(NULL, &outlier, NULL) == KIEM_OK);
    CU_ASSERT(kiem_outlier_set(outlier, "seed", "7", NULL) == KIEM_OK);
    CU_ASSERT(kiem_outlier_set(outlier, "tails", "auto, both,upper", NULL) == KIEM_OK);
    CU_ASSERT(kiem_outlier_set(outlier, "contamination", "0.02", NULL) == KIEM_OK);
    CU_ASSERT(kiem_outlier_set(outlier, "features", "cost,days,visits", NULL) == KIEM_OK);
    CU_ASSERT_FATAL(fit(outlier, NULL) == KIEM_OK);
    CU_ASSERT(kiem_outlier_score(outlier, values, KIEM_FLOAT32, ROWS, COLUMNS, sizeof values[0], scores,
                                 NULL) == KIEM_OK);
    CU_ASSERT(kiem_outlier_fact(outlier, "threshold", &threshold, NULL) == KIEM_OK);
    CU_ASSERT(scores[42] > threshold && scores[41] < scores[42] / 2);
    CU_ASSERT(kiem_outlier_explain(outlier, values[42], KIEM_FLOAT32, 1, COLUMNS, 0, shares, directions,
                                   NULL) == KIEM_OK);
    CU_ASSERT(shares[2] > 0.5 && directions[2] == 1);
    CU_ASSERT(kiem_outlier_save(outlier, NULL, 0, &length, NULL) == KIEM_E_RANGE);
    void *bytes = malloc(length);
    CU_ASSERT_FATAL(bytes != NULL);
    CU_ASSERT(kiem_outlier_save(outlier, bytes, length, &length, NULL) == KIEM_OK);
    CU_ASSERT_FATAL(kiem_outlier_load(NULL, bytes, length, &loaded, NULL) == KIEM_OK);
    CU_ASSERT(kiem_outlier_columns(loaded) == COLUMNS);
    CU_ASSERT_STRING_EQUAL(kiem_outlier_features(loaded), "cost,days,visits");
    CU_ASSERT(kiem_outlier_score(loaded, values, KIEM_FLOAT32, ROWS, COLUMNS, sizeof values[0], again,
                                 NULL) == KIEM_OK);
    CU_ASSERT(memcmp(scores, again, sizeof scores) == 0);
    free(bytes);
    kiem_outlier_free(loaded);
    kiem_outlier_free(outlier);
}

static void wrong_arguments_are_a_status(void) {
    static const struct {
        const char *option, *value;
        kiem_status expected;
    } options[] = {{"seed", "18446744073709551615", KIEM_OK},
                   {"seed", "18446744073709551616", KIEM_E_ARGUMENT},
                   {"seed", "", KIEM_E_ARGUMENT},
                   {"seed", "-1", KIEM_E_ARGUMENT},
                   {"contamination", "0.5", KIEM_OK},
                   {"contamination", "0", KIEM_E_ARGUMENT},
                   {"contamination", "0.51", KIEM_E_ARGUMENT},
                   {"contamination", "many", KIEM_E_ARGUMENT},
                   {"tails", "", KIEM_E_ARGUMENT},
                   {"tails", "upper,", KIEM_E_ARGUMENT},
                   {"tails", "lower", KIEM_E_ARGUMENT},
                   {"features", "\xff", KIEM_E_ARGUMENT},
                   {"instructions", "portable", KIEM_OK},
                   {"instructions", "best", KIEM_OK},
                   {"instructions", "abacus", KIEM_E_UNSUPPORTED},
                   {"speed", "1", KIEM_E_NOT_FOUND}};
    fill();
    kiem_outlier *outlier = NULL;
    kiem_error *error = NULL;
    double number;
    size_t length;
    CU_ASSERT_FATAL(kiem_outlier_new(NULL, &outlier, NULL) == KIEM_OK &&
                    kiem_error_new(NULL, &error) == KIEM_OK);
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++) {
        CU_ASSERT(kiem_outlier_set(outlier, options[i].option, options[i].value, error) ==
                  options[i].expected);
        CU_ASSERT(kiem_error_status(error) == options[i].expected);
    }
    CU_ASSERT(kiem_outlier_set(outlier, NULL, "", error) == KIEM_E_ARGUMENT);
    CU_ASSERT(kiem_outlier_fact(outlier, "pile", &number, error) == KIEM_E_ARGUMENT);
    CU_ASSERT(kiem_outlier_save(outlier, NULL, 0, &length, error) == KIEM_E_ARGUMENT);
    CU_ASSERT(kiem_outlier_score(outlier, values, KIEM_FLOAT32, 1, COLUMNS, 0, &number, error) ==
              KIEM_E_ARGUMENT);
    CU_ASSERT(kiem_outlier_fit(outlier, NULL, KIEM_FLOAT32, ROWS, COLUMNS, 12, error) == KIEM_E_ARGUMENT);
    CU_ASSERT(kiem_outlier_fit(outlier, values, 16, ROWS, COLUMNS, 12, error) == KIEM_E_ARGUMENT);
    CU_ASSERT(kiem_outlier_fit(outlier, values, KIEM_FLOAT32, -1, COLUMNS, 12, error) == KIEM_E_ARGUMENT);
    CU_ASSERT(kiem_outlier_fit(outlier, values, KIEM_FLOAT32, 0, COLUMNS, 12, error) == KIEM_E_ARGUMENT);
    CU_ASSERT(kiem_outlier_fit(outlier, values, KIEM_FLOAT32, ROWS, COLUMNS, 13, error) == KIEM_E_ARGUMENT);
    CU_ASSERT(kiem_outlier_fit(outlier, (const char *)values + 1, KIEM_FLOAT32, 2, COLUMNS, 12, error) ==
              KIEM_E_ARGUMENT);
    CU_ASSERT(fit(outlier, error) == KIEM_OK);
    CU_ASSERT(kiem_outlier_fact(outlier, "beauty", &number, error) == KIEM_E_NOT_FOUND);
    CU_ASSERT(kiem_outlier_score(outlier, values, KIEM_FLOAT32, 1, 2, 0, &number, error) == KIEM_E_ARGUMENT);
    CU_ASSERT(kiem_outlier_score(outlier, NULL, KIEM_FLOAT32, 0, COLUMNS, 0, NULL, error) == KIEM_OK);
    CU_ASSERT(kiem_outlier_load(NULL, NULL, 0, &outlier, error) == KIEM_E_STATE);
    CU_ASSERT(kiem_outlier_columns(NULL) == 0 && kiem_outlier_features(NULL)[0] == '\0');
    kiem_outlier_free(outlier);
    kiem_outlier_free(NULL);
    kiem_error_free(error);
}

int main(void) {
    static const api_test tests[] = {{"a whole use", a_whole_use},
                                     {"wrong arguments are a status", wrong_arguments_are_a_status}};
    return run_suite("outlier api", tests, sizeof tests / sizeof tests[0]);
}
