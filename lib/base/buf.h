/* A growable byte buffer. After a failed allocation the buffer is "broken": later appends do nothing and
 * km_buf_ok() is false, so a writer checks once at the end. */
#ifndef KM_BASE_BUF_H
#define KM_BASE_BUF_H

#include "base/mem.h"
#include "base/text.h"

typedef struct km_buf {
    const km_mem *mem;
    char *data;
    size_t length, capacity;
    bool broken;
} km_buf;

void km_buf_init(km_buf *buf, const km_mem *mem);
void km_buf_free(km_buf *buf);
/* Keeps the memory, drops the bytes, mends a broken buffer. */
void km_buf_clear(km_buf *buf);
bool km_buf_ok(const km_buf *buf);
/* Hands the bytes over, at least one, in memory of just their length; the buffer is empty then. NULL when out
 * of memory: nothing has changed. */
char *km_buf_hand_over(km_buf *buf);
bool km_buf_grow(km_buf *buf, size_t extra);
/* Room for `extra` more bytes; false (and broken) when out of memory. */
static inline bool km_buf_reserve(km_buf *buf, size_t extra) {
    if (!buf->broken && buf->capacity - buf->length >= extra) return true;
    return km_buf_grow(buf, extra);
}
/* Where up to `most` characters may be written (NULL when out of memory); then where they end is told. */
static inline char *km_buf_begin(km_buf *buf, size_t most) {
    return km_buf_reserve(buf, most) ? buf->data + buf->length : NULL;
}
static inline void km_buf_end(km_buf *buf, const char *end) {
    buf->length = (size_t)(end - buf->data);
}
void km_buf_append(km_buf *buf, const void *bytes, size_t length);
void km_buf_text(km_buf *buf, km_text text);
void km_buf_string(km_buf *buf, const char *nul_terminated);
void km_buf_char(km_buf *buf, char c);
void km_buf_int(km_buf *buf, int64_t value);
/* A decimal with `scale` digits after the point, trailing zeros dropped: (12340, 2) gives "123.4". */
void km_buf_decimal(km_buf *buf, int64_t value, int scale);
/* A decimal with exactly `scale` digits after the point. */
void km_buf_fixed(km_buf *buf, int64_t value, int scale);
enum { KM_WRITE_MOST = 48 };
/* Both, with `all` digits or without the last zeros, where there is room for KM_WRITE_MOST characters, some
 * of which are written over; returns the end of what stays. */
char *km_write_number(char *at, int64_t value, int scale, bool all);
km_text km_buf_view(const km_buf *buf);

#endif
