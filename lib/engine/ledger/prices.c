#include "engine/ledger/prices.h"

#include <math.h>

#include "base/hash.h"
#include "base/sort.h"

enum { ALL_PARTS = KM_PART_COUNT };

void km_prices_init(km_prices *prices, const km_mem *mem) {
    *prices = (km_prices){.mem = mem};
    km_map_init(&prices->index, mem);
}

void km_prices_free(km_prices *prices) {
    km_map_free(&prices->index);
    km_free(prices->mem, prices->cells, prices->capacity * sizeof *prices->cells);
    km_prices_init(prices, prices->mem);
}

/* ---- cells */

static bool is_same(const km_price_cell *a, const km_price_cell *b) {
    return a->province == b->province && a->item == b->item && a->year == b->year &&
           a->inpatient == b->inpatient && a->is_part == b->is_part;
}

static km_price_cell *cell_of(km_prices *prices, const km_price_cell *wanted) {
    uint64_t about = (uint64_t)wanted->year << 2 | (uint64_t)wanted->inpatient << 1 | wanted->is_part;
    uint64_t key = km_mix64(wanted->item ^ km_mix64(wanted->province ^ about));
    for (;; key = km_mix64(key + 1)) { /* next: same hash */
        bool is_new;
        const uint32_t *found = km_map_find(&prices->index, key);
        if (found && is_same(&prices->cells[*found], wanted)) return &prices->cells[*found];
        if (found) continue;
        if (!km_grow(prices->mem, (void **)&prices->cells, &prices->capacity, prices->count + 1,
                     sizeof *prices->cells)) {
            return NULL;
        }
        uint32_t *made = km_map_insert(&prices->index, key, &is_new);
        if (!made) return NULL;
        *made = (uint32_t)prices->count;
        prices->cells[prices->count] = *wanted;
        return &prices->cells[prices->count++];
    }
}

static bool add_to(km_prices *prices, const km_price_cell *more) {
    km_price_cell wanted = *more;
    for (int i = 0; i < KM_PRICE_SPANS; i++) wanted.quantity[i] = wanted.amount[i] = 0;
    km_price_cell *cell = cell_of(prices, &wanted);
    for (int i = 0; cell && i < KM_PRICE_SPANS; i++) {
        cell->quantity[i] += more->quantity[i];
        cell->amount[i] += more->amount[i];
    }
    return cell != NULL;
}

kiem_status km_prices_merge(km_prices *prices, const km_prices *more, km_error *error) {
    for (size_t i = 0; i < more->count; i++) {
        if (!add_to(prices, &more->cells[i])) return km_nomem(error);
    }
    return KIEM_OK;
}

/* ---- lines */

/* Columns of a scope that name an item, and what it cost. */
typedef struct line_columns {
    int names[4], name_count, group, quantity, amount, amount_4210;
} line_columns;

static const line_columns drugs = {
    {KM_DRUG_MA_THUOC, KM_DRUG_SO_DANG_KY, KM_DRUG_HAM_LUONG, KM_DRUG_DON_VI_TINH},
    4,
    KM_DRUG_MA_NHOM,
    KM_DRUG_SO_LUONG,
    KM_DRUG_THANH_TIEN_BH,
    KM_DRUG_THANH_TIEN};
static const line_columns services = {{KM_SERVICE_MA_DICH_VU, KM_SERVICE_MA_VAT_TU, 0, 0},
                                      2,
                                      KM_SERVICE_MA_NHOM,
                                      KM_SERVICE_SO_LUONG,
                                      KM_SERVICE_THANH_TIEN_BH,
                                      KM_SERVICE_THANH_TIEN};

/* 0: the line names nothing. */
static uint64_t item_of(const km_batch *lines, const line_columns *from, uint32_t row) {
    uint64_t hash = (uint64_t)lines->scope;
    bool any = false;
    for (int i = 0; i < from->name_count; i++) {
        km_text name = km_batch_text(lines, from->names[i], row);
        hash = km_hash(name.ptr, name.length, km_mix64(hash + 1));
        any = any || (i < 2 && name.length);
    }
    return any ? hash | 1 : 0;
}

/* By MA_NHOM; ALL_PARTS for what is none of them (operations, blood, transport). */
static int part_of(int64_t group) {
    switch (group) {
    case 4:
    case 5:
    case 6: return KM_PART_DRUGS;
    case 10:
    case 11: return KM_PART_SUPPLIES;
    case 1:
    case 2:
    case 3: return KM_PART_TESTS;
    case 13: return KM_PART_EXAMS;
    case 14:
    case 15:
    case 16: return KM_PART_BEDS;
    default: return ALL_PARTS;
    }
}

static bool add_line(km_prices *prices, km_price_cell *cell, const km_batch *lines, const line_columns *from,
                     uint32_t row, bool in_part) {
    int64_t amount = km_batch_int(lines, from->amount, row, km_batch_int(lines, from->amount_4210, row, 0));
    int64_t quantity = km_batch_int(lines, from->quantity, row, 0);
    cell->amount[KM_PRICE_WHOLE] = amount;
    cell->amount[KM_PRICE_PART] = in_part ? amount : 0;
    cell->quantity[KM_PRICE_WHOLE] = cell->quantity[KM_PRICE_PART] = 0;
    cell->is_part = true;
    int part = part_of(km_batch_int(lines, from->group, row, 0));
    cell->item = ALL_PARTS;
    if (!add_to(prices, cell)) return false;
    cell->item = (uint64_t)part;
    if (part != ALL_PARTS && !add_to(prices, cell)) return false;
    cell->is_part = false;
    cell->item = item_of(lines, from, row);
    cell->quantity[KM_PRICE_WHOLE] = quantity;
    cell->quantity[KM_PRICE_PART] = in_part ? quantity : 0;
    bool counts = cell->item && amount > 0 && quantity > 0; /* corrections have no price */
    return !counts || add_to(prices, cell);
}

