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

/* out bit i = a[i] <op> b[i]; with b_constant, b[0] serves every row. Codes compare as unsigned. Bits of rows
 * beyond the count are unspecified: mask them. */
void km_kernel_compare(km_comparison comparison, bool is_code, const int64_t *a, const int64_t *b,
                       bool b_constant, uint32_t rows, uint64_t *out);
/* out bit i = a[i] is one of the constants. */
void km_kernel_in(const int64_t *a, uint32_t rows, const int64_t *constants, int count, uint64_t *out);
/* out bit i = a[i] >= b[i] + difference, which must not overflow. */
void km_kernel_at_least(const int64_t *a, const int64_t *b, int64_t difference, uint32_t rows, uint64_t *out);
void km_kernel_add(const int64_t *a, const int64_t *b, uint32_t rows, int64_t *out);
void km_kernel_subtract(const int64_t *a, const int64_t *b, uint32_t rows, int64_t *out);
void km_kernel_multiply(const int64_t *a, const int64_t *b, uint32_t rows, int64_t *out);
void km_kernel_scale(const int64_t *a, int64_t factor, uint32_t rows, int64_t *out);
void km_kernel_widen(const int32_t *a, uint32_t rows, int64_t *out);
void km_kernel_fill(int64_t value, uint32_t rows, int64_t *out);
/* Minutes to days, rounding down. */
void km_kernel_day_of(const int64_t *minutes, uint32_t rows, int64_t *out);
/* Bytes start .. start + length - 1 of packed codes. */
void km_kernel_subcode(const int64_t *a, unsigned start, unsigned length, uint32_t rows, int64_t *out);

#endif
