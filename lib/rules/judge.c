#include "rules/judge.h"

#include <string.h>

#include "base/decimal.h"
#include "base/sort.h"
#include "rules/kernels.h"
#include "rules/scalar.h"

static kiem_status list_dates(km_rule_judge *judge, km_error *error) {
    const km_policy *policy = judge->policy;
    judge->dates = km_alloc_array(judge->mem, policy->rule_count, sizeof *judge->dates);
    if (!judge->dates) return km_nomem(error);
    for (size_t i = 0; i < policy->rule_count; i++) {
        km_node_id active = policy->rules[i].active;
        bool noted = policy->rules[i].key < 0 || active == KM_NODE_NONE;
        for (size_t k = 0; k < judge->dates_count && !noted; k++) noted = judge->dates[k] == active;
        if (!noted) judge->dates[judge->dates_count++] = active;
    }
    return KIEM_OK;
}

kiem_status km_rule_judge_init(km_rule_judge *judge, const km_mem *mem, const km_policy *policy,
                               km_error *error) {
    *judge = (km_rule_judge){.mem = mem, .policy = policy};
    km_card_rows_init(&judge->cards, mem);
    judge->counts = km_alloc_zero(mem, policy->rule_count * sizeof *judge->counts);
    judge->plan_in_force = km_alloc_zero(mem, policy->graph.count * sizeof *judge->plan_in_force);
    kiem_status status = judge->counts && judge->plan_in_force
                             ? km_frame_init(&judge->frame, mem, &policy->graph, error)
                             : km_nomem(error);
    if (status == KIEM_OK) status = list_dates(judge, error);
    if (status != KIEM_OK) km_rule_judge_free(judge);
    return status;
}

void km_rule_judge_free(km_rule_judge *judge) {
    if (!judge->mem) return;
    km_frame_free(&judge->frame);
    km_card_rows_free(&judge->cards);
    km_free(judge->mem, judge->counts, judge->policy->rule_count * sizeof *judge->counts);
    km_free(judge->mem, judge->plan_in_force, judge->policy->graph.count * sizeof *judge->plan_in_force);
    km_free(judge->mem, judge->dates, judge->policy->rule_count * sizeof *judge->dates);
    km_free(judge->mem, judge->hits, judge->hit_capacity * sizeof *judge->hits);
    *judge = (km_rule_judge){0};
}

static uint32_t claim_of(const km_input *input, km_scope scope, uint32_t row) {
    return scope == KM_SCOPE_CLAIM ? row : input->set[scope].parent[row];
}

/* Counts an expression of a row that came to NULL by a division by zero and the like. */
static void count_null(km_rule_judge *judge, km_node_id node, uint32_t row) {
    km_frame *frame = &judge->frame;
    km_apply_context context = {.regex = frame->context.regex};
    if (node == KM_NODE_NONE || !km_node_at(frame->graph, node)->fallible) return;
    km_scalar(&context, frame->graph, frame->input, node, row);
    judge->nulls_made += context.nulls_made > 0;
}

/* Amounts are asked for in any case; only one that is NULL is worked out again to see why. */
static void count_null_amount(km_rule_judge *judge, km_node_id node, uint32_t row) {
    if (node != KM_NODE_NONE && !km_frame_value(&judge->frame, node, row).known) count_null(judge, node, row);
}

/* `unless` clears a row when it is TRUE; NULL does not clear. */
static bool is_cleared(km_rule_judge *judge, const km_rule *rule, uint32_t row) {
    if (rule->unless == KM_NODE_NONE) return false;
    km_value value = km_frame_value(&judge->frame, rule->unless, row);
    if (!value.known) count_null(judge, rule->unless, row);
    return value.known && value.number;
}

static kiem_status add_hit(km_rule_judge *judge, const km_plan_rule *bound, const km_input *input,
                           uint32_t row, km_error *error) {
    const km_rule *rule = &judge->policy->rules[bound->rule];
    if (is_cleared(judge, rule, row)) {
        judge->counts[bound->rule].cleared++;
        return KIEM_OK;
    }
    if (!km_grow(judge->mem, (void **)&judge->hits, &judge->hit_capacity, judge->hit_count + 1,
                 sizeof *judge->hits)) {
        return km_nomem(error);
    }
    count_null_amount(judge, rule->amount, row);
    count_null_amount(judge, rule->amount_patient, row);
    judge->hits[judge->hit_count++] =
        (km_hit){.claim = claim_of(input, rule->scope, row),
                 .row = row,
                 .rule = bound->rule,
                 .severity = bound->softened ? km_severity_softer(rule->severity) : rule->severity};
    return KIEM_OK;
}

