#include "base/decimal.h"
#include "ingest/decode.h"
#include "support/test.h"

enum { ROWS_MAX = 200 };

/* One column of cells, with nothing readable behind its slack. */
typedef struct cells_of_test {
    char *bytes;
    size_t size;
    uint32_t offsets[ROWS_MAX + 1];
    uint32_t rows;
} cells_of_test;

static void add_cell(cells_of_test *cells, km_text cell) {
    char *bytes = km_alloc(test_mem(), cells->size + cell.length + KM_CELL_SLACK);
    CU_ASSERT_PTR_NOT_NULL_FATAL(bytes);
    if (cells->size) memcpy(bytes, cells->bytes, cells->size);
    if (cell.length) memcpy(bytes + cells->size, cell.ptr, cell.length);
    if (cells->bytes) km_free(test_mem(), cells->bytes, cells->size + KM_CELL_SLACK);
    cells->bytes = bytes;
    cells->size += cell.length;
    cells->offsets[++cells->rows] = (uint32_t)cells->size;
}

static void free_cells(cells_of_test *cells) {
    if (cells->bytes) km_free(test_mem(), cells->bytes, cells->size + KM_CELL_SLACK);
    *cells = (cells_of_test){0};
}

typedef struct result_of_test {
    km_batch batch;
    km_bad_cells bad;
    km_day_cache days;
} result_of_test;

static void decode(result_of_test *decoded, km_scope scope, int field, bool decimal_comma,
                   const cells_of_test *cells) {
    km_fieldset fields = {0};
    km_fieldset_add(&fields, field);
    decoded->bad = (km_bad_cells){.mem = test_mem()};
    memset(&decoded->days, 0, sizeof decoded->days);
    CU_ASSERT_EQUAL_FATAL(km_batch_init(&decoded->batch, test_mem(), scope, &fields, ROWS_MAX, NULL),
                          KIEM_OK);
    decoded->batch.rows = cells->rows;
    km_decode how = km_decode_of(scope, field, decimal_comma, &decoded->days);
    km_cell_texts view = km_cells_in_a_row(cells->bytes, cells->offsets, cells->rows);
    km_decode_column(&how, &view, 0, &decoded->batch.column[field], &decoded->bad);
    CU_ASSERT_FALSE(decoded->bad.broken);
}

static void free_decoded(result_of_test *decoded) {
    km_batch_free(&decoded->batch);
    km_free(test_mem(), decoded->bad.list, decoded->bad.capacity * sizeof *decoded->bad.list);
}

/* What became of one cell: its value as findings show it, "NULL", "BAD" or "UNCLEAR". */
static void check_cell(km_scope scope, int field, bool decimal_comma, const char *cell,
                       const char *expected) {
    static result_of_test decoded;
    cells_of_test cells = {0};
    km_buf shown;
    km_buf_init(&shown, test_mem());
    add_cell(&cells, km_text_from(cell));
    decode(&decoded, scope, field, decimal_comma, &cells);
    km_value value = km_batch_value(&decoded.batch, field, 0);
    if (decoded.bad.count) {
        CU_ASSERT_FALSE(value.known);
        km_buf_string(&shown, decoded.bad.list[0].separators ? "UNCLEAR" : "BAD");
    } else if (value.known) {
        km_buf_value(&shown, &value);
    } else {
        km_buf_string(&shown, "NULL");
    }
    if (!km_text_equal(km_buf_view(&shown), km_text_from(expected))) fprintf(stderr, "cell '%s': ", cell);
    TEST_TEXT_EQUAL(km_buf_view(&shown), expected);
    free_decoded(&decoded);
    free_cells(&cells);
    km_buf_free(&shown);
}

typedef struct cell_case {
    int field;
    const char *cell, *expected;
} cell_case;

static void check_cells(const cell_case *cases, size_t count, bool decimal_comma) {
    for (size_t i = 0; i < count; i++)
        check_cell(KM_SCOPE_CLAIM, cases[i].field, decimal_comma, cases[i].cell, cases[i].expected);
}

