#include "state/history/draft.h"

void km_drafts_init(km_drafts *drafts, const km_mem *mem, const km_courses *courses) {
    *drafts = (km_drafts){.mem = mem, .courses = courses};
}

void km_drafts_free(km_drafts *drafts) {
    km_free(drafts->mem, drafts->items, drafts->capacity * sizeof *drafts->items);
    km_drafts_init(drafts, drafts->mem, drafts->courses);
}

static kiem_status read_row(km_drafts *drafts, const km_episode_reader *reader, uint32_t row,
                            km_error *error) {
    km_draft *draft = &drafts->items[drafts->count];
    uint64_t id = km_batch_id(reader->batch, row);
    switch (km_episode_read(reader, row, &draft->episode, &draft->citizen)) {
    case KM_EPISODE_NO_PERSON: drafts->skips.no_person++; return KIEM_OK;
    case KM_EPISODE_NO_TIME: drafts->skips.no_time++; return KIEM_OK;
    case KM_EPISODE_READ: break;
    }
    if (id >= UINT32_MAX) return km_fail(error, KIEM_E_RANGE, "more than 4,294,967,294 rows in one job");
    km_text key = km_batch_text(reader->batch, KM_CLAIM_MA_LK, row);
    draft->episode.key = key.length < KM_KEY_MAX ? key.length : KM_KEY_MAX;
    draft->episode.row = (uint32_t)id + 1;
    draft->key = key.ptr;
    drafts->count++;
    return KIEM_OK;
}

kiem_status km_drafts_read(km_drafts *drafts, const km_batch *batch, km_error *error) {
    km_episode_reader reader = km_episode_reader_of(batch, drafts->courses);
    drafts->count = 0;
    drafts->skips = (km_skips){0};
    if (!km_grow(drafts->mem, (void **)&drafts->items, &drafts->capacity, batch->rows, sizeof *drafts->items))
        return km_nomem(error);
    for (uint32_t row = 0; row < batch->rows; row++) KM_TRY(read_row(drafts, &reader, row, error));
    return KIEM_OK;
}
