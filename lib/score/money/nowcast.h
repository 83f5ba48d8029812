/* Claims that have not come in yet. A hospital has days to send a claim, so the last days of any file are too
 * low; what is missing is worked out from how late claims come (chain ladder, Benktander where little is in).
 */
#ifndef KM_SCORE_NOWCAST_H
#define KM_SCORE_NOWCAST_H

#include "claim/lookup.h"

enum { KM_LAGS = 64 };

/* Share received by lag 0, 1, ...: the last is 1. Lags are working days, days or months, as the maker says.
 */
typedef struct km_lag_curve {
    int lags;
    double received[KM_LAGS];
    double variance[KM_LAGS]; /* of received / received: from the estimation of the curve, 0 when assumed */
    double dispersion;        /* Pearson X2 / degrees of freedom of the triangle, at least 1 */
} km_lag_curve;

/* From the policy's table `reporting_lag`: straight between its rows, complete after the last. KIEM_E_POLICY
 * unless it rises from above 0 to 1 within KM_LAGS. */
kiem_status km_lag_curve_read(km_lag_curve *out, const km_lookup *table, km_error *error);
/* Learns the curve from what came in: amounts[origin * lags + lag], of which origin i has seen lags 0 ..
 * seen[i] - 1. False when a lag has nothing to be learned from. */
bool km_lag_curve_learn(km_lag_curve *out, const double *amounts, int origins, int lags, const int *seen);
/* Learns the curve from two cuts of the same days: early[lag] and late[lag] are what each has of the days
 * that were `lag` old at the earlier cut and lag + gap at the later. False when nothing can be learned. */
bool km_lag_curve_between(km_lag_curve *out, const double *early, const double *late, int lags, int gap);
/* Share received after that many lags: 0 lags below 0 count as 0. */
double km_lag_received(const km_lag_curve *curve, int lag);

typedef struct km_unreported {
    double amount, variance;
} km_unreported;

/* What is still to come for an origin of which `reported` is in, a share `received` of it expected to be.
 * `dispersion` is sum x2 / sum x over claims for money. Below one half, `expected` (what such an origin
 * brings in all) counts as much as what was reported. */
km_unreported km_nowcast(double reported, double received, double dispersion, double expected);
/* Between the chain ladder (R / F) and `expected`, weighted by F and 1 - F. */
double km_benktander(double reported, double received, double expected);
/* The number of unreported claims given the reported, with a flat prior on their rate, is negative binomial:
 * its quantile, by its mean and variance where many are reported. received and p lie in (0, 1). */
double km_nowcast_quantile(double reported, double received, double p);

#endif
