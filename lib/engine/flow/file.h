/* Whole small files, and files written so that a reader never sees half of one. */
#ifndef KM_ENGINE_FILE_H
#define KM_ENGINE_FILE_H

#include <stdio.h>

#include "base/buf.h"
#include "base/error.h"

/* Reads a whole file of at most KM_FILE_MAX bytes. KIEM_E_IO when it cannot be read. */
enum { KM_FILE_MAX = 64 << 20 };
kiem_status km_file_read(const char *path, km_buf *out, km_error *error);
/* directory + "/" + name. */
kiem_status km_path_join(km_buf *out, const char *directory, const char *name, km_error *error);
bool km_file_exists(const char *path);

/* A file being written as path.part; it gets its name only at the end. */
typedef struct km_output {
    const km_mem *mem;
    FILE *stream;
    km_buf path, part; /* NUL-terminated */
} km_output;

kiem_status km_output_open(km_output *output, const km_mem *mem, const char *directory, const char *name,
                           km_error *error);
kiem_status km_output_write(km_output *output, km_text text, km_error *error);
/* Flushes and closes, still under the .part name. */
kiem_status km_output_close(km_output *output, km_error *error);
/* Renames a closed output to its name, in one step with a file that has it. */
kiem_status km_output_commit(km_output *output, km_error *error);
/* Removes an output that was committed, when another that belongs to it could not be. */
void km_output_withdraw(km_output *output);
/* Removes what is left of an output that was not committed, and frees it. */
void km_output_free(km_output *output);
/* Makes the directory and those above it, where they are missing. */
kiem_status km_directory_make(const km_mem *mem, const char *path, km_error *error);

#endif
