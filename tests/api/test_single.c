/* What is tagged [single], used by two threads at once: the second gets KIEM_E_BUSY. First one call is held
 * up (by the memory hook it calls) while another thread tries every call it could make; then threads use the
 * same objects freely, for the thread sanitizer to see. */
#include <kiem/arrow.h>
#include <pthread.h>

#include "support.h"

static const char csv[] = "MA_LK,GIOI_TINH,MA_BENH_CHINH,T_BHTT\nA,1,O80,5\nB,2,O80,6\nC,1,C53,7\n";
static const char house[] = "id,scope,severity,condition,basis,message_vi,message_en\n"
                            "HOUSE,claim,notice,T_BHTT > 1,house rule,vi,en\n";
static const char facilities[] = "facility_code,name,province_code\n";

/* ---- a memory hook that lets another thread in */

static void *(*meanwhile)(void *given); /* what that thread does, once; NULL: nothing */
static void *meanwhile_given;
static atomic_int armed;
static long let_in;

static void let_another_thread_in(void) {
    pthread_t thread;
    if (!atomic_exchange(&armed, 0)) return;
    CU_ASSERT_EQUAL_FATAL(pthread_create(&thread, NULL, meanwhile, meanwhile_given), 0);
    pthread_join(thread, NULL);
    let_in++;
}

static void *held_alloc(void *user, size_t size) {
    (void)user;
    let_another_thread_in();
    return malloc(size);
}

static void *held_resize(void *user, void *ptr, size_t old_size, size_t new_size) {
    (void)user, (void)old_size;
    let_another_thread_in();
    return realloc(ptr, new_size);
}

static void held_release(void *user, void *ptr, size_t size) {
    (void)user, (void)size;
    free(ptr);
}

static kiem_env *new_env(void) {
    static const kiem_allocator holding = {sizeof holding, NULL, held_alloc, held_resize, held_release};
    kiem_env *env;
    CU_ASSERT_EQUAL_FATAL(kiem_env_new(&holding, NULL, &env), KIEM_OK);
    return env;
}

/* The next call lets `run` in, in the middle of it. */
static void arm(void *(*run)(void *given), void *given) {
    meanwhile = run;
    meanwhile_given = given;
    let_in = 0;
    atomic_store(&armed, 1);
}

#define LET_IN(call, expected)                                                                               \
    do {                                                                                                     \
        CU_ASSERT_EQUAL((call), (expected));                                                                 \
        CU_ASSERT_EQUAL(let_in, 1);                                                                          \
        atomic_store(&armed, 0);                                                                             \
    } while (0)
#define BUSY(call) CU_ASSERT_EQUAL((call), KIEM_E_BUSY)

/* ---- objects */

typedef struct objects {
    kiem_env *env;
    kiem_policy *policy, *open; /* compiled, and not yet */
    kiem_batch *batch, *other;
    kiem_reader *reader;
    kiem_state *state, *more;
    kiem_judge *judge, *second;
    kiem_job *job;
    kiem_outlier *outlier;
    size_t at; /* of the stream */
} objects;

static int64_t read_csv(void *user, void *buffer, size_t size) {
    objects *o = user;
    size_t left = sizeof csv - 1 - o->at, take = left < size ? left : size;
    memcpy(buffer, csv + o->at, take);
    o->at += take;
    return (int64_t)take;
}

static int32_t write_nothing(void *user, const void *bytes, size_t size) {
    (void)user, (void)bytes, (void)size;
    return 0;
}

static kiem_status put_claim(kiem_batch *batch) {
    kiem_batch_set(batch, "MA_LK", "A", 1, NULL);
    kiem_batch_set(batch, "MA_THE_BHYT", "GD4790000000017", SIZE_MAX, NULL);
    kiem_batch_set(batch, "NGAY_VAO", "202503100800", SIZE_MAX, NULL);
    kiem_batch_set(batch, "GIOI_TINH", "1", 1, NULL);
    kiem_batch_set(batch, "MA_BENH_CHINH", "O80", 3, NULL);
    return kiem_batch_end_row(batch, NULL);
}

