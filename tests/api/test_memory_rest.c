/* Environments, policies, the outlier scorer and samples when memory runs out. */
#include <stdint.h>

#include "failing.h"

enum { TEXT_MAX = 1 << 20 };

static kiem_env *env;
static kiem_error *error;

/* ---- environments and errors */

static int environment(void *user) {
    kiem_env *own = UNTOUCHED(kiem_env *);
    kiem_error *message = UNTOUCHED(kiem_error *);
    (void)user;
    if (is_out_of_memory(kiem_env_new(&hooks, NULL, &own), NULL)) {
        CU_ASSERT_PTR_EQUAL(own, UNTOUCHED(kiem_env *));
        return 1;
    }
    const int failed = is_out_of_memory(kiem_error_new(own, &message), NULL);
    if (failed) CU_ASSERT_PTR_EQUAL(message, UNTOUCHED(kiem_error *));
    kiem_env_free(own);
    if (!failed) kiem_error_free(message);
    return failed;
}

static void an_environment_is_made_or_not(void) {
    CU_ASSERT_EQUAL(fail_in_turn("environment", environment, NULL), 2);
}

/* ---- policies */

static const char rules[] = "id,scope,severity,condition,basis,message_vi,message_en\n"
                            "H1,claim,notice,T_BHTT > 1 AND MA_BENH_CHINH MATCHES 'O.*',x,y,Money {T_BHTT}\n"
                            "M04,,off,,,,\n";
static const char holidays[] = "day,kind,name_vi,name_en,source,confidence\n"
                               "2025-03-10,holiday,x,x,x,x\n2025-03-11,holiday,y,y,y,y\n";

static int lines_logged;

static void count_lines(void *user, int32_t level, const char *message) {
    (void)user;
    CU_ASSERT(level == KIEM_LOG_INFO && strstr(message, "rules compiled") != NULL);
    lines_logged++;
}

static kiem_policy *new_policy(void) {
    kiem_policy *policy;
    const long made_before = atomic_load(&made), where = pause_failing();
    CU_ASSERT_EQUAL_FATAL(kiem_policy_new(env, NULL, &policy, error), KIEM_OK);
    go_on_failing(where, made_before);
    return policy;
}

/* Whatever fails, the policy can be freed; it never passes for compiled. */
static int put_together(void *user) {
    kiem_judge *judge;
    kiem_policy *policy = new_policy();
    (void)user;
    int failed = is_out_of_memory(kiem_policy_add_rules(policy, "rules", rules, SIZE_MAX, error), error);
    if (!failed)
        failed = is_out_of_memory(
            kiem_policy_set_table(policy, "holidays", "days", holidays, SIZE_MAX, error), error);
    CU_ASSERT_EQUAL(kiem_judge_new(NULL, policy, 0, &judge, NULL), KIEM_E_ARGUMENT);
    kiem_policy_free(policy);
    return failed;
}

static void rules_and_tables_are_added_or_not(void) {
    fail_in_turn("rules and tables", put_together, NULL);
}

/* Of what takes long: the first allocations, then some spread over the rest. */
static void fail_now_and_then(int (*go)(void *user), long first, long spread) {
    const long at_first = atomic_load(&live);
    atomic_store(&fail_at, 0);
    atomic_store(&made, 0);
    CU_ASSERT_EQUAL(go(NULL), 0);
    const long total = atomic_load(&made);
    CU_ASSERT(total > first);
    for (long n = 1; n <= total; n += n < first ? 1 : 1 + total / spread) {
        atomic_store(&made, 0);
        atomic_store(&fail_at, n);
        CU_ASSERT_EQUAL(go(NULL), 1);
        atomic_store(&fail_at, 0);
        CU_ASSERT_EQUAL(atomic_load(&live), at_first);
    }
}

static int load(void *user) {
    kiem_policy *policy = UNTOUCHED(kiem_policy *);
    (void)user;
    const int failed = is_out_of_memory(kiem_policy_new(env, NULL, &policy, error), error);
    if (failed) CU_ASSERT_PTR_EQUAL(policy, UNTOUCHED(kiem_policy *));
    if (!failed) kiem_policy_free(policy);
    return failed;
}

static int compile(void *user) {
    kiem_judge *judge;
    kiem_policy *policy = new_policy();
    (void)user;
    lines_logged = 0;
    const int failed = is_out_of_memory(kiem_policy_compile(policy, error), error);
    CU_ASSERT_EQUAL(lines_logged, !failed);
    if (failed) CU_ASSERT_EQUAL(kiem_judge_new(NULL, policy, 0, &judge, NULL), KIEM_E_ARGUMENT);
    kiem_policy_free(policy);
    return failed;
}

