/* The part of a sweep that puts each claim beside an earlier one of the person: see km_partner. */
#ifndef KM_STATE_PAIRS_H
#define KM_STATE_PAIRS_H

#include "state/history/sweep.h"

/* Everything but duplicates, which are marked before. The room in `sweep` is enough for `count` episodes. */
void km_mark_pairs(km_sweep *sweep, const km_episode *episodes, uint32_t count, km_visit *out);

static inline uint64_t km_icd3(const km_episode *episode) {
    return episode->icd >> 40;
}

#endif
