#include "state/history.h"

#include "state/person.h"

void km_history_init(km_history *history, const km_mem *mem) {
    *history = (km_history){.mem = mem};
    km_run_init(&history->run, mem);
}

void km_history_free(km_history *history) {
    km_free(history->mem, history->visits, history->run.count * sizeof *history->visits);
    km_rows_free(&history->rows);
    km_run_free(&history->run);
    km_history_init(history, history->mem);
}

kiem_status km_history_add(km_history *history, const km_batch *batch, km_error *error) {
    if (history->closed) return km_fail(error, KIEM_E_ARGUMENT, "the patient history is already closed");
    return km_run_add(&history->run, batch, &history->skips, error);
}

/* The sweep names other claims within the person; here they become positions in the run. */
static void rebase(km_visit *visits, size_t count, size_t first) {
    for (size_t i = 0; i < count; i++) {
        if (visits[i].duplicate_of != KM_NO_EPISODE) visits[i].duplicate_of += (uint32_t)first;
        if (visits[i].overlapping != KM_NO_EPISODE) visits[i].overlapping += (uint32_t)first;
    }
}

static kiem_status sweep_persons(km_history *history, km_error *error) {
    const km_run *run = &history->run;
    km_sweep sweep;
    kiem_status status = KIEM_OK;
    km_sweep_init(&sweep, history->mem);
    for (size_t first = 0, end; first < run->count && status == KIEM_OK; first = end) {
        end = km_run_person_end(run, first);
        km_visit *visits = history->visits + first;
        status = km_history_sweep(&sweep, run->episodes + first, (uint32_t)(end - first), visits, error);
        if (status == KIEM_OK) rebase(visits, end - first, first);
    }
    km_sweep_free(&sweep);
    return status;
}

kiem_status km_history_close(km_history *history, km_error *error) {
    km_run *run = &history->run;
    if (history->closed) return km_fail(error, KIEM_E_ARGUMENT, "the patient history is already closed");
    KM_TRY(km_run_sort(run, error));
    history->visits = km_alloc_array(history->mem, run->count, sizeof *history->visits);
    kiem_status status = history->visits ? sweep_persons(history, error) : km_nomem(error);
    if (status == KIEM_OK) {
        status = km_rows_build(&history->rows, history->mem, run->episodes, run->count, sizeof *run->episodes,
                               offsetof(km_episode, id), error);
    }
    history->closed = status == KIEM_OK;
    if (history->closed) return KIEM_OK;
    km_free(history->mem, history->visits, run->count * sizeof *history->visits);
    history->visits = NULL;
    return status;
}

/* ---- attaching */

static const int attached[] = {
    KM_CLAIM_duplicate_of,    KM_CLAIM_overlapping_claim, KM_CLAIM_overlapping_facility,
    KM_CLAIM_overlap_minutes, KM_CLAIM_visits_7d,         KM_CLAIM_visits_30d,
    KM_CLAIM_visits_365d,     KM_CLAIM_facilities_30d};

static void put_number(km_batch *batch, int field, uint32_t row, int64_t value) {
    km_column_put(&batch->column[field], field == KM_CLAIM_overlapping_facility ? 8 : 4, row, value);
}

static void put_numbers(const km_history *history, km_batch *batch, uint32_t row, const km_visit *visit) {
    put_number(batch, KM_CLAIM_visits_7d, row, visit->visits[KM_WINDOW_7D]);
    put_number(batch, KM_CLAIM_visits_30d, row, visit->visits[KM_WINDOW_30D]);
    put_number(batch, KM_CLAIM_visits_365d, row, visit->visits[KM_WINDOW_365D]);
    put_number(batch, KM_CLAIM_facilities_30d, row, visit->facilities_30d);
    if (visit->kind_known) put_number(batch, KM_CLAIM_overlap_minutes, row, visit->overlap_minutes);
    if (visit->overlapping == KM_NO_EPISODE) return;
    uint64_t facility = history->run.episodes[visit->overlapping].facility;
    if (facility) put_number(batch, KM_CLAIM_overlapping_facility, row, (int64_t)facility);
}

/* The MA_LK of another claim; empty, that is NULL, when there is none. */
static bool put_key(const km_history *history, km_batch *batch, int field, uint32_t row, uint32_t other) {
    km_text key = {"", 0};
    if (other != KM_NO_EPISODE) {
        key = km_episode_key(&history->run.episodes[other], km_buf_view(&history->run.texts).ptr);
    }
    return km_column_put_text(batch->mem, &batch->column[field], row, key);
}

enum { CHUNK = 256 };

/* The visits of some rows, in a loop with nothing else in it: they are scattered over the run, and come from
 * memory together. */
static void gather(const km_history *history, const km_batch *batch, uint32_t first, uint32_t count,
                   km_visit *out) {
    static const km_visit none = {.duplicate_of = KM_NO_EPISODE, .overlapping = KM_NO_EPISODE};
    for (uint32_t i = 0; i < count; i++) {
        uint32_t place = km_rows_find(&history->rows, km_batch_id(batch, first + i));
        out[i] = place == KM_NO_PLACE ? none : history->visits[place];
    }
}

kiem_status km_history_attach(const km_history *history, km_batch *batch, km_error *error) {
    km_visit visits[CHUNK];
    if (!history->closed) return km_fail(error, KIEM_E_ARGUMENT, "the patient history is not closed");
    for (size_t i = 0; i < sizeof attached / sizeof attached[0]; i++) {
        KM_TRY(km_batch_add_column(batch, attached[i], error));
    }
    for (uint32_t row = 0; row < batch->rows; row++) {
        uint32_t left = batch->rows - row;
        if (row % CHUNK == 0) gather(history, batch, row, left < CHUNK ? left : CHUNK, visits);
        const km_visit *visit = &visits[row % CHUNK];
        if (visit->visits[KM_WINDOW_7D]) put_numbers(history, batch, row, visit);
        if (!put_key(history, batch, KM_CLAIM_duplicate_of, row, visit->duplicate_of) ||
            !put_key(history, batch, KM_CLAIM_overlapping_claim, row, visit->overlapping)) {
            return km_nomem(error);
        }
    }
    return KIEM_OK;
}

uint64_t km_history_person(const km_history *history, uint64_t id) {
    uint32_t place = km_rows_find(&history->rows, id);
    return place == KM_NO_PLACE ? KM_NO_PERSON : history->run.episodes[place].person;
}

bool km_history_next_patient(const km_history *history, size_t *cursor, km_patient *out) {
    const km_run *run = &history->run;
    if (!history->closed || *cursor >= run->count) return false;
    size_t end = km_run_person_end(run, *cursor);
    *out = (km_patient){.person = run->episodes[*cursor].person, .claims = end - *cursor};
    for (size_t i = *cursor; i < end; i++) {
        const km_visit *visit = &history->visits[i];
        out->facilities += visit->first_at_facility;
        if (visit->visits[KM_WINDOW_30D] > out->max_visits_30d)
            out->max_visits_30d = visit->visits[KM_WINDOW_30D];
        if (run->episodes[i].fund != KM_NO_AMOUNT) out->fund += run->episodes[i].fund;
    }
    *cursor = end;
    return true;
}
