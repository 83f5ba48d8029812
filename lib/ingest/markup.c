#include "ingest/markup.h"

#include <string.h>

enum { LOOKED_AT = 4096 };

static bool is_name(char c, bool first) {
    if ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_') return true;
    return !first && ((c >= '0' && c <= '9') || c == ':' || c == '-' || c == '.');
}

static km_text name_at(km_text text) {
    size_t length = 0;
    while (length < text.length && is_name(text.ptr[length], !length)) length++;
    return (km_text){text.ptr, length};
}

static km_text behind(km_text text, size_t length) {
    return km_text_trim((km_text){text.ptr + length, text.length - length});
}

/* Behind the part that begins the text and ends so; nothing when its end is not there. */
static km_text behind_part(km_text text, km_text end) {
    size_t at = 0;
    while (at < text.length && !km_text_starts((km_text){text.ptr + at, text.length - at}, end)) at++;
    return at < text.length ? behind(text, at + end.length) : (km_text){text.ptr, 0};
}

/* What a document begins with that is not well-formed XML, or no document of claims. */
static bool is_html(km_text name) {
    static const char *const names[] = {"html", "head",   "body",  "table", "meta", "div",  "style",
                                        "link", "script", "title", "form",  "font", "span", "center"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (km_text_equal_fold(name, km_text_from(names[i]))) return true;
    }
    return false;
}

static km_markup markup_of(km_text text) {
    static const km_text type = {"<!DOCTYPE", 9};
    bool begun = false; /* by what only markup begins with */
    for (;;) {
        const bool comment = km_text_starts(text, KM_TEXT("<!--"));
        if (!comment && !km_text_starts(text, KM_TEXT("<?"))) break;
        text = behind_part(text, comment ? KM_TEXT("-->") : KM_TEXT("?>"));
        begun = true;
    }
    if (text.length > type.length && km_text_equal_fold((km_text){text.ptr, type.length}, type))
        return is_html(name_at(behind(text, type.length))) ? KM_MARKUP_HTML : KM_MARKUP_XML;
    if (text.length > 1 && text.ptr[0] == '<') {
        const km_text name = name_at((km_text){text.ptr + 1, text.length - 1});
        if (name.length) return is_html(name) ? KM_MARKUP_HTML : KM_MARKUP_XML;
    }
    return begun ? KM_MARKUP_XML : KM_MARKUP_NONE;
}

/* Behind a byte order mark, blanks and their halves in UTF-16. */
static size_t first_of(km_text head) {
    static const char passed[] = " \t\r\n\xEF\xBB\xBF\xFF\xFE"; /* and its NUL */
    size_t i = 0;
    while (i < head.length && memchr(passed, head.ptr[i], sizeof passed)) i++;
    return i;
}

km_markup km_markup_of(km_text head) {
    char text[LOOKED_AT]; /* of UTF-16 the half that is ASCII */
    size_t length = 0;
    const km_text start = behind(head, first_of(head));
    if (start.length < 2 || start.ptr[1]) return markup_of(start);
    for (size_t i = 0; i < start.length && length < sizeof text; i++) {
        const unsigned char c = (unsigned char)start.ptr[i];
        if (c && c < 0x80) text[length++] = (char)c;
    }
    return markup_of((km_text){text, length});
}
