/* One judge for many batches: whatever columns and rows came before, a batch is judged as by a new judge. */
#include <stdint.h>
#include <stdio.h>

#include "support.h"

enum { BATCHES = 60, ROWS_MAX = 300, TEXT_MAX = 1 << 21, VALUES_MAX = 6 };

static const struct {
    const char *name;
    const char *values[VALUES_MAX]; /* "" is no value */
} fields[] = {{"MA_THE_BHYT", {"GD4790000000017", "HN2790000000018", "TE1790000000019", "XX9", ""}},
              {"MA_DKBD", {"79001", "01001", "99001", ""}},
              {"GT_THE_TU", {"20250101", "20240101", ""}},
              {"GT_THE_DEN", {"20251231", "20250301", ""}},
              {"NGAY_MIEN_CCT", {"20250601", ""}},
              {"GIOI_TINH", {"1", "2", "9", ""}},
              {"NGAY_SINH", {"19800315", "202001010000", "20250301", ""}},
              {"MA_BENH_CHINH", {"O80", "I10", "N18.5", "C61", "K01", ""}},
              {"MA_BENH_KT", {"I10;E11", "N40", ""}},
              {"MA_DOITUONG_KCB", {"1.1", "2", "3.6", "9", ""}},
              {"MA_LOAI_KCB", {"01", "03", "09", ""}},
              {"MA_CSKCB", {"79001", "01001", "12", ""}},
              {"NGAY_VAO", {"202503100800", "202509012350", ""}},
              {"NGAY_RA", {"202503100930", "202509020030", "202409010000", ""}},
              {"SO_NGAY_DTRI", {"1", "0", "40", ""}},
              {"KET_QUA_DTRI", {"1", "5", ""}},
              {"MA_LOAI_RV", {"1", "2", ""}},
              {"T_TONGCHI_BV", {"500000", "1", ""}},
              {"T_TONGCHI_BH", {"500000", "200000", ""}},
              {"T_BNCCT", {"0", "100000", ""}},
              {"T_BHTT", {"500000", "400000", "200000", ""}},
              {"T_BNTT", {"0", "5x", ""}}};
enum { FIELDS = sizeof fields / sizeof fields[0] };

