/* The rule language: what each expression gives for a few claims, by both evaluators, and every kind of
 * error. */
#include "rules/apply.h"
#include "rules/resolve.h"
#include "rules/scalar.h"
#include "support/rules.h"
#include "support/test.h"

/* ---- expressions and their values */

/* Values for the four claims, separated by '|'; conditions are 1, 0 or empty for NULL. */
static const char *const expressions[][2] = {
    {"T_BHTT", "98765.42|4750000|270000|"},
    {"T_BHTT + T_BNCCT", "123456.78|5000000|270000|"},
    {"T_BHTT + T_BNCCT = T_TONGCHI_BH", "1|1|1|"},
    {"T_BHTT + T_BNCCT <> T_TONGCHI_BH", "0|0|0|"},
    {"T_TONGCHI_BH * 0.8", "98765.424|4000000|216000|800"},
    {"round(T_TONGCHI_BH * 0.8, 2)", "98765.42|4000000|216000|800"},
    {"T_BHTT / T_TONGCHI_BH", "0.8|0.95|1|"},
    {"T_BHTT * 100 / T_TONGCHI_BH >= 95", "0|1|1|"},
    {"T_TONGCHI_BH * 80 / 100", "98765.424|4000000|216000|800"},
    {"T_BNCCT / 0", "|||"},
    {"T_THUOC / T_BNCCT", "-0.000202|0||999999999999.99999"},
    {"-T_BNCCT", "-24691.36|-250000|0|-1000"},
    {"abs(T_THUOC)", "5|0||999999999999999.99"},
    {"T_THUOC * T_THUOC", "25|0||"},
    {"T_THUOC < 0", "1|0||0"},
    {"2 + 3 * 4 - 6 / 3", "12|12|12|12"},
    {"greatest(T_BNCCT, 1000.5, NAM_QT)", "24691.36|250000|2025|2024"},
    {"least(NGAY_VAO, NGAY_RA)", "2024-03-01 08:00|2024-06-28 07:00|2024-12-31 23:30|"},
    {"coalesce(T_BHTT, T_BNCCT, 0)", "98765.42|4750000|270000|1000"},
    {"coalesce(NGAY_RA, NGAY_VAO)", "2024-03-01 09:30|2024-07-02 10:00|2025-01-01 00:30|2024-05-01 00:00"},
    {"T_BHTT IS NULL", "0|0|0|1"},
    {"T_BHTT IS NOT NULL AND T_BNCCT > 0", "1|1|0|0"},
    {"T_BHTT > 0 OR T_BNCCT > 0", "1|1|1|1"},
    {"T_BHTT > 0 AND GIOI_TINH = 1", "1|0|1|"},
    {"NOT (GIOI_TINH = 1)", "0|1|0|"},
    {"NOT GIOI_TINH = 1", "0|1|0|"},
    {"GIOI_TINH IN (1, 3)", "1|0|1|"},
    {"GIOI_TINH NOT IN (1, 3)", "0|1|0|"},
    {"T_BNCCT IN (0, 24691.36, 1000.0)", "1|0|1|1"},
    {"MA_LOAI_KCB = '03'", "0|1|0|1"},
    {"'03' = MA_LOAI_KCB", "0|1|0|1"},
    {"MA_LOAI_KCB IN ('03', '04')", "0|1|0|1"},
    {"inpatient", "0|1|0|1"},
    {"MA_BENH_CHINH BETWEEN 'O80' AND 'O82'", "0|1|0|0"},
    {"MA_BENH_CHINH BETWEEN 'A00' AND 'I10'", "1|0|0|1"},
    {"MA_BENH_CHINH LIKE 'O8%'", "0|1|0|0"},
    {"MA_BENH_CHINH LIKE '___'", "1|0|0|0"},
    {"MA_BENH_CHINH MATCHES '[A-Z][0-9]{2}(\\.[0-9]{1,3})?'", "1|1|1|1"},
    {"MA_BENH_CHINH MATCHES '[A-Z][0-9]{2}'", "1|0|0|0"},
    {"MA_BENH_CHINH NOT LIKE '%.%'", "1|0|0|0"},
    {"MA_THE_BHYT MATCHES '[A-Z]{2}[1-5][0-9]{12}'", "1|0|1|"},
    {"substr(MA_CSKCB, 1, 2)", "79|79|01|01"},
    {"substr(MA_CSKCB, 1, 2) = '79'", "1|1|0|0"},
    {"substr(MA_THE_BHYT, 1, 2) IN card_groups.code", "1|1|0|"},
    {"substr(MA_THE_BHYT, 3, 1)", "4|3|1|"},
    {"substr(MA_THE_BHYT, 1, 2) IN card_groups.code AT DATE '2024-06-30'", "1|1|1|"},
    {"card_groups(substr(MA_THE_BHYT, 1, 2)).level", "4|3||"},
    {"card_groups(substr(MA_THE_BHYT, 1, 2)).level AT DATE '2024-01-01'", "4|3|1|"},
    {"base_salary.vnd", "1800000|2340000|2340000|"},
    {"base_salary.vnd AT NGAY_VAO", "1800000|1800000|2340000|1800000"},
    {"base_salary.vnd AT DATE '2000-01-01'", "|||"},
    {"small_bill", "1|0|1|"},
    {"length(HO_TEN)", "6|8|6|6"},
    {"HO_TEN = 'Lê Thử'", "1|0|0|0"},
    {"HO_TEN LIKE '%Thử'", "1|1|1|1"},
    {"MA_LK > 'A2'", "0|0|1|1"},
    {"MA_LK IN ('A4', 'A1', 'A1')", "1|0|0|1"},
    {"to_number(substr(MA_CSKCB, 1, 2)) + 1", "80|80|2|2"},
    {"to_number(MA_LK)", "|||"},
    {"list_count(MA_BENH_KT)", "2|1||2"},
    {"has_code(MA_BENH_KT, 'N18')", "1|0||0"},
    {"has_code(MA_BENH_KT, 'I10')", "0|0||1"},
    {"has_code(MA_BENH_KT, 'E11')", "1|0||0"},
    {"has_code(MA_BENH_KT, 'E1')", "0|0||0"},
    {"has_code(MA_BENH_KT, 'E10', 'E11')", "1|0||0"},
    {"has_code(MA_BENH_CHINH, 'O82')", "0|1|0|0"},
    {"has_code(MA_DKBD, MA_CSKCB)", "1|0|0|"},
    {"days_between(NGAY_VAO, NGAY_RA)", "0|4|1|"},
    {"minutes_between(NGAY_VAO, NGAY_RA)", "90|5940|60|"},
    {"minutes_between(NGAY_VAO, NGAY_RA) <= 240", "1|0|1|"},
    {"NGAY_RA > NGAY_VAO + INTERVAL '4' HOUR", "0|1|0|"},
    {"NGAY_VAO + 2", "2024-03-03 08:00|2024-06-30 07:00|2025-01-02 23:30|2024-05-03 00:00"},
    {"NGAY_VAO - INTERVAL '1' MONTH", "2024-02-01 08:00|2024-05-28 07:00|2024-11-30 23:30|2024-04-01 00:00"},
    {"date(NGAY_VAO) + INTERVAL '1' YEAR", "2025-03-01|2025-06-28|2025-12-31|2025-05-01"},
    {"date(NGAY_RA) - date(NGAY_VAO)", "0|4|1|"},
    {"NGAY_VAO >= DATE '2024-06-28'", "0|1|1|0"},
    {"NGAY_VAO <= DATE '2024-12-31'", "1|1|1|1"},
    {"year(NGAY_RA) = NAM_QT", "1|1|1|"},
    {"month(NGAY_VAO)", "3|6|12|5"},
    {"day(NGAY_VAO) + hour(NGAY_VAO) * 100 + minute(NGAY_VAO) * 10000", "801|728|302331|1"},
    {"weekday(NGAY_VAO)", "5|5|2|3"},
    {"year(NGAY_SINH)", "1980|1950|2020|2004"},
    {"month(NGAY_SINH)", "3||1|4"},
    {"age_years(NGAY_SINH, NGAY_VAO)", "43||4|20"},
    {"age_at_least(NGAY_SINH, 43, NGAY_VAO)", "1|1|0|0"},
    {"age_at_least(NGAY_SINH, 74, NGAY_VAO)", "0||0|0"},
    {"age_at_least(NGAY_SINH, 20, NGAY_VAO)", "1|1|0|1"},
    {"months_at_least(NGAY_SINH, 59, NGAY_VAO)", "1|1|1|1"},
    {"months_at_least(NGAY_SINH, 60, NGAY_VAO)", "1|1|0|1"},
    {"age_days(NGAY_SINH, NGAY_VAO)", "16057||1817|"},
    {"to_date(GT_THE_TU)", "2024-01-01||2024-01-01|"},
    {"CASE WHEN GIOI_TINH = 1 THEN 'male' WHEN GIOI_TINH = 2 THEN 'female' END", "male|female|male|"},
    {"CASE WHEN T_BHTT > 1000000 THEN 0.5 ELSE T_BNCCT END", "24691.36|0.5|0|1000"},
    {"CASE WHEN GIOI_TINH = 1 THEN NULL ELSE T_BNCCT END", "|250000||1000"},
    {"count(card)", "1|2|1|0"},
    {"exists(card WHERE TU <= NGAY_VAO AND DEN >= NGAY_VAO)", "1|1|0|0"},
    {"exists(card WHERE TU <= NGAY_VAO AND (DEN IS NULL OR DEN >= NGAY_VAO))", "1|1|1|0"},
    {"count(card WHERE card_group = 'DN')", "0|1|0|0"},
    {"min(card.TU)", "2024-01-01|2023-01-01|2024-01-01|"},
    {"max(card.DEN)", "2024-12-31|2024-12-31||"},
    {"sum(card.T_BNCCT WHERE card.TU IS NOT NULL)", NULL},
    {"sum(claim.T_BNCCT * length(card.MA_THE) WHERE card.TU IS NOT NULL)", "370370.4|7500000|0|0"},
    {"count(card WHERE same(TU) = 1)", "1|2|1|0"},
    {"count(card WHERE same(substr(MA_THE, 1, 2)) >= 1)", "1|2|1|0"},
    {"max(same(claim.MA_LK, length(card.MA_THE)))", "1|2|1|"},
    {"max(same(claim.MA_LK, length(card.MA_THE) WHERE TU >= DATE '2024-01-01'))", "1|1|1|"},
    {"sum(same(claim.MA_LK WHERE card_group = 'DN') + length(card.MA_THE))", "15|32|15|0"},
    {"count(drug)", "|||"},
    {"sum(service.T_BHTT) = T_BHTT", "|||"},
    {"date(GT_THE_TU)", NULL},
    {"NGAY_VAO < NGAY_RA AND NOT (T_BHTT IS NULL) OR MA_LK = 'A4'", "1|1|1|1"},
    {"MA_CSKCB = substr(MA_DKBD, 1, 5)", "1|0|0|"},
    {"5 BETWEEN 1 AND NAM_QT", "1|1|1|1"},
};