static km_civil booked_in(const km_batch *claims, uint32_t row) {
    int64_t out = km_batch_int(claims, KM_CLAIM_NGAY_RA, row, INT64_MIN);
    return km_ledger_booking(out != INT64_MIN, out == INT64_MIN ? 0 : (km_minute)out,
                             km_batch_int(claims, KM_CLAIM_NAM_QT, row, 0),
                             km_batch_int(claims, KM_CLAIM_THANG_QT, row, 0));
}

static kiem_status add_lines(km_prices *prices, const km_batch *claims, const km_rowset *lines,
                             const line_columns *from, const km_price_frame *frame, km_error *error) {
    km_kind kind = km_batch_kind(claims);
    for (uint32_t row = 0; lines->batch && row < lines->batch->rows; row++) {
        uint32_t claim = lines->parent[row];
        uint64_t facility = (uint64_t)km_batch_int(claims, KM_CLAIM_MA_CSKCB, claim, 0);
        km_civil booked = booked_in(claims, claim);
        if (!booked.year) continue;
        km_price_cell cell = {.province = frame->reported(frame->context, km_province_of(facility)),
                              .year = booked.year,
                              .inpatient = km_kind_care(&kind, claim) == KM_CARE_IN};
        bool in_part = booked.month <= frame->part_months;
        if (!add_line(prices, &cell, lines->batch, from, row, in_part)) return km_nomem(error);
        cell.province = frame->nation;
        if (!add_line(prices, &cell, lines->batch, from, row, in_part)) return km_nomem(error);
    }
    return KIEM_OK;
}

kiem_status km_prices_add(km_prices *prices, const km_input *input, const km_price_frame *frame,
                          km_error *error) {
    const km_batch *claims = input->set[KM_SCOPE_CLAIM].batch;
    KM_TRY(add_lines(prices, claims, &input->set[KM_SCOPE_DRUG], &drugs, frame, error));
    return add_lines(prices, claims, &input->set[KM_SCOPE_SERVICE], &services, frame, error);
}

/* ---- indices */

/* Two years of an item stand together. */
static int compare_cells(const void *a, const void *b, const void *context) {
    (void)context;
    const km_price_cell *left = a, *right = b;
    KM_ORDER_BY(province);
    KM_ORDER_BY(is_part);
    KM_ORDER_BY(inpatient);
    KM_ORDER_BY(item);
    KM_ORDER_BY(year);
    return 0;
}

void km_prices_sort(km_prices *prices) {
    km_sort(prices->cells, prices->count, sizeof *prices->cells, compare_cells, NULL);
    km_map_free(&prices->index);
}

/* The first cell that does not stand before `wanted`. */
static size_t first_of(const km_prices *prices, const km_price_cell *wanted) {
    size_t at;
    KM_BISECT(at, prices->count, compare_cells(&prices->cells[at], wanted, NULL) < 0);
    return at;
}

/* Fisher: the root of Laspeyres times Paasche. */
typedef struct fisher {
    double new_at_old, old_at_old, new_at_new, old_at_new; /* prices at quantities */
} fisher;

static void add_item(fisher *sums, km_price_index *out, const km_price_cell *before, const km_price_cell *now,
                     int span) {
    double p0 = (double)before->amount[span] / (double)before->quantity[span];
    double p1 = (double)now->amount[span] / (double)now->quantity[span];
    sums->new_at_old += p1 * (double)before->quantity[span];
    sums->old_at_old += (double)before->amount[span];
    sums->new_at_new += (double)now->amount[span];
    sums->old_at_new += p0 * (double)now->quantity[span];
    out->matched[0] += before->amount[span];
    out->matched[1] += now->amount[span];
}

bool km_prices_index(const km_prices *prices, uint64_t province, int year, bool inpatient, int span,
                     km_price_index *out) {
    fisher sums = {0};
    const km_price_cell from = {.province = province, .inpatient = inpatient};
    *out = (km_price_index){0};
    for (size_t i = first_of(prices, &from); i + 1 < prices->count; i++) {
        const km_price_cell *before = &prices->cells[i], *now = before + 1;
        if (now->province != province || now->inpatient != inpatient || now->is_part) break;
        bool pair = before->item == now->item && before->year == year - 1 && now->year == year;
        if (pair && before->quantity[span] > 0 && now->quantity[span] > 0)
            add_item(&sums, out, before, now, span);
    }
    if (!(sums.old_at_old > 0) || !(sums.old_at_new > 0)) return false;
    out->value = sqrt(sums.new_at_old / sums.old_at_old * (sums.new_at_new / sums.old_at_new));
    return true;
}

void km_prices_parts(const km_prices *prices, uint64_t province, int year, km_int128 part[KM_PART_COUNT],
                     km_int128 *all) {
    const km_price_cell from = {.province = province, .is_part = true};
    *all = 0;
    for (int i = 0; i < KM_PART_COUNT; i++) part[i] = 0;
    for (size_t i = first_of(prices, &from); i < prices->count; i++) {
        const km_price_cell *cell = &prices->cells[i];
        if (cell->province != province || !cell->is_part) break;
        if (cell->year != year) continue;
        if (cell->item == ALL_PARTS) *all += cell->amount[KM_PRICE_WHOLE];
        if (cell->item < ALL_PARTS) part[cell->item] += cell->amount[KM_PRICE_WHOLE];
    }
}
