/* Judging claims as they come: their last days of settlement are worked out, and, beside a state, what it has
 * learned of their patients and peers. */
#ifndef KM_ENGINE_ONLINE_JUDGE_H
#define KM_ENGINE_ONLINE_JUDGE_H

#include "claim/calendar.h"
#include "engine/learned_peers.h"
#include "engine/verdict.h"
#include "state/history/online.h"

typedef struct km_online_judge {
    const km_mem *mem;
    const km_policy *policy;
    km_fieldset wanted; /* columns the rules read */
    km_calendar calendar;
    bool has_past; /* of a state: */
    km_past past;
    km_online online;
    km_scorer scorer; /* fitted to the claims of the state */
    km_scored *scored;
    size_t scored_capacity;
    void *image; /* of the batch being judged: the caller's own stays as it is */
    size_t image_capacity;
} km_online_judge;

/* `state` may be NULL: then there are neither history nor peers. */
kiem_status km_online_judge_init(km_online_judge *judge, const km_mem *mem, const km_policy *policy,
                                 km_state *state, km_error *error);
void km_online_judge_free(km_online_judge *judge);
/* Moves a judge into one that is all zero or was freed. */
void km_online_judge_move(km_online_judge *to, km_online_judge *from);
/* As km_verdict_batch, with what is worked out; scores where the state has learned peers. */
kiem_status km_online_judge_batch(km_online_judge *judge, km_verdict *verdict, const km_input *input,
                                  km_error *error);

#endif