#define CHECK_CELLS(cases, decimal_comma) check_cells(cases, sizeof(cases) / sizeof(cases)[0], decimal_comma)

static const cell_case plain_cells[] = {
    {KM_CLAIM_T_BHTT, "97946.66", "97946.66"},
    {KM_CLAIM_T_BHTT, "0", "0"},
    {KM_CLAIM_T_BHTT, "12345678", "12345678"},
    {KM_CLAIM_T_BHTT, "123456789", "123456789"},
    {KM_CLAIM_T_BHTT, "123456789012.5", "123456789012.5"},
    {KM_CLAIM_T_BHTT, "-1234.5", "-1234.5"},
    {KM_CLAIM_T_BHTT, "1.50", "1.5"},
    {KM_CLAIM_T_BHTT, "50600.000", "50600"},
    {KM_CLAIM_T_BHTT, ".5", "0.5"},
    {KM_CLAIM_T_BHTT, "5.", "5"},
    {KM_CLAIM_T_BHTT, " 1234 ", "1234"},
    {KM_CLAIM_T_BHTT,
     "\xC2\xA0"
     "1234\xC2\xA0",
     "1234"},
    {KM_CLAIM_T_BHTT, "=\"1234\"", "1234"},
    {KM_CLAIM_MA_CSKCB,
     "\xC2\xA0"
     "01001\xE2\x80\x8B",
     "01001"},
    {KM_CLAIM_MA_CSKCB, "=\"01H04\"", "01H04"},
    {KM_CLAIM_MA_CSKCB, "=\"\"", "NULL"},
    {KM_CLAIM_MA_CSKCB, "1004.0", "01004"},
    {KM_CLAIM_MA_CSKCB, "123.0", "00123"},
    {KM_CLAIM_MA_LOAI_KCB, "1.0", "01"},
    {KM_CLAIM_MA_LOAI_KCB, "10.0", "10"},
    {KM_CLAIM_MA_DOITUONG_KCB, "2.0", "2"},
    {KM_CLAIM_MA_DOITUONG_KCB, "1.1", "1.1"},
    {KM_CLAIM_MA_DOITUONG_KCB, "1.10", "1.10"},
    {KM_CLAIM_MA_KHUVUC, ".0", ".0"},
    {KM_CLAIM_MA_LK, "=\"0012\"", "0012"},
    {KM_CLAIM_MA_LK,
     "\xE2\x80\x8B"
     "A1\xC2\xA0",
     "A1"},
    {KM_CLAIM_HO_TEN, "Tr\xC3\xA0", "Tr\xC3\xA0"},
    {KM_CLAIM_HO_TEN, "H\xE1\xBB\x8B", "H\xE1\xBB\x8B"},
    {KM_CLAIM_T_BHTT, "'1234", "1234"},
    {KM_CLAIM_T_BHTT, "' 1234\t", "1234"},
    {KM_CLAIM_T_BHTT, "", "NULL"},
    {KM_CLAIM_T_BHTT, "  ", "NULL"},
    {KM_CLAIM_T_BHTT, "'", "NULL"},
    {KM_CLAIM_T_BHTT, "NULL", "NULL"},
    {KM_CLAIM_T_BHTT, "null", "NULL"},
    {KM_CLAIM_T_BHTT, "nan", "NULL"},
    {KM_CLAIM_T_BHTT, " NaN ", "NULL"},
    {KM_CLAIM_T_BHTT, "Null", "BAD"},
    {KM_CLAIM_T_BHTT, "12a", "BAD"},
    {KM_CLAIM_T_BHTT, "1 234", "BAD"},
    {KM_CLAIM_T_BHTT, "1234.5678", "BAD"},
    {KM_CLAIM_T_BHTT, "1000000000000000", "1000000000000000"}, /* 10^15 */
    {KM_CLAIM_T_BHTT, "-1000000000000000", "-1000000000000000"},
    {KM_CLAIM_T_BHTT, "1000000000000000.01", "BAD"},
    {KM_CLAIM_T_BHTT, "-1000000000000001", "BAD"},
    {KM_CLAIM_T_BHTT, "99999999999999999999", "BAD"},
    {KM_CLAIM_T_BHTT, "1.234", "BAD"}, /* unclear only if no other amount shows decimals */
    {KM_CLAIM_T_BHTT, "1.234.567", "UNCLEAR"},
    {KM_CLAIM_T_BHTT, "1,234", "UNCLEAR"},
    {KM_CLAIM_T_BHTT, "1234,5", "UNCLEAR"},
    {KM_CLAIM_CAN_NANG, "3.25", "3.25"},
    {KM_CLAIM_CAN_NANG, "3.255", "BAD"}, /* too exact, but no thousands */
    {KM_CLAIM_CAN_NANG, "3,25", "UNCLEAR"},
    {KM_CLAIM_CAN_NANG, "1.234.567", "UNCLEAR"},
    {KM_CLAIM_SO_NGAY_DTRI, "7", "7"},
    {KM_CLAIM_SO_NGAY_DTRI, "007", "7"},
    {KM_CLAIM_SO_NGAY_DTRI, "7.0", "7"},
    {KM_CLAIM_SO_NGAY_DTRI, "7.5", "BAD"},
    {KM_CLAIM_SO_NGAY_DTRI, "7,5", "UNCLEAR"},
    {KM_CLAIM_SO_NGAY_DTRI, "2147483647", "2147483647"},
    {KM_CLAIM_SO_NGAY_DTRI, "2147483648", "BAD"},
    {KM_CLAIM_SO_NGAY_DTRI, "-1", "-1"},
    {KM_CLAIM_NGAY_VAO, "202601150820", "2026-01-15 08:20"},
    {KM_CLAIM_NGAY_VAO, "'202601150820", "2026-01-15 08:20"},
    {KM_CLAIM_NGAY_VAO, "20260115082059", "2026-01-15 08:20"},
    {KM_CLAIM_NGAY_VAO, "20260115", "2026-01-15 00:00"},
    {KM_CLAIM_NGAY_VAO, "2026-01-15T08:20:30", "2026-01-15 08:20"},
    {KM_CLAIM_NGAY_VAO, "202601152400", "BAD"},
    {KM_CLAIM_NGAY_VAO, "202601150860", "BAD"},
    {KM_CLAIM_NGAY_VAO, "20260115082x", "BAD"},
    {KM_CLAIM_NGAY_VAO, "202602300820", "BAD"},
    {KM_CLAIM_NGAY_VAO, "99999999999", "BAD"},
    {KM_CLAIM_NGAY_VAO, "15/01/2026", "BAD"},
    {KM_CLAIM_NGAY_VAO, "nan", "NULL"},
    {KM_CLAIM_NGAY_MIEN_CCT, "20240229", "2024-02-29"},
    {KM_CLAIM_NGAY_MIEN_CCT, "202402291530", "2024-02-29"},
    {KM_CLAIM_NGAY_MIEN_CCT, "20230229", "BAD"},
    {KM_CLAIM_NGAY_SINH, "198003150000", "1980-03-15"},
    {KM_CLAIM_NGAY_SINH, "19800331", "1980-03-31"},
    {KM_CLAIM_NGAY_SINH, "198000000000", "1980"},
    {KM_CLAIM_NGAY_SINH, "1980", "1980"},
    {KM_CLAIM_NGAY_SINH, "19800231", "BAD"},
    {KM_CLAIM_NGAY_SINH, "198003152460", "BAD"},
    {KM_CLAIM_NGAY_SINH, "18990101", "BAD"},
    {KM_CLAIM_MA_DOITUONG_KCB, "1.1", "1.1"},
    {KM_CLAIM_MA_DOITUONG_KCB, " 1.1 ", "1.1"},
    {KM_CLAIM_MA_DOITUONG_KCB, "12345678", "12345678"},
    {KM_CLAIM_MA_DOITUONG_KCB, "123456789", "BAD"},
    {KM_CLAIM_MA_DOITUONG_KCB, "nan", "NULL"},
    {KM_CLAIM_MA_DOITUONG_KCB, "NA", "NA"},
    {KM_CLAIM_MA_CSKCB, "01001", "01001"},
    {KM_CLAIM_MA_CSKCB, "1001", "01001"},
    {KM_CLAIM_MA_CSKCB, "'1001", "01001"},
    {KM_CLAIM_MA_CSKCB, "A01", "A01"},
    {KM_CLAIM_MA_LOAI_KCB, "3", "03"},
    {KM_CLAIM_MA_LOAI_KCB, "5", "05"},
    {KM_CLAIM_MA_LOAI_KCB, "03", "03"},
    {KM_CLAIM_MA_BENH_CHINH, "J20.9", "J20.9"},
    {KM_CLAIM_MA_BENH_CHINH, "j20.9", "J20.9"},
    {KM_CLAIM_MA_BENH_CHINH, " J20 .9 ", "J20.9"},
    {KM_CLAIM_MA_BENH_CHINH, "A17.0†", "A17.0"},
    {KM_CLAIM_MA_BENH_CHINH, "A17.0 ✝", "A17.0"},
    {KM_CLAIM_MA_BENH_CHINH, "G01*", "G01"},
    {KM_CLAIM_MA_BENH_CHINH, "'N18.5", "N18.5"},
    {KM_CLAIM_MA_BENH_CHINH, "NULL", "NULL"},
    {KM_CLAIM_MA_BENH_CHINH, "NaN", "NULL"},
    {KM_CLAIM_MA_BENH_CHINH, "*", "NULL"},
    {KM_CLAIM_MA_BENH_CHINH, "J20.9;I10", "BAD"},
};

