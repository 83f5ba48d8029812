/* Features: what makes claims comparable, as integers with 16 fractional bits so that every machine computes
 * the same. A feature that cannot be worked out is absent and says nothing. */
#ifndef KM_SCORE_FEATURE_H
#define KM_SCORE_FEATURE_H

#include "claim/care.h"

enum { KM_FEATURE_BITS = 16, KM_FEATURE_ONE = 1 << KM_FEATURE_BITS, KM_FEATURE_MAX = 16 };

typedef enum km_feature {
    KM_FEATURE_COST = 0,
    KM_FEATURE_FUND,
    KM_FEATURE_COST_PER_DAY,
    KM_FEATURE_DRUG_SHARE,
    KM_FEATURE_SUPPLY_SHARE,
    KM_FEATURE_SERVICE_SHARE,
    KM_FEATURE_DAYS,
    KM_FEATURE_STAY_HOURS,
    KM_FEATURE_DIAGNOSES,
    KM_FEATURE_VISITS_30D,
    KM_FEATURE_FACILITIES_30D,
    KM_FEATURE_COUNT
} km_feature;

_Static_assert((int)KM_FEATURE_COUNT <= (int)KM_FEATURE_MAX, "a claim has room for 16 features");

/* How a value is to be read and written. */
typedef enum km_feature_unit {
    KM_UNIT_MONEY, /* log2 of dong */
    KM_UNIT_SHARE, /* 1 is the whole */
    KM_UNIT_COUNT  /* days, hours, ... */
} km_feature_unit;

typedef struct km_feature_info {
    const char *name;
    const char *meaning;
    km_feature_unit unit;
    bool two_sided; /* low values are unusual too */
    int32_t floor;  /* smallest spread that counts: below it differences are everyday, see peer.h */
    const char *label_vi, *label_en;
    const char *unit_vi, *unit_en;
} km_feature_info;

const km_feature_info *km_feature_about(km_feature feature);

/* The features of a claim; value[f] is 0 unless bit f of `present` is set. */
typedef struct km_features {
    int32_t value[KM_FEATURE_COUNT];
    uint32_t present;
} km_features;

/* The columns of a batch that features are made from. */
typedef struct km_feature_reader {
    const km_batch *batch;
    km_total total;
    km_kind kind;
    km_cells hospital_total, fund, drugs, supplies, days, in, out, visits_30d, facilities_30d;
} km_feature_reader;

km_feature_reader km_feature_reader_of(const km_batch *batch);
void km_features_read(const km_feature_reader *reader, uint32_t row, km_features *out);

static inline bool km_feature_known(const km_features *features, km_feature feature) {
    return features->present >> feature & 1;
}

#endif
