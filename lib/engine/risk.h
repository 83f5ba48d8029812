/* Money at risk of one claim: what its findings add up to, never more than the fund was asked for. */
#ifndef KM_ENGINE_RISK_H
#define KM_ENGINE_RISK_H

#include "base/text.h"

/* One finding of a claim, in hundredths of a dong. */
typedef struct km_risk {
    int severity;
    int64_t amount;  /* what the rule gives */
    int64_t patient; /* owed to the patient; not shared out */
    int64_t counted; /* out: its part of the claim's sum */
    km_text cause;   /* findings of one cause count once, at the largest amount; empty: a cause of its own */
    uint32_t order;  /* breaks ties: the lower one counts first */
} km_risk;

/* Shares out at most max(0, fund) among the findings: the graver first, then the larger, then by order.
 * Notices and errors but duplicates carry no claim money. Returns the sum. `scratch` holds `count` pointers.
 */
int64_t km_risk_share(km_risk *risks, size_t count, int64_t fund, km_risk **scratch);

#endif
