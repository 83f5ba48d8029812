/* Batches, readers and tables when memory runs out. A call on a batch or a table that failed can be made
 * again as if it had not been made; a reader that failed is given up, and says so, rather than leave rows
 * out. */
#include <kiem/arrow.h>
#include <stdint.h>

#include "failing.h"

enum { TEXT_MAX = 1 << 14 };

static kiem_env *env;
static kiem_error *error;
static kiem_policy *policy;

/* What a batch holds, by what is found in it, with memory that does not fail. */
static void look_into(const kiem_batch *batch, char *text) {
    const long made_before = atomic_load(&made), where = pause_failing();
    kiem_judge *judge;
    const kiem_table *findings;
    CU_ASSERT_EQUAL_FATAL(kiem_judge_new(NULL, policy, KIEM_LANG_EN, &judge, NULL), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_judge_batch(judge, batch, &findings, NULL), KIEM_OK);
    write_table(findings, text, TEXT_MAX);
    kiem_judge_free(judge);
    go_on_failing(where, made_before);
}

/* ---- batches */

static int new_batch(kiem_batch **batch) {
    *batch = UNTOUCHED(kiem_batch *);
    const int failed = is_out_of_memory(kiem_batch_new(env, batch, error), error);
    if (failed) CU_ASSERT_PTR_EQUAL(*batch, UNTOUCHED(kiem_batch *));
    if (failed) CU_ASSERT_EQUAL_FATAL(kiem_batch_new(env, batch, error), KIEM_OK);
    return failed;
}

static int set(kiem_batch *batch, const char *field, const char *value) {
    const int failed = is_out_of_memory(kiem_batch_set(batch, field, value, SIZE_MAX, error), error);
    if (failed) CU_ASSERT_EQUAL(kiem_batch_set(batch, field, value, SIZE_MAX, error), KIEM_OK);
    return failed;
}

static int end_row(kiem_batch *batch) {
    const int64_t rows = kiem_batch_rows(batch);
    const int failed = is_out_of_memory(kiem_batch_end_row(batch, error), error);
    CU_ASSERT_EQUAL(kiem_batch_rows(batch), rows + !failed);
    if (failed) CU_ASSERT_EQUAL(kiem_batch_end_row(batch, error), KIEM_OK);
    return failed;
}

/* Typed and text columns, values that cannot be read, an amount in doubt, a text to be composed, a column
 * that comes with the second row. */
static int fill(kiem_batch *batch) {
    int failures = set(batch, "MA_LK", "K1") + set(batch, "GIOI_TINH", "1") +
                   set(batch, "MA_BENH_CHINH", "O80") + set(batch, "T_BHTT", "12x") +
                   set(batch, "T_BNTT", "150.000") + set(batch, "HO_TEN", "Nguye\xCC\x82\xCC\x83n") +
                   set(batch, "NGAY_VAO", "202503100800") + end_row(batch);
    failures += set(batch, "GIOI_TINH", "1") + set(batch, "MA_BENH_CHINH", "O80") +
                set(batch, "MA_THE_BHYT", "GD4790000000017") + set(batch, "T_TONGCHI_BV", "5") +
                end_row(batch);
    return failures;
}

static char of_batch[TEXT_MAX], of_batch_again[TEXT_MAX];

static int fill_and_compare(void *user) {
    static char text[TEXT_MAX];
    kiem_batch *batch;
    (void)user;
    int failures = new_batch(&batch) + fill(batch);
    look_into(batch, text);
    CU_ASSERT_STRING_EQUAL(text, of_batch);
    kiem_batch_clear(batch);
    failures += fill(batch); /* once more in the same columns */
    look_into(batch, text);
    CU_ASSERT_STRING_EQUAL(text, of_batch_again);
    kiem_batch_free(batch);
    return failures;
}

static void a_batch_is_filled_all_the_same(void) {
    kiem_batch *batch;
    CU_ASSERT_EQUAL_FATAL(kiem_batch_new(NULL, &batch, NULL), KIEM_OK);
    CU_ASSERT_EQUAL(fill(batch), 0);
    look_into(batch, of_batch);
    CU_ASSERT_PTR_NOT_NULL(strstr(of_batch, "C18_MALE"));
    CU_ASSERT_PTR_NOT_NULL(strstr(of_batch, "bad_value"));
    CU_ASSERT_PTR_NOT_NULL(strstr(of_batch, "REQ_MA_LK"));
    kiem_batch_clear(batch);
    CU_ASSERT_EQUAL(fill(batch), 0);
    look_into(batch, of_batch_again);
    kiem_batch_free(batch);
    fail_in_turn("batch", fill_and_compare, NULL);
}

