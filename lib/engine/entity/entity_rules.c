#include "engine/entity/entity_rules.h"

/* The rows of a derived table become a batch with fields of its own, judged like any other; the first field
 * names the row. They carry no claim money: an amount stands beside the finding and is in no sum, as the
 * claims it rests on may have findings of their own. */

typedef struct entity {
    km_scope scope;
    km_table_kind table;
    int facility; /* field with the code of the facility, or -1 */
    int flagged;  /* column that a suspicion sets, or -1 */
} entity;

static const entity entities[] = {
    {KM_SCOPE_FACILITY, KM_TABLE_FACILITIES, KM_OF_FACILITY_facility, -1},
    {KM_SCOPE_PROVINCE, KM_TABLE_PROVINCES, -1, -1},
    {KM_SCOPE_PATIENT, KM_TABLE_PATIENTS, -1, KM_PATIENT_FLAGGED},
    {KM_SCOPE_DOCTOR, KM_TABLE_DOCTORS, -1, KM_DOCTOR_FLAGGED},
    {KM_SCOPE_MACHINE, KM_TABLE_MACHINES, KM_OF_MACHINE_facility, KM_MACHINE_FLAGGED}};
enum { ENTITIES = sizeof entities / sizeof entities[0] };

/* Whether any of the claims can have a column. */
static bool claims_have(const km_job *job, int field) {
    bool any = false;
    for (size_t i = 0; i < job->input_count; i++) {
        const km_input_file *input = &job->inputs[i];
        any = any || (input->role == KM_INPUT_CLAIMS && km_fieldset_has(&input->present, field));
    }
    return any;
}

/* What a table cannot tell without columns that are not there. */
static void remove_unknown(const km_job *job, km_fieldset *patient) {
    if (!km_fieldset_has(&job->details[KM_DETAIL_DRUGS].present, KM_DRUG_LIEU_DUNG)) {
        km_fieldset_remove(patient, KM_OF_PATIENT_supply_overlaps);
        km_fieldset_remove(patient, KM_OF_PATIENT_supply_overlap_days);
    }
    if (!claims_have(job, KM_CLAIM_SO_CCCD)) km_fieldset_remove(patient, KM_OF_PATIENT_other_card_days);
}

kiem_status km_job_bind_derived(km_job *job, km_error *error) {
    km_fieldset present[KM_SCOPE_COUNT] = {0};
    const uint64_t standard[KM_SCOPE_COUNT] = {0};
    for (size_t i = 0; i < ENTITIES; i++) {
        bool from_lines = entities[i].scope == KM_SCOPE_DOCTOR || entities[i].scope == KM_SCOPE_MACHINE;
        if (!from_lines || job->details[KM_DETAIL_SERVICES].any)
            present[entities[i].scope] = km_fieldset_of(entities[i].scope);
    }
    remove_unknown(job, &present[KM_SCOPE_PATIENT]);
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
        const int64_t *values = column >= 0 ? table->column[column].values + first : NULL;
        size_t width = km_field_width(&about[i]);
        km_column *to = &batch->column[i];
        for (uint32_t row = 0; row < count; row++) {
            km_text text = {"", 0};
            bool known = values && km_result_known(table, column, first + row);
            if (about[i].type == KM_TYPE_TEXT) {
                if (known) text = km_result_value(table, column, first + row).text;
                if (!km_column_put_text(batch->mem, to, row, text)) return km_nomem(error);
            } else if (known) {
                km_column_put(to, width, row, values[row]);
            } else {
                km_column_put_null(to, width, row);
            }
        }
    }
    return KIEM_OK;
}

