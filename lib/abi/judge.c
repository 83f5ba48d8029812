#include "abi/batch.h"
#include "engine/claim_lines.h"
#include "engine/online_judge.h"
#include "engine/xml_claims.h"

struct kiem_judge {
    kiem_env *env;
    const kiem_policy *policy;
    km_verdict inner;
    kiem_state *state; /* NULL: no history */
    km_online_judge online;
    km_claim_lines drugs, services;
    kiem_table findings; /* shows the rows last made */
    km_guard guard;
    uint64_t version; /* of the state when the judge took it */
};

kiem_status kiem_judge_new(kiem_env *given, const kiem_policy *policy, int32_t language, kiem_judge **out,
                           kiem_error *error) {
    km_error *sink = km_error_of(error);
    KM_REQUIRE(policy && out, sink, "an argument is NULL");
    KM_REQUIRE(km_policy_ready(policy), sink, "the policy is not compiled");
    KM_REQUIRE(language == KIEM_LANG_VI || language == KIEM_LANG_EN, sink, "no such language");
    kiem_env *env = km_env_hold(given);
    const km_mem *mem = km_env_mem(env);
    kiem_judge *judge = km_alloc_zero(mem, sizeof *judge);
    kiem_status status =
        judge ? km_verdict_init(&judge->inner, mem, &policy->inner, language, sink) : km_nomem(sink);
    if (status == KIEM_OK) {
        status = km_online_judge_init(&judge->online, mem, &policy->inner, NULL, sink);
        if (status != KIEM_OK) km_verdict_free(&judge->inner);
    }
    if (status != KIEM_OK) {
        km_free(mem, judge, sizeof *judge);
        km_env_release(env);
        return status;
    }
    judge->env = env;
    judge->policy = km_policy_hold(policy);
    km_claim_lines_init(&judge->drugs, mem);
    km_claim_lines_init(&judge->services, mem);
    judge->findings.env = env;
    judge->findings.rows = &judge->inner.findings;
    *out = judge;
    return KIEM_OK;
}

void kiem_judge_free(kiem_judge *judge) {
    if (!judge) return;
    kiem_env *env = judge->env;
    km_verdict_free(&judge->inner);
    km_online_judge_free(&judge->online);
    km_claim_lines_free(&judge->drugs);
    km_claim_lines_free(&judge->services);
    km_state_release(judge->state);
    km_policy_release(judge->policy);
    km_free(km_env_mem(env), judge, sizeof *judge);
    km_env_release(env);
}

static kiem_status take_state(kiem_judge *judge, kiem_state *state, km_error *error) {
    km_online_judge online;
    KM_TRY(km_state_look(state, error));
    kiem_status status =
        km_online_judge_init(&online, km_env_mem(judge->env), &judge->policy->inner, &state->inner, error);
    uint64_t version = state->inner.version;
    km_guard_leave(&state->guard);
    KM_TRY(status);
    km_online_judge_free(&judge->online);
    km_state_release(judge->state);
    judge->state = km_state_hold(state);
    judge->version = version;
    km_online_judge_move(&judge->online, &online);
    return KIEM_OK;
}

kiem_status kiem_judge_use_state(kiem_judge *judge, kiem_state *state, kiem_error *error) {
    km_error *sink = km_error_of(error);
    KM_REQUIRE(judge && state, sink, "an argument is NULL");
    KM_TRY(km_guard_change(&judge->guard, "judge", sink));
    kiem_status status = take_state(judge, state, sink);
    km_guard_leave(&judge->guard);
    return status;
}

static kiem_status judge_beside(kiem_judge *judge, const km_input *input, km_error *error) {
    if (!judge->state) return km_online_judge_batch(&judge->online, &judge->inner, input, error);
    km_guard *guard = &judge->state->guard;
    KM_TRY(km_guard_look(guard, "state", error));
    kiem_status status =
        judge->version == judge->state->inner.version
            ? km_online_judge_batch(&judge->online, &judge->inner, input, error)
            : km_fail(error, KIEM_E_ARGUMENT, "the state has changed: give it to the judge again");
    km_guard_leave(guard);
    return status;
}

