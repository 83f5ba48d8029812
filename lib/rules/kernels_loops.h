/* Loops over columns as the compiler vectorises them: included by kernels.c for any machine and by
 * kernels_avx2.c, so that both have them, with the same results. What a loop makes of a row without a value
 * does not matter. */
#ifndef KM_RULES_KERNELS_LOOPS_H
#define KM_RULES_KERNELS_LOOPS_H

#include "base/date.h"
#include "rules/kernels.h"

static void and_with(const uint64_t *is_true, const uint64_t *known, uint32_t words,
                     uint64_t *restrict true_here, uint64_t *restrict known_here) {
    for (uint32_t w = 0; w < words; w++) {
        uint64_t both = true_here[w] & is_true[w];
        known_here[w] = both | (known_here[w] & ~true_here[w]) | (known[w] & ~is_true[w]);
        true_here[w] = both;
    }
}

static void or_with(const uint64_t *is_true, const uint64_t *known, uint32_t words,
                    uint64_t *restrict true_here, uint64_t *restrict known_here) {
    for (uint32_t w = 0; w < words; w++) {
        true_here[w] |= is_true[w];
        known_here[w] = (known_here[w] & known[w]) | true_here[w];
    }
}

static bool any_not_false(const uint64_t *is_true, const uint64_t *known, const uint64_t *rows,
                          uint32_t words) {
    uint64_t any = 0;
    if (rows) {
        for (uint32_t w = 0; w < words; w++) any |= (is_true[w] | ~known[w]) & rows[w];
    } else {
        for (uint32_t w = 0; w < words; w++) any |= is_true[w] | ~known[w];
    }
    return any;
}

static void add(const int64_t *a, const int64_t *b, uint32_t rows, int64_t *restrict out) {
    for (uint32_t i = 0; i < rows; i++) out[i] = (int64_t)((uint64_t)a[i] + (uint64_t)b[i]);
}

static void subtract(const int64_t *a, const int64_t *b, uint32_t rows, int64_t *restrict out) {
    for (uint32_t i = 0; i < rows; i++) out[i] = (int64_t)((uint64_t)a[i] - (uint64_t)b[i]);
}

static void multiply(const int64_t *a, const int64_t *b, uint32_t rows, int64_t *restrict out) {
    for (uint32_t i = 0; i < rows; i++) out[i] = (int64_t)((uint64_t)a[i] * (uint64_t)b[i]);
}

static void scale(const int64_t *a, int64_t factor, uint32_t rows, int64_t *restrict out) {
    for (uint32_t i = 0; i < rows; i++) out[i] = (int64_t)((uint64_t)a[i] * (uint64_t)factor);
}

static bool sums_fit(const int64_t *a, const int64_t *b, bool difference, uint32_t rows,
                     int64_t *restrict out) {
    uint64_t overflow = 0, flip = difference ? UINT64_MAX : 0;
    for (uint32_t i = 0; i < rows; i++) { /* a - b = a + ~b + 1 */
        uint64_t x = (uint64_t)a[i], y = (uint64_t)b[i] ^ flip, sum = x + y - flip;
        overflow |= (x ^ sum) & (y ^ sum);
        out[i] = (int64_t)sum;
    }
    return !(overflow >> 63);
}

static bool scaled_fit(const int64_t *a, int64_t factor, uint32_t rows, int64_t *restrict out) {
    uint64_t limit = (uint64_t)(INT64_MAX / factor), beyond = 0;
    for (uint32_t i = 0; i < rows; i++) {
        uint64_t value = (uint64_t)a[i];
        beyond |= value + limit > 2 * limit;
        out[i] = (int64_t)(value * (uint64_t)factor);
    }
    return !beyond;
}

static void extreme(const int64_t *a, const int64_t *b, bool greatest, int64_t flip, uint32_t rows,
                    int64_t *out) {
    if (greatest) {
        for (uint32_t i = 0; i < rows; i++) out[i] = (b[i] ^ flip) > (a[i] ^ flip) ? b[i] : a[i];
    } else {
        for (uint32_t i = 0; i < rows; i++) out[i] = (b[i] ^ flip) < (a[i] ^ flip) ? b[i] : a[i];
    }
}

static void magnitude(const int64_t *a, uint32_t rows, int64_t *restrict out) {
    for (uint32_t i = 0; i < rows; i++) out[i] = a[i] < 0 ? -a[i] : a[i];
}

