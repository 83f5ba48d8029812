#include <math.h>

#include "base/sort.h"
#include "score/entity/facility.h"

enum { MONTHS = KM_COHORT_MONTHS, MONTH_CLAIMS = 10 /* of a facility, for a month to count */ };

/* q-values of facilities in a test; `entity` tells which of them were in it. */
static kiem_status put_q(const km_mem *mem, const double *p, const uint32_t *entity, size_t tested,
                         km_facility *rows, bool digits, km_error *error) {
    double *q = km_alloc_array(mem, tested, sizeof *q);
    uint32_t *order = km_alloc_array(mem, tested, sizeof *order);
    bool good = q && order;
    if (good) km_q_values(p, q, tested, order);
    for (size_t i = 0; good && i < tested && tested >= KM_FUNNEL_MIN; i++) {
        if (digits) {
            rows[entity[i]].digits_q = q[i];
        } else {
            rows[entity[i]].shift_q = q[i];
        }
    }
    km_free(mem, q, tested * sizeof *q);
    km_free(mem, order, tested * sizeof *order);
    return good ? KIEM_OK : km_nomem(error);
}

/* ---- steps */

typedef struct series_work {
    km_facilities *out;
    const uint32_t *class;
    km_cohort_month *months;
    double *logs;  /* MONTHS for each facility, NaN where nothing is known */
    double *peers; /* the same of its peers' median */
    double *spare, *p;
    uint32_t *entity;
} series_work;

static void take_logs(series_work *w) {
    for (size_t i = 0; i < w->out->count * MONTHS; i++) {
        const km_cohort_month *month = &w->months[i];
        bool known = month->count >= MONTH_CLAIMS && month->observed > 0 && month->expected > 0;
        w->logs[i] = known ? log((double)month->observed / month->expected) : NAN;
    }
}

/* The median over facilities of a class, or of all for KM_NO_ENTITY; NaN when they are few. */
static double median_of(const series_work *w, int month, uint32_t class) {
    size_t count = 0;
    for (size_t i = 0; i < w->out->count; i++) {
        double x = w->logs[i * MONTHS + (size_t)month];
        bool peer = class == KM_NO_ENTITY || w->class[i] == class;
        if (peer && !isnan(x) && w->out->rows[i].rank[KM_MEASURE_COST].has_ratio) w->spare[count++] = x;
    }
    if (count < KM_FUNNEL_MIN) return NAN;
    km_sort_doubles(w->spare, count);
    return (w->spare[(count - 1) / 2] + w->spare[count / 2]) / 2;
}

/* A price decision moves all peers: it is no step of one of them. */
static void find_peers(series_work *w) {
    for (int month = 0; month < MONTHS; month++) {
        double all = median_of(w, month, KM_NO_ENTITY);
        for (size_t i = 0; i < w->out->count; i++) w->peers[i * MONTHS + (size_t)month] = NAN;
        for (size_t i = 0; i < w->out->count; i++) {
            double *to = &w->peers[i * MONTHS + (size_t)month];
            if (!isnan(*to)) continue;
            double own = median_of(w, month, w->class[i]);
            if (isnan(own)) own = isnan(all) ? 0 : all;
            for (size_t k = i; k < w->out->count; k++) {
                if (w->class[k] == w->class[i]) w->peers[k * MONTHS + (size_t)month] = own;
            }
        }
    }
}

static void find_shift(const series_work *w, const km_cohort *cohort, size_t number) {
    km_facility *to = &w->out->rows[number];
    double series[MONTHS];
    int month_of[MONTHS], count = 0;
    for (int month = 0; month < MONTHS; month++) {
        double x = w->logs[number * MONTHS + (size_t)month];
        if (isnan(x)) continue;
        month_of[count] = month;
        series[count++] = x - w->peers[number * MONTHS + (size_t)month];
    }
    km_shift_find(series, count, &to->shift);
    if (!to->shift.known || !to->shift.before) return;
    to->shift_from = km_day_add_months(km_cohort_first_month(cohort), month_of[to->shift.before]);
}

