/* The kernel with AVX2; compiled with -mavx2, entered only after a look at the CPU. No FMA: the portable
 * kernel has none, and all give the same bits. */
#include "score/outlier_kernel.h"

#ifdef KIEM_X86_KERNELS
#include <float.h>
#include <immintrin.h>

enum { KM_V_LANES = 8 };

typedef __m256 km_v;

static inline km_v km_v_set(float x) {
    return _mm256_set1_ps(x);
}
static inline km_v km_v_load(const float *p) {
    return _mm256_loadu_ps(p);
}
static inline void km_v_store(float *p, km_v v) {
    _mm256_storeu_ps(p, v);
}
static inline km_v km_v_add(km_v a, km_v b) {
    return _mm256_add_ps(a, b);
}
static inline km_v km_v_sub(km_v a, km_v b) {
    return _mm256_sub_ps(a, b);
}
static inline km_v km_v_mul(km_v a, km_v b) {
    return _mm256_mul_ps(a, b);
}
static inline km_v km_v_min(km_v a, km_v b) {
    return _mm256_min_ps(a, b);
}
static inline km_v km_v_max(km_v a, km_v b) {
    return _mm256_max_ps(a, b);
}
static inline km_v km_v_sqrt(km_v a) {
    return _mm256_sqrt_ps(a);
}
static inline km_v km_v_abs(km_v a) {
    return _mm256_andnot_ps(_mm256_set1_ps(-0.0f), a);
}
static inline km_v km_v_with_sign(km_v a, km_v sign) {
    return _mm256_or_ps(a, _mm256_and_ps(sign, _mm256_set1_ps(-0.0f)));
}
static inline void km_v_split(km_v x, km_v *exponent, km_v *mantissa) {
    const __m256i shift = _mm256_set1_epi32(0x3F800000 - 0x3F3504F3);
    const __m256i bits = _mm256_add_epi32(_mm256_castps_si256(x), shift);
    *exponent = _mm256_cvtepi32_ps(_mm256_sub_epi32(_mm256_srli_epi32(bits, 23), _mm256_set1_epi32(127)));
    const __m256i fraction = _mm256_and_si256(bits, _mm256_set1_epi32(0x007FFFFF));
    *mantissa = _mm256_castsi256_ps(_mm256_add_epi32(fraction, _mm256_set1_epi32(0x3F3504F3)));
}

#define KM_KERNEL      km_outlier_avx2
#define KM_KERNEL_NAME "avx2"
#include "score/outlier_kernel_body.h"
#endif
