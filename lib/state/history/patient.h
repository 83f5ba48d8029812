/* What all claims of a person add up to. */
#ifndef KM_STATE_PATIENT_H
#define KM_STATE_PATIENT_H

#include "state/history/sweep.h"

/* What is told of a patient: the claims of a state count too. Windows look back from each claim; the largest
 * of all stands here. */
typedef struct km_patient {
    uint64_t person; /* see km_buf_person */
    uint64_t claims;
    km_int128 fund;        /* hundredths of a dong */
    km_minute first, last; /* NGAY_VAO */
    uint32_t facilities;   /* distinct */
    uint32_t stays, long_courses;
    uint32_t max_visits_30d, max_facilities[KM_REACH_COUNT], max_visit_days[KM_REACH_COUNT];
    uint32_t overlaps; /* stays of the last 365 days that overlap an earlier one, neither of them showing a
                          transfer */
    int64_t overlap_minutes; /* of these */
    int64_t max_spend_365d;  /* KM_NO_AMOUNT: not known */
} km_patient;

/* The patient of these claims of one person, in the order of a run, and what the sweep told of them. */
km_patient km_patient_of(const km_episode *episodes, const km_visit *visits, size_t count);

#endif
