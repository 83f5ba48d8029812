/* The history columns of a batch, from what a sweep found. */
#ifndef KM_STATE_HISTORY_COLUMNS_H
#define KM_STATE_HISTORY_COLUMNS_H

#include "state/history/sweep.h"

/* What columns tell of another claim. */
typedef struct km_other {
    km_minute in, out;
    uint64_t facility, icd;
    int32_t shared_minutes; /* of this claim's time, were both stays */
    uint8_t result;         /* 0 unknown */
    bool sent_on;
    km_text key; /* MA_LK */
} km_other;

km_other km_other_of(const km_episode *self, const km_episode *other, const char *texts);

/* What is known of one row; `visit` NULL when it has no history. */
typedef struct km_history_row {
    const km_visit *visit;
    km_minute in;
    unsigned has; /* one bit for each of these that is there; the others are not set */
    km_other other[KM_PARTNER_COUNT];
} km_history_row;

enum { KM_HISTORY_COLUMNS_MAX = 48 };

/* The history columns of one batch, ready to be filled. */
typedef struct km_history_columns {
    km_batch *batch;
    int count;
    bool partners; /* one of them is about another claim */
    struct {
        km_column *column;
        uint8_t number; /* in the list of all */
        uint8_t width;
    } at[KM_HISTORY_COLUMNS_MAX];
} km_history_columns;

/* Adds the history columns in `wanted` (NULL: all) to a batch. */
kiem_status km_history_columns_add(km_history_columns *columns, km_batch *batch, const km_fieldset *wanted,
                                   km_error *error);
/* Fills those columns of `count` rows, at most 64 whose marks of validity stand in one word; rows are filled
 * in order. */
kiem_status km_history_columns_put(km_history_columns *columns, uint32_t first, uint32_t count,
                                   const km_history_row *rows, km_error *error);

#endif
