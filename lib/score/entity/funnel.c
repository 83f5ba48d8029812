#include "score/entity/funnel.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

#include "base/sort.h"

static const double winsorised_square = 0.6786545589; /* of a normal distribution cut at 10 and 90 % */
static const double normal95 = 1.959963984540054;     /* 97.5th percentile of the normal distribution */

/* Of all that the weights reach: where one entity is alone or outweighs all, the rest is rounding. */
static const double room_least = 1e-9;

/* Between the two nearest ranks (type 7), of sorted values. */
static double quantile(const double *sorted, size_t count, double share) {
    double at = share * (double)(count - 1);
    size_t below = (size_t)at;
    if (below + 1 >= count) return sorted[count - 1];
    return sorted[below] + (at - (double)below) * (sorted[below + 1] - sorted[below]);
}

static void measure_spread(const km_funnel *entities, size_t count, km_funnel_scale scale,
                           km_dispersion *spread, double *spare) {
    double squares = 0, weights = 0, reach = 0, weights2 = 0;
    for (size_t i = 0; i < count; i++) spare[i] = entities[i].z_raw;
    km_sort_doubles(spare, count);
    spread->low = quantile(spare, count, .1);
    spread->high = quantile(spare, count, .9);
    for (size_t i = 0; i < count; i++) {
        double z = fmin(fmax(entities[i].z_raw, spread->low), spread->high);
        double s = sqrt(entities[i].variance) / entities[i].expected, w = 1 / (s * s);
        squares += z * z;
        weights += w;
        reach += w * (1 + entities[i].others);
        weights2 += w * w * (1 + entities[i].others);
    }
    double degrees = (double)count - 1, room = reach - weights2 / weights;
    spread->phi = squares / (double)count / (scale == KM_FUNNEL_FULL ? winsorised_square : 1);
    const bool any = room > reach * room_least;
    spread->tau2 = any ? fmax(0, ((double)count * spread->phi - degrees) / room) : 0;
}

static void place(km_funnel *entity, const km_dispersion *spread) {
    double y = log(entity->observed / entity->expected);
    double s2 = entity->variance / (entity->expected * entity->expected);
    double width = sqrt(s2 + spread->tau2 * (1 + entity->others));
    entity->z = y / width;
    entity->p = gsl_cdf_ugaussian_Q(entity->z);
    entity->low95 = entity->expected * exp(-normal95 * width);
    entity->high95 = entity->expected * exp(normal95 * width);
    entity->shrunk = exp(y * spread->tau2 / (spread->tau2 + s2));
}

void km_funnel_fit(km_funnel *entities, size_t count, km_funnel_scale scale, km_dispersion *spread,
                   double *spare, uint32_t *order) {
    *spread = (km_dispersion){.phi = 1};
    if (!count) return;
    for (size_t i = 0; i < count; i++) {
        km_funnel *entity = &entities[i];
        entity->z_raw = log(entity->observed / entity->expected) * entity->expected / sqrt(entity->variance);
    }
    measure_spread(entities, count, scale, spread, spare);
    for (size_t i = 0; i < count; i++) place(&entities[i], spread);
    for (size_t i = 0; i < count; i++) spare[i] = entities[i].p;
    km_q_values(spare, spare + count, count, order);
    for (size_t i = 0; i < count; i++) entities[i].q = spare[count + i];
}

static int by_chance(const void *a, const void *b, const void *context) {
    uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    const double *p = context;
    if (p[left] != p[right]) return p[left] < p[right] ? -1 : 1;
    return (left > right) - (left < right);
}

void km_q_values(const double *p, double *q, size_t count, uint32_t *order) {
    double least = 1;
    for (size_t i = 0; i < count; i++) order[i] = (uint32_t)i;
    km_sort(order, count, sizeof *order, by_chance, p);
    for (size_t rank = count; rank > 0; rank--) {
        uint32_t i = order[rank - 1];
        least = fmin(least, p[i] * (double)count / (double)rank);
        q[i] = least;
    }
}

double km_funnel_excess(const km_funnel *entity) {
    double drawn = entity->expected * (entity->shrunk - 1), beyond = entity->observed - entity->high95;
    return entity->observed > entity->expected ? fmax(drawn, beyond) : drawn;
}
