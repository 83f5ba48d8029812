/* Powers of two in integers: the same bits on every machine. */
#ifndef KM_BASE_EXP2_H
#define KM_BASE_EXP2_H

#include <stdint.h>

enum { KM_EXP2_BITS = 16 };

/* 2^(x / 2^16) to the nearest integer, for 0 <= x < 63 * 2^16, to within 0.002 %. */
uint64_t km_exp2(int32_t x);

#endif
