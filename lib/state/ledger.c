#include "state/ledger.h"

#include "base/hash.h"
#include "base/sort.h"

enum { MONTHS = 12, DAYS_IN_PAGE = 31, CARE_KINDS = 2, LINE = 64 /* bytes of a cache line */ };

#define UNDATED_PERIOD INT32_MAX

_Static_assert(sizeof(km_ledger_cell) == LINE, "a cell fills one cache line");

/* ---- cells */

static void cell_add(km_ledger_cell *cell, int sum, uint64_t low, int32_t high) {
    uint64_t before = cell->low[sum];
    cell->low[sum] = before + low;
    cell->high[sum] += high + (cell->low[sum] < before);
}

static void cell_add_amount(km_ledger_cell *cell, int sum, int64_t amount) {
    cell_add(cell, sum, (uint64_t)amount, amount < 0 ? -1 : 0);
}

static void cell_add_cell(km_ledger_cell *cell, const km_ledger_cell *more) {
    for (int sum = 0; sum < KM_LEDGER_SUMS; sum++) cell_add(cell, sum, more->low[sum], more->high[sum]);
    cell->claims += more->claims;
}

static km_int128 sum_of(const km_ledger_cell *cell, int sum) {
    return (km_int128)cell->high[sum] * ((km_int128)UINT64_MAX + 1) + (km_int128)cell->low[sum];
}

static km_money money_of(const km_ledger_cell *cell) {
    return (km_money){cell->claims,    sum_of(cell, 0), sum_of(cell, 1),
                      sum_of(cell, 2), sum_of(cell, 3), sum_of(cell, 4)};
}

void km_money_add(km_money *sum, const km_money *more) {
    sum->claims += more->claims;
    sum->total += more->total;
    sum->fund += more->fund;
    sum->copay += more->copay;
    sum->outside += more->outside;
    sum->other += more->other;
}

/* ---- pages */

static void cut_init(km_ledger_cut *cut, const km_mem *mem, uint32_t cells_in_page) {
    *cut = (km_ledger_cut){.cells_in_page = cells_in_page};
    km_map_init(&cut->index, mem);
}

/* One line more than the cells need, so that they can start at a line. */
static size_t page_size(const km_ledger_cut *cut) {
    return ((size_t)cut->cells_in_page + 1) * LINE;
}

static void cut_free(km_ledger_cut *cut, const km_mem *mem) {
    for (uint32_t i = 0; i < cut->count; i++) km_free(mem, cut->pages[i].memory, page_size(cut));
    km_free(mem, cut->pages, cut->capacity * sizeof *cut->pages);
    km_free(mem, cut->order, cut->order_capacity * sizeof *cut->order);
    km_map_free(&cut->index);
}

static bool page_init(km_ledger_page *page, const km_ledger_cut *cut, const km_mem *mem, uint64_t code,
                      int32_t period) {
    void *memory = km_alloc_zero(mem, page_size(cut));
    if (!memory) return false;
    void *start = (char *)memory + ((0 - (uintptr_t)memory) & (LINE - 1)); /* the next line */
    *page = (km_ledger_page){code, period, memory, start};
    return true;
}

/* The cells of a page, made if need be; NULL when out of memory. */
static km_ledger_cell *page_of(km_ledger_cut *cut, const km_mem *mem, uint64_t code, int32_t period) {
    for (uint64_t key = code ^ km_mix64((uint32_t)period);; key = km_mix64(key + 1)) { /* next: same hash */
        uint32_t *found = km_map_find(&cut->index, key);
        if (found) {
            const km_ledger_page *page = &cut->pages[*found];
            if (page->code == code && page->period == period) return page->cells;
            continue;
        }
        bool is_new;
        km_ledger_page page;
        if (!km_grow(mem, (void **)&cut->pages, &cut->capacity, (size_t)cut->count + 1, sizeof page) ||
            !page_init(&page, cut, mem, code, period)) {
            return NULL;
        }
        uint32_t *made = km_map_insert(&cut->index, key, &is_new);
        if (!made) {
            km_free(mem, page.memory, page_size(cut));
            return NULL;
        }
        *made = cut->count;
        cut->pages[cut->count++] = page;
        return page.cells;
    }
}

void km_ledger_init(km_ledger *ledger, const km_mem *mem) {
    *ledger = (km_ledger){.mem = mem};
    cut_init(&ledger->days, mem, DAYS_IN_PAGE * CARE_KINDS);
    cut_init(&ledger->months, mem, MONTHS * CARE_KINDS);
}

void km_ledger_free(km_ledger *ledger) {
    cut_free(&ledger->days, ledger->mem);
    cut_free(&ledger->months, ledger->mem);
    km_ledger_init(ledger, ledger->mem);
}

/* ---- adding */

