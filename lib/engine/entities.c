#include <string.h>

#include "base/hash.h"
#include "engine/job.h"
#include "state/person.h"

/* ---- facilities */

static kiem_status put_facility(km_job *job, const km_facility *facility, km_error *error) {
    km_result *out = &job->sinks[KM_TABLE_FACILITIES].chunk;
    const uint32_t *place = km_map_find(&job->facility_index, facility->code);
    km_result_code(out, KM_FACILITY_FACILITY, facility->code);
    km_result_int(out, KM_FACILITY_CLAIMS, (int64_t)facility->claims);
    KM_TRY(km_table_put_sum(out, KM_FACILITY_SPENT, facility->fund, error));
    KM_TRY(
        km_table_put_sum(out, KM_FACILITY_AMOUNT_AT_RISK, place ? job->facility_amounts[*place] : 0, error));
    km_job_put_rank(job, facility);
    KM_TRY(km_job_put_facility_year(job, facility->code, error));
    return km_result_end_row(out, error);
}

static kiem_status put_facilities(km_job *job, km_error *error) {
    for (size_t i = 0; i < job->facilities.count; i++)
        KM_TRY(put_facility(job, &job->facilities.rows[i], error));
    return KIEM_OK;
}

/* ---- patients */

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

static kiem_status put_patient(km_job *job, const km_patient *patient, km_buf *text, km_error *error) {
    km_sink *sink = &job->sinks[KM_TABLE_PATIENTS];
    km_result *out = &sink->chunk;
    name_patient(job, text, patient->person);
    if (!km_buf_ok(text)) return km_nomem(error);
    km_result_text(out, KM_PATIENT_PATIENT, km_buf_view(text));
    km_result_int(out, KM_PATIENT_CLAIMS, (int64_t)patient->claims);
    km_result_int(out, KM_PATIENT_FACILITIES, (int64_t)patient->facilities);
    KM_TRY(km_table_put_sum(out, KM_PATIENT_SPENT, patient->fund, error));
    km_result_int(out, KM_PATIENT_MAX_VISITS_30D, (int64_t)patient->max_visits_30d);
    km_result_int(out, KM_PATIENT_FLAGGED, km_map_find(&job->flagged_people, patient->person) != NULL);
    KM_TRY(km_result_end_row(out, error));
    return out->rows >= 4096 ? km_sink_flush(sink, error) : KIEM_OK;
}

static kiem_status put_patients(km_job *job, km_error *error) {
    km_patients patients;
    km_patient patient;
    km_buf text;
    bool more = true;
    KM_TRY(km_patients_open(&patients, &job->history, error));
    km_buf_init(&text, job->mem);
    kiem_status status = KIEM_OK;
    while (status == KIEM_OK) {
        status = km_patients_next(&patients, &patient, &more, error);
        if (status != KIEM_OK || !more) break;
        status = put_patient(job, &patient, &text, error);
    }
    km_buf_free(&text);
    km_patients_close(&patients);
    return status;
}

kiem_status km_job_entities(km_job *job, km_error *error) {
    KM_TRY(km_job_outlooks(job, error));
    KM_TRY(put_facilities(job, error));
    KM_TRY(km_job_provinces(job, error));
    KM_TRY(km_job_judge_entities(job, error));
    return put_patients(job, error);
}
