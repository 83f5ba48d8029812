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

#define THREE_MORE(n) UINT64_C(n), UINT64_C(n##0), UINT64_C(n##00)

static const uint64_t powers[] = {THREE_MORE(1),
                                  THREE_MORE(1000),
                                  THREE_MORE(1000000),
                                  THREE_MORE(1000000000),
                                  THREE_MORE(1000000000000),
                                  THREE_MORE(1000000000000000),
                                  UINT64_C(1000000000000000000)};

/* Digits are made and written eight at a time: what is too much is written over. */
static char *put_whole(char *at, uint64_t number) {
    if (number < 10) {
        *at = (char)('0' + number);
        return at + 1;
    }
    if (number >= EIGHT_DIGITS) {
        at = put_whole(at, number / EIGHT_DIGITS);
        km_put_low_first_8(at, km_eight_digits(number % EIGHT_DIGITS) | km_eight_times('0'));
        return at + 8;
    }
    uint64_t digits = km_eight_digits(number);
    int zeros = __builtin_ctzll(digits) / 8;
    km_put_low_first_8(at, (digits | km_eight_times('0')) >> (8 * zeros));
    return at + 8 - zeros;
}

/* The digits after the point: all of them, or those before the last zeros. */
static char *put_fraction(char *at, uint64_t fraction, int scale, bool all) {
    if (scale > 8) {
        at = put_fraction(at, fraction / EIGHT_DIGITS, scale - 8, true);
        fraction %= EIGHT_DIGITS;
        scale = 8;
    }
    uint64_t digits = km_eight_digits(fraction) >> (64 - 8 * scale);
    km_put_low_first_8(at, digits | km_eight_times('0'));
    return at + (all ? scale : 8 - __builtin_clzll(digits) / 8);
}

/* Of money, which is what most numbers are. */
static char *put_cents(char *at, uint64_t cents, bool all) {
    at[0] = (char)('0' + cents / 10);
    at[1] = (char)('0' + cents % 10);
    return at + (all || cents % 10 ? 2 : 1);
}

static char *put_number(char *at, int64_t value, int scale, bool all) {
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    if (value < 0) *at++ = '-';
    if (!scale) return put_whole(at, rest);
    uint64_t whole = scale == 2 ? rest / 100 /* without a division */ : rest / powers[scale];
    uint64_t fraction = rest - whole * powers[scale];
    at = put_whole(at, whole);
    if (!all && !fraction) return at;
    *at++ = '.';
    return scale == 2 ? put_cents(at, fraction, all) : put_fraction(at, fraction, scale, all);
}

char *km_write_fixed(char *at, int64_t value, int scale) {
    return put_number(at, value, scale, true);
}

char *km_write_decimal(char *at, int64_t value, int scale) {
    while (scale > 8 && value % 10 == 0) value /= 10, scale--;
    return put_number(at, value, scale, scale > 8);
}

void km_buf_fixed(km_buf *buf, int64_t value, int scale) {
    char *at = km_buf_begin(buf, KM_WRITE_MOST);
    if (at) km_buf_end(buf, km_write_fixed(at, value, scale));
}

void km_buf_decimal(km_buf *buf, int64_t value, int scale) {
    char *at = km_buf_begin(buf, KM_WRITE_MOST);
    if (at) km_buf_end(buf, km_write_decimal(at, value, scale));
}

km_text km_buf_view(const km_buf *buf) {
    return (km_text){buf->data ? buf->data : "", buf->length};
}
