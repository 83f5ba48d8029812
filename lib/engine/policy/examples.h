/* The examples of a policy: claims on which a rule is expected to speak or to stay silent, kept as rows
 * beside the rules and run as tests. */
#ifndef KM_ENGINE_EXAMPLES_H
#define KM_ENGINE_EXAMPLES_H

#include "claim/result.h"
#include "claim/sheet.h"
#include "rules/policy.h"

typedef struct km_examples {
    const km_mem *mem;
    km_sheet *sheets;
    size_t count, capacity;
} km_examples;

void km_examples_init(km_examples *examples, const km_mem *mem);
void km_examples_free(km_examples *examples);
/* Takes the sheet, with the columns rule, fires, claim, drugs, services and note. */
kiem_status km_examples_add(km_examples *examples, km_sheet *sheet, km_error *error);
/* The rows that examples give to a reference table, as CSV text; empty when there are none. */
kiem_status km_examples_table(const km_examples *examples, km_text table, km_buf *out, km_error *error);
/* Judges every example by the compiled policy, or those of the rule `only` when it is not empty. Columns of
 * *out: rule, expected, got ("0", "1" or a severity, as expected was written; "not run" and why), passed,
 * claim, drugs, services, note, file, line. A row that cannot be understood is an error,
 * KIEM_E_NOT_FOUND when there is no such rule. */
kiem_status km_examples_run(const km_examples *examples, const km_policy *policy, km_text only,
                            km_result *out, km_error *error);

#endif
