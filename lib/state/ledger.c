#include "state/ledger.h"

#include "base/hash.h"

enum { MONTHS = 12, LINE = 64 /* bytes of a cache line */ };

_Static_assert(sizeof(km_ledger_cell) == LINE, "a cell fills one cache line");
_Static_assert(sizeof(km_ledger_small) * 4 == LINE, "small cells fill a cache line");

/* ---- cells */

static void cell_add(km_ledger_cell *cell, int sum, uint64_t low, int32_t high) {
    uint64_t before = cell->low[sum];
    cell->low[sum] = before + low;
    cell->high[sum] += high + (cell->low[sum] < before);
}

static void cell_add_amount(km_ledger_cell *cell, int sum, int64_t amount) {
    cell_add(cell, sum, (uint64_t)amount, amount < 0 ? -1 : 0);
}

static void add_cells(km_ledger_cell *to, const km_ledger_cell *more, size_t count) {
    for (size_t i = 0; i < count; i++) {
        for (int sum = 0; sum < KM_LEDGER_SUMS; sum++)
            cell_add(&to[i], sum, more[i].low[sum], more[i].high[sum]);
        to[i].claims += more[i].claims;
    }
}

static void small_add(km_ledger_small *cell, uint64_t low, int32_t high, uint32_t claims) {
    uint64_t before = cell->low;
    cell->low = before + low;
    cell->high += high + (cell->low < before);
    cell->claims += claims;
}

static void small_add_amount(km_ledger_small *cell, int64_t amount) {
    small_add(cell, (uint64_t)amount, amount < 0 ? -1 : 0, 1);
}

