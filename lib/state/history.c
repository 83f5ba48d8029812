#include "state/history.h"

#include "state/history_columns.h"
#include "state/person.h"

_Static_assert(sizeof(km_facts) <= 64, "what is kept for every claim has grown");

enum { FIRST_AT_FACILITY = 1 << KM_PARTNER_COUNT, KIND_KNOWN = FIRST_AT_FACILITY << 1 };

void km_history_init(km_history *history, const km_mem *mem) {
    *history = (km_history){.mem = mem};
    km_run_init(&history->run, mem);
}

static void forget_facts(km_history *history) {
    km_free(history->mem, history->facts, history->run.count * sizeof *history->facts);
    km_free(history->mem, history->partners, history->partner_capacity * sizeof *history->partners);
    km_free(history->mem, history->place, history->row_count * sizeof *history->place);
    history->facts = NULL;
    history->partners = history->place = NULL;
    history->partner_count = history->partner_capacity = history->row_count = 0;
}

void km_history_free(km_history *history) {
    forget_facts(history);
    km_run_free(&history->run);
    km_history_init(history, history->mem);
}

kiem_status km_history_add(km_history *history, const km_batch *batch, km_error *error) {
    if (history->closed) return km_fail(error, KIEM_E_ARGUMENT, "the patient history is already closed");
    return km_run_add(&history->run, batch, &history->skips, error);
}

void km_history_start(km_history *history, const km_run *past) {
    history->past = past;
}

/* ---- closing */

static uint16_t narrow(uint32_t count) {
    return count < UINT16_MAX ? (uint16_t)count : UINT16_MAX;
}

/* The sweep names other claims within the person; here they become positions in the run. */
static kiem_status keep(km_history *history, size_t first, size_t self, const km_visit *visit,
                        km_error *error) {
    km_facts *facts = &history->facts[self];
    if (history->partner_count > UINT32_MAX - KM_PARTNER_COUNT)
        return km_fail(error, KIEM_E_RANGE, "patient history holds too many pairs of claims");
    *facts = (km_facts){.same_diagnosis_7d = visit->same_diagnosis_7d,
                        .inpatient_before_14d = visit->inpatient_before_14d,
                        .births_within_180d = narrow(visit->births_within_180d),
                        .distinct_cards = narrow(visit->distinct_cards),
                        .partners_at = (uint32_t)history->partner_count,
                        .spend_365d = visit->spend_365d,
                        .copay_year = visit->copay_year};
    for (int i = 0; i < KM_WINDOW_COUNT; i++) facts->visits[i] = visit->visits[i];
    for (int i = 0; i < KM_REACH_COUNT; i++) {
        facts->facilities[i] = visit->facilities[i];
        facts->visit_days[i] = narrow(visit->visit_days[i]);
    }
    unsigned has =
        (visit->first_at_facility ? FIRST_AT_FACILITY : 0u) | (visit->kind_known ? KIND_KNOWN : 0u);
    for (int i = 0; i < KM_PARTNER_COUNT; i++) {
        if (visit->partner[i] == KM_NO_EPISODE) continue;
        if (!km_grow(history->mem, (void **)&history->partners, &history->partner_capacity,
                     history->partner_count + 1, sizeof *history->partners)) {
            return km_nomem(error);
        }
        history->partners[history->partner_count++] = (uint32_t)(first + visit->partner[i]);
        has |= 1u << i;
    }
    facts->has = (uint16_t)has;
    return KIEM_OK;
}

/* The visits of the person being swept. */
typedef struct swept {
    km_visit *visits;
    size_t capacity;
} swept;

static kiem_status sweep_person(km_history *history, km_sweep *sweep, swept *room, size_t first, size_t end,
                                km_error *error) {
    if (!km_grow(history->mem, (void **)&room->visits, &room->capacity, end - first, sizeof *room->visits))
        return km_nomem(error);
    KM_TRY(
        km_history_sweep(sweep, history->run.episodes + first, (uint32_t)(end - first), room->visits, error));
    for (size_t i = first; i < end; i++) KM_TRY(keep(history, first, i, &room->visits[i - first], error));
    return KIEM_OK;
}

static kiem_status sweep_persons(km_history *history, km_error *error) {
    const km_run *run = &history->run;
    km_sweep sweep;
    swept room = {NULL, 0};
    kiem_status status = KIEM_OK;
    km_sweep_init(&sweep, history->mem);
    for (size_t first = 0, end; first < run->count && status == KIEM_OK; first = end) {
        end = km_run_person_end(run, first);
        status = sweep_person(history, &sweep, &room, first, end, error);
    }
    km_sweep_free(&sweep);
    km_free(history->mem, room.visits, room.capacity * sizeof *room.visits);
    return status;
}

static kiem_status index_rows(km_history *history, km_error *error) {
    const km_run *run = &history->run;
    uint32_t low = UINT32_MAX, high = 0;
    for (size_t i = 0; i < run->count; i++) {
        uint32_t row = run->episodes[i].row;
        if (row && row < low) low = row;
        if (row > high) high = row;
    }
    history->first_row = low;
    if (!high) return KIEM_OK;
    history->place = km_alloc_zero(history->mem, ((size_t)high - low + 1) * sizeof *history->place);
    if (!history->place) return km_nomem(error);
    history->row_count = (size_t)high - low + 1;
    for (size_t i = 0; i < run->count; i++) {
        if (!run->episodes[i].row) continue;
        uint32_t *place = &history->place[run->episodes[i].row - low];
        if (*place) return km_fail(error, KIEM_E_ARGUMENT, "a row was added twice");
        *place = (uint32_t)i + 1;
    }
    return KIEM_OK;
}

