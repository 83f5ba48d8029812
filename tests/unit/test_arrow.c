/* Claims from Arrow record batches: every type, every layout; test_arrow_refused.c has what can be wrong. */
#include "support/arrow.h"

/* ---- helpers */

static void expect_rows(arrow_source *source, const char *rows) {
    km_ingest_options options = options_for(KM_SCOPE_CLAIM);
    reading got;
    reading_init(&got);
    km_fieldset_remove(&options.wanted, KM_CLAIM_STANDARD);
    TEST_OK(arrow_read(&options, source, &got), &got.error);
    TEST_TEXT_EQUAL(km_buf_view(&got.rows), rows);
    CU_ASSERT_EQUAL(got.counts.records, got.counts.rows + got.counts.rejects);
    reading_free(&got);
}

static void expect_rejects(arrow_source *source, const char *rows, const char *rejects) {
    km_ingest_options options = options_for(KM_SCOPE_CLAIM);
    reading got;
    reading_init(&got);
    km_fieldset_remove(&options.wanted, KM_CLAIM_STANDARD);
    TEST_OK(arrow_read(&options, source, &got), &got.error);
    TEST_TEXT_EQUAL(km_buf_view(&got.rows), rows);
    TEST_TEXT_EQUAL(km_buf_view(&got.rejects), rejects);
    reading_free(&got);
}

/* ---- one column at a time: what a value means in its field */

typedef struct type_case {
    arrow_column column;
    const char *rows;
} type_case;

static const int8_t kinds8[] = {1, 3, 12};
static const uint16_t facilities16[] = {1001, 0, 65535};
static const int32_t facilities32[] = {1001, 79001, 123456789};
static const int64_t amounts64[] = {200000, -5, INT64_MAX};
static const uint64_t amounts_u64[] = {7, UINT64_MAX, 0};
static const int64_t moments64[] = {202503100815, 20250310, 13};
static const double amounts[] = {1234.5, 0.30000000000000004, 1.005};
static const double odd_floats[] = {1e300, 0.0 / 1.0, 9007199254740993.0};
static const double routes[] = {1.1, 3, 2.25};
static const float narrow[] = {1234.5F, 0.1F, 123456789.0F};
static const int32_t days[] = {20157, -1, 2000000000};
static const int64_t day_millis[] = {20157LL * 86400000, -86400000, INT64_MAX};
static const int64_t seconds[] = {1741594500, -1, INT64_MIN};
static const int64_t nanos[] = {1741594500000000000LL, 0, 59999999999LL};
static const int64_t wide[][2] = {{123456, 0}, {-5, -1}, {0, 1}};
static const int64_t milli[][2] = {{1234500, 0}, {1234567, 0}, {-1000, -1}};
static const int32_t small_decimals[] = {150, -1, 0};
static const int64_t medium_decimals[] = {150, -1, INT64_MAX};
static const uint8_t bits[] = {5};

