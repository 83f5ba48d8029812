/* The claims to look at first: of each severity those with most money at risk, each with the finding that
 * carries most of it. Which ones they are does not depend on the order in which claims are offered. */
#ifndef KM_ENGINE_SHORTLIST_H
#define KM_ENGINE_SHORTLIST_H

#include "engine/flow/sink.h"
#include "kiem/codes.h"

enum { KM_SHORTLIST_LENGTH = 100, KM_SHORTLIST_MAX = 100000 };

typedef enum km_short_text {
    KM_SHORT_FACILITY = 0,
    KM_SHORT_MA_LK,
    KM_SHORT_FILE,
    KM_SHORT_RULES,
    KM_SHORT_MESSAGE,
    KM_SHORT_BASIS,
    KM_SHORT_TEXTS
} km_short_text;

typedef struct km_short_claim {
    int64_t at_risk, fund; /* hundredths of a dong */
    int64_t row, findings;
    char *bytes; /* of the texts, one behind the other */
    uint32_t end[KM_SHORT_TEXTS];
} km_short_claim;

/* Claims of one severity: the gravest of the findings that carry their money. */
typedef struct km_short_claims {
    km_short_claim *list; /* most money first */
    size_t count, capacity;
} km_short_claims;

typedef struct km_shortlist {
    const km_mem *mem;
    km_short_claims of[KIEM_SEVERITY_ERROR + 1];
    size_t most; /* claims of one severity */
    km_buf text; /* of the claim at hand */
} km_shortlist;

void km_shortlist_init(km_shortlist *shortlist, const km_mem *mem);
void km_shortlist_free(km_shortlist *shortlist);
/* Offers row `row` of the table of claims, with its rows first .. end - 1 of the findings. */
kiem_status km_shortlist_offer(km_shortlist *shortlist, const km_result *claims, uint64_t row,
                               const km_result *findings, uint64_t first, uint64_t end, km_error *error);
/* Fills the table. */
kiem_status km_shortlist_put(const km_shortlist *shortlist, km_sink *sink, km_error *error);

#endif
