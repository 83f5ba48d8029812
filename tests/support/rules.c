#include "support/rules.h"

#include "rules/resolve.h"
#include "support/claims.h"
#include "support/sheet.h"
#include "support/test.h"

const char *const test_rules_claims[TEST_RULES_COLUMNS][2] = {
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

const char *const test_rules_odd_claims[TEST_RULES_COLUMNS][2] = {
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

kiem_status test_rules_rows(km_batch *batch, const char *const rows[TEST_RULES_COLUMNS][2], uint32_t copies,
                            km_error *error) {
    km_fieldset fields = {0};
    bool read;
    for (size_t i = 0; i < TEST_RULES_COLUMNS; i++)
        km_fieldset_add(&fields, km_field_find(KM_SCOPE_CLAIM, km_text_from(rows[i][0])));
    KM_TRY(km_batch_init(batch, test_mem(), KM_SCOPE_CLAIM, &fields, TEST_RULES_CLAIMS * copies, error));
    for (size_t i = 0; i < TEST_RULES_COLUMNS; i++) {
        int field = km_field_find(KM_SCOPE_CLAIM, km_text_from(rows[i][0]));
        for (uint32_t row = 0; row < TEST_RULES_CLAIMS * copies;) {
            km_text rest = km_text_from(rows[i][1]), cell;
            while (km_text_split(&rest, '|', &cell)) {
                batch->row[row] = row + 2;
                if (!test_claims_cell(batch, field, row++, cell, &read)) {
                    km_batch_free(batch);
                    return km_nomem(error);
                }
            }
        }
    }
    batch->rows = TEST_RULES_CLAIMS * copies;
    return KIEM_OK;
}

kiem_status test_rules_policy(km_policy *policy, km_error *error) {
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

km_node_id test_rules_resolve(km_policy *policy, const char *text, km_error *error) {
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

km_value test_rules_vector_value(const km_graph *graph, const km_vector *vector, km_node_id id,
                                 uint32_t row) {
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
