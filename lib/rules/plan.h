/* A policy bound to the columns one input has: which rules run, which run one step softer, which cannot run
 * and why. */
#ifndef KM_RULES_PLAN_H
#define KM_RULES_PLAN_H

#include "rules/policy.h"

/* What an expression reads and an input does not have. */
typedef struct km_missing {
    const km_lookup *table; /* a reference table without rows, else */
    km_scope scope;
    int field;
} km_missing;

typedef struct km_plan_rule {
    uint32_t rule; /* in policy->rules */
    bool runs;
    bool keyed;         /* found by a code: see code_index.h */
    bool foreign;       /* about another standard than the input's: it cannot be true there */
    bool softened;      /* something that `unless` reads is missing */
    km_missing missing; /* the first thing the condition lacks, or `unless` when the rule runs softened */
} km_plan_rule;

typedef struct km_plan {
    const km_policy *policy;
    km_plan_rule *rules; /* one for each rule of the policy */
    bool *satisfied;     /* one for each node of the graph */
} km_plan;

/* `present[scope]` are the columns that will be there, raw and derived; has_scope tells which child tables
 * are given. */
kiem_status km_plan_bind(km_plan *plan, const km_policy *policy, const km_fieldset present[KM_SCOPE_COUNT],
                         const uint64_t standard[KM_SCOPE_COUNT], km_error *error);
void km_plan_free(km_plan *plan);
/* Whether the input has what an expression reads; true for KM_NODE_NONE. */
bool km_plan_has(const km_plan *plan, km_node_id id);
/* The columns rules that can run with these raw columns may read (conditions, exceptions, amounts, messages).
 */
void km_policy_needs(const km_policy *policy, km_reads *needs);
/* The columns of claims of which rules only ask whether they are NULL, and no finding shows a value: those
 * whose values nobody misses. */
km_fieldset km_policy_asked(const km_policy *policy);
/* Appends "COLUMN", "drug.COLUMN" or "table NAME". */
void km_missing_name(km_buf *out, const km_missing *missing);
/* One step softer: error and violation become suspicion, suspicion becomes notice. */
int km_severity_softer(int severity);

#endif
