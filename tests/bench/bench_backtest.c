/* The forecast on years whose end is known: invented years of a province, cut at each month's end and hidden
 * by date of receipt, against a straight line, last year's share and the shipped curve alone.
 *
 * usage: bench_backtest [YEARS [SEED [check]]]
 * YEARS of each of six kinds; with check the exit status is 1 unless intervals cover what they should and the
 * forecast beats every rival. */
#include <math.h>
#include <stddef.h>
#include <stdlib.h>

#include "engine/ledger/outlook.h"
#include "engine/policy/policy_load.h"
#include "support/test.h"

enum { PAST = 3, CUTS = 11, KINDS = 6, RIVALS = 4, FIRST_YEAR = 2023, LAST_YEAR = 2027 };

/* ---- random numbers */

static uint64_t seed = 1;

static double uniform(void) {
    return (double)(test_random(&seed) >> 11) / 9007199254740992.0;
}

static double normal(void) {
    return sqrt(-2 * log(1 - uniform())) * cos(6.283185307179586 * uniform());
}

/* ---- invented years */

typedef enum kind { REGULAR, SALARY_STEP, NEW_HOSPITAL, BATCH_SENDER, CORRECTIONS, EPIDEMIC } kind;
static const char *const kind_names[KINDS] = {"regular",      "step in July", "hospital in June",
                                              "batch sender", "corrections",  "epidemic month"};

/* What is a province's own in all its years. */
typedef struct habits {
    double month[12], weekday[7], level, lag;
    double bend, phase; /* a wave through every year: how far the shipped curve is off for it */
} habits;

typedef struct year {
    int year, days;
    double money[KM_YEAR_DAYS];
} year;

static void make_habits(habits *out) {
    for (int i = 0; i < 12; i++) out->month[i] = exp(0.03 * normal());
    for (int i = 0; i < 7; i++) out->weekday[i] = exp(0.05 * normal());
    out->level = 1e12 * exp(normal());
    out->lag = exp(0.15 * normal());
    out->bend =
        0.066 * normal(); /* a logit of 0.06 at mid-year, as far as the shipped curve is assumed to be off */
    out->phase = uniform();
}

/* The shipped curve, bent by the habits, by a wave of the year's own, by drifting level and noise; then what
 * the kind of year does to it from some day on. */
static void make_year(year *out, const km_outlooks *all, const habits *of, int number, double growth,
                      kind what) {
    km_season season;
    km_season_year made;
    km_season_year_make(&made, &all->weights, &all->calendar, number);
    km_season_of_mix(&season, &made, all->weights.mix[0]);
    double phase = uniform(), drift = 0, week = 0, bend = 0.02 * normal();
    int epidemic = 1 + (int)(9 * uniform()), corrected = 30 + (int)(300 * uniform());
    double before = 0;
    *out = (year){.year = number, .days = season.days};
    for (int i = 0; i < out->days; i++) {
        km_civil civil = km_civil_from_day(season.first + i);
        if (i % KM_BLOCK_DAYS == 0) drift += 0.008 * normal(), week = 0.04 * normal();
        double money = of->level * exp(growth + drift + week + 0.05 * normal()) * season.share[i];
        money *= of->month[civil.month - 1] * of->weekday[km_weekday(season.first + i) - 1];
        money *= exp(bend * sin(6.283185307179586 * ((double)i / out->days + phase)));
        money *= exp(of->bend * sin(6.283185307179586 * ((double)i / out->days + of->phase)));
        if (what == SALARY_STEP && civil.month >= 7) money *= 1.06;
        if (what == NEW_HOSPITAL && civil.month >= 6) money *= 1.08;
        if (what == EPIDEMIC && civil.month == epidemic + 1) money *= 0.75;
        if (what == CORRECTIONS && i == corrected) money -= 0.02 * before;
        before += money;
        out->money[i] = money;
    }
}

/* Share of a day's claims that is in on the day of the cut: the shipped lag, earlier or later by habit; of a
 * batch sender a part comes on the last day of the month. */
static double in_by(const km_outlooks *all, const habits *of, kind what, km_day day, km_day cut) {
    double share =
        pow(km_lag_received(&all->lags, km_working_days_between(&all->calendar, day, cut)), of->lag);
    if (what != BATCH_SENDER) return share;
    km_civil civil = km_civil_from_day(day);
    km_day month_end = km_day_add_months(km_day_from_civil(civil.year, civil.month, 1), 1) - 1;
    return 0.85 * share + 0.15 * (cut >= month_end);
}

