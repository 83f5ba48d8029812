/* Loops over columns: conditions as bits, 64 rows a word; everything else as int64 arrays. */
#ifndef KM_RULES_KERNELS_H
#define KM_RULES_KERNELS_H

#include <string.h>

#include "rules/graph.h"

/* One bit of each of 64 bytes as a word: the multiplication gathers those of eight bytes in the top byte. */
static inline uint64_t km_pack_bits(const uint8_t bytes[64], unsigned bit) {
    uint64_t word = 0;
    for (int i = 0; i < 8; i++) {
        uint64_t eight;
        memcpy(&eight, bytes + 8 * i, 8);
        word |= (((eight >> bit & 0x0101010101010101u) * 0x0102040810204080u) >> 56) << (8 * i);
    }
    return word;
}

/* Loops that exist for any machine and once more for AVX2, with the same results. Bits of rows beyond the
 * count are unspecified: mask them. What is made of a row without a value does not matter. */
typedef struct km_kernels {
    /* bit i = a[i] <op> b[i]; with b_constant, b[0] serves every row. `flip` is XORed into both sides: the
     * sign bit compares codes as unsigned. */
    void (*compare)(km_comparison comparison, int64_t flip, const int64_t *a, const int64_t *b,
                    bool b_constant, uint32_t rows, uint64_t *out);
    /* bit i = a[i] is one of the constants */
    void (*in)(const int64_t *a, uint32_t rows, const int64_t *constants, int count, uint64_t *out);
    /* bit i = a[i] >= b[i] + difference, which must not overflow */
    void (*at_least)(const int64_t *a, const int64_t *b, int64_t difference, uint32_t rows, uint64_t *out);
    /* the words of a condition and of another one: AND and OR with three values, into those of the first */
    void (*and_with)(const uint64_t *is_true, const uint64_t *known, uint32_t words, uint64_t *true_here,
                     uint64_t *known_here);
    void (*or_with)(const uint64_t *is_true, const uint64_t *known, uint32_t words, uint64_t *true_here,
                    uint64_t *known_here);
    /* whether a condition is not FALSE in one of these rows, or in any when `rows` is NULL */
    bool (*any_not_false)(const uint64_t *is_true, const uint64_t *known, const uint64_t *rows,
                          uint32_t words);
    void (*add)(const int64_t *a, const int64_t *b, uint32_t rows, int64_t *out);
    void (*subtract)(const int64_t *a, const int64_t *b, uint32_t rows, int64_t *out);
    void (*multiply)(const int64_t *a, const int64_t *b, uint32_t rows, int64_t *out);
    void (*scale)(const int64_t *a, int64_t factor, uint32_t rows, int64_t *out);
    /* the same; false when some row overflows */
    bool (*sums_fit)(const int64_t *a, const int64_t *b, bool difference, uint32_t rows, int64_t *out);
    bool (*scaled_fit)(const int64_t *a, int64_t factor, uint32_t rows, int64_t *out);
    /* the greater or the lesser of two; `out` may be one of them */
    void (*extreme)(const int64_t *a, const int64_t *b, bool greatest, int64_t flip, uint32_t rows,
                    int64_t *out);
    void (*magnitude)(const int64_t *a, uint32_t rows, int64_t *out);
    /* of 64 rows those that have a bit: takes their values, adds 1 */
    void (*take)(const int64_t *from, uint64_t bits, int64_t *out);
    void (*count_bits)(uint64_t bits, int64_t *out);
    /* table[place[i]] */
    void (*pick)(const int64_t *table, const int64_t *place, uint32_t rows, int64_t *out);
    void (*widen)(const int32_t *a, uint32_t rows, int64_t *out);
    /* bytes start .. start + length - 1 of packed codes */
    void (*subcode)(const int64_t *a, unsigned start, unsigned length, uint32_t rows, int64_t *out);
    /* whether all are ASCII, and none NUL */
    bool (*simple_bytes)(const char *bytes, size_t count);
    /* whether any is a blank, a control character or a semicolon */
    bool (*any_sign)(const char *bytes, size_t count);
    void (*lengths)(const uint32_t *offsets, uint32_t rows, int64_t *out);
    /* minutes to days, rounding down */
    void (*day_of)(const int64_t *minutes, uint32_t rows, int64_t *out);
    /* days, or the days of times, as yyyymmdd; parts of what is so packed; hours and minutes of times */
    void (*packed_days)(const int64_t *days, bool is_time, uint32_t rows, int64_t *out);
    void (*part_of_packed)(const int64_t *packed, km_date_part part, uint32_t rows, int64_t *out);
    void (*part_of_time)(const int64_t *times, km_date_part part, uint32_t rows, int64_t *out);
    void (*weekdays)(const int64_t *days, bool is_time, uint32_t rows, int64_t *out);
    void (*days_between)(const int64_t *from, bool from_time, const int64_t *to, bool to_time, uint32_t rows,
                         int64_t *out);
    /* the first and the last day of births packed as yyyymmdd, as far as whole years alone leave them open;
     * 1 for those that are odd in another way; whether any is a year alone */
    bool (*births)(const int64_t *packed, uint32_t rows, int64_t *first, int64_t *last, int64_t *odd);
    /* days since a day packed as yyyymmdd */
    void (*days_since)(const int64_t *packed, const int64_t *days, bool is_time, uint32_t rows, int64_t *out);
} km_kernels;

extern const km_kernels km_kernels_plain;
#ifdef KIEM_X86_KERNELS
extern const km_kernels km_kernels_avx2; /* only where km_has_avx2() */

static inline bool km_has_avx2(void) {
    return __builtin_cpu_supports("avx2");
}
#endif

/* Those for the machine this runs on. */
static inline const km_kernels *km_kernels_here(void) {
#ifdef KIEM_X86_KERNELS
    if (km_has_avx2()) return &km_kernels_avx2;
#endif
    return &km_kernels_plain;
}

#endif
