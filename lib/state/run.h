/* A run: episodes in the order of km_episode_compare, with the texts of their keys. It is what a state saves,
 * what merging two states merges, and what a partition spills. */
#ifndef KM_STATE_RUN_H
#define KM_STATE_RUN_H

#include "state/episode.h"
#include "state/links.h"

typedef struct km_run {
    const km_mem *mem;
    km_episode *episodes;
    size_t count, capacity;
    km_buf texts;
    km_links links;
} km_run;

typedef struct km_run_skips {
    uint64_t no_person; /* rows without a usable card or citizen number */
    uint64_t no_time;   /* rows with a person but without NGAY_VAO */
} km_run_skips;

void km_run_init(km_run *run, const km_mem *mem);
void km_run_free(km_run *run);
/* Appends one episode per row, unsorted; rows that cannot have one are counted. On failure nothing changed.
 */
kiem_status km_run_add(km_run *run, const km_batch *batch, km_run_skips *skips, km_error *error);
kiem_status km_run_sort(km_run *run, km_error *error);
/* Adds a sorted run to a sorted one: commutative and associative, but for where in the texts a key lies. With
 * `once`, a claim of `more` that `run` has too is left out. On failure nothing changed. */
kiem_status km_run_merge(km_run *run, const km_run *more, bool once, km_error *error);
/* Gives the claims that only a citizen number names to the card number it is joined with. The run is sorted
 * again where that happens; it is then fit for sweeping, no longer for merging. */
kiem_status km_run_join(km_run *run, km_error *error);
/* The first claim of a sorted run that a citizen number alone names, or where it would stand. */
size_t km_run_first_citizen(const km_run *run);
/* End of the person that starts at `first` in a sorted run. */
size_t km_run_person_end(const km_run *run, size_t first);

#endif
