/* Patient history: every claim as an episode, sorted by person, and what the sweep found for each row. */
#ifndef KM_STATE_HISTORY_H
#define KM_STATE_HISTORY_H

#include "base/decimal.h"
#include "claim/rows.h"
#include "state/run.h"
#include "state/sweep.h"

typedef struct km_history {
    const km_mem *mem;
    km_run run;
    km_run_skips skips;
    bool closed;
    km_visit *visits; /* one for each episode of the closed run; positions are those of the run */
    km_rows rows;     /* row number -> position in the run */
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
/* Sorts and sweeps; nothing can be added afterwards. After a failure the history is still open. */
kiem_status km_history_close(km_history *history, km_error *error);
/* Adds the history columns to a batch that was added before. Rows without person or NGAY_VAO get NULLs;
 * overlap_minutes is NULL too where the kind of care is not known. */
kiem_status km_history_attach(const km_history *history, km_batch *batch, km_error *error);
/* The person of a row, KM_NO_PERSON when it has none. */
uint64_t km_history_person(const km_history *history, uint64_t id);
/* The patients in the order of their keys: *cursor starts at 0; false after the last. */
bool km_history_next_patient(const km_history *history, size_t *cursor, km_patient *out);

#endif
