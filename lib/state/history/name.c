#include "state/history/name.h"

#include "base/eight.h"
#include "base/hash.h"

/* The letters under the accents, none where a character is no Vietnamese letter: of U+00C0 to U+01B0, and of
 * the block made for Vietnamese. Small letters follow the capitals, by 32 in Latin-1 and by one elsewhere. */
enum { LATIN = 0x00C0, LATIN_COUNT = 0x01B1 - LATIN, BLOCK = 0x1EA0, BLOCK_COUNT = 90 };
#define LATIN_1(capital, letter) [(capital)-LATIN] = (letter), [(capital) + 32 - LATIN] = (letter)
#define FURTHER(capital, letter) [(capital)-LATIN] = (letter), [(capital) + 1 - LATIN] = (letter)
#define IN_BLOCK(at, letter)     [LATIN_COUNT + (at)] = (letter), [LATIN_COUNT + (at) + 1] = (letter)
static const unsigned char letters[LATIN_COUNT + BLOCK_COUNT] = {
    LATIN_1(0xC0, 'A'),   LATIN_1(0xC1, 'A'),   LATIN_1(0xC2, 'A'),   LATIN_1(0xC3, 'A'),
    LATIN_1(0xC8, 'E'),   LATIN_1(0xC9, 'E'),   LATIN_1(0xCA, 'E'),   LATIN_1(0xCC, 'I'),
    LATIN_1(0xCD, 'I'),   LATIN_1(0xD2, 'O'),   LATIN_1(0xD3, 'O'),   LATIN_1(0xD4, 'O'),
    LATIN_1(0xD5, 'O'),   LATIN_1(0xD9, 'U'),   LATIN_1(0xDA, 'U'),   LATIN_1(0xDD, 'Y'),
    FURTHER(0x0102, 'A'), FURTHER(0x0110, 'D'), FURTHER(0x0128, 'I'), FURTHER(0x0168, 'U'),
    FURTHER(0x01A0, 'O'), FURTHER(0x01AF, 'U'), IN_BLOCK(0, 'A'),     IN_BLOCK(2, 'A'),
    IN_BLOCK(4, 'A'),     IN_BLOCK(6, 'A'),     IN_BLOCK(8, 'A'),     IN_BLOCK(10, 'A'),
    IN_BLOCK(12, 'A'),    IN_BLOCK(14, 'A'),    IN_BLOCK(16, 'A'),    IN_BLOCK(18, 'A'),
    IN_BLOCK(20, 'A'),    IN_BLOCK(22, 'A'),    IN_BLOCK(24, 'E'),    IN_BLOCK(26, 'E'),
    IN_BLOCK(28, 'E'),    IN_BLOCK(30, 'E'),    IN_BLOCK(32, 'E'),    IN_BLOCK(34, 'E'),
    IN_BLOCK(36, 'E'),    IN_BLOCK(38, 'E'),    IN_BLOCK(40, 'I'),    IN_BLOCK(42, 'I'),
    IN_BLOCK(44, 'O'),    IN_BLOCK(46, 'O'),    IN_BLOCK(48, 'O'),    IN_BLOCK(50, 'O'),
    IN_BLOCK(52, 'O'),    IN_BLOCK(54, 'O'),    IN_BLOCK(56, 'O'),    IN_BLOCK(58, 'O'),
    IN_BLOCK(60, 'O'),    IN_BLOCK(62, 'O'),    IN_BLOCK(64, 'O'),    IN_BLOCK(66, 'O'),
    IN_BLOCK(68, 'U'),    IN_BLOCK(70, 'U'),    IN_BLOCK(72, 'U'),    IN_BLOCK(74, 'U'),
    IN_BLOCK(76, 'U'),    IN_BLOCK(78, 'U'),    IN_BLOCK(80, 'U'),    IN_BLOCK(82, 'Y'),
    IN_BLOCK(84, 'Y'),    IN_BLOCK(86, 'Y'),    IN_BLOCK(88, 'Y')};

/* Sums of fifth powers tell sets of letters apart well enough, and cost less than a hash for each letter. */
#define WEIGHT(letter)                                                                                       \
    ((uint64_t)(letter) * (uint64_t)(letter) * (uint64_t)(letter) * (uint64_t)(letter) * (uint64_t)(letter))

