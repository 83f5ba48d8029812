/* A judge when memory runs out: the call that fails says so, what it was given is as it was, and the same
 * judge serves the next claims, or the same one again, with the findings of a judge that never failed. */
#include <stdint.h>

#include "failing.h"

enum { TEXT_MAX = 1 << 16, ORDERS = 5 };

#define PART(kind, content)                                                                                  \
    "<FILEHOSO><LOAIHOSO>" kind "</LOAIHOSO><NOIDUNGFILE>" content "</NOIDUNGFILE></FILEHOSO>"
static const char envelope[] = "<GIAMDINHHS><HOSO>" PART(
    "XML1", "<TONG_HOP><MA_LK>X1</MA_LK><MA_THE_BHYT>GD4790000000017</MA_THE_BHYT><GIOI_TINH>1</GIOI_TINH>"
            "<MA_BENH_CHINH>O80</MA_BENH_CHINH><NGAY_VAO>202503100800</NGAY_VAO><NGAY_RA>202503100930"
            "</NGAY_RA><T_BHTT>100000</T_BHTT></TONG_HOP>")
    PART("XML2", "<DS><CHI_TIET_THUOC><T_BHTT>90000</T_BHTT></CHI_TIET_THUOC></DS>") "</HOSO></GIAMDINHHS>";

static kiem_env *env;
static kiem_error *error;
static kiem_policy *policy;
static kiem_batch *narrow, *wide, *lines, *no_lines;

/* ---- what is judged */

static kiem_batch *new_batch(const char *role) {
    kiem_batch *batch;
    const kiem_status status =
        role ? kiem_batch_new_lines(NULL, role, &batch, NULL) : kiem_batch_new(NULL, &batch, NULL);
    CU_ASSERT_EQUAL_FATAL(status, KIEM_OK);
    return batch;
}

static void put(kiem_batch *batch, const char *field, const char *value) {
    CU_ASSERT_EQUAL_FATAL(kiem_batch_set(batch, field, value, SIZE_MAX, NULL), KIEM_OK);
}

