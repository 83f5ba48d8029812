#include "engine/desk.h"

kiem_status km_desk_init(km_desk *desk, const km_job *job, km_error *error) {
    *desk =
        (km_desk){.rule_sums = km_alloc_zero(job->mem, job->policy->rule_count * sizeof *desk->rule_sums)};
    if (!desk->rule_sums) return km_nomem(error);
    return km_verdict_init(&desk->verdict, job->mem, job->policy, job->options.language, error);
}

void km_desk_free(km_desk *desk, const km_job *job) {
    km_free(job->mem, desk->rule_sums, job->policy->rule_count * sizeof *desk->rule_sums);
    km_verdict_free(&desk->verdict);
}

void km_desk_collect(km_desk *desk, km_job *job) {
    km_rule_judge *all = &job->verdict.rules;
    km_rule_judge_settle(&desk->verdict.rules);
    for (size_t i = 0; i < job->policy->rule_count; i++) {
        km_rule_counts *to = &all->counts[i];
        const km_rule_counts *from = &desk->verdict.rules.counts[i];
        to->rows += from->rows;
        to->in_force += from->in_force;
        to->is_true += from->is_true;
        to->is_false += from->is_false;
        to->is_null += from->is_null;
        to->cleared += from->cleared;
        job->rule_sums[i].findings += desk->rule_sums[i].findings;
        job->rule_sums[i].amount += desk->rule_sums[i].amount;
        job->rule_sums[i].amount_patient += desk->rule_sums[i].amount_patient;
    }
    for (int i = 0; i <= KIEM_SEVERITY_ERROR; i++) {
        job->severity_findings[i] += desk->severity_findings[i];
        job->severity_amount[i] += desk->severity_amount[i];
    }
    all->nulls_made += desk->verdict.rules.nulls_made;
    km_timings_add(&job->timings, &desk->timings);
}
