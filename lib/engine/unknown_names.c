#include "engine/unknown_names.h"

#include "claim/result.h"

enum {
    SHOWN = 20,
    BYTES_MAX = 120,
    DIGITS_MAX = 4,  /* as a year has: numbers of persons, cards and telephones have more */
    HEADER_NAMES = 3 /* known names in one row: one alone may be a word that a claim has by chance */
};

static bool looks_like_name(km_text name) {
    size_t digits = 0;
    if (name.length > BYTES_MAX || !km_utf8_valid(name.ptr, name.length)) return false;
    for (size_t i = 0; i < name.length; i++) {
        const unsigned char c = (unsigned char)name.ptr[i];
        if (c < ' ' || c == 0x7F) return false;
        if (c == 0xC2 && (unsigned char)name.ptr[i + 1] < 0xA0) return false; /* control characters too */
        digits += c >= '0' && c <= '9';
    }
    return digits <= DIGITS_MAX;
}

static void put_name(km_buf *out, km_text name, uint32_t column) {
    if (looks_like_name(name)) {
        km_buf_json(out, name);
        return;
    }
    km_buf_string(out, "\"column ");
    km_buf_int(out, (int64_t)column + 1);
    km_buf_char(out, '"');
}

void km_unknown_names_put(km_buf *out, const km_layout *layout) {
    uint32_t known = 0, shown = 0;
    for (uint32_t i = 0; i < layout->columns; i++) known += layout->field[i] >= 0;
    if (!layout->unknown || known < HEADER_NAMES) return;
    km_buf_char(out, '[');
    for (uint32_t i = 0; i < layout->columns && shown < SHOWN; i++) {
        if (layout->field[i] >= 0 || !layout->name[i].length) continue;
        if (shown++) km_buf_char(out, ',');
        put_name(out, layout->name[i], i);
    }
    km_buf_char(out, ']');
}
