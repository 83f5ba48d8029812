#include "engine/flow/reading.h"

#include "engine/flow/bytes.h"
#include "engine/flow/crew.h"
#include "engine/learn.h"
#include "ingest/decoder.h"

enum { TOLD_AT_LEAST = 1 << 20 };

kiem_status km_job_put_rejects(km_job *job, const km_input_file *input, const km_rejects *rejects,
                               km_error *error) {
    km_sink *sink = &job->sinks[KM_TABLE_REJECTS];
    if (!rejects->count) return KIEM_OK;
    for (size_t i = 0; i < rejects->count; i++) {
        KM_TRY(km_table_put_reject(&sink->chunk, km_text_from(input->label), rejects, i,
                                   job->options.language, error));
    }
    job->now.rejects += rejects->count;
    return km_sink_flush(sink, error);
}

/* ---- one input, read by several threads: bytes and blocks one after another, decoding side by side,
 * learning in the order of the file */

typedef struct read_worker {
    km_decoder *decoder; /* made once the layout is known */
    km_batch batch;
    km_buf packed; /* what the spool keeps of the batch */
    km_drafts drafts;
    km_block *block;
    uint64_t bytes_done; /* of the job, when the block was fetched */
    km_timings timings;
} read_worker;

typedef struct reading {
    km_job *job;
    km_input_file *input;
    km_ingest_options options;
    km_source *source;
    km_bytes from;
    bool finished;
    uint64_t bytes_done, told; /* bytes at the last report of progress */
    read_worker *workers;      /* one for each place of the crew */
    int threads, places;
} reading;

static kiem_status read_on(reading *r, km_error *error) {
    char *room;
    size_t size, taken;
    KM_TRY(km_source_room(r->source, &room, &size, error));
    if (r->input->table) { /* of an envelope, whose bytes were counted as they came */
        KM_TRY(km_tag_table_read(r->input->table, room, size, &taken, error));
    } else {
        KM_TRY(km_bytes_next(&r->from, room, size, &taken, error));
        r->bytes_done += taken;
    }
    if (r->job->digest) km_digest_add(r->job->digest, room, taken);
    if (taken) return km_source_took(r->source, taken, error);
    if (r->from.interrupted) return km_job_check_cancelled(r->job, error);
    r->finished = true;
    return km_source_finish(r->source, error);
}

static kiem_status fetch_block(void *context, int worker, bool *more, km_error *error) {
    reading *r = context;
    read_worker *w = &r->workers[worker];
    km_timings_start(&w->timings);
    if (w->block) km_source_return_block(r->source, w->block);
    while (!(w->block = km_source_next_block(r->source)) && !r->finished) KM_TRY(read_on(r, error));
    w->bytes_done = r->bytes_done;
    *more = w->block != NULL;
    km_timings_book(&w->timings, KM_STAGE_READ);
    return KIEM_OK;
}

static kiem_status decode_block(void *context, int worker, km_error *error) {
    reading *r = context;
    read_worker *w = &r->workers[worker];
    km_timings_start(&w->timings);
    if (!w->decoder) {
        KM_TRY(km_job_check_layout(r->input, km_source_layout(r->source), error));
        KM_TRY(km_decoder_new(r->job->mem, km_source_layout(r->source), &r->options, &w->decoder, error));
    }
    KM_TRY(km_decoder_fit_batch(w->decoder, w->block, &w->batch, error));
    kiem_status status = km_decoder_decode(w->decoder, w->block, &w->batch, error);
    if (status == KIEM_OK && w->batch.rows) status = km_job_pack_batch(r->job, &w->batch, &w->packed, error);
    km_timings_book(&w->timings, KM_STAGE_PARSE);
    if (status == KIEM_OK) status = km_job_read_drafts(&w->drafts, &w->batch, error);
    km_timings_book(&w->timings, KM_STAGE_LEARN);
    return status;
}

static kiem_status learn_block(void *context, int worker, km_error *error) {
    reading *r = context;
    km_job *job = r->job;
    read_worker *w = &r->workers[worker];
    const km_batch *batch = &w->batch;
    km_rejects *rejects = km_decoder_rejects(w->decoder);
    km_timings_start(&w->timings);
    r->input->counts.records += w->block->records;
    r->input->counts.rows += batch->rows;
    if (batch->rows) {
        if (batch->scope == KM_SCOPE_CLAIM) job->now.rows += batch->rows;
        if (batch->row[batch->rows - 1] > job->last_row) job->last_row = batch->row[batch->rows - 1];
        KM_TRY(km_job_learn_batch(job, batch, &w->packed, &w->drafts, error));
    }
    KM_TRY(km_job_put_rejects(job, r->input, rejects, error));
    km_rejects_clear(rejects);
    km_timings_book(&w->timings, KM_STAGE_LEARN);
    job->now.bytes_done = w->bytes_done;
    return km_job_check_cancelled(job, error);
}

