/* The rows of claims.csv, of one batch that was judged. */
#ifndef KM_ENGINE_CLAIM_ROWS_H
#define KM_ENGINE_CLAIM_ROWS_H

#include "engine/job.h"

typedef struct km_claim_rows {
    const km_job *job;
    const km_batch *batch;
    const int64_t *at_risk;
    const bool *flagged;
} km_claim_rows;

/* `verdict` is the one that judged the batch: columns of the policy are worked out by it. */
kiem_status km_claim_rows_put(const km_claim_rows *rows, km_verdict *verdict, km_result *out,
                              km_error *error);

#endif