static const type_case types[] = {
    {FIXED("MA_LOAI_KCB", "c", kinds8, 3), "1: MA_LOAI_KCB=01\n2: MA_LOAI_KCB=03\n3: MA_LOAI_KCB=12\n"},
    {FIXED("MA_CSKCB", "S", facilities16, 3), "1: MA_CSKCB=01001\n2: MA_CSKCB=00000\n3: MA_CSKCB=65535\n"},
    {FIXED("MA_CSKCB", "i", facilities32, 3),
     "1: MA_CSKCB=01001\n2: MA_CSKCB=79001\n3: bad_values=MA_CSKCB=999999999\n"},
    {FIXED("MA_DANTOC", "c", kinds8, 3), "1: MA_DANTOC=01\n2: MA_DANTOC=03\n3: MA_DANTOC=12\n"},
    {FIXED("T_BHTT", "l", amounts64, 3),
     "1: T_BHTT=200000\n2: T_BHTT=-5\n3: bad_values=T_BHTT=9999999999999999999\n"},
    {FIXED("T_BHTT", "L", amounts_u64, 3),
     "1: T_BHTT=7\n2: bad_values=T_BHTT=99999999999999999999\n3: T_BHTT=0\n"},
    {FIXED("NGAY_VAO", "l", moments64, 3),
     "1: NGAY_VAO=2025-03-10 08:15\n2: NGAY_VAO=2025-03-10 00:00\n3: bad_values=NGAY_VAO=99\n"},
    {FIXED("HO_TEN", "l", moments64, 3), "1: HO_TEN=202503100815\n2: HO_TEN=20250310\n3: HO_TEN=13\n"},
    {FIXED("T_BHTT", "g", amounts, 3), "1: T_BHTT=1234.5\n2: T_BHTT=0.3\n3: bad_values=T_BHTT=~9.999999\n"},
    {FIXED("T_BHTT", "g", odd_floats, 3), "1: bad_values=T_BHTT=~\n2: T_BHTT=0\n3: bad_values=T_BHTT=~\n"},
    {FIXED("MA_DOITUONG_KCB", "g", routes, 3),
     "1: MA_DOITUONG_KCB=1.1\n2: MA_DOITUONG_KCB=3\n3: MA_DOITUONG_KCB=2.25\n"},
    {FIXED("T_BHTT", "f", narrow, 3),
     "1: T_BHTT=1234.5\n2: T_BHTT=0.1\n3: bad_values=T_BHTT=~999999999.999999\n"},
    {FIXED("NGAY_MIEN_CCT", "tdD", days, 3),
     "1: NGAY_MIEN_CCT=2025-03-10\n2: NGAY_MIEN_CCT=1969-12-31\n3: bad_values=NGAY_MIEN_CCT=?\n"},
    {FIXED("NGAY_SINH", "tdD", days, 3),
     "1: NGAY_SINH=2025-03-10\n2: NGAY_SINH=1969-12-31\n3: bad_values=NGAY_SINH=?\n"},
    {FIXED("GT_THE_TU", "tdm", day_millis, 3),
     "1: GT_THE_TU=20250310\n2: GT_THE_TU=19691231\n3: GT_THE_TU=?\n"},
    {FIXED("NGAY_VAO", "tss:", seconds, 3),
     "1: NGAY_VAO=2025-03-10 08:15\n2: NGAY_VAO=1969-12-31 23:59\n3: bad_values=NGAY_VAO=?\n"},
    {FIXED("NGAY_VAO", "tss:Asia/Ho_Chi_Minh", seconds, 2),
     "1: NGAY_VAO=2025-03-10 15:15\n2: NGAY_VAO=1970-01-01 06:59\n"},
    {FIXED("NGAY_VAO", "tsn:", nanos, 3),
     "1: NGAY_VAO=2025-03-10 08:15\n2: NGAY_VAO=1970-01-01 00:00\n3: NGAY_VAO=1970-01-01 00:00\n"},
    {FIXED("T_BHTT", "d:18,2", wide, 3),
     "1: T_BHTT=1234.56\n2: T_BHTT=-0.05\n3: bad_values=T_BHTT=999999999999999999.99\n"},
    {FIXED("T_BHTT", "d:20,3,128", milli, 3),
     "1: T_BHTT=1234.5\n2: bad_values=T_BHTT=~9999.999\n3: T_BHTT=-1\n"},
    {FIXED("T_BHTT", "d:9,2,32", small_decimals, 3), "1: T_BHTT=1.5\n2: T_BHTT=-0.01\n3: T_BHTT=0\n"},
    {FIXED("T_BHTT", "d:18,0,64", medium_decimals, 2), "1: T_BHTT=150\n2: T_BHTT=-1\n"},
    {FIXED("GIOI_TINH", "b", bits, 3), "1: GIOI_TINH=1\n2: GIOI_TINH=0\n3: GIOI_TINH=1\n"},
    {{"T_BHTT", "n", 3, 0, 3, 0, {NULL}, NULL}, "1:\n2:\n3:\n"}};

static void values_mean_what_their_text_would(void) {
    for (size_t i = 0; i < sizeof types / sizeof types[0]; i++) {
        arrow_source source = {
            .columns = &types[i].column, .count = 1, .rows = types[i].column.rows, .batches = 1};
        expect_rows(&source, types[i].rows);
    }
}

static void nan_is_null(void) {
    const double nan[] = {0.0, 0.0};
    uint64_t pattern = 0x7FF8000000000000;
    double cells[2];
    memcpy(cells, nan, sizeof cells);
    memcpy(&cells[1], &pattern, sizeof pattern);
    const arrow_column column[] = {FIXED("T_BHTT", "g", cells, 2)};
    arrow_source source = {.columns = column, .count = 1, .rows = 2, .batches = 1};
    expect_rows(&source, "1: T_BHTT=0\n2:\n");
}

/* ---- text in all its layouts */

static const char letters[] = "alphaNguyễn O80 ";
static const int32_t ends32[] = {0, 5, 5, 13, 17};
static const int64_t ends64[] = {0, 5, 5, 13, 17};
static const uint8_t second_null[] = {0xFD};

static const char far_bytes[] = "....Nguyễn Văn Bình....";
static const arrow_view views[] = {
    {5, {.text = "alpha"}}, {0, {.text = ""}}, {19, {.far = {"Nguy", 0, 4}}}, {12, {.text = "twelve bytes"}}};
static const int64_t far_sizes[] = {sizeof far_bytes - 1};

