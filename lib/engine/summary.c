#include <kiem/version.h>

#include "base/decimal.h"
#include "engine/entity/entities.h"

static void key(km_buf *out, const char *name) {
    km_buf_json(out, km_text_from(name));
    km_buf_char(out, ':');
}

static void count(km_buf *out, const char *name, uint64_t value, const char *after) {
    key(out, name);
    km_buf_int(out, (int64_t)value);
    km_buf_string(out, after);
}

static void text(km_buf *out, const char *name, km_text value, const char *after) {
    key(out, name);
    km_buf_json(out, value);
    km_buf_string(out, after);
}

/* Hundredths of a dong. The tables of totals and rules were filled before, so all sums fit. */
static void money(km_buf *out, const char *name, km_int128 hundredths, const char *after) {
    key(out, name);
    km_buf_decimal(out, (int64_t)hundredths, 2);
    km_buf_string(out, after);
}

static const char *const roles[] = {
    [KM_INPUT_CLAIMS] = "claims", [KM_INPUT_DRUGS] = "drugs", [KM_INPUT_SERVICES] = "services"};

/* Names of columns, where there is something to say. */
static void essential_columns(km_buf *out, const km_input_file *input) {
    char names[KM_ESSENTIAL_TEXT_MAX];
    km_essential_missing(&input->present, input->standard, names);
    if (names[0]) text(out, "missing", km_text_from(names), ", ");
    km_essential_unread(&input->essential, &input->present, names);
    if (names[0]) text(out, "unread", km_text_from(names), ", ");
}

/* Claims that stand in an earlier input too, or earlier in the same one. */
static void put_repeated(const km_job *job, const km_repeated *repeated, km_buf *out) {
    count(out, "repeated", repeated->claims, ", ");
    text(out, "repeated_from", km_text_from(job->inputs[repeated->where].label), ", ");
}

static void put_files(const km_job *job, km_buf *out) {
    bool first = true;
    key(out, "files");
    km_buf_char(out, '[');
    for (size_t i = 0; i < job->input_count; i++) {
        const km_input_file *input = &job->inputs[i];
        if (input->role == KM_INPUT_BUDGETS) continue;
        if (!first) km_buf_char(out, ',');
        first = false;
        km_buf_string(out, "\n    {");
        text(out, "file", km_text_from(input->label), ", ");
        text(out, "table", km_text_from(roles[input->role]), ", ");
        text(out, "standard", km_text_from(km_standard_name(input->standard)), ", ");
        count(out, "rows", input->counts.records, ", ");
        count(out, "judged", input->counts.rows - input->orphans, ", ");
        count(out, "rejected", input->counts.rejects + input->orphans, ", ");
        if (input->role == KM_INPUT_CLAIMS) essential_columns(out, input);
        if (input->repeated.claims) put_repeated(job, &input->repeated, out);
        count(out, "unknown_columns", input->unknown_columns, "");
        if (input->unknown_names.length) {
            km_buf_string(out, ", \"unknown_names\":");
            km_buf_text(out, km_buf_view(&input->unknown_names));
        }
        if (input->near[0]) km_buf_string(out, ", "), text(out, "near_misses", km_text_from(input->near), "");
        km_buf_char(out, '}');
    }
    km_buf_string(out, "\n  ],\n  ");
}

/* What the lack of a column does to a rule. */
typedef enum rule_effect { NOT_RUN, SOFTENED } rule_effect;

static bool lacks(const km_plan_rule *bound, rule_effect effect) {
    if (bound->foreign) return false;
    return effect == SOFTENED ? bound->runs && bound->softened : !bound->runs;
}

/* In how many inputs a rule could not run, or ran one step softer, and the first column that was missing. */
static size_t lacking(const km_job *job, size_t rule, rule_effect effect, const km_plan_rule **why) {
    size_t inputs = 0;
    if (job->policy->rules[rule].scope >= KM_SCOPE_FACILITY) {
        *why = &job->entity_plan.rules[rule];
        return lacks(*why, effect);
    }
    for (size_t i = 0; i < job->input_count; i++) {
        const km_input_file *input = &job->inputs[i];
        if (input->role != KM_INPUT_CLAIMS || !lacks(&input->plan->rules[rule], effect)) continue;
        if (!inputs++) *why = &input->plan->rules[rule];
    }
    return inputs;
}

static void put_lacking(const km_job *job, size_t number, rule_effect effect, const char *files,
                        const char *column, km_buf *out) {
    const km_plan_rule *why = NULL;
    const size_t inputs = lacking(job, number, effect, &why);
    if (!inputs) return;
    count(out, files, inputs, ", ");
    key(out, column);
    km_buf_char(out, '"');
    km_missing_name(out, &why->missing);
    km_buf_string(out, "\", ");
}

