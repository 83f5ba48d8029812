/* The steps a job takes to fill and close a history, one after another on one thread. */
#ifndef KM_TEST_HISTORY_H
#define KM_TEST_HISTORY_H

#include "state/history/history.h"

static inline kiem_status test_history_add(km_history *history, const km_batch *batch, km_error *error) {
    km_drafts drafts;
    km_drafts_init(&drafts, history->mem, NULL);
    kiem_status status = km_drafts_read(&drafts, batch, error);
    if (status == KIEM_OK) status = km_history_add_drafts(history, &drafts, error);
    km_drafts_free(&drafts);
    return status;
}

static inline kiem_status test_history_close(km_history *history, km_error *error) {
    km_history_room room;
    kiem_status status = km_history_close_begin(history, error);
    if (status != KIEM_OK) return status;
    km_history_room_init(&room, history->mem);
    for (unsigned part = 0; part < KM_HISTORY_PARTS && status == KIEM_OK; part++) {
        status = km_history_sweep_part(history, part, &room, error);
        if (status == KIEM_OK) status = km_history_keep_part(history, part, &room, error);
    }
    km_history_room_free(&room);
    if (status == KIEM_OK) km_history_close_end(history);
    return status;
}

#endif
