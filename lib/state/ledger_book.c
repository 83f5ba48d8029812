#include <string.h>

#include "state/ledger_pages.h"

/* Where a claim is booked, and adding it there. The loop over claims is what the ledger costs: every cell of
 * a claim is a cache line of its own, so the lines of many claims are asked for together before one is
 * changed. */

enum { MONTHS = KM_LEDGER_MONTHS, UNKNOWN = KM_LEDGER_HOMES - 1 };

/* ---- where */

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

/* Slot of the months from discharge to settlement: 0 not known, 1 settled before the discharge, 2 the same
 * month, ... 14 twelve months later, 15 later still. */
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

/* From 0. */
static int day_of_year(km_civil day) {
    static const int before[MONTHS] = {0, 31, 59, 90, 120, 151, 181, 212, 243, 273, 304, 334};
    bool leap = km_civil_valid(day.year, 2, 29);
    return before[day.month - 1] + day.day - 1 + (leap && day.month > 2);
}

static void take_apart(km_ledger_date *date, km_day day) {
    km_civil civil = km_civil_from_day(day);
    *date = (km_ledger_date){.day = day,
                             .year = (int16_t)civil.year,
                             .day_of_year = (uint16_t)day_of_year(civil),
                             .month = (uint8_t)civil.month,
                             .day_of_month = (uint8_t)civil.day};
}

static inline const km_ledger_date *date_of(km_ledger *ledger, km_day day) {
    km_ledger_date *date = &ledger->dates[(uint32_t)day % KM_LEDGER_DATES];
    if (date->day != day || !date->year) take_apart(date, day);
    return date;
}

static int province_number(const char *digits) {
    unsigned tens = (unsigned)(digits[0] - '0'), ones = (unsigned)(digits[1] - '0');
    return tens < 10 && ones < 10 ? (int)(tens * 10 + ones) : UNKNOWN;
}

enum { CARD_LENGTH = 15, CARD_PROVINCE = 3, FACILITY_LENGTH = 5 };

static size_t first_length(km_text list) {
    size_t length = 0;
    while (length < list.length && list.ptr[length] != ';') length++;
    return length;
}

/* One card, as nearly all claims have: no semicolon among its characters, looked for eight at a time. */
static bool is_one_card(km_text cards) {
    uint64_t any = 0;
    if (cards.length != CARD_LENGTH) return false;
    for (size_t at = 0; at <= CARD_LENGTH - 8; at += CARD_LENGTH - 8) {
        const uint64_t ones = 0x0101010101010101u;
        uint64_t word;
        memcpy(&word, cards.ptr + at, sizeof word);
        word ^= ones * ';';
        any |= (word - ones) & ~word & ones << 7;
    }
    return !any;
}

int km_ledger_home_of(km_text cards, km_text registered) {
    if (is_one_card(cards) || first_length(cards) == CARD_LENGTH)
        return province_number(cards.ptr + CARD_PROVINCE);
    return first_length(registered) == FACILITY_LENGTH ? province_number(registered.ptr) : UNKNOWN;
}

/* Number of the treating province, from the code of the facility. */
static int treating_of(uint64_t facility) {
    const char digits[2] = {(char)(facility >> 56), (char)(facility >> 48 & 0xff)};
    return facility ? province_number(digits) : UNKNOWN;
}

/* Not known is not other. Provinces merged on 2025-07-01 are one from then on. */
static bool is_other(const uint8_t *merged, int home, int treating, km_civil booked) {
    if (home == treating || home == UNKNOWN || treating == UNKNOWN) return false;
    bool one = merged && (booked.year > 2025 || (booked.year == 2025 && booked.month >= 7));
    return !one || merged[home] != merged[treating];
}

static unsigned letter_of(uint64_t diagnosis) {
    unsigned letter = (unsigned)(diagnosis >> 56) - 'A';
    return letter < KM_LEDGER_LETTERS - 1 ? letter : KM_LEDGER_LETTERS - 1;
}

/* ---- the columns */

/* A NULL cell holds 0, so values can be read without asking whether they are known. */
typedef struct numbers {
    const void *values;
    size_t width;
} numbers;

static numbers numbers_of(const km_batch *batch, int field) {
    km_cells cells = km_batch_cells(batch, field);
    return (numbers){cells.values, cells.width};
}

