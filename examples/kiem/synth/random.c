#include "random.h"

static uint64_t rotate(uint64_t x, unsigned k) {
    return (x << k) | (x >> (64 - k));
}

static uint64_t finish(uint64_t x) {
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

uint64_t synth_mix(uint64_t a, uint64_t b) {
    return finish(finish(a + 0x9e3779b97f4a7c15u) ^ (b * 0xd6e8feb86659fd93u));
}

void synth_random_start(struct synth_random *random, uint64_t seed, uint64_t stream) {
    uint64_t state = synth_mix(seed, stream);
    for (int i = 0; i < 4; i++) {
        state += 0x9e3779b97f4a7c15u;
        random->s[i] = finish(state);
    }
}

uint64_t synth_random_next(struct synth_random *random) {
    uint64_t *s = random->s;
    uint64_t result = rotate(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotate(s[3], 45);
    return result;
}

uint32_t synth_below(struct synth_random *random, uint32_t n) {
    return (uint32_t)(((synth_random_next(random) >> 32) * n) >> 32);
}

int32_t synth_between(struct synth_random *random, int32_t low, int32_t high) {
    return low + (int32_t)synth_below(random, (uint32_t)(high - low + 1));
}

bool synth_chance(struct synth_random *random, uint32_t permille) {
    return synth_below(random, 1000) < permille;
}

/* Sum of twelve uniforms: close to normal, and exact in integers. 65536 is one standard deviation. */
static int64_t normal(struct synth_random *random) {
    int64_t sum = -6 * 65536;
    for (int i = 0; i < 3; i++) {
        uint64_t bits = synth_random_next(random);
        sum += (int64_t)((bits & 0xffff) + ((bits >> 16) & 0xffff) + ((bits >> 32) & 0xffff) + (bits >> 48));
    }
    return sum;
}

uint32_t synth_lognormal(struct synth_random *random, uint32_t sigma_milli) {
    /* exponent of two in 1/65536, moved up so that it is never negative */
    int64_t x = normal(random) * (int64_t)sigma_milli * 14427 / 10000000 + (16 << 16);
    if (x < 0) x = 0;
    if (x > (int64_t)31 << 16) x = (int64_t)31 << 16;
    uint64_t f = (uint64_t)x & 0xffff;
    uint64_t t = 5118;
    t = 14816 + ((t * f) >> 16);
    t = 45602 + ((t * f) >> 16);
    t = 65536 + ((t * f) >> 16);
    return (uint32_t)(((t << (x >> 16)) >> 16) >> 6);
}

uint32_t synth_weighted(struct synth_random *random, const uint32_t *cumulative, uint32_t count) {
    uint32_t point = synth_below(random, cumulative[count - 1]);
    uint32_t low = 0, high = count - 1;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (cumulative[middle] > point) {
            high = middle;
        } else {
            low = middle + 1;
        }
    }
    return low;
}
