#include "state/money/ledger.h"

#include <stddef.h>

#include "state/money/ledger_pages.h"

enum { LINE = 64 /* bytes of a cache line */ };

_Static_assert(sizeof(km_ledger_cell) == LINE, "a cell fills one cache line");
_Static_assert(sizeof(km_ledger_small) * 4 == LINE, "small cells fill a cache line");
_Static_assert(offsetof(km_ledger_province, day) % LINE == 0, "cells start at a cache line");

void km_money_add(km_money *sum, const km_money *more) {
    sum->claims += more->claims;
    sum->total += more->total;
    sum->fund += more->fund;
    sum->copay += more->copay;
    sum->outside += more->outside;
    sum->other += more->other;
}

/* ---- pages */

static void cut_free(km_ledger_cut *cut, const km_mem *mem) {
    for (uint32_t i = 0; i < cut->count; i++) km_free(mem, cut->pages[i].memory, cut->page_bytes);
    km_free(mem, cut->pages, cut->capacity * sizeof *cut->pages);
    km_free(mem, cut->order, cut->order_capacity * sizeof *cut->order);
    km_free(mem, cut->slots, cut->slot_count * sizeof *cut->slots);
}

static bool page_init(km_ledger_page *page, const km_ledger_cut *cut, const km_mem *mem, uint64_t code,
                      int32_t period) {
    void *memory = km_alloc_zero(mem, cut->page_bytes);
    if (!memory) return false;
    void *start = (char *)memory + ((0 - (uintptr_t)memory) & (LINE - 1)); /* the next line */
    *page = (km_ledger_page){.code = code, .period = period, .memory = memory, .cells = start};
    return true;
}

/* Room for one page more, with three quarters of the slots free: a second look costs more than the room. */
static bool grow_slots(km_ledger_cut *cut, const km_mem *mem) {
    enum { FIRST = 64 };
    if ((uint64_t)cut->count * 4 < (uint64_t)cut->slot_count) return true;
    size_t count = cut->slot_count ? cut->slot_count * 2 : FIRST;
    km_ledger_slot *slots =
        count > SIZE_MAX / sizeof *slots ? NULL : km_alloc_zero(mem, count * sizeof *slots);
    if (!slots) return false;
    for (size_t i = 0; i < cut->slot_count; i++) {
        const km_ledger_slot *old = &cut->slots[i];
        if (old->cells)
            *km_ledger_probe(slots, count, km_ledger_hash(old->code, old->period), old->code, old->period) =
                *old;
    }
    km_free(mem, cut->slots, cut->slot_count * sizeof *cut->slots);
    cut->slots = slots;
    cut->slot_count = count;
    return true;
}

const km_ledger_slot *km_ledger_make_page(km_ledger_cut *cut, const km_mem *mem, uint64_t code,
                                          int32_t period) {
    km_ledger_page page;
    if (!grow_slots(cut, mem) ||
        !km_grow(mem, (void **)&cut->pages, &cut->capacity, (size_t)cut->count + 1, sizeof page) ||
        !page_init(&page, cut, mem, code, period)) {
        return NULL;
    }
    km_ledger_slot *slot =
        km_ledger_probe(cut->slots, cut->slot_count, km_ledger_hash(code, period), code, period);
    *slot = (km_ledger_slot){.code = code, .cells = page.cells, .period = period, .page = cut->count};
    cut->pages[cut->count++] = page;
    return slot;
}

void km_ledger_init(km_ledger *ledger, const km_mem *mem) {
    static const size_t bytes[KM_LEDGER_CUTS] = {sizeof(km_ledger_province), sizeof(km_ledger_facility),
                                                 sizeof(km_ledger_origins), sizeof(km_ledger_receipts)};
    *ledger = (km_ledger){.mem = mem};
    for (int i = 0; i < KM_LEDGER_CUTS; i++) /* so that the cells can start at a line */
        ledger->cuts[i].page_bytes = bytes[i] + LINE;
}

void km_ledger_free(km_ledger *ledger) {
    const uint8_t *merged = ledger->merged;
    for (int i = 0; i < KM_LEDGER_CUTS; i++) cut_free(&ledger->cuts[i], ledger->mem);
    km_ledger_init(ledger, ledger->mem);
    ledger->merged = merged;
}

/* ---- merging */

static void add_cells(km_ledger_cell *to, const km_ledger_cell *more, size_t count) {
    for (size_t i = 0; i < count; i++) {
        for (int sum = 0; sum < KM_LEDGER_SUMS; sum++) {
            km_ledger_sum(&to[i].low[sum], &to[i].high[sum], more[i].low[sum]);
            to[i].high[sum] += more[i].high[sum];
        }
        to[i].claims += more[i].claims;
    }
}

static void add_smalls(km_ledger_small *to, const km_ledger_small *more, size_t count) {
    for (size_t i = 0; i < count; i++) {
        km_ledger_sum(&to[i].low, &to[i].high, more[i].low);
        to[i].high += more[i].high;
        to[i].claims += more[i].claims;
    }
}

static void add_province(void *to, const void *more) {
    km_ledger_province *sum = to;
    const km_ledger_province *one = more;
    add_cells(sum->day[0], one->day[0], sizeof sum->day / sizeof sum->day[0][0]);
    add_smalls(sum->kind_of_case, one->kind_of_case, sizeof sum->kind_of_case / sizeof sum->kind_of_case[0]);
    add_cells(sum->settled, one->settled, KM_LEDGER_LAGS);
    add_cells(sum->paid, one->paid, KM_PAYMENT_COUNT);
    add_smalls(sum->part, one->part, KM_PART_COUNT);
    add_smalls(&sum->stays, &one->stays, 1);
    add_smalls(&sum->mixed, &one->mixed, 1);
    sum->squares += one->squares;
}

