/* The error sink: a fixed buffer, so that reporting a failure never allocates. */
#ifndef KM_BASE_ERROR_H
#define KM_BASE_ERROR_H

#include "base/status.h"

enum { KM_ERROR_MESSAGE_MAX = 1024, KM_ERROR_FILE_MAX = 512 };

/* Where something went wrong. 0 means "not known" for line and column, -1 for offset. */
typedef struct km_place {
    const char *file; /* name as the caller gave it, or NULL */
    int64_t line;     /* spreadsheet row or text line, from 1 */
    int64_t column;   /* from 1 */
    int64_t offset;   /* byte offset in the file, from 0 */
} km_place;

/* A place in a file whose byte offset is not known; line and column 0 when they are not either. */
static inline km_place km_at(const char *file, int64_t line, int64_t column) {
    return (km_place){file, line, column, -1};
}

typedef struct km_error {
    kiem_status status;
    int64_t line, column, offset;
    char file[KM_ERROR_FILE_MAX];
    char message[KM_ERROR_MESSAGE_MAX];
} km_error;

void km_error_clear(km_error *error);

/* Records a failure; error may be NULL. The message is cut, never overrun, at a UTF-8 boundary, and must not
 * carry a claim value. */
void km_error_set(km_error *error, kiem_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
void km_error_set_at(km_error *error, kiem_status status, km_place place, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Record the failure and are the status, so that a failing function ends in `return km_fail(...)`. Macros, so
 * that compilers and analysers see which status it is. */
#define km_fail(error, status, ...) (km_error_set((error), (status), __VA_ARGS__), (kiem_status)(status))
#define km_fail_at(error, status, place, ...)                                                                \
    (km_error_set_at((error), (status), (place), __VA_ARGS__), (kiem_status)(status))
#define km_nomem(error) km_fail((error), KIEM_E_NOMEM, "out of memory")

#endif
