#include "engine/job.h"

#include <kiem/arrow.h>
#include <string.h>

#include "abi/handles.h"

struct kiem_job {
    km_job inner;
    kiem_env *env;
    const kiem_policy *policy;
    kiem_state *state; /* whose claims come before those of the job, or NULL */
    kiem_table tables[KM_TABLE_COUNT];
    km_guard guard;
    atomic_bool done;      /* its tables stand */
    atomic_int references; /* of the caller, and of what was handed out of its tables */
};

static void hold_job(void *object) {
    kiem_job *job = object;
    atomic_fetch_add(&job->references, 1);
}

static void release_job(void *object) {
    kiem_job *job = object;
    if (atomic_fetch_sub(&job->references, 1) != 1) return;
    kiem_env *env = job->env;
    km_job_free(&job->inner);
    km_policy_release(job->policy);
    km_state_release(job->state);
    km_free(km_env_mem(env), job, sizeof *job);
    km_env_release(env);
}

/* The built-in policy, made for this job alone. */
static kiem_status standard_policy(kiem_env *env, const kiem_policy **out, kiem_error *error) {
    kiem_policy *policy;
    KM_TRY(kiem_policy_new(env, NULL, &policy, error));
    kiem_status status = kiem_policy_compile(policy, error);
    if (status != KIEM_OK) kiem_policy_free(policy);
    *out = policy;
    return status;
}

kiem_status kiem_job_new(kiem_env *given, const kiem_policy *policy, kiem_job **out, kiem_error *error) {
    km_error *sink = km_error_of(error);
    KM_REQUIRE(out, sink, "out is NULL");
    KM_REQUIRE(!policy || km_policy_ready(policy), sink, "the policy is not compiled");
    if (policy) {
        km_policy_hold(policy);
    } else {
        KM_TRY(standard_policy(given, &policy, error));
    }
    kiem_env *env = km_env_hold(given);
    kiem_job *job = km_alloc_zero(km_env_mem(env), sizeof *job);
    if (!job) {
        km_policy_release(policy);
        km_env_release(env);
        return km_nomem(sink);
    }
    job->env = env;
    job->policy = policy;
    atomic_init(&job->references, 1);
    km_job_init(&job->inner, km_env_mem(env), &policy->inner);
    *out = job;
    return KIEM_OK;
}

void kiem_job_free(kiem_job *job) {
    if (job) release_job(job);
}

kiem_status kiem_job_set(kiem_job *job, const char *option, const char *value, kiem_error *error) {
    km_error *sink = km_error_of(error);
    KM_REQUIRE(job && option && value, sink, "an argument is NULL");
    KM_TRY(km_guard_change(&job->guard, "job", sink));
    kiem_status status = km_job_set(&job->inner, km_text_from(option), km_text_from(value), sink);
    km_guard_leave(&job->guard);
    return status;
}

static kiem_status find_role(const char *role, km_input_role *out, km_error *sink) {
    static const char *const roles[] = {[KM_INPUT_CLAIMS] = "claims",
                                        [KM_INPUT_DRUGS] = "drugs",
                                        [KM_INPUT_SERVICES] = "services",
                                        [KM_INPUT_BUDGETS] = "budgets"};
    for (size_t i = 0; i < sizeof roles / sizeof roles[0]; i++) {
        if (strcmp(role, roles[i]) != 0) continue;
        *out = (km_input_role)i;
        return KIEM_OK;
    }
    return km_fail(sink, KIEM_E_ARGUMENT,
                   "the role of an input is claims, drugs, services or budgets, not '%.40s'", role);
}

static kiem_status add_bytes(kiem_job *job, const char *role, const char *name,
                             int64_t (*read)(void *user, void *buffer, size_t size), void *user,
                             km_error *sink) {
    km_input_role kind;
    KM_TRY(find_role(role, &kind, sink));
    KM_TRY(km_guard_change(&job->guard, "job", sink));
    kiem_status status = km_job_add(&job->inner, kind, name, read, user, sink);
    km_guard_leave(&job->guard);
    return status;
}

