#include "claim/batch.h"
#include "claim/care.h"
#include "claim/field.h"
#include "claim/lookup.h"
#include "claim/result.h"
#include "support/claims.h"
#include "support/policy_table.h"
#include "support/sheet.h"
#include "support/test.h"

static void codes_keep_text_order(void) {
    static const char *const sorted[] = {"", "0", "01", "1", "A17.0", "O80", "O80.0", "O84", "O84.9", "Z99"};
    uint64_t before = 0, code;
    for (size_t i = 0; i < sizeof sorted / sizeof sorted[0]; i++) {
        CU_ASSERT_TRUE(km_code_pack(km_text_from(sorted[i]), &code));
        if (i) CU_ASSERT_TRUE(code > before);
        before = code;
        char text[KM_CODE_MAX];
        size_t length = km_code_unpack(code, text);
        TEST_TEXT_EQUAL(((km_text){text, length}), sorted[i]);
    }
    CU_ASSERT_FALSE(km_code_pack(KM_TEXT("123456789"), &code));
    uint64_t o84, o849, o85;
    km_code_pack(KM_TEXT("O84"), &o84);
    km_code_pack(KM_TEXT("O84.9"), &o849);
    km_code_pack(KM_TEXT("O85"), &o85);
    CU_ASSERT_TRUE(o849 <= km_code_range_end(o84));
    CU_ASSERT_TRUE(o85 > km_code_range_end(o84));
}

/* The ways that spare a look at each byte, beside the plain one. */
static void short_texts_are_read_at_once(void) {
    static const char bytes[] = "A;\0:<\x80\xff 9x1234567890"; /* and its end: another NUL */
    char text[40];
    uint32_t seed = 20261122;
    for (int round = 0; round < 20000; round++) {
        size_t length = (size_t)(round % 40);
        bool has_separator = false, has_nul = false;
        uint64_t packed = 0;
        for (size_t i = 0; i < length; i++) {
            seed = seed * 1664525u + 1013904223u;
            text[i] = bytes[(seed >> 24) % sizeof bytes];
            has_separator = has_separator || text[i] == ';';
            has_nul = has_nul || !text[i];
            if (i < KM_CODE_MAX) packed |= (uint64_t)(unsigned char)text[i] << (56 - 8 * i);
        }
        uint64_t code = 1;
        bool is_code = length <= KM_CODE_MAX && !has_nul;
        CU_ASSERT_EQUAL(km_single_part((km_text){text, length}, ';'), !has_separator);
        CU_ASSERT_EQUAL(km_code_pack((km_text){text, length}, &code), is_code);
        CU_ASSERT_EQUAL(code, is_code ? packed : 0);
        if (length >= KM_CODE_MAX) CU_ASSERT_EQUAL(km_eight_bytes(text), packed);
    }
}

static void field_tables_hold_together(void) {
    for (int scope = 0; scope < KM_SCOPE_COUNT; scope++) {
        int count;
        const km_field *fields = km_fields((km_scope)scope, &count);
        CU_ASSERT_TRUE(count <= KM_FIELD_MAX);
        for (int i = 0; i < count; i++) {
            CU_ASSERT_EQUAL(km_field_find((km_scope)scope, km_text_from(fields[i].name)), i);
            if (fields[i].flags & (KM_FIELD_LIST | KM_FIELD_PERSONAL | KM_FIELD_CARD)) {
                CU_ASSERT_EQUAL(fields[i].type, KM_TYPE_TEXT);
            }
        }
        CU_ASSERT_EQUAL(km_scope_find(km_text_from(km_scope_name((km_scope)scope))), scope);
    }
    CU_ASSERT_EQUAL(km_field_find(KM_SCOPE_CLAIM, KM_TEXT("t_bhtt")), KM_CLAIM_T_BHTT);
    CU_ASSERT_EQUAL(km_field_find(KM_SCOPE_CLAIM, KM_TEXT("T_BHT")), -1);
}

static void personal_values_are_masked(void) {
    int count;
    const km_field *fields = km_fields(KM_SCOPE_CLAIM, &count);
    km_buf buf;
    km_buf_init(&buf, test_mem());
    km_value name = {.type = KM_TYPE_TEXT, .known = true, .text = KM_TEXT("Lê Thử 12")};
    km_field_show(&buf, &fields[KM_CLAIM_HO_TEN], &name);
    TEST_TEXT_EQUAL(km_buf_view(&buf), "AA AAA 99");
    km_buf_clear(&buf);
    km_value cards = {.type = KM_TYPE_TEXT, .known = true, .text = KM_TEXT("GD4790123456789;TE1")};
    km_field_show(&buf, &fields[KM_CLAIM_MA_THE_BHYT], &cards);
    TEST_TEXT_EQUAL(km_buf_view(&buf), "GD4799999999999;TE1");
    km_buf_free(&buf);
}

