/* States as others see them: learned, saved, loaded, given to a judge and a job. */
#include "support.h"

/* ---- saved, loaded, given to a judge */

typedef struct bytes {
    unsigned char data[65536];
    size_t length, at;
} bytes;

static int32_t put_bytes(void *user, const void *data, size_t size) {
    bytes *to = user;
    if (size > sizeof to->data - to->length) return 1;
    memcpy(to->data + to->length, data, size);
    to->length += size;
    return 0;
}

static int64_t get_bytes(void *user, void *buffer, size_t size) {
    bytes *from = user;
    size_t left = from->length - from->at;
    if (size > left) size = left;
    if (size > 7) size = 7;
    memcpy(buffer, from->data + from->at, size);
    from->at += size;
    return (int64_t)size;
}

static int32_t refuse_bytes(void *user, const void *data, size_t size) {
    (void)user;
    (void)data;
    (void)size;
    return 1;
}

/* The claim, sent again by the same facility under another id. */
static kiem_status fill_again(kiem_batch *batch, kiem_error *error) {
    kiem_batch_clear(batch);
    for (size_t i = 1; i < sizeof claim / sizeof claim[0]; i++) {
        kiem_status status = kiem_batch_set(batch, claim[i][0], claim[i][1], SIZE_MAX, error);
        if (status != KIEM_OK) return status;
    }
    kiem_status status = kiem_batch_set(batch, "MA_LK", "EXAMPLE-2", SIZE_MAX, error);
    return status == KIEM_OK ? kiem_batch_end_row(batch, error) : status;
}

/* A judge at work beside a state that is yet empty. */
typedef struct desk {
    kiem_error *error;
    kiem_policy *policy;
    kiem_judge *judge;
    kiem_batch *batch;
    kiem_state *state;
} desk;

static void open_desk(desk *on) {
    CU_ASSERT_EQUAL_FATAL(kiem_error_new(NULL, &on->error), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_policy_new(NULL, NULL, &on->policy, on->error), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_policy_compile(on->policy, on->error), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_batch_new(NULL, &on->batch, on->error), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_judge_new(NULL, on->policy, KIEM_LANG_EN, &on->judge, on->error), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_state_new(NULL, &on->state, on->error), KIEM_OK);
}

static void close_desk(desk *on) {
    kiem_judge_free(on->judge);
    kiem_batch_free(on->batch);
    kiem_state_free(on->state);
    kiem_policy_free(on->policy);
    kiem_error_free(on->error);
}

static void a_state_tells_a_judge_what_was_before(void) {
    static bytes file, damaged;
    desk on;
    kiem_state *loaded, *none = NULL;
    const kiem_table *findings;
    open_desk(&on);
    CU_ASSERT_EQUAL_FATAL(fill_claim(on.batch, on.error), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_state_learn(on.state, on.batch, on.error), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_state_claims(on.state), 1);
    CU_ASSERT_EQUAL(kiem_state_save(on.state, refuse_bytes, NULL, on.error), KIEM_E_IO);
    CU_ASSERT_EQUAL(kiem_state_save(on.state, put_bytes, &file, on.error), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_state_load(NULL, get_bytes, &file, &loaded, on.error), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_state_claims(loaded), 1);
    damaged = file;
    damaged.at = 0;
    damaged.data[100] ^= 1;
    CU_ASSERT_EQUAL(kiem_state_load(NULL, get_bytes, &damaged, &none, on.error), KIEM_E_STATE);
    CU_ASSERT_PTR_NULL(none);
    CU_ASSERT_EQUAL(kiem_judge_use_state(on.judge, loaded, on.error), KIEM_OK);
    kiem_state_free(loaded); /* the judge keeps it */
    CU_ASSERT_EQUAL(kiem_judge_batch(on.judge, on.batch, &findings, on.error), KIEM_OK);
    CU_ASSERT_FALSE(has_rule(findings, "X01")); /* the claim itself */
    CU_ASSERT_EQUAL_FATAL(fill_again(on.batch, on.error), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_judge_batch(on.judge, on.batch, &findings, on.error), KIEM_OK);
    CU_ASSERT_TRUE(has_rule(findings, "X01"));
    close_desk(&on);
}

