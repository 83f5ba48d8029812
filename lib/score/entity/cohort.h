/* Indirect standardisation: what the cases of an entity would cost, take or do if they were those of all its
 * peers. Sums are exact integers, so that neither the order of the claims nor their partition shows.
 *
 *   claims ──► cells (peer class × kind × care × diagnosis) ──► pairs (cell × unit: count, sum, squares)
 *                                                                    │ grouped as the question asks
 *                                                                    ▼
 *              entity: observed, expected = Σ count × mean of the others in the cell, variance
 *
 * A cell in which the others have fewer than 30 claims or are fewer than three is judged by its parent: peers
 * of any kind, then the first two characters of the diagnosis, then its letter; never by another class, nor
 * by all diagnoses together, which would be no comparison of like with like. Costs and days are winsorised at
 * the 1st and 99th percentile of their cell, those of cells below 100 claims at those of the kind of care;
 * the observed as well as the expected. */
#ifndef KM_SCORE_COHORT_H
#define KM_SCORE_COHORT_H

#include "score/entity/casemix.h"
#include "score/entity/digits.h"

enum {
    KM_COHORT_CLAIMS = 30 /* of the others in a cell, and of an entity that is judged */,
    KM_COHORT_OTHERS = 3,
    KM_COHORT_MONTHS = 12
};

typedef enum km_measure {
    KM_MEASURE_COST = 0,  /* hundredths of a dong */
    KM_MEASURE_STAY,      /* days, of inpatients */
    KM_MEASURE_WEEKEND,   /* 1 when the day of discharge is a Saturday or Sunday */
    KM_MEASURE_MONTH_END, /* 1 when it is one of the last three days of its month */
    KM_MEASURES
} km_measure;

typedef struct km_cohort_plan {
    km_day from, to;       /* claims of these days, and those without a day */
    const uint32_t *class; /* of each unit: only units of one class are peers; below `classes` */
    uint32_t classes;
    const uint32_t
        *kind; /* of each unit, below `kinds`: units of one kind are nearer peers; NULL: all are alike */
    uint32_t kinds;
} km_cohort_plan; /* the window spans at most twelve calendar months */

/* What is needed to know of a day of the window. */
typedef struct km_cohort_day {
    uint8_t weekend, month_end, month; /* month: of the twelve, the last is that of the last day */
} km_cohort_day;

typedef struct km_cohort_sum {
    uint64_t count;
    km_int128 sum, square; /* square: in whole dong where sum is in hundredths */
} km_cohort_sum;

typedef struct km_cohort_pair {
    uint32_t unit, weekend, month_end, dated;
    uint32_t costs, stays;
    uint64_t stay_sum, stay_square;
    km_int128 cost_sum, cost_square;
} km_cohort_pair;

typedef struct km_cohort_cell {
    uint32_t class, key, kind;
    uint32_t first_case, first_pair; /* those of the next cell end them */
} km_cohort_cell;

typedef struct km_cohort {
    const km_mem *mem;
    const km_casemix *mix;
    km_cohort_plan plan;
    km_cohort_day *days;
    km_case *cases; /* those of the window, by cell */
    int64_t *cost;  /* of each of them, winsorised */
    uint32_t *pair; /* where it is counted */
    size_t count, room;
    km_cohort_cell *cells; /* one more than there are */
    size_t cell_count, cell_room;
    km_cohort_pair *pairs;
    size_t pair_count, pair_capacity;
} km_cohort;

/* An entity in one measure. */
typedef struct km_standing {
    uint64_t count; /* claims that have peers */
    km_int128 observed;
    double expected, variance;
    double others; /* sum of the squared shares of the others in the cells: 1 / how many they amount to */
    double own;    /* part of `expected` for which its own claims are among the cell's */
} km_standing;

/* Which units make up an entity: a number below `count`, or KM_NO_ENTITY. Where kinds are given, only units
 * of one kind are peers (departments of one name); all units of an entity are of one kind. */
#define KM_NO_ENTITY UINT32_MAX
typedef struct km_grouping {
    const uint32_t *entity; /* of each unit */
    uint32_t count;
    const uint32_t *kind; /* of each unit, below `kinds`; NULL: one for all */
    uint32_t kinds;
} km_grouping;

/* mix and what plan points to must stay while the cohort is used. */
kiem_status km_cohort_init(km_cohort *cohort, const km_casemix *mix, const km_cohort_plan *plan,
                           km_error *error);
void km_cohort_free(km_cohort *cohort);
/* out: one for each entity. `mean`, if it is not NULL, gets the expected of one claim of each pair, NaN where
 * there are no peers. */
kiem_status km_cohort_compare(const km_cohort *cohort, const km_grouping *by, km_measure measure,
                              km_standing *out, double *mean, km_error *error);

/* Cost of each of the twelve months that end with the last of the window. */
typedef struct km_cohort_month {
    uint64_t count;
    km_int128 observed;
    double expected;
} km_cohort_month;

/* out: KM_COHORT_MONTHS for each entity, cleared before; `mean` from the comparison of costs. */
void km_cohort_months(const km_cohort *cohort, const km_grouping *by, const double *mean,
                      km_cohort_month *out);
/* The first day of the first of these months. */
km_day km_cohort_first_month(const km_cohort *cohort);

/* Leading digits of costs of which a part is no fixed fee, and what the peers' digits in the same groups of
 * diagnoses give. */
typedef struct km_cohort_digits {
    uint64_t counts[KM_DIGITS];
    double expected[KM_DIGITS];
    int octaves; /* quarters of doublings between the 1st and the 99th percentile of the amounts */
} km_cohort_digits;

kiem_status km_cohort_count_digits(const km_cohort *cohort, const km_grouping *by, km_cohort_digits *out,
                                   km_error *error);

#endif
