/* The scorer: collects the features of every claim, fits the peer groups, and says of each claim how odd it
 * is among its peers. A score is a rank and says nothing more. */
#ifndef KM_SCORE_SCORER_H
#define KM_SCORE_SCORER_H

#include "score/claim/key_places.h"
#include "score/claim/note.h"
#include "score/claim/peer.h"

#define KM_NO_GROUP UINT32_MAX

enum { KM_SCORE_SCALE = 6, KM_SCORE_ONE = 1000000, KM_SCORER_FDR = 50000 /* 5 % */ };

/* A claim as the scorer keeps it. */
typedef struct km_scored {
    km_features features;
    uint64_t id;
    uint32_t key;   /* km_peer_key */
    uint32_t group; /* index of its peer group, KM_NO_GROUP when there are too few peers */
} km_scored;

/* What is asked of each claim when it is judged; its features are asked for seldom. */
typedef struct km_claim_standing {
    uint32_t place; /* among the claims + 1; 0: no claim has this row number */
    uint32_t group;
    uint16_t oddness; /* -log2 of the p-value, see tail.h */
    uint16_t parts;   /* bit i: part i of the cost stands out, see scorer.c */
} km_claim_standing;

/* The claims, and those learned earlier, of one key. */
typedef struct km_peer_stratum {
    uint32_t key, group;
    size_t first, count_first, sample_first; /* those of the next stratum end them */
    uint64_t learned;
} km_peer_stratum;

typedef struct km_scorer {
    const km_mem *mem;
    km_scored *claims; /* sorted by key once it is fitted */
    size_t count, capacity;
    uint64_t first_id, last_id; /* the lowest and the highest row number */
    km_key_places expected;     /* where claims go, unless none were expected */
    km_peer_group *groups;      /* each after its parent */
    km_peer_scale *scales;      /* of each group */
    size_t group_count, group_capacity, scale_capacity;
    km_peer_past past;       /* claims learned earlier, which are peers and not judged */
    km_scored *sample;       /* of them, by key */
    size_t sample_capacity;  /* past.sampled of them are used */
    km_peer_stratum *strata; /* in the order of their keys, and one more that ends the last */
    size_t stratum_count, stratum_capacity;
    float *distances;             /* of the claims from their peers, then of the sample, while it is fitted */
    int32_t *scores;              /* score of each oddness */
    int32_t *q_values;            /* of each stretch of oddness, see tail.h */
    km_claim_standing *standings; /* of row number first_id + i */
    size_t standing_count;
    int threads; /* to fit with; 0 is one */
    int32_t fdr; /* share of false flags the run accepts, scale KM_SCORE_SCALE */
    bool fitted;
} km_scorer;

void km_scorer_init(km_scorer *scorer, const km_mem *mem);
void km_scorer_free(km_scorer *scorer);
/* The claims of a batch as the scorer keeps them; out has room for all rows. The history columns must be
 * attached before; without them their features are absent. */
void km_scorer_read(const km_batch *batch, const km_place_tables *places, km_scored *out);
/* The claims of this batch will be added: each is then put where it stands in the order of keys. Before the
 * first addition; all claims are expected or none. */
kiem_status km_scorer_expect(km_scorer *scorer, const km_batch *batch, const km_place_tables *places,
                             km_error *error);
/* Claims that were not expected: on failure nothing was added. */
kiem_status km_scorer_add(km_scorer *scorer, const km_scored *claims, size_t count, km_error *error);
/* Claims learned earlier are peers too; before fitting. The counts must stay while it is fitted, the sample
 * is copied. */
kiem_status km_scorer_start(km_scorer *scorer, const km_peer_past *past, km_error *error);
/* Fits and ranks; nothing can be added afterwards. After a failure the scorer is not fitted. */
kiem_status km_scorer_fit(km_scorer *scorer, km_error *error);
/* Adds score, q_value, peers, excess and fdr to a batch that was added before. */
kiem_status km_scorer_attach(const km_scorer *scorer, km_batch *batch, km_error *error);
/* The same for claims that were never added: held against those learned earlier alone. `room` has one place
 * for each row. */
kiem_status km_scorer_judge(const km_scorer *scorer, const km_place_tables *places, km_batch *batch,
                            km_scored *room, km_error *error);
/* The claim with that row number, NULL when it was never added or nothing is fitted. */
const km_scored *km_scorer_find(const km_scorer *scorer, uint64_t id);
/* How a claim stands in the group it was given, with that distance. */
km_claim_standing km_scorer_standing(const km_scorer *scorer, const km_scored *claim, float distance);
/* Its peer group, NULL when there is none. */
const km_peer_group *km_scorer_group(const km_scorer *scorer, const km_scored *claim);
/* How many spreads a feature lies above its peers, 0 when it does not or is missing. */
static inline float km_scorer_above(const km_scorer *scorer, const km_scored *claim, km_feature feature) {
    const km_peer_scale *scale = &scorer->scales[claim->group];
    const float z = (claim->features.value[feature] - scale->centre[feature]) * scale->inverse[feature];
    return z > 0 ? z : 0;
}

#endif
