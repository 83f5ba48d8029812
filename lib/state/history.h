/* Patient history: every claim as an episode, sorted by person, and what the sweep found for each row. */
#ifndef KM_STATE_HISTORY_H
#define KM_STATE_HISTORY_H

#include "base/decimal.h"
#include "state/run.h"
#include "state/sweep.h"

/* A km_visit as it is kept for every claim: one cache line, and the few partners elsewhere. */
typedef struct km_facts {
    uint32_t visits[KM_WINDOW_COUNT], facilities[KM_REACH_COUNT];
    uint32_t same_diagnosis_7d, inpatient_before_14d;
    uint16_t visit_days[KM_REACH_COUNT], births_within_180d, distinct_cards;
    uint16_t has;         /* one bit a partner, then first_at_facility and kind_known */
    uint32_t partners_at; /* of its first partner; the others follow */
    int64_t spend_365d, copay_year;
} km_facts;

typedef struct km_history {
    const km_mem *mem;
    km_run run;         /* the claims of the job; closed, those of the state as well */
    const km_run *past; /* those of a state, or NULL */
    km_run_skips skips;
    bool closed;
    km_facts *facts; /* one for each episode of the closed run; positions are those of the run */
    uint32_t *partners;
    size_t partner_count, partner_capacity;
    uint32_t *place; /* of row first_row + i: position + 1, or 0 */
    uint32_t first_row;
    size_t row_count;
} km_history;

typedef struct km_patient {
    uint64_t person; /* see km_buf_person */
    uint64_t claims;
    uint64_t facilities; /* distinct */
    uint64_t max_visits_30d;
    km_int128 fund; /* hundredths of a dong */
} km_patient;

void km_history_init(km_history *history, const km_mem *mem);
void km_history_free(km_history *history);
/* Batches may come in any order and partition; each row once. On failure nothing was added. */
kiem_status km_history_add(km_history *history, const km_batch *batch, km_error *error);
/* Starts from the sorted claims of a state, which must stay as they are until the history is closed. A claim
 * that the job has too is counted once, as it stands in the job. */
void km_history_start(km_history *history, const km_run *past);
/* Sorts and sweeps; nothing can be added afterwards. After a failure the history is still open. */
kiem_status km_history_close(km_history *history, km_error *error);
/* Adds those history columns of a batch that was added before which are in `wanted` (NULL: all). Rows without
 * person or NGAY_VAO get NULLs; overlap_minutes is NULL too where the kind of care is not known. */
kiem_status km_history_attach(const km_history *history, km_batch *batch, const km_fieldset *wanted,
                              km_error *error);
/* The person of a row, KM_NO_PERSON when it has none. */
uint64_t km_history_person(const km_history *history, uint64_t id);
/* The patients with a claim in the job, in the order of their keys: *cursor starts at 0; false after the
 * last. */
bool km_history_next_patient(const km_history *history, size_t *cursor, km_patient *out);

#endif
