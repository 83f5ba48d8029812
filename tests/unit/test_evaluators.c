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

/* ---- one frame over many batches */

enum { EXPRESSIONS = 1500, GROUP = 4, BATCHES = 3, ROUNDS = 12 };

typedef struct rows {
    km_batch claims;
    km_card_rows cards;
    km_input input;
} rows;

static void set_up_rows(rows *of, const char *const cells[TEST_RULES_COLUMNS][2], uint32_t copies) {
    km_error error;
    TEST_OK(test_rules_rows(&of->claims, cells, copies, &error), &error);
    of->input = (km_input){.set[KM_SCOPE_CLAIM] = {.batch = &of->claims}};
    km_card_rows_init(&of->cards, test_mem());
    TEST_OK(km_card_rows_build(&of->cards, &of->input, &error), &error);
}

static void tear_down_rows(rows *of) {
    km_card_rows_free(&of->cards);
    km_batch_free(&of->claims);
}

static bool same_answers(km_frame *frame, km_node_id node) {
    const km_vector *result = km_frame_eval(frame, node);
    km_apply_context context = {.regex = frame->context.regex};
    bool same = result != NULL;
    for (uint32_t row = 0; same && row < frame->rows[KM_SCOPE_CLAIM]; row++) {
        km_value one = km_scalar(&context, frame->graph, frame->input, node, row);
        km_value many = test_rules_vector_value(frame->graph, result, node, row);
        same = one.known == many.known && (!one.known || one.number == many.number);
        if (!same) {
            fprintf(stderr, "row %u: scalar %d %lld, vector %d %lld\n", row, one.known, (long long)one.number,
                    many.known, (long long)many.number);
        }
    }
    return same;
}

/* A few expressions, some of them in each batch, so that what is given back after its last reader of the
 * batches before is read once more, also by a node that is at work already. */
static unsigned count_differences(const km_policy *policy, const km_node_id *nodes, int count, rows batches[],
                                  uint64_t *seed) {
    km_frame frame;
    km_error error;
    unsigned differences = 0;
    TEST_OK(km_frame_init(&frame, test_mem(), &policy->graph, &error), &error);
    for (int round = 0; round < ROUNDS; round++) {
        km_frame_begin(&frame, &batches[round % BATCHES].input);
        for (uint64_t i = 1 + test_random(seed) % (unsigned)count; i-- > 0;)
            differences += !same_answers(&frame, nodes[test_random(seed) % (unsigned)count]);
    }
    km_frame_free(&frame);
    return differences;
}

static void compare_on_rows(const char *const cells[TEST_RULES_COLUMNS][2], uint32_t copies, uint64_t seed) {
    static km_node_id nodes[EXPRESSIONS];
    km_policy policy;
    km_error error;
    rows batches[BATCHES];
    km_buf text;
    TEST_OK(test_rules_policy(&policy, &error), &error);
    TEST_OK(km_policy_compile(&policy, &error), &error);
    set_up_rows(&batches[0], cells, copies);
    set_up_rows(&batches[1], test_rules_claims, 2 * copies);
    set_up_rows(&batches[2], test_rules_odd_claims, 1);
    km_buf_init(&text, test_mem());
    int good = 0;
    for (int i = 0; i < EXPRESSIONS; i++) {
        km_buf_clear(&text);
        append_random(&text, &seed, CONDITION, 4);
        km_buf_char(&text, '\0');
        km_node_id node = test_rules_resolve(&policy, text.data, &error);
        if (node != KM_NODE_NONE) nodes[good++] = node; /* else too long: the generator does not count */
    }
    CU_ASSERT_TRUE(good > 1000);
    for (int i = 0; i + GROUP <= good; i += GROUP)
        CU_ASSERT_EQUAL(count_differences(&policy, nodes + i, GROUP, batches, &seed), 0);
    km_buf_free(&text);
    for (int i = 0; i < BATCHES; i++) tear_down_rows(&batches[i]);
    km_policy_free(&policy);
}

