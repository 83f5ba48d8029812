#include <errno.h>
#include <kiem/arrow.h>
#include <string.h>

#include "abi/handles.h"
#include "base/decimal.h"

/* A table leaves as record batches of this many rows: a multiple of 64, so that validity bits need no
 * shifting. Whatever is handed out holds the owner of the rows and the environment, because a consumer may
 * keep any part of it, on any thread, as long as it likes. */
enum { BATCH_ROWS = 1 << 16, WIDE = 16 /* bytes of a decimal128 */ };

typedef struct holding {
    kiem_env *env;
    km_owner owner;
} holding;

static holding hold(kiem_env *env, const km_owner *owner) {
    owner->hold(owner->object);
    return (holding){km_env_hold(env), *owner};
}

static void drop(holding *what) {
    what->owner.release(what->owner.object);
    km_env_release(what->env);
}

/* ---- columns */

typedef struct column_data {
    holding held;
    const void *buffers[3];
    void *made; /* values that Arrow lays out otherwise than kiem */
    size_t made_size;
} column_data;

static void release_column(struct ArrowArray *array) {
    column_data *data = array->private_data;
    holding last = data->held;
    const km_mem *mem = km_env_mem(last.env);
    km_free(mem, data->made, data->made_size);
    km_free(mem, data, sizeof *data);
    array->release = NULL;
    drop(&last);
}

static size_t made_size(const km_result_spec *spec, size_t rows) {
    switch (spec->type) {
    case KM_TYPE_TEXT: return 0;
    case KM_TYPE_DATE: return rows * sizeof(int32_t);
    case KM_TYPE_BOOL: return (rows + 7) / 8;
    default: return spec->scale == 0 ? 0 : rows * WIDE;
    }
}

static void make_values(const km_result_spec *spec, const int64_t *values, size_t rows, char *out) {
    for (size_t i = 0; i < rows; i++) {
        if (spec->type == KM_TYPE_DATE) {
            int32_t day = (int32_t)values[i];
            memcpy(out + i * sizeof day, &day, sizeof day);
        } else if (spec->type == KM_TYPE_BOOL) {
            if (values[i]) out[i / 8] = (char)(out[i / 8] | 1 << (i % 8));
        } else {
            km_int128 wide = values[i];
            memcpy(out + i * WIDE, &wide, WIDE);
        }
    }
}

static int64_t count_nulls(const uint64_t *valid, size_t first, size_t rows) {
    int64_t nulls = 0;
    for (size_t i = first; i < first + rows; i++) nulls += !(valid[i / 64] >> (i % 64) & 1);
    return nulls;
}

static bool fill_column(struct ArrowArray *out, kiem_env *env, const km_owner *owner,
                        const km_result_column *column, size_t first, size_t rows) {
    const km_mem *mem = km_env_mem(env);
    const km_result_spec *spec = &column->spec;
    column_data *data = km_alloc_zero(mem, sizeof *data);
    if (!data) return false;
    data->made_size = made_size(spec, rows);
    if (data->made_size) {
        data->made = km_alloc_zero(mem, data->made_size);
        if (!data->made) {
            km_free(mem, data, sizeof *data);
            return false;
        }
        make_values(spec, column->values + first, rows, data->made);
    }
    bool text = spec->type == KM_TYPE_TEXT;
    *out = (struct ArrowArray){.length = (int64_t)rows,
                               .null_count = count_nulls(column->valid, first, rows),
                               .n_buffers = text ? 3 : 2,
                               .buffers = data->buffers,
                               .release = release_column,
                               .private_data = data};
    if (out->null_count) data->buffers[0] = (const char *)column->valid + first / 8;
    data->buffers[1] = data->made ? data->made : column->values + first;
    if (text) data->buffers[2] = column->bytes.data ? column->bytes.data : "";
    data->held = hold(env, owner);
    return true;
}

/* ---- record batches */

typedef struct batch_data {
    kiem_env *env;
    size_t size; /* of this block */
    const void *buffers[1];
    struct ArrowArray **pointers;
    struct ArrowArray columns[];
} batch_data;

static void release_batch(struct ArrowArray *array) {
    batch_data *data = array->private_data;
    kiem_env *env = data->env;
    for (int64_t i = 0; i < array->n_children; i++) {
        if (data->columns[i].release) data->columns[i].release(&data->columns[i]);
    }
    km_free(km_env_mem(env), data, data->size);
    array->release = NULL;
    km_env_release(env);
}

