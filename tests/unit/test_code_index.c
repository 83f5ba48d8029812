#include "rules/judge.h"
#include "support/sheet.h"
#include "support/test.h"

enum { LINES = 500, CODES = 40, RULES = 60 };

static const uint64_t no_standard[KM_SCOPE_COUNT];
static uint64_t random_state;

static unsigned below(unsigned bound) {
    uint64_t x = random_state += 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return (unsigned)((x ^ (x >> 31)) % bound);
}

/* A condition that asks for one or a few codes, alone or among others. */
static void put_condition(km_buf *out) {
    char text[160];
    unsigned a = below(CODES), b = below(CODES), limit = below(40);
    switch (below(5)) {
    case 0: snprintf(text, sizeof text, "MA_THUOC = 'C%u'", a); break;
    case 1: snprintf(text, sizeof text, "MA_THUOC IN ('C%u', 'C%u')", a, b); break;
    case 2: snprintf(text, sizeof text, "SO_LUONG > %u AND MA_THUOC = 'C%u'", limit, a); break;
    case 3:
        snprintf(text, sizeof text, "MA_THUOC = 'C%u' AND (SO_LUONG > %u OR MA_NHOM = 4)", a, limit);
        break;
    default: snprintf(text, sizeof text, "MA_THUOC = 'C%u' OR MA_THUOC = 'C%u'", a, b); break;
    }
    km_buf_string(out, text);
}

static kiem_status load(km_policy *policy, km_error *error) {
    static test_sheet sheet;
    km_buf cells;
    km_buf_init(&cells, test_mem());
    km_policy_init(policy, test_mem());
    for (int i = 0; i < RULES; i++) {
        char id[32];
        snprintf(id, sizeof id, "%sD%02d|drug|error|", i ? "|" : "", i);
        km_buf_string(&cells, id);
        put_condition(&cells);
        km_buf_string(&cells, i % 3 ? "||b|v|e" : "|2024-06-01|b|v|e");
    }
    km_buf_char(&cells, '\0');
    if (!km_buf_ok(&cells)) {
        km_buf_free(&cells);
        return KIEM_E_NOMEM;
    }
    kiem_status status = km_policy_add_rules(
        policy,
        test_sheet_make(&sheet, "drugs.csv",
                        "id|scope|severity|condition|effective_from|basis|message_vi|message_en", cells.data),
        error);
    if (status == KIEM_OK) status = km_policy_compile(policy, error);
    km_buf_free(&cells);
    return status;
}

typedef struct lines {
    km_batch claims, drugs;
    uint32_t parent[LINES], first[LINES + 1];
} lines;

/* Half of the claims lie before the day some rules begin; some lines have no code or no amount. */
static void make_lines(lines *made) {
    km_fieldset claim = {0}, drug = {0};
    km_error error;
    km_fieldset_add(&claim, KM_CLAIM_NGAY_RA);
    km_fieldset_add(&drug, KM_DRUG_MA_THUOC);
    km_fieldset_add(&drug, KM_DRUG_SO_LUONG);
    km_fieldset_add(&drug, KM_DRUG_MA_NHOM);
    TEST_OK(km_batch_init(&made->claims, test_mem(), KM_SCOPE_CLAIM, &claim, LINES, &error), &error);
    TEST_OK(km_batch_init(&made->drugs, test_mem(), KM_SCOPE_DRUG, &drug, LINES, &error), &error);
    for (uint32_t i = 0; i < LINES; i++) {
        char code[8] = "";
        if (below(10)) snprintf(code, sizeof code, "C%u", below(CODES));
        km_day day = km_day_from_civil(2024, below(2) ? 3 : 9, 1);
        km_column_put(&made->claims.column[KM_CLAIM_NGAY_RA], 4, i, (int64_t)day * KM_MINUTES_PER_DAY);
        km_column_put_text(test_mem(), &made->drugs.column[KM_DRUG_MA_THUOC], i, km_text_from(code));
        if (below(10)) km_column_put(&made->drugs.column[KM_DRUG_SO_LUONG], 8, i, (int64_t)below(50) * 1000);
        km_column_put(&made->drugs.column[KM_DRUG_MA_NHOM], 4, i, 4 + (int64_t)below(3));
        made->claims.row[i] = made->drugs.row[i] = i + 2;
        made->parent[i] = made->first[i] = i;
    }
    made->claims.rows = made->drugs.rows = made->first[LINES] = LINES;
}

