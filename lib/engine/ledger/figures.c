#include "engine/ledger/figures.h"

#include "base/hash.h"
#include "base/sort.h"
#include "engine/ledger/provinces.h"

enum { MONTHS = 12, PEERS_LEAST = 3, VISITS_LEAST = 30 };

/* Whole months of the year that are over. */
static int whole_months(km_day as_of, int year) {
    if (as_of >= km_day_from_civil(year, MONTHS, 31)) return MONTHS;
    km_civil next = km_civil_from_day(as_of + 1); /* a month ends before it when it is a first */
    return next.year == year ? next.month - 1 : 0;
}

static uint64_t region_of(const km_job *job, uint64_t province) {
    const km_lookup *provinces = km_policy_table(job->policy, KM_TEXT("provinces"));
    const int column = provinces ? km_lookup_find_column(provinces, KM_TEXT("economic_region")) : -1;
    const km_text region = km_lookup_text(provinces, km_lookup_row_of_code(provinces, province, 0), column);
    return region.length ? km_hash(region.ptr, region.length, 0) | 1 : 0;
}

/* ---- one pass over the ledger */

typedef struct collecting {
    const km_job *job;
    km_figures *figures;
    size_t count;
    km_day as_of;
} collecting;

static bool stands_before(const km_figures *of, uint64_t code, int year) {
    return of->code != code ? of->code < code : of->year < year;
}

static km_figures *find(const collecting *all, uint64_t code, int year) {
    size_t low;
    KM_BISECT(low, all->count, stands_before(&all->figures[low], code, year));
    km_figures *at = low < all->count ? &all->figures[low] : NULL;
    return at && at->code == code && at->year == year ? at : NULL;
}

static void compare_case(km_figures *out, const km_ledger_count *cell, int now) {
    int place = (cell->other_province * 2 + cell->inpatient) * KM_LEDGER_LETTERS + cell->slot;
    km_driver_cell *to = &out->cells[place];
    if (cell->month > out->months) return;
    if (!now && cell->month == 1) out->before_first += cell->claims;
    if (!now && cell->month == out->months) out->before_last += cell->claims;
    to->other_province = cell->other_province;
    to->inpatient = cell->inpatient;
    to->kind_of_case = cell->slot;
    to->visits[now] += (double)cell->claims;
    out->change.visits[now] += cell->claims;
    out->change.fund[now] += cell->fund;
    if (!km_decimal_rescale((km_int128)to->cost[now] + cell->fund, 0, 0, &to->cost[now]))
        out->too_large = true;
}

static void add_case(const collecting *all, uint64_t code, const km_ledger_count *cell) {
    km_figures *now = find(all, code, cell->year), *next = find(all, code, cell->year + 1);
    if (next) compare_case(next, cell, 0);
    if (!now) return;
    compare_case(now, cell, 1);
    if (km_day_from_civil(cell->year, cell->month, 1) > all->as_of) return;
    now->visits[cell->inpatient] += cell->claims;
    now->fund[cell->inpatient] += cell->fund;
    if (cell->other_province) now->from_elsewhere += cell->fund;
}

static void add_parts(const collecting *all, uint64_t code, const km_ledger_parts *parts) {
    km_figures *to = find(all, code, parts->year);
    if (!to || km_day_from_civil(parts->year, parts->month, 1) > all->as_of) return;
    for (int i = 0; i < KM_PART_COUNT; i++) to->parts.amount[i] += parts->amount[i];
    to->parts.by_service += parts->by_service;
    to->parts.stays += parts->stays;
    to->parts.days += parts->days;
}

static void add_settled(const collecting *all, uint64_t code, const km_ledger_part *cell) {
    enum { SAME_MONTH = 2 };
    km_figures *to = find(all, code, cell->year);
    if (to && cell->slot > SAME_MONTH && km_day_from_civil(cell->year, cell->month, 1) <= all->as_of)
        to->late += cell->money.fund;
}

