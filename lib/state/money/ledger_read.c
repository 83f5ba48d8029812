#include <stddef.h>

#include "base/sort.h"
#include "state/money/ledger_pages.h"

enum { MONTHS = KM_LEDGER_MONTHS, CARE_KINDS = 2 };

/* ---- order */

static int compare_pages(const void *a, const void *b, const void *pages) {
    const km_ledger_page *left = (const km_ledger_page *)pages + *(const uint32_t *)a;
    const km_ledger_page *right = (const km_ledger_page *)pages + *(const uint32_t *)b;
    KM_ORDER_BY(code);
    KM_ORDER_BY(period);
    return 0;
}

/* What is in order is only read: a state in use may be saved meanwhile. */
static kiem_status sort_cut(km_ledger_cut *cut, const km_mem *mem, km_error *error) {
    if (cut->ordered == cut->count) return KIEM_OK;
    if (!km_grow(mem, (void **)&cut->order, &cut->order_capacity, cut->count, sizeof *cut->order))
        return km_nomem(error);
    for (uint32_t i = 0; i < cut->count; i++) cut->order[i] = i;
    km_sort(cut->order, cut->count, sizeof *cut->order, compare_pages, cut->pages);
    cut->ordered = cut->count;
    return KIEM_OK;
}

kiem_status km_ledger_sort(km_ledger *ledger, km_error *error) {
    for (int i = 0; i < KM_LEDGER_CUTS; i++) KM_TRY(sort_cut(&ledger->cuts[i], ledger->mem, error));
    return KIEM_OK;
}

/* ---- cells */

static km_int128 whole(int64_t low, int32_t high) {
    return (km_int128)high * ((km_int128)UINT64_MAX + 1) + (km_int128)low;
}

static km_int128 sum_of(const km_ledger_cell *cell, int sum) {
    return whole(cell->low[sum], cell->high[sum]);
}

static km_money money_of(const km_ledger_cell *cell) {
    return (km_money){cell->claims,    sum_of(cell, 0), sum_of(cell, 1),
                      sum_of(cell, 2), sum_of(cell, 3), sum_of(cell, 4)};
}

/* Cells of older files can hold money without claims. */
static bool is_empty(const km_money *money) {
    return !money->claims && !money->total && !money->fund && !money->copay && !money->outside &&
           !money->other;
}

/* The page a cursor stands on, and its cell there, of `count` in a page; NULL after the last page. */
static const km_ledger_page *page_at(const km_ledger_cut *cut, size_t cursor, size_t count, size_t *slot) {
    if (cursor / count >= cut->ordered) return NULL;
    *slot = cursor % count;
    return &cut->pages[cut->order[cursor / count]];
}

/* Year and month of a province's page; 0, 0 for undated. */
static void period_of(const km_ledger_page *page, int *year, int *month) {
    bool dated = page->period != KM_UNDATED_PERIOD;
    *year = dated ? page->period / MONTHS : 0;
    *month = dated ? page->period % MONTHS + 1 : 0;
}

static void take(km_money *from, const km_ledger_cell *cell) {
    from->claims -= cell->claims;
    from->total -= sum_of(cell, 0);
    from->fund -= sum_of(cell, 1);
    from->copay -= sum_of(cell, 2);
    from->outside -= sum_of(cell, 3);
    from->other -= sum_of(cell, 4);
}

static void add_days(km_money *sum, const km_ledger_province *page, size_t care) {
    for (int day = 0; day < 31; day++) {
        const km_money money = money_of(&page->day[day][care]);
        km_money_add(sum, &money);
    }
}

static bool small_of(const km_ledger_small *cell, km_ledger_count *out) {
    out->claims = cell->claims;
    out->fund = whole(cell->low, cell->high);
    return cell->claims > 0;
}

/* ---- provinces */

bool km_ledger_next_day(const km_ledger *ledger, size_t *cursor, km_ledger_day *out) {
    enum { CELLS = 31 * CARE_KINDS };
    const km_ledger_page *page;
    size_t slot;
    int month;
    while ((page = page_at(&ledger->cuts[KM_LEDGER_PROVINCES], (*cursor)++, CELLS, &slot))) {
        const km_ledger_province *cells = page->cells;
        const km_ledger_cell *cell = &cells->day[slot / CARE_KINDS][slot % CARE_KINDS];
        if (!cell->claims) continue;
        *out = (km_ledger_day){.province = page->code,
                               .day = KM_UNDATED,
                               .inpatient = slot % CARE_KINDS,
                               .money = money_of(cell)};
        period_of(page, &out->year, &month);
        if (out->year) out->day = km_day_from_civil(out->year, month, (int)(slot / CARE_KINDS) + 1);
        return true;
    }
    return false;
}

