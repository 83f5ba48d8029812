/* A sample drawn in proportion to money, and what it says about all claims.
 *
 * Drawn: Pareto sampling (Rosen 1997, J. Statist. Plann. Inference 62:159), of fixed size, with chances in
 * proportion to a size. The luck of a claim comes from its key and a seed, so neither the order of the claims
 * nor their division changes the sample. Estimated: the total by Horvitz and Thompson (1952, JASA 47:663);
 * for sizes that no error can exceed, the upper bound of monetary-unit sampling by Stringer (1963, Proc.
 * Business and Economic Statistics Section, ASA: 405). */
#ifndef KM_SCORE_SAMPLE_H
#define KM_SCORE_SAMPLE_H

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"

enum {
    KM_SAMPLE_INTERVAL_MIN = 20, /* drawn by chance: with fewer, Student's t says next to nothing */
    KM_SAMPLE_CONFIDENCE_MIN = 50,
    KM_SAMPLE_CONFIDENCE_MAX = 99
};

/* ---- drawing */

/* What is drawn from. Sizes are 0 or more (0: can not be drawn); the key of row i is bytes[offsets[i]] ..
 * bytes[offsets[i + 1] - 1]. Rows that share a key share their luck. */
typedef struct km_sample_frame {
    const int64_t *sizes;
    const char *bytes;
    const int64_t *offsets;
    uint32_t rows;
} km_sample_frame;

/* The chance of each row to be among `wanted`: wanted * size / sum of sizes. A row whose chance would reach 1
 * is certain (exactly 1); it is taken out and the rest shared anew, until none is left. KIEM_E_RANGE when the
 * sizes add up to more than int64 holds. */
kiem_status km_sample_chances(const km_mem *mem, const int64_t *sizes, uint32_t rows, int64_t wanted,
                              double *chances, km_error *error);
/* Pareto's order: of the rows with a chance between 0 and 1, those with the smallest are drawn. */
double km_sample_order(double luck, double chance);
/* Draws: chances as above, drawn[i] 1 for a row of the sample, else 0. */
kiem_status km_sample_draw(const km_mem *mem, const km_sample_frame *frame, int64_t wanted, uint64_t seed,
                           double *chances, uint8_t *drawn, km_error *error);

/* ---- estimating */

/* Why there is an interval, or none. */
typedef enum km_sample_interval {
    KM_SAMPLE_GIVEN = 0,
    KM_SAMPLE_WHOLE,        /* every claim was certain: the total is known, the interval is a point */
    KM_SAMPLE_FEW_DRAWN,    /* fewer than KM_SAMPLE_INTERVAL_MIN by chance */
    KM_SAMPLE_NOTHING_FOUND /* no overpayment among those drawn by chance: the sample has no spread to go by
                             */
} km_sample_interval;
const char *km_sample_interval_name(km_sample_interval interval);

/* Money in hundredths of a dong; what is estimated is not yet rounded. */
typedef struct km_sample_estimate {
    uint32_t drawn, certain; /* rows of the sample, and those of them that were certain */
    int64_t found;           /* the overpayment seen in the sample */
    double total, standard_error;
    km_sample_interval interval;
    double low, high; /* Student's t, with certain rows apart; low is at least what was found */
    bool has_units;   /* sizes were given, and no overpayment is above its size: the next two are known */
    double lower;     /* one-sided, with replacement (Hansen and Hurwitz 1943), at least what was found */
    double upper;     /* one-sided, Stringer */
} km_sample_estimate;

/* What a reviewed sample says of all claims. overpaid is 0 or more; chances are those of the draw, above 0
 * and at most 1; sizes may be NULL, and are to be given only when a claim cannot be overpaid by more than its
 * size. Confidence in whole percent. KIEM_E_ARGUMENT names the row (from 1) that has another value. */
kiem_status km_sample_evaluate(const km_mem *mem, const int64_t *overpaid, const double *chances,
                               const int64_t *sizes, uint32_t rows, int confidence, km_sample_estimate *out,
                               km_error *error);

/* ---- monetary units */

/* The upper limit of a Poisson mean when `errors` were seen: f_k of Stringer's bound. */
double km_sample_poisson_limit(uint32_t errors, int confidence);

typedef struct km_units {
    double most_likely, upper;
    double standard_error; /* Hansen and Hurwitz; 0 for fewer than 2 items */
    double lower;          /* one-sided, never below 0 */
} km_units;

/* `items` were drawn with an interval of book / items each; `taintings` (overpaid / size, 0 to 1, zeros may
 * be left out) are put in descending order. */
km_units km_units_evaluate(double book, uint32_t items, double *taintings, uint32_t count, int confidence);

#endif
