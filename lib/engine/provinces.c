#include <math.h>

#include "engine/job.h"
#include "engine/outlook.h"

enum { HUNDREDTHS = 100, MILLION = 1000000, RATIO_ONE = 1000000, QUARTERS = 4 };

/* Forecasts are rounded to a million dong, so that the last bits of a logarithm do not show. */
static void put_forecast(km_result *out, int column, double dong) {
    const double most = 9e16;
    if (!(fabs(dong) < most)) return;
    km_result_int(out, column, (int64_t)llround(dong / MILLION) * MILLION * HUNDREDTHS);
}

/* Ratios that come from logarithms, likewise to a thousandth. */
static void put_chance(km_result *out, int column, double ratio) {
    if (ratio < MILLION) km_result_int(out, column, (int64_t)llround(ratio * 1000) * (RATIO_ONE / 1000));
}

static void put_share(km_result *out, int column, double share) {
    km_result_int(out, column, (int64_t)llround(share * RATIO_ONE));
}

static void put_day(km_result *out, int column, const km_season *season, int day) {
    if (day != KM_NO_DAY) km_result_int(out, column, season->first + day);
}

/* The name by the map of before the merger of 2025, which is the one facility codes follow. */
static void put_name(const km_job *job, km_result *out, uint64_t province) {
    const km_lookup *provinces = km_policy_table(job->policy, KM_TEXT("provinces"));
    km_value key = {.type = KM_TYPE_CODE, .known = true, .code = province};
    int column = provinces ? km_lookup_find_column(provinces, KM_TEXT("name_vi")) : -1;
    int64_t row = column >= 0 ? km_lookup_row(provinces, &key, 0) : KM_LOOKUP_NO_ROW;
    if (row == KM_LOOKUP_NO_ROW || !provinces->column[column].cells[row].known) return;
    km_result_text(out, KM_PROVINCE_NAME, provinces->column[column].cells[row].text);
}

static kiem_status put_quarters(km_result *out, const km_money_year *year, const km_season *season,
                                km_error *error) {
    for (int quarter = 0; quarter < QUARTERS; quarter++) {
        km_day end = quarter + 1 < QUARTERS ? km_day_from_civil(year->year, quarter * 3 + 4, 1)
                                            : season->first + season->days;
        KM_TRY(km_table_put_sum(out, KM_PROVINCE_SPENT_Q1 + quarter, year->quarter[quarter], error));
        put_share(out, KM_PROVINCE_EXPECTED_Q1 + quarter, season->before[end - season->first]);
    }
    return KIEM_OK;
}

static void put_outlook(km_result *out, const km_outlook *outlook, const km_season *season) {
    if (outlook->status == KM_OUTLOOK_NONE) return;
    if (outlook->pace > 0) put_chance(out, KM_PROVINCE_PACE, outlook->pace);
    put_forecast(out, KM_PROVINCE_STRAIGHT_LINE, outlook->straight);
    put_forecast(out, KM_PROVINCE_UNREPORTED, outlook->unreported);
    if (outlook->status != KM_OUTLOOK_EARLY) {
        put_forecast(out, KM_PROVINCE_FORECAST, outlook->forecast);
        put_forecast(out, KM_PROVINCE_FORECAST_LOW, outlook->low80);
        put_forecast(out, KM_PROVINCE_FORECAST_HIGH, outlook->high80);
        put_forecast(out, KM_PROVINCE_FORECAST_LOW95, outlook->low95);
        put_forecast(out, KM_PROVINCE_FORECAST_HIGH95, outlook->high95);
    }
    put_day(out, KM_PROVINCE_EXHAUSTS_ON, season, outlook->exhausts);
    put_day(out, KM_PROVINCE_EXHAUSTS_EARLIEST, season, outlook->exhausts_early);
    put_day(out, KM_PROVINCE_EXHAUSTS_LATEST, season, outlook->exhausts_late);
}

