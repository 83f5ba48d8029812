/* The loops over columns, plain and with AVX2, beside the obvious one. */
#include "base/date.h"
#include "rules/kernels.h"
#include "support/test.h"

enum { ROWS = 203 };

static uint64_t state = 1;

static uint64_t next(void) {
    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* Few values, so that equal ones meet, and the ends of the range. */
static int64_t value(void) {
    static const int64_t some[] = {0, 1, -1, 7, INT64_MAX, INT64_MIN, INT64_MAX - 1, 1 << 20};
    return next() % 4 ? some[next() % 8] : (int64_t)next();
}

static bool holds(km_comparison comparison, bool is_code, int64_t a, int64_t b) {
    bool less = is_code ? (uint64_t)a < (uint64_t)b : a < b;
    switch (comparison) {
    case KM_EQ: return a == b;
    case KM_NE: return a != b;
    case KM_LT: return less;
    case KM_LE: return less || a == b;
    case KM_GT: return !less && a != b;
    default: return !less;
    }
}

static bool bit(const uint64_t *bits, uint32_t row) {
    return bits[row / 64] >> (row % 64) & 1;
}

static void check_kernels(const km_kernels *kernels) {
    int64_t a[ROWS], b[ROWS], small[ROWS], constants[5];
    uint64_t out[ROWS / 64 + 1];
    for (uint32_t rows = 1; rows <= ROWS; rows++) {
        for (uint32_t i = 0; i < rows; i++) a[i] = value(), b[i] = value(), small[i] = (int64_t)(next() % 9);
        for (int k = 0; k < 5; k++) constants[k] = value();
        bool good = true;
        for (int c = KM_EQ; c <= KM_GE; c++) {
            for (int kind = 0; kind < 4; kind++) {
                bool code = kind & 1, constant = kind & 2;
                kernels->compare((km_comparison)c, code ? INT64_MIN : 0, a, b, constant, rows, out);
                for (uint32_t i = 0; i < rows; i++)
                    good = good && bit(out, i) == holds((km_comparison)c, code, a[i], b[constant ? 0 : i]);
            }
        }
        kernels->in(a, rows, constants, 5, out);
        for (uint32_t i = 0; i < rows; i++) {
            bool found = false;
            for (int k = 0; k < 5; k++) found = found || a[i] == constants[k];
            good = good && bit(out, i) == found;
        }
        kernels->at_least(small, small + rows / 2, 2, rows - rows / 2, out);
        for (uint32_t i = 0; i < rows - rows / 2; i++)
            good = good && bit(out, i) == (small[i] >= small[rows / 2 + i] + 2);
        CU_ASSERT_TRUE(good);
    }
}

/* ---- days */

enum { DAY_FIRST = -25567, DAY_LAST = 84370 /* 1900 to 2200 */ };

static int64_t packed(km_civil civil) {
    return civil.year * 10000 + civil.month * 100 + civil.day;
}

/* Days from a place in a range that is longer than a word of rows, and the times of a minute in them. */
static void check_days(const km_kernels *kernels, km_day start) {
    int64_t days[ROWS], times[ROWS], out[6][ROWS], births[ROWS];
    bool good = true;
    for (int i = 0; i < ROWS; i++) {
        days[i] = start + i;
        times[i] = days[i] * KM_MINUTES_PER_DAY + (int64_t)(next() % KM_MINUTES_PER_DAY);
    }
    kernels->packed_days(days, false, ROWS, out[0]);
    kernels->packed_days(times, true, ROWS, out[1]);
    kernels->day_of(times, ROWS, out[2]);
    kernels->weekdays(days, false, ROWS, out[3]);
    kernels->weekdays(times, true, ROWS, out[4]);
    kernels->part_of_time(times, KM_HOUR, ROWS, out[5]);
    for (int i = 0; i < ROWS; i++) {
        int64_t expected = packed(km_civil_from_day((km_day)days[i])), weekday = km_weekday((km_day)days[i]);
        good = good && out[0][i] == expected && out[1][i] == expected && out[2][i] == days[i];
        good = good && out[3][i] == weekday && out[4][i] == weekday;
        good = good && out[5][i] == (times[i] - days[i] * KM_MINUTES_PER_DAY) / 60;
    }
    kernels->part_of_time(times, KM_MINUTE_OF_HOUR, ROWS, out[5]);
    kernels->part_of_packed(out[0], KM_YEAR, ROWS, out[1]);
    kernels->part_of_packed(out[0], KM_MONTH, ROWS, out[2]);
    kernels->part_of_packed(out[0], KM_DAY, ROWS, out[3]);
    for (int i = 0; i < ROWS; i++) {
        km_civil civil = km_civil_from_day((km_day)days[i]);
        good = good && out[1][i] == civil.year && out[2][i] == civil.month && out[3][i] == civil.day;
        good = good && out[5][i] == (times[i] - days[i] * KM_MINUTES_PER_DAY) % 60;
        births[i] = out[0][ROWS - 1 - i];
    }
    kernels->days_since(births, days, false, ROWS, out[0]);
    kernels->days_since(births, times, true, ROWS, out[1]);
    kernels->days_between(days, false, times + 1, true, ROWS - 1, out[2]);
    kernels->days_between(times, true, times + 1, true, ROWS - 1, out[3]);
    kernels->days_between(times, true, days + 1, false, ROWS - 1, out[4]);
    kernels->days_between(days, false, days + 1, false, ROWS - 1, out[5]);
    for (int i = 0; i < ROWS; i++) good = good && out[0][i] == 2 * i + 1 - ROWS && out[1][i] == out[0][i];
    for (int i = 0; i < ROWS - 1; i++)
        good = good && out[2][i] == 1 && out[3][i] == 1 && out[4][i] == 1 && out[5][i] == 1;
    CU_ASSERT_TRUE(good);
}

/* ---- numbers */

static void check_numbers(const km_kernels *kernels, uint32_t rows) {
    int64_t a[ROWS], b[ROWS], out[6][ROWS];
    bool good = true, fits = true, differ = true, scaled = true;
    for (uint32_t i = 0; i < rows; i++) {
        a[i] = value() / (rows % 3 ? 1 << 22 : 1);
        b[i] = value() / (rows % 2 ? 4 : 1);
    }
    bool sum = kernels->sums_fit(a, b, false, rows, out[0]),
         difference = kernels->sums_fit(a, b, true, rows, out[1]),
         wide = kernels->scaled_fit(a, 1000, rows, out[2]);
    kernels->extreme(a, b, true, 0, rows, out[3]);
    kernels->extreme(a, b, false, INT64_MIN, rows, out[4]);
    kernels->subcode(a, 2, 3, rows, out[5]);
    for (uint32_t i = 0; i < rows; i++) {
        int64_t right;
        bool fit = !__builtin_add_overflow(a[i], b[i], &right);
        fits = fits && fit;
        good = good && (!fit || out[0][i] == right);
        fit = !__builtin_sub_overflow(a[i], b[i], &right);
        differ = differ && fit;
        good = good && (!fit || out[1][i] == right);
        fit = !__builtin_mul_overflow(a[i], 1000, &right);
        scaled = scaled && fit;
        good = good && (!fit || out[2][i] == right);
        good = good && out[3][i] == (a[i] > b[i] ? a[i] : b[i]);
        good = good && out[4][i] == ((uint64_t)a[i] < (uint64_t)b[i] ? a[i] : b[i]);
        good = good && out[5][i] == (int64_t)((uint64_t)a[i] << 16 & 0xFFFFFF0000000000u);
    }
    CU_ASSERT_TRUE(good);
    CU_ASSERT_EQUAL(sum, fits);
    CU_ASSERT_EQUAL(difference, differ);
    CU_ASSERT_TRUE(!wide || scaled); /* the very ends of the range may be taken for an overflow */
}

static void check_all(const km_kernels *kernels) {
    check_kernels(kernels);
    for (km_day day = DAY_FIRST; day < DAY_LAST; day += ROWS) check_days(kernels, day);
    for (uint32_t rows = 1; rows <= ROWS; rows++) check_numbers(kernels, rows);
}

static void all_kernels_agree(void) {
    check_all(&km_kernels_plain);
#ifdef KIEM_X86_KERNELS
    if (km_has_avx2()) check_all(&km_kernels_avx2);
#endif
}

TEST_MAIN("kernels", {"all kernels agree with the obvious loop", all_kernels_agree})