static void add_smalls(km_ledger_small *to, const km_ledger_small *more, size_t count) {
    for (size_t i = 0; i < count; i++) small_add(&to[i], more[i].low, more[i].high, more[i].claims);
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

static void cut_init(km_ledger_cut *cut, const km_mem *mem, size_t page_bytes) {
    *cut = (km_ledger_cut){.page_bytes = page_bytes + LINE}; /* so that the cells can start at a line */
    km_map_init(&cut->index, mem);
}

static void cut_free(km_ledger_cut *cut, const km_mem *mem) {
    for (uint32_t i = 0; i < cut->count; i++) km_free(mem, cut->pages[i].memory, cut->page_bytes);
    km_free(mem, cut->pages, cut->capacity * sizeof *cut->pages);
    km_free(mem, cut->order, cut->order_capacity * sizeof *cut->order);
    km_map_free(&cut->index);
}

static bool page_init(km_ledger_page *page, const km_ledger_cut *cut, const km_mem *mem, uint64_t code,
                      int32_t period) {
    void *memory = km_alloc_zero(mem, cut->page_bytes);
    if (!memory) return false;
    void *start = (char *)memory + ((0 - (uintptr_t)memory) & (LINE - 1)); /* the next line */
    *page = (km_ledger_page){.code = code, .period = period, .memory = memory, .cells = start};
    return true;
}

static bool is_page(const km_ledger_cut *cut, uint32_t number, uint64_t code, int32_t period) {
    return number < cut->count && cut->pages[number].code == code && cut->pages[number].period == period;
}

/* The number of a page, made if need be; UINT32_MAX when out of memory. */
static uint32_t page_of(km_ledger_cut *cut, const km_mem *mem, uint64_t code, int32_t period) {
    for (uint64_t key = code ^ km_mix64((uint32_t)period);; key = km_mix64(key + 1)) { /* next: same hash */
        uint32_t *found = km_map_find(&cut->index, key);
        if (found) {
            const km_ledger_page *page = &cut->pages[*found];
            if (page->code == code && page->period == period) return *found;
            continue;
        }
        bool is_new;
        km_ledger_page page;
        if (!km_grow(mem, (void **)&cut->pages, &cut->capacity, (size_t)cut->count + 1, sizeof page) ||
            !page_init(&page, cut, mem, code, period)) {
            return UINT32_MAX;
        }
        uint32_t *made = km_map_insert(&cut->index, key, &is_new);
        if (!made) {
            km_free(mem, page.memory, cut->page_bytes);
            return UINT32_MAX;
        }
        *made = cut->count;
        cut->pages[cut->count] = page;
        return cut->count++;
    }
}

void km_ledger_init(km_ledger *ledger, const km_mem *mem) {
    *ledger = (km_ledger){.mem = mem};
    cut_init(&ledger->provinces, mem, sizeof(km_ledger_province));
    cut_init(&ledger->facilities, mem, sizeof(km_ledger_facility));
    cut_init(&ledger->receipts, mem, sizeof(km_ledger_receipts));
}

void km_ledger_free(km_ledger *ledger) {
    cut_free(&ledger->provinces, ledger->mem);
    cut_free(&ledger->facilities, ledger->mem);
    cut_free(&ledger->receipts, ledger->mem);
    km_ledger_init(ledger, ledger->mem);
}

/* ---- where a claim is booked */

static bool has_year(int64_t year) {
    return year >= 1900 && year <= 2199;
}

static bool has_month(int64_t month) {
    return month >= 1 && month <= MONTHS;
}

/* `left` is the day of discharge, year 0 when it is not known. */
static km_civil booking_of(km_civil left, int64_t year, int64_t month) {
    if (!has_year(year) || left.year == year) return left;
    if (!left.year) return (km_civil){(int)year, has_month(month) ? (int)month : 1, 1};
    return left.year < year ? (km_civil){(int)year, 1, 1} : (km_civil){(int)year, MONTHS, 31};
}

static int lag_of(km_civil left, int64_t year, int64_t month) {
    if (!left.year || !has_year(year) || !has_month(month)) return 0;
    int64_t months = (year - left.year) * MONTHS + month - left.month;
    if (months < 0) return 1;
    return months + 2 < KM_LEDGER_LAGS ? (int)months + 2 : KM_LEDGER_LAGS - 1;
}

static km_civil left_on(bool has_out, km_minute out) {
    return has_out ? km_civil_from_day(km_day_of(out)) : (km_civil){0, 0, 0};
}

km_civil km_ledger_booking(bool has_out, km_minute out, int64_t year, int64_t month) {
    return booking_of(left_on(has_out, out), year, month);
}

int km_ledger_lag(bool has_out, km_minute out, int64_t year, int64_t month) {
    return lag_of(left_on(has_out, out), year, month);
}

/* From 0. */
static int day_of_year(km_civil day) {
    static const int before[MONTHS] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    bool leap = km_civil_valid(day.year, 2, 29);
    return before[day.month - 1] + day.day - 1 + (leap && day.month > 2);
}

static int province_number(const char *digits) {
    unsigned tens = (unsigned)(digits[0] - '0'), ones = (unsigned)(digits[1] - '0');
    return tens < 10 && ones < 10 ? (int)(tens * 10 + ones) : KM_LEDGER_HOMES - 1;
}

int km_ledger_home_of(km_text cards, km_text registered) {
    enum { CARD_LENGTH = 15, CARD_PROVINCE = 3, FACILITY_LENGTH = 5 };
    size_t length = 0;
    while (length < cards.length && cards.ptr[length] != ';') length++;
    if (length == CARD_LENGTH) return province_number(cards.ptr + CARD_PROVINCE);
    for (length = 0; length < registered.length && registered.ptr[length] != ';';) length++;
    return length == FACILITY_LENGTH ? province_number(registered.ptr) : KM_LEDGER_HOMES - 1;
}

/* Number of the treating province, from the code of the facility. */
static int treating_of(uint64_t facility) {
    const char digits[2] = {(char)(facility >> 56), (char)(facility >> 48 & 0xff)};
    return facility ? province_number(digits) : KM_LEDGER_HOMES - 1;
}

/* Not known is not other. Provinces merged on 2025-07-01 are one from then on. */
static bool is_other(const km_ledger *ledger, int home, int treating, km_civil booked) {
    enum { UNKNOWN = KM_LEDGER_HOMES - 1 };
    if (home == treating || home == UNKNOWN || treating == UNKNOWN) return false;
    bool one = ledger->merged && (booked.year > 2025 || (booked.year == 2025 && booked.month >= 7));
    return !one || ledger->merged[home] != ledger->merged[treating];
}

static int letter_of(uint64_t diagnosis) {
    unsigned letter = (unsigned)(diagnosis >> 56) - 'A';
    return letter < KM_LEDGER_LETTERS - 1 ? (int)letter : KM_LEDGER_LETTERS - 1;
}

/* ---- adding */

/* What decides the cells of a row; rows that follow each other are often alike. */
typedef struct booking {
    uint64_t facility, kind;
    bool has_out;
    km_minute out;
    int64_t year, month;
} booking;

static bool same_booking(const booking *a, const booking *b) {
    return a->facility == b->facility && a->kind == b->kind && a->has_out == b->has_out && a->out == b->out &&
           a->year == b->year && a->month == b->month;
}

/* Pages and slots of a row: what is booked where. */
typedef struct booked {
    uint32_t province, facility;
    uint16_t day_of_year;
    uint8_t day, month, inpatient, settlement;
} booked;

/* `last` is the row before: in files sorted by facility or time its pages are often the same. */
static kiem_status book(km_ledger *ledger, const booking *at, const booked *last, booked *out,
                        km_error *error) {
    km_civil left = left_on(at->has_out, at->out);
    km_civil civil = booking_of(left, at->year, at->month);
    *out = (booked){.inpatient = km_care_of(at->kind) == KM_CARE_IN,
                    .settlement = (uint8_t)lag_of(left, at->year, at->month)};
    int32_t month_period = KM_UNDATED_PERIOD, year_period = KM_UNDATED_PERIOD;
    if (civil.year) {
        month_period = civil.year * MONTHS + civil.month - 1;
        year_period = civil.year;
        out->day = (uint8_t)(civil.day - 1);
        out->month = (uint8_t)(civil.month - 1);
        out->day_of_year = (uint16_t)day_of_year(civil);
    }
    uint64_t province = at->facility >> 48 << 48;
    out->province = is_page(&ledger->provinces, last->province, province, month_period)
                        ? last->province
                        : page_of(&ledger->provinces, ledger->mem, province, month_period);
    out->facility = is_page(&ledger->facilities, last->facility, at->facility, year_period)
                        ? last->facility
                        : page_of(&ledger->facilities, ledger->mem, at->facility, year_period);
    return out->province == UINT32_MAX || out->facility == UINT32_MAX ? km_nomem(error) : KIEM_OK;
}

static kiem_status book_rows(km_ledger *ledger, const km_batch *batch, booked *rows, km_error *error) {
    km_cells facility = km_batch_cells(batch, KM_CLAIM_MA_CSKCB),
             out = km_batch_cells(batch, KM_CLAIM_NGAY_RA);
    km_cells kind = km_batch_cells(batch, KM_CLAIM_MA_LOAI_KCB),
             year = km_batch_cells(batch, KM_CLAIM_NAM_QT);
    km_cells month = km_batch_cells(batch, KM_CLAIM_THANG_QT);
    booking last = {0};
    const booked none = {.province = UINT32_MAX, .facility = UINT32_MAX};
    for (uint32_t row = 0; row < batch->rows; row++) {
        booking at = {.facility = (uint64_t)km_cells_int(&facility, row, 0),
                      .kind = (uint64_t)km_cells_int(&kind, row, 0),
                      .has_out = km_cells_known(&out, row),
                      .out = (km_minute)km_cells_int(&out, row, 0),
                      .year = km_cells_int(&year, row, 0),
                      .month = km_cells_int(&month, row, 0)};
        if (row > 0 && same_booking(&at, &last)) {
            rows[row] = rows[row - 1];
            continue;
        }
        KM_TRY(book(ledger, &at, row ? &rows[row - 1] : &none, &rows[row], error));
        last = at;
    }
    return KIEM_OK;
}

static km_ledger_province *province_page(const km_ledger *ledger, uint32_t number) {
    return ledger->provinces.pages[number].cells;
}

static km_ledger_facility *facility_page(const km_ledger *ledger, uint32_t number) {
    return ledger->facilities.pages[number].cells;
}

/* Looks at the cells in a loop with nothing else in it: the cells of many rows come from memory together,
 * which halves the cost of an addition to scattered cells. No cell holds more claims than its page. */
static bool have_room(const km_ledger *ledger, const booked *rows, uint32_t count) {
    uint64_t most = 0;
    for (uint32_t row = 0; row < count; row++) {
        const booked *at = &rows[row];
        const km_ledger_facility *facility = facility_page(ledger, at->facility);
        most |= province_page(ledger, at->province)->day[at->day][at->inpatient].claims |
                facility->month[at->month][at->inpatient].claims | facility->day[at->day_of_year].claims |
                ledger->provinces.pages[at->province].claims | ledger->facilities.pages[at->facility].claims;
    }
    return most <= UINT32_MAX / 2; /* of an OR: below the largest power of two, no count is */
}

/* Dates of receipt: a page of its own, as most files have none. */
static kiem_status book_receipts(km_ledger *ledger, const km_batch *batch, uint32_t *pages, bool *any,
                                 km_error *error) {
    km_cells facility = km_batch_cells(batch, KM_CLAIM_MA_CSKCB),
             out = km_batch_cells(batch, KM_CLAIM_NGAY_RA);
    km_cells received = km_batch_cells(batch, KM_CLAIM_NGAY_GUI);
    *any = false;
    for (uint32_t row = 0; row < batch->rows; row++) {
        pages[row] = UINT32_MAX;
        if (!km_cells_known(&received, row) || !km_cells_known(&out, row)) continue;
        km_civil left = km_civil_from_day(km_day_of((km_minute)km_cells_int(&out, row, 0)));
        uint64_t province = (uint64_t)km_cells_int(&facility, row, 0) >> 48 << 48;
        pages[row] = page_of(&ledger->receipts, ledger->mem, province, left.year * MONTHS + left.month - 1);
        if (pages[row] == UINT32_MAX) return km_nomem(error);
        if (ledger->receipts.pages[pages[row]].claims > UINT32_MAX / 2)
            return km_fail(error, KIEM_E_RANGE, "a page of the ledger holds more than 2,147,483,647 claims");
        *any = true;
    }
    return KIEM_OK;
}

static void add_receipts(km_ledger *ledger, const km_batch *batch, const uint32_t *pages) {
    km_cells out = km_batch_cells(batch, KM_CLAIM_NGAY_RA), fund = km_batch_cells(batch, KM_CLAIM_T_BHTT);
    km_cells received = km_batch_cells(batch, KM_CLAIM_NGAY_GUI);
    for (uint32_t row = 0; row < batch->rows; row++) {
        if (pages[row] == UINT32_MAX) continue;
        km_ledger_page *page = &ledger->receipts.pages[pages[row]];
        km_ledger_receipts *cells = page->cells;
        km_day left = km_day_of((km_minute)km_cells_int(&out, row, 0));
        int64_t days = km_day_of((km_minute)km_cells_int(&received, row, 0)) - (int64_t)left;
        if (days < 0) days = 0; /* a clock error */
        if (days >= KM_LEDGER_RECEIPT_DAYS) days = KM_LEDGER_RECEIPT_DAYS - 1;
        small_add_amount(&cells->day[km_civil_from_day(left).day - 1][days], km_cells_int(&fund, row, 0));
        page->claims++;
    }
}

/* The columns that are added up. */
typedef struct amounts {
    km_total total;
    km_cells fund, copay, outside, other, by_service, outside_cap /* of 4210 */, diagnosis;
} amounts;

/* In dong; cut where 2^32 of them could pass 128 bits. */
static km_int128 square_of(int64_t hundredths) {
    const int64_t most = 100000000000000;
    int64_t dong = hundredths / 100;
    if (dong > most || dong < -most) dong = most;
    return (km_int128)dong * dong;
}

static void add_row(km_ledger *ledger, const km_batch *batch, const amounts *from, const booked *at,
                    uint32_t row) {
    km_ledger_page *province = &ledger->provinces.pages[at->province];
    km_ledger_page *facility = &ledger->facilities.pages[at->facility];
    km_ledger_province *cells = province->cells;
    km_ledger_facility *own = facility->cells;
    int home = km_ledger_home_of(km_batch_text(batch, KM_CLAIM_MA_THE_BHYT, row),
                                 km_batch_text(batch, KM_CLAIM_MA_DKBD, row));
    km_civil booked_in = {province->period / MONTHS, province->period % MONTHS + 1, 1};
    bool other = is_other(ledger, home, treating_of(facility->code), booked_in);
    int64_t fund = km_cells_int(&from->fund, row, 0);
    const int64_t sums[KM_LEDGER_SUMS] = {
        km_total_int(&from->total, row, 0), fund, km_cells_int(&from->copay, row, 0),
        km_cells_int(&from->outside, row, 0), km_cells_int(&from->other, row, 0)};
    km_ledger_cell *day = &cells->day[at->day][at->inpatient], *month = &own->month[at->month][at->inpatient];
    km_ledger_cell *of_home = &cells->home[home][at->inpatient];
    for (int sum = 0; sum < KM_LEDGER_SUMS; sum++) {
        cell_add_amount(day, sum, sums[sum]);
        cell_add_amount(month, sum, sums[sum]);
    }
    for (int sum = 0; sum < 3; sum++) cell_add_amount(of_home, sum, sums[sum]);
    cell_add_amount(of_home, 3,
                    km_cells_int(&from->by_service, row, km_cells_int(&from->outside_cap, row, 0)));
    day->claims++;
    month->claims++;
    of_home->claims++;
    int letter = letter_of((uint64_t)km_cells_int(&from->diagnosis, row, 0));
    small_add_amount(&cells->kind_of_case[other][at->inpatient][letter], fund);
    small_add_amount(&cells->settlement[at->settlement], fund);
    small_add_amount(&own->day[at->day_of_year], fund);
    cells->squares += square_of(fund);
    province->claims++;
    facility->claims++;
}

/* First the cells of every row, then the amounts: the second half cannot fail. */
kiem_status km_ledger_add(km_ledger *ledger, const km_batch *batch, km_error *error) {
    booked rows[KM_BATCH_ROWS];
    uint32_t receipts[KM_BATCH_ROWS];
    bool any_receipt;
    ledger->provinces.ordered = ledger->facilities.ordered = ledger->receipts.ordered = 0;
    KM_TRY(book_rows(ledger, batch, rows, error));
    KM_TRY(book_receipts(ledger, batch, receipts, &any_receipt, error));
    if (!have_room(ledger, rows, batch->rows))
        return km_fail(error, KIEM_E_RANGE, "a page of the ledger holds more than 2,147,483,647 claims");
    const amounts from = {km_batch_total(batch),
                          km_batch_cells(batch, KM_CLAIM_T_BHTT),
                          km_batch_cells(batch, KM_CLAIM_T_BNCCT),
                          km_batch_cells(batch, KM_CLAIM_T_BNTT),
                          km_batch_cells(batch, KM_CLAIM_T_NGUONKHAC),
                          km_batch_cells(batch, KM_CLAIM_T_BHTT_GDV),
                          km_batch_cells(batch, KM_CLAIM_T_NGOAIDS),
                          km_batch_cells(batch, KM_CLAIM_MA_BENH_CHINH)};
    for (uint32_t row = 0; row < batch->rows; row++) add_row(ledger, batch, &from, &rows[row], row);
    if (any_receipt) add_receipts(ledger, batch, receipts);
    return KIEM_OK;
}

/* ---- merging */

static void add_province(void *to, const void *more) {
    km_ledger_province *sum = to;
    const km_ledger_province *one = more;
    add_cells(sum->day[0], one->day[0], sizeof sum->day / sizeof sum->day[0][0]);
    add_cells(sum->home[0], one->home[0], sizeof sum->home / sizeof sum->home[0][0]);
    add_smalls(sum->kind_of_case[0][0], one->kind_of_case[0][0],
               sizeof sum->kind_of_case / sizeof sum->kind_of_case[0][0][0]);
    add_smalls(sum->settlement, one->settlement, KM_LEDGER_LAGS);
    sum->squares += one->squares;
}

static void add_facility(void *to, const void *more) {
    km_ledger_facility *sum = to;
    const km_ledger_facility *one = more;
    add_cells(sum->month[0], one->month[0], sizeof sum->month / sizeof sum->month[0][0]);
    add_smalls(sum->day, one->day, sizeof sum->day / sizeof sum->day[0]);
}

static void add_received(void *to, const void *more) {
    km_ledger_receipts *sum = to;
    const km_ledger_receipts *one = more;
    add_smalls(sum->day[0], one->day[0], sizeof sum->day / sizeof sum->day[0][0]);
}

/* Makes the pages and checks the counts, which may fail; with `add` sums them up, which then cannot. */
static kiem_status merge_cut(km_ledger_cut *cut, const km_ledger_cut *more, const km_mem *mem,
                             void (*add)(void *, const void *), km_error *error) {
    for (uint32_t i = 0; i < more->count; i++) {
        const km_ledger_page *page = &more->pages[i];
        uint32_t number = page_of(cut, mem, page->code, page->period);
        if (number == UINT32_MAX) return km_nomem(error);
        if (add) {
            add(cut->pages[number].cells, page->cells);
            cut->pages[number].claims += page->claims;
        } else if (cut->pages[number].claims + page->claims > UINT32_MAX) {
            return km_fail(error, KIEM_E_RANGE, "a page of the ledger holds more than 4,294,967,295 claims");
        }
    }
    return KIEM_OK;
}

kiem_status km_ledger_merge(km_ledger *ledger, const km_ledger *more, km_error *error) {
    ledger->provinces.ordered = ledger->facilities.ordered = ledger->receipts.ordered = 0;
    for (int add = 0; add < 2; add++) {
        const km_mem *mem = ledger->mem;
        KM_TRY(merge_cut(&ledger->provinces, &more->provinces, mem, add ? add_province : NULL, error));
        KM_TRY(merge_cut(&ledger->facilities, &more->facilities, mem, add ? add_facility : NULL, error));
        KM_TRY(merge_cut(&ledger->receipts, &more->receipts, mem, add ? add_received : NULL, error));
    }
    return KIEM_OK;
}
