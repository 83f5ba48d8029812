/* Eight bytes at a time as one number, the same on any machine; each is compiled to one load. */
#ifndef KM_BASE_EIGHT_H
#define KM_BASE_EIGHT_H

#include <stdint.h>

/* The first byte in the lowest place. */
static inline uint64_t km_eight_low_first(const char *p) {
    const unsigned char *b = (const unsigned char *)p;
    return (uint64_t)b[0] | (uint64_t)b[1] << 8 | (uint64_t)b[2] << 16 | (uint64_t)b[3] << 24 |
           (uint64_t)b[4] << 32 | (uint64_t)b[5] << 40 | (uint64_t)b[6] << 48 | (uint64_t)b[7] << 56;
}

/* The first byte in the highest place: numbers are in the order of the bytes. */
static inline uint64_t km_eight_high_first(const char *p) {
    const unsigned char *b = (const unsigned char *)p;
    return (uint64_t)b[7] | (uint64_t)b[6] << 8 | (uint64_t)b[5] << 16 | (uint64_t)b[4] << 24 |
           (uint64_t)b[3] << 32 | (uint64_t)b[2] << 40 | (uint64_t)b[1] << 48 | (uint64_t)b[0] << 56;
}

#endif