static bool fill_batch(struct ArrowArray *out, kiem_env *env, const km_owner *owner, const km_result *rows,
                       size_t first, size_t count) {
    size_t columns = (size_t)rows->columns,
           size = sizeof(batch_data) + columns * (sizeof(struct ArrowArray) + sizeof(struct ArrowArray *));
    batch_data *data = km_alloc_zero(km_env_mem(env), size);
    if (!data) return false;
    data->env = km_env_hold(env);
    data->size = size;
    data->pointers = (struct ArrowArray **)(void *)(data->columns + columns);
    *out = (struct ArrowArray){.length = (int64_t)count,
                               .n_buffers = 1,
                               .n_children = rows->columns,
                               .buffers = data->buffers,
                               .children = data->pointers,
                               .release = release_batch,
                               .private_data = data};
    for (size_t i = 0; i < columns; i++) {
        data->pointers[i] = &data->columns[i];
        if (fill_column(&data->columns[i], env, owner, &rows->column[i], first, count)) continue;
        release_batch(out);
        return false;
    }
    return true;
}

/* ---- schema: names and formats stand in the library for ever */

typedef struct schema_data {
    kiem_env *env;
    size_t size;
    struct ArrowSchema **pointers;
    struct ArrowSchema columns[];
} schema_data;

static void release_plain(struct ArrowSchema *schema) {
    schema->release = NULL;
}

static void release_schema(struct ArrowSchema *schema) {
    schema_data *data = schema->private_data;
    kiem_env *env = data->env;
    for (int64_t i = 0; i < schema->n_children; i++) {
        if (data->columns[i].release) data->columns[i].release(&data->columns[i]);
    }
    km_free(km_env_mem(env), data, data->size);
    schema->release = NULL;
    km_env_release(env);
}

static bool fill_schema(struct ArrowSchema *out, kiem_env *env, const km_result *rows) {
    size_t columns = (size_t)rows->columns,
           size = sizeof(schema_data) + columns * (sizeof(struct ArrowSchema) + sizeof(struct ArrowSchema *));
    schema_data *data = km_alloc_zero(km_env_mem(env), size);
    if (!data) return false;
    data->env = km_env_hold(env);
    data->size = size;
    data->pointers = (struct ArrowSchema **)(void *)(data->columns + columns);
    for (size_t i = 0; i < columns; i++) {
        const km_result_spec *spec = &rows->column[i].spec;
        bool text = spec->type == KM_TYPE_TEXT;
        data->pointers[i] = &data->columns[i];
        data->columns[i] = (struct ArrowSchema){.format = text ? "U" : km_table_format(spec),
                                                .name = spec->name,
                                                .flags = ARROW_FLAG_NULLABLE,
                                                .release = release_plain};
    }
    *out = (struct ArrowSchema){.format = "+s",
                                .name = rows->name,
                                .n_children = rows->columns,
                                .children = data->pointers,
                                .release = release_schema,
                                .private_data = data};
    return true;
}

/* ---- stream */

typedef struct stream_data {
    holding held;
    const km_result *rows;
    size_t next;
    bool failed;
} stream_data;

static int stream_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out) {
    stream_data *data = stream->private_data;
    data->failed = !fill_schema(out, data->held.env, data->rows);
    return data->failed ? ENOMEM : 0;
}

static int stream_next(struct ArrowArrayStream *stream, struct ArrowArray *out) {
    stream_data *data = stream->private_data;
    size_t left = data->rows->rows - data->next, count = left < BATCH_ROWS ? left : BATCH_ROWS;
    if (!left) {
        out->release = NULL;
        return 0;
    }
    data->failed = !fill_batch(out, data->held.env, &data->held.owner, data->rows, data->next, count);
    if (data->failed) return ENOMEM;
    data->next += count;
    return 0;
}

static const char *stream_error(struct ArrowArrayStream *stream) {
    const stream_data *data = stream->private_data;
    return data->failed ? "out of memory" : NULL;
}

static void stream_release(struct ArrowArrayStream *stream) {
    stream_data *data = stream->private_data;
    holding last = data->held;
    km_free(km_env_mem(last.env), data, sizeof *data);
    stream->release = NULL;
    drop(&last);
}

static kiem_status export_rows(kiem_env *env, const km_owner *owner, const km_result *rows,
                               struct ArrowArrayStream *out, km_error *error) {
    stream_data *data = km_alloc_zero(km_env_mem(env), sizeof *data);
    if (!data) return km_nomem(error);
    *data = (stream_data){.held = hold(env, owner), .rows = rows};
    *out = (struct ArrowArrayStream){.get_schema = stream_schema,
                                     .get_next = stream_next,
                                     .get_last_error = stream_error,
                                     .release = stream_release,
                                     .private_data = data};
    return KIEM_OK;
}

kiem_status kiem_table_export_arrow(const kiem_table *table, struct ArrowArrayStream *out,
                                    kiem_error *error) {
    km_error *sink = km_error_of(error);
    KM_REQUIRE(table && out, sink, "an argument is NULL");
    if (table->owner.object) return export_rows(table->env, &table->owner, table->rows, out, sink);
    kiem_table *copy;
    KM_TRY(km_table_copy(table, &copy, sink));
    kiem_status status = export_rows(copy->env, &copy->owner, copy->rows, out, sink);
    kiem_table_free(copy);
    return status;
}
