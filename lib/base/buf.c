#include "base/buf.h"

#include <string.h>

#include "base/eight.h"

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

char *km_buf_hand_over(km_buf *buf) {
    char *bytes = buf->mem->resize(buf->mem->user, buf->data, buf->capacity, buf->length);
    if (bytes) *buf = (km_buf){.mem = buf->mem};
    return bytes;
}

bool km_buf_grow(km_buf *buf, size_t extra) {
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
    if (!km_buf_reserve(buf, 1)) return;
    buf->data[buf->length++] = c;
}

void km_buf_int(km_buf *buf, int64_t value) {
    km_buf_fixed(buf, value, 0);
}

enum { EIGHT_DIGITS = 100000000 };

/* Eight digits are made at once and written twice: those before the point and on, then those after it and on;
 * what is too much is written over. Zeros in front are left out where nothing stands before. */
static inline char *write_eight(char *at, uint64_t number, unsigned scale, bool all, bool first) {
    const uint64_t digits = km_eight_digits(number), text = digits | km_eight_times('0');
    const uint64_t shown = digits | (uint64_t)1 << (8 * (7 - scale)); /* the one before the point always is */
    const unsigned zeros = first ? (unsigned)__builtin_ctzll(shown) / 8 : 0;
    const unsigned after = all ? scale : scale - (unsigned)__builtin_clzll(shown) / 8;
    km_put_low_first_8(at, text >> (8 * zeros));
    at += 8 - zeros - scale;
    if (!after) return at;
    *at = '.';
    km_put_low_first_8(at + 1, text >> (64 - 8 * scale));
    return at + 1 + after;
}

/* Of more than eight digits, or more than seven after the point: first what stands before the last eight. */
static char *write_long(char *at, uint64_t rest, unsigned scale, bool all) {
    for (; !all && scale > 7 && rest % 10 == 0; scale--) rest /= 10;
    if (scale < 8 && rest < EIGHT_DIGITS) return write_eight(at, rest, scale, all, true);
    at = write_long(at, rest / EIGHT_DIGITS, scale < 8 ? 0 : scale - 8, true);
    if (scale == 8) *at++ = '.';
    return write_eight(at, rest % EIGHT_DIGITS, scale < 8 ? scale : 0, all, false);
}

char *km_write_number(char *at, int64_t value, int scale, bool all) {
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    if (value < 0) *at++ = '-';
    if (rest < 10 && (!scale || (!rest && !all))) { /* a third of all */
        *at = (char)('0' + rest);
        return at + 1;
    }
    if (rest >= EIGHT_DIGITS || scale > 7) return write_long(at, rest, (unsigned)scale, all);
    return write_eight(at, rest, (unsigned)scale, all, true);
}

void km_buf_fixed(km_buf *buf, int64_t value, int scale) {
    char *at = km_buf_begin(buf, KM_WRITE_MOST);
    if (at) km_buf_end(buf, km_write_number(at, value, scale, true));
}

void km_buf_decimal(km_buf *buf, int64_t value, int scale) {
    char *at = km_buf_begin(buf, KM_WRITE_MOST);
    if (at) km_buf_end(buf, km_write_number(at, value, scale, false));
}

km_text km_buf_view(const km_buf *buf) {
    return (km_text){buf->data ? buf->data : "", buf->length};
}
