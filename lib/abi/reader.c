#include "ingest/reader.h"

#include <string.h>

#include "abi/batch.h"
#include "engine/tables.h"

struct kiem_reader {
    kiem_env *env;
    km_reader *inner;
    char *name;
    kiem_batch batch; /* shows the batch last handed out; its guard is the reader's */
};

static kiem_status enter(kiem_reader *reader, km_error *error) {
    return km_guard_change(&reader->batch.guard, "reader", error);
}

static void leave(kiem_reader *reader) {
    km_guard_leave(&reader->batch.guard);
}

kiem_status kiem_reader_new(kiem_env *given, const char *name, int32_t decimal_comma, kiem_reader **out,
                            kiem_error *error) {
    km_error *sink = km_error_of(error);
    KM_REQUIRE(name && out, sink, "an argument is NULL");
    kiem_env *env = km_env_hold(given);
    const km_mem *mem = km_env_mem(env);
    kiem_reader *reader = km_alloc_zero(mem, sizeof *reader);
    kiem_status status = reader ? KIEM_OK : km_nomem(sink);
    if (status == KIEM_OK) {
        reader->name = km_copy_text(mem, name, strlen(name));
        if (!reader->name) status = km_nomem(sink);
    }
    if (status == KIEM_OK) {
        const km_ingest_options options = {.file = reader->name,
                                           .scope = KM_SCOPE_CLAIM,
                                           .wanted = km_fieldset_of(KM_SCOPE_CLAIM),
                                           .decimal_comma = decimal_comma != 0};
        status = km_reader_new(mem, &options, &reader->inner, sink);
    }
    if (status != KIEM_OK) {
        if (reader && reader->name) km_free(mem, reader->name, strlen(reader->name) + 1);
        km_free(mem, reader, sizeof *reader);
        km_env_release(env);
        return status;
    }
    reader->env = env;
    *out = reader;
    return KIEM_OK;
}

void kiem_reader_free(kiem_reader *reader) {
    if (!reader) return;
    kiem_env *env = reader->env;
    km_reader_free(reader->inner);
    km_free(km_env_mem(env), reader->name, strlen(reader->name) + 1);
    km_free(km_env_mem(env), reader, sizeof *reader);
    km_env_release(env);
}

kiem_status kiem_reader_push(kiem_reader *reader, const void *bytes, size_t size, kiem_error *error) {
    km_error *sink = km_error_of(error);
    KM_REQUIRE(reader && (bytes || !size), sink, "an argument is NULL");
    KM_TRY(enter(reader, sink));
    kiem_status status = km_reader_push(reader->inner, bytes, size, sink);
    leave(reader);
    return status;
}

kiem_status kiem_reader_finish(kiem_reader *reader, kiem_error *error) {
    km_error *sink = km_error_of(error);
    KM_REQUIRE(reader, sink, "reader is NULL");
    KM_TRY(enter(reader, sink));
    kiem_status status = km_reader_finish(reader->inner, sink);
    leave(reader);
    return status;
}

kiem_status kiem_reader_next(kiem_reader *reader, const kiem_batch **out, kiem_error *error) {
    km_error *sink = km_error_of(error);
    km_batch *batch;
    KM_REQUIRE(reader && out, sink, "an argument is NULL");
    KM_TRY(enter(reader, sink));
    kiem_status status = km_reader_next(reader->inner, &batch, sink);
    if (status == KIEM_OK) {
        reader->batch.env = reader->env;
        reader->batch.shown = batch;
        *out = batch ? &reader->batch : NULL;
    }
    leave(reader);
    return status;
}

static kiem_status put_rejects(kiem_reader *reader, kiem_table **out, km_error *sink) {
    km_result rows;
    const km_rejects *rejects = km_reader_rejects(reader->inner);
    KM_TRY(km_table_init(&rows, km_env_mem(reader->env), KM_TABLE_REJECTS, sink));
    kiem_status status = KIEM_OK;
    for (size_t i = 0; i < rejects->count && status == KIEM_OK; i++) {
        status = km_table_put_reject(&rows, km_text_from(reader->name), rejects, i, KIEM_LANG_EN, sink);
    }
    if (status == KIEM_OK) status = km_table_wrap(reader->env, &rows, out, sink);
    km_result_free(&rows);
    return status;
}

kiem_status kiem_reader_rejects(const kiem_reader *given, kiem_table **out, kiem_error *error) {
    km_error *sink = km_error_of(error);
    KM_REQUIRE(given && out, sink, "an argument is NULL");
    kiem_reader *reader = (kiem_reader *)(uintptr_t)given;
    KM_TRY(enter(reader, sink));
    kiem_status status = put_rejects(reader, out, sink);
    leave(reader);
    return status;
}
