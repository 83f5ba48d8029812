#include <string.h>

#include "state/money/ledger_pages.h"

/* Where a claim is booked, and adding it there. Both loops over claims are what the ledger costs: every cell
 * of a claim is a cache line of its own, so the lines of some claims are asked for before one is changed. */

enum { MONTHS = KM_LEDGER_MONTHS, UNKNOWN = KM_LEDGER_NOWHERE };

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

int km_ledger_booking_year(bool has_out, km_minute out, int64_t year) {
    return has_year(year) ? (int)year : left_on(has_out, out).year;
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
                             .months = civil.year * MONTHS + civil.month - 1,
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

/* Number of the home province: digits 4 and 5 of the first card, else of the facility of registration. */
static int home_of(km_text cards, km_text registered) {
    if (is_one_card(cards) || first_length(cards) == CARD_LENGTH)
        return km_ledger_number(cards.ptr + CARD_PROVINCE);
    return first_length(registered) == FACILITY_LENGTH ? km_ledger_number(registered.ptr) : UNKNOWN;
}

enum { MERGED_FROM = 2025 * MONTHS + 6 };

/* Not known is not other. Provinces merged on 2025-07-01 are one from then on. */
static inline bool is_other(const uint8_t *merged, int home, int treating, int32_t months) {
    bool one = merged && months >= MERGED_FROM && months != KM_UNDATED_PERIOD;
    if (home == UNKNOWN || treating == UNKNOWN) return false;
    return one ? merged[home] != merged[treating] : home != treating;
}

static unsigned letter_of(uint64_t diagnosis) {
    unsigned letter = (unsigned)(diagnosis >> 56) - 'A';
    return letter < KM_LEDGER_LETTERS - 1 ? letter : KM_LEDGER_LETTERS - 1;
}

/* ---- the columns */

/* Columns of fixed width hold 0 where a cell is NULL, so they can be read without asking whether it is known.
 */
static const void *values_of(const km_batch *batch, int field) {
    return km_batch_cells(batch, field).values;
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
    return (amounts){has_first ? first.values : second.values, both ? second.values : NULL,
                     has_first ? first.valid : second.valid};
}

static inline bool amount_known(const amounts *column, uint32_t row) {
    return column->known[row / 64] >> (row % 64) & 1;
}

static inline int64_t amount_at(const amounts *column, uint32_t row) {
    if (!column->instead || amount_known(column, row)) return column->first[row];
    return column->instead[row];
}

/* ---- where the claims of a batch are booked */

/* Pages of a row, and its cells there. */
typedef struct booked {
    km_ledger_province *province;
    km_ledger_facility *facility;
    km_ledger_origins *origins;
    uint16_t day_of_year;
    uint8_t day, month, inpatient, lag, home, kind_of_case;
} booked;

typedef struct place_columns {
    const uint64_t *facility, *diagnosis;
    const int32_t *year, *month;
    km_kind kind;
    km_cells out;
    const km_column *cards, *registered; /* NULL: not there */
} place_columns;

static const km_column *text_column(const km_batch *batch, int field) {
    return km_fieldset_has(&batch->present, field) ? &batch->column[field] : NULL;
}

static place_columns place_columns_of(const km_batch *batch) {
    return (place_columns){.facility = values_of(batch, KM_CLAIM_MA_CSKCB),
                           .diagnosis = values_of(batch, KM_CLAIM_MA_BENH_CHINH),
                           .year = values_of(batch, KM_CLAIM_NAM_QT),
                           .month = values_of(batch, KM_CLAIM_THANG_QT),
                           .kind = km_batch_kind(batch),
                           .out = km_batch_cells(batch, KM_CLAIM_NGAY_RA),
                           .cards = text_column(batch, KM_CLAIM_MA_THE_BHYT),
                           .registered = text_column(batch, KM_CLAIM_MA_DKBD)};
}

/* The day a row is booked on; year 0 when nothing is known. */
typedef struct when {
    int32_t months; /* year x 12 + month - 1 */
    int16_t year;
    uint8_t month;
    uint64_t hash; /* of the facility and year */
} when;

static when book_elsewhere(const km_ledger_date *left_on, int64_t year, int64_t month, booked *out) {
    km_civil left = {0, 0, 0};
    if (left_on) left = (km_civil){left_on->year, left_on->month, left_on->day_of_month};
    km_civil civil = booking_of(left, year, month);
    out->lag = (uint8_t)lag_of(left, year, month);
    out->day = out->month = 0;
    out->day_of_year = 0;
    if (!civil.year) return (when){.months = KM_UNDATED_PERIOD};
    out->day = (uint8_t)(civil.day - 1);
    out->month = (uint8_t)(civil.month - 1);
    out->day_of_year = (uint16_t)day_of_year(civil);
    return (when){civil.year * MONTHS + civil.month - 1, (int16_t)civil.year, (uint8_t)civil.month, 0};
}

/* Nearly every claim is settled in the year of its discharge. */
static inline when book_time(km_ledger *ledger, const place_columns *from, uint32_t row, booked *out) {
    int32_t year = from->year[row], month = from->month[row];
    const km_ledger_date *date = NULL;
    if (km_cells_known(&from->out, row))
        date = date_of(ledger, km_day_of(((const km_minute *)from->out.values)[row]));
    if (!date || date->year != year || !has_month(month)) return book_elsewhere(date, year, month, out);
    int months = month - date->month;
    out->lag = (uint8_t)(months < 0 ? 1 : months + 2);
    out->day = (uint8_t)(date->day_of_month - 1);
    out->month = (uint8_t)(date->month - 1);
    out->day_of_year = date->day_of_year;
    return (when){date->months, date->year, date->month, 0};
}

static inline int home_at(const place_columns *from, uint32_t row) {
    km_text cards = from->cards ? km_column_text(from->cards, row) : (km_text){"", 0};
    if (is_one_card(cards)) return km_ledger_number(cards.ptr + CARD_PROVINCE);
    return home_of(cards, from->registered ? km_column_text(from->registered, row) : (km_text){"", 0});
}

static void *cells_at(km_ledger *ledger, int cut, uint64_t code, int32_t period) {
    const km_ledger_slot *slot = km_ledger_page_of(&ledger->cuts[cut], ledger->mem, code, period);
    return slot ? slot->cells : NULL;
}

static inline int32_t year_period(when day) {
    return day.year ? day.year : KM_UNDATED_PERIOD;
}

/* The pages of a province in a month and its year: false when out of memory. */
static bool find_province(km_ledger *ledger, uint64_t province, when day, km_ledger_near *out) {
    out->months = day.months;
    out->province = cells_at(ledger, KM_LEDGER_PROVINCES, province, day.months);
    out->origins = cells_at(ledger, KM_LEDGER_ORIGINS, province, year_period(day));
    return out->province && out->origins;
}

static inline bool book_province(km_ledger *ledger, uint64_t province, int number, when day, booked *out) {
    km_ledger_near found, *near = &found;
    bool kept = number != UNKNOWN && day.year;
    if (kept) near = &ledger->near[number][day.month - 1];
    if (!kept || near->months != day.months) {
        if (!find_province(ledger, province, day, &found)) return false;
        *near = found;
    }
    out->province = near->province;
    out->origins = near->origins;
    return true;
}

/* Asks for what tells where the pages of a row are. */
static inline void ask_for_pages(const km_ledger *ledger, uint64_t facility, when *day) {
    const km_ledger_cut *facilities = &ledger->cuts[KM_LEDGER_FACILITIES];
    int treating = km_ledger_treating(facility);
    day->hash = km_ledger_hash(facility, year_period(*day));
    if (facilities->slot_count) KM_PREFETCH(&facilities->slots[day->hash & (facilities->slot_count - 1)]);
    if (treating != UNKNOWN && day->year) KM_PREFETCH(&ledger->near[treating][day->month - 1]);
}

static kiem_status book_pages(km_ledger *ledger, const place_columns *from, uint32_t row, when day,
                              booked *out, km_error *error) {
    uint64_t facility = from->facility[row];
    int home = home_at(from, row), treating = km_ledger_treating(facility);
    bool other = is_other(ledger->merged, home, treating, day.months);
    unsigned inpatient = km_kind_care(&from->kind, row) == KM_CARE_IN;
    out->inpatient = (uint8_t)inpatient;
    out->home = home == treating && home != UNKNOWN ? KM_OWN_HOME : (uint8_t)home;
    out->kind_of_case =
        (uint8_t)((other * 2u + inpatient) * KM_LEDGER_LETTERS + letter_of(from->diagnosis[row]));
    const km_ledger_slot *slot = km_ledger_hashed(&ledger->cuts[KM_LEDGER_FACILITIES], ledger->mem, day.hash,
                                                  facility, year_period(day));
    if (!slot) return km_nomem(error);
    out->facility = slot->cells;
    if (!book_province(ledger, km_province_of(facility), treating, day, out)) return km_nomem(error);
    return KIEM_OK;
}

static kiem_status book_rows(km_ledger *ledger, const km_batch *batch, booked *rows, km_error *error) {
    enum { TOGETHER = 32 };
    const place_columns from = place_columns_of(batch);
    when days[TOGETHER];
    for (uint32_t first = 0, count; first < batch->rows; first += count) {
        count = batch->rows - first < TOGETHER ? batch->rows - first : TOGETHER;
        for (uint32_t i = 0; i < count; i++) {
            days[i] = book_time(ledger, &from, first + i, &rows[first + i]);
            ask_for_pages(ledger, from.facility[first + i], &days[i]);
        }
        for (uint32_t i = 0; i < count; i++)
            KM_TRY(book_pages(ledger, &from, first + i, days[i], &rows[first + i], error));
    }
    return KIEM_OK;
}

/* ---- dates of receipt: pages of their own, as most files have none */

typedef struct receipt_columns {
    const uint64_t *facility;
    km_cells out, received;
} receipt_columns;

static receipt_columns receipt_columns_of(const km_batch *batch) {
    return (receipt_columns){values_of(batch, KM_CLAIM_MA_CSKCB), km_batch_cells(batch, KM_CLAIM_NGAY_RA),
                             km_batch_cells(batch, KM_CLAIM_NGAY_GUI)};
}

/* The cell of a row on the page of its month. */
static km_ledger_small *receipt_cell(km_ledger *ledger, const receipt_columns *from, uint32_t row,
                                     km_ledger_receipts *to) {
    km_day left = km_day_of((km_minute)km_cells_int(&from->out, row, 0));
    int64_t days = km_day_of((km_minute)km_cells_int(&from->received, row, 0)) - (int64_t)left;
    if (days < 0) days = 0; /* a clock error */
    if (days >= KM_LEDGER_RECEIPT_DAYS) days = KM_LEDGER_RECEIPT_DAYS - 1;
    return &to->day[date_of(ledger, left)->day_of_month - 1][days];
}

/* NULL for rows without one. */
static kiem_status book_receipts(km_ledger *ledger, const km_batch *batch, km_ledger_small **places,
                                 bool *any, km_error *error) {
    const receipt_columns from = receipt_columns_of(batch);
    *any = false;
    if (!km_fieldset_has(&batch->present, KM_CLAIM_NGAY_GUI)) return KIEM_OK;
    for (uint32_t row = 0; row < batch->rows; row++) {
        places[row] = NULL;
        if (!km_cells_known(&from.received, row) || !km_cells_known(&from.out, row)) continue;
        const km_ledger_date *left = date_of(ledger, km_day_of((km_minute)km_cells_int(&from.out, row, 0)));
        km_ledger_receipts *page =
            cells_at(ledger, KM_LEDGER_RECEIPTS, km_province_of(from.facility[row]), left->months);
        if (!page) return km_nomem(error);
        places[row] = receipt_cell(ledger, &from, row, page);
        *any = true;
    }
    return KIEM_OK;
}

static inline void add_small(km_ledger_small *cell, int64_t amount, uint32_t claims) {
    km_ledger_sum(&cell->low, &cell->high, amount);
    cell->claims += claims;
}

static void add_receipts(const km_batch *batch, km_ledger_small *const *places) {
    const int64_t *fund = values_of(batch, KM_CLAIM_T_BHTT);
    for (uint32_t row = 0; row < batch->rows; row++) {
        if (places[row]) add_small(places[row], fund[row], 1);
    }
}

/* ---- amounts */

/* A column and the part of the cost it belongs to, of outpatients and inpatients. */
typedef struct part_column {
    const int64_t *amount;
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
            (part_column){values_of(batch, of[i].field), {of[i].part[0], of[i].part[1]}};
    }
}