static void evaluators_agree_on_random_expressions(void) {
    compare_on_rows(test_rules_claims, 17, 20261122);
    compare_on_rows(test_rules_odd_claims, 17, 20261123);
    compare_on_rows(test_rules_odd_claims, 1, 20261124);
}

/* The age is given back after the difference, its only reader in the batch before, unless the product that
 * waits for the sum holds it: the sum would be written over it. */
static void what_a_node_at_work_reads_stays(void) {
    static const char *const sources[2] = {
        "age_days(NGAY_SINH, NGAY_VAO) - 5 > 0",
        "age_days(NGAY_SINH, NGAY_VAO) * "
        "((age_days(NGAY_SINH, NGAY_VAO) - 5) + length(HO_TEN)) > 200000000"};
    km_policy policy;
    km_error error;
    km_frame frame;
    rows batch;
    km_node_id nodes[2];
    TEST_OK(test_rules_policy(&policy, &error), &error);
    TEST_OK(km_policy_compile(&policy, &error), &error);
    set_up_rows(&batch, test_rules_claims, 17);
    for (int i = 0; i < 2; i++) nodes[i] = test_rules_resolve(&policy, sources[i], &error);
    TEST_OK(km_frame_init(&frame, test_mem(), &policy.graph, &error), &error);
    for (int i = 0; i < 2; i++) {
        km_frame_begin(&frame, &batch.input);
        CU_ASSERT_TRUE(same_answers(&frame, nodes[i]));
    }
    km_frame_free(&frame);
    tear_down_rows(&batch);
    km_policy_free(&policy);
}

/* The age has one reader in the first batch and four in the second: missed once, it stays. */
static void what_was_given_back_too_early_is_made_once_more(void) {
    static const char *const sources[4] = {
        "age_days(NGAY_SINH, NGAY_VAO) > 1", "age_days(NGAY_SINH, NGAY_VAO) > 2",
        "age_days(NGAY_SINH, NGAY_VAO) > 3", "age_days(NGAY_SINH, NGAY_VAO) > 4"};
    km_policy policy;
    km_error error;
    km_frame frame;
    rows batch;
    km_node_id nodes[4];
    TEST_OK(test_rules_policy(&policy, &error), &error);
    TEST_OK(km_policy_compile(&policy, &error), &error);
    set_up_rows(&batch, test_rules_claims, 17);
    for (int i = 0; i < 4; i++) nodes[i] = test_rules_resolve(&policy, sources[i], &error);
    km_node_id age = km_node_argument(&policy.graph, km_node_at(&policy.graph, nodes[0]), 0);
    const km_vector *made;
    TEST_OK(km_frame_init(&frame, test_mem(), &policy.graph, &error), &error);
    made = &frame.vectors[age];
    km_frame_begin(&frame, &batch.input);
    CU_ASSERT_TRUE(same_answers(&frame, nodes[0]));
    CU_ASSERT_EQUAL(made->epoch, frame.epoch);
    km_frame_begin(&frame, &batch.input);
    CU_ASSERT_TRUE(same_answers(&frame, nodes[0]));
    CU_ASSERT_EQUAL(made->epoch, 0); /* given back after its only reader */
    for (int i = 1; i < 4; i++) {
        CU_ASSERT_TRUE(same_answers(&frame, nodes[i]));
        CU_ASSERT_EQUAL(made->epoch, frame.epoch);
    }
    km_frame_free(&frame);
    tear_down_rows(&batch);
    km_policy_free(&policy);
}

/* ---- columns of few values */

enum { VALUE_ROWS = 2048, VALUE_BATCHES = 15, NEW_VALUES = 100, VALUES_AT_A_TIME = 130, MANY = 10000 };

/* A diagnosis and a list of two, which come again in the batch and, most of them, in the next; some rows have
 * none. */