static void text_layouts_agree(void) {
    const char *rows = "1: HO_TEN=alpha\n2:\n3: HO_TEN=Nguyễn\n4: HO_TEN=O80\n";
    const arrow_column small[] = {{"HO_TEN", "u", 4, 0, 1, 3, {second_null, ends32, letters}, NULL}};
    const arrow_column large[] = {{"HO_TEN", "U", 4, 0, -1, 3, {second_null, ends64, letters}, NULL}};
    arrow_source source = {.columns = small, .count = 1, .rows = 4, .batches = 1};
    expect_rows(&source, rows);
    source.columns = large;
    expect_rows(&source, rows);
    const arrow_column view[] = {
        {"HO_TEN", "vu", 4, 0, 1, 4, {second_null, views, far_bytes, far_sizes}, NULL}};
    source.columns = view;
    expect_rows(&source, "1: HO_TEN=alpha\n2:\n3: HO_TEN=Nguyễn Văn Bình\n4: HO_TEN=twelve bytes\n");
}

static void dictionaries_are_followed(void) {
    static const int8_t index8[] = {3, 0, -1, 2};
    static const uint32_t index32[] = {3, 0, 0, 2};
    static const uint8_t third_null[] = {0xFB};
    const arrow_column words = TEXTS("", "u", ends32, letters, 4);
    const arrow_column numbers = FIXED("", "l", amounts64, 3);
    const arrow_column columns[] = {{"HO_TEN", "c", 4, 0, 1, 2, {third_null, index8}, &words},
                                    {"MA_BENH_CHINH", "I", 4, 0, 0, 2, {NULL, index32}, &words}};
    arrow_source source = {.columns = columns, .count = 2, .rows = 4, .batches = 2};
    expect_rows(&source, "1: HO_TEN=O80 MA_BENH_CHINH=O80\n2: HO_TEN=alpha MA_BENH_CHINH=ALPHA\n"
                         "3: MA_BENH_CHINH=ALPHA\n4: HO_TEN=Nguyễn MA_BENH_CHINH=NGUYễN\n"
                         "5: HO_TEN=O80 MA_BENH_CHINH=O80\n6: HO_TEN=alpha MA_BENH_CHINH=ALPHA\n"
                         "7: MA_BENH_CHINH=ALPHA\n8: HO_TEN=Nguyễn MA_BENH_CHINH=NGUYễN\n");
    static const int16_t index16[] = {1, 0};
    const arrow_column amounts_by_index[] = {{"T_BHTT", "s", 2, 0, 0, 2, {NULL, index16}, &numbers}};
    source = (arrow_source){.columns = amounts_by_index, .count = 1, .rows = 2, .batches = 1};
    expect_rows(&source, "1: T_BHTT=-5\n2: T_BHTT=200000\n");
}

static void offsets_of_batch_and_column_add_up(void) {
    const arrow_column columns[] = {{"HO_TEN", "u", 3, 1, 1, 3, {second_null, ends32, letters}, NULL},
                                    {"T_BHTT", "l", 3, 0, 0, 2, {NULL, amounts64}, NULL}};
    arrow_source source = {.columns = columns, .count = 2, .rows = 1, .offset = 1, .batches = 1};
    expect_rows(&source, "1: HO_TEN=Nguyễn T_BHTT=-5\n");
}

static void unknown_columns_are_not_touched(void) {
    const arrow_column columns[] = {{"MA_LK", "u", 1, 0, 0, 3, {NULL, ends32, letters}, NULL},
                                    {"whatever", "+l", 1, 0, 0, 0, {NULL}, NULL}};
    arrow_source source = {.columns = columns, .count = 2, .rows = 1, .batches = 1};
    expect_rows(&source, "1: MA_LK=alpha\n");
}

/* ---- rows that cannot be read */

static void rows_that_are_not_text_are_rejected(void) {
    static const char bytes[] = "ok\xFF\xFE"
                                "A\0Btail";
    static const int32_t ends[] = {0, 2, 4, 7, 11};
    static const uint8_t not_fourth[] = {0xF7};
    const arrow_column columns[] = {TEXTS("MA_LK", "u", ends, bytes, 4), FIXED("T_BHTT", "l", ends64, 4)};
    arrow_source source = {.columns = columns, .count = 2, .rows = 4, .batches = 1};
    expect_rejects(&source, "1: MA_LK=ok T_BHTT=0\n4: MA_LK=tail T_BHTT=13\n",
                   "2@-1 MA_LK|invalid UTF-8|AA\n3@-1 MA_LK|NUL byte inside the row|A_A\n");
    source.row_validity = not_fourth;
    expect_rejects(&source, "1: MA_LK=ok T_BHTT=0\n",
                   "2@-1 MA_LK|invalid UTF-8|AA\n3@-1 MA_LK|NUL byte inside the row|A_A\n"
                   "4@-1 |the row is null|\n");
}

