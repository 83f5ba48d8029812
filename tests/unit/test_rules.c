/* The rule language: what each expression gives for a few claims, by both evaluators, and every kind of
 * error. */
#include "base/decimal.h"
#include "rules/judge.h"
#include "rules/resolve.h"
#include "rules/scalar.h"
#include "support/sheet.h"
#include "support/test.h"

/* ---- four claims */

static const char *const claim_rows[][2] = {
    {"MA_LK", "A1|A2|A3|A4"},
    {"HO_TEN", "Lê Thử|Trần Thử|Hồ Thử|Vũ Thử"},
    {"MA_THE_BHYT", "GD4790123456789|HT3790000000001;DN4790000000001|TE1790000000002|"},
    {"MA_DKBD", "79001|79002;79003|79001|"},
    {"GT_THE_TU", "20240101|20230101;20240701|20240101|"},
    {"GT_THE_DEN", "20241231|20240630;20241231||"},
    {"NGAY_SINH", "19800315|1950|202001100000|200404"},
    {"GIOI_TINH", "1|2|1|"},
    {"MA_BENH_CHINH", "I10|O82.1|J18.9|A17.0"},
    {"MA_BENH_KT", "E11.9;N18*|Z37.0|| i10 ;K21"},
    {"MA_LOAI_KCB", "01|03|02|03"},
    {"MA_CSKCB", "79001|79001|01025|01025"},
    {"NGAY_VAO", "202403010800|202406280700|202412312330|202405010000"},
    {"NGAY_RA", "202403010930|202407021000|202501010030|"},
    {"T_TONGCHI_BH", "123456.78|5000000|270000|1000"},
    {"T_BHTT", "98765.42|4750000|270000|"},
    {"T_BNCCT", "24691.36|250000|0|1000"},
    {"T_THUOC", "-5|0||999999999999999.99"},
    {"NAM_QT", "2024|2024|2025|2024"},
    {"KET_QUA_DTRI", "2|1|5|1"},
};
enum { CLAIMS = 4, COLUMNS = sizeof claim_rows / sizeof claim_rows[0] };

/* The same columns with what makes rows differ from their neighbours. */
static const char *const odd_rows[COLUMNS][2] = {
    {"MA_LK", "\xE2\x80\xA0|B|B2345678901|b"},
    {"HO_TEN", "Nguyễn Thị Thử Nghiệm Dài|abc|ộ|"},
    {"MA_THE_BHYT", "GD|;TE1;|ộộ|X\xE2\x80\xA0 ;GD4"},
    {"MA_DKBD", ";79001|79001x|7|"},
    {"GT_THE_TU", "20240230|20240101;|;;20240101|1"},
    {"GT_THE_DEN", "20241231||20231231|"},
    {"NGAY_SINH", "20000229|19000100|202402|1999"},
    {"GIOI_TINH", "9|-1|0|2"},
    {"MA_BENH_CHINH", "I10*|e11|J18.9|Z"},
    {"MA_BENH_KT", "e11.91;;N18.5†|E1;E|I10*;i10;J18.90000|N18x; N18 ;e10 "},
    {"MA_LOAI_KCB", "|9|3|03"},
    {"MA_CSKCB", "7900|ab|0|99999"},
    {"NGAY_VAO", "202402290000|190001010000|219912312359|202407010000"},
    {"NGAY_RA", "202402282359|190001010000||202406302359"},
    {"T_TONGCHI_BH", "-0.01|999999999999999.99|0|"},
    {"T_BHTT", "-999999999999999.99|999999999999999.99|0.01|-0.5"},
    {"T_BNCCT", "999999999999999.99|-1|0.05|1"},
    {"T_THUOC", "0.5|-0.5|1.25|-1.25"},
    {"NAM_QT", "-1|9999|0|"},
    {"KET_QUA_DTRI", "|||"},
};