static bool stands_before(const km_ledger_page *page, uint64_t code, int32_t period) {
    return page->code != code ? page->code < code : page->period < period;
}

/* The page of a code and period among the sorted ones, or NULL. */
static const km_ledger_page *find_page(const km_ledger_cut *cut, uint64_t code, int32_t period) {
    size_t at;
    KM_BISECT(at, cut->ordered, stands_before(&cut->pages[cut->order[at]], code, period));
    const km_ledger_page *page = at < cut->ordered ? &cut->pages[cut->order[at]] : NULL;
    return page && page->code == code && page->period == period ? page : NULL;
}

/* What cards of other provinces leave of a year. */
static km_money own_home(const km_ledger *ledger, const km_ledger_page *year, size_t care) {
    const km_ledger_origins *cells = year->cells;
    bool dated = year->period != KM_UNDATED_PERIOD;
    km_money left = {0};
    for (int month = 0; month < (dated ? MONTHS : 1); month++) {
        int32_t period = dated ? year->period * MONTHS + month : KM_UNDATED_PERIOD;
        const km_ledger_page *page = find_page(&ledger->cuts[KM_LEDGER_PROVINCES], year->code, period);
        if (page) add_days(&left, page->cells, care);
    }
    for (int home = 0; home < KM_LEDGER_HOMES; home++) take(&left, &cells->home[home][care]);
    return left;
}

bool km_ledger_next_home(const km_ledger *ledger, size_t *cursor, km_ledger_home *out) {
    enum { CELLS = KM_LEDGER_HOMES * CARE_KINDS };
    const km_ledger_page *page;
    size_t slot;
    while ((page = page_at(&ledger->cuts[KM_LEDGER_ORIGINS], (*cursor)++, CELLS, &slot))) {
        const km_ledger_origins *cells = page->cells;
        int home = (int)(slot / CARE_KINDS);
        bool own = home == km_ledger_treating(page->code) && home != KM_LEDGER_NOWHERE;
        const km_money money =
            own ? own_home(ledger, page, slot % CARE_KINDS) : money_of(&cells->home[home][slot % CARE_KINDS]);
        if (is_empty(&money)) continue;
        *out = (km_ledger_home){.province = page->code,
                                .year = page->period == KM_UNDATED_PERIOD ? 0 : page->period,
                                .home = home,
                                .inpatient = slot % CARE_KINDS,
                                .money = money};
        return true;
    }
    return false;
}

bool km_ledger_next_case(const km_ledger *ledger, size_t *cursor, km_ledger_count *out) {
    enum { CELLS = 2 * CARE_KINDS * KM_LEDGER_LETTERS };
    const km_ledger_page *page;
    size_t slot;
    while ((page = page_at(&ledger->cuts[KM_LEDGER_PROVINCES], (*cursor)++, CELLS, &slot))) {
        const km_ledger_province *cells = page->cells;
        size_t other = slot / KM_LEDGER_LETTERS / CARE_KINDS, care = slot / KM_LEDGER_LETTERS % CARE_KINDS;
        *out = (km_ledger_count){.code = page->code,
                                 .day = KM_UNDATED,
                                 .other_province = other,
                                 .inpatient = care,
                                 .slot = (int)(slot % KM_LEDGER_LETTERS)};
        period_of(page, &out->year, &out->month);
        if (small_of(&cells->kind_of_case[slot], out)) return true;
    }
    return false;
}

/* What the other cells of a cut leave of a month. */
static km_money usual(const km_ledger_province *month, const km_ledger_cell *cells, size_t count) {
    km_money left = {0};
    for (size_t care = 0; care < CARE_KINDS; care++) add_days(&left, month, care);
    for (size_t slot = 0; slot < count; slot++) take(&left, &cells[slot]);
    return left;
}

static bool next_part(const km_ledger *ledger, size_t *cursor, size_t at, size_t count, size_t usual_slot,
                      km_ledger_part *out) {
    const km_ledger_page *page;
    size_t slot;
    while ((page = page_at(&ledger->cuts[KM_LEDGER_PROVINCES], (*cursor)++, count, &slot))) {
        const km_ledger_cell *cells = (const km_ledger_cell *)((const char *)page->cells + at);
        const km_money money = slot == usual_slot ? usual(page->cells, cells, count) : money_of(&cells[slot]);
        if (is_empty(&money)) continue;
        *out = (km_ledger_part){.province = page->code, .slot = (int)slot, .money = money};
        period_of(page, &out->year, &out->month);
        return true;
    }
    return false;
}