static void take(const int64_t *from, uint64_t bits, int64_t *restrict out) {
    if (bits == UINT64_MAX) {
        memcpy(out, from, 64 * sizeof *out);
        return;
    }
    for (uint64_t i = 0; i < 64; i++) { /* all ones where the bit is set */
        int64_t mask = -(int64_t)(bits >> i & 1);
        out[i] = (out[i] & ~mask) | (from[i] & mask);
    }
}

static void count_bits(uint64_t bits, int64_t *out) {
    for (uint64_t i = 0; i < 64; i++) out[i] += (int64_t)(bits >> i & 1);
}

static void pick(const int64_t *table, const int64_t *place, uint32_t rows, int64_t *restrict out) {
    for (uint32_t i = 0; i < rows; i++) out[i] = table[place[i]];
}

static void widen(const int32_t *a, uint32_t rows, int64_t *restrict out) {
    for (uint32_t i = 0; i < rows; i++) out[i] = a[i];
}

static void subcode(const int64_t *a, unsigned start, unsigned length, uint32_t rows, int64_t *restrict out) {
    uint64_t mask = length >= KM_CODE_MAX ? UINT64_MAX : ~(UINT64_MAX >> (8 * length));
    unsigned shift = 8 * start;
    if (start >= KM_CODE_MAX) mask = shift = 0;
    for (uint32_t i = 0; i < rows; i++) out[i] = (int64_t)((uint64_t)a[i] << shift & mask);
}

static bool simple_bytes(const char *bytes, size_t count) {
    unsigned char odd = 0;
    for (size_t i = 0; i < count; i++) odd |= (unsigned char)bytes[i] | ((unsigned char)bytes[i] ? 0 : 0x80);
    return odd < 0x80;
}

static bool any_sign(const char *bytes, size_t count) {
    unsigned char any = 0;
    for (size_t i = 0; i < count; i++)
        any |= (unsigned char)((unsigned char)bytes[i] <= ' ') | (unsigned char)(bytes[i] == ';');
    return any;
}

static void lengths(const uint32_t *offsets, uint32_t rows, int64_t *restrict out) {
    for (uint32_t i = 0; i < rows; i++) out[i] = (int64_t)(offsets[i + 1] - offsets[i]);
}

/* ---- days */

static inline int32_t whole_day(bool is_time, int64_t value) {
    int32_t number = (int32_t)value;
    return is_time ? number / KM_MINUTES_PER_DAY - (number % KM_MINUTES_PER_DAY < 0) : number;
}

static void day_of(const int64_t *minutes, uint32_t rows, int64_t *restrict out) {
    for (uint32_t i = 0; i < rows; i++) out[i] = whole_day(true, minutes[i]);
}

/* The same steps as km_civil_from_day: without a call the compiler takes several rows at once. */
static inline int32_t packed_day(int32_t day) {
    enum { ERA_DAYS = 146097, ERAS_BEFORE = 82 };
    uint32_t quarters = 4 * ((uint32_t)day + 719468 + ERA_DAYS * ERAS_BEFORE) + 3;
    uint32_t century = quarters / ERA_DAYS;
    uint64_t years = (uint64_t)2939745 * (quarters % ERA_DAYS | 3);
    uint32_t day_of_year = (uint32_t)years / 2939745 / 4;
    uint32_t months = 2141 * day_of_year + 197913;
    int32_t from_january = day_of_year >= 306;
    int32_t year = (int32_t)(100 * century + (uint32_t)(years >> 32)) - 400 * ERAS_BEFORE + from_january;
    return year * 10000 + ((int32_t)(months >> 16) - 12 * from_january) * 100 +
           (int32_t)((months & 0xFFFF) / 2141) + 1;
}

static void packed_days(const int64_t *days, bool is_time, uint32_t rows, int64_t *restrict out) {
    if (is_time) {
        for (uint32_t i = 0; i < rows; i++) out[i] = packed_day(whole_day(true, days[i]));
    } else {
        for (uint32_t i = 0; i < rows; i++) out[i] = packed_day((int32_t)days[i]);
    }
}

static void part_of_packed(const int64_t *packed, km_date_part part, uint32_t rows, int64_t *restrict out) {
    if (part == KM_YEAR) {
        for (uint32_t i = 0; i < rows; i++) out[i] = (int32_t)packed[i] / 10000;
    } else if (part == KM_MONTH) {
        for (uint32_t i = 0; i < rows; i++) out[i] = (int32_t)packed[i] / 100 % 100;
    } else {
        for (uint32_t i = 0; i < rows; i++) out[i] = (int32_t)packed[i] % 100;
    }
}

