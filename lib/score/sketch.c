#include "score/sketch.h"

#include <string.h>

void km_sketch_clear(km_sketch *sketch) {
    if (sketch->total)
        memset(sketch->count + sketch->low, 0, (sketch->high - sketch->low) * sizeof *sketch->count);
    sketch->total = 0;
    sketch->low = sketch->high = 0;
}

void km_sketch_merge(km_sketch *sketch, const km_sketch *more) {
    if (!more->total) return;
    for (uint32_t bin = more->low; bin < more->high; bin++) sketch->count[bin] += more->count[bin];
    if (!sketch->total || more->low < sketch->low) sketch->low = more->low;
    if (!sketch->total || more->high > sketch->high) sketch->high = more->high;
    sketch->total += more->total;
}

void km_sketch_quantiles(const km_sketch *sketch, const km_scale *scale, const double *q, float *out,
                         int count) {
    uint64_t below = 0;
    uint32_t bin = sketch->low;
    for (int i = 0; i < count; i++) {
        const uint64_t rank = (uint64_t)(q[i] * (double)(sketch->total - 1));
        while (below + sketch->count[bin] <= rank) below += sketch->count[bin++];
        if (bin == 0) {
            out[i] = scale->zero;
            continue;
        }
        double within = ((double)(rank - below) + 0.5) / (double)sketch->count[bin];
        if (scale->whole) within = 0;
        out[i] = (float)((double)scale->zero + ((double)(bin - 1) + within) / (double)scale->per_unit);
    }
}
