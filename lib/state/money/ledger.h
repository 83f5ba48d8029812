/* The money ledger: exact sums that no amount and no number of claims can overflow.
 *
 * Every row that was added is in each of these cuts, so each adds up to the same total. All payers:
 * - province x day x kind of care
 * - facility x month x kind of care
 * - province x year x home province of the card x kind of care
 * - province x month x months from discharge to settlement
 * - province x month x way of payment
 * Count and fund, for what is worked out of them:
 * - province x month x own or other province x kind of care x first letter of the diagnosis (drivers)
 * - facility x day (forecasts of facilities)
 * - province x day of discharge x days to receipt, of claims with a date of receipt (reporting lag)
 * Beside them, of province x month: fund money paid by the service; parts of the cost (drugs, supplies,
 * tests, examinations, beds); days of stays. Memory is bounded by provinces x months and facilities x years,
 * not by claims. */
#ifndef KM_STATE_LEDGER_H
#define KM_STATE_LEDGER_H

#include "base/decimal.h"
#include "claim/care.h"

/* Sums in hundredths of a dong; a NULL amount adds nothing. */
typedef struct km_money {
    uint64_t claims;
    km_int128 total;   /* T_TONGCHI_BH, else T_TONGCHI */
    km_int128 fund;    /* T_BHTT */
    km_int128 copay;   /* T_BNCCT */
    km_int128 outside; /* T_BNTT */
    km_int128 other;   /* T_NGUONKHAC */
} km_money;

void km_money_add(km_money *sum, const km_money *more);

/* How the fund pays a claim, by the part of T_BHTT that is paid by the service (T_BHTT_GDV, in 4210
 * T_NGOAIDS). */
typedef enum km_payment {
    KM_PAYMENT_UNKNOWN = 0, /* not told */
    KM_PAYMENT_SERVICE,     /* all of it by the service */
    KM_PAYMENT_OTHER,       /* nothing of it: by head or by case */
    KM_PAYMENT_MIXED,
    KM_PAYMENT_COUNT
} km_payment;

/* Parts of the cost, as far as claims tell them: T_THUOC and T_VTYT, in 79a and 80a lists the others too. */
typedef enum km_cost_part {
    KM_PART_DRUGS = 0,
    KM_PART_SUPPLIES,
    KM_PART_TESTS, /* laboratory, imaging, functional tests */
    KM_PART_EXAMS,
    KM_PART_BEDS,
    KM_PART_COUNT
} km_cost_part;

/* Sums of a province over months. */
typedef struct km_ledger_parts {
    uint64_t province;
    int year, month;                 /* 0, 0 for undated */
    km_int128 amount[KM_PART_COUNT]; /* hundredths of a dong; 0 where the files do not tell it */
    km_int128 by_service;            /* T_BHTT_GDV, in 4210 T_NGOAIDS; the rest by head or by case */
    uint64_t stays, days;            /* inpatients with SO_NGAY_DTRI, and their days */
} km_ledger_parts;

enum {
    KM_LEDGER_HOMES = 101,  /* card provinces 00 to 99, and unknown */
    KM_LEDGER_LETTERS = 27, /* first letter of the diagnosis A to Z, and unknown */
    KM_LEDGER_LAGS = 16,    /* months from discharge to settlement: see ledger_book.c */
    KM_LEDGER_RECEIPT_DAYS = 46,
    KM_LEDGER_DATES = 1024
};

/* Cells that are often wanted together, made with the first of them. */
typedef struct km_ledger_page {
    uint64_t code;
    int32_t period;
    void *memory, *cells;
} km_ledger_page;

/* Where the page of a code and period is. */
typedef struct km_ledger_slot {
    uint64_t code;
    void *cells; /* NULL: a free slot */
    int32_t period;
    uint32_t page; /* its number */
} km_ledger_slot;

typedef struct km_ledger_cut {
    km_ledger_slot *slots; /* open addressing */
    size_t slot_count;     /* a power of two, or 0 */
    km_ledger_page *pages;
    size_t capacity, page_bytes;
    uint32_t count;
    uint32_t *order; /* pages by code and period, once sorted */
    size_t order_capacity;
    uint32_t ordered;
} km_ledger_cut;

/* A day taken apart, kept as claims of one day come again and again. */
typedef struct km_ledger_date {
    km_day day;
    int32_t months; /* year x 12 + month - 1 */
    int16_t year;   /* 0: nothing kept here */
    uint16_t day_of_year;
    uint8_t month, day_of_month;
} km_ledger_date;

/* The pages of a province in a month, kept for the last year that its month was asked of. */
typedef struct km_ledger_near {
    int32_t months; /* year x 12 + month - 1; 0: nothing kept here */
    void *province, *origins;
} km_ledger_near;

enum {
    KM_LEDGER_PROVINCES = 0, /* pages: province x month */
    KM_LEDGER_FACILITIES,    /* facility x year */
    KM_LEDGER_ORIGINS,       /* province x year */
    KM_LEDGER_RECEIPTS,      /* province x month */
    KM_LEDGER_CUTS
};

