#include "claim/result_fill.h"
#include "support/test.h"

/* ---- CSV, against its definition byte by byte */

static bool needs_quotes(km_text text) {
    bool needs = text.length && (text.ptr[0] == ' ' || text.ptr[text.length - 1] == ' ');
    for (size_t i = 0; i < text.length; i++)
        needs = needs || (text.ptr[i] && strchr(",\"\n\r", text.ptr[i]) != NULL);
    return needs;
}

static void spell_cell(km_buf *out, km_text text) {
    bool quoted = needs_quotes(text);
    if (quoted) km_buf_char(out, '"');
    for (size_t i = 0; i < text.length; i++) {
        if (text.ptr[i] == '"') km_buf_char(out, '"');
        km_buf_char(out, text.ptr[i]);
    }
    if (quoted) km_buf_char(out, '"');
}

/* Mostly plain bytes, as in files; up to 40 of them. */
static km_text random_text(uint64_t *seed, char room[40]) {
    static const char bytes[] = "abcdefghijklmnopqrstuvwxyz0123456789-.;:\xC3\xA9\x80\xFF\x7F!+#\t ,\"\n\r";
    const size_t usual = test_random(seed) % 2 ? 36 : sizeof bytes - 1;
    km_text text = {room, test_random(seed) % 41};
    for (size_t i = 0; i < text.length; i++) room[i] = bytes[test_random(seed) % usual];
    return text;
}

static void texts_are_quoted_when_needed(void) {
    static const km_result_spec specs[] = {{"first", KM_TYPE_TEXT, 0}, {"second", KM_TYPE_TEXT, 0}};
    enum { ROWS = 150 };
    km_result result;
    km_buf made, expected;
    km_error error;
    uint64_t seed = 5;
    char room[40];
    km_buf_init(&made, test_mem());
    km_buf_init(&expected, test_mem());
    TEST_OK(km_result_init(&result, test_mem(), "texts", specs, 2, &error), &error);
    for (int round = 0; round < 100; round++) {
        km_result_clear(&result);
        km_buf_clear(&made);
        km_buf_clear(&expected);
        for (int row = 0; row < ROWS; row++) {
            for (int i = 0; i < 2; i++) {
                km_text text = random_text(&seed, room);
                km_result_text(&result, i, text);
                spell_cell(&expected, text);
                km_buf_char(&expected, i ? '\n' : ',');
            }
            TEST_OK(km_result_end_row(&result, &error), &error);
        }
        km_result_csv(&result, 0, ROWS, &made);
        CU_ASSERT_TRUE(km_text_equal(km_buf_view(&made), km_buf_view(&expected)));
    }
    km_result_free(&result);
    km_buf_free(&made);
    km_buf_free(&expected);
}

/* ---- whole columns, against cells put one by one */

enum { FILE_NAME = 0, KEY, FACILITY, ROW, COLUMNS };
static const km_result_spec columns[] = {{"file", KM_TYPE_TEXT, 0},
                                         {"key", KM_TYPE_TEXT, 0},
                                         {"facility", KM_TYPE_TEXT, 0},
                                         {"row", KM_TYPE_NUMBER, 0}};

static kiem_status make_batch(km_batch *batch, uint32_t rows, bool has_keys, km_error *error) {
    km_fieldset fields = {0};
    uint64_t seed = rows + 1;
    km_fieldset_add(&fields, KM_CLAIM_MA_CSKCB);
    if (has_keys) km_fieldset_add(&fields, KM_CLAIM_MA_LK);
    KM_TRY(km_batch_init(batch, test_mem(), KM_SCOPE_CLAIM, &fields, rows + 1, error));
    for (uint32_t row = 0; row < rows; row++) {
        char key[KM_CODE_MAX + 1];
        uint64_t code, number = test_random(&seed);
        size_t length = (size_t)snprintf(key, sizeof key, "%u", (unsigned)(number % 100000));
        batch->row[row] = row + 2;
        km_code_pack((km_text){key, length}, &code);
        if (number >> 32 & 3) km_column_put(&batch->column[KM_CLAIM_MA_CSKCB], 8, row, (int64_t)code);
        if (!has_keys || km_column_put_text(test_mem(), &batch->column[KM_CLAIM_MA_LK], row,
                                            (km_text){key, number >> 34 & 3 ? length : 0}))
            continue;
        km_batch_free(batch);
        return km_nomem(error);
    }
    batch->rows = rows;
    return KIEM_OK;
}