kiem_status kiem_job_add_file(kiem_job *job, const char *role, const char *path, kiem_error *error) {
    km_error *sink = km_error_of(error);
    KM_REQUIRE(job && role && path, sink, "an argument is NULL");
    return add_bytes(job, role, path, NULL, NULL, sink);
}

kiem_status kiem_job_add_stream(kiem_job *job, const char *role, const char *name,
                                int64_t (*read)(void *user, void *buffer, size_t size), void *user,
                                kiem_error *error) {
    km_error *sink = km_error_of(error);
    KM_REQUIRE(job && role && name && read, sink, "an argument is NULL");
    return add_bytes(job, role, name, read, user, sink);
}

kiem_status kiem_job_add_arrow(kiem_job *job, const char *role, const char *name,
                               struct ArrowArrayStream *stream, kiem_error *error) {
    km_error *sink = km_error_of(error);
    KM_REQUIRE(job && role && name && stream, sink, "an argument is NULL");
    KM_REQUIRE(stream->release, sink, "the stream has been released");
    KM_REQUIRE(stream->get_schema && stream->get_next, sink, "the stream lacks its functions");
    km_input_role kind;
    KM_TRY(find_role(role, &kind, sink));
    KM_REQUIRE(kind != KM_INPUT_BUDGETS, sink, "budgets are read as CSV");
    KM_TRY(km_guard_change(&job->guard, "job", sink));
    kiem_status status = km_job_add_arrow(&job->inner, kind, name, stream, sink);
    km_guard_leave(&job->guard);
    return status;
}

void kiem_job_on_progress(kiem_job *job, int32_t (*progress)(void *user, const kiem_progress *progress),
                          void *user) {
    if (!job || km_guard_change(&job->guard, "job", NULL) != KIEM_OK) return;
    job->inner.progress = progress;
    job->inner.progress_user = user;
    km_guard_leave(&job->guard);
}

kiem_status kiem_job_use_state(kiem_job *job, kiem_state *state, kiem_error *error) {
    km_error *sink = km_error_of(error);
    KM_REQUIRE(job && state, sink, "an argument is NULL");
    KM_TRY(km_guard_change(&job->guard, "job", sink));
    bool started = job->inner.started;
    if (!started) {
        km_state_release(job->state);
        job->state = km_state_hold(state);
    }
    km_guard_leave(&job->guard);
    KM_REQUIRE(!started, sink, "the job has been started");
    return KIEM_OK;
}

/* ---- running */

/* Results of a job that has run do not change any more, so any thread may ask for them. */
static void hand_out(kiem_job *job) {
    for (int i = 0; i < KM_TABLE_COUNT; i++) {
        job->tables[i].env = job->env;
        job->tables[i].rows = &job->inner.sinks[i].kept;
        job->tables[i].owner = (km_owner){job, hold_job, release_job};
    }
    atomic_store(&job->done, true);
}

/* Sums are low then and findings few, or every row has the same one, and nothing else says why. */
static void log_essential(const kiem_job *job, const km_input_file *input) {
    char names[KM_ESSENTIAL_TEXT_MAX];
    if (input->role != KM_INPUT_CLAIMS) return;
    km_essential_missing(&input->present, input->standard, names);
    if (names[0])
        km_env_log(job->env, KIEM_LOG_WARNING, "%s: no column %s: what needs it cannot be checked",
                   input->name, names);
    km_essential_unread(&input->essential, &input->present, names);
    if (names[0])
        km_env_log(
            job->env, KIEM_LOG_WARNING,
            "%s: %s: empty or unreadable in most rows; times are written yyyymmddhhmm, dates yyyymmdd, "
            "amounts as plain numbers, GIOI_TINH as 1, 2 or 3: if a spreadsheet has saved the file, export "
            "it again from its source",
            input->name, names);
}