static void put_diagnoses(km_batch *claims, unsigned first, unsigned count) {
    km_batch_clear(claims);
    for (uint32_t row = 0; row < VALUE_ROWS; row++) {
        char text[16];
        uint64_t code = 0;
        snprintf(text, sizeof text, "A%04u;B%04u", first + row % count, row % count / 2);
        claims->row[row] = row + 2;
        if (row % 11 == 0) continue;
        CU_ASSERT_TRUE(km_column_put_text(test_mem(), &claims->column[KM_CLAIM_MA_BENH_KT], row,
                                          km_text_from(text + (row % 7 == 0 ? 6 : 0))));
        text[5] = '\0';
        CU_ASSERT_TRUE(km_code_pack(km_text_from(text), &code));
        km_column_put(&claims->column[KM_CLAIM_MA_BENH_CHINH], 8, row, (int64_t)code);
    }
    claims->rows = VALUE_ROWS;
}

static unsigned differences_of(km_frame *frame, const km_node_id *nodes, int count, const km_input *input) {
    unsigned differences = 0;
    km_frame_begin(frame, input);
    for (int i = 0; i < count; i++) differences += !same_answers(frame, nodes[i]);
    return differences;
}

/* More values than are kept at a time, then more than it pays to keep. */
static void values_are_kept_forgotten_and_given_up(void) {
    static const char *const sources[] = {
        "MA_BENH_CHINH MATCHES 'A0[0-9]*[13]'",
        "coalesce(MA_BENH_CHINH LIKE 'A1%', 1 = 1)",
        "length(MA_BENH_KT) > 9 AND NOT has_code(MA_BENH_KT, 'B0003')",
        "to_number(substr(MA_BENH_CHINH, 2, 4)) * 3 > NAM_QT",
        "1000 / (to_number(substr(MA_BENH_CHINH, 2, 4)) - 107) > 3",
        "1000 / (to_number(substr(MA_BENH_CHINH, 2, 4)) - 107) IS NULL",
        "coalesce(1000 / (to_number(substr(MA_BENH_CHINH, 2, 4)) - 107), 5)"};
    enum { SOURCES = sizeof sources / sizeof sources[0] };
    km_policy policy;
    km_error error;
    km_frame frame;
    km_batch claims;
    km_node_id nodes[SOURCES];
    km_fieldset fields = {0};
    km_fieldset_add(&fields, KM_CLAIM_MA_BENH_CHINH);
    km_fieldset_add(&fields, KM_CLAIM_MA_BENH_KT);
    TEST_OK(test_rules_policy(&policy, &error), &error);
    TEST_OK(km_policy_compile(&policy, &error), &error);
    for (int i = 0; i < SOURCES; i++) nodes[i] = test_rules_resolve(&policy, sources[i], &error);
    TEST_OK(km_frame_init(&frame, test_mem(), &policy.graph, &error), &error);
    TEST_OK(km_batch_init(&claims, test_mem(), KM_SCOPE_CLAIM, &fields, VALUE_ROWS, &error), &error);
    const km_input input = {.set[KM_SCOPE_CLAIM] = {.batch = &claims}};
    const km_vector *column = &frame.vectors[km_node_at(&policy.graph, nodes[0])->column];
    for (unsigned i = 0; i < VALUE_BATCHES; i++) {
        uint64_t before = frame.context.nulls_made;
        put_diagnoses(&claims, i * NEW_VALUES, VALUES_AT_A_TIME);
        CU_ASSERT_EQUAL(differences_of(&frame, nodes, SOURCES, &input), 0);
        CU_ASSERT_FALSE(column->many);
        /* A0107 divides by zero in two batches: it is asked for again in the second */
        CU_ASSERT_EQUAL(frame.context.nulls_made > before, i < 2);
    }
    put_diagnoses(&claims, 5000, MANY);
    CU_ASSERT_EQUAL(differences_of(&frame, nodes, SOURCES, &input), 0);
    CU_ASSERT_TRUE(column->many);
    km_batch_free(&claims);
    km_frame_free(&frame);
    km_policy_free(&policy);
}

