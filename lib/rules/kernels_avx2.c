/* Conditions four rows at a time; compiled with -mavx2, entered only after a look at the CPU. */
#include "rules/kernels_parts.h"

#ifdef KIEM_X86_KERNELS
#include <immintrin.h>

enum { WORD = 64, LANES = 4 };

static inline __m256i load(const int64_t *from) {
    return _mm256_loadu_si256((const __m256i *)(const void *)from);
}

static inline uint64_t bits_of(__m256i lanes) {
    return (uint64_t)(uint32_t)_mm256_movemask_pd(_mm256_castsi256_pd(lanes));
}

/* How the rows of a word are compared; `more` is the loop over its groups of four, the last rows one by one.
 */
#define WORDS(lanes, single)                                                                                 \
    for (uint32_t row = 0; row < rows; row += WORD) {                                                        \
        uint32_t end = rows - row < WORD ? rows - row : WORD, i = 0;                                         \
        uint64_t word = 0;                                                                                   \
        for (; i + LANES <= end; i += LANES) word |= bits_of(lanes) << i;                                    \
        for (; i < end; i++) word |= (uint64_t)(single) << i;                                                \
        out[row / WORD] = word;                                                                              \
    }

static void equal(const int64_t *a, const int64_t *b, bool constant, uint32_t rows, uint64_t *out) {
    if (constant) {
        __m256i right = _mm256_set1_epi64x(b[0]);
        WORDS(_mm256_cmpeq_epi64(load(a + row + i), right), a[row + i] == b[0])
    } else {
        WORDS(_mm256_cmpeq_epi64(load(a + row + i), load(b + row + i)), a[row + i] == b[row + i])
    }
}

static void greater(const int64_t *a, const int64_t *b, bool constant, int64_t flip, uint32_t rows,
                    uint64_t *out) {
    __m256i signs = _mm256_set1_epi64x(flip);
    if (constant) {
        __m256i right = _mm256_set1_epi64x(b[0] ^ flip);
        WORDS(_mm256_cmpgt_epi64(_mm256_xor_si256(load(a + row + i), signs), right),
              (a[row + i] ^ flip) > (b[0] ^ flip))
    } else {
        WORDS(_mm256_cmpgt_epi64(_mm256_xor_si256(load(a + row + i), signs),
                                 _mm256_xor_si256(load(b + row + i), signs)),
              (a[row + i] ^ flip) > (b[row + i] ^ flip))
    }
}

static void less(const int64_t *a, const int64_t *b, bool constant, int64_t flip, uint32_t rows,
                 uint64_t *out) {
    if (!constant) {
        greater(b, a, false, flip, rows, out);
        return;
    }
    __m256i signs = _mm256_set1_epi64x(flip), right = _mm256_set1_epi64x(b[0] ^ flip);
    WORDS(_mm256_cmpgt_epi64(right, _mm256_xor_si256(load(a + row + i), signs)),
          (a[row + i] ^ flip) < (b[0] ^ flip))
}

static void compare(km_comparison comparison, int64_t flip, const int64_t *a, const int64_t *b,
                    bool b_constant, uint32_t rows, uint64_t *out) {
    switch (comparison) {
    case KM_EQ:
    case KM_NE: equal(a, b, b_constant, rows, out); break;
    case KM_GT:
    case KM_LE: greater(a, b, b_constant, flip, rows, out); break;
    default: less(a, b, b_constant, flip, rows, out);
    }
    bool inverse = comparison == KM_NE || comparison == KM_LE || comparison == KM_GE;
    for (uint32_t w = 0; inverse && w < (rows + WORD - 1) / WORD; w++) out[w] = ~out[w];
}

static void in(const int64_t *a, uint32_t rows, const int64_t *constants, int count, uint64_t *out) {
    for (uint32_t row = 0; row < rows; row += WORD) {
        uint32_t end = rows - row < WORD ? rows - row : WORD, i = 0;
        uint64_t word = 0;
        for (; i + LANES <= end; i += LANES) {
            __m256i found = _mm256_setzero_si256(), values = load(a + row + i);
            for (int k = 0; k < count; k++)
                found = _mm256_or_si256(found, _mm256_cmpeq_epi64(values, _mm256_set1_epi64x(constants[k])));
            word |= bits_of(found) << i;
        }
        for (; i < end; i++) {
            bool found = false;
            for (int k = 0; k < count; k++) found = found || a[row + i] == constants[k];
            word |= (uint64_t)found << i;
        }
        out[row / WORD] = word;
    }
}

static void at_least(const int64_t *a, const int64_t *b, int64_t difference, uint32_t rows, uint64_t *out) {
    __m256i more = _mm256_set1_epi64x(difference - 1);
    WORDS(_mm256_cmpgt_epi64(load(a + row + i), _mm256_add_epi64(load(b + row + i), more)),
          a[row + i] > b[row + i] + difference - 1)
}

const km_kernels km_kernels_avx2 = {compare, in, at_least};
#endif
