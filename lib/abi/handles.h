/* What stands behind the public handles. The ABI layer checks arguments, counts references and hands out
 * tables; everything else happens below. */
#ifndef KM_ABI_HANDLES_H
#define KM_ABI_HANDLES_H

#include <kiem/kiem.h>
#include <pthread.h>
#include <stdatomic.h>

#include "abi/guard.h"
#include "claim/result.h"
#include "rules/policy.h"
#include "state/state.h"

struct kiem_env {
    km_mem mem;
    kiem_log_sink log;
    atomic_int references;
};

struct kiem_error {
    km_error inner;
    kiem_env *env;
};

struct kiem_policy {
    km_policy inner;
    kiem_env *env;
    char *directory;
    km_guard guard;
    atomic_bool ready; /* compiled: immutable from then on */
    atomic_int references;
};

struct kiem_state {
    km_state inner;
    kiem_env *env;
    km_guard guard;
    pthread_mutex_t settling; /* the first who shares it puts it in order, others wait for that */
    atomic_bool settled;
    atomic_llong claims;
    atomic_int references;
};

/* Goes in to let the state learn; the way out notes what it has learned. */
kiem_status km_state_change(kiem_state *state, km_error *error);
void km_state_leave_changed(kiem_state *state);
/* Goes in to read what the state has learned, put in order; out by km_guard_leave. */
kiem_status km_state_look(kiem_state *state, km_error *error);

/* Whom the rows of a table belong to. */
typedef struct km_owner {
    void *object;
    void (*hold)(void *object);
    void (*release)(void *object);
} km_owner;

/* A table handed out: it owns its rows, or shows those of the object it was borrowed from. Without an owner
 * the rows are written over by a later call. */
struct kiem_table {
    kiem_env *env;
    km_result own;
    const km_result *rows;
    km_owner owner;
    atomic_int references; /* of a table that is its own owner */
};

/* Tells the log hook, when there is one that wants this level. */
#define km_env_log(env, at, ...)                                                                             \
    do {                                                                                                     \
        km_error line;                                                                                       \
        if (!(env)->log.write || (env)->log.level > (at)) break;                                             \
        km_error_set(&line, KIEM_OK, __VA_ARGS__);                                                           \
        (env)->log.write((env)->log.user, (at), line.message);                                               \
    } while (0)

/* The environment to use for a NULL or given one, with one more reference. */
kiem_env *km_env_hold(const kiem_env *env);
void km_env_release(kiem_env *env);
const km_mem *km_env_mem(const kiem_env *env);
const kiem_policy *km_policy_hold(const kiem_policy *policy);
void km_policy_release(const kiem_policy *policy);
/* Compiled, and so for any thread. */
bool km_policy_ready(const kiem_policy *policy);

kiem_state *km_state_hold(kiem_state *state);
void km_state_release(kiem_state *state);

/* The error sink inside a public error, cleared for a new call; NULL stays NULL. */
km_error *km_error_of(kiem_error *error);
/* SIZE_MAX means up to the NUL. */
km_text km_text_of(const char *ptr, size_t length);
/* The format of a column: see kiem_table. */
const char *km_table_format(const km_result_spec *spec);
/* A table of its own, with the rows moved out of *rows. */
kiem_status km_table_wrap(kiem_env *env, km_result *rows, kiem_table **out, km_error *error);
kiem_status km_table_copy(const kiem_table *table, kiem_table **out, km_error *error);

#define KM_REQUIRE(condition, error, what)                                                                   \
    do {                                                                                                     \
        if (!(condition)) return km_fail((error), KIEM_E_ARGUMENT, "%s: %s", __func__, (what));              \
    } while (0)

#endif
