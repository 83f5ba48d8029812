#include "engine/online_judge.h"

#include "claim/due.h"

static kiem_status fit(km_online_judge *judge, const km_peer_book *peers, km_error *error) {
    const km_peer_past past = km_peer_book_past(peers);
    if (!peers->claims) return KIEM_OK; /* an older state: no claim has a score */
    km_fieldset_add(&judge->wanted, KM_CLAIM_visits_30d);
    km_fieldset_add(&judge->wanted, KM_CLAIM_facilities_30d);
    KM_TRY(km_scorer_start(&judge->scorer, &past, error));
    kiem_status status = km_scorer_fit(&judge->scorer, error);
    judge->scorer.past = (km_peer_past){0}; /* the state may change */
    return status;
}

static kiem_status use_past(km_online_judge *judge, km_state *state, km_error *error) {
    km_courses courses;
    KM_TRY(km_courses_read(&courses, km_policy_table(judge->policy, KM_TEXT("long_courses")), error));
    KM_TRY(km_past_init(&judge->past, judge->mem, state, error));
    judge->past.courses = courses;
    judge->has_past = true;
    km_online_init(&judge->online, judge->mem, &judge->past);
    km_scorer_init(&judge->scorer, judge->mem);
    return fit(judge, &state->peers, error);
}

kiem_status km_online_judge_init(km_online_judge *judge, const km_mem *mem, const km_policy *policy,
                                 km_state *state, km_error *error) {
    km_reads needs = {0};
    *judge = (km_online_judge){.mem = mem, .policy = policy};
    km_policy_needs(policy, &needs);
    judge->wanted = needs.fields[KM_SCOPE_CLAIM];
    kiem_status status =
        km_calendar_read(&judge->calendar, mem, km_policy_table(policy, KM_TEXT("holidays")), error);
    if (status == KIEM_OK && state) status = use_past(judge, state, error);
    if (status != KIEM_OK) km_online_judge_free(judge);
    return status;
}

void km_online_judge_move(km_online_judge *to, km_online_judge *from) {
    *to = *from;
    *from = (km_online_judge){0};
    if (to->has_past) to->online.past = &to->past;
}

void km_online_judge_free(km_online_judge *judge) {
    if (!judge->mem) return;
    if (judge->has_past) {
        km_online_free(&judge->online);
        km_past_free(&judge->past);
        km_scorer_free(&judge->scorer);
    }
    km_calendar_free(&judge->calendar);
    km_free(judge->mem, judge->scored, judge->scored_capacity * sizeof *judge->scored);
    km_free(judge->mem, judge->image, judge->image_capacity);
    *judge = (km_online_judge){0};
}

/* What came from the caller: the columns that are filled here are none of theirs. */
static km_fieldset given(const km_batch *batch) {
    int count;
    const km_field *fields = km_fields(KM_SCOPE_CLAIM, &count);
    km_fieldset set = batch->present;
    for (int i = 0; i < count; i++) {
        if (fields[i].stratum == KM_STRATUM_HISTORY || fields[i].stratum == KM_STRATUM_SCORE)
            km_fieldset_remove(&set, i);
    }
    return set;
}

static kiem_status score(km_online_judge *judge, km_batch *batch, km_error *error) {
    const km_place_tables places = km_policy_places(judge->policy);
    if (!judge->scorer.fitted) return KIEM_OK;
    if (!km_grow(judge->mem, (void **)&judge->scored, &judge->scored_capacity, batch->rows,
                 sizeof *judge->scored)) {
        return km_nomem(error);
    }
    return km_scorer_judge(&judge->scorer, &places, batch, judge->scored, error);
}

static kiem_status work_out(km_online_judge *judge, km_batch *batch, km_error *error) {
    KM_TRY(km_due_attach(&judge->calendar, batch, &judge->wanted, error));
    if (!judge->has_past) return KIEM_OK;
    KM_TRY(km_online_attach(&judge->online, batch, &judge->wanted, error));
    return score(judge, batch, error);
}

kiem_status km_online_judge_batch(km_online_judge *judge, km_verdict *verdict, const km_input *input,
                                  km_error *error) {
    const km_batch *batch = input->set[KM_SCOPE_CLAIM].batch;
    km_batch seen;
    km_input beside = *input;
    km_fieldset keep = given(batch);
    if (!batch->rows) return km_verdict_batch(verdict, input, error);
    if (!km_grow(judge->mem, &judge->image, &judge->image_capacity, km_batch_image_size(batch, &keep), 1))
        return km_nomem(error);
    km_batch_image_write(batch, &keep, judge->image);
    km_batch_image_open(&seen, judge->mem, judge->image);
    kiem_status status = work_out(judge, &seen, error);
    beside.set[KM_SCOPE_CLAIM].batch = &seen;
    if (status == KIEM_OK) status = km_verdict_batch(verdict, &beside, error);
    km_batch_free(&seen);
    return status;
}
