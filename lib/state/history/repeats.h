/* Claims that a job was given more than once, as happens when exports overlap: how many, by the sources
 * (files) that hold them. */
#ifndef KM_STATE_REPEATS_H
#define KM_STATE_REPEATS_H

#include "base/map.h"
#include "state/history/episode.h"

typedef struct km_repeats {
    km_map claims; /* source << 32 | source of the first record of the same claim -> claims after that one */
} km_repeats;

/* Where the rows of each source begin: numbers of rows as in an episode, ascending. Held by the caller. */
typedef struct km_source_starts {
    const uint64_t *first;
    size_t count;
} km_source_starts;

/* What a source has again. */
typedef struct km_repeated {
    uint64_t claims; /* of it, that were given before */
    uint64_t most;   /* of those, in the one source before (or itself) that has most of them */
    uint32_t where;  /* that source; of several the first */
} km_repeated;

void km_repeats_init(km_repeats *repeats, const km_mem *mem);
void km_repeats_free(km_repeats *repeats);
/* Counts among the claims of one person, which stand in the order of a run. Claims of a state, without a row,
 * do not count. False when out of memory. */
bool km_repeats_note(km_repeats *repeats, const km_source_starts *starts, const km_episode *episodes,
                     size_t count, const char *texts);
/* Moves what `more` counted to `repeats`: false when out of memory. */
bool km_repeats_join(km_repeats *repeats, km_repeats *more);
/* Fills one for each source. */
void km_repeats_tell(const km_repeats *repeats, km_repeated *out, size_t sources);

#endif
