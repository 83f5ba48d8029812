/* Patient history for claims as they come: each is put at the end of what a state knows of its person, and
 * the same sweep that serves a dump tells its columns. Claims of one batch do not see each other. */
#ifndef KM_STATE_ONLINE_H
#define KM_STATE_ONLINE_H

#include "state/history/sweep.h"
#include "state/state.h"

/* What makes a settled state quick to ask; for any number of askers at once. */
typedef struct km_past {
    const km_mem *mem;
    const km_run *run;
    km_courses courses; /* of new claims; none unless set */
    uint64_t *persons;  /* of every 64th claim */
    size_t count;
    km_link *joined; /* citizen numbers that have claims without a card, by the card they are joined with */
    size_t joined_count, joined_capacity;
} km_past;

/* The state must be settled and stay unchanged as long as the past is used. */
kiem_status km_past_init(km_past *past, const km_mem *mem, km_state *state, km_error *error);
void km_past_free(km_past *past);

/* One asker. */
typedef struct km_online {
    const km_mem *mem;
    const km_past *past;
    km_sweep sweep;
    km_episode *episodes;
    size_t episode_capacity;
    km_visit *visits;
    size_t visit_capacity;
} km_online;

void km_online_init(km_online *online, const km_mem *mem, const km_past *past);
void km_online_free(km_online *online);
/* Adds the history columns in `wanted` (NULL: all) to a batch. */
kiem_status km_online_attach(km_online *online, km_batch *batch, const km_fieldset *wanted, km_error *error);

#endif
