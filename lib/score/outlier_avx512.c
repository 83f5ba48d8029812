/* The kernel with AVX-512; compiled with -mavx512f, entered only after a look at the CPU. No FMA: the
 * portable kernel has none, and all give the same bits. */
#include "score/outlier_kernel.h"

#ifdef KIEM_X86_KERNELS
#include <float.h>
#include <immintrin.h>

enum { KM_V_LANES = 16 };

typedef __m512 km_v;

static inline km_v km_v_set(float x) {
    return _mm512_set1_ps(x);
}
static inline km_v km_v_load(const float *p) {
    return _mm512_loadu_ps(p);
}
static inline void km_v_store(float *p, km_v v) {
    _mm512_storeu_ps(p, v);
}
static inline km_v km_v_add(km_v a, km_v b) {
    return _mm512_add_ps(a, b);
}
static inline km_v km_v_sub(km_v a, km_v b) {
    return _mm512_sub_ps(a, b);
}
static inline km_v km_v_mul(km_v a, km_v b) {
    return _mm512_mul_ps(a, b);
}
static inline km_v km_v_min(km_v a, km_v b) {
    return _mm512_min_ps(a, b);
}
static inline km_v km_v_max(km_v a, km_v b) {
    return _mm512_max_ps(a, b);
}
static inline km_v km_v_sqrt(km_v a) {
    return _mm512_sqrt_ps(a);
}
static inline km_v km_v_abs(km_v a) {
    return _mm512_abs_ps(a);
}
static inline km_v km_v_with_sign(km_v a, km_v sign) {
    const __m512i bit = _mm512_and_si512(_mm512_castps_si512(sign), _mm512_set1_epi32(INT32_MIN));
    return _mm512_castsi512_ps(_mm512_or_si512(_mm512_castps_si512(a), bit));
}
static inline void km_v_split(km_v x, km_v *exponent, km_v *mantissa) {
    const __m512i shift = _mm512_set1_epi32(0x3F800000 - 0x3F3504F3);
    const __m512i bits = _mm512_add_epi32(_mm512_castps_si512(x), shift);
    *exponent = _mm512_cvtepi32_ps(_mm512_sub_epi32(_mm512_srli_epi32(bits, 23), _mm512_set1_epi32(127)));
    const __m512i fraction = _mm512_and_si512(bits, _mm512_set1_epi32(0x007FFFFF));
    *mantissa = _mm512_castsi512_ps(_mm512_add_epi32(fraction, _mm512_set1_epi32(0x3F3504F3)));
}

#define KM_KERNEL      km_outlier_avx512
#define KM_KERNEL_NAME "avx512"
#include "score/outlier_kernel_body.h"
#endif