/* Which rows made a NULL is asked again row by row, and only where the condition is NULL: how much is worked
 * out column by column depends on the batch, the count must not. */
static void count_nulls(km_rule_judge *judge, km_node_id condition, uint32_t word, uint64_t rows) {
    for (bool any = judge->frame.context.nulls_made > 0; any && rows; rows &= rows - 1)
        count_null(judge, condition, word * 64 + (uint32_t)__builtin_ctzll(rows));
}

/* How many rows a rule's dates let pass: few pairs of dates serve all rules. */
static uint32_t count_active(km_frame *frame, km_node_id active) {
    km_vector *vector = &frame->vectors[active];
    uint32_t words = km_frame_words(frame, (km_scope)km_node_at(frame->graph, active)->scope);
    if (vector->summed == frame->epoch) return vector->sum;
    vector->summed = frame->epoch;
    vector->sum = 0;
    for (uint32_t w = 0; w < words; w++) vector->sum += km_count_bits(vector->is_true[w]);
    return vector->sum;
}

static kiem_status run_rule(km_rule_judge *judge, const km_plan_rule *bound, const km_input *input,
                            km_error *error) {
    const km_rule *rule = &judge->policy->rules[bound->rule];
    km_frame *frame = &judge->frame;
    km_rule_counts *counts = &judge->counts[bound->rule];
    uint32_t words = km_frame_words(frame, rule->scope), in_force = frame->rows[rule->scope];
    counts->rows += in_force;
    const km_vector *active = rule->active == KM_NODE_NONE ? NULL : km_frame_eval(frame, rule->active);
    if (!active && rule->active != KM_NODE_NONE) return km_nomem(error);
    if (active) in_force = count_active(frame, rule->active);
    if (!in_force) return KIEM_OK;
    const km_vector *condition = km_frame_eval(frame, rule->condition);
    if (!condition) return km_nomem(error);
    uint32_t is_true = 0, is_null = 0;
    bool all_false = !km_kernels_here()->any_not_false(condition->is_true, condition->known,
                                                       active ? active->is_true : NULL, words);
    for (uint32_t w = 0; !all_false && w < words; w++) {
        uint64_t rows = active ? active->is_true[w] : km_frame_mask(frame, rule->scope, w);
        uint64_t fired = condition->is_true[w] & rows, null = ~condition->known[w] & rows;
        if (!(fired | null)) continue; /* as most words are */
        is_true += km_count_bits(fired);
        is_null += km_count_bits(null);
        if (null) count_nulls(judge, rule->condition, w, null);
        for (; fired; fired &= fired - 1)
            KM_TRY(add_hit(judge, bound, input, w * 64 + (uint32_t)__builtin_ctzll(fired), error));
    }
    counts->in_force += in_force;
    counts->is_true += is_true;
    counts->is_null += is_null;
    counts->is_false += in_force - is_true - is_null;
    return KIEM_OK;
}

/* ---- rules found by a code */

/* Rules found by a code share few pairs of dates; how many rows they let pass is counted once for all. A line
 * without the code a rule asks for counts as FALSE, one without any code too. */
static kiem_status count_in_force(km_rule_judge *judge, km_error *error) {
    km_frame *frame = &judge->frame;
    for (int scope = 0; scope < KM_SCOPE_COUNT; scope++) judge->plan_rows[scope] += frame->rows[scope];
    for (size_t i = 0; i < judge->dates_count; i++) {
        km_node_id id = judge->dates[i];
        if (!km_frame_eval(frame, id)) return km_nomem(error);
        judge->plan_in_force[id] += count_active(frame, id);
    }
    return KIEM_OK;
}

void km_rule_judge_settle(km_rule_judge *judge) {
    for (size_t i = 0; judge->plan && i < judge->policy->rule_count; i++) {
        const km_rule *rule = &judge->policy->rules[i];
        if (rule->key < 0 || !judge->plan->rules[i].runs) continue;
        uint64_t rows = judge->plan_rows[rule->scope];
        uint64_t in_force = rule->active == KM_NODE_NONE ? rows : judge->plan_in_force[rule->active];
        judge->counts[i].rows += rows;
        judge->counts[i].in_force += in_force;
        judge->counts[i].is_false += in_force; /* less those that met their code: see try_rule */
    }
    memset(judge->plan_rows, 0, sizeof judge->plan_rows);
    for (size_t i = 0; i < judge->dates_count; i++) judge->plan_in_force[judge->dates[i]] = 0;
    judge->plan = NULL;
}

