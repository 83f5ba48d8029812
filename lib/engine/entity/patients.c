/* The table of patients, and the rules about them. */
#include <string.h>

#include "base/keyed_hash.h"
#include "engine/entity/entities.h"
#include "engine/entity/entity_rules.h"
#include "engine/flow/crew.h"
#include "state/history/person.h"

/* ---- a row */

/* The patient as outputs name him: the number inside the card, or a keyed hash of it. */
static void name_patient(const km_job *job, km_buf *text, uint64_t person) {
    static const char hex[] = "0123456789abcdef";
    const char *key = job->options.pseudonym_key;
    km_buf_clear(text);
    km_buf_person(text, person);
    if (!key) return;
    if (!km_buf_ok(text)) return;
    uint8_t hash[KM_KEYED_HASH_SIZE];
    km_keyed_hash((km_text){key, strlen(key)}, km_buf_view(text), hash);
    km_buf_clear(text);
    for (int i = 0; i < KM_KEYED_HASH_SIZE; i++) {
        km_buf_char(text, hex[hash[i] >> 4]);
        km_buf_char(text, hex[hash[i] & 15]);
    }
}

static void put_windows(km_result *out, const km_patient *patient) {
    km_result_int(out, KM_PATIENT_FIRST_DAY, km_day_of(patient->first));
    km_result_int(out, KM_PATIENT_LAST_DAY, km_day_of(patient->last));
    km_result_int(out, KM_PATIENT_STAYS, patient->stays);
    km_result_int(out, KM_PATIENT_LONG_COURSES, patient->long_courses);
    km_result_int(out, KM_PATIENT_MAX_VISIT_DAYS_30D, patient->max_visit_days[KM_REACH_30D]);
    km_result_int(out, KM_PATIENT_MAX_VISIT_DAYS_365D, patient->max_visit_days[KM_REACH_365D]);
    km_result_int(out, KM_PATIENT_MAX_FACILITIES_DAY, patient->max_facilities[KM_REACH_DAY]);
    km_result_int(out, KM_PATIENT_MAX_FACILITIES_30D, patient->max_facilities[KM_REACH_30D]);
    km_result_int(out, KM_PATIENT_MAX_FACILITIES_365D, patient->max_facilities[KM_REACH_365D]);
    if (patient->max_spend_365d != KM_NO_AMOUNT)
        km_result_int(out, KM_PATIENT_MAX_SPEND_365D, patient->max_spend_365d);
    km_result_int(out, KM_PATIENT_OVERLAPS, patient->overlaps);
    km_result_int(out, KM_PATIENT_OVERLAP_MINUTES, patient->overlap_minutes);
}

/* The supplies of drugs stand in the order of the patients. */
typedef struct supply_cursor {
    size_t next;
    km_supply_overlaps found; /* of its person, who is not yet passed */
    bool more;
} supply_cursor;

static void put_supplies(const km_job *job, km_result *out, supply_cursor *cursor, uint64_t person) {
    if (!job->details[KM_DETAIL_DRUGS].any) return;
    while (cursor->more && cursor->found.person < person)
        cursor->more = km_supplies_next(&job->supplies, &cursor->next, &cursor->found);
    bool own = cursor->more && cursor->found.person == person;
    km_result_int(out, KM_PATIENT_SUPPLY_OVERLAPS, own ? (int64_t)cursor->found.overlaps : 0);
    km_result_int(out, KM_PATIENT_SUPPLY_OVERLAP_DAYS, own ? (int64_t)cursor->found.days : 0);
}

static kiem_status put_patient(const km_job *job, km_result *out, km_buf *text, const km_patient *patient,
                               supply_cursor *supplies, km_error *error) {
    name_patient(job, text, patient->person);
    if (!km_buf_ok(text)) return km_nomem(error);
    km_result_text(out, KM_PATIENT_PATIENT, km_buf_view(text));
    km_result_int(out, KM_PATIENT_CLAIMS, (int64_t)patient->claims);
    km_result_int(out, KM_PATIENT_FACILITIES, patient->facilities);
    KM_TRY(km_table_put_sum(out, KM_PATIENT_SPENT, patient->fund, error));
    km_result_int(out, KM_PATIENT_MAX_VISITS_30D, patient->max_visits_30d);
    km_result_int(out, KM_PATIENT_FLAGGED, km_map_find(&job->flagged_people, patient->person) != NULL);
    put_windows(out, patient);
    km_result_int(out, KM_PATIENT_OTHER_CARD_DAYS, km_card_uses_days(&job->card_uses, patient->person));
    put_supplies(job, out, supplies, patient->person);
    return km_result_end_row(out, error);
}

/* ---- chunks of rows, side by side */

typedef struct chunk {
    km_patient patients[KM_BATCH_ROWS];
    size_t count;
    km_result rows, findings;
    km_buf name, rows_text, findings_text;
    km_desk desk;
} chunk;

