#include "base/arena.h"
#include "base/buf.h"
#include "base/date.h"
#include "base/decimal.h"
#include "base/map.h"
#include "support/test.h"

static void decimals_are_exact(void) {
    static const struct {
        const char *text;
        int scale;
        km_number_result result;
        int64_t value;
    } cases[] = {
        {"0", 2, KM_NUMBER_OK, 0},
        {"1234", 2, KM_NUMBER_OK, 123400},
        {"1234.5", 2, KM_NUMBER_OK, 123450},
        {"-1234.56", 2, KM_NUMBER_OK, -123456},
        {"+7", 0, KM_NUMBER_OK, 7},
        {".5", 2, KM_NUMBER_OK, 50},
        {"5.", 2, KM_NUMBER_OK, 500},
        {"12345.678000", 3, KM_NUMBER_OK, 12345678},
        {"1.2340", 3, KM_NUMBER_OK, 1234},
        {"50600.00", 2, KM_NUMBER_OK, 5060000},
        {"1.005", 2, KM_NUMBER_SEPARATORS, 0},
        {"1234.567", 2, KM_NUMBER_SCALE, 0},
        {"1.234", 2, KM_NUMBER_SEPARATORS, 0},
        {"1.234.567", 2, KM_NUMBER_SEPARATORS, 0},
        {"1.234,50", 2, KM_NUMBER_SEPARATORS, 0},
        {"1,234.50", 2, KM_NUMBER_SEPARATORS, 0},
        {"1234,5", 2, KM_NUMBER_SEPARATORS, 0},
        {"1,234,567", 2, KM_NUMBER_SEPARATORS, 0},
        {"", 2, KM_NUMBER_EMPTY, 0},
        {"-", 2, KM_NUMBER_BAD, 0},
        {".", 2, KM_NUMBER_BAD, 0},
        {"12a", 2, KM_NUMBER_BAD, 0},
        {"1e6", 2, KM_NUMBER_BAD, 0},
        {"1 234", 2, KM_NUMBER_BAD, 0},
        {"NULL", 2, KM_NUMBER_BAD, 0},
        {"92233720368547758.07", 2, KM_NUMBER_OK, INT64_MAX},
        {"92233720368547758.08", 2, KM_NUMBER_RANGE, 0},
        {"99999999999999999999", 2, KM_NUMBER_RANGE, 0},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t value = 0;
        km_number_result result = km_decimal_parse(km_text_from(cases[i].text), cases[i].scale, &value);
        if (result != cases[i].result) fprintf(stderr, "case '%s' gave %d\n", cases[i].text, (int)result);
        CU_ASSERT_EQUAL(result, cases[i].result);
        if (result == KM_NUMBER_OK) CU_ASSERT_EQUAL(value, cases[i].value);
    }
}

static void decimal_comma_needs_its_option(void) {
    int64_t value;
    CU_ASSERT_EQUAL(km_decimal_parse_comma(KM_TEXT("1.234,50"), 2, &value), KM_NUMBER_OK);
    CU_ASSERT_EQUAL(value, 123450);
    CU_ASSERT_EQUAL(km_decimal_parse_comma(KM_TEXT("1.234.567"), 2, &value), KM_NUMBER_OK);
    CU_ASSERT_EQUAL(value, 123456700);
    CU_ASSERT_EQUAL(km_decimal_parse_comma(KM_TEXT("12,5"), 3, &value), KM_NUMBER_OK);
    CU_ASSERT_EQUAL(value, 12500);
    CU_ASSERT_EQUAL(km_decimal_parse_comma(KM_TEXT("1234"), 2, &value), KM_NUMBER_OK);
    CU_ASSERT_EQUAL(km_decimal_parse_comma(KM_TEXT("1234.50"), 2, &value), KM_NUMBER_SEPARATORS);
    CU_ASSERT_EQUAL(km_decimal_parse_comma(KM_TEXT("1,234,567"), 2, &value), KM_NUMBER_SEPARATORS);
    CU_ASSERT_EQUAL(km_decimal_parse_comma(KM_TEXT("1,234.50"), 2, &value), KM_NUMBER_SEPARATORS);
    CU_ASSERT_EQUAL(km_decimal_parse_comma(KM_TEXT("1,2,3"), 2, &value), KM_NUMBER_BAD);
}

