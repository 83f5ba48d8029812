#include "state/ledger.h"

#include "base/sort.h"

enum { MONTHS = 12, UNDATED_MONTH = 1 << 20 };

/* ---- cells */

static void cut_init(km_ledger_cut *cut, const km_mem *mem) {
    *cut = (km_ledger_cut){0};
    km_map_init(&cut->index, mem);
}

static void cut_free(km_ledger_cut *cut, const km_mem *mem) {
    km_map_free(&cut->index);
    km_free(mem, cut->keys, cut->keys_capacity * sizeof *cut->keys);
    km_free(mem, cut->sums, cut->sums_capacity * sizeof *cut->sums);
    km_free(mem, cut->order, cut->order_capacity * sizeof *cut->order);
    cut_init(cut, mem);
}

/* The cell of a key, made empty if need be; false when out of memory. */
static bool cell_of(km_ledger_cut *cut, const km_mem *mem, uint64_t key, uint32_t *out) {
    bool is_new;
    if (!km_grow(mem, (void **)&cut->keys, &cut->keys_capacity, (size_t)cut->count + 1, sizeof *cut->keys) ||
        !km_grow(mem, (void **)&cut->sums, &cut->sums_capacity, (size_t)cut->count + 1, sizeof *cut->sums))
        return false;
    uint32_t *cell = km_map_insert(&cut->index, key, &is_new);
    if (!cell) return false;
    if (is_new) {
        *cell = cut->count++;
        cut->keys[*cell] = key;
        cut->sums[*cell] = (km_money){0};
    }
    *out = *cell;
    return true;
}

void km_money_add(km_money *sum, const km_money *more) {
    sum->claims += more->claims;
    sum->total += more->total;
    sum->fund += more->fund;
    sum->copay += more->copay;
    sum->outside += more->outside;
    sum->other += more->other;
}

/* ---- keys
 * day:   province (16 bits) | day from the smallest (32) | inpatient (1)
 * month: number of the facility (32) | year * 12 + month (21) | inpatient (1) */

static uint64_t day_key(uint64_t facility, km_day day, bool inpatient) {
    return facility >> 48 << 33 | (uint64_t)((int64_t)day - INT32_MIN) << 1 | inpatient;
}

static uint64_t month_key(uint32_t facility, km_day day, bool inpatient) {
    uint64_t month = UNDATED_MONTH;
    if (day != KM_UNDATED) {
        km_civil civil = km_civil_from_day(day);
        month = (uint64_t)(civil.year * MONTHS + civil.month - 1);
    }
    return (uint64_t)facility << 32 | month << 1 | inpatient;
}

static bool facility_number(km_ledger *ledger, uint64_t code, uint32_t *out) {
    bool is_new;
    size_t count = ledger->facility_index.count;
    if (!km_grow(ledger->mem, (void **)&ledger->facilities, &ledger->facilities_capacity, count + 1,
                 sizeof *ledger->facilities))
        return false;
    uint32_t *number = km_map_insert(&ledger->facility_index, code, &is_new);
    if (!number) return false;
    if (is_new) {
        *number = (uint32_t)count;
        ledger->facilities[count] = code;
    }
    *out = *number;
    return true;
}

km_day km_ledger_booking(bool has_out, km_minute out, int64_t year, int64_t month) {
    bool has_year = year >= 1900 && year <= 2199, has_month = month >= 1 && month <= MONTHS;
    if (!has_year) return has_out ? km_day_of(out) : KM_UNDATED;
    if (!has_out) return km_day_from_civil((int)year, has_month ? (int)month : 1, 1);
    km_day day = km_day_of(out);
    km_day first = km_day_from_civil((int)year, 1, 1), last = km_day_from_civil((int)year, MONTHS, 31);
    return day < first ? first : day > last ? last : day;
}

void km_ledger_init(km_ledger *ledger, const km_mem *mem) {
    *ledger = (km_ledger){.mem = mem};
    cut_init(&ledger->days, mem);
    cut_init(&ledger->months, mem);
    km_map_init(&ledger->facility_index, mem);
}

void km_ledger_free(km_ledger *ledger) {
    cut_free(&ledger->days, ledger->mem);
    cut_free(&ledger->months, ledger->mem);
    km_map_free(&ledger->facility_index);
    km_free(ledger->mem, ledger->facilities, ledger->facilities_capacity * sizeof *ledger->facilities);
    km_ledger_init(ledger, ledger->mem);
}

