/* How the ledger keeps its cells: for the files of the ledger alone. */
#ifndef KM_STATE_LEDGER_PAGES_H
#define KM_STATE_LEDGER_PAGES_H

#include "base/hash.h"
#include "state/money/ledger.h"

enum { KM_LEDGER_SUMS = 5, KM_LEDGER_FUND = 1, KM_LEDGER_MONTHS = 12 };
/* Dong of a claim that are squared: 2^32 such squares stay below 128 bits. */
#define KM_LEDGER_SQUARED_MAX INT64_C(100000000000000)

/* A km_money in one cache line, which is what an addition costs: total, fund, copay, outside, other. Sums of
 * 96 bits hold any 2^32 amounts of 64 bits. A sum is high x 2^64 + low, so that high changes only where 64
 * bits overflow. */
typedef struct km_ledger_cell {
    int64_t low[KM_LEDGER_SUMS];
    int32_t high[KM_LEDGER_SUMS];
    uint32_t claims;
} km_ledger_cell;

/* A count and one sum. */
typedef struct km_ledger_small {
    int64_t low;
    int32_t high;
    uint32_t claims;
} km_ledger_small;

/* Most claims are of the treating province's own cards, settled in the month of discharge and paid by the
 * service. These cells stay empty: they are what the others leave of the days (ledger_read.c), which saves
 * each of those claims two cells. */
enum { KM_OWN_HOME = 0xFF, KM_USUAL_LAG = 2, KM_USUAL_PAYMENT = KM_PAYMENT_SERVICE };

/* What every claim of a month touches comes first and together. */
typedef struct km_ledger_province {
    km_int128 squares;     /* of whole dong */
    km_ledger_small mixed; /* paid by the service in claims of which it is a part; without a count of claims,
                              like the parts */
    km_ledger_small part[KM_PART_COUNT];
    km_ledger_small stays;                                   /* sum: days */
    km_ledger_small kind_of_case[2 * 2 * KM_LEDGER_LETTERS]; /* other province, care, letter */
    km_ledger_cell day[31][2];
    km_ledger_cell settled[KM_LEDGER_LAGS], paid[KM_PAYMENT_COUNT];
} km_ledger_province;

typedef struct km_ledger_origins {
    km_ledger_cell home[KM_LEDGER_HOMES][2]; /* by home and care */
} km_ledger_origins;

typedef struct km_ledger_facility {
    km_ledger_cell month[12][2];
    km_ledger_small day[366];
} km_ledger_facility;

typedef struct km_ledger_receipts {
    km_ledger_small day[31][KM_LEDGER_RECEIPT_DAYS];
} km_ledger_receipts;

#define KM_UNDATED_PERIOD INT32_MAX

static inline uint64_t km_ledger_hash(uint64_t code, int32_t period) {
    return km_mix64(code ^ (uint32_t)period);
}

static inline km_ledger_slot *km_ledger_probe(km_ledger_slot *slots, size_t slot_count, uint64_t hash,
                                              uint64_t code, int32_t period) {
    size_t i = hash & (slot_count - 1);
    while (slots[i].cells && (slots[i].code != code || slots[i].period != period))
        i = (i + 1) & (slot_count - 1);
    return &slots[i];
}

/* NULL when out of memory. */
const km_ledger_slot *km_ledger_make_page(km_ledger_cut *cut, const km_mem *mem, uint64_t code,
                                          int32_t period);

/* The page of a code and period, made if need be; NULL when out of memory. The hash is theirs. */
static inline const km_ledger_slot *km_ledger_hashed(km_ledger_cut *cut, const km_mem *mem, uint64_t hash,
                                                     uint64_t code, int32_t period) {
    if (cut->slot_count) {
        const km_ledger_slot *slot = km_ledger_probe(cut->slots, cut->slot_count, hash, code, period);
        if (slot->cells) return slot;
    }
    return km_ledger_make_page(cut, mem, code, period);
}

static inline const km_ledger_slot *km_ledger_page_of(km_ledger_cut *cut, const km_mem *mem, uint64_t code,
                                                      int32_t period) {
    return km_ledger_hashed(cut, mem, km_ledger_hash(code, period), code, period);
}

/* Claims of the page that holds most. */
uint64_t km_ledger_fullest(const km_ledger *ledger);
/* Claims of a page of that cut. */
uint64_t km_ledger_page_claims(int cut, const void *cells);

/* ---- provinces by number */

enum { KM_LEDGER_NOWHERE = KM_LEDGER_HOMES - 1 };

static inline int km_ledger_number(const char *digits) {
    unsigned tens = (unsigned)(digits[0] - '0'), ones = (unsigned)(digits[1] - '0');
    return tens < 10 && ones < 10 ? (int)(tens * 10 + ones) : KM_LEDGER_NOWHERE;
}

/* Of the treating province, from the code of the facility or its own. */
static inline int km_ledger_treating(uint64_t facility) {
    const char digits[2] = {(char)(facility >> 56), (char)(facility >> 48 & 0xff)};
    return facility ? km_ledger_number(digits) : KM_LEDGER_NOWHERE;
}

/* ---- sums */

static inline void km_ledger_sum(int64_t *low, int32_t *high, int64_t amount) {
    if (__builtin_add_overflow(*low, amount, low)) *high += amount < 0 ? -1 : 1;
}

#endif
