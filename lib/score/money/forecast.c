#include "score/money/forecast.h"

#include <gsl/gsl_cdf.h>
#include <math.h>

#include "base/sort.h"

/* Assumptions of the methods, the squares of: weekly noise and drift of a province, of a facility; error of
 * the shipped curve, least error of a learned one. */
const km_level_prior km_province_prior = {0.04 * 0.04, 0.008 * 0.008};
const km_level_prior km_facility_prior = {0.10 * 0.10, 0.015 * 0.015};
static const double shipped_shape = 0.06 * 0.06, least_shape = 0.02 * 0.02;
/* Of a block: above the first the mean leaves the median, above the second blocks are made longer. */
static const double tame_noise = 0.1 * 0.1, wild_noise = 0.15 * 0.15;
static const double widen_default = 1.15, widen_little = 1.5;

enum { PRIOR_BLOCKS = 8, FEW_BLOCKS = 4, ENOUGH_BLOCKS = 8, STUDENT_YEARS = 3 };

/* ---- the level */

static int compare_numbers(const void *a, const void *b, const void *context) {
    const double *left = a, *right = b;
    (void)context;
    return (*left > *right) - (*left < *right);
}

/* Steps between blocks, the wild ones cut to three robust spreads: one odd week must not rule. */
static int steps_of(const double *z, int count, double *step) {
    double size[KM_BLOCKS];
    int n = count - 1;
    for (int k = 0; k < n; k++) size[k] = fabs(step[k] = z[k + 1] - z[k]);
    if (n < 1) return 0;
    km_sort(size, (size_t)n, sizeof *size, compare_numbers, NULL);
    double median = n % 2 ? size[n / 2] : (size[n / 2 - 1] + size[n / 2]) / 2;
    double most = 3 * 1.4826 * median;
    for (int k = 0; k < n; k++) {
        if (fabs(step[k]) > most) step[k] = step[k] > 0 ? most : -most;
    }
    return n;
}

/* Drift seen over a longer distance, which noise blurs less: steps over several blocks against single ones.
 */
static double long_drift(const double *z, int count, double lag0) {
    enum { LEAST = 10, LONGEST = 8 };
    int distance = count / 2 < LONGEST ? count / 2 : LONGEST;
    double sum = 0;
    if (count < LEAST) return INFINITY;
    for (int k = 0; k + distance < count; k++) sum += (z[k + distance] - z[k]) * (z[k + distance] - z[k]);
    return (sum / (count - distance) - lag0) / (distance - 1);
}

static void fit_variances(km_level *out, const double *z, const double *step, int n, km_level_prior prior) {
    double sum0 = 0, sum1 = 0;
    for (int k = 0; k < n; k++) sum0 += step[k] * step[k];
    for (int k = 0; k + 1 < n; k++) sum1 += step[k] * step[k + 1];
    out->lag0 = n ? sum0 / n : 0;
    out->lag1 = n > 1 ? sum1 / (n - 1) : 0;
    double noise = fmax(0, -out->lag1);
    double drift = fmax(0, fmin(out->lag0 + 2 * out->lag1, long_drift(z, n + 1, out->lag0)));
    out->noise = (n * noise + PRIOR_BLOCKS * prior.noise) / (n + PRIOR_BLOCKS);
    out->drift = (n * drift + PRIOR_BLOCKS * prior.drift) / (n + PRIOR_BLOCKS);
}

void km_level_fit(km_level *out, const double *z, int count, km_level_prior prior, bool few) {
    double step[KM_BLOCKS];
    *out = (km_level){0};
    fit_variances(out, z, step, steps_of(z, count, step), prior);
    if (few) {
        out->noise = fmax(prior.noise, out->lag0 / 2);
        out->drift = prior.drift;
    }
    out->level = z[0];
    out->variance = out->noise;
    for (int k = 1; k < count; k++) {
        double before = out->variance + out->drift;
        double gain = before / (before + out->noise);
        out->level += gain * (z[k] - out->level);
        out->variance = before * (1 - gain);
    }
}

double km_shape_variance(const double *shares, int years) {
    double logit[64], mean = 0, sum = 0;
    if (years > 64) years = 64;
    if (years < 2) return shipped_shape;
    for (int i = 0; i < years; i++) {
        if (!(shares[i] > 0 && shares[i] < 1)) return shipped_shape;
        logit[i] = log(shares[i] / (1 - shares[i]));
        mean += logit[i] / years;
    }
    for (int i = 0; i < years; i++) sum += (logit[i] - mean) * (logit[i] - mean);
    return fmax(least_shape, sum / (years - 1) * (1 + 1.0 / years));
}

/* ---- what is left of the year */

