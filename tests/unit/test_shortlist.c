#include "engine/shortlist.h"
#include "rules/policy.h"
#include "support/test.h"

enum { CLAIMS = 400, FINDINGS_MAX = 5, RULES = 9 };

/* Claims and their findings as a job makes them; claim i has findings first[i] .. first[i + 1] - 1. */
typedef struct made {
    km_result claims, findings;
    uint64_t first[CLAIMS + 1];
    int64_t at_risk[CLAIMS];
    int severity[CLAIMS]; /* the gravest with money; -1 none */
} made;

static void put_finding(made *m, int claim, uint64_t *seed, km_error *error) {
    char id[8], message[32];
    const int severity = KIEM_SEVERITY_NOTICE + (int)(test_random(seed) % 4);
    const int64_t counted = test_random(seed) % 3 ? 0 : (int64_t)(test_random(seed) % 6) * 1000;
    snprintf(id, sizeof id, "R%d", (int)(test_random(seed) % RULES));
    snprintf(message, sizeof message, "%s of %d: %lld", id, claim, (long long)counted);
    km_result_text(&m->findings, KM_FINDING_RULE, km_text_from(id));
    km_result_text(&m->findings, KM_FINDING_SEVERITY, km_text_from(km_severity_name(severity)));
    km_result_text(&m->findings, KM_FINDING_MESSAGE, km_text_from(message));
    km_result_text(&m->findings, KM_FINDING_BASIS, KM_TEXT("Circular"));
    km_result_int(&m->findings, KM_FINDING_AMOUNT_AT_RISK, counted);
    TEST_OK(km_result_end_row(&m->findings, error), error);
    m->at_risk[claim] += counted;
    if (counted && severity > m->severity[claim]) m->severity[claim] = severity;
}

static void put_claim(made *m, int i, uint64_t *seed, km_error *error) {
    char key[16];
    m->severity[i] = -1;
    m->at_risk[i] = 0;
    m->first[i] = m->findings.rows;
    for (uint64_t k = test_random(seed) % (FINDINGS_MAX + 1); k > 0; k--) put_finding(m, i, seed, error);
    snprintf(key, sizeof key, "K%d", (int)(test_random(seed) % 50));
    km_result_text(&m->claims, KM_CLAIM_ROW_FILE, KM_TEXT("claims.csv"));
    km_result_int(&m->claims, KM_CLAIM_ROW_ROW, i + 2);
    if (test_random(seed) % 8) km_result_text(&m->claims, KM_CLAIM_ROW_MA_LK, km_text_from(key));
    km_result_text(&m->claims, KM_CLAIM_ROW_FACILITY,
                   test_random(seed) % 2 ? KM_TEXT("01001") : KM_TEXT("79001"));
    km_result_int(&m->claims, KM_CLAIM_ROW_AMOUNT_AT_RISK, m->at_risk[i]);
    km_result_int(&m->claims, KM_CLAIM_ROW_T_BHTT, m->at_risk[i] + 500);
    TEST_OK(km_result_end_row(&m->claims, error), error);
}

static void make(made *m, uint64_t seed) {
    km_error error;
    *m = (made){0};
    TEST_OK(km_table_init(&m->claims, test_mem(), KM_TABLE_CLAIMS, &error), &error);
    TEST_OK(km_table_init(&m->findings, test_mem(), KM_TABLE_FINDINGS, &error), &error);
    for (int i = 0; i < CLAIMS; i++) put_claim(m, i, &seed, &error);
    m->first[CLAIMS] = m->findings.rows;
}

static void unmake(made *m) {
    km_result_free(&m->claims);
    km_result_free(&m->findings);
}

/* The list as a table, of claims offered in that order. */
static kiem_status listed(const made *m, size_t most, const uint32_t *order, km_sink *sink, km_error *error) {
    km_shortlist list;
    km_shortlist_init(&list, test_mem());
    list.most = most;
    kiem_status status = KIEM_OK;
    for (int k = 0; k < CLAIMS && status == KIEM_OK; k++) {
        const uint32_t i = order[k];
        status = km_shortlist_offer(&list, &m->claims, i, &m->findings, m->first[i], m->first[i + 1], error);
    }
    if (status == KIEM_OK) status = km_shortlist_put(&list, sink, error);
    km_shortlist_free(&list);
    return status;
}

