#include "base/vietnamese.h"

#include <kiem/codes.h>
#include <string.h>

/* english: as in the source, every number a %d, every text a %s, several without anything between them one
 * %s. vietnamese: {1} is the first of them. A text that stands without quotes may be a message or a word of
 * its own. */
typedef struct pair {
    const char *english, *vietnamese;
} pair;

static const pair pairs[] = {
#define KM_PAIR(english, vietnamese) {english, vietnamese},
#include "base/vietnamese.def"
#undef KM_PAIR
};

enum { PARTS_MAX = 9, DEPTH_MAX = 12 };

/* What stands for the conversions of a format. */
typedef struct parts {
    km_text text[PARTS_MAX];
    bool quoted[PARTS_MAX];
    size_t literal; /* bytes of the format that stand for themselves */
} parts;

static bool is_digit(char c) {
    return (c >= '0' && c <= '9') || c == '-';
}

static bool match(const char *format, const char *at, const char *end, int count, parts *out) {
    const char *start = format;
    for (; *format && *format != '%'; format++, at++) {
        if (at == end || *at != *format) return false;
        out->literal++;
    }
    if (!*format) return at == end;
    for (const char *to = at; count < PARTS_MAX; to++) {
        const size_t literal = out->literal;
        out->text[count] = (km_text){at, (size_t)(to - at)};
        out->quoted[count] = format > start && format[-1] == '\'' && format[2] == '\'';
        if ((format[1] == 's' || to > at) && match(format + 2, to, end, count + 1, out)) return true;
        out->literal = literal;
        if (to == end || (format[1] == 'd' && !is_digit(*to))) return false;
    }
    return false;
}

/* The format that says most of it, or NULL. */
static const pair *find(km_text english, parts *best) {
    const pair *found = NULL;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        parts tried = {.literal = 0};
        if (!match(pairs[i].english, english.ptr, english.ptr + english.length, 0, &tried)) continue;
        if (found && tried.literal <= best->literal) continue;
        found = &pairs[i];
        *best = tried;
    }
    return found;
}

typedef struct writer {
    char *out;
    size_t length, room;
} writer;

static void put(writer *w, km_text text) {
    size_t length = text.length < w->room - w->length ? text.length : w->room - w->length;
    while (length < text.length && length > 0 && ((unsigned char)text.ptr[length] & 0xC0) == 0x80) length--;
    if (length < text.length) w->room = w->length + length; /* nothing follows what is cut */
    memcpy(w->out + w->length, text.ptr, length);
    w->length += length;
}

static void put_vietnamese(writer *w, km_text english, int depth) {
    parts of;
    const pair *found = english.length && depth < DEPTH_MAX ? find(english, &of) : NULL;
    if (!found) {
        put(w, english);
        return;
    }
    for (const char *c = found->vietnamese; *c;) {
        if (c[0] == '{' && c[1] >= '1' && c[1] <= '9' && c[2] == '}') {
            const int number = c[1] - '1';
            put_vietnamese(w, of.text[number], of.quoted[number] ? DEPTH_MAX : depth + 1);
            c += 3;
        } else {
            const char *end = strchr(c + 1, '{');
            const size_t length = end ? (size_t)(end - c) : strlen(c);
            put(w, (km_text){c, length});
            c += length;
        }
    }
}

size_t km_message_in(int language, km_text english, char *out, size_t size) {
    writer w = {.out = out, .room = size - 1};
    put_vietnamese(&w, english, language == KIEM_LANG_VI ? 0 : DEPTH_MAX);
    out[w.length] = '\0';
    return w.length;
}
