#include "score/entity/digits.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

#include "base/sort.h"

static const double chi2_median = 7.344121498; /* eight degrees of freedom */
/* How sure it is how far a facility's digits lie from the reference in the ordinary way, as degrees of
 * freedom: some keep more prices of their own than others. Chosen on six files with nothing planted. */
static const double usual_freedom = 12;
static const double f_median = .9715150998; /* of F with 8 and 12 degrees of freedom */

void km_digits_compare(const uint64_t counts[KM_DIGITS], const double shares[KM_DIGITS], km_digit_test *out) {
    *out = (km_digit_test){.p = 1, .digit = 1};
    for (int i = 0; i < KM_DIGITS; i++) out->count += counts[i];
    if (!out->count) return;
    double n = (double)out->count;
    for (int i = 0; i < KM_DIGITS; i++) {
        double apart = (double)counts[i] - n * shares[i];
        double z = apart / sqrt(n * shares[i] * (1 - shares[i]));
        out->chi2 += apart * apart / (n * shares[i]);
        out->deviation += fabs(apart) / n / KM_DIGITS;
        if (i && z <= out->digit_z) continue;
        out->digit = i + 1;
        out->digit_z = z;
    }
    out->effect = sqrt(out->chi2 / n);
    out->p = gsl_cdf_chisq_Q(out->chi2, KM_DIGITS - 1);
}

double km_digits_widen(km_digit_test *const *tests, size_t count, double *spare) {
    if (!count) return 0;
    for (size_t i = 0; i < count; i++) spare[i] = (tests[i]->chi2 - chi2_median) / (double)tests[i]->count;
    km_sort_doubles(spare, count);
    double usual = fmax(0, (spare[(count - 1) / 2] + spare[count / 2]) / 2);
    for (size_t i = 0; i < count; i++) {
        double times = 1 + (double)tests[i]->count * usual / chi2_median;
        tests[i]->p =
            gsl_cdf_fdist_Q(tests[i]->chi2 / times / chi2_median * f_median, KM_DIGITS - 1, usual_freedom);
    }
    return usual;
}