static uint64_t next(uint64_t *state) {
    uint64_t x = *state += 0x9E3779B97F4A7C15u;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

static const char *pick(uint64_t *state, size_t field) {
    size_t count = 1;
    while (count < VALUES_MAX && fields[field].values[count]) count++;
    return fields[field].values[next(state) % count];
}

static void fill(kiem_batch *batch, uint64_t *state) {
    const uint64_t columns = next(state) | next(state); /* three of four */
    const size_t rows = next(state) % 4 ? next(state) % 8 + 1 : next(state) % ROWS_MAX + 1;
    for (size_t row = 0; row < rows; row++) {
        char key[16];
        snprintf(key, sizeof key, "K%zu", row);
        CU_ASSERT_EQUAL_FATAL(kiem_batch_set(batch, "MA_LK", key, SIZE_MAX, NULL), KIEM_OK);
        for (size_t i = 0; i < FIELDS; i++) {
            if (!(columns >> i & 1)) continue;
            CU_ASSERT_EQUAL_FATAL(kiem_batch_set(batch, fields[i].name, pick(state, i), SIZE_MAX, NULL),
                                  KIEM_OK);
        }
        CU_ASSERT_EQUAL_FATAL(kiem_batch_end_row(batch, NULL), KIEM_OK);
    }
}

/* All of a table as one text. */
static void write_out(const kiem_table *table, char *text) {
    size_t length = 0;
    text[0] = '\0';
    for (int64_t row = 0; row < kiem_table_rows(table); row++) {
        for (int32_t column = 0; column < kiem_table_columns(table); column++) {
            char cell[1024];
            kiem_table_cell(table, row, column, cell, sizeof cell, NULL);
            length += (size_t)snprintf(text + length, TEXT_MAX - length, "%s|", cell);
            CU_ASSERT_FATAL(length < TEXT_MAX - 2);
        }
        text[length++] = '\n';
        text[length] = '\0';
    }
}

static void judge_into(kiem_judge *judge, const kiem_batch *batch, char *text) {
    const kiem_table *findings;
    CU_ASSERT_EQUAL_FATAL(kiem_judge_batch(judge, batch, &findings, NULL), KIEM_OK);
    write_out(findings, text);
}

static void batches_do_not_know_each_other(void) {
    uint64_t state = 1;
    size_t found = 0;
    kiem_policy *policy;
    kiem_judge *judge;
    char *text = malloc(TEXT_MAX), *expected = malloc(TEXT_MAX);
    CU_ASSERT_FATAL(text && expected);
    CU_ASSERT_EQUAL_FATAL(kiem_policy_new(NULL, NULL, &policy, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_policy_compile(policy, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_judge_new(NULL, policy, KIEM_LANG_EN, &judge, NULL), KIEM_OK);
    for (int i = 0; i < BATCHES; i++) {
        kiem_judge *fresh;
        kiem_batch *batch;
        CU_ASSERT_EQUAL_FATAL(kiem_batch_new(NULL, &batch, NULL), KIEM_OK);
        CU_ASSERT_EQUAL_FATAL(kiem_judge_new(NULL, policy, KIEM_LANG_EN, &fresh, NULL), KIEM_OK);
        fill(batch, &state);
        judge_into(fresh, batch, expected);
        judge_into(judge, batch, text);
        CU_ASSERT_STRING_EQUAL(text, expected);
        found += strlen(text);
        kiem_judge_free(fresh);
        kiem_batch_free(batch);
    }
    CU_ASSERT(found > 1000);
    kiem_judge_free(judge);
    kiem_policy_free(policy);
    free(expected);
    free(text);
}

/* ---- lines */

static void put(kiem_batch *batch, const char *const cells[][2], size_t count) {
    for (size_t i = 0; i < count; i++)
        CU_ASSERT_EQUAL_FATAL(kiem_batch_set(batch, cells[i][0], cells[i][1], SIZE_MAX, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_batch_end_row(batch, NULL), KIEM_OK);
}

/* "scope subject row rule" of the findings about sums and lines. */
static void write_lines(const kiem_table *findings, char *text) {
    static const char *const columns[] = {"scope", "subject", "row", "rule"};
    size_t length = 0;
    text[0] = '\0';
    for (int64_t row = 0; row < kiem_table_rows(findings); row++) {
        char cell[4][64];
        for (int i = 0; i < 4; i++)
            kiem_table_cell(findings, row, kiem_table_find(findings, columns[i]), cell[i], sizeof cell[i],
                            NULL);
        if (cell[3][0] != 'M') continue;
        length += (size_t)snprintf(text + length, 200, "%s %s %s %s\n", cell[0], cell[1], cell[2], cell[3]);
    }
}

typedef struct three {
    kiem_policy *policy;
    kiem_judge *judge;
    kiem_batch *claims, *drugs, *services;
} three;

/* Two claims of 100,000 dong each from the fund; lines of 60,000 and 40,000 of the first, 90,000 of the
 * second. */
static void open_three(three *t, const char *rules) {
    static const char *const claims[][2][2] = {{{"MA_LK", "A"}, {"T_BHTT", "100000"}},
                                               {{"MA_LK", "B"}, {"T_BHTT", "100000"}}};
    static const char *const drugs[][2][2] = {{{"STT", "1"}, {"T_BHTT", "60000"}},
                                              {{"MA_LK", "B"}, {"T_BHTT", "90000"}}};
    static const char *const service[][2] = {{"MA_LK", "A"}, {"T_BHTT", "40000"}};
    CU_ASSERT_EQUAL_FATAL(kiem_policy_new(NULL, NULL, &t->policy, NULL), KIEM_OK);
    if (rules)
        CU_ASSERT_EQUAL_FATAL(kiem_policy_add_rules(t->policy, "house", rules, SIZE_MAX, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_policy_compile(t->policy, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_judge_new(NULL, t->policy, KIEM_LANG_EN, &t->judge, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_batch_new(NULL, &t->claims, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_batch_new_lines(NULL, "drugs", &t->drugs, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_batch_new_lines(NULL, "services", &t->services, NULL), KIEM_OK);
    for (int i = 0; i < 2; i++) put(t->claims, claims[i], 2);
    for (int i = 0; i < 2; i++) put(t->drugs, drugs[i], 2);
    put(t->services, service, 2);
}

static void close_three(three *t) {
    kiem_batch_free(t->claims);
    kiem_batch_free(t->drugs);
    kiem_batch_free(t->services);
    kiem_judge_free(t->judge);
    kiem_policy_free(t->policy);
}

static void check_lines(const three *t, const kiem_batch *drugs, const kiem_batch *services,
                        const char *expected) {
    const kiem_table *findings;
    char text[4096];
    CU_ASSERT_EQUAL_FATAL(kiem_judge_claims(t->judge, t->claims, drugs, services, &findings, NULL), KIEM_OK);
    write_lines(findings, text);
    CU_ASSERT_STRING_EQUAL(text, expected);
}

static void lines_are_judged_with_their_claims(void) {
    static const char *const wrong[][2] = {{"MA_LK", "B"},
                                           {"SO_LUONG", "2"},
                                           {"DON_GIA", "5000"},
                                           {"TYLE_TT_BH", "100"},
                                           {"THANH_TIEN_BH", "90000"}};
    three t;
    kiem_batch *none;
    open_three(&t, NULL);
    CU_ASSERT_EQUAL_FATAL(kiem_batch_new_lines(NULL, "services", &none, NULL), KIEM_OK);
    check_lines(&t, NULL, NULL, "");
    check_lines(&t, t.drugs, NULL, "");
    check_lines(&t, t.drugs, t.services, "claim B 2 M05\n");
    check_lines(&t, t.drugs, none, "claim A 1 M05\nclaim B 2 M05\n");
    check_lines(&t, NULL, NULL, "");
    put(t.drugs, wrong, 5);
    check_lines(&t, t.drugs, t.services, "drug B 3 M01_BH\nclaim B 2 M05\n");
    kiem_batch_free(none);
    close_three(&t);
}

static void lines_of_other_claims_are_refused(void) {
    static const char *const other[][2] = {{"MA_LK", "C"}}, *const before[][2] = {{"MA_LK", "A"}};
    const kiem_table *findings;
    kiem_error *error;
    three t;
    open_three(&t, NULL);
    CU_ASSERT_EQUAL_FATAL(kiem_error_new(NULL, &error), KIEM_OK);
    put(t.drugs, before, 1); /* behind the line of B */
    CU_ASSERT_EQUAL(kiem_judge_claims(t.judge, t.claims, t.drugs, NULL, &findings, error), KIEM_E_ARGUMENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(kiem_error_message(error), "drug line 3"));
    put(t.services, other, 1);
    CU_ASSERT_EQUAL(kiem_judge_claims(t.judge, t.claims, NULL, t.services, &findings, error),
                    KIEM_E_ARGUMENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(kiem_error_message(error), "service line 2"));
    CU_ASSERT_EQUAL(kiem_judge_claims(t.judge, t.claims, t.services, NULL, &findings, error),
                    KIEM_E_ARGUMENT);
    CU_ASSERT_EQUAL(kiem_judge_claims(t.judge, t.claims, NULL, t.drugs, &findings, error), KIEM_E_ARGUMENT);
    CU_ASSERT_EQUAL(kiem_judge_batch(t.judge, t.drugs, &findings, error), KIEM_E_ARGUMENT);
    CU_ASSERT_EQUAL(kiem_batch_new_lines(NULL, "claims", &t.claims, error), KIEM_E_ARGUMENT);
    CU_ASSERT_EQUAL(kiem_batch_new_lines(NULL, NULL, &t.claims, error), KIEM_E_ARGUMENT);
    kiem_error_free(error);
    close_three(&t);
}

/* Claims A, A and one without MA_LK: whose the lines are cannot be told, as in a job. */
static void lines_of_claims_that_share_their_number(void) {
    static const char *const shared[][2] = {{"MA_LK", "A"}, {"T_BHTT", "100000"}};
    static const char *const without[][2] = {{"T_BHTT", "100000"}}, *const line[][2] = {{"T_BHTT", "1"}};
    static const char *const claim_b[][2] = {{"MA_LK", "B"}, {"T_BHTT", "90000"}};
    static const char *const bare = "id,scope,severity,condition,basis,message_vi,message_en\n"
                                    "M_BARE,claim,notice,count(drug) + count(service) = 0,contract,x,x\n";
    const kiem_table *findings;
    kiem_batch *drugs, *none;
    kiem_error *error;
    three t;
    open_three(&t, bare);
    CU_ASSERT_EQUAL_FATAL(kiem_error_new(NULL, &error), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_batch_new_lines(NULL, "services", &none, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_batch_new_lines(NULL, "drugs", &drugs, NULL), KIEM_OK);
    put(t.claims, shared, 2);
    put(t.claims, without, 1);
    CU_ASSERT_EQUAL(kiem_judge_claims(t.judge, t.claims, NULL, t.services, &findings, error),
                    KIEM_E_ARGUMENT);
    CU_ASSERT_STRING_EQUAL(
        kiem_error_message(error),
        "several claims have the MA_LK of service line 1: judge them apart from each other");
    put(drugs, line, 1); /* without MA_LK it would be of the first claim */
    CU_ASSERT_EQUAL(kiem_judge_claims(t.judge, t.claims, drugs, NULL, &findings, error), KIEM_E_ARGUMENT);
    kiem_batch_clear(drugs);
    check_lines(&t, drugs, none, "claim B 2 M_BARE\n");
    put(drugs, claim_b, 2);
    check_lines(&t, drugs, none, "claim B 2 M05\n");
    kiem_batch_clear(t.claims); /* one alone has what is given with it, be it nothing */
    put(t.claims, without, 1);
    kiem_batch_clear(drugs);
    check_lines(&t, drugs, none, "claim row 1 1 M_BARE\n");
    put(drugs, line, 1);
    check_lines(&t, drugs, none, "claim row 1 1 M05\n");
    kiem_batch_free(none);
    kiem_batch_free(drugs);
    kiem_error_free(error);
    close_three(&t);
}

/* ---- XML */

#define PART(kind, content)                                                                                  \
    "<FILEHOSO><LOAIHOSO>" kind "</LOAIHOSO><NOIDUNGFILE>" content "</NOIDUNGFILE></FILEHOSO>"
#define CLAIM_A "<TONG_HOP><MA_LK>A1</MA_LK><T_BHTT>100000</T_BHTT></TONG_HOP>"
#define DRUG_A  "<CHI_TIET_THUOC><T_BHTT>90000</T_BHTT></CHI_TIET_THUOC>"

static kiem_status judge_text(const kiem_policy *policy, const char *xml, char *out, kiem_error *error) {
    const kiem_table *findings;
    kiem_judge *judge = NULL;
    kiem_status status = kiem_judge_new(NULL, policy, KIEM_LANG_EN, &judge, error);
    if (status == KIEM_OK) status = kiem_judge_xml(judge, "a.xml", xml, strlen(xml), &findings, error);
    if (status == KIEM_OK) write_lines(findings, out);
    kiem_judge_free(judge);
    return status;
}

static void an_envelope_is_judged(void) {
    static const struct {
        const char *xml, *expected, *message; /* message: of the error */
    } cases[] = {
        {"<A><HOSO>" PART("XML1", CLAIM_A) PART("XML2", DRUG_A) "</HOSO></A>", "claim A1 1 M05\n", NULL},
        {"<A><HOSO>" PART("XML1", CLAIM_A) "</HOSO></A>", "", NULL},
        {CLAIM_A, "", NULL},
        {"<A><HOSO>" PART("XML1", CLAIM_A) PART("XML2", "*") "</HOSO></A>", NULL, "in XML2: NOIDUNGFILE"},
        {"<A><HOSO>" PART("XML1", CLAIM_A) "</HOSO><HOSO>" PART("XML2", DRUG_A)
             PART("XML1", CLAIM_A) "</HOSO></A>",
         NULL, "in MA_LK: a line without MA_LK"},
        {"<A><HOSO>" PART("XML1", CLAIM_A) "</HOSO><HOSO>" PART("XML1", CLAIM_A)
             PART("XML2", DRUG_A) "</HOSO></A>",
         NULL, "another claim of this file has the same MA_LK"},
        {"<A>" CLAIM_A CLAIM_A "</A>", "", NULL},
        {"<A><HOSO>", NULL, "ends too early"},
        {"", NULL, "ends too early"},
        {"<A/>", NULL, "no claims"}};
    kiem_policy *policy;
    kiem_error *error;
    char text[4096];
    CU_ASSERT_EQUAL_FATAL(kiem_error_new(NULL, &error), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_policy_new(NULL, NULL, &policy, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_policy_compile(policy, NULL), KIEM_OK);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kiem_status status = judge_text(policy, cases[i].xml, text, error);
        CU_ASSERT_EQUAL(status, cases[i].expected ? KIEM_OK : KIEM_E_FORMAT);
        if (cases[i].expected) {
            CU_ASSERT_STRING_EQUAL(text, cases[i].expected);
        } else {
            CU_ASSERT_PTR_NOT_NULL(strstr(kiem_error_message(error), cases[i].message));
        }
    }
    kiem_policy_free(policy);
    kiem_error_free(error);
}

/* A judge that has judged one like it: what it binds at first is tested elsewhere, and costs much. */
static void an_envelope_without_memory(void) {
    static const char xml[] = "<A><HOSO>" PART("XML1", CLAIM_A) PART("XML2", DRUG_A) "</HOSO></A>";
    const kiem_table *findings;
    kiem_policy *policy;
    kiem_judge *judge;
    kiem_env *env;
    const long before = atomic_load(&live);
    CU_ASSERT_EQUAL_FATAL(kiem_policy_new(NULL, NULL, &policy, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_policy_compile(policy, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_env_new(&hooks, NULL, &env), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_judge_new(env, policy, KIEM_LANG_EN, &judge, NULL), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_judge_xml(judge, "a.xml", xml, sizeof xml - 1, &findings, NULL), KIEM_OK);
    kiem_status status = KIEM_E_NOMEM;
    long runs = 0;
    for (; status == KIEM_E_NOMEM; runs++) {
        atomic_store(&made, 0);
        atomic_store(&fail_at, runs + 1);
        status = kiem_judge_xml(judge, "a.xml", xml, sizeof xml - 1, &findings, NULL);
    }
    atomic_store(&fail_at, 0);
    CU_ASSERT_EQUAL(status, KIEM_OK);
    CU_ASSERT(runs > 50);
    CU_ASSERT(has_rule(findings, "M05"));
    kiem_judge_free(judge);
    kiem_env_free(env);
    kiem_policy_free(policy);
    CU_ASSERT_EQUAL(atomic_load(&live), before);
}

int main(void) {
    static const api_test tests[] = {
        {"batches do not know each other", batches_do_not_know_each_other},
        {"lines are judged with their claims", lines_are_judged_with_their_claims},
        {"lines of other claims are refused", lines_of_other_claims_are_refused},
        {"lines of claims that share their number", lines_of_claims_that_share_their_number},
        {"an envelope is judged", an_envelope_is_judged},
        {"an envelope without memory", an_envelope_without_memory}};
    return run_suite("judge", tests, sizeof tests / sizeof tests[0]);
}
