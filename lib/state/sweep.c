#include "state/sweep.h"

#include "base/decimal.h"

enum {
    TOLERANCE = 200,      /* hundredths: 2 dong */
    CELL = TOLERANCE + 1, /* two amounts in one cell are within the tolerance */
    DAYS_30 = 30 * KM_MINUTES_PER_DAY
};

static const int32_t window_minutes[KM_WINDOW_COUNT] = {
    [KM_WINDOW_7D] = 7 * KM_MINUTES_PER_DAY,
    [KM_WINDOW_30D] = DAYS_30,
    [KM_WINDOW_365D] = 365 * KM_MINUTES_PER_DAY,
};

/* A claim with others of the same times and facility, to be put beside those of like amounts. */
typedef struct km_twin {
    uint64_t fingerprint, icd;
    int64_t total_cell, fund_cell;
    uint32_t at;
} km_twin;

void km_sweep_init(km_sweep *sweep, const km_mem *mem) {
    *sweep = (km_sweep){.mem = mem};
}

void km_sweep_free(km_sweep *sweep) {
    size_t n = sweep->capacity;
    km_free(sweep->mem, sweep->pairs, n * sizeof *sweep->pairs);
    km_free(sweep->mem, sweep->spare, n * sizeof *sweep->spare);
    km_free(sweep->mem, sweep->twins, n * sizeof *sweep->twins);
    km_free(sweep->mem, sweep->earlier, n * sizeof *sweep->earlier);
    km_free(sweep->mem, sweep->later, n * sizeof *sweep->later);
    km_sweep_init(sweep, sweep->mem);
}

static kiem_status reserve(km_sweep *sweep, size_t count, km_error *error) {
    if (count <= sweep->capacity) return KIEM_OK;
    size_t n = count < 64 ? 64 : count + count / 2;
    km_sweep_free(sweep);
    sweep->capacity = n;
    sweep->pairs = km_alloc_array(sweep->mem, n, sizeof *sweep->pairs);
    sweep->spare = km_alloc_array(sweep->mem, n, sizeof *sweep->spare);
    sweep->twins = km_alloc_array(sweep->mem, n, sizeof *sweep->twins);
    sweep->earlier = km_alloc_array(sweep->mem, n, sizeof *sweep->earlier);
    sweep->later = km_alloc_array(sweep->mem, n, sizeof *sweep->later);
    if (sweep->pairs && sweep->spare && sweep->twins && sweep->earlier && sweep->later) return KIEM_OK;
    km_sweep_free(sweep);
    return km_nomem(error);
}

/* ---- visits and facilities */

static void count_visits(const km_episode *episodes, uint32_t count, km_visit *out) {
    for (int window = 0; window < KM_WINDOW_COUNT; window++) {
        uint32_t first = 0;
        for (uint32_t i = 0; i < count; i++) {
            while (episodes[first].in <= episodes[i].in - window_minutes[window]) first++;
            out[i].visits[window] = i - first + 1;
        }
    }
}

/* Links each claim to the one before and after it at the same facility. */
static void link_facilities(km_sweep *sweep, const km_episode *episodes, uint32_t count) {
    km_pair *pairs = sweep->pairs;
    for (uint32_t i = 0; i < count; i++) pairs[i] = (km_pair){episodes[i].facility, i};
    km_sort_pairs(pairs, sweep->spare, count);
    for (uint32_t i = 0; i < count; i++) {
        uint32_t at = pairs[i].index;
        bool same_before = i > 0 && pairs[i - 1].key == pairs[i].key;
        bool same_after = i + 1 < count && pairs[i + 1].key == pairs[i].key;
        sweep->earlier[at] = same_before ? pairs[i - 1].index : KM_NO_EPISODE;
        sweep->later[at] = same_after ? pairs[i + 1].index : KM_NO_EPISODE;
    }
}

/* A facility leaves the window with its last claim in it, and enters with a claim that has none before. */
static void count_facilities(km_sweep *sweep, const km_episode *episodes, uint32_t count, km_visit *out) {
    uint32_t first = 0, distinct = 0;
    link_facilities(sweep, episodes, count);
    for (uint32_t i = 0; i < count; i++) {
        for (; episodes[first].in <= episodes[i].in - DAYS_30; first++) distinct -= sweep->later[first] >= i;
        uint32_t before = sweep->earlier[i];
        distinct += before == KM_NO_EPISODE || before < first;
        out[i].first_at_facility = before == KM_NO_EPISODE;
        out[i].facilities_30d = distinct;
    }
}

/* ---- duplicates */

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
    uint32_t low = 0, high = count;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (compare_cells(&twins[middle], cell) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
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
        out[twins[i].at].duplicate_of = other;
    }
}

static bool same_slot(const km_episode *a, const km_episode *b) {
    return a->in == b->in && a->out == b->out && a->facility == b->facility;
}

static void mark_duplicates(km_sweep *sweep, const km_episode *episodes, uint32_t count, km_visit *out) {
    for (uint32_t first = 0, end; first < count; first = end) {
        end = first + 1;
        while (end < count && same_slot(&episodes[first], &episodes[end])) end++;
        if (end - first > 1) {
            find_duplicates(sweep, episodes, first, end, out);
        } else {
            out[first].duplicate_of = KM_NO_EPISODE;
        }
    }
}

/* ---- overlapping stays */

/* Stays begin in the order of the run, so of all earlier ones the one that ends last shares the most. The
 * second is kept for the claim whose own twin is the first. */
static void mark_overlaps(const km_episode *episodes, uint32_t count, km_visit *out) {
    uint32_t last = KM_NO_EPISODE, second = KM_NO_EPISODE;
    for (uint32_t i = 0; i < count; i++) {
        km_visit *visit = &out[i];
        visit->overlapping = KM_NO_EPISODE;
        visit->overlap_minutes = 0;
        visit->kind_known = episodes[i].kind != 0;
        if (!km_episode_is_stay(&episodes[i])) continue;
        bool duplicate = visit->duplicate_of != KM_NO_EPISODE;
        uint32_t other = duplicate && visit->duplicate_of == last ? second : last;
        if (other != KM_NO_EPISODE) {
            km_minute end = episodes[other].out < episodes[i].out ? episodes[other].out : episodes[i].out;
            if (end > episodes[i].in) {
                visit->overlapping = other;
                visit->overlap_minutes = end - episodes[i].in;
            }
        }
        if (duplicate) continue;
        if (last == KM_NO_EPISODE || episodes[i].out > episodes[last].out) {
            second = last;
            last = i;
        } else if (second == KM_NO_EPISODE || episodes[i].out > episodes[second].out) {
            second = i;
        }
    }
}

kiem_status km_history_sweep(km_sweep *sweep, const km_episode *episodes, uint32_t count, km_visit *out,
                             km_error *error) {
    if (count == 1) {
        *out = (km_visit){KM_NO_EPISODE, KM_NO_EPISODE, 0, {1, 1, 1}, 1, true, episodes->kind != 0};
        return KIEM_OK;
    }
    KM_TRY(reserve(sweep, count, error));
    count_visits(episodes, count, out);
    count_facilities(sweep, episodes, count, out);
    mark_duplicates(sweep, episodes, count, out);
    mark_overlaps(episodes, count, out);
    return KIEM_OK;
}
