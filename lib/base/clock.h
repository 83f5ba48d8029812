/* Time for measuring how long something took; no result depends on it. */
#ifndef KM_BASE_CLOCK_H
#define KM_BASE_CLOCK_H

#include <stdint.h>

/* Nanoseconds since some moment. */
int64_t km_clock(void);

#endif
