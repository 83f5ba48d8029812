#include "score/outlier/outlier_column.h"

#include <math.h>
#include <string.h>

#include "score/outlier/outlier_kernel.h"

static const double NORMAL_IQR = 1.349;   /* quartile distance of a normal variable in standard deviations */
static const double LEAST_SPREAD = 1e-3;  /* of the standard deviation; below it the quartiles coincide */
static const double LEAST_VARIANCE = 0.2; /* see km_column.floor */
static const double LEAST_SIZE = 1e-30;   /* below it everything is 0 */
static const double CONSTANT = 1e-12;     /* relative standard deviation of what counts as constant */

uint64_t km_number_key(double value) {
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits >> 63 ? ~bits : bits | 1ull << 63;
}

double km_key_number(uint64_t key) {
    const uint64_t bits = key >> 63 ? key & ~(1ull << 63) : ~key;
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

double km_quantile(const double *sorted, size_t count, double q) {
    const double at = q * (double)(count - 1);
    const size_t low = (size_t)at;
    if (low + 1 >= count) return sorted[count - 1];
    return sorted[low] + (at - (double)low) * (sorted[low + 1] - sorted[low]);
}

double km_quantile_low(const double *values, size_t count, double q, uint64_t *keys) {
    for (size_t i = 0; i < count; i++) keys[i] = km_number_key(values[i]);
    return km_key_number(km_select(keys, count, (size_t)(q * (double)(count - 1))));
}

double km_ramp(double value, double low, double high) {
    const double at = (value - low) / (high - low);
    return at < 0 ? 0 : at > 1 ? 1 : at;
}

double km_matrix_at(const km_matrix *matrix, size_t row, uint32_t column) {
    const char *at = (const char *)matrix->values + (int64_t)row * matrix->stride;
    double value;
    if (matrix->wide) {
        memcpy(&value, at + (size_t)column * sizeof(double), sizeof value);
    } else {
        float narrow;
        memcpy(&narrow, at + (size_t)column * sizeof(float), sizeof narrow);
        value = (double)narrow;
    }
    if (value > KM_VALUE_MAX) return KM_VALUE_MAX;
    return value < -KM_VALUE_MAX ? -KM_VALUE_MAX : value;
}

static double mean_of(const double *values, size_t count) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += values[i];
    return sum / (double)count;
}

static double deviation_of(const double *values, size_t count, double mean) {
    double sum = 0;
    for (size_t i = 0; i < count; i++) sum += (values[i] - mean) * (values[i] - mean);
    return sqrt(sum / (double)count);
}

/* Share of the most frequent value; *kinds counts different values, up to 3. */
static double largest_atom(const double *sorted, size_t count, int *kinds) {
    size_t largest = 0, start = 0;
    *kinds = 0;
    for (size_t i = 1; i <= count; i++) {
        if (i < count && sorted[i] == sorted[start]) continue;
        if (i - start > largest) largest = i - start;
        if (*kinds < 3) ++*kinds;
        start = i;
    }
    return (double)largest / (double)count;
}

static double skew_of(const double *sorted, size_t count, double median) {
    const double low = km_quantile(sorted, count, 0.02), high = km_quantile(sorted, count, 0.98);
    return high > low ? (high + low - 2 * median) / (high - low) : 0;
}

void km_column_describe(const double *sorted, size_t count, km_column *out) {
    *out = (km_column){0, 0, LEAST_VARIANCE, 0, 0};
    if (count < 2) return;
    const double lowest = sorted[0], highest = sorted[count - 1];
    const double mean = mean_of(sorted, count), deviation = deviation_of(sorted, count, mean);
    const double largest = fmax(LEAST_SIZE, fmax(fabs(lowest), fabs(highest)));
    if (!(highest > lowest) || deviation <= CONSTANT * largest) return;
    int kinds = 0;
    const double atom = largest_atom(sorted, count, &kinds);
    const double median = km_quantile(sorted, count, 0.5);
    out->skew = skew_of(sorted, count, median);
    if (kinds == 2) {
        out->centre = mean;
        out->inverse = 1 / deviation;
        out->floor = 1;
        return;
    }
    const double quarters = km_quantile(sorted, count, 0.75) - km_quantile(sorted, count, 0.25);
    const double spread = quarters / NORMAL_IQR;
    out->centre = median;
    out->inverse = 1 / (spread > LEAST_SPREAD * deviation ? spread : deviation);
    out->pile = km_ramp(atom, 0.2, 0.5) * km_ramp(fabs(out->skew), 0.3, 0.7);
}
