#include "engine/ledger/provinces.h"

#include <math.h>

#include "claim/due.h"
#include "engine/columns.h"
#include "engine/entity/entities.h"
#include "engine/ledger/carried.h"

enum { QUARTERS = 4 };

/* ---- codes, names and budgets */

int km_job_province_number(uint64_t province) {
    char digits[KM_CODE_MAX];
    if (km_code_unpack(province, digits) != 2) return -1;
    if (digits[0] < '0' || digits[0] > '9' || digits[1] < '0' || digits[1] > '9') return -1;
    return (digits[0] - '0') * 10 + digits[1] - '0';
}

static uint64_t code_of(int number) {
    return KM_CODE('0' + number / 10, '0' + number % 10, 0, 0);
}

void km_job_note_map(km_job *job) {
    const km_lookup *provinces = km_policy_table(job->policy, KM_TEXT("provinces"));
    int code = provinces ? km_lookup_find_column(provinces, KM_TEXT("code")) : -1;
    int merged = provinces ? km_lookup_find_column(provinces, KM_TEXT("code_2025")) : -1;
    for (int i = 0; i < 100; i++) job->merged[i] = (uint8_t)i;
    for (uint32_t row = 0; code >= 0 && merged >= 0 && row < provinces->rows; row++) {
        int from = km_job_province_number(provinces->column[code].cells[row].code);
        int to = km_job_province_number(provinces->column[merged].cells[row].code);
        if (from >= 0 && to >= 0) job->merged[from] = (uint8_t)to;
    }
    job->ledger.merged = job->merged;
}

uint64_t km_job_merged(const km_job *job, uint64_t province) {
    int number = km_job_province_number(province);
    return number >= 0 ? code_of(job->merged[number]) : province;
}

uint64_t km_job_reported(const km_job *job, uint64_t province) {
    return job->options.map_2025 ? km_job_merged(job, province) : province;
}

/* The name by the map that is reported; before the merger of 2025 is the one facility codes follow. */
static void put_name(const km_job *job, km_result *out, uint64_t province) {
    const km_lookup *provinces = km_policy_table(job->policy, KM_TEXT("provinces"));
    const km_text column = job->options.map_2025 ? KM_TEXT("name_2025") : KM_TEXT("name_vi");
    const int64_t row = km_lookup_row_of_code(provinces, province, 0);
    const km_text name = row == KM_LOOKUP_NO_ROW
                             ? KM_TEXT("")
                             : km_lookup_text(provinces, row, km_lookup_find_column(provinces, column));
    if (province == KM_NATION) km_result_text(out, KM_PROVINCE_NAME, KM_TEXT("Toàn quốc"));
    if (name.length) km_result_text(out, KM_PROVINCE_NAME, name);
}

enum { PROVINCES_OF_A_NATION = 50 };

/* A published budget of the policy's table `budgets`. */
static bool shipped_budget(const km_job *job, uint64_t province, int year, km_budget *out) {
    const km_lookup *table = km_policy_table(job->policy, KM_TEXT("budgets"));
    const km_value keys[] = {{.type = KM_TYPE_CODE, .known = true, .code = province},
                             {.type = KM_TYPE_NUMBER, .known = true, .number = year}};
    int amount = table ? km_lookup_find_column(table, KM_TEXT("budget_vnd")) : -1;
    int decision = table ? km_lookup_find_column(table, KM_TEXT("decision")) : -1;
    int64_t row = amount >= 0 && decision >= 0 ? km_lookup_row(table, keys, 0) : KM_LOOKUP_NO_ROW;
    if (row == KM_LOOKUP_NO_ROW) return false;
    *out = (km_budget){.province = province,
                       .year = year,
                       .amount = table->column[amount].cells[row].number * KM_DONG,
                       .decision = table->column[decision].cells[row].text};
    return true;
}

/* The budget of a province as it is reported: of a merged one the sum of its parts. False when there is none.
 */
static bool budget_of(const km_job *job, uint64_t province, int year, km_day day, km_budget *out) {
    bool any = false;
    int wanted = km_job_province_number(province);
    for (int number = 0; number < 100; number++) {
        bool part = job->options.map_2025 ? job->merged[number] == wanted : number == wanted;
        const km_budget *row = part ? km_budgets_find(&job->budgets, code_of(number), 0, year, day) : NULL;
        if (!row) continue;
        int64_t before = any ? out->amount : 0;
        *out = *row;
        out->amount += before;
        any = true;
    }
    return any || (!job->options.map_2025 && shipped_budget(job, province, year, out));
}

