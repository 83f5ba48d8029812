/* Base-2 logarithm in integers: the same bits on every machine, and the bins of the sketches. */
#ifndef KM_BASE_LOG2_H
#define KM_BASE_LOG2_H

#include <stdint.h>

enum { KM_LOG2_BITS = 16 };

/* floor(log2(x) * 2^16) to within one unit for x >= 1; 0 for x == 0. */
int32_t km_log2(uint64_t x);
/* 2^(x / 2^16) to the nearest integer, for 0 <= x < 63 * 2^16; km_exp2(km_log2(n)) is n to within 0.002 %. */
uint64_t km_exp2(int32_t x);

#endif
