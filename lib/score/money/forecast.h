/* What a year will cost when it ends, and when its estimate runs out, with intervals.
 *
 * Weeks of spending over their seasonal share give the level of the year, which drifts slowly (a local level
 * model, fitted by moments and shrunk to known variances, filtered by Kalman). What is to come is the level
 * times the share that is left. No random numbers: the same bytes every time. */
#ifndef KM_SCORE_FORECAST_H
#define KM_SCORE_FORECAST_H

#include "score/money/nowcast.h"
#include "score/money/season.h"

enum { KM_BLOCK_DAYS = 7, KM_BLOCKS = 53 };

/* Variances a fit is shrunk to: of a week around the level, of the level's weekly step. */
typedef struct km_level_prior {
    double noise, drift;
} km_level_prior;

extern const km_level_prior km_province_prior, km_facility_prior;

typedef struct km_level {
    double level, variance; /* of log(money / share) at the last block */
    double noise, drift;
    double lag0, lag1; /* mean square of the steps, and of neighbouring steps */
} km_level;

/* z: log(money / share) of each block, count >= 1. Few blocks tell no drift, but how much they scatter: the
 * noise is never below that. */
void km_level_fit(km_level *out, const double *z, int count, km_level_prior prior, bool few);

typedef enum km_outlook_status {
    KM_OUTLOOK_NONE = 0, /* no spending, or less than none: nothing can be said */
    KM_OUTLOOK_EARLY,    /* fewer than four weeks with money */
    KM_OUTLOOK_LOW,      /* four to eight weeks: little evidence */
    KM_OUTLOOK_FORECAST,
    KM_OUTLOOK_CLOSED /* the year is over: only late claims are open */
} km_outlook_status;

typedef struct km_outlook_input {
    const km_season *season;
    const double *spent;    /* of each day of the year, dong */
    const double *received; /* share of each day's claims that is in; NULL when all are */
    int today;              /* days of the year that are over: the last day of data is day today - 1 */
    double dispersion;      /* of money: sum x2 / sum x over claims */
    bool has_budget;        /* and it is above 0 */
    double budget;
    km_level_prior prior;
    double shape_variance; /* of the logit of the curve; 0: that of the shipped curve */
    int shape_years;       /* years it was learned from: Student's t from three on */
    double widen;          /* factor on the spread; 0: 1.15, as without a history of forecasts */
    double rival;          /* the year by last year's share, which the interval shall hold; 0: none */
} km_outlook_input;

enum { KM_NO_DAY = -1 };

typedef struct km_outlook {
    km_outlook_status status;
    double spent, unreported, unreported_variance;
    double expected; /* share of the year that is expected by now */
    double pace;     /* (spent + unreported) / (budget x expected); 0 without a budget */
    double straight; /* the year by a straight line */
    double forecast, low80, high80, low95, high95;
    double chance_over, chance_well_below; /* of a year above the budget, below 90 % of it */
    int weeks;                             /* that were looked at */
    /* days of the year; KM_NO_DAY: not in this year. When the sum has passed the budget, its day in all
     * three. */
    int exhausts, exhausts_early, exhausts_late;
} km_outlook;

void km_outlook_make(km_outlook *out, const km_outlook_input *in);

/* logit variance of a learned curve at a day over years: for `shape_variance`. */
double km_shape_variance(const double *shares, int years);

#endif