static bool put_cell(km_batch *batch, int field, uint32_t row, km_text cell) {
    int count;
    const km_field *about = &km_fields(KM_SCOPE_CLAIM, &count)[field];
    km_column *column = &batch->column[field];
    int64_t number = 0;
    int32_t small = 0;
    uint64_t code = 0;
    if (about->type == KM_TYPE_TEXT) return km_column_put_text(test_mem(), column, row, cell);
    if (!cell.length) return true;
    switch (about->type) {
    case KM_TYPE_NUMBER: km_decimal_parse(cell, about->scale, &number); break;
    case KM_TYPE_DATE: km_date_parse(cell, &small), number = small; break;
    case KM_TYPE_TIME: km_time_parse(cell, &small), number = small; break;
    case KM_TYPE_BIRTH: km_birth_parse(cell, &small), number = small; break;
    default: km_code_pack(cell, &code), number = (int64_t)code; break;
    }
    km_column_put(column, km_field_width(about), row, number);
    return true;
}

static kiem_status make_rows(km_batch *batch, const char *const rows[COLUMNS][2], uint32_t copies,
                             km_error *error) {
    km_fieldset fields = {0};
    for (size_t i = 0; i < COLUMNS; i++)
        km_fieldset_add(&fields, km_field_find(KM_SCOPE_CLAIM, km_text_from(rows[i][0])));
    KM_TRY(km_batch_init(batch, test_mem(), KM_SCOPE_CLAIM, &fields, CLAIMS * copies, error));
    for (size_t i = 0; i < COLUMNS; i++) {
        int field = km_field_find(KM_SCOPE_CLAIM, km_text_from(rows[i][0]));
        for (uint32_t row = 0; row < CLAIMS * copies;) {
            km_text rest = km_text_from(rows[i][1]), cell;
            while (km_text_split(&rest, '|', &cell)) {
                batch->row[row] = row + 2;
                if (!put_cell(batch, field, row++, cell)) {
                    km_batch_free(batch);
                    return km_nomem(error);
                }
            }
        }
    }
    batch->rows = CLAIMS * copies;
    return KIEM_OK;
}

static kiem_status make_claims(km_batch *batch, uint32_t copies, km_error *error) {
    return make_rows(batch, claim_rows, copies, error);
}

static kiem_status make_policy(km_policy *policy, km_error *error) {
    static test_sheet schema, salary, groups, terms;
    test_sheet_make(
        &schema, "tables.csv", "table|column|role|type|scale",
        "base_salary|effective_from|from|date||base_salary|vnd|value|number|0|"
        "card_groups|code|key|code||card_groups|level|value|number|0|card_groups|effective_from|from|date||"
        "card_groups|effective_to|to|date|");
    test_sheet_make(&salary, "base_salary.csv", "effective_from|vnd",
                    "2023-07-01|1800000|2024-07-01|2340000");
    test_sheet_make(&groups, "card_groups.csv", "code|level|effective_from|effective_to",
                    "GD|4|2015-01-01||HT|3|2015-01-01||TE|1|2015-01-01|2024-06-30");
    test_sheet_make(
        &terms, "terms.csv", "name|scope|expression",
        "inpatient|claim|MA_LOAI_KCB IN ('03', '04')|small_bill_line|claim|base_salary.vnd * 0.15|"
        "small_bill|claim|T_TONGCHI_BH < small_bill_line|card_group|card|substr(MA_THE, 1, 2)");
    km_policy_init(policy, test_mem());
    kiem_status status =
        km_policy_add_table(policy, KM_TEXT("base_salary"), &schema.sheet, &salary.sheet, error);
    if (status == KIEM_OK)
        status = km_policy_add_table(policy, KM_TEXT("card_groups"), &schema.sheet, &groups.sheet, error);
    if (status == KIEM_OK) status = km_policy_add_terms(policy, &terms.sheet, false, error);
    return status;
}

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

static km_node_id resolve_text(km_policy *policy, const char *text, km_error *error) {
    km_resolver r = {.graph = &policy->graph,
                     .names = &policy->names,
                     .scope = KM_SCOPE_CLAIM,
                     .day = KM_NODE_NONE,
                     .error = error};
    km_node_id node = KM_NODE_NONE;
    km_place place = {"test", 1, 1, -1};
    if (km_resolve(&r, KM_TEXT("date(NGAY_RA)"), place, &r.day) != KIEM_OK) return KM_NODE_NONE;
    return km_resolve(&r, km_text_from(text), place, &node) == KIEM_OK ? node : KM_NODE_NONE;
}

