#include "state/history/duplicates.h"

#include "base/decimal.h"
#include "base/sort.h"

enum {
    TOLERANCE = 200,     /* hundredths: 2 dong */
    CELL = TOLERANCE + 1 /* two amounts in one cell are within the tolerance */
};

/* A cell far from all others for NULL, so that NULL meets only NULL. */
#define NULL_CELL (INT64_MIN / 2)

static int64_t cell_of(int64_t amount) {
    if (amount == KM_NO_AMOUNT) return NULL_CELL;
    return amount >= 0 ? amount / CELL : -1 - (-1 - amount) / CELL;
}

static bool amounts_match(int64_t a, int64_t b) {
    if (a == KM_NO_AMOUNT || b == KM_NO_AMOUNT) return a == b;
    km_int128 apart = (km_int128)a - b;
    return apart <= TOLERANCE && apart >= -TOLERANCE;
}

static int compare_cells(const km_twin *left, const km_twin *right) {
    KM_ORDER_BY(fingerprint);
    KM_ORDER_BY(icd);
    KM_ORDER_BY(total_cell);
    KM_ORDER_BY(fund_cell);
    return 0;
}

static int compare_twins(const void *a, const void *b, const void *context) {
    (void)context;
    const km_twin *left = a, *right = b;
    int cells = compare_cells(left, right);
    if (cells) return cells;
    KM_ORDER_BY(at);
    return 0;
}

/* The first twin that does not stand before this cell. */
static uint32_t cell_start(const km_twin *twins, uint32_t count, const km_twin *cell) {
    size_t at;
    KM_BISECT(at, count, compare_cells(&twins[at], cell) < 0);
    return (uint32_t)at;
}

/* The first claim in the eight cells around that is earlier and matches. Each cell is walked at most once for
 * each of its neighbours, since only the first claim of a cell asks. */
static uint32_t match_around(const km_twin *twins, uint32_t count, const km_twin *twin,
                             const km_episode *episodes) {
    uint32_t best = KM_NO_EPISODE;
    for (int step = 0; step < 9; step++) {
        km_twin cell = *twin;
        cell.total_cell += step / 3 - 1;
        cell.fund_cell += step % 3 - 1;
        if (step == 4) continue;
        uint32_t i = cell_start(twins, count, &cell);
        for (; i < count && compare_cells(&twins[i], &cell) == 0 && twins[i].at < twin->at; i++) {
            const km_episode *other = &episodes[twins[i].at], *self = &episodes[twin->at];
            if (!amounts_match(other->total, self->total) || !amounts_match(other->fund, self->fund))
                continue;
            if (twins[i].at < best) best = twins[i].at;
            break;
        }
    }
    return best;
}

/* Claims first .. end - 1 share times and facility. */
static void find_duplicates(km_sweep *sweep, const km_episode *episodes, uint32_t first, uint32_t end,
                            km_visit *out) {
    km_twin *twins = sweep->twins;
    uint32_t count = end - first;
    for (uint32_t i = 0; i < count; i++) {
        const km_episode *episode = &episodes[first + i];
        twins[i] = (km_twin){.fingerprint = episode->fingerprint,
                             .icd = episode->icd,
                             .total_cell = cell_of(episode->total),
                             .fund_cell = cell_of(episode->fund),
                             .at = first + i};
    }
    km_sort(twins, count, sizeof *twins, compare_twins, NULL);
    uint32_t head = 0;
    for (uint32_t i = 0; i < count; i++) {
        if (compare_cells(&twins[head], &twins[i]) != 0) head = i;
        uint32_t other = i > head ? twins[head].at : match_around(twins, count, &twins[i], episodes);
        out[twins[i].at].partner[KM_PARTNER_DUPLICATE] = other;
    }
}

static bool same_slot(const km_episode *a, const km_episode *b) {
    return a->in == b->in && a->out == b->out && a->facility == b->facility;
}

void km_mark_duplicates(km_sweep *sweep, const km_episode *episodes, uint32_t count, km_visit *out) {
    for (uint32_t first = 0, end; first < count; first = end) {
        end = first + 1;
        while (end < count && same_slot(&episodes[first], &episodes[end])) end++;
        if (end - first > 1) find_duplicates(sweep, episodes, first, end, out);
    }
}
