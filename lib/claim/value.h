/* Types of columns, and one value of any of them. */
#ifndef KM_CLAIM_VALUE_H
#define KM_CLAIM_VALUE_H

#include <string.h>

#include "base/buf.h"
#include "base/date.h"
#include "base/eight.h"
#include "base/text.h"

typedef enum km_type {
    KM_TYPE_BOOL = 0,
    KM_TYPE_NUMBER, /* int64 mantissa with a fixed scale; money has scale 2 */
    KM_TYPE_DATE,   /* int32 days since 1970-01-01 */
    KM_TYPE_TIME,   /* int32 minutes since 1970-01-01 00:00 */
    KM_TYPE_BIRTH,  /* int32 yyyymmdd, month and day may be 00 */
    KM_TYPE_CODE,   /* up to 8 bytes packed big-endian in a uint64: order is the order of the text */
    KM_TYPE_TEXT    /* a slice of UTF-8 */
} km_type;

/* Money is kept in hundredths of a dong. */
enum { KM_DONG = 100, KM_MONEY_SCALE = 2 };

/* "number", "date", ...: for messages and docs. */
const char *km_type_name(km_type type);

/* A value; when !known it is NULL. Numbers, dates, times, births and booleans stand in `number`, codes in
 * `code`. */
typedef struct km_value {
    km_type type;
    uint8_t scale;
    bool known;
    int64_t number;
    uint64_t code;
    km_text text;
} km_value;

/* ---- codes */

enum { KM_CODE_MAX = 8 };

/* A code of up to four characters as a constant, '\0' for those it does not have. */
#define KM_CODE(a, b, c, d)                                                                                  \
    ((uint64_t)(a) << 56 | (uint64_t)(b) << 48 | (uint64_t)(c) << 40 | (uint64_t)(d) << 32)

/* The bits after the first bytes of a code. */
static inline uint64_t km_beyond(size_t count) {
    return count < 8 ? UINT64_MAX >> (8 * count) : 0;
}

/* Whether a list has one part only: without a look at each byte when it is short, as nearly all are. */
static inline bool km_single_part(km_text list, char separator) {
    uint64_t wanted = km_eight_times(separator);
    if (list.length > 16) return !memchr(list.ptr, separator, list.length);
    if (list.length < 8) return !km_has_zero_byte((km_few_bytes(list.ptr, list.length)) ^ wanted);
    return !km_has_zero_byte(km_eight_bytes(list.ptr) ^ wanted) &&
           !km_has_zero_byte(km_eight_bytes(list.ptr + list.length - 8) ^ wanted);
}

/* False, and 0, when the text is longer than 8 bytes or holds a NUL byte. Empty text packs to 0. */
static inline bool km_code_pack(km_text text, uint64_t *out) {
    uint64_t code = text.length <= KM_CODE_MAX ? km_few_bytes(text.ptr, text.length) : 0;
    bool good = text.length <= KM_CODE_MAX && !km_has_zero_byte(code | km_beyond(text.length));
    *out = good ? code : 0;
    return good;
}
/* The province of a facility, as a code: the first two characters of its own. */
static inline uint64_t km_province_of(uint64_t facility) {
    return facility >> 48 << 48;
}
/* Writes the text of a code, returns its length. */
size_t km_code_unpack(uint64_t code, char out[KM_CODE_MAX]);
/* A diagnosis in upper case, without blanks and without the dagger or asterisk of a double diagnosis at the
 * end. Returns the length, or more than `capacity` when it does not fit. */
size_t km_icd_normalise(km_text cell, char *out, size_t capacity);
/* The greatest code that starts with these bytes: O84 -> O84\xFF\xFF\xFF\xFF\xFF, so that ranges include
 * subcodes. */
uint64_t km_code_range_end(uint64_t code);

/* Appends the value as findings show it: numbers plain, dates ISO, NULL as nothing. */
void km_buf_value(km_buf *buf, const km_value *value);

#endif
