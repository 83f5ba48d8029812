#include "engine/flow/bytes.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>

kiem_status km_bytes_open(km_bytes *bytes, const char *name, int64_t (*read)(void *, void *, size_t),
                          void *user, km_text before, km_error *error) {
    *bytes = (km_bytes){.name = name, .read = read, .user = user, .before = before};
    if (read) return KIEM_OK;
    do {
        errno = 0;
        bytes->stream = fopen(name, "rb");
    } while (!bytes->stream && errno == EINTR);
    if (bytes->stream) return KIEM_OK;
    if (errno == EMFILE || errno == ENFILE)
        return km_fail_at(error, KIEM_E_IO, km_at(name, 0, 0), "cannot %s: %s", "open the file",
                          "too many open files");
    return km_fail_at(error, KIEM_E_IO, km_at(name, 0, 0),
                      "cannot open the file: there is no such file, or it may not be read");
}

/* A signal of the program around may end a call that waits for a pipe. */
static bool read_stream(km_bytes *bytes, void *room, size_t size, size_t *taken) {
    errno = 0;
    *taken = fread(room, 1, size, bytes->stream);
    bytes->interrupted = ferror(bytes->stream) && errno == EINTR;
    if (bytes->interrupted) clearerr(bytes->stream);
    return !ferror(bytes->stream);
}

kiem_status km_bytes_next(km_bytes *bytes, void *room, size_t size, size_t *taken, km_error *error) {
    km_text *before = &bytes->before;
    if (before->length) {
        *taken = size < before->length ? size : before->length;
        memcpy(room, before->ptr, *taken);
        *before = (km_text){before->ptr + *taken, before->length - *taken};
        return KIEM_OK;
    }
    if (bytes->stream) {
        if (read_stream(bytes, room, size, taken)) return KIEM_OK;
        return km_fail_at(error, KIEM_E_IO, km_at(bytes->name, 0, 0),
                          "cannot read the file: it is a directory, or the device failed");
    }
    int64_t got = bytes->read(bytes->user, room, size);
    *taken = got > 0 ? (size_t)got : 0;
    if (got >= 0 && (uint64_t)got <= size) return KIEM_OK;
    return km_fail_at(error, KIEM_E_IO, km_at(bytes->name, 0, 0), "the stream could not be read");
}

void km_bytes_close(km_bytes *bytes) {
    if (bytes->stream) fclose(bytes->stream);
    bytes->stream = NULL;
}

int64_t km_file_size(const char *path) {
    struct stat about;
    return stat(path, &about) == 0 && S_ISREG(about.st_mode) ? (int64_t)about.st_size : -1;
}
