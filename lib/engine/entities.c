#include <string.h>

#include "base/hash.h"
#include "engine/job.h"
#include "score/facility.h"
#include "state/person.h"

/* A sum in hundredths for an output column; sums beyond 92 million billion dong do not fit. */
static kiem_status put_sum(km_result *out, int column, km_int128 sum, km_error *error) {
    if (sum > INT64_MAX || sum < INT64_MIN)
        return km_fail(error, KIEM_E_RANGE, "a sum of money is too large to be written");
    km_result_int(out, column, (int64_t)sum);
    return KIEM_OK;
}

/* ---- facilities */

enum { FLAG_Z = 3000000 /* three spreads above the median of facilities */ };

static kiem_status put_facility(km_job *job, const km_facility *facility, km_error *error) {
    km_result *out = &job->sinks[KM_TABLE_FACILITIES].chunk;
    const uint32_t *place = km_map_find(&job->facility_index, facility->code);
    km_result_code(out, KM_FACILITY_FACILITY, facility->code);
    km_result_int(out, KM_FACILITY_CLAIMS, (int64_t)facility->claims);
    KM_TRY(put_sum(out, KM_FACILITY_SPENT, facility->fund, error));
    if (facility->has_ratio) km_result_int(out, KM_FACILITY_OBSERVED_EXPECTED, facility->ratio);
    if (facility->has_z) km_result_int(out, KM_FACILITY_Z, facility->z);
    km_result_int(out, KM_FACILITY_FLAGGED, facility->has_z && facility->z >= FLAG_Z);
    KM_TRY(put_sum(out, KM_FACILITY_AMOUNT_AT_RISK, place ? job->facility_amounts[*place] : 0, error));
    return km_result_end_row(out, error);
}

static kiem_status put_facilities(km_job *job, km_error *error) {
    km_facilities facilities = {0};
    KM_TRY(km_facilities_compare(&facilities, job->mem, &job->scorer, error));
    kiem_status status = KIEM_OK;
    for (size_t i = 0; i < facilities.count && status == KIEM_OK; i++)
        status = put_facility(job, &facilities.rows[i], error);
    km_facilities_free(&facilities);
    return status;
}

/* ---- provinces */

static const char *budget_status(const km_budget *budget, km_int128 spent) {
    if (!budget || budget->amount == 0) return "no_estimate";
    return spent >= budget->amount ? "used_up" : "within";
}

/* The name by the map of before the merger of 2025, which is the one facility codes follow. */
static void put_name(const km_job *job, km_result *out, uint64_t province) {
    const km_lookup *provinces = km_policy_table(job->policy, KM_TEXT("provinces"));
    km_value key = {.type = KM_TYPE_CODE, .known = true, .code = province};
    int column = provinces ? km_lookup_find_column(provinces, KM_TEXT("name_vi")) : -1;
    int64_t row = column >= 0 ? km_lookup_row(provinces, &key, 0) : KM_LOOKUP_NO_ROW;
    if (row == KM_LOOKUP_NO_ROW || !provinces->column[column].cells[row].known) return;
    km_result_text(out, KM_PROVINCE_NAME, provinces->column[column].cells[row].text);
}

static kiem_status put_province(km_job *job, uint64_t province, int year, const km_money *money, km_day as_of,
                                km_error *error) {
    km_result *out = &job->sinks[KM_TABLE_PROVINCES].chunk;
    const km_budget *budget = km_budgets_find(&job->budgets, province, 0, year, as_of);
    bool known;
    int64_t utilisation;
    KM_TRY(km_utilisation(money->fund, budget, &known, &utilisation, error));
    km_result_code(out, KM_PROVINCE_PROVINCE, province);
    km_result_int(out, KM_PROVINCE_YEAR, year);
    if (budget) km_result_int(out, KM_PROVINCE_BUDGET, budget->amount);
    KM_TRY(put_sum(out, KM_PROVINCE_SPENT, money->fund, error));
    if (known) km_result_int(out, KM_PROVINCE_UTILISATION, utilisation);
    km_result_text(out, KM_PROVINCE_STATUS, km_text_from(budget_status(budget, money->fund)));
    km_result_int(out, KM_PROVINCE_CLAIMS, (int64_t)money->claims);
    if (budget && budget->decision.length) km_result_text(out, KM_PROVINCE_DECISION, budget->decision);
    put_name(job, out, province);
    return km_result_end_row(out, error);
}

