#include "abi/batch.h"

#include <string.h>

static kiem_status new_batch(kiem_env *given, km_scope scope, kiem_batch **out, km_error *sink) {
    KM_REQUIRE(out, sink, "out is NULL");
    kiem_env *env = km_env_hold(given);
    kiem_batch *batch = km_alloc_zero(km_env_mem(env), sizeof *batch);
    if (!batch) {
        km_env_release(env);
        return km_nomem(sink);
    }
    batch->env = env;
    km_row_builder_init(&batch->builder, km_env_mem(env), scope, false);
    *out = batch;
    return KIEM_OK;
}

kiem_status kiem_batch_new(kiem_env *env, kiem_batch **out, kiem_error *error) {
    return new_batch(env, KM_SCOPE_CLAIM, out, km_error_of(error));
}

kiem_status kiem_batch_new_lines(kiem_env *env, const char *role, kiem_batch **out, kiem_error *error) {
    km_error *sink = km_error_of(error);
    KM_REQUIRE(role, sink, "role is NULL");
    const bool drugs = strcmp(role, "drugs") == 0;
    if (!drugs && strcmp(role, "services") != 0)
        return km_fail(sink, KIEM_E_ARGUMENT, "lines are drugs or services, not '%.40s'", role);
    return new_batch(env, drugs ? KM_SCOPE_DRUG : KM_SCOPE_SERVICE, out, sink);
}

void kiem_batch_free(kiem_batch *batch) {
    if (!batch) return;
    kiem_env *env = batch->env;
    km_row_builder_free(&batch->builder);
    km_free(km_env_mem(env), batch, sizeof *batch);
    km_env_release(env);
}

const km_batch *km_batch_of(const kiem_batch *batch) {
    return batch->shown ? batch->shown : &batch->builder.batch;
}

km_scope km_batch_scope(const kiem_batch *batch) {
    return batch->shown ? batch->shown->scope : batch->builder.scope;
}

static kiem_batch *writable(const kiem_batch *batch) {
    return (kiem_batch *)(uintptr_t)batch;
}

kiem_status km_batch_look(const kiem_batch *batch, km_error *error) {
    return km_guard_look(&writable(batch)->guard, "batch", error);
}

void km_batch_leave(const kiem_batch *batch) {
    km_guard_leave(&writable(batch)->guard);
}

int64_t kiem_batch_rows(const kiem_batch *batch) {
    if (!batch || km_batch_look(batch, NULL) != KIEM_OK) return 0;
    int64_t rows = km_batch_of(batch)->rows;
    km_batch_leave(batch);
    return rows;
}

kiem_status kiem_batch_set(kiem_batch *batch, const char *field, const char *value, size_t length,
                           kiem_error *error) {
    km_error *sink = km_error_of(error);
    KM_REQUIRE(batch && field && (value || length == 0), sink, "an argument is NULL");
    KM_REQUIRE(!batch->shown, sink, "a reader's batch cannot be changed");
    KM_TRY(km_guard_change(&batch->guard, "batch", sink));
    kiem_status status =
        km_row_builder_set(&batch->builder, km_text_from(field), km_text_of(value, length), sink);
    km_guard_leave(&batch->guard);
    return status;
}

kiem_status kiem_batch_end_row(kiem_batch *batch, kiem_error *error) {
    km_error *sink = km_error_of(error);
    KM_REQUIRE(batch && !batch->shown, sink, "batch is NULL or a reader's");
    KM_TRY(km_guard_change(&batch->guard, "batch", sink));
    kiem_status status = km_row_builder_end(&batch->builder, sink);
    km_guard_leave(&batch->guard);
    return status;
}

void kiem_batch_clear(kiem_batch *batch) {
    if (!batch || batch->shown || km_guard_change(&batch->guard, "batch", NULL) != KIEM_OK) return;
    km_row_builder_clear(&batch->builder);
    km_guard_leave(&batch->guard);
}
