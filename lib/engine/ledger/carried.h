/* Money that a state brings to a job: added to that of the input, or put aside where the input repeats it. */
#ifndef KM_ENGINE_CARRIED_H
#define KM_ENGINE_CARRIED_H

#include "engine/job.h"

/* What counts of a province and year. */
typedef enum km_carried {
    KM_CARRIED_NOTHING = 0, /* the state has nothing of it, or there is no state */
    KM_CARRIED_ADDED,       /* no claim of the state is in the input: both count */
    KM_CARRIED_REPLACED,    /* most are: the input is a later cut of the same claims and counts alone */
    KM_CARRIED_LEFT_OUT     /* some are: the input counts alone, as no claim may count twice */
} km_carried;

/* By province code as in facility codes; of the nation, of all its provinces together. */
km_carried km_job_carried(const km_job *job, uint64_t province, int year);
/* Adds what is to be added to the ledger of the job; after the last claim. */
kiem_status km_job_carry_money(km_job *job, km_error *error);
/* Learns how late claims come from the state's cut and that of today. */
kiem_status km_job_learn_cuts(km_job *job, km_error *error);
/* "input", "state+input", or for several provinces and where they differ "mixed". */
const char *km_job_money_source(const km_job *job, uint64_t province, int year);

#endif