static void rounding_is_half_away_from_zero(void) {
    int64_t value;
    CU_ASSERT_TRUE(km_decimal_rescale(1005, 3, 2, &value));
    CU_ASSERT_EQUAL(value, 101);
    CU_ASSERT_TRUE(km_decimal_rescale(-1005, 3, 2, &value));
    CU_ASSERT_EQUAL(value, -101);
    CU_ASSERT_TRUE(km_decimal_rescale(1004, 3, 2, &value));
    CU_ASSERT_EQUAL(value, 100);
    CU_ASSERT_FALSE(km_decimal_rescale(INT64_MAX, 0, 2, &value));
    CU_ASSERT_TRUE(km_decimal_divide(1, 0, 3, 0, 6, &value));
    CU_ASSERT_EQUAL(value, 333333);
    CU_ASSERT_TRUE(km_decimal_divide(-200, 2, 3, 0, 2, &value));
    CU_ASSERT_EQUAL(value, -67);
    CU_ASSERT_FALSE(km_decimal_divide(1, 0, 0, 0, 2, &value));
}

static void decimals_survive_a_round_trip(void) {
    km_buf buf;
    km_buf_init(&buf, test_mem());
    uint64_t seed = 1;
    for (int i = 0; i < 20000; i++) {
        int scale = (int)(test_random(&seed) % 4);
        int64_t value = (int64_t)(test_random(&seed) >> (test_random(&seed) % 63)), back = 0;
        if (test_random(&seed) & 1) value = -value;
        km_buf_clear(&buf);
        km_buf_decimal(&buf, value, scale);
        CU_ASSERT_EQUAL(km_decimal_parse(km_buf_view(&buf), scale, &back), KM_NUMBER_OK);
        CU_ASSERT_EQUAL(back, value);
    }
    km_buf_clear(&buf);
    km_buf_fixed(&buf, INT64_MIN, 2);
    TEST_TEXT_EQUAL(km_buf_view(&buf), "-92233720368547758.08");
    km_buf_free(&buf);
}

/* The digits of a number one after the other, with a point before the last `scale`. */
static void spell(char *out, int64_t value, int scale, bool all) {
    char digits[32];
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    int count = snprintf(digits, sizeof digits, "%0*llu", scale + 1, (unsigned long long)rest);
    while (!all && scale && digits[count - 1] == '0') count--, scale--;
    snprintf(out, 40, "%s%.*s%s%.*s", value < 0 ? "-" : "", count - scale, digits, scale ? "." : "", scale,
             digits + count - scale);
}

static void numbers_are_spelt_digit_by_digit(void) {
    char expected[40], text[KM_WRITE_MOST + 1];
    uint64_t seed = 3;
    int differences = 0;
    for (int i = 0; i < 200000; i++) {
        int scale = (int)(test_random(&seed) % 19), digits = (int)(test_random(&seed) % 19);
        int64_t value = (int64_t)(test_random(&seed) >> (test_random(&seed) % 64));
        if (i % 2) value = value % km_pow10(digits) / km_pow10(digits / 2) * km_pow10(digits / 2);
        for (int all = 0; all < 2; all++) {
            *km_write_number(text, value, scale, all) = '\0';
            spell(expected, value, scale, all);
            differences += strcmp(text, expected) != 0;
        }
    }
    CU_ASSERT_EQUAL(differences, 0);
}

static void days_follow_the_calendar(void) {
    km_day day = km_day_from_civil(1900, 1, 1);
    for (; day < km_day_from_civil(2200, 1, 1); day++) {
        km_civil civil = km_civil_from_day(day);
        CU_ASSERT_EQUAL(km_day_from_civil(civil.year, civil.month, civil.day), day);
        CU_ASSERT_TRUE(km_civil_valid(civil.year, civil.month, civil.day));
    }
    CU_ASSERT_EQUAL(km_day_from_civil(1970, 1, 1), 0);
    CU_ASSERT_EQUAL(km_weekday(km_day_from_civil(2026, 11, 22)), 7);
    CU_ASSERT_EQUAL(km_weekday(km_day_from_civil(1969, 12, 29)), 1);
    CU_ASSERT_EQUAL(km_day_add_months(km_day_from_civil(2024, 1, 31), 1), km_day_from_civil(2024, 2, 29));
    CU_ASSERT_EQUAL(km_day_add_months(km_day_from_civil(2024, 3, 31), -13), km_day_from_civil(2023, 2, 28));
}