static void amount_columns_of(const km_batch *batch, amount_columns *out) {
    out->total = amounts_of(batch, KM_CLAIM_T_TONGCHI_BH, KM_CLAIM_T_TONGCHI);
    out->fund = values_of(batch, KM_CLAIM_T_BHTT);
    out->copay = values_of(batch, KM_CLAIM_T_BNCCT);
    out->outside = values_of(batch, KM_CLAIM_T_BNTT);
    out->other = values_of(batch, KM_CLAIM_T_NGUONKHAC);
    out->by_service = amounts_of(batch, KM_CLAIM_T_BHTT_GDV, KM_CLAIM_T_NGOAIDS);
    out->days = km_batch_cells(batch, KM_CLAIM_SO_NGAY_DTRI);
    find_parts(batch, out);
}

/* In dong; cut where 2^32 of them could pass 128 bits. */
static km_int128 square_of(int64_t hundredths) {
    int64_t dong = hundredths / KM_DONG;
    if (dong > KM_LEDGER_SQUARED_MAX || dong < -KM_LEDGER_SQUARED_MAX) dong = KM_LEDGER_SQUARED_MAX;
    return (km_int128)dong * dong;
}

/* Nothing to be paid is paid by the service. */
static inline km_payment payment_of(const amount_columns *from, int64_t by_service, uint32_t row) {
    if (!by_service && !amount_known(&from->by_service, row)) return KM_PAYMENT_UNKNOWN;
    if (by_service == from->fund[row]) return KM_PAYMENT_SERVICE;
    return by_service ? KM_PAYMENT_MIXED : KM_PAYMENT_OTHER;
}