static void put_rule(const km_job *job, size_t number, km_buf *out) {
    const km_rule *rule = &job->policy->rules[number];
    const km_rule_counts *counts = &job->verdict.rules.counts[number];
    km_buf_string(out, number ? ",\n    {" : "\n    {");
    text(out, "rule", rule->id, ", ");
    text(out, "severity", km_text_from(km_severity_name(rule->severity)), ", ");
    if (rule->from != INT32_MIN) {
        key(out, "from");
        km_buf_char(out, '"');
        km_buf_day(out, rule->from);
        km_buf_string(out, "\", ");
    }
    put_lacking(job, number, NOT_RUN, "not_run_in_files", "needs", out);
    put_lacking(job, number, SOFTENED, "softened_in_files", "softened_without", out);
    count(out, "in_force", counts->in_force, ", ");
    count(out, "true", counts->is_true, ", ");
    count(out, "false", counts->is_false, ", ");
    count(out, "null", counts->is_null, ", ");
    count(out, "cleared", counts->cleared, ", ");
    count(out, "findings", job->rule_sums[number].findings, ", ");
    money(out, "amount_at_risk", job->rule_sums[number].amount, ", ");
    money(out, "amount_patient", job->rule_sums[number].amount_patient, "}");
}

static void put_severities(const km_job *job, km_buf *out) {
    key(out, "findings");
    km_buf_char(out, '{');
    for (int severity = KIEM_SEVERITY_ERROR; severity >= KIEM_SEVERITY_NOTICE; severity--) {
        key(out, km_severity_name(severity));
        km_buf_char(out, '{');
        count(out, "count", job->severity_findings[severity], ", ");
        money(out, "amount_at_risk", job->severity_amount[severity],
              severity > KIEM_SEVERITY_NOTICE ? "}, " : "}");
    }
    km_buf_string(out, "},\n  ");
}

/* ---- the same as tables */

kiem_status km_job_put_total(km_job *job, const char *name, km_int128 value, int scale, km_error *error) {
    km_result *totals = &job->sinks[KM_TABLE_TOTALS].chunk;
    km_int128 hundredths = scale == 2 ? value : value * 100;
    if (hundredths > INT64_MAX || hundredths < INT64_MIN) return km_sum_too_large(error);
    km_result_text(totals, KM_TOTAL_NAME, km_text_from(name));
    km_result_int(totals, KM_TOTAL_VALUE, (int64_t)hundredths);
    return km_result_end_row(totals, error);
}

/* Facilities by cost after case mix: their excess overlaps with what claims have at risk, and is in no sum.
 */
static void put_facilities(const km_job *job, km_buf *out) {
    const km_facility_flags flags = km_job_facility_flags(job);
    key(out, "facilities");
    km_buf_char(out, '{');
    count(out, "tested", flags.tested, ", ");
    count(out, "flagged", flags.flagged, ", ");
    money(out, "excess", flags.excess, "},\n  ");
}

static kiem_status put_totals(km_job *job, uint64_t records, uint64_t rejected, km_error *error) {
    static const char *const names[][2] = {[KIEM_SEVERITY_NOTICE] = {"notice", "notice_amount"},
                                           [KIEM_SEVERITY_SUSPICION] = {"suspicion", "suspicion_amount"},
                                           [KIEM_SEVERITY_VIOLATION] = {"violation", "violation_amount"},
                                           [KIEM_SEVERITY_ERROR] = {"error", "error_amount"}};
    KM_TRY(km_job_put_total(job, "rows", (km_int128)records, 0, error));
    KM_TRY(km_job_put_total(job, "judged", (km_int128)job->judged, 0, error));
    KM_TRY(km_job_put_total(job, "rejected", (km_int128)rejected, 0, error));
    KM_TRY(km_job_put_total(job, "flagged_claims", (km_int128)job->flagged_claims, 0, error));
    KM_TRY(km_job_put_total(job, "amount_at_risk", job->amount_at_risk, 2, error));
    const km_facility_flags flags = km_job_facility_flags(job);
    KM_TRY(km_job_put_total(job, "flagged_facilities", (km_int128)flags.flagged, 0, error));
    KM_TRY(km_job_put_total(job, "facility_excess", flags.excess, 2, error));
    for (int severity = KIEM_SEVERITY_ERROR; severity >= KIEM_SEVERITY_NOTICE; severity--) {
        KM_TRY(
            km_job_put_total(job, names[severity][0], (km_int128)job->severity_findings[severity], 0, error));
        KM_TRY(km_job_put_total(job, names[severity][1], job->severity_amount[severity], 2, error));
    }
    return KIEM_OK;
}

