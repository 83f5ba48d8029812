/* Any bytes as Arrow record batches: formats, fields, offsets, nulls, dictionaries and lengths as the bytes
 * say. Buffers are exactly as long as the arrays claim, because more cannot be noticed; everything else may
 * lie. Whatever comes: every row is read or rejected, texts are UTF-8, and all that was handed out is
 * released once. */
#include <stdlib.h>
#include <string.h>

#include "ingest/arrow_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { COLUMNS = 8, ROWS_MAX = 40, BYTES = 64, WORDS = 5, BATCHES = 2 };

static void require(bool held) {
    if (!held) abort();
}

typedef struct input {
    const uint8_t *data;
    size_t size, at;
} input;

static uint8_t next(input *in) {
    return in->at < in->size ? in->data[in->at++] : 0;
}

typedef struct fuzz_column {
    const char *name, *format, *words_format;
    void *buffers[5];
    int64_t buffer_count, rows, offset, nulls;
    struct fuzz_column *words;
} fuzz_column;

typedef struct source {
    fuzz_column columns[COLUMNS], words[COLUMNS];
    struct ArrowSchema schemas[2 * COLUMNS], *schema_pointers[COLUMNS];
    struct ArrowArray arrays[2 * COLUMNS], *array_pointers[COLUMNS];
    const void *row_buffers[1];
    int64_t count, rows, offset;
    int batches;
    long live;
} source;

static const char *const formats[] = {
    "n",    "b",       "c",     "C",        "s",         "S",      "i",   "I",    "l",       "L",
    "f",    "g",       "u",     "U",        "vu",        "tdD",    "tdm", "tss:", "tsm:",    "tsu:",
    "tsn:", "tss:UTC", "d:9,2", "d:9,2,32", "d:18,3,64", "d:38,0", "z",   "+l",   "d:300,1", ""};

static size_t width_of(const char *format) {
    if (strchr("cCb", *format)) return 1;
    if (strchr("sS", *format)) return 2;
    if (strchr("iIf", *format) || strcmp(format, "tdD") == 0 || strcmp(format, "d:9,2,32") == 0) return 4;
    return *format == 'v' || strcmp(format, "d:9,2") == 0 || strcmp(format, "d:38,0") == 0 ? 16 : 8;
}

static void *bytes_from(input *in, size_t size) {
    uint8_t *bytes = malloc(size ? size : 1);
    require(bytes != NULL);
    for (size_t i = 0; i < size; i++) bytes[i] = next(in);
    return bytes;
}

/* Offsets stay inside the bytes, but go backwards or below zero as they like. */
static void *offsets_from(input *in, size_t count, bool large) {
    char *offsets = malloc(count * 8);
    require(offsets != NULL);
    bool tidy = next(in) % 8 != 0;
    for (size_t i = 0, at = 0; i < count; i++) {
        uint8_t byte = next(in);
        at += byte % 5;
        int64_t value = tidy ? (int64_t)(at > BYTES ? BYTES : at) : (int64_t)(byte % (BYTES + 2)) - 1;
        int32_t narrow = (int32_t)value;
        memcpy(offsets + i * (large ? 8 : 4), large ? (void *)&value : (void *)&narrow, large ? 8 : 4);
    }
    return offsets;
}

static void fill(fuzz_column *column, input *in, const char *format, int64_t rows) {
    uint8_t flags = next(in);
    int64_t sizes[] = {BYTES};
    column->rows = rows;
    column->offset = flags & 1 ? next(in) % 9 : 0;
    size_t cells = (size_t)(column->rows + column->offset);
    column->nulls = flags & 2 ? -1 : flags & 4 ? next(in) % 8 - 2 : 0;
    if (flags & 2) column->buffers[0] = bytes_from(in, cells / 8 + 1);
    column->buffer_count = *format == 'n' ? 0 : *format == 'u' || *format == 'U' ? 3 : *format == 'v' ? 4 : 2;
    if (flags & 8 && flags & 16) column->buffer_count = next(in) % 5;
    if (*format == 'u' || *format == 'U') {
        column->buffers[1] = offsets_from(in, cells + 1, *format == 'U');
        column->buffers[2] = bytes_from(in, BYTES);
    } else {
        column->buffers[1] = bytes_from(in, cells * width_of(format));
        column->buffers[2] = bytes_from(in, BYTES);
        column->buffers[3] = bytes_from(in, sizeof sizes);
        memcpy(column->buffers[3], sizes, sizeof sizes);
    }
    /* a view looks for its sizes in the last buffer */
    if (*format == 'v') column->buffer_count = 4;
}

static void empty(fuzz_column *column) {
    for (int i = 0; i < 5; i++) free(column->buffers[i]);
}

/* ---- the stream */

static void release_schema(struct ArrowSchema *schema) {
    --*(long *)schema->private_data;
    for (int64_t i = 0; i < schema->n_children; i++) {
        struct ArrowSchema *child = schema->children[i];
        if (child->dictionary && child->dictionary->release) child->dictionary->release(child->dictionary);
        if (child->release) child->release(child);
    }
    schema->release = NULL;
}

static void release_array(struct ArrowArray *array) {
    --*(long *)array->private_data;
    for (int64_t i = 0; array->children && i < array->n_children; i++) {
        struct ArrowArray *child = array->children[i];
        if (child->dictionary && child->dictionary->release) child->dictionary->release(child->dictionary);
        if (child->release) child->release(child);
    }
    array->release = NULL;
}

static struct ArrowSchema plain_schema(source *from, const char *name, const char *format) {
    from->live++;
    return (struct ArrowSchema){
        .format = format, .name = name, .release = release_schema, .private_data = &from->live};
}

