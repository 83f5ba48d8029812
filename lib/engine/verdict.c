#include "engine/verdict.h"

#include <string.h>

kiem_status km_verdict_init(km_verdict *verdict, const km_mem *mem, const km_policy *policy, int language,
                            km_error *error) {
    *verdict = (km_verdict){.mem = mem, .policy = policy, .language = language};
    km_buf_init(&verdict->text, mem);
    KM_TRY(km_rule_judge_init(&verdict->rules, mem, policy, error));
    kiem_status status = km_table_init(&verdict->findings, mem, KM_TABLE_FINDINGS, error);
    if (status != KIEM_OK) km_verdict_free(verdict);
    return status;
}

void km_verdict_free(km_verdict *verdict) {
    if (!verdict->mem) return;
    km_rule_judge_free(&verdict->rules);
    km_result_free(&verdict->findings);
    km_plan_free(&verdict->plan);
    km_free(verdict->mem, verdict->risks, verdict->risk_capacity * sizeof *verdict->risks);
    km_free(verdict->mem, verdict->order, verdict->order_capacity * sizeof(km_risk *));
    km_buf_free(&verdict->text);
    *verdict = (km_verdict){0};
}

static kiem_status share_money(km_verdict *v, km_claim_verdict *claim, int64_t fund, km_error *error) {
    if (!km_grow(v->mem, (void **)&v->risks, &v->risk_capacity, claim->count, sizeof *v->risks) ||
        !km_grow(v->mem, (void **)&v->order, &v->order_capacity, claim->count, sizeof(km_risk *))) {
        return km_nomem(error);
    }
    for (size_t i = 0; i < claim->count; i++) {
        const km_hit *hit = &claim->hits[i];
        v->risks[i] = (km_risk){.severity = hit->severity,
                                .amount = km_hit_amount(&v->rules, hit, false),
                                .patient = km_hit_amount(&v->rules, hit, true),
                                .cause = v->policy->rules[hit->rule].cause,
                                .order = (uint32_t)i};
    }
    claim->risks = v->risks;
    claim->at_risk = km_risk_share(v->risks, claim->count, fund, v->order);
    return KIEM_OK;
}

/* MA_LK, or the row where a layout has none. */
static kiem_status put_subject(km_verdict *v, const km_batch *batch, uint32_t row, km_result *out,
                               km_error *error) {
    km_text key = km_batch_text(batch, KM_CLAIM_MA_LK, row);
    if (!key.length) {
        km_buf_clear(&v->text);
        km_buf_string(&v->text, "row ");
        km_buf_int(&v->text, batch->row[row]);
        if (!km_buf_ok(&v->text)) return km_nomem(error);
        key = km_buf_view(&v->text);
    }
    km_result_text(out, KM_FINDING_SUBJECT, key);
    return KIEM_OK;
}

kiem_status km_verdict_words(km_verdict *v, const km_input *input, const km_hit *hit, km_result *out,
                             km_error *error) {
    km_buf_clear(&v->text);
    km_hit_evidence(&v->text, &v->rules, input, hit);
    size_t evidence = v->text.length;
    km_hit_message(&v->text, &v->rules, hit, v->language);
    if (!km_buf_ok(&v->text)) return km_nomem(error);
    km_result_text(out, KM_FINDING_EVIDENCE, (km_text){v->text.data, evidence});
    km_result_text(out, KM_FINDING_MESSAGE, (km_text){v->text.data + evidence, v->text.length - evidence});
    return KIEM_OK;
}

static kiem_status put_finding(km_verdict *v, const km_input *input, const km_hit *hit, const km_risk *risk,
                               const km_places *places, km_result *out, km_error *error) {
    const km_rule *rule = &v->policy->rules[hit->rule];
    const km_batch *batch = input->set[KM_SCOPE_CLAIM].batch;
    km_scope scope = rule->scope == KM_SCOPE_CARD ? KM_SCOPE_CLAIM : rule->scope;
    km_result_text(out, KM_FINDING_SCOPE, km_text_from(km_scope_name(scope)));
    KM_TRY(put_subject(v, batch, hit->claim, out, error));
    km_text file = {"", 0};
    int64_t place = batch->row[hit->claim];
    if (places) places->place(places->context, input, rule, hit, &file, &place);
    if (file.length) km_result_text(out, KM_FINDING_FILE, file);
    km_result_int(out, KM_FINDING_ROW, place);
    km_result_text(out, KM_FINDING_RULE, rule->id);
    km_result_text(out, KM_FINDING_SEVERITY, km_text_from(km_severity_name(hit->severity)));
    km_result_int(out, KM_FINDING_AMOUNT_AT_RISK, risk->counted);
    KM_TRY(km_verdict_words(v, input, hit, out, error));
    km_result_int(out, KM_FINDING_AMOUNT, risk->amount);
    km_result_int(out, KM_FINDING_AMOUNT_PATIENT, risk->patient);
    km_result_code(out, KM_FINDING_FACILITY, (uint64_t)km_batch_int(batch, KM_CLAIM_MA_CSKCB, hit->claim, 0));
    km_result_text(out, KM_FINDING_BASIS, rule->basis[v->language]);
    return km_result_end_row(out, error);
}

