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

typedef struct km_error {
    kiem_status status;
    int64_t line, column, offset;
    char file[KM_ERROR_FILE_MAX];
    char message[KM_ERROR_MESSAGE_MAX];
} km_error;

void km_error_clear(km_error *error);

/* Records a failure (error may be NULL) and returns status, so that a failing function ends in `return
 * km_fail(...)`. The message is cut, never overrun, at a UTF-8 boundary. It must not carry a claim value. */
kiem_status km_fail(km_error *error, kiem_status status, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
kiem_status km_fail_at(km_error *error, kiem_status status, km_place place, const char *format, ...)
    __attribute__((format(printf, 4, 5)));
/* Out of memory: records it and returns KIEM_E_NOMEM. */
kiem_status km_nomem(km_error *error);

#endif
