/* Objects shared by threads, used by two at once, and two engines in one process; the thread sanitizer runs
 * it. */
#include <kiem/arrow.h>
#include <pthread.h>

#include "support.h"

enum { THREADS = 4, ROUNDS = 20 };

static const char csv[] = "MA_LK,GIOI_TINH,MA_BENH_CHINH,T_BHTT\nA,1,O80,5\nB,2,O80,6\nC,1,C53,7\n";
static const char house[] = "id,scope,severity,condition,basis,message_vi,message_en\n"
                            "HOUSE,claim,notice,T_BHTT > 1,house rule,vi,en\n"
                            "C18_MALE,claim,off,T_BHTT > 1,house rule,vi,en\n";

static kiem_policy *new_policy(const char *rules) {
    kiem_policy *policy;
    CU_ASSERT_EQUAL_FATAL(kiem_policy_new(NULL, NULL, &policy, NULL), KIEM_OK);
    if (rules) CU_ASSERT_EQUAL_FATAL(kiem_policy_add_rules(policy, "house", rules, SIZE_MAX, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_policy_compile(policy, NULL), KIEM_OK);
    return policy;
}

/* Judges a claim of a man in childbed; the number of findings, or -1. */
static int64_t judge_man(const kiem_policy *policy, int *male, int *own) {
    kiem_judge *judge = NULL;
    kiem_batch *batch = NULL;
    const kiem_table *findings;
    int64_t count = -1;
    if (kiem_judge_new(NULL, policy, KIEM_LANG_EN, &judge, NULL) == KIEM_OK &&
        kiem_batch_new(NULL, &batch, NULL) == KIEM_OK &&
        kiem_batch_set(batch, "GIOI_TINH", "1", 1, NULL) == KIEM_OK &&
        kiem_batch_set(batch, "MA_BENH_CHINH", "O80", 3, NULL) == KIEM_OK &&
        kiem_batch_set(batch, "T_BHTT", "200000", 6, NULL) == KIEM_OK &&
        kiem_batch_end_row(batch, NULL) == KIEM_OK &&
        kiem_judge_batch(judge, batch, &findings, NULL) == KIEM_OK) {
        count = kiem_table_rows(findings);
        *male = has_rule(findings, "C18_MALE");
        *own = has_rule(findings, "HOUSE");
    }
    kiem_batch_free(batch);
    kiem_judge_free(judge);
    return count;
}

/* ---- one policy, many threads */

typedef struct work {
    kiem_policy *policy;
    int64_t expected;
    int failures;
} work;

static void *judge_often(void *argument) {
    work *mine = argument;
    for (int i = 0; i < ROUNDS; i++) {
        int male = 0, own = 0;
        mine->failures += judge_man(mine->policy, &male, &own) != mine->expected || !male || own;
    }
    return NULL;
}

static void a_policy_is_shared(void) {
    pthread_t threads[THREADS];
    work works[THREADS];
    int male, own;
    kiem_policy *policy = new_policy(NULL);
    int64_t expected = judge_man(policy, &male, &own);
    for (int i = 0; i < THREADS; i++) {
        works[i] = (work){policy, expected, 0};
        CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, judge_often, &works[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        CU_ASSERT_EQUAL(works[i].failures, 0);
    }
    kiem_policy_free(policy);
}

typedef struct stream_state {
    size_t at;
} stream_state;

static int64_t read_csv(void *user, void *buffer, size_t size) {
    stream_state *state = user;
    size_t left = sizeof csv - 1 - state->at, take = left < size ? left : size;
    memcpy(buffer, csv + state->at, take);
    state->at += take;
    return (int64_t)take;
}

static void *run_job(void *argument) {
    work *mine = argument;
    kiem_job *job = NULL;
    const kiem_table *findings;
    struct ArrowArrayStream out;
    stream_state state = {0};
    mine->failures = 1;
    if (kiem_job_new(NULL, mine->policy, &job, NULL) == KIEM_OK &&
        kiem_job_set(job, "threads", "2", NULL) == KIEM_OK &&
        kiem_job_add_stream(job, "claims", "memory", read_csv, &state, NULL) == KIEM_OK &&
        kiem_job_run(job, NULL) == KIEM_OK && kiem_job_table(job, "findings", &findings, NULL) == KIEM_OK &&
        kiem_table_export_arrow(findings, &out, NULL) == KIEM_OK) {
        mine->failures = !has_rule(findings, "C18_MALE");
        kiem_job_free(job);
        out.release(&out);
        return NULL;
    }
    kiem_job_free(job);
    return NULL;
}

static void jobs_run_beside_each_other(void) {
    pthread_t threads[THREADS];
    work works[THREADS];
    kiem_policy *policy = new_policy(NULL);
    for (int i = 0; i < THREADS; i++) {
        works[i] = (work){policy, 0, 0};
        CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, run_job, &works[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        CU_ASSERT_EQUAL(works[i].failures, 0);
    }
    kiem_policy_free(policy);
}

/* ---- a stream handed from thread to thread */

/* ---- one state, many judges */

static kiem_batch *new_stay(const char *id, const char *in, const char *out) {
    const char *const values[][2] = {{"MA_LK", id},
                                     {"MA_THE_BHYT", "GD4790000000017"},
                                     {"MA_CSKCB", "79001"},
                                     {"MA_LOAI_KCB", "03"},
                                     {"MA_BENH_CHINH", "I10"},
                                     {"NGAY_VAO", in},
                                     {"NGAY_RA", out},
                                     {"T_BHTT", "400000"}};
    kiem_batch *batch = NULL;
    if (kiem_batch_new(NULL, &batch, NULL) != KIEM_OK) return NULL;
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        kiem_batch_set(batch, values[i][0], values[i][1], SIZE_MAX, NULL);
    kiem_batch_end_row(batch, NULL);
    return batch;
}

typedef struct beside {
    kiem_policy *policy;
    kiem_state *state;
    int failures;
} beside;

/* A stay inside the one that the state has learned. */
static void *judge_beside(void *argument) {
    beside *mine = argument;
    for (int i = 0; i < ROUNDS; i++) {
        kiem_judge *judge = NULL;
        const kiem_table *findings = NULL;
        kiem_batch *batch = new_stay("S2", "202403030800", "202403060800");
        kiem_status status = kiem_judge_new(NULL, mine->policy, KIEM_LANG_EN, &judge, NULL);
        if (status == KIEM_OK) status = kiem_judge_use_state(judge, mine->state, NULL);
        if (status == KIEM_OK) status = kiem_judge_batch(judge, batch, &findings, NULL);
        mine->failures += status != KIEM_OK || !has_rule(findings, "X02");
        kiem_batch_free(batch);
        kiem_judge_free(judge);
    }
    return NULL;
}

/* Called while the state is being saved. */
static int32_t learn_meanwhile(void *user, const void *bytes, size_t size) {
    beside *mine = user;
    kiem_batch *batch = new_stay("S3", "202403010800", "202403080800");
    (void)bytes, (void)size;
    mine->failures += kiem_state_learn(mine->state, batch, NULL) != KIEM_E_BUSY;
    mine->failures += kiem_state_save(mine->state, learn_meanwhile, mine, NULL) != KIEM_E_BUSY;
    kiem_batch_free(batch);
    return 0;
}

static void a_state_in_use_is_busy(void) {
    beside mine = {0};
    kiem_batch *first = new_stay("S1", "202403010800", "202403080800");
    CU_ASSERT_EQUAL_FATAL(kiem_state_new(NULL, &mine.state, NULL), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_state_learn(mine.state, first, NULL), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_state_save(mine.state, learn_meanwhile, &mine, NULL), KIEM_OK);
    CU_ASSERT_EQUAL(mine.failures, 0);
    CU_ASSERT_EQUAL(kiem_state_learn(mine.state, first, NULL), KIEM_OK);
    kiem_batch_free(first);
    kiem_state_free(mine.state);
}

static void a_state_is_shared_by_judges(void) {
    pthread_t threads[THREADS];
    beside works[THREADS];
    kiem_state *state = NULL;
    kiem_policy *policy = new_policy(NULL);
    kiem_batch *first = new_stay("S1", "202403010800", "202403080800");
    CU_ASSERT_EQUAL_FATAL(kiem_state_new(NULL, &state, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_state_learn(state, first, NULL), KIEM_OK);
    for (int i = 0; i < THREADS; i++) {
        works[i] = (beside){policy, state, 0};
        CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, judge_beside, &works[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        CU_ASSERT_EQUAL(works[i].failures, 0);
    }
    kiem_batch_free(first);
    kiem_state_free(state);
    kiem_policy_free(policy);
}

static void *read_and_release(void *argument) {
    struct ArrowArrayStream *stream = argument;
    struct ArrowArray array;
    while (stream->get_next(stream, &array) == 0 && array.release) array.release(&array);
    stream->release(stream);
    return NULL;
}

static void results_may_be_read_by_several_threads(void) {
    pthread_t threads[THREADS];
    struct ArrowArrayStream streams[THREADS];
    kiem_policy *policy = new_policy(NULL);
    kiem_table *rules;
    CU_ASSERT_EQUAL_FATAL(kiem_policy_rules(policy, &rules, NULL), KIEM_OK);
    for (int i = 0; i < THREADS; i++) {
        CU_ASSERT_EQUAL_FATAL(kiem_table_export_arrow(rules, &streams[i], NULL), KIEM_OK);
        CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, read_and_release, &streams[i]), 0);
    }
    kiem_table_free(rules);
    kiem_policy_free(policy);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
}

/* ---- two engines */

static void policies_do_not_meet(void) {
    kiem_policy *law = new_policy(NULL), *own_rules = new_policy(house);
    for (int i = 0; i < 3; i++) {
        int male = 0, own = 0;
        CU_ASSERT_TRUE(judge_man(law, &male, &own) > 0);
        CU_ASSERT_TRUE(male && !own);
        CU_ASSERT_TRUE(judge_man(own_rules, &male, &own) > 0);
        CU_ASSERT_TRUE(!male && own);
    }
    kiem_policy_free(law);
    kiem_policy_free(own_rules);
}

/* ---- what one thread at a time may use */

typedef struct inner_call {
    kiem_job *job;
    kiem_status run, table;
} inner_call;

static int32_t call_again(void *user, const kiem_progress *progress) {
    inner_call *call = user;
    const kiem_table *table;
    (void)progress;
    call->run = kiem_job_run(call->job, NULL);
    call->table = kiem_job_table(call->job, "findings", &table, NULL);
    return 0;
}

static void a_job_in_use_is_busy(void) {
    kiem_job *job;
    stream_state state = {0};
    inner_call call = {0};
    CU_ASSERT_EQUAL_FATAL(kiem_job_new(NULL, NULL, &job, NULL), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_job_add_stream(job, "claims", "memory", read_csv, &state, NULL), KIEM_OK);
    call.job = job;
    kiem_job_on_progress(job, call_again, &call);
    CU_ASSERT_EQUAL(kiem_job_run(job, NULL), KIEM_OK);
    CU_ASSERT_EQUAL(call.run, KIEM_E_BUSY);
    CU_ASSERT_EQUAL(call.table, KIEM_E_ARGUMENT);
    kiem_job_free(job);
}

int main(void) {
    static const api_test tests[] = {
        {"a policy is shared", a_policy_is_shared},
        {"jobs run beside each other", jobs_run_beside_each_other},
        {"a state is shared by judges", a_state_is_shared_by_judges},
        {"a state in use is busy", a_state_in_use_is_busy},
        {"results may be read by several threads", results_may_be_read_by_several_threads},
        {"policies do not meet", policies_do_not_meet},
        {"a job in use is busy", a_job_in_use_is_busy}};
    return run_suite("threads", tests, sizeof tests / sizeof tests[0]);
}
