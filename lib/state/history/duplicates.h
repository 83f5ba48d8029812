/* The part of a sweep that finds claims sent twice. */
#ifndef KM_STATE_DUPLICATES_H
#define KM_STATE_DUPLICATES_H

#include "state/history/sweep.h"

/* A claim with others of the same times and facility, to be put beside those of like amounts. */
typedef struct km_twin {
    uint64_t fingerprint, icd;
    int64_t total_cell, fund_cell;
    uint32_t at;
} km_twin;

/* The room in `sweep` is enough for `count` episodes, and every partner is KM_NO_EPISODE. */
void km_mark_duplicates(km_sweep *sweep, const km_episode *episodes, uint32_t count, km_visit *out);

#endif