static int64_t cell(const km_result *table, int column, uint64_t row) {
    return km_result_value(table, column, row).number;
}

static km_text words(const km_result *table, int column, uint64_t row) {
    return km_result_value(table, column, row).text;
}

/* How many claims of that severity have more money. */
static int richer(const made *m, int severity, int64_t at_risk) {
    int count = 0;
    for (int i = 0; i < CLAIMS; i++) count += m->severity[i] == severity && m->at_risk[i] > at_risk;
    return count;
}

static int with_money(const made *m, int severity) {
    int count = 0;
    for (int i = 0; i < CLAIMS; i++) count += m->severity[i] == severity;
    return count;
}

/* Each row against the claim it names. */
static void check_row(const made *m, const km_result *list, uint64_t row, size_t most) {
    const int claim = (int)cell(list, KM_SHORTLIST_ROW, row) - 2;
    const int severity = km_severity_find(words(list, KM_SHORTLIST_SEVERITY, row));
    const int64_t rank = cell(list, KM_SHORTLIST_RANK, row);
    CU_ASSERT_EQUAL(severity, m->severity[claim]);
    CU_ASSERT_EQUAL(cell(list, KM_SHORTLIST_AMOUNT_AT_RISK, row), m->at_risk[claim]);
    CU_ASSERT_EQUAL(cell(list, KM_SHORTLIST_T_BHTT, row), m->at_risk[claim] + 500);
    CU_ASSERT_EQUAL(cell(list, KM_SHORTLIST_FINDINGS, row), (int64_t)(m->first[claim + 1] - m->first[claim]));
    CU_ASSERT_TRUE(rank >= 1 && rank <= (int64_t)most);
    CU_ASSERT_TRUE(richer(m, severity, m->at_risk[claim]) < rank);
    if (row && rank > 1) CU_ASSERT_EQUAL(cell(list, KM_SHORTLIST_RANK, row - 1), rank - 1);
}

static size_t expected_rows(const made *m, size_t most) {
    size_t expected = 0;
    for (int severity = KIEM_SEVERITY_NOTICE; severity <= KIEM_SEVERITY_ERROR; severity++) {
        const size_t all = (size_t)with_money(m, severity);
        expected += all < most ? all : most;
    }
    return expected;
}

static void check_order(const made *m, size_t most, const uint32_t *order, const km_result *expected) {
    km_error error;
    km_sink sink;
    km_buf left, right;
    km_buf_init(&left, test_mem());
    km_buf_init(&right, test_mem());
    TEST_OK(km_sink_open(&sink, test_mem(), KM_TABLE_SHORTLIST, NULL, false, true, &error), &error);
    TEST_OK(listed(m, most, order, &sink, &error), &error);
    km_result_csv(expected, 0, expected->rows, &left);
    km_result_csv(&sink.kept, 0, sink.kept.rows, &right);
    CU_ASSERT_TRUE(km_text_equal(km_buf_view(&left), km_buf_view(&right)));
    km_buf_free(&left);
    km_buf_free(&right);
    km_sink_free(&sink);
}

static void the_richest_claims_are_listed_whatever_the_order(void) {
    static const size_t mosts[] = {0, 1, 7, 100, CLAIMS};
    km_error error;
    uint32_t order[CLAIMS];
    for (uint64_t seed = 1; seed <= 20; seed++) {
        const size_t most = mosts[seed % 5];
        uint64_t random = seed;
        made m;
        km_sink sink;
        make(&m, seed);
        for (uint32_t i = 0; i < CLAIMS; i++) order[i] = i;
        TEST_OK(km_sink_open(&sink, test_mem(), KM_TABLE_SHORTLIST, NULL, false, true, &error), &error);
        TEST_OK(listed(&m, most, order, &sink, &error), &error);
        CU_ASSERT_EQUAL(sink.kept.rows, expected_rows(&m, most));
        for (uint64_t row = 0; row < sink.kept.rows; row++) check_row(&m, &sink.kept, row, most);
        test_shuffle(order, CLAIMS, &random);
        check_order(&m, most, order, &sink.kept);
        km_sink_free(&sink);
        unmake(&m);
    }
}

