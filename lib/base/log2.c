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

/* Multiplies the powers 2^(1/2), 2^(1/4), ... whose bit is set in the fraction, as 1.31 fixed point. */
uint64_t km_exp2(int32_t x) {
    static const uint32_t powers[KM_LOG2_BITS] = {
        3037000500, 2553802834, 2341847524, 2242560872, 2194507417, 2170868212, 2159144272, 2153306067,
        2150392887, 2148937775, 2148210589, 2147847087, 2147665360, 2147574502, 2147529075, 2147506361};
    int top = x >> KM_LOG2_BITS;
    uint64_t mantissa = (uint64_t)1 << 31;
    for (int i = 0; i < KM_LOG2_BITS; i++) {
        if (x >> (KM_LOG2_BITS - 1 - i) & 1) mantissa = (mantissa * powers[i]) >> 31;
    }
    return top < 31 ? (mantissa + ((uint64_t)1 << (30 - top))) >> (31 - top) : mantissa << (top - 31);
}
