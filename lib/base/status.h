/* Status handling shared by every layer. */
#ifndef KM_BASE_STATUS_H
#define KM_BASE_STATUS_H

#include <kiem/codes.h>

/* Returns early with the status of a failed call. */
#define KM_TRY(expr)                                                                                         \
    do {                                                                                                     \
        kiem_status km_try_status = (expr);                                                                  \
        if (km_try_status != KIEM_OK) return km_try_status;                                                  \
    } while (0)

/* The constant's name without prefix, for example "NOMEM"; "UNKNOWN" for a value that is not a status. */
const char *km_status_name(kiem_status status);
/* One plain sentence about the status. */
const char *km_status_sentence(kiem_status status);

#endif
