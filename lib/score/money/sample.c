#include "score/money/sample.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

#include "base/decimal.h"
#include "base/hash.h"
#include "base/sort.h"

/* ---- drawing */

typedef struct candidate {
    double order; /* of Pareto */
    int64_t size;
    uint32_t row;
} candidate;

static int by_size(const void *a, const void *b, const void *context) {
    const candidate *left = a, *right = b;
    (void)context;
    if (left->size != right->size) return left->size > right->size ? -1 : 1;
    KM_ORDER_BY(row);
    return 0;
}

static km_text key_of(const km_sample_frame *frame, uint32_t row) {
    int64_t begin = frame->offsets[row];
    return (km_text){frame->bytes + begin, (size_t)(frame->offsets[row + 1] - begin)};
}

/* Ties are broken by what the rows are, not by where they stand. */
static int by_order(const void *a, const void *b, const void *context) {
    const candidate *left = a, *right = b;
    KM_ORDER_BY(order);
    int keys = km_text_compare(key_of(context, left->row), key_of(context, right->row));
    if (keys) return keys;
    if (left->size != right->size) return left->size > right->size ? -1 : 1;
    KM_ORDER_BY(row);
    return 0;
}

/* Rows by falling size; those without a size are left out. */
static kiem_status by_falling_size(const int64_t *sizes, uint32_t rows, candidate *list, uint32_t *count,
                                   int64_t *sum, km_error *error) {
    *count = 0;
    *sum = 0;
    for (uint32_t row = 0; row < rows; row++) {
        if (sizes[row] < 0) return km_fail(error, KIEM_E_ARGUMENT, "the size of row %u is negative", row + 1);
        if (__builtin_add_overflow(*sum, sizes[row], sum))
            return km_fail(error, KIEM_E_RANGE, "the sizes add up to more than fits");
        if (sizes[row] > 0) list[(*count)++] = (candidate){.size = sizes[row], .row = row};
    }
    km_sort(list, *count, sizeof *list, by_size, NULL);
    return KIEM_OK;
}

/* Taking out the largest as long as it is certain comes to the same as taking out all that are certain again
 * and again: what goes lowers the chance of none that stays. */
kiem_status km_sample_chances(const km_mem *mem, const int64_t *sizes, uint32_t rows, int64_t wanted,
                              double *chances, km_error *error) {
    uint32_t count, certain = 0;
    int64_t left;
    candidate *list = km_alloc_array(mem, rows, sizeof *list);
    if (!list) return km_nomem(error);
    kiem_status status = by_falling_size(sizes, rows, list, &count, &left, error);
    if (status == KIEM_OK) {
        for (uint32_t row = 0; row < rows; row++) chances[row] = 0;
        for (; certain < count && certain < wanted; certain++) {
            if ((km_int128)(wanted - certain) * list[certain].size < left) break;
            left -= list[certain].size;
            chances[list[certain].row] = 1;
        }
        for (uint32_t i = certain; i < count; i++)
            chances[list[i].row] = (double)(wanted - certain) * (double)list[i].size / (double)left;
    }
    km_free(mem, list, rows * sizeof *list);
    return status;
}

/* The luck of a key: above 0, below 1. */
static double luck_of(km_text key, uint64_t seed) {
    const double steps = 0x1p53;
    return ((double)(km_hash(key.ptr, key.length, seed) >> 11) + 0.5) / steps;
}

double km_sample_order(double luck, double chance) {
    return luck / (1 - luck) / (chance / (1 - chance));
}

kiem_status km_sample_draw(const km_mem *mem, const km_sample_frame *frame, int64_t wanted, uint64_t seed,
                           double *chances, uint8_t *drawn, km_error *error) {
    KM_TRY(km_sample_chances(mem, frame->sizes, frame->rows, wanted, chances, error));
    uint32_t count = 0;
    candidate *list = km_alloc_array(mem, frame->rows, sizeof *list);
    if (!list) return km_nomem(error);
    for (uint32_t row = 0; row < frame->rows; row++) {
        drawn[row] = chances[row] >= 1;
        wanted -= drawn[row];
        if (drawn[row] || !(chances[row] > 0)) continue;
        double order = km_sample_order(luck_of(key_of(frame, row), seed), chances[row]);
        list[count++] = (candidate){.order = order, .size = frame->sizes[row], .row = row};
    }
    km_sort(list, count, sizeof *list, by_order, frame);
    for (uint32_t i = 0; i < count && i < wanted; i++) drawn[list[i].row] = 1;
    km_free(mem, list, frame->rows * sizeof *list);
    return KIEM_OK;
}