static void every_kind_of_cell_is_read(void) {
    CHECK_CELLS(plain_cells, false);
}

static void decimal_comma_is_read_when_asked_for(void) {
    static const cell_case cases[] = {
        {KM_CLAIM_T_BHTT, "1.234,50", "1234.5"},
        {KM_CLAIM_T_BHTT, "1234,5", "1234.5"},
        {KM_CLAIM_T_BHTT, "1.234.567", "1234567"},
        {KM_CLAIM_T_BHTT, "1234", "1234"},
        {KM_CLAIM_T_BHTT, "1234.50", "UNCLEAR"},
        {KM_CLAIM_T_BHTT, "1234,567", "BAD"},
        {KM_CLAIM_CAN_NANG, "3,25", "3.25"},
        {KM_CLAIM_CAN_NANG, "3.2", "UNCLEAR"},
        {KM_CLAIM_NGAY_VAO, "202601150820", "2026-01-15 08:20"},
    };
    CHECK_CELLS(cases, true);
    check_cell(KM_SCOPE_DRUG, KM_DRUG_SO_LUONG, false, "20.000", "20");
    check_cell(KM_SCOPE_DRUG, KM_DRUG_DON_GIA, false, "12345.678", "12345.678");
    check_cell(KM_SCOPE_DRUG, KM_DRUG_DON_GIA, false, "1.234", "1.234");
    check_cell(KM_SCOPE_DRUG, KM_DRUG_DON_GIA, false, "1.234.567", "UNCLEAR");
    check_cell(KM_SCOPE_DRUG, KM_DRUG_DON_GIA, true, "1.234", "1234");
}

