/* Judging claims as they come, beside what a state has learned of their patients and peers. */
#ifndef KM_ENGINE_ONLINE_JUDGE_H
#define KM_ENGINE_ONLINE_JUDGE_H

#include "engine/learned_peers.h"
#include "engine/verdict.h"
#include "state/history/online.h"

typedef struct km_online_judge {
    const km_mem *mem;
    km_past past;
    km_online online;
    km_fieldset wanted; /* history columns the rules read */
    const km_policy *policy;
    km_scorer scorer; /* fitted to the claims of the state */
    km_scored *scored;
    size_t scored_capacity;
    void *image; /* of the batch being judged: the caller's own stays as it is */
    size_t image_capacity;
} km_online_judge;

kiem_status km_online_judge_init(km_online_judge *judge, const km_mem *mem, const km_policy *policy,
                                 km_state *state, km_error *error);
void km_online_judge_free(km_online_judge *judge);
/* As km_verdict_batch, with history and, where the state has learned peers, scores. */
kiem_status km_online_judge_batch(km_online_judge *judge, km_verdict *verdict, const km_input *input,
                                  km_error *error);

#endif