km_civil km_ledger_booking(bool has_out, km_minute out, int64_t year, int64_t month) {
    bool has_year = year >= 1900 && year <= 2199, has_month = month >= 1 && month <= MONTHS;
    km_civil left = has_out ? km_civil_from_day(km_day_of(out)) : (km_civil){0, 0, 0};
    if (!has_year || (has_out && left.year == year)) return left;
    if (!has_out) return (km_civil){(int)year, has_month ? (int)month : 1, 1};
    return left.year < year ? (km_civil){(int)year, 1, 1} : (km_civil){(int)year, MONTHS, 31};
}

/* What decides the cells of a row; rows that follow each other are often alike. */
typedef struct booking {
    uint64_t facility, kind;
    bool has_out;
    km_minute out;
    int64_t year, month;
    km_ledger_cell *day_cell, *month_cell;
} booking;

static bool same_booking(const booking *a, const booking *b) {
    return a->facility == b->facility && a->kind == b->kind && a->has_out == b->has_out && a->out == b->out &&
           a->year == b->year && a->month == b->month;
}

static kiem_status book(km_ledger *ledger, booking *at, km_error *error) {
    km_civil civil = km_ledger_booking(at->has_out, at->out, at->year, at->month);
    int inpatient = km_care_of(at->kind) == KM_CARE_IN;
    int32_t day_period = civil.year ? civil.year * MONTHS + civil.month - 1 : UNDATED_PERIOD;
    int32_t month_period = civil.year ? civil.year : UNDATED_PERIOD;
    int day = civil.year ? civil.day - 1 : 0, month = civil.year ? civil.month - 1 : 0;
    at->day_cell = page_of(&ledger->days, ledger->mem, at->facility >> 48 << 48, day_period);
    at->month_cell = page_of(&ledger->months, ledger->mem, at->facility, month_period);
    if (!at->day_cell || !at->month_cell) return km_nomem(error);
    at->day_cell += day * CARE_KINDS + inpatient;
    at->month_cell += month * CARE_KINDS + inpatient;
    return KIEM_OK;
}

typedef struct booked_cells {
    km_ledger_cell *day[KM_BATCH_ROWS], *month[KM_BATCH_ROWS];
} booked_cells;

static kiem_status book_rows(km_ledger *ledger, const km_batch *batch, booked_cells *cells, km_error *error) {
    km_cells facility = km_batch_cells(batch, KM_CLAIM_MA_CSKCB),
             out = km_batch_cells(batch, KM_CLAIM_NGAY_RA);
    km_cells kind = km_batch_cells(batch, KM_CLAIM_MA_LOAI_KCB),
             year = km_batch_cells(batch, KM_CLAIM_NAM_QT);
    km_cells month = km_batch_cells(batch, KM_CLAIM_THANG_QT);
    booking last = {0};
    for (uint32_t row = 0; row < batch->rows; row++) {
        booking at = {.facility = (uint64_t)km_cells_int(&facility, row, 0),
                      .kind = (uint64_t)km_cells_int(&kind, row, 0),
                      .has_out = km_cells_known(&out, row),
                      .out = (km_minute)km_cells_int(&out, row, 0),
                      .year = km_cells_int(&year, row, 0),
                      .month = km_cells_int(&month, row, 0)};
        if (row == 0 || !same_booking(&at, &last)) {
            KM_TRY(book(ledger, &at, error));
            last = at;
        }
        cells->day[row] = last.day_cell;
        cells->month[row] = last.month_cell;
    }
    return KIEM_OK;
}

/* Looks at every cell in a loop with nothing else in it: the cells of many rows come from memory together,
 * which halves the cost of an addition to scattered cells. */
static bool have_room(const booked_cells *cells, uint32_t rows) {
    uint32_t most = 0;
    for (uint32_t row = 0; row < rows; row++) most |= cells->day[row]->claims | cells->month[row]->claims;
    return most <= UINT32_MAX / 2; /* of an OR: below the largest power of two, no cell is */
}

/* First the cells of every row, then the amounts: the second half cannot fail. */
kiem_status km_ledger_add(km_ledger *ledger, const km_batch *batch, km_error *error) {
    booked_cells cells;
    ledger->days.ordered = ledger->months.ordered = 0;
    KM_TRY(book_rows(ledger, batch, &cells, error));
    if (!have_room(&cells, batch->rows)) {
        return km_fail(error, KIEM_E_RANGE, "a cell of the ledger holds more than 2,147,483,647 claims");
    }
    km_total total = km_batch_total(batch);
    km_cells amounts[KM_LEDGER_SUMS - 1] = {
        km_batch_cells(batch, KM_CLAIM_T_BHTT), km_batch_cells(batch, KM_CLAIM_T_BNCCT),
        km_batch_cells(batch, KM_CLAIM_T_BNTT), km_batch_cells(batch, KM_CLAIM_T_NGUONKHAC)};
    for (uint32_t row = 0; row < batch->rows; row++) {
        km_ledger_cell *day = cells.day[row], *month = cells.month[row];
        int64_t amount = km_total_int(&total, row, 0);
        day->claims++;
        month->claims++;
        for (int sum = 0;; sum++) {
            cell_add_amount(day, sum, amount);
            cell_add_amount(month, sum, amount);
            if (sum == KM_LEDGER_SUMS - 1) break;
            amount = km_cells_int(&amounts[sum], row, 0);
        }
    }
    return KIEM_OK;
}

