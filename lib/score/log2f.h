/* Base-2 logarithm of a float in plain arithmetic: the same bits on every machine and compiler. */
#ifndef KM_SCORE_LOG2F_H
#define KM_SCORE_LOG2F_H

#include <stdint.h>
#include <string.h>

/* For x >= 1; 0 for anything below. Within 2 units of the last place; the polynomial is that of the scorer's
 * kernels, after Cephes logf (Moshier). */
static inline float km_log2f(float x) {
    uint32_t bits;
    float f;
    x = x > 1.0f ? x : 1.0f; /* no branch, so that several are worked out side by side */
    memcpy(&bits, &x, sizeof bits);
    bits += 0x3F800000u - 0x3F3504F3u;
    const float exponent = (float)((int32_t)(bits >> 23) - 127);
    bits = (bits & 0x007FFFFFu) + 0x3F3504F3u;
    memcpy(&f, &bits, sizeof f);
    f -= 1.0f;
    const float square = f * f;
    float p = 7.0376836292e-2f;
    p = p * f - 1.1514610310e-1f;
    p = p * f + 1.1676998740e-1f;
    p = p * f - 1.2420140846e-1f;
    p = p * f + 1.4249322787e-1f;
    p = p * f - 1.6668057665e-1f;
    p = p * f + 2.0000714765e-1f;
    p = p * f - 2.4999993993e-1f;
    p = p * f + 3.3333331174e-1f;
    p = p * f * square - square * 0.5f;
    return exponent + (f + p) * 1.44269504f;
}

#endif
