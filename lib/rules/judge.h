/* Runs a plan over batches: which rule fires on which row, and how often each rule was true, false or NULL.
 */
#ifndef KM_RULES_JUDGE_H
#define KM_RULES_JUDGE_H

#include "rules/card_rows.h"
#include "rules/plan.h"
#include "rules/vector.h"

/* A rule fired on a row of its scope. */
typedef struct km_hit {
    uint32_t claim; /* row of the claim in its batch */
    uint32_t row;   /* row in the rule's scope; the claim row again for claim rules */
    uint32_t rule;
    int32_t severity;
} km_hit;

/* Rows of the rule's scope. in_force = is_true + is_false + is_null; cleared (by `unless`) rows are among
 * is_true. */
typedef struct km_rule_counts {
    uint64_t rows, in_force, is_true, is_false, is_null, cleared;
} km_rule_counts;

/* The working memory of one thread. */
typedef struct km_rule_judge {
    const km_mem *mem;
    const km_policy *policy;
    km_frame frame;
    km_card_rows cards;
    km_rule_counts *counts; /* one for each rule */
    const km_plan *plan; /* of the last batch; rows under it that rules found by a code do not count yet: */
    uint64_t plan_rows[KM_SCOPE_COUNT];
    uint64_t *plan_in_force; /* one for each node that is the dates of such a rule */
    km_node_id *dates;       /* those nodes */
    size_t dates_count;
    uint64_t
        nulls_made; /* conditions that are NULL because of an overflow, a division by zero or a regex limit */
    km_hit *hits;
    size_t hit_count, hit_capacity;
} km_rule_judge;

kiem_status km_rule_judge_init(km_rule_judge *judge, const km_mem *mem, const km_policy *policy,
                               km_error *error);
void km_rule_judge_free(km_rule_judge *judge);
/* Brings the counts up to date; needed before they are read. The plan last used must still stand. */
void km_rule_judge_settle(km_rule_judge *judge);
/* Judges one batch of claims (and their child rows, when given). Card rows are made here. Afterwards
 * judge->hits holds this batch's hits in order of claim, rule and row, and the input can be used to render
 * messages. */
kiem_status km_rule_judge_batch(km_rule_judge *judge, const km_plan *plan, km_input *input, km_error *error);

/* Appends "FIELD=value; FIELD=value" for the columns the rule's condition read, and the values of the terms,
 * look-ups and aggregates in it. */
void km_hit_evidence(km_buf *out, km_rule_judge *judge, const km_input *input, const km_hit *hit);
/* The rule's amount in hundredths of a dong for this hit, rounded; 0 when it has none or it is NULL. */
int64_t km_hit_amount(km_rule_judge *judge, const km_hit *hit, bool patient);
void km_hit_message(km_buf *out, km_rule_judge *judge, const km_hit *hit, int language);

#endif