/* Written out, as all that the ledger costs is here. */
static inline void add_cell(km_ledger_cell *cell, const int64_t sums[KM_LEDGER_SUMS]) {
    km_ledger_sum(&cell->low[0], &cell->high[0], sums[0]);
    km_ledger_sum(&cell->low[1], &cell->high[1], sums[1]);
    km_ledger_sum(&cell->low[2], &cell->high[2], sums[2]);
    km_ledger_sum(&cell->low[3], &cell->high[3], sums[3]);
    km_ledger_sum(&cell->low[4], &cell->high[4], sums[4]);
    cell->claims++;
}

static inline void add_parts(const amount_columns *from, km_ledger_province *to, bool inpatient,
                             uint32_t row) {
    for (int i = 0; i < from->part_count; i++)
        add_small(&to->part[from->parts[i].part[inpatient]], from->parts[i].amount[row], 0);
    if (!inpatient || !km_cells_known(&from->days, row)) return;
    int32_t days = ((const int32_t *)from->days.values)[row];
    if (days >= 0) add_small(&to->stays, days, 1);
}

static inline void add_row(const booked *at, const amount_columns *from, uint32_t row) {
    km_ledger_province *province = at->province;
    unsigned inpatient = at->inpatient;
    int64_t fund = from->fund[row], by_service = amount_at(&from->by_service, row);
    const int64_t sums[KM_LEDGER_SUMS] = {amount_at(&from->total, row), fund, from->copay[row],
                                          from->outside[row], from->other[row]};
    km_payment payment = payment_of(from, by_service, row);
    add_cell(&province->day[at->day][inpatient], sums);
    add_cell(&at->facility->month[at->month][inpatient], sums);
    if (at->home != KM_OWN_HOME) add_cell(&at->origins->home[at->home][inpatient], sums);
    if (at->lag != KM_USUAL_LAG) add_cell(&province->settled[at->lag], sums);
    if (payment != (km_payment)KM_USUAL_PAYMENT) add_cell(&province->paid[payment], sums);
    if (payment == KM_PAYMENT_MIXED) add_small(&province->mixed, by_service, 0);
    add_small(&province->kind_of_case[at->kind_of_case], fund, 1);
    add_small(&at->facility->day[at->day_of_year], fund, 1);
    province->squares += square_of(fund);
    add_parts(from, province, inpatient, row);
}