/* Not beside a state, whose claims may fill the gap. */
static void log_months(const kiem_job *job) {
    char months[KM_MONTHS_TEXT_MAX];
    km_months_missing(&job->inner.months, months);
    if (months[0] && !job->state)
        km_env_log(
            job->env, KIEM_LOG_WARNING,
            "no claim was discharged in %s, though many were before and after: is a file missing? Sums "
            "and forecasts are too low then",
            months);
}

/* One wrong year would be enough for the twelve months to the last day to be empty. */
static void log_straggling(const kiem_job *job) {
    const km_job *run = &job->inner;
    if (!run->straggling) return;
    char day[sizeof "yyyy-mm-dd" + 2 * sizeof(int)];
    const km_civil last = km_civil_from_day(run->options.as_of);
    snprintf(day, sizeof day, "%04d-%02d-%02d", last.year, last.month, last.day);
    km_env_log(
        job->env, KIEM_LOG_WARNING,
        "%u claims were discharged long after all others: are their dates wrong? The day of the report "
        "is %s, the latest discharge before them, and sums, forecasts and comparisons of facilities "
        "leave them out; as_of sets another day",
        (unsigned)run->straggling, day);
}

enum { MANY_AGAIN = 10 /* claims: a few may be just what they look like, claims sent twice */ };

/* Exports that overlap bury what else was found under claims sent twice: told once, whatever the number of
 * files. */
static void log_repeated(const kiem_job *job) {
    const km_job *run = &job->inner;
    const km_input_file *most = NULL;
    unsigned long long all = 0;
    for (size_t i = 0; i < run->input_count; i++) {
        const km_input_file *input = &run->inputs[i];
        all += input->repeated.claims;
        if (!most || input->repeated.most > most->repeated.most) most = input;
    }
    if (all < MANY_AGAIN) return;
    const km_input_file *from = &run->inputs[most->repeated.where];
    if (from == most)
        km_env_log(
            job->env, KIEM_LOG_WARNING,
            "%s: %llu claims stand in it more than once (%llu in all inputs): has it rows twice? Each is "
            "judged and found to be sent twice (X01)",
            most->name, (unsigned long long)most->repeated.most, all);
    else
        km_env_log(
            job->env, KIEM_LOG_WARNING,
            "%s: %llu of its claims are in %s too (%llu in all inputs): do these exports overlap? Each "
            "is judged and found to be sent twice (X01)",
            most->name, (unsigned long long)most->repeated.most, from->name, all);
}

/* Not where it is meant, as with `again`. */
static void log_learned_again(const kiem_job *job) {
    const km_job *run = &job->inner;
    if (run->learned_again >= MANY_AGAIN)
        km_env_log(
            job->env, KIEM_LOG_WARNING,
            "%llu of the claims learned were known already: do these exports overlap? They count twice "
            "in the history and in the money",
            (unsigned long long)run->learned_again);
}

static void log_run(const kiem_job *job, bool learned) {
    const km_job *run = &job->inner;
    for (size_t i = 0; i < run->input_count; i++) {
        const km_input_file *input = &run->inputs[i];
        if (input->role == KM_INPUT_BUDGETS) {
            if (run->budgets.without_amount)
                km_env_log(job->env, KIEM_LOG_WARNING,
                           "%s: %u rows have no budget_vnd: nothing is known of these budgets", input->name,
                           (unsigned)run->budgets.without_amount);
            continue;
        }
        unsigned long long rows = input->counts.rows - input->orphans,
                           rejects = input->counts.rejects + input->orphans;
        if (input->counts.header_only && !rejects && !input->table) /* an envelope has few kinds of lines */
            km_env_log(job->env, KIEM_LOG_WARNING, "%s: a header without rows", input->name);
        else if (rejects && !rows)
            km_env_log(job->env, KIEM_LOG_WARNING,
                       "%s: none of its %llu rows could be read: rejects.csv says why", input->name, rejects);
        else
            km_env_log(job->env, rejects ? KIEM_LOG_WARNING : KIEM_LOG_INFO,
                       "%s: %llu rows read, %llu rejected", input->name, rows, rejects);
        if (input->unknown_columns)
            km_env_log(job->env, KIEM_LOG_WARNING, "%s: %u columns have names that are not known%s%s",
                       input->name, (unsigned)input->unknown_columns, input->near[0] ? "; " : "",
                       input->near);
        log_essential(job, input);
    }
    log_months(job);
    log_straggling(job);
    log_repeated(job);
    unsigned long long claims = learned ? run->now.rows : run->judged, findings = run->now.findings;
    if (learned)
        km_env_log(job->env, KIEM_LOG_INFO, "%llu claims learned", claims);
    else
        km_env_log(job->env, KIEM_LOG_INFO, "%llu claims judged, %llu findings", claims, findings);
}

