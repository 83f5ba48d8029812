#include "engine/ledger/outlook.h"

#include "base/sort.h"

enum { COMPLETE_DAYS = 250, EDGE_DAYS = 31, LEVEL_SCALE = 1000 };

/* ---- the tables */

static kiem_status need_table(const km_policy *policy, const char *name, const km_lookup **out,
                              km_error *error) {
    *out = km_policy_table(policy, km_text_from(name));
    return *out ? KIEM_OK : km_fail(error, KIEM_E_POLICY, "the policy has no table '%s'", name);
}

static kiem_status read_level(const km_lookup *table, const char *level, km_level_row *out, km_error *error) {
    uint64_t code;
    int pace = km_lookup_find_column(table, KM_TEXT("pace_above"));
    int chance = km_lookup_find_column(table, KM_TEXT("chance"));
    bool packed = km_code_pack(km_text_from(level), &code);
    int64_t row = packed ? km_lookup_row_of_code(table, code, 0) : KM_LOOKUP_NO_ROW;
    if (row == KM_LOOKUP_NO_ROW || pace < 0 || chance < 0)
        return km_fail(error, KIEM_E_POLICY, "table 'budget_levels' has no row '%s'", level);
    out->pace_above = (double)table->column[pace].cells[row].number / LEVEL_SCALE;
    out->chance = (double)table->column[chance].cells[row].number / LEVEL_SCALE;
    return KIEM_OK;
}

static kiem_status read_tables(km_outlooks *out, const km_policy *policy, km_error *error) {
    const km_lookup *holidays, *season, *steps, *lags, *levels;
    KM_TRY(need_table(policy, "holidays", &holidays, error));
    KM_TRY(need_table(policy, "season", &season, error));
    KM_TRY(need_table(policy, "cost_steps", &steps, error));
    KM_TRY(need_table(policy, "reporting_lag", &lags, error));
    KM_TRY(need_table(policy, "budget_levels", &levels, error));
    KM_TRY(km_season_weights_read(&out->weights, season, steps, error));
    KM_TRY(km_lag_curve_read(&out->lags, lags, error));
    KM_TRY(read_level(levels, "over", &out->over, error));
    KM_TRY(read_level(levels, "ahead", &out->ahead, error));
    KM_TRY(read_level(levels, "below", &out->below, error));
    return km_calendar_read(&out->calendar, out->mem, holidays, error);
}

kiem_status km_outlooks_init(km_outlooks *out, const km_mem *mem, const km_policy *policy, km_error *error) {
    *out = (km_outlooks){.mem = mem, .lag_source = "assumed"};
    return read_tables(out, policy, error);
}

void km_outlooks_free(km_outlooks *out) {
    if (!out->mem) return;
    km_calendar_free(&out->calendar);
    km_free(out->mem, out->years, out->capacity * sizeof *out->years);
    km_free(out->mem, out->seasons, out->season_capacity * sizeof *out->seasons);
    *out = (km_outlooks){0};
}

/* ---- the years */

static const km_season_year *season_of(const km_outlooks *all, int year) {
    for (size_t i = 0; i < all->season_count; i++) {
        if (all->seasons[i].care[0].year == year) return &all->seasons[i];
    }
    return NULL;
}

kiem_status km_outlooks_open_year(km_outlooks *out, int year, km_error *error) {
    if (season_of(out, year)) return KIEM_OK;
    if (!km_grow(out->mem, (void **)&out->seasons, &out->season_capacity, out->season_count + 1,
                 sizeof *out->seasons))
        return km_nomem(error);
    km_season_year_make(&out->seasons[out->season_count++], &out->weights, &out->calendar, year);
    return KIEM_OK;
}

/* Additions mostly come by code and year, so the last few are looked at first. */
static kiem_status find_or_make(km_outlooks *out, uint64_t code, int year, km_money_year **found,
                                km_error *error) {
    for (size_t i = out->count; i-- > 0;) {
        *found = &out->years[i];
        if (out->years[i].code == code && out->years[i].year == year) return KIEM_OK;
    }
    KM_TRY(km_outlooks_open_year(out, year, error));
    if (!km_grow(out->mem, (void **)&out->years, &out->capacity, out->count + 1, sizeof *out->years))
        return km_nomem(error);
    *found = &out->years[out->count++];
    **found = (km_money_year){.code = code, .year = year};
    return KIEM_OK;
}

