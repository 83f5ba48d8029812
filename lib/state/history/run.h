/* A run: episodes in the order of km_episode_compare, with the texts of their keys. It is what a state saves
 * and what merging two states merges. */
#ifndef KM_STATE_RUN_H
#define KM_STATE_RUN_H

#include "state/history/draft.h"
#include "state/history/links.h"

typedef struct km_run {
    const km_mem *mem;
    km_episode *episodes;
    size_t count, capacity;
    km_buf texts;
    km_links links;
} km_run;

void km_run_init(km_run *run, const km_mem *mem);
void km_run_free(km_run *run);
/* Appends the episodes of a batch, unsorted. On failure nothing changed. */
kiem_status km_run_add(km_run *run, const km_drafts *drafts, km_error *error);
kiem_status km_run_sort(km_run *run, km_error *error);
/* Adds a sorted run to a sorted one: commutative and associative, but for where in the texts a key lies. On
 * failure nothing changed. */
kiem_status km_run_merge(km_run *run, const km_run *more, km_error *error);
/* How many claims of a sorted run stand in it more than once, each time but the first. */
uint64_t km_run_repeated(const km_run *run);
/* The first claim of a sorted run that a citizen number alone names, or where it would stand. */
size_t km_run_first_citizen(const km_run *run);
/* End of the person that starts at `first` in a sorted run. */
size_t km_run_person_end(const km_run *run, size_t first);

#endif
