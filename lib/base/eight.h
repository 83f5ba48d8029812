/* Eight bytes at a time as one number, the same on any machine. */
#ifndef KM_BASE_EIGHT_H
#define KM_BASE_EIGHT_H

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

static inline uint64_t km_byte_at(const char *bytes, size_t i) {
    return (uint64_t)(unsigned char)bytes[i];
}

/* The bytes of a number in the other order; compilers make one instruction of it. */
static inline uint64_t km_reversed(uint64_t x) {
    x = (x & 0x00FF00FF00FF00FFu) << 8 | (x >> 8 & 0x00FF00FF00FF00FFu);
    x = (x & 0x0000FFFF0000FFFFu) << 16 | (x >> 16 & 0x0000FFFF0000FFFFu);
    return x << 32 | x >> 32;
}

#define KM_LITTLE_ENDIAN (__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__)

/* Loads, the first byte lowest. One by one they would be the same, but some compilers then miss that they are
 * one load. */
static inline uint64_t km_low_first_8(const char *bytes) {
    uint64_t eight;
    memcpy(&eight, bytes, sizeof eight);
    return KM_LITTLE_ENDIAN ? eight : km_reversed(eight);
}
static inline uint64_t km_low_first_4(const char *bytes) {
    uint32_t four;
    memcpy(&four, bytes, sizeof four);
    return KM_LITTLE_ENDIAN ? four : km_reversed(four) >> 32;
}

/* Writes eight bytes, the lowest first. */
static inline void km_put_low_first_8(char *at, uint64_t eight) {
    if (!KM_LITTLE_ENDIAN) eight = km_reversed(eight);
    memcpy(at, &eight, sizeof eight);
}

/* Eight bytes, the first highest. */
static inline uint64_t km_eight_bytes(const char *bytes) {
    return km_reversed(km_low_first_8(bytes));
}

/* Up to eight bytes without a loop, the first highest, zeros after them: the pieces may overlap. */
static inline uint64_t km_few_bytes(const char *bytes, size_t count) {
    if (count >= 4)
        return km_reversed(km_low_first_4(bytes) | km_low_first_4(bytes + count - 4) << (8 * (count - 4)));
    if (!count) return 0;
    return km_byte_at(bytes, 0) << 56 | km_byte_at(bytes, count / 2) << (56 - 8 * (count / 2)) |
           km_byte_at(bytes, count - 1) << (56 - 8 * (count - 1));
}

/* The classical test for a zero byte: only those borrow from their top bit. */
static inline bool km_has_zero_byte(uint64_t x) {
    return ((x - 0x0101010101010101u) & ~x & 0x8080808080808080u) != 0;
}

/* A byte in all eight places. */
static inline uint64_t km_eight_times(char byte) {
    return (uint64_t)(unsigned char)byte * 0x0101010101010101u;
}

/* The top bit of each zero byte, and of no other. */
static inline uint64_t km_zero_bytes(uint64_t x) {
    uint64_t low = km_eight_times(0x7F);
    return ~(((x & low) + low) | x | low);
}

/* The eight digits of a number below 10^8 as values of bytes, the first lowest: the halves are divided side
 * by side by multiplications, then the quarters. */
static inline uint64_t km_eight_digits(uint64_t number) {
    uint64_t x = number / 10000 | number % 10000 << 32;
    uint64_t hundreds = x * 10486 >> 20 & 0x0000007F0000007Fu;
    x = hundreds | (x - hundreds * 100) << 16;
    uint64_t tens = x * 103 >> 10 & 0x000F000F000F000Fu;
    return tens | (x - tens * 10) << 8;
}

#endif
