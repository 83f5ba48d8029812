#include "base/buf.h"
#include "ingest/csv.h"
#include "ingest/plain.h"
#include "support/test.h"

enum { COLUMNS = 5, RECORD_MAX = 400 };

static const char delimiters[] = {',', ';', '\t', ' '};

/* ---- what libcsv makes of a record; blanks around a cell are nothing to who decodes it */

typedef struct parsed {
    km_buf cells;
    km_record_shape shape;
} parsed;

static void show_cell(parsed *found, km_text cell) {
    km_buf_char(&found->cells, '[');
    km_buf_text(&found->cells, km_text_trim(cell));
}

static void on_field(void *cell, size_t size, void *data) {
    parsed *found = data;
    if (found->shape.fields < COLUMNS) {
        show_cell(found, (km_text){cell, size});
    } else {
        found->shape.overfull = found->shape.overfull || size;
    }
    found->shape.fields++;
}

static void on_row(int end, void *data) {
    (void)end;
    ((parsed *)data)->shape.rows++;
}

/* ---- the same by places */

typedef struct cut_of_test {
    km_csv *csv;
    char delimiter;
    uint32_t at[2 * COLUMNS * KM_PLACES];
    parsed expected, got;
    unsigned plain, differences;
} cut_of_test;

static void set_up(cut_of_test *of, char delimiter) {
    memset(of, 0, sizeof *of);
    of->delimiter = delimiter;
    CU_ASSERT_EQUAL_FATAL(km_csv_new(test_mem(), delimiter, RECORD_MAX, &of->csv, NULL), KIEM_OK);
    km_buf_init(&of->expected.cells, test_mem());
    km_buf_init(&of->got.cells, test_mem());
}

static void tear_down(cut_of_test *of) {
    km_csv_free(of->csv);
    km_buf_free(&of->expected.cells);
    km_buf_free(&of->got.cells);
}

static void clear(parsed *found) {
    km_buf_clear(&found->cells);
    found->shape = (km_record_shape){0};
}

static bool same(const parsed *a, const parsed *b) {
    if (a->shape.fields != b->shape.fields || a->shape.rows != b->shape.rows) return false;
    if (a->shape.rows != 1) return true; /* no row: it is rejected */
    return a->shape.overfull == b->shape.overfull &&
           km_text_equal(km_buf_view(&a->cells), km_buf_view(&b->cells));
}

static void show_places(cut_of_test *of, const char *bytes, const km_cell_places *places) {
    for (uint32_t c = 0; c < COLUMNS && c < of->got.shape.fields; c++) {
        uint32_t from = *km_cell_from(places, c), to = *km_cell_to(places, c);
        show_cell(&of->got, (km_text){bytes + from, to - from});
    }
}

/* Memory ends where no more may be read or written, so that a sanitizer sees it; what stands behind the
 * record would change it, were it taken for a part. */
static bool plain_cut(cut_of_test *of, const char *record, size_t size, size_t before) {
    static const char behind[] = {'"', ',', ';', '\t', ' ', '\r', '\n'};
    size_t all = before + size + KM_RECORD_SLACK;
    char *bytes = km_alloc(test_mem(), all);
    km_cell_places places = {of->at, COLUMNS};
    memset(bytes, '"', before);
    memcpy(bytes + before, record, size);
    for (size_t i = before + size; i < all; i++) bytes[i] = behind[(i + size) % sizeof behind];
    clear(&of->got);
    bool plain =
        km_plain_cut(bytes, (uint32_t)before, (uint32_t)size, of->delimiter, &places, &of->got.shape);
    if (plain) show_places(of, bytes, &places);
    km_free(test_mem(), bytes, all);
    return plain;
}

static void libcsv_cut(cut_of_test *of, const char *record, size_t size, size_t before) {
    char *bytes = km_alloc(test_mem(), before + size);
    km_cell_places places = {of->at, COLUMNS};
    km_error error;
    clear(&of->got);
    TEST_OK(km_csv_cut(of->csv, (km_text){record, size}, bytes, (uint32_t)before, &places, &of->got.shape,
                       &error),
            &error);
    show_places(of, bytes, &places);
    km_free(test_mem(), bytes, before + size);
}

