#include "base/text.h"

#include <stdio.h>
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

/* What spreadsheets and web pages leave beside a value without showing it: no-break spaces, characters
 * without width, byte order marks. */
static bool is_unseen(const char *p) {
    static const char *const all[] = {"\xE2\x80\xAF", "\xE2\x80\x8B", "\xE2\x80\x8C", "\xE2\x80\x8D",
                                      "\xE2\x80\x8E", "\xE2\x80\x8F", "\xE2\x81\xA0", "\xEF\xBB\xBF"};
    bool found = false;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) found = found || memcmp(p, all[i], 3) == 0;
    return found;
}

/* Bytes of the blank at the start, or at the end, of a text; 0 when there is none. */
static size_t blank_at(km_text text, bool end) {
    const char *p = text.ptr, *last = p + text.length;
    if (!text.length) return 0;
    if (is_blank(end ? last[-1] : p[0])) return 1;
    if (!((end ? last[-1] : p[0]) & 0x80)) return 0;
    if (text.length >= 2 && memcmp(end ? last - 2 : p, "\xC2\xA0", 2) == 0) return 2;
    return text.length >= 3 && is_unseen(end ? last - 3 : p) ? 3 : 0;
}

km_text km_text_trim_blanks(km_text text) {
    size_t blank;
    while ((blank = blank_at(text, false)) != 0) text.ptr += blank, text.length -= blank;
    while ((blank = blank_at(text, true)) != 0) text.length -= blank;
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

/* UTF-8 as a finite automaton that takes one shift a byte: a state is a position in a word, and a byte's row
 * holds the next state of every state at its position. Names and addresses are dense in accents, where
 * branching on each character costs several times as much. */
enum {
    REJECTED = 0,
    ACCEPTED = 6,
    ONE_MORE = 12,
    TWO_MORE = 18,
    THREE_MORE = 24,
    AFTER_E0 = 30, /* no overlong forms */
    AFTER_ED = 36, /* no surrogates */
    AFTER_F0 = 42, /* no overlong forms */
    AFTER_F4 = 48, /* nothing above U+10FFFF */
    STATE_BITS = 63
};

#define GOES(from, to) ((uint64_t)(to) << (from))
#define INNER          GOES(ONE_MORE, ACCEPTED) | GOES(TWO_MORE, ONE_MORE) | GOES(THREE_MORE, TWO_MORE)
#define ASCII          GOES(ACCEPTED, ACCEPTED)
#define LOW            INNER | GOES(AFTER_ED, ONE_MORE) | GOES(AFTER_F4, TWO_MORE)
#define MIDDLE         INNER | GOES(AFTER_ED, ONE_MORE) | GOES(AFTER_F0, TWO_MORE)
#define HIGH           INNER | GOES(AFTER_E0, ONE_MORE) | GOES(AFTER_F0, TWO_MORE)
#define LEADS(to)      GOES(ACCEPTED, to)
#define TIMES_2(row)   row, row
#define TIMES_4(row)   TIMES_2(row), TIMES_2(row)
#define TIMES_16(row)  TIMES_4(row), TIMES_4(row), TIMES_4(row), TIMES_4(row)

static const uint64_t utf8_rows[256] = {
    TIMES_16(ASCII),
    TIMES_16(ASCII),
    TIMES_16(ASCII),
    TIMES_16(ASCII), /* 00 - 3F */
    TIMES_16(ASCII),
    TIMES_16(ASCII),
    TIMES_16(ASCII),
    TIMES_16(ASCII), /* 40 - 7F */
    TIMES_16(LOW),
    TIMES_16(MIDDLE),
    TIMES_16(HIGH),
    TIMES_16(HIGH), /* 80 - BF */
    TIMES_2(REJECTED),
    TIMES_2(LEADS(ONE_MORE)),
    TIMES_4(LEADS(ONE_MORE)),
    TIMES_4(LEADS(ONE_MORE)),
    TIMES_4(LEADS(ONE_MORE)),
    TIMES_16(LEADS(ONE_MORE)), /* C0 - DF */
    LEADS(AFTER_E0),
    TIMES_4(LEADS(TWO_MORE)),
    TIMES_4(LEADS(TWO_MORE)),
    TIMES_4(LEADS(TWO_MORE)),
    LEADS(AFTER_ED),
    TIMES_2(LEADS(TWO_MORE)), /* E0 - EF */
    LEADS(AFTER_F0),
    LEADS(THREE_MORE),
    TIMES_2(LEADS(THREE_MORE)),
    LEADS(AFTER_F4), /* F0 - F4; the rest is rejected */
};

static bool run_automaton(const unsigned char *p, size_t length) {
    uint64_t state = ACCEPTED;
    for (size_t i = 0; i < length; i++) state = utf8_rows[p[i]] >> (state & STATE_BITS);
    return (state & STATE_BITS) == ACCEPTED;
}

enum { CHUNK = 256, LOOK_BACK = 2 };

/* Whether every byte fits those before it, p[-1] and p[-2], by a test without branches that the compiler
 * turns into vector code. It knows characters of up to three bytes; rarer leads are left to the automaton. */
static bool is_common_utf8(const unsigned char *p) {
    unsigned char odd = 0;
    for (int i = 0; i < CHUNK; i++) {
        unsigned char c = p[i], before = p[i - 1], second = p[i - 2];
        unsigned char inner = (c & 0xC0) == 0x80, due = (before >= 0xC0) | (second >= 0xE0);
        unsigned char rare = (c >= 0xF0) | (c == 0xE0) | (c == 0xED) | ((c & 0xFE) == 0xC0);
        odd |= (unsigned char)((inner ^ due) | rare);
    }
    return odd == 0;
}

/* The first and last chunk are copied, so that zeros stand before and behind the text. */
static bool is_common_edge(const unsigned char *p, size_t before, size_t length) {
    unsigned char padded[LOOK_BACK + CHUNK] = {0};
    if (length || before) memcpy(padded + LOOK_BACK - before, p - before, before + length);
    return is_common_utf8(padded + LOOK_BACK);
}

bool km_utf8_valid(const char *ptr, size_t length) {
    const unsigned char *p = (const unsigned char *)ptr;
    if (length < CHUNK) return run_automaton(p, length);
    bool common = is_common_edge(p, 0, CHUNK);
    size_t at = CHUNK;
    for (; common && length - at >= CHUNK; at += CHUNK) common = is_common_utf8(p + at);
    common = common && is_common_edge(p + at, LOOK_BACK, length - at);
    return common || run_automaton(p, length);
}

size_t km_utf8_count(km_text text) {
    size_t count = text.length, i = 0;
    for (; i + 8 <= text.length; i += 8) { /* eight plain bytes are eight characters */
        uint64_t eight;
        memcpy(&eight, text.ptr + i, 8);
        if (!(eight & 0x8080808080808080u)) continue;
        for (size_t k = i; k < i + 8; k++) count -= ((unsigned char)text.ptr[k] & 0xC0) == 0x80;
    }
    for (; i < text.length; i++) count -= ((unsigned char)text.ptr[i] & 0xC0) == 0x80;
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

km_hint km_hint_of(km_text near) {
    km_hint hint = {""};
    if (near.length && near.length <= DISTANCE_MAX_LENGTH)
        snprintf(hint.text, sizeof hint.text, "; did you mean '%.*s'?", KM_TEXT_ARG(near));
    return hint;
}

km_hint km_nearest_hint(const km_nearest *nearest) {
    return km_hint_of(km_nearest_result(nearest));
}