static kiem_status find_shifts(series_work *w, const km_cohort *cohort, km_error *error) {
    size_t tested = 0;
    take_logs(w);
    find_peers(w);
    for (size_t i = 0; i < w->out->count; i++) {
        if (!w->out->rows[i].rank[KM_MEASURE_COST].has_ratio) continue;
        find_shift(w, cohort, i);
        if (!w->out->rows[i].shift.known) continue;
        w->p[tested] = w->out->rows[i].shift.p;
        w->entity[tested++] = (uint32_t)i;
    }
    return put_q(w->out->mem, w->p, w->entity, tested, w->out->rows, false, error);
}

kiem_status km_facilities_find_shifts(km_facilities *out, const km_cohort *cohort, const km_grouping *by,
                                      const double *mean, const uint32_t *class, km_error *error) {
    const km_mem *mem = out->mem;
    size_t n = out->count, cells = n * MONTHS;
    series_work w = {.out = out,
                     .class = class,
                     .months = km_alloc_zero(mem, cells * sizeof *w.months),
                     .logs = km_alloc_array(mem, cells, sizeof *w.logs),
                     .peers = km_alloc_array(mem, cells, sizeof *w.peers),
                     .spare = km_alloc_array(mem, n, sizeof *w.spare),
                     .p = km_alloc_array(mem, n, sizeof *w.p),
                     .entity = km_alloc_array(mem, n, sizeof *w.entity)};
    kiem_status status =
        w.months && w.logs && w.peers && w.spare && w.p && w.entity ? KIEM_OK : km_nomem(error);
    if (status == KIEM_OK) {
        km_cohort_months(cohort, by, mean, w.months);
        status = find_shifts(&w, cohort, error);
    }
    km_free(mem, w.months, cells * sizeof *w.months);
    km_free(mem, w.logs, cells * sizeof *w.logs);
    km_free(mem, w.peers, cells * sizeof *w.peers);
    km_free(mem, w.spare, n * sizeof *w.spare);
    km_free(mem, w.p, n * sizeof *w.p);
    km_free(mem, w.entity, n * sizeof *w.entity);
    return status;
}

/* ---- leading digits */

enum { TWO_ORDERS = 27 /* quarters of doublings: 2^6.64 is 100 */ };

/* True when the amounts of a facility can be tested. */
static bool test_digits(const km_cohort_digits *from, km_facility *to) {
    double shares[KM_DIGITS], sum = 0;
    uint64_t count = 0;
    for (int d = 0; d < KM_DIGITS; d++) sum += from->expected[d], count += from->counts[d];
    if (from->octaves < TWO_ORDERS || count < KM_DIGITS_MIN || !(sum > 0)) return false;
    for (int d = 0; d < KM_DIGITS; d++) shares[d] = from->expected[d] / sum;
    km_digits_compare(from->counts, shares, &to->digits);
    to->has_digits = true;
    return true;
}

kiem_status km_facilities_test_digits(km_facilities *out, const km_cohort *cohort, const km_grouping *by,
                                      km_error *error) {
    const km_mem *mem = out->mem;
    size_t n = out->count, tested = 0;
    km_cohort_digits *digits = km_alloc_array(mem, n, sizeof *digits);
    km_digit_test **tests = km_alloc_array(mem, n, sizeof *tests);
    double *p = km_alloc_array(mem, n, sizeof *p);
    uint32_t *entity = km_alloc_array(mem, n, sizeof *entity);
    kiem_status status = digits && tests && p && entity ? KIEM_OK : km_nomem(error);
    if (status == KIEM_OK) status = km_cohort_count_digits(cohort, by, digits, error);
    for (size_t i = 0; status == KIEM_OK && i < n; i++) {
        if (!out->rows[i].code || !test_digits(&digits[i], &out->rows[i])) continue;
        tests[tested] = &out->rows[i].digits;
        entity[tested++] = (uint32_t)i;
    }
    if (status == KIEM_OK) {
        km_digits_widen(tests, tested, p);
        for (size_t i = 0; i < tested; i++) p[i] = tests[i]->p;
        status = put_q(mem, p, entity, tested, out->rows, true, error);
    }
    km_free(mem, digits, n * sizeof *digits);
    km_free(mem, tests, n * sizeof *tests);
    km_free(mem, p, n * sizeof *p);
    km_free(mem, entity, n * sizeof *entity);
    return status;
}