/* ---- a row */

static kiem_status put_quarters(km_result *out, const km_money_year *year, const km_season *season,
                                km_error *error) {
    double before = 0;
    for (int quarter = 0; quarter < QUARTERS; quarter++) {
        km_day end = quarter + 1 < QUARTERS ? km_day_from_civil(year->year, quarter * 3 + 4, 1)
                                            : season->first + season->days;
        KM_TRY(km_table_put_sum(out, KM_PROVINCE_SPENT_Q1 + quarter, year->quarter[quarter], error));
        double by_its_end = season->before[end - season->first];
        km_put_share(out, KM_PROVINCE_EXPECTED_Q1 + quarter, by_its_end - before);
        before = by_its_end;
    }
    return KIEM_OK;
}

static km_day put_due(km_result *out, int column, const km_calendar *calendar, km_due due, km_day from) {
    const km_day last = km_due_date(calendar, due, from);
    km_result_int(out, column, last);
    return last;
}

/* The settlement calendar of the last quarter of a year that was over on a day. */
static void put_dues(km_result *out, const km_calendar *calendar, int year, km_day as_of) {
    int quarter = 0;
    while (quarter < QUARTERS &&
           km_day_add_months(km_day_from_civil(year, 1, 1), (quarter + 1) * 3) <= as_of + 1)
        quarter++;
    put_due(out, KM_PROVINCE_SETTLEMENT_DUE, calendar, KM_DUE_YEAR_SETTLEMENT, km_day_from_civil(year, 1, 1));
    if (!quarter) return;
    km_result_int(out, KM_PROVINCE_QUARTER, quarter);
    const km_day report = put_due(out, KM_PROVINCE_REPORT_DUE, calendar, KM_DUE_QUARTERLY_REPORT,
                                  km_day_from_civil(year, quarter * 3, 1));
    put_due(out, KM_PROVINCE_ADVANCE_DUE, calendar, KM_DUE_ADVANCE, report);
    km_result_int(out, KM_PROVINCE_ADVANCE_PERCENT, km_advance_percent(report));
    const km_due asked = quarter == QUARTERS ? KM_DUE_ANSWER_QUARTER_4 : KM_DUE_ANSWER;
    const km_day answer = put_due(out, KM_PROVINCE_ANSWER_DUE, calendar, asked, report);
    put_due(out, KM_PROVINCE_PAYMENT_DUE, calendar, KM_DUE_PAYMENT, answer);
}

static void put_outlook(km_result *out, const km_outlook *outlook, const km_season *season) {
    if (outlook->status == KM_OUTLOOK_NONE) return;
    if (outlook->pace > 0) km_put_chance(out, KM_PROVINCE_PACE, outlook->pace);
    km_put_forecast(out, KM_PROVINCE_STRAIGHT_LINE, outlook->straight);
    km_put_forecast(out, KM_PROVINCE_UNREPORTED, outlook->unreported);
    if (outlook->status != KM_OUTLOOK_EARLY) {
        km_put_forecast(out, KM_PROVINCE_FORECAST, outlook->forecast);
        km_put_forecast(out, KM_PROVINCE_FORECAST_LOW, outlook->low80);
        km_put_forecast(out, KM_PROVINCE_FORECAST_HIGH, outlook->high80);
        km_put_forecast(out, KM_PROVINCE_FORECAST_LOW95, outlook->low95);
        km_put_forecast(out, KM_PROVINCE_FORECAST_HIGH95, outlook->high95);
    }
    km_put_day(out, KM_PROVINCE_EXHAUSTS_ON, season, outlook->exhausts);
    km_put_day(out, KM_PROVINCE_EXHAUSTS_EARLIEST, season, outlook->exhausts_early);
    km_put_day(out, KM_PROVINCE_EXHAUSTS_LATEST, season, outlook->exhausts_late);
}

static void put_claims_to_come(km_result *out, const km_outlooks *all, const km_money_year *year,
                               const km_season *season) {
    km_claims_to_come claims;
    if (!km_outlooks_claims_to_come(all, year, season, &claims)) return;
    km_result_int(out, KM_PROVINCE_UNREPORTED_CLAIMS, (int64_t)claims.median);
    km_result_int(out, KM_PROVINCE_UNREPORTED_CLAIMS_LOW, (int64_t)claims.low);
    km_result_int(out, KM_PROVINCE_UNREPORTED_CLAIMS_HIGH, (int64_t)claims.high);
}

