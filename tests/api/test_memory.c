/* What is promised of a state when memory runs out: whichever allocation fails, the state is as it was, to
 * the byte, and serves on. */
#include <stdio.h>

#include "support.h"

/* ---- streams of text, and of states */

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

typedef struct bytes {
    unsigned char data[1 << 16];
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
    const size_t left = from->length - from->at, taken = size < left ? size : left;
    memcpy(buffer, from->data + from->at, taken);
    from->at += taken;
    return (int64_t)taken;
}

static void save(kiem_state *state, bytes *to) {
    to->length = to->at = 0;
    CU_ASSERT_EQUAL(kiem_state_save(state, put_bytes, to, NULL), KIEM_OK);
}

static kiem_state *load(kiem_env *env, bytes *from) {
    kiem_state *state = NULL;
    from->at = 0;
    CU_ASSERT_EQUAL_FATAL(kiem_state_load(env, get_bytes, from, &state, NULL), KIEM_OK);
    return state;
}

static int are_same(const bytes *a, const bytes *b) {
    return a->length == b->length && memcmp(a->data, b->data, a->length) == 0;
}

/* ---- what is learned */

#define HEADER                                                                                               \
    "MA_LK,MA_THE_BHYT,SO_CCCD,NGAY_VAO,NGAY_RA,MA_CSKCB,MA_LOAI_KCB,MA_BENH_CHINH,T_TONGCHI_BH,T_BHTT\n"
#define ROW(key, card, citizen, month, facility)                                                             \
    key "," card "," citizen ",2025" month "100800,2025" month "120900," facility ",03,J18.9,900000,"        \
        "720000\n"

static const char first_file[] = HEADER ROW("A", "GD4790000000017", "079180000011", "03", "79001")
    ROW("B", "GD4790000000018", "", "04", "01004");
static const char second_file[] = HEADER ROW("C", "GD4790000000017", "079180000012", "05", "79001")
    ROW("D", "", "079180000011", "06", "48002") ROW("E", "GD4790000000019", "079180000012", "07", "01004");

static kiem_policy *policy; /* whose memory does not fail */

static kiem_status learn_files(kiem_env *env, kiem_state *state, const char *const files[2],
                               kiem_error *error) {
    source sources[2];
    kiem_job *job = NULL;
    kiem_status status = kiem_job_new(env, policy, &job, error);
    if (status == KIEM_OK) status = kiem_job_set(job, "threads", "1", error);
    for (int i = 0; i < 2 && files[i] && status == KIEM_OK; i++) {
        sources[i] = (source){files[i], 0};
        status = kiem_job_add_stream(job, "claims", i ? "b.csv" : "a.csv", read_source, &sources[i], error);
    }
    if (status == KIEM_OK) status = kiem_job_learn(job, state, 0, error);
    kiem_job_free(job);
    return status;
}

static kiem_status learn_more_files(kiem_env *env, kiem_state *state, kiem_error *error) {
    static const char *const files[2] = {second_file,
                                         HEADER ROW("F", "GD4790000000020", "079180000013", "08", "79001")};
    return learn_files(env, state, files, error);
}

static kiem_batch *batch; /* one claim */

static kiem_status learn_batch(kiem_env *env, kiem_state *state, kiem_error *error) {
    (void)env;
    return kiem_state_learn(state, batch, error);
}

static bytes other_file;

static kiem_status merge_other(kiem_env *env, kiem_state *state, kiem_error *error) {
    static bytes after;
    const long failing = atomic_exchange(&fail_at, 0), at = atomic_load(&made);
    kiem_state *other = load(env, &other_file);
    atomic_store(&made, at);
    atomic_store(&fail_at, failing);
    const kiem_status status = kiem_state_merge(state, other, 0, error);
    atomic_store(&fail_at, 0);
    save(other, &after);
    CU_ASSERT(are_same(&after, &other_file));
    kiem_state_free(other);
    return status;
}

/* ---- each allocation failing */

typedef kiem_status action(kiem_env *env, kiem_state *state, kiem_error *error);

static void change_without_memory(const char *name, action *change, bytes *before) {
    static bytes expected, after;
    kiem_env *env;
    kiem_error *error;
    const long at_first = atomic_load(&live);
    CU_ASSERT_EQUAL_FATAL(kiem_env_new(&hooks, NULL, &env), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_error_new(env, &error), KIEM_OK);
    kiem_state *state = load(env, before);
    CU_ASSERT_EQUAL(change(env, state, error), KIEM_OK);
    save(state, &expected);
    kiem_state_free(state);
    CU_ASSERT_FALSE(are_same(&expected, before));
    kiem_status status = KIEM_E_NOMEM;
    long n = 0;
    while (status == KIEM_E_NOMEM) {
        state = load(env, before);
        atomic_store(&made, 0);
        atomic_store(&fail_at, ++n);
        status = change(env, state, error);
        atomic_store(&fail_at, 0);
        const int64_t claims = kiem_state_claims(state);
        save(state, &after);
        const int good = are_same(&after, status == KIEM_OK ? &expected : before);
        CU_ASSERT(good);
        if (status == KIEM_E_NOMEM) {
            CU_ASSERT_EQUAL(change(env, state, error), KIEM_OK); /* once there is memory again */
            CU_ASSERT(kiem_state_claims(state) > claims);
            save(state, &after);
            CU_ASSERT(are_same(&after, &expected));
        }
        if (!good) fprintf(stderr, "%s, allocation %ld: not as it was\n", name, n);
        kiem_state_free(state);
    }
    CU_ASSERT_EQUAL(status, KIEM_OK);
    CU_ASSERT(n > 3);
    kiem_error_free(error);
    kiem_env_free(env);
    CU_ASSERT_EQUAL(atomic_load(&live), at_first);
}

static void a_state_is_as_it_was(void) {
    static const char *const first[2] = {first_file, NULL}, *const second[2] = {second_file, NULL};
    static bytes empty, learned;
    kiem_state *state;
    CU_ASSERT_EQUAL_FATAL(kiem_batch_new(NULL, &batch, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(fill_claim(batch, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_policy_new(NULL, NULL, &policy, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_policy_compile(policy, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_state_new(NULL, &state, NULL), KIEM_OK);
    save(state, &empty);
    CU_ASSERT_EQUAL(learn_files(NULL, state, second, NULL), KIEM_OK);
    save(state, &other_file);
    kiem_state_free(state);
    state = load(NULL, &empty);
    CU_ASSERT_EQUAL(learn_files(NULL, state, first, NULL), KIEM_OK);
    save(state, &learned);
    kiem_state_free(state);
    change_without_memory("a batch", learn_batch, &empty);
    change_without_memory("one more batch", learn_batch, &learned);
    change_without_memory("merged into nothing", merge_other, &empty);
    change_without_memory("merged", merge_other, &learned);
    change_without_memory("files", learn_more_files, &learned);
    kiem_batch_free(batch);
    kiem_policy_free(policy);
}

int main(void) {
    static const api_test tests[] = {{"a state is as it was", a_state_is_as_it_was}};
    return run_suite("memory", tests, sizeof tests / sizeof tests[0]);
}