static int64_t number_at(const numbers *column, uint32_t row) {
    return column->width == 4 ? ((const int32_t *)column->values)[row]
                              : ((const int64_t *)column->values)[row];
}

static uint64_t code_at(const numbers *column, uint32_t row) {
    return ((const uint64_t *)column->values)[row];
}

/* An amount, and what stands in where it is NULL. */
typedef struct amounts {
    const int64_t *first, *instead;
    const uint64_t *known;
} amounts;

static amounts amounts_of(const km_batch *batch, int field, int instead) {
    km_cells first = km_batch_cells(batch, field), second = km_batch_cells(batch, instead);
    bool has_first = km_fieldset_has(&batch->present, field);
    bool both = has_first && km_fieldset_has(&batch->present, instead);
    return (amounts){has_first ? first.values : second.values, both ? second.values : NULL, first.valid};
}

static int64_t amount_at(const amounts *column, uint32_t row) {
    if (!column->instead || column->known[row / 64] >> (row % 64) & 1) return column->first[row];
    return column->instead[row];
}

/* ---- where the claims of a batch are booked */

/* Pages and cells of a row. */
typedef struct booked {
    uint32_t province, facility, origins;
    uint16_t day_of_year, home, kind_of_case;
    uint8_t day, month, inpatient, settlement;
} booked;

typedef struct place_columns {
    numbers facility, year, month, diagnosis;
    km_kind kind;
    km_cells out;
} place_columns;

static place_columns place_columns_of(const km_batch *batch) {
    return (place_columns){.facility = numbers_of(batch, KM_CLAIM_MA_CSKCB),
                           .year = numbers_of(batch, KM_CLAIM_NAM_QT),
                           .month = numbers_of(batch, KM_CLAIM_THANG_QT),
                           .diagnosis = numbers_of(batch, KM_CLAIM_MA_BENH_CHINH),
                           .kind = km_batch_kind(batch),
                           .out = km_batch_cells(batch, KM_CLAIM_NGAY_RA)};
}

/* When a row is booked; *periods: month of the province's page, year of the facility's. */
static km_civil book_time(km_ledger *ledger, const place_columns *from, uint32_t row, booked *out,
                          int32_t periods[2]) {
    int64_t year = number_at(&from->year, row), month = number_at(&from->month, row);
    km_civil left = {0, 0, 0}, civil;
    const km_ledger_date *date = NULL;
    if (km_cells_known(&from->out, row)) {
        date = date_of(ledger, km_day_of((km_minute)km_cells_int(&from->out, row, 0)));
        left = (km_civil){date->year, date->month, date->day_of_month};
    }
    civil = booking_of(left, year, month);
    out->settlement = (uint8_t)lag_of(left, year, month);
    periods[0] = periods[1] = KM_UNDATED_PERIOD;
    out->day = out->month = 0;
    out->day_of_year = 0;
    if (!civil.year) return civil;
    periods[0] = civil.year * MONTHS + civil.month - 1;
    periods[1] = civil.year;
    out->day = (uint8_t)(civil.day - 1);
    out->month = (uint8_t)(civil.month - 1);
    bool same = date && civil.year == left.year;
    out->day_of_year = (uint16_t)(same ? date->day_of_year : day_of_year(civil));
    return civil;
}

/* Text columns of the card and the registration: read for every row, so without asking each time where they
 * are. */
typedef struct home_columns {
    const km_column *cards, *registered; /* NULL: not there */
} home_columns;

static km_text text_at(const km_column *column, uint32_t row) {
    return column ? km_column_text(column, row) : (km_text){"", 0};
}

static home_columns home_columns_of(const km_batch *batch) {
    const km_fieldset *present = &batch->present;
    return (home_columns){
        km_fieldset_has(present, KM_CLAIM_MA_THE_BHYT) ? &batch->column[KM_CLAIM_MA_THE_BHYT] : NULL,
        km_fieldset_has(present, KM_CLAIM_MA_DKBD) ? &batch->column[KM_CLAIM_MA_DKBD] : NULL};
}

static int home_at(const home_columns *from, uint32_t row) {
    km_text cards = text_at(from->cards, row);
    if (is_one_card(cards)) return province_number(cards.ptr + CARD_PROVINCE);
    return km_ledger_home_of(cards, text_at(from->registered, row));
}

