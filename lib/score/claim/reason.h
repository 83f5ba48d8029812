/* Why a claim stands out: its oddest features beside what is usual among its peers, in words that state
 * figures and nothing more. */
#ifndef KM_SCORE_REASON_H
#define KM_SCORE_REASON_H

#include "score/claim/scorer.h"

enum { KM_REASONS_MAX = 3 };

typedef struct km_reason {
    km_feature feature;
    float value,
        median;     /* in the unit of the feature, see km_feature_unit; all values lie above the median */
    uint32_t peers; /* peers that have this feature */
    int percent;    /* of the squared distance, rounded down */
} km_reason;

/* The features that make up most of the distance, largest first; returns how many (0 for a claim with no
 * score or with nothing odd). */
int km_scorer_reason_list(const km_scorer *scorer, uint64_t id, km_reason out[KM_REASONS_MAX]);

/* The same as one line, language KIEM_LANG_VI or KIEM_LANG_EN:
 *   chi phí 12,5 triệu đồng, trung vị nhóm 1,1 triệu (2.310 hồ sơ), cao hơn, 62%; ...
 *   cost 12,500,000 dong, peer median 1,100,000 (2,310 claims), higher, 62%; ...
 * Money has three significant digits, medians of it two; the last figure is the feature's part of the
 * distance. */
void km_scorer_reasons(const km_scorer *scorer, uint64_t id, int32_t language, km_buf *buf);

#endif