static void judge(const km_policy *policy, const lines *made, km_rule_judge *out) {
    km_plan plan;
    km_error error;
    km_fieldset present[KM_SCOPE_COUNT] = {
        [KM_SCOPE_CLAIM] = made->claims.present, [KM_SCOPE_DRUG] = made->drugs.present};
    km_input input = {
        .set[KM_SCOPE_CLAIM] = {.batch = &made->claims},
        .set[KM_SCOPE_DRUG] = {.batch = &made->drugs, .parent = made->parent, .first = made->first}};
    TEST_OK(km_plan_bind(&plan, policy, present, no_standard, &error), &error);
    TEST_OK(km_rule_judge_init(out, test_mem(), policy, &error), &error);
    TEST_OK(km_rule_judge_batch(out, &plan, &input, &error), &error);
    km_rule_judge_settle(out);
    km_plan_free(&plan);
}

static void compare(const km_policy *policy, const km_rule_judge *with, const km_rule_judge *without) {
    CU_ASSERT_EQUAL(with->hit_count, without->hit_count);
    CU_ASSERT_TRUE(with->hit_count > 0);
    for (size_t i = 0; i < with->hit_count && i < without->hit_count; i++) {
        CU_ASSERT_EQUAL(with->hits[i].rule, without->hits[i].rule);
        CU_ASSERT_EQUAL(with->hits[i].row, without->hits[i].row);
    }
    for (size_t i = 0; i < policy->rule_count; i++) {
        const km_rule_counts *a = &with->counts[i], *b = &without->counts[i];
        CU_ASSERT_EQUAL(a->rows, b->rows);
        CU_ASSERT_EQUAL(a->in_force, b->in_force);
        CU_ASSERT_EQUAL(a->is_true, b->is_true);
        CU_ASSERT_EQUAL(a->is_true + a->is_false + a->is_null, a->in_force);
    }
}

/* The index only saves work: findings are those of trying every rule on every line. */
static void the_index_finds_what_trying_all_finds(void) {
    static lines made;
    km_error error;
    for (random_state = 1; random_state < 20; random_state++) {
        km_policy policy;
        km_rule_judge with, without;
        uint64_t seed = random_state;
        TEST_OK(load(&policy, &error), &error);
        make_lines(&made);
        CU_ASSERT_EQUAL(policy.codes.field_count, 1);
        judge(&policy, &made, &with);
        int field_count = policy.codes.field_count;
        policy.codes.field_count = 0;
        for (size_t i = 0; i < policy.rule_count; i++) policy.rules[i].key = -1;
        judge(&policy, &made, &without);
        policy.codes.field_count = field_count;
        compare(&policy, &with, &without);
        km_rule_judge_free(&with);
        km_rule_judge_free(&without);
        km_batch_free(&made.claims);
        km_batch_free(&made.drugs);
        km_policy_free(&policy);
        random_state = seed;
    }
}

static kiem_status attempt(void *context) {
    km_policy policy;
    (void)context;
    random_state = 5;
    kiem_status status = load(&policy, NULL);
    km_policy_free(&policy);
    return status;
}

static void memory_may_end_anywhere(void) {
    CU_ASSERT_TRUE(test_out_of_memory(attempt, NULL) > 10);
}

/* A rule that would hang a job does not load. */
static void costs_are_limited(void) {
    static test_sheet sheet;
    km_policy policy;
    km_error error;
    km_buf cells;
    km_buf_init(&cells, test_mem());
    km_buf_string(&cells, "R1|claim|error|");
    for (int i = 0; i < 250; i++) {
        char part[64];
        snprintf(part, sizeof part, "%sHO_TEN MATCHES '(a+)+%d'", i ? " OR " : "", i);
        km_buf_string(&cells, part);
    }
    km_buf_append(&cells, "|b|v|e", 7);
    km_policy_init(&policy, test_mem());
    TEST_OK(km_policy_add_rules(&policy,
                                test_sheet_make(&sheet, "slow.csv",
                                                "id|scope|severity|condition|basis|message_vi|message_en",
                                                cells.data),
                                &error),
            &error);
    CU_ASSERT_EQUAL(km_policy_compile(&policy, &error), KIEM_E_POLICY);
    CU_ASSERT_PTR_NOT_NULL(strstr(error.message, "operations a row, more than"));
    CU_ASSERT_EQUAL(error.line, 2);
    km_policy_free(&policy);
    km_buf_free(&cells);
}