static inline void ask_for(const booked *at) {
    KM_PREFETCH(&at->province->day[at->day][at->inpatient]);
    KM_PREFETCH(&at->facility->month[at->month][at->inpatient]);
    KM_PREFETCH(&at->province->kind_of_case[at->kind_of_case]);
    KM_PREFETCH(&at->facility->day[at->day_of_year]);
    if (at->home != KM_OWN_HOME) KM_PREFETCH(&at->origins->home[at->home][at->inpatient]);
}

/* The cells of every row of a batch. */
typedef struct booking {
    booked rows[KM_BATCH_ROWS];
    km_ledger_small *receipts[KM_BATCH_ROWS];
    bool any_receipt;
} booking;

static kiem_status too_many(km_error *error) {
    return km_fail(error, KIEM_E_RANGE, "a page of the ledger holds more than 4,294,967,295 claims");
}

static kiem_status book(km_ledger *ledger, const km_batch *batch, booking *out, km_error *error) {
    for (int i = 0; i < KM_LEDGER_CUTS; i++) ledger->cuts[i].ordered = 0;
    if (ledger->fullest + batch->rows > UINT32_MAX) ledger->fullest = km_ledger_fullest(ledger);
    if (ledger->fullest + batch->rows > UINT32_MAX) return too_many(error);
    KM_TRY(book_rows(ledger, batch, out->rows, error));
    return book_receipts(ledger, batch, out->receipts, &out->any_receipt, error);
}

kiem_status km_ledger_expect(km_ledger *ledger, const km_batch *batch, km_error *error) {
    booking at;
    return book(ledger, batch, &at, error);
}

/* First the cells of every row, then the amounts: the second half cannot fail. */
kiem_status km_ledger_add(km_ledger *ledger, const km_batch *batch, km_error *error) {
    enum { AHEAD = 16 /* rows */ };
    booking where;
    amount_columns from;
    KM_TRY(book(ledger, batch, &where, error));
    amount_columns_of(batch, &from);
    for (uint32_t row = 0; row < batch->rows && row < AHEAD; row++) ask_for(&where.rows[row]);
    for (uint32_t row = 0; row < batch->rows; row++) {
        if (row + AHEAD < batch->rows) ask_for(&where.rows[row + AHEAD]);
        add_row(&where.rows[row], &from, row);
    }
    if (where.any_receipt) add_receipts(batch, where.receipts);
    ledger->fullest += batch->rows;
    return KIEM_OK;
}
