/* The bytes of one input: a file, or what a caller's function gives. */
#ifndef KM_ENGINE_BYTES_H
#define KM_ENGINE_BYTES_H

#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"
#include "base/text.h"

typedef struct km_bytes {
    const char *name; /* for messages; the path when `read` is NULL */
    int64_t (*read)(void *user, void *buffer, size_t size);
    void *user;
    FILE *stream;
    km_text before;   /* bytes that were taken already and come first */
    bool interrupted; /* a signal ended the last call: there may be more */
} km_bytes;

kiem_status km_bytes_open(km_bytes *bytes, const char *name, int64_t (*read)(void *, void *, size_t),
                          void *user, km_text before, km_error *error);
/* *taken is 0 at the end, and may be when interrupted. */
kiem_status km_bytes_next(km_bytes *bytes, void *room, size_t size, size_t *taken, km_error *error);
void km_bytes_close(km_bytes *bytes);
/* Size of a file; -1 when it is none or cannot be told. */
int64_t km_file_size(const char *path);

#endif
