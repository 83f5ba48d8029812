#include "engine/claim_rows.h"

#include "base/decimal.h"
#include "claim/result_fill.h"
#include "score/claim/reason.h"

enum { REASONS_FROM = 990000 /* scores from here on are explained */ };

/* Columns that the policy works out and the table of claims shows. */
static const struct {
    const char *name;
    int column;
} shown[] = {{"benefit_rate_due", KM_CLAIM_ROW_BENEFIT_RATE_DUE},
             {"fund_due", KM_CLAIM_ROW_FUND_DUE},
             {"copay_due", KM_CLAIM_ROW_COPAY_DUE},
             {"benefit_step", KM_CLAIM_ROW_BENEFIT_STEP}};

static void put_numbers(km_result *out, int column, const km_node *node, const km_vector *values) {
    int64_t numbers[KM_BATCH_ROWS];
    uint64_t known[KM_BATCH_WORDS] = {0};
    for (uint32_t row = 0; row < out->rows; row++) {
        const km_value value = km_vector_value(node, values, row);
        bool there = value.known;
        numbers[row] = there && node->scale == KM_MONEY_SCALE ? value.number : 0;
        if (there && node->scale != KM_MONEY_SCALE)
            there = km_decimal_rescale(value.number, node->scale, KM_MONEY_SCALE, &numbers[row]);
        known[row / 64] |= (uint64_t)there << (row % 64);
    }
    km_fill_cells(out, column, &(km_cells){numbers, known, sizeof *numbers});
}

static void put_values(km_result *out, int column, const km_node *node, const km_vector *values) {
    if (node->type == KM_TYPE_CODE) {
        km_fill_codes(out, column, &(km_cells){values->numbers, values->known, sizeof *values->numbers});
    } else if (node->type == KM_TYPE_TEXT) {
        km_fill_views(out, column, values->texts, values->known);
    } else {
        put_numbers(out, column, node, values);
    }
}

/* A column is NULL where the input lacks what it reads. */
static kiem_status put_shown(const km_claim_rows *rows, km_verdict *verdict, km_result *out,
                             km_error *error) {
    const km_plan *plan = rows->job->inputs[rows->batch->input].plan;
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) {
        km_node_id id = km_policy_column(verdict->policy, km_text_from(shown[i].name));
        if (id == KM_NODE_NONE || !km_plan_has(plan, id)) continue;
        const km_node *node = km_node_at(&verdict->policy->graph, id);
        const km_vector *values = km_frame_eval(&verdict->rules.frame, id);
        if (!values) return km_nomem(error);
        put_values(out, shown[i].column, node, values);
    }
    return KIEM_OK;
}

static kiem_status put_reasons(const km_claim_rows *rows, km_buf *text, km_result *out, km_error *error) {
    const km_job *job = rows->job;
    const km_cells scores = km_batch_cells(rows->batch, KM_CLAIM_score);
    for (uint32_t row = 0; row < rows->batch->rows; row++) {
        if (!rows->flagged[row] && km_cells_int(&scores, row, 0) < REASONS_FROM) continue;
        km_buf_clear(text);
        km_scorer_reasons(&job->scorer, km_batch_id(rows->batch, row), job->options.language, text);
        if (!km_buf_ok(text)) return km_nomem(error);
        if (text->length) km_fill_text(out, KM_CLAIM_ROW_REASONS, row, km_buf_view(text));
    }
    return KIEM_OK;
}

static void put_batch_column(const km_batch *batch, int field, km_result *out, int column) {
    const km_cells cells = km_batch_cells(batch, field);
    km_fill_cells(out, column, &cells);
}

kiem_status km_claim_rows_put(const km_claim_rows *rows, km_verdict *verdict, km_result *out,
                              km_error *error) {
    const km_batch *batch = rows->batch;
    const km_cells facilities = km_batch_cells(batch, KM_CLAIM_MA_CSKCB);
    int64_t flagged[KM_BATCH_ROWS];
    KM_TRY(km_fill_begin(out, batch->rows, error));
    km_fill_same_text(out, KM_CLAIM_ROW_FILE, km_text_from(rows->job->inputs[batch->input].label));
    km_fill_ints(out, KM_CLAIM_ROW_ROW, batch->row);
    km_fill_texts(out, KM_CLAIM_ROW_MA_LK, batch, KM_CLAIM_MA_LK);
    km_fill_codes(out, KM_CLAIM_ROW_FACILITY, &facilities);
    km_fill_ints(out, KM_CLAIM_ROW_AMOUNT_AT_RISK, rows->at_risk);
    for (uint32_t row = 0; row < batch->rows; row++) flagged[row] = rows->flagged[row];
    km_fill_ints(out, KM_CLAIM_ROW_FLAGGED, flagged);
    put_batch_column(batch, KM_CLAIM_score, out, KM_CLAIM_ROW_SCORE);
    put_batch_column(batch, KM_CLAIM_q_value, out, KM_CLAIM_ROW_Q_VALUE);
    put_batch_column(batch, KM_CLAIM_excess, out, KM_CLAIM_ROW_EXCESS);
    put_batch_column(batch, KM_CLAIM_T_BHTT, out, KM_CLAIM_ROW_T_BHTT);
    KM_TRY(put_shown(rows, verdict, out, error));
    KM_TRY(put_reasons(rows, &verdict->text, out, error));
    return km_fill_end(out, error);
}
