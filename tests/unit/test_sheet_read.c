#include "base/buf.h"
#include "ingest/sheet_read.h"
#include "support/test.h"

static kiem_status read_sheet(const char *text, km_sheet *sheet, km_error *error) {
    return km_sheet_read(test_mem(), "rules.csv", text, strlen(text), sheet, error);
}

/* The sheet as "line: [cell][cell]", the header first. */
static void write_sheet(const km_sheet *sheet, km_buf *out) {
    for (uint32_t row = 0; row <= sheet->rows; row++) {
        km_buf_int(out, row ? sheet->lines[row - 1] : 0);
        km_buf_char(out, ':');
        for (uint32_t i = 0; i < sheet->columns; i++) {
            km_text cell = row ? km_sheet_cell(sheet, row - 1, (int)i) : sheet->header[i];
            CU_ASSERT_PTR_NOT_NULL(cell.ptr);
            km_buf_char(out, '[');
            km_buf_text(out, cell);
            km_buf_char(out, ']');
        }
        km_buf_char(out, ' ');
    }
}

static void sheets_are_read(void) {
    static const char *const cases[][2] = {
        {"id,condition\nA,x > 1\n", "0:[id][condition] 2:[A][x > 1] "},
        {"\xEF\xBB\xBF id ; \"name\" \r\n A ; \" b \" \r\n", "0:[id][name] 2:[A][b] "},
        {"id\tname\nA\tb", "0:[id][name] 2:[A][b] "},
        {"id,text\n1,\"two\nlines\"\n\n \n2,\"say \"\"x\"\"\"\n3,c\n",
         "0:[id][text] 2:[1][two\nlines] 6:[2][say \"x\"] 7:[3][c] "},
        {"\n\nid,b\nA,\n,B\n", "0:[id][b] 4:[A][] 5:[][B] "},
        {"id,b,,\nA,1,,\nB,2\n,,,\n,\nC,3,,,,,\n", "0:[id][b] 2:[A][1] 3:[B][2] 6:[C][3] "},
        {"a,b;c,d\n1,2;3,4\n", "0:[a][b;c][d] 2:[1][2;3][4] "},
        {"\"a;x\",b\n1,2\n", "0:[a;x][b] 2:[1][2] "},
        {"id", "0:[id] "},
        {"id\nA\n", "0:[id] 2:[A] "},
        {"a,,b\n1,2,3\n", "0:[a][][b] 2:[1][2][3] "},
    };
    km_buf out;
    km_buf_init(&out, test_mem());
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        km_sheet sheet;
        km_error error;
        TEST_OK(read_sheet(cases[i][0], &sheet, &error), &error);
        TEST_TEXT_EQUAL(sheet.file, "rules.csv");
        km_buf_clear(&out);
        write_sheet(&sheet, &out);
        TEST_TEXT_EQUAL(km_buf_view(&out), cases[i][1]);
        km_sheet_free(&sheet);
    }
    km_buf_free(&out);
}

static void odd_sheets_are_errors_with_their_line(void) {
    static const struct {
        const char *text;
        int64_t line;
        const char *part;
    } cases[] = {
        {"", 0, "empty"},
        {" \r\n\n", 0, "empty"},
        {"id,b\nA\n", 2, "expected 2 fields, found 1"},
        {"id,b\n\"x\ny\",1\nA,1,2\n", 4, "expected 2 fields, found 3"},
        {"id,b\nA,\"open\nB,2\n", 2, "quote"},
        {"id,b,ID\nA,1,2\n", 1, "column 'ID' appears twice: columns 1 and 3"},
        {"\n,,\nA,1,2\n", 2, "no names"},
        {"id,b\nA,1\nB,\xFF\nC,1\n", 3, "UTF-8"},
        {"id,b\nA,1\rB,2\n", 2, "carriage return"},
        {"id,b\rA,1\r", 0, "carriage returns"},
        {"PK\x03\x04", 0, "xlsx"},
        {"\xFF\xFEi", 0, "UTF-16"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        km_sheet sheet;
        km_error error;
        CU_ASSERT_EQUAL(read_sheet(cases[i].text, &sheet, &error), KIEM_E_FORMAT);
        CU_ASSERT_STRING_EQUAL(error.file, "rules.csv");
        CU_ASSERT_EQUAL(error.line, cases[i].line);
        TEST_MESSAGE(&error, cases[i].part);
        CU_ASSERT_EQUAL(sheet.rows, 0);
    }
    km_sheet sheet;
    km_error error;
    CU_ASSERT_EQUAL(km_sheet_read(test_mem(), NULL, NULL, 0, &sheet, &error), KIEM_E_FORMAT);
    CU_ASSERT_EQUAL(km_sheet_read(test_mem(), "x", "id\nA\0B\n", 7, &sheet, &error), KIEM_E_FORMAT);
}

static kiem_status read_any_sheet(void *context) {
    km_sheet sheet;
    km_error error;
    KM_TRY(read_sheet(context, &sheet, &error));
    km_sheet_free(&sheet);
    return KIEM_OK;
}

static void sheets_survive_lack_of_memory(void) {
    char text[600];
    size_t size = (size_t)snprintf(text, sizeof text, "id;name\n");
    for (int i = 0; i < 20; i++)
        size += (size_t)snprintf(text + size, sizeof text - size, "%d;\"some te\xCC\x82xt\"\n", i);
    CU_ASSERT_TRUE(test_out_of_memory(read_any_sheet, text) > 20);
}

TEST_MAIN("sheet_read", {"sheets are read", sheets_are_read},
          {"odd sheets are errors with their line", odd_sheets_are_errors_with_their_line},
          {"sheets survive lack of memory", sheets_survive_lack_of_memory})