static void add_facility(void *to, const void *more) {
    km_ledger_facility *sum = to;
    const km_ledger_facility *one = more;
    add_cells(sum->month[0], one->month[0], sizeof sum->month / sizeof sum->month[0][0]);
    add_smalls(sum->day, one->day, sizeof sum->day / sizeof sum->day[0]);
}

static void add_origins(void *to, const void *more) {
    km_ledger_origins *sum = to;
    const km_ledger_origins *one = more;
    add_cells(sum->home[0], one->home[0], sizeof sum->home / sizeof sum->home[0][0]);
}

static void add_received(void *to, const void *more) {
    km_ledger_receipts *sum = to;
    const km_ledger_receipts *one = more;
    add_smalls(sum->day[0], one->day[0], sizeof sum->day / sizeof sum->day[0][0]);
}

static uint64_t count_cells(const km_ledger_cell *cells, size_t count) {
    uint64_t claims = 0;
    for (size_t i = 0; i < count; i++) claims += cells[i].claims;
    return claims;
}

/* Claims of a page: no cell of it holds more. */
static uint64_t claims_of_province(const void *page) {
    const km_ledger_province *cells = page;
    return count_cells(cells->day[0], sizeof cells->day / sizeof cells->day[0][0]);
}

static uint64_t claims_of_facility(const void *page) {
    const km_ledger_facility *cells = page;
    return count_cells(cells->month[0], sizeof cells->month / sizeof cells->month[0][0]);
}

static uint64_t claims_of_origins(const void *page) {
    const km_ledger_origins *cells = page;
    return count_cells(cells->home[0], sizeof cells->home / sizeof cells->home[0][0]);
}

static uint64_t claims_received(const void *page) {
    const km_ledger_receipts *cells = page;
    uint64_t claims = 0;
    for (int day = 0; day < 31; day++) {
        for (int lag = 0; lag < KM_LEDGER_RECEIPT_DAYS; lag++) claims += cells->day[day][lag].claims;
    }
    return claims;
}

typedef struct adder {
    void (*add)(void *to, const void *more);
    uint64_t (*claims)(const void *page);
} adder;

static const adder adders[KM_LEDGER_CUTS] = {{add_province, claims_of_province},
                                             {add_facility, claims_of_facility},
                                             {add_origins, claims_of_origins},
                                             {add_received, claims_received}};

uint64_t km_ledger_page_claims(int cut, const void *cells) {
    return adders[cut].claims(cells);
}

uint64_t km_ledger_fullest(const km_ledger *ledger) {
    uint64_t most = 0;
    for (int i = 0; i < KM_LEDGER_CUTS; i++) {
        for (uint32_t k = 0; k < ledger->cuts[i].count; k++) {
            uint64_t claims = km_ledger_page_claims(i, ledger->cuts[i].pages[k].cells);
            if (claims > most) most = claims;
        }
    }
    return most;
}

/* What is to be taken of another ledger; NULL: all. */
typedef struct selection {
    km_ledger_choice *choice;
    const void *context;
} selection;

static bool is_chosen(const selection *of, int cut, const km_ledger_page *page) {
    bool by_month = cut == KM_LEDGER_PROVINCES || cut == KM_LEDGER_RECEIPTS;
    int year = page->period == KM_UNDATED_PERIOD ? 0 : page->period / (by_month ? KM_LEDGER_MONTHS : 1);
    return !of->choice || of->choice(of->context, km_province_of(page->code), year);
}

/* Makes the pages and checks the counts, which may fail; with `add` sums them up, which then cannot. */
static kiem_status merge_cut(km_ledger *ledger, const km_ledger *from, int number, const selection *of,
                             bool add, km_error *error) {
    km_ledger_cut *cut = &ledger->cuts[number];
    const km_ledger_cut *more = &from->cuts[number];
    const adder *by = &adders[number];
    for (uint32_t i = 0; i < more->count; i++) {
        const km_ledger_page *page = &more->pages[i];
        if (!is_chosen(of, number, page)) continue;
        const km_ledger_slot *to = km_ledger_page_of(cut, ledger->mem, page->code, page->period);
        if (!to) return km_nomem(error);
        if (add) {
            by->add(to->cells, page->cells);
        } else if (by->claims(to->cells) + by->claims(page->cells) > UINT32_MAX) {
            return km_fail(error, KIEM_E_RANGE, "a page of the ledger holds more than 4,294,967,295 claims");
        }
    }
    return KIEM_OK;
}

static kiem_status merge(km_ledger *ledger, const km_ledger *more, const selection *of, bool add,
                         km_error *error) {
    for (int i = 0; i < KM_LEDGER_CUTS; i++) {
        ledger->cuts[i].ordered = 0;
        KM_TRY(merge_cut(ledger, more, i, of, add, error));
    }
    if (add) ledger->fullest += more->fullest;
    return KIEM_OK;
}

kiem_status km_ledger_expect_all(km_ledger *ledger, const km_ledger *more, km_error *error) {
    return merge(ledger, more, &(selection){0}, false, error);
}

kiem_status km_ledger_merge_some(km_ledger *ledger, const km_ledger *more, km_ledger_choice *choice,
                                 const void *context, km_error *error) {
    const selection of = {choice, context};
    KM_TRY(merge(ledger, more, &of, false, error));
    return merge(ledger, more, &of, true, error);
}

kiem_status km_ledger_merge(km_ledger *ledger, const km_ledger *more, km_error *error) {
    return km_ledger_merge_some(ledger, more, NULL, NULL, error);
}