kiem_status km_outlooks_add(km_outlooks *out, uint64_t code, int year, km_day day, bool inpatient,
                            const km_money *money, km_error *error) {
    if (day > out->as_of) return KIEM_OK;
    km_money_year *at;
    KM_TRY(find_or_make(out, code, year, &at, error));
    km_money_add(&at->sum, money);
    at->quarter[(km_civil_from_day(day).month - 1) / 3] += money->fund;
    at->spent[inpatient][day - km_day_from_civil(year, 1, 1)] += (double)money->fund / KM_DONG;
    at->claims[day - km_day_from_civil(year, 1, 1)] += (uint32_t)money->claims;
    return KIEM_OK;
}

static uint64_t key_of_year(const void *item) {
    return (uint64_t)((const km_money_year *)item)->year;
}

static uint64_t key_of_code(const void *item) {
    return ((const km_money_year *)item)->code;
}

kiem_status km_outlooks_close(km_outlooks *out, km_error *error) {
    bool sorted = km_sort_array(out->mem, (void **)&out->years, &out->capacity, out->count,
                                sizeof *out->years, key_of_year) &&
                  km_sort_array(out->mem, (void **)&out->years, &out->capacity, out->count,
                                sizeof *out->years, key_of_code);
    return sorted ? KIEM_OK : km_nomem(error);
}

const km_money_year *km_outlooks_find(const km_outlooks *out, uint64_t code, int year) {
    for (size_t i = 0; i < out->count; i++) {
        if (out->years[i].code == code && out->years[i].year == year) return &out->years[i];
    }
    return NULL;
}

/* ---- curves */

static int days_of(int year) {
    return km_day_from_civil(year + 1, 1, 1) - km_day_from_civil(year, 1, 1);
}

static double spent_on(const km_money_year *year, int day) {
    return year->spent[0][day] + year->spent[1][day];
}

bool km_outlooks_complete(const km_outlooks *all, const km_money_year *year) {
    int days = days_of(year->year), used = 0;
    bool begins = false, ends = false;
    if (km_season_skips(&all->weights, year->year) || all->as_of < km_day_from_civil(year->year, 12, 31))
        return false;
    for (int i = 0; i < days; i++) {
        bool any = spent_on(year, i) > 0;
        used += any;
        begins = begins || (any && i < EDGE_DAYS);
        ends = ends || (any && i >= days - EDGE_DAYS);
    }
    return begins && ends && used >= COMPLETE_DAYS;
}

enum { TAUGHT_MAX = 16 };

/* Curves that complete earlier years of a code draw for the year of `shipped`: their mean. Returns how many.
 */
static int learn(const km_outlooks *all, uint64_t code, const km_season *shipped, int today, km_season *mean,
                 double shares[TAUGHT_MAX], const km_money_year **last) {
    int count = 0;
    *mean = *shipped;
    for (size_t i = 0; i < all->count && count < TAUGHT_MAX; i++) {
        const km_money_year *year = &all->years[i];
        double money[KM_YEAR_DAYS];
        if (year->code != code || year->year >= shipped->year || !km_outlooks_complete(all, year)) continue;
        for (int day = 0; day < KM_YEAR_DAYS; day++) money[day] = spent_on(year, day);
        km_season one = *shipped;
        if (!km_season_learn(&one, season_of(all, shipped->year), season_of(all, year->year), money))
            continue;
        const km_season before = *mean;
        const double weights[] = {count, 1};
        km_season_blend(mean, (const km_season *const[]){&before, &one}, weights, 2);
        shares[count++] = one.before[today];
        *last = year;
    }
    return count;
}

/* Days of the year up to as_of. */
static int days_over(const km_outlooks *all, int year) {
    km_day first = km_day_from_civil(year, 1, 1);
    int days = days_of(year);
    if (all->as_of < first) return 0;
    return all->as_of - first + 1 < days ? all->as_of - first + 1 : days;
}

/* The shipped curve in the mix of care that the year shows. */
static void shipped_curve(const km_outlooks *all, const km_money_year *year, int today, km_season *out) {
    double mix = all->weights.mix[0], part[2] = {0};
    const km_season_year *season = season_of(all, year->year);
    for (int care = 0; care < 2; care++) {
        double due = season->care[care].before[today];
        for (int day = 0; day < today; day++) part[care] += year->spent[care][day];
        part[care] = due > 0 ? part[care] / due : 0;
    }
    if (part[0] >= 0 && part[1] >= 0 && part[0] + part[1] > 0) mix = part[0] / (part[0] + part[1]);
    km_season_of_mix(out, season, mix);
}