/* ---- adding */

/* Where a row is booked; rows that follow each other are often of one facility and day. */
typedef struct booking {
    uint64_t facility;
    km_day day;
    bool inpatient;
    uint32_t day_cell, month_cell;
} booking;

static bool book(km_ledger *ledger, booking *at) {
    uint32_t number;
    return facility_number(ledger, at->facility, &number) &&
           cell_of(&ledger->days, ledger->mem, day_key(at->facility, at->day, at->inpatient),
                   &at->day_cell) &&
           cell_of(&ledger->months, ledger->mem, month_key(number, at->day, at->inpatient), &at->month_cell);
}

/* Finds the cells of every row first: then nothing can fail any more, and the look-ups of many rows are under
 * way together. */
static bool book_rows(km_ledger *ledger, const km_batch *batch, uint32_t *day_cells, uint32_t *month_cells) {
    km_cells facility = km_batch_cells(batch, KM_CLAIM_MA_CSKCB);
    km_cells kind = km_batch_cells(batch, KM_CLAIM_MA_LOAI_KCB),
             out = km_batch_cells(batch, KM_CLAIM_NGAY_RA);
    km_cells year = km_batch_cells(batch, KM_CLAIM_NAM_QT), month = km_batch_cells(batch, KM_CLAIM_THANG_QT);
    booking last = {0};
    for (uint32_t row = 0; row < batch->rows; row++) {
        booking at = {.facility = (uint64_t)km_cells_int(&facility, row, 0)};
        at.day = km_ledger_booking(km_cells_known(&out, row), (km_minute)km_cells_int(&out, row, 0),
                                   km_cells_int(&year, row, 0), km_cells_int(&month, row, 0));
        at.inpatient = km_care_of((uint64_t)km_cells_int(&kind, row, 0)) == KM_CARE_IN;
        bool same =
            row > 0 && at.facility == last.facility && at.day == last.day && at.inpatient == last.inpatient;
        if (same) {
            at = last;
        } else if (!book(ledger, &at)) {
            return false;
        }
        day_cells[row] = at.day_cell;
        month_cells[row] = at.month_cell;
        last = at;
    }
    return true;
}

kiem_status km_ledger_add(km_ledger *ledger, const km_batch *batch, km_error *error) {
    uint32_t day_cells[KM_BATCH_ROWS], month_cells[KM_BATCH_ROWS];
    ledger->days.ordered = ledger->months.ordered = 0;
    if (!book_rows(ledger, batch, day_cells, month_cells)) return km_nomem(error);
    km_total total = km_batch_total(batch);
    km_cells fund = km_batch_cells(batch, KM_CLAIM_T_BHTT), copay = km_batch_cells(batch, KM_CLAIM_T_BNCCT);
    km_cells outside = km_batch_cells(batch, KM_CLAIM_T_BNTT);
    km_cells other = km_batch_cells(batch, KM_CLAIM_T_NGUONKHAC);
    for (uint32_t row = 0; row < batch->rows; row++) {
        km_money claim = {.claims = 1,
                          .total = km_total_int(&total, row, 0),
                          .fund = km_cells_int(&fund, row, 0),
                          .copay = km_cells_int(&copay, row, 0),
                          .outside = km_cells_int(&outside, row, 0),
                          .other = km_cells_int(&other, row, 0)};
        km_money_add(&ledger->days.sums[day_cells[row]], &claim);
        km_money_add(&ledger->months.sums[month_cells[row]], &claim);
    }
    return KIEM_OK;
}

/* The key of a cell of `more`, in the facility numbers of `ledger`. */
static bool own_month_key(km_ledger *ledger, const km_ledger *more, uint64_t key, uint64_t *out) {
    uint32_t number;
    if (!facility_number(ledger, more->facilities[key >> 32], &number)) return false;
    *out = (uint64_t)number << 32 | (uint32_t)key;
    return true;
}

