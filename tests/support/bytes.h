/* States and their sections saved to and loaded from a buffer. */
#ifndef KM_TEST_BYTES_H
#define KM_TEST_BYTES_H

#include "base/buf.h"
#include "base/error.h"

/* What is read: `most` bytes at a time, 0 for as many as are asked for. */
typedef struct test_source {
    const char *data;
    size_t length, at, most;
} test_source;

/* The hooks of km_sections_begin and km_sections_open: `user` is a km_buf, a test_source. */
kiem_status test_put_bytes(void *user, const void *bytes, size_t size, km_error *error);
kiem_status test_get_bytes(void *user, void *bytes, size_t size, size_t *taken, km_error *error);

bool test_same_bytes(const km_buf *a, const km_buf *b);

#endif
