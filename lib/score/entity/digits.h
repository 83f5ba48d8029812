/* Leading digits of amounts beside those of the peers. Tariffs break Benford's law, so the reference is what
 * peers show. */
#ifndef KM_SCORE_DIGITS_H
#define KM_SCORE_DIGITS_H

#include <stddef.h>
#include <stdint.h>

enum { KM_DIGITS = 9, KM_DIGITS_MIN = 500 /* amounts: fewer say nothing */ };

typedef struct km_digit_test {
    uint64_t count;
    double chi2, p;   /* eight degrees of freedom */
    double effect;    /* w = sqrt(chi2 / count): from 0.2 on worth a look */
    double deviation; /* mean |share - reference|: above 0.015 no agreement (Nigrini) */
    int digit;        /* the one that is most above its reference */
    double digit_z;
} km_digit_test;

/* counts and shares of the digits 1 to 9; the shares are above 0 and add up to 1. */
void km_digits_compare(const uint64_t counts[KM_DIGITS], const double shares[KM_DIGITS], km_digit_test *out);

/* Tariffs and prices of their own make the digits of all entities differ from the reference a little more
 * than chance does, the more clearly the more amounts there are. What half of them show beyond chance (chi2
 * for each amount, returned) is taken as usual; as facilities differ in that too, p is that of F, not of
 * chi2. `spare` has room for `count` numbers. */
double km_digits_widen(km_digit_test *const *tests, size_t count, double *spare);

#endif
