#include "base/base64.h"

#include <stdint.h>

enum { PASSED_OVER = 64, PADDING, STRANGE };

static int meaning(char c) {
    if (c >= 'A' && c <= 'Z') return c - 'A';
    if (c >= 'a' && c <= 'z') return c - 'a' + 26;
    if (c >= '0' && c <= '9') return c - '0' + 52;
    if (c == '+') return 62;
    if (c == '/') return 63;
    if (c == '=') return PADDING;
    return c == ' ' || c == '\t' || c == '\r' || c == '\n' ? PASSED_OVER : STRANGE;
}

bool km_base64_decode(char *text, size_t *size) {
    unsigned char of[256];
    uint32_t bits = 0;
    size_t letters = 0, padding = 0, length = 0;
    for (int c = 0; c < 256; c++) of[c] = (unsigned char)meaning((char)c);
    for (size_t i = 0; i < *size; i++) {
        const unsigned value = of[(unsigned char)text[i]];
        if (value == PASSED_OVER) continue;
        if (value == STRANGE || (value != PADDING && padding)) return false;
        if (value == PADDING) {
            padding++;
            continue;
        }
        bits = bits << 6 | value;
        if (++letters % 4 == 1) continue; /* six bits are no byte yet */
        text[length++] = (char)(bits >> (letters % 4 == 2 ? 4 : letters % 4 == 3 ? 2 : 0));
    }
    *size = length;
    return letters % 4 != 1 && padding <= 2 && (!padding || (letters + padding) % 4 == 0);
}
