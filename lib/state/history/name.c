#include "state/history/name.h"

#include "base/hash.h"

/* The code point at *at, which moves on. Bytes that are no UTF-8 stand for themselves: names come from
 * decoded text, and a sign of anything is better than none. */
static uint32_t next_point(km_text text, size_t *at) {
    const unsigned char *p = (const unsigned char *)text.ptr + *at;
    size_t left = text.length - *at, length = p[0] < 0xC0 ? 1 : p[0] < 0xE0 ? 2 : p[0] < 0xF0 ? 3 : 4;
    if (length > left) length = 1;
    uint32_t point = length == 1 ? p[0] : p[0] & (0xFFu >> (length + 1));
    for (size_t i = 1; i < length; i++) point = point << 6 | (p[i] & 0x3F);
    *at += length;
    return point;
}

/* The letters under the accents, '.' where they are no Vietnamese ones: U+00C0 to U+00DF, the small ones 32
 * further on; and the block made for Vietnamese, U+1EA0 to U+1EF9. */
static const char latin[] = "AAAA....EEE.II....OOOO...UU..Y..";
static const char vietnamese[] = "AAAAAAAAAAAAAAAAAAAAAAAAEEEEEEEEEEEEEEEEIIII"
                                 "OOOOOOOOOOOOOOOOOOOOOOOOUUUUUUUUUUUUUUYYYYYYYY";

/* The letter A to Z of a code point beyond ASCII, the point itself for other letters, 0 for accents. */
static uint32_t letter_of(uint32_t point) {
    char letter = '.';
    if (point - 0x1EA0 < sizeof vietnamese - 1) {
        letter = vietnamese[point - 0x1EA0];
    } else if (point - 0x00C0 < 2 * (sizeof latin - 1)) {
        letter = latin[(point - 0x00C0) % (sizeof latin - 1)];
    } else {
        switch (point | 1) {
        case 0x0103: letter = 'A'; break;
        case 0x0111: letter = 'D'; break;
        case 0x0129: letter = 'I'; break;
        case 0x0169: letter = 'U'; break;
        case 0x01A1: letter = 'O'; break;
        default: break;
        }
        if (point == 0x01AF || point == 0x01B0) letter = 'U';
        if (point >= 0x0300 && point <= 0x036F) return 0;
    }
    return letter == '.' ? point : (uint32_t)letter;
}

/* Sums of fifth powers tell sets of letters apart well enough, and cost less than a hash for each letter. */
#define WEIGHT(letter)                                                                                       \
    ((uint64_t)(letter) * (uint64_t)(letter) * (uint64_t)(letter) * (uint64_t)(letter) * (uint64_t)(letter))

/* Of ASCII, small letters as capitals; what is no letter weighs nothing. */
#define BOTH(letter) [letter] = WEIGHT(letter), [(letter) + 32] = WEIGHT(letter)
static const uint64_t weights[128] = {
    BOTH('A'), BOTH('B'), BOTH('C'), BOTH('D'), BOTH('E'), BOTH('F'), BOTH('G'), BOTH('H'), BOTH('I'),
    BOTH('J'), BOTH('K'), BOTH('L'), BOTH('M'), BOTH('N'), BOTH('O'), BOTH('P'), BOTH('Q'), BOTH('R'),
    BOTH('S'), BOTH('T'), BOTH('U'), BOTH('V'), BOTH('W'), BOTH('X'), BOTH('Y'), BOTH('Z')};

/* A sum over the letters, which does not see their order. */
uint32_t km_name_sign(km_text name) {
    uint64_t sum = 0;
    for (size_t at = 0; at < name.length;) {
        const unsigned char byte = (unsigned char)name.ptr[at];
        if (byte < sizeof weights / sizeof weights[0]) {
            sum += weights[byte];
            at++;
        } else {
            const uint32_t letter = letter_of(next_point(name, &at));
            sum += WEIGHT(letter);
        }
    }
    return (uint32_t)(km_mix64(sum) >> 32);
}
