#include "base/date.h"

#include "base/eight.h"

enum { YEAR_FIRST = 1900, YEAR_LAST = 2199 };

static bool is_leap(int year) {
    return year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
}

static int days_in_month(int year, int month) {
    static const int days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

bool km_civil_valid(int year, int month, int day) {
    return year >= YEAR_FIRST && year <= YEAR_LAST && month >= 1 && month <= 12 && day >= 1 &&
           day <= days_in_month(year, month);
}

/* Days of the proleptic Gregorian calendar, counted in 400-year eras that start on 1 March (H. Hinnant's
 * method). */
km_day km_day_from_civil(int year, int month, int day) {
    int y = month <= 2 ? year - 1 : year;
    int era = (y >= 0 ? y : y - 399) / 400;
    int year_of_era = y - era * 400;
    int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    int day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * 146097 + day_of_era - 719468;
}

/* Years that start on 1 March, each step one multiplication (C. Neri and L. Schneider's method). */
km_civil km_civil_from_day(km_day day) {
    enum { ERA_DAYS = 146097, ERAS_BEFORE = 82 /* so that nothing is negative */ };
    uint32_t quarters = 4 * ((uint32_t)day + 719468 + ERA_DAYS * ERAS_BEFORE) + 3;
    uint32_t century = quarters / ERA_DAYS;
    uint64_t years = (uint64_t)2939745 * (quarters % ERA_DAYS | 3); /* of the century, times 2^32 */
    uint32_t day_of_year = (uint32_t)years / 2939745 / 4;
    uint32_t months = 2141 * day_of_year + 197913; /* times 2^16 */
    int from_january = day_of_year >= 306;
    return (km_civil){(int)(100 * century + (uint32_t)(years >> 32)) - 400 * ERAS_BEFORE + from_january,
                      (int)(months >> 16) - 12 * from_january, (int)((months & 0xFFFF) / 2141) + 1};
}

int km_weekday(km_day day) {
    int from_thursday = day % 7; /* 1970-01-01 was a Thursday */
    return (from_thursday + 7 + 3) % 7 + 1;
}

km_day km_day_add_months(km_day day, int months) {
    km_civil civil = km_civil_from_day(day);
    int total = civil.year * 12 + civil.month - 1 + months;
    int year = total / 12, month = total % 12 + 1, last = days_in_month(year, month);
    return km_day_from_civil(year, month, civil.day < last ? civil.day : last);
}

static bool all_digits(km_text text) {
    for (size_t i = 0; i < text.length; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') return false;
    }
    return text.length > 0;
}

static int number_at(const char *p, int digits) {
    int value = 0;
    for (int i = 0; i < digits; i++) value = value * 10 + (p[i] - '0');
    return value;
}

/* The digits of yyyy-mm-dd[ T]HH:MM[:SS[.fff]] without its marks; length 0 when it is not of that form. */
static size_t iso_digits(km_text text, char out[14]) {
    static const char form[] = "dddd-dd-dd dd:dd:dd";
    size_t count = 0, i = 0;
    for (; i < text.length && i < sizeof form - 1; i++) {
        char c = text.ptr[i];
        if (form[i] == 'd') {
            if (c < '0' || c > '9') return 0;
            out[count++] = c;
        } else if (c != form[i] && !(form[i] == ' ' && c == 'T')) {
            return 0;
        }
    }
    if (i < text.length && text.ptr[i] != '.') return 0;
    return count == 8 || count == 12 || count == 14 ? count : 0;
}

/* Brings every accepted form to plain digits: an apostrophe of a spreadsheet in front is dropped. */
static km_text plain_digits(km_text text, char scratch[14]) {
    if (text.length && text.ptr[0] == '\'') text.ptr++, text.length--;
    if (all_digits(text)) return text;
    size_t length = iso_digits(text, scratch);
    return (km_text){scratch, length};
}

static bool day_from_digits(const char *p, km_day *out) {
    int year = number_at(p, 4), month = number_at(p + 4, 2), day = number_at(p + 6, 2);
    if (!km_civil_valid(year, month, day)) return false;
    *out = km_day_from_civil(year, month, day);
    return true;
}

static bool minute_of_day(km_text digits, int *out) {
    *out = 0;
    if (digits.length == 8) return true;
    int hour = number_at(digits.ptr + 8, 2), minute = number_at(digits.ptr + 10, 2);
    *out = hour * 60 + minute;
    bool seconds_fit = digits.length == 12 || number_at(digits.ptr + 12, 2) < 60;
    return hour < 24 && minute < 60 && seconds_fit;
}

bool km_time_parse(km_text text, km_minute *out) {
    char scratch[14];
    km_text digits = plain_digits(text, scratch);
    km_day day;
    int minute;
    if (digits.length != 8 && digits.length != 12 && digits.length != 14) return false;
    if (!day_from_digits(digits.ptr, &day) || !minute_of_day(digits, &minute)) return false;
    *out = day * KM_MINUTES_PER_DAY + minute;
    return true;
}

bool km_date_parse(km_text text, km_day *out) {
    km_minute minute;
    if (text.length == 8 && all_digits(text)) return day_from_digits(text.ptr, out); /* nearly always */
    if (!km_time_parse(text, &minute)) return false;
    *out = km_day_of(minute);
    return true;
}

/* Some exports fill an unknown birth up to 16 places: yyyy and twelve zeros. */
static bool is_year_and_zeros(km_text digits) {
    return digits.length == 16 && memcmp(digits.ptr + 4, "000000000000", 12) == 0;
}

bool km_birth_parse(km_text text, int32_t *out_packed) {
    char scratch[14];
    km_text digits = plain_digits(text, scratch);
    if (is_year_and_zeros(digits)) digits.length = 4;
    if (digits.length != 4 && digits.length != 6 && digits.length != 8 && digits.length != 12 &&
        digits.length != 14) {
        return false;
    }
    int year = number_at(digits.ptr, 4);
    int month = digits.length >= 6 ? number_at(digits.ptr + 4, 2) : 0;
    int day = digits.length >= 8 ? number_at(digits.ptr + 6, 2) : 0;
    if (digits.length >= 12 && (number_at(digits.ptr + 8, 2) > 23 || number_at(digits.ptr + 10, 2) > 59))
        return false;
    if (month == 0 && day != 0) return false;
    if (!km_civil_valid(year, month ? month : 1, day ? day : 1)) return false;
    *out_packed = year * 10000 + month * 100 + day;
    return true;
}

bool km_iso_date_parse(km_text text, km_day *out) {
    char scratch[14];
    return text.length == 10 && iso_digits(text, scratch) == 8 && day_from_digits(scratch, out);
}

static char *write_birth(char *at, int32_t packed) {
    uint64_t digits = km_eight_digits((uint32_t)packed % 100000000) | km_eight_times('0');
    km_put_low_first_8(at, digits);
    km_put_low_first_8(at + 5, digits >> 32);
    km_put_low_first_8(at + 8, digits >> 48);
    at[4] = at[7] = '-';
    return at + (packed % 100 ? 10 : packed % 10000 ? 7 : 4);
}

char *km_write_day(char *at, km_day day) {
    km_civil civil = km_civil_from_day(day);
    return write_birth(at, civil.year * 10000 + civil.month * 100 + civil.day);
}

char *km_write_minute(char *at, km_minute time) {
    km_day day = km_day_of(time);
    int minute = time - day * KM_MINUTES_PER_DAY;
    uint64_t digits = km_eight_digits((uint64_t)(minute / 60 * 100 + minute % 60)) | km_eight_times('0');
    at = km_write_day(at, day);
    *at++ = ' ';
    km_put_low_first_8(at, digits >> 32);
    km_put_low_first_8(at + 3, digits >> 48);
    at[2] = ':';
    return at + 5;
}

void km_buf_birth(km_buf *buf, int32_t packed) {
    char *at = km_buf_begin(buf, KM_WRITE_MOST);
    if (at) km_buf_end(buf, write_birth(at, packed));
}

void km_buf_day(km_buf *buf, km_day day) {
    char *at = km_buf_begin(buf, KM_WRITE_MOST);
    if (at) km_buf_end(buf, km_write_day(at, day));
}

void km_buf_minute(km_buf *buf, km_minute time) {
    char *at = km_buf_begin(buf, KM_WRITE_MOST);
    if (at) km_buf_end(buf, km_write_minute(at, time));
}