/* The page of a province's year that goes with one of its months. */
static uint32_t origins_of(km_ledger *ledger, uint32_t province, int32_t year) {
    km_ledger_page *page = &ledger->cuts[KM_LEDGER_PROVINCES].pages[province];
    if (!page->origins)
        page->origins =
            km_ledger_page_of(&ledger->cuts[KM_LEDGER_ORIGINS], ledger->mem, page->code, year) + 1;
    return page->origins - 1; /* out of memory stays so */
}

static kiem_status book_rows(km_ledger *ledger, const km_batch *batch, booked *rows, km_error *error) {
    const place_columns from = place_columns_of(batch);
    const home_columns homes = home_columns_of(batch);
    for (uint32_t row = 0; row < batch->rows; row++) {
        booked *out = &rows[row];
        uint64_t facility = code_at(&from.facility, row);
        int32_t periods[2];
        km_civil civil = book_time(ledger, &from, row, out, periods);
        int home = home_at(&homes, row);
        bool other = is_other(ledger->merged, home, treating_of(facility), civil);
        out->inpatient = km_kind_care(&from.kind, row) == KM_CARE_IN;
        out->home = (uint16_t)(home * 2 + out->inpatient);
        out->kind_of_case = (uint16_t)((other * 2u + out->inpatient) * KM_LEDGER_LETTERS +
                                       letter_of(code_at(&from.diagnosis, row)));
        out->province = km_ledger_page_of(&ledger->cuts[KM_LEDGER_PROVINCES], ledger->mem,
                                          facility >> 48 << 48, periods[0]);
        out->facility =
            km_ledger_page_of(&ledger->cuts[KM_LEDGER_FACILITIES], ledger->mem, facility, periods[1]);
        if (out->province != UINT32_MAX) out->origins = origins_of(ledger, out->province, periods[1]);
        if (out->province == UINT32_MAX || out->facility == UINT32_MAX || out->origins == UINT32_MAX)
            return km_nomem(error);
    }
    return KIEM_OK;
}

/* The cells of a row. */
typedef struct cells {
    km_ledger_province *province;
    km_ledger_cell *day, *month, *home;
    km_ledger_small *kind_of_case, *settlement, *facility_day;
} cells;

static cells cells_of(const km_ledger *ledger, const booked *at) {
    km_ledger_province *province = ledger->cuts[KM_LEDGER_PROVINCES].pages[at->province].cells;
    km_ledger_facility *facility = ledger->cuts[KM_LEDGER_FACILITIES].pages[at->facility].cells;
    km_ledger_origins *origins = ledger->cuts[KM_LEDGER_ORIGINS].pages[at->origins].cells;
    return (cells){province,
                   &province->day[at->day][at->inpatient],
                   &facility->month[at->month][at->inpatient],
                   &origins->home[at->home],
                   &province->kind_of_case[at->kind_of_case],
                   &province->settlement[at->settlement],
                   &facility->day[at->day_of_year]};
}

static kiem_status too_many(km_error *error) {
    return km_fail(error, KIEM_E_RANGE, "a cell of the ledger holds more than 2,147,483,647 claims");
}

/* A loop with nothing else in it, so that the cells of many rows come from memory together: that halves the
 * cost of an addition to scattered cells. */
static bool have_room(const km_ledger *ledger, const booked *rows, uint32_t count) {
    uint32_t most = 0;
    for (uint32_t row = 0; row < count; row++) {
        const cells at = cells_of(ledger, &rows[row]);
        most |= at.day->claims | at.month->claims | at.home->claims | at.kind_of_case->claims |
                at.settlement->claims | at.facility_day->claims | at.province->stays.claims;
    }
    return most <= UINT32_MAX / 2; /* of an OR: below the largest power of two, no count is */
}

/* ---- dates of receipt: pages of their own, as most files have none */

typedef struct receipt_columns {
    numbers facility;
    km_cells out, received;
} receipt_columns;

static receipt_columns receipt_columns_of(const km_batch *batch) {
    return (receipt_columns){numbers_of(batch, KM_CLAIM_MA_CSKCB), km_batch_cells(batch, KM_CLAIM_NGAY_RA),
                             km_batch_cells(batch, KM_CLAIM_NGAY_GUI)};
}

