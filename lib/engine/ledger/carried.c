#include "engine/ledger/carried.h"

#include "engine/ledger/provinces.h"

/* What counts of a province and year. */
typedef enum carried {
    NOTHING = 0, /* the state has nothing of it, or there is no state */
    ADDED,       /* no claim of the state is in the input: both count */
    REPLACED,    /* most are: the input is a later cut of the same claims and counts alone */
    LEFT_OUT     /* some are: the input counts alone, as no claim may count twice */
} carried;

static bool has_money(const km_state_money *money, uint64_t province, int year) {
    for (size_t i = 0; i < money->marks.count; i++) {
        const km_mark_group *group = &money->marks.groups[i];
        if (group->province == province && group->year == year && group->count) return true;
    }
    return false;
}

/* By province code as in facility codes; of the nation, of all its provinces together. */
static carried carried_of(const km_job *job, uint64_t province, int year) {
    const double most = 0.5;
    if (!job->past_money || !has_money(job->past_money, province, year)) return NOTHING;
    double shared = km_marks_shared(&job->past_money->marks, &job->marks, province, year);
    return shared >= most ? REPLACED : shared > 0 ? LEFT_OUT : ADDED;
}

static bool is_added(const void *context, uint64_t province, int year) {
    carried what = carried_of(context, province, year);
    return what == ADDED || what == NOTHING;
}

kiem_status km_job_carry_money(km_job *job, km_error *error) {
    if (!job->past_money) return KIEM_OK;
    return km_ledger_merge_some(&job->ledger, &job->past_money->ledger, is_added, job, error);
}

static bool is_cut(const void *context, uint64_t province, int year) {
    return carried_of(context, province, year) != LEFT_OUT;
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
        switch (carried_of(job, part, year)) {
        case ADDED: added = true; break;
        case NOTHING: break;
        default: other = true; break;
        }
    }
    return added && other ? "mixed" : added ? "state+input" : "input";
}
