/* Envelopes of XML when memory runs out: in a job, under a limit of memory, learned, and judged beside a
 * state. */
#include <stdio.h>

#include "support.h"

#define PART(kind, content)                                                                                  \
    "<FILEHOSO><LOAIHOSO>" kind "</LOAIHOSO><NOIDUNGFILE>" content "</NOIDUNGFILE></FILEHOSO>"
#define CLAIM(key, day)                                                                                      \
    "<TONG_HOP><MA_LK>" key "</MA_LK><MA_THE_BHYT>GD4790000000017</MA_THE_BHYT><GIOI_TINH>1</GIOI_TINH>"     \
    "<NGAY_SINH>19800315</NGAY_SINH><MA_BENH_CHINH>O80</MA_BENH_CHINH><MA_CSKCB>79001</MA_CSKCB>"            \
    "<NGAY_VAO>202503" day "0800</NGAY_VAO><NGAY_RA>202503" day "0930</NGAY_RA><T_BHTT>100000</T_BHTT>"      \
    "<LA>x</LA></TONG_HOP>"
#define DRUG    "<DS><CHI_TIET_THUOC><MA_THUOC>40.1</MA_THUOC><T_BHTT>90000</T_BHTT></CHI_TIET_THUOC></DS>"
#define SERVICE "<CHI_TIET_DVKT><MA_DICH_VU>02.1</MA_DICH_VU><T_BHTT>1</T_BHTT></CHI_TIET_DVKT>"
/* <CHI_TIET_THUOC><T_BHTT>5</T_BHTT></CHI_TIET_THUOC> */
#define BASE64 "PENISV9USUVUX1RIVU9DPjxUX0JIVFQ+NTwvVF9CSFRUPjwvQ0hJX1RJRVRfVEhVT0M+"

static const char *const envelopes[] = {
    "<?xml version='1.0'?><GIAMDINHHS><HOSO>" PART("XML1", CLAIM("A1", "10"))
        PART("XML2", "<![CDATA[" DRUG "]]>")
            PART("XML3", SERVICE) "</HOSO><HOSO>" PART("XML1", CLAIM("A2", "11"))
                PART("XML2", "*") "</HOSO><HOSO>" PART("XML1", CLAIM("A3", "12"))
                    PART("XML2", BASE64) "</HOSO></GIAMDINHHS>",
    "\n<ns0:X xmlns:ns0='x'><HOSO>" PART("XML1", CLAIM("A1", "10")) PART("XML2", DRUG) "</HOSO></ns0:X>"};
enum { ENVELOPES = sizeof envelopes / sizeof envelopes[0], SPREAD = 50 };

static kiem_policy *policy;
static kiem_state *learned; /* of the second envelope */

/* ---- what is tried */

typedef struct source {
    const char *text;
    size_t at;
} source;

static int64_t read_source(void *user, void *buffer, size_t size) {
    source *from = user;
    const size_t left = strlen(from->text) - from->at, taken = size < left ? size : left;
    memcpy(buffer, from->text + from->at, taken);
    from->at += taken;
    return (int64_t)taken;
}

/* A job over the envelopes from `first` on; with more threads it depends on their luck which allocation is
 * which. */
static kiem_status open_job(kiem_env *env, source *sources, int first, kiem_job **job, kiem_error *error) {
    kiem_status status = kiem_job_new(env, policy, job, error);
    if (status == KIEM_OK) status = kiem_job_set(*job, "threads", "1", error);
    for (int i = first; i < ENVELOPES && status == KIEM_OK; i++) {
        sources[i] = (source){envelopes[i], 0};
        status = kiem_job_add_stream(*job, "claims", i ? "b.xml" : "a.xml", read_source, &sources[i], error);
    }
    return status;
}

static int64_t judged;

static kiem_status run_with(kiem_env *env, const char *memory, kiem_error *error) {
    source sources[ENVELOPES];
    kiem_job *job = NULL;
    const kiem_table *table;
    kiem_status status = open_job(env, sources, 0, &job, error);
    if (status == KIEM_OK && memory) status = kiem_job_set(job, "memory", memory, error);
    if (status == KIEM_OK && memory) status = kiem_job_use_state(job, learned, error);
    if (status == KIEM_OK) status = kiem_job_run(job, error);
    if (status == KIEM_OK) status = kiem_job_table(job, "claims", &table, error);
    if (status == KIEM_OK) judged = kiem_table_rows(table);
    kiem_job_free(job);
    return status;
}

static kiem_status run(kiem_env *env, kiem_error *error) {
    return run_with(env, NULL, error);
}

static kiem_status run_in_little_memory(kiem_env *env, kiem_error *error) {
    return run_with(env, "1M", error);
}

static kiem_status learn(kiem_env *env, kiem_error *error) {
    source sources[ENVELOPES];
    kiem_job *job = NULL;
    kiem_state *state = NULL;
    kiem_status status = open_job(env, sources, 0, &job, error);
    if (status == KIEM_OK) status = kiem_state_new(env, &state, error);
    if (status == KIEM_OK) status = kiem_job_learn(job, state, 0, error);
    if (status == KIEM_OK) judged = kiem_state_claims(state);
    kiem_state_free(state);
    kiem_job_free(job);
    return status;
}

