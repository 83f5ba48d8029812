/* Drawing a sample and estimating from it as others see it: through kiem.h alone, linked to the shared
 * library. */
#include <stdio.h>

#include "support.h"

enum { ROWS = 300, KEY = 6, WANTED = 50 };

static int64_t sizes[ROWS], offsets[ROWS + 1];
static char bytes[ROWS * KEY];
static double chances[ROWS];
static uint8_t drawn[ROWS];

static void fill(void) {
    for (int i = 0; i < ROWS; i++) {
        char key[16];
        snprintf(key, sizeof key, "K%05d", i);
        memcpy(bytes + i * KEY, key, KEY);
        offsets[i + 1] = (i + 1) * KEY;
        sizes[i] = 100 * (1 + i * 7919 % 1009);
    }
    sizes[42] = 10000000;
}

static kiem_status draw(const kiem_env *env, kiem_error *error) {
    return kiem_sample_draw(env, sizes, bytes, offsets, ROWS, WANTED, 2026, chances, drawn, error);
}

/* Each row drawn is overpaid by a tenth of its size. */
static kiem_status estimate(const kiem_env *env, kiem_table **out, kiem_error *error) {
    int64_t overpaid[ROWS], size[ROWS], rows = 0;
    double chance[ROWS];
    for (int i = 0; i < ROWS; i++) {
        if (!drawn[i]) continue;
        overpaid[rows] = sizes[i] / 10;
        size[rows] = sizes[i];
        chance[rows++] = chances[i];
    }
    return kiem_sample_estimate(env, overpaid, chance, size, rows, 95, out, error);
}

static int64_t value(const kiem_table *table, const char *column) {
    const int64_t *values;
    const uint8_t *validity;
    CU_ASSERT_FATAL(kiem_table_values(table, kiem_table_find(table, column), &values, &validity) == KIEM_OK);
    CU_ASSERT(validity[0] & 1);
    return values[0];
}

/* What is overpaid in proportion to size is estimated without error. */
static void a_whole_use(void) {
    kiem_table *table = NULL;
    int64_t sum = 0, count = 0;
    char cell[32];
    fill();
    CU_ASSERT_FATAL(draw(NULL, NULL) == KIEM_OK);
    for (int i = 0; i < ROWS; i++) {
        sum += sizes[i] / 10;
        count += drawn[i];
    }
    CU_ASSERT(count == WANTED && drawn[42] == 1 && chances[42] == 1);
    CU_ASSERT_FATAL(estimate(NULL, &table, NULL) == KIEM_OK);
    CU_ASSERT(kiem_table_rows(table) == 1);
    CU_ASSERT(llabs(value(table, "total") - sum) <= 1 && value(table, "standard_error") == 0);
    CU_ASSERT(value(table, "drawn") == WANTED && value(table, "certain") == 1);
    CU_ASSERT(value(table, "low") == value(table, "total") && value(table, "high") == value(table, "total"));
    CU_ASSERT(value(table, "lower") <= value(table, "total") &&
              value(table, "upper") > value(table, "total"));
    CU_ASSERT(value(table, "found") <= value(table, "lower") && value(table, "confidence") == 95);
    CU_ASSERT(kiem_table_cell(table, 0, kiem_table_find(table, "interval"), cell, sizeof cell, NULL) ==
              KIEM_OK);
    CU_ASSERT_STRING_EQUAL(cell, "given");
    kiem_table_free(table);
}

