#include "score/money/nowcast.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

/* ---- curves */

static kiem_status bad_table(km_error *error) {
    return km_fail(error, KIEM_E_POLICY,
                   "table 'reporting_lag' needs working_days from 0 and received rising from above 0 to 1 "
                   "within %d days",
                   KM_LAGS - 1);
}

kiem_status km_lag_curve_read(km_lag_curve *out, const km_lookup *table, km_error *error) {
    enum { SCALE = 1000 };
    int days = km_lookup_find_column(table, KM_TEXT("working_days"));
    int received = km_lookup_find_column(table, KM_TEXT("received"));
    *out = (km_lag_curve){.dispersion = 1};
    if (days < 0 || received < 0) return bad_table(error);
    double given[KM_LAGS] = {0};
    for (uint32_t row = 0; row < table->rows; row++) {
        int64_t day = table->column[days].cells[row].number;
        if (day < 0 || day >= KM_LAGS) return bad_table(error);
        given[day] = (double)table->column[received].cells[row].number / SCALE;
        if (day >= out->lags) out->lags = (int)day + 1;
    }
    for (int day = 0, last = 0; day < out->lags; day++) {
        if (given[day] <= 0 && day > 0) continue;
        if (given[day] <= 0 || given[day] > 1 || given[day] < given[last]) return bad_table(error);
        for (int k = last; k <= day; k++) {
            double part = day > last ? (double)(k - last) / (day - last) : 0;
            out->received[k] = given[last] + (given[day] - given[last]) * part;
        }
        last = day;
    }
    return out->lags && given[out->lags - 1] >= 1 ? KIEM_OK : bad_table(error);
}

/* Pearson's X2 of the triangle against ultimate x share, over its degrees of freedom. */
static double dispersion_of(const km_lag_curve *curve, const double *amounts, int origins, const int *seen) {
    double sum = 0;
    int cells = 0, used = 0;
    for (int i = 0; i < origins; i++) {
        double reported = 0, before = 0;
        for (int d = 0; d < seen[i]; d++) reported += amounts[i * curve->lags + d];
        if (seen[i] < 1 || !(reported > 0)) continue;
        used++;
        for (int d = 0; d < seen[i]; d++) {
            double fitted = reported / curve->received[seen[i] - 1] * (curve->received[d] - before);
            double off = amounts[i * curve->lags + d] - fitted;
            before = curve->received[d];
            cells++;
            if (fitted > 0) sum += off * off / fitted;
        }
    }
    int freedom = cells - (used + curve->lags - 1);
    return freedom > 0 && sum > freedom ? sum / freedom : 1;
}

bool km_lag_curve_learn(km_lag_curve *out, const double *amounts, int origins, int lags, const int *seen) {
    double growth[KM_LAGS], base[KM_LAGS];
    *out = (km_lag_curve){.lags = lags};
    for (int d = 0; d + 1 < lags; d++) {
        double now = 0, next = 0;
        for (int i = 0; i < origins; i++) {
            if (seen[i] < d + 2) continue;
            for (int k = 0; k <= d; k++) now += amounts[i * lags + k];
            for (int k = 0; k <= d + 1; k++) next += amounts[i * lags + k];
        }
        if (!(now > 0) || next < now) return false;
        growth[d] = next / now;
        base[d] = now;
    }
    out->received[lags - 1] = 1;
    for (int d = lags - 2; d >= 0; d--) out->received[d] = out->received[d + 1] / growth[d];
    out->dispersion = dispersion_of(out, amounts, origins, seen);
    for (int d = lags - 2; d >= 0; d--) {
        out->variance[d] = out->variance[d + 1] + out->dispersion * (growth[d] - 1) / (growth[d] * base[d]);
    }
    return true;
}

/* Received by a lag is received by lag + gap times what the earlier cut has of the later one: backwards from
 * the last lag, by which all is in. */
bool km_lag_curve_between(km_lag_curve *out, const double *early, const double *late, int lags, int gap) {
    *out = (km_lag_curve){.lags = lags, .dispersion = 1};
    if (gap < 1 || lags < 2 || lags > KM_LAGS) return false;
    out->received[lags - 1] = 1;
    for (int lag = lags - 2; lag >= 0; lag--) {
        int then = lag + gap < lags ? lag + gap : lags - 1;
        double after = out->received[lag + 1];
        out->received[lag] = after;
        out->variance[lag] = out->variance[lag + 1];
        if (!(late[lag] > 0)) continue; /* no such day: as a day later */
        if (!(early[lag] > 0)) return false;
        double share = early[lag] / late[lag];
        if (share * out->received[then] < after) out->received[lag] = share * out->received[then];
        if (share < 1) out->variance[lag] = out->variance[then] + (1 - share) / early[lag];
    }
    return true;
}

double km_lag_received(const km_lag_curve *curve, int lag) {
    if (lag >= curve->lags) return 1;
    return curve->received[lag > 0 ? lag : 0];
}

/* ---- what is missing */

double km_benktander(double reported, double received, double expected) {
    return (1 - received) * (reported + (1 - received) * expected);
}

/* The variance is that of a count or of a sum of claims, dispersion x amount, and of the estimate of what was
 * to come by what has: together dispersion x reported x (1 - F) / F^2. The second part stops growing where
 * the estimate rests on `expected` instead. */
km_unreported km_nowcast(double reported, double received, double dispersion, double expected) {
    const double half = 0.5;
    if (received >= 1) return (km_unreported){0, 0};
    double amount =
        received < half ? km_benktander(reported, received, expected) : reported * (1 - received) / received;
    if (!(amount > 0)) return (km_unreported){0, 0};
    return (km_unreported){amount, dispersion * amount / (received < half ? half : received)};
}

double km_nowcast_quantile(double reported, double received, double p) {
    const double many = 20000;
    double high = 1, n = reported + 1, low = -1;
    if (reported > many) {
        double mean = n * (1 - received) / received;
        return fmax(0, floor(mean + gsl_cdf_ugaussian_Pinv(p) * sqrt(mean / received) + 0.5));
    }
    while (gsl_cdf_negative_binomial_P((unsigned)high, received, n) < p && high < 2e9) high *= 2;
    while (high - low > 1) {
        double middle = floor((high + low) / 2);
        if (gsl_cdf_negative_binomial_P((unsigned)middle, received, n) < p) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return high;
}