static kiem_status put_province(km_job *job, const km_outlooks *all, const km_money_year *year,
                                km_error *error) {
    km_result *out = &job->sinks[KM_TABLE_PROVINCES].chunk;
    const km_budget *budget = km_budgets_find(&job->budgets, year->code, 0, year->year, all->as_of);
    bool known;
    int64_t utilisation;
    km_curve curve;
    km_outlook outlook;
    km_outlooks_curve(all, year, &curve);
    km_outlooks_make(all, year, &curve, budget, km_province_prior, &outlook);
    KM_TRY(km_utilisation(year->sum.fund, budget, &known, &utilisation, error));
    km_result_code(out, KM_PROVINCE_PROVINCE, year->code);
    km_result_int(out, KM_PROVINCE_YEAR, year->year);
    KM_TRY(km_table_put_sum(out, KM_PROVINCE_SPENT, year->sum.fund, error));
    if (budget) {
        km_result_int(out, KM_PROVINCE_BUDGET, budget->amount);
        if (budget->decision.length) km_result_text(out, KM_PROVINCE_DECISION, budget->decision);
    }
    if (known) {
        km_result_int(out, KM_PROVINCE_UTILISATION, utilisation);
        put_chance(out, KM_PROVINCE_CHANCE_OVER, outlook.chance_over);
    }
    put_share(out, KM_PROVINCE_EXPECTED_BY_NOW, outlook.expected);
    km_result_text(out, KM_PROVINCE_STATUS,
                   km_text_from(km_outlooks_status(all, budget, year->sum.fund, &outlook)));
    km_result_int(out, KM_PROVINCE_CLAIMS, (int64_t)year->sum.claims);
    km_result_text(out, KM_PROVINCE_EVIDENCE, km_text_from(km_outlook_evidence(&outlook)));
    km_result_text(out, KM_PROVINCE_LAG_SOURCE, km_text_from(all->lag_source));
    km_result_text(out, KM_PROVINCE_SEASON_SOURCE, km_text_from(curve.source));
    put_outlook(out, &outlook, &curve.season);
    KM_TRY(put_quarters(out, year, &curve.season, error));
    put_name(job, out, year->code);
    return km_result_end_row(out, error);
}

static kiem_status add_days(const km_job *job, km_outlooks *all, km_error *error) {
    km_ledger_day cell;
    for (size_t cursor = 0; km_ledger_next_day(&job->ledger, &cursor, &cell);) {
        if (cell.day == KM_UNDATED) continue;
        KM_TRY(km_outlooks_add(all, cell.province, cell.year, cell.day, cell.inpatient, &cell.money, error));
        KM_TRY(km_outlooks_add(all, KM_NATION, cell.year, cell.day, cell.inpatient, &cell.money, error));
    }
    return km_outlooks_close(all, error);
}

/* Provinces by code and year, then the nation for the years that have a budget of it. */
static kiem_status put_provinces(km_job *job, const km_outlooks *all, km_error *error) {
    for (int nation = 0; nation < 2; nation++) {
        for (size_t i = 0; i < all->count; i++) {
            const km_money_year *year = &all->years[i];
            if ((year->code == KM_NATION) != nation) continue;
            if (nation && !km_budgets_find(&job->budgets, KM_NATION, 0, year->year, all->as_of)) continue;
            KM_TRY(put_province(job, all, year, error));
        }
    }
    return KIEM_OK;
}

kiem_status km_job_provinces(km_job *job, km_error *error) {
    km_outlooks all;
    km_day as_of = job->options.has_as_of ? job->options.as_of : km_day_from_civil(2199, 12, 31);
    kiem_status status = km_outlooks_init(&all, job->mem, job->policy, as_of, error);
    if (status == KIEM_OK) status = add_days(job, &all, error);
    if (status == KIEM_OK) status = put_provinces(job, &all, error);
    km_outlooks_free(&all);
    return status;
}