/* A value that could not be set leaves the one before it. */
static int set_twice(void *user) {
    static const char longer[] = "123456789012345678901234567890123456789012345678901234567890123456789x";
    static char text[TEXT_MAX];
    kiem_batch *batch;
    (void)user;
    int failures = new_batch(&batch) + set(batch, "GIOI_TINH", "1") + set(batch, "T_BHTT", "1x");
    const int failed = is_out_of_memory(kiem_batch_set(batch, "T_BHTT", longer, SIZE_MAX, error), error);
    failures += failed + end_row(batch);
    look_into(batch, text);
    CU_ASSERT_EQUAL(strstr(text, "T_BHTT=9999") == NULL, failed); /* masked */
    CU_ASSERT_EQUAL(strstr(text, "T_BHTT=9A") != NULL, failed);
    kiem_batch_free(batch);
    return failures;
}

static void a_value_not_set_leaves_the_one_before(void) {
    fail_in_turn("value set twice", set_twice, NULL);
}

static int lines(void *user) {
    kiem_batch *batch = UNTOUCHED(kiem_batch *);
    (void)user;
    const int failed = is_out_of_memory(kiem_batch_new_lines(env, "services", &batch, error), error);
    if (failed) CU_ASSERT_PTR_EQUAL(batch, UNTOUCHED(kiem_batch *));
    if (!failed) kiem_batch_free(batch);
    return failed;
}

static void a_batch_of_lines_is_made_or_not(void) {
    fail_in_turn("batch of lines", lines, NULL);
}

/* ---- readers */

static const char csv[] =
    "MA_LK,GIOI_TINH,MA_BENH_CHINH,T_BHTT,HO_TEN\n"
    "A,1,O80,5,\"A \"\"B\"\"\"\nB,2,O80,6x,\n,,,,\nshort\nC,1,\"O81\",7,Nguye\xCC\x82n\n";

typedef struct readings {
    char found[TEXT_MAX], rejects[TEXT_MAX];
    int64_t rows;
} readings;

static int take_batches(kiem_reader *reader, readings *to) {
    const kiem_batch *batch = UNTOUCHED(const kiem_batch *);
    kiem_status status;
    while ((status = kiem_reader_next(reader, &batch, error)) == KIEM_OK && batch) {
        to->rows += kiem_batch_rows(batch);
        look_into(batch, to->found + strlen(to->found));
        batch = UNTOUCHED(const kiem_batch *);
    }
    if (status != KIEM_OK) CU_ASSERT_PTR_EQUAL(batch, UNTOUCHED(const kiem_batch *));
    return is_out_of_memory(status, error);
}

static int take_rejects(kiem_reader *reader, readings *to) {
    kiem_table *rejects = UNTOUCHED(kiem_table *);
    const int failed = is_out_of_memory(kiem_reader_rejects(reader, &rejects, error), error);
    if (failed) CU_ASSERT_PTR_EQUAL(rejects, UNTOUCHED(kiem_table *));
    if (failed) CU_ASSERT_EQUAL_FATAL(kiem_reader_rejects(reader, &rejects, error), KIEM_OK);
    write_table(rejects, to->rejects, TEXT_MAX);
    kiem_table_free(rejects);
    return failed;
}

/* It has failed: it takes and gives no more, so that no row is lost unseen. */
static void check_given_up(kiem_reader *reader) {
    const kiem_batch *batch = UNTOUCHED(const kiem_batch *);
    readings ignored = {.rows = 0};
    CU_ASSERT_EQUAL(kiem_reader_push(reader, "x\n", 2, error), KIEM_E_ARGUMENT);
    CU_ASSERT_STRING_EQUAL(kiem_error_message(error), "this input was given up after an error");
    CU_ASSERT_EQUAL(kiem_reader_next(reader, &batch, error), KIEM_E_ARGUMENT);
    CU_ASSERT_EQUAL(kiem_reader_finish(reader, error), KIEM_E_ARGUMENT);
    CU_ASSERT_EQUAL(kiem_reader_next(reader, &batch, error), KIEM_E_ARGUMENT);
    CU_ASSERT_PTR_EQUAL(batch, UNTOUCHED(const kiem_batch *));
    CU_ASSERT_EQUAL(take_rejects(reader, &ignored), 0);
}

static int push_and_take(kiem_reader *reader, readings *to) {
    const size_t half = 70;
    int failed = is_out_of_memory(kiem_reader_push(reader, csv, half, error), error);
    if (!failed) failed = take_batches(reader, to);
    if (!failed)
        failed = is_out_of_memory(kiem_reader_push(reader, csv + half, sizeof csv - 1 - half, error), error);
    if (!failed) failed = take_batches(reader, to);
    if (!failed) failed = is_out_of_memory(kiem_reader_finish(reader, error), error);
    if (!failed) failed = take_batches(reader, to);
    return failed;
}

static int read_all(readings *to) {
    kiem_reader *reader = UNTOUCHED(kiem_reader *);
    *to = (readings){.rows = 0};
    if (is_out_of_memory(kiem_reader_new(env, "memory", 0, &reader, error), error)) {
        CU_ASSERT_PTR_EQUAL(reader, UNTOUCHED(kiem_reader *));
        return 1;
    }
    int failures = push_and_take(reader, to);
    if (failures) check_given_up(reader);
    if (!failures) failures = take_rejects(reader, to);
    kiem_reader_free(reader);
    return failures;
}