/* First makes the pages and checks the counts, which may fail; with `add` the sums. */
static kiem_status merge_cut(km_ledger_cut *cut, const km_ledger_cut *more, const km_mem *mem, bool add,
                             km_error *error) {
    for (uint32_t i = 0; i < more->count; i++) {
        const km_ledger_page *page = &more->pages[i];
        km_ledger_cell *cells = page_of(cut, mem, page->code, page->period);
        if (!cells) return km_nomem(error);
        for (uint32_t k = 0; k < cut->cells_in_page; k++) {
            if (add) {
                cell_add_cell(&cells[k], &page->cells[k]);
            } else if (cells[k].claims > UINT32_MAX - page->cells[k].claims) {
                return km_fail(error, KIEM_E_RANGE,
                               "a cell of the ledger holds more than 4,294,967,295 claims");
            }
        }
    }
    return KIEM_OK;
}

kiem_status km_ledger_merge(km_ledger *ledger, const km_ledger *more, km_error *error) {
    ledger->days.ordered = ledger->months.ordered = 0;
    for (int add = 0; add < 2; add++) {
        KM_TRY(merge_cut(&ledger->days, &more->days, ledger->mem, add, error));
        KM_TRY(merge_cut(&ledger->months, &more->months, ledger->mem, add, error));
    }
    return KIEM_OK;
}

/* ---- reading */

static int compare_pages(const void *a, const void *b, const void *pages) {
    const km_ledger_page *left = (const km_ledger_page *)pages + *(const uint32_t *)a;
    const km_ledger_page *right = (const km_ledger_page *)pages + *(const uint32_t *)b;
    KM_ORDER_BY(code);
    KM_ORDER_BY(period);
    return 0;
}

static kiem_status sort_cut(km_ledger_cut *cut, const km_mem *mem, km_error *error) {
    if (!km_grow(mem, (void **)&cut->order, &cut->order_capacity, cut->count, sizeof *cut->order))
        return km_nomem(error);
    for (uint32_t i = 0; i < cut->count; i++) cut->order[i] = i;
    km_sort(cut->order, cut->count, sizeof *cut->order, compare_pages, cut->pages);
    cut->ordered = cut->count;
    return KIEM_OK;
}

kiem_status km_ledger_sort(km_ledger *ledger, km_error *error) {
    KM_TRY(sort_cut(&ledger->days, ledger->mem, error));
    return sort_cut(&ledger->months, ledger->mem, error);
}

/* Steps to the next cell that holds claims; NULL after the last. *slot is its place in the page. */
static const km_ledger_page *next_cell(const km_ledger_cut *cut, size_t *cursor, uint32_t *slot) {
    for (; *cursor < (size_t)cut->ordered * cut->cells_in_page; ++*cursor) {
        const km_ledger_page *page = &cut->pages[cut->order[*cursor / cut->cells_in_page]];
        *slot = (uint32_t)(*cursor % cut->cells_in_page);
        if (!page->cells[*slot].claims) continue;
        ++*cursor;
        return page;
    }
    return NULL;
}

bool km_ledger_next_day(const km_ledger *ledger, size_t *cursor, km_ledger_day *out) {
    uint32_t slot;
    const km_ledger_page *page = next_cell(&ledger->days, cursor, &slot);
    if (!page) return false;
    *out = (km_ledger_day){.province = page->code,
                           .day = KM_UNDATED,
                           .inpatient = slot % CARE_KINDS,
                           .money = money_of(&page->cells[slot])};
    if (page->period == UNDATED_PERIOD) return true;
    out->year = page->period / MONTHS;
    out->day = km_day_from_civil(out->year, page->period % MONTHS + 1, (int)(slot / CARE_KINDS) + 1);
    return true;
}

bool km_ledger_next_month(const km_ledger *ledger, size_t *cursor, km_ledger_month *out) {
    uint32_t slot;
    const km_ledger_page *page = next_cell(&ledger->months, cursor, &slot);
    if (!page) return false;
    *out = (km_ledger_month){
        .facility = page->code, .inpatient = slot % CARE_KINDS, .money = money_of(&page->cells[slot])};
    if (page->period == UNDATED_PERIOD) return true;
    out->year = page->period;
    out->month = (int)(slot / CARE_KINDS) + 1;
    return true;
}

km_money km_ledger_spent(const km_ledger *ledger, uint64_t province, int year, km_day up_to) {
    km_money sum = {0};
    km_ledger_day day;
    for (size_t cursor = 0; km_ledger_next_day(ledger, &cursor, &day);) {
        if (day.year == year && day.day <= up_to && (!province || day.province == province))
            km_money_add(&sum, &day.money);
    }
    return sum;
}