enum { YEARS = 512 };
static const uint64_t NATION = (uint64_t)'0' << 56 | (uint64_t)'0' << 48;

static int year_slot(int year) {
    return year >= 1900 && year < 1900 + YEARS ? year - 1900 : -1;
}

/* The nation, for years that have a budget of it: the sum of all provinces. */
static kiem_status put_nation(km_job *job, const km_money *by_year, km_day as_of, km_error *error) {
    for (int slot = 0; slot < YEARS; slot++) {
        if (!by_year[slot].claims || !km_budgets_find(&job->budgets, NATION, 0, slot + 1900, as_of)) continue;
        KM_TRY(put_province(job, NATION, slot + 1900, &by_year[slot], as_of, error));
    }
    return KIEM_OK;
}

/* Days of the ledger come by province and date, and so by year. */
static kiem_status put_provinces(km_job *job, km_day as_of, km_error *error) {
    km_money by_year[YEARS] = {{0}}, sum = {0};
    km_ledger_day cell, open = {0};
    size_t cursor = 0;
    while (km_ledger_next_day(&job->ledger, &cursor, &cell)) {
        if (cell.day == KM_UNDATED || cell.day > as_of) continue;
        if (sum.claims && (cell.province != open.province || cell.year != open.year)) {
            KM_TRY(put_province(job, open.province, open.year, &sum, as_of, error));
            sum = (km_money){0};
        }
        open = cell;
        km_money_add(&sum, &cell.money);
        if (year_slot(cell.year) >= 0) km_money_add(&by_year[year_slot(cell.year)], &cell.money);
    }
    if (sum.claims) KM_TRY(put_province(job, open.province, open.year, &sum, as_of, error));
    return put_nation(job, by_year, as_of, error);
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

static kiem_status put_patients(km_job *job, km_error *error) {
    km_result *out = &job->sinks[KM_TABLE_PATIENTS].chunk;
    km_patient patient;
    km_buf text;
    size_t cursor = 0;
    kiem_status status = KIEM_OK;
    km_buf_init(&text, job->mem);
    while (status == KIEM_OK && km_history_next_patient(&job->history, &cursor, &patient)) {
        name_patient(job, &text, patient.person);
        km_result_text(out, KM_PATIENT_PATIENT, km_buf_view(&text));
        km_result_int(out, KM_PATIENT_CLAIMS, (int64_t)patient.claims);
        km_result_int(out, KM_PATIENT_FACILITIES, (int64_t)patient.facilities);
        status = put_sum(out, KM_PATIENT_SPENT, patient.fund, error);
        km_result_int(out, KM_PATIENT_MAX_VISITS_30D, (int64_t)patient.max_visits_30d);
        km_result_int(out, KM_PATIENT_FLAGGED, km_map_find(&job->flagged_people, patient.person) != NULL);
        if (status == KIEM_OK) status = km_buf_ok(&text) ? km_result_end_row(out, error) : km_nomem(error);
        if (status == KIEM_OK && out->rows >= 4096)
            status = km_sink_flush(&job->sinks[KM_TABLE_PATIENTS], error);
    }
    km_buf_free(&text);
    return status;
}

kiem_status km_job_entities(km_job *job, km_error *error) {
    if (!job->options.has_as_of && job->has_discharge) {
        job->options.as_of = km_day_of(job->latest_discharge);
        job->options.has_as_of = true;
    }
    KM_TRY(put_facilities(job, error));
    KM_TRY(put_provinces(job, job->options.has_as_of ? job->options.as_of : INT32_MAX - 1, error));
    return put_patients(job, error);
}
