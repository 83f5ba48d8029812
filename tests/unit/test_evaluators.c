/* Random expressions over usual and odd claims: the columnar evaluator and the one a row at a time agree. */
#include "rules/scalar.h"
#include "support/rules.h"
#include "support/test.h"

enum { NUMBER, CODE, TIME, CONDITION };

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

#define PICK(list, number) (list)[(number) % (sizeof(list) / sizeof(list)[0])]

static void append_random(km_buf *out, uint64_t *seed, int type, int depth);

/* What is written between '#', each of which stands for a random part of the type. */
static void append_parts(km_buf *out, uint64_t *seed, const char *form, const int *types, int depth) {
    for (; *form; form++) {
        if (*form == '#')
            append_random(out, seed, *types++, depth);
        else
            km_buf_char(out, *form);
    }
}

static void append_number(km_buf *out, uint64_t *seed, uint64_t pick, int depth) {
    static const int two[] = {NUMBER, NUMBER}, choice[] = {CONDITION, NUMBER, NUMBER};
    const char form[] = {'(', '#', PICK(binary, pick / 8)[0], '#', ')', '\0'};
    if (depth < 0)
        km_buf_string(out, PICK(numbers, pick));
    else if (pick % 5 == 0)
        append_parts(out, seed, "coalesce(#, #)", two, depth);
    else if (pick % 5 == 1)
        append_parts(out, seed, "CASE WHEN # THEN # ELSE # END", choice, depth);
    else
        append_parts(out, seed, form, two, depth);
}

static void append_comparison(km_buf *out, uint64_t *seed, uint64_t pick, int kind, int depth) {
    const int operand = kind == 4 ? CODE : kind == 5 ? TIME : NUMBER;
    append_random(out, seed, operand, depth);
    if (kind == 7 && pick / 16 % 2) {
        km_buf_string(out, " IS NULL");
        return;
    }
    km_buf_string(out, PICK(comparisons, pick / 64));
    append_random(out, seed, operand, depth);
}

static void append_condition(km_buf *out, uint64_t *seed, uint64_t pick, int depth) {
    static const int conditions_of[] = {CONDITION, CONDITION, CONDITION, CONDITION};
    static const char *const joined[2][3] = {{"(# OR #)", "(# OR # OR #)", "(# OR # OR # OR #)"},
                                             {"(# AND #)", "(# AND # AND #)", "(# AND # AND # AND #)"}};
    const int kind = (int)(depth < 0 ? 4 + pick % 4 : pick % 8);
    if (kind > 3 && pick / 8 % 3 == 0)
        km_buf_string(out, PICK(conditions, pick / 32));
    else if (kind < 3)
        append_parts(out, seed, joined[kind != 0][pick / 8 % 3], conditions_of, depth);
    else if (kind == 3)
        append_parts(out, seed, "NOT (#)", conditions_of, depth);
    else
        append_comparison(out, seed, pick, kind, depth);
}

/* An expression of a type, at most `depth` deep. */
static void append_random(km_buf *out, uint64_t *seed, int type, int depth) {
    const uint64_t pick = test_random(seed);
    switch (type) {
    case NUMBER: append_number(out, seed, pick, depth - 1); break;
    case CODE: km_buf_string(out, PICK(codes, pick)); break;
    case TIME: km_buf_string(out, PICK(times, pick)); break;
    default: append_condition(out, seed, pick, depth - 1); break;
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
        km_value many = test_rules_vector_value(&policy->graph, result, node, row);
        same = one.known == many.known && (!one.known || one.number == many.number);
        if (!same) {
            fprintf(stderr, "row %u of %s: scalar %d %lld, vector %d %lld\n", row, source, one.known,
                    (long long)one.number, many.known, (long long)many.number);
        }
    }
    CU_ASSERT_TRUE(same);
    km_frame_free(&frame);
}

static void compare_on_rows(const char *const rows[TEST_RULES_COLUMNS][2], uint32_t copies, uint64_t seed) {
    km_policy policy;
    km_error error;
    km_batch claims;
    km_card_rows cards;
    km_buf text;
    TEST_OK(test_rules_policy(&policy, &error), &error);
    TEST_OK(km_policy_compile(&policy, &error), &error);
    TEST_OK(test_rules_rows(&claims, rows, copies, &error), &error);
    km_input input = {.set[KM_SCOPE_CLAIM] = {.batch = &claims}};
    km_card_rows_init(&cards, test_mem());
    TEST_OK(km_card_rows_build(&cards, &input, &error), &error);
    km_buf_init(&text, test_mem());
    int good = 0;
    for (int i = 0; i < 1500; i++) {
        km_buf_clear(&text);
        append_random(&text, &seed, CONDITION, 4);
        km_buf_char(&text, '\0');
        km_node_id node = test_rules_resolve(&policy, text.data, &error);
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
    compare_on_rows(test_rules_claims, 17, 20261122);
    compare_on_rows(test_rules_odd_claims, 17, 20261123);
    compare_on_rows(test_rules_odd_claims, 1, 20261124);
}

TEST_MAIN("evaluators", {"they agree on random expressions", evaluators_agree_on_random_expressions})
