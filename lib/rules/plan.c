#include "rules/plan.h"

int km_severity_softer(int severity) {
    return severity > KIEM_SEVERITY_SUSPICION ? KIEM_SEVERITY_SUSPICION : KIEM_SEVERITY_NOTICE;
}

void km_missing_name(km_buf *out, const km_missing *missing) {
    int count;
    if (missing->table) {
        km_buf_string(out, "table ");
        km_buf_text(out, missing->table->name);
        return;
    }
    if (missing->scope != KM_SCOPE_CLAIM) {
        km_buf_string(out, km_scope_name(missing->scope));
        km_buf_char(out, '.');
    }
    km_buf_string(out, km_fields(missing->scope, &count)[missing->field].name);
}

static bool is_empty(const km_fieldset *set) {
    uint64_t any = 0;
    for (size_t i = 0; i < sizeof set->bits / sizeof set->bits[0]; i++) any |= set->bits[i];
    return !any;
}

static bool is_aggregate(const km_node *node) {
    return node->op >= KM_OP_SUM && node->op <= KM_OP_EXISTS;
}

/* Whether a node lacks nothing itself. */
static bool has_source(const km_node *node, const km_fieldset *present) {
    if (node->op == KM_OP_FIELD) return km_fieldset_has(&present[node->scope], (int)node->number);
    if (is_aggregate(node)) return !is_empty(&present[node->detail]);
    bool asks = node->op == KM_OP_LOOKUP || node->op == KM_OP_IN_LOOKUP;
    return !asks || ((const km_lookup *)node->extra)->rows > 0;
}

/* Which nodes can be worked out with the columns present and the tables that have rows. Of a coalesce one
 * argument is enough: that is how a rule reads a column that has another name in another standard. Arguments
 * come before the nodes that use them. */
static void find_satisfied(const km_graph *graph, const km_fieldset *present, bool *satisfied) {
    for (size_t id = 0; id < graph->count; id++) {
        const km_node *node = &graph->nodes[id];
        int good = 0;
        for (int i = 0; i < node->count; i++) good += satisfied[km_node_argument(graph, node, i)];
        bool enough = node->op == KM_OP_COALESCE ? good > 0 : good == node->count;
        satisfied[id] = enough && has_source(node, present);
    }
}

/* The first thing that a node which cannot be worked out lacks. */
static km_missing find_missing(const km_plan *plan, const km_fieldset *present, km_node_id id) {
    const km_graph *graph = &plan->policy->graph;
    const km_node *node = km_node_at(graph, id);
    int i = 0;
    if (node->op == KM_OP_FIELD)
        return (km_missing){.scope = (km_scope)node->scope, .field = (int)node->number};
    if (!is_aggregate(node) && !has_source(node, present)) return (km_missing){.table = node->extra};
    while (i < node->count && plan->satisfied[km_node_argument(graph, node, i)]) i++;
    if (i == node->count) return (km_missing){.scope = (km_scope)node->detail}; /* lines or cards */
    return find_missing(plan, present, km_node_argument(graph, node, i));
}

bool km_plan_has(const km_plan *plan, km_node_id id) {
    return id == KM_NODE_NONE || plan->satisfied[id];
}

static int standard_field(int scope) {
    return km_field_find((km_scope)scope, KM_TEXT("STANDARD"));
}

/* Whether a condition is FALSE on every row of an input of this standard, by its comparisons of STANDARD
 * alone. */
static bool is_foreign(const km_graph *graph, km_node_id id, const uint64_t *standard) {
    const km_node *node = km_node_at(graph, id);
    if (node->op == KM_OP_AND || node->op == KM_OP_OR) {
        bool all = true, any = false;
        for (int i = 0; i < node->count; i++) {
            bool one = is_foreign(graph, km_node_argument(graph, node, i), standard);
            all = all && one;
            any = any || one;
        }
        return node->op == KM_OP_AND ? any : all;
    }
    bool compared = (node->op == KM_OP_COMPARE && node->detail == KM_EQ) || node->op == KM_OP_IN_SET;
    if (!compared) return false;
    const km_node *left = km_node_at(graph, km_node_argument(graph, node, 0));
    if (left->op == KM_OP_PARENT) left = km_node_at(graph, km_node_argument(graph, left, 0));
    if (left->op != KM_OP_FIELD || left->number != standard_field(left->scope) || !standard[left->scope])
        return false;
    for (int i = 1; i < node->count; i++) {
        const km_node *value = km_node_at(graph, km_node_argument(graph, node, i));
        if (value->op != KM_OP_CONST || (uint64_t)value->number == standard[left->scope]) return false;
    }
    return true;
}

