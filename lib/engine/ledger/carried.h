/* Money that a state brings to a job: added to that of the input, or put aside where the input repeats it. */
#ifndef KM_ENGINE_CARRIED_H
#define KM_ENGINE_CARRIED_H

#include "engine/job.h"

/* Adds what is to be added to the ledger of the job; after the last claim. */
kiem_status km_job_carry_money(km_job *job, km_error *error);
/* Learns how late claims come from the state's cut and that of today. */
kiem_status km_job_learn_cuts(km_job *job, km_error *error);
/* "input", "state+input", or for several provinces and where they differ "mixed". */
const char *km_job_money_source(const km_job *job, uint64_t province, int year);

#endif
