/* A policy bound to the columns one input has: which rules run, which run one step softer, which cannot run
 * and why. */
#ifndef KM_RULES_PLAN_H
#define KM_RULES_PLAN_H

#include "rules/policy.h"

typedef struct km_plan_rule {
    uint32_t rule; /* in policy->rules */
    bool runs;
    bool foreign;           /* about another standard than the input's: it cannot be true there */
    bool softened;          /* a column of `unless` is missing */
    km_scope missing_scope; /* the first missing column of the condition, when it does not run */
    int missing_field;
} km_plan_rule;

typedef struct km_plan {
    const km_policy *policy;
    km_plan_rule *rules; /* one for each rule of the policy */
} km_plan;

/* `present[scope]` are the columns that will be there, raw and derived; has_scope tells which child tables
 * are given. */
kiem_status km_plan_bind(km_plan *plan, const km_policy *policy, const km_fieldset present[KM_SCOPE_COUNT],
                         const uint64_t standard[KM_SCOPE_COUNT], km_error *error);
void km_plan_free(km_plan *plan);
/* The columns rules that can run with these raw columns may read (conditions, exceptions, amounts, messages).
 */
void km_policy_needs(const km_policy *policy, km_reads *needs);
/* One step softer: error and violation become suspicion, suspicion becomes notice. */
int km_severity_softer(int severity);

#endif