static kiem_status put_finding(km_desk *desk, const entity *of, const km_input *input, const km_hit *hit,
                               km_result *out, km_error *error) {
    km_verdict *v = &desk->verdict;
    const km_rule *rule = &v->policy->rules[hit->rule];
    km_text code = km_batch_text(input->set[of->scope].batch, 0, hit->row);
    km_result_text(out, KM_FINDING_SCOPE, km_text_from(km_scope_name(of->scope)));
    km_result_text(out, KM_FINDING_SUBJECT, code);
    km_result_text(out, KM_FINDING_RULE, rule->id);
    km_result_text(out, KM_FINDING_SEVERITY, km_text_from(km_severity_name(hit->severity)));
    km_result_int(out, KM_FINDING_AMOUNT_AT_RISK, 0);
    km_result_int(out, KM_FINDING_AMOUNT, km_hit_amount(&v->rules, hit, false));
    km_result_int(out, KM_FINDING_AMOUNT_PATIENT, 0);
    KM_TRY(km_verdict_words(v, input, hit, out, error));
    if (of->facility >= 0)
        km_result_text(out, KM_FINDING_FACILITY,
                       km_batch_text(input->set[of->scope].batch, of->facility, hit->row));
    km_result_text(out, KM_FINDING_BASIS, rule->basis[v->language]);
    desk->severity_findings[hit->severity]++;
    desk->rule_sums[hit->rule].findings++;
    return km_result_end_row(out, error);
}

/* What is judged, and with what. */
typedef struct work {
    km_desk *desk;
    const km_plan *plan;
    const entity *of;
    const km_derived *rows;
} work;

/* The entities stand for rows of a claim table that has no columns: each is the child of its own row. */
static kiem_status judge_rows(const work *at, km_batch *batch, const km_batch *nothing, const uint32_t *own,
                              km_error *error) {
    const entity *of = at->of;
    km_result *table = at->rows->rows;
    km_rule_judge *rules = &at->desk->verdict.rules;
    for (uint64_t first = 0; first < table->rows; first += KM_BATCH_ROWS) {
        uint64_t left = table->rows - first;
        uint32_t count = left < KM_BATCH_ROWS ? (uint32_t)left : KM_BATCH_ROWS;
        km_batch claims = *nothing;
        claims.rows = count;
        km_input input = {.set[KM_SCOPE_CLAIM] = {.batch = &claims}};
        input.set[of->scope] = (km_rowset){.batch = batch, .parent = own, .first = own};
        KM_TRY(fill(batch, table, first, count, error));
        KM_TRY(km_rule_judge_batch(rules, at->plan, &input, error));
        for (size_t i = 0; i < rules->hit_count; i++) {
            const km_hit *hit = &rules->hits[i];
            KM_TRY(put_finding(at->desk, of, &input, hit, at->rows->findings, error));
            if (of->flagged >= 0 && hit->severity >= KIEM_SEVERITY_SUSPICION)
                table->column[of->flagged].values[first + hit->row] = 1;
        }
    }
    return KIEM_OK;
}

static kiem_status judge_entity(const work *at, const km_mem *mem, km_error *error) {
    const km_scope scope = at->of->scope;
    uint32_t own[KM_BATCH_ROWS + 1];
    for (uint32_t row = 0; row <= KM_BATCH_ROWS; row++) own[row] = row;
    const km_fieldset none = {0}, all = km_fieldset_of(scope);
    km_batch batch = {0}, nothing = {0};
    kiem_status status = km_batch_init(&batch, mem, scope, &all, KM_BATCH_ROWS, error);
    if (status == KIEM_OK) status = km_batch_init(&nothing, mem, KM_SCOPE_CLAIM, &none, KM_BATCH_ROWS, error);
    for (uint32_t row = 0; status == KIEM_OK && row < KM_BATCH_ROWS; row++) nothing.row[row] = 0;
    if (status == KIEM_OK) status = judge_rows(at, &batch, &nothing, own, error);
    km_batch_free(&nothing);
    km_batch_free(&batch);
    return status;
}

kiem_status km_desk_judge(km_desk *desk, const km_job *job, const km_derived *rows, km_error *error) {
    for (size_t i = 0; i < ENTITIES; i++) {
        const work at = {desk, &job->entity_plan, &entities[i], rows};
        if (entities[i].table == rows->table) KM_TRY(judge_entity(&at, job->mem, error));
    }
    return KIEM_OK;
}

kiem_status km_desk_judge_sink(km_desk *desk, km_job *job, km_table_kind table, km_error *error) {
    km_sink *findings = &job->sinks[KM_TABLE_FINDINGS];
    const km_derived rows = {table, &job->sinks[table].chunk, &findings->chunk};
    KM_TRY(km_desk_judge(desk, job, &rows, error));
    job->now.findings += findings->chunk.rows;
    return km_sink_flush(findings, error);
}