/* The cell of a row on its page, which is of its month. */
static km_ledger_small *receipt_cell(km_ledger *ledger, const receipt_columns *from, uint32_t row,
                                     uint32_t page) {
    km_ledger_receipts *to = ledger->cuts[KM_LEDGER_RECEIPTS].pages[page].cells;
    km_day left = km_day_of((km_minute)km_cells_int(&from->out, row, 0));
    int64_t days = km_day_of((km_minute)km_cells_int(&from->received, row, 0)) - (int64_t)left;
    if (days < 0) days = 0; /* a clock error */
    if (days >= KM_LEDGER_RECEIPT_DAYS) days = KM_LEDGER_RECEIPT_DAYS - 1;
    return &to->day[date_of(ledger, left)->day_of_month - 1][days];
}

static kiem_status book_receipts(km_ledger *ledger, const km_batch *batch, uint32_t *pages, bool *any,
                                 km_error *error) {
    const receipt_columns from = receipt_columns_of(batch);
    *any = false;
    if (!km_fieldset_has(&batch->present, KM_CLAIM_NGAY_GUI)) return KIEM_OK;
    for (uint32_t row = 0; row < batch->rows; row++) {
        pages[row] = UINT32_MAX;
        if (!km_cells_known(&from.received, row) || !km_cells_known(&from.out, row)) continue;
        const km_ledger_date *left = date_of(ledger, km_day_of((km_minute)km_cells_int(&from.out, row, 0)));
        uint64_t province = code_at(&from.facility, row) >> 48 << 48;
        pages[row] = km_ledger_page_of(&ledger->cuts[KM_LEDGER_RECEIPTS], ledger->mem, province,
                                       left->year * MONTHS + left->month - 1);
        if (pages[row] == UINT32_MAX) return km_nomem(error);
        if (receipt_cell(ledger, &from, row, pages[row])->claims > UINT32_MAX / 2) return too_many(error);
        *any = true;
    }
    return KIEM_OK;
}

static void add_small(km_ledger_small *cell, int64_t amount, uint32_t claims) {
    km_ledger_sum(&cell->low, &cell->high, amount);
    cell->claims += claims;
}

static void add_receipts(km_ledger *ledger, const km_batch *batch, const uint32_t *pages) {
    const receipt_columns from = receipt_columns_of(batch);
    numbers fund = numbers_of(batch, KM_CLAIM_T_BHTT);
    for (uint32_t row = 0; row < batch->rows; row++) {
        if (pages[row] != UINT32_MAX)
            add_small(receipt_cell(ledger, &from, row, pages[row]), number_at(&fund, row), 1);
    }
}

/* ---- amounts */

/* A column and the part of the cost it belongs to, of outpatients and inpatients. */
typedef struct part_column {
    numbers amount;
    km_cost_part part[2];
} part_column;

enum { PART_COLUMNS = 8 };

typedef struct amount_columns {
    amounts total, by_service; /* in 4210 under another name */
    const int64_t *fund, *copay, *outside, *other;
    part_column parts[PART_COLUMNS];
    int part_count;
    km_cells days;
} amount_columns;

static void find_parts(const km_batch *batch, amount_columns *out) {
    static const struct {
        int field;
        km_cost_part part[2];
    } of[PART_COLUMNS] = {{KM_CLAIM_T_THUOC, {KM_PART_DRUGS, KM_PART_DRUGS}},
                          {KM_CLAIM_T_THUOC_TYLE, {KM_PART_DRUGS, KM_PART_DRUGS}},
                          {KM_CLAIM_T_VTYT, {KM_PART_SUPPLIES, KM_PART_SUPPLIES}},
                          {KM_CLAIM_T_VTYT_TYLE, {KM_PART_SUPPLIES, KM_PART_SUPPLIES}},
                          {KM_CLAIM_T_XN, {KM_PART_TESTS, KM_PART_TESTS}},
                          {KM_CLAIM_T_CDHA, {KM_PART_TESTS, KM_PART_TESTS}},
                          {KM_CLAIM_T_KHAM, {KM_PART_EXAMS, KM_PART_BEDS}},
                          {KM_CLAIM_T_GIUONG, {KM_PART_BEDS, KM_PART_BEDS}}};
    out->part_count = 0;
    for (int i = 0; i < PART_COLUMNS; i++) {
        if (!km_fieldset_has(&batch->present, of[i].field)) continue;
        out->parts[out->part_count++] =
            (part_column){numbers_of(batch, of[i].field), {of[i].part[0], of[i].part[1]}};
    }
}