static void add(km_result *findings, const char *rule, const char *severity, int64_t counted,
                const char *message, km_error *error) {
    km_result_text(findings, KM_FINDING_RULE, km_text_from(rule));
    km_result_text(findings, KM_FINDING_SEVERITY, km_text_from(severity));
    km_result_int(findings, KM_FINDING_AMOUNT_AT_RISK, counted);
    km_result_text(findings, KM_FINDING_MESSAGE, km_text_from(message));
    km_result_text(findings, KM_FINDING_BASIS, km_text_from(rule));
    TEST_OK(km_result_end_row(findings, error), error);
}

/* Lines of one rule count together; the message is that of its dearest line. */
static void the_rule_with_most_money_speaks(void) {
    km_error error;
    km_result claims, findings;
    km_shortlist list;
    km_sink sink;
    TEST_OK(km_table_init(&claims, test_mem(), KM_TABLE_CLAIMS, &error), &error);
    TEST_OK(km_table_init(&findings, test_mem(), KM_TABLE_FINDINGS, &error), &error);
    TEST_OK(km_sink_open(&sink, test_mem(), KM_TABLE_SHORTLIST, NULL, false, true, &error), &error);
    add(&findings, "M01", "error", 0, "an error", &error);
    add(&findings, "X04", "suspicion", 500, "a visit", &error);
    add(&findings, "P01", "violation", 300, "a line", &error);
    add(&findings, "P01", "violation", 400, "a dearer line", &error);
    km_result_text(&claims, KM_CLAIM_ROW_MA_LK, KM_TEXT("A1"));
    km_result_int(&claims, KM_CLAIM_ROW_AMOUNT_AT_RISK, 1200);
    TEST_OK(km_result_end_row(&claims, &error), &error);
    km_shortlist_init(&list, test_mem());
    TEST_OK(km_shortlist_offer(&list, &claims, 0, &findings, 0, 4, &error), &error);
    TEST_OK(km_shortlist_put(&list, &sink, &error), &error);
    CU_ASSERT_EQUAL_FATAL(sink.kept.rows, 1);
    TEST_TEXT_EQUAL(words(&sink.kept, KM_SHORTLIST_SEVERITY, 0), "violation");
    TEST_TEXT_EQUAL(words(&sink.kept, KM_SHORTLIST_RULES, 0), "P01; X04; M01");
    TEST_TEXT_EQUAL(words(&sink.kept, KM_SHORTLIST_MESSAGE, 0), "a dearer line");
    TEST_TEXT_EQUAL(words(&sink.kept, KM_SHORTLIST_BASIS, 0), "P01");
    km_shortlist_free(&list);
    km_sink_free(&sink);
    km_result_free(&claims);
    km_result_free(&findings);
}

static kiem_status attempt(void *context) {
    km_error error;
    km_sink sink;
    uint32_t order[CLAIMS];
    for (uint32_t i = 0; i < CLAIMS; i++) order[i] = i;
    kiem_status status = km_sink_open(&sink, test_mem(), KM_TABLE_SHORTLIST, NULL, false, true, &error);
    if (status == KIEM_OK) status = listed(context, 5, order, &sink, &error);
    km_sink_free(&sink);
    return status;
}

static void running_out_of_memory_is_a_status(void) {
    made m;
    make(&m, 3);
    CU_ASSERT_TRUE(test_out_of_memory(attempt, &m) > 5);
    unmake(&m);
}

TEST_MAIN("shortlist",
          {"the richest claims are listed whatever the order",
           the_richest_claims_are_listed_whatever_the_order},
          {"the rule with most money speaks", the_rule_with_most_money_speaks},
          {"running out of memory is a status", running_out_of_memory_is_a_status})