static void dates_are_read_in_every_known_form(void) {
    static const struct {
        const char *text;
        const char *time, *birth; /* NULL: not of that kind */
    } cases[] = {
        {"202601150820", "2026-01-15 08:20", "2026-01-15"},
        {"20260115082059", "2026-01-15 08:20", "2026-01-15"},
        {"20260115", "2026-01-15 00:00", "2026-01-15"},
        {"2026-01-15", "2026-01-15 00:00", "2026-01-15"},
        {"2026-01-15 08:20", "2026-01-15 08:20", "2026-01-15"},
        {"2026-01-15T08:20:30.123", "2026-01-15 08:20", "2026-01-15"},
        {"'202601150820", "2026-01-15 08:20", "2026-01-15"},
        {"198000000000", NULL, "1980"},
        {"19800300", NULL, "1980-03"},
        {"1980", NULL, "1980"},
        {"198003", NULL, "1980-03"},
        {"1980000000000000", NULL, "1980"},
        {"1980000000000001", NULL, NULL},
        {"19800015", NULL, NULL},
        {"20240229", "2024-02-29 00:00", "2024-02-29"},
        {"20230229", NULL, NULL},
        {"202601152460", NULL, NULL},
        {"20261301", NULL, NULL},
        {"15/01/2026", NULL, NULL},
        {"2026-1-5", NULL, NULL},
        {"", NULL, NULL},
        {"45000.5", NULL, NULL},
    };
    km_buf buf;
    km_buf_init(&buf, test_mem());
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        km_minute minute;
        int32_t birth;
        bool is_time = km_time_parse(km_text_from(cases[i].text), &minute);
        bool is_birth = km_birth_parse(km_text_from(cases[i].text), &birth);
        CU_ASSERT_EQUAL(is_time, cases[i].time != NULL);
        CU_ASSERT_EQUAL(is_birth, cases[i].birth != NULL);
        km_buf_clear(&buf);
        if (is_time) km_buf_minute(&buf, minute);
        TEST_TEXT_EQUAL(km_buf_view(&buf), cases[i].time ? cases[i].time : "");
        km_buf_clear(&buf);
        if (is_birth) km_buf_birth(&buf, birth);
        TEST_TEXT_EQUAL(km_buf_view(&buf), cases[i].birth ? cases[i].birth : "");
    }
    km_buf_free(&buf);
    km_day day;
    CU_ASSERT_TRUE(km_iso_date_parse(KM_TEXT("2025-07-01"), &day));
    CU_ASSERT_FALSE(km_iso_date_parse(KM_TEXT("01/07/2025"), &day));
    CU_ASSERT_FALSE(km_iso_date_parse(KM_TEXT("20250701"), &day));
}

static void utf8_is_checked(void) {
    CU_ASSERT_TRUE(km_utf8_valid("Nguyễn Văn Thử", strlen("Nguyễn Văn Thử")));
    CU_ASSERT_EQUAL(km_utf8_count(KM_TEXT("Thử")), 3);
    static const char *const bad[] = {"\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80",
                                      "\xE1\xBB", "abcdefgh\x80", "\xFF"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        CU_ASSERT_FALSE(km_utf8_valid(bad[i], strlen(bad[i])));
}

/* UTF-8 by the definition: the shortest form of a code point that is no surrogate and at most U+10FFFF. */
static bool plain_utf8_valid(const unsigned char *p, size_t length) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    for (size_t i = 0; i < length;) {
        size_t size = p[i] < 0x80   ? 1
                      : p[i] < 0xC0 ? 0
                      : p[i] < 0xE0 ? 2
                      : p[i] < 0xF0 ? 3
                      : p[i] < 0xF8 ? 4
                                    : 0;
        if (size == 0 || length - i < size) return false;
        uint32_t point = size == 1 ? p[i] : p[i] & (0xFFu >> (size + 1));
        for (size_t k = 1; k < size; k++) {
            if (p[i + k] >> 6 != 2) return false;
            point = point << 6 | (p[i + k] & 0x3F);
        }
        if (point < least[size] || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) return false;
        i += size;
    }
    return true;
}

