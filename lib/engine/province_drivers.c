#include "engine/provinces.h"
#include "score/drivers.h"

enum { MONTHS = 12, MONEY_SCALE = 2, SHARE_SCALE = 6, CELLS = 2 * 2 * KM_LEDGER_LETTERS };

static bool is_of(const km_job *job, uint64_t wanted, uint64_t province) {
    return wanted == KM_NATION || km_job_reported(job, province) == wanted;
}

/* Whole months of the year that are over. */
static int whole_months(km_day as_of, int year) {
    if (as_of >= km_day_from_civil(year, MONTHS, 31)) return MONTHS;
    km_civil next = km_civil_from_day(as_of + 1); /* a month ends before it when it is a first */
    return next.year == year ? next.month - 1 : 0;
}

/* ---- indicators */

typedef struct indicators {
    uint64_t claims[2]; /* outpatient, inpatient */
    km_int128 fund[2], by_service;
} indicators;

static void collect_indicators(const km_job *job, const km_money_year *year, km_day as_of, indicators *out) {
    km_ledger_count cell;
    km_ledger_parts parts;
    *out = (indicators){0};
    for (size_t cursor = 0; km_ledger_next_case(&job->ledger, &cursor, &cell);) {
        bool over = cell.year == year->year && km_day_from_civil(cell.year, cell.month, 1) <= as_of;
        if (!over || !is_of(job, year->code, cell.code)) continue;
        out->claims[cell.inpatient] += cell.claims;
        out->fund[cell.inpatient] += cell.fund;
    }
    for (size_t cursor = 0; km_ledger_next_parts(&job->ledger, &cursor, &parts);) {
        bool over = parts.year == year->year && km_day_from_civil(parts.year, parts.month, 1) <= as_of;
        if (over && is_of(job, year->code, parts.province)) out->by_service += parts.by_service;
    }
}

static void put_ratio(km_result *out, int column, km_int128 part, int part_scale, km_int128 whole,
                      int scale) {
    int64_t divisor, ratio;
    if (whole <= 0 || !km_decimal_rescale(whole, 0, 0, &divisor)) return;
    if (km_decimal_divide(part, part_scale, divisor, part_scale == scale ? 0 : part_scale, scale, &ratio))
        km_result_int(out, column, ratio);
}

/* ---- drivers */

typedef struct comparison {
    km_driver_cell cells[CELLS];
    km_int128 from_elsewhere, all;      /* fund money of the present */
    uint64_t before_first, before_last; /* claims of the first and last month compared, a year before */
    bool too_large;
} comparison;

static void add_case(comparison *out, const km_ledger_count *cell, int period) {
    int place = (cell->other_province * 2 + cell->inpatient) * KM_LEDGER_LETTERS + cell->slot;
    km_driver_cell *to = &out->cells[place];
    to->other_province = cell->other_province;
    to->inpatient = cell->inpatient;
    to->kind_of_case = cell->slot;
    to->visits[period] += (double)cell->claims;
    km_int128 cost = (km_int128)to->cost[period] + cell->fund;
    if (!km_decimal_rescale(cost, 0, 0, &to->cost[period])) out->too_large = true;
}

static void compare_years(const km_job *job, const km_money_year *year, int months, km_day as_of,
                          comparison *out) {
    km_ledger_count cell;
    *out = (comparison){0};
    for (size_t cursor = 0; km_ledger_next_case(&job->ledger, &cursor, &cell);) {
        int before = year->year - cell.year;
        if (before < 0 || before > 1 || !cell.year || !is_of(job, year->code, cell.code)) continue;
        if (!before && km_day_from_civil(cell.year, cell.month, 1) <= as_of) {
            out->all += cell.fund;
            if (cell.other_province) out->from_elsewhere += cell.fund;
        }
        if (cell.month > months) continue;
        if (before && cell.month == 1) out->before_first += cell.claims;
        if (before && cell.month == months) out->before_last += cell.claims;
        add_case(out, &cell, !before);
    }
}

static void put_drivers(km_result *out, const comparison *with, int months) {
    int64_t effect[KM_DRIVER_COUNT], change = 0;
    km_drivers_split(with->cells, CELLS, effect);
    km_result_int(out, KM_PROVINCE_DRIVER_MONTHS, months);
    for (int i = 0; i < KM_DRIVER_COUNT; i++) {
        change += effect[i];
        /* claims alone tell no prices: they are in the cost of a visit */
        if (i != KM_DRIVER_PRICE) km_result_int(out, KM_PROVINCE_DRIVER_VISITS + i, effect[i]);
    }
    km_result_int(out, KM_PROVINCE_CHANGE, change);
}

kiem_status km_job_put_drivers(km_job *job, const km_outlooks *all, const km_money_year *year,
                               km_error *error) {
    km_result *out = &job->sinks[KM_TABLE_PROVINCES].chunk;
    int months = whole_months(all->as_of, year->year);
    indicators seen;
    comparison *with = km_alloc(job->mem, sizeof *with);
    if (!with) return km_nomem(error);
    collect_indicators(job, year, all->as_of, &seen);
    compare_years(job, year, months, all->as_of, with);
    km_int128 claims = (km_int128)seen.claims[0] + seen.claims[1];
    put_ratio(out, KM_PROVINCE_COST_PER_VISIT_OUT, seen.fund[0], MONEY_SCALE, seen.claims[0], MONEY_SCALE);
    put_ratio(out, KM_PROVINCE_COST_PER_VISIT_IN, seen.fund[1], MONEY_SCALE, seen.claims[1], MONEY_SCALE);
    put_ratio(out, KM_PROVINCE_INPATIENT_SHARE, seen.claims[1], 0, claims, SHARE_SCALE);
    put_ratio(out, KM_PROVINCE_BY_SERVICE_SHARE, seen.by_service, MONEY_SCALE, seen.fund[0] + seen.fund[1],
              SHARE_SCALE);
    put_ratio(out, KM_PROVINCE_OUT_OF_PROVINCE_SHARE, with->from_elsewhere, MONEY_SCALE, with->all,
              SHARE_SCALE);
    if (months && with->before_first && with->before_last && !with->too_large) put_drivers(out, with, months);
    km_free(job->mem, with, sizeof *with);
    return KIEM_OK;
}
