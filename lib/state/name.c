#include "state/name.h"

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

/* Code points up to `last` have this letter under their accents; 0 where they are no accented Vietnamese
 * letter. */
static const struct {
    uint16_t last;
    char letter;
} accented[] = {
    {0x00BF, 0},   {0x00C3, 'A'}, {0x00C7, 0},   {0x00CA, 'E'}, {0x00CB, 0},   {0x00CD, 'I'}, {0x00D1, 0},
    {0x00D5, 'O'}, {0x00D8, 0},   {0x00DA, 'U'}, {0x00DC, 0},   {0x00DD, 'Y'}, {0x00DF, 0},   {0x00E3, 'A'},
    {0x00E7, 0},   {0x00EA, 'E'}, {0x00EB, 0},   {0x00ED, 'I'}, {0x00F1, 0},   {0x00F5, 'O'}, {0x00F8, 0},
    {0x00FA, 'U'}, {0x00FC, 0},   {0x00FD, 'Y'}, {0x0101, 0},   {0x0103, 'A'}, {0x010F, 0},   {0x0111, 'D'},
    {0x0127, 0},   {0x0129, 'I'}, {0x0167, 0},   {0x0169, 'U'}, {0x019F, 0},   {0x01A1, 'O'}, {0x01AE, 0},
    {0x01B0, 'U'}, {0x1E9F, 0},   {0x1EB7, 'A'}, {0x1EC7, 'E'}, {0x1ECB, 'I'}, {0x1EE3, 'O'}, {0x1EF1, 'U'},
    {0x1EF9, 'Y'},
};

enum {
    VIETNAMESE = 37 /* the first entry of the block made for Vietnamese, where most accented letters are */
};

/* The letter A to Z of a code point beyond ASCII, the point itself for other letters, 0 for accents. */
static uint32_t letter_of(uint32_t point) {
    if (point >= 0x0300 && point <= 0x036F) return 0;
    for (size_t i = point >= 0x1EA0 ? VIETNAMESE : 0; i < sizeof accented / sizeof accented[0]; i++) {
        if (point <= accented[i].last) return accented[i].letter ? (uint32_t)accented[i].letter : point;
    }
    return point;
}

/* Sums of fifth powers tell sets of letters apart well enough, and cost less than a hash for each letter. */
static uint64_t weight(uint64_t letter) {
    return letter * letter * letter * letter * letter;
}

/* A sum over the letters, which does not see their order. */
uint32_t km_name_sign(km_text name) {
    uint64_t sum = 0;
    for (size_t at = 0; at < name.length;) {
        unsigned char byte = (unsigned char)name.ptr[at];
        unsigned letter = (byte | 32u) - 'a';
        if (byte < 0x80) {
            sum += letter < 26 ? weight('A' + letter) : 0;
            at++;
            continue;
        }
        letter = letter_of(next_point(name, &at));
        if (letter) sum += weight(letter);
    }
    return (uint32_t)(km_mix64(sum) >> 32);
}
