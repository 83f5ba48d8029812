/* Entities beside each other in one measure, after case mix: from what was observed and expected to limits,
 * chances and an excess. For facilities, departments, provinces, doctors: anything that has a km_standing. */
#ifndef KM_SCORE_RANK_H
#define KM_SCORE_RANK_H

#include "score/entity/cohort.h"
#include "score/entity/funnel.h"

typedef struct km_rank {
    bool has_ratio; /* enough claims, and most of the expected rests on others: the next are known */
    double ratio, low95, high95; /* observed / expected, and the limits of the funnel for it */
    double z, p;
    double excess, excess_rate; /* see km_funnel_excess, in units of the measure; and over the expected */
    bool has_q;                 /* at least KM_FUNNEL_MIN entities were tested */
    double q;
} km_rank;

/* The order of the entities shows in the last bits only: give them in an order that is fixed. */
kiem_status km_rank_entities(const km_mem *mem, const km_standing *entities, size_t count, km_rank *out,
                             km_error *error);

#endif