static void part_of_time(const int64_t *times, km_date_part part, uint32_t rows, int64_t *restrict out) {
    for (uint32_t i = 0; i < rows; i++) {
        int32_t minute = (int32_t)times[i] % KM_MINUTES_PER_DAY;
        minute += minute < 0 ? KM_MINUTES_PER_DAY : 0;
        out[i] = part == KM_HOUR ? minute / 60 : minute % 60;
    }
}

static inline void weekdays_of(const int64_t *days, bool is_time, uint32_t rows, int64_t *restrict out) {
    for (uint32_t i = 0; i < rows; i++) {
        int32_t from_thursday = whole_day(is_time, days[i]) % 7; /* as km_weekday */
        out[i] = (from_thursday + 7 + 3) % 7 + 1;
    }
}

static void weekdays(const int64_t *days, bool is_time, uint32_t rows, int64_t *restrict out) {
    if (is_time) {
        weekdays_of(days, true, rows, out);
    } else {
        weekdays_of(days, false, rows, out);
    }
}

static inline void days_apart(const int64_t *from, bool from_time, const int64_t *to, bool to_time,
                              uint32_t rows, int64_t *restrict out) {
    for (uint32_t i = 0; i < rows; i++) out[i] = whole_day(to_time, to[i]) - whole_day(from_time, from[i]);
}

static void days_between(const int64_t *from, bool from_time, const int64_t *to, bool to_time, uint32_t rows,
                         int64_t *restrict out) {
    if (from_time && to_time) {
        days_apart(from, true, to, true, rows, out);
    } else if (from_time) {
        days_apart(from, true, to, false, rows, out);
    } else if (to_time) {
        days_apart(from, false, to, true, rows, out);
    } else {
        days_apart(from, false, to, false, rows, out);
    }
}

/* As km_day_from_civil, for years after 0; the month of a birth may be 0. */
static inline int32_t day_of_packed(int32_t packed) {
    uint32_t year = (uint32_t)packed / 10000, month = (uint32_t)packed / 100 % 100,
             day = (uint32_t)packed % 100;
    month += month == 0;
    uint32_t early = month <= 2, from_march = month - 3 + 12 * early;
    year -= early;
    return (int32_t)(year * 365 + year / 4 - year / 100 + year / 400 + (153 * from_march + 2) / 5 + day - 1) -
           719468;
}

static bool births(const int64_t *packed, uint32_t rows, int64_t *restrict first, int64_t *restrict last,
                   int64_t *restrict odd) {
    int32_t any_year = 0;
    for (uint32_t i = 0; i < rows; i++) {
        int32_t birth = (int32_t)packed[i], month_and_day = birth % 10000;
        int32_t year = (birth != 0) & (month_and_day == 0);
        any_year |= year;
        first[i] = birth + year * 101;
        last[i] = birth + year * 1231;
        odd[i] = (1 - year) & ((month_and_day % 100 == 0) | (month_and_day == 229));
    }
    return any_year;
}

static void days_since(const int64_t *packed, const int64_t *days, bool is_time, uint32_t rows,
                       int64_t *restrict out) {
    if (is_time) {
        for (uint32_t i = 0; i < rows; i++)
            out[i] = whole_day(true, days[i]) - day_of_packed((int32_t)packed[i]);
    } else {
        for (uint32_t i = 0; i < rows; i++) out[i] = (int32_t)days[i] - day_of_packed((int32_t)packed[i]);
    }
}

#define KM_KERNELS_LOOPS                                                                                     \
    .any_not_false = any_not_false, .and_with = and_with, .or_with = or_with, .add = add,                    \
    .subtract = subtract, .multiply = multiply, .scale = scale, .sums_fit = sums_fit,                        \
    .scaled_fit = scaled_fit, .extreme = extreme, .magnitude = magnitude, .take = take,                      \
    .count_bits = count_bits, .pick = pick, .widen = widen, .subcode = subcode,                              \
    .simple_bytes = simple_bytes, .any_sign = any_sign, .births = births, .lengths = lengths,                \
    .day_of = day_of, .packed_days = packed_days, .part_of_packed = part_of_packed,                          \
    .part_of_time = part_of_time, .weekdays = weekdays, .days_between = days_between,                        \
    .days_since = days_since

#endif
