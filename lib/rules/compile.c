#include <string.h>

#include "base/sort.h"
#include "rules/policy.h"

enum { RULE_COST_MAX = 20000 /* so that no rule can hang a job */ };

/* Puts "rule C01, condition: " in front of the message. */
static kiem_status explain(km_error *error, const km_rule *rule, const char *part, kiem_status status) {
    if (status == KIEM_OK || !error || status == KIEM_E_NOMEM) return status;
    char message[KM_ERROR_MESSAGE_MAX];
    memcpy(message, error->message, sizeof message);
    km_place place = {rule->file.ptr, error->line, error->column, -1};
    return km_fail_at(error, status, place, "rule %.*s, %s: %s", KM_TEXT_ARG(rule->id), part, message);
}

static kiem_status resolve_amount(km_resolver *r, const km_rule *rule, km_text text, km_place place,
                                  const char *part, km_node_id *out) {
    *out = KM_NODE_NONE;
    if (!text.length) return KIEM_OK;
    KM_TRY(explain(r->error, rule, part, km_resolve(r, text, place, out)));
    if (km_node_at(r->graph, *out)->type == KM_TYPE_NUMBER) return KIEM_OK;
    return km_fail_at(r->error, KIEM_E_POLICY, place, "rule %.*s, %s: expected money, this is a %s",
                      KM_TEXT_ARG(rule->id), part, km_type_name((km_type)km_node_at(r->graph, *out)->type));
}

/* The day whose law counts: the date_basis column, else the discharge of the claim; of what is no part of a
 * claim the day of the report. */
static kiem_status resolve_day(km_resolver *r, km_rule *rule, km_place place) {
    bool reported = rule->scope >= KM_SCOPE_FACILITY && km_field_find(rule->scope, KM_TEXT("as_of")) >= 0;
    km_text basis = reported ? KM_TEXT("as_of") : KM_TEXT("claim.NGAY_RA");
    if (rule->date_basis_text.length) basis = rule->date_basis_text;
    static const char before[] = "date(";
    km_buf day;
    km_buf_init(&day, r->graph->mem);
    km_buf_string(&day, before);
    km_buf_text(&day, basis);
    km_buf_char(&day, ')');
    r->day = KM_NODE_NONE;
    kiem_status status =
        km_buf_ok(&day) ? km_resolve(r, km_buf_view(&day), place, &r->day) : km_nomem(r->error);
    km_buf_free(&day);
    if (r->error && r->error->column >= (int64_t)sizeof before)
        r->error->column -= (int64_t)sizeof before - 1;
    return explain(r->error, rule, "date_basis", status);
}

static kiem_status compare_day(km_resolver *r, km_comparison comparison, km_day bound, km_node_id *out) {
    km_value value = {.type = KM_TYPE_DATE, .known = true, .number = bound};
    km_node_id constant = km_graph_constant(r->graph, r->scope, &value);
    if (constant == KM_NODE_NONE) return km_nomem(r->error);
    km_node node = {.op = KM_OP_COMPARE, .type = KM_TYPE_BOOL, .detail = (uint8_t)comparison};
    *out = km_graph_add(r->graph, node, (km_node_id[]){r->day, constant}, 2);
    return *out == KM_NODE_NONE ? km_nomem(r->error) : KIEM_OK;
}

static kiem_status resolve_active(km_resolver *r, km_rule *rule) {
    km_node_id parts[2];
    int count = 0;
    rule->active = KM_NODE_NONE;
    if (rule->from != INT32_MIN) KM_TRY(compare_day(r, KM_GE, rule->from, &parts[count++]));
    if (rule->to != INT32_MAX) KM_TRY(compare_day(r, KM_LE, rule->to, &parts[count++]));
    if (count < 2) {
        rule->active = count ? parts[0] : KM_NODE_NONE;
        return KIEM_OK;
    }
    rule->active = km_graph_add(r->graph, (km_node){.op = KM_OP_AND, .type = KM_TYPE_BOOL}, parts, 2);
    return rule->active == KM_NODE_NONE ? km_nomem(r->error) : KIEM_OK;
}

static void raise_stratum(const km_graph *graph, km_node_id id, km_stratum *stratum) {
    if (id != KM_NODE_NONE && km_node_at(graph, id)->stratum > *stratum)
        *stratum = (km_stratum)km_node_at(graph, id)->stratum;
}

static void collect_reads(km_policy *policy, km_rule *rule) {
    km_graph *graph = &policy->graph;
    km_graph_reads(graph, rule->condition, false, &rule->condition_reads);
    const km_node_id all[] = {rule->condition, rule->unless, rule->active, rule->amount,
                              rule->amount_patient};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        km_graph_reads(graph, all[i], true, &rule->all_reads);
        raise_stratum(graph, all[i], &rule->stratum);
    }
    for (int language = 0; language < 2; language++) {
        for (int i = 0; i < rule->message[language].count; i++) {
            km_graph_reads(graph, rule->message[language].parts[i].node, true, &rule->all_reads);
            raise_stratum(graph, rule->message[language].parts[i].node, &rule->stratum);
        }
    }
}

