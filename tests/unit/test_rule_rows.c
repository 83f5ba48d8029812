/* Rules as rows: what they find in a few claims, with their words, and every kind of row that is refused. */
#include "support/rules.h"
#include "support/sheet.h"
#include "support/test.h"

static const char rule_header[] =
    "id|scope|severity|condition|basis|message_vi|message_en|unless|effective_from|effective_to|amount";

static const uint64_t no_standard[KM_SCOPE_COUNT];

static kiem_status load_rules(km_policy *policy, const char *rows, km_error *error) {
    static test_sheet sheet;
    KM_TRY(test_rules_policy(policy, error));
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
    "R8|claim|error|coalesce(MA_LYDO_VVIEN = 3, KET_QUA_DTRI = 5)|Art. 8|a|b|||||";

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
    TEST_OK(test_rules_rows(&claims, test_rules_claims, 1, &error), &error);
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
        {"R11|claim|error|T_BHTT > 0|b|v|e|||||R12|claim|off||||||||", "there is no rule 'R12' to switch off",
         3},
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
    TEST_OK(test_rules_policy(&policy, &error), &error);
    TEST_OK(km_policy_add_rules(&policy, test_sheet_make(&sheet, "a.csv", rule_header, good_rules), &error),
            &error);
    TEST_OK(km_policy_add_rules(&policy,
                                test_sheet_make(&sheet, "b.csv", rule_header,
                                                "R2|claim|notice|T_BHTT > 0|b|v|e|||||R1|claim|off||||||||"),
                                &error),
            &error);
    TEST_OK(km_policy_add_rules(&policy, test_sheet_make(&sheet, "off.csv", "severity|id", "off|R3"), &error),
            &error);
    TEST_OK(km_policy_compile(&policy, &error), &error);
    CU_ASSERT_EQUAL(policy.rule_count, 5);
    CU_ASSERT_TRUE(km_policy_is_off(&policy, KM_TEXT("R3")));
    CU_ASSERT_TRUE(km_policy_is_off(&policy, KM_TEXT("R1")));
    CU_ASSERT_FALSE(km_policy_is_off(&policy, KM_TEXT("R2")));
    TEST_TEXT_EQUAL(policy.rules[0].id, "R2");
    TEST_TEXT_EQUAL(policy.rules[0].file, "b.csv");
    CU_ASSERT_EQUAL(policy.rules[0].severity, KIEM_SEVERITY_NOTICE);
    km_policy_free(&policy);
    TEST_OK(test_rules_policy(&policy, &error), &error);
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
    if (status == KIEM_OK) status = test_rules_rows(&claims, test_rules_claims, 2, NULL);
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

TEST_MAIN("rule rows", {"columns only asked for are known", columns_only_asked_for_are_known},
          {"rules fire with their words", rules_fire_with_their_words},
          {"bad rule rows are named", bad_rule_rows_are_named},
          {"house rules replace and switch off", house_rules_replace_and_switch_off},
          {"running out of memory is a status", running_out_of_memory_is_a_status})
