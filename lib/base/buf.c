#include "base/buf.h"

#include <string.h>

void km_buf_init(km_buf *buf, const km_mem *mem) {
    *buf = (km_buf){.mem = mem};
}

void km_buf_free(km_buf *buf) {
    if (buf->data) km_free(buf->mem, buf->data, buf->capacity);
    *buf = (km_buf){.mem = buf->mem};
}

void km_buf_clear(km_buf *buf) {
    buf->length = 0;
    buf->broken = false;
}

bool km_buf_ok(const km_buf *buf) {
    return !buf->broken;
}

bool km_buf_reserve(km_buf *buf, size_t extra) {
    size_t need;
    if (buf->broken) return false;
    if (__builtin_add_overflow(buf->length, extra, &need) ||
        !km_grow(buf->mem, (void **)&buf->data, &buf->capacity, need, 1)) {
        buf->broken = true;
    }
    return !buf->broken;
}

void km_buf_append(km_buf *buf, const void *bytes, size_t length) {
    if (!length || !km_buf_reserve(buf, length)) return;
    memcpy(buf->data + buf->length, bytes, length);
    buf->length += length;
}

void km_buf_text(km_buf *buf, km_text text) {
    km_buf_append(buf, text.ptr, text.length);
}

void km_buf_string(km_buf *buf, const char *nul_terminated) {
    km_buf_append(buf, nul_terminated, strlen(nul_terminated));
}

void km_buf_char(km_buf *buf, char c) {
    km_buf_append(buf, &c, 1);
}

void km_buf_int(km_buf *buf, int64_t value) {
    km_buf_fixed(buf, value, 0);
}

/* Writes |value| backwards, at least scale + 1 digits, with the point; returns the first position used. */
static char *digits_backwards(char *end, int64_t value, int scale) {
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    char *p = end;
    for (int i = 0; i < scale; i++, rest /= 10) *--p = (char)('0' + rest % 10);
    if (scale) *--p = '.';
    do {
        *--p = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    if (value < 0) *--p = '-';
    return p;
}

void km_buf_fixed(km_buf *buf, int64_t value, int scale) {
    char digits[48], *end = digits + sizeof digits;
    char *start = digits_backwards(end, value, scale);
    km_buf_append(buf, start, (size_t)(end - start));
}

void km_buf_decimal(km_buf *buf, int64_t value, int scale) {
    while (scale > 0 && value % 10 == 0) value /= 10, scale--;
    km_buf_fixed(buf, value, scale);
}

km_text km_buf_view(const km_buf *buf) {
    return (km_text){buf->data ? buf->data : "", buf->length};
}