static const char columns_text[] = "paid|claim|T_BHTT + T_BNCCT|limit|claim|salary.vnd * 2";

/* Columns ask tables for the day of discharge, whatever date the rule has; terms for the rule's. */
static void columns_have_the_date_of_discharge(void) {
    static test_sheet schema, salary, rules, columns;
    km_policy policy;
    km_error error;
    km_batch claims;
    km_fieldset fields = {0};
    test_sheet_make(&schema, "tables.csv", "table|column|role|type|scale",
                    "salary|from|from|date||salary|vnd|value|number|0");
    test_sheet_make(&salary, "salary.csv", "from|vnd", "2023-07-01|100|2024-07-01|200");
    test_sheet_make(&columns, "columns.csv", "name|scope|expression", columns_text);
    test_sheet_make(&rules, "rules.csv", "id|scope|severity|condition|date_basis|basis|message_vi|message_en",
                    "R1|claim|error|limit = 400|NGAY_VAO|b|v|{paid} {limit}|R2|claim|error|salary.vnd = "
                    "100|NGAY_VAO|b|v|e");
    km_policy_init(&policy, test_mem());
    TEST_OK(km_policy_add_table(&policy, KM_TEXT("salary"), &schema.sheet, &salary.sheet, &error), &error);
    TEST_OK(km_policy_add_terms(&policy, &columns.sheet, true, &error), &error);
    TEST_OK(km_policy_add_rules(&policy, &rules.sheet, &error), &error);
    TEST_OK(km_policy_compile(&policy, &error), &error);
    CU_ASSERT_NOT_EQUAL(km_policy_column(&policy, KM_TEXT("paid")), KM_NODE_NONE);
    CU_ASSERT_EQUAL(km_policy_column(&policy, KM_TEXT("none")), KM_NODE_NONE);
    const int needed[] = {KM_CLAIM_NGAY_VAO, KM_CLAIM_NGAY_RA, KM_CLAIM_T_BHTT, KM_CLAIM_T_BNCCT};
    for (size_t i = 0; i < 4; i++) km_fieldset_add(&fields, needed[i]);
    TEST_OK(km_batch_init(&claims, test_mem(), KM_SCOPE_CLAIM, &fields, 1, &error), &error);
    km_column_put(&claims.column[KM_CLAIM_NGAY_VAO], 4, 0,
                  (int64_t)km_day_from_civil(2024, 6, 30) * KM_MINUTES_PER_DAY);
    km_column_put(&claims.column[KM_CLAIM_NGAY_RA], 4, 0,
                  (int64_t)km_day_from_civil(2024, 7, 1) * KM_MINUTES_PER_DAY);
    km_column_put(&claims.column[KM_CLAIM_T_BHTT], 8, 0, 30000);
    km_column_put(&claims.column[KM_CLAIM_T_BNCCT], 8, 0, 1000);
    claims.rows = 1;
    km_plan plan;
    km_rule_judge judged;
    km_fieldset present[KM_SCOPE_COUNT] = {[KM_SCOPE_CLAIM] = claims.present};
    km_input input = {.set[KM_SCOPE_CLAIM] = {.batch = &claims}};
    TEST_OK(km_plan_bind(&plan, &policy, present, no_standard, &error), &error);
    TEST_OK(km_rule_judge_init(&judged, test_mem(), &policy, &error), &error);
    TEST_OK(km_rule_judge_batch(&judged, &plan, &input, &error), &error);
    CU_ASSERT_EQUAL_FATAL(judged.hit_count, 2);
    km_buf text;
    km_buf_init(&text, test_mem());
    km_hit_message(&text, &judged, &judged.hits[0], KIEM_LANG_EN);
    km_hit_evidence(&text, &judged, &input, &judged.hits[0]);
    TEST_TEXT_EQUAL(km_buf_view(&text), "310 400limit=400");
    km_buf_free(&text);
    km_rule_judge_free(&judged);
    km_plan_free(&plan);
    km_batch_free(&claims);
    km_policy_free(&policy);
}

TEST_MAIN("code index, cost and columns",
          {"the index finds what trying all finds", the_index_finds_what_trying_all_finds},
          {"memory may end anywhere", memory_may_end_anywhere}, {"costs are limited", costs_are_limited},
          {"columns have the date of discharge", columns_have_the_date_of_discharge})
