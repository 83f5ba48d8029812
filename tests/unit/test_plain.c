#include "base/buf.h"
#include "ingest/csv.h"
#include "ingest/plain.h"
#include "support/test.h"

enum { COLUMNS = 3, DROPPED = 1, RECORD_MAX = 400 };

static const char delimiters[] = {',', ';', '\t', ' '};

/* ---- what libcsv makes of a record */

typedef struct parsed {
    km_buf cells;
    uint32_t fields, rows;
    bool overfull;
} parsed;

static void on_field(void *cell, size_t size, void *data) {
    parsed *found = data;
    if (found->fields >= COLUMNS) {
        found->overfull = found->overfull || size;
    } else if (found->fields != DROPPED) {
        km_buf_char(&found->cells, '[');
        km_buf_append(&found->cells, cell, size);
    }
    found->fields++;
}

static void on_row(int end, void *data) {
    (void)end;
    ((parsed *)data)->rows++;
}

/* ---- the same by way of columns */

typedef struct columns {
    km_csv *csv;
    char delimiter;
    uint32_t offsets[COLUMNS][2];
    km_csv_column column[COLUMNS + 1];
    parsed expected, got;
    unsigned plain, differences;
} columns;

static void set_up(columns *of, char delimiter) {
    *of = (columns){.delimiter = delimiter};
    CU_ASSERT_EQUAL_FATAL(km_csv_new(test_mem(), delimiter, RECORD_MAX, &of->csv, NULL), KIEM_OK);
    for (int i = 0; i < COLUMNS; i++) {
        if (i != DROPPED) of->column[i].offsets = of->offsets[i];
    }
    km_csv_begin(of->csv, of->column, COLUMNS);
    km_buf_init(&of->expected.cells, test_mem());
    km_buf_init(&of->got.cells, test_mem());
}

static void tear_down(columns *of) {
    km_csv_free(of->csv);
    km_buf_free(&of->expected.cells);
    km_buf_free(&of->got.cells);
    for (int i = 0; i < COLUMNS; i++) {
        if (i != DROPPED) km_free(test_mem(), of->column[i].bytes, of->column[i].capacity);
    }
}

static void read_columns(columns *of, const km_csv_shape *shape) {
    for (uint32_t i = 0; i < COLUMNS && i < shape->fields; i++) {
        if (i == DROPPED) continue;
        km_buf_char(&of->got.cells, '[');
        km_buf_append(&of->got.cells, of->column[i].bytes, of->offsets[i][1]);
    }
}

/* The record stands at the end of its memory, so that a sanitizer sees a read beyond it. */
static void compare(columns *of, const char *bytes, size_t size) {
    char *text = km_alloc(test_mem(), size);
    km_csv_shape shape;
    km_error error;
    memcpy(text, bytes, size);
    km_buf_clear(&of->expected.cells);
    km_buf_clear(&of->got.cells);
    of->expected.fields = of->expected.rows = 0;
    of->expected.overfull = false;
    for (int i = 0; i < COLUMNS; i++) of->column[i].used = 0;
    CU_ASSERT_TRUE(km_csv_record(of->csv, text, size, on_field, on_row, &of->expected));
    TEST_OK(km_csv_record_into(of->csv, text, size, 0, &shape, &error), &error);
    bool same = shape.fields == of->expected.fields && shape.rows == of->expected.rows;
    if (same && shape.rows == 1) {
        read_columns(of, &shape);
        same = shape.overfull == of->expected.overfull &&
               km_text_equal(km_buf_view(&of->got.cells), km_buf_view(&of->expected.cells));
    }
    if (!same && !of->differences++)
        fprintf(stderr, "delimiter '%c': '%.*s' differs\n", of->delimiter, (int)size, text);
    for (int i = 0; i < COLUMNS; i++) of->column[i].used = 0;
    of->plain += km_plain_cut(of->column, of->column + COLUMNS, text, size, of->delimiter, 0, &shape);
    km_free(test_mem(), text, size);
}

static void every_short_record_means_what_libcsv_says(void) {
    for (size_t d = 0; d < sizeof delimiters; d++) {
        const char alphabet[] = {'a', delimiters[d], ' ', '\t', '"', '\r', '\n'};
        columns of;
        set_up(&of, delimiters[d]);
        size_t count = 1;
        for (size_t length = 1; length <= 6; length++) {
            count *= sizeof alphabet;
            for (size_t number = 0; number < count; number++) {
                char text[8];
                size_t rest = number;
                for (size_t i = 0; i < length; i++, rest /= sizeof alphabet)
                    text[i] = alphabet[rest % sizeof alphabet];
                compare(&of, text, length);
            }
        }
        CU_ASSERT_EQUAL(of.differences, 0);
        CU_ASSERT_TRUE(of.plain > 4000);
        tear_down(&of);
    }
}

static void long_cells_mean_what_libcsv_says(void) {
    uint64_t seed = 11;
    for (size_t d = 0; d < sizeof delimiters; d++) {
        columns of;
        set_up(&of, delimiters[d]);
        for (int round = 0; round < 4000; round++) {
            char text[RECORD_MAX];
            size_t size = 0, cells = 1 + test_random(&seed) % 5, odd = test_random(&seed) % 8;
            for (size_t cell = 0; cell < cells; cell++) {
                size_t length = test_random(&seed) % (test_random(&seed) % 3 ? 20 : 60);
                if (cell) text[size++] = delimiters[d];
                for (size_t i = 0; i < length; i++)
                    text[size++] = (char)(odd ? '-' + (int)(test_random(&seed) % 90) : " \t\"x"[i % 4]);
            }
            if (round % 3 == 0) text[size++] = '\r';
            if (round % 4 != 0) text[size++] = '\n';
            if (size) compare(&of, text, size);
        }
        CU_ASSERT_EQUAL(of.differences, 0);
        CU_ASSERT_TRUE(of.plain > 2000);
        tear_down(&of);
    }
}

static void only_plain_records_are_cut(void) {
    static const struct {
        const char *text;
        bool plain;
    } cases[] = {{"a,b,c\n", true},
                 {"a,b,c", true},
                 {" a , b\t,\r\n", true},
                 {",\n", true},
                 {"a,\"b\",c\n", false},
                 {"a,b\",c\n", false},
                 {"a\rb\n", false},
                 {"a\nb\n", false},
                 {" \t\r\n", false},
                 {"\n", false},
                 {"", false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        columns of;
        km_csv_shape shape;
        km_error error;
        set_up(&of, ',');
        TEST_OK(km_csv_record_into(of.csv, "x,y,z\n", 6, 0, &shape, &error), &error); /* makes room */
        CU_ASSERT_EQUAL(km_plain_cut(of.column, of.column + COLUMNS, cases[i].text, strlen(cases[i].text),
                                     ',', 0, &shape),
                        cases[i].plain);
        tear_down(&of);
    }
}

TEST_MAIN("plain", {"every short record means what libcsv says", every_short_record_means_what_libcsv_says},
          {"long cells mean what libcsv says", long_cells_mean_what_libcsv_says},
          {"only plain records are cut", only_plain_records_are_cut})