static readings whole;

static int read_and_compare(void *user) {
    static readings read;
    (void)user;
    const int failures = read_all(&read);
    CU_ASSERT(read.rows <= whole.rows);
    if (read.rows == whole.rows) CU_ASSERT_STRING_EQUAL(read.found, whole.found);
    if (!failures) CU_ASSERT_STRING_EQUAL(read.rejects, whole.rejects);
    return failures;
}

static void a_reader_without_memory_is_given_up(void) {
    CU_ASSERT_EQUAL(read_all(&whole), 0);
    CU_ASSERT_EQUAL(whole.rows, 4);
    CU_ASSERT(strlen(whole.rejects) > 10 && strlen(whole.found) > 10);
    fail_in_turn("reader", read_and_compare, NULL);
}

/* Calls out of their order are no failures of this kind. */
static void misuse_does_not_give_a_reader_up(void) {
    kiem_reader *reader;
    static readings read;
    CU_ASSERT_EQUAL_FATAL(kiem_reader_new(env, "memory", 0, &reader, error), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_reader_push(reader, csv, sizeof csv - 1, error), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_reader_push(reader, NULL, 1, error), KIEM_E_ARGUMENT);
    CU_ASSERT_EQUAL(kiem_reader_finish(reader, error), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_reader_finish(reader, error), KIEM_E_ARGUMENT);
    CU_ASSERT_EQUAL(kiem_reader_push(reader, csv, 1, error), KIEM_E_ARGUMENT);
    CU_ASSERT_EQUAL(take_batches(reader, &read), 0);
    CU_ASSERT_EQUAL(read.rows, 4);
    kiem_reader_free(reader);
}

/* ---- tables */

static const kiem_table *source; /* of a judge that has memory of its own */

static int copy(void *user) {
    static char text[TEXT_MAX], expected[TEXT_MAX];
    const kiem_table *from = user;
    kiem_table *table = UNTOUCHED(kiem_table *);
    const int failed = is_out_of_memory(kiem_table_copy(from, &table, error), error);
    if (failed) CU_ASSERT_PTR_EQUAL(table, UNTOUCHED(kiem_table *));
    if (failed) CU_ASSERT_EQUAL_FATAL(kiem_table_copy(from, &table, error), KIEM_OK);
    write_table(from, expected, sizeof expected);
    write_table(table, text, sizeof text);
    CU_ASSERT_STRING_EQUAL(text, expected);
    kiem_table_free(table);
    return failed;
}

static int all_cells(void *user) {
    const kiem_table *from = user;
    int failures = 0;
    for (int32_t column = 0; column < kiem_table_columns(from); column++) {
        char cell[1024] = "before";
        size_t length = 77;
        const kiem_status status = kiem_table_cell(from, 0, column, cell, sizeof cell, &length);
        failures += is_out_of_memory(status, NULL);
        if (status != KIEM_OK) CU_ASSERT(length == 77 && strcmp(cell, "before") == 0);
    }
    return failures;
}

static void tables_are_copied_and_read(void) {
    kiem_judge *judge;
    kiem_batch *batch;
    CU_ASSERT_EQUAL_FATAL(kiem_judge_new(env, policy, KIEM_LANG_EN, &judge, error), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_batch_new(env, &batch, error), KIEM_OK);
    fill(batch);
    CU_ASSERT_EQUAL_FATAL(kiem_judge_batch(judge, batch, &source, error), KIEM_OK);
    fail_in_turn("copy", copy, (void *)(uintptr_t)source);
    fail_in_turn("cells", all_cells, (void *)(uintptr_t)source);
    kiem_batch_free(batch);
    kiem_judge_free(judge);
}

/* ---- all */

static void open_all(void) {
    CU_ASSERT_EQUAL_FATAL(kiem_env_new(&hooks, NULL, &env), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_error_new(env, &error), KIEM_OK);
    policy = few_rules();
}

static void close_all(void) {
    kiem_policy_free(policy);
    kiem_error_free(error);
    kiem_env_free(env);
    CU_ASSERT_EQUAL(atomic_load(&live), 0);
}

int main(void) {
    static const api_test tests[] = {
        {"what is needed is made", open_all},
        {"a batch is filled all the same", a_batch_is_filled_all_the_same},
        {"a value not set leaves the one before", a_value_not_set_leaves_the_one_before},
        {"a batch of lines is made or not", a_batch_of_lines_is_made_or_not},
        {"a reader without memory is given up", a_reader_without_memory_is_given_up},
        {"misuse does not give a reader up", misuse_does_not_give_a_reader_up},
        {"tables are copied and read", tables_are_copied_and_read},
        {"nothing is left", close_all}};
    return run_suite("memory of readers", tests, sizeof tests / sizeof tests[0]);
}
