#include "engine/ledger/carried.h"

#include "engine/ledger/provinces.h"

static bool has_money(const km_state_money *money, uint64_t province, int year) {
    for (size_t i = 0; i < money->marks.count; i++) {
        const km_mark_group *group = &money->marks.groups[i];
        if (group->province == province && group->year == year && group->count) return true;
    }
    return false;
}

km_carried km_job_carried(const km_job *job, uint64_t province, int year) {
    const double most = 0.5;
    if (!job->past_money || !has_money(job->past_money, province, year)) return KM_CARRIED_NOTHING;
    double shared = km_marks_shared(&job->past_money->marks, &job->marks, province, year);
    return shared >= most ? KM_CARRIED_REPLACED : shared > 0 ? KM_CARRIED_LEFT_OUT : KM_CARRIED_ADDED;
}

static bool is_added(const void *context, uint64_t province, int year) {
    km_carried carried = km_job_carried(context, province, year);
    return carried == KM_CARRIED_ADDED || carried == KM_CARRIED_NOTHING;
}

kiem_status km_job_carry_money(km_job *job, km_error *error) {
    if (!job->past_money) return KIEM_OK;
    return km_ledger_merge_some(&job->ledger, &job->past_money->ledger, is_added, job, error);
}

static bool is_cut(const void *context, uint64_t province, int year) {
    return km_job_carried(context, province, year) != KM_CARRIED_LEFT_OUT;
}

kiem_status km_job_learn_cuts(km_job *job, km_error *error) {
    const km_state_money *past = job->past_money;
    if (!past || !past->has_as_of) return KIEM_OK;
    const km_cut early = {&past->ledger, past->as_of};
    return km_outlooks_learn_cuts(&job->outlooks, &early, &job->ledger, is_cut, job, error);
}

const char *km_job_money_source(const km_job *job, uint64_t province, int year) {
    bool added = false, other = false;
    if (!job->past_money) return "input";
    for (size_t i = 0; i < job->past_money->marks.count; i++) {
        uint64_t part = job->past_money->marks.groups[i].province;
        if (province != KM_NATION && km_job_reported(job, part) != province) continue;
        switch (km_job_carried(job, part, year)) {
        case KM_CARRIED_ADDED: added = true; break;
        case KM_CARRIED_NOTHING: break;
        default: other = true; break;
        }
    }
    return added && other ? "mixed" : added ? "state+input" : "input";
}