static void check_expression(km_policy *policy, km_input *input, const char *expression,
                             const char *expected) {
    km_error error = {0};
    km_frame frame;
    km_buf scalar, vector;
    km_node_id node = test_rules_resolve(policy, expression, &error);
    if (!expected) {
        CU_ASSERT_EQUAL(node, KM_NODE_NONE);
        return;
    }
    if (node == KM_NODE_NONE) fprintf(stderr, "%s: %s\n", expression, error.message);
    CU_ASSERT_TRUE(node != KM_NODE_NONE);
    if (node == KM_NODE_NONE) return;
    TEST_OK(km_frame_init(&frame, test_mem(), &policy->graph, &error), &error);
    km_frame_begin(&frame, input);
    const km_vector *result = km_frame_eval(&frame, node);
    CU_ASSERT_PTR_NOT_NULL_FATAL(result);
    bool counted = false;
    km_apply_context context = {.regex = frame.context.regex};
    km_text rest = km_text_from(expected), want = {"", 0};
    km_buf_init(&scalar, test_mem());
    km_buf_init(&vector, test_mem());
    for (uint32_t row = 0; row < input->set[KM_SCOPE_CLAIM].batch->rows; row++) {
        if (row % TEST_RULES_CLAIMS == 0) rest = km_text_from(expected);
        km_text_split(&rest, '|', &want);
        uint64_t before = context.nulls_made;
        km_value one = km_scalar(&context, &policy->graph, input, node, row);
        km_value many = test_rules_vector_value(&policy->graph, result, node, row);
        counted = counted || (!one.known && context.nulls_made > before);
        km_buf_clear(&scalar);
        km_buf_clear(&vector);
        km_buf_value(&scalar, &one);
        km_buf_value(&vector, &many);
        bool same = km_text_equal(km_buf_view(&scalar), want) && km_text_equal(km_buf_view(&vector), want);
        if (!same) {
            fprintf(stderr, "%s, row %u: scalar '%.*s', vector '%.*s', expected '%.*s'\n", expression, row,
                    KM_TEXT_ARG(km_buf_view(&scalar)), KM_TEXT_ARG(km_buf_view(&vector)), KM_TEXT_ARG(want));
        }
        CU_ASSERT_TRUE(same);
        if (!same) break;
    }
    CU_ASSERT_TRUE(!counted || frame.context.nulls_made); /* columns may meet more NULLs than a row needs */
    km_buf_free(&scalar);
    km_buf_free(&vector);
    km_frame_free(&frame);
}

