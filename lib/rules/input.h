/* The rows an expression is evaluated over: a batch of claims, and their child rows where there are any. */
#ifndef KM_RULES_INPUT_H
#define KM_RULES_INPUT_H

#include "claim/batch.h"

static inline bool km_bit(const uint64_t *bits, uint32_t row) {
    return bits[row / 64] >> (row % 64) & 1;
}

/* Child scopes: the children of claim row r are rows first[r] .. first[r + 1] - 1, and parent[c] is the claim
 * row of child c. For claims both are NULL. A scope without a batch has no values: everything read from it is
 * NULL. */
typedef struct km_rowset {
    const km_batch *batch;
    const uint32_t *parent;
    const uint32_t *first;
    const uint64_t
        *unclear; /* bit of a claim row whose children cannot be told (or NULL): aggregates are NULL there */
} km_rowset;

static inline bool km_rowset_unclear(const km_rowset *set, uint32_t claim) {
    return set->unclear && km_bit(set->unclear, claim);
}

typedef struct km_input {
    km_rowset set[KM_SCOPE_COUNT];
} km_input;

#endif
