#include "state/history/history.h"

/* The patients of the parts are merged: in each they stand in the order of their keys. */

static km_patient *room_of(const km_patients *patients, int part) {
    return patients->room + (size_t)part * KM_PATIENTS_AT_ONCE;
}

/* Brings the next patients of a part here; none are left when the window stays empty. */
static kiem_status load(km_patients *patients, int part, km_error *error) {
    const km_stream *all = &patients->history->found[part].patients;
    km_patient_window *window = &patients->windows[part];
    const size_t size = sizeof *patients->room;
    window->next = window->count = 0;
    if (window->piece < all->count && window->taken == all->pieces[window->piece].used / size) {
        window->piece++;
        window->taken = 0;
    }
    if (window->piece == all->count) return KIEM_OK;
    const size_t left = all->pieces[window->piece].used / size - window->taken;
    const size_t count = left < KM_PATIENTS_AT_ONCE ? left : KM_PATIENTS_AT_ONCE;
    KM_TRY(km_stream_load_bytes(all, window->piece, window->taken * size, count * size,
                                &patients->history->swept, room_of(patients, part), error));
    window->count = count;
    window->taken += count;
    return KIEM_OK;
}

/* Parts meet in pairs, winners in pairs: winners[1] is the part whose next person comes first of all. */
static void play(km_patients *patients, int part) {
    uint8_t *winners = patients->winners;
    winners[KM_HISTORY_PARTS + part] = (uint8_t)part;
    for (int i = (KM_HISTORY_PARTS + part) / 2; i > 0; i /= 2) {
        const uint8_t one = winners[2 * i], other = winners[2 * i + 1];
        winners[i] = patients->first[other] < patients->first[one] ? other : one;
    }
}

static kiem_status refill(km_patients *patients, int part, km_error *error) {
    const km_patient_window *window = &patients->windows[part];
    if (window->next == window->count) KM_TRY(load(patients, part, error));
    patients->first[part] =
        window->count ? room_of(patients, part)[window->next].person : (uint64_t)UINT64_MAX;
    play(patients, part);
    return KIEM_OK;
}

kiem_status km_patients_open(km_patients *patients, const km_history *history, km_error *error) {
    *patients = (km_patients){.history = history};
    if (history->stage != KM_HISTORY_CLOSED)
        return km_fail(error, KIEM_E_ARGUMENT, "the patient history is not closed");
    patients->room =
        km_alloc_array(history->mem, (size_t)KM_HISTORY_PARTS * KM_PATIENTS_AT_ONCE, sizeof *patients->room);
    if (!patients->room) return km_nomem(error);
    kiem_status status = KIEM_OK;
    for (int i = 0; i < KM_HISTORY_PARTS && status == KIEM_OK; i++) status = refill(patients, i, error);
    if (status != KIEM_OK) km_patients_close(patients);
    return status;
}

void km_patients_close(km_patients *patients) {
    if (patients->room)
        km_free(patients->history->mem, patients->room,
                (size_t)KM_HISTORY_PARTS * KM_PATIENTS_AT_ONCE * sizeof *patients->room);
    patients->room = NULL;
}

kiem_status km_patients_next(km_patients *patients, km_patient *out, bool *more, km_error *error) {
    const int part = patients->winners[1];
    *more = patients->first[part] != UINT64_MAX;
    if (!*more) return KIEM_OK;
    *out = room_of(patients, part)[patients->windows[part].next++];
    return refill(patients, part, error);
}