static void characters_cut_between_rows_are_noticed(void) {
    static const char bytes[] = "\xC3\xA9";
    static const int32_t ends[] = {0, 1, 2};
    const arrow_column columns[] = {TEXTS("MA_LK", "u", ends, bytes, 2)};
    arrow_source source = {.columns = columns, .count = 1, .rows = 2, .batches = 1};
    expect_rejects(&source, "", "1@-1 MA_LK|invalid UTF-8|A\n2@-1 MA_LK|invalid UTF-8|\n");
}

enum { LONG = 70000 };

static void long_values_are_rejected(void) {
    static char bytes[LONG];
    static const int32_t ends[] = {0, 2, LONG};
    const arrow_column columns[] = {TEXTS("MA_LK", "u", ends, bytes, 2)};
    arrow_source source = {.columns = columns, .count = 1, .rows = 2, .batches = 1};
    memset(bytes, 'x', sizeof bytes);
    expect_rejects(&source, "1: MA_LK=xx\n",
                   "2@-1 MA_LK|a value is longer than a row may be|"
                   "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\n");
}

/* ---- many rows: windows, and text that lies in place or not */

enum { MANY = 5000 };

static struct {
    char bytes[MANY * 8];
    int32_t ends[MANY + 1], index[MANY];
    int64_t amounts[MANY];
    uint8_t validity[MANY / 8 + 1];
} many;

static void fill_many(bool garbage_in_nulls) {
    uint64_t random = 7;
    int32_t at = 0;
    for (int i = 0; i < MANY; i++) {
        bool known = test_random(&random) % 5 != 0;
        if (i % 8 == 0) many.validity[i / 8] = 0;
        many.validity[i / 8] = (uint8_t)(many.validity[i / 8] | known << (i % 8));
        many.ends[i] = at;
        many.index[i] = i;
        many.amounts[i] = i;
        if (known || garbage_in_nulls) at += sprintf(many.bytes + at, "%05d", 1000 + i);
    }
    many.ends[MANY] = at;
}

static void texts_in_place_and_gathered_agree(void) {
    reading plain, gathered;
    km_ingest_options options = options_for(KM_SCOPE_CLAIM);
    reading_init(&plain);
    reading_init(&gathered);
    const arrow_column words = TEXTS("", "u", many.ends, many.bytes, MANY);
    const arrow_column in_place[] = {
        {"MA_CSKCB", "u", MANY, 0, -1, 3, {many.validity, many.ends, many.bytes}, NULL},
        {"HO_TEN", "u", MANY, 0, -1, 3, {many.validity, many.ends, many.bytes}, NULL},
        FIXED("T_BHTT", "l", many.amounts, MANY)};
    const arrow_column indexed[] = {{"MA_CSKCB", "i", MANY, 0, -1, 2, {many.validity, many.index}, &words},
                                    {"HO_TEN", "i", MANY, 0, -1, 2, {many.validity, many.index}, &words},
                                    FIXED("T_BHTT", "l", many.amounts, MANY)};
    arrow_source source = {.columns = in_place, .count = 3, .rows = MANY, .batches = 2};
    fill_many(false);
    TEST_OK(arrow_read(&options, &source, &plain), &plain.error);
    CU_ASSERT_EQUAL(plain.counts.rows, 2 * MANY);
    fill_many(true);
    source.columns = indexed;
    TEST_OK(arrow_read(&options, &source, &gathered), &gathered.error);
    CU_ASSERT_TRUE(km_text_equal(km_buf_view(&plain.rows), km_buf_view(&gathered.rows)));
    km_buf_clear(&plain.rows);
    source.columns = in_place; /* now with bytes where nulls are */
    TEST_OK(arrow_read(&options, &source, &plain), &plain.error);
    CU_ASSERT_TRUE(km_text_equal(km_buf_view(&plain.rows), km_buf_view(&gathered.rows)));
    reading_free(&plain);
    reading_free(&gathered);
}

static void no_rows_are_no_rows(void) {
    const arrow_column columns[] = {{"MA_LK", "u", 0, 0, 0, 3, {NULL}, NULL}};
    arrow_source source = {.columns = columns, .count = 1, .batches = 3};
    expect_rows(&source, "");
    source.batches = 0;
    expect_rows(&source, "");
}

TEST_MAIN("arrow", {"values mean what their text would", values_mean_what_their_text_would},
          {"NaN is NULL", nan_is_null}, {"text layouts agree", text_layouts_agree},
          {"dictionaries are followed", dictionaries_are_followed},
          {"offsets of batch and column add up", offsets_of_batch_and_column_add_up},
          {"unknown columns are not touched", unknown_columns_are_not_touched},
          {"rows that are not text are rejected", rows_that_are_not_text_are_rejected},
          {"characters cut between rows are noticed", characters_cut_between_rows_are_noticed},
          {"long values are rejected", long_values_are_rejected},
          {"texts in place and gathered agree", texts_in_place_and_gathered_agree},
          {"no rows are no rows", no_rows_are_no_rows})
