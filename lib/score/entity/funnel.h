/* Funnel limits: which of many entities lie further above what their peers give than chance and the usual
 * spread between entities explain.
 *
 * Observed over expected on a logarithmic scale; its variance from the claims, widened by what the entities
 * differ anyway (over-dispersion, Spiegelhalter 2005 Stat Med 24:1185), with the tails winsorised so that
 * those looked for do not hide themselves. Chances are one-sided (above), q-values by Benjamini and Hochberg.
 */
#ifndef KM_SCORE_FUNNEL_H
#define KM_SCORE_FUNNEL_H

#include <stdbool.h>
#include <stddef.h>

#include "base/mem.h"

enum { KM_FUNNEL_MIN = 8 /* with fewer entities none stands out */ };

/* One entity: the first four are given, observed, expected and variance above 0. The expected rests on others
 * that differ among themselves as the entity does from them; few of them say less. */
typedef struct km_funnel {
    double observed, expected, variance; /* of observed, were the entity like its peers */
    double others;                       /* 1 / how many they amount to; 0: any number */
    double z_raw;                        /* log(observed / expected) in its own deviations */
    double z;                            /* the same with the spread between entities added (additive) */
    double p, q;                         /* of z, one-sided */
    double low95, high95;                /* limits of the funnel, in units of observed */
    double shrunk;                       /* observed / expected drawn towards 1 by its reliability */
} km_funnel;

typedef struct km_dispersion {
    double phi;       /* mean square of the winsorised z_raw */
    double tau2;      /* variance between entities */
    double low, high; /* where z_raw was winsorised: its 10th and 90th percentile */
} km_dispersion;

/* Winsorising takes a part of the spread away even where no entity is odd: of a normal distribution the mean
 * square falls to 0.6787. As published it is left at that (KM_FUNNEL_PLAIN), and with a real spread between
 * entities nearly twice as many pass a limit as it declares; KM_FUNNEL_FULL gives it back. */
typedef enum km_funnel_scale { KM_FUNNEL_PLAIN = 0, KM_FUNNEL_FULL } km_funnel_scale;

/* `spare` has room for two numbers for each entity, `order` for one. */
void km_funnel_fit(km_funnel *entities, size_t count, km_funnel_scale scale, km_dispersion *spread,
                   double *spare, uint32_t *order);
/* What is to be explained, in units of observed: the excess over the expected as far as it is reliable, or
 * what lies beyond the upper limit where the others hardly differ; never the plain difference. Negative for
 * entities below their peers. */
double km_funnel_excess(const km_funnel *entity);

/* q-values of p-values: the smallest false discovery rate at which each is among the discoveries. `order` has
 * room for `count` numbers. */
void km_q_values(const double *p, double *q, size_t count, uint32_t *order);

#endif
