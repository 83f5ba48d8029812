/* The library as others see it: through kiem.h alone, linked to the shared library. */
#include <stdio.h>

#include "support.h"

static kiem_status judge_once(kiem_env *env, const kiem_policy *policy, int *found, kiem_error *error) {
    kiem_judge *judge = NULL;
    kiem_batch *batch = NULL;
    const kiem_table *findings;
    kiem_status status = kiem_judge_new(env, policy, KIEM_LANG_EN, &judge, error);
    if (status == KIEM_OK) status = kiem_batch_new(env, &batch, error);
    if (status == KIEM_OK) status = fill_claim(batch, error);
    if (status == KIEM_OK) status = kiem_judge_batch(judge, batch, &findings, error);
    if (status == KIEM_OK) *found = has_rule(findings, "C18_MALE");
    kiem_batch_free(batch);
    kiem_judge_free(judge);
    return status;
}

static void one_claim_is_judged(void) {
    kiem_policy *policy;
    kiem_error *error;
    int found = 0;
    CU_ASSERT_EQUAL_FATAL(kiem_error_new(NULL, &error), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_policy_new(NULL, NULL, &policy, error), KIEM_OK);
    CU_ASSERT_EQUAL(judge_once(NULL, policy, &found, error), KIEM_E_ARGUMENT); /* not compiled */
    CU_ASSERT_EQUAL_FATAL(kiem_policy_compile(policy, error), KIEM_OK);
    CU_ASSERT_EQUAL(judge_once(NULL, policy, &found, error), KIEM_OK);
    CU_ASSERT_TRUE(found);
    kiem_policy_free(policy);
    kiem_error_free(error);
}

static void values_that_cannot_be_read_are_named(void) {
    kiem_policy *policy;
    kiem_judge *judge;
    kiem_batch *batch;
    kiem_error *error;
    const kiem_table *findings;
    CU_ASSERT_EQUAL_FATAL(kiem_error_new(NULL, &error), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_policy_new(NULL, NULL, &policy, error), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_policy_compile(policy, error), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_judge_new(NULL, policy, KIEM_LANG_VI, &judge, error), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_batch_new(NULL, &batch, error), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_batch_set(batch, "T_BHT", "5", 1, error), KIEM_E_NOT_FOUND);
    CU_ASSERT_PTR_NOT_NULL(strstr(kiem_error_message(error), "did you mean 'T_BHTT'"));
    CU_ASSERT_EQUAL(kiem_batch_set(batch, "MA_THE", "5", 1, error), KIEM_E_NOT_FOUND); /* of Decision 4210 */
    CU_ASSERT_PTR_NOT_NULL(strstr(kiem_error_message(error), "did you mean 'MA_THE_BHYT'"));
    CU_ASSERT_EQUAL(kiem_batch_set(batch, "score", "5", 1, error), KIEM_E_NOT_FOUND);
    CU_ASSERT_EQUAL(kiem_batch_set(batch, "MA_LK", "\xFF", 1, error), KIEM_E_FORMAT);
    CU_ASSERT_EQUAL(kiem_batch_set(batch, "T_BHTT", "12x", SIZE_MAX, error), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_batch_end_row(batch, error), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_judge_batch(judge, batch, &findings, error), KIEM_OK);
    CU_ASSERT_TRUE(has_rule(findings, "bad_value"));
    kiem_batch_clear(batch);
    CU_ASSERT_EQUAL(kiem_batch_rows(batch), 0);
    CU_ASSERT_EQUAL(kiem_judge_batch(judge, batch, &findings, error), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_table_rows(findings), 0);
    kiem_policy_free(policy); /* the judge keeps what it needs */
    kiem_batch_free(batch);
    kiem_judge_free(judge);
    kiem_error_free(error);
}

/* ---- reader */

static const char csv[] =
    "MA_LK,GIOI_TINH,MA_BENH_CHINH,T_BHTT\nA,1,O80,5\nB,2,O80,6\nbroken\n\nC,1,\"C53\",7\n";

