#include "support/bytes.h"

#include <string.h>

kiem_status test_put_bytes(void *user, const void *bytes, size_t size, km_error *error) {
    km_buf_append(user, bytes, size);
    return km_buf_ok(user) ? KIEM_OK : km_nomem(error);
}

kiem_status test_get_bytes(void *user, void *bytes, size_t size, size_t *taken, km_error *error) {
    test_source *from = user;
    const size_t left = from->length - from->at;
    (void)error;
    if (size > left) size = left;
    if (from->most && size > from->most) size = from->most;
    if (size) memcpy(bytes, from->data + from->at, size);
    from->at += size;
    *taken = size;
    return KIEM_OK;
}

bool test_same_bytes(const km_buf *a, const km_buf *b) {
    return a->length == b->length && memcmp(a->data, b->data, a->length) == 0;
}
