/* The loops over columns, plain and with AVX2, beside the obvious one. */
#include "rules/kernels_parts.h"
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

static void all_kernels_agree(void) {
    check_kernels(&km_kernels_plain);
#ifdef KIEM_X86_KERNELS
    if (km_has_avx2()) check_kernels(&km_kernels_avx2);
#endif
}

TEST_MAIN("kernels", {"all kernels agree with the obvious loop", all_kernels_agree})