/* This year by the share that the same part of the year before was of its whole. */
static double rival_of(const km_money_year *year, const km_season *own, int today) {
    double spent = 0;
    for (int day = 0; day < today; day++) spent += spent_on(year, day);
    return own->before[today] > 0 ? spent / own->before[today] : 0;
}

void km_outlooks_curve(const km_outlooks *all, const km_money_year *year, km_curve *out) {
    km_season shipped, own, nation;
    double shares[TAUGHT_MAX], ignored[TAUGHT_MAX];
    const km_money_year *last = NULL;
    int today = days_over(all, year->year);
    shipped_curve(all, year, today, &shipped);
    int years = learn(all, year->code, &shipped, today, &own, shares, &last);
    int national = learn(all, KM_NATION, &shipped, today, &nation, ignored, &last);
    const km_season *const curves[] = {&shipped, &own, &nation};
    const double weights[] = {1, years, national ? 2 : 0};
    *out = (km_curve){.years = years, .source = years || national ? "learned" : "assumed"};
    km_season_blend(&out->season, curves, weights, 3);
    out->shape_variance = km_shape_variance(shares, years);
    if (years == 1) out->rival = rival_of(year, &own, today);
}

/* ---- outlooks */

/* Lag of a day of discharge at the day of the report, in the unit of the curve. */
static int age_of(const km_outlooks *all, km_day day) {
    return all->lags_in_days ? all->as_of - day : km_working_days_between(&all->calendar, day, all->as_of);
}

void km_outlooks_make(const km_outlooks *all, const km_money_year *year, const km_curve *curve,
                      const km_budget *budget, km_level_prior prior, km_outlook *out) {
    double spent[KM_YEAR_DAYS] = {0}, received[KM_YEAR_DAYS] = {0};
    int today = days_over(all, year->year);
    km_day first = curve->season.first;
    for (int day = 0; day < today; day++) {
        spent[day] = spent_on(year, day);
        received[day] = km_lag_received(&all->lags, age_of(all, first + day));
    }
    km_outlook_input in = {.season = &curve->season,
                           .spent = spent,
                           .received = received,
                           .today = today,
                           .dispersion = year->dispersion,
                           .has_budget = budget && budget->amount > 0,
                           .budget = budget ? (double)budget->amount / KM_DONG : 0,
                           .prior = prior,
                           .shape_variance = curve->shape_variance,
                           .shape_years = curve->years,
                           .widen = curve->widen,
                           .rival = curve->rival};
    km_outlook_make(out, &in);
}

/* Days together: what is due on each by the season is in as far as its share says. What a single late day has
 * brought so far would tell more of chance than of that day. */
bool km_outlooks_claims_to_come(const km_outlooks *all, const km_money_year *year, const km_season *season,
                                km_claims_to_come *out) {
    double reported = 0, due = 0, in = 0;
    for (int day = days_over(all, year->year); day-- > 0;) {
        double received = km_lag_received(&all->lags, age_of(all, season->first + day));
        if (received >= 1) break;
        reported += year->claims[day];
        due += season->share[day];
        in += season->share[day] * received;
    }
    if (!(reported > 0 && in > 0)) return false;
    double share = in / due;
    *out = (km_claims_to_come){km_nowcast_quantile(reported, share, 0.5),
                               km_nowcast_quantile(reported, share, 0.1),
                               km_nowcast_quantile(reported, share, 0.9)};
    return true;
}

const char *km_outlooks_status(const km_outlooks *all, const km_budget *budget, km_int128 spent,
                               const km_outlook *outlook) {
    if (!budget || budget->amount == 0) return "no_estimate";
    if (spent >= budget->amount) return "used_up";
    if (outlook->chance_over >= all->over.chance && outlook->pace > all->over.pace_above)
        return "likely_over";
    if (outlook->chance_over >= all->ahead.chance && outlook->pace > all->ahead.pace_above) return "ahead";
    return outlook->chance_well_below >= all->below.chance ? "well_below" : "within";
}

const char *km_outlook_evidence(const km_outlook *outlook) {
    static const char *const names[] = {[KM_OUTLOOK_NONE] = "none",
                                        [KM_OUTLOOK_EARLY] = "too_early",
                                        [KM_OUTLOOK_LOW] = "low_evidence",
                                        [KM_OUTLOOK_FORECAST] = "forecast",
                                        [KM_OUTLOOK_CLOSED] = "closed"};
    return names[outlook->status];
}
