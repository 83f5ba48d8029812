/* Turns what rules found on a batch into rows of the findings table, with the money shared out within each
 * claim. Used for files and for single claims alike. */
#ifndef KM_ENGINE_VERDICT_H
#define KM_ENGINE_VERDICT_H

#include "engine/risk.h"
#include "engine/tables.h"
#include "rules/judge.h"

/* The working memory of one thread. */
typedef struct km_verdict {
    const km_mem *mem;
    const km_policy *policy;
    int language;
    km_rule_judge rules;
    km_risk *risks;
    km_risk **order;
    size_t risk_capacity, order_capacity;
    km_buf text;
    /* for km_verdict_batch */
    km_result findings;
    km_plan plan;
    km_fieldset planned[KM_SCOPE_COUNT];
    uint64_t standards[KM_SCOPE_COUNT];
} km_verdict;

/* One claim: hits and risks run in parallel. */
typedef struct km_claim_verdict {
    const km_hit *hits;
    const km_risk *risks;
    size_t count;
    int64_t at_risk; /* hundredths of a dong, at most what the fund was asked for */
} km_claim_verdict;

/* Tells where a finding points: file (may be empty) and row. */
typedef struct km_places {
    void (*place)(const void *context, const km_input *input, const km_rule *rule, const km_hit *hit,
                  km_text *file, int64_t *row);
    const void *context;
} km_places;

kiem_status km_verdict_init(km_verdict *verdict, const km_mem *mem, const km_policy *policy, int language,
                            km_error *error);
void km_verdict_free(km_verdict *verdict);

/* After km_rule_judge_batch on verdict->rules: the findings of one claim go to `out`. Claims are asked for in
 * row order; *next_hit starts at 0. */
kiem_status km_verdict_claim(km_verdict *verdict, const km_input *input, uint32_t row, size_t *next_hit,
                             const km_places *places, km_result *out, km_claim_verdict *claim,
                             km_error *error);
/* Evidence and message of a finding, into the row at work. */
kiem_status km_verdict_words(km_verdict *verdict, const km_input *input, const km_hit *hit, km_result *out,
                             km_error *error);
/* Judges claims that come on-line, with their lines where `input` has them; the rows are in verdict->findings
 * until the next call. */
kiem_status km_verdict_batch(km_verdict *verdict, const km_input *input, km_error *error);

#endif