static kiem_status compile_rule(km_policy *policy, km_rule *rule, km_error *error) {
    km_place place = {rule->file.ptr, rule->line, 1, -1};
    km_resolver r = {.graph = &policy->graph,
                     .names = &policy->names,
                     .scope = rule->scope,
                     .day = KM_NODE_NONE,
                     .error = error};
    KM_TRY(resolve_day(&r, rule, place));
    KM_TRY(resolve_active(&r, rule));
    KM_TRY(explain(error, rule, "condition",
                   km_resolve_condition(&r, rule->condition_text, place, "the condition", &rule->condition)));
    rule->unless = KM_NODE_NONE;
    if (rule->unless_text.length) {
        KM_TRY(explain(error, rule, "unless",
                       km_resolve_condition(&r, rule->unless_text, place, "unless", &rule->unless)));
    }
    KM_TRY(resolve_amount(&r, rule, rule->amount_text, place, "amount", &rule->amount));
    KM_TRY(
        resolve_amount(&r, rule, rule->amount_patient_text, place, "amount_patient", &rule->amount_patient));
    static const char *const parts[] = {[KIEM_LANG_VI] = "message_vi", [KIEM_LANG_EN] = "message_en"};
    for (int i = 0; i < 2; i++) {
        KM_TRY(explain(error, rule, parts[i],
                       km_message_compile(&r, rule->message_text[i], place, &rule->message[i])));
    }
    collect_reads(policy, rule);
    if (rule->all_reads.cost <= RULE_COST_MAX) return KIEM_OK;
    return km_fail_at(error, KIEM_E_POLICY, place, "rule %.*s costs %llu operations a row, more than %d",
                      KM_TEXT_ARG(rule->id), (unsigned long long)rule->all_reads.cost, RULE_COST_MAX);
}

static int by_id_and_date(const void *a, const void *b, const void *context) {
    const km_rule *left = a, *right = b;
    int order = km_text_compare(left->id, right->id);
    (void)context;
    return order ? order : (left->from > right->from) - (left->from < right->from);
}

/* The date look-ups of a term ask for: discharge for columns; any will do to check a term. */
static kiem_status term_day(km_resolver *r, const km_term *term) {
    if (term->is_column) return km_resolve(r, KM_TEXT("date(claim.NGAY_RA)"), term->place, &r->day);
    km_value any = {.type = KM_TYPE_DATE, .known = true};
    r->day = km_graph_constant(r->graph, term->scope, &any);
    return r->day == KM_NODE_NONE ? km_nomem(r->error) : KIEM_OK;
}

/* Columns are compiled here. Terms are compiled where they are used; one that nobody uses is checked all the
 * same. */
static kiem_status compile_term(km_policy *policy, km_term *term, km_error *error) {
    km_resolver r = {.graph = &policy->graph,
                     .names = &policy->names,
                     .scope = term->scope,
                     .day = KM_NODE_NONE,
                     .error = error};
    km_node_id node;
    kiem_status status = term_day(&r, term);
    if (status == KIEM_OK) status = km_resolve(&r, term->expression, term->place, &node);
    if (status == KIEM_OK && term->is_column) {
        policy->graph.nodes[node].opaque = policy->graph.nodes[node].op != KM_OP_FIELD;
        km_graph_reads(&policy->graph, node, true, &policy->column_reads);
        term->node = node;
        if (km_graph_name(&policy->graph, node, term->name) != KIEM_OK) status = km_nomem(error);
    }
    if (status == KIEM_OK || status == KIEM_E_NOMEM) return status;
    char message[KM_ERROR_MESSAGE_MAX] = "";
    if (error) memcpy(message, error->message, sizeof message);
    km_place place = {term->place.file, error ? error->line : 0, error ? error->column : 0, -1};
    return km_fail_at(error, status, place, "%s %.*s: %s", term->is_column ? "column" : "term",
                      KM_TEXT_ARG(term->name), message);
}

static kiem_status compile_terms(km_policy *policy, bool columns, km_error *error) {
    for (size_t i = 0; i < policy->term_count; i++) {
        if (policy->terms[i].is_column == columns) KM_TRY(compile_term(policy, &policy->terms[i], error));
    }
    return KIEM_OK;
}

kiem_status km_policy_compile(km_policy *policy, km_error *error) {
    size_t kept = 0;
    for (size_t i = 0; i < policy->rule_count; i++) {
        km_rule rule = policy->rules[i];
        if (rule.severity == KIEM_SEVERITY_OFF) continue;
        policy->rules[i] = policy->rules[kept];
        policy->rules[kept++] = rule;
    }
    policy->off_count = policy->rule_count - kept;
    policy->rule_count = kept;
    km_sort(policy->rules, kept, sizeof *policy->rules, by_id_and_date, NULL);
    policy->names = (km_names){.lookups = (const km_lookup *const *)policy->lookups,
                               .lookup_count = policy->lookup_count,
                               .terms = policy->terms,
                               .term_count = policy->term_count};
    KM_TRY(compile_terms(policy, true,
                         error)); /* first: a term that names one would work it out again and again */
    KM_TRY(compile_terms(policy, false, error));
    for (size_t i = 0; i < policy->rule_count; i++) KM_TRY(compile_rule(policy, &policy->rules[i], error));
    for (size_t i = 0; i < policy->rule_count; i++) {
        km_rule *rule = &policy->rules[i];
        km_coded_rule coded = {(uint32_t)i, rule->scope, rule->condition, rule->active};
        KM_TRY(km_code_index_add(&policy->codes, &policy->graph, &coded, &rule->key, error));
    }
    policy->compiled = true;
    return KIEM_OK;
}

km_node_id km_policy_column(const km_policy *policy, km_text name) {
    for (size_t i = 0; i < policy->term_count; i++) {
        const km_term *term = &policy->terms[i];
        if (term->is_column && km_text_equal(term->name, name)) return term->node;
    }
    return KM_NODE_NONE;
}
