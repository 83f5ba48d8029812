/* The kernel with AVX2; compiled with -mavx2, entered only after a look at the CPU. No FMA: the portable
 * kernel has none, and all give the same bits. */
#include "score/outlier/outlier_kernel.h"

#ifdef KIEM_X86_KERNELS
#include <float.h>
#include <immintrin.h>
#include <string.h>

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

/* The square of how far eight features lie out; MAXPS gives the second operand when the first is NaN. */
static inline __m256 peer_squares(const float *row, const float *centre, const float *inverse, __m256 down) {
    const __m256 away = _mm256_sub_ps(_mm256_loadu_ps(row), _mm256_loadu_ps(centre));
    const __m256 z = _mm256_mul_ps(away, _mm256_loadu_ps(inverse));
    const __m256 out = _mm256_max_ps(_mm256_max_ps(z, _mm256_mul_ps(z, down)), _mm256_setzero_ps());
    const __m256 cut = _mm256_min_ps(out, _mm256_set1_ps((float)KM_PEER_CLIP));
    return _mm256_mul_ps(cut, cut);
}

/* Halves two rows at once: lanes of `a` and `b` picked by `low` plus those picked by `high`. */
#define HALVE(a, b, low, high) _mm256_add_ps(_mm256_shuffle_ps(a, b, low), _mm256_shuffle_ps(a, b, high))

static inline void km_peer_squares(const km_peer_rows *rows, size_t first, float *squares) {
    const __m256 down0 = _mm256_loadu_ps(rows->down), down1 = _mm256_loadu_ps(rows->down + 8);
    const __m256i order = _mm256_setr_epi32(0, 4, 1, 5, 2, 6, 3, 7);
    for (size_t eight = 0; eight < 16; eight += 8) {
        __m256 half[8], quarter[4];
        for (size_t r = 0; r < 8; r++) {
            const km_peer_scale *scale = &rows->groups[rows->group[first + eight + r]];
            const float *row = km_peer_row(rows, first + eight + r);
            half[r] = _mm256_add_ps(peer_squares(row, scale->centre, scale->inverse, down0),
                                    peer_squares(row + 8, scale->centre + 8, scale->inverse + 8, down1));
        }
        for (int k = 0; k < 4; k++) {
            const __m256 a = half[2 * k], b = half[2 * k + 1];
            quarter[k] =
                _mm256_add_ps(_mm256_permute2f128_ps(a, b, 0x20), _mm256_permute2f128_ps(a, b, 0x31));
        }
        const __m256 low = HALVE(quarter[0], quarter[1], 0x44, 0xEE);
        const __m256 high = HALVE(quarter[2], quarter[3], 0x44, 0xEE);
        const __m256 all = HALVE(low, high, 0x88, 0xDD);
        _mm256_storeu_ps(squares + eight, _mm256_permutevar8x32_ps(all, order));
    }
}

#define KM_KERNEL      km_outlier_avx2
#define KM_KERNEL_NAME "avx2"
#include "score/outlier/outlier_kernel_body.h"
#endif
