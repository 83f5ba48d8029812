/* The kernel with AVX-512; compiled with -mavx512f, entered only after a look at the CPU. No FMA: the
 * portable kernel has none, and all give the same bits. */
#include "score/outlier/outlier_kernel.h"

#ifdef KIEM_X86_KERNELS
#include <float.h>
#include <immintrin.h>
#include <string.h>

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

/* The square of how far each feature lies out; MAXPS gives the second operand when the first is NaN. */
static inline __m512 peer_squares(const km_peer_rows *rows, size_t at, __m512 down) {
    const km_peer_scale *scale = &rows->groups[rows->group[at]];
    const __m512 row = _mm512_loadu_ps(km_peer_row(rows, at));
    const __m512 away = _mm512_sub_ps(row, _mm512_loadu_ps(scale->centre));
    const __m512 z = _mm512_mul_ps(away, _mm512_loadu_ps(scale->inverse));
    const __m512 out = _mm512_max_ps(_mm512_max_ps(z, _mm512_mul_ps(z, down)), _mm512_setzero_ps());
    const __m512 cut = _mm512_min_ps(out, _mm512_set1_ps((float)KM_PEER_CLIP));
    return _mm512_mul_ps(cut, cut);
}

/* Halve two rows at once: quarters, or lanes, of `a` and `b` picked by `low` plus those picked by `high`. */
#define HALVE_QUARTERS(a, b, low, high)                                                                      \
    _mm512_add_ps(_mm512_shuffle_f32x4(a, b, low), _mm512_shuffle_f32x4(a, b, high))
#define HALVE(a, b, low, high) _mm512_add_ps(_mm512_shuffle_ps(a, b, low), _mm512_shuffle_ps(a, b, high))

static inline void km_peer_squares(const km_peer_rows *rows, size_t first, float *squares) {
    const __m512 down = _mm512_loadu_ps(rows->down);
    const __m512i order = _mm512_setr_epi32(0, 4, 8, 12, 1, 5, 9, 13, 2, 6, 10, 14, 3, 7, 11, 15);
    __m512 four[4];
    for (size_t k = 0; k < 4; k++) {
        const size_t at = first + 4 * k;
        const __m512 a = peer_squares(rows, at, down), b = peer_squares(rows, at + 1, down);
        const __m512 c = peer_squares(rows, at + 2, down), d = peer_squares(rows, at + 3, down);
        const __m512 ab = HALVE_QUARTERS(a, b, 0x44, 0xEE), cd = HALVE_QUARTERS(c, d, 0x44, 0xEE);
        four[k] = HALVE_QUARTERS(ab, cd, 0x88, 0xDD);
    }
    const __m512 low = HALVE(four[0], four[1], 0x44, 0xEE), high = HALVE(four[2], four[3], 0x44, 0xEE);
    const __m512 all = HALVE(low, high, 0x88, 0xDD);
    _mm512_storeu_ps(squares, _mm512_permutexvar_ps(order, all));
}

#define KM_KERNEL      km_outlier_avx512
#define KM_KERNEL_NAME "avx512"
#include "score/outlier/outlier_kernel_body.h"
#endif
