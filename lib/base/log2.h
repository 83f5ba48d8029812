/* Base-2 logarithm in integers: the same bits on every machine, and the bins of the sketches. */
#ifndef KM_BASE_LOG2_H
#define KM_BASE_LOG2_H

#include <stdint.h>

enum { KM_LOG2_BITS = 16 };

/* floor(log2(x) * 2^16) to within one unit for x >= 1; 0 for x == 0. */
int32_t km_log2(uint64_t x);

#endif
