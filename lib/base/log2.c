#include "base/log2.h"

/* The integer part is the position of the top bit. Each further bit comes from squaring the mantissa (a value
 * in [1, 2) as 1.31 fixed point): if the square reaches 2, the bit is 1 and the square is halved. */
int32_t km_log2(uint64_t x) {
    if (x == 0) return 0;
    int top = 63 - __builtin_clzll(x);
    uint64_t mantissa = top >= 31 ? x >> (top - 31) : x << (31 - top);
    int32_t result = top;
    for (int i = 0; i < KM_LOG2_BITS; i++) {
        mantissa = (mantissa * mantissa) >> 31;
        result *= 2;
        if (mantissa >> 32) {
            mantissa >>= 1;
            result |= 1;
        }
    }
    return result;
}