/* Whether a line with the code of a rule meets the rest of it; NULL too where a column is missing. */
static km_value ask_rest(km_rule_judge *judge, const km_posting *posting, uint32_t row) {
    km_value value = {.known = true};
    if (posting->active != KM_NODE_NONE &&
        !km_bit(km_frame_eval(&judge->frame, posting->active)->is_true, row))
        return value;
    value.number = 1;
    return posting->rest == KM_NODE_NONE ? value : km_frame_value(&judge->frame, posting->rest, row);
}

static kiem_status try_rule(km_rule_judge *judge, const km_plan *plan, const km_posting *posting,
                            const km_input *input, uint32_t row, km_error *error) {
    km_value value = ask_rest(judge, posting, row);
    if (value.known && !value.number) return KIEM_OK;
    const km_plan_rule *bound = &plan->rules[posting->rule];
    km_rule_counts *counts = &judge->counts[posting->rule];
    if (!bound->runs) return KIEM_OK;
    counts->is_false--;
    if (!value.known) {
        counts->is_null++;
        count_nulls(judge, judge->policy->rules[posting->rule].condition, row / 64,
                    (uint64_t)1 << (row % 64));
        return KIEM_OK;
    }
    counts->is_true++;
    return add_hit(judge, bound, input, row, error);
}

static kiem_status run_keyed(km_rule_judge *judge, const km_plan *plan, const km_input *input,
                             km_error *error) {
    const km_code_index *codes = &judge->policy->codes;
    for (int key = 0; key < codes->field_count; key++) {
        const km_batch *batch = input->set[codes->fields[key].scope].batch;
        int field = codes->fields[key].field;
        if (!batch || !km_fieldset_has(&batch->present, field)) continue;
        for (uint32_t row = 0; row < batch->rows; row++) {
            km_text code = km_column_text(&batch->column[field], row);
            const km_posting *posting = code.length ? km_code_index_find(codes, key, code) : NULL;
            for (; posting; posting = km_code_index_next(codes, posting))
                KM_TRY(try_rule(judge, plan, posting, input, row, error));
        }
    }
    return KIEM_OK;
}

static int by_claim_rule_row(const void *a, const void *b, const void *context) {
    const km_hit *left = a, *right = b;
    (void)context;
    KM_ORDER_BY(claim);
    KM_ORDER_BY(rule);
    KM_ORDER_BY(row);
    return 0;
}

kiem_status km_rule_judge_batch(km_rule_judge *judge, const km_plan *plan, km_input *input, km_error *error) {
    judge->hit_count = 0;
    if (plan != judge->plan) km_rule_judge_settle(judge);
    judge->plan = plan;
    KM_TRY(km_card_rows_build(&judge->cards, input, error));
    km_frame_begin(&judge->frame, input);
    judge->frame.context.nulls_made = 0;
    for (size_t i = 0; i < judge->policy->rule_count; i++) {
        const km_plan_rule *bound = &plan->rules[i];
        if (bound->runs && !bound->keyed) KM_TRY(run_rule(judge, bound, input, error));
    }
    if (judge->policy->codes.field_count) {
        KM_TRY(count_in_force(judge, error));
        KM_TRY(run_keyed(judge, plan, input, error));
    }
    if (km_regex_ran_out(judge->frame.context.regex)) return km_nomem(error);
    km_sort(judge->hits, judge->hit_count, sizeof *judge->hits, by_claim_rule_row, NULL);
    return KIEM_OK;
}

int64_t km_hit_amount(km_rule_judge *judge, const km_hit *hit, bool patient) {
    const km_rule *rule = &judge->policy->rules[hit->rule];
    km_node_id node = patient ? rule->amount_patient : rule->amount;
    int64_t amount = 0;
    if (node == KM_NODE_NONE) return 0;
    km_value value = km_frame_value(&judge->frame, node, hit->row);
    if (!value.known || !km_decimal_rescale(value.number, value.scale, 2, &amount)) return 0;
    return amount;
}

void km_hit_message(km_buf *out, km_rule_judge *judge, const km_hit *hit, int language) {
    const km_rule *rule = &judge->policy->rules[hit->rule];
    km_message_render(out, &rule->message[language], &judge->frame, hit->row, language);
}
