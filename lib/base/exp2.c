#include "base/exp2.h"

/* Multiplies the powers 2^(1/2), 2^(1/4), ... whose bit is set in the fraction, as 1.31 fixed point. */
uint64_t km_exp2(int32_t x) {
    static const uint32_t powers[KM_EXP2_BITS] = {
        3037000500, 2553802834, 2341847524, 2242560872, 2194507417, 2170868212, 2159144272, 2153306067,
        2150392887, 2148937775, 2148210589, 2147847087, 2147665360, 2147574502, 2147529075, 2147506361};
    int top = x >> KM_EXP2_BITS;
    uint64_t mantissa = (uint64_t)1 << 31;
    for (int i = 0; i < KM_EXP2_BITS; i++) {
        if (x >> (KM_EXP2_BITS - 1 - i) & 1) mantissa = (mantissa * powers[i]) >> 31;
    }
    return top < 31 ? (mantissa + ((uint64_t)1 << (30 - top))) >> (31 - top) : mantissa << (top - 31);
}
