/* A run that judges nothing: the claims of the job are added to a state. */
#include "engine/learn.h"
#include "engine/ledger/provinces.h"

kiem_status km_job_note_source(km_job *job, const km_input_file *input, km_error *error) {
    km_origin source = input->is_arrow ? km_table_digest_origin(&job->table_digest)
                                       : km_digest_origin(job->digest, input->counts.records);
    km_origins *sources = &job->learning->sources;
    const km_place place = km_at(input->name, 0, 0);
    km_digest_init(job->digest);
    job->table_digest = (km_table_digest){0};
    if (input->is_arrow && !source.rows) return KIEM_OK; /* tables without rows are all alike */
    if (job->refused && km_origins_find(job->refused, &source))
        return km_fail_at(
            error, KIEM_E_ARGUMENT, place,
            "the state has learned this source already; learning it again would count its claims twice");
    if (job->refused && km_origins_find(sources, &source))
        return km_fail_at(error, KIEM_E_ARGUMENT, place, "this source is given twice");
    return km_origins_add(sources, &source, true, error);
}

static kiem_status put_totals(km_job *job, const km_skips *skips, km_error *error) {
    KM_TRY(km_job_put_total(job, "rows", (km_int128)job->now.rows + job->now.rejects, 0, error));
    KM_TRY(km_job_put_total(job, "learned", (km_int128)job->now.rows, 0, error));
    KM_TRY(km_job_put_total(job, "rejected", (km_int128)job->now.rejects, 0, error));
    KM_TRY(km_job_put_total(job, "without_person", (km_int128)skips->no_person, 0, error));
    KM_TRY(km_job_put_total(job, "without_admission", (km_int128)skips->no_time, 0, error));
    for (int i = 0; i < KM_TABLE_COUNT; i++) KM_TRY(km_sink_close(&job->sinks[i], error));
    return job->options.out ? km_output_commit(&job->sinks[KM_TABLE_REJECTS].output, error) : KIEM_OK;
}

static kiem_status learn(km_job *job, km_state *state, bool again, km_error *error) {
    km_state *fresh = job->learning;
    job->digest = km_alloc(job->mem, sizeof *job->digest);
    if (!job->digest) return km_nomem(error);
    km_digest_init(job->digest);
    KM_TRY(km_job_read_claims(job, error));
    KM_TRY(km_job_tell(job, "history", error));
    KM_TRY(put_totals(job, &fresh->skips, error));
    kiem_status status = km_state_settle(state, error);
    const uint64_t before = km_run_repeated(&state->run);
    if (status == KIEM_OK) status = km_state_merge(state, fresh, again, error);
    if (status != KIEM_OK && job->options.out) km_output_withdraw(&job->sinks[KM_TABLE_REJECTS].output);
    job->learned_again = km_run_repeated(&state->run) - before;
    job->done = status == KIEM_OK;
    return status;
}

kiem_status km_job_run_learning(km_job *job, km_state *state, bool again, km_error *error) {
    km_state fresh;
    KM_TRY(km_job_start(job, false, error));
    for (size_t i = 0; i < job->input_count; i++) {
        if (job->inputs[i].role != KM_INPUT_CLAIMS)
            return km_fail_at(error, KIEM_E_ARGUMENT, km_at(job->inputs[i].name, 0, 0),
                              "a state is learned from claims alone");
    }
    km_state_init(&fresh, job->mem);
    km_job_note_map(job);
    fresh.money.ledger.merged = job->merged;
    if (job->options.has_as_of) km_state_money_cut(&fresh.money, job->options.as_of);
    job->learning = &fresh;
    job->refused = again ? NULL : &state->sources;
    kiem_status status = learn(job, state, again, error);
    job->learning = NULL;
    job->refused = NULL;
    km_state_free(&fresh);
    return status;
}