static kiem_status put_cells(km_result *out, const km_batch *batch, km_error *error) {
    for (uint32_t row = 0; row < batch->rows; row++) {
        km_text key = km_batch_text(batch, KM_CLAIM_MA_LK, row);
        km_result_text(out, FILE_NAME, KM_TEXT("claims.csv"));
        if (key.length) km_result_text(out, KEY, key);
        km_result_code(out, FACILITY, (uint64_t)km_batch_int(batch, KM_CLAIM_MA_CSKCB, row, 0));
        km_result_int(out, ROW, batch->row[row]);
        KM_TRY(km_result_end_row(out, error));
    }
    return KIEM_OK;
}

static kiem_status fill_columns(km_result *out, const km_batch *batch, km_error *error) {
    const km_cells codes = km_batch_cells(batch, KM_CLAIM_MA_CSKCB);
    KM_TRY(km_fill_begin(out, batch->rows, error));
    km_fill_same_text(out, FILE_NAME, KM_TEXT("claims.csv"));
    km_fill_texts(out, KEY, batch, KM_CLAIM_MA_LK);
    km_fill_codes(out, FACILITY, &codes);
    km_fill_ints(out, ROW, batch->row);
    return km_fill_end(out, error);
}

static void compare_tables(const km_result *left, const km_result *right) {
    CU_ASSERT_EQUAL_FATAL(left->rows, right->rows);
    for (uint64_t row = 0; row < left->rows; row++) {
        for (int i = 0; i < COLUMNS; i++) {
            km_value a = km_result_value(left, i, row), b = km_result_value(right, i, row);
            CU_ASSERT_EQUAL(a.known, b.known);
            CU_ASSERT_EQUAL(a.number, b.number);
            CU_ASSERT_TRUE(!a.known || a.type != KM_TYPE_TEXT || km_text_equal(a.text, b.text));
        }
    }
}

static void whole_columns_are_cells_put_one_by_one(void) {
    km_result cells, whole;
    km_error error;
    TEST_OK(km_result_init(&cells, test_mem(), "cells", columns, COLUMNS, &error), &error);
    TEST_OK(km_result_init(&whole, test_mem(), "whole", columns, COLUMNS, &error), &error);
    static const uint32_t sizes[] = {200, 0, 1, 63, 64, 65, 128, 5};
    for (size_t i = 0; i < 2 * sizeof sizes / sizeof sizes[0]; i++) {
        km_batch batch;
        km_result_clear(&cells);
        TEST_OK(make_batch(&batch, sizes[i / 2], i % 2, &error), &error);
        TEST_OK(put_cells(&cells, &batch, &error), &error);
        TEST_OK(fill_columns(&whole, &batch, &error), &error);
        compare_tables(&cells, &whole);
        km_batch_free(&batch);
    }
    km_result_free(&cells);
    km_result_free(&whole);
}

static kiem_status try_columns(void *context) {
    km_batch batch;
    km_result table;
    km_error error;
    (void)context;
    KM_TRY(make_batch(&batch, 100, true, &error));
    kiem_status status = km_result_init(&table, test_mem(), "table", columns, COLUMNS, &error);
    if (status == KIEM_OK) {
        status = fill_columns(&table, &batch, &error);
        km_result_free(&table);
    }
    km_batch_free(&batch);
    return status;
}

static void filling_runs_out_of_memory(void) {
    CU_ASSERT_TRUE(test_out_of_memory(try_columns, NULL) > 10);
}

/* Room that was made for some columns only is no room for rows. */
static void room_is_that_of_the_smallest_column(void) {
    for (long failing = 1; failing <= 2 * COLUMNS; failing++) {
        km_result table;
        km_error error;
        TEST_OK(km_result_init(&table, test_mem(), "table", columns, COLUMNS, &error), &error);
        test_mem_fail(failing, false);
        CU_ASSERT_FALSE(km_result_room(&table, 5000));
        test_mem_fail(0, false);
        for (int row = 0; row < 300; row++) {
            km_result_int(&table, ROW, row);
            TEST_OK(km_result_end_row(&table, &error), &error);
        }
        for (int i = 0; i < COLUMNS; i++) {
            CU_ASSERT_TRUE(table.column[i].values_capacity > table.room);
            CU_ASSERT_TRUE(table.column[i].valid_capacity * 64 >= table.room);
        }
        km_result_free(&table);
    }
}

TEST_MAIN("result", {"texts are quoted when needed", texts_are_quoted_when_needed},
          {"whole columns are cells put one by one", whole_columns_are_cells_put_one_by_one},
          {"filling runs out of memory", filling_runs_out_of_memory},
          {"room is that of the smallest column", room_is_that_of_the_smallest_column})