static km_value vector_value(const km_graph *graph, const km_vector *vector, km_node_id id, uint32_t row) {
    const km_node *node = km_node_at(graph, id);
    km_value value = {.type = (km_type)node->type,
                      .scale = node->scale,
                      .known = vector->known[row / 64] >> (row % 64) & 1};
    if (!value.known) return value;
    if (node->type == KM_TYPE_BOOL)
        value.number = vector->is_true[row / 64] >> (row % 64) & 1;
    else if (node->type == KM_TYPE_TEXT)
        value.text = vector->texts[row];
    else if (node->type == KM_TYPE_CODE)
        value.code = (uint64_t)vector->numbers[row];
    else
        value.number = vector->numbers[row];
    return value;
}

static void check_expression(km_policy *policy, km_input *input, const char *expression,
                             const char *expected) {
    km_error error = {0};
    km_frame frame;
    km_buf scalar, vector;
    km_node_id node = resolve_text(policy, expression, &error);
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
        if (row % CLAIMS == 0) rest = km_text_from(expected);
        km_text_split(&rest, '|', &want);
        uint64_t before = context.nulls_made;
        km_value one = km_scalar(&context, &policy->graph, input, node, row);
        km_value many = vector_value(&policy->graph, result, node, row);
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
    TEST_OK(make_policy(&policy, &error), &error);
    TEST_OK(km_policy_compile(&policy, &error), &error);
    for (uint32_t copies = 1; copies <= 61; copies += 60) {
        km_batch claims;
        km_card_rows cards;
        TEST_OK(make_claims(&claims, copies, &error), &error);
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

static void mistakes_are_named(void) {
    static const struct {
        const char *expression, *message;
        int column;
    } cases[] = {
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
    km_policy policy;
    km_error error;
    TEST_OK(make_policy(&policy, &error), &error);
    TEST_OK(km_policy_compile(&policy, &error), &error);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        km_resolver r = {.graph = &policy.graph,
                         .names = &policy.names,
                         .scope = KM_SCOPE_CLAIM,
                         .day = KM_NODE_NONE,
                         .error = &error};
        km_place place = {"rules.csv", 7, 1, -1};
        km_node_id node;
        km_resolve(&r, KM_TEXT("date(NGAY_RA)"), place, &r.day);
        kiem_status status =
            km_resolve_condition(&r, km_text_from(cases[i].expression), place, "the condition", &node);
        CU_ASSERT_EQUAL(status, KIEM_E_POLICY);
        TEST_MESSAGE(&error, cases[i].message);
        if (error.column != cases[i].column)
            fprintf(stderr, "%s: column %d\n", cases[i].expression, (int)error.column);
        CU_ASSERT_EQUAL(error.column, cases[i].column);
        CU_ASSERT_EQUAL(error.line, strchr(cases[i].expression, '\n') ? 8 : 7);
        CU_ASSERT_STRING_EQUAL(error.file, "rules.csv");
    }
    km_policy_free(&policy);
}

static void deep_and_long_expressions_are_refused(void) {
    km_policy policy;
    km_error error;
    char text[KM_EXPRESSION_LENGTH_MAX + 100];
    TEST_OK(make_policy(&policy, &error), &error);
    TEST_OK(km_policy_compile(&policy, &error), &error);
    memset(text, '(', 5000);
    text[5000] = '\0';
    CU_ASSERT_EQUAL(resolve_text(&policy, text, &error), KM_NODE_NONE);
    TEST_MESSAGE(&error, "nested more than");
    for (size_t i = 0; i < 4000; i += 2) memcpy(text + i, "1+", 2);
    memcpy(text + 4000, "1", 2);
    CU_ASSERT_EQUAL(resolve_text(&policy, text, &error), KM_NODE_NONE);
    TEST_MESSAGE(&error, "a chain of more than");
    memset(text, ' ', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    CU_ASSERT_EQUAL(resolve_text(&policy, text, &error), KM_NODE_NONE);
    TEST_MESSAGE(&error, "longer than");
    km_policy_free(&policy);
}

/* ---- random expressions: both evaluators must agree */

static void append_random(km_buf *out, uint64_t *seed, int type, int depth) {
    static const char *const numbers[] = {"T_BHTT",
                                          "T_BNCCT",
                                          "T_THUOC",
                                          "NAM_QT",
                                          "GIOI_TINH",
                                          "0",
                                          "1.5",
                                          "T_TONGCHI_BH",
                                          "length(HO_TEN)",
                                          "list_count(MA_BENH_KT)",
                                          "age_days(NGAY_SINH, NGAY_VAO)",
                                          "abs(T_THUOC)",
                                          "card_groups(substr(MA_THE_BHYT, 1, 2)).level",
                                          "month(NGAY_SINH)",
                                          "to_number(substr(MA_CSKCB, 1, 2))",
                                          "round(T_BHTT / 7, 1)",
                                          "days_between(NGAY_VAO, NGAY_RA)",
                                          "count(card WHERE same(TU) = 1)",
                                          "base_salary.vnd AT NGAY_VAO",
                                          "greatest(T_BHTT, T_BNCCT)"};
    static const char *const codes[] = {"MA_LOAI_KCB", "MA_CSKCB", "MA_BENH_CHINH", "substr(MA_LK, 1, 1)",
                                        "substr(MA_CSKCB, 2, 3)"};
    static const char *const times[] = {"NGAY_VAO", "NGAY_RA", "date(NGAY_RA)", "DATE '2024-06-28'",
                                        "NGAY_VAO + INTERVAL '3' HOUR"};
    static const char *const conditions[] = {"has_code(MA_BENH_KT, 'N18')",
                                             "has_code(MA_BENH_KT, 'E1')",
                                             "has_code(MA_BENH_KT, 'E10', 'E11')",
                                             "has_code(MA_BENH_KT, MA_BENH_CHINH)",
                                             "age_at_least(NGAY_SINH, 43, NGAY_VAO)",
                                             "months_at_least(NGAY_SINH, 59, NGAY_RA)",
                                             "HO_TEN LIKE '%Th_'",
                                             "MA_BENH_CHINH MATCHES '[A-Z][0-9]{2}'",
                                             "MA_BENH_KT MATCHES '.*[0-9]'",
                                             "substr(MA_THE_BHYT, 1, 2) IN card_groups.code",
                                             "exists(card WHERE DEN IS NULL)",
                                             "substr(HO_TEN, 2, 3) <> 'x'",
                                             "MA_LOAI_KCB IN ('01', '03')",
                                             "MA_CSKCB = substr(MA_DKBD, 1, 5)"};
    static const char *const comparisons[] = {"=", "<>", "<", "<=", ">", ">="};
    static const char *const binary[] = {"+", "-", "*", "/"};
    uint64_t pick = test_random(seed);
    if (type == 0 && depth > 0) { /* number */
        if (pick % 5 == 0) {
            km_buf_string(out, "coalesce(");
            append_random(out, seed, 0, depth - 1);
            km_buf_string(out, ", ");
            append_random(out, seed, 0, depth - 1);
            km_buf_string(out, ")");
        } else if (pick % 5 == 1) {
            km_buf_string(out, "CASE WHEN ");
            append_random(out, seed, 3, depth - 1);
            km_buf_string(out, " THEN ");
            append_random(out, seed, 0, depth - 1);
            km_buf_string(out, " ELSE ");
            append_random(out, seed, 0, depth - 1);
            km_buf_string(out, " END");
        } else {
            km_buf_char(out, '(');
            append_random(out, seed, 0, depth - 1);
            km_buf_string(out, binary[pick / 8 % 4]);
            append_random(out, seed, 0, depth - 1);
            km_buf_char(out, ')');
        }
    } else if (type == 3) { /* condition */
        int kind = depth > 0 ? (int)(pick % 8) : 4 + (int)(pick % 4);
        if (kind > 3 && pick / 8 % 3 == 0) {
            km_buf_string(out, conditions[pick / 32 % (sizeof conditions / sizeof conditions[0])]);
        } else if (kind < 3) {
            km_buf_char(out, '(');
            for (uint64_t i = 0; i < 2 + pick / 8 % 3; i++) {
                if (i) km_buf_string(out, kind ? " AND " : " OR ");
                append_random(out, seed, 3, depth - 1);
            }
            km_buf_char(out, ')');
        } else if (kind == 3) {
            km_buf_string(out, "NOT (");
            append_random(out, seed, 3, depth - 1);
            km_buf_char(out, ')');
        } else {
            int operand = kind == 4 ? 1 : kind == 5 ? 2 : 0;
            append_random(out, seed, operand, depth - 1);
            if (kind == 7 && pick / 16 % 2) {
                km_buf_string(out, " IS NULL");
                return;
            }
            km_buf_string(out, comparisons[pick / 64 % 6]);
            append_random(out, seed, operand, depth - 1);
        }
    } else if (type == 1) {
        km_buf_string(out, codes[pick % 5]);
    } else if (type == 2) {
        km_buf_string(out, times[pick % 5]);
    } else {
        km_buf_string(out, numbers[pick % (sizeof numbers / sizeof numbers[0])]);
    }
}

static void compare_evaluators(const km_policy *policy, const km_input *input, km_node_id node,
                               const char *source) {
    km_frame frame;
    km_error error;
    TEST_OK(km_frame_init(&frame, test_mem(), &policy->graph, &error), &error);
    km_frame_begin(&frame, input);
    const km_vector *result = km_frame_eval(&frame, node);
    km_apply_context context = {.regex = frame.context.regex};
    bool same = result != NULL;
    for (uint32_t row = 0; same && row < input->set[KM_SCOPE_CLAIM].batch->rows; row++) {
        km_value one = km_scalar(&context, &policy->graph, input, node, row);
        km_value many = vector_value(&policy->graph, result, node, row);
        same = one.known == many.known && (!one.known || one.number == many.number);
        if (!same) {
            fprintf(stderr, "row %u of %s: scalar %d %lld, vector %d %lld\n", row, source, one.known,
                    (long long)one.number, many.known, (long long)many.number);
        }
    }
    CU_ASSERT_TRUE(same);
    km_frame_free(&frame);
}

static void compare_on_rows(const char *const rows[COLUMNS][2], uint32_t copies, uint64_t seed) {
    km_policy policy;
    km_error error;
    km_batch claims;
    km_card_rows cards;
    km_buf text;
    TEST_OK(make_policy(&policy, &error), &error);
    TEST_OK(km_policy_compile(&policy, &error), &error);
    TEST_OK(make_rows(&claims, rows, copies, &error), &error);
    km_input input = {.set[KM_SCOPE_CLAIM] = {.batch = &claims}};
    km_card_rows_init(&cards, test_mem());
    TEST_OK(km_card_rows_build(&cards, &input, &error), &error);
    km_buf_init(&text, test_mem());
    int good = 0;
    for (int i = 0; i < 1500; i++) {
        km_buf_clear(&text);
        append_random(&text, &seed, 3, 4);
        km_buf_char(&text, '\0');
        km_node_id node = resolve_text(&policy, text.data, &error);
        if (node == KM_NODE_NONE) continue; /* too long: the generator does not count */
        good++;
        compare_evaluators(&policy, &input, node, text.data);
    }
    CU_ASSERT_TRUE(good > 1000);
    km_buf_free(&text);
    km_card_rows_free(&cards);
    km_batch_free(&claims);
    km_policy_free(&policy);
}

static void evaluators_agree_on_random_expressions(void) {
    compare_on_rows(claim_rows, 17, 20261122);
    compare_on_rows(odd_rows, 17, 20261123);
    compare_on_rows(odd_rows, 1, 20261124);
}

/* ---- rules */

static const char rule_header[] =
    "id|scope|severity|condition|basis|message_vi|message_en|unless|effective_from|effective_to|amount";

static const uint64_t no_standard[KM_SCOPE_COUNT];

static kiem_status load_rules(km_policy *policy, const char *rows, km_error *error) {
    static test_sheet sheet;
    KM_TRY(make_policy(policy, error));
    KM_TRY(km_policy_add_rules(policy, test_sheet_make(&sheet, "rules/test.csv", rule_header, rows), error));
    return km_policy_compile(policy, error);
}

/* Of which columns only whether they are NULL is asked. */
static const char asking_rules[] =
    "A1|claim|notice|LY_DO_VV IS NULL AND T_BHTT > 0|Art. 1|a|b|||||"
    "A2|claim|notice|T_BHTT > 1|Art. 1|a|b|DIA_CHI IS NULL||||"
    "A3|claim|notice|MA_BN IS NULL|Art. 1|a|b|||||"
    "N1|claim|notice|CHAN_DOAN_RV IS NOT NULL AND T_BHTT > 0|Art. 1|shown|b|||||"
    "N2|claim|notice|HO_TEN IS NULL AND T_BHTT > 0|Art. 1|a|named {HO_TEN}|||||"
    "N3|claim|notice|MA_KHOA IS NULL OR T_BHTT > 0|Art. 1|not always NULL|b|||||"
    "N4|claim|notice|MA_BENH_KT IS NULL AND T_BHTT > 0|Art. 1|a|b|||||"
    "N5|claim|notice|T_BHTT > 2|Art. 1|read|b|length(MA_BENH_KT) > 9||||";

static void columns_only_asked_for_are_known(void) {
    km_policy policy;
    km_error error;
    kiem_status loaded = load_rules(&policy, asking_rules, &error);
    TEST_OK(loaded, &error);
    km_fieldset asked = km_policy_asked(&policy), expected = {0};
    km_fieldset_add(&expected, KM_CLAIM_LY_DO_VV);
    km_fieldset_add(&expected, KM_CLAIM_DIA_CHI);
    km_fieldset_add(&expected, KM_CLAIM_MA_BN);
    for (int i = 0; i < KM_CLAIM_FIELD_COUNT; i++) {
        int count;
        if (km_fieldset_has(&asked, i) != km_fieldset_has(&expected, i))
            TEST_TEXT_EQUAL(km_text_from(km_fields(KM_SCOPE_CLAIM, &count)[i].name), "as expected");
    }
    km_policy_free(&policy);
}

static const char good_rules[] =
    "R1|claim|violation|T_BHTT > 100000|Art. 1|Chi {T_BHTT} đ ngày {NGAY_RA}|Paid {T_BHTT} on "
    "{NGAY_RA}|GIOI_TINH = 1|||T_BHTT / 2|"
    "R2|claim|error|T_BNCCT > 0|Art. 2|Cũ {HO_TEN} {{x}}|Old|||2024-06-30||"
    "R2|claim|error|T_BNCCT > 0 AND inpatient|Art. 3|Mới|New {T_BNCCT * 2} {MA_BENH_CHINH}||2024-07-01|||"
    "R3|card|notice|DEN IS NULL|Art. 4|Thẻ {MA_THE}|Card {MA_THE} of {claim.MA_LK}|||||"
    "R4|drug|error|SO_LUONG < 0|Art. 5|a|b|||||"
    "R5|claim|error|T_VTYT < 0|Art. 6|a|b|||||"
    "R6|claim|violation|KET_QUA_DTRI = 5|Art. 7|a|b|MA_TAI_NAN = 1||||"
    "R8|claim|error|coalesce(MA_LYDO_VVIEN = 3, KET_QUA_DTRI = 5)|Art. 8|a|b|||||"
    "R7|claim|off||||||||";

static void rules_fire_with_their_words(void) {
    km_policy policy;
    km_error error;
    km_batch claims;
    km_rule_judge judge;
    km_plan plan;
    km_buf text;
    kiem_status loaded = load_rules(&policy, good_rules, &error);
    TEST_OK(loaded, &error);
    CU_ASSERT_EQUAL(policy.rule_count, 8);
    TEST_OK(make_claims(&claims, 1, &error), &error);
    km_fieldset present[KM_SCOPE_COUNT] = {
        [KM_SCOPE_CLAIM] = claims.present, [KM_SCOPE_CARD] = km_card_fields_from(&claims.present)};
    TEST_OK(km_plan_bind(&plan, &policy, present, no_standard, &error), &error);
    CU_ASSERT_TRUE(plan.rules[0].runs && plan.rules[3].runs);
    CU_ASSERT_FALSE(plan.rules[4].runs); /* no drug table */
    CU_ASSERT_FALSE(plan.rules[5].runs);
    CU_ASSERT_EQUAL(plan.rules[5].missing.field, KM_CLAIM_T_VTYT);
    CU_ASSERT_TRUE(plan.rules[6].runs && plan.rules[6].softened);
    TEST_OK(km_rule_judge_init(&judge, test_mem(), &policy, &error), &error);
    km_input input = {.set[KM_SCOPE_CLAIM] = {.batch = &claims}};
    TEST_OK(km_rule_judge_batch(&judge, &plan, &input, &error), &error);
    km_buf_init(&text, test_mem());
    for (size_t i = 0; i < judge.hit_count; i++) {
        const km_hit *hit = &judge.hits[i];
        km_buf_int(&text, hit->claim + 1);
        km_buf_char(&text, ' ');
        km_buf_text(&text, policy.rules[hit->rule].id);
        km_buf_char(&text, ' ');
        km_buf_string(&text, km_severity_name(hit->severity));
        km_buf_char(&text, ' ');
        km_buf_decimal(&text, km_hit_amount(&judge, hit, false), 2);
        km_buf_char(&text, ' ');
        km_hit_message(&text, &judge, hit, KIEM_LANG_VI);
        km_buf_char(&text, '/');
        km_hit_message(&text, &judge, hit, KIEM_LANG_EN);
        km_buf_string(&text, " [");
        km_hit_evidence(&text, &judge, &input, hit);
        km_buf_string(&text, "]\n");
    }
    TEST_TEXT_EQUAL(km_buf_view(&text),
                    "1 R2 error 0 Cũ AA AAA {x}}/Old [T_BNCCT=24691.36]\n"
                    "2 R1 violation 2375000 Chi 4.750.000 đ ngày 02/07/2024 10:00/Paid 4,750,000 on "
                    "2024-07-02 10:00 [T_BHTT=4750000]\n"
                    "2 R2 error 0 Mới/New 500,000 O82.1 [T_BNCCT=250000; MA_LOAI_KCB=03]\n"
                    "3 R3 notice 0 Thẻ TE1799999999999/Card TE1799999999999 of A3 [DEN=]\n"
                    "3 R6 suspicion 0 a/b [KET_QUA_DTRI=5]\n"
                    "3 R8 error 0 a/b [KET_QUA_DTRI=5; MA_LYDO_VVIEN=]\n");
    CU_ASSERT_EQUAL(judge.counts[0].is_true, 2); /* claims 2 and 3; 3 is cleared by its sex */
    CU_ASSERT_EQUAL(judge.counts[0].cleared, 1);
    CU_ASSERT_EQUAL(judge.counts[0].is_null, 1);
    CU_ASSERT_EQUAL(judge.counts[0].is_false, 1);
    CU_ASSERT_EQUAL(judge.counts[1].in_force, 1); /* version to 2024-06-30 */
    CU_ASSERT_EQUAL(judge.counts[2].in_force, 2);
    km_buf_free(&text);
    km_rule_judge_free(&judge);
    km_plan_free(&plan);
    km_batch_free(&claims);
    km_policy_free(&policy);
}

static void bad_rule_rows_are_named(void) {
    static const struct {
        const char *rows, *message;
        int line;
    } cases[] = {
        {"R1|claim|violation|T_BHTT > 0|b|v|e||2024-07-01|2024-06-30|", "rule R1 can never apply", 2},
        {"R1|claim|violation|T_BHTT > 0|b|v|e||01/07/2024||", "write yyyy-mm-dd", 2},
        {"R1|claim|vioaltion|T_BHTT > 0|b|v|e||||", "did you mean 'violation'?", 2},
        {"R1|clam|violation|T_BHTT > 0|b|v|e||||", "scope 'clam' is not one of", 2},
        {"R1|claim|violation||b|v|e||||", "rule R1: condition is empty", 2},
        {"R1|claim|violation|T_BHTT > 0||v|e||||", "rule R1: basis is empty", 2},
        {"|claim|violation|T_BHTT > 0|b|v|e||||", "the rule has no id", 2},
        {"R1|claim|error|T_BHTT > 0|b|v|e|||||R1|claim|error|T_BHTT > 1|b|v|e||||",
         "rule R1 is on line 2 too", 3},
        {"R1|claim|error|T_BHTT > 0|b|v|e|||||R2|claim|error|T_BHTX > 1|b|v|e||||",
         "rule R2, condition: unknown name 'T_BHTX'", 3},
        {"R1|claim|error|T_BHTT > 0|b|v {T_BHTX}|e||||", "rule R1, message_vi: unknown name 'T_BHTX'", 2},
        {"R1|claim|error|T_BHTT > 0|b|v {T_BHTT|e||||",
         "rule R1, message_vi: a '{' of the message is not closed", 2},
        {"R1|claim|error|T_BHTT > 0|b|v|e||||MA_LK", "rule R1, amount: expected money, this is a text", 2},
        {"R1|claim|error|T_BHTT > 0|b|v|e|T_BHTT|||", "rule R1, unless: unless must be a condition", 2},
    };
    km_policy policy;
    km_error error;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        CU_ASSERT_EQUAL(load_rules(&policy, cases[i].rows, &error), KIEM_E_POLICY);
        TEST_MESSAGE(&error, cases[i].message);
        CU_ASSERT_EQUAL(error.line, cases[i].line);
        CU_ASSERT_STRING_EQUAL(error.file, "rules/test.csv");
        km_policy_free(&policy);
    }
}

static void house_rules_replace_and_switch_off(void) {
    static test_sheet sheet;
    km_policy policy;
    km_error error;
    TEST_OK(make_policy(&policy, &error), &error);
    TEST_OK(km_policy_add_rules(&policy, test_sheet_make(&sheet, "a.csv", rule_header, good_rules), &error),
            &error);
    TEST_OK(km_policy_add_rules(&policy,
                                test_sheet_make(&sheet, "b.csv", rule_header,
                                                "R2|claim|notice|T_BHTT > 0|b|v|e|||||R1|claim|off||||||||"),
                                &error),
            &error);
    TEST_OK(km_policy_compile(&policy, &error), &error);
    CU_ASSERT_EQUAL(policy.rule_count, 6);
    TEST_TEXT_EQUAL(policy.rules[0].id, "R2");
    TEST_TEXT_EQUAL(policy.rules[0].file, "b.csv");
    CU_ASSERT_EQUAL(policy.rules[0].severity, KIEM_SEVERITY_NOTICE);
    km_policy_free(&policy);
    TEST_OK(make_policy(&policy, &error), &error);
    CU_ASSERT_EQUAL(km_policy_add_rules(
                        &policy,
                        test_sheet_make(&sheet, "c.csv",
                                        "id|scope|severity|condition|basis|message_vi|message_en|unles", ""),
                        &error),
                    KIEM_E_POLICY);
    TEST_MESSAGE(&error, "did you mean 'unless'?");
    CU_ASSERT_EQUAL(km_policy_add_rules(
                        &policy,
                        test_sheet_make(&sheet, "c.csv", "id|scope|severity|condition|basis|message_vi", ""),
                        &error),
                    KIEM_E_POLICY);
    TEST_MESSAGE(&error, "column 'message_en' is missing; did you mean 'message_vi'?");
    km_policy_free(&policy);
}

static kiem_status whole_run(void *context) {
    (void)context;
    km_policy policy;
    km_batch claims = {0};
    km_plan plan = {0};
    km_rule_judge judge = {0};
    km_buf text;
    km_buf_init(&text, test_mem());
    kiem_status status = load_rules(&policy, good_rules, NULL);
    if (status == KIEM_OK) status = make_claims(&claims, 2, NULL);
    km_fieldset present[KM_SCOPE_COUNT] = {
        [KM_SCOPE_CLAIM] = claims.present, [KM_SCOPE_CARD] = km_card_fields_from(&claims.present)};
    if (status == KIEM_OK) status = km_plan_bind(&plan, &policy, present, no_standard, NULL);
    if (status == KIEM_OK) status = km_rule_judge_init(&judge, test_mem(), &policy, NULL);
    km_input input = {.set[KM_SCOPE_CLAIM] = {.batch = &claims}};
    if (status == KIEM_OK) status = km_rule_judge_batch(&judge, &plan, &input, NULL);
    for (size_t i = 0; status == KIEM_OK && i < judge.hit_count; i++) {
        km_hit_message(&text, &judge, &judge.hits[i], KIEM_LANG_VI);
        if (!km_buf_ok(&text)) status = KIEM_E_NOMEM;
    }
    km_buf_free(&text);
    km_rule_judge_free(&judge);
    km_plan_free(&plan);
    km_batch_free(&claims);
    km_policy_free(&policy);
    return status;
}

static void running_out_of_memory_is_a_status(void) {
    CU_ASSERT_TRUE(test_out_of_memory(whole_run, NULL) > 100);
}

TEST_MAIN("rules", {"expressions have their values", expressions_have_their_values},
          {"mistakes are named", mistakes_are_named},
          {"deep and long expressions are refused", deep_and_long_expressions_are_refused},
          {"evaluators agree on random expressions", evaluators_agree_on_random_expressions},
          {"columns only asked for are known", columns_only_asked_for_are_known},
          {"rules fire with their words", rules_fire_with_their_words},
          {"bad rule rows are named", bad_rule_rows_are_named},
          {"house rules replace and switch off", house_rules_replace_and_switch_off},
          {"running out of memory is a status", running_out_of_memory_is_a_status})
