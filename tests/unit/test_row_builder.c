#include "ingest/row_builder.h"
#include "support/test.h"

#include <stdio.h>

static km_value value_of(const char *field, const char *value) {
    static km_row_builder builder; /* the value borrows its text */
    km_error error;
    km_row_builder_free(&builder);
    km_row_builder_init(&builder, test_mem(), KM_SCOPE_CLAIM, false);
    TEST_OK(km_row_builder_set(&builder, km_text_from(field), km_text_from(value), &error), &error);
    TEST_OK(km_row_builder_end(&builder, &error), &error);
    if (!field[0]) return (km_value){0};
    km_value out = km_batch_value(&builder.batch, km_field_find(KM_SCOPE_CLAIM, km_text_from(field)), 0);
    if (out.type == KM_TYPE_TEXT) return out;
    km_row_builder_free(&builder);
    return out;
}

/* Values given on-line read as the cells of a file do. */
static void values_read_as_cells_do(void) {
    uint64_t code;
    CU_ASSERT_EQUAL(value_of("T_BHTT", "150").number, 15000);
    CU_ASSERT_EQUAL(value_of("T_BHTT", "150.5").number, 15050);
    CU_ASSERT_EQUAL(value_of("NAM_QT", "2024").number, 2024);
    km_code_pack(KM_TEXT("01001"), &code);
    CU_ASSERT_EQUAL(value_of("MA_CSKCB", "1001").code, code);
    km_code_pack(KM_TEXT("03"), &code);
    CU_ASSERT_EQUAL(value_of("MA_LOAI_KCB", "3").code, code);
    km_code_pack(KM_TEXT("I10"), &code);
    CU_ASSERT_EQUAL(value_of("MA_BENH_CHINH", "i10*").code, code);
    CU_ASSERT_FALSE(value_of("NGAY_RA", "20241301").known);
    CU_ASSERT_FALSE(value_of("T_BHTT", "").known);
}

/* An amount such as 150.000 is read only beside one that surely has decimals. */
static void amounts_in_threes_need_a_sign(void) {
    static const struct {
        const char *other;
        bool known;
    } cases[] = {{"0", false}, {"9.500", false}, {"50600", false}, {"50600.000", true}, {"0.000", true}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        km_row_builder builder;
        km_error error;
        km_row_builder_init(&builder, test_mem(), KM_SCOPE_CLAIM, false);
        TEST_OK(km_row_builder_set(&builder, KM_TEXT("T_BNCCT"), KM_TEXT("150.000"), &error), &error);
        TEST_OK(km_row_builder_set(&builder, KM_TEXT("T_BHTT"), km_text_from(cases[i].other), &error),
                &error);
        TEST_OK(km_row_builder_end(&builder, &error), &error);
        CU_ASSERT_EQUAL(km_batch_value(&builder.batch, KM_CLAIM_T_BNCCT, 0).known, cases[i].known);
        km_text bad = km_batch_value(&builder.batch, KM_CLAIM_bad_values, 0).text;
        CU_ASSERT_EQUAL(bad.length > 0, !cases[i].known);
        km_row_builder_free(&builder);
    }
}

static void computed_fields_are_for_tests_of_rules(void) {
    km_row_builder builder;
    km_error error;
    for (int computed = 0; computed < 2; computed++) {
        km_row_builder_init(&builder, test_mem(), KM_SCOPE_CLAIM, computed);
        CU_ASSERT_EQUAL(km_row_builder_set(&builder, KM_TEXT("visits_30d"), KM_TEXT("3"), &error),
                        computed ? KIEM_OK : KIEM_E_NOT_FOUND);
        km_row_builder_free(&builder);
    }
    km_row_builder_init(&builder, test_mem(), KM_SCOPE_DRUG, false);
    CU_ASSERT_EQUAL(km_row_builder_set(&builder, KM_TEXT("SO_LUONGG"), KM_TEXT("3"), &error),
                    KIEM_E_NOT_FOUND);
    CU_ASSERT_STRING_EQUAL(error.message, "a drug has no field 'SO_LUONGG'; did you mean 'SO_LUONG'?");
    km_row_builder_free(&builder);
}

static void nul_bytes_are_refused(void) {
    static const char nothing[12] = "\0\0\0\0\0\0\0\0"
                                    "0900";
    km_row_builder builder;
    km_error error;
    km_row_builder_init(&builder, test_mem(), KM_SCOPE_CLAIM, false);
    CU_ASSERT_EQUAL(
        km_row_builder_set(&builder, KM_TEXT("NGAY_VAO"), (km_text){nothing, sizeof nothing}, &error),
        KIEM_E_FORMAT);
    TEST_MESSAGE(&error, "NUL byte");
    km_row_builder_free(&builder);
}

static kiem_status put_row(km_row_builder *builder, const char *name, const char *drugs, km_error *error) {
    KM_TRY(km_row_builder_set(builder, KM_TEXT("HO_TEN"), km_text_from(name), error));
    KM_TRY(km_row_builder_set(builder, KM_TEXT("GHI_CHU"), km_text_from(name), error));
    KM_TRY(km_row_builder_set(builder, KM_TEXT("T_THUOC"), km_text_from(drugs), error));
    return km_row_builder_end(builder, error);
}

