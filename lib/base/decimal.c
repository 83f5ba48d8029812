#include "base/decimal.h"

int64_t km_pow10(int scale) {
    int64_t power = 1;
    for (; scale > 0; scale--) power *= 10;
    return power;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

/* Digits grouped by `group` in threes, at least one group mark: 1.234 or 12.345.678; `mark` may start a
 * fraction. */
static bool looks_grouped(km_text text, char group, char mark) {
    size_t i = text.length && (text.ptr[0] == '-' || text.ptr[0] == '+') ? 1 : 0, lead = 0, groups = 0;
    while (i < text.length && is_digit(text.ptr[i])) i++, lead++;
    if (lead < 1 || lead > 3) return false;
    while (i < text.length && text.ptr[i] == group) {
        for (size_t k = 1; k <= 3; k++) {
            if (i + k >= text.length || !is_digit(text.ptr[i + k])) return false;
        }
        i += 4;
        groups++;
    }
    if (i < text.length && text.ptr[i] == mark) {
        for (i++; i < text.length && is_digit(text.ptr[i]);) i++;
    }
    return groups > 0 && i == text.length;
}

static km_number_result parse_plain(km_text text, char mark, char skip, int scale, int64_t *out) {
    size_t i = 0;
    bool negative = false, any = false, point = false;
    int fraction = 0;
    int64_t value = 0;
    if (text.length && (text.ptr[0] == '-' || text.ptr[0] == '+')) negative = text.ptr[i++] == '-';
    for (; i < text.length; i++) {
        char c = text.ptr[i];
        if (c == mark && !point) {
            point = true;
        } else if (skip && c == skip && !point) {
            continue;
        } else if (!is_digit(c)) {
            return KM_NUMBER_BAD;
        } else if (point && fraction == scale) {
            if (c != '0') return KM_NUMBER_SCALE;
            any = true;
        } else {
            any = true;
            fraction += point;
            if (__builtin_mul_overflow(value, (int64_t)10, &value) ||
                __builtin_add_overflow(value, (int64_t)(c - '0'), &value)) {
                return KM_NUMBER_RANGE;
            }
        }
    }
    if (!any) return text.length ? KM_NUMBER_BAD : KM_NUMBER_EMPTY;
    if (__builtin_mul_overflow(value, km_pow10(scale - fraction), &value)) return KM_NUMBER_RANGE;
    *out = negative ? -value : value;
    return KM_NUMBER_OK;
}

km_number_result km_decimal_parse(km_text text, int scale, int64_t *out) {
    km_number_result result = parse_plain(text, '.', '\0', scale, out);
    if (result != KM_NUMBER_BAD && result != KM_NUMBER_SCALE) return result;
    /* 1.234 in a column of two decimals, 1.234.567, 1.234,50, 1,234 and 1234,5 all have two readings. */
    if (looks_grouped(text, '.', ',') || looks_grouped(text, ',', '.')) return KM_NUMBER_SEPARATORS;
    int64_t unused;
    if (parse_plain(text, ',', '\0', KM_SCALE_MAX, &unused) == KM_NUMBER_OK) return KM_NUMBER_SEPARATORS;
    return result;
}

km_number_result km_decimal_parse_comma(km_text text, int scale, int64_t *out) {
    if (looks_grouped(text, '.', ',')) return parse_plain(text, ',', '.', scale, out);
    km_number_result result = parse_plain(text, ',', '\0', scale, out);
    if (result == KM_NUMBER_BAD || result == KM_NUMBER_SCALE) {
        int64_t unused;
        if (looks_grouped(text, ',', '.')) return KM_NUMBER_SEPARATORS;
        if (parse_plain(text, '.', '\0', KM_SCALE_MAX, &unused) == KM_NUMBER_OK) return KM_NUMBER_SEPARATORS;
    }
    return result;
}

bool km_decimal_rescale(km_int128 value, int from, int to, int64_t *out) {
    for (; from < to; from++) {
        if (__builtin_mul_overflow(value, (km_int128)10, &value)) return false;
    }
    if (from > to) {
        const int64_t unit = km_pow10(from - to), half = unit / 2;
        value += value < 0 ? -half : half;
        bool narrow = value == (int64_t)value; /* nearly always: dividing 128 bits costs ten times as much */
        value = narrow ? (int64_t)value / unit : value / unit;
    }
    if (value > INT64_MAX || value < INT64_MIN) return false;
    *out = (int64_t)value;
    return true;
}

bool km_decimal_divide(km_int128 a, int a_scale, int64_t b, int b_scale, int scale, int64_t *out) {
    if (b == 0) return false;
    km_int128 numerator = a, denominator = b;
    int shift = scale - a_scale + b_scale; /* result mantissa = a * 10^shift / b */
    for (; shift > 0; shift--) {
        if (__builtin_mul_overflow(numerator, (km_int128)10, &numerator)) return false;
    }
    for (; shift < 0; shift++) {
        if (__builtin_mul_overflow(denominator, (km_int128)10, &denominator)) return false;
    }
    if (denominator < 0) numerator = -numerator, denominator = -denominator;
    km_int128 half = denominator / 2;
    if (__builtin_add_overflow(numerator, numerator < 0 ? -half : half, &numerator)) return false;
    km_int128 result = numerator / denominator;
    if (result > INT64_MAX || result < INT64_MIN) return false;
    *out = (int64_t)result;
    return true;
}
