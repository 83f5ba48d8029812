#include "engine/outlook.h"

/* Learns how late claims come. From their dates of receipt: days of discharge x working days to receipt, over
 * the last two months and all provinces together, as single ones have too few. From two cuts: what each
 * knew of the same days of discharge. */

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
        all->lags_known = true;
    }
    km_free(all->mem, seen, sizeof *seen);
    return KIEM_OK;
}

/* ---- two cuts */

/* Of days by the working days they were old at the earlier cut. */
typedef struct cuts {
    double early[LAGS], late[LAGS];
    uint64_t claims, more;
} cuts;

static void collect_cut(const km_outlooks *all, const km_ledger *ledger, km_day as_of,
                        km_ledger_choice *choice, const void *context, double money[LAGS], uint64_t *claims) {
    km_ledger_day cell;
    for (size_t cursor = 0; km_ledger_next_day(ledger, &cursor, &cell);) {
        bool near = cell.day != KM_UNDATED && cell.day <= as_of && cell.day > as_of - ORIGINS;
        if (!near || !choice(context, cell.province, cell.year)) continue;
        int lag = km_working_days_between(&all->calendar, cell.day, as_of);
        if (lag >= LAGS) lag = LAGS - 1;
        money[lag] += (double)cell.money.fund / HUNDREDTHS;
        *claims += cell.money.claims;
    }
}

kiem_status km_outlooks_learn_cuts(km_outlooks *all, const km_cut *early, const km_ledger *late,
                                   km_ledger_choice *choice, const void *context, km_error *error) {
    km_lag_curve learned;
    int gap = km_working_days_between(&all->calendar, early->as_of, all->as_of);
    if (all->lags_known || gap <= 0) return KIEM_OK;
    cuts *seen = km_alloc_zero(all->mem, sizeof *seen);
    if (!seen) return km_nomem(error);
    collect_cut(all, early->ledger, early->as_of, choice, context, seen->early, &seen->claims);
    collect_cut(all, late, early->as_of, choice, context, seen->late, &seen->more);
    if (seen->claims >= CLAIMS_LEAST && seen->more > seen->claims &&
        km_lag_curve_between(&learned, seen->early, seen->late, LAGS, gap)) {
        all->lags = learned;
        all->lag_source = "states";
        all->lags_known = true;
    }
    km_free(all->mem, seen, sizeof *seen);
    return KIEM_OK;
}