static void expect_same(cut_of_test *of, const char *record, size_t size, const char *by) {
    if (!same(&of->got, &of->expected) && !of->differences++)
        fprintf(stderr, "%s, delimiter '%c': '%.*s' differs\n", by, of->delimiter, (int)size, record);
}

static void compare(cut_of_test *of, const char *record, size_t size) {
    size_t before = size % 3;
    clear(&of->expected);
    CU_ASSERT_TRUE(km_csv_record(of->csv, record, size, on_field, on_row, &of->expected));
    libcsv_cut(of, record, size, before);
    expect_same(of, record, size, "libcsv");
    if (!plain_cut(of, record, size, before)) return;
    of->plain++;
    expect_same(of, record, size, "plain");
}

static void every_short_record_means_what_libcsv_says(void) {
    for (size_t d = 0; d < sizeof delimiters; d++) {
        const char alphabet[] = {'a', delimiters[d], ' ', '\t', '"', '\r', '\n'};
        cut_of_test of;
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

/* The last bytes become a cell in quotes, with delimiters of some kind in it. */
static void put_in_quotes(char *text, size_t *size, size_t length) {
    char *cell = text + *size - length;
    memmove(cell + 1, cell, length);
    if (length > 4) cell[3] = cell[length - 1] = delimiters[length % sizeof delimiters];
    cell[0] = cell[length + 1] = '"';
    *size += 2;
}

static void long_cells_mean_what_libcsv_says(void) {
    uint64_t seed = 11;
    for (size_t d = 0; d < sizeof delimiters; d++) {
        cut_of_test of;
        set_up(&of, delimiters[d]);
        for (int round = 0; round < 4000; round++) {
            char text[RECORD_MAX];
            size_t size = 0, cells = 1 + test_random(&seed) % 5, odd = test_random(&seed) % 8;
            for (size_t cell = 0; cell < cells; cell++) {
                size_t length = test_random(&seed) % (test_random(&seed) % 3 ? 20 : 60);
                if (cell) text[size++] = delimiters[d];
                for (size_t i = 0; i < length; i++)
                    text[size++] = (char)(odd ? '-' + (int)(test_random(&seed) % 90) : " \t\"x"[i % 4]);
                if (odd == 1 && size + 2 < sizeof text) put_in_quotes(text, &size, length);
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
    } cases[] = {
        {"a,b,c\n", true},
        {"a,b,c", true},
        {" a , b\t,\r\n", true},
        {",\n", true},
        {"a,\"b\",c\n", true},
        {"\"a,b\",\"\",\"c\"\r\n", true},
        {"\"a\r\nb\",\n", true},
        {"a,b,c,d,e\n", true},
        {"a,\"a cell in quotes that goes on, and on, and on, over more than one step, up to here\",c\n",
         true},
        {"a,b,c,d,e,\n", false},
        {"a,\"b\"\"\",c\n", false},
        {"a,\"b\" ,c\n", false},
        {"a, \"b\",c\n", false},
        {"a,b\",c\n", false},
        {"a,b\"b\",c\n", false},
        {"a,\"b\n", false},
        {"a\rb\n", false},
        {"a\nb\n", false},
        {" \t\r\n", false},
        {"\n", false},
        {"", false}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cut_of_test of;
        set_up(&of, ',');
        if (plain_cut(&of, cases[i].text, strlen(cases[i].text), 1) != cases[i].plain) {
            fprintf(stderr, "case %zu\n", i);
            CU_FAIL("not as expected");
        }
        tear_down(&of);
    }
}

TEST_MAIN("plain", {"every short record means what libcsv says", every_short_record_means_what_libcsv_says},
          {"long cells mean what libcsv says", long_cells_mean_what_libcsv_says},
          {"only plain records are cut", only_plain_records_are_cut})
