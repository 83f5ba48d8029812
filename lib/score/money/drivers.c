#include "score/money/drivers.h"

#include <math.h>

/* Sums of visits the shares are taken of. */
typedef struct shares {
    double all[2], origin[2][2], care[2][2][2]; /* [other][inpatient][period] */
} shares;

/* Logarithmic mean; the series near a = b keeps its digits. */
static double log_mean(double a, double b) {
    double ratio = log(a / b);
    if (fabs(a / b - 1) < 1e-8) return sqrt(a * b) * (1 + ratio * ratio / 24);
    return (a - b) / ratio;
}

static bool is_correction(const km_driver_cell *cell) {
    return (cell->visits[0] > 0 && cell->cost[0] <= 0) || (cell->visits[1] > 0 && cell->cost[1] <= 0) ||
           (!(cell->visits[0] > 0) && cell->cost[0] != 0) || (!(cell->visits[1] > 0) && cell->cost[1] != 0);
}

static void sum_visits(shares *sums, const km_driver_cell *cells, size_t count) {
    *sums = (shares){0};
    for (size_t i = 0; i < count; i++) {
        if (is_correction(&cells[i])) continue;
        for (int period = 0; period < 2; period++) {
            double visits = cells[i].visits[period];
            sums->all[period] += visits;
            sums->origin[cells[i].other_province][period] += visits;
            sums->care[cells[i].other_province][cells[i].inpatient][period] += visits;
        }
    }
}

static bool one_is_zero(const double pair[2]) {
    return !(pair[0] > 0) || !(pair[1] > 0);
}

/* A cell that is new or gone: its whole change belongs to the first factor of the chain that is zero on one
 * side, which is the limit of the formula. */
static km_driver factor_of_new(const shares *sums, const km_driver_cell *cell) {
    if (one_is_zero(sums->all)) return KM_DRIVER_VISITS;
    if (one_is_zero(sums->origin[cell->other_province])) return KM_DRIVER_ORIGIN;
    if (one_is_zero(sums->care[cell->other_province][cell->inpatient])) return KM_DRIVER_INPATIENT;
    return KM_DRIVER_CASE_MIX;
}

static void add_cell(double effect[KM_DRIVER_COUNT], const shares *sums, const km_driver_cell *cell) {
    double before = (double)cell->cost[0], now = (double)cell->cost[1];
    if (is_correction(cell)) {
        effect[KM_DRIVER_CORRECTIONS] += now - before;
        return;
    }
    if (one_is_zero(cell->visits)) {
        effect[factor_of_new(sums, cell)] += now - before;
        return;
    }
    const double *origin = sums->origin[cell->other_province];
    const double *care = sums->care[cell->other_province][cell->inpatient];
    double weight = log_mean(now, before);
    double per_visit = log(now / cell->visits[1]) - log(before / cell->visits[0]);
    double price = cell->price > 0 ? log(cell->price) : 0;
    double all = log(sums->all[1] / sums->all[0]), of_origin = log(origin[1] / origin[0]);
    double of_care = log(care[1] / care[0]), of_cell = log(cell->visits[1] / cell->visits[0]);
    effect[KM_DRIVER_VISITS] += weight * all;
    effect[KM_DRIVER_ORIGIN] += weight * (of_origin - all);
    effect[KM_DRIVER_INPATIENT] += weight * (of_care - of_origin);
    effect[KM_DRIVER_CASE_MIX] += weight * (of_cell - of_care);
    effect[KM_DRIVER_PRICE] += weight * price;
    effect[KM_DRIVER_VOLUME] += weight * (per_visit - price);
}

void km_drivers_split(const km_driver_cell *cells, size_t count, int64_t effect[KM_DRIVER_COUNT]) {
    double part[KM_DRIVER_COUNT] = {0};
    int64_t change = 0, sum = 0;
    int largest = 0;
    shares sums;
    sum_visits(&sums, cells, count);
    for (size_t i = 0; i < count; i++) {
        add_cell(part, &sums, &cells[i]);
        change += cells[i].cost[1] - cells[i].cost[0];
    }
    for (int i = 0; i < KM_DRIVER_COUNT; i++) {
        effect[i] = (int64_t)llround(part[i]);
        sum += effect[i];
        if (fabs(part[i]) > fabs(part[largest])) largest = i;
    }
    effect[largest] += change - sum;
}
