/* The table of patients, and the rules about them. */
#include <string.h>

#include "base/hash.h"
#include "engine/job.h"
#include "state/history/person.h"

enum { CHUNK = 4096 /* rows between two writes */ };

/* The patient as outputs name him: the number inside the card, or a keyed hash of it. */
static void name_patient(km_job *job, km_buf *text, uint64_t person) {
    static const char hex[] = "0123456789abcdef";
    const char *key = job->options.pseudonym_key;
    km_buf_clear(text);
    km_buf_person(text, person);
    if (!key) return;
    km_buf_char(text, '\0');
    km_buf_string(text, key);
    for (uint64_t half = 1; half <= 2; half++) {
        uint64_t hash = km_hash(text->data, text->length, half);
        for (int i = 60; i >= 0; i -= 4) km_buf_char(text, hex[hash >> i & 15]);
    }
    if (!km_buf_ok(text)) return;
    memmove(text->data, text->data + text->length - 32, 32);
    text->length = 32;
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

static void put_supplies(km_job *job, supply_cursor *cursor, uint64_t person) {
    km_result *out = &job->sinks[KM_TABLE_PATIENTS].chunk;
    if (!job->details[0].any) return;
    while (cursor->more && cursor->found.person < person)
        cursor->more = km_supplies_next(&job->supplies, &cursor->next, &cursor->found);
    bool own = cursor->more && cursor->found.person == person;
    km_result_int(out, KM_PATIENT_SUPPLY_OVERLAPS, own ? (int64_t)cursor->found.overlaps : 0);
    km_result_int(out, KM_PATIENT_SUPPLY_OVERLAP_DAYS, own ? (int64_t)cursor->found.days : 0);
}

static kiem_status put_patient(km_job *job, km_buf *text, const km_patient *patient, supply_cursor *supplies,
                               km_error *error) {
    km_result *out = &job->sinks[KM_TABLE_PATIENTS].chunk;
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
    put_supplies(job, supplies, patient->person);
    return km_result_end_row(out, error);
}

/* Rules see the rows before they leave. */
static kiem_status close_chunk(km_job *job, km_error *error) {
    KM_TRY(km_job_judge_rows(job, KM_TABLE_PATIENTS, error));
    return km_sink_flush(&job->sinks[KM_TABLE_PATIENTS], error);
}

kiem_status km_job_patients(km_job *job, km_error *error) {
    const km_result *rows = &job->sinks[KM_TABLE_PATIENTS].chunk;
    km_patients patients;
    km_patient patient;
    km_buf text;
    bool more = true;
    supply_cursor supplies = {.more = true};
    KM_TRY(km_supplies_close(&job->supplies, error));
    KM_TRY(km_card_uses_close(&job->card_uses, error));
    KM_TRY(km_patients_open(&patients, &job->history, error));
    km_buf_init(&text, job->mem);
    kiem_status status = km_patients_next(&patients, &patient, &more, error);
    while (status == KIEM_OK && more) {
        status = put_patient(job, &text, &patient, &supplies, error);
        if (status == KIEM_OK && rows->rows >= CHUNK) status = close_chunk(job, error);
        if (status == KIEM_OK) status = km_patients_next(&patients, &patient, &more, error);
    }
    km_buf_free(&text);
    km_patients_close(&patients);
    return status == KIEM_OK ? close_chunk(job, error) : status;
}
