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

/* ---- conditions, choices, texts */

/* TRUE, FALSE and NULL as 1, 0 and 2. */
static int truth(const uint64_t *is_true, const uint64_t *known, uint32_t row) {
    return !bit(known, row) ? 2 : bit(is_true, row);
}

static void check_conditions(const km_kernels *kernels) {
    enum { WORDS = 3 };
    uint64_t true_a[WORDS], known_a[WORDS], true_b[WORDS], known_b[WORDS], both[2][WORDS], either[2][WORDS];
    bool good = true, any = false;
    for (int w = 0; w < WORDS; w++) {
        known_a[w] = next(), known_b[w] = next() | next();
        true_a[w] = next() & known_a[w], true_b[w] = next() & known_b[w];
        both[0][w] = either[0][w] = true_a[w], both[1][w] = either[1][w] = known_a[w];
    }
    kernels->and_with(true_b, known_b, WORDS, both[0], both[1]);
    kernels->or_with(true_b, known_b, WORDS, either[0], either[1]);
    for (uint32_t row = 0; row < WORDS * 64; row++) {
        int a = truth(true_a, known_a, row), b = truth(true_b, known_b, row);
        good = good && truth(both[0], both[1], row) == (a && b ? a == 2 || b == 2 ? 2 : 1 : 0);
        good = good && truth(either[0], either[1], row) == (a == 1 || b == 1 ? 1 : a || b ? 2 : 0);
        any = any || (a && bit(known_b, row));
    }
    CU_ASSERT_TRUE(good);
    CU_ASSERT_EQUAL(kernels->any_not_false(true_a, known_a, known_b, WORDS), any);
    memset(both[0], 0, sizeof both[0]);
    memset(both[1], 0xFF, sizeof both[1]);
    CU_ASSERT_FALSE(kernels->any_not_false(both[0], both[1], NULL, WORDS));
    CU_ASSERT_FALSE(kernels->any_not_false(both[0], both[1], known_b, WORDS));
    both[1][WORDS - 1] &= ~(uint64_t)2;
    CU_ASSERT_TRUE(kernels->any_not_false(both[0], both[1], NULL, WORDS));
}

static void check_choices(const km_kernels *kernels) {
    int64_t from[64], out[64], counts[64] = {0}, picked[64], place[64];
    uint64_t bits = next() & next();
    bool good = true;
    for (int i = 0; i < 64; i++) from[i] = value(), out[i] = i, place[i] = (int64_t)(next() % 64);
    kernels->take(from, bits, out);
    kernels->count_bits(bits, counts);
    kernels->pick(from, place, 64, picked);
    for (uint32_t i = 0; i < 64; i++) {
        good = good && out[i] == (bit(&bits, i) ? from[i] : (int64_t)i) && counts[i] == bit(&bits, i);
        good = good && picked[i] == from[place[i]];
    }
    kernels->take(from, UINT64_MAX, out);
    CU_ASSERT_TRUE(good && memcmp(out, from, sizeof out) == 0);
}

/* One sign among letters, at every place. */
static void check_texts(const km_kernels *kernels) {
    static const struct {
        char sign;
        bool simple, listed;
    } cases[] = {{'x', true, false}, {';', true, true},  {' ', true, true},          {'\n', true, true},
                 {0, false, true},   {'~', true, false}, {(char)0xC3, false, false}, {'!', true, false}};
    char bytes[ROWS];
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        bool good = true;
        for (size_t at = 0; at < ROWS; at++) {
            memset(bytes, 'A', sizeof bytes);
            bytes[at] = cases[c].sign;
            good = good && kernels->simple_bytes(bytes, at + 1) == cases[c].simple &&
                   kernels->any_sign(bytes, at + 1) == cases[c].listed && kernels->simple_bytes(bytes, at) &&
                   !kernels->any_sign(bytes, at);
        }
        CU_ASSERT_TRUE(good);
    }
}

static void check_births(const km_kernels *kernels) {
    static const int64_t some[] = {19800315, 19800300, 19800000, 19800229, 0, 20001231};
    static const int64_t wanted[][3] = {{19800315, 19800315, 0},
                                        {19800300, 19800300, 1},
                                        {19800101, 19801231, 0},
                                        {19800229, 19800229, 1},
                                        {0, 0, 1},
                                        {20001231, 20001231, 0}};
    int64_t births[ROWS], out[3][ROWS];
    bool good = true;
    for (int i = 0; i < ROWS; i++) births[i] = some[i % 6];
    CU_ASSERT_TRUE(kernels->births(births, ROWS, out[0], out[1], out[2]));
    CU_ASSERT_FALSE(kernels->births(births, 2, out[0], out[1], out[2]));
    for (int i = 0; i < ROWS; i++) {
        for (int k = 0; k < 3; k++) good = good && (some[i % 6] == 0 || out[k][i] == wanted[i % 6][k]);
    }
    CU_ASSERT_TRUE(good);
}

static void check_all(const km_kernels *kernels) {
    check_kernels(kernels);
    for (km_day day = DAY_FIRST; day < DAY_LAST; day += ROWS) check_days(kernels, day);
    for (uint32_t rows = 1; rows <= ROWS; rows++) {
        check_numbers(kernels, rows);
        check_conditions(kernels);
        check_choices(kernels);
    }
    check_texts(kernels);
    check_births(kernels);
}

static void all_kernels_agree(void) {
    check_all(&km_kernels_plain);
#ifdef KIEM_X86_KERNELS
    if (km_has_avx2()) check_all(&km_kernels_avx2);
#endif
}

TEST_MAIN("kernels", {"all kernels agree with the obvious loop", all_kernels_agree})