static kiem_status fill_batch(km_batch *batch, km_error *error) {
    km_fieldset fields = {0};
    km_fieldset_add(&fields, KM_CLAIM_MA_LK);
    km_fieldset_add(&fields, KM_CLAIM_T_BHTT);
    km_fieldset_add(&fields, KM_CLAIM_NGAY_VAO);
    km_fieldset_add(&fields, KM_CLAIM_HO_TEN);
    KM_TRY(km_batch_init(batch, test_mem(), KM_SCOPE_CLAIM, &fields, 100, error));
    for (uint32_t i = 0; i < 100; i++) {
        char key[16];
        snprintf(key, sizeof key, "LK%u", i);
        batch->row[i] = i + 2;
        if (!km_column_put_text(test_mem(), &batch->column[KM_CLAIM_MA_LK], i, km_text_from(key)) ||
            !km_column_put_text(test_mem(), &batch->column[KM_CLAIM_HO_TEN], i, (km_text){"", 0})) {
            km_batch_free(batch);
            return km_nomem(error);
        }
        if (i % 3) km_column_put(&batch->column[KM_CLAIM_T_BHTT], 8, i, (int64_t)i * 1000000007);
        km_column_put(&batch->column[KM_CLAIM_NGAY_VAO], 4, i, -(int)i);
    }
    batch->rows = 100;
    batch->base = 4096;
    return KIEM_OK;
}

static void images_hold_the_batch(void) {
    km_batch batch, copy;
    km_error error;
    TEST_OK(fill_batch(&batch, &error), &error);
    km_fieldset keep = batch.present;
    km_fieldset_remove(&keep, KM_CLAIM_NGAY_VAO);
    size_t size = km_batch_image_size(&batch, &keep);
    void *image = km_alloc(test_mem(), size);
    km_batch_image_write(&batch, &keep, image);
    CU_ASSERT_EQUAL(*(uint64_t *)image, size);
    km_batch_image_open(&copy, test_mem(), image);
    TEST_OK(km_batch_add_column(&copy, KM_CLAIM_score, &error), &error);
    CU_ASSERT_EQUAL(copy.rows, 100);
    CU_ASSERT_EQUAL(copy.base, 4096);
    CU_ASSERT_FALSE(km_fieldset_has(&copy.present, KM_CLAIM_NGAY_VAO));
    for (uint32_t i = 0; i < 100; i++) {
        CU_ASSERT_EQUAL(copy.row[i], i + 2);
        CU_ASSERT_TRUE(
            km_text_equal(km_batch_text(&copy, KM_CLAIM_MA_LK, i), km_batch_text(&batch, KM_CLAIM_MA_LK, i)));
        CU_ASSERT_EQUAL(km_batch_int(&copy, KM_CLAIM_T_BHTT, i, -1), i % 3 ? (int64_t)i * 1000000007 : -1);
        CU_ASSERT_FALSE(km_batch_value(&copy, KM_CLAIM_HO_TEN, i).known);
        CU_ASSERT_EQUAL(km_batch_int(&copy, KM_CLAIM_NGAY_VAO, i, 77), 77);
    }
    km_batch_free(&copy);
    km_free(test_mem(), image, size);
    km_batch_free(&batch);
}

static kiem_status try_batch(void *context) {
    (void)context;
    km_batch batch;
    KM_TRY(fill_batch(&batch, NULL));
    km_batch_free(&batch);
    return KIEM_OK;
}

/* ---- sheets made by hand, as the reader would make them */

static const km_sheet *make_schema(test_sheet *made) {
    return test_sheet_make(made, "tables.csv", "table|column|role|type|scale",
                           "base_salary|effective_from|from|date||base_salary|vnd|value|number|2|"
                           "groups|code|key|code||groups|level|value|number|0|"
                           "groups|effective_from|from|date||groups|effective_to|to|date|");
}

static km_day day_of(const char *text) {
    km_day day = 0;
    CU_ASSERT_TRUE(km_iso_date_parse(km_text_from(text), &day));
    return day;
}