static void add_paid(const collecting *all, uint64_t code, const km_ledger_part *cell) {
    km_figures *to = find(all, code, cell->year);
    if (!to || km_day_from_civil(cell->year, cell->month, 1) > all->as_of) return;
    if (cell->slot != KM_PAYMENT_UNKNOWN) to->payment_known = true;
    if (cell->slot == KM_PAYMENT_OTHER) km_money_add(&to->otherwise, &cell->money);
}

static void add_home(const collecting *all, const km_ledger_home *cell) {
    km_figures *to = find(all, km_job_reported(all->job, cell->province), cell->year);
    int home = cell->home;
    if (!to) return;
    if (all->job->options.map_2025 && home != KM_LEDGER_HOMES - 1) home = all->job->merged[home];
    to->home[home] += cell->money.fund;
}

static void collect(const collecting *all) {
    const km_ledger *ledger = &all->job->ledger;
    km_ledger_count cell;
    km_ledger_parts parts;
    km_ledger_part part;
    km_ledger_home home;
    for (size_t cursor = 0; km_ledger_next_case(ledger, &cursor, &cell);) {
        if (!cell.year) continue;
        add_case(all, km_job_reported(all->job, cell.code), &cell);
        add_case(all, KM_NATION, &cell);
    }
    for (size_t cursor = 0; km_ledger_next_parts(ledger, &cursor, &parts);) {
        if (!parts.year) continue;
        add_parts(all, km_job_reported(all->job, parts.province), &parts);
        add_parts(all, KM_NATION, &parts);
    }
    for (size_t cursor = 0; km_ledger_next_settled(ledger, &cursor, &part);) {
        if (!part.year) continue;
        add_settled(all, km_job_reported(all->job, part.province), &part);
        add_settled(all, KM_NATION, &part);
    }
    for (size_t cursor = 0; km_ledger_next_paid(ledger, &cursor, &part);) {
        if (!part.year) continue;
        add_paid(all, km_job_reported(all->job, part.province), &part);
        add_paid(all, KM_NATION, &part);
    }
    for (size_t cursor = 0; km_ledger_next_home(ledger, &cursor, &home);) {
        if (home.year) add_home(all, &home);
    }
}

static void add_total(const collecting *all, uint64_t code, const km_ledger_day *cell) {
    int month = km_civil_from_day(cell->day).month;
    for (int now = 0; now < 2; now++) {
        km_figures *to = find(all, code, cell->year + 1 - now);
        if (to && month <= to->months) to->total[now][cell->inpatient] += cell->money.total;
    }
}

static void collect_totals(const collecting *all) {
    km_ledger_day cell;
    for (size_t cursor = 0; km_ledger_next_day(&all->job->ledger, &cursor, &cell);) {
        if (cell.day == KM_UNDATED) continue;
        add_total(all, km_job_reported(all->job, cell.province), &cell);
        add_total(all, KM_NATION, &cell);
    }
}

/* Sets the prices of the cells of a year where lines tell enough of both: items bought in both years make up
 * at least 60 % of the cost of each kind of care. */
static void set_prices(const km_job *job, km_figures *of) {
    enum { LEAST = 60 };
    int span = of->months == MONTHS ? KM_PRICE_WHOLE : KM_PRICE_PART;
    double value[2] = {0, 0};
    bool any = false;
    for (int care = 0; care < 2; care++) {
        km_price_index index;
        const km_int128 before = of->total[0][care], now = of->total[1][care];
        if (before <= 0 && now <= 0) continue;
        if (!km_prices_index(&job->prices, of->code, of->year, care, span, &index)) return;
        if (index.matched[0] * 100 < before * LEAST || index.matched[1] * 100 < now * LEAST) return;
        value[care] = index.value;
        any = true;
    }
    for (int i = 0; any && i < KM_FIGURE_CELLS; i++) of->cells[i].price = value[of->cells[i].inpatient];
    of->priced = any;
}

