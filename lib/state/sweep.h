/* What the history of a person says about each of his or her claims. One function serves a whole dump and,
 * given the same episodes, a single claim on-line. */
#ifndef KM_STATE_SWEEP_H
#define KM_STATE_SWEEP_H

#include "base/sort.h"
#include "state/episode.h"

#define KM_NO_EPISODE UINT32_MAX

typedef enum km_window { KM_WINDOW_7D = 0, KM_WINDOW_30D, KM_WINDOW_365D, KM_WINDOW_COUNT } km_window;

/* The columns of one claim; other claims are named by their position among the episodes swept. */
typedef struct km_visit {
    uint32_t duplicate_of;            /* or KM_NO_EPISODE */
    uint32_t overlapping;             /* or KM_NO_EPISODE */
    int32_t overlap_minutes;          /* 0 without one */
    uint32_t visits[KM_WINDOW_COUNT]; /* claims admitted in the window that ends with this one */
    uint32_t facilities_30d;
    bool first_at_facility; /* the person's earliest claim there */
    bool kind_known;        /* without MA_LOAI_KCB nothing is known about overlap */
} km_visit;

/* Memory for sweeps, grown to the largest person and used again. */
typedef struct km_sweep {
    const km_mem *mem;
    km_pair *pairs, *spare;
    struct km_twin *twins;
    uint32_t *earlier, *later;
    size_t capacity;
} km_sweep;

void km_sweep_init(km_sweep *sweep, const km_mem *mem);
void km_sweep_free(km_sweep *sweep);

/* Fills one km_visit for each of the `count` episodes of one person, which stand in the order of a run. Takes
 * count * log(count) time whatever they are.
 *
 * Duplicate: an earlier claim with the same fingerprint, times, facility and diagnosis, whose total and fund
 * amount differ by at most 2 dong (two NULLs are equal). Named is the first claim of the same two-dong cell
 * of the amounts, else the first of the neighbouring cells; it may be a duplicate itself. Overlap: of the
 * stays that stand earlier, are no duplicates and not the one named in duplicate_of, the one that ends last
 * (the first such), if it shares at least one minute with this stay. No other shares more. Windows look back
 * only: NGAY_VAO in (in - window, in], ties counted in the order of the run. */
kiem_status km_history_sweep(km_sweep *sweep, const km_episode *episodes, uint32_t count, km_visit *out,
                             km_error *error);

#endif