typedef struct km_ledger {
    const km_mem *mem;
    km_ledger_cut cuts[KM_LEDGER_CUTS];
    const uint8_t
        *merged; /* of 100 province codes: that of the province it is part of since 2025-07-01, or NULL */
    uint64_t fullest; /* no page, so no cell, holds more claims */
    km_ledger_date dates[KM_LEDGER_DATES];
    km_ledger_near near[KM_LEDGER_HOMES - 1][12]; /* by number of the province and month */
} km_ledger;

#define KM_UNDATED INT32_MAX

/* The budget year of a cell is the year of its day; 0 for undated. */
typedef struct km_ledger_day {
    uint64_t province; /* first two characters of MA_CSKCB as a code, 0 when it is missing */
    int year;
    km_day day; /* KM_UNDATED when neither NAM_QT nor NGAY_RA is known */
    bool inpatient;
    km_money money;
} km_ledger_day;

typedef struct km_ledger_month {
    uint64_t facility; /* 0 when MA_CSKCB is missing */
    int year, month;   /* 0, 0 for undated */
    bool inpatient;
    km_money money;
} km_ledger_month;

/* Patients of one home province treated in another or the same. */
typedef struct km_ledger_home {
    uint64_t province;
    int year; /* 0 for undated */
    int home; /* number of the card's province, KM_LEDGER_HOMES - 1 when it is not known */
    bool inpatient;
    km_money money; /* no claims: what an older file did not tell apart */
} km_ledger_home;

/* Claims of a province and month by one thing more. */
typedef struct km_ledger_part {
    uint64_t province;
    int year, month; /* in which the claims are booked; 0, 0 for undated */
    int slot;        /* months from discharge to settlement: see ledger_book.c; or a km_payment */
    km_money money;  /* no claims: what an older file did not tell apart */
} km_ledger_part;

typedef struct km_ledger_count {
    uint64_t code; /* province or facility */
    int year, month;
    km_day day; /* of discharge, for receipts; else KM_UNDATED */
    bool other_province, inpatient;
    int slot; /* letter or days to receipt */
    uint64_t claims;
    km_int128 fund;
} km_ledger_count;

void km_ledger_init(km_ledger *ledger, const km_mem *mem);
void km_ledger_free(km_ledger *ledger);

/* The day on which a claim is booked, always inside its budget year: NGAY_RA; where NAM_QT names another
 * year, the end of that year which is nearer to NGAY_RA; without NGAY_RA the first day of the settlement
 * month, so that the claim is in the sum of its period whatever day the sum is taken at. Year 0 when nothing
 * is known. An impossible NAM_QT or THANG_QT counts as missing. */
km_civil km_ledger_booking(bool has_out, km_minute out, int64_t year, int64_t month);
/* The year of that day. */
int km_ledger_booking_year(bool has_out, km_minute out, int64_t year);

/* Both are all or nothing: on failure no amount was added. KIEM_E_RANGE when a cell would hold more than 2^32
 * claims. */
kiem_status km_ledger_add(km_ledger *ledger, const km_batch *batch, km_error *error);
kiem_status km_ledger_merge(km_ledger *ledger, const km_ledger *more, km_error *error);
/* Makes room for a batch or another ledger: adding it next cannot fail. */
kiem_status km_ledger_expect(km_ledger *ledger, const km_batch *batch, km_error *error);
kiem_status km_ledger_expect_all(km_ledger *ledger, const km_ledger *more, km_error *error);

/* Whether what a ledger has of a province and a year (0: undated) is to be taken. */
typedef bool km_ledger_choice(const void *context, uint64_t province, int year);
/* Adds the chosen part of another ledger; all or nothing. */
kiem_status km_ledger_merge_some(km_ledger *ledger, const km_ledger *more, km_ledger_choice *choice,
                                 const void *context, km_error *error);

/* ---- reading (ledger_read.c) */

/* Puts the cells in the order of code, time, and what follows: needed after the last addition, the calls
 * below see no cell before. */
kiem_status km_ledger_sort(km_ledger *ledger, km_error *error);
/* *cursor starts at 0; false after the last cell that holds claims. */
bool km_ledger_next_day(const km_ledger *ledger, size_t *cursor, km_ledger_day *out);
bool km_ledger_next_month(const km_ledger *ledger, size_t *cursor, km_ledger_month *out);
bool km_ledger_next_home(const km_ledger *ledger, size_t *cursor, km_ledger_home *out);
bool km_ledger_next_case(const km_ledger *ledger, size_t *cursor, km_ledger_count *out);
bool km_ledger_next_settled(const km_ledger *ledger, size_t *cursor, km_ledger_part *out);
bool km_ledger_next_paid(const km_ledger *ledger, size_t *cursor, km_ledger_part *out);
bool km_ledger_next_parts(const km_ledger *ledger, size_t *cursor, km_ledger_parts *out);
bool km_ledger_next_receipt(const km_ledger *ledger, size_t *cursor, km_ledger_count *out);
/* Fund money of each day of a facility's year, and the claims of the days up to `up_to`; false when it has
 * none. */
bool km_ledger_facility_year(const km_ledger *ledger, uint64_t facility, int year, km_day up_to,
                             km_int128 spent[366], uint64_t *claims);
/* Sum of the squares of the fund money of single claims, in dong: of a province (0 for the nation) in a year.
 */
double km_ledger_squares(const km_ledger *ledger, uint64_t province, int year);

#endif
