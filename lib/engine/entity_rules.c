#include "engine/job.h"

/* Rules about facilities and provinces: the rows of their tables as a batch with fields of its own, judged
 * like any other. They carry no claim money: an amount stands beside the finding and is in no sum, as the
 * claims it rests on may have findings of their own. */

typedef struct entity {
    km_scope scope;
    km_table_kind table;
    int code_column;
} entity;

static const entity entities[] = {{KM_SCOPE_FACILITY, KM_TABLE_FACILITIES, KM_FACILITY_FACILITY},
                                  {KM_SCOPE_PROVINCE, KM_TABLE_PROVINCES, KM_PROVINCE_PROVINCE}};
enum { ENTITIES = sizeof entities / sizeof entities[0] };

static km_fieldset fields_of(km_scope scope) {
    km_fieldset set = {0};
    int count;
    km_fields(scope, &count);
    for (int i = 0; i < count; i++) km_fieldset_add(&set, i);
    return set;
}

static kiem_status bind(km_job *job, km_error *error) {
    km_fieldset present[KM_SCOPE_COUNT] = {0};
    const uint64_t standard[KM_SCOPE_COUNT] = {0};
    for (size_t i = 0; i < ENTITIES; i++) present[entities[i].scope] = fields_of(entities[i].scope);
    KM_TRY(km_plan_bind(&job->entity_plan, job->policy, present, standard, error));
    for (size_t i = 0; i < job->policy->rule_count; i++) { /* rules that read no column at all */
        if (job->policy->rules[i].scope < KM_SCOPE_FACILITY) job->entity_plan.rules[i].runs = false;
    }
    return KIEM_OK;
}

/* Copies the columns that rules may read; a field has the name of its column. */
static kiem_status fill(km_batch *batch, const km_result *table, uint64_t first, uint32_t count,
                        km_error *error) {
    int fields;
    const km_field *about = km_fields(batch->scope, &fields);
    km_batch_clear(batch);
    batch->rows = count;
    for (uint32_t row = 0; row < count; row++) batch->row[row] = 0;
    for (int i = 0; i < fields; i++) {
        int column = km_result_find(table, km_text_from(about[i].name));
        km_column *to = &batch->column[i];
        for (uint32_t row = 0; row < count; row++) {
            km_value value = {.known = false};
            if (column >= 0) value = km_result_value(table, column, first + row);
            if (about[i].type == KM_TYPE_TEXT) {
                if (!km_column_put_text(batch->mem, to, row, value.known ? value.text : (km_text){"", 0}))
                    return km_nomem(error);
            } else if (value.known) {
                km_column_put(to, km_field_width(&about[i]), row, value.number);
            } else {
                km_column_put_null(to, km_field_width(&about[i]), row);
            }
        }
    }
    return KIEM_OK;
}

static kiem_status put_finding(km_job *job, const entity *of, const km_input *input, const km_hit *hit,
                               km_error *error) {
    km_verdict *v = &job->verdict;
    km_result *out = &job->sinks[KM_TABLE_FINDINGS].chunk;
    const km_rule *rule = &job->policy->rules[hit->rule];
    km_text code = km_batch_text(input->set[of->scope].batch, 0, hit->row);
    km_result_text(out, KM_FINDING_SCOPE, km_text_from(km_scope_name(of->scope)));
    km_result_text(out, KM_FINDING_SUBJECT, code);
    km_result_text(out, KM_FINDING_RULE, rule->id);
    km_result_text(out, KM_FINDING_SEVERITY, km_text_from(km_severity_name(hit->severity)));
    km_result_int(out, KM_FINDING_AMOUNT_AT_RISK, 0);
    km_result_int(out, KM_FINDING_AMOUNT, km_hit_amount(&v->rules, hit, false));
    km_result_int(out, KM_FINDING_AMOUNT_PATIENT, 0);
    km_buf_clear(&v->text);
    km_hit_evidence(&v->text, &v->rules, input, hit);
    size_t evidence = v->text.length;
    km_hit_message(&v->text, &v->rules, hit, v->language);
    if (!km_buf_ok(&v->text)) return km_nomem(error);
    km_result_text(out, KM_FINDING_EVIDENCE, (km_text){v->text.data, evidence});
    km_result_text(out, KM_FINDING_MESSAGE, (km_text){v->text.data + evidence, v->text.length - evidence});
    if (of->scope == KM_SCOPE_FACILITY) km_result_text(out, KM_FINDING_FACILITY, code);
    km_result_text(out, KM_FINDING_BASIS, rule->basis);
    job->severity_findings[hit->severity]++;
    job->rule_sums[hit->rule].findings++;
    job->now.findings++;
    return km_result_end_row(out, error);
}

/* The entities stand for rows of a claim table that has no columns: each is the child of its own row. */
static kiem_status judge_rows(km_job *job, const entity *of, km_batch *batch, const km_batch *nothing,
                              const uint32_t *own, km_error *error) {
    const km_result *table = &job->sinks[of->table].chunk;
    for (uint64_t first = 0; first < table->rows; first += KM_BATCH_ROWS) {
        uint64_t left = table->rows - first;
        uint32_t count = left < KM_BATCH_ROWS ? (uint32_t)left : KM_BATCH_ROWS;
        km_batch claims = *nothing;
        claims.rows = count;
        km_input input = {.set[KM_SCOPE_CLAIM] = {.batch = &claims}};
        input.set[of->scope] = (km_rowset){.batch = batch, .parent = own, .first = own};
        KM_TRY(fill(batch, table, first, count, error));
        KM_TRY(km_rule_judge_batch(&job->verdict.rules, &job->entity_plan, &input, error));
        for (size_t i = 0; i < job->verdict.rules.hit_count; i++)
            KM_TRY(put_finding(job, of, &input, &job->verdict.rules.hits[i], error));
    }
    return KIEM_OK;
}

static kiem_status judge_entity(km_job *job, const entity *of, const uint32_t *own, km_error *error) {
    const km_fieldset none = {0}, all = fields_of(of->scope);
    km_batch batch = {0}, nothing = {0};
    kiem_status status = km_batch_init(&batch, job->mem, of->scope, &all, KM_BATCH_ROWS, error);
    if (status == KIEM_OK)
        status = km_batch_init(&nothing, job->mem, KM_SCOPE_CLAIM, &none, KM_BATCH_ROWS, error);
    for (uint32_t row = 0; status == KIEM_OK && row < KM_BATCH_ROWS; row++) nothing.row[row] = 0;
    if (status == KIEM_OK) status = judge_rows(job, of, &batch, &nothing, own, error);
    km_batch_free(&nothing);
    km_batch_free(&batch);
    return status;
}

kiem_status km_job_judge_entities(km_job *job, km_error *error) {
    uint32_t own[KM_BATCH_ROWS + 1];
    for (uint32_t row = 0; row <= KM_BATCH_ROWS; row++) own[row] = row;
    KM_TRY(bind(job, error));
    for (size_t i = 0; i < ENTITIES; i++) KM_TRY(judge_entity(job, &entities[i], own, error));
    return km_sink_flush(&job->sinks[KM_TABLE_FINDINGS], error);
}