kiem_status km_history_close(km_history *history, km_error *error) {
    if (history->closed) return km_fail(error, KIEM_E_ARGUMENT, "the patient history is already closed");
    KM_TRY(km_run_sort(&history->run, error));
    if (history->past) KM_TRY(km_run_merge(&history->run, history->past, true, error));
    history->past = NULL;
    KM_TRY(km_run_join(&history->run, error));
    history->facts = km_alloc_array(history->mem, history->run.count, sizeof *history->facts);
    kiem_status status = history->facts ? sweep_persons(history, error) : km_nomem(error);
    if (status == KIEM_OK) status = index_rows(history, error);
    if (status != KIEM_OK) forget_facts(history);
    history->closed = status == KIEM_OK;
    return status;
}

/* ---- attaching */

static uint32_t place_of(const km_history *history, uint64_t id) {
    uint64_t offset = id + 1 - history->first_row;
    return offset < history->row_count && history->place[offset] ? history->place[offset] - 1 : KM_NO_EPISODE;
}

enum { CHUNK = 64 };

/* The facts of some rows, in a loop with nothing else in it: they are scattered over the run, and come from
 * memory together. */
static void gather(const km_history *history, const km_batch *batch, uint32_t first, uint32_t count,
                   uint32_t *places, km_facts *out) {
    for (uint32_t i = 0; i < count; i++) {
        places[i] = place_of(history, km_batch_id(batch, first + i));
        if (places[i] != KM_NO_EPISODE) out[i] = history->facts[places[i]];
    }
}

static void unpack(const km_facts *facts, km_visit *visit) {
    for (int i = 0; i < KM_WINDOW_COUNT; i++) visit->visits[i] = facts->visits[i];
    for (int i = 0; i < KM_REACH_COUNT; i++) {
        visit->facilities[i] = facts->facilities[i];
        visit->visit_days[i] = facts->visit_days[i];
    }
    visit->same_diagnosis_7d = facts->same_diagnosis_7d;
    visit->inpatient_before_14d = facts->inpatient_before_14d;
    visit->births_within_180d = facts->births_within_180d;
    visit->distinct_cards = facts->distinct_cards;
    visit->spend_365d = facts->spend_365d;
    visit->copay_year = facts->copay_year;
    visit->kind_known = facts->has & KIND_KNOWN;
}

static void find_partners(const km_history *history, const km_facts *facts, km_history_row *about) {
    const uint32_t *next = history->partners + facts->partners_at;
    const char *texts = km_buf_view(&history->run.texts).ptr;
    for (int i = 0; i < KM_PARTNER_COUNT; i++) {
        bool has = facts->has >> i & 1;
        about->other[i].episode = has ? &history->run.episodes[*next++] : NULL;
        about->other[i].texts = texts;
    }
}

kiem_status km_history_attach(const km_history *history, km_batch *batch, const km_fieldset *wanted,
                              km_error *error) {
    km_facts facts[CHUNK];
    km_visit visits[CHUNK];
    km_history_row rows[CHUNK];
    uint32_t places[CHUNK];
    km_history_columns columns;
    if (!history->closed) return km_fail(error, KIEM_E_ARGUMENT, "the patient history is not closed");
    KM_TRY(km_history_columns_add(&columns, batch, wanted, error));
    for (uint32_t first = 0; first < batch->rows; first += CHUNK) {
        uint32_t left = batch->rows - first, count = left < CHUNK ? left : CHUNK;
        gather(history, batch, first, count, places, facts);
        for (uint32_t i = 0; i < count; i++) {
            rows[i].visit = places[i] == KM_NO_EPISODE ? NULL : &visits[i];
            if (!rows[i].visit) continue;
            unpack(&facts[i], &visits[i]);
            rows[i].self = &history->run.episodes[places[i]];
            if (columns.partners) find_partners(history, &facts[i], &rows[i]);
        }
        KM_TRY(km_history_columns_put(&columns, first, count, rows, error));
    }
    return KIEM_OK;
}

uint64_t km_history_person(const km_history *history, uint64_t id) {
    uint32_t place = place_of(history, id);
    return place == KM_NO_EPISODE ? KM_NO_PERSON : history->run.episodes[place].person;
}

/* ---- patients */

static km_patient patient_of(const km_history *history, size_t first, size_t end, bool *in_job) {
    const km_run *run = &history->run;
    km_patient patient = {.person = run->episodes[first].person, .claims = end - first};
    *in_job = false;
    for (size_t i = first; i < end; i++) {
        const km_facts *facts = &history->facts[i];
        patient.facilities += (facts->has & FIRST_AT_FACILITY) != 0;
        if (facts->visits[KM_WINDOW_30D] > patient.max_visits_30d)
            patient.max_visits_30d = facts->visits[KM_WINDOW_30D];
        if (run->episodes[i].fund != KM_NO_AMOUNT) patient.fund += run->episodes[i].fund;
        *in_job = *in_job || run->episodes[i].row;
    }
    return patient;
}

bool km_history_next_patient(const km_history *history, size_t *cursor, km_patient *out) {
    bool in_job = false;
    if (!history->closed) return false;
    while (!in_job && *cursor < history->run.count) {
        size_t end = km_run_person_end(&history->run, *cursor);
        *out = patient_of(history, *cursor, end, &in_job);
        *cursor = end;
    }
    return in_job;
}
