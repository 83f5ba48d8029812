#include "support/arrow.h"

#include <errno.h>
#include <stdlib.h>

/* ---- schema and arrays: one block each, with the children inside */

typedef struct schema_block {
    arrow_source *source;
    struct ArrowSchema *pointers[64], children[64], words[64];
} schema_block;

typedef struct array_block {
    arrow_source *source;
    struct ArrowArray *pointers[64], children[64], words[64];
    const void *buffers[1];
} array_block;

static void release_part_of_schema(struct ArrowSchema *schema) {
    arrow_source *source = schema->private_data;
    source->live--;
    schema->release = NULL;
}

static void release_part_of_array(struct ArrowArray *array) {
    arrow_source *source = array->private_data;
    source->live--;
    array->release = NULL;
}

static void release_schema(struct ArrowSchema *schema) {
    schema_block *block = schema->private_data;
    arrow_source *source = block->source;
    for (size_t i = 0; i < source->count; i++) {
        if (block->children[i].release) block->children[i].release(&block->children[i]);
        if (block->words[i].release) block->words[i].release(&block->words[i]);
    }
    source->live--;
    schema->release = NULL;
    free(block);
}

static void release_array(struct ArrowArray *array) {
    array_block *block = array->private_data;
    arrow_source *source = block->source;
    for (size_t i = 0; i < source->count; i++) {
        if (block->children[i].release) block->children[i].release(&block->children[i]);
        if (block->words[i].release) block->words[i].release(&block->words[i]);
    }
    source->live--;
    array->release = NULL;
    free(block);
}

static struct ArrowSchema schema_of(arrow_source *source, const arrow_column *column) {
    source->live++;
    return (struct ArrowSchema){.format = column->format,
                                .name = column->name,
                                .flags = ARROW_FLAG_NULLABLE,
                                .release = release_part_of_schema,
                                .private_data = source};
}

static struct ArrowArray array_of(arrow_source *source, const arrow_column *column) {
    source->live++;
    return (struct ArrowArray){.length = column->rows,
                               .null_count = column->nulls,
                               .offset = column->offset,
                               .n_buffers = column->buffer_count,
                               .buffers = (const void **)(uintptr_t)column->buffers,
                               .release = release_part_of_array,
                               .private_data = source};
}

static int get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out) {
    arrow_source *source = stream->private_data;
    if (source->schema_error) return source->schema_error;
    schema_block *block = calloc(1, sizeof *block);
    if (!block) return ENOMEM;
    block->source = source;
    for (size_t i = 0; i < source->count; i++) {
        block->pointers[i] = &block->children[i];
        block->children[i] = schema_of(source, &source->columns[i]);
        if (!source->columns[i].words) continue;
        block->words[i] = schema_of(source, source->columns[i].words);
        block->children[i].dictionary = &block->words[i];
    }
    source->live++;
    *out = (struct ArrowSchema){.format = "+s",
                                .name = "",
                                .n_children = (int64_t)source->count,
                                .children = block->pointers,
                                .release = release_schema,
                                .private_data = block};
    if (source->spoil_schema) source->spoil_schema(out);
    return 0;
}

static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *out) {
    arrow_source *source = stream->private_data;
    if (++source->sent == source->error_at) return EIO;
    if (source->sent > source->batches) {
        out->release = NULL;
        return 0;
    }
    array_block *block = calloc(1, sizeof *block);
    if (!block) return ENOMEM;
    block->source = source;
    block->buffers[0] = source->row_validity;
    for (size_t i = 0; i < source->count; i++) {
        block->pointers[i] = &block->children[i];
        block->children[i] = array_of(source, &source->columns[i]);
        if (!source->columns[i].words) continue;
        block->words[i] = array_of(source, source->columns[i].words);
        block->children[i].dictionary = &block->words[i];
    }
    source->live++;
    *out = (struct ArrowArray){.length = source->rows,
                               .null_count = source->row_validity ? -1 : 0,
                               .offset = source->offset,
                               .n_buffers = 1,
                               .n_children = (int64_t)source->count,
                               .buffers = block->buffers,
                               .children = block->pointers,
                               .release = release_array,
                               .private_data = block};
    if (source->spoil_array) source->spoil_array(out);
    return 0;
}

static const char *last_error(struct ArrowArrayStream *stream) {
    (void)stream;
    return "something";
}

static void release_stream(struct ArrowArrayStream *stream) {
    arrow_source *source = stream->private_data;
    source->live--;
    if (source->live < 0) source->twice = true;
    stream->release = NULL;
}

void arrow_open(arrow_source *source, struct ArrowArrayStream *out) {
    source->sent = 0;
    source->live = 1;
    source->twice = false;
    *out = (struct ArrowArrayStream){.get_schema = get_schema,
                                     .get_next = get_next,
                                     .get_last_error = last_error,
                                     .release = release_stream,
                                     .private_data = source};
}

/* ---- reading */

static kiem_status read_all(km_arrow_reader *reader, reading *got) {
    km_batch *batch;
    do {
        KM_TRY(km_arrow_reader_next(reader, &batch, &got->error));
        if (batch) write_batch(batch, &got->rows);
        km_rejects *rejects = km_arrow_reader_rejects(reader);
        write_rejects(rejects, &got->rejects);
        km_rejects_clear(rejects);
    } while (batch);
    return KIEM_OK;
}

kiem_status arrow_read(const km_ingest_options *options, arrow_source *source, reading *got) {
    struct ArrowArrayStream stream;
    km_arrow_reader *reader = NULL;
    arrow_open(source, &stream);
    kiem_status status = km_arrow_reader_new(test_mem(), options, &stream, &reader, &got->error);
    if (status != KIEM_OK) { /* still the caller's */
        CU_ASSERT_PTR_NOT_NULL(stream.release);
        if (stream.release) stream.release(&stream);
    } else {
        CU_ASSERT_PTR_NULL(stream.release);
        status = read_all(reader, got);
        got->counts = km_arrow_reader_get_counts(reader);
    }
    km_arrow_reader_free(reader);
    CU_ASSERT_EQUAL(source->live, 0);
    CU_ASSERT_FALSE(source->twice);
    if (status != KIEM_OK) return status;
    return km_buf_ok(&got->rows) && km_buf_ok(&got->rejects) ? KIEM_OK : KIEM_E_NOMEM;
}
