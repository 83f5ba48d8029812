#include <time.h>

#include "base/buf.h"
#include "ingest/csv.h"
#include "ingest/split.h"
#include "support/test.h"

enum { LIMIT = 1 << 16 };

static void write_field(void *cell, size_t size, void *data) {
    km_buf_char(data, '[');
    km_buf_append(data, cell, size);
    km_buf_char(data, ']');
}

static void write_row(int end, void *data) {
    (void)end;
    km_buf_char(data, '/');
}

static void parse(km_csv *csv, const char *bytes, size_t size, km_buf *out) {
    CU_ASSERT_TRUE(km_csv_record(csv, bytes, size, write_field, write_row, out));
}

/* The splitter once more, byte by byte, with libcsv's states written out and nothing remembered. */
typedef enum plain_state { ROW, FIELD, UNQUOTED, QUOTED, ENDED, ENDED_BLANK } plain_state;

static plain_state plain_step(plain_state state, char c, char delimiter) {
    bool blank = (c == ' ' || c == '\t') && c != delimiter;
    switch (state) {
    case ROW:
    case FIELD:
        if (blank) return state;
        if (c == '\r') return ROW;
        if (c == delimiter) return FIELD;
        return c == '"' ? QUOTED : UNQUOTED;
    case UNQUOTED: return c == delimiter ? FIELD : c == '\r' ? ROW : UNQUOTED;
    case QUOTED: return c == '"' ? ENDED : QUOTED;
    case ENDED:
    case ENDED_BLANK:
        if (c == delimiter) return FIELD;
        if (c == '\r') return ROW;
        if (blank) return ENDED_BLANK;
        return c == '"' && state == ENDED_BLANK ? ENDED : QUOTED;
    }
    return ROW;
}

static bool plain_blank(const char *bytes, size_t size, char delimiter) {
    for (size_t i = 0; i < size; i++) {
        if (bytes[i] == delimiter || !strchr(" \t\r\n", bytes[i])) return false;
    }
    return true;
}

static km_split_kind plain_next(const char *bytes, size_t size, char delimiter, size_t limit, size_t *taken) {
    plain_state state = ROW;
    size_t line = 0;
    for (size_t i = 0; i < size && i <= limit; i++) {
        if (bytes[i] == '\n' && !line) line = i + 1;
        if (bytes[i] == '\n' && state != QUOTED) {
            *taken = i + 1;
            return plain_blank(bytes, i, delimiter) ? KM_SPLIT_BLANK : KM_SPLIT_RECORD;
        }
        state = plain_step(state, bytes[i], delimiter);
    }
    *taken = line ? line : size <= limit ? size : limit + 1;
    if (size <= limit && state != QUOTED) {
        *taken = size;
        return plain_blank(bytes, size, delimiter) ? KM_SPLIT_BLANK : KM_SPLIT_RECORD;
    }
    return !line && size > limit ? KM_SPLIT_LONG : KM_SPLIT_UNCLOSED;
}

static bool same_next(km_splitter *splitter, const char *bytes, size_t size, size_t *taken,
                      km_split_kind *kind) {
    size_t expected_taken;
    km_split_kind expected = plain_next(bytes, size, splitter->delimiter, splitter->limit, &expected_taken);
    *taken = 0;
    *kind = KM_SPLIT_MORE;
    for (size_t seen = 1; seen <= size && *kind == KM_SPLIT_MORE; seen++)
        *kind = km_split_next(splitter, bytes, seen, false, taken);
    if (*kind == KM_SPLIT_MORE) *kind = km_split_next(splitter, bytes, size, true, taken);
    return *kind == expected && *taken == expected_taken;
}

/* Splits the text, comparing with the plain splitter and, as long as every record closes, with one pass of
 * libcsv. */
static bool splits_like_libcsv(km_csv *csv, const char *text, size_t size, char delimiter, size_t limit,
                               km_buf *pieces, km_buf *whole) {
    km_splitter splitter;
    km_splitter_init(&splitter, delimiter, limit);
    km_buf_clear(pieces);
    km_buf_clear(whole);
    bool closed = true;
    for (size_t at = 0, taken; at < size; at += taken) {
        km_split_kind kind;
        if (!same_next(&splitter, text + at, size - at, &taken, &kind) || taken == 0) return false;
        if (kind == KM_SPLIT_RECORD) {
            parse(csv, text + at, taken, pieces);
        } else if (kind != KM_SPLIT_BLANK) {
            closed = false;
        }
    }
    if (!closed) return true;
    parse(csv, text, size, whole);
    return km_text_equal(km_buf_view(pieces), km_buf_view(whole));
}

