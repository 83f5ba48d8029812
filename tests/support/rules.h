/* A small policy and four claims that the tests of the rule language share. */
#ifndef KM_TEST_RULES_H
#define KM_TEST_RULES_H

#include "rules/judge.h"

enum { TEST_RULES_CLAIMS = 4, TEST_RULES_COLUMNS = 20 };

/* Columns of the four claims: a name, the cells separated by '|'. */
extern const char *const test_rules_claims[TEST_RULES_COLUMNS][2];
/* The same columns with what makes rows differ from their neighbours. */
extern const char *const test_rules_odd_claims[TEST_RULES_COLUMNS][2];

/* The four rows `copies` times over. A cell that cannot be read leaves what the reader made of it. */
kiem_status test_rules_rows(km_batch *batch, const char *const rows[TEST_RULES_COLUMNS][2], uint32_t copies,
                            km_error *error);
/* Base salaries, card groups and a few terms; not compiled yet. */
kiem_status test_rules_policy(km_policy *policy, km_error *error);
/* A claim expression as a node, KM_NODE_NONE with the error set when it cannot be resolved. */
km_node_id test_rules_resolve(km_policy *policy, const char *text, km_error *error);
/* What the columnar evaluator gave a row. */
km_value test_rules_vector_value(const km_graph *graph, const km_vector *vector, km_node_id id, uint32_t row);

#endif
