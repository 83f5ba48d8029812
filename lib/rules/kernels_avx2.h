/* The loops of kernels.h that gain from AVX2, with the same results. */
#ifndef KM_RULES_KERNELS_AVX2_H
#define KM_RULES_KERNELS_AVX2_H

#include "rules/kernels.h"

#ifdef KIEM_X86_KERNELS
/* `flip` is XORed into both sides: the sign bit compares them as unsigned. */
void km_avx2_compare(km_comparison comparison, int64_t flip, const int64_t *a, const int64_t *b,
                     bool b_constant, uint32_t rows, uint64_t *out);
void km_avx2_in(const int64_t *a, uint32_t rows, const int64_t *constants, int count, uint64_t *out);
void km_avx2_at_least(const int64_t *a, const int64_t *b, int64_t difference, uint32_t rows, uint64_t *out);

static inline bool km_has_avx2(void) {
    return __builtin_cpu_supports("avx2");
}
#endif

#endif
