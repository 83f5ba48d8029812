#include "base/vietnamese.h"

#include <kiem/codes.h>

#include "base/error.h"
#include "support/test.h"

static const char *in_vietnamese(const char *english) {
    static char out[4096];
    const size_t length = km_message_in(KIEM_LANG_VI, km_text_from(english), out, sizeof out);
    CU_ASSERT_EQUAL(length, strlen(out));
    return out;
}

/* Writes 1, 2, ... for the numbers of a format and X1, X2, ... for its texts. */
static void fill_english(char *out, size_t size, const char *format) {
    size_t length = 0;
    int number = 0;
    for (; *format && length + 4 < size; format++) {
        const bool fills = format[0] == '%';
        if (fills) number++, format++;
        length +=
            (size_t)(fills ? snprintf(out + length, size - length, "%s%d", *format == 's' ? "X" : "", number)
                           : snprintf(out + length, size - length, "%c", *format));
    }
}

static void fill_vietnamese(char *out, size_t size, const char *vietnamese, const char *english) {
    const char *kinds[9] = {"", "", "", "", "", "", "", "", ""};
    size_t length = 0, count = 0;
    for (const char *c = english; (c = strchr(c, '%')) != NULL && count < 9; c += 2)
        kinds[count++] = c[1] == 's' ? "X" : "";
    for (const char *c = vietnamese; *c && length + 4 < size; c++) {
        if (c[0] == '{' && c[1] >= '1' && c[1] <= '9') {
            length += (size_t)snprintf(out + length, size - length, "%s%c", kinds[c[1] - '1'], c[1]);
            c += 2;
        } else {
            length += (size_t)snprintf(out + length, size - length, "%c", *c);
        }
    }
}

/* A format that also reads as another one that says more would come out as that one. */
static void every_message_finds_its_own_partner(void) {
    static const struct {
        const char *english, *vietnamese;
    } pairs[] = {
#define KM_PAIR(english, vietnamese) {english, vietnamese},
#include "base/vietnamese.def"
#undef KM_PAIR
    };
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        char english[1024], expected[2048];
        fill_english(english, sizeof english, pairs[i].english);
        fill_vietnamese(expected, sizeof expected, pairs[i].vietnamese, pairs[i].english);
        CU_ASSERT_STRING_EQUAL(in_vietnamese(english), expected);
    }
}

static void words_within_a_message_are_translated(void) {
    static const char *const cases[][2] = {
        {"rule X02, condition: expected a condition, this is a number (in 'T_BHTT + 1')",
         "quy tắc X02, điều kiện: cần điều kiện, đây là số (ở 'T_BHTT + 1')"},
        {"term ca_mo: unknown name 'T_BHT'; did you mean 'T_BHTT'? (in 'T_BHT')",
         "tên gọi ca_mo: không có tên 'T_BHT'; có phải ý là 'T_BHTT'? (ở 'T_BHT')"},
        {"cannot write the file: the disk is full", "không thể ghi tệp: đĩa đã đầy"},
        {"a.csv: 2 columns have names that are not known; column 3 looks like T_BHTT, column 4 looks like "
         "MA_LK",
         "a.csv: 2 cột có tên chưa biết; cột 3 giống T_BHTT, cột 4 giống MA_LK"},
        {"round takes 1 or more arguments, 0 given", "round cần 1 trở lên tham số, đã cho 0"},
        {"column 'number' is missing", "thiếu cột 'number'"}, /* a name in quotes is no word */
        {"expected 12 fields, found 9", "cần 12 ô, thấy 9 ô"},
        {"a.csv: it is not there", "a.csv: it is not there"}, /* of somebody else */
        {"", ""}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CU_ASSERT_STRING_EQUAL(in_vietnamese(cases[i][0]), cases[i][1]);
}

static void english_stays_english(void) {
    char out[64];
    km_message_in(KIEM_LANG_EN, KM_TEXT("out of memory"), out, sizeof out);
    CU_ASSERT_STRING_EQUAL(out, "out of memory");
}

/* The buffer ends the text, between two characters, and nothing is written behind it. */
static void a_short_buffer_cuts_at_a_character(void) {
    const char whole[] = "hết bộ nhớ";
    for (size_t size = 1; size <= sizeof whole; size++) {
        char out[sizeof whole + 1];
        memset(out, '#', sizeof out);
        const size_t length = km_message_in(KIEM_LANG_VI, KM_TEXT("out of memory"), out, size);
        CU_ASSERT_TRUE(length < size && out[length] == '\0' && out[size] == '#');
        CU_ASSERT_TRUE(memcmp(out, whole, length) == 0 && ((unsigned char)whole[length] & 0xC0) != 0x80);
        CU_ASSERT_TRUE(length + 4 > size); /* no more is lost than a part of a character */
    }
}

/* Text from a file stands in messages: whatever it is, reading it back ends soon. */
static void odd_texts_are_read_back(void) {
    char english[KM_ERROR_MESSAGE_MAX] = "";
    static const char *const pieces[] = {": ",     "'", ", ", "rule ", "; did you mean '",
                                         " (in '", "1", "%s", "{1}"};
    uint64_t state = 7;
    for (int round = 0; round < 200; round++) {
        size_t length = 0;
        while (length + 20 < sizeof english) {
            const char *piece = pieces[test_random(&state) % (round % 2 ? 2 : 9)];
            length += (size_t)snprintf(english + length, sizeof english - length, "%s", piece);
        }
        CU_ASSERT_TRUE(strlen(in_vietnamese(english)) > 0);
    }
}

TEST_MAIN("vietnamese", {"every message finds its own partner", every_message_finds_its_own_partner},
          {"words within a message are translated", words_within_a_message_are_translated},
          {"english stays english", english_stays_english},
          {"a short buffer cuts at a character", a_short_buffer_cuts_at_a_character},
          {"odd texts are read back", odd_texts_are_read_back})