/* What the patients and others paid. */
static kiem_status put_payers(km_result *out, const km_money *sum, km_error *error) {
    KM_TRY(km_table_put_sum(out, KM_PROVINCE_TOTAL, sum->total, error));
    KM_TRY(km_table_put_sum(out, KM_PROVINCE_COPAY, sum->copay, error));
    KM_TRY(km_table_put_sum(out, KM_PROVINCE_PATIENT_OUTSIDE, sum->outside, error));
    return km_table_put_sum(out, KM_PROVINCE_OTHER_SOURCES, sum->other, error);
}

typedef struct asked {
    const km_job *job;
    const km_money_year *year;
} asked;

static bool is_asked(const void *context, uint64_t province, int year) {
    const asked *about = context;
    bool whole = about->year->code == KM_NATION;
    return year == about->year->year && (whole || km_job_reported(about->job, province) == about->year->code);
}

static void put_visits_per_card(km_job *job, const km_money_year *year) {
    const asked about = {job, year};
    double visits;
    if (km_cards_visits(&job->cards, is_asked, &about, &visits))
        km_put_chance(&job->sinks[KM_TABLE_PROVINCES].chunk, KM_PROVINCE_VISITS_PER_CARD, visits);
}

static kiem_status put_province(km_job *job, const km_outlooks *all, const km_money_year *year,
                                const km_figures *figures, const km_figures *nation, km_error *error) {
    km_result *out = &job->sinks[KM_TABLE_PROVINCES].chunk;
    km_budget found;
    const km_budget *budget = budget_of(job, year->code, year->year, all->as_of, &found) ? &found : NULL;
    bool known;
    int64_t utilisation;
    km_curve curve;
    km_outlook outlook;
    km_outlooks_curve(all, year, &curve);
    curve.widen = km_outlooks_widen(all, year->code, year->year, km_province_prior);
    km_outlooks_make(all, year, &curve, budget, km_province_prior, &outlook);
    KM_TRY(km_utilisation(year->sum.fund, budget, &known, &utilisation, error));
    km_result_code(out, KM_PROVINCE_PROVINCE, year->code);
    km_result_int(out, KM_PROVINCE_YEAR, year->year);
    KM_TRY(km_table_put_sum(out, KM_PROVINCE_SPENT, year->sum.fund, error));
    if (budget) {
        km_result_int(out, KM_PROVINCE_BUDGET, budget->amount);
        if (budget->decision.length) km_result_text(out, KM_PROVINCE_DECISION, budget->decision);
    }
    if (known) km_result_int(out, KM_PROVINCE_UTILISATION, utilisation);
    if (known && km_outlook_tells_chances(&outlook)) {
        km_put_chance(out, KM_PROVINCE_CHANCE_OVER, outlook.chance_over);
        km_put_chance(out, KM_PROVINCE_CHANCE_BELOW, outlook.chance_well_below);
    }
    km_put_share(out, KM_PROVINCE_EXPECTED_BY_NOW, outlook.expected);
    km_result_text(out, KM_PROVINCE_STATUS,
                   km_text_from(km_outlooks_status(all, budget, year->sum.fund, &outlook)));
    km_result_int(out, KM_PROVINCE_CLAIMS, (int64_t)year->sum.claims);
    km_result_text(out, KM_PROVINCE_EVIDENCE, km_text_from(km_outlook_evidence(&outlook)));
    km_result_text(out, KM_PROVINCE_LAG_SOURCE, km_text_from(all->lag_source));
    km_result_text(out, KM_PROVINCE_SEASON_SOURCE, km_text_from(curve.source));
    put_outlook(out, &outlook, &curve.season);
    put_claims_to_come(out, all, year, &curve.season);
    KM_TRY(put_quarters(out, year, &curve.season, error));
    KM_TRY(put_payers(out, &year->sum, error));
    KM_TRY(km_job_put_figures(job, figures, nation, year->sum.total, error));
    put_visits_per_card(job, year);
    put_dues(out, &all->calendar, year->year, all->as_of);
    if (job->options.has_as_of) km_result_int(out, KM_PROVINCE_AS_OF, all->as_of);
    km_result_text(out, KM_PROVINCE_MONEY_SOURCE,
                   km_text_from(km_job_money_source(job, year->code, year->year)));
    km_job_put_province_rank(job, year);
    put_name(job, out, year->code);
    return km_result_end_row(out, error);
}

