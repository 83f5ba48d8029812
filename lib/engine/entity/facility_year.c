#include "engine/columns.h"
#include "engine/entity/entities.h"
#include "engine/ledger/provinces.h"

/* A facility's own estimate and year. Its curve is its province's, its level its own; the sum of the
 * facilities' forecasts need not be that of the province. */

enum { LATE_START = 31 };

typedef struct facility_year {
    km_money_year year;
    km_int128 spent[KM_YEAR_DAYS], sum;
    uint64_t claims;
    bool began_late; /* in the course of the year, and nothing in the year before */
} facility_year;

/* What is there of the year of the report; false for none. */
static bool read_year(const km_job *job, uint64_t facility, facility_year *out) {
    km_day as_of = job->outlooks.as_of;
    int year = km_civil_from_day(as_of).year, first = KM_NO_DAY;
    km_int128 before[KM_YEAR_DAYS];
    uint64_t claims_before;
    *out = (facility_year){.year = {.code = facility, .year = year}};
    if (!km_ledger_facility_year(&job->ledger, facility, year, as_of, out->spent, &out->claims)) return false;
    km_ledger_facility_year(&job->ledger, facility, year - 1, as_of, before, &claims_before);
    for (int day = 0; day < KM_YEAR_DAYS; day++) {
        if (first == KM_NO_DAY && out->spent[day] > 0) first = day;
        out->sum += out->spent[day];
        out->year.spent[0][day] = (double)out->spent[day] / KM_DONG;
    }
    out->began_late = !claims_before && first > LATE_START;
    out->year.sum = (km_money){.claims = out->claims, .fund = out->sum};
    return true;
}

/* The curve of the facility's province; from its first day on where it began in the course of the year. */
static bool curve_of(km_job *job, facility_year *facility, km_curve *out) {
    km_outlooks *all = &job->outlooks;
    uint64_t province = km_job_reported(job, km_province_of(facility->year.code));
    const km_money_year *year = km_outlooks_find(all, province, facility->year.year);
    if (!year) return false;
    if (all->province_code != province || !all->province_curve.source) {
        km_outlooks_curve(all, year, &all->province_curve);
        all->province_code = province;
        all->province_curve.rival = 0; /* the province's year is none of the facility's */
    }
    *out = all->province_curve;
    facility->year.dispersion = year->dispersion;
    for (int day = 0; facility->began_late && day < KM_YEAR_DAYS; day++) {
        if (facility->spent[day] <= 0) continue;
        km_season_start_at(&out->season, day);
        break;
    }
    return true;
}

static void put_outlook(km_result *out, const km_outlook *outlook, const km_season *season) {
    km_put_share(out, KM_FACILITY_EXPECTED_BY_NOW, outlook->expected);
    km_result_text(out, KM_FACILITY_EVIDENCE, km_text_from(km_outlook_evidence(outlook)));
    if (outlook->status == KM_OUTLOOK_NONE) return;
    if (outlook->pace > 0) km_put_chance(out, KM_FACILITY_PACE, outlook->pace);
    km_put_day(out, KM_FACILITY_EXHAUSTS_ON, season, outlook->exhausts);
    km_put_day(out, KM_FACILITY_EXHAUSTS_EARLIEST, season, outlook->exhausts_early);
    km_put_day(out, KM_FACILITY_EXHAUSTS_LATEST, season, outlook->exhausts_late);
    if (outlook->status == KM_OUTLOOK_EARLY) return;
    km_put_forecast(out, KM_FACILITY_FORECAST, outlook->forecast);
    km_put_forecast(out, KM_FACILITY_FORECAST_LOW, outlook->low80);
    km_put_forecast(out, KM_FACILITY_FORECAST_HIGH, outlook->high80);
}

/* The row names a province too: that of the code of the facility, before or since the merger. */
static const km_budget *budget_of(const km_job *job, uint64_t facility, int year) {
    uint64_t province = km_province_of(facility);
    km_day as_of = job->outlooks.as_of;
    const km_budget *row = km_budgets_find(&job->budgets, province, facility, year, as_of);
    if (row) return row;
    return km_budgets_find(&job->budgets, km_job_merged(job, province), facility, year, as_of);
}

kiem_status km_job_put_facility_year(km_job *job, uint64_t facility, km_error *error) {
    km_result *out = &job->sinks[KM_TABLE_FACILITIES].chunk;
    facility_year year;
    km_curve curve;
    km_outlook outlook;
    bool known;
    int64_t utilisation;
    if (!read_year(job, facility, &year) || !curve_of(job, &year, &curve)) return KIEM_OK;
    const km_budget *budget = budget_of(job, facility, year.year.year);
    km_outlooks_make(&job->outlooks, &year.year, &curve, budget, km_facility_prior, &outlook);
    KM_TRY(km_utilisation(year.sum, budget, &known, &utilisation, error));
    km_result_int(out, KM_FACILITY_YEAR, year.year.year);
    if (budget) km_result_int(out, KM_FACILITY_BUDGET, budget->amount);
    if (known) km_result_int(out, KM_FACILITY_UTILISATION, utilisation);
    if (known && km_outlook_tells_chances(&outlook))
        km_put_chance(out, KM_FACILITY_CHANCE_OVER, outlook.chance_over);
    km_result_text(out, KM_FACILITY_STATUS,
                   km_text_from(km_outlooks_status(&job->outlooks, budget, year.sum, &outlook)));
    KM_TRY(km_table_put_sum(out, KM_FACILITY_SPENT_YEAR, year.sum, error));
    KM_TRY(km_job_put_peers(job, facility, error));
    km_result_int(out, KM_FACILITY_AS_OF, job->outlooks.as_of);
    put_outlook(out, &outlook, &curve.season);
    return KIEM_OK;
}
