/* Exact decimals: an int64 mantissa with a scale (digits after the point) that the context knows. */
#ifndef KM_BASE_DECIMAL_H
#define KM_BASE_DECIMAL_H

#include "base/text.h"

enum { KM_SCALE_MAX = 9 };

__extension__ typedef __int128 km_int128;

/* How a number failed to be read. */
typedef enum km_number_result {
    KM_NUMBER_OK = 0,
    KM_NUMBER_EMPTY,     /* nothing there */
    KM_NUMBER_BAD,       /* not a number */
    KM_NUMBER_RANGE,     /* does not fit */
    KM_NUMBER_SCALE,     /* more non-zero digits after the point than the scale holds */
    KM_NUMBER_SEPARATORS /* 1.234.567 or 1.234,50 or 1,234: which mark is the point cannot be known */
} km_number_result;

/* 10^scale, 0 <= scale <= 18. */
int64_t km_pow10(int scale);

/* Reads [-+]digits[.digits] exactly; trailing zeros beyond the scale are allowed. */
km_number_result km_decimal_parse(km_text text, int scale, int64_t *out);
/* The same for files whose decimal mark is a comma and whose thousands are grouped by dots: 1.234,50. */
km_number_result km_decimal_parse_comma(km_text text, int scale, int64_t *out);

/* value * 10^(to - from), rounding half away from zero when digits are lost; false on overflow. */
bool km_decimal_rescale(km_int128 value, int from, int to, int64_t *out);
/* a / b at the given scale, rounding half away from zero; false when b is 0 or on overflow. */
bool km_decimal_divide(km_int128 a, int a_scale, int64_t b, int b_scale, int scale, int64_t *out);

#endif