/* ---- one forecast */

typedef struct sums {
    double bias, error, rival_error[RIVALS], pinball, rival_pinball[RIVALS];
    double in80, in95, width80, brier, run_out;
    int count, run_outs;
} sums;

static double pinball(double forecast, double truth, double p) {
    double off = log(truth / forecast);
    return off >= 0 ? p * off : (p - 1) * off;
}

static void note_rival(sums *out, int rival, double forecast, double truth) {
    out->rival_error[rival] += fabs(forecast / truth - 1);
    out->rival_pinball[rival] +=
        (pinball(forecast, truth, 0.1) + pinball(forecast, truth, 0.5) + pinball(forecast, truth, 0.9)) / 3;
}

static double sum_of(const year *of, int days) {
    double sum = 0;
    for (int i = 0; i < days && i < of->days; i++) sum += of->money[i];
    return sum;
}

static void note(sums *out, const km_outlook *got, const year *truth, const year *last, double budget) {
    double whole = sum_of(truth, truth->days), running = 0;
    int crossed = KM_NO_DAY, seen = (int)lround(got->spent / got->straight * truth->days);
    for (int i = 0; i < truth->days && crossed == KM_NO_DAY; i++) {
        running += truth->money[i];
        if (running >= budget) crossed = i;
    }
    out->count++;
    out->bias += log(got->forecast / whole);
    out->error += fabs(got->forecast / whole - 1);
    out->pinball += (pinball(got->low80, whole, 0.1) + pinball(got->forecast, whole, 0.5) +
                     pinball(got->high80, whole, 0.9)) /
                    3;
    out->in80 += whole >= got->low80 && whole <= got->high80;
    out->in95 += whole >= got->low95 && whole <= got->high95;
    out->width80 += (got->high80 - got->low80) / whole;
    double over = whole > budget;
    out->brier += (got->chance_over - over) * (got->chance_over - over);
    if (crossed != KM_NO_DAY && got->exhausts != KM_NO_DAY) {
        out->run_out += abs(got->exhausts - crossed);
        out->run_outs++;
    }
    note_rival(out, 0, got->straight, whole);
    note_rival(out, 1, got->spent * sum_of(last, last->days) / sum_of(last, seen), whole);
    note_rival(out, 2, got->spent / got->expected, whole);
    note_rival(out, 3, (got->spent + got->unreported) / got->expected, whole);
}

static void fill(km_money_year *out, const year *from, const km_outlooks *all, const habits *of, kind what) {
    *out = (km_money_year){.code = 1, .year = from->year, .dispersion = 4e6};
    km_day first = km_day_from_civil(from->year, 1, 1);
    for (int i = 0; i < from->days && first + i <= all->as_of; i++) {
        double money = from->money[i] * in_by(all, of, what, first + i, all->as_of);
        out->spent[0][i] = 0.45 * money;
        out->spent[1][i] = 0.55 * money;
        out->sum.fund += (km_int128)(money * 100);
        out->sum.claims++;
    }
}

/* All cuts of one invented year. */
static void run_year(km_outlooks *all, sums results[CUTS], kind what, int past) {
    static km_money_year years[PAST + 1];
    habits of;
    year made[PAST + 1];
    int number = FIRST_YEAR + (int)((LAST_YEAR - FIRST_YEAR + 1) * uniform());
    double growth = 0;
    make_habits(&of);
    for (int i = 0; i <= PAST; i++) {
        growth += 0.08 + 0.04 * normal();
        make_year(&made[i], all, &of, number - PAST + i, growth, i < PAST ? REGULAR : what);
    }
    double budget = sum_of(&made[PAST], made[PAST].days) * (0.9 + 0.2 * uniform());
    const km_budget row = {.amount = (int64_t)(budget * 100)};
    for (int cut = 0; cut < CUTS; cut++) {
        km_curve curve;
        km_outlook got;
        all->as_of = km_day_from_civil(number, cut + 2, 1) - 1;
        for (int i = 0; i <= PAST; i++) fill(&years[i], &made[i], all, &of, i < PAST ? REGULAR : what);
        all->years = years + PAST - past;
        all->count = (size_t)past + 1;
        km_outlooks_curve(all, &years[PAST], &curve);
        curve.widen = km_outlooks_widen(all, 1, number, km_province_prior);
        km_outlooks_make(all, &years[PAST], &curve, &row, km_province_prior, &got);
        if (got.status >= KM_OUTLOOK_LOW) note(&results[cut], &got, &made[PAST], &made[PAST - 1], budget);
    }
}

