/* Row-at-a-time evaluation: for amounts, exceptions and messages of the few rows that fire, for single claims
 * on-line, and as the oracle the columnar evaluator is tested against. */
#ifndef KM_RULES_SCALAR_H
#define KM_RULES_SCALAR_H

#include "rules/apply.h"
#include "rules/input.h"

/* The value of a node for one row of its scope. Texts point into the batch or the policy. */
km_value km_scalar(km_apply_context *context, const km_graph *graph, const km_input *input, km_node_id id,
                   uint32_t row);

/* Adds the next term to a sum; false on overflow. */
bool km_sum_add(int64_t *sum, int64_t term);

#endif
