#include "rules/plan.h"

int km_severity_softer(int severity) {
    return severity > KIEM_SEVERITY_SUSPICION ? KIEM_SEVERITY_SUSPICION : KIEM_SEVERITY_NOTICE;
}

/* Whether a node can be worked out with the columns present; the first missing one is told. Of a coalesce one
 * argument is enough: that is how a rule reads a column that has another name in another standard. */
static bool satisfied(const km_graph *graph, km_node_id id, const km_fieldset *present, km_scope *scope,
                      int *field) {
    if (id == KM_NODE_NONE) return true;
    const km_node *node = km_node_at(graph, id);
    if (node->op == KM_OP_FIELD) {
        if (km_fieldset_has(&present[node->scope], (int)node->number)) return true;
        *scope = (km_scope)node->scope;
        *field = (int)node->number;
        return false;
    }
    bool any = node->count == 0;
    for (int i = 0; i < node->count; i++) {
        bool one = satisfied(graph, km_node_argument(graph, node, i), present, scope, field);
        if (!one && node->op != KM_OP_COALESCE) return false;
        any = any || one;
    }
    return any;
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
    if (!plan->rules) return km_nomem(error);
    for (size_t i = 0; i < policy->rule_count; i++) {
        const km_rule *rule = &policy->rules[i];
        km_plan_rule *bound = &plan->rules[i];
        km_scope scope;
        int field;
        *bound = (km_plan_rule){.rule = (uint32_t)i};
        bound->foreign = is_foreign(&policy->graph, rule->condition, standard);
        bound->runs = !bound->foreign && satisfied(&policy->graph, rule->condition, present,
                                                   &bound->missing_scope, &bound->missing_field);
        bound->softened = !satisfied(&policy->graph, rule->unless, present, &scope, &field);
    }
    return KIEM_OK;
}

void km_plan_free(km_plan *plan) {
    if (!plan->policy) return;
    km_free(plan->policy->mem, plan->rules, plan->policy->rule_count * sizeof *plan->rules);
    *plan = (km_plan){0};
}

void km_policy_needs(const km_policy *policy, km_reads *needs) {
    for (size_t i = 0; i < policy->rule_count; i++) {
        for (int s = 0; s < KM_SCOPE_COUNT; s++)
            km_fieldset_join(&needs->fields[s], &policy->rules[i].all_reads.fields[s]);
    }
}
