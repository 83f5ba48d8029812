/* Text as pointer and length; bytes are UTF-8, letters of codes and names are ASCII. */
#ifndef KM_BASE_TEXT_H
#define KM_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef struct km_text {
    const char *ptr;
    size_t length;
} km_text;

#define KM_TEXT(literal) ((km_text){"" literal, sizeof(literal) - 1})
/* For printf("%.*s"). */
#define KM_TEXT_ARG(text) (int)(text).length, (text).ptr

km_text km_text_from(const char *nul_terminated);
bool km_text_equal(km_text a, km_text b);
/* ASCII letters without case, other bytes exactly. */
bool km_text_equal_fold(km_text a, km_text b);
/* Byte order; <0, 0, >0. */
int km_text_compare(km_text a, km_text b);
bool km_text_starts(km_text text, km_text prefix);
/* Without blanks, tabs, line ends, no-break spaces and characters without width on both sides. */
km_text km_text_trim_blanks(km_text text);
static inline km_text km_text_trim(km_text text) {
    /* as signed characters, those beyond ASCII are below the blank */
    const bool blank =
        text.length && ((signed char)text.ptr[0] <= ' ' || (signed char)text.ptr[text.length - 1] <= ' ');
    return blank ? km_text_trim_blanks(text) : text;
}
/* Cuts the part before the separator off the front of *rest; false when *rest is used up. A list of n
 * separators has n + 1 parts. *rest.ptr becomes NULL after the last part. */
bool km_text_split(km_text *rest, char separator, km_text *part);

bool km_utf8_valid(const char *ptr, size_t length);
/* Number of characters of valid UTF-8 (code points). */
size_t km_utf8_count(km_text text);

/* Damerau-Levenshtein distance without case, for "did you mean"; gives up and returns limit + 1 beyond limit.
 */
size_t km_text_distance(km_text a, km_text b, size_t limit);

/* Finds the candidate nearest to a mistyped name. */
typedef struct km_nearest {
    km_text wanted;
    km_text best;
    size_t distance;
} km_nearest;

void km_nearest_init(km_nearest *nearest, km_text wanted);
void km_nearest_offer(km_nearest *nearest, km_text candidate);
/* The best candidate if it is near enough to be worth naming, else an empty text. */
km_text km_nearest_result(const km_nearest *nearest);
/* A name as the end of a message: "; did you mean 'NAME'?", or nothing. */
typedef struct km_hint {
    char text[96];
} km_hint;
km_hint km_hint_of(km_text near);
km_hint km_nearest_hint(const km_nearest *nearest);

#endif
