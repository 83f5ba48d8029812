/* What one thread judges with, and the sums of what it found. */
#ifndef KM_ENGINE_DESK_H
#define KM_ENGINE_DESK_H

#include "engine/job.h"

typedef struct km_desk {
    km_verdict verdict;
    km_rule_sum *rule_sums; /* one for each rule */
    uint64_t severity_findings[KIEM_SEVERITY_ERROR + 1];
    km_int128 severity_amount[KIEM_SEVERITY_ERROR + 1];
    km_timings timings;
} km_desk;

kiem_status km_desk_init(km_desk *desk, const km_job *job, km_error *error);
void km_desk_free(km_desk *desk, const km_job *job);
/* Adds the sums to those of the job, in any order of desks. */
void km_desk_collect(km_desk *desk, km_job *job);

#endif