static kiem_status put_lack_cell(km_job *job, size_t number, rule_effect effect, int column,
                                 km_error *error) {
    const km_plan_rule *why = NULL;
    km_buf *name = &job->verdict.text;
    if (!lacking(job, number, effect, &why)) return KIEM_OK;
    km_buf_clear(name);
    km_missing_name(name, &why->missing);
    if (!km_buf_ok(name)) return km_nomem(error);
    km_result_text(&job->sinks[KM_TABLE_RULES].chunk, column, km_buf_view(name));
    return KIEM_OK;
}

static kiem_status put_rule_row(km_job *job, size_t number, km_error *error) {
    km_result *out = &job->sinks[KM_TABLE_RULES].chunk;
    const km_rule_counts *counts = &job->verdict.rules.counts[number];
    const km_rule_sum *sum = &job->rule_sums[number];
    if (sum->amount > INT64_MAX || sum->amount_patient > INT64_MAX) return km_sum_too_large(error);
    km_result_text(out, KM_RULE_RULE, job->policy->rules[number].id);
    km_result_text(out, KM_RULE_SEVERITY,
                   km_text_from(km_severity_name(job->policy->rules[number].severity)));
    km_result_int(out, KM_RULE_FINDINGS, (int64_t)sum->findings);
    km_result_int(out, KM_RULE_AMOUNT_AT_RISK, (int64_t)sum->amount);
    km_result_int(out, KM_RULE_AMOUNT_PATIENT, (int64_t)sum->amount_patient);
    km_result_int(out, KM_RULE_TRUE, (int64_t)counts->is_true);
    km_result_int(out, KM_RULE_FALSE, (int64_t)counts->is_false);
    km_result_int(out, KM_RULE_NULL, (int64_t)counts->is_null);
    km_result_int(out, KM_RULE_CLEARED, (int64_t)counts->cleared);
    KM_TRY(put_lack_cell(job, number, NOT_RUN, KM_RULE_NEEDS, error));
    KM_TRY(put_lack_cell(job, number, SOFTENED, KM_RULE_SOFTENED_WITHOUT, error));
    return km_result_end_row(out, error);
}

kiem_status km_job_summarise(km_job *job, km_error *error) {
    km_buf *out = &job->summary;
    uint64_t records = 0, rejected = 0;
    for (size_t i = 0; i < job->input_count; i++) {
        if (job->inputs[i].role != KM_INPUT_CLAIMS) continue;
        records += job->inputs[i].counts.records;
        rejected += job->inputs[i].counts.rejects;
    }
    if (records != job->judged + rejected)
        return km_fail(error, KIEM_E_INTERNAL, "rows read are not rows judged and rejected");
    KM_TRY(put_totals(job, records, rejected, error));
    for (size_t i = 0; i < job->policy->rule_count; i++) KM_TRY(put_rule_row(job, i, error));
    km_buf_string(out, "{\n  ");
    key(out, "kiem");
    km_buf_char(out, '"');
    km_buf_int(out, KIEM_VERSION_MAJOR);
    km_buf_char(out, '.');
    km_buf_int(out, KIEM_VERSION_MINOR);
    km_buf_char(out, '.');
    km_buf_int(out, KIEM_VERSION_PATCH);
    km_buf_string(out, "\",\n  ");
    count(out, "rows", records, ",\n  ");
    count(out, "judged", job->judged, ",\n  ");
    count(out, "rejected", rejected, ",\n  ");
    key(out, "as_of");
    if (job->options.has_as_of)
        km_buf_char(out, '"'), km_buf_day(out, job->options.as_of), km_buf_char(out, '"');
    else
        km_buf_string(out, "null");
    km_buf_string(out, ",\n  ");
    put_files(job, out);
    char missing[KM_MONTHS_TEXT_MAX];
    km_months_missing(&job->months, missing);
    if (missing[0]) text(out, "months_without_claims", km_text_from(missing), ",\n  ");
    put_severities(job, out);
    money(out, "amount_at_risk", job->amount_at_risk, ",\n  ");
    count(out, "flagged_claims", job->flagged_claims, ",\n  ");
    put_facilities(job, out);
    count(out, "without_person", job->history.skips.no_person, ",\n  ");
    count(out, "without_admission", job->history.skips.no_time, ",\n  ");
    count(out, "arithmetic_nulls", job->verdict.rules.nulls_made, ",\n  ");
    key(out, "rules");
    km_buf_char(out, '[');
    for (size_t i = 0; i < job->policy->rule_count; i++) put_rule(job, i, out);
    km_buf_string(out, "\n  ]\n}\n");
    km_buf_char(out, '\0');
    return km_buf_ok(out) ? KIEM_OK : km_nomem(error);
}
