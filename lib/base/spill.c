#include "base/spill.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/buf.h"

void km_spill_init(km_spill *spill, const km_mem *mem, const char *directory) {
    *spill = (km_spill){.mem = mem, .directory = directory, .file = -1};
}

void km_spill_free(km_spill *spill) {
    if (spill->file >= 0) close(spill->file);
    km_spill_init(spill, spill->mem, spill->directory);
}

static kiem_status cannot_make(const char *directory, int reason, km_error *error) {
    if (reason == EMFILE || reason == ENFILE)
        return km_fail_at(error, KIEM_E_IO, km_at(directory, 0, 0), "cannot make a temporary file: %s",
                          "too many open files");
    return km_fail_at(error, KIEM_E_IO, km_at(directory, 0, 0),
                      "cannot make a temporary file in this directory");
}

static kiem_status open_file(km_spill *spill, km_error *error) {
    km_buf path;
    km_buf_init(&path, spill->mem);
    km_buf_string(&path, spill->directory);
    km_buf_string(&path, "/kiem-XXXXXX");
    km_buf_char(&path, '\0');
    kiem_status status = km_buf_ok(&path) ? KIEM_OK : km_nomem(error);
    if (status == KIEM_OK) {
        spill->file = mkstemp(path.data);
        if (spill->file >= 0) {
            unlink(path.data);
        } else {
            status = cannot_make(spill->directory, errno, error);
        }
    }
    km_buf_free(&path);
    return status;
}

static kiem_status cannot_write(const km_spill *spill, int reason, km_error *error) {
    return km_fail_at(error, KIEM_E_IO, km_at(spill->directory, 0, 0), "cannot write a temporary file: %s",
                      reason == ENOSPC || reason == EFBIG ? "the disk is full" : "input/output error");
}

kiem_status km_spill_reserve(km_spill *spill, size_t size, km_error *error) {
    if (spill->file < 0) KM_TRY(open_file(spill, error));
    int reason;
    while ((reason = posix_fallocate(spill->file, 0, (off_t)size)) == EINTR) continue;
    if (reason) return cannot_write(spill, reason, error);
    if (spill->size < (int64_t)size) spill->size = (int64_t)size;
    return KIEM_OK;
}

kiem_status km_spill_put(km_spill *spill, const void *bytes, size_t size, int64_t *at, km_error *error) {
    const char *from = bytes;
    if (spill->file < 0) KM_TRY(open_file(spill, error));
    for (size_t done = 0; done < size;) {
        ssize_t wrote = pwrite(spill->file, from + done, size - done, (off_t)(spill->size + (int64_t)done));
        if (wrote < 0 && errno == EINTR) continue;
        if (wrote <= 0) return cannot_write(spill, errno, error);
        done += (size_t)wrote;
    }
    *at = spill->size;
    spill->size += (int64_t)size;
    return KIEM_OK;
}

kiem_status km_spill_get(const km_spill *spill, int64_t at, void *bytes, size_t size, km_error *error) {
    char *to = bytes;
    for (size_t done = 0; done < size;) {
        ssize_t got = pread(spill->file, to + done, size - done, (off_t)(at + (int64_t)done));
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0)
            return km_fail_at(error, KIEM_E_IO, km_at(spill->directory, 0, 0),
                              "cannot read a temporary file");
        done += (size_t)got;
    }
    return KIEM_OK;
}