static int64_t read_in_chunks(size_t chunk, int64_t *rejects) {
    kiem_reader *reader;
    const kiem_batch *batch;
    kiem_table *rejected;
    int64_t rows = 0;
    CU_ASSERT_EQUAL_FATAL(kiem_reader_new(NULL, "memory", 0, &reader, NULL), KIEM_OK);
    for (size_t at = 0; at < sizeof csv - 1; at += chunk) {
        size_t size = sizeof csv - 1 - at < chunk ? sizeof csv - 1 - at : chunk;
        CU_ASSERT_EQUAL(kiem_reader_push(reader, csv + at, size, NULL), KIEM_OK);
    }
    CU_ASSERT_EQUAL(kiem_reader_finish(reader, NULL), KIEM_OK);
    while (kiem_reader_next(reader, &batch, NULL) == KIEM_OK && batch) rows += kiem_batch_rows(batch);
    CU_ASSERT_EQUAL_FATAL(kiem_reader_rejects(reader, &rejected, NULL), KIEM_OK);
    *rejects = kiem_table_rows(rejected);
    kiem_reader_free(reader);
    kiem_table_free(rejected);
    return rows;
}

static void reading_does_not_depend_on_chunks(void) {
    for (size_t chunk = 1; chunk <= sizeof csv; chunk++) {
        int64_t rejects;
        CU_ASSERT_EQUAL(read_in_chunks(chunk, &rejects), 3);
        CU_ASSERT_EQUAL(rejects, 1);
    }
}

/* ---- job */

static int64_t stream(void *user, void *buffer, size_t size) {
    size_t *at = user, left = sizeof csv - 1 - *at, take = left < size ? left : size;
    memcpy(buffer, csv + *at, take);
    *at += take;
    return (int64_t)take;
}

static int64_t broken_stream(void *user, void *buffer, size_t size) {
    (void)user;
    (void)buffer;
    (void)size;
    return -1;
}

static int32_t stop(void *user, const kiem_progress *progress) {
    ++*(int *)user;
    CU_ASSERT_EQUAL(progress->struct_size, sizeof *progress);
    return 1;
}

static void jobs_run_over_streams(void) {
    kiem_job *job;
    kiem_error *error;
    const kiem_table *table;
    const char *summary;
    size_t at = 0;
    CU_ASSERT_EQUAL_FATAL(kiem_error_new(NULL, &error), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_job_new(NULL, NULL, &job, error), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_job_set(job, "lang", "en", error), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_job_set(job, "lagn", "en", error), KIEM_E_NOT_FOUND);
    CU_ASSERT_PTR_NOT_NULL(strstr(kiem_error_message(error), "did you mean 'lang'"));
    CU_ASSERT_EQUAL(kiem_job_set(job, "pseudonym_key", "", error), KIEM_E_ARGUMENT);
    CU_ASSERT_STRING_EQUAL(kiem_error_message(error), "option pseudonym_key must not be empty");
    CU_ASSERT_EQUAL(kiem_job_set(job, "out", "", error), KIEM_E_ARGUMENT);
    CU_ASSERT_EQUAL(kiem_job_add_stream(job, "claims", "memory", stream, &at, error), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_job_add_file(job, "drug", "x", error), KIEM_E_ARGUMENT);
    CU_ASSERT_EQUAL(kiem_job_table(job, "findings", &table, error), KIEM_E_ARGUMENT);
    CU_ASSERT_EQUAL_FATAL(kiem_job_run(job, error), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_job_run(job, error), KIEM_E_ARGUMENT);
    CU_ASSERT_EQUAL_FATAL(kiem_job_table(job, "findings", &table, error), KIEM_OK);
    CU_ASSERT_TRUE(has_rule(table, "C18_MALE"));
    CU_ASSERT_EQUAL_FATAL(kiem_job_table(job, "rejects", &table, error), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_table_rows(table), 1);
    CU_ASSERT_EQUAL(kiem_job_table(job, "finding", &table, error), KIEM_E_NOT_FOUND);
    CU_ASSERT_EQUAL_FATAL(kiem_job_summary(job, &summary, error), KIEM_OK);
    CU_ASSERT_PTR_NOT_NULL(strstr(summary, "\"judged\":3"));
    kiem_job_free(job);
    kiem_error_free(error);
}

