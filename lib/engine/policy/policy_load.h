/* Policies from files: the one compiled in, a directory that replaces files of it, house rules and tables on
 * top. */
#ifndef KM_ENGINE_POLICY_LOAD_H
#define KM_ENGINE_POLICY_LOAD_H

#include "engine/policy/examples.h"
#include "state/history/course.h"

/* Everything of the default policy; a file that `directory` (or NULL) has under the same name is taken from
 * there, and further files of its rules/ folder are added. The policy is not compiled yet. */
kiem_status km_policy_load(km_policy *policy, const km_mem *mem, const char *directory, km_error *error);
/* The long courses of the default policy, for a state that learns without one. */
kiem_status km_builtin_courses(km_courses *courses, const km_mem *mem, km_error *error);
/* House rules from CSV text. */
kiem_status km_policy_load_rules(km_policy *policy, const char *name, km_text text, km_error *error);
/* Rows for a table of the schema. */
kiem_status km_policy_load_table(km_policy *policy, const char *directory, km_text table, const char *name,
                                 km_text text, km_error *error);
/* Compiles the policy with the tables its examples give, and judges every example: see km_examples_run. */
kiem_status km_policy_test(km_policy *policy, const char *directory, km_text only, km_result *out,
                           km_error *error);

#endif