/* A row that could not be ended leaves nothing behind: it can be given again. */
static void rows_are_given_again_after_memory_ran_out(void) {
    static const char long_name[] =
        "a name that is longer than what a column of texts starts with, Nguye\xCC\x82\xCC\x83n";
    static const char composed[] = "a name that is longer than what a column of texts starts with, Nguyễn";
    bool failed = true;
    for (long failing = 1; failed; failing++) {
        km_row_builder builder;
        km_error error;
        km_row_builder_init(&builder, test_mem(), KM_SCOPE_CLAIM, false);
        TEST_OK(put_row(&builder, "first", "1", &error), &error);
        test_mem_fail(failing, false);
        failed = put_row(&builder, long_name, "bad", &error) != KIEM_OK;
        test_mem_fail(0, false);
        if (failed) {
            CU_ASSERT_EQUAL(builder.batch.rows, 1);
            TEST_OK(put_row(&builder, "second", "2", &error), &error);
        }
        CU_ASSERT_EQUAL(builder.batch.rows, 2);
        TEST_TEXT_EQUAL(km_batch_text(&builder.batch, KM_CLAIM_HO_TEN, 0), "first");
        TEST_TEXT_EQUAL(km_batch_text(&builder.batch, KM_CLAIM_GHI_CHU, 0), "first");
        TEST_TEXT_EQUAL(km_batch_text(&builder.batch, KM_CLAIM_HO_TEN, 1), failed ? "second" : composed);
        TEST_TEXT_EQUAL(km_batch_text(&builder.batch, KM_CLAIM_bad_values, 0), "");
        km_row_builder_free(&builder);
    }
}

static kiem_status put_line(km_row_builder *builder, uint32_t number, km_error *error) {
    char name[32], amount[32];
    snprintf(name, sizeof name, "drug %u", number);
    snprintf(amount, sizeof amount, "%u", number);
    KM_TRY(km_row_builder_set(builder, KM_TEXT("TEN_THUOC"), km_text_from(name), error));
    KM_TRY(km_row_builder_set(builder, KM_TEXT("THANH_TIEN_BV"), km_text_from(amount), error));
    return km_row_builder_end(builder, error);
}

static void check_lines(const km_batch *batch, uint32_t rows) {
    CU_ASSERT_EQUAL(batch->rows, rows);
    for (uint32_t row = 0; row < rows; row++) {
        char name[32];
        snprintf(name, sizeof name, "drug %u", row);
        TEST_TEXT_EQUAL(km_batch_text(batch, KM_DRUG_TEN_THUOC, row), name);
        CU_ASSERT_EQUAL(km_batch_value(batch, KM_DRUG_THANH_TIEN_BV, row).number, 100 * (int64_t)row);
    }
}

/* A claim may have more lines than a block has claims. When there is no memory for them all is as it was. */
static void lines_take_more_room_than_claims(void) {
    bool failed = true;
    for (long failing = 1; failed; failing++) {
        km_row_builder builder;
        km_error error;
        km_row_builder_init(&builder, test_mem(), KM_SCOPE_DRUG, false);
        for (uint32_t row = 0; row < KM_BATCH_ROWS; row++) TEST_OK(put_line(&builder, row, &error), &error);
        test_mem_fail(failing, false);
        failed = put_line(&builder, KM_BATCH_ROWS, &error) != KIEM_OK;
        test_mem_fail(0, false);
        if (failed) {
            CU_ASSERT_EQUAL(error.status, KIEM_E_NOMEM);
            check_lines(&builder.batch, KM_BATCH_ROWS);
            TEST_OK(put_line(&builder, KM_BATCH_ROWS, &error), &error);
        }
        check_lines(&builder.batch, KM_BATCH_ROWS + 1);
        km_row_builder_free(&builder);
    }
}

static void rows_have_an_end(void) {
    static const struct {
        km_scope scope;
        const char *field;
        uint32_t most;
    } cases[] = {{KM_SCOPE_CLAIM, "NAM_QT", KM_BATCH_ROWS}, {KM_SCOPE_SERVICE, "SO_LUONG", KM_BATCH_LINES}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        km_row_builder builder;
        km_error error;
        kiem_status status = KIEM_OK;
        km_row_builder_init(&builder, test_mem(), cases[i].scope, false);
        while (status == KIEM_OK) {
            TEST_OK(km_row_builder_set(&builder, km_text_from(cases[i].field), KM_TEXT("1"), &error), &error);
            status = km_row_builder_end(&builder, &error);
        }
        CU_ASSERT_EQUAL(status, KIEM_E_RANGE);
        CU_ASSERT_EQUAL(builder.batch.rows, cases[i].most);
        km_row_builder_free(&builder);
    }
}

TEST_MAIN("row builder", {"values read as cells do", values_read_as_cells_do},
          {"amounts in threes need a sign", amounts_in_threes_need_a_sign},
          {"computed fields are for tests of rules", computed_fields_are_for_tests_of_rules},
          {"NUL bytes are refused", nul_bytes_are_refused},
          {"rows are given again after memory ran out", rows_are_given_again_after_memory_ran_out},
          {"lines take more room than claims", lines_take_more_room_than_claims},
          {"rows have an end", rows_have_an_end})