/* ---- monetary units */

/* GSL's quantile of chi-square loses its way, and calls its error handler, from some 1,070 errors on (at 96 %
 * and more); from 1,000 on the cube-root approximation of Wilson and Hilferty (1931) is exact to six digits.
 */
enum { EXACT_ERRORS = 1000 };

double km_sample_poisson_limit(uint32_t errors, int confidence) {
    const double p = confidence / 100.0, mean = (double)errors + 1;
    if (errors < EXACT_ERRORS) return gsl_cdf_chisq_Pinv(p, 2 * mean) / 2;
    double root = 1 - 1 / (9 * mean) + gsl_cdf_ugaussian_Pinv(p) / (3 * sqrt(mean));
    return mean * root * root * root;
}

/* Beyond 10,000 degrees of freedom Student's t is the normal curve to four digits; GSL's quantile was tried
 * for each number below. */
static double student(double p, uint32_t freedom) {
    return gsl_cdf_tdist_Pinv(p, freedom < 10000 ? freedom : 10000);
}

static int falling(const void *a, const void *b, const void *context) {
    const double *left = a, *right = b;
    (void)context;
    return (*left < *right) - (*left > *right);
}

km_units km_units_evaluate(double book, uint32_t items, double *taintings, uint32_t count, int confidence) {
    km_units units = {0};
    double sum = 0, squares = 0, before = km_sample_poisson_limit(0, confidence), bound = before;
    if (!items) return units;
    km_sort(taintings, count, sizeof *taintings, falling, NULL);
    for (uint32_t k = 0; k < count && taintings[k] > 0; k++) {
        double limit = km_sample_poisson_limit(k + 1, confidence);
        bound += (limit - before) * taintings[k];
        before = limit;
        sum += taintings[k];
    }
    const double n = items, interval = book / n, mean = sum / n;
    for (uint32_t k = 0; k < count; k++) squares += (taintings[k] - mean) * (taintings[k] - mean);
    squares += (n - count) * mean * mean;
    units.most_likely = interval * sum;
    units.upper = interval * bound;
    if (items < 2) return units;
    units.standard_error = book * sqrt(squares / (n * (n - 1)));
    units.lower = fmax(0, units.most_likely - student(confidence / 100.0, items - 1) * units.standard_error);
    return units;
}

/* ---- estimating */

const char *km_sample_interval_name(km_sample_interval interval) {
    static const char *const names[] = {"given", "whole", "few_drawn", "nothing_found"};
    return names[interval];
}

static kiem_status check_row(int64_t overpaid, double chance, const int64_t *size, uint32_t row,
                             km_error *error) {
    if (overpaid < 0) return km_fail(error, KIEM_E_ARGUMENT, "overpaid of row %u is negative", row + 1);
    if (!(chance > 0) || chance > 1)
        return km_fail(error, KIEM_E_ARGUMENT, "the chance of row %u is not above 0 and at most 1", row + 1);
    if (size && *size <= 0)
        return km_fail(error, KIEM_E_ARGUMENT, "the size of row %u is not above 0", row + 1);
    return KIEM_OK;
}

/* Sums over the sample, in the order of its rows. */
typedef struct sums {
    int64_t found, found_certain;
    double expanded; /* overpaid / chance, of those drawn by chance */
    double weight, weighted;
    double book; /* of those drawn by chance, estimated: each stands for size / chance of an interval */
    uint32_t by_chance;
    bool fits; /* no overpayment above its size */
} sums;

