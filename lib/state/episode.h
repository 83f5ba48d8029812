/* One claim as patient history remembers it. */
#ifndef KM_STATE_EPISODE_H
#define KM_STATE_EPISODE_H

#include "claim/care.h"

/* At most 88 bytes a claim, besides the text of its MA_LK: a national year is 180 million of them. */
typedef struct km_episode {
    uint64_t person;
    km_minute in, out; /* out is never before in; without NGAY_RA it is in */
    uint64_t facility, icd;
    uint64_t fingerprint;       /* of the fields that make two claims equal, amounts apart */
    int64_t fund, copay, total; /* hundredths of a dong, KM_NO_AMOUNT when NULL */
    uint64_t id;                /* number of the row in the job */
    uint64_t key_at;            /* where its MA_LK starts in the texts of its run */
    uint32_t key_length;
    uint32_t kind; /* upper half of the packed MA_LOAI_KCB, 0 when it is not of up to four characters */
} km_episode;

_Static_assert(sizeof(km_episode) <= 88, "an episode has grown");

#define KM_NO_AMOUNT INT64_MIN

/* The columns of a batch that episodes are made from. */
typedef struct km_episode_reader {
    const km_batch *batch;
    km_cells in, out, facility, icd, kind, fund, copay, year, month;
    km_total total;
} km_episode_reader;

km_episode_reader km_episode_reader_of(const km_batch *batch);

typedef enum km_episode_result {
    KM_EPISODE_READ = 0,
    KM_EPISODE_NO_PERSON,
    KM_EPISODE_NO_TIME
} km_episode_result;

/* Everything but key_at and key_length. */
km_episode_result km_episode_read(const km_episode_reader *reader, uint32_t row, km_episode *out);

/* The order of a run: person, in, out, facility, MA_LK; what then still ties is ordered by its contents
 * before the id decides, so that which of two claims is the later one does not hang on the order of the
 * input. `texts` is the start of the texts. A km_compare. */
int km_episode_compare(const void *a, const void *b, const void *texts);

static inline km_text km_episode_key(const km_episode *episode, const char *texts) {
    return (km_text){texts + episode->key_at, episode->key_length};
}
/* A stay: kinds 03, 04, 06, 09. */
static inline bool km_episode_is_stay(const km_episode *episode) {
    return km_care_of((uint64_t)episode->kind << 32) == KM_CARE_IN;
}

#endif
