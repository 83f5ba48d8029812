#include "rules/kernels_loops.h"

enum { BLOCK = 64 };

/* One loop for each operator, with and without a constant right side; XOR with the sign bit makes the signed
 * comparison unsigned. Blocks of 64 keep the trip count fixed, so that the compiler vectorises; the arrays of
 * a batch are read up to the row count only. */
#define COMPARE(name, operator)                                                                              \
    static void name(const int64_t *a, const int64_t *b, bool constant, int64_t flip, uint32_t count,        \
                     uint8_t *out) {                                                                         \
        int64_t right = b[0] ^ flip;                                                                         \
        if (constant) {                                                                                      \
            for (uint32_t i = 0; i < count; i++) out[i] = (a[i] ^ flip) operator right;                      \
        } else {                                                                                             \
            for (uint32_t i = 0; i < count; i++) out[i] = (a[i] ^ flip) operator(b[i] ^ flip);               \
        }                                                                                                    \
    }
COMPARE(compare_eq, ==)
COMPARE(compare_ne, !=)
COMPARE(compare_lt, <)
COMPARE(compare_le, <=)
COMPARE(compare_gt, >)
COMPARE(compare_ge, >=)
#undef COMPARE

static void compare(km_comparison comparison, int64_t flip, const int64_t *a, const int64_t *b,
                    bool b_constant, uint32_t rows, uint64_t *out) {
    static void (*const loops[])(const int64_t *, const int64_t *, bool, int64_t, uint32_t, uint8_t *) = {
        [KM_EQ] = compare_eq, [KM_NE] = compare_ne, [KM_LT] = compare_lt,
        [KM_LE] = compare_le, [KM_GT] = compare_gt, [KM_GE] = compare_ge};
    uint8_t bytes[BLOCK] = {0};
    for (uint32_t row = 0; row < rows; row += BLOCK) {
        uint32_t count = rows - row < BLOCK ? rows - row : BLOCK;
        loops[comparison](a + row, b_constant ? b : b + row, b_constant, flip, count, bytes);
        out[row / BLOCK] = km_pack_bits(bytes, 0);
    }
}

static void in(const int64_t *a, uint32_t rows, const int64_t *constants, int count, uint64_t *out) {
    for (uint32_t row = 0; row < rows; row += BLOCK) {
        uint8_t bytes[BLOCK] = {0};
        uint32_t block = rows - row < BLOCK ? rows - row : BLOCK;
        for (int k = 0; k < count; k++) {
            for (uint32_t i = 0; i < block; i++) bytes[i] |= a[row + i] == constants[k];
        }
        out[row / BLOCK] = km_pack_bits(bytes, 0);
    }
}

static void at_least(const int64_t *a, const int64_t *b, int64_t difference, uint32_t rows, uint64_t *out) {
    for (uint32_t row = 0; row < rows; row += BLOCK) {
        uint8_t bytes[BLOCK] = {0};
        uint32_t block = rows - row < BLOCK ? rows - row : BLOCK;
        for (uint32_t i = 0; i < block; i++) bytes[i] = a[row + i] >= b[row + i] + difference;
        out[row / BLOCK] = km_pack_bits(bytes, 0);
    }
}

const km_kernels km_kernels_plain = {.compare = compare, .in = in, .at_least = at_least, KM_KERNELS_LOOPS};