static kiem_status add_up(const int64_t *overpaid, const double *chances, const int64_t *sizes, uint32_t rows,
                          sums *s, km_error *error) {
    *s = (sums){.fits = sizes != NULL};
    for (uint32_t i = 0; i < rows; i++) {
        KM_TRY(check_row(overpaid[i], chances[i], sizes ? &sizes[i] : NULL, i, error));
        if (__builtin_add_overflow(s->found, overpaid[i], &s->found))
            return km_fail(error, KIEM_E_RANGE, "what was overpaid adds up to more than fits");
        if (sizes && overpaid[i] > sizes[i]) s->fits = false;
        if (chances[i] >= 1) {
            s->found_certain += overpaid[i];
            continue;
        }
        double value = (double)overpaid[i] / chances[i], weight = 1 - chances[i];
        s->by_chance++;
        s->expanded += value;
        s->weight += weight;
        s->weighted += weight * value;
        if (sizes) s->book += (double)sizes[i] / chances[i];
    }
    return KIEM_OK;
}

/* Of Rosen's and Hajek's form: m / (m - 1) sum c (e / pi - b)^2 with c = 1 - pi and b the c-weighted mean. */
static double variance_of(const int64_t *overpaid, const double *chances, uint32_t rows, const sums *s) {
    double sum = 0, mean = s->weighted / s->weight;
    if (s->by_chance < 2) return 0;
    for (uint32_t i = 0; i < rows; i++) {
        double off = (double)overpaid[i] / chances[i] - mean;
        if (chances[i] < 1) sum += (1 - chances[i]) * off * off;
    }
    return sum * s->by_chance / (s->by_chance - 1.0);
}

static kiem_status add_units(const km_mem *mem, const int64_t *overpaid, const double *chances,
                             const int64_t *sizes, uint32_t rows, const sums *s, int confidence,
                             km_sample_estimate *out, km_error *error) {
    uint32_t count = 0;
    double *taintings = km_alloc_array(mem, rows, sizeof *taintings);
    if (!taintings) return km_nomem(error);
    for (uint32_t i = 0; i < rows; i++) {
        if (chances[i] < 1) taintings[count++] = (double)overpaid[i] / (double)sizes[i];
    }
    km_units units = km_units_evaluate(s->book, s->by_chance, taintings, count, confidence);
    km_free(mem, taintings, rows * sizeof *taintings);
    out->has_units = true;
    out->lower = fmax((double)s->found, (double)s->found_certain + units.lower);
    out->upper = (double)s->found_certain + units.upper;
    return KIEM_OK;
}

static km_sample_interval interval_of(const sums *s) {
    if (!s->by_chance) return KM_SAMPLE_WHOLE;
    if (s->by_chance < KM_SAMPLE_INTERVAL_MIN) return KM_SAMPLE_FEW_DRAWN;
    return s->found > s->found_certain ? KM_SAMPLE_GIVEN : KM_SAMPLE_NOTHING_FOUND;
}

kiem_status km_sample_evaluate(const km_mem *mem, const int64_t *overpaid, const double *chances,
                               const int64_t *sizes, uint32_t rows, int confidence, km_sample_estimate *out,
                               km_error *error) {
    const double most = 9e18;
    sums s;
    if (confidence < KM_SAMPLE_CONFIDENCE_MIN || confidence > KM_SAMPLE_CONFIDENCE_MAX) {
        return km_fail(error, KIEM_E_ARGUMENT, "the confidence is a whole percentage from %d to %d",
                       KM_SAMPLE_CONFIDENCE_MIN, KM_SAMPLE_CONFIDENCE_MAX);
    }
    KM_TRY(add_up(overpaid, chances, sizes, rows, &s, error));
    *out = (km_sample_estimate){.drawn = rows,
                                .certain = rows - s.by_chance,
                                .found = s.found,
                                .total = (double)s.found_certain + s.expanded,
                                .standard_error = sqrt(variance_of(overpaid, chances, rows, &s)),
                                .interval = interval_of(&s)};
    out->low = out->high = out->total;
    if (out->interval == KM_SAMPLE_GIVEN) {
        double half = student(0.5 + confidence / 200.0, s.by_chance - 1) * out->standard_error;
        out->low = fmax((double)s.found, out->total - half);
        out->high = out->total + half;
    }
    if (s.fits && s.by_chance >= KM_SAMPLE_INTERVAL_MIN)
        KM_TRY(add_units(mem, overpaid, chances, sizes, rows, &s, confidence, out, error));
    if (!(fmax(out->high, out->has_units ? out->upper : 0) < most))
        return km_fail(error, KIEM_E_RANGE, "the estimate is more than fits");
    return KIEM_OK;
}
