#include "state/state.h"

#include "abi/batch.h"
#include "engine/learned_peers.h"
#include "engine/policy/policy_load.h"

static kiem_status state_new(kiem_env *given, kiem_state **out, km_error *sink) {
    kiem_env *env = km_env_hold(given);
    kiem_state *state = km_alloc_zero(km_env_mem(env), sizeof *state);
    if (!state) {
        km_env_release(env);
        return km_nomem(sink);
    }
    state->env = env;
    atomic_init(&state->references, 1);
    pthread_mutex_init(&state->settling, NULL);
    km_state_init(&state->inner, km_env_mem(env));
    kiem_status status = km_builtin_courses(&state->inner.courses, km_env_mem(env), sink);
    if (status == KIEM_OK) {
        *out = state;
    } else {
        km_state_release(state);
    }
    return status;
}

kiem_status kiem_state_new(kiem_env *given, kiem_state **out, kiem_error *error) {
    km_error *sink = km_error_of(error);
    KM_REQUIRE(out, sink, "out is NULL");
    return state_new(given, out, sink);
}

kiem_state *km_state_hold(kiem_state *state) {
    atomic_fetch_add(&state->references, 1);
    return state;
}

void km_state_release(kiem_state *state) {
    if (!state || atomic_fetch_sub(&state->references, 1) != 1) return;
    kiem_env *env = state->env;
    km_state_free(&state->inner);
    pthread_mutex_destroy(&state->settling);
    km_free(km_env_mem(env), state, sizeof *state);
    km_env_release(env);
}

kiem_status km_state_change(kiem_state *state, km_error *error) {
    KM_TRY(km_guard_change(&state->guard, "state", error));
    atomic_store(&state->settled, false);
    return KIEM_OK;
}

static void count_claims(kiem_state *state) {
    atomic_store(&state->claims, (long long)(state->inner.run.count + state->inner.fresh.count));
}

void km_state_leave_changed(kiem_state *state) {
    count_claims(state);
    km_guard_leave(&state->guard);
}

static kiem_status settle(kiem_state *state, km_error *error) {
    if (atomic_load(&state->settled)) return KIEM_OK;
    KM_TRY(km_guard_change(&state->guard, "state", error));
    kiem_status status = km_state_settle(&state->inner, error);
    if (status == KIEM_OK) status = km_links_join(&state->inner.run.links, error);
    if (status == KIEM_OK) atomic_store(&state->settled, true);
    km_guard_leave(&state->guard);
    return status;
}

kiem_status km_state_look(kiem_state *state, km_error *error) {
    pthread_mutex_lock(&state->settling);
    kiem_status status = settle(state, error);
    if (status == KIEM_OK) status = km_guard_look(&state->guard, "state", error);
    pthread_mutex_unlock(&state->settling);
    KM_TRY(status);
    if (atomic_load(&state->settled)) return KIEM_OK;
    km_guard_leave(&state->guard);
    return km_fail(error, KIEM_E_BUSY, "the state is learning");
}

void kiem_state_free(kiem_state *state) {
    km_state_release(state);
}

kiem_status kiem_state_learn(kiem_state *state, const kiem_batch *batch, kiem_error *error) {
    km_error *sink = km_error_of(error);
    const km_place_tables nowhere = {0};
    KM_REQUIRE(state && batch, sink, "an argument is NULL");
    KM_REQUIRE(km_batch_scope(batch) == KM_SCOPE_CLAIM, sink, "the claims are a batch of lines");
    KM_TRY(km_batch_look(batch, sink));
    kiem_status status = km_state_change(state, sink);
    if (status == KIEM_OK) {
        status = km_learn_claims(&state->inner, km_batch_of(batch), NULL, &nowhere, sink);
        km_state_leave_changed(state);
    }
    km_batch_leave(batch);
    return status;
}

kiem_status kiem_state_merge(kiem_state *state, kiem_state *more, int32_t again, kiem_error *error) {
    km_error *sink = km_error_of(error);
    KM_REQUIRE(state && more, sink, "an argument is NULL");
    KM_REQUIRE(state != more, sink, "a state cannot be merged with itself");
    KM_TRY(km_state_change(state, sink));
    kiem_status status = km_guard_change(&more->guard, "state", sink);
    if (status == KIEM_OK) {
        status = km_state_merge(&state->inner, &more->inner, again != 0, sink);
        km_guard_leave(&more->guard);
    }
    km_state_leave_changed(state);
    return status;
}

int64_t kiem_state_claims(const kiem_state *state) {
    return state ? atomic_load(&((kiem_state *)(uintptr_t)state)->claims) : 0;
}

typedef struct writer {
    int32_t (*write)(void *user, const void *bytes, size_t size);
    void *user;
} writer;

static kiem_status write_bytes(void *user, const void *bytes, size_t size, km_error *error) {
    const writer *to = user;
    if (to->write(to->user, bytes, size) == 0) return KIEM_OK;
    return km_fail(error, KIEM_E_IO, "the state could not be written");
}

kiem_status kiem_state_save(kiem_state *state, int32_t (*write)(void *user, const void *bytes, size_t size),
                            void *user, kiem_error *error) {
    km_error *sink = km_error_of(error);
    KM_REQUIRE(state && write, sink, "an argument is NULL");
    writer to = {write, user};
    KM_TRY(km_guard_change(&state->guard, "state", sink));
    kiem_status status = km_state_save(&state->inner, write_bytes, &to, sink);
    km_guard_leave(&state->guard);
    return status;
}

typedef struct reader {
    int64_t (*read)(void *user, void *buffer, size_t size);
    void *user;
} reader;

static kiem_status read_bytes(void *user, void *bytes, size_t size, size_t *taken, km_error *error) {
    const reader *from = user;
    int64_t got = from->read(from->user, bytes, size);
    *taken = got > 0 ? (size_t)got : 0;
    if (got >= 0 && (uint64_t)got <= size) return KIEM_OK;
    return km_fail(error, KIEM_E_IO, "the state could not be read");
}

kiem_status kiem_state_load(kiem_env *env, int64_t (*read)(void *user, void *buffer, size_t size), void *user,
                            kiem_state **out, kiem_error *error) {
    km_error *sink = km_error_of(error);
    KM_REQUIRE(read && out, sink, "an argument is NULL");
    kiem_state *state;
    reader from = {read, user};
    KM_TRY(state_new(env, &state, sink));
    kiem_status status = km_state_load(&state->inner, read_bytes, &from, sink);
    if (status != KIEM_OK) {
        km_state_release(state);
        return status;
    }
    count_claims(state);
    *out = state;
    return KIEM_OK;
}
