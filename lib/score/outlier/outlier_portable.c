/* The kernel in plain C, for any machine. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "score/outlier/outlier_kernel.h"

enum { KM_V_LANES = 4 };

typedef struct km_v {
    float lane[KM_V_LANES];
} km_v;

#define EACH(expression)                                                                                     \
    do {                                                                                                     \
        km_v result_;                                                                                        \
        for (int i = 0; i < KM_V_LANES; i++) result_.lane[i] = (expression);                                 \
        return result_;                                                                                      \
    } while (0)

static inline uint32_t bits_of(float x) {
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}
static inline float float_of(uint32_t bits) {
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

static inline km_v km_v_set(float x) {
    EACH(x);
}
static inline km_v km_v_load(const float *p) {
    EACH(p[i]);
}
static inline void km_v_store(float *p, km_v v) {
    for (int i = 0; i < KM_V_LANES; i++) p[i] = v.lane[i];
}
static inline km_v km_v_add(km_v a, km_v b) {
    EACH(a.lane[i] + b.lane[i]);
}
static inline km_v km_v_sub(km_v a, km_v b) {
    EACH(a.lane[i] - b.lane[i]);
}
static inline km_v km_v_mul(km_v a, km_v b) {
    EACH(a.lane[i] * b.lane[i]);
}
/* Like MINPS and MAXPS: the second operand when they are equal. */
static inline km_v km_v_min(km_v a, km_v b) {
    EACH(a.lane[i] < b.lane[i] ? a.lane[i] : b.lane[i]);
}
static inline km_v km_v_max(km_v a, km_v b) {
    EACH(a.lane[i] > b.lane[i] ? a.lane[i] : b.lane[i]);
}
static inline km_v km_v_sqrt(km_v a) {
    EACH(sqrtf(a.lane[i]));
}
static inline km_v km_v_abs(km_v a) {
    EACH(float_of(bits_of(a.lane[i]) & 0x7FFFFFFFu));
}
static inline km_v km_v_with_sign(km_v a, km_v sign) {
    EACH(float_of(bits_of(a.lane[i]) | (bits_of(sign.lane[i]) & 0x80000000u)));
}
/* x = 2^exponent * mantissa, the mantissa between sqrt(1/2) and sqrt(2). */
static inline void km_v_split(km_v x, km_v *exponent, km_v *mantissa) {
    for (int i = 0; i < KM_V_LANES; i++) {
        const uint32_t bits = bits_of(x.lane[i]) + (0x3F800000u - 0x3F3504F3u);
        exponent->lane[i] = (float)((int32_t)(bits >> 23) - 127);
        mantissa->lane[i] = float_of((bits & 0x007FFFFFu) + 0x3F3504F3u);
    }
}

static float peer_square(float x, float centre, float inverse, float down) {
    const float z = (x - centre) * inverse, low = z * down;
    float out = z > low ? z : low;
    out = out > 0.0f ? out : 0.0f; /* NaN becomes 0 as well */
    out = out < (float)KM_PEER_CLIP ? out : (float)KM_PEER_CLIP;
    return out * out;
}

/* The squared distances of 16 rows from `first` on; the same in the other kernels. */
static void km_peer_squares(const km_peer_rows *rows, size_t first, float *squares) {
    for (size_t r = 0; r < 16; r++) {
        const km_peer_scale *scale = &rows->groups[rows->group[first + r]];
        const float *row = km_peer_row(rows, first + r);
        float square[KM_PEER_FEATURES];
        for (int j = 0; j < KM_PEER_FEATURES; j++) {
            square[j] = peer_square(row[j], scale->centre[j], scale->inverse[j], rows->down[j]);
        }
        for (int half = KM_PEER_FEATURES / 2; half > 0; half /= 2) {
            for (int j = 0; j < half; j++) square[j] += square[j + half];
        }
        squares[r] = square[0];
    }
}

#define KM_KERNEL      km_outlier_portable
#define KM_KERNEL_NAME "portable"
#include "score/outlier/outlier_kernel_body.h"
