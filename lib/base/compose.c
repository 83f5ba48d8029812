#include "base/compose.h"

#include <string.h>
#include <utf8proc.h>

enum { ACCENT = 0xCC }; /* the first byte of U+0300 to U+033F, which is none of another character */

bool km_has_accents(const char *bytes, size_t size) {
    return size && memchr(bytes, ACCENT, size);
}

km_text km_compose(km_buf *room, km_text text) {
    if (!km_has_accents(text.ptr, text.length)) return text;
    const utf8proc_option_t how = UTF8PROC_STABLE | UTF8PROC_COMPOSE;
    const utf8proc_uint8_t *bytes = (const utf8proc_uint8_t *)text.ptr;
    const utf8proc_ssize_t size = (utf8proc_ssize_t)text.length;
    const utf8proc_ssize_t points = utf8proc_decompose(bytes, size, NULL, 0, how);
    km_buf_clear(room);
    if (points < 0 || !km_buf_reserve(room, ((size_t)points + 1) * sizeof(utf8proc_int32_t))) return text;
    utf8proc_int32_t *buffer = (utf8proc_int32_t *)(void *)room->data;
    utf8proc_decompose(bytes, size, buffer, points, how);
    const utf8proc_ssize_t length = utf8proc_reencode(buffer, points, how);
    return length < 0 ? text : (km_text){room->data, (size_t)length};
}