static void expressions_have_their_values(void) {
    km_policy policy;
    km_error error;
    TEST_OK(test_rules_policy(&policy, &error), &error);
    TEST_OK(km_policy_compile(&policy, &error), &error);
    for (uint32_t copies = 1; copies <= 61; copies += 60) {
        km_batch claims;
        km_card_rows cards;
        TEST_OK(test_rules_rows(&claims, test_rules_claims, copies, &error), &error);
        km_input input = {.set[KM_SCOPE_CLAIM] = {.batch = &claims}};
        km_card_rows_init(&cards, test_mem());
        TEST_OK(km_card_rows_build(&cards, &input, &error), &error);
        for (size_t i = 0; i < sizeof expressions / sizeof expressions[0]; i++) {
            check_expression(&policy, &input, expressions[i][0], expressions[i][1]);
        }
        km_card_rows_free(&cards);
        km_batch_free(&claims);
    }
    km_policy_free(&policy);
}

/* ---- errors */

static const struct {
    const char *expression, *message;
    int column;
} mistakes[] = {
    {"T_BHT > 0", "unknown name 'T_BHT'; did you mean 'T_BHTT'?", 1},
    {"1 = 1 AND MA_THE_BHIT = 'x'", "did you mean 'MA_THE_BHYT'?", 11},
    {"same(MA_LK) > 1", "same compares the lines of one claim", 1},
    {"count(card WHERE same(TU IS NULL) > 1) = 1", "same compares values", 23},
    {"drug.T_BHTX > 0", "did you mean 'T_BHTT'?", 1},
    {"drug.T_BHTT > 0", "a drug value cannot be used here", 1},
    {"subst(MA_LK, 1, 2) = 'x'", "unknown function 'subst'; did you mean 'substr'?", 1},
    {"substr(MA_LK, 1) = 'x'", "substr takes 3 arguments, 2 given", 1},
    {"substr(MA_LK, 0, 2) = 'x'", "expected a whole number from 1", 15},
    {"MA_LOAI_KCB = 3", "did you mean '03' in quotes?", 1},
    {"T_BHTT = '5'", "numbers stand without quotes", 10},
    {"T_BHTT = NULL", "nothing equals NULL", 10},
    {"MA_LK = ''", "an empty text is NULL", 9},
    {"NGAY_VAO = '2024-01-01'", "a date is written DATE '2024-12-31'", 12},
    {"NGAY_VAO = DATE '01/07/2024'", "a date is written DATE '2024-12-31'", 12},
    {"NGAY_SINH < NGAY_VAO", "use age_at_least", 1},
    {"NGAY_RA - NGAY_VAO > 3", "use days_between", 1},
    {"MA_LK MATCHES '[a'", "bad pattern at character 3", 1},
    {"T_BHTT MATCHES 'x'", "LIKE and MATCHES are for texts and codes", 1},
    {"T_BHTT", "must be a condition, this is a number", 1},
    {"T_BHTT + 1 AND 1 = 1", "expected a condition, this is a number", 1},
    {"(T_BHTT > 0", "expected ')', but the expression ends", 12},
    {"T_BHTT > > 0", "expected a value, found '>'", 10},
    {"T_BHTT > 0 T_BNCCT", "expected AND, OR or the end, found 'T_BNCCT'", 12},
    {"1 < T_BHTT < 5", "expected AND between two comparisons", 12},
    {"MA_LK = \"A1\"", "text takes single quotes", 9},
    {"MA_LK = 'A1", "not closed by a quote", 9},
    {"NGAY_VAO > NGAY_RA\n AND T_BHTX > 0", "did you mean 'T_BHTT'?", 6},
    {"base_salry.vnd > 0", "no scope or table is called 'base_salry'", 1},
    {"base_salary.vn > 0", "has no column 'vn'; did you mean 'vnd'?", 1},
    {"card_groups.level > 0", "has 1 key, 0 given", 1},
    {"MA_LK IN base_salary.vnd", "IN needs the only key", 1},
    {"MA_LK IN ('a', T_BHTT)", "a list holds literal values only", 16},
    {"sum(card) > 0", "sum needs a value", 1},
    {"count(card.TU) > 0", "count takes a scope", 1},
    {"count(claim) > 0", "works over drug, service or card rows", 1},
    {"sum(card.TU) > 0", "sum of a date", 1},
    {"GIOI_TINH + INTERVAL '1' DAY > 0", "an interval can only be added to a date", 1},
    {"NGAY_VAO + INTERVAL '1' WEEK > NGAY_RA", "units are MINUTE, HOUR", 12},
    {"date(NGAY_VAO) + INTERVAL '1' HOUR > NGAY_RA", "hours and minutes can be added to a time", 1},
    {"NGAY_VAO IS NOT 5", "expected NULL, found '5'", 17},
    {"NGAY_VAO NOT 5", "expected IN, BETWEEN, LIKE or MATCHES", 14},
    {"CASE WHEN 1 = 1 THEN 'a' ELSE 5 END = 'a'", "expected a number, this is a text", 22},
    {"123456789012345678901234567890 > 1", "the number is too long", 1},
    {"", "expected a value, but the expression ends", 1},
    {"T_BHTT > 0 # x", "found '#'", 12},
};

