/* How an entity stands beside its peers, as columns. */
#ifndef KM_ENGINE_RANK_COLUMNS_H
#define KM_ENGINE_RANK_COLUMNS_H

#include "claim/result.h"
#include "score/entity/rank.h"

typedef struct km_rank_columns {
    int ratio, excess_rate, p, q; /* excess_rate -1: not shown */
} km_rank_columns;

/* Whether costs lie above those of the peers, at a false discovery rate of 5 %. */
bool km_is_flagged(const km_rank *cost);
void km_put_rank(km_result *out, const km_rank *rank, const km_rank_columns *at);

#endif
