#include "state/history/history.h"

#include <string.h>

/* The patients of the parts are merged: in each they stand in the order of their keys. */

static size_t count_of(const km_history *history, int part) {
    return history->found[part].patients / sizeof(km_patient);
}

static km_patient *window_of(const km_patients *patients, int part) {
    return patients->window + (size_t)part * KM_PATIENTS_AT_ONCE;
}

/* Brings the next patients of a part to its window when it was handed out whole. */
static kiem_status refill(km_patients *patients, int part, km_error *error) {
    const km_history *history = patients->history;
    const km_history_found *found = &history->found[part];
    size_t next = patients->next[part], left = count_of(history, part) - next;
    if (!left) {
        patients->first[part] = UINT64_MAX;
        return KIEM_OK;
    }
    if (next % KM_PATIENTS_AT_ONCE == 0) {
        size_t count = left < KM_PATIENTS_AT_ONCE ? left : KM_PATIENTS_AT_ONCE;
        size_t at = found->facts + next * sizeof(km_patient), size = count * sizeof(km_patient);
        if (found->data) {
            memcpy(window_of(patients, part), found->data + at, size);
        } else {
            KM_TRY(km_spill_get(&history->swept, found->at + (int64_t)at, window_of(patients, part), size,
                                error));
        }
    }
    patients->first[part] = window_of(patients, part)[next % KM_PATIENTS_AT_ONCE].person;
    return KIEM_OK;
}

kiem_status km_patients_open(km_patients *patients, const km_history *history, km_error *error) {
    *patients = (km_patients){.history = history};
    if (history->stage != KM_HISTORY_CLOSED)
        return km_fail(error, KIEM_E_ARGUMENT, "the patient history is not closed");
    patients->window = km_alloc_array(history->mem, (size_t)KM_HISTORY_PARTS * KM_PATIENTS_AT_ONCE,
                                      sizeof *patients->window);
    if (!patients->window) return km_nomem(error);
    kiem_status status = KIEM_OK;
    for (int i = 0; i < KM_HISTORY_PARTS && status == KIEM_OK; i++) status = refill(patients, i, error);
    if (status != KIEM_OK) km_patients_close(patients);
    return status;
}

void km_patients_close(km_patients *patients) {
    if (patients->window)
        km_free(patients->history->mem, patients->window,
                (size_t)KM_HISTORY_PARTS * KM_PATIENTS_AT_ONCE * sizeof *patients->window);
    patients->window = NULL;
}

kiem_status km_patients_next(km_patients *patients, km_patient *out, bool *more, km_error *error) {
    int part = 0;
    for (int i = 1; i < KM_HISTORY_PARTS; i++) {
        if (patients->first[i] < patients->first[part]) part = i;
    }
    *more = patients->first[part] != UINT64_MAX;
    if (!*more) return KIEM_OK;
    *out = window_of(patients, part)[patients->next[part]++ % KM_PATIENTS_AT_ONCE];
    return refill(patients, part, error);
}