static void mistakes_are_named(void) {
    km_policy policy;
    km_error error;
    TEST_OK(test_rules_policy(&policy, &error), &error);
    TEST_OK(km_policy_compile(&policy, &error), &error);
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        km_resolver r = {.graph = &policy.graph,
                         .names = &policy.names,
                         .scope = KM_SCOPE_CLAIM,
                         .day = KM_NODE_NONE,
                         .error = &error};
        km_place place = {"rules.csv", 7, 1, -1};
        km_node_id node;
        km_resolve(&r, KM_TEXT("date(NGAY_RA)"), place, &r.day);
        kiem_status status =
            km_resolve_condition(&r, km_text_from(mistakes[i].expression), place, "the condition", &node);
        CU_ASSERT_EQUAL(status, KIEM_E_POLICY);
        TEST_MESSAGE(&error, mistakes[i].message);
        if (error.column != mistakes[i].column)
            fprintf(stderr, "%s: column %d\n", mistakes[i].expression, (int)error.column);
        CU_ASSERT_EQUAL(error.column, mistakes[i].column);
        CU_ASSERT_EQUAL(error.line, strchr(mistakes[i].expression, '\n') ? 8 : 7);
        CU_ASSERT_STRING_EQUAL(error.file, "rules.csv");
    }
    km_policy_free(&policy);
}

