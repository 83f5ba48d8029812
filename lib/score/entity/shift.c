#include "score/entity/shift.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

typedef struct part {
    double mean, squares; /* squares: sum of those of the distances from the mean */
} part;

static part part_of(const double *series, int from, int to) {
    part out = {0};
    for (int i = from; i < to; i++) out.mean += series[i];
    out.mean /= to - from;
    for (int i = from; i < to; i++) out.squares += (series[i] - out.mean) * (series[i] - out.mean);
    return out;
}

void km_shift_find(const double *series, int count, km_shift *out) {
    *out = (km_shift){.p = 1};
    if (count < KM_SHIFT_MIN) return;
    out->known = true;
    for (int k = KM_SHIFT_EDGE; k <= count - KM_SHIFT_EDGE; k++) {
        part before = part_of(series, 0, k), after = part_of(series, k, count);
        double jump = after.mean - before.mean;
        double pooled = sqrt((before.squares + after.squares) / (count - 2));
        double width = pooled * sqrt(1.0 / k + 1.0 / (count - k));
        double t = jump == 0 ? 0 : width > 0 ? jump / width : copysign(INFINITY, jump);
        if (fabs(t) <= fabs(out->t)) continue;
        out->before = k;
        out->jump = jump;
        out->t = t;
    }
    int places = count - 2 * KM_SHIFT_EDGE + 1;
    double tail = isinf(out->t) ? 0 : gsl_cdf_tdist_Q(fabs(out->t), count - 2);
    out->p = fmin(1, places * 2 * tail);
}