static int test_one(void *user) {
    kiem_table *table = UNTOUCHED(kiem_table *);
    kiem_policy *policy = new_policy();
    (void)user;
    const int failed = is_out_of_memory(kiem_policy_test(policy, "M04", &table, error), error);
    if (failed) CU_ASSERT_PTR_EQUAL(table, UNTOUCHED(kiem_table *));
    if (!failed) kiem_table_free(table);
    kiem_policy_free(policy);
    return failed;
}

static void a_policy_is_made_ready_or_not(void) {
    fail_now_and_then(load, 20, 40);
    fail_now_and_then(compile, 20, 60);
    fail_now_and_then(test_one, 10, 20);
}

/* A compiled policy is none the worse for a catalogue that failed. */
static void the_catalogue_can_be_asked_for_again(void) {
    static char text[TEXT_MAX], expected[TEXT_MAX];
    kiem_policy *own = new_policy();
    CU_ASSERT_EQUAL_FATAL(kiem_policy_compile(own, error), KIEM_OK);
    kiem_table *table = NULL;
    CU_ASSERT_EQUAL_FATAL(kiem_policy_rules(own, &table, error), KIEM_OK);
    write_table(table, expected, sizeof expected);
    kiem_table_free(table);
    kiem_status status = KIEM_E_NOMEM;
    for (long n = 1; status == KIEM_E_NOMEM; n += 1 + n / 4) {
        table = UNTOUCHED(kiem_table *);
        atomic_store(&made, 0);
        atomic_store(&fail_at, n);
        status = kiem_policy_rules(own, &table, error);
        atomic_store(&fail_at, 0);
        if (is_out_of_memory(status, error)) CU_ASSERT_PTR_EQUAL(table, UNTOUCHED(kiem_table *));
    }
    write_table(table, text, sizeof text);
    CU_ASSERT_STRING_EQUAL(text, expected);
    kiem_table_free(table);
    kiem_policy_free(own);
}

/* ---- outlier */

enum { ROWS = 200, COLUMNS = 3, SAVED_MAX = 1 << 16 };

static float values[ROWS][COLUMNS];
static unsigned char saved[SAVED_MAX];
static size_t saved_size;

static kiem_status fit(kiem_outlier *outlier) {
    return kiem_outlier_fit(outlier, values, KIEM_FLOAT32, ROWS, COLUMNS, sizeof values[0], error);
}

static void fill(void) {
    for (int i = 0; i < ROWS; i++) {
        for (int j = 0; j < COLUMNS; j++) values[i][j] = (float)((i * 7919 + j * 104729) % 1009) / 1009.0f;
    }
    values[42][2] = 50;
}

static kiem_outlier *new_scorer(void) {
    kiem_outlier *outlier;
    const long made_before = atomic_load(&made), where = pause_failing();
    CU_ASSERT_EQUAL_FATAL(kiem_outlier_new(env, &outlier, error), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_outlier_set(outlier, "tails", "auto,both,upper", error), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_outlier_set(outlier, "features", "cost,days,visits", error), KIEM_OK);
    go_on_failing(where, made_before);
    return outlier;
}

static int set(kiem_outlier *outlier, const char *option, const char *value) {
    return is_out_of_memory(kiem_outlier_set(outlier, option, value, error), error);
}

/* An option that could not be set is as before, and so is what is fitted with it. */
static int set_and_fit(void *user) {
    static const char longer[] =
        "an enumeration of columns that is longer than the room of the one before it, "
        "so that it must be made larger,x,y";
    kiem_outlier *outlier = new_scorer();
    static unsigned char bytes[SAVED_MAX];
    size_t size = 77;
    (void)user;
    const int tails = set(outlier, "tails", "upper,upper,upper"), features = set(outlier, "features", longer),
              failed = is_out_of_memory(fit(outlier), error);
    atomic_store(&fail_at, 0);
    if (failed) {
        CU_ASSERT_EQUAL(kiem_outlier_columns(outlier), 0);
        CU_ASSERT_STRING_EQUAL(kiem_outlier_features(outlier), "");
        CU_ASSERT_EQUAL(kiem_outlier_save(outlier, bytes, sizeof bytes, &size, error), KIEM_E_ARGUMENT);
        CU_ASSERT_EQUAL(size, 77);
        CU_ASSERT_EQUAL_FATAL(fit(outlier), KIEM_OK);
    }
    if (features) CU_ASSERT_STRING_EQUAL(kiem_outlier_features(outlier), "cost,days,visits");
    if (!features) CU_ASSERT_STRING_EQUAL(kiem_outlier_features(outlier), longer);
    CU_ASSERT_EQUAL(kiem_outlier_save(outlier, bytes, sizeof bytes, &size, error), KIEM_OK);
    if (tails) {
        CU_ASSERT_EQUAL(kiem_outlier_set(outlier, "tails", "auto,both,upper", error), KIEM_OK);
        CU_ASSERT_EQUAL_FATAL(fit(outlier), KIEM_OK);
        static unsigned char again[SAVED_MAX];
        size_t length;
        CU_ASSERT_EQUAL(kiem_outlier_save(outlier, again, sizeof again, &length, error), KIEM_OK);
        CU_ASSERT(length == size && memcmp(again, bytes, size) == 0);
    }
    kiem_outlier_free(outlier);
    return tails + features + failed;
}