/* ---- the report */

static void print_line(const char *name, const sums *s) {
    double n = s->count;
    printf("| %-16s | %+5.1f | %4.1f | %4.1f | %4.1f | %4.1f | %5.1f | %5.1f | %5.1f | %5.3f | %5.1f |", name,
           100 * s->bias / n, 100 * s->error / n, 100 * s->rival_error[0] / n, 100 * s->rival_error[1] / n,
           100 * s->rival_error[2] / n, 100 * s->in80 / n, 100 * s->in95 / n, 100 * s->width80 / n,
           s->brier / n, s->run_outs ? s->run_out / s->run_outs : 0);
    printf(" %5.2f | %5.2f | %5.2f | %5.2f |\n", 100 * s->pinball / n, 100 * s->rival_pinball[0] / n,
           100 * s->rival_pinball[1] / n, 100 * s->rival_pinball[2] / n);
}

static void add_up(sums *out, const sums *more) {
    const double *from = (const double *)more;
    for (size_t i = 0; i < offsetof(sums, count) / sizeof(double); i++) ((double *)out)[i] += from[i];
    out->count += more->count;
    out->run_outs += more->run_outs;
}

/* Coverage within the binomial error of a few hundred years; a lower pinball loss than any rival at all cuts
 * but one. */
static bool holds(const sums by_cut[CUTS]) {
    sums whole = {0};
    int cuts = 0, won = 0;
    for (int cut = 0; cut < CUTS; cut++) {
        const sums *s = &by_cut[cut];
        bool best = true;
        if (!s->count) continue;
        for (int rival = 0; rival < RIVALS; rival++) best = best && s->pinball < s->rival_pinball[rival];
        add_up(&whole, s);
        cuts++;
        won += best;
    }
    double in80 = whole.in80 / whole.count, in95 = whole.in95 / whole.count;
    return in80 > 0.70 && in80 < 0.90 && in95 > 0.88 && fabs(whole.bias / whole.count) < 0.03 &&
           won >= cuts - 1;
}

static bool report(km_outlooks *all, int years, int past) {
    sums by_cut[CUTS] = {{0}}, whole = {0};
    printf("\n%s\n| cut | bias %% | error %% | straight line | last year | curve alone | in 80 %% | in 95 %% "
           "| width "
           "80 %% | Brier | run-out days | pinball | straight | last year | curve |\n"
           "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|---|\n",
           past ? "Three earlier years known:" : "No earlier year known:");
    for (int what = 0; what < KINDS; what++) {
        sums of_kind[CUTS] = {{0}}, all_cuts = {0};
        for (int i = 0; i < years; i++) run_year(all, of_kind, (kind)what, past);
        for (int cut = 0; cut < CUTS; cut++) {
            add_up(&by_cut[cut], &of_kind[cut]);
            add_up(&all_cuts, &of_kind[cut]);
        }
        print_line(kind_names[what], &all_cuts);
    }
    for (int cut = 0; cut < CUTS; cut++) {
        char name[32];
        snprintf(name, sizeof name, "end of month %d", cut + 1);
        if (by_cut[cut].count) print_line(name, &by_cut[cut]);
        add_up(&whole, &by_cut[cut]);
    }
    print_line("all", &whole);
    return holds(by_cut);
}

static kiem_status prepare(km_policy *policy, km_outlooks *all, km_error *error) {
    KM_TRY(km_policy_load(policy, km_mem_default(), NULL, error));
    KM_TRY(km_outlooks_init(all, km_mem_default(), policy, error));
    for (int number = FIRST_YEAR - PAST; number <= LAST_YEAR; number++)
        KM_TRY(km_outlooks_open_year(all, number, error));
    return KIEM_OK;
}

int main(int argc, char **argv) {
    int years = argc > 1 ? (int)strtol(argv[1], NULL, 10) : 50;
    km_policy policy;
    km_outlooks all;
    km_error error;
    if (argc > 2) seed = strtoull(argv[2], NULL, 10);
    if (prepare(&policy, &all, &error) != KIEM_OK) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    bool good = report(&all, years, 0);
    good = report(&all, years, PAST) && good;
    all.years = NULL; /* they are not the heap's */
    all.capacity = 0;
    km_outlooks_free(&all);
    km_policy_free(&policy);
    return argc > 3 && !good;
}
