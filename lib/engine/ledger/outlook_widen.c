#include <math.h>

#include "engine/ledger/outlook.h"

/* How wide the intervals should have been: forecasts of a province's own earlier years, cut at each month's
 * end, against what came. */

enum { CUTS = 10, YEARS_MAX = 8 };

static const double assumed = 1.15, least = 0.8, most = 2, years_assumed = 2;

/* Error of the rest of the year over the half width of the 80 % interval; below 0 when there is no forecast.
 */
static double miss(const km_outlooks *all, const km_money_year *year, km_day as_of, km_level_prior prior) {
    km_outlooks then = *all;
    km_curve curve;
    km_outlook got;
    double whole = 0;
    then.as_of = as_of;
    then.lags.lags = 0; /* all of it is in by now */
    km_outlooks_curve(&then, year, &curve);
    curve.rival = 0;
    curve.widen = 1;
    km_outlooks_make(&then, year, &curve, NULL, prior, &got);
    for (int day = 0; day < curve.season.days; day++) whole += year->spent[0][day] + year->spent[1][day];
    double rest = whole - got.spent, forecast = got.forecast - got.spent, high = got.high80 - got.spent;
    if (got.status < KM_OUTLOOK_LOW || !(rest > 0) || !(forecast > 0) || !(high > forecast)) return -1;
    return fabs(log(rest / forecast)) / log(high / forecast);
}

static void insert(double *sorted, int count, double value) {
    int at = count;
    for (; at > 0 && sorted[at - 1] > value; at--) sorted[at] = sorted[at - 1];
    sorted[at] = value;
}

double km_outlooks_widen(const km_outlooks *all, uint64_t code, int year, km_level_prior prior) {
    double misses[CUTS * YEARS_MAX];
    int count = 0, years = 0;
    for (size_t i = 0; i < all->count && years < YEARS_MAX; i++) {
        const km_money_year *past = &all->years[i];
        if (past->code != code || past->year >= year || !km_outlooks_complete(all, past)) continue;
        years++;
        for (int cut = 0; cut < CUTS; cut++) {
            double one = miss(all, past, km_day_from_civil(past->year, cut + 3, 1) - 1, prior);
            if (one >= 0) insert(misses, count++, one);
        }
    }
    if (!count) return assumed;
    double seen = misses[(count * 8 + 9) / 10 - 1];
    double widen =
        exp((years * log(fmax(seen, 0.1)) + years_assumed * log(assumed)) / (years + years_assumed));
    return fmin(most, fmax(least, widen));
}