static void lookups_follow_dates(void) {
    test_sheet schema, rows;
    km_lookup lookup;
    km_error error;
    test_sheet_make(&rows, "base_salary.csv", "effective_from|vnd|source",
                    "2023-07-01|1800000|x|2019-07-01|1490000|y|2024-07-01|2340000|z");
    TEST_OK(km_lookup_build(&lookup, test_mem(), KM_TEXT("base_salary"), make_schema(&schema), &rows.sheet,
                            &error),
            &error);
    CU_ASSERT_EQUAL(lookup.columns, 2);
    const km_value *vnd = lookup.column[km_lookup_find_column(&lookup, KM_TEXT("VND"))].cells;
    CU_ASSERT_EQUAL(km_lookup_row(&lookup, NULL, day_of("2019-06-30")), KM_LOOKUP_NO_ROW);
    CU_ASSERT_EQUAL(vnd[km_lookup_row(&lookup, NULL, day_of("2023-06-30"))].number, 149000000);
    CU_ASSERT_EQUAL(vnd[km_lookup_row(&lookup, NULL, day_of("2023-07-01"))].number, 180000000);
    CU_ASSERT_EQUAL(vnd[km_lookup_row(&lookup, NULL, day_of("2030-01-01"))].number, 234000000);
    km_lookup_free(&lookup);
}

static void lookups_find_keys(void) {
    test_sheet schema, rows;
    km_lookup lookup;
    km_error error;
    test_sheet_make(&rows, "groups.csv", "code|level|effective_from|effective_to",
                    "CN|3|2015-01-01|2025-12-31|CN|2|2026-01-01||GD|4|2015-01-01|");
    make_schema(&schema);
    TEST_OK(km_lookup_build(&lookup, test_mem(), KM_TEXT("groups"), &schema.sheet, &rows.sheet, &error),
            &error);
    km_value key = {.type = KM_TYPE_CODE, .known = true};
    km_code_pack(KM_TEXT("CN"), &key.code);
    CU_ASSERT_EQUAL(km_lookup_row(&lookup, &key, day_of("2025-12-31")), 0);
    CU_ASSERT_EQUAL(km_lookup_row(&lookup, &key, day_of("2026-01-01")), 1);
    CU_ASSERT_EQUAL(km_lookup_row(&lookup, &key, day_of("2014-01-01")), KM_LOOKUP_NO_ROW);
    km_code_pack(KM_TEXT("XX"), &key.code);
    CU_ASSERT_EQUAL(km_lookup_row(&lookup, &key, day_of("2025-12-31")), KM_LOOKUP_NO_ROW);
    key.known = false;
    CU_ASSERT_EQUAL(km_lookup_row(&lookup, &key, day_of("2025-12-31")), KM_LOOKUP_NO_ROW);
    km_lookup_free(&lookup);
    rows.cells[3] = km_text_from("2026-02-01");
    CU_ASSERT_EQUAL(
        km_lookup_build(&lookup, test_mem(), KM_TEXT("groups"), &schema.sheet, &rows.sheet, &error),
        KIEM_E_POLICY);
    TEST_MESSAGE(&error, "overlaps in time");
    rows.cells[3] = km_text_from("31/12/2025");
    CU_ASSERT_EQUAL(
        km_lookup_build(&lookup, test_mem(), KM_TEXT("groups"), &schema.sheet, &rows.sheet, &error),
        KIEM_E_POLICY);
    TEST_MESSAGE(&error, "yyyy-mm-dd");
    CU_ASSERT_EQUAL(error.line, 2);
    CU_ASSERT_EQUAL(error.column, 4);
}

/* What a spreadsheet and a hasty hand make of a table must not be rows that nothing ever matches. */
static void lookups_mend_codes_and_know_words(void) {
    test_sheet schema, rows;
    km_lookup lookup;
    km_error error;
    test_sheet_make(&schema, "tables.csv", "table|column|role|type|scale",
                    "places|code|key|code|5|places|tier|optional|text|central;commune");
    test_sheet_make(&rows, "places.csv", "code|tier", "1001|Commune|*|central|1X01|");
    TEST_OK(km_lookup_build(&lookup, test_mem(), KM_TEXT("places"), &schema.sheet, &rows.sheet, &error),
            &error);
    static const char *const codes[] = {"01001", "*", "1X01"};
    for (int i = 0; i < 3; i++) {
        km_value key = {.type = KM_TYPE_CODE, .known = true};
        km_code_pack(km_text_from(codes[i]), &key.code);
        CU_ASSERT_EQUAL(km_lookup_row(&lookup, &key, 0), i);
    }
    TEST_TEXT_EQUAL(lookup.column[1].cells[0].text, "commune");
    CU_ASSERT_FALSE(lookup.column[1].cells[2].known);
    km_lookup_free(&lookup);
    rows.cells[1] = km_text_from("Tuyến xã");
    CU_ASSERT_EQUAL(
        km_lookup_build(&lookup, test_mem(), KM_TEXT("places"), &schema.sheet, &rows.sheet, &error),
        KIEM_E_POLICY);
    TEST_MESSAGE(&error, "column 'tier' of table 'places': 'Tuyến xã' is not one of central, commune");
    CU_ASSERT_EQUAL(error.line, 2);
    CU_ASSERT_EQUAL(error.column, 2);
}

