/* The tables of doctors and machines, and the rules about them. */
#include "engine/entity/entities.h"
#include "engine/entity/entity_rules.h"

enum { GROWTH_SCALE = 1000000, MONTHS_BEFORE = 3, HUNDREDTHS = 100 };

static void put_most(km_result *out, int column, uint32_t most, km_day on) {
    km_result_int(out, column, most);
    if (most) km_result_int(out, column + 1, on); /* the day stands beside it */
}

static void put_growth(km_result *out, int column, uint64_t before, uint64_t now) {
    if (!before) return;
    km_result_int(out, column, (int64_t)(before * HUNDREDTHS / MONTHS_BEFORE));
    km_result_int(out, column + 1, (int64_t)(now * MONTHS_BEFORE * GROWTH_SCALE / before));
}

static kiem_status put_two_places(km_job *job, const km_work_month *month, km_error *error) {
    km_result *out = &job->sinks[KM_TABLE_DOCTORS].chunk;
    km_buf text;
    put_most(out, KM_DOCTOR_MAX_TWO_PLACES, month->max_two_places, month->max_two_places_on);
    if (!month->max_two_places) return KIEM_OK;
    km_buf_init(&text, job->mem);
    for (size_t i = month->two_places_first; i < month->two_places_end; i++) {
        const km_workday *day = &job->workdays.days[i];
        if (!km_spans_meet(&day->present, &month->two_places)) continue;
        char code[KM_CODE_MAX];
        size_t length = km_code_unpack(job->workdays.workers[day->worker].facility, code);
        if (text.length) km_buf_char(&text, ';');
        km_buf_append(&text, code, length);
    }
    bool good = km_buf_ok(&text);
    if (good) km_result_text(out, KM_DOCTOR_TWO_PLACES, km_buf_view(&text));
    km_buf_free(&text);
    return good ? KIEM_OK : km_nomem(error);
}

static kiem_status put_doctor(km_job *job, const km_work_month *month, km_error *error) {
    km_result *out = &job->sinks[KM_TABLE_DOCTORS].chunk;
    km_result_text(out, KM_DOCTOR_DOCTOR, month->worker->name);
    km_result_int(out, KM_DOCTOR_MONTH, month->month);
    km_result_int(out, KM_DOCTOR_FACILITIES, month->facilities);
    km_result_int(out, KM_DOCTOR_DAYS, month->days);
    km_result_int(out, KM_DOCTOR_LINES, month->lines);
    km_result_int(out, KM_DOCTOR_EXAMS, month->cases);
    KM_TRY(km_table_put_sum(out, KM_DOCTOR_SPENT, month->fund, error));
    put_most(out, KM_DOCTOR_MAX_EXAMS_DAY, month->max_cases, month->max_cases_on);
    put_most(out, KM_DOCTOR_MAX_EXAMS_8H, month->max_cases_8h, month->max_cases_8h_on);
    put_most(out, KM_DOCTOR_MAX_BUSY_MINUTES, month->max_busy, month->max_busy_on);
    if (month->norm_known) put_most(out, KM_DOCTOR_MAX_NORM_MINUTES, month->max_norm, month->max_norm_on);
    put_most(out, KM_DOCTOR_MAX_AT_ONCE_MINUTES, month->max_at_once, month->max_at_once_on);
    KM_TRY(put_two_places(job, month, error));
    put_growth(out, KM_DOCTOR_LINES_BEFORE, month->before, month->lines);
    km_result_int(out, KM_DOCTOR_FLAGGED, 0);
    return km_result_end_row(out, error);
}

static kiem_status put_machine(km_job *job, const km_work_month *month, km_error *error) {
    km_result *out = &job->sinks[KM_TABLE_MACHINES].chunk;
    km_result_text(out, KM_MACHINE_MACHINE, month->worker->name);
    km_result_code(out, KM_MACHINE_FACILITY, month->worker->facility);
    if (month->worker->kind) km_result_code(out, KM_MACHINE_KIND, month->worker->kind);
    km_result_int(out, KM_MACHINE_MONTH, month->month);
    km_result_int(out, KM_MACHINE_DAYS, month->days);
    km_result_int(out, KM_MACHINE_HOURS, month->hours);
    km_result_int(out, KM_MACHINE_CASES, month->cases);
    KM_TRY(km_table_put_sum(out, KM_MACHINE_SPENT, month->fund, error));
    put_most(out, KM_MACHINE_MAX_CASES_DAY, month->max_cases, month->max_cases_on);
    put_most(out, KM_MACHINE_MAX_CASES_8H, month->max_cases_8h, month->max_cases_8h_on);
    put_growth(out, KM_MACHINE_CASES_BEFORE, month->before, month->cases);
    km_result_int(out, KM_MACHINE_FLAGGED, 0);
    return km_result_end_row(out, error);
}

/* Rules see the rows before they leave. */
static kiem_status close_chunk(km_job *job, km_desk *desk, km_table_kind table, km_error *error) {
    KM_TRY(km_desk_judge_sink(desk, job, table, error));
    return km_sink_flush(&job->sinks[table], error);
}

kiem_status km_job_doctors(km_job *job, km_desk *desk, km_error *error) {
    km_work_cursor cursor = {0};
    km_work_month month;
    KM_TRY(km_workdays_close(&job->workdays, error));
    while (km_workdays_next_month(&job->workdays, &cursor, &month)) {
        km_table_kind table = month.worker->machine ? KM_TABLE_MACHINES : KM_TABLE_DOCTORS;
        KM_TRY(month.worker->machine ? put_machine(job, &month, error) : put_doctor(job, &month, error));
        if (job->sinks[table].chunk.rows >= KM_SINK_ROWS) KM_TRY(close_chunk(job, desk, table, error));
    }
    KM_TRY(close_chunk(job, desk, KM_TABLE_DOCTORS, error));
    return close_chunk(job, desk, KM_TABLE_MACHINES, error);
}