/* ---- cards */

typedef struct card_case {
    const char *cards, *from; /* two lists of a claim; eight '0' in the second stand for eight NUL bytes */
    const char *first_card;   /* "" for none */
    uint32_t count;           /* of cards */
    bool first_known;         /* whether its first day is */
} card_case;

static const card_case card_cases[] = {{"HS4010112345678", "20240101", "HS4010112345678", 1, true},
                                       {"", "", "", 0, false},
                                       {"A;B", "20240101;20240701", "A", 2, true},
                                       {" A ", "20240101", "A", 1, true},
                                       {"", "20240101", "", 1, true},
                                       {"A", "20240101;;", "A", 1, true},
                                       {"A;B", "20240101;;", "A", 2, true},
                                       {";", " ; ", "", 0, false},
                                       {"A", "20241301", "A", 1, false},
                                       {"A", "00000000", "A", 1, false},
                                       {"DN4790000000000", "20240701", "DN4790000000000", 1, true}};
enum { CARD_CASES = sizeof card_cases / sizeof card_cases[0] };

static void put_lists(km_batch *claims, uint32_t row, const card_case *of) {
    char from[32];
    size_t length = strlen(of->from);
    memcpy(from, of->from, length);
    if (strcmp(of->from, "00000000") == 0) memset(from, 0, length);
    CU_ASSERT_TRUE(
        km_column_put_text(test_mem(), &claims->column[KM_CLAIM_MA_THE_BHYT], row, km_text_from(of->cards)));
    CU_ASSERT_TRUE(
        km_column_put_text(test_mem(), &claims->column[KM_CLAIM_GT_THE_TU], row, (km_text){from, length}));
    claims->row[row] = row + 2;
}

static void cards_are_the_parts_of_the_lists(void) {
    km_batch claims;
    km_card_rows cards;
    km_fieldset fields = {0};
    km_error error;
    km_fieldset_add(&fields, KM_CLAIM_MA_THE_BHYT);
    km_fieldset_add(&fields, KM_CLAIM_GT_THE_TU);
    TEST_OK(km_batch_init(&claims, test_mem(), KM_SCOPE_CLAIM, &fields, CARD_CASES, &error), &error);
    for (uint32_t row = 0; row < CARD_CASES; row++) put_lists(&claims, row, &card_cases[row]);
    claims.rows = CARD_CASES;
    km_input input = {.set[KM_SCOPE_CLAIM] = {.batch = &claims}};
    km_card_rows_init(&cards, test_mem());
    TEST_OK(km_card_rows_build(&cards, &input, &error), &error);
    for (uint32_t row = 0; row < CARD_CASES; row++) {
        const card_case *expected = &card_cases[row];
        uint32_t at = cards.first[row];
        CU_ASSERT_EQUAL(cards.first[row + 1] - at, expected->count);
        if (!expected->count) continue;
        CU_ASSERT_EQUAL(cards.parent[at], row);
        TEST_TEXT_EQUAL(km_batch_text(&cards.batch, KM_CARD_MA_THE, at), expected->first_card);
        CU_ASSERT_EQUAL(km_column_valid(&cards.batch.column[KM_CARD_TU], at), expected->first_known);
    }
    km_card_rows_free(&cards);
    km_batch_free(&claims);
}

TEST_MAIN("evaluators",
          {"what was given back too early is made once more",
           what_was_given_back_too_early_is_made_once_more},
          {"values are kept, forgotten and given up", values_are_kept_forgotten_and_given_up},
          {"cards are the parts of the lists", cards_are_the_parts_of_the_lists},
          {"what a node at work reads stays", what_a_node_at_work_reads_stays},
          {"they agree on random expressions", evaluators_agree_on_random_expressions})