static kiem_status judge_beside_a_state(kiem_env *env, kiem_error *error) {
    kiem_judge *judge = NULL;
    const kiem_table *findings;
    kiem_status status = kiem_judge_new(env, policy, KIEM_LANG_EN, &judge, error);
    if (status == KIEM_OK) status = kiem_judge_use_state(judge, learned, error);
    if (status == KIEM_OK)
        status = kiem_judge_xml(judge, "b.xml", envelopes[1], strlen(envelopes[1]), &findings, error);
    if (status == KIEM_OK) judged = has_rule(findings, "C18_MALE") && has_rule(findings, "M05");
    kiem_judge_free(judge);
    return status;
}

/* The same as rows: two claims, one with a line. */
static kiem_status judge_rows_and_lines(kiem_env *env, kiem_error *error) {
    kiem_judge *judge = NULL;
    kiem_batch *claims = NULL, *drugs = NULL;
    const kiem_table *findings;
    kiem_status status = kiem_judge_new(env, policy, KIEM_LANG_EN, &judge, error);
    if (status == KIEM_OK) status = kiem_batch_new(env, &claims, error);
    if (status == KIEM_OK) status = kiem_batch_new_lines(env, "drugs", &drugs, error);
    if (status == KIEM_OK) status = kiem_batch_set(drugs, "T_BHTT", "90000", 5, error);
    if (status == KIEM_OK) status = kiem_batch_end_row(drugs, error);
    for (int i = 0; i < 2 && status == KIEM_OK; i++) {
        status = kiem_batch_set(claims, "MA_LK", i ? "B" : "A", 1, error);
        if (status == KIEM_OK) status = kiem_batch_set(claims, "NGAY_GUI", "202506100800", 12, error);
        if (status == KIEM_OK) status = kiem_batch_set(claims, "NGAY_RA", "202503100800", 12, error);
        if (status == KIEM_OK) status = kiem_batch_end_row(claims, error);
    }
    if (status == KIEM_OK) status = kiem_judge_claims(judge, claims, drugs, NULL, &findings, error);
    if (status == KIEM_OK) judged = has_rule(findings, "LATE");
    kiem_batch_free(claims);
    kiem_batch_free(drugs);
    kiem_judge_free(judge);
    return status;
}

/* ---- each allocation failing, or some spread over all where they are many */

static void fail_each(kiem_status (*attempt)(kiem_env *env, kiem_error *error), int64_t expected) {
    kiem_env *env;
    kiem_error *error;
    const long at_first = atomic_load(&live);
    CU_ASSERT_EQUAL_FATAL(kiem_env_new(&hooks, NULL, &env), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_error_new(env, &error), KIEM_OK);
    const long before = atomic_load(&live);
    atomic_store(&made, 0);
    judged = -1;
    CU_ASSERT_EQUAL(attempt(env, error), KIEM_OK);
    CU_ASSERT_EQUAL(judged, expected);
    const long total = atomic_load(&made), step = 1 + total / SPREAD;
    CU_ASSERT(total > 100);
    for (long n = 1; n <= total; n += step) {
        atomic_store(&made, 0);
        atomic_store(&fail_at, n);
        const kiem_status status = attempt(env, error);
        atomic_store(&fail_at, 0);
        CU_ASSERT_EQUAL(status, KIEM_E_NOMEM);
        CU_ASSERT_STRING_EQUAL(kiem_error_message(error), "out of memory");
        CU_ASSERT_EQUAL(atomic_load(&live), before);
        if (status != KIEM_E_NOMEM || atomic_load(&live) != before)
            fprintf(stderr, "allocation %ld of %ld: status %d %s, %ld left\n", n, total, (int)status,
                    kiem_error_message(error), atomic_load(&live) - before);
    }
    kiem_error_free(error);
    kiem_env_free(env);
    CU_ASSERT_EQUAL(atomic_load(&live), at_first);
}

static void a_job(void) {
    fail_each(run, 3);
}

static void a_job_in_little_memory_beside_a_state(void) {
    fail_each(run_in_little_memory, 3);
}

static void learning(void) {
    fail_each(learn, 3);
}

static void judging_beside_a_state(void) {
    fail_each(judge_beside_a_state, 1);
}

static void judging_rows_and_lines(void) {
    fail_each(judge_rows_and_lines, 1);
}

static kiem_status prepare(void) {
    source sources[ENVELOPES];
    kiem_job *job = NULL;
    kiem_status status = kiem_policy_new(NULL, NULL, &policy, NULL);
    if (status == KIEM_OK) status = kiem_policy_compile(policy, NULL);
    if (status == KIEM_OK) status = kiem_state_new(NULL, &learned, NULL);
    if (status == KIEM_OK) status = open_job(NULL, sources, 1, &job, NULL);
    if (status == KIEM_OK) status = kiem_job_learn(job, learned, 0, NULL);
    kiem_job_free(job);
    return status;
}

int main(void) {
    static const api_test tests[] = {
        {"a job", a_job},
        {"a job in little memory beside a state", a_job_in_little_memory_beside_a_state},
        {"learning", learning},
        {"judging beside a state", judging_beside_a_state},
        {"judging rows and lines", judging_rows_and_lines}};
    const kiem_status status = prepare();
    const int result = status == KIEM_OK ? run_suite("xml", tests, sizeof tests / sizeof tests[0]) : 2;
    kiem_state_free(learned);
    kiem_policy_free(policy);
    return result;
}
