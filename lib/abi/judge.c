#include "abi/batch.h"
#include "engine/online_judge.h"

struct kiem_judge {
    kiem_env *env;
    const kiem_policy *policy;
    km_verdict inner;
    kiem_state *state; /* NULL: no history */
    km_online_judge online;
    kiem_table findings; /* shows the rows last made */
    atomic_flag busy;
};

kiem_status kiem_judge_new(kiem_env *given, const kiem_policy *policy, int32_t language, kiem_judge **out,
                           kiem_error *error) {
    km_error *sink = km_error_of(error);
    KM_REQUIRE(policy && out, sink, "an argument is NULL");
    KM_REQUIRE(policy->inner.compiled, sink, "the policy is not compiled");
    KM_REQUIRE(language == KIEM_LANG_VI || language == KIEM_LANG_EN, sink, "no such language");
    kiem_env *env = km_env_hold(given);
    const km_mem *mem = km_env_mem(env);
    kiem_judge *judge = km_alloc_zero(mem, sizeof *judge);
    kiem_status status =
        judge ? km_verdict_init(&judge->inner, mem, &policy->inner, language, sink) : km_nomem(sink);
    if (status != KIEM_OK) {
        km_free(mem, judge, sizeof *judge);
        km_env_release(env);
        return status;
    }
    judge->env = env;
    judge->policy = km_policy_hold(policy);
    judge->findings.env = env;
    judge->findings.rows = &judge->inner.findings;
    atomic_flag_clear(&judge->busy);
    *out = judge;
    return KIEM_OK;
}

void kiem_judge_free(kiem_judge *judge) {
    if (!judge) return;
    kiem_env *env = judge->env;
    km_verdict_free(&judge->inner);
    km_online_judge_free(&judge->online);
    km_state_release(judge->state);
    km_policy_release(judge->policy);
    km_free(km_env_mem(env), judge, sizeof *judge);
    km_env_release(env);
}

kiem_status kiem_judge_use_state(kiem_judge *judge, kiem_state *state, kiem_error *error) {
    km_error *sink = km_error_of(error);
    km_online_judge online;
    KM_REQUIRE(judge && state, sink, "an argument is NULL");
    if (atomic_flag_test_and_set(&judge->busy))
        return km_fail(sink, KIEM_E_BUSY, "the judge is in use by another thread");
    kiem_status status = km_state_ready(state, sink);
    if (status == KIEM_OK)
        status =
            km_online_judge_init(&online, km_env_mem(judge->env), &judge->policy->inner, &state->inner, sink);
    if (status == KIEM_OK) {
        km_online_judge_free(&judge->online);
        km_state_release(judge->state);
        judge->state = km_state_hold(state);
        judge->online = online;
        judge->online.online.past = &judge->online.past;
    }
    atomic_flag_clear(&judge->busy);
    return status;
}

kiem_status kiem_judge_batch(kiem_judge *judge, const kiem_batch *batch, const kiem_table **findings,
                             kiem_error *error) {
    km_error *sink = km_error_of(error);
    KM_REQUIRE(judge && batch && findings, sink, "an argument is NULL");
    if (atomic_flag_test_and_set(&judge->busy))
        return km_fail(sink, KIEM_E_BUSY, "the judge is in use by another thread");
    kiem_status status = judge->state
                             ? km_online_judge_batch(&judge->online, &judge->inner, km_batch_of(batch), sink)
                             : km_verdict_batch(&judge->inner, km_batch_of(batch), sink);
    atomic_flag_clear(&judge->busy);
    if (status == KIEM_OK) *findings = &judge->findings;
    return status;
}