kiem_status km_verdict_claim(km_verdict *v, const km_input *input, uint32_t row, size_t *next_hit,
                             const km_places *places, km_result *out, km_claim_verdict *claim,
                             km_error *error) {
    const km_rule_judge *rules = &v->rules;
    *claim = (km_claim_verdict){.hits = rules->hits + *next_hit};
    while (*next_hit < rules->hit_count && rules->hits[*next_hit].claim == row) {
        ++*next_hit;
        claim->count++;
    }
    if (!claim->count) return KIEM_OK;
    int64_t fund = km_batch_int(input->set[KM_SCOPE_CLAIM].batch, KM_CLAIM_T_BHTT, row, 0);
    KM_TRY(share_money(v, claim, fund, error));
    for (size_t i = 0; i < claim->count; i++) {
        KM_TRY(put_finding(v, input, &claim->hits[i], &claim->risks[i], places, out, error));
    }
    return KIEM_OK;
}

/* A plan holds for all batches with the same columns and standards; a standard is one for all rows of an
 * input. */
static kiem_status plan_for(km_verdict *v, const km_input *input, km_error *error) {
    static const struct {
        km_scope scope;
        int standard;
    } scopes[] = {{KM_SCOPE_CLAIM, KM_CLAIM_STANDARD},
                  {KM_SCOPE_DRUG, KM_DRUG_STANDARD},
                  {KM_SCOPE_SERVICE, KM_SERVICE_STANDARD}};
    km_fieldset present[KM_SCOPE_COUNT] = {0};
    uint64_t standards[KM_SCOPE_COUNT] = {0};
    for (size_t i = 0; i < sizeof scopes / sizeof scopes[0]; i++) {
        const km_batch *batch = input->set[scopes[i].scope].batch;
        if (!batch) continue;
        present[scopes[i].scope] = batch->present;
        if (batch->rows) standards[scopes[i].scope] = (uint64_t)km_batch_int(batch, scopes[i].standard, 0, 0);
    }
    present[KM_SCOPE_CARD] = km_card_fields_from(&present[KM_SCOPE_CLAIM]);
    if (v->plan.policy && memcmp(v->standards, standards, sizeof standards) == 0 &&
        memcmp(v->planned, present, sizeof present) == 0) {
        return KIEM_OK;
    }
    km_rule_judge_settle(&v->rules);
    km_plan_free(&v->plan);
    KM_TRY(km_plan_bind(&v->plan, v->policy, present, standards, error));
    memcpy(v->planned, present, sizeof present);
    memcpy(v->standards, standards, sizeof standards);
    return KIEM_OK;
}

/* Where no files are told apart: a line's own row, else the claim's. */
static void own_row(const void *context, const km_input *input, const km_rule *rule, const km_hit *hit,
                    km_text *file, int64_t *row) {
    const km_batch *lines = input->set[rule->scope].batch;
    (void)context, (void)file;
    if (rule->scope == KM_SCOPE_DRUG || rule->scope == KM_SCOPE_SERVICE) *row = lines->row[hit->row];
}

kiem_status km_verdict_batch(km_verdict *v, const km_input *given, km_error *error) {
    const km_batch *batch = given->set[KM_SCOPE_CLAIM].batch;
    km_input input = *given; /* rules add the cards of the claims */
    const km_places places = {own_row, NULL};
    km_claim_verdict claim;
    size_t next_hit = 0;
    km_result_clear(&v->findings);
    if (!batch->rows) return KIEM_OK;
    KM_TRY(plan_for(v, &input, error));
    KM_TRY(km_rule_judge_batch(&v->rules, &v->plan, &input, error));
    for (uint32_t row = 0; row < batch->rows; row++) {
        KM_TRY(km_verdict_claim(v, &input, row, &next_hit, &places, &v->findings, &claim, error));
    }
    return KIEM_OK;
}