typedef struct listing {
    km_job *job;
    km_patients patients;
    chunk *chunks; /* one for each place of the crew */
    int places;
} listing;

static kiem_status fetch_chunk(void *context, int place, bool *more, km_error *error) {
    listing *l = context;
    chunk *at = &l->chunks[place];
    km_timings_start(&at->desk.timings);
    *more = true;
    for (at->count = 0; *more && at->count < KM_BATCH_ROWS; at->count += *more)
        KM_TRY(km_patients_next(&l->patients, &at->patients[at->count], more, error));
    *more = at->count > 0;
    km_timings_book(&at->desk.timings, KM_STAGE_ENTITIES);
    return KIEM_OK;
}

/* Rules see the rows before they leave. */
static kiem_status fill_chunk(void *context, int place, km_error *error) {
    const listing *l = context;
    const km_job *job = l->job;
    chunk *at = &l->chunks[place];
    const km_derived rows = {KM_TABLE_PATIENTS, &at->rows, &at->findings};
    supply_cursor supplies = {.next = km_supplies_from(&job->supplies, at->patients[0].person), .more = true};
    km_timings_start(&at->desk.timings);
    km_result_clear(&at->rows);
    km_result_clear(&at->findings);
    for (size_t i = 0; i < at->count; i++)
        KM_TRY(put_patient(job, &at->rows, &at->name, &at->patients[i], &supplies, error));
    KM_TRY(km_desk_judge(&at->desk, job, &rows, error));
    KM_TRY(km_sink_render(&job->sinks[KM_TABLE_PATIENTS], &at->rows, &at->rows_text, error));
    KM_TRY(km_sink_render(&job->sinks[KM_TABLE_FINDINGS], &at->findings, &at->findings_text, error));
    km_timings_book(&at->desk.timings, KM_STAGE_ENTITIES);
    return KIEM_OK;
}

static kiem_status put_chunk(void *context, int place, km_error *error) {
    const listing *l = context;
    km_job *job = l->job;
    chunk *at = &l->chunks[place];
    km_timings_start(&at->desk.timings);
    KM_TRY(km_sink_put(&job->sinks[KM_TABLE_PATIENTS], &at->rows, km_buf_view(&at->rows_text), error));
    KM_TRY(
        km_sink_put(&job->sinks[KM_TABLE_FINDINGS], &at->findings, km_buf_view(&at->findings_text), error));
    job->now.findings += at->findings.rows;
    km_timings_book(&at->desk.timings, KM_STAGE_ENTITIES);
    return km_job_check_cancelled(job, error);
}

static kiem_status init_chunk(chunk *at, const km_job *job, km_error *error) {
    km_buf_init(&at->name, job->mem);
    km_buf_init(&at->rows_text, job->mem);
    km_buf_init(&at->findings_text, job->mem);
    KM_TRY(km_table_init(&at->rows, job->mem, KM_TABLE_PATIENTS, error));
    KM_TRY(km_table_init(&at->findings, job->mem, KM_TABLE_FINDINGS, error));
    return km_desk_init(&at->desk, job, error);
}

static void free_chunk(chunk *at, const km_job *job) {
    km_result_free(&at->rows);
    km_result_free(&at->findings);
    km_buf_free(&at->name);
    km_buf_free(&at->rows_text);
    km_buf_free(&at->findings_text);
    km_desk_free(&at->desk, job);
}

static kiem_status open_listing(listing *l, km_job *job, km_error *error) {
    *l = (listing){.job = job, .places = km_crew_places(job->threads)};
    l->chunks = km_alloc_zero(job->mem, (size_t)l->places * sizeof *l->chunks);
    if (!l->chunks) return km_nomem(error);
    for (int i = 0; i < l->places; i++) KM_TRY(init_chunk(&l->chunks[i], job, error));
    return km_patients_open(&l->patients, &job->history, error);
}

static void close_listing(listing *l) {
    km_patients_close(&l->patients);
    for (int i = 0; l->chunks && i < l->places; i++) free_chunk(&l->chunks[i], l->job);
    km_free(l->job->mem, l->chunks, (size_t)l->places * sizeof *l->chunks);
}

kiem_status km_job_patients(km_job *job, km_error *error) {
    listing l;
    const km_crew_plan plan = {fetch_chunk, fill_chunk, put_chunk, NULL, &l};
    KM_TRY(km_supplies_close(&job->supplies, error));
    KM_TRY(km_card_uses_close(&job->card_uses, error));
    kiem_status status = open_listing(&l, job, error);
    if (status == KIEM_OK) status = km_crew_run(&plan, job->threads, error);
    for (int i = 0; status == KIEM_OK && i < l.places; i++) km_desk_collect(&l.chunks[i].desk, job);
    close_listing(&l);
    return status;
}