static kiem_status tell_reading(void *context, km_error *error) {
    reading *r = context;
    if (r->job->now.bytes_done < r->told + TOLD_AT_LEAST) return KIEM_OK;
    r->told = r->job->now.bytes_done;
    return km_job_tell(r->job, "read", error);
}

static void close_reading(reading *r) {
    for (int i = 0; r->workers && i < r->places; i++) {
        read_worker *w = &r->workers[i];
        if (w->block) km_source_return_block(r->source, w->block);
        km_timings_add(&r->job->timings, &w->timings);
        km_batch_free(&w->batch);
        km_buf_free(&w->packed);
        km_decoder_free(w->decoder);
        km_drafts_free(&w->drafts);
    }
    km_free(r->job->mem, r->workers, (size_t)r->places * sizeof *r->workers);
    km_source_free(r->source);
    km_bytes_close(&r->from);
}

static kiem_status open_reading(reading *r, km_error *error) {
    km_job *job = r->job;
    r->places = km_crew_places(r->threads);
    r->workers = km_alloc_zero(job->mem, (size_t)r->places * sizeof *r->workers);
    for (int i = 0; r->workers && i < r->places; i++)
        km_drafts_init(&r->workers[i].drafts, job->mem, &job->courses);
    if (!r->workers) return km_nomem(error);
    for (int i = 0; i < r->places; i++) km_buf_init(&r->workers[i].packed, job->mem);
    if (!r->input->table)
        KM_TRY(km_bytes_open(&r->from, r->input->name, r->input->read, r->input->user,
                             km_buf_view(&r->input->head), error));
    return km_source_new(job->mem, &r->options, &r->source, error);
}

/* Whether money was read as it was meant: known once all of it was seen, before any of it is judged. */
static kiem_status check_marks(const reading *r, km_error *error) {
    km_mark_signs signs = {0};
    for (int i = 0; i < r->places; i++) {
        if (r->workers[i].decoder) km_mark_signs_join(&signs, km_decoder_signs(r->workers[i].decoder));
    }
    return km_mark_signs_check(&signs, km_source_layout(r->source), &r->options, error);
}

static void note_counts(reading *r) {
    km_source_counts source = km_source_get_counts(r->source);
    km_reader_counts *counts = &r->input->counts;
    counts->bytes = source.bytes;
    counts->rejects = counts->records - counts->rows;
    counts->header_only = source.header_only;
}

/* The claims of an envelope were read: so are its rejects. */
static kiem_status take_envelope(km_job *job, km_input_file *input, km_error *error) {
    const km_rejects *rejects = km_envelope_rejects(input->envelope);
    input->counts.records += rejects->count;
    return km_job_put_rejects(job, input, rejects, error);
}

/* A table of few rows is read sooner than threads begin. */
static int threads_for(const km_job *job, const km_input_file *input) {
    enum { FEW = 256 };
    return input->table && input->table->rows <= FEW ? 1 : job->threads;
}

kiem_status km_job_read_rows(km_job *job, uint32_t number, const km_fieldset *wanted, km_scope scope,
                             km_error *error) {
    km_input_file *input = &job->inputs[number];
    reading r = {.job = job,
                 .input = input,
                 .threads = threads_for(job, input),
                 .options = {.file = input->name,
                             .scope = scope,
                             .wanted = *wanted,
                             .input = number,
                             .base = job->next_base,
                             .first_row = input->table ? 1 : 0,
                             .decimal_comma = job->options.decimal_comma},
                 .bytes_done = job->now.bytes_done,
                 .told = job->now.bytes_done};
    const km_crew_plan plan = {fetch_block, decode_block, learn_block, tell_reading, &r};
    job->last_row = 0;
    kiem_status status = open_reading(&r, error);
    if (status == KIEM_OK) status = km_crew_run(&plan, r.threads, error);
    if (status == KIEM_OK) status = km_job_check_layout(input, km_source_layout(r.source), error);
    if (status == KIEM_OK) status = check_marks(&r, error);
    if (status == KIEM_OK && input->envelope) status = take_envelope(job, input, error);
    if (status == KIEM_OK) status = km_job_note_layout(job, input, km_source_layout(r.source), error);
    if (status == KIEM_OK) {
        note_counts(&r);
        job->now.bytes_done = r.bytes_done;
        if (scope == KM_SCOPE_CLAIM) job->next_base += (uint64_t)job->last_row + 1;
        status = km_job_tell(job, "read", error);
    }
    if (status == KIEM_OK && job->digest) status = km_job_note_source(job, input, error);
    close_reading(&r);
    if (input->table) km_tag_table_free(input->table);
    return status;
}
