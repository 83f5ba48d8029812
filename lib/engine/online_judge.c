#include "engine/online_judge.h"

kiem_status km_online_judge_init(km_online_judge *judge, const km_mem *mem, const km_policy *policy,
                                 km_state *state, km_error *error) {
    km_reads needs = {0};
    *judge = (km_online_judge){.mem = mem};
    km_courses courses;
    KM_TRY(km_courses_read(&courses, km_policy_table(policy, KM_TEXT("long_courses")), error));
    KM_TRY(km_past_init(&judge->past, mem, state, error));
    judge->past.courses = courses;
    km_policy_needs(policy, &needs);
    judge->wanted = needs.fields[KM_SCOPE_CLAIM];
    km_online_init(&judge->online, mem, &judge->past);
    return KIEM_OK;
}

void km_online_judge_free(km_online_judge *judge) {
    if (!judge->mem) return;
    km_online_free(&judge->online);
    km_past_free(&judge->past);
    km_free(judge->mem, judge->image, judge->image_capacity);
    *judge = (km_online_judge){0};
}

/* What came from the caller: the columns that history fills are its own. */
static km_fieldset given(const km_batch *batch) {
    int count;
    const km_field *fields = km_fields(KM_SCOPE_CLAIM, &count);
    km_fieldset set = batch->present;
    for (int i = 0; i < count; i++) {
        if (fields[i].stratum == KM_STRATUM_HISTORY) km_fieldset_remove(&set, i);
    }
    return set;
}

kiem_status km_online_judge_batch(km_online_judge *judge, km_verdict *verdict, const km_batch *batch,
                                  km_error *error) {
    km_batch seen;
    km_fieldset keep = given(batch);
    if (!batch->rows) return km_verdict_batch(verdict, batch, error);
    if (!km_grow(judge->mem, &judge->image, &judge->image_capacity, km_batch_image_size(batch, &keep), 1))
        return km_nomem(error);
    km_batch_image_write(batch, &keep, judge->image);
    km_batch_image_open(&seen, judge->mem, judge->image);
    kiem_status status = km_online_attach(&judge->online, &seen, &judge->wanted, error);
    if (status == KIEM_OK) status = km_verdict_batch(verdict, &seen, error);
    km_batch_free(&seen);
    return status;
}
