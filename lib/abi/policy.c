#include <string.h>

#include "abi/handles.h"
#include "engine/policy/catalogue.h"
#include "engine/policy/policy_load.h"

kiem_status kiem_policy_new(kiem_env *given, const char *directory, kiem_policy **out, kiem_error *error) {
    km_error *sink = km_error_of(error);
    KM_REQUIRE(out, sink, "out is NULL");
    kiem_env *env = km_env_hold(given);
    const km_mem *mem = km_env_mem(env);
    kiem_policy *policy = km_alloc_zero(mem, sizeof *policy);
    kiem_status status = policy ? KIEM_OK : km_nomem(sink);
    if (status == KIEM_OK && directory) {
        policy->directory = km_copy_text(mem, directory, strlen(directory));
        if (!policy->directory) status = km_nomem(sink);
    }
    if (status == KIEM_OK) status = km_policy_load(&policy->inner, mem, directory, sink);
    if (status != KIEM_OK) {
        if (policy && policy->directory) km_free(mem, policy->directory, strlen(policy->directory) + 1);
        km_free(mem, policy, sizeof *policy);
        km_env_release(env);
        return status;
    }
    policy->env = env;
    atomic_init(&policy->references, 1);
    *out = policy;
    return KIEM_OK;
}

const kiem_policy *km_policy_hold(const kiem_policy *policy) {
    atomic_fetch_add(&((kiem_policy *)(uintptr_t)policy)->references, 1);
    return policy;
}

void km_policy_release(const kiem_policy *given) {
    kiem_policy *policy = (kiem_policy *)(uintptr_t)given;
    if (atomic_fetch_sub(&policy->references, 1) != 1) return;
    kiem_env *env = policy->env;
    km_policy_free(&policy->inner);
    if (policy->directory) km_free(km_env_mem(env), policy->directory, strlen(policy->directory) + 1);
    km_free(km_env_mem(env), policy, sizeof *policy);
    km_env_release(env);
}

void kiem_policy_free(kiem_policy *policy) {
    if (policy) km_policy_release(policy);
}

/* ---- putting together */

static kiem_status enter(kiem_policy *policy, km_error *error) {
    KM_TRY(km_guard_change(&policy->guard, "policy", error));
    if (!atomic_load(&policy->ready)) return KIEM_OK;
    km_guard_leave(&policy->guard);
    return km_fail(error, KIEM_E_ARGUMENT, "the policy is compiled and cannot change any more");
}

kiem_status kiem_policy_add_rules(kiem_policy *policy, const char *name, const char *text, size_t length,
                                  kiem_error *error) {
    km_error *sink = km_error_of(error);
    KM_REQUIRE(policy && name && text, sink, "an argument is NULL");
    KM_TRY(enter(policy, sink));
    kiem_status status = km_policy_load_rules(&policy->inner, name, km_text_of(text, length), sink);
    km_guard_leave(&policy->guard);
    return status;
}

kiem_status kiem_policy_set_table(kiem_policy *policy, const char *table, const char *name, const char *text,
                                  size_t length, kiem_error *error) {
    km_error *sink = km_error_of(error);
    KM_REQUIRE(policy && table && name && text, sink, "an argument is NULL");
    KM_TRY(enter(policy, sink));
    kiem_status status = km_policy_load_table(&policy->inner, policy->directory, km_text_from(table), name,
                                              km_text_of(text, length), sink);
    km_guard_leave(&policy->guard);
    return status;
}

kiem_status kiem_policy_compile(kiem_policy *policy, kiem_error *error) {
    km_error *sink = km_error_of(error);
    KM_REQUIRE(policy, sink, "policy is NULL");
    if (atomic_load(&policy->ready)) return KIEM_OK;
    KM_TRY(enter(policy, sink));
    kiem_status status = km_policy_compile(&policy->inner, sink);
    if (status == KIEM_OK) atomic_store(&policy->ready, true);
    km_guard_leave(&policy->guard);
    if (status == KIEM_OK)
        km_env_log(policy->env, KIEM_LOG_INFO, "%zu rules compiled", policy->inner.rule_count);
    return status;
}

kiem_status kiem_policy_test(kiem_policy *policy, const char *rule, kiem_table **out, kiem_error *error) {
    km_error *sink = km_error_of(error);
    km_result rows;
    KM_REQUIRE(policy && out, sink, "an argument is NULL");
    KM_TRY(enter(policy, sink));
    kiem_status status =
        km_policy_test(&policy->inner, policy->directory, km_text_from(rule ? rule : ""), &rows, sink);
    if (policy->inner.compiled) atomic_store(&policy->ready, true);
    km_guard_leave(&policy->guard);
    KM_TRY(status);
    status = km_table_wrap(policy->env, &rows, out, sink);
    km_result_free(&rows);
    return status;
}

/* ---- ready */

bool km_policy_ready(const kiem_policy *policy) {
    return atomic_load(&((kiem_policy *)(uintptr_t)policy)->ready);
}

kiem_status kiem_policy_rules(const kiem_policy *policy, kiem_table **out, kiem_error *error) {
    km_error *sink = km_error_of(error);
    km_result rows;
    KM_REQUIRE(policy && out, sink, "an argument is NULL");
    KM_REQUIRE(km_policy_ready(policy), sink, "the policy is not compiled");
    KM_TRY(km_catalogue(&policy->inner, km_env_mem(policy->env), &rows, sink));
    kiem_status status = km_table_wrap(policy->env, &rows, out, sink);
    km_result_free(&rows);
    return status;
}