/* What is judged in one call; lines may be NULL. */
enum { CLAIMS, DRUGS, SERVICES, BATCHES };

static kiem_status judge_rows(kiem_judge *judge, const km_batch *const batches[BATCHES], bool of_envelope,
                              km_error *error) {
    km_input input = {.set[KM_SCOPE_CLAIM] = {.batch = batches[CLAIMS]}};
    judge->drugs.of_envelope = judge->services.of_envelope = of_envelope;
    if (batches[DRUGS])
        KM_TRY(km_claim_lines_attach(&judge->drugs, KM_SCOPE_DRUG, batches[DRUGS], &input, error));
    if (batches[SERVICES])
        KM_TRY(km_claim_lines_attach(&judge->services, KM_SCOPE_SERVICE, batches[SERVICES], &input, error));
    return judge_beside(judge, &input, error);
}

static kiem_status judge_batches(kiem_judge *judge, const kiem_batch *const given[BATCHES], km_error *error) {
    const km_batch *batches[BATCHES] = {NULL};
    kiem_status status = KIEM_OK;
    int looked = 0;
    for (; looked < BATCHES; looked++) {
        if (given[looked]) status = km_batch_look(given[looked], error);
        if (status != KIEM_OK) break;
        if (given[looked]) batches[looked] = km_batch_of(given[looked]);
    }
    if (status == KIEM_OK) status = judge_rows(judge, batches, false, error);
    while (looked-- > 0) {
        if (given[looked]) km_batch_leave(given[looked]);
    }
    return status;
}

kiem_status kiem_judge_claims(kiem_judge *judge, const kiem_batch *claims, const kiem_batch *drugs,
                              const kiem_batch *services, const kiem_table **findings, kiem_error *error) {
    km_error *sink = km_error_of(error);
    const kiem_batch *const batches[BATCHES] = {claims, drugs, services};
    KM_REQUIRE(judge && claims && findings, sink, "an argument is NULL");
    KM_REQUIRE(km_batch_scope(claims) == KM_SCOPE_CLAIM, sink, "the claims are a batch of lines");
    KM_REQUIRE(!drugs || km_batch_scope(drugs) == KM_SCOPE_DRUG, sink,
               "the drugs are no batch of drug lines");
    KM_REQUIRE(!services || km_batch_scope(services) == KM_SCOPE_SERVICE, sink,
               "the services are no batch of service lines");
    KM_TRY(km_guard_change(&judge->guard, "judge", sink));
    kiem_status status = judge_batches(judge, batches, sink);
    km_guard_leave(&judge->guard);
    if (status == KIEM_OK) *findings = &judge->findings;
    return status;
}

kiem_status kiem_judge_batch(kiem_judge *judge, const kiem_batch *batch, const kiem_table **findings,
                             kiem_error *error) {
    return kiem_judge_claims(judge, batch, NULL, NULL, findings, error);
}

/* A table without rows says that there are none. */
static kiem_status judge_envelope(kiem_judge *judge, const km_xml_claims *xml, km_error *error) {
    static const km_batch none = {0};
    const km_batch *batches[BATCHES];
    for (int i = 0; i < BATCHES; i++) batches[i] = xml->batches[i] ? xml->batches[i] : &none;
    return judge_rows(judge, batches, true, error);
}

kiem_status kiem_judge_xml(kiem_judge *judge, const char *name, const void *bytes, size_t size,
                           const kiem_table **findings, kiem_error *error) {
    km_error *sink = km_error_of(error);
    km_xml_claims xml;
    KM_REQUIRE(judge && name && findings && (bytes || !size), sink, "an argument is NULL");
    KM_TRY(km_guard_change(&judge->guard, "judge", sink));
    kiem_status status = km_xml_claims_read(&xml, km_env_mem(judge->env), name, bytes, size, sink);
    if (status == KIEM_OK) status = judge_envelope(judge, &xml, sink);
    km_xml_claims_free(&xml);
    km_guard_leave(&judge->guard);
    if (status == KIEM_OK) *findings = &judge->findings;
    return status;
}
