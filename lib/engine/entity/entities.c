#include "engine/entity/entities.h"

#include "base/together.h"
#include "engine/entity/entity_rules.h"
#include "engine/ledger/provinces.h"

static kiem_status put_facility(km_job *job, const km_facility *facility, km_error *error) {
    km_result *out = &job->sinks[KM_TABLE_FACILITIES].chunk;
    const uint32_t *place = km_map_find(&job->facility_index, facility->code);
    km_result_code(out, KM_FACILITY_FACILITY, facility->code);
    km_result_int(out, KM_FACILITY_CLAIMS, (int64_t)facility->claims);
    KM_TRY(km_table_put_sum(out, KM_FACILITY_SPENT, facility->fund, error));
    KM_TRY(km_table_put_sum(out, KM_FACILITY_AMOUNT_AT_RISK,
                            place ? job->facility_tallies[*place].at_risk : 0, error));
    km_job_put_rank(job, facility);
    KM_TRY(km_job_put_facility_year(job, facility->code, error));
    return km_result_end_row(out, error);
}

static kiem_status put_facilities(km_job *job, km_error *error) {
    for (size_t i = 0; i < job->facilities.count; i++)
        KM_TRY(put_facility(job, &job->facilities.rows[i], error));
    return KIEM_OK;
}

/* Facilities and provinces. */
static kiem_status put_money(km_job *job, km_desk *desk, km_error *error) {
    KM_TRY(km_job_outlooks(job, error));
    KM_TRY(put_facilities(job, error));
    KM_TRY(km_job_provinces(job, error));
    KM_TRY(km_job_bind_derived(job, error));
    KM_TRY(km_desk_judge_sink(desk, job, KM_TABLE_FACILITIES, error));
    return km_desk_judge_sink(desk, job, KM_TABLE_PROVINCES, error);
}

typedef struct ending {
    km_job *job;
    km_desk desk;
} ending;

static kiem_status put_tables(km_job *job, km_desk *desk, km_error *error) {
    km_timings_start(&desk->timings);
    KM_TRY(put_money(job, desk, error));
    km_timings_book(&desk->timings, KM_STAGE_ENTITIES);
    KM_TRY(km_job_patients(job, error));
    km_timings_start(&desk->timings);
    KM_TRY(km_job_doctors(job, desk, error));
    KM_TRY(km_job_units(job, error));
    km_timings_book(&desk->timings, KM_STAGE_ENTITIES);
    return KIEM_OK;
}

/* Large memory that judging alone needed is let go beside the tables. */
static kiem_status end(void *context, size_t item, km_error *error) {
    ending *e = context;
    if (item == 0) return put_tables(e->job, &e->desk, error);
    km_spool_free(&e->job->spool);
    km_scorer_free(&e->job->scorer);
    return KIEM_OK;
}

kiem_status km_job_entities(km_job *job, km_error *error) {
    ending e = {.job = job};
    kiem_status status = km_desk_init(&e.desk, job, error);
    if (status == KIEM_OK) status = km_together(job->threads, 2, end, &e, error);
    if (status == KIEM_OK) km_desk_collect(&e.desk, job);
    km_desk_free(&e.desk, job);
    return status;
}