kiem_status km_job_figures(const km_job *job, km_figures **out, km_error *error) {
    const km_outlooks *years = &job->outlooks;
    *out = km_alloc_zero(job->mem, years->count * sizeof **out);
    if (years->count && !*out) return km_nomem(error);
    const collecting all = {job, *out, years->count, years->as_of};
    for (size_t i = 0; i < years->count; i++) {
        km_figures *to = &(*out)[i];
        to->code = years->years[i].code;
        to->year = years->years[i].year;
        to->months = whole_months(years->as_of, to->year);
        to->region = region_of(job, to->code);
    }
    collect(&all);
    collect_totals(&all);
    for (size_t i = 0; i < years->count; i++) {
        km_figures *to = &(*out)[i];
        to->compared = to->months && to->before_first && to->before_last && !to->too_large;
        to->has_growth = to->compared && to->change.fund[0] > 0;
        if (to->compared) set_prices(job, to);
        if (to->has_growth) to->growth = (double)to->change.fund[1] / (double)to->change.fund[0] - 1;
    }
    return KIEM_OK;
}

/* ---- prices */

static uint64_t reported(const void *context, uint64_t province) {
    return km_job_reported(context, province);
}

km_price_frame km_job_price_frame(const km_job *job) {
    int year = km_civil_from_day(job->options.as_of).year;
    return (km_price_frame){reported, job, KM_NATION, whole_months(job->options.as_of, year)};
}

/* ---- beside each other */

bool km_figures_cost(const km_figures *of, double *out) {
    uint64_t visits = of->visits[0] + of->visits[1];
    *out = visits ? (double)(of->fund[0] + of->fund[1]) / KM_DONG / (double)visits : 0;
    return visits > 0;
}

/* Means over the other provinces of the year: of one region, or of all. */
static void compare_peers(km_figures *own, const km_figures *all, size_t count, bool of_region) {
    double growth = 0, costs = 0, cost;
    int with_growth = 0, with_cost = 0;
    for (size_t i = 0; i < count; i++) {
        const km_figures *peer = &all[i];
        bool is_peer = peer != own && peer->year == own->year && peer->code != KM_NATION;
        if (!is_peer || (of_region && peer->region != own->region)) continue;
        if (peer->has_growth) growth += peer->growth, with_growth++;
        if (peer->visits[0] + peer->visits[1] >= VISITS_LEAST && km_figures_cost(peer, &cost))
            costs += cost, with_cost++;
    }
    own->by_region = of_region;
    own->peers = with_growth >= PEERS_LEAST ? with_growth : 0;
    own->cost_peers = with_cost >= PEERS_LEAST ? with_cost : 0;
    own->peers_growth = own->peers ? growth / with_growth : 0;
    own->peers_cost = own->cost_peers ? costs / with_cost : 0;
}

/* 1 for the largest; equal ones share a rank. */
static void rank(km_figures *own, const km_figures *all, size_t count) {
    double cost, other;
    bool has_cost = km_figures_cost(own, &cost);
    own->rank_cost = has_cost;
    own->rank_utilisation = own->has_utilisation;
    for (size_t i = 0; i < count; i++) {
        const km_figures *peer = &all[i];
        if (peer->year != own->year || peer->code == KM_NATION) continue;
        if (has_cost && km_figures_cost(peer, &other) && other > cost) own->rank_cost++;
        if (own->has_utilisation && peer->has_utilisation && peer->utilisation > own->utilisation)
            own->rank_utilisation++;
    }
}

void km_figures_compare(km_figures *figures, size_t count) {
    for (size_t i = 0; i < count; i++) {
        km_figures *own = &figures[i];
        if (own->code == KM_NATION) continue;
        bool of_region = own->region != 0;
        compare_peers(own, figures, count, of_region);
        bool any = own->peers || own->cost_peers;
        if (!own->peers) compare_peers(own, figures, count, false);
        /* where no year before tells growth anywhere, the costs of the region are still nearer */
        if (of_region && any && !own->peers) compare_peers(own, figures, count, true);
        rank(own, figures, count);
    }
}
