#include "engine/outlook.h"

/* Learns how late claims come from their dates of receipt: days of discharge x working days to receipt, over
 * the last two months and all provinces together, as single ones have too few. */

enum { ORIGINS = 60, LAGS = 32, CLAIMS_LEAST = 2000, HUNDREDTHS = 100 };

typedef struct triangle {
    double money[ORIGINS * LAGS], claims[ORIGINS * LAGS];
    int seen[ORIGINS];
    uint64_t count;
} triangle;

static void collect(const km_outlooks *all, const km_ledger *ledger, triangle *out) {
    km_ledger_count cell;
    for (int i = 0; i < ORIGINS; i++) {
        int seen = km_working_days_between(&all->calendar, all->as_of - i, all->as_of) + 1;
        out->seen[i] = seen < LAGS ? seen : LAGS;
    }
    for (size_t cursor = 0; km_ledger_next_receipt(ledger, &cursor, &cell);) {
        int origin = all->as_of - cell.day;
        if (origin < 0 || origin >= ORIGINS || cell.day + cell.slot > all->as_of) continue;
        int lag = km_working_days_between(&all->calendar, cell.day, cell.day + cell.slot);
        if (lag >= LAGS) lag = LAGS - 1;
        out->money[origin * LAGS + lag] += (double)cell.fund / HUNDREDTHS;
        out->claims[origin * LAGS + lag] += (double)cell.claims;
        out->count += cell.claims;
    }
}

kiem_status km_outlooks_learn_lag(km_outlooks *all, const km_ledger *ledger, km_error *error) {
    triangle *seen = km_alloc_zero(all->mem, sizeof *seen);
    km_lag_curve learned;
    if (!seen) return km_nomem(error);
    collect(all, ledger, seen);
    if (seen->count >= CLAIMS_LEAST &&
        (km_lag_curve_learn(&learned, seen->money, ORIGINS, LAGS, seen->seen) ||
         km_lag_curve_learn(&learned, seen->claims, ORIGINS, LAGS, seen->seen))) {
        all->lags = learned;
        all->lag_source = "received";
    }
    km_free(all->mem, seen, sizeof *seen);
    return KIEM_OK;
}
