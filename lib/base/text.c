#include "base/text.h"

#include <string.h>

km_text km_text_from(const char *nul_terminated) {
    return (km_text){nul_terminated, nul_terminated ? strlen(nul_terminated) : 0};
}

bool km_text_equal(km_text a, km_text b) {
    return a.length == b.length && (a.length == 0 || memcmp(a.ptr, b.ptr, a.length) == 0);
}

static unsigned char fold(unsigned char c) {
    return c >= 'a' && c <= 'z' ? (unsigned char)(c - 32) : c;
}

bool km_text_equal_fold(km_text a, km_text b) {
    if (a.length != b.length) return false;
    for (size_t i = 0; i < a.length; i++) {
        if (fold((unsigned char)a.ptr[i]) != fold((unsigned char)b.ptr[i])) return false;
    }
    return true;
}

int km_text_compare(km_text a, km_text b) {
    size_t shared = a.length < b.length ? a.length : b.length;
    int order = shared ? memcmp(a.ptr, b.ptr, shared) : 0;
    return order ? order : (a.length > b.length) - (a.length < b.length);
}

bool km_text_starts(km_text text, km_text prefix) {
    return text.length >= prefix.length && km_text_equal((km_text){text.ptr, prefix.length}, prefix);
}

static bool is_blank(char c) {
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

km_text km_text_trim(km_text text) {
    while (text.length && is_blank(text.ptr[0])) text.ptr++, text.length--;
    while (text.length && is_blank(text.ptr[text.length - 1])) text.length--;
    return text;
}

bool km_text_split(km_text *rest, char separator, km_text *part) {
    if (!rest->ptr) return false;
    const char *end = rest->length ? memchr(rest->ptr, separator, rest->length) : NULL;
    if (!end) {
        *part = *rest;
        *rest = (km_text){NULL, 0};
        return true;
    }
    size_t length = (size_t)(end - rest->ptr);
    *part = (km_text){rest->ptr, length};
    *rest = (km_text){end + 1, rest->length - length - 1};
    return true;
}

/* Length of the UTF-8 sequence that starts here, 0 when it is not valid (overlong, surrogate, above
 * U+10FFFF). */
static size_t sequence_length(const unsigned char *p, size_t left) {
    if (p[0] < 0x80) return 1;
    size_t length = p[0] >= 0xF0 ? 4 : p[0] >= 0xE0 ? 3 : 2;
    if (p[0] < 0xC2 || p[0] > 0xF4 || left < length) return 0;
    unsigned char low = 0x80, high = 0xBF;
    if (p[0] == 0xE0) low = 0xA0;
    if (p[0] == 0xED) high = 0x9F;
    if (p[0] == 0xF0) low = 0x90;
    if (p[0] == 0xF4) high = 0x8F;
    if (p[1] < low || p[1] > high) return 0;
    for (size_t i = 2; i < length; i++) {
        if ((p[i] & 0xC0) != 0x80) return 0;
    }
    return length;
}

bool km_utf8_valid(const char *ptr, size_t length) {
    const unsigned char *p = (const unsigned char *)ptr, *end = p + length;
    while (p < end) {
        uint64_t word;
        if (end - p >= 8 && (memcpy(&word, p, 8), (word & 0x8080808080808080u) == 0)) {
            p += 8;
            continue;
        }
        size_t step = sequence_length(p, (size_t)(end - p));
        if (!step) return false;
        p += step;
    }
    return true;
}

size_t km_utf8_count(km_text text) {
    size_t count = 0;
    for (size_t i = 0; i < text.length; i++) count += ((unsigned char)text.ptr[i] & 0xC0) != 0x80;
    return count;
}

enum { DISTANCE_MAX_LENGTH = 64 };

size_t km_text_distance(km_text a, km_text b, size_t limit) {
    if (a.length > DISTANCE_MAX_LENGTH || b.length > DISTANCE_MAX_LENGTH) return limit + 1;
    size_t rows[3][DISTANCE_MAX_LENGTH + 1];
    size_t *before = rows[0], *above = rows[1], *row = rows[2];
    for (size_t j = 0; j <= b.length; j++) above[j] = j, before[j] = 0;
    for (size_t i = 1; i <= a.length; i++) {
        row[0] = i;
        for (size_t j = 1; j <= b.length; j++) {
            bool same = fold((unsigned char)a.ptr[i - 1]) == fold((unsigned char)b.ptr[j - 1]);
            size_t best = above[j - 1] + !same;
            if (above[j] + 1 < best) best = above[j] + 1;
            if (row[j - 1] + 1 < best) best = row[j - 1] + 1;
            bool swapped = i > 1 && j > 1 &&
                           fold((unsigned char)a.ptr[i - 1]) == fold((unsigned char)b.ptr[j - 2]) &&
                           fold((unsigned char)a.ptr[i - 2]) == fold((unsigned char)b.ptr[j - 1]);
            if (swapped && before[j - 2] + 1 < best) best = before[j - 2] + 1;
            row[j] = best;
        }
        size_t *oldest = before;
        before = above;
        above = row;
        row = oldest;
    }
    return above[b.length] > limit ? limit + 1 : above[b.length];
}

void km_nearest_init(km_nearest *nearest, km_text wanted) {
    *nearest = (km_nearest){.wanted = wanted, .distance = SIZE_MAX};
}

void km_nearest_offer(km_nearest *nearest, km_text candidate) {
    size_t distance = km_text_distance(nearest->wanted, candidate, DISTANCE_MAX_LENGTH);
    if (distance >= nearest->distance) return;
    nearest->distance = distance;
    nearest->best = candidate;
}

km_text km_nearest_result(const km_nearest *nearest) {
    size_t allowed = nearest->wanted.length / 3 + 1;
    return nearest->distance <= allowed ? nearest->best : (km_text){"", 0};
}