static kiem_status run(kiem_job *job, km_error *error) {
    if (!job->state) return km_job_run(&job->inner, error);
    KM_TRY(km_state_look(job->state, error));
    km_history_start(&job->inner.history, &job->state->inner.run);
    job->inner.past_money = &job->state->inner.money;
    job->inner.past_peers = &job->state->inner.peers;
    kiem_status status = km_job_run(&job->inner, error);
    km_guard_leave(&job->state->guard);
    return status;
}

kiem_status kiem_job_run(kiem_job *job, kiem_error *error) {
    km_error *sink = km_error_of(error);
    KM_REQUIRE(job, sink, "job is NULL");
    KM_TRY(km_guard_change(&job->guard, "job", sink));
    kiem_status status = run(job, sink);
    if (status == KIEM_OK) hand_out(job);
    if (status == KIEM_OK) log_run(job, false);
    km_guard_leave(&job->guard);
    return status;
}

kiem_status kiem_job_learn(kiem_job *job, kiem_state *state, int32_t again, kiem_error *error) {
    km_error *sink = km_error_of(error);
    KM_REQUIRE(job && state, sink, "an argument is NULL");
    KM_TRY(km_guard_change(&job->guard, "job", sink));
    kiem_status status = km_state_change(state, sink);
    if (status == KIEM_OK) {
        status = km_job_run_learning(&job->inner, &state->inner, again != 0, sink);
        km_state_leave_changed(state);
    }
    if (status == KIEM_OK) hand_out(job);
    if (status == KIEM_OK && !again) log_learned_again(job);
    if (status == KIEM_OK) log_run(job, true);
    km_guard_leave(&job->guard);
    return status;
}

void kiem_job_cancel(kiem_job *job) {
    if (job) atomic_store(&job->inner.cancelled, true);
}

const char *kiem_job_table_name(int32_t table) {
    return table >= 0 && table < KM_TABLE_COUNT ? km_table_name((km_table_kind)table) : NULL;
}

kiem_status kiem_job_table(const kiem_job *given, const char *name, const kiem_table **out,
                           kiem_error *error) {
    km_error *sink = km_error_of(error);
    KM_REQUIRE(given && name && out, sink, "an argument is NULL");
    kiem_job *job = (kiem_job *)(uintptr_t)given;
    int kind = km_table_find(km_text_from(name));
    if (kind < 0) return km_fail(sink, KIEM_E_NOT_FOUND, "a job has no table '%.40s'", name);
    KM_REQUIRE(atomic_load(&job->done), sink, "the job has not run to its end");
    KM_REQUIRE(job->inner.sinks[kind].keeps, sink, "the job did not keep this table (option keep)");
    *out = &job->tables[kind];
    return KIEM_OK;
}

kiem_status kiem_job_summary(const kiem_job *given, const char **out, kiem_error *error) {
    km_error *sink = km_error_of(error);
    KM_REQUIRE(given && out, sink, "an argument is NULL");
    kiem_job *job = (kiem_job *)(uintptr_t)given;
    KM_REQUIRE(atomic_load(&job->done), sink, "the job has not run to its end");
    if (!job->inner.summary.data) return km_fail(sink, KIEM_E_NOT_FOUND, "a job that learns has no summary");
    *out = job->inner.summary.data;
    return KIEM_OK;
}
