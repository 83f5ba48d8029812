#include "engine/entity/units.h"

#include "base/hash.h"
#include "base/sort.h"
#include "engine/columns.h"
#include "engine/entity/entities.h"
#include "engine/entity/rank_columns.h"

/* ---- the doctor of a claim */

static uint64_t number_of(km_text name) {
    return km_hash_text(name) | 1;
}

/* Of the claim whose stints are first .. end - 1, the doctor whose lines cost most. */
static uint64_t doctor_of(const km_stints *stints, size_t first, size_t end) {
    const km_stint *most = NULL;
    for (size_t i = first; i < end; i++) {
        const km_stint *at = &stints->list[i];
        if (at->machine || !at->lines || at->first != i) continue;
        if (most && (at->fund_of_claim < most->fund_of_claim || (at->fund_of_claim == most->fund_of_claim &&
                                                                 km_text_compare(at->name, most->name) >= 0)))
            continue;
        most = at;
    }
    return most ? number_of(most->name) : 0;
}

void km_doctors_of_claims(const km_stints *stints, uint64_t *doctor, uint32_t rows) {
    for (uint32_t row = 0; row < rows; row++) doctor[row] = 0;
    for (size_t first = 0, end; first < stints->count; first = end) {
        const uint32_t claim = stints->list[first].claim;
        for (end = first; end < stints->count && stints->list[end].claim == claim;) end++;
        doctor[claim] = doctor_of(stints, first, end);
    }
}

/* ---- the table */

static const km_rank_columns columns_of[KM_MEASURES] = {
    [KM_MEASURE_COST] = {KM_UNIT_OBSERVED_EXPECTED, KM_UNIT_EXCESS_RATE, KM_UNIT_P_VALUE, KM_UNIT_Q_VALUE},
    [KM_MEASURE_STAY] = {KM_UNIT_STAY_OBSERVED_EXPECTED, KM_UNIT_STAY_EXCESS_RATE, KM_UNIT_STAY_P_VALUE,
                         KM_UNIT_STAY_Q_VALUE},
    [KM_MEASURE_WEEKEND] = {KM_UNIT_WEEKEND_OBSERVED_EXPECTED, -1, KM_UNIT_WEEKEND_P_VALUE,
                            KM_UNIT_WEEKEND_Q_VALUE},
    [KM_MEASURE_MONTH_END] = {KM_UNIT_MONTH_END_OBSERVED_EXPECTED, -1, KM_UNIT_MONTH_END_P_VALUE,
                              KM_UNIT_MONTH_END_Q_VALUE}};

/* The columns after kind and unit. */
static kiem_status put_part(km_job *job, const km_part *part, km_day from, km_error *error) {
    km_sink *sink = &job->sinks[KM_TABLE_UNITS];
    km_result *out = &sink->chunk;
    const km_rank *cost = &part->rank[KM_MEASURE_COST];
    km_result_code(out, KM_UNIT_FACILITY, part->facility);
    km_result_int(out, KM_UNIT_CLAIMS, (int64_t)part->claims);
    KM_TRY(km_table_put_sum(out, KM_UNIT_SPENT, part->fund, error));
    km_result_int(out, KM_UNIT_FLAGGED, km_is_flagged(cost));
    for (int measure = 0; measure < KM_MEASURES; measure++)
        km_put_rank(out, &part->rank[measure], &columns_of[measure]);
    if (cost->has_ratio) {
        km_put_ratio(out, KM_UNIT_Z, cost->z);
        km_put_ratio(out, KM_UNIT_FUNNEL_LOW, cost->low95);
        km_put_ratio(out, KM_UNIT_FUNNEL_HIGH, cost->high95);
        km_result_int(out, KM_UNIT_EXCESS, km_round_money(part->excess_fund));
        if (job->options.has_as_of) km_result_int(out, KM_UNIT_COMPARED_FROM, from);
    }
    KM_TRY(km_result_end_row(out, error));
    return out->rows < KM_SINK_ROWS ? KIEM_OK : km_sink_flush(sink, error);
}

static kiem_status put_departments(km_job *job, km_error *error) {
    km_result *out = &job->sinks[KM_TABLE_UNITS].chunk;
    for (size_t i = 0; i < job->facilities.part_count; i++) {
        const km_part *part = &job->facilities.parts[i];
        km_result_text(out, KM_UNIT_KIND, KM_TEXT("department"));
        km_result_code(out, KM_UNIT_UNIT, part->code);
        KM_TRY(put_part(job, part, job->facilities.from, error));
    }
    return KIEM_OK;
}

static bool stands_before(const km_part *part, uint64_t facility, uint64_t code) {
    return part->facility != facility ? part->facility < facility : part->code < code;
}

static const km_part *find_part(const km_facilities *all, uint64_t facility, uint64_t code) {
    size_t at;
    KM_BISECT(at, all->part_count, stands_before(&all->parts[at], facility, code));
    const km_part *part = at < all->part_count ? &all->parts[at] : NULL;
    return part && part->facility == facility && part->code == code ? part : NULL;
}

/* In the order of their names. */
static kiem_status put_doctors(km_job *job, km_error *error) {
    km_result *out = &job->sinks[KM_TABLE_UNITS].chunk;
    for (size_t i = 0; i < job->workdays.worker_count; i++) {
        const km_worker *worker = &job->workdays.workers[i];
        const km_part *part =
            worker->machine ? NULL : find_part(&job->doctors, worker->facility, number_of(worker->name));
        if (!part) continue;
        km_result_text(out, KM_UNIT_KIND, KM_TEXT("doctor"));
        km_result_text(out, KM_UNIT_UNIT, worker->name);
        KM_TRY(put_part(job, part, job->doctors.from, error));
    }
    return KIEM_OK;
}

kiem_status km_job_units(km_job *job, km_error *error) {
    KM_TRY(put_departments(job, error));
    KM_TRY(km_job_compare_doctors(job, error));
    KM_TRY(put_doctors(job, error));
    return km_sink_flush(&job->sinks[KM_TABLE_UNITS], error);
}
