/* The loops of kernels.h that exist twice, plain and with AVX2, with the same results. */
#ifndef KM_RULES_KERNELS_PARTS_H
#define KM_RULES_KERNELS_PARTS_H

#include "rules/kernels.h"

/* `flip` is XORed into both sides: the sign bit compares them as unsigned. */
typedef struct km_kernels {
    void (*compare)(km_comparison comparison, int64_t flip, const int64_t *a, const int64_t *b,
                    bool b_constant, uint32_t rows, uint64_t *out);
    void (*in)(const int64_t *a, uint32_t rows, const int64_t *constants, int count, uint64_t *out);
    void (*at_least)(const int64_t *a, const int64_t *b, int64_t difference, uint32_t rows, uint64_t *out);
} km_kernels;

extern const km_kernels km_kernels_plain;
#ifdef KIEM_X86_KERNELS
extern const km_kernels km_kernels_avx2; /* only where km_has_avx2() */

static inline bool km_has_avx2(void) {
    return __builtin_cpu_supports("avx2");
}
#endif

#endif
