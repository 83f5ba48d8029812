/* The policy bound to the inputs of a job. Those with the same columns and standards share a plan: thousands
 * of envelopes would each take the time of binding, and tens of kilobytes. */
#ifndef KM_ENGINE_PLANS_H
#define KM_ENGINE_PLANS_H

#include "rules/plan.h"

typedef struct km_plan_key {
    km_fieldset present[KM_SCOPE_COUNT];
    uint64_t standard[KM_SCOPE_COUNT];
} km_plan_key;

typedef struct km_bound_plan km_bound_plan;

typedef struct km_plans {
    const km_mem *mem;
    km_bound_plan *first; /* the one used last */
} km_plans;

void km_plans_init(km_plans *plans, const km_mem *mem);
void km_plans_free(km_plans *plans);
/* See km_plan_bind; *out stands until the plans are freed. */
kiem_status km_plans_bind(km_plans *plans, const km_policy *policy, const km_plan_key *key,
                          const km_plan **out, km_error *error);

#endif