kiem_status km_plan_bind(km_plan *plan, const km_policy *policy, const km_fieldset present[KM_SCOPE_COUNT],
                         const uint64_t standard[KM_SCOPE_COUNT], km_error *error) {
    *plan = (km_plan){.policy = policy};
    plan->rules = km_alloc_array(policy->mem, policy->rule_count, sizeof *plan->rules);
    plan->satisfied = km_alloc_array(policy->mem, policy->graph.count, sizeof *plan->satisfied);
    if (!plan->rules || !plan->satisfied) {
        km_plan_free(plan);
        return km_nomem(error);
    }
    find_satisfied(&policy->graph, present, plan->satisfied);
    for (size_t i = 0; i < policy->rule_count; i++) {
        const km_rule *rule = &policy->rules[i];
        km_plan_rule *bound = &plan->rules[i];
        *bound = (km_plan_rule){.rule = (uint32_t)i, .keyed = rule->key >= 0};
        bound->foreign = is_foreign(&policy->graph, rule->condition, standard);
        bool with = km_plan_has(plan, rule->condition), can = with && km_plan_has(plan, rule->active);
        bound->runs = can && !bound->foreign;
        bound->softened = !km_plan_has(plan, rule->unless);
        if (!can) bound->missing = find_missing(plan, present, with ? rule->active : rule->condition);
        if (can && bound->softened) bound->missing = find_missing(plan, present, rule->unless);
    }
    return KIEM_OK;
}

void km_plan_free(km_plan *plan) {
    if (!plan->policy) return;
    km_free(plan->policy->mem, plan->rules, plan->policy->rule_count * sizeof *plan->rules);
    km_free(plan->policy->mem, plan->satisfied, plan->policy->graph.count * sizeof *plan->satisfied);
    *plan = (km_plan){0};
}

void km_policy_needs(const km_policy *policy, km_reads *needs) {
    for (size_t i = 0; i < policy->rule_count; i++) {
        for (int s = 0; s < KM_SCOPE_COUNT; s++)
            km_fieldset_join(&needs->fields[s], &policy->rules[i].all_reads.fields[s]);
    }
    for (int s = 0; s < KM_SCOPE_COUNT; s++)
        km_fieldset_join(&needs->fields[s], &policy->column_reads.fields[s]);
}

/* ---- columns without values */

/* The field of claims that a node is, or -1. */
static int claim_field(const km_graph *graph, km_node_id id) {
    const km_node *node = id == KM_NODE_NONE ? NULL : km_node_at(graph, id);
    return node && node->op == KM_OP_FIELD && node->scope == KM_SCOPE_CLAIM ? (int)node->number : -1;
}

static void forget_field(const km_graph *graph, km_node_id id, km_fieldset *asked) {
    int field = claim_field(graph, id);
    if (field >= 0) km_fieldset_remove(asked, field);
}

/* What a condition asks to be NULL on every row where it is TRUE. */
static void find_nulls(const km_graph *graph, km_node_id id, km_fieldset *nulls) {
    const km_node *node = km_node_at(graph, id);
    for (int i = 0; node->op == KM_OP_AND && i < node->count; i++)
        find_nulls(graph, km_node_argument(graph, node, i), nulls);
    int field = node->op == KM_OP_IS_NULL ? claim_field(graph, km_node_argument(graph, node, 0)) : -1;
    if (field >= 0) km_fieldset_add(nulls, field);
}

/* A finding shows what its condition reads, and what its message names. */
static void forget_shown(const km_policy *policy, const km_rule *rule, km_fieldset *asked) {
    const km_graph *graph = &policy->graph;
    const km_node_id roots[] = {rule->condition, rule->unless, rule->amount, rule->amount_patient};
    km_fieldset nulls = {0};
    find_nulls(graph, rule->condition, &nulls);
    for (int i = 0; i < KM_CLAIM_FIELD_COUNT; i++) {
        bool shown = km_fieldset_has(&rule->condition_reads.fields[KM_SCOPE_CLAIM], i);
        if (shown && !km_fieldset_has(&nulls, i)) km_fieldset_remove(asked, i);
    }
    for (size_t i = 0; i < sizeof roots / sizeof roots[0]; i++) forget_field(graph, roots[i], asked);
    for (int language = 0; language < 2; language++) {
        const km_message *message = &rule->message[language];
        for (int i = 0; i < message->count; i++) forget_field(graph, message->parts[i].node, asked);
    }
}

km_fieldset km_policy_asked(const km_policy *policy) {
    const km_graph *graph = &policy->graph;
    km_reads needs = {0};
    km_policy_needs(policy, &needs);
    km_fieldset asked = needs.fields[KM_SCOPE_CLAIM];
    for (size_t id = 0; id < graph->count; id++) {
        const km_node *node = &graph->nodes[id];
        for (int i = 0; node->op != KM_OP_IS_NULL && i < node->count; i++)
            forget_field(graph, km_node_argument(graph, node, i), &asked);
    }
    for (size_t i = 0; i < policy->rule_count; i++) forget_shown(policy, &policy->rules[i], &asked);
    for (size_t i = 0; i < policy->term_count; i++) {
        if (policy->terms[i].is_column) forget_field(graph, policy->terms[i].node, &asked);
    }
    return asked;
}
