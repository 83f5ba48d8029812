#include "score/entity/warning_grade.h"

#include <math.h>

#include "support/policy_table.h"
#include "support/test.h"

#define NO NAN

/* In the order of km_grade_measure. */
typedef struct grade_case {
    const char *why;
    bool warned;
    double of[KM_GRADE_MEASURES];
    const char *grade, *grounds;
} grade_case;

static const grade_case of_the_table[] = {
    {"nothing is known of its size", true, {NO, NO, NO, NO, NO, NO, NO, NO, NO}, "low", ""},
    {"no test is met", false, {.001, .5, 5e9, .001, .5, 9, 99, 9, 3}, "", ""},
    {"a tenth more, told from chance", true, {.04, .1, 1e6, NO, NO, 1, 0, NO, 1}, "high", "excess_rate"},
    {"a tenth more, by chance perhaps", true, {.05, .24, 9e9, NO, NO, 1, 0, NO, 0}, "low", ""},
    {"less than a tenth, little money", true, {.001, .09, 999e6, NO, NO, 1, 0, NO, 0}, "low", ""},
    {"less than a tenth of a great deal", true, {.04, .02, 1e9, NO, NO, 1, 0, NO, 1}, "high", "excess_money"},
    {"both", true, {.04, .2, 1e9, NO, NO, 1, 0, NO, 1}, "high", "excess_rate; excess_money"},
    {"a quarter more", true, {.009, .25, 1e6, NO, NO, 1, 0, NO, 1}, "very_high", "large_excess"},
    {"a quarter more, less sure", true, {.01, .25, 1e6, NO, NO, 1, 0, NO, 1}, "high", "excess_rate"},
    {"a step of a third", true, {.5, .01, 1e6, .01, .33, 1, 0, NO, 0}, "very_high", "step"},
    {"a step that may be chance", true, {.5, .01, 1e6, .06, .33, 1, 0, NO, 0}, "low", ""},
    {"three times last year", true, {.5, 0, 0, NO, NO, 3, 0, NO, 0}, "very_high", "multiple"},
    {"twice last year", true, {.5, 0, 0, NO, NO, 2.9, 0, NO, 0}, "low", ""},
    {"three times the violations", true, {.5, 0, 0, NO, NO, 1, 10, 3, 1}, "high", "violations"},
    {"few of them", true, {.5, 0, 0, NO, NO, 1, 9, 30, 0}, "low", ""},
    {"peers without any", true, {.5, 0, 0, NO, NO, 1, 10, INFINITY, 1}, "high", "violations"},
    {"the second month", true, {.04, .1, 1e6, NO, NO, 1, 0, NO, 2}, "high", "excess_rate"},
    {"the third month", true, {.04, .1, 1e6, NO, NO, 1, 0, NO, 3}, "very_high", "months"}};

static void grade_names(const km_grading *grading, uint64_t grounds, char out[128]) {
    out[0] = 0;
    for (uint32_t row = 0; row < grading->table->rows; row++) {
        km_text name = grading->table->column[grading->ground].cells[row].text;
        if (!(grounds >> row & 1)) continue;
        snprintf(out + strlen(out), 128 - strlen(out), "%s%.*s", out[0] ? "; " : "", KM_TEXT_ARG(name));
    }
}

static void grades_by_the_shipped_table(void) {
    km_lookup table;
    km_grading grading;
    km_error error;
    test_policy_table(&table, "warning_grades");
    TEST_OK(km_grading_read(&grading, &table, &error), &error);
    for (size_t i = 0; i < sizeof of_the_table / sizeof of_the_table[0]; i++) {
        km_grade_figures figures = {.warned = of_the_table[i].warned};
        uint64_t grounds;
        char names[128];
        memcpy(figures.of, of_the_table[i].of, sizeof figures.of);
        km_grade grade = km_grade_of(&grading, &figures, km_day_from_civil(2026, 8, 31), &grounds);
        grade_names(&grading, grounds, names);
        bool good =
            !strcmp(km_grade_name(grade), of_the_table[i].grade) && !strcmp(names, of_the_table[i].grounds);
        if (!good) printf("%s: %s (%s)\n", of_the_table[i].why, km_grade_name(grade), names);
        CU_ASSERT_TRUE(good);
    }
    km_lookup_free(&table);
}

static void a_table_of_ones_own(void) {
    km_lookup table;
    km_grading grading;
    km_error error;
    uint64_t grounds;
    const km_grade_figures figures = {true, {[KM_GRADE_Q] = .01, [KM_GRADE_EXCESS_RATE] = .06}};
    TEST_OK(test_policy_table_of(&table, "warning_grades",
                                 "ground|grade|excess_rate|effective_from|effective_to",
                                 "small|high|0.05|2026-01-01||old|very_high|0.05||2025-12-31", &error),
            &error);
    TEST_OK(km_grading_read(&grading, &table, &error), &error);
    CU_ASSERT_EQUAL(km_grade_of(&grading, &figures, km_day_from_civil(2026, 1, 1), &grounds), KM_GRADE_HIGH);
    CU_ASSERT_EQUAL(grounds, 1);
    CU_ASSERT_EQUAL(km_grade_of(&grading, &figures, km_day_from_civil(2025, 12, 31), &grounds),
                    KM_GRADE_VERY_HIGH);
    km_lookup_free(&table);
}

static void tables_that_cannot_be_used(void) {
    static const char *const cells[] = {"a|severe|0.05", "a|high|"};
    static const char *const why[] = {"a grade is low, high or very_high", "a row has no limit"};
    for (size_t i = 0; i < sizeof cells / sizeof cells[0]; i++) {
        km_lookup table;
        km_grading grading;
        km_error error;
        TEST_OK(test_policy_table_of(&table, "warning_grades", "ground|grade|excess_rate", cells[i], &error),
                &error);
        CU_ASSERT_EQUAL(km_grading_read(&grading, &table, &error), KIEM_E_POLICY);
        CU_ASSERT_PTR_NOT_NULL(strstr(error.message, why[i]));
        km_lookup_free(&table);
    }
}

static void a_table_has_64_rows_at_most(void) {
    for (uint32_t rows = KM_GRADE_ROWS; rows <= KM_GRADE_ROWS + 1; rows++) {
        km_lookup table;
        km_grading grading;
        km_error error;
        km_buf cells;
        km_buf_init(&cells, test_mem());
        for (uint32_t i = 0; i < rows; i++) {
            km_buf_int(&cells, i); /* grounds are keys */
            km_buf_string(&cells, i + 1 < rows ? "|high|0.05|" : "|high|0.05");
        }
        km_buf_char(&cells, '\0');
        TEST_OK(
            test_policy_table_of(&table, "warning_grades", "ground|grade|excess_rate", cells.data, &error),
            &error);
        CU_ASSERT_EQUAL(table.rows, rows);
        CU_ASSERT_EQUAL(km_grading_read(&grading, &table, &error),
                        rows > KM_GRADE_ROWS ? KIEM_E_POLICY : KIEM_OK);
        km_lookup_free(&table);
        km_buf_free(&cells);
    }
}

TEST_MAIN("warning_grade", {"grades by the shipped table", grades_by_the_shipped_table},
          {"a table of one's own", a_table_of_ones_own},
          {"tables that cannot be used", tables_that_cannot_be_used},
          {"a table has 64 rows at most", a_table_has_64_rows_at_most})
