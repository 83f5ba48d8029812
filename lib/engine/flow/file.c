#include "engine/flow/file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* strerror is not for threads; these are the reasons a user can do something about. */
static const char *reason(int code) {
    switch (code) {
    case ENOENT: return "there is no such file or directory";
    case EACCES:
    case EPERM: return "permission denied";
    case EISDIR: return "it is a directory";
    case ENOTDIR: return "a part of the path is not a directory";
    case ENOSPC:
    case EDQUOT:
    case EFBIG: return "the disk is full";
    case EROFS: return "the file system is read-only";
    case EMFILE:
    case ENFILE: return "too many open files";
    case ELOOP: return "it is a symbolic link";
    case ENAMETOOLONG: return "the name is too long";
    default: return "input/output error";
    }
}

static kiem_status fail_io(km_error *error, const char *path, const char *what, int code) {
    return km_fail_at(error, KIEM_E_IO, km_at(path, 0, 0), "cannot %s: %s", what, reason(code));
}

kiem_status km_file_read(const char *path, km_buf *out, km_error *error) {
    char chunk[8192];
    FILE *stream = fopen(path, "rb");
    if (!stream) return fail_io(error, path, "open the file", errno);
    kiem_status status = KIEM_OK;
    size_t taken;
    errno = 0;
    while (status == KIEM_OK && (taken = fread(chunk, 1, sizeof chunk, stream)) > 0) {
        km_buf_append(out, chunk, taken);
        if (!km_buf_ok(out)) status = km_nomem(error);
        if (out->length > KM_FILE_MAX) {
            status = km_fail_at(error, KIEM_E_IO, km_at(path, 0, 0), "the file is larger than %d MiB",
                                KM_FILE_MAX >> 20);
        }
    }
    if (status == KIEM_OK && ferror(stream)) status = fail_io(error, path, "read the file", errno);
    fclose(stream);
    return status;
}

kiem_status km_path_join(km_buf *out, const char *directory, const char *name, km_error *error) {
    km_buf_clear(out);
    km_buf_string(out, directory);
    if (out->length && out->data[out->length - 1] != '/') km_buf_char(out, '/');
    km_buf_string(out, name);
    km_buf_char(out, '\0');
    return km_buf_ok(out) ? KIEM_OK : km_nomem(error);
}

bool km_file_exists(const char *path) {
    struct stat about;
    return stat(path, &about) == 0 && S_ISREG(about.st_mode);
}

static int make_one(const char *path) {
    struct stat about;
    if (mkdir(path, 0777) == 0) return 0;
    int code = errno;
    return code == EEXIST && stat(path, &about) == 0 && S_ISDIR(about.st_mode) ? 0
           : code == EEXIST                                                    ? ENOTDIR
                                                                               : code;
}

kiem_status km_directory_make(const km_mem *mem, const char *path, km_error *error) {
    char *part = km_copy_text(mem, path, strlen(path));
    if (!part) return km_nomem(error);
    int code = 0;
    for (char *slash = part[0] ? strchr(part + 1, '/') : NULL; slash && code == 0;
         slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        code = make_one(part);
        *slash = '/';
    }
    if (code == 0) code = make_one(part);
    km_free(mem, part, strlen(path) + 1);
    return code ? fail_io(error, path, "make the directory", code) : KIEM_OK;
}

kiem_status km_output_open(km_output *output, const km_mem *mem, const char *directory, const char *name,
                           km_error *error) {
    *output = (km_output){.mem = mem};
    km_buf_init(&output->path, mem);
    km_buf_init(&output->part, mem);
    KM_TRY(km_path_join(&output->path, directory, name, error));
    km_buf_append(&output->part, output->path.data, output->path.length - 1);
    km_buf_append(&output->part, ".part", sizeof ".part");
    if (!km_buf_ok(&output->part)) return km_nomem(error);
    const int file = open(output->part.data, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0666);
    output->stream = file < 0 ? NULL : fdopen(file, "wb");
    if (output->stream) return KIEM_OK;
    const kiem_status status = fail_io(error, output->part.data, "write the file", errno);
    if (file < 0) output->part.length = 0; /* it is none of ours to take away */
    if (file >= 0) close(file);
    return status;
}

kiem_status km_output_write(km_output *output, km_text text, km_error *error) {
    if (text.length == 0 || fwrite(text.ptr, 1, text.length, output->stream) == text.length) return KIEM_OK;
    return fail_io(error, output->part.data, "write the file", errno);
}

kiem_status km_output_close(km_output *output, km_error *error) {
    FILE *stream = output->stream;
    output->stream = NULL;
    if (!stream || fclose(stream) == 0) return KIEM_OK;
    return fail_io(error, output->part.data, "write the file", errno);
}

kiem_status km_output_commit(km_output *output, km_error *error) {
    if (rename(output->part.data, output->path.data) != 0)
        return fail_io(error, output->path.data, "name the file", errno);
    output->part.length = 0;
    return KIEM_OK;
}

void km_output_withdraw(km_output *output) {
    remove(output->path.data);
}

void km_output_free(km_output *output) {
    if (!output->mem) return;
    if (output->stream) fclose(output->stream);
    if (output->part.length) remove(output->part.data);
    km_buf_free(&output->path);
    km_buf_free(&output->part);
    *output = (km_output){0};
}
