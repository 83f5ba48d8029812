/* The environment and what a job offers by name: the log hook, the option keep, the names of tables. */
#include <stdio.h>

#include "support.h"

static const char csv[] = "MA_LK,MA_THE_BHYT,GIOI_TINH,T_BHTT,NICKNAME\n"
                          "SECRET-1,GD4790000000017,1,98765432,x\nSECRET-2,short\nSECRET-3,,2,12x,y\n";

static int64_t read_csv(void *user, void *buffer, size_t size) {
    size_t *at = user, left = sizeof csv - 1 - *at, take = left < size ? left : size;
    memcpy(buffer, csv + *at, take);
    *at += take;
    return (int64_t)take;
}

static kiem_job *new_job(kiem_env *env, const char *keep, size_t *at) {
    kiem_job *job;
    *at = 0;
    CU_ASSERT_EQUAL_FATAL(kiem_job_new(env, NULL, &job, NULL), KIEM_OK);
    if (keep) CU_ASSERT_EQUAL_FATAL(kiem_job_set(job, "keep", keep, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_job_add_stream(job, "claims", "input", read_csv, at, NULL), KIEM_OK);
    return job;
}

/* ---- log */

typedef struct lines {
    char text[4096];
    int32_t lowest;
} lines;

static void keep_line(void *user, int32_t level, const char *message) {
    lines *all = user;
    size_t used = strlen(all->text);
    snprintf(all->text + used, sizeof all->text - used, "%d %s\n", (int)level, message);
    if (level < all->lowest) all->lowest = level;
}

static void log_of_a_run(int32_t level, lines *all) {
    kiem_log_sink sink = {.struct_size = sizeof sink, .user = all, .level = level, .write = keep_line};
    kiem_env *env;
    kiem_state *state;
    size_t at;
    *all = (lines){.lowest = INT32_MAX};
    CU_ASSERT_EQUAL_FATAL(kiem_env_new(NULL, &sink, &env), KIEM_OK);
    kiem_job *job = new_job(env, NULL, &at);
    CU_ASSERT_EQUAL(kiem_job_run(job, NULL), KIEM_OK);
    kiem_job_free(job);
    job = new_job(env, NULL, &at);
    CU_ASSERT_EQUAL_FATAL(kiem_state_new(env, &state, NULL), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_job_learn(job, state, 0, NULL), KIEM_OK);
    kiem_job_free(job);
    kiem_state_free(state);
    kiem_env_free(env);
    static const char *const personal[] = {"SECRET", "GD479", "98765432", "12x", "NICKNAME"};
    for (size_t i = 0; i < sizeof personal / sizeof personal[0]; i++)
        CU_ASSERT_PTR_NULL(strstr(all->text, personal[i]));
}

static void the_log_tells_what_was_done(void) {
    lines all;
    log_of_a_run(KIEM_LOG_INFO, &all);
    CU_ASSERT_EQUAL(all.lowest, KIEM_LOG_INFO);
    CU_ASSERT_PTR_NOT_NULL(strstr(all.text, "rules compiled"));
    CU_ASSERT_PTR_NOT_NULL(strstr(all.text, "30 input: 2 rows read, 1 rejected"));
    CU_ASSERT_PTR_NOT_NULL(strstr(all.text, "20 2 claims judged"));
    CU_ASSERT_PTR_NOT_NULL(strstr(all.text, "20 2 claims learned"));
    CU_ASSERT_PTR_NOT_NULL(strstr(all.text, "30 input: 1 columns have names that are not known"));
    log_of_a_run(KIEM_LOG_WARNING, &all);
    CU_ASSERT_EQUAL(all.lowest, KIEM_LOG_WARNING);
    CU_ASSERT_PTR_NULL(strstr(all.text, "claims judged"));
}

static void a_log_of_another_version_is_recognised(void) {
    kiem_log_sink sink = {.struct_size = 1, .write = keep_line};
    kiem_env *env;
    CU_ASSERT_EQUAL(kiem_env_new(NULL, &sink, &env), KIEM_E_UNSUPPORTED);
}

/* ---- tables */

static int has(kiem_job *job, const char *name) {
    const kiem_table *table;
    kiem_status status = kiem_job_table(job, name, &table, NULL);
    CU_ASSERT_TRUE(status == KIEM_OK || status == KIEM_E_ARGUMENT);
    return status == KIEM_OK;
}

static void tables_are_kept_by_name(void) {
    size_t at;
    kiem_error *error;
    CU_ASSERT_EQUAL_FATAL(kiem_error_new(NULL, &error), KIEM_OK);
    kiem_job *job = new_job(NULL, "claims, rejects", &at);
    CU_ASSERT_EQUAL(kiem_job_set(job, "keep", "claim", error), KIEM_E_ARGUMENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(kiem_error_message(error), "'claim'"));
    CU_ASSERT_EQUAL(kiem_job_run(job, error), KIEM_OK);
    CU_ASSERT_TRUE(has(job, "claims") && has(job, "rejects") && has(job, "rules") && has(job, "totals"));
    CU_ASSERT_TRUE(!has(job, "findings") && !has(job, "patients"));
    kiem_job_free(job);
    job = new_job(NULL, "small", &at);
    CU_ASSERT_EQUAL(kiem_job_run(job, error), KIEM_OK);
    CU_ASSERT_TRUE(!has(job, "claims") && has(job, "provinces") && has(job, "facilities"));
    kiem_job_free(job);
    kiem_error_free(error);
}

/* Every table by its number, and none beyond. */
static void tables_are_known_by_number(void) {
    size_t at;
    int32_t count = 0, known = 0;
    kiem_job *job = new_job(NULL, NULL, &at);
    CU_ASSERT_EQUAL(kiem_job_run(job, NULL), KIEM_OK);
    for (const char *name; (name = kiem_job_table_name(count)) != NULL; count++) {
        const kiem_table *table;
        CU_ASSERT_EQUAL_FATAL(kiem_job_table(job, name, &table, NULL), KIEM_OK);
        CU_ASSERT_STRING_EQUAL(kiem_table_name(table), name);
        known += strcmp(name, "findings") == 0 || strcmp(name, "timings") == 0;
    }
    CU_ASSERT_TRUE(count >= 9 && known == 2);
    CU_ASSERT_PTR_NULL(kiem_job_table_name(-1));
    kiem_job_free(job);
}

static void a_job_that_learns_has_no_summary(void) {
    size_t at;
    const char *summary;
    const kiem_table *table;
    kiem_state *state;
    kiem_job *job = new_job(NULL, NULL, &at);
    CU_ASSERT_EQUAL_FATAL(kiem_state_new(NULL, &state, NULL), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_job_summary(job, &summary, NULL), KIEM_E_ARGUMENT);
    CU_ASSERT_EQUAL(kiem_job_learn(job, state, 0, NULL), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_job_summary(job, &summary, NULL), KIEM_E_NOT_FOUND);
    CU_ASSERT_EQUAL(kiem_job_table(job, "rejects", &table, NULL), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_table_rows(table), 1);
    kiem_job_free(job);
    kiem_state_free(state);
}

/* ---- messages */

static void messages_are_english_and_have_a_vietnamese_partner(void) {
    char text[64] = "before";
    kiem_error *error;
    kiem_job *job;
    CU_ASSERT_EQUAL_FATAL(kiem_error_new(NULL, &error), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_job_new(NULL, NULL, &job, error), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_job_set(job, "lang", "vi", error), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_job_run(job, error), KIEM_E_ARGUMENT);
    CU_ASSERT_STRING_EQUAL(kiem_error_message(error), "no claims are given");
    CU_ASSERT_EQUAL(kiem_message_in(KIEM_LANG_VI, kiem_error_message(error), text, sizeof text), KIEM_OK);
    CU_ASSERT_STRING_EQUAL(text, "chưa cho tệp hồ sơ nào");
    CU_ASSERT_EQUAL(kiem_message_in(KIEM_LANG_EN, "no claims are given", text, sizeof text), KIEM_OK);
    CU_ASSERT_STRING_EQUAL(text, "no claims are given");
    CU_ASSERT_EQUAL(kiem_message_in(2, "no claims are given", text, sizeof text), KIEM_E_ARGUMENT);
    CU_ASSERT_EQUAL(kiem_message_in(KIEM_LANG_VI, NULL, text, sizeof text), KIEM_E_ARGUMENT);
    CU_ASSERT_EQUAL(kiem_message_in(KIEM_LANG_VI, "x", NULL, 1), KIEM_E_ARGUMENT);
    CU_ASSERT_EQUAL(kiem_message_in(KIEM_LANG_VI, "x", text, 0), KIEM_E_ARGUMENT);
    kiem_job_free(job);
    kiem_error_free(error);
}

int main(void) {
    static const api_test tests[] = {
        {"the log tells what was done", the_log_tells_what_was_done},
        {"a log of another version is recognised", a_log_of_another_version_is_recognised},
        {"tables are kept by name", tables_are_kept_by_name},
        {"tables are known by number", tables_are_known_by_number},
        {"a job that learns has no summary", a_job_that_learns_has_no_summary},
        {"messages are English and have a Vietnamese partner",
         messages_are_english_and_have_a_vietnamese_partner}};
    return run_suite("environment", tests, sizeof tests / sizeof tests[0]);
}