static void utf8_check_knows_every_sequence(void) {
    unsigned differences = 0;
    for (uint32_t number = 0; number < 1u << 24; number++) {
        unsigned char bytes[3] = {(unsigned char)(number >> 16), (unsigned char)(number >> 8),
                                  (unsigned char)number};
        differences += km_utf8_valid((const char *)bytes, 3) != plain_utf8_valid(bytes, 3);
    }
    for (uint32_t number = 0; number < 1u << 20; number++) {
        unsigned char bytes[4] = {(unsigned char)(0xF0 | number >> 17), (unsigned char)(number >> 9),
                                  (unsigned char)(number >> 1), number & 1 ? 0xBF : 0x7F};
        differences += km_utf8_valid((const char *)bytes, 4) != plain_utf8_valid(bytes, 4);
    }
    CU_ASSERT_EQUAL(differences, 0);
}

/* Long texts take the way without branches: damaged in one byte anywhere they must be found out. */
static void utf8_check_agrees_on_long_texts(void) {
    static const char *const pieces[] = {
        "a", "1,", "ễ", "ă", "Đ", "–", "\xF0\x9F\x98\x80", "\xEF\xBB\xBF", "\xED\x9F\xBF"};
    uint64_t seed = 3;
    unsigned differences = 0, invalid = 0;
    for (int i = 0; i < 100000; i++) {
        unsigned char text[600];
        size_t length = 0, wanted = test_random(&seed) % 500, kinds = 1 + test_random(&seed) % 9;
        while (length < wanted) {
            const char *piece = pieces[test_random(&seed) % kinds];
            memcpy(text + length, piece, strlen(piece));
            length += strlen(piece);
        }
        if (length && i % 2) text[test_random(&seed) % length] = (unsigned char)test_random(&seed);
        if (length && i % 3 == 0) length -= test_random(&seed) % (length < 4 ? length : 4);
        bool valid = plain_utf8_valid(text, length);
        invalid += !valid;
        differences += km_utf8_valid((const char *)text, length) != valid;
    }
    CU_ASSERT_EQUAL(differences, 0);
    CU_ASSERT_TRUE(invalid > 20000 && invalid < 80000);
}

static void nearest_name_is_found(void) {
    static const char *const names[] = {"MA_THE_BHYT", "MA_DKBD", "NGAY_VAO", "NGAY_RA", "T_BHTT"};
    km_nearest nearest;
    km_nearest_init(&nearest, KM_TEXT("ngay_voa"));
    for (size_t i = 0; i < 5; i++) km_nearest_offer(&nearest, km_text_from(names[i]));
    TEST_TEXT_EQUAL(km_nearest_result(&nearest), "NGAY_VAO");
    CU_ASSERT_STRING_EQUAL(km_nearest_hint(&nearest).text, "; did you mean 'NGAY_VAO'?");
    km_nearest_init(&nearest, KM_TEXT("hello"));
    for (size_t i = 0; i < 5; i++) km_nearest_offer(&nearest, km_text_from(names[i]));
    TEST_TEXT_EQUAL(km_nearest_result(&nearest), "");
    CU_ASSERT_STRING_EQUAL(km_nearest_hint(&nearest).text, "");
}

static void split_keeps_empty_parts(void) {
    km_text rest = KM_TEXT("a;;b;"), part;
    static const char *const expected[] = {"a", "", "b", ""};
    size_t count = 0;
    while (km_text_split(&rest, ';', &part)) {
        CU_ASSERT_TRUE_FATAL(count < 4);
        TEST_TEXT_EQUAL(part, expected[count++]);
    }
    CU_ASSERT_EQUAL(count, 4);
}