bool km_ledger_next_settled(const km_ledger *ledger, size_t *cursor, km_ledger_part *out) {
    return next_part(ledger, cursor, offsetof(km_ledger_province, settled), KM_LEDGER_LAGS, KM_USUAL_LAG,
                     out);
}

bool km_ledger_next_paid(const km_ledger *ledger, size_t *cursor, km_ledger_part *out) {
    return next_part(ledger, cursor, offsetof(km_ledger_province, paid), KM_PAYMENT_COUNT, KM_USUAL_PAYMENT,
                     out);
}

bool km_ledger_next_parts(const km_ledger *ledger, size_t *cursor, km_ledger_parts *out) {
    size_t slot;
    const km_ledger_page *page = page_at(&ledger->cuts[KM_LEDGER_PROVINCES], (*cursor)++, 1, &slot);
    if (!page) return false;
    const km_ledger_province *cells = page->cells;
    *out = (km_ledger_parts){
        .province = page->code, .stays = cells->stays.claims, .days = (uint64_t)cells->stays.low};
    out->by_service =
        whole(cells->mixed.low, cells->mixed.high) + usual(cells, cells->paid, KM_PAYMENT_COUNT).fund;
    period_of(page, &out->year, &out->month);
    for (int part = 0; part < KM_PART_COUNT; part++)
        out->amount[part] = whole(cells->part[part].low, cells->part[part].high);
    return true;
}

bool km_ledger_next_receipt(const km_ledger *ledger, size_t *cursor, km_ledger_count *out) {
    enum { CELLS = 31 * KM_LEDGER_RECEIPT_DAYS };
    const km_ledger_page *page;
    size_t slot;
    while ((page = page_at(&ledger->cuts[KM_LEDGER_RECEIPTS], (*cursor)++, CELLS, &slot))) {
        const km_ledger_receipts *cells = page->cells;
        int day = (int)(slot / KM_LEDGER_RECEIPT_DAYS);
        *out = (km_ledger_count){.code = page->code, .slot = (int)(slot % KM_LEDGER_RECEIPT_DAYS)};
        period_of(page, &out->year, &out->month);
        if (!small_of(&cells->day[day][out->slot], out)) continue;
        out->day = km_day_from_civil(out->year, out->month, day + 1);
        return true;
    }
    return false;
}

/* ---- facilities */

bool km_ledger_next_month(const km_ledger *ledger, size_t *cursor, km_ledger_month *out) {
    enum { CELLS = MONTHS * CARE_KINDS };
    const km_ledger_page *page;
    size_t slot;
    while ((page = page_at(&ledger->cuts[KM_LEDGER_FACILITIES], (*cursor)++, CELLS, &slot))) {
        const km_ledger_facility *cells = page->cells;
        const km_ledger_cell *cell = &cells->month[slot / CARE_KINDS][slot % CARE_KINDS];
        bool dated = page->period != KM_UNDATED_PERIOD;
        if (!cell->claims) continue;
        *out = (km_ledger_month){.facility = page->code,
                                 .year = dated ? page->period : 0,
                                 .month = dated ? (int)(slot / CARE_KINDS) + 1 : 0,
                                 .inpatient = slot % CARE_KINDS,
                                 .money = money_of(cell)};
        return true;
    }
    return false;
}

bool km_ledger_facility_year(const km_ledger *ledger, uint64_t facility, int year, km_day up_to,
                             km_int128 spent[366], uint64_t *claims) {
    const km_ledger_page *page = find_page(&ledger->cuts[KM_LEDGER_FACILITIES], facility, year);
    km_day first = km_day_from_civil(year, 1, 1);
    *claims = 0;
    for (int day = 0; day < 366; day++) {
        const km_ledger_small *cell = page ? &((const km_ledger_facility *)page->cells)->day[day] : NULL;
        bool counts = cell && first + day <= up_to;
        spent[day] = counts ? whole(cell->low, cell->high) : 0;
        if (counts) *claims += cell->claims;
    }
    return *claims > 0;
}

double km_ledger_squares(const km_ledger *ledger, uint64_t province, int year) {
    km_int128 sum = 0;
    for (uint32_t i = 0; i < ledger->cuts[KM_LEDGER_PROVINCES].count; i++) {
        const km_ledger_page *page = &ledger->cuts[KM_LEDGER_PROVINCES].pages[i];
        const km_ledger_province *cells = page->cells;
        bool in_year = page->period != KM_UNDATED_PERIOD && page->period / MONTHS == year;
        if (in_year && (!province || page->code == province)) sum += cells->squares;
    }
    return (double)sum;
}