/* A stay of a week or so that cost about two million dong, or `times` that. */
static void fill_stay(kiem_batch *batch, unsigned number, unsigned times, kiem_error *error) {
    char cells[6][24];
    static const char *const names[] = {"MA_LK",  "T_TONGCHI_BH", "T_TONGCHI_BV",
                                        "T_BHTT", "T_THUOC",      "SO_NGAY_DTRI"};
    const unsigned draw = number * 2654435761u >> 8, cost = (1500 + draw % 1000) * 1000;
    snprintf(cells[0], sizeof cells[0], "S%u", number);
    for (int i = 1; i < 4; i++) snprintf(cells[i], sizeof cells[i], "%u", cost * times);
    snprintf(cells[4], sizeof cells[4], "%u", cost / 10 * (1 + draw % 4));
    snprintf(cells[5], sizeof cells[5], "%u", 5 + draw / 7 % 4);
    for (int i = 0; i < 6; i++)
        CU_ASSERT_EQUAL(kiem_batch_set(batch, names[i], cells[i], SIZE_MAX, error), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_batch_set(batch, "MA_LOAI_KCB", "03", SIZE_MAX, error), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_batch_set(batch, "MA_BENH_CHINH", "J18.9", SIZE_MAX, error), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_batch_set(batch, "MA_CSKCB", "79001", SIZE_MAX, error), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_batch_end_row(batch, error), KIEM_OK);
}

static void a_state_tells_a_judge_what_is_usual(void) {
    desk on;
    const kiem_table *findings;
    open_desk(&on);
    for (unsigned number = 0; number < 3000; number++) {
        fill_stay(on.batch, number, 1, on.error);
        if (number % 1000 < 999) continue;
        CU_ASSERT_EQUAL(kiem_state_learn(on.state, on.batch, on.error), KIEM_OK);
        kiem_batch_clear(on.batch);
    }
    CU_ASSERT_EQUAL(kiem_judge_use_state(on.judge, on.state, on.error), KIEM_OK);
    for (unsigned number = 5000; number < 5050; number++) fill_stay(on.batch, number, 1, on.error);
    CU_ASSERT_EQUAL(kiem_judge_batch(on.judge, on.batch, &findings, on.error), KIEM_OK);
    CU_ASSERT_FALSE(has_rule(findings, "A_ODD"));
    kiem_batch_clear(on.batch);
    fill_stay(on.batch, 6000, 40, on.error);
    CU_ASSERT_EQUAL(kiem_judge_batch(on.judge, on.batch, &findings, on.error), KIEM_OK);
    CU_ASSERT_TRUE(has_rule(findings, "A_ODD"));
    close_desk(&on);
}

static const char people[] = "MA_LK,MA_THE_BHYT,NGAY_VAO,NGAY_RA,MA_CSKCB\n"
                             "P,GD4790000000017,202503010800,202503010900,79001\n"
                             "Q,GD4790000000017,202503020800,202503020900,79001\n"
                             "R,GD4790000000018,202503020800,202503020900,79001\n";

static int64_t stream_people(void *user, void *buffer, size_t size) {
    size_t *at = user, left = sizeof people - 1 - *at, take = left < size ? left : size;
    memcpy(buffer, people + *at, take);
    *at += take;
    return (int64_t)take;
}

static void a_job_learns_each_source_once(void) {
    kiem_error *error;
    kiem_state *state;
    size_t at;
    CU_ASSERT_EQUAL_FATAL(kiem_error_new(NULL, &error), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_state_new(NULL, &state, error), KIEM_OK);
    for (int32_t round = 0; round < 3; round++) {
        kiem_job *job;
        at = 0;
        CU_ASSERT_EQUAL_FATAL(kiem_job_new(NULL, NULL, &job, error), KIEM_OK);
        CU_ASSERT_EQUAL(kiem_job_add_stream(job, "claims", "memory", stream_people, &at, error), KIEM_OK);
        CU_ASSERT_EQUAL(kiem_job_learn(job, state, round == 2, error),
                        round == 1 ? KIEM_E_ARGUMENT : KIEM_OK);
        CU_ASSERT_EQUAL(kiem_state_claims(state), round == 2 ? 6 : 3);
        CU_ASSERT_EQUAL(kiem_job_run(job, error), KIEM_E_ARGUMENT);
        kiem_job_free(job);
    }
    kiem_job *job;
    const kiem_table *findings;
    at = 0;
    CU_ASSERT_EQUAL_FATAL(kiem_job_new(NULL, NULL, &job, error), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_job_add_stream(job, "claims", "memory", stream_people, &at, error), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_job_use_state(job, state, error), KIEM_OK);
    kiem_state_free(state); /* the job keeps it */
    CU_ASSERT_EQUAL(kiem_job_run(job, error), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_job_table(job, "findings", &findings, error), KIEM_OK);
    CU_ASSERT_FALSE(has_rule(findings, "X01"));
    kiem_job_free(job);
    kiem_error_free(error);
}

int main(void) {
    static const api_test tests[] = {
        {"a state tells a judge what was before", a_state_tells_a_judge_what_was_before},
        {"a state tells a judge what is usual", a_state_tells_a_judge_what_is_usual},
        {"a job learns each source once", a_job_learns_each_source_once}};
    return run_suite("state", tests, sizeof tests / sizeof tests[0]);
}