static void deep_and_long_expressions_are_refused(void) {
    km_policy policy;
    km_error error;
    char text[KM_EXPRESSION_LENGTH_MAX + 100];
    TEST_OK(test_rules_policy(&policy, &error), &error);
    TEST_OK(km_policy_compile(&policy, &error), &error);
    memset(text, '(', 5000);
    text[5000] = '\0';
    CU_ASSERT_EQUAL(test_rules_resolve(&policy, text, &error), KM_NODE_NONE);
    TEST_MESSAGE(&error, "nested more than");
    for (size_t i = 0; i < 4000; i += 2) memcpy(text + i, "1+", 2);
    memcpy(text + 4000, "1", 2);
    CU_ASSERT_EQUAL(test_rules_resolve(&policy, text, &error), KM_NODE_NONE);
    TEST_MESSAGE(&error, "a chain of more than");
    memset(text, ' ', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    CU_ASSERT_EQUAL(test_rules_resolve(&policy, text, &error), KM_NODE_NONE);
    TEST_MESSAGE(&error, "longer than");
    km_policy_free(&policy);
}

/* ---- LIKE, against its definition */

static size_t first_character(const char *text) {
    size_t length = 1;
    while (((unsigned char)text[length] & 0xC0) == 0x80) length++;
    return length;
}

static bool is_like(const char *text, const char *pattern) {
    if (!*pattern) return !*text;
    if (*pattern == '%')
        return is_like(text, pattern + 1) || (*text && is_like(text + first_character(text), pattern));
    if (!*text) return false;
    const size_t length = first_character(text);
    if (*pattern == '_') return is_like(text + length, pattern + 1);
    return strncmp(text, pattern, length) == 0 && is_like(text + length, pattern + length);
}

static void draw(char *out, uint64_t *state, size_t most, const char *const *letters, size_t count) {
    out[0] = '\0';
    for (size_t left = test_random(state) % (most + 1); left; left--)
        strcat(out, letters[test_random(state) % count]);
}

static void like_is_as_defined(void) {
    static const char *const letters[] = {"a", "b", "\xc3\xa9", "\xc3\xa8", "%", "_"};
    uint64_t state = 7;
    unsigned alike = 0;
    for (int i = 0; i < 20000; i++) {
        char text[32], pattern[32];
        draw(text, &state, 8, letters, 4);
        draw(pattern, &state, 6, letters, 6);
        const bool expected = is_like(text, pattern);
        CU_ASSERT_EQUAL(km_like(km_text_from(text), km_text_from(pattern)), expected);
        alike += expected;
    }
    CU_ASSERT(alike > 1000);
}

TEST_MAIN("rules", {"expressions have their values", expressions_have_their_values},
          {"LIKE is as defined", like_is_as_defined}, {"mistakes are named", mistakes_are_named},
          {"deep and long expressions are refused", deep_and_long_expressions_are_refused})
