
#include "abi/handles.h"
#include "base/vietnamese.h"

#define TEXT_OF(x)       TEXT_OF_VALUE(x)
#define TEXT_OF_VALUE(x) #x

int32_t kiem_version(void) {
    return 10000 * KIEM_VERSION_MAJOR + 100 * KIEM_VERSION_MINOR + KIEM_VERSION_PATCH;
}

const char *kiem_version_text(void) {
    return TEXT_OF(KIEM_VERSION_MAJOR) "." TEXT_OF(KIEM_VERSION_MINOR) "." TEXT_OF(KIEM_VERSION_PATCH);
}

const char *kiem_status_name(kiem_status status) {
    return km_status_name(status);
}

const char *kiem_status_sentence(kiem_status status) {
    return km_status_sentence(status);
}

kiem_status kiem_message_in(int32_t language, const char *message, char *buffer, size_t size) {
    if (!message || !buffer || !size || (language != KIEM_LANG_VI && language != KIEM_LANG_EN))
        return KIEM_E_ARGUMENT;
    km_message_in(language, km_text_from(message), buffer, size);
    return KIEM_OK;
}

/* ---- environment */

/* A struct from a later version may be longer; what this version does not know must then be zero. Once a
 * struct has grown, known_size stays that of its first version here, and what a shorter one lacks is zero. */
static bool fits(const void *given, size_t given_size, size_t known_size) {
    const unsigned char *bytes = given;
    if (given_size < known_size) return false;
    for (size_t i = known_size; i < given_size; i++) {
        if (bytes[i]) return false;
    }
    return true;
}

kiem_status kiem_env_new(const kiem_allocator *allocator, const kiem_log_sink *log, kiem_env **out) {
    if (!out) return KIEM_E_ARGUMENT;
    if (allocator && !fits(allocator, allocator->struct_size, sizeof *allocator)) return KIEM_E_UNSUPPORTED;
    if (log && !fits(log, log->struct_size, sizeof *log)) return KIEM_E_UNSUPPORTED;
    if (allocator && (!allocator->alloc || !allocator->resize || !allocator->release)) return KIEM_E_ARGUMENT;
    const km_mem *mem = allocator ? allocator : km_mem_default();
    kiem_env *env = km_alloc_zero(mem, sizeof *env);
    if (!env) return KIEM_E_NOMEM;
    env->mem = *mem;
    env->mem.struct_size = sizeof env->mem;
    if (log) env->log = *log;
    atomic_init(&env->references, 1);
    *out = env;
    return KIEM_OK;
}

void kiem_env_free(kiem_env *env) {
    if (env) km_env_release(env);
}

/* The environment behind a NULL: it has no state and is never freed. */
static kiem_env *standard(void) {
    static kiem_env env;
    return &env;
}

kiem_env *km_env_hold(const kiem_env *given) {
    kiem_env *env = (kiem_env *)(uintptr_t)given;
    if (!env) return standard();
    if (env != standard()) atomic_fetch_add(&env->references, 1);
    return env;
}

void km_env_release(kiem_env *env) {
    if (env == standard() || atomic_fetch_sub(&env->references, 1) != 1) return;
    km_mem mem = env->mem;
    km_free(&mem, env, sizeof *env);
}

const km_mem *km_env_mem(const kiem_env *env) {
    return env->mem.alloc ? &env->mem : km_mem_default();
}

/* ---- error */

kiem_status kiem_error_new(const kiem_env *given, kiem_error **out) {
    if (!out) return KIEM_E_ARGUMENT;
    kiem_env *env = km_env_hold(given);
    kiem_error *error = km_alloc(km_env_mem(env), sizeof *error);
    if (!error) {
        km_env_release(env);
        return KIEM_E_NOMEM;
    }
    error->env = env;
    km_error_clear(&error->inner);
    *out = error;
    return KIEM_OK;
}

void kiem_error_free(kiem_error *error) {
    if (!error) return;
    kiem_env *env = error->env;
    km_free(km_env_mem(env), error, sizeof *error);
    km_env_release(env);
}

kiem_status kiem_error_status(const kiem_error *error) {
    return error ? error->inner.status : KIEM_OK;
}

const char *kiem_error_message(const kiem_error *error) {
    return error ? error->inner.message : "";
}

const char *kiem_error_file(const kiem_error *error) {
    return error ? error->inner.file : "";
}

int64_t kiem_error_line(const kiem_error *error) {
    return error ? error->inner.line : 0;
}

int64_t kiem_error_column(const kiem_error *error) {
    return error ? error->inner.column : 0;
}

int64_t kiem_error_offset(const kiem_error *error) {
    return error ? error->inner.offset : -1;
}

km_error *km_error_of(kiem_error *error) {
    if (!error) return NULL;
    km_error_clear(&error->inner);
    return &error->inner;
}

km_text km_text_of(const char *ptr, size_t length) {
    if (!ptr) return (km_text){"", 0};
    return length == SIZE_MAX ? km_text_from(ptr) : (km_text){ptr, length};
}
