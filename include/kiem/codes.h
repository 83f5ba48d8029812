/* kiem: constants, and the few structs that cross the ABI by layout.
 *
 * Everything here is append-only: a value, once published, is never reused, and a member is only ever added
 * at the end of a struct that starts with struct_size. */
#ifndef KIEM_CODES_H
#define KIEM_CODES_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- status */

/* Result of every call that can fail. Treat a value you do not know as a failure. */
typedef int32_t kiem_status;

enum {
    KIEM_OK = 0,
    KIEM_E_ARGUMENT = 1,     /* an argument is NULL, out of its bounds, or used in the wrong order */
    KIEM_E_NOMEM = 2,        /* the allocator returned NULL; everything stays usable */
    KIEM_E_IO = 3,           /* a file could not be opened, read, written or renamed */
    KIEM_E_FORMAT = 4,       /* an input is not what it should be: encoding, header, number format */
    KIEM_E_POLICY = 5,       /* a rule or a reference table has an error */
    KIEM_E_STATE = 6,        /* a saved state is damaged, foreign or does not fit */
    KIEM_E_RANGE = 7,        /* an exact sum or product does not fit */
    KIEM_E_BUSY = 8,         /* a [single] object is in use by another call; try again later */
    KIEM_E_CANCELLED = 9,    /* the progress callback or kiem_job_cancel asked to stop */
    KIEM_E_UNSUPPORTED = 10, /* a struct_size, format or option from a later version */
    KIEM_E_NOT_FOUND = 11,   /* no rule, table, column or option of that name */
    KIEM_E_INTERNAL = 12     /* a bug in kiem: please report it */
};

/* ---- severity of a finding, ascending; tables show its name: "notice" and so on */

enum {
    KIEM_SEVERITY_OFF = 0,       /* the rule is switched off */
    KIEM_SEVERITY_NOTICE = 1,    /* information about budget, pace or growth; no claim money */
    KIEM_SEVERITY_SUSPICION = 2, /* statistics or a pattern: a person must look */
    KIEM_SEVERITY_VIOLATION = 3, /* the law or a contract says otherwise, certain given the data */
    KIEM_SEVERITY_ERROR = 4      /* the record contradicts itself, or equals another one */
};

/* ---- log levels */

enum { KIEM_LOG_DEBUG = 10, KIEM_LOG_INFO = 20, KIEM_LOG_WARNING = 30 };

/* ---- language of messages */

enum { KIEM_LANG_VI = 0, KIEM_LANG_EN = 1 };

/* ---- type of the numbers in a matrix */

enum { KIEM_FLOAT32 = 32, KIEM_FLOAT64 = 64 };

/* ---- structs */

/* Memory hooks. Sizes are passed back on release. All three must be given; they are called from every thread
 * that uses an object made with them, so they must be as thread-safe as that use (a job uses several
 * threads). alloc and resize give memory aligned for any type, NULL when there is none; resize then leaves
 * the old as it was. No size is ever 0, no pointer given to resize or release NULL. */
typedef struct kiem_allocator {
    size_t struct_size; /* sizeof(kiem_allocator) */
    void *user;
    void *(*alloc)(void *user, size_t size);
    void *(*resize)(void *user, void *ptr, size_t old_size, size_t new_size);
    void (*release)(void *user, void *ptr, size_t size);
} kiem_allocator;

/* Log hook, called on the thread that makes the call it reports. Messages are UTF-8 and never carry a
 * claim value, a name or a card number. */
typedef struct kiem_log_sink {
    size_t struct_size; /* sizeof(kiem_log_sink) */
    void *user;
    int32_t level; /* lowest KIEM_LOG_* wanted */
    int32_t reserved;
    void (*write)(void *user, int32_t level, const char *message);
} kiem_log_sink;

/* How far a running job is: bytes of the inputs, rows of the claims. bytes_total is 0 when it is not known (a
 * pipe, Arrow). A library may be older than the header: look at struct_size before members that later
 * versions added. */
typedef struct kiem_progress {
    size_t struct_size; /* sizeof(kiem_progress) of the library */
    const char *phase;  /* "read", "history", "score", "judge", "write", in this order */
    uint64_t bytes_done, bytes_total;
    uint64_t rows, rejects, findings;
} kiem_progress;

#ifdef __cplusplus
}
#endif
#endif