static void amount_columns_of(const km_batch *batch, amount_columns *out) {
    out->total = amounts_of(batch, KM_CLAIM_T_TONGCHI_BH, KM_CLAIM_T_TONGCHI);
    out->fund = numbers_of(batch, KM_CLAIM_T_BHTT).values;
    out->copay = numbers_of(batch, KM_CLAIM_T_BNCCT).values;
    out->outside = numbers_of(batch, KM_CLAIM_T_BNTT).values;
    out->other = numbers_of(batch, KM_CLAIM_T_NGUONKHAC).values;
    out->by_service = amounts_of(batch, KM_CLAIM_T_BHTT_GDV, KM_CLAIM_T_NGOAIDS);
    out->days = km_batch_cells(batch, KM_CLAIM_SO_NGAY_DTRI);
    find_parts(batch, out);
}

/* In dong; cut where 2^32 of them could pass 128 bits. */
static km_int128 square_of(int64_t hundredths) {
    const int64_t most = 100000000000000;
    int64_t dong = hundredths / 100;
    if (dong > most || dong < -most) dong = most;
    return (km_int128)dong * dong;
}

static void add_amount(km_ledger_cell *cell, int sum, int64_t amount) {
    km_ledger_sum(&cell->low[sum], &cell->high[sum], amount);
}

static void add_parts(const amount_columns *from, km_ledger_province *to, bool inpatient, uint32_t row) {
    for (int i = 0; i < from->part_count; i++) {
        add_small(&to->part[from->parts[i].part[inpatient]], number_at(&from->parts[i].amount, row), 0);
    }
    if (!inpatient || !km_cells_known(&from->days, row)) return;
    int64_t days = km_cells_int(&from->days, row, 0);
    if (days >= 0) add_small(&to->stays, days, 1);
}

static void add_row(const cells *at, const amount_columns *from, bool inpatient, uint32_t row) {
    int64_t fund = from->fund[row], by_service = amount_at(&from->by_service, row);
    const int64_t sums[KM_LEDGER_SUMS] = {amount_at(&from->total, row), fund, from->copay[row],
                                          from->outside[row], from->other[row]};
    for (int sum = 0; sum < KM_LEDGER_SUMS; sum++) {
        add_amount(at->day, sum, sums[sum]);
        add_amount(at->month, sum, sums[sum]);
    }
    for (int sum = 0; sum < 3; sum++) add_amount(at->home, sum, sums[sum]);
    add_amount(at->home, 3, by_service);
    add_small(&at->province->by_service, by_service, 0);
    at->day->claims++;
    at->month->claims++;
    at->home->claims++;
    add_small(at->kind_of_case, fund, 1);
    add_small(at->settlement, fund, 1);
    add_small(at->facility_day, fund, 1);
    at->province->squares += square_of(fund);
    add_parts(from, at->province, inpatient, row);
}

/* The cells of every row of a batch. */
typedef struct booking {
    booked rows[KM_BATCH_ROWS];
    uint32_t receipts[KM_BATCH_ROWS];
    bool any_receipt;
} booking;

static kiem_status book(km_ledger *ledger, const km_batch *batch, booking *out, km_error *error) {
    for (int i = 0; i < KM_LEDGER_CUTS; i++) ledger->cuts[i].ordered = 0;
    KM_TRY(book_rows(ledger, batch, out->rows, error));
    KM_TRY(book_receipts(ledger, batch, out->receipts, &out->any_receipt, error));
    return have_room(ledger, out->rows, batch->rows) ? KIEM_OK : too_many(error);
}

kiem_status km_ledger_expect(km_ledger *ledger, const km_batch *batch, km_error *error) {
    booking at;
    return book(ledger, batch, &at, error);
}

/* First the cells of every row, then the amounts: the second half cannot fail. */
kiem_status km_ledger_add(km_ledger *ledger, const km_batch *batch, km_error *error) {
    booking where;
    amount_columns from;
    KM_TRY(book(ledger, batch, &where, error));
    amount_columns_of(batch, &from);
    for (uint32_t row = 0; row < batch->rows; row++) {
        const cells at = cells_of(ledger, &where.rows[row]);
        add_row(&at, &from, where.rows[row].inpatient, row);
    }
    if (where.any_receipt) add_receipts(ledger, batch, where.receipts);
    return KIEM_OK;
}