static void map_keeps_every_key(void) {
    km_map map;
    km_map_init(&map, test_mem());
    bool is_new;
    for (uint32_t i = 0; i < 10000; i++) {
        uint32_t *value = km_map_insert(&map, (uint64_t)i * 4096, &is_new);
        CU_ASSERT_PTR_NOT_NULL_FATAL(value);
        CU_ASSERT_TRUE(is_new);
        *value = i;
    }
    for (uint32_t i = 0; i < 10000; i++) CU_ASSERT_EQUAL(*km_map_find(&map, (uint64_t)i * 4096), i);
    CU_ASSERT_PTR_NULL(km_map_find(&map, 5));
    km_map_free(&map);
}

static kiem_status use_memory(void *context) {
    (void)context;
    km_map map;
    km_buf buf;
    km_arena arena;
    km_map_init(&map, test_mem());
    km_buf_init(&buf, test_mem());
    km_arena_init(&arena, test_mem());
    kiem_status status = KIEM_OK;
    for (uint64_t i = 0; i < 200 && status == KIEM_OK; i++) {
        bool is_new;
        if (!km_map_insert(&map, i, &is_new) || !km_arena_alloc(&arena, 100)) status = KIEM_E_NOMEM;
        km_buf_string(&buf, "0123456789");
    }
    if (!km_buf_ok(&buf)) status = KIEM_E_NOMEM;
    const size_t length = buf.length;
    char *bytes = status == KIEM_OK ? km_buf_hand_over(&buf) : NULL;
    if (status == KIEM_OK && !bytes) status = KIEM_E_NOMEM;
    CU_ASSERT_TRUE(!bytes || (!buf.length && length == 2000 && memcmp(bytes + 1990, "0123456789", 10) == 0));
    km_free(test_mem(), bytes, length);
    km_map_free(&map);
    km_buf_free(&buf);
    km_arena_free(&arena);
    return status;
}

static void running_out_of_memory_is_a_status(void) {
    CU_ASSERT_TRUE(test_out_of_memory(use_memory, NULL) > 10);
}

static void long_messages_are_cut_between_characters(void) {
    km_error error;
    char text[3 * KM_ERROR_MESSAGE_MAX] = {0};
    for (size_t i = 0; i + 3 < sizeof text; i += 3) memcpy(text + i, "\xE1\xBB\xAD", 3);
    for (int shift = 0; shift < 3; shift++) {
        km_error_set(&error, KIEM_E_FORMAT, "%.*s%s", shift, "ab", text);
        size_t length = strlen(error.message);
        CU_ASSERT_TRUE(km_utf8_valid(error.message, length));
        CU_ASSERT_TRUE(length > KM_ERROR_MESSAGE_MAX - 5);
    }
    for (kiem_status status = KIEM_OK; status <= KIEM_E_INTERNAL; status++) {
        CU_ASSERT_STRING_NOT_EQUAL(km_status_name(status), "UNKNOWN");
        CU_ASSERT_TRUE(strlen(km_status_sentence(status)) > 5);
    }
    CU_ASSERT_STRING_EQUAL(km_status_name(-1), "UNKNOWN");
}

TEST_MAIN("base", {"decimals are exact", decimals_are_exact},
          {"decimal comma needs its option", decimal_comma_needs_its_option},
          {"rounding is half away from zero", rounding_is_half_away_from_zero},
          {"decimals survive a round trip", decimals_survive_a_round_trip},
          {"numbers are spelt digit by digit", numbers_are_spelt_digit_by_digit},
          {"days follow the calendar", days_follow_the_calendar},
          {"dates are read in every known form", dates_are_read_in_every_known_form},
          {"UTF-8 is checked", utf8_is_checked},
          {"UTF-8 check knows every sequence", utf8_check_knows_every_sequence},
          {"UTF-8 check agrees on long texts", utf8_check_agrees_on_long_texts},
          {"nearest name is found", nearest_name_is_found},
          {"split keeps empty parts", split_keeps_empty_parts}, {"map keeps every key", map_keeps_every_key},
          {"running out of memory is a status", running_out_of_memory_is_a_status},
          {"long messages are cut between characters", long_messages_are_cut_between_characters})