/* The quick ways must agree with the parsers they stand for, whatever the cells and their neighbours are. */
static void quick_readers_agree_with_the_parsers(void) {
    static const char letters[] = "0123456789012345678901234567890123456789..,-+ 'a";
    static const int fields[] = {KM_CLAIM_T_BHTT, KM_CLAIM_SO_NGAY_DTRI, KM_CLAIM_NGAY_VAO,
                                 KM_CLAIM_NGAY_MIEN_CCT, KM_CLAIM_NGAY_SINH};
    static result_of_test decoded;
    uint64_t seed = 11;
    unsigned differences = 0, read = 0;
    for (int round = 0; round < 400; round++) {
        int field = fields[round % 5], count;
        const km_field *about = &km_fields(KM_SCOPE_CLAIM, &count)[field];
        cells_of_test cells = {0};
        while (cells.rows < ROWS_MAX) {
            char cell[20];
            size_t size = test_random(&seed) % 17;
            for (size_t i = 0; i < size; i++) cell[i] = letters[test_random(&seed) % (sizeof letters - 1)];
            if (round % 2 && round % 5 > 1) /* mostly dates */
                size = (size_t)snprintf(cell, sizeof cell, "20%02d%02d%02d%04d",
                                        (int)(test_random(&seed) % 90), (int)(test_random(&seed) % 14),
                                        (int)(test_random(&seed) % 33), (int)(test_random(&seed) % 2500)) -
                       (test_random(&seed) % 2 ? 4 : 0);
            add_cell(&cells, (km_text){cell, size});
        }
        decode(&decoded, KM_SCOPE_CLAIM, field, false, &cells);
        for (uint32_t row = 0; row < ROWS_MAX; row++) {
            km_text cell = {cells.bytes + cells.offsets[row], cells.offsets[row + 1] - cells.offsets[row]};
            cell = km_text_trim(cell);
            if (cell.length && cell.ptr[0] == '\'')
                cell = km_text_trim((km_text){cell.ptr + 1, cell.length - 1});
            int64_t number = 0;
            int32_t day = 0;
            bool known = false;
            switch (about->type) {
            case KM_TYPE_NUMBER: known = km_decimal_parse(cell, about->scale, &number) == KM_NUMBER_OK; break;
            case KM_TYPE_TIME: known = km_time_parse(cell, &day); break;
            case KM_TYPE_DATE: known = km_date_parse(cell, &day); break;
            default: known = km_birth_parse(cell, &day); break;
            }
            if (about->type != KM_TYPE_NUMBER) number = day;
            if (about->flags & KM_FIELD_NARROW && (number > INT32_MAX || number < INT32_MIN)) known = false;
            if (number > 100000000000000000 || number < -100000000000000000) known = false;
            km_value value = km_batch_value(&decoded.batch, field, row);
            read += known;
            differences += value.known != known || (known && value.number != number);
        }
        free_decoded(&decoded);
        free_cells(&cells);
    }
    CU_ASSERT_EQUAL(differences, 0);
    CU_ASSERT_TRUE(read > 5000);
}

