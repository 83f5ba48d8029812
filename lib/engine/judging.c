#include "base/decimal.h"
#include "engine/job.h"
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
        KM_TRY(km_spool_get(&job->spool, i, &batch, error));
        kiem_status status = attach(job, &batch, false, error);
        if (status == KIEM_OK) status = km_scorer_add(&job->scorer, &batch, error);
        km_batch_free(&batch);
        KM_TRY(status);
    }
    KM_TRY(km_job_tell(job, "score", error));
    return km_scorer_fit(&job->scorer, error);
}

/* ---- one claim */

static void sum_findings(km_job *job, const km_claim_verdict *claim) {
    for (size_t i = 0; i < claim->count; i++) {
        const km_hit *hit = &claim->hits[i];
        const km_risk *risk = &claim->risks[i];
        job->severity_findings[hit->severity]++;
        job->severity_amount[hit->severity] += risk->counted;
        job->rule_sums[hit->rule].findings++;
        job->rule_sums[hit->rule].amount += risk->counted;
        job->rule_sums[hit->rule].amount_patient += risk->patient;
    }
    job->amount_at_risk += claim->at_risk;
}

/* Adds to what the claims of a facility have at risk. */
static kiem_status add_to_facility(km_job *job, uint64_t facility, int64_t at_risk, km_error *error) {
    bool is_new;
    uint32_t *place = km_map_insert(&job->facility_index, facility, &is_new);
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

/* A claim is flagged when a rule about scores fires, a person when one about history does. */
static kiem_status note_flags(km_job *job, const km_batch *batch, uint32_t row, const km_claim_verdict *claim,
                              bool *flagged, km_error *error) {
    bool is_new, person = false;
    *flagged = false;
    for (size_t i = 0; i < claim->count; i++) {
        km_stratum stratum = job->policy->rules[claim->hits[i].rule].stratum;
        *flagged = *flagged || stratum == KM_STRATUM_SCORE;
        person =
            person || (stratum == KM_STRATUM_HISTORY && claim->hits[i].severity >= KIEM_SEVERITY_SUSPICION);
    }
    uint64_t key = person ? km_history_person(&job->history, km_batch_id(batch, row)) : 0;
    if (key && !km_map_insert(&job->flagged_people, key, &is_new)) return km_nomem(error);
    uint64_t facility = (uint64_t)km_batch_int(batch, KM_CLAIM_MA_CSKCB, row, 0);
    return claim->at_risk ? add_to_facility(job, facility, claim->at_risk, error) : KIEM_OK;
}

static void put_number(km_result *out, int column, const km_batch *batch, int field, uint32_t row) {
    km_value value = km_batch_value(batch, field, row);
    if (value.known) km_result_int(out, column, value.number);
}

/* Columns that the policy works out and the table of claims shows. */
typedef struct shown_column {
    const char *name;
    int column;
    const km_node *node;
    const km_vector *values; /* NULL when the input lacks what the column reads */
} shown_column;

enum { SHOWN_COLUMNS = 4 };

static kiem_status work_out(km_job *job, const km_plan *plan, shown_column *shown, km_error *error) {
    for (int i = 0; i < SHOWN_COLUMNS; i++) {
        km_node_id id = km_policy_column(job->policy, km_text_from(shown[i].name));
        if (id == KM_NODE_NONE || !km_plan_has(plan, id)) continue;
        shown[i].node = km_node_at(&job->policy->graph, id);
        shown[i].values = km_frame_eval(&job->verdict.rules.frame, id);
        if (!shown[i].values) return km_nomem(error);
    }
    return KIEM_OK;
}

static void put_columns(km_result *out, const shown_column *shown, uint32_t row) {
    for (int i = 0; i < SHOWN_COLUMNS; i++) {
        int64_t number;
        if (!shown[i].values) continue;
        km_value value = km_vector_value(shown[i].node, shown[i].values, row);
        if (!value.known) continue;
        if (value.type == KM_TYPE_TEXT) {
            km_result_text(out, shown[i].column, value.text);
        } else if (value.type == KM_TYPE_CODE) {
            km_result_code(out, shown[i].column, value.code);
        } else if (km_decimal_rescale(value.number, value.scale, 2, &number)) {
            km_result_int(out, shown[i].column, number);
        }
    }
}

static kiem_status put_claim(km_job *job, const km_batch *batch, uint32_t row, const shown_column *shown,
                             int64_t at_risk, bool flagged, km_error *error) {
    km_result *out = &job->sinks[KM_TABLE_CLAIMS].chunk;
    km_text key = km_batch_text(batch, KM_CLAIM_MA_LK, row);
    km_result_text(out, KM_CLAIM_ROW_FILE, km_text_from(job->inputs[batch->input].label));
    km_result_int(out, KM_CLAIM_ROW_ROW, batch->row[row]);
    if (key.length) km_result_text(out, KM_CLAIM_ROW_MA_LK, key);
    put_number(out, KM_CLAIM_ROW_SCORE, batch, KM_CLAIM_score, row);
    put_number(out, KM_CLAIM_ROW_Q_VALUE, batch, KM_CLAIM_q_value, row);
    km_result_int(out, KM_CLAIM_ROW_FLAGGED, flagged);
    km_result_int(out, KM_CLAIM_ROW_AMOUNT_AT_RISK, at_risk);
    if (flagged || km_batch_int(batch, KM_CLAIM_score, row, 0) >= REASONS_FROM) {
        km_buf *text = &job->verdict.text;
        km_buf_clear(text);
        km_scorer_reasons(&job->scorer, km_batch_id(batch, row), job->options.language, text);
        if (!km_buf_ok(text)) return km_nomem(error);
        if (text->length) km_result_text(out, KM_CLAIM_ROW_REASONS, km_buf_view(text));
    }
    put_columns(out, shown, row);
    job->flagged_claims += flagged;
    return km_result_end_row(out, error);
}

/* Where a finding points: the claim's row, or the line's. */
static void place_of(const void *context, const km_input *input, const km_rule *rule, const km_hit *hit,
                     km_text *file, int64_t *row) {
    const km_job *job = context;
    const km_batch *claims = input->set[KM_SCOPE_CLAIM].batch;
    uint32_t number = claims->input;
    *row = claims->row[hit->claim];
    for (int i = 0; i < KM_DETAIL_TABLES; i++) {
        if (job->details[i].scope != rule->scope) continue;
        number = job->details[i].input[hit->row];
        *row = job->details[i].batch.row[hit->row];
    }
    *file = km_text_from(job->inputs[number].label);
}

static kiem_status judge_rows(km_job *job, const km_batch *batch, const km_input *input, km_error *error) {
    const km_places places = {place_of, job};
    shown_column shown[SHOWN_COLUMNS] = {
        {.name = "benefit_rate_due", .column = KM_CLAIM_ROW_BENEFIT_RATE_DUE},
        {.name = "fund_due", .column = KM_CLAIM_ROW_FUND_DUE},
        {.name = "copay_due", .column = KM_CLAIM_ROW_COPAY_DUE},
        {.name = "benefit_step", .column = KM_CLAIM_ROW_BENEFIT_STEP}};
    size_t next_hit = 0;
    KM_TRY(work_out(job, &job->inputs[batch->input].plan, shown, error));
    for (uint32_t row = 0; row < batch->rows; row++) {
        km_claim_verdict claim;
        bool flagged;
        KM_TRY(km_verdict_claim(&job->verdict, input, row, &next_hit, &places,
                                &job->sinks[KM_TABLE_FINDINGS].chunk, &claim, error));
        sum_findings(job, &claim);
        KM_TRY(note_flags(job, batch, row, &claim, &flagged, error));
        KM_TRY(put_claim(job, batch, row, shown, claim.at_risk, flagged, error));
    }
    job->judged += batch->rows;
    job->now.findings += job->verdict.rules.hit_count;
    return KIEM_OK;
}

static kiem_status judge_batch(km_job *job, size_t number, km_error *error) {
    km_batch batch;
    KM_TRY(km_spool_get(&job->spool, number, &batch, error));
    km_input input = {.set[KM_SCOPE_CLAIM] = {.batch = &batch}};
    const km_plan *plan = &job->inputs[batch.input].plan;
    kiem_status status = attach(job, &batch, true, error);
    for (int i = 0; i < KM_DETAIL_TABLES && status == KIEM_OK; i++) {
        status = km_details_attach(&job->details[i], &job->claim_keys, &input, error);
    }
    if (status == KIEM_OK) status = km_rule_judge_batch(&job->verdict.rules, plan, &input, error);
    if (status == KIEM_OK) status = judge_rows(job, &batch, &input, error);
    km_batch_free(&batch);
    if (status == KIEM_OK) status = km_sink_flush(&job->sinks[KM_TABLE_FINDINGS], error);
    if (status == KIEM_OK) status = km_sink_flush(&job->sinks[KM_TABLE_CLAIMS], error);
    return status;
}

/* Lines that belong to no claim are not lost: they are rejected with the reason. */
static kiem_status reject_orphans(km_job *job, km_details *details, km_error *error) {
    km_sink *sink = &job->sinks[KM_TABLE_REJECTS];
    kiem_status status = KIEM_OK;
    size_t cursor = 0;
    uint32_t input;
    int64_t row;
    bool shared;
    if (!details->any) return KIEM_OK;
    while (
        km_details_next_orphan(details, &job->claim_keys, &cursor, &input, &row, &shared, error, &status)) {
        km_result_text(&sink->chunk, KM_REJECT_FILE, km_text_from(job->inputs[input].label));
        km_result_int(&sink->chunk, KM_REJECT_ROW, row);
        km_result_text(&sink->chunk, KM_REJECT_COLUMN, KM_TEXT("MA_LK"));
        km_result_text(&sink->chunk, KM_REJECT_REASON,
                       shared ? KM_TEXT("several claims have this MA_LK")
                              : KM_TEXT("no claim has this MA_LK"));
        KM_TRY(km_result_end_row(&sink->chunk, error));
        job->inputs[input].orphans++;
        job->now.rejects++;
        if (sink->chunk.rows >= 4096) KM_TRY(km_sink_flush(sink, error));
    }
    return status;
}

kiem_status km_job_judge(km_job *job, km_error *error) {
    for (size_t i = 0; i < job->spool.count; i++) {
        KM_TRY(judge_batch(job, i, error));
        if (i % 16 == 0) KM_TRY(km_job_tell(job, "judge", error));
    }
    for (int i = 0; i < KM_DETAIL_TABLES; i++) KM_TRY(reject_orphans(job, &job->details[i], error));
    return KIEM_OK;
}
