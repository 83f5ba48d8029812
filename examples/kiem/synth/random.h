/* Random numbers that are the same on every machine: xoshiro256**, integers only, no libm. */
#ifndef SYNTH_RANDOM_H
#define SYNTH_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

struct synth_random {
    uint64_t s[4];
};

/* Each (seed, stream) is its own sequence, so a person never depends on the persons before. */
void synth_random_start(struct synth_random *random, uint64_t seed, uint64_t stream);
uint64_t synth_random_next(struct synth_random *random);
/* 0 .. n - 1; n > 0 */
uint32_t synth_below(struct synth_random *random, uint32_t n);
/* low .. high, both included */
int32_t synth_between(struct synth_random *random, int32_t low, int32_t high);
bool synth_chance(struct synth_random *random, uint32_t permille);
/* A lognormal factor with median 1024 and this sigma of the natural logarithm, in thousandths. */
uint32_t synth_lognormal(struct synth_random *random, uint32_t sigma_milli);
/* Index of the first entry of a rising cumulative array that lies above a random point of it. */
uint32_t synth_weighted(struct synth_random *random, const uint32_t *cumulative, uint32_t count);
/* A fixed mix of two numbers, for properties that must not depend on the order of draws. */
uint64_t synth_mix(uint64_t a, uint64_t b);

#endif