static void texts_are_cleaned(void) {
    static const char *const cases[][2] = {
        {"Nguyễn", "Nguyễn"},
        {" a b ", "a b"},
        {"", ""},
        {"\t", ""},
        {"nan", ""},
        {"Nan", "Nan"},
        {"NULL", ""},
        {"nul", "nul"},
        {"'GD479", "GD479"},
        {"'a' 'b'", "'a' 'b'"},
        {"'", ""},
        {"x", "x"},
        {"H'Mông", "H'Mông"},
        {" ' 0012", "0012"},
        {"a\nb", "a\nb"},
        {"null ", ""},
        {"last", "last"},
        {"sixteen bytes it", "sixteen bytes it"},
        {"a text that is longer", "a text that is longer"},
        /* accents behind their letters, in both orders that occur, and one without a letter */
        {"Phe\xCC\x82\xCC\x83u thua\xCC\xA3\xCC\x82t, ph\xC3\xAA\xCC\x83u", "Phễu thuật, phễu"},
        {"u\xCC\x9B\xCC\xA3", "ự"},
        {"\xCC\x81", "\xCC\x81"},
        {" Nguye\xCC\x82\xCC\x83n ", "Nguyễn"},
    };
    enum { COUNT = sizeof cases / sizeof cases[0], ALL = 5 * COUNT };
    static result_of_test decoded;
    cells_of_test cells = {0};
    for (uint32_t i = 0; i < ALL; i++) add_cell(&cells, km_text_from(cases[i % COUNT][0]));
    decode(&decoded, KM_SCOPE_CLAIM, KM_CLAIM_HO_TEN, false, &cells);
    for (uint32_t row = 0; row < ALL; row++) {
        km_value value = km_batch_value(&decoded.batch, KM_CLAIM_HO_TEN, row);
        CU_ASSERT_EQUAL(value.known, cases[row % COUNT][1][0] != '\0');
        TEST_TEXT_EQUAL(km_batch_text(&decoded.batch, KM_CLAIM_HO_TEN, row), cases[row % COUNT][1]);
    }
    free_decoded(&decoded);
    free_cells(&cells);
}