static kiem_job *new_job(objects *o) {
    kiem_job *job;
    o->at = 0;
    CU_ASSERT_EQUAL_FATAL(kiem_job_new(o->env, o->policy, &job, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_job_set(job, "threads", "1", NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_job_add_stream(job, "claims", "memory", read_csv, o, NULL), KIEM_OK);
    return job;
}

static void make(objects *o) {
    *o = (objects){.env = new_env()};
    CU_ASSERT_EQUAL_FATAL(kiem_policy_new(o->env, NULL, &o->policy, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_policy_compile(o->policy, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_policy_new(o->env, NULL, &o->open, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_batch_new(o->env, &o->batch, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_batch_new(o->env, &o->other, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_reader_new(o->env, "memory", 0, &o->reader, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_state_new(o->env, &o->state, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_state_new(o->env, &o->more, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_judge_new(o->env, o->policy, KIEM_LANG_EN, &o->judge, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_judge_new(o->env, o->policy, KIEM_LANG_EN, &o->second, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_outlier_new(o->env, &o->outlier, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(put_claim(o->other), KIEM_OK);
    o->job = new_job(o);
}

static void drop(objects *o) {
    kiem_job_free(o->job);
    kiem_judge_free(o->judge);
    kiem_judge_free(o->second);
    kiem_outlier_free(o->outlier);
    kiem_state_free(o->state);
    kiem_state_free(o->more);
    kiem_reader_free(o->reader);
    kiem_batch_free(o->batch);
    kiem_batch_free(o->other);
    kiem_policy_free(o->open);
    kiem_policy_free(o->policy);
    kiem_env_free(o->env);
}

/* ---- one call held up */

static void *try_policy(void *given) {
    objects *o = given;
    kiem_table *table;
    kiem_judge *judge;
    BUSY(kiem_policy_add_rules(o->open, "house", house, SIZE_MAX, NULL));
    BUSY(kiem_policy_set_table(o->open, "facilities", "f", facilities, SIZE_MAX, NULL));
    BUSY(kiem_policy_compile(o->open, NULL));
    BUSY(kiem_policy_test(o->open, NULL, &table, NULL));
    CU_ASSERT_EQUAL(kiem_policy_rules(o->open, &table, NULL), KIEM_E_ARGUMENT);
    CU_ASSERT_EQUAL(kiem_judge_new(NULL, o->open, KIEM_LANG_EN, &judge, NULL), KIEM_E_ARGUMENT);
    return NULL;
}

static void *try_batch(void *given) {
    objects *o = given;
    const kiem_table *findings;
    BUSY(kiem_batch_set(o->batch, "MA_LK", "B", 1, NULL));
    BUSY(kiem_batch_end_row(o->batch, NULL));
    kiem_batch_clear(o->batch);
    CU_ASSERT_EQUAL(kiem_batch_rows(o->batch), 0);
    BUSY(kiem_judge_batch(o->judge, o->batch, &findings, NULL));
    BUSY(kiem_state_learn(o->state, o->batch, NULL));
    return NULL;
}

static void *try_reader(void *given) {
    objects *o = given;
    const kiem_batch *batch;
    kiem_table *rejects;
    BUSY(kiem_reader_push(o->reader, csv, 1, NULL));
    BUSY(kiem_reader_finish(o->reader, NULL));
    BUSY(kiem_reader_next(o->reader, &batch, NULL));
    BUSY(kiem_reader_rejects(o->reader, &rejects, NULL));
    return NULL;
}

static void *try_judge(void *given) {
    objects *o = given;
    const kiem_table *findings;
    BUSY(kiem_judge_batch(o->judge, o->other, &findings, NULL));
    BUSY(kiem_judge_use_state(o->judge, o->state, NULL));
    return NULL;
}

static void *try_judge_and_reader(void *given) {
    try_judge(given);
    return try_reader(given);
}

static void *try_state(void *given) {
    objects *o = given;
    kiem_job *beside = new_job(o), *learner = new_job(o);
    BUSY(kiem_state_learn(o->state, o->other, NULL));
    BUSY(kiem_state_merge(o->state, o->more, 0, NULL));
    BUSY(kiem_state_merge(o->more, o->state, 0, NULL));
    BUSY(kiem_state_save(o->state, write_nothing, NULL, NULL));
    BUSY(kiem_judge_use_state(o->second, o->state, NULL));
    BUSY(kiem_job_learn(learner, o->state, 0, NULL));
    CU_ASSERT_EQUAL(kiem_job_use_state(beside, o->state, NULL), KIEM_OK);
    BUSY(kiem_job_run(beside, NULL));
    kiem_job_free(beside);
    kiem_job_free(learner);
    return NULL;
}

/* Others may read what one reads. */
static void *try_state_being_read(void *given) {
    objects *o = given;
    const kiem_table *findings;
    BUSY(kiem_state_learn(o->state, o->other, NULL));
    BUSY(kiem_state_merge(o->state, o->more, 0, NULL));
    BUSY(kiem_state_save(o->state, write_nothing, NULL, NULL));
    CU_ASSERT_EQUAL(kiem_judge_use_state(o->second, o->state, NULL), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_judge_batch(o->second, o->other, &findings, NULL), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_state_claims(o->state), 1);
    return NULL;
}

static void *try_job(void *given) {
    objects *o = given;
    const kiem_table *table;
    const char *summary;
    struct ArrowArrayStream stream = {0};
    BUSY(kiem_job_set(o->job, "lang", "en", NULL));
    BUSY(kiem_job_add_file(o->job, "claims", "x.csv", NULL));
    BUSY(kiem_job_add_stream(o->job, "claims", "memory", read_csv, o, NULL));
    CU_ASSERT_EQUAL(kiem_job_add_arrow(o->job, "claims", "frame", &stream, NULL), KIEM_E_ARGUMENT);
    BUSY(kiem_job_use_state(o->job, o->state, NULL));
    kiem_job_on_progress(o->job, NULL, NULL);
    BUSY(kiem_job_run(o->job, NULL));
    BUSY(kiem_job_learn(o->job, o->state, 0, NULL));
    CU_ASSERT_EQUAL(kiem_job_table(o->job, "findings", &table, NULL), KIEM_E_ARGUMENT);
    CU_ASSERT_EQUAL(kiem_job_summary(o->job, &summary, NULL), KIEM_E_ARGUMENT);
    return NULL;
}

static const double matrix[] = {1, 2, 3, 4, 5, 6, 7, 8};

static kiem_status fit(kiem_outlier *outlier) {
    return kiem_outlier_fit(outlier, matrix, KIEM_FLOAT64, 4, 2, 2 * sizeof *matrix, NULL);
}

static kiem_status score(const kiem_outlier *outlier) {
    double scores[4];
    return kiem_outlier_score(outlier, matrix, KIEM_FLOAT64, 4, 2, 2 * sizeof *matrix, scores, NULL);
}

static void *try_outlier(void *given) {
    kiem_outlier *outlier = ((objects *)given)->outlier;
    double value, shares[8];
    size_t length;
    BUSY(kiem_outlier_set(outlier, "seed", "1", NULL));
    BUSY(fit(outlier));
    BUSY(score(outlier));
    BUSY(kiem_outlier_explain(outlier, matrix, KIEM_FLOAT64, 4, 2, 2 * sizeof *matrix, shares, NULL, NULL));
    BUSY(kiem_outlier_fact(outlier, "threshold", &value, NULL));
    BUSY(kiem_outlier_save(outlier, NULL, 0, &length, NULL));
    CU_ASSERT_EQUAL(kiem_outlier_columns(outlier), 0);
    return NULL;
}

static void the_second_thread_gets_busy(void) {
    objects o;
    const kiem_table *findings;
    const kiem_batch *shown;
    make(&o);
    arm(try_policy, &o);
    LET_IN(kiem_policy_add_rules(o.open, "house", house, SIZE_MAX, NULL), KIEM_OK);
    arm(try_policy, &o);
    LET_IN(kiem_policy_compile(o.open, NULL), KIEM_OK);
    arm(try_batch, &o);
    LET_IN(kiem_batch_set(o.batch, "MA_LK", "A", 1, NULL), KIEM_OK);
    arm(try_reader, &o);
    LET_IN(kiem_reader_push(o.reader, csv, sizeof csv - 1, NULL), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_reader_finish(o.reader, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_reader_next(o.reader, &shown, NULL), KIEM_OK);
    arm(try_judge_and_reader, &o); /* the reader's batch is being judged */
    LET_IN(kiem_judge_batch(o.judge, shown, &findings, NULL), KIEM_OK);
    CU_ASSERT_TRUE(kiem_table_rows(findings) > 0);
    arm(try_state, &o);
    LET_IN(kiem_state_learn(o.state, o.other, NULL), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_judge_use_state(o.judge, o.state, NULL), KIEM_OK);
    arm(try_state_being_read, &o);
    LET_IN(kiem_judge_batch(o.judge, o.other, &findings, NULL), KIEM_OK);
    arm(try_outlier, &o);
    LET_IN(fit(o.outlier), KIEM_OK);
    CU_ASSERT_EQUAL(score(o.outlier), KIEM_OK);
    arm(try_job, &o);
    LET_IN(kiem_job_run(o.job, NULL), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_job_table(o.job, "findings", &findings, NULL), KIEM_OK);
    drop(&o);
}

/* A judge must not go on with what a state knew before. */
static void a_state_that_learned_is_given_anew(void) {
    objects o;
    const kiem_table *findings;
    make(&o);
    CU_ASSERT_EQUAL(kiem_judge_use_state(o.judge, o.state, NULL), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_judge_batch(o.judge, o.other, &findings, NULL), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_state_learn(o.state, o.other, NULL), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_judge_batch(o.judge, o.other, &findings, NULL), KIEM_E_ARGUMENT);
    CU_ASSERT_EQUAL(kiem_judge_use_state(o.judge, o.state, NULL), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_judge_batch(o.judge, o.other, &findings, NULL), KIEM_OK);
    drop(&o);
}

/* ---- threads that use the same objects freely */

enum { THREADS = 3, ROUNDS = 40 };

static atomic_int wrong;

/* Of a misuse: done, or refused. */
static int allowed(kiem_status status) {
    int good = status == KIEM_OK || status == KIEM_E_BUSY || status == KIEM_E_ARGUMENT;
    if (!good) atomic_fetch_add(&wrong, 1);
    return status == KIEM_OK;
}

static void use_batches(objects *o, kiem_judge *own) {
    const kiem_table *findings;
    const kiem_batch *shown;
    kiem_table *rejects;
    allowed(put_claim(o->batch));
    allowed(kiem_judge_batch(own, o->batch, &findings, NULL));
    kiem_batch_clear(o->batch);
    allowed(kiem_reader_push(o->reader, csv, sizeof csv - 1, NULL));
    allowed(kiem_reader_next(o->reader, &shown, NULL));
    if (allowed(kiem_reader_rejects(o->reader, &rejects, NULL))) kiem_table_free(rejects);
}

static void use_state(objects *o, kiem_judge *own) {
    const kiem_table *findings;
    allowed(kiem_state_learn(o->state, o->other, NULL));
    allowed(kiem_state_merge(o->state, o->more, 1, NULL));
    allowed(kiem_state_save(o->state, write_nothing, NULL, NULL));
    allowed(kiem_judge_use_state(own, o->state, NULL));
    allowed(kiem_judge_batch(own, o->other, &findings, NULL));
    allowed(kiem_judge_use_state(o->judge, o->state, NULL));
    allowed(kiem_judge_batch(o->judge, o->other, &findings, NULL));
    if (kiem_state_claims(o->state) < 0) atomic_fetch_add(&wrong, 1);
}

static void use_job(objects *o) {
    const kiem_table *table;
    const char *summary;
    allowed(kiem_job_set(o->job, "lang", "en", NULL));
    allowed(kiem_job_use_state(o->job, o->state, NULL));
    kiem_job_on_progress(o->job, NULL, NULL);
    allowed(kiem_job_run(o->job, NULL));
    if (allowed(kiem_job_table(o->job, "claims", &table, NULL)) && kiem_table_rows(table) != 3)
        atomic_fetch_add(&wrong, 1);
    if (allowed(kiem_job_summary(o->job, &summary, NULL)) && !strstr(summary, "\"judged\":3"))
        atomic_fetch_add(&wrong, 1);
}

static void *use_freely(void *given) {
    objects *o = given;
    kiem_judge *own = NULL;
    kiem_table *rules = NULL;
    if (kiem_judge_new(NULL, o->policy, KIEM_LANG_EN, &own, NULL) != KIEM_OK) return NULL;
    for (int i = 0; i < ROUNDS; i++) {
        use_batches(o, own);
        use_state(o, own);
        allowed(fit(o->outlier));
        allowed(score(o->outlier));
        if (i == ROUNDS / 4) use_job(o);
        if (i == ROUNDS / 2) allowed(kiem_policy_compile(o->open, NULL));
        if (i < ROUNDS / 2)
            allowed(kiem_policy_set_table(o->open, "facilities", "f", facilities, SIZE_MAX, NULL));
    }
    use_job(o);
    if (allowed(kiem_policy_rules(o->open, &rules, NULL))) kiem_table_free(rules);
    kiem_judge_free(own);
    return NULL;
}

static void threads_in_each_others_way_do_no_harm(void) {
    pthread_t threads[THREADS];
    objects o;
    make(&o);
    atomic_store(&wrong, 0);
    for (int i = 0; i < THREADS; i++)
        CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, use_freely, &o), 0);
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], NULL);
    CU_ASSERT_EQUAL(atomic_load(&wrong), 0);
    drop(&o);
}

int main(void) {
    static const api_test tests[] = {
        {"the second thread gets busy", the_second_thread_gets_busy},
        {"a state that learned is given anew", a_state_that_learned_is_given_anew},
        {"threads in each other's way do no harm", threads_in_each_others_way_do_no_harm}};
    return run_suite("single", tests, sizeof tests / sizeof tests[0]);
}