static void results_render_as_text(void) {
    static const km_result_spec specs[] = {{"name", KM_TYPE_TEXT, 0},
                                           {"money", KM_TYPE_NUMBER, 2},
                                           {"ratio", KM_TYPE_NUMBER, 6},
                                           {"day", KM_TYPE_DATE, 0}};
    km_result result;
    km_error error;
    km_buf buf;
    km_buf_init(&buf, test_mem());
    TEST_OK(km_result_init(&result, test_mem(), "t", specs, 4, &error), &error);
    km_result_text(&result, 0, KM_TEXT("a \"b\", c"));
    km_result_int(&result, 1, 123450);
    km_result_int(&result, 2, 820000);
    km_result_int(&result, 3, 0);
    TEST_OK(km_result_end_row(&result, &error), &error);
    km_result_int(&result, 1, -5);
    TEST_OK(km_result_end_row(&result, &error), &error);
    km_result_csv_header(&result, &buf);
    km_result_csv(&result, 0, 2, &buf);
    TEST_TEXT_EQUAL(km_buf_view(&buf),
                    "name,money,ratio,day\n\"a \"\"b\"\", c\",1234.5,0.820000,1970-01-01\n,-0.05,,\n");
    km_buf_clear(&buf);
    km_result_ndjson(&result, 0, 2, &buf);
    TEST_TEXT_EQUAL(
        km_buf_view(&buf),
        "{\"name\":\"a \\\"b\\\", c\",\"money\":1234.5,\"ratio\":0.820000,\"day\":\"1970-01-01\"}\n"
        "{\"name\":null,\"money\":-0.05,\"ratio\":null,\"day\":null}\n");
    km_buf_free(&buf);
    km_result_free(&result);
}

/* ---- tables put together from pieces */

static const km_result_spec piece_specs[] = {{"text", KM_TYPE_TEXT, 0}, {"number", KM_TYPE_NUMBER, 0}};

/* A row that can be told from its number; many are NULL in one column or the other. */
static kiem_status put_row(km_result *out, uint64_t row, km_error *error) {
    char text[24];
    uint64_t seed = row;
    uint64_t random = test_random(&seed);
    int length = snprintf(text, sizeof text, "%d", (int)(random % 100000));
    if (random >> 32 & 1) km_result_text(out, 0, (km_text){text, (size_t)length * (random >> 33 & 1)});
    if (random >> 34 & 3) km_result_int(out, 1, (int64_t)random);
    return km_result_end_row(out, error);
}

static void compare_rows(const km_result *left, const km_result *right) {
    CU_ASSERT_EQUAL_FATAL(left->rows, right->rows);
    for (uint64_t row = 0; row < left->rows; row++) {
        for (int i = 0; i < left->columns; i++) {
            km_value a = km_result_value(left, i, row), b = km_result_value(right, i, row);
            CU_ASSERT_EQUAL(a.known, b.known);
            if (!a.known || !b.known) continue;
            CU_ASSERT_EQUAL(a.number, b.number);
            CU_ASSERT_TRUE(a.type != KM_TYPE_TEXT || km_text_equal(a.text, b.text));
        }
    }
}

/* Pieces of any length, and rows of their own between them, make the same table as row after row. */
static void tables_are_put_together_from_pieces(void) {
    km_error error;
    for (uint64_t round = 0; round < 60; round++) {
        km_result whole, pieces, piece;
        uint64_t seed = round, row = 0;
        TEST_OK(km_result_init(&whole, test_mem(), "whole", piece_specs, 2, &error), &error);
        TEST_OK(km_result_init(&pieces, test_mem(), "pieces", piece_specs, 2, &error), &error);
        TEST_OK(km_result_init(&piece, test_mem(), "piece", piece_specs, 2, &error), &error);
        for (int i = 0; i < 12; i++) {
            uint64_t end = row + test_random(&seed) % (round % 2 ? 200 : 66);
            bool direct = test_random(&seed) % 4 == 0;
            km_result_clear(&piece);
            for (; row < end; row++) {
                TEST_OK(put_row(&whole, row, &error), &error);
                TEST_OK(put_row(direct ? &pieces : &piece, row, &error), &error);
            }
            TEST_OK(km_result_append(&pieces, &piece, &error), &error);
        }
        compare_rows(&whole, &pieces);
        km_result_free(&whole);
        km_result_free(&pieces);
        km_result_free(&piece);
    }
}