static void try_all(const char *alphabet, char delimiter, int longest, size_t limit) {
    km_csv *csv;
    km_buf pieces, whole;
    km_buf_init(&pieces, test_mem());
    km_buf_init(&whole, test_mem());
    CU_ASSERT_EQUAL_FATAL(km_csv_new(test_mem(), delimiter, LIMIT, &csv, NULL), KIEM_OK);
    size_t letters = strlen(alphabet), count = 1;
    unsigned differences = 0;
    for (int length = 1; length <= longest; length++) {
        count *= letters;
        for (size_t number = 0; number < count; number++) {
            char text[16];
            size_t rest = number;
            for (int i = 0; i < length; i++, rest /= letters) text[i] = alphabet[rest % letters];
            if (!splits_like_libcsv(csv, text, (size_t)length, delimiter, limit, &pieces, &whole)) {
                if (!differences++) fprintf(stderr, "first difference: '%.*s'\n", length, text);
            }
        }
    }
    CU_ASSERT_EQUAL(differences, 0);
    km_csv_free(csv);
    km_buf_free(&pieces);
    km_buf_free(&whole);
}

static void every_short_text_splits_like_libcsv(void) {
    try_all("a,\" \n\r", ',', 8, LIMIT);
}

static void other_delimiters_split_like_libcsv(void) {
    try_all("a;\" \n\r,", ';', 6, LIMIT);
    try_all("a\t\" \n\r", '\t', 7, LIMIT);
    try_all("a|\"\t\n\r", '|', 6, LIMIT);
}

static void limits_cut_the_same_pieces(void) {
    for (size_t limit = 1; limit <= 6; limit++) try_all("a,\"\n", ',', 8, limit);
}

/* Long random texts, dense in quotes, against limits where many records fail in a row. */
static void failed_runs_are_remembered_rightly(void) {
    km_csv *csv;
    km_buf pieces, whole;
    km_buf_init(&pieces, test_mem());
    km_buf_init(&whole, test_mem());
    CU_ASSERT_EQUAL_FATAL(km_csv_new(test_mem(), ',', LIMIT, &csv, NULL), KIEM_OK);
    static const char letters[] = "aaaa,,\"\"\"\n\n \r";
    uint64_t seed = 7;
    unsigned differences = 0;
    for (int i = 0; i < 3000; i++) {
        char text[200];
        size_t size = test_random(&seed) % sizeof text, limit = 1 + test_random(&seed) % 60;
        for (size_t k = 0; k < size; k++) text[k] = letters[test_random(&seed) % (sizeof letters - 1)];
        differences += !splits_like_libcsv(csv, text, size, ',', limit, &pieces, &whole);
    }
    CU_ASSERT_EQUAL(differences, 0);
    km_csv_free(csv);
    km_buf_free(&pieces);
    km_buf_free(&whole);
}

/* Each line opens a quote that no later line closes: looked at anew for every line, this is 64 KiB of dense
 * quotes for four bytes of progress, half a minute in all. */
static void unclosed_quotes_take_linear_time(void) {
    size_t lines = 1 << 18, size = lines * 4, at = 0, count = 0, taken;
    char *text = km_alloc(test_mem(), size);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    for (size_t i = 0; i < size; i++) text[i] = "\"\"x\n"[i % 4];
    km_splitter splitter;
    km_splitter_init(&splitter, ',', LIMIT);
    clock_t start = clock();
    for (; at < size; at += taken, count++) {
        km_split_kind kind = km_split_next(&splitter, text + at, size - at, true, &taken);
        if (kind != KM_SPLIT_UNCLOSED || taken != 4) break;
    }
    CU_ASSERT_TRUE((double)(clock() - start) / CLOCKS_PER_SEC < 5);
    CU_ASSERT_EQUAL(count, lines);
    km_free(test_mem(), text, size);
}

static kiem_status make_parser(void *context) {
    (void)context;
    km_csv *csv;
    km_error error;
    KM_TRY(km_csv_new(test_mem(), ',', 100, &csv, &error));
    km_csv_free(csv);
    return KIEM_OK;
}

static void parsers_take_all_memory_at_once(void) {
    CU_ASSERT_TRUE(test_out_of_memory(make_parser, NULL) > 2);
    km_csv *csv;
    km_buf out;
    km_buf_init(&out, test_mem());
    CU_ASSERT_EQUAL_FATAL(km_csv_new(test_mem(), ',', 8, &csv, NULL), KIEM_OK);
    long live = test_mem_live();
    parse(csv, "12345678", 8, &out);
    CU_ASSERT_EQUAL(test_mem_live(), live + 1);
    km_buf_clear(&out);
    CU_ASSERT_FALSE(km_csv_record(csv, "1234567890123", 13, write_field, write_row, &out));
    km_buf_clear(&out);
    parse(csv, "a, b\n", 5, &out);
    TEST_TEXT_EQUAL(km_buf_view(&out), "[a][b]/");
    km_csv_free(csv);
    km_buf_free(&out);
}

TEST_MAIN("split", {"every short text splits like libcsv", every_short_text_splits_like_libcsv},
          {"other delimiters split like libcsv", other_delimiters_split_like_libcsv},
          {"limits cut the same pieces", limits_cut_the_same_pieces},
          {"failed runs are remembered rightly", failed_runs_are_remembered_rightly},
          {"unclosed quotes take linear time", unclosed_quotes_take_linear_time},
          {"parsers take all memory at once", parsers_take_all_memory_at_once})
