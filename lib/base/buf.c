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
    if (buf->length == buf->capacity || buf->broken) {
        if (!km_buf_reserve(buf, 1)) return;
    }
    buf->data[buf->length++] = c;
}

void km_buf_int(km_buf *buf, int64_t value) {
    km_buf_fixed(buf, value, 0);
}

static const char pairs[] =
    "0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243"
    "4445464748495051525354555657585960616263646566676869707172737475767778798081828384858687"
    "888990919293949596979899";

static char *pair_backwards(char *p, uint64_t two) {
    memcpy(p - 2, pairs + 2 * two, 2);
    return p - 2;
}

/* Writes the digits backwards, at least scale + 1 of them, with the point. */
static void digits_backwards(char *p, uint64_t rest, int scale) {
    int left = scale;
    for (; left > 1; left -= 2, rest /= 100) p = pair_backwards(p, rest % 100);
    if (left) {
        *--p = (char)('0' + rest % 10);
        rest /= 10;
    }
    if (scale) *--p = '.';
    for (; rest >= 100; rest /= 100) p = pair_backwards(p, rest % 100);
    if (rest >= 10) {
        pair_backwards(p, rest);
    } else {
        p[-1] = (char)('0' + rest);
    }
}

#define THREE_MORE(n) UINT64_C(n), UINT64_C(n##0), UINT64_C(n##00)

/* The least number of one digit more; 0 has one digit. */
static const uint64_t least[] = {0,
                                 THREE_MORE(10),
                                 THREE_MORE(10000),
                                 THREE_MORE(10000000),
                                 THREE_MORE(10000000000),
                                 THREE_MORE(10000000000000),
                                 THREE_MORE(10000000000000000),
                                 UINT64_C(10000000000000000000)};

static int count_digits(uint64_t value) {
    int bits = 64 - __builtin_clzll(value | 1), about = bits * 1233 / 4096; /* the logarithm of 2 */
    return about + (value >= least[about]);
}

char *km_put_fixed(char *at, int64_t value, int scale) {
    uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
    int digits = count_digits(rest);
    if (value < 0) *at++ = '-';
    if (digits <= scale) digits = scale + 1;
    at += digits + (scale > 0);
    digits_backwards(at, rest, scale);
    return at;
}

char *km_put_decimal(char *at, int64_t value, int scale) {
    while (scale > 0 && value % 10 == 0) value /= 10, scale--;
    return km_put_fixed(at, value, scale);
}

void km_buf_fixed(km_buf *buf, int64_t value, int scale) {
    if (!km_buf_reserve(buf, KM_FIXED_MOST)) return;
    buf->length = (size_t)(km_put_fixed(buf->data + buf->length, value, scale) - buf->data);
}

void km_buf_decimal(km_buf *buf, int64_t value, int scale) {
    while (scale > 0 && value % 10 == 0) value /= 10, scale--;
    km_buf_fixed(buf, value, scale);
}

km_text km_buf_view(const km_buf *buf) {
    return (km_text){buf->data ? buf->data : "", buf->length};
}