static struct ArrowArray plain_array(source *from, const fuzz_column *column) {
    from->live++;
    return (struct ArrowArray){.length = column->rows,
                               .null_count = column->nulls,
                               .offset = column->offset,
                               .n_buffers = column->buffer_count,
                               .buffers = (const void **)(uintptr_t)column->buffers,
                               .release = release_array,
                               .private_data = &from->live};
}

static int get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out) {
    source *from = stream->private_data;
    *out = plain_schema(from, "", "+s");
    for (int64_t i = 0; i < from->count; i++) {
        from->schema_pointers[i] = &from->schemas[i];
        from->schemas[i] = plain_schema(from, from->columns[i].name, from->columns[i].format);
        if (!from->columns[i].words) continue;
        from->schemas[COLUMNS + i] = plain_schema(from, "", from->columns[i].words_format);
        from->schemas[i].dictionary = &from->schemas[COLUMNS + i];
    }
    out->n_children = from->count;
    out->children = from->schema_pointers;
    return 0;
}

static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *out) {
    source *from = stream->private_data;
    out->release = NULL;
    if (from->batches-- <= 0) return from->batches < -1;
    *out = (struct ArrowArray){.length = from->rows, .offset = from->offset, .n_buffers = 1};
    out->release = release_array;
    out->private_data = &from->live;
    from->live++;
    for (int64_t i = 0; i < from->count; i++) {
        from->array_pointers[i] = &from->arrays[i];
        from->arrays[i] = plain_array(from, &from->columns[i]);
        if (!from->columns[i].words) continue;
        from->arrays[COLUMNS + i] = plain_array(from, from->columns[i].words);
        from->arrays[i].dictionary = &from->arrays[COLUMNS + i];
    }
    out->n_children = from->count;
    out->children = from->array_pointers;
    out->buffers = from->row_buffers;
    return 0;
}

static void release_stream(struct ArrowArrayStream *stream) {
    ((source *)stream->private_data)->live--;
    stream->release = NULL;
}

/* ---- one run */

static void build(source *from, input *in, km_scope scope) {
    int fields;
    const km_field *all = km_fields(scope, &fields);
    from->count = 1 + next(in) % COLUMNS;
    from->offset = next(in) % 3;
    from->batches = next(in) % (BATCHES + 1);
    from->rows = next(in) % ROWS_MAX;
    for (int64_t i = 0; i < from->count; i++) {
        fuzz_column *column = &from->columns[i];
        uint8_t shorter = next(in), dictionary = next(in);
        column->name = all[next(in) % fields].name;
        column->format = formats[next(in) % (sizeof formats / sizeof formats[0])];
        int64_t rows = from->rows + from->offset - (shorter == 255);
        if (dictionary % 4 == 0 && width_of(column->format) <= 8) {
            column->words_format = formats[next(in) % (sizeof formats / sizeof formats[0])];
            column->words = &from->words[i];
            fill(column->words, in, column->words_format, WORDS);
        }
        fill(column, in, column->format, rows < 0 ? 0 : rows);
    }
}

static void note_batch(const km_batch *batch, int64_t *last) {
    int count;
    km_fields(batch->scope, &count);
    require(batch->rows > 0 && batch->rows <= KM_BATCH_ROWS);
    for (uint32_t row = 0; row < batch->rows; row++) {
        require(batch->row[row] > *last);
        *last = batch->row[row];
        for (int field = 0; field < count; field++) {
            if (!km_fieldset_has(&batch->present, field)) continue;
            km_text text = km_batch_value(batch, field, row).text;
            require(km_utf8_valid(text.ptr, text.length));
        }
    }
}

static void read_all(km_arrow_reader *reader, uint64_t batches, uint64_t rows) {
    km_batch *batch = NULL;
    int64_t last = 0;
    uint64_t seen = 0;
    kiem_status status;
    do {
        status = km_arrow_reader_next(reader, &batch, NULL);
        if (status == KIEM_OK && batch) note_batch(batch, &last), seen += batch->rows;
    } while (status == KIEM_OK && batch);
    km_reader_counts counts = km_arrow_reader_get_counts(reader);
    if (status == KIEM_OK) {
        require(counts.records == batches * rows && counts.rows == seen);
        require(counts.records == counts.rows + counts.rejects);
        require(counts.rejects == km_arrow_reader_rejects(reader)->count);
    } else {
        require(status == KIEM_E_FORMAT);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    input in = {data, size, 0};
    uint8_t first = next(&in);
    km_ingest_options options = {.file = "fuzz",
                                 .scope = (km_scope)(first % 3),
                                 .decimal_comma = first & 8,
                                 .record_limit = first & 16 ? 12 : 0};
    memset(&options.wanted, first & 32 ? 0x55 : 0xFF, sizeof options.wanted);
    source *from = calloc(1, sizeof *from);
    require(from != NULL);
    build(from, &in, options.scope);
    uint64_t batches = (uint64_t)from->batches, rows = (uint64_t)from->rows;
    struct ArrowArrayStream stream = {
        .get_schema = get_schema, .get_next = get_next, .release = release_stream, .private_data = from};
    from->live = 1;
    km_arrow_reader *reader = NULL;
    kiem_status status = km_arrow_reader_new(km_mem_default(), &options, &stream, &reader, NULL);
    if (status == KIEM_OK) {
        read_all(reader, batches, rows);
        km_arrow_reader_free(reader);
    } else {
        require(status == KIEM_E_FORMAT && stream.release);
        stream.release(&stream);
    }
    require(from->live == 0 && !stream.release);
    for (int i = 0; i < COLUMNS; i++) empty(&from->columns[i]), empty(&from->words[i]);
    free(from);
    return 0;
}