/* Small letters as capitals. Digits tell twins without a name apart; what else there is in ASCII weighs
 * nothing. */
#define DIGIT(digit) [digit] = WEIGHT(digit)
#define BOTH(letter) [letter] = WEIGHT(letter), [(letter) + 32] = WEIGHT(letter)
static const uint64_t weights[256] = {BOTH('A'),  BOTH('B'),  BOTH('C'),  BOTH('D'),  BOTH('E'),  BOTH('F'),
                                      BOTH('G'),  BOTH('H'),  BOTH('I'),  BOTH('J'),  BOTH('K'),  BOTH('L'),
                                      BOTH('M'),  BOTH('N'),  BOTH('O'),  BOTH('P'),  BOTH('Q'),  BOTH('R'),
                                      BOTH('S'),  BOTH('T'),  BOTH('U'),  BOTH('V'),  BOTH('W'),  BOTH('X'),
                                      BOTH('Y'),  BOTH('Z'),  DIGIT('0'), DIGIT('1'), DIGIT('2'), DIGIT('3'),
                                      DIGIT('4'), DIGIT('5'), DIGIT('6'), DIGIT('7'), DIGIT('8'), DIGIT('9')};

/* Of a character that begins here, of two or three bytes as all Vietnamese letters have; other letters weigh
 * by their code point, accents that stand alone nothing, what is cut off by its first byte. Names alternate
 * between the two lengths as they please, so that it pays not to branch on them. */
static inline uint64_t weight_beyond(const unsigned char *p, size_t left) {
    const unsigned lead = p[0], three = lead >= 0xE0;
    if (left < 2 + three) return WEIGHT(lead);
    const uint32_t last = p[1 + three] & 0x3Fu, two = (lead & 0x1F) << 6; /* too much of four bytes */
    const uint32_t point = three ? (two | (p[1] & 0x3Fu)) << 6 | last : two | last;
    const uint32_t at = point - (three ? BLOCK : LATIN), count = three ? BLOCK_COUNT : LATIN_COUNT;
    const unsigned letter = at < count ? letters[three ? LATIN_COUNT + at : at] : 0;
    if (letter) return weights[letter];
    if (lead >= 0xF0 && left >= 4) return WEIGHT((point & 0x7FFF) << 6 | (p[3] & 0x3Fu));
    return point - 0x0300 < 0x70 ? 0 : WEIGHT(point);
}

/* The bytes from there on, at most eight, zeros behind them. */
static inline uint64_t bytes_at(km_text name, size_t at) {
    const size_t left = name.length - at;
    if (left >= 8) return km_low_first_8(name.ptr + at);
    if (name.length >= 8) return km_low_first_8(name.ptr + name.length - 8) >> (8 * (8 - left));
    return km_reversed(km_few_bytes(name.ptr, left));
}

/* Of each byte with which a longer character begins one bit, the first lowest. */
static inline uint64_t leads_of(uint64_t eight) {
    const uint64_t tops = eight & eight << 1 & km_eight_times('\x80');
    return (tops >> 7) * 0x0102040810204080u >> 56;
}

/* A sum over the letters, which does not see their order; names come from decoded text. Characters of one
 * byte are summed eight at a time, then the others of each 64 bytes. */
uint32_t km_name_sign(km_text name) {
    uint64_t sum = 0;
    for (size_t start = 0; start < name.length; start += 64) {
        const size_t end = name.length - start < 64 ? name.length : start + 64;
        uint64_t leads = 0;
        for (size_t at = start; at < end; at += 8) {
            const uint64_t eight = bytes_at(name, at);
            for (unsigned i = 0; i < 64; i += 8) sum += weights[eight >> i & 0xFF];
            leads |= leads_of(eight) << (at - start);
        }
        for (; leads; leads &= leads - 1) {
            const size_t at = start + (size_t)__builtin_ctzll(leads);
            sum += weight_beyond((const unsigned char *)name.ptr + at, name.length - at);
        }
    }
    return (uint32_t)(km_mix64(sum) >> 32);
}
