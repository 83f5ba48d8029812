/* The money ledger: exact sums that no amount and no number of claims can overflow.
 *
 * Two cuts are kept: province x day x care kind, and facility x month x care kind. Both hold every row that
 * was added, so each adds up to the same total. */
#ifndef KM_STATE_LEDGER_H
#define KM_STATE_LEDGER_H

#include "base/decimal.h"
#include "base/map.h"
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

enum { KM_LEDGER_SUMS = 5 };

/* A km_money in one cache line, which is what an addition costs: sums of 96 bits hold any 2^32 amounts
 * of 64 bits. */
typedef struct km_ledger_cell {
    uint64_t low[KM_LEDGER_SUMS];
    int32_t high[KM_LEDGER_SUMS];
    uint32_t claims;
} km_ledger_cell;

/* Cells that are often wanted together: a province in a month (days x care kinds), a facility in a year
 * (months x care kinds). */
typedef struct km_ledger_page {
    uint64_t code;
    int32_t period;
    void *memory;
    km_ledger_cell *cells;
} km_ledger_page;

typedef struct km_ledger_cut {
    km_map index; /* hash of code and period -> page */
    km_ledger_page *pages;
    size_t capacity;
    uint32_t count, cells_in_page;
    uint32_t *order; /* pages by code and period, once sorted */
    size_t order_capacity;
    uint32_t ordered;
} km_ledger_cut;

typedef struct km_ledger {
    const km_mem *mem;
    km_ledger_cut days, months;
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

void km_ledger_init(km_ledger *ledger, const km_mem *mem);
void km_ledger_free(km_ledger *ledger);

/* The day on which a claim is booked, always inside its budget year: NGAY_RA; where NAM_QT names another
 * year, the end of that year which is nearer to NGAY_RA; without NGAY_RA the first day of the settlement
 * month, so that the claim is in the sum of its period whatever day the sum is taken at. Year 0 when nothing
 * is known. An impossible NAM_QT or THANG_QT counts as missing. */
km_civil km_ledger_booking(bool has_out, km_minute out, int64_t year, int64_t month);

/* Both are all or nothing: on failure no amount was added. KIEM_E_RANGE when a cell holds 2^31 claims.
 */
kiem_status km_ledger_add(km_ledger *ledger, const km_batch *batch, km_error *error);
kiem_status km_ledger_merge(km_ledger *ledger, const km_ledger *more, km_error *error);

/* Puts the cells in the order of province, day, care kind and facility, month, care kind: needed after the
 * last addition, the calls below see no cell before. */
kiem_status km_ledger_sort(km_ledger *ledger, km_error *error);
/* *cursor starts at 0; false after the last cell. */
bool km_ledger_next_day(const km_ledger *ledger, size_t *cursor, km_ledger_day *out);
bool km_ledger_next_month(const km_ledger *ledger, size_t *cursor, km_ledger_month *out);
/* Sum of a province (0 for the nation) in a budget year up to a day. */
km_money km_ledger_spent(const km_ledger *ledger, uint64_t province, int year, km_day up_to);

#endif
