#include "engine/entity/rank_columns.h"

#include "engine/columns.h"

bool km_is_flagged(const km_rank *cost) {
    const double most = .05;
    return cost->has_q && cost->q < most && cost->excess > 0;
}

void km_put_rank(km_result *out, const km_rank *rank, const km_rank_columns *at) {
    if (!rank->has_ratio) return;
    km_put_ratio(out, at->ratio, rank->ratio);
    if (at->excess_rate >= 0) km_put_ratio(out, at->excess_rate, rank->excess_rate);
    if (!rank->has_q) return;
    km_put_ratio(out, at->p, rank->p);
    km_put_ratio(out, at->q, rank->q);
}