/* What a decoder does with a block: one group behind the other. */
static void groups_fill_a_column_in_turn(void) {
    static const int fields[] = {KM_CLAIM_HO_TEN, KM_CLAIM_T_BHTT, KM_CLAIM_NGAY_VAO};
    enum { ALL = 2 * KM_GROUP + 5 };
    for (size_t f = 0; f < sizeof fields / sizeof fields[0]; f++) {
        static result_of_test at_once, in_turn;
        cells_of_test cells = {0};
        char text[24];
        for (int i = 0; i < ALL; i++) {
            snprintf(text, sizeof text, f == 2 ? "202401%02d0800" : "%d", 10 + i % 20);
            add_cell(&cells, i % 3 ? km_text_from(text) : KM_TEXT(""));
        }
        decode(&at_once, KM_SCOPE_CLAIM, fields[f], false, &cells);
        cells_of_test none = cells;
        none.rows = 0;
        decode(&in_turn, KM_SCOPE_CLAIM, fields[f], false, &none);
        km_decode how = km_decode_of(KM_SCOPE_CLAIM, fields[f], false, &in_turn.days);
        for (uint32_t first = 0; first < ALL; first += KM_GROUP) {
            uint32_t rows = ALL - first < KM_GROUP ? ALL - first : KM_GROUP;
            km_cell_texts view = km_cells_in_a_row(cells.bytes, cells.offsets + first, rows);
            km_decode_column(&how, &view, first, &in_turn.batch.column[fields[f]], &in_turn.bad);
        }
        in_turn.batch.rows = ALL;
        for (uint32_t row = 0; row < ALL; row++) {
            km_value a = km_batch_value(&at_once.batch, fields[f], row);
            km_value b = km_batch_value(&in_turn.batch, fields[f], row);
            CU_ASSERT_EQUAL(a.known, row % 3 != 0);
            CU_ASSERT_TRUE(a.known == b.known && a.number == b.number && km_text_equal(a.text, b.text));
        }
        free_decoded(&at_once);
        free_decoded(&in_turn);
        free_cells(&cells);
    }
}

static void bad_cells_are_listed_in_row_order(void) {
    static result_of_test decoded;
    cells_of_test cells = {0};
    for (int i = 0; i < 150; i++)
        add_cell(&cells, i % 7 == 3 ? KM_TEXT(" x1 ") : i % 5 ? KM_TEXT("12") : KM_TEXT(""));
    decode(&decoded, KM_SCOPE_CLAIM, KM_CLAIM_T_BHTT, false, &cells);
    CU_ASSERT_EQUAL(decoded.bad.count, 21);
    for (size_t i = 0; i < decoded.bad.count; i++) {
        CU_ASSERT_EQUAL(decoded.bad.list[i].row, i * 7 + 3);
        CU_ASSERT_EQUAL(decoded.bad.list[i].field, KM_CLAIM_T_BHTT);
        TEST_TEXT_EQUAL(decoded.bad.list[i].cell, "x1");
    }
    for (uint32_t row = 0; row < 150; row++) {
        bool known = row % 7 != 3 && row % 5 != 0;
        CU_ASSERT_EQUAL(km_batch_int(&decoded.batch, KM_CLAIM_T_BHTT, row, -1), known ? 1200 : -1);
    }
    CU_ASSERT_EQUAL(decoded.batch.column[KM_CLAIM_T_BHTT].valid[2] >> 22, 0); /* bits behind the rows */
    free_decoded(&decoded);
    free_cells(&cells);
}

TEST_MAIN("decode", {"every kind of cell is read", every_kind_of_cell_is_read},
          {"decimal comma is read when asked for", decimal_comma_is_read_when_asked_for},
          {"quick readers agree with the parsers", quick_readers_agree_with_the_parsers},
          {"texts are cleaned", texts_are_cleaned},
          {"groups fill a column in turn", groups_fill_a_column_in_turn},
          {"bad cells are listed in row order", bad_cells_are_listed_in_row_order})
