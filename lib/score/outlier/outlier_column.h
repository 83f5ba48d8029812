/* The shape of one column: what it is centred and scaled by, and which of its sides is the long one. */
#ifndef KM_SCORE_OUTLIER_COLUMN_H
#define KM_SCORE_OUTLIER_COLUMN_H

#include "base/sort.h"
#include "score/outlier/outlier.h"

typedef struct km_column {
    double centre, inverse; /* median and 1 / spread; inverse 0 when the column is constant or has no value */
    double floor;           /* least variance after softening, so that a nearly constant column stays mild */
    double skew;            /* (q98 + q02 - 2 median) / (q98 - q02), -1 .. 1 */
    double pile;            /* 0 .. 1: many equal values at one end and a long other side */
} km_column;

/* Describes `count` values, none of them NaN, in ascending order. */
void km_column_describe(const double *sorted, size_t count, km_column *out);
/* The q-quantile of ascending values, between neighbours. */
double km_quantile(const double *sorted, size_t count, double q);
/* The value at rank floor(q * (count - 1)) of values that are not NaN; uses `keys`. */
double km_quantile_low(const double *values, size_t count, double q, uint64_t *keys);
/* 0 below low, 1 above high, straight in between. */
double km_ramp(double value, double low, double high);
/* Any number but NaN as a key that sorts like it, and back. */
uint64_t km_number_key(double value);
double km_key_number(uint64_t key);

/* One value of a matrix, within +-1e30 or NaN. */
double km_matrix_at(const km_matrix *matrix, size_t row, uint32_t column);

#endif