static void make_batches(void) {
    narrow = new_batch(NULL);
    put(narrow, "GIOI_TINH", "1"); /* no MA_LK: known by its row */
    put(narrow, "MA_BENH_CHINH", "O80");
    put(narrow, "T_BHTT", "12x");
    CU_ASSERT_EQUAL_FATAL(kiem_batch_end_row(narrow, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(fill_claim(narrow, NULL), KIEM_OK);
    wide = new_batch(NULL);
    put(wide, "HO_TEN", "Nguyễn Văn A");
    put(wide, "MA_DKBD", "79001");
    put(wide, "MA_DOITUONG_KCB", "1.1");
    put(wide, "MA_LOAI_KCB", "03");
    put(wide, "MA_CSKCB", "79001");
    put(wide, "SO_NGAY_DTRI", "40");
    put(wide, "T_TONGCHI_BV", "100000");
    put(wide, "T_TONGCHI_BH", "500000");
    CU_ASSERT_EQUAL_FATAL(fill_claim(wide, NULL), KIEM_OK);
    lines = new_batch("drugs");
    put(lines, "MA_LK", "EXAMPLE-1");
    put(lines, "MA_THUOC", "40.1");
    put(lines, "T_BHTT", "90000");
    CU_ASSERT_EQUAL_FATAL(kiem_batch_end_row(lines, NULL), KIEM_OK);
    no_lines = new_batch("services");
}

static kiem_status judge_order(kiem_judge *judge, int order, const kiem_table **findings) {
    switch (order) {
    case 1: return kiem_judge_claims(judge, wide, lines, no_lines, findings, error);
    case 2: return kiem_judge_xml(judge, "x.xml", envelope, sizeof envelope - 1, findings, error);
    case 3: return kiem_judge_batch(judge, wide, findings, error);
    default: return kiem_judge_batch(judge, narrow, findings, error);
    }
}

/* ---- a state as it is saved */

typedef struct bytes {
    unsigned char data[1 << 16];
    size_t length;
} bytes;

static int32_t put_bytes(void *user, const void *data, size_t size) {
    bytes *to = user;
    if (size > sizeof to->data - to->length) return 1;
    memcpy(to->data + to->length, data, size);
    to->length += size;
    return 0;
}

static kiem_state *new_state(void) {
    kiem_state *state;
    const long made_before = atomic_load(&made), where = pause_failing();
    CU_ASSERT_EQUAL_FATAL(kiem_state_new(env, &state, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_state_learn(state, narrow, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_state_learn(state, wide, NULL), KIEM_OK);
    go_on_failing(where, made_before);
    return state;
}

static void check_state(kiem_state *state) {
    static bytes saved, expected;
    const long made_before = atomic_load(&made), where = pause_failing();
    kiem_state *fresh = new_state();
    saved.length = expected.length = 0;
    CU_ASSERT_EQUAL(kiem_state_save(state, put_bytes, &saved, NULL), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_state_save(fresh, put_bytes, &expected, NULL), KIEM_OK);
    CU_ASSERT(saved.length == expected.length && memcmp(saved.data, expected.data, saved.length) == 0);
    kiem_state_free(fresh);
    go_on_failing(where, made_before);
}

/* ---- one round: a judge, perhaps a state, all orders */

typedef struct trial {
    int with_state, again; /* again: what failed is tried once more, else the next order follows */
    char expected[ORDERS][TEXT_MAX];
    int knows; /* expected is known */
} trial;

static int use_state(kiem_judge *judge, kiem_state *state) {
    if (!is_out_of_memory(kiem_judge_use_state(judge, state, error), error)) return 0;
    CU_ASSERT_EQUAL(kiem_judge_use_state(judge, state, error), KIEM_OK);
    return 1;
}

static void compare(trial *t, int order, const kiem_table *findings) {
    static char text[TEXT_MAX];
    write_table(findings, t->knows ? text : t->expected[order], TEXT_MAX);
    if (t->knows) CU_ASSERT_STRING_EQUAL(text, t->expected[order]);
}

static int judge_all(trial *t, kiem_judge *judge) {
    int failures = 0;
    for (int order = 0; order < ORDERS; order++) {
        const kiem_table *findings = UNTOUCHED(const kiem_table *);
        int failed = is_out_of_memory(judge_order(judge, order, &findings), error);
        failures += failed;
        if (failed) CU_ASSERT_PTR_EQUAL(findings, UNTOUCHED(const kiem_table *));
        if (failed && t->again) {
            CU_ASSERT_EQUAL(judge_order(judge, order, &findings), KIEM_OK);
            failed = 0;
        }
        if (!failed) compare(t, order, findings);
    }
    return failures;
}

static int one_round(void *user) {
    trial *t = user;
    kiem_judge *judge = UNTOUCHED(kiem_judge *);
    int failures = is_out_of_memory(kiem_judge_new(env, policy, KIEM_LANG_EN, &judge, error), error);
    if (failures) CU_ASSERT_PTR_EQUAL(judge, UNTOUCHED(kiem_judge *));
    if (failures) CU_ASSERT_EQUAL_FATAL(kiem_judge_new(env, policy, KIEM_LANG_EN, &judge, error), KIEM_OK);
    kiem_state *state = t->with_state ? new_state() : NULL;
    if (state) failures += use_state(judge, state);
    failures += judge_all(t, judge);
    if (state) check_state(state);
    kiem_state_free(state);
    kiem_judge_free(judge);
    return failures;
}

static void judge_in_turn(const char *name, int with_state, int again) {
    static trial t;
    t.with_state = with_state;
    t.again = again;
    t.knows = 0;
    CU_ASSERT_EQUAL(one_round(&t), 0);
    t.knows = 1;
    for (int order = 0; order < ORDERS; order++) CU_ASSERT(strlen(t.expected[order]) > 20);
    CU_ASSERT_PTR_NOT_NULL(strstr(t.expected[0], "row 1"));
    CU_ASSERT_PTR_NOT_NULL(strstr(t.expected[1], "M05"));
    CU_ASSERT(fail_in_turn(name, one_round, &t) > 30);
}

static void a_judge_serves_the_next_claim(void) {
    judge_in_turn("next claim", 0, 0);
}

static void a_judge_beside_a_state_serves_the_same_claim_again(void) {
    judge_in_turn("same claim beside a state", 1, 1);
}

/* ---- a state that the judge had before */

/* Given another state without memory, a judge keeps the one it has. */
static int change_states(void *user) {
    static char expected[TEXT_MAX], text[TEXT_MAX];
    kiem_judge *judge = user;
    const kiem_table *findings;
    kiem_state *other = new_state();
    const long made_before = atomic_load(&made), where = pause_failing();
    CU_ASSERT_EQUAL_FATAL(kiem_judge_batch(judge, narrow, &findings, error), KIEM_OK);
    write_table(findings, expected, sizeof expected);
    go_on_failing(where, made_before);
    const int failed = is_out_of_memory(kiem_judge_use_state(judge, other, error), error);
    atomic_store(&fail_at, 0);
    check_state(other);
    CU_ASSERT_EQUAL_FATAL(kiem_judge_batch(judge, narrow, &findings, error), KIEM_OK);
    write_table(findings, text, sizeof text);
    if (failed) CU_ASSERT_STRING_EQUAL(text, expected);
    kiem_state_free(other);
    return failed;
}

static int change_states_of_a_judge(void *user) {
    kiem_judge *judge;
    const long made_before = atomic_load(&made), where = pause_failing();
    kiem_state *first;
    CU_ASSERT_EQUAL_FATAL(kiem_judge_new(env, policy, KIEM_LANG_EN, &judge, error), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_state_new(env, &first, error), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_state_learn(first, wide, error), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_judge_use_state(judge, first, error), KIEM_OK);
    kiem_state_free(first);
    go_on_failing(where, made_before);
    (void)user;
    const int failed = change_states(judge);
    kiem_judge_free(judge);
    return failed;
}

static void a_judge_keeps_its_state(void) {
    fail_in_turn("another state", change_states_of_a_judge, NULL);
}

static void open_all(void) {
    CU_ASSERT_EQUAL_FATAL(kiem_env_new(&hooks, NULL, &env), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_error_new(env, &error), KIEM_OK);
    policy = few_rules();
    make_batches();
}

static void close_all(void) {
    kiem_batch_free(narrow);
    kiem_batch_free(wide);
    kiem_batch_free(lines);
    kiem_batch_free(no_lines);
    kiem_policy_free(policy);
    kiem_error_free(error);
    kiem_env_free(env);
    CU_ASSERT_EQUAL(atomic_load(&live), 0);
}

int main(void) {
    static const api_test tests[] = {{"what is judged is made", open_all},
                                     {"a judge serves the next claim", a_judge_serves_the_next_claim},
                                     {"a judge beside a state serves the same claim again",
                                      a_judge_beside_a_state_serves_the_same_claim_again},
                                     {"a judge keeps its state", a_judge_keeps_its_state},
                                     {"nothing is left", close_all}};
    return run_suite("memory of judges", tests, sizeof tests / sizeof tests[0]);
}
