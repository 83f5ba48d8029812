/* Conditions 32 rows at a time; compiled with -mavx2, entered only after a look at the CPU. */
#include "rules/kernels.h"

#ifdef KIEM_X86_KERNELS
#include <immintrin.h>

#include "rules/kernels_loops.h"

enum { WORD = 64, STEP = 32, LANES = 4, PER_STEP = STEP / LANES };

static inline __m256i load(const int64_t *from) {
    return _mm256_loadu_si256((const __m256i *)(const void *)from);
}

/* One bit a row of 32 rows, each of which fills its 64 bits with ones or zeros: halved three times by
 * packing, which works within the halves of a register, so that pairs of rows must be put in order at the
 * end. */
static inline uint64_t bits_of(const __m256i lanes[PER_STEP]) {
    __m256i words[4];
    for (int i = 0; i < 4; i++)
        words[i] = _mm256_castps_si256(_mm256_shuffle_ps(_mm256_castsi256_ps(lanes[2 * i]),
                                                         _mm256_castsi256_ps(lanes[2 * i + 1]), 0x88));
    __m256i bytes =
        _mm256_packs_epi16(_mm256_packs_epi32(words[0], words[1]), _mm256_packs_epi32(words[2], words[3]));
    __m128i low = _mm256_castsi256_si128(bytes), high = _mm256_extracti128_si256(bytes, 1);
    uint32_t first = (uint32_t)_mm_movemask_epi8(_mm_unpacklo_epi16(low, high)),
             second = (uint32_t)_mm_movemask_epi8(_mm_unpackhi_epi16(low, high));
    return first | second << 16;
}

/* A word of bits for every 64 rows: `lanes(i)` tells about four rows from row i on, `single(i)` about one of
 * the last rows. */
#define WORDS(lanes, single)                                                                                 \
    for (size_t row = 0; row < rows; row += WORD) {                                                          \
        size_t end = rows - row < WORD ? rows : row + WORD, i = row;                                         \
        uint64_t word = 0;                                                                                   \
        for (; i + STEP <= end; i += STEP) {                                                                 \
            __m256i step[PER_STEP];                                                                          \
            for (size_t k = 0; k < PER_STEP; k++) step[k] = lanes(i + k * LANES);                            \
            word |= bits_of(step) << (i - row);                                                              \
        }                                                                                                    \
        for (; i < end; i++) word |= (uint64_t)(single(i)) << (i - row);                                     \
        out[row / WORD] = word;                                                                              \
    }

static void equal(const int64_t *a, const int64_t *b, bool constant, uint32_t rows, uint64_t *out) {
    __m256i right = _mm256_set1_epi64x(b[0]);
#define LANES_OF(i) _mm256_cmpeq_epi64(load(a + (i)), constant ? right : load(b + (i)))
#define SINGLE(i)   a[i] == b[constant ? 0 : i]
    WORDS(LANES_OF, SINGLE)
#undef LANES_OF
#undef SINGLE
}

/* a > b, or a < b when swapped; `flip` is a constant where this is inlined. */
static inline void greater(const int64_t *a, const int64_t *b, bool constant, bool swapped, int64_t flip,
                           uint32_t rows, uint64_t *out) {
    const int64_t *left = swapped && !constant ? b : a, *right = swapped && !constant ? a : b;
    __m256i signs = _mm256_set1_epi64x(flip), fixed = _mm256_set1_epi64x(b[0] ^ flip);
#define SIDE(side, i)    (flip ? _mm256_xor_si256(load(side + (i)), signs) : load(side + (i)))
#define MORE(i)          _mm256_cmpgt_epi64(SIDE(left, i), fixed)
#define LESS(i)          _mm256_cmpgt_epi64(fixed, SIDE(left, i))
#define OF_TWO(i)        _mm256_cmpgt_epi64(SIDE(left, i), SIDE(right, i))
#define SINGLE_MORE(i)   (left[i] ^ flip) > (b[0] ^ flip)
#define SINGLE_LESS(i)   (left[i] ^ flip) < (b[0] ^ flip)
#define SINGLE_OF_TWO(i) (left[i] ^ flip) > (right[i] ^ flip)
    if (constant && swapped) {
        WORDS(LESS, SINGLE_LESS)
    } else if (constant) {
        WORDS(MORE, SINGLE_MORE)
    } else {
        WORDS(OF_TWO, SINGLE_OF_TWO)
    }
#undef SIDE
#undef MORE
#undef LESS
#undef OF_TWO
#undef SINGLE_MORE
#undef SINGLE_LESS
#undef SINGLE_OF_TWO
}

static void compare(km_comparison comparison, int64_t flip, const int64_t *a, const int64_t *b,
                    bool b_constant, uint32_t rows, uint64_t *out) {
    bool swapped = comparison == KM_LT || comparison == KM_GE;
    if (comparison == KM_EQ || comparison == KM_NE) {
        equal(a, b, b_constant, rows, out);
    } else if (flip) {
        greater(a, b, b_constant, swapped, INT64_MIN, rows, out);
    } else {
        greater(a, b, b_constant, swapped, 0, rows, out);
    }
    bool inverse = comparison == KM_NE || comparison == KM_LE || comparison == KM_GE;
    for (uint32_t w = 0; inverse && w < (rows + WORD - 1) / WORD; w++) out[w] = ~out[w];
}

static bool is_one_of(int64_t value, const int64_t *constants, int count) {
    for (int k = 0; k < count; k++) {
        if (value == constants[k]) return true;
    }
    return false;
}

static void in(const int64_t *a, uint32_t rows, const int64_t *constants, int count, uint64_t *out) {
    for (size_t row = 0; row < rows; row += WORD) {
        size_t end = rows - row < WORD ? rows : row + WORD, i = row;
        uint64_t word = 0;
        for (; i + STEP <= end; i += STEP) {
            __m256i found[PER_STEP] = {_mm256_setzero_si256()};
            for (int k = 0; k < count; k++) {
                __m256i constant = _mm256_set1_epi64x(constants[k]);
                for (size_t n = 0; n < PER_STEP; n++)
                    found[n] =
                        _mm256_or_si256(found[n], _mm256_cmpeq_epi64(load(a + i + n * LANES), constant));
            }
            word |= bits_of(found) << (i - row);
        }
        for (; i < end; i++) word |= (uint64_t)is_one_of(a[i], constants, count) << (i - row);
        out[row / WORD] = word;
    }
}

static void at_least(const int64_t *a, const int64_t *b, int64_t difference, uint32_t rows, uint64_t *out) {
    __m256i more = _mm256_set1_epi64x(difference - 1);
#define LANES_OF(i) _mm256_cmpgt_epi64(load(a + (i)), _mm256_add_epi64(load(b + (i)), more))
#define SINGLE(i)   a[i] > b[i] + difference - 1
    WORDS(LANES_OF, SINGLE)
#undef LANES_OF
#undef SINGLE
}

const km_kernels km_kernels_avx2 = {.compare = compare, .in = in, .at_least = at_least, KM_KERNELS_LOOPS};
#endif
