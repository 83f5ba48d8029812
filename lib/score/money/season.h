/* The seasonal curve: which share of a year's money falls on each of its days.
 *
 * Money follows weekdays, holidays, the weeks around Tet and a slow rise within the year, so a straight line
 * misjudges every first half. The weights come from the policy's table `season`, which is an assumption and
 * marked as one there, or are learned from earlier years. */
#ifndef KM_SCORE_SEASON_H
#define KM_SCORE_SEASON_H

#include "claim/calendar.h"

enum { KM_YEAR_DAYS = 366, KM_SEASON_TET_SPAN = 40, KM_SEASON_SKIPS = 16, KM_SEASON_STEPS = 32 };

/* Index 0 outpatient, 1 inpatient. */
typedef struct km_season_weights {
    double weekday[2][7], month[2][12], holiday[2], tet[2];
    double around_tet[2][2 * KM_SEASON_TET_SPAN + 1]; /* by days from the first day of Tet; 1 when no row */
    double mix[2];                                    /* when the kinds of care are not known */
    int skip_years[KM_SEASON_SKIPS], skip_count;      /* no curve is learned from them */
    km_day step_day[KM_SEASON_STEPS];                 /* known steps in cost */
    double step_factor[2][KM_SEASON_STEPS];
    int step_count;
} km_season_weights;

typedef struct km_season {
    int year, days;
    km_day first;
    double share[KM_YEAR_DAYS];      /* of each day; adds up to 1 */
    double before[KM_YEAR_DAYS + 1]; /* sum of the days before */
} km_season;

/* From the policy's tables `season` and `cost_steps` (which may be NULL). KIEM_E_POLICY when a weekday,
 * month, holiday, tet or mix is missing or a weight is not above 0. */
kiem_status km_season_weights_read(km_season_weights *out, const km_lookup *season, const km_lookup *steps,
                                   km_error *error);
bool km_season_skips(const km_season_weights *weights, int year);

/* What weights and calendar say of one year, worked out once: every province asks for it, many times. */
typedef struct km_season_year {
    km_season care[2];           /* the curves of the kinds of care */
    uint8_t alike[KM_YEAR_DAYS]; /* by it, days that are alike from year to year */
} km_season_year;

void km_season_year_make(km_season_year *out, const km_season_weights *weights, const km_calendar *calendar,
                         int year);
/* The curve of a mix of both kinds of care, with `outpatient` the share of that kind. */
void km_season_of_mix(km_season *out, const km_season_year *year, double outpatient);
/* The curve another year's money draws for `year`, the year of `out`, which holds the curve to use where that
 * year tells nothing: day for day by weeks from Tet and weekday within four weeks of Tet, else holidays
 * together and the rest by month and weekday. `money` has one amount for each day of `taught`. False when
 * that year has none. */
bool km_season_learn(km_season *out, const km_season_year *year, const km_season_year *taught,
                     const double *money);
/* out = (sum of weight x curve) / (sum of weights), for curves of the same year. */
void km_season_blend(km_season *out, const km_season *const *curves, const double *weights, int count);
/* The curve of something that began on day `from` of the year (0 for the first): nothing before, the rest
 * scaled to 1. */
void km_season_start_at(km_season *season, int from);

#endif
