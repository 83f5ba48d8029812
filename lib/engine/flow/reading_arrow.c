#include "engine/flow/reading.h"
#include "engine/learn.h"
#include "ingest/arrow_reader.h"

static kiem_status learn_batches(km_job *job, const km_input_file *input, km_arrow_reader *reader,
                                 km_buf *packed, km_drafts *drafts, km_error *error) {
    km_rejects *rejects = km_arrow_reader_rejects(reader);
    for (;;) {
        km_batch *batch;
        km_timings_start(&job->timings);
        KM_TRY(km_arrow_reader_next(reader, &batch, error));
        km_timings_book(&job->timings, KM_STAGE_PARSE);
        KM_TRY(km_job_put_rejects(job, input, rejects, error));
        km_rejects_clear(rejects);
        if (!batch) return KIEM_OK;
        if (batch->scope == KM_SCOPE_CLAIM) job->now.rows += batch->rows;
        job->last_row = batch->row[batch->rows - 1];
        if (job->digest) km_table_digest_add(&job->table_digest, batch);
        KM_TRY(km_job_pack_batch(job, batch, packed, error));
        KM_TRY(km_job_read_drafts(drafts, batch, error));
        KM_TRY(km_job_learn_batch(job, batch, packed, drafts, error));
        km_timings_book(&job->timings, KM_STAGE_LEARN);
        KM_TRY(km_job_tell(job, "read", error));
    }
}

kiem_status km_job_read_arrow(km_job *job, uint32_t number, const km_fieldset *wanted, km_scope scope,
                              km_error *error) {
    km_input_file *input = &job->inputs[number];
    const km_ingest_options options = {.file = input->name,
                                       .scope = scope,
                                       .wanted = *wanted,
                                       .input = number,
                                       .base = job->next_base,
                                       .decimal_comma = job->options.decimal_comma};
    km_arrow_reader *reader;
    km_buf packed;
    job->last_row = 0;
    KM_TRY(km_arrow_reader_new(job->mem, &options, &input->arrow, &reader, error));
    km_drafts drafts;
    km_buf_init(&packed, job->mem);
    km_drafts_init(&drafts, job->mem, &job->courses);
    kiem_status status = km_job_check_layout(input, km_arrow_reader_layout(reader), error);
    if (status == KIEM_OK) status = learn_batches(job, input, reader, &packed, &drafts, error);
    km_drafts_free(&drafts);
    if (status == KIEM_OK) status = km_job_note_layout(job, input, km_arrow_reader_layout(reader), error);
    if (status == KIEM_OK) {
        input->counts = km_arrow_reader_get_counts(reader);
        if (scope == KM_SCOPE_CLAIM) job->next_base += (uint64_t)job->last_row + 1;
        if (job->digest) status = km_job_note_source(job, input, error);
    }
    km_buf_free(&packed);
    km_arrow_reader_free(reader);
    return status;
}
