/* Features: what makes claims comparable, one float each. Only more than usual is odd: what costs money. A
 * feature that cannot be worked out is NaN and says nothing. The table of meanings is in docs/scores.md. */
#ifndef KM_SCORE_FEATURE_H
#define KM_SCORE_FEATURE_H

#include "claim/care.h"
#include "claim/lookup.h"

typedef enum km_feature {
    KM_FEATURE_COST = 0,
    KM_FEATURE_COST_PER_DAY,
    KM_FEATURE_DRUGS_PER_DAY,
    KM_FEATURE_SUPPLIES_PER_DAY,
    KM_FEATURE_SERVICES_PER_DAY,
    KM_FEATURE_DRUG_SHARE,
    KM_FEATURE_SUPPLY_SHARE,
    KM_FEATURE_BED_SHARE,
    KM_FEATURE_SUPPLIES_TO_DRUGS,
    KM_FEATURE_DAYS,
    KM_FEATURE_DIAGNOSES,
    KM_FEATURE_VISITS_30D,
    KM_FEATURE_FACILITIES_30D,
    KM_FEATURE_OFF_HOURS,
    KM_FEATURE_WEEKEND,
    KM_FEATURE_HOME_DISTANCE,
    KM_FEATURE_COUNT
} km_feature;

/* How a value is kept and written. */
typedef enum km_feature_unit {
    KM_UNIT_MONEY, /* log2 of dong + offset */
    KM_UNIT_SHARE, /* 1 is the whole */
    KM_UNIT_TIMES, /* log2 of how many times as much */
    KM_UNIT_COUNT, /* whole numbers: days, hours, ... */
    KM_UNIT_YES,   /* 0 or 1 */
    KM_UNIT_PLACE  /* 0 same province, 1 same region, 2 farther */
} km_feature_unit;

typedef struct km_feature_info {
    const char *name;
    const char *meaning;
    km_feature_unit unit;
    float offset; /* dong added before the logarithm, so that small change does not count */
    float floor;  /* smallest spread that counts: below it differences are everyday */
    const char *label_vi, *label_en;
    const char *unit_vi, *unit_en;
} km_feature_info;

const km_feature_info *km_feature_about(km_feature feature);

/* The features of a claim: one cache line. */
typedef struct km_features {
    float value[KM_FEATURE_COUNT];
} km_features;

/* Reference tables that say where a facility stands; any may be NULL or without the column. */
typedef struct km_place_tables {
    const km_lookup *facilities, *provinces;
    int tier, level, region; /* columns, -1 none */
} km_place_tables;

km_place_tables km_place_tables_of(const km_lookup *facilities, const km_lookup *provinces);
/* A number shared by facilities of the same tier (before 2025) or, where that is unknown, technical level;
 * 0 unknown, at most KM_TIER_MAX. */
enum { KM_TIER_MAX = 7 };
uint32_t km_place_tier(const km_place_tables *tables, uint64_t facility, km_day day);

/* The columns of a batch that features are made from. */
typedef struct km_feature_reader {
    const km_batch *batch;
    const km_place_tables *places;
    km_total total;
    km_kind kind;
    km_cells facility, hospital_total, drugs, supplies, beds, days, in, out, visits_30d, facilities_30d;
    bool has_diagnoses, has_home;
} km_feature_reader;

km_feature_reader km_feature_reader_of(const km_batch *batch, const km_place_tables *places);
void km_features_read(const km_feature_reader *reader, uint32_t row, km_features *out);
/* Days for what a day costs: those claimed, else those between admission and discharge, at least one. */
int64_t km_feature_days(const km_feature_reader *reader, uint32_t row);

#endif
