#include "ingest/reader.h"

struct km_reader {
    const km_mem *mem;
    km_ingest_options options;
    km_source *source;
    km_decoder *decoder; /* made once the layout is known */
    km_batch batch;
    km_rejects none; /* until then */
    uint64_t records, rows;
    bool finished, failed;
};

kiem_status km_reader_new(const km_mem *mem, const km_ingest_options *options, km_reader **out,
                          km_error *error) {
    *out = NULL;
    km_reader *reader = km_alloc_zero(mem, sizeof *reader);
    if (!reader) return km_nomem(error);
    reader->mem = mem;
    reader->options = *options;
    km_rejects_init(&reader->none, mem);
    kiem_status status = km_source_new(mem, options, &reader->source, error);
    if (status != KIEM_OK) {
        km_reader_free(reader);
        return status;
    }
    *out = reader;
    return KIEM_OK;
}

void km_reader_free(km_reader *reader) {
    if (!reader) return;
    km_batch_free(&reader->batch);
    km_decoder_free(reader->decoder);
    km_source_free(reader->source);
    km_rejects_free(&reader->none);
    km_free(reader->mem, reader, sizeof *reader);
}

/* A call out of its order is none of the input's failures. */
static kiem_status note(km_reader *reader, kiem_status status) {
    if (status != KIEM_OK && status != KIEM_E_ARGUMENT) reader->failed = true;
    return status;
}

static kiem_status check_usable(const km_reader *reader, km_error *error) {
    if (!reader->failed) return KIEM_OK;
    return km_fail(error, KIEM_E_ARGUMENT, "this input was given up after an error");
}

kiem_status km_reader_push(km_reader *reader, const void *bytes, size_t size, km_error *error) {
    KM_TRY(check_usable(reader, error));
    return note(reader, km_source_push(reader->source, bytes, size, error));
}

kiem_status km_reader_finish(km_reader *reader, km_error *error) {
    KM_TRY(check_usable(reader, error));
    reader->finished = true;
    return note(reader, km_source_finish(reader->source, error));
}

static kiem_status ready_decoder(km_reader *reader, const km_block *block, km_error *error) {
    if (!reader->decoder) {
        KM_TRY(km_decoder_new(reader->mem, km_source_layout(reader->source), &reader->options,
                              &reader->decoder, error));
    }
    return km_decoder_fit_batch(reader->decoder, block, &reader->batch, error);
}

static kiem_status next_batch(km_reader *reader, km_batch **out, km_error *error) {
    km_block *block;
    while ((block = km_source_next_block(reader->source)) != NULL) {
        uint32_t records = block->records;
        kiem_status status = ready_decoder(reader, block, error);
        if (status == KIEM_OK) status = km_decoder_decode(reader->decoder, block, &reader->batch, error);
        km_source_return_block(reader->source, block);
        KM_TRY(status);
        reader->records += records;
        reader->rows += reader->batch.rows;
        if (reader->batch.rows) {
            *out = &reader->batch;
            return KIEM_OK;
        }
    }
    if (!reader->finished || !reader->decoder) return KIEM_OK;
    return km_mark_signs_check(km_decoder_signs(reader->decoder), km_source_layout(reader->source),
                               &reader->options, error);
}

kiem_status km_reader_next(km_reader *reader, km_batch **out, km_error *error) {
    *out = NULL;
    KM_TRY(check_usable(reader, error));
    return note(reader, next_batch(reader, out, error));
}

km_rejects *km_reader_rejects(km_reader *reader) {
    return reader->decoder ? km_decoder_rejects(reader->decoder) : &reader->none;
}

km_reader_counts km_reader_get_counts(const km_reader *reader) {
    km_source_counts source = km_source_get_counts(reader->source);
    return (km_reader_counts){.bytes = source.bytes,
                              .records = reader->records,
                              .rows = reader->rows,
                              .rejects = reader->records - reader->rows,
                              .header_only = source.header_only};
}