/* Student's t by bisection: the inverse in GSL may fail and would call its handler. */
static double student_quantile(double p, int freedom) {
    double low = 0, high = 1000;
    for (int i = 0; i < 100; i++) {
        double middle = (low + high) / 2;
        if (gsl_cdf_tdist_P(middle, freedom) < p) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return (low + high) / 2;
}

/* Weeks, or longer blocks where weeks are too few or too wild to be looked at one by one. */
typedef struct blocks {
    double z[KM_BLOCKS];
    int days, count, empty;
    int weeks, paid; /* that were looked at; of these with money */
    km_level level;
} blocks;

typedef struct to_come {
    double median, variance; /* of its logarithm */
    double shape;            /* the part of the variance that is the curve's */
} to_come;

/* Spending from `from` up to day `to` (not with it); `all` is what the whole rest of the year is to bring. */
static to_come until(const km_outlook_input *in, const blocks *seen, int from, int to, double all) {
    const double *before = in->season->before;
    const km_level *level = &seen->level;
    double q = before[to] - before[from], drift = 0, noise = 0, left = 1;
    if (!(q > 0)) return (to_come){0, 0, 0};
    for (int day = from; day < to; day += seen->days) {
        int end = day + seen->days < to ? day + seen->days : to;
        double weight = (before[end] - before[day]) / q;
        drift += left * left;
        noise += weight * weight;
        left -= weight;
    }
    /* the level has seen the curve's error near today: over a short rest less of it is new */
    double shape = (in->shape_variance > 0 ? in->shape_variance : shipped_shape) * fmin(1, 2 * q);
    /* a sum of wild blocks lies above the block's median: near its mean */
    double wild = fmax(0, level->noise - tame_noise) * fmax(0, 1 - noise) / 2;
    double median = exp(level->level + wild) * q;
    if (all > 0) shape *= median / all;
    return (to_come){median, level->variance + level->drift * drift + level->noise * noise + shape, shape};
}

static double chance_above(double amount, to_come rest, double widen) {
    if (amount <= 0) return 1;
    if (!(rest.median > 0)) return 0;
    return gsl_cdf_ugaussian_P((log(rest.median) - log(amount)) / (widen * sqrt(rest.variance)));
}

/* ---- the steps of an outlook */

static double received_of(const km_outlook_input *in, int day) {
    return in->received ? in->received[day] : 1;
}

/* Blocks that end where at least nine tenths of the claims are in, corrected for the rest. */
static void collect(const km_outlook_input *in, blocks *out) {
    int last = in->today;
    out->count = out->empty = 0;
    while (last > 0 && received_of(in, last - 1) < 0.9) last--;
    for (int day = 0; day + out->days <= last && out->count < KM_BLOCKS; day += out->days) {
        double money = 0;
        for (int i = day; i < day + out->days; i++) money += in->spent[i] / received_of(in, i);
        double share = in->season->before[day + out->days] - in->season->before[day];
        if (money > 0 && share > 0) {
            out->z[out->count++] = log(money / share);
        } else {
            out->empty += share > 0;
        }
    }
}

/* Starts with weeks; doubles them while they are often empty or wild. */
static void fit_blocks(const km_outlook_input *in, blocks *out) {
    enum { LONGEST = 4 * KM_BLOCK_DAYS };
    for (out->days = KM_BLOCK_DAYS;; out->days *= 2) {
        double length = (double)out->days / KM_BLOCK_DAYS;
        km_level_prior prior = {in->prior.noise / length, in->prior.drift * length};
        collect(in, out);
        if (out->days == KM_BLOCK_DAYS) {
            out->weeks = out->count + out->empty;
            out->paid = out->count;
        }
        out->level = (km_level){.level = -INFINITY};
        if (out->count) km_level_fit(&out->level, out->z, out->count, prior, out->weeks <= ENOUGH_BLOCKS);
        bool unfit = out->empty * 10 > out->count || out->level.noise > wild_noise;
        if (!unfit || out->days == LONGEST || out->weeks < ENOUGH_BLOCKS) return;
    }
}

static void add_unreported(km_outlook *out, const km_outlook_input *in, double level) {
    for (int i = 0; i < in->today; i++) {
        double received = received_of(in, i);
        if (received >= 1) continue;
        km_unreported open = km_nowcast(in->spent[i], received, in->dispersion, level * in->season->share[i]);
        out->unreported += open.amount;
        out->unreported_variance += open.variance;
    }
}

/* Logarithmic half width at probability p. The variance of a curve learned from few years is itself
 * uncertain: its part gets Student's t. */
static double half_width(const km_outlook_input *in, to_come rest, double unreported, double widen,
                         double p) {
    double normal = gsl_cdf_ugaussian_Pinv(p), variance = rest.variance;
    if (in->shape_years >= STUDENT_YEARS) {
        double student = student_quantile(p, in->shape_years - 1) / normal;
        variance += rest.shape * (student * student - 1);
    }
    return normal * sqrt(variance * widen * widen + unreported);
}

static void set_interval(km_outlook *out, const km_outlook_input *in, to_come rest, double widen) {
    double open = rest.median + out->unreported;
    double unreported = open > 0 ? out->unreported_variance / (open * open) : 0;
    double at80 = half_width(in, rest, unreported, widen, 0.90);
    double at95 = half_width(in, rest, unreported, widen, 0.975);
    out->forecast = out->spent + open;
    out->low80 = out->spent + open * exp(-at80);
    out->high80 = out->spent + open * exp(at80);
    out->low95 = out->spent + open * exp(-at95);
    out->high95 = out->spent + open * exp(at95);
    if (in->rival > 0 && rest.median > 0) {
        out->low80 = fmin(out->low80, in->rival);
        out->low95 = fmin(out->low95, in->rival);
        out->high80 = fmax(out->high80, in->rival);
        out->high95 = fmax(out->high95, in->rival);
    }
}

/* The day on which the sum, late claims included, passed the budget; KM_NO_DAY when it has not. */
static int day_passed(const km_outlook_input *in, double level) {
    double sum = 0;
    for (int i = 0; i < in->today; i++) {
        double received = received_of(in, i);
        sum += in->spent[i];
        sum += km_nowcast(in->spent[i], received, in->dispersion, level * in->season->share[i]).amount;
        if (sum >= in->budget) return i;
    }
    return KM_NO_DAY;
}

static void set_run_out(km_outlook *out, const km_outlook_input *in, const blocks *seen, double all,
                        double widen) {
    double left = in->budget - out->spent - out->unreported;
    for (int day = in->today; day < in->season->days && out->exhausts_late == KM_NO_DAY; day++) {
        double chance = chance_above(left, until(in, seen, in->today, day + 1, all), widen);
        if (chance >= 0.1 && out->exhausts_early == KM_NO_DAY) out->exhausts_early = day;
        if (chance >= 0.5 && out->exhausts == KM_NO_DAY) out->exhausts = day;
        if (chance >= 0.9) out->exhausts_late = day;
    }
}

static void hold_against_budget(km_outlook *out, const km_outlook_input *in, const blocks *seen, to_come rest,
                                double widen) {
    double known = out->spent + out->unreported;
    double due = in->budget * out->expected;
    if (due > 0) out->pace = known / due;
    if (known >= in->budget) {
        out->exhausts = out->exhausts_early = out->exhausts_late =
            day_passed(in, seen->count ? exp(seen->level.level) : 0);
        out->chance_over = 1;
        return;
    }
    if (out->status == KM_OUTLOOK_CLOSED) out->chance_well_below = known < 0.9 * in->budget;
    if (out->status != KM_OUTLOOK_FORECAST && out->status != KM_OUTLOOK_LOW) return;
    out->chance_over = chance_above(in->budget - known, rest, widen);
    out->chance_well_below = 1 - chance_above(0.9 * in->budget - known, rest, widen);
    set_run_out(out, in, seen, rest.median, widen);
}

static km_outlook_status status_of(const km_outlook_input *in, const km_outlook *out, const blocks *seen) {
    if (!(out->spent > 0)) return KM_OUTLOOK_NONE;
    if (in->today >= in->season->days) return KM_OUTLOOK_CLOSED;
    if (seen->paid < FEW_BLOCKS) return KM_OUTLOOK_EARLY;
    return seen->weeks <= ENOUGH_BLOCKS ? KM_OUTLOOK_LOW : KM_OUTLOOK_FORECAST;
}

void km_outlook_make(km_outlook *out, const km_outlook_input *in) {
    blocks seen;
    to_come rest = {0, 0, 0};
    *out = (km_outlook){.exhausts = KM_NO_DAY, .exhausts_early = KM_NO_DAY, .exhausts_late = KM_NO_DAY};
    for (int i = 0; i < in->today; i++) out->spent += in->spent[i];
    out->expected = in->season->before[in->today];
    fit_blocks(in, &seen);
    out->weeks = seen.weeks;
    out->status = status_of(in, out, &seen);
    if (out->status == KM_OUTLOOK_NONE) return;
    double level = seen.count ? exp(seen.level.level) : 0;
    add_unreported(out, in, level);
    out->straight = out->spent * in->season->days / in->today;
    double widen = in->widen > 0 ? in->widen : widen_default;
    if (out->status == KM_OUTLOOK_LOW) widen = fmax(widen, widen_little);
    if (out->status != KM_OUTLOOK_EARLY) {
        rest = until(in, &seen, in->today, in->season->days, 0);
        set_interval(out, in, rest, widen);
    }
    if (in->has_budget) hold_against_budget(out, in, &seen, rest, widen);
}
