/* The episodes of one batch on their way to where they are kept. Reading them is most of the work of learning
 * and needs nothing but the batch: it is done beside other batches, adding them one after another. */
#ifndef KM_STATE_DRAFT_H
#define KM_STATE_DRAFT_H

#include "state/history/episode.h"

enum { KM_KEY_MAX = UINT16_MAX /* bytes of MA_LK that are kept */ };

typedef struct km_draft {
    km_episode episode; /* its key has the length alone */
    uint64_t citizen;   /* the citizen number beside the card number, or KM_NO_PERSON */
    const char *key;    /* in the batch */
} km_draft;

typedef struct km_skips {
    uint64_t no_person; /* rows without a usable card or citizen number */
    uint64_t no_time;   /* rows with a person but without NGAY_VAO */
} km_skips;

typedef struct km_drafts {
    const km_mem *mem;
    km_draft *items;
    size_t count, capacity;
    km_skips skips;            /* of this batch */
    const km_courses *courses; /* NULL: none */
} km_drafts;

/* `courses` may be NULL. */
void km_drafts_init(km_drafts *drafts, const km_mem *mem, const km_courses *courses);
void km_drafts_free(km_drafts *drafts);
/* The episodes of the batch in place of those before; they hold as long as the batch stays as it is. */
kiem_status km_drafts_read(km_drafts *drafts, const km_batch *batch, km_error *error);

#endif