static void jobs_can_fail_and_be_stopped(void) {
    kiem_job *job;
    int calls = 0;
    size_t at = 0;
    CU_ASSERT_EQUAL_FATAL(kiem_job_new(NULL, NULL, &job, NULL), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_job_run(job, NULL), KIEM_E_ARGUMENT); /* no claims */
    kiem_job_free(job);
    CU_ASSERT_EQUAL_FATAL(kiem_job_new(NULL, NULL, &job, NULL), KIEM_OK);
    kiem_job_add_stream(job, "claims", "memory", broken_stream, NULL, NULL);
    CU_ASSERT_EQUAL(kiem_job_run(job, NULL), KIEM_E_IO);
    kiem_job_free(job);
    CU_ASSERT_EQUAL_FATAL(kiem_job_new(NULL, NULL, &job, NULL), KIEM_OK);
    kiem_job_add_stream(job, "claims", "memory", stream, &at, NULL);
    kiem_job_on_progress(job, stop, &calls);
    CU_ASSERT_EQUAL(kiem_job_run(job, NULL), KIEM_E_CANCELLED);
    CU_ASSERT_EQUAL(calls, 1);
    kiem_job_free(job);
    CU_ASSERT_EQUAL_FATAL(kiem_job_new(NULL, NULL, &job, NULL), KIEM_OK);
    at = 0;
    kiem_job_add_stream(job, "claims", "memory", stream, &at, NULL);
    kiem_job_cancel(job);
    CU_ASSERT_EQUAL(kiem_job_run(job, NULL), KIEM_E_CANCELLED);
    kiem_job_free(job);
}

/* ---- tables, environment, arguments */

