/* Sweeping the history of a job. */
#include "engine/flow/crew.h"
#include "engine/job.h"

/* A part at work, or swept and waiting for its turn. */
typedef struct sweep_place {
    km_history_room room;
    unsigned part;
    km_timings timings;
} sweep_place;

typedef struct sweeping {
    km_job *job;
    sweep_place *places;
    unsigned next;
} sweeping;

static kiem_status fetch_part(void *context, int place, bool *more, km_error *error) {
    sweeping *s = context;
    (void)error;
    *more = s->next < KM_HISTORY_PARTS;
    if (*more) s->places[place].part = s->next++;
    return KIEM_OK;
}

/* A part that waits needs no room to be swept in. */
static kiem_status sweep_part(void *context, int place, km_error *error) {
    sweeping *s = context;
    sweep_place *at = &s->places[place];
    km_timings_start(&at->timings);
    kiem_status status = km_history_sweep_part(&s->job->history, at->part, &at->room, error);
    if (s->job->options.memory) km_history_room_rest(&at->room);
    km_timings_book(&at->timings, KM_STAGE_HISTORY);
    return status;
}

static kiem_status keep_part(void *context, int place, km_error *error) {
    sweeping *s = context;
    sweep_place *at = &s->places[place];
    km_timings_start(&at->timings);
    kiem_status status = km_history_keep_part(&s->job->history, at->part, &at->room, error);
    km_timings_book(&at->timings, KM_STAGE_HISTORY);
    KM_TRY(status);
    return km_job_check_cancelled(s->job, error);
}

static kiem_status tell_sweeping(void *context, km_error *error) {
    const sweeping *s = context;
    return km_job_tell(s->job, "history", error);
}

static kiem_status sweep_all(km_job *job, km_error *error) {
    sweeping s = {.job = job};
    const km_crew_plan plan = {fetch_part, sweep_part, keep_part, tell_sweeping, &s};
    const int places = km_crew_places(job->threads);
    km_timings_start(&job->timings);
    kiem_status status = km_history_close_begin(&job->history, error);
    km_timings_book(&job->timings, KM_STAGE_HISTORY);
    KM_TRY(status);
    s.places = km_alloc_zero(job->mem, (size_t)places * sizeof *s.places);
    if (!s.places) return km_nomem(error);
    for (int i = 0; i < places; i++) km_history_room_init(&s.places[i].room, job->mem);
    status = km_crew_run(&plan, job->threads, error);
    for (int i = 0; i < places; i++) {
        km_history_room_free(&s.places[i].room);
        km_timings_add(&job->timings, &s.places[i].timings);
    }
    km_free(job->mem, s.places, (size_t)places * sizeof *s.places);
    if (status == KIEM_OK) status = km_history_past_uses(&job->history, &job->card_uses, error);
    if (status == KIEM_OK) km_history_close_end(&job->history);
    return status;
}

/* Where the rows of each input begin. Those without claims begin where the next that has some does, or after
 * the last row. */
static void note_starts(const km_job *job, uint64_t *first) {
    uint64_t next = UINT64_MAX;
    for (size_t i = job->input_count; i-- > 0;) {
        if (job->inputs[i].role == KM_INPUT_CLAIMS) next = job->inputs[i].base + 1;
        first[i] = next;
    }
}

kiem_status km_job_close_history(km_job *job, km_error *error) {
    const size_t count = job->input_count;
    uint64_t *first = km_alloc_array(job->mem, count, sizeof *first);
    km_repeated *repeated = km_alloc_array(job->mem, count, sizeof *repeated);
    kiem_status status = first && repeated ? KIEM_OK : km_nomem(error);
    if (status == KIEM_OK) {
        const km_source_starts starts = {first, count};
        note_starts(job, first);
        km_history_tell_sources(&job->history, &starts);
        status = sweep_all(job, error);
    }
    if (status == KIEM_OK) {
        km_repeats_tell(&job->history.repeats, repeated, count);
        for (size_t i = 0; i < count; i++) job->inputs[i].repeated = repeated[i];
        km_repeats_free(&job->history.repeats);
    }
    km_free(job->mem, first, count * sizeof *first);
    km_free(job->mem, repeated, count * sizeof *repeated);
    return status;
}