/* A piece that finds no room leaves the table as it was. */
static kiem_status try_append(void *context) {
    km_result *piece = context, table;
    km_error error;
    kiem_status status = km_result_init(&table, test_mem(), "table", piece_specs, 2, &error);
    for (int i = 0; i < 3 && status == KIEM_OK; i++) {
        uint64_t before = table.rows;
        status = km_result_append(&table, piece, &error);
        CU_ASSERT_EQUAL(table.rows, status == KIEM_OK ? before + piece->rows : before);
    }
    km_result_free(&table);
    return status;
}

static void appending_runs_out_of_memory(void) {
    km_result piece;
    km_error error;
    TEST_OK(km_result_init(&piece, km_mem_default(), "piece", piece_specs, 2, &error), &error);
    for (uint64_t row = 0; row < 100; row++) TEST_OK(put_row(&piece, row, &error), &error);
    CU_ASSERT_TRUE(test_out_of_memory(try_append, &piece) > 5);
    km_result_free(&piece);
}

/* What the code takes for a stay is what the tables of kinds of care say, in old files and new ones. */
static void kinds_of_care_follow_the_list_of_the_file(void) {
    static const struct {
        const char *table, *standard;
    } lists[] = {{"kinds_of_care", "3176"},
                 {"kinds_of_care", "130"},
                 {"kinds_of_care_4210", "4210"},
                 {"kinds_of_care_4210", "79a"}};
    for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++) {
        km_lookup table;
        test_policy_table(&table, lists[i].table);
        int inpatient = km_lookup_find_column(&table, KM_TEXT("inpatient"));
        CU_ASSERT_TRUE(table.rows >= 9);
        for (uint32_t row = 0; row < table.rows; row++) {
            char code[KM_CODE_MAX + 1] = "", cells[32];
            const char *one = cells;
            km_batch batch;
            km_error error;
            km_code_unpack(table.column[table.keys[0]].cells[row].code, code);
            snprintf(cells, sizeof cells, "%s|%s", code, lists[i].standard);
            TEST_OK(test_claims(&batch, "MA_LOAI_KCB|STANDARD", &one, 1, &error), &error);
            km_kind kind = km_batch_kind(&batch);
            CU_ASSERT_EQUAL(km_kind_care(&kind, 0) == KM_CARE_IN,
                            table.column[inpatient].cells[row].number == 1);
            km_batch_free(&batch);
        }
        km_lookup_free(&table);
    }
}

static void running_out_of_memory_is_a_status(void) {
    CU_ASSERT_TRUE(test_out_of_memory(try_batch, NULL) > 5);
}

/* A batch of claims may have any number of lines. */
static void what_is_not_there_is_null_in_every_row(void) {
    enum { ROWS = 200000 };
    const km_fieldset none = {0};
    km_batch lines;
    km_error error;
    TEST_OK(km_batch_init(&lines, test_mem(), KM_SCOPE_SERVICE, &none, ROWS, &error), &error);
    const km_cells time = km_batch_cells(&lines, KM_SERVICE_NGAY_KQ),
                   money = km_batch_cells(&lines, KM_SERVICE_T_BHTT);
    uint32_t known = 0, others = 0;
    for (uint32_t row = 0; row < ROWS; row++) {
        known += km_cells_known(&time, row) + km_cells_known(&money, row);
        others += km_cells_value(&time, row) || km_cells_value(&money, row);
    }
    CU_ASSERT_EQUAL(known, 0);
    CU_ASSERT_EQUAL(others, 0);
    km_batch_free(&lines);
}

TEST_MAIN("claim", {"codes keep text order", codes_keep_text_order},
          {"short texts are read at once", short_texts_are_read_at_once},
          {"field tables hold together", field_tables_hold_together},
          {"personal values are masked", personal_values_are_masked},
          {"what is not there is NULL in every row", what_is_not_there_is_null_in_every_row},
          {"images hold the batch", images_hold_the_batch}, {"lookups follow dates", lookups_follow_dates},
          {"lookups find keys", lookups_find_keys},
          {"lookups mend codes and know words", lookups_mend_codes_and_know_words},
          {"results render as text", results_render_as_text},
          {"tables are put together from pieces", tables_are_put_together_from_pieces},
          {"appending runs out of memory", appending_runs_out_of_memory},
          {"kinds of care follow the list of the file", kinds_of_care_follow_the_list_of_the_file},
          {"running out of memory is a status", running_out_of_memory_is_a_status})
