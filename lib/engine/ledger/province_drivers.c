#include "engine/columns.h"
#include "engine/ledger/figures.h"
#include "engine/ledger/provinces.h"

enum { SHARE_SCALE = 6 };

static void put_ratio(km_result *out, int column, km_int128 part, int part_scale, km_int128 whole,
                      int scale) {
    int64_t divisor, ratio;
    if (whole <= 0 || !km_decimal_rescale(whole, 0, 0, &divisor)) return;
    if (km_decimal_divide(part, part_scale, divisor, part_scale == scale ? 0 : part_scale, scale, &ratio))
        km_result_int(out, column, ratio);
}

static void put_share(km_result *out, int column, km_int128 part, km_int128 whole) {
    put_ratio(out, column, part, KM_MONEY_SCALE, whole, SHARE_SCALE);
}

/* Shares of the parts of the cost: by the lines where they are of at least 60 % of it, else by the claims. */
static void put_parts(const km_job *job, km_result *out, const km_figures *of, km_int128 total) {
    static const int columns[KM_PART_COUNT] = {KM_PROVINCE_DRUG_SHARE, KM_PROVINCE_SUPPLY_SHARE,
                                               KM_PROVINCE_TEST_SHARE, KM_PROVINCE_EXAM_SHARE,
                                               KM_PROVINCE_BED_SHARE};
    enum { LEAST = 60 };
    km_int128 part[KM_PART_COUNT], all;
    km_prices_parts(&job->prices, of->code, of->year, part, &all);
    bool by_lines = all > 0 && all * 100 >= total * LEAST;
    for (int i = 0; i < KM_PART_COUNT; i++) {
        if (by_lines) {
            put_share(out, columns[i], part[i], all);
        } else if (of->parts.amount[i]) {
            put_share(out, columns[i], of->parts.amount[i], total);
        }
    }
}

/* The indicators that reports publish. */
static void put_indicators(km_result *out, const km_figures *of) {
    km_int128 visits = (km_int128)of->visits[0] + of->visits[1], fund = of->fund[0] + of->fund[1];
    put_ratio(out, KM_PROVINCE_COST_PER_VISIT, fund, KM_MONEY_SCALE, visits, KM_MONEY_SCALE);
    put_ratio(out, KM_PROVINCE_COST_PER_VISIT_OUT, of->fund[0], KM_MONEY_SCALE, of->visits[0],
              KM_MONEY_SCALE);
    put_ratio(out, KM_PROVINCE_COST_PER_VISIT_IN, of->fund[1], KM_MONEY_SCALE, of->visits[1], KM_MONEY_SCALE);
    put_ratio(out, KM_PROVINCE_INPATIENT_SHARE, of->visits[1], 0, visits, SHARE_SCALE);
    put_ratio(out, KM_PROVINCE_MEAN_STAY, (km_int128)of->parts.days, 0, of->parts.stays, SHARE_SCALE);
    put_share(out, KM_PROVINCE_BY_SERVICE_SHARE, of->parts.by_service, fund);
    put_share(out, KM_PROVINCE_OUT_OF_PROVINCE_SHARE, of->from_elsewhere, fund);
    put_share(out, KM_PROVINCE_SETTLED_LATER_SHARE, of->late, fund);
}

/* Where most of the money of patients from elsewhere goes with. */
static void put_origin(km_result *out, const km_figures *of, int own) {
    km_int128 whole = 0;
    int most = -1;
    for (int home = 0; home < KM_LEDGER_HOMES; home++) {
        whole += of->home[home];
        bool other = home != own && home != KM_LEDGER_HOMES - 1;
        if (other && of->home[home] > 0 && (most < 0 || of->home[home] > of->home[most])) most = home;
    }
    if (most < 0 || own < 0) return;
    const char code[2] = {(char)('0' + most / 10), (char)('0' + most % 10)};
    km_result_text(out, KM_PROVINCE_MAIN_ORIGIN, (km_text){code, sizeof code});
    put_share(out, KM_PROVINCE_MAIN_ORIGIN_SHARE, of->home[most], whole);
}

static kiem_status put_otherwise_paid(km_result *out, const km_money *of, km_error *error) {
    km_result_int(out, KM_PROVINCE_OTHERWISE_CLAIMS, (int64_t)of->claims);
    return km_table_put_sum(out, KM_PROVINCE_OTHERWISE_SPENT, of->fund, error);
}

static void put_peers(km_result *out, const km_figures *of, const km_figures *nation) {
    double cost;
    if (of->rank_utilisation) km_result_int(out, KM_PROVINCE_RANK_UTILISATION, of->rank_utilisation);
    if (of->rank_cost) km_result_int(out, KM_PROVINCE_RANK_COST_PER_VISIT, of->rank_cost);
    if (nation && nation != of && km_figures_cost(nation, &cost))
        km_put_money(out, KM_PROVINCE_NATION_COST_PER_VISIT, cost);
    if (of->cost_peers) km_put_money(out, KM_PROVINCE_PEERS_COST_PER_VISIT, of->peers_cost);
    if (of->peers) km_put_share(out, KM_PROVINCE_PEERS_GROWTH, of->peers_growth);
    if (!of->peers && !of->cost_peers) return;
    km_result_int(out, KM_PROVINCE_PEERS, of->peers ? of->peers : of->cost_peers);
    km_result_text(out, KM_PROVINCE_PEERS_OF, of->by_region ? KM_TEXT("region") : KM_TEXT("nation"));
}

static void put_drivers(km_result *out, const km_figures *of) {
    int64_t effect[KM_DRIVER_COUNT], change = 0;
    km_drivers_split(of->cells, KM_FIGURE_CELLS, effect);
    km_result_int(out, KM_PROVINCE_DRIVER_MONTHS, of->months);
    for (int i = 0; i < KM_DRIVER_COUNT; i++) {
        change += effect[i];
        /* claims alone tell no prices: they are in the cost of a visit */
        if (i != KM_DRIVER_PRICE || of->priced) km_result_int(out, KM_PROVINCE_DRIVER_VISITS + i, effect[i]);
    }
    km_result_int(out, KM_PROVINCE_CHANGE, change);
    km_result_text(out, KM_PROVINCE_PRICE_SOURCE, of->priced ? KM_TEXT("lines") : KM_TEXT("none"));
    const km_change *with = &of->change;
    km_int128 visits = (km_int128)with->visits[1] - with->visits[0];
    put_ratio(out, KM_PROVINCE_GROWTH, with->fund[1] - with->fund[0], KM_MONEY_SCALE, with->fund[0],
              SHARE_SCALE);
    put_ratio(out, KM_PROVINCE_VISITS_GROWTH, visits, 0, with->visits[0], SHARE_SCALE);
}

kiem_status km_job_put_figures(km_job *job, const km_figures *of, const km_figures *nation, km_int128 total,
                               km_error *error) {
    km_result *out = &job->sinks[KM_TABLE_PROVINCES].chunk;
    put_indicators(out, of);
    put_parts(job, out, of, total);
    put_peers(out, of, nation);
    if (of->compared) put_drivers(out, of);
    if (of->code != KM_NATION) put_origin(out, of, km_job_province_number(of->code));
    return of->payment_known ? put_otherwise_paid(out, &of->otherwise, error) : KIEM_OK;
}