static double squares_of(const km_job *job, const km_money_year *year) {
    double sum = 0;
    if (year->code == KM_NATION) return km_ledger_squares(&job->ledger, 0, year->year);
    if (!job->options.map_2025) return km_ledger_squares(&job->ledger, year->code, year->year);
    for (int number = 0; number < 100; number++) {
        if (code_of(job->merged[number]) == year->code)
            sum += km_ledger_squares(&job->ledger, code_of(number), year->year);
    }
    return sum;
}

static kiem_status add_days(const km_job *job, km_outlooks *all, km_error *error) {
    km_ledger_day cell;
    for (size_t cursor = 0; km_ledger_next_day(&job->ledger, &cursor, &cell);) {
        if (cell.day == KM_UNDATED) continue;
        KM_TRY(km_outlooks_add(all, km_job_reported(job, cell.province), cell.year, cell.day, cell.inpatient,
                               &cell.money, error));
        KM_TRY(km_outlooks_add(all, KM_NATION, cell.year, cell.day, cell.inpatient, &cell.money, error));
    }
    KM_TRY(km_outlooks_close(all, error));
    for (size_t i = 0; i < all->count; i++) {
        km_money_year *year = &all->years[i];
        double fund = (double)year->sum.fund / KM_DONG;
        if (fund > 0) year->dispersion = squares_of(job, year) / fund;
    }
    return KIEM_OK;
}

/* The nation is reported where its budget is given, or is published and the claims are those of a nation. */
static bool report_nation(const km_job *job, const km_outlooks *all, int year) {
    size_t provinces = 0;
    km_budget found;
    if (km_budgets_find(&job->budgets, KM_NATION, 0, year, all->as_of)) return true;
    for (size_t i = 0; i < all->count; i++) provinces += all->years[i].year == year;
    return provinces > PROVINCES_OF_A_NATION && budget_of(job, KM_NATION, year, all->as_of, &found);
}

static const km_figures *nation_of(const km_figures *figures, size_t count, int year) {
    for (size_t i = 0; i < count; i++) {
        if (figures[i].code == KM_NATION && figures[i].year == year) return &figures[i];
    }
    return NULL;
}

/* Provinces by code and year, then the nation. */
static kiem_status put_provinces(km_job *job, const km_outlooks *all, const km_figures *figures,
                                 km_error *error) {
    for (int nation = 0; nation < 2; nation++) {
        for (size_t i = 0; i < all->count; i++) {
            const km_money_year *year = &all->years[i];
            if ((year->code == KM_NATION) != nation) continue;
            if (nation && !report_nation(job, all, year->year)) continue;
            const km_figures *whole = nation_of(figures, all->count, year->year);
            KM_TRY(put_province(job, all, year, &figures[i], whole, error));
        }
    }
    return KIEM_OK;
}

static kiem_status compare_provinces(const km_job *job, km_figures *figures, km_error *error) {
    const km_outlooks *all = &job->outlooks;
    for (size_t i = 0; i < all->count; i++) {
        const km_money_year *year = &all->years[i];
        km_budget found;
        bool any = budget_of(job, year->code, year->year, all->as_of, &found);
        KM_TRY(km_utilisation(year->sum.fund, any ? &found : NULL, &figures[i].has_utilisation,
                              &figures[i].utilisation, error));
    }
    km_figures_compare(figures, all->count);
    return KIEM_OK;
}

void km_job_settle_as_of(km_job *job) {
    km_day before;
    if (job->options.has_as_of || !job->has_discharge) return;
    job->straggling = km_months_straggling(&job->months, &before);
    job->options.as_of = job->straggling ? before : km_day_of(job->latest_discharge);
    job->options.has_as_of = true;
}

kiem_status km_job_outlooks(km_job *job, km_error *error) {
    job->outlooks.as_of = job->options.has_as_of ? job->options.as_of : km_day_from_civil(2199, 12, 31);
    KM_TRY(km_outlooks_learn_lag(&job->outlooks, &job->ledger, error));
    KM_TRY(km_job_learn_cuts(job, error));
    KM_TRY(add_days(job, &job->outlooks, error));
    return km_job_compare_visits(job, error);
}

kiem_status km_job_provinces(km_job *job, km_error *error) {
    km_figures *figures = NULL;
    km_prices_sort(&job->prices);
    KM_TRY(km_job_figures(job, &figures, error));
    kiem_status status = compare_provinces(job, figures, error);
    if (status == KIEM_OK) status = put_provinces(job, &job->outlooks, figures, error);
    km_free(job->mem, figures, job->outlooks.count * sizeof *figures);
    return status;
}
