/* A batch into a scorer in one step, for the tests. */
#ifndef KM_TEST_SCORING_H
#define KM_TEST_SCORING_H

#include "score/claim/scorer.h"

static inline kiem_status test_scorer_add(km_scorer *scorer, const km_batch *batch, km_error *error) {
    static km_scored claims[KM_BATCH_ROWS];
    const km_place_tables places = km_place_tables_of(NULL, NULL);
    km_scorer_read(batch, &places, claims);
    return km_scorer_add(scorer, claims, batch->rows, error);
}

static inline kiem_status test_scorer_expect(km_scorer *scorer, const km_batch *batch, km_error *error) {
    const km_place_tables places = km_place_tables_of(NULL, NULL);
    return km_scorer_expect(scorer, batch, &places, error);
}

#endif