static void tables_give_plain_arrays(void) {
    kiem_policy *policy;
    kiem_table *rules;
    const char *bytes;
    const int64_t *offsets, *values;
    const uint8_t *validity;
    char small[4];
    size_t length;
    CU_ASSERT_EQUAL_FATAL(kiem_policy_new(NULL, NULL, &policy, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_policy_compile(policy, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_policy_rules(policy, &rules, NULL), KIEM_OK);
    kiem_policy_free(policy);
    int32_t id = kiem_table_find(rules, "id"), line = kiem_table_find(rules, "line");
    CU_ASSERT_STRING_EQUAL(kiem_table_column_format(rules, id), "u");
    CU_ASSERT_STRING_EQUAL(kiem_table_column_format(rules, line), "l");
    CU_ASSERT_PTR_NULL(kiem_table_column_name(rules, 1000));
    CU_ASSERT_EQUAL(kiem_table_find(rules, "none"), -1);
    CU_ASSERT_EQUAL_FATAL(kiem_table_texts(rules, id, &bytes, &offsets, &validity), KIEM_OK);
    CU_ASSERT_EQUAL(validity[0] & 1, 1);
    CU_ASSERT_EQUAL(offsets[0], 0);
    CU_ASSERT_EQUAL(kiem_table_texts(rules, line, &bytes, &offsets, &validity), KIEM_E_ARGUMENT);
    CU_ASSERT_EQUAL_FATAL(kiem_table_values(rules, line, &values, &validity), KIEM_OK);
    CU_ASSERT_TRUE(values[0] >= 2);
    CU_ASSERT_EQUAL(
        kiem_table_cell(rules, 0, kiem_table_find(rules, "condition"), small, sizeof small, &length),
        KIEM_E_RANGE);
    CU_ASSERT_TRUE(length > 3);
    CU_ASSERT_EQUAL(kiem_table_cell(rules, 1000000, 0, small, sizeof small, NULL), KIEM_E_ARGUMENT);
    kiem_table_free(rules);
}

static void structs_of_other_versions_are_recognised(void) {
    struct {
        kiem_allocator known;
        void *later;
    } longer = {hooks, NULL};
    kiem_env *env;
    longer.known.struct_size = sizeof longer;
    CU_ASSERT_EQUAL_FATAL(kiem_env_new(&longer.known, NULL, &env), KIEM_OK);
    kiem_env_free(env);
    longer.later = &longer;
    CU_ASSERT_EQUAL(kiem_env_new(&longer.known, NULL, &env), KIEM_E_UNSUPPORTED);
    kiem_allocator shorter = hooks;
    shorter.struct_size = sizeof(size_t);
    CU_ASSERT_EQUAL(kiem_env_new(&shorter, NULL, &env), KIEM_E_UNSUPPORTED);
    CU_ASSERT_EQUAL(kiem_version(),
                    10000 * KIEM_VERSION_MAJOR + 100 * KIEM_VERSION_MINOR + KIEM_VERSION_PATCH);
}

static void null_arguments_are_a_status(void) {
    CU_ASSERT_EQUAL(kiem_state_new(NULL, NULL, NULL), KIEM_E_ARGUMENT);
    CU_ASSERT_EQUAL(kiem_state_learn(NULL, NULL, NULL), KIEM_E_ARGUMENT);
    CU_ASSERT_EQUAL(kiem_state_merge(NULL, NULL, 0, NULL), KIEM_E_ARGUMENT);
    CU_ASSERT_EQUAL(kiem_state_save(NULL, NULL, NULL, NULL), KIEM_E_ARGUMENT);
    CU_ASSERT_EQUAL(kiem_state_load(NULL, NULL, NULL, NULL, NULL), KIEM_E_ARGUMENT);
    CU_ASSERT_EQUAL(kiem_job_learn(NULL, NULL, 0, NULL), KIEM_E_ARGUMENT);
    CU_ASSERT_EQUAL(kiem_job_use_state(NULL, NULL, NULL), KIEM_E_ARGUMENT);
    CU_ASSERT_EQUAL(kiem_judge_use_state(NULL, NULL, NULL), KIEM_E_ARGUMENT);
    CU_ASSERT_EQUAL(kiem_state_claims(NULL), 0);
    kiem_state_free(NULL);
    CU_ASSERT_EQUAL(kiem_env_new(NULL, NULL, NULL), KIEM_E_ARGUMENT);
    CU_ASSERT_EQUAL(kiem_error_new(NULL, NULL), KIEM_E_ARGUMENT);
    CU_ASSERT_EQUAL(kiem_policy_new(NULL, NULL, NULL, NULL), KIEM_E_ARGUMENT);
    CU_ASSERT_EQUAL(kiem_policy_compile(NULL, NULL), KIEM_E_ARGUMENT);
    CU_ASSERT_EQUAL(kiem_job_run(NULL, NULL), KIEM_E_ARGUMENT);
    CU_ASSERT_EQUAL(kiem_job_set(NULL, NULL, NULL, NULL), KIEM_E_ARGUMENT);
    CU_ASSERT_EQUAL(kiem_judge_batch(NULL, NULL, NULL, NULL), KIEM_E_ARGUMENT);
    CU_ASSERT_EQUAL(kiem_reader_push(NULL, "", 0, NULL), KIEM_E_ARGUMENT);
    CU_ASSERT_EQUAL(kiem_batch_end_row(NULL, NULL), KIEM_E_ARGUMENT);
    CU_ASSERT_EQUAL(kiem_table_rows(NULL), 0);
    CU_ASSERT_STRING_EQUAL(kiem_error_message(NULL), "");
    kiem_env_free(NULL);
    kiem_error_free(NULL);
    kiem_policy_free(NULL);
    kiem_table_free(NULL);
    kiem_batch_free(NULL);
    kiem_reader_free(NULL);
    kiem_judge_free(NULL);
    kiem_job_free(NULL);
    kiem_job_cancel(NULL);
}

/* ---- out of memory */

static kiem_status whole_job(kiem_env *env, kiem_error *error) {
    kiem_job *job = NULL;
    const kiem_table *table;
    size_t at = 0;
    kiem_status status = kiem_job_new(env, NULL, &job, error);
    if (status == KIEM_OK) status = kiem_job_add_stream(job, "claims", "memory", stream, &at, error);
    /* with more threads it depends on their luck which allocation is which */
    if (status == KIEM_OK) status = kiem_job_set(job, "threads", "1", error);
    if (status == KIEM_OK) status = kiem_job_run(job, error);
    if (status == KIEM_OK) status = kiem_job_table(job, "findings", &table, error);
    kiem_job_free(job);
    return status;
}

/* The thread sanitizer makes a run some twenty times slower and finds nothing new in one thread. */
#if defined(__SANITIZE_THREAD__)
#define UNDER_TSAN 1
#elif defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define UNDER_TSAN 1
#endif
#endif
#ifdef UNDER_TSAN
enum { FIRST = 4, SPREAD = 12 };
#else
enum { FIRST = 40, SPREAD = 200 };
#endif

/* Allocations of a whole job fail, one a run (the first ones, then some spread over the rest): always a
 * status, nothing leaks, and the library stays usable. */
static void running_out_of_memory_is_a_status(void) {
    kiem_env *env;
    kiem_error *error;
    CU_ASSERT_EQUAL_FATAL(kiem_env_new(&hooks, NULL, &env), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_error_new(env, &error), KIEM_OK);
    long before = atomic_load(&live);
    atomic_store(&made, 0);
    atomic_store(&fail_at, 0);
    CU_ASSERT_EQUAL_FATAL(whole_job(env, error), KIEM_OK);
    long total = atomic_load(&made);
    CU_ASSERT_EQUAL(atomic_load(&live), before);
    for (long n = 1; n <= total; n += n < FIRST ? 1 : 1 + total / SPREAD) {
        atomic_store(&made, 0);
        atomic_store(&fail_at, n);
        kiem_status status = whole_job(env, error);
        CU_ASSERT_EQUAL(status, KIEM_E_NOMEM);
        CU_ASSERT_EQUAL(kiem_error_status(error), KIEM_E_NOMEM);
        CU_ASSERT_STRING_EQUAL(kiem_error_message(error), "out of memory");
        CU_ASSERT_EQUAL(atomic_load(&live), before);
        if (status != KIEM_E_NOMEM)
            fprintf(stderr, "allocation %ld of %ld: status %d %s\n", n, total, (int)status,
                    kiem_error_message(error));
    }
    atomic_store(&fail_at, 0);
    CU_ASSERT_EQUAL(whole_job(env, error), KIEM_OK);
    kiem_error_free(error);
    kiem_env_free(env);
    CU_ASSERT_EQUAL(atomic_load(&live), 0);
}

int main(void) {
    static const api_test tests[] = {
        {"one claim is judged", one_claim_is_judged},
        {"values that cannot be read are named", values_that_cannot_be_read_are_named},
        {"reading does not depend on chunks", reading_does_not_depend_on_chunks},
        {"jobs run over streams", jobs_run_over_streams},
        {"jobs can fail and be stopped", jobs_can_fail_and_be_stopped},
        {"tables give plain arrays", tables_give_plain_arrays},
        {"structs of other versions are recognised", structs_of_other_versions_are_recognised},
        {"NULL arguments are a status", null_arguments_are_a_status},
        {"running out of memory is a status", running_out_of_memory_is_a_status}};
    return run_suite("api", tests, sizeof tests / sizeof tests[0]);
}
