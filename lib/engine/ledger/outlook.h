/* The ledger held against the year: for a province, a facility or the nation, the seasonal curve that fits it
 * and what its year will come to. */
#ifndef KM_ENGINE_OUTLOOK_H
#define KM_ENGINE_OUTLOOK_H

#include "rules/policy.h"
#include "score/money/forecast.h"
#include "state/money/budget.h"
#include "state/money/ledger.h"

/* One year of one province or facility, up to the day the report is made for. */
typedef struct km_money_year {
    uint64_t code;
    int year;
    km_money sum;
    km_int128 quarter[4];          /* fund money of each quarter, hundredths */
    double dispersion;             /* sum x2 / sum x of its claims */
    double spent[2][KM_YEAR_DAYS]; /* fund money of each day in dong: outpatient and other, inpatient */
    uint32_t claims[KM_YEAR_DAYS]; /* of each day */
} km_money_year;

typedef struct km_level_row {
    double pace_above, chance;
} km_level_row;

/* A curve and where it comes from. */
typedef struct km_curve {
    km_season season;
    double shape_variance, rival; /* rival: this year by the share of the one complete year before, or 0 */
    double widen;                 /* factor on the spread of forecasts; 0: the assumed one */
    int years;                    /* own complete years it was learned from */
    const char *source;           /* "assumed" or "learned" */
} km_curve;

typedef struct km_outlooks {
    const km_mem *mem;
    km_calendar calendar;
    km_season_weights weights;
    km_lag_curve lags;      /* in working days, or in days */
    bool lags_in_days;      /* where claims are received on days off too */
    bool lags_known;        /* learned, not assumed */
    const char *lag_source; /* "assumed", "received" or "states" */
    km_level_row over, ahead, below;
    km_day as_of;         /* day the report is made for: to be set before years are added */
    km_money_year *years; /* by code and year; the nation (KM_NATION) among them once closed */
    size_t count, capacity;
    km_season_year *seasons; /* of the calendar's years */
    size_t season_count, season_capacity;
    km_curve province_curve; /* the last that was made for facilities */
    uint64_t province_code;
} km_outlooks;

#define KM_NATION KM_CODE('0', '0', 0, 0)

/* Reads the tables holidays, season, cost_steps, reporting_lag and budget_levels. */
kiem_status km_outlooks_init(km_outlooks *out, const km_mem *mem, const km_policy *policy, km_error *error);
/* Replaces the assumed reporting lag by what dates of receipt show, where there are enough of them. */
kiem_status km_outlooks_learn_lag(km_outlooks *out, const km_ledger *ledger, km_error *error);
/* A ledger, and the day up to which it knew of claims. */
typedef struct km_cut {
    const km_ledger *ledger;
    km_day as_of;
} km_cut;

/* The same from two cuts: what the later one has more of the days that the earlier one knew is what came late
 * to it. Where dates of receipt have told, or too little came late, nothing changes. Both are sorted. */
kiem_status km_outlooks_learn_cuts(km_outlooks *out, const km_cut *early, const km_ledger *late,
                                   km_ledger_choice *choice, const void *context, km_error *error);
void km_outlooks_free(km_outlooks *out);
/* Works out the season of a year, as booking money of it does. */
kiem_status km_outlooks_open_year(km_outlooks *out, int year, km_error *error);
/* Books money of one day; days after as_of are left out. */
kiem_status km_outlooks_add(km_outlooks *out, uint64_t code, int year, km_day day, bool inpatient,
                            const km_money *money, km_error *error);
/* Puts the years in order, after the last addition. */
kiem_status km_outlooks_close(km_outlooks *out, km_error *error);
/* The year of a code, or NULL; after closing. */
const km_money_year *km_outlooks_find(const km_outlooks *out, uint64_t code, int year);

/* The curve of a year: from complete earlier years of its own and of the nation, and the shipped one. */
void km_outlooks_curve(const km_outlooks *all, const km_money_year *year, km_curve *out);
/* A year that can teach: it is over, begins and ends with spending and rests on most of its days. */
bool km_outlooks_complete(const km_outlooks *all, const km_money_year *year);
/* How much wider intervals have to be, by the forecasts of the complete years before (outlook_widen.c): their
 * misses' 80th percentile over the half width, shrunk to the assumed 1.15, from 0.8 to 2. */
double km_outlooks_widen(const km_outlooks *all, uint64_t code, int year, km_level_prior prior);
/* What the year comes to by a curve. budget may be NULL. */
void km_outlooks_make(const km_outlooks *all, const km_money_year *year, const km_curve *curve,
                      const km_budget *budget, km_level_prior prior, km_outlook *out);
/* How many claims of the days that are over are still to come. */
typedef struct km_claims_to_come {
    double median, low, high; /* 80 % interval */
} km_claims_to_come;

/* False when all are in. */
bool km_outlooks_claims_to_come(const km_outlooks *all, const km_money_year *year, const km_season *season,
                                km_claims_to_come *out);
/* "no_estimate", "used_up", "likely_over", "ahead", "well_below" or "within". */
const char *km_outlooks_status(const km_outlooks *all, const km_budget *budget, km_int128 spent,
                               const km_outlook *outlook);
/* False where it is too early to tell chances. */
static inline bool km_outlook_tells_chances(const km_outlook *outlook) {
    return outlook->status >= KM_OUTLOOK_LOW || outlook->chance_over >= 1;
}

/* How much the forecast can be trusted: "none", "too_early", "low_evidence", "forecast" or "closed". */
const char *km_outlook_evidence(const km_outlook *outlook);

#endif
