/* A sketch of how one number is distributed: counts of values in fixed bins. Counts are integers, so sketches
 * of any parts of the data, made in any order and brought together in any order, are the same. */
#ifndef KM_SCORE_SKETCH_H
#define KM_SCORE_SKETCH_H

#include <stdbool.h>
#include <stdint.h>

enum { KM_SKETCH_BINS = 1536 };

/* Which values a bin stands for: bin 0 all up to `zero`, the others `per_unit` to a unit above it, the last
 * one all beyond. */
typedef struct km_scale {
    float zero, per_unit;
    bool whole; /* values are whole numbers, so that nothing lies between two bins */
} km_scale;

/* All zero when it has no value. */
typedef struct km_sketch {
    uint64_t total;
    float least, most;
    uint32_t count[KM_SKETCH_BINS];
} km_sketch;

/* Without branches, so that those of several values are found side by side. */
static inline uint32_t km_sketch_bin_at(float zero, float per_unit, float value) {
    const float last = KM_SKETCH_BINS - 2;
    float at = (value - zero) * per_unit;
    at = at > 0.0f ? at : -1.0f;
    return (uint32_t)(1 + (int32_t)(at < last ? at : last));
}
static inline uint32_t km_sketch_bin(const km_scale *scale, float value) {
    return km_sketch_bin_at(scale->zero, scale->per_unit, value);
}

/* Counts a value, which is not NaN. */
static inline void km_sketch_add(km_sketch *sketch, const km_scale *scale, float value) {
    sketch->count[km_sketch_bin(scale, value)]++;
    if (!sketch->total++) sketch->least = sketch->most = value;
    if (value < sketch->least) sketch->least = value;
    if (value > sketch->most) sketch->most = value;
}

/* Tells of values whose counts were added by hand: how many, the least and the most of them. */
static inline void km_sketch_widen(km_sketch *sketch, uint32_t more, float least, float most) {
    if (!more) return;
    if (!sketch->total || least < sketch->least) sketch->least = least;
    if (!sketch->total || most > sketch->most) sketch->most = most;
    sketch->total += more;
}

/* The lower end of the values of a bin, and their middle. */
static inline float km_sketch_edge(const km_scale *scale, uint32_t bin) {
    return bin ? scale->zero + (float)(bin - 1) / scale->per_unit : scale->zero;
}
static inline float km_sketch_middle(const km_scale *scale, uint32_t bin) {
    return km_sketch_edge(scale, bin) + (bin && !scale->whole ? 0.5f / scale->per_unit : 0.0f);
}

/* All of these need the scale the values were counted with. */
void km_sketch_clear(km_sketch *sketch, const km_scale *scale);
/* Counts that many values of a bin whose place within it is not known. */
void km_sketch_put(km_sketch *sketch, const km_scale *scale, uint32_t bin, uint32_t count);
void km_sketch_merge(km_sketch *sketch, const km_scale *scale, const km_sketch *more);
/* The values at ranks floor(q * (total - 1)) for ascending q; within a bin in proportion to the rank, but
 * never beyond the least and the largest value, so that equal values give that value. There must be one. */
void km_sketch_quantiles(const km_sketch *sketch, const km_scale *scale, const double *q, float *out,
                         int count);

#endif
