#include "engine/policy/examples.h"
#include "ingest/sheet_read.h"
#include "support/test.h"

static const char rules_text[] = "id,scope,severity,condition,unless,basis,message_vi,message_en\n"
                                 "R1,claim,violation,T_BHTT > 100,T_BNCCT = 5,Art. 1,a,b\n"
                                 "R2,claim,error,\"sum(drug.SO_LUONG WHERE MA_NHOM = 4) > 3\",,Art. 2,a,b\n"
                                 "R3,service,error,DON_GIA > places(claim.MA_CSKCB).price,,Art. 3,a,b\n"
                                 "R4,claim,suspicion,visits_30d > 10,,Art. 4,a,b\n"
                                 "R5,claim,error,STANDARD = '4210' AND T_BHTT = 0,,Art. 5,a,b\n";
static const char schema_text[] =
    "table,column,role,type,scale,meaning\nplaces,code,key,code,,\nplaces,price,value,number,0,\n";
static const char examples_text[] =
    "rule,fires,claim,drugs,services,note\n"
    "base:small,,MA_LK=1|MA_CSKCB=01001|T_BHTT=50,,,\n"
    "base:paid,,base:small|T_BNCCT=0|T_BHTT=150,,,\n"
    "table:places,,code=01001|price=20,,,\n"
    "R1,1,base:paid,,,\n"
    "R1,violation,base:paid,,,\n"
    "R1,suspicion,base:small|T_BHTT=101,,,softer without the co-payment\n"
    "R1,0,base:paid|T_BNCCT=5,,,\n"
    "R1,not run,MA_LK=1,,,\n"
    "R2,1,base:small,MA_NHOM=4|SO_LUONG=2 // MA_NHOM=4|SO_LUONG=2 // MA_NHOM=5,,\n"
    "R2,0,base:small,MA_NHOM=4|SO_LUONG=2 // MA_NHOM=5|SO_LUONG=2,,\n"
    "R2,0,base:small,-,,no line at all\n"
    "R2,not run,base:small,,,\n"
    "R3,1,base:small,,DON_GIA=21 // DON_GIA=1,\n"
    "R3,0,base:small,,DON_GIA=20,\n"
    "R4,1,base:small|visits_30d=11,,,\n"
    "R5,1,STANDARD=4210|T_BHTT=0,,,\n"
    "R5,not run,T_BHTT=0,,,a rule of another standard\n"
    "R1,0,base:paid,,,this one is wrong on purpose\n";

static kiem_status read(const char *name, const char *text, km_sheet *sheet, km_error *error) {
    return km_sheet_read(test_mem(), name, text, strlen(text), sheet, error);
}

static kiem_status load(km_policy *policy, km_examples *examples, const char *text, km_error *error) {
    km_sheet schema = {0}, rows = {0}, rules = {0}, sheet = {0};
    km_buf table;
    km_buf_init(&table, test_mem());
    km_policy_init(policy, test_mem());
    km_examples_init(examples, test_mem());
    kiem_status status = read("tables.csv", schema_text, &schema, error);
    if (status == KIEM_OK) status = read("rules.csv", rules_text, &rules, error);
    if (status == KIEM_OK) status = read("examples.csv", text, &sheet, error);
    if (status == KIEM_OK) status = km_examples_add(examples, &sheet, error);
    if (status == KIEM_OK) status = km_examples_table(examples, KM_TEXT("places"), &table, error);
    if (status == KIEM_OK)
        status = km_sheet_read(test_mem(), "places", table.length ? table.data : "code,price\n",
                               table.length ? table.length : 11, &rows, error);
    if (status == KIEM_OK) status = km_policy_add_table(policy, KM_TEXT("places"), &schema, &rows, error);
    if (status == KIEM_OK) status = km_policy_add_rules(policy, &rules, error);
    if (status == KIEM_OK) status = km_policy_compile(policy, error);
    km_sheet_free(&schema);
    km_sheet_free(&rows);
    km_sheet_free(&rules);
    km_sheet_free(&sheet);
    km_buf_free(&table);
    return status;
}

static kiem_status run_one(const char *text, const char *only, km_result *out, km_error *error) {
    km_policy policy;
    km_examples examples;
    kiem_status status = load(&policy, &examples, text, error);
    if (status == KIEM_OK) status = km_examples_run(&examples, &policy, km_text_from(only), out, error);
    km_examples_free(&examples);
    km_policy_free(&policy);
    return status;
}

static kiem_status run(const char *text, km_result *out, km_error *error) {
    return run_one(text, "", out, error);
}

static void one_rule_is_asked_for_by_its_id(void) {
    km_result out = {0};
    km_error error;
    TEST_OK(run_one(examples_text, "R4", &out, &error), &error);
    CU_ASSERT_EQUAL(out.rows, 1);
    km_result_free(&out);
    CU_ASSERT_EQUAL(run_one(examples_text, "R9", &out, &error), KIEM_E_NOT_FOUND);
    TEST_MESSAGE(&error, "there is no rule 'R9'; did you mean 'R1'?");
}

static void examples_say_what_rules_do(void) {
    km_result out = {0};
    km_error error;
    TEST_OK(run(examples_text, &out, &error), &error);
    CU_ASSERT_EQUAL_FATAL(out.rows, 15);
    int got = km_result_find(&out, KM_TEXT("got")), passed = km_result_find(&out, KM_TEXT("passed"));
    for (uint64_t row = 0; row < out.rows; row++)
        CU_ASSERT_EQUAL(km_result_value(&out, passed, row).number, row != 14);
    TEST_TEXT_EQUAL(km_result_value(&out, got, 2).text, "suspicion");
    TEST_TEXT_EQUAL(km_result_value(&out, got, 4).text, "not run");
    TEST_TEXT_EQUAL(km_result_value(&out, got, 14).text, "1");
    km_result_free(&out);
}

static void odd_examples_are_errors(void) {
    static const char *const cases[][2] = {
        {"R9,1,T_BHTT=1,,,\n", "there is no rule 'R9'"},
        {"R1,1,T_BHTTT=1,,,\n", "the example has an unknown field 'T_BHTTT'"},
        {"R1,1,base:none,,,\n", "there is no base claim 'none'"},
        {"base:a,,base:a,,,\nR1,1,base:a,,,\n", "bases lead back to themselves: 'a'"},
        {"R1,1,T_BHTT=1,TYPO=1,,\n", "the example has an unknown field 'TYPO'"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char text[256];
        km_result out;
        km_error error;
        snprintf(text, sizeof text, "rule,fires,claim,drugs,services,note\n%s", cases[i][0]);
        CU_ASSERT_EQUAL(run(text, &out, &error), KIEM_E_POLICY);
        CU_ASSERT_STRING_EQUAL(error.message, cases[i][1]);
    }
}

static kiem_status attempt(void *context) {
    km_result out;
    km_error error;
    (void)context;
    kiem_status status = run("rule,fires,claim,drugs,services,note\ntable:places,,code=01001|price=20,,,\n"
                             "R3,1,MA_CSKCB=01001,,DON_GIA=21 // DON_GIA=1,\n",
                             &out, &error);
    if (status == KIEM_OK) km_result_free(&out);
    return status;
}

static void memory_may_end_anywhere(void) {
    CU_ASSERT_TRUE(test_out_of_memory(attempt, NULL) > 50);
}

TEST_MAIN("examples", {"one rule is asked for by its id", one_rule_is_asked_for_by_its_id},
          {"examples say what rules do", examples_say_what_rules_do},
          {"odd examples are errors", odd_examples_are_errors},
          {"memory may end anywhere", memory_may_end_anywhere})
