#include "engine/ledger/outlook.h"

/* Learns how late claims come. From their dates of receipt: days of discharge x working days to receipt, over
 * the last two months and all provinces together, as single ones have too few. From two cuts: what each
 * knew of the same days of discharge. */

enum { ORIGINS = 60, LAGS = 32, CLAIMS_LEAST = 2000 };

typedef struct triangle {
    double money[ORIGINS * LAGS], claims[ORIGINS * LAGS];
    int seen[ORIGINS];
    uint64_t count, off; /* claims, and those received on days off */
} triangle;

static int age_of(const km_outlooks *all, km_day day, km_day at) {
    int lag = all->lags_in_days ? at - day : km_working_days_between(&all->calendar, day, at);
    return lag < LAGS ? lag : LAGS - 1;
}

static void collect(const km_outlooks *all, const km_ledger *ledger, triangle *out) {
    km_ledger_count cell;
    *out = (triangle){.count = 0};
    for (int i = 0; i < ORIGINS; i++) out->seen[i] = age_of(all, all->as_of - i, all->as_of) + 1;
    for (size_t cursor = 0; km_ledger_next_receipt(ledger, &cursor, &cell);) {
        km_day received = cell.day + cell.slot;
        int origin = all->as_of - cell.day;
        if (origin < 0 || origin >= ORIGINS || received > all->as_of) continue;
        int lag = age_of(all, cell.day, received);
        out->money[origin * LAGS + lag] += (double)cell.fund / KM_DONG;
        out->claims[origin * LAGS + lag] += (double)cell.claims;
        out->count += cell.claims;
        if (!km_working_days_between(&all->calendar, received - 1, received)) out->off += cell.claims;
    }
}

static bool learn(const triangle *seen, km_lag_curve *out) {
    return seen->count >= CLAIMS_LEAST && (km_lag_curve_learn(out, seen->money, ORIGINS, LAGS, seen->seen) ||
                                           km_lag_curve_learn(out, seen->claims, ORIGINS, LAGS, seen->seen));
}

/* Who sends on days off too is late by days: by working days, what comes on a Saturday would seem as fast as
 * what comes on the Friday, and a cut on a Friday would miss it. */
static bool sends_on_days_off(const triangle *seen) {
    enum { ONE_IN = 20 };
    return seen->off * ONE_IN > seen->count;
}

kiem_status km_outlooks_learn_lag(km_outlooks *all, const km_ledger *ledger, km_error *error) {
    triangle *seen = km_alloc_zero(all->mem, sizeof *seen);
    km_lag_curve learned;
    if (!seen) return km_nomem(error);
    collect(all, ledger, seen);
    if (sends_on_days_off(seen)) {
        all->lags_in_days = true;
        collect(all, ledger, seen);
    }
    all->lags_known = learn(seen, &learned);
    if (all->lags_known) {
        all->lags = learned;
        all->lag_source = "received";
    } else {
        all->lags_in_days = false;
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
        money[lag] += (double)cell.money.fund / KM_DONG;
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