kiem_status km_ledger_merge(km_ledger *ledger, const km_ledger *more, km_error *error) {
    uint32_t days = more->days.count, months = more->months.count, cell;
    uint64_t key;
    ledger->days.ordered = ledger->months.ordered = 0;
    for (int pass = 0; pass < 2; pass++) { /* first the cells, which may fail, then the sums */
        for (uint32_t i = 0; i < days; i++) {
            if (!cell_of(&ledger->days, ledger->mem, more->days.keys[i], &cell)) return km_nomem(error);
            if (pass) km_money_add(&ledger->days.sums[cell], &more->days.sums[i]);
        }
        for (uint32_t i = 0; i < months; i++) {
            if (!own_month_key(ledger, more, more->months.keys[i], &key) ||
                !cell_of(&ledger->months, ledger->mem, key, &cell))
                return km_nomem(error);
            if (pass) km_money_add(&ledger->months.sums[cell], &more->months.sums[i]);
        }
    }
    return KIEM_OK;
}

/* ---- reading */

/* The cells that hold claims (a failed addition may have left empty ones), by key and then, where given, by
 * the code of the facility in the key. */
static void order_cells(km_ledger_cut *cut, const uint64_t *facilities, km_pair *pairs, km_pair *spare) {
    uint32_t count = 0;
    for (uint32_t i = 0; i < cut->count; i++) {
        uint64_t key = facilities ? (uint32_t)cut->keys[i] : cut->keys[i];
        if (cut->sums[i].claims) pairs[count++] = (km_pair){key, i};
    }
    km_sort_pairs(pairs, spare, count);
    if (facilities) {
        for (uint32_t i = 0; i < count; i++) pairs[i].key = facilities[cut->keys[pairs[i].index] >> 32];
        km_sort_pairs(pairs, spare, count);
    }
    for (uint32_t i = 0; i < count; i++) cut->order[i] = pairs[i].index;
    cut->ordered = count;
}

static kiem_status sort_cut(km_ledger_cut *cut, const km_mem *mem, const uint64_t *facilities,
                            km_error *error) {
    size_t count = cut->count;
    km_pair *pairs = km_alloc_array(mem, count, sizeof *pairs);
    km_pair *spare = km_alloc_array(mem, count, sizeof *spare);
    bool enough =
        pairs && spare && km_grow(mem, (void **)&cut->order, &cut->order_capacity, count, sizeof *cut->order);
    if (enough) order_cells(cut, facilities, pairs, spare);
    km_free(mem, pairs, count * sizeof *pairs);
    km_free(mem, spare, count * sizeof *spare);
    return enough ? KIEM_OK : km_nomem(error);
}

kiem_status km_ledger_sort(km_ledger *ledger, km_error *error) {
    KM_TRY(sort_cut(&ledger->days, ledger->mem, NULL, error));
    return sort_cut(&ledger->months, ledger->mem, ledger->facilities, error);
}

static int year_of(km_day day) {
    return day == KM_UNDATED ? 0 : km_civil_from_day(day).year;
}

bool km_ledger_next_day(const km_ledger *ledger, size_t *cursor, km_ledger_day *out) {
    const km_ledger_cut *cut = &ledger->days;
    if (*cursor >= cut->ordered) return false;
    uint32_t cell = cut->order[(*cursor)++];
    uint64_t key = cut->keys[cell];
    km_day day = (km_day)((int64_t)(key >> 1 & UINT32_MAX) + INT32_MIN);
    *out = (km_ledger_day){.province = key >> 33 << 48,
                           .year = year_of(day),
                           .day = day,
                           .inpatient = key & 1,
                           .money = &cut->sums[cell]};
    return true;
}

bool km_ledger_next_month(const km_ledger *ledger, size_t *cursor, km_ledger_month *out) {
    const km_ledger_cut *cut = &ledger->months;
    if (*cursor >= cut->ordered) return false;
    uint32_t cell = cut->order[(*cursor)++];
    uint64_t key = cut->keys[cell];
    int month = (int)((uint32_t)key >> 1);
    bool undated = month == UNDATED_MONTH;
    *out = (km_ledger_month){.facility = ledger->facilities[key >> 32],
                             .year = undated ? 0 : month / MONTHS,
                             .month = undated ? 0 : month % MONTHS + 1,
                             .inpatient = key & 1,
                             .money = &cut->sums[cell]};
    return true;
}

km_money km_ledger_spent(const km_ledger *ledger, uint64_t province, int year, km_day up_to) {
    km_money sum = {0};
    km_ledger_day day;
    for (size_t cursor = 0; km_ledger_next_day(ledger, &cursor, &day);) {
        if (day.year == year && day.day <= up_to && (!province || day.province == province))
            km_money_add(&sum, day.money);
    }
    return sum;
}
