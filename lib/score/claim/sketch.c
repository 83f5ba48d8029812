#include "score/claim/sketch.h"

#include <string.h>

void km_sketch_clear(km_sketch *sketch, const km_scale *scale) {
    if (sketch->total) {
        const uint32_t low = km_sketch_bin(scale, sketch->least), high = km_sketch_bin(scale, sketch->most);
        memset(sketch->count + low, 0, (high - low + 1) * sizeof *sketch->count);
    }
    sketch->total = 0;
    sketch->least = sketch->most = 0;
}

void km_sketch_put(km_sketch *sketch, const km_scale *scale, uint32_t bin, uint32_t count) {
    const float least = km_sketch_edge(scale, bin);
    const float most = bin && !scale->whole ? km_sketch_edge(scale, bin + 1) : least;
    sketch->count[bin] += count;
    km_sketch_widen(sketch, count, least, most);
}

void km_sketch_merge(km_sketch *sketch, const km_scale *scale, const km_sketch *more) {
    if (!more->total) return;
    const uint32_t low = km_sketch_bin(scale, more->least), high = km_sketch_bin(scale, more->most);
    for (uint32_t bin = low; bin <= high; bin++) sketch->count[bin] += more->count[bin];
    if (!sketch->total || more->least < sketch->least) sketch->least = more->least;
    if (!sketch->total || more->most > sketch->most) sketch->most = more->most;
    sketch->total += more->total;
}

void km_sketch_quantiles(const km_sketch *sketch, const km_scale *scale, const double *q, float *out,
                         int count) {
    uint64_t below = 0;
    uint32_t bin = km_sketch_bin(scale, sketch->least);
    for (int i = 0; i < count; i++) {
        const uint64_t rank = (uint64_t)(q[i] * (double)(sketch->total - 1));
        while (below + sketch->count[bin] <= rank) below += sketch->count[bin++];
        double within = ((double)(rank - below) + 0.5) / (double)sketch->count[bin];
        if (scale->whole) within = 0;
        if (bin == 0) within = 1;
        out[i] = (float)((double)scale->zero + ((double)bin - 1 + within) / (double)scale->per_unit);
        if (out[i] < sketch->least) out[i] = sketch->least;
        if (out[i] > sketch->most) out[i] = sketch->most;
    }
}
