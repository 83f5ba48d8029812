#include <string.h>

#include "engine/job.h"
#include "engine/money.h"
#include "score/reason.h"

enum { REASONS_FROM = 990000 /* scores from here on are explained */ };

/* Derived columns of one batch, in the order of the strata. */
static kiem_status attach(km_job *job, km_batch *batch, bool scores, km_error *error) {
    KM_TRY(km_history_attach(&job->history, batch, error));
    return scores ? km_scorer_attach(&job->scorer, batch, error) : KIEM_OK;
}

kiem_status km_job_compare(km_job *job, km_error *error) {
    for (size_t i = 0; i < job->spool.count; i++) {
        km_batch batch;
        km_spool_get(&job->spool, i, &batch);
        kiem_status status = attach(job, &batch, false, error);
        if (status == KIEM_OK) status = km_scorer_add(&job->scorer, &batch, error);
        km_batch_free(&batch);
        KM_TRY(status);
    }
    KM_TRY(km_job_tell(job, "score", error));
    return km_scorer_fit(&job->scorer, error);
}

/* ---- one claim
 * ---------------------------------------------------------------------------------------------------------------
 */

/* What judging a batch works with. */
typedef struct room {
    km_job *job;
    km_batch *batch;
    km_input *input;
    km_risk *risks;
    km_risk **order;
    size_t risk_capacity, order_capacity;
    km_buf text;
} room;

static kiem_status share_money(room *r, const km_hit *hits, size_t count, int64_t fund, int64_t *sum,
                               km_error *error) {
    km_job *job = r->job;
    if (!km_grow(job->mem, (void **)&r->risks, &r->risk_capacity, count, sizeof *r->risks) ||
        !km_grow(job->mem, (void **)&r->order, &r->order_capacity, count, sizeof(km_risk *))) {
        return km_nomem(error);
    }
    for (size_t i = 0; i < count; i++) {
        r->risks[i] = (km_risk){.severity = hits[i].severity,
                                .amount = km_hit_amount(&job->judge, r->input, &hits[i], false),
                                .cause = job->policy->rules[hits[i].rule].cause,
                                .order = (uint32_t)i};
    }
    *sum = km_risk_share(r->risks, count, fund, r->order);
    return KIEM_OK;
}

/* MA_LK, or the row where a layout has none. */
static km_text subject_of(room *r, uint32_t row) {
    km_text key = km_batch_text(r->batch, KM_CLAIM_MA_LK, row);
    if (key.length) return key;
    km_buf_clear(&r->text);
    km_buf_string(&r->text, "row ");
    km_buf_int(&r->text, r->batch->row[row]);
    return km_buf_view(&r->text);
}

static kiem_status put_finding(room *r, const km_hit *hit, const km_risk *risk, km_error *error) {
    km_job *job = r->job;
    const km_rule *rule = &job->policy->rules[hit->rule];
    km_result *out = &job->sinks[KM_TABLE_FINDINGS].chunk;
    km_scope scope = rule->scope == KM_SCOPE_CARD ? KM_SCOPE_CLAIM : rule->scope;
    int64_t patient = km_hit_amount(&job->judge, r->input, hit, true);
    km_result_text(out, KM_FINDING_SCOPE, km_text_from(km_scope_name(scope)));
    km_result_text(out, KM_FINDING_SUBJECT, subject_of(r, hit->claim));
    km_result_text(out, KM_FINDING_FILE, km_text_from(job->inputs[r->batch->input].label));
    km_result_int(out, KM_FINDING_ROW, r->batch->row[hit->claim]);
    km_result_text(out, KM_FINDING_RULE, rule->id);
    km_result_text(out, KM_FINDING_SEVERITY, km_text_from(km_severity_name(hit->severity)));
    km_result_int(out, KM_FINDING_AMOUNT_AT_RISK, risk->counted);
    km_buf_clear(&r->text);
    km_hit_evidence(&r->text, &job->judge, r->input, hit);
    km_result_text(out, KM_FINDING_EVIDENCE, km_buf_view(&r->text));
    size_t evidence = r->text.length;
    km_hit_message(&r->text, &job->judge, r->input, hit, job->options.language);
    if (!km_buf_ok(&r->text)) return km_nomem(error);
    km_result_text(out, KM_FINDING_MESSAGE, (km_text){r->text.data + evidence, r->text.length - evidence});
    km_result_int(out, KM_FINDING_AMOUNT, risk->amount);
    km_result_int(out, KM_FINDING_AMOUNT_PATIENT, patient);
    km_result_code(out, KM_FINDING_FACILITY,
                   (uint64_t)km_batch_int(r->batch, KM_CLAIM_MA_CSKCB, hit->claim, 0));
    km_result_text(out, KM_FINDING_BASIS, rule->basis);
    job->severity_findings[hit->severity]++;
    job->severity_amount[hit->severity] += risk->counted;
    job->rule_sums[hit->rule].findings++;
    job->rule_sums[hit->rule].amount += risk->counted;
    job->rule_sums[hit->rule].amount_patient += patient;
    return km_result_end_row(out, error);
}