static void wrong_arguments_are_a_status(void) {
    static const int64_t falling[] = {0, 2, 1}, two[] = {1, 1}, less[] = {1, -1}, much[] = {INT64_MAX, 1};
    static const int64_t straight[] = {0, 1, 2};
    static const double half[] = {.5, .5}, none[] = {.5, 0};
    kiem_error *error = NULL;
    kiem_table *table = NULL;
    CU_ASSERT_FATAL(kiem_error_new(NULL, &error) == KIEM_OK);
    CU_ASSERT(kiem_sample_draw(NULL, NULL, "AB", straight, 2, 1, 0, chances, drawn, error) ==
              KIEM_E_ARGUMENT);
    CU_ASSERT(kiem_sample_draw(NULL, two, "AB", straight, 2, 1, 0, NULL, drawn, error) == KIEM_E_ARGUMENT);
    CU_ASSERT(kiem_sample_draw(NULL, two, "AB", straight, -1, 1, 0, chances, drawn, error) ==
              KIEM_E_ARGUMENT);
    CU_ASSERT(kiem_sample_draw(NULL, two, "AB", straight, INT64_MAX, 1, 0, chances, drawn, error) ==
              KIEM_E_ARGUMENT);
    CU_ASSERT(kiem_sample_draw(NULL, two, "AB", straight, 2, 0, 0, chances, drawn, error) == KIEM_E_ARGUMENT);
    CU_ASSERT(kiem_sample_draw(NULL, less, "AB", straight, 2, 1, 0, chances, drawn, error) ==
              KIEM_E_ARGUMENT);
    CU_ASSERT(strstr(kiem_error_message(error), "row 2") != NULL);
    CU_ASSERT(kiem_sample_draw(NULL, two, "AB", falling, 2, 1, 0, chances, drawn, error) == KIEM_E_ARGUMENT);
    CU_ASSERT(strstr(kiem_error_message(error), "row 2") != NULL);
    CU_ASSERT(kiem_sample_draw(NULL, much, "AB", straight, 2, 1, 0, chances, drawn, error) == KIEM_E_RANGE);
    CU_ASSERT(kiem_sample_draw(NULL, NULL, NULL, NULL, 0, 1, 0, NULL, NULL, error) == KIEM_OK);
    CU_ASSERT(kiem_sample_estimate(NULL, two, half, NULL, 0, 95, &table, error) == KIEM_E_ARGUMENT);
    CU_ASSERT(kiem_sample_estimate(NULL, two, NULL, NULL, 2, 95, &table, error) == KIEM_E_ARGUMENT);
    CU_ASSERT(kiem_sample_estimate(NULL, two, half, NULL, 2, 95, NULL, error) == KIEM_E_ARGUMENT);
    CU_ASSERT(kiem_sample_estimate(NULL, two, half, NULL, 2, 30, &table, error) == KIEM_E_ARGUMENT);
    CU_ASSERT(kiem_sample_estimate(NULL, less, half, NULL, 2, 95, &table, error) == KIEM_E_ARGUMENT);
    CU_ASSERT(kiem_sample_estimate(NULL, two, none, NULL, 2, 95, &table, error) == KIEM_E_ARGUMENT);
    CU_ASSERT(kiem_sample_estimate(NULL, much, half, NULL, 2, 95, &table, error) == KIEM_E_RANGE);
    CU_ASSERT(table == NULL);
    kiem_error_free(error);
}

static void out_of_memory_is_a_status(void) {
    kiem_env *env = NULL;
    kiem_status status = KIEM_E_NOMEM;
    fill();
    CU_ASSERT_FATAL(kiem_env_new(&hooks, NULL, &env) == KIEM_OK);
    long before = atomic_load(&live), attempts = 0;
    for (; status == KIEM_E_NOMEM && attempts < 100; attempts++) {
        kiem_table *table = NULL;
        atomic_store(&fail_at, atomic_load(&made) + attempts + 1);
        status = draw(env, NULL);
        if (status == KIEM_OK) status = estimate(env, &table, NULL);
        kiem_table_free(table);
        CU_ASSERT(atomic_load(&live) == before);
    }
    atomic_store(&fail_at, 0);
    CU_ASSERT(status == KIEM_OK && attempts > 5);
    kiem_env_free(env);
    CU_ASSERT(atomic_load(&live) == 0);
}

int main(void) {
    static const api_test tests[] = {{"a whole use", a_whole_use},
                                     {"wrong arguments are a status", wrong_arguments_are_a_status},
                                     {"out of memory is a status", out_of_memory_is_a_status}};
    return run_suite("sample api", tests, sizeof tests / sizeof tests[0]);
}