static void the_options_of_a_scorer_are_as_before(void) {
    fill();
    fail_in_turn("scorer", set_and_fit, NULL);
}

/* A fitted scorer serves on. */
static int use(void *user) {
    kiem_outlier *outlier = user, *loaded = UNTOUCHED(kiem_outlier *);
    static unsigned char bytes[SAVED_MAX];
    double scores[ROWS], shares[COLUMNS] = {7, 7, 7};
    size_t length = 77;
    for (int i = 0; i < ROWS; i++) scores[i] = 7;
    int failed, failures = 0;
    failures += failed = is_out_of_memory(
        kiem_outlier_score(outlier, values, KIEM_FLOAT32, ROWS, COLUMNS, sizeof values[0], scores, error),
        error);
    if (failed) CU_ASSERT(scores[0] == 7 && scores[ROWS - 1] == 7);
    failures += failed = is_out_of_memory(
        kiem_outlier_explain(outlier, values[42], KIEM_FLOAT32, 1, COLUMNS, 0, shares, NULL, error), error);
    if (failed) CU_ASSERT(shares[0] == 7 && shares[2] == 7);
    failures += failed =
        is_out_of_memory(kiem_outlier_save(outlier, bytes, sizeof bytes, &length, error), error);
    if (failed) CU_ASSERT_EQUAL(length, 77);
    if (!failed) CU_ASSERT(length == saved_size && memcmp(bytes, saved, length) == 0);
    failures += failed = is_out_of_memory(kiem_outlier_load(env, saved, saved_size, &loaded, error), error);
    if (failed) CU_ASSERT_PTR_EQUAL(loaded, UNTOUCHED(kiem_outlier *));
    if (!failed) kiem_outlier_free(loaded);
    return failures;
}

static void a_fitted_scorer_serves_on(void) {
    kiem_outlier *outlier = new_scorer();
    CU_ASSERT_EQUAL_FATAL(fit(outlier), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_outlier_save(outlier, saved, sizeof saved, &saved_size, error), KIEM_OK);
    fail_in_turn("fitted scorer", use, outlier);
    kiem_outlier_free(outlier);
}

/* ---- samples */

static int sample(void *user) {
    static const int64_t sizes[4] = {100, 200, 300, 1000}, offsets[5] = {0, 1, 2, 3, 4};
    static const int64_t overpaid[2] = {10, 20};
    static const double known[2] = {0.5, 1};
    double chances[4];
    uint8_t drawn[4];
    kiem_table *table = UNTOUCHED(kiem_table *);
    (void)user;
    int failed = is_out_of_memory(
        kiem_sample_draw(env, sizes, "abcd", offsets, 4, 2, 1, chances, drawn, error), error);
    if (!failed) CU_ASSERT_EQUAL(drawn[0] + drawn[1] + drawn[2] + drawn[3], 2);
    if (!failed)
        failed =
            is_out_of_memory(kiem_sample_estimate(env, overpaid, known, sizes, 2, 95, &table, error), error);
    if (failed) CU_ASSERT_PTR_EQUAL(table, UNTOUCHED(kiem_table *));
    if (!failed) kiem_table_free(table);
    return failed;
}

static void a_sample_is_drawn_or_not(void) {
    fail_in_turn("sample", sample, NULL);
}

/* ---- all */

static void open_all(void) {
    const kiem_log_sink log = {.struct_size = sizeof log, .level = KIEM_LOG_DEBUG, .write = count_lines};
    CU_ASSERT_EQUAL_FATAL(kiem_env_new(&hooks, &log, &env), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_error_new(env, &error), KIEM_OK);
}

static void close_all(void) {
    kiem_error_free(error);
    kiem_env_free(env);
    CU_ASSERT_EQUAL(atomic_load(&live), 0);
}

int main(void) {
    static const api_test tests[] = {
        {"what is needed is made", open_all},
        {"an environment is made or not", an_environment_is_made_or_not},
        {"rules and tables are added or not", rules_and_tables_are_added_or_not},
        {"a policy is made ready or not", a_policy_is_made_ready_or_not},
        {"the catalogue can be asked for again", the_catalogue_can_be_asked_for_again},
        {"the options of a scorer are as before", the_options_of_a_scorer_are_as_before},
        {"a fitted scorer serves on", a_fitted_scorer_serves_on},
        {"a sample is drawn or not", a_sample_is_drawn_or_not},
        {"nothing is left", close_all}};
    return run_suite("memory of the rest", tests, sizeof tests / sizeof tests[0]);
}
