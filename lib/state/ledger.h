/* The money ledger: exact sums in 128 bits, so that no number of claims and no amount can overflow.
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

/* Cells of one cut: a key, its sums, and the order of the keys once sorted. */
typedef struct km_ledger_cut {
    km_map index; /* key -> cell */
    uint64_t *keys;
    km_money *sums;
    uint32_t *order;
    size_t keys_capacity, sums_capacity, order_capacity;
    uint32_t count, ordered;
} km_ledger_cut;

typedef struct km_ledger {
    const km_mem *mem;
    km_ledger_cut days, months;
    km_map facility_index; /* MA_CSKCB -> number, the exact part of a month's key */
    uint64_t *facilities;
    size_t facilities_capacity;
} km_ledger;

#define KM_UNDATED INT32_MAX

/* The budget year of a cell is the year of its day; 0 for undated. */
typedef struct km_ledger_day {
    uint64_t province; /* first two characters of MA_CSKCB as a code, 0 when it is missing */
    int year;
    km_day day; /* KM_UNDATED when neither NAM_QT nor NGAY_RA is known */
    bool inpatient;
    const km_money *money;
} km_ledger_day;

typedef struct km_ledger_month {
    uint64_t facility; /* 0 when MA_CSKCB is missing */
    int year, month;   /* 0, 0 for undated */
    bool inpatient;
    const km_money *money;
} km_ledger_month;

void km_ledger_init(km_ledger *ledger, const km_mem *mem);
void km_ledger_free(km_ledger *ledger);

/* The day on which a claim is booked, always inside its budget year: NGAY_RA; where NAM_QT names another
 * year, the end of that year which is nearer to NGAY_RA; without NGAY_RA the first day of the settlement
 * month, so that the claim is in the sum of its period whatever day the sum is taken at. */
km_day km_ledger_booking(bool has_out, km_minute out, int64_t year, int64_t month);

/* Both are all or nothing: on failure no amount was added. */
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