static kiem_status note_flags(room *r, uint32_t row, const km_hit *hits, size_t count, int64_t at_risk,
                              bool *flagged, km_error *error) {
    km_job *job = r->job;
    bool is_new, person = false;
    *flagged = false;
    for (size_t i = 0; i < count; i++) {
        km_stratum stratum = job->policy->rules[hits[i].rule].stratum;
        *flagged = *flagged || stratum == KM_STRATUM_SCORE;
        person = person || (stratum == KM_STRATUM_HISTORY && hits[i].severity >= KIEM_SEVERITY_SUSPICION);
    }
    uint64_t key =
        person ? km_history_person(&job->history, r->batch->base + (uint64_t)r->batch->row[row]) : 0;
    if (key && !km_map_insert(&job->flagged_people, key, &is_new)) return km_nomem(error);
    uint64_t facility = (uint64_t)km_batch_int(r->batch, KM_CLAIM_MA_CSKCB, row, 0);
    uint32_t *place = at_risk ? km_map_insert(&job->facility_index, facility, &is_new) : NULL;
    if (!at_risk) return KIEM_OK;
    if (!place) return km_nomem(error);
    if (is_new) {
        size_t next = job->facility_index.count - 1;
        if (!km_grow(job->mem, (void **)&job->facility_amounts, &job->facility_capacity, next + 1,
                     sizeof *job->facility_amounts)) {
            return km_nomem(error);
        }
        job->facility_amounts[next] = 0;
        *place = (uint32_t)next;
    }
    job->facility_amounts[*place] += at_risk;
    return KIEM_OK;
}

static void put_number(km_result *out, int column, const km_batch *batch, int field, uint32_t row) {
    km_value value = km_batch_value(batch, field, row);
    if (value.known) km_result_int(out, column, value.number);
}

static kiem_status put_claim(room *r, uint32_t row, int64_t at_risk, bool flagged, km_error *error) {
    km_job *job = r->job;
    km_result *out = &job->sinks[KM_TABLE_CLAIMS].chunk;
    km_text key = km_batch_text(r->batch, KM_CLAIM_MA_LK, row);
    km_result_text(out, KM_CLAIM_ROW_FILE, km_text_from(job->inputs[r->batch->input].label));
    km_result_int(out, KM_CLAIM_ROW_ROW, r->batch->row[row]);
    if (key.length) km_result_text(out, KM_CLAIM_ROW_MA_LK, key);
    put_number(out, KM_CLAIM_ROW_SCORE, r->batch, KM_CLAIM_score, row);
    put_number(out, KM_CLAIM_ROW_Q_VALUE, r->batch, KM_CLAIM_q_value, row);
    km_result_int(out, KM_CLAIM_ROW_FLAGGED, flagged);
    km_result_int(out, KM_CLAIM_ROW_AMOUNT_AT_RISK, at_risk);
    if (flagged || km_batch_int(r->batch, KM_CLAIM_score, row, 0) >= REASONS_FROM) {
        km_buf_clear(&r->text);
        km_scorer_reasons(&job->scorer, r->batch->base + (uint64_t)r->batch->row[row], job->options.language,
                          &r->text);
        if (!km_buf_ok(&r->text)) return km_nomem(error);
        if (r->text.length) km_result_text(out, KM_CLAIM_ROW_REASONS, km_buf_view(&r->text));
    }
    job->flagged_claims += flagged;
    job->amount_at_risk += at_risk;
    return km_result_end_row(out, error);
}

static kiem_status judge_rows(room *r, km_error *error) {
    km_rule_judge *judge = &r->job->judge;
    size_t at = 0;
    for (uint32_t row = 0; row < r->batch->rows; row++) {
        const km_hit *hits = judge->hits + at;
        size_t count = 0;
        int64_t at_risk = 0;
        bool flagged;
        while (at + count < judge->hit_count && hits[count].claim == row) count++;
        if (count)
            KM_TRY(share_money(r, hits, count, km_batch_int(r->batch, KM_CLAIM_T_BHTT, row, 0), &at_risk,
                               error));
        for (size_t i = 0; i < count; i++) KM_TRY(put_finding(r, &hits[i], &r->risks[i], error));
        KM_TRY(note_flags(r, row, hits, count, at_risk, &flagged, error));
        KM_TRY(put_claim(r, row, at_risk, flagged, error));
        at += count;
    }
    r->job->judged += r->batch->rows;
    r->job->now.findings += judge->hit_count;
    return KIEM_OK;
}

static kiem_status judge_batch(room *r, size_t number, km_error *error) {
    km_job *job = r->job;
    km_batch batch;
    km_spool_get(&job->spool, number, &batch);
    km_input input = {.set[KM_SCOPE_CLAIM] = {.batch = &batch}};
    r->batch = &batch;
    r->input = &input;
    kiem_status status = attach(job, &batch, true, error);
    if (status == KIEM_OK)
        status = km_rule_judge_batch(&job->judge, &job->inputs[batch.input].plan, &input, error);
    if (status == KIEM_OK) status = judge_rows(r, error);
    km_batch_free(&batch);
    if (status == KIEM_OK) status = km_sink_flush(&job->sinks[KM_TABLE_FINDINGS], error);
    if (status == KIEM_OK) status = km_sink_flush(&job->sinks[KM_TABLE_CLAIMS], error);
    return status;
}

kiem_status km_job_judge(km_job *job, km_error *error) {
    room r = {.job = job};
    kiem_status status = KIEM_OK;
    km_buf_init(&r.text, job->mem);
    for (size_t i = 0; i < job->spool.count && status == KIEM_OK; i++) {
        status = judge_batch(&r, i, error);
        if (status == KIEM_OK && i % 16 == 0) status = km_job_tell(job, "judge", error);
    }
    km_free(job->mem, r.risks, r.risk_capacity * sizeof *r.risks);
    km_free(job->mem, r.order, r.order_capacity * sizeof(km_risk *));
    km_buf_free(&r.text);
    return status;
}
