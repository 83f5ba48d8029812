/* What stands behind the public handles. The ABI layer checks arguments, counts references and hands out
 * tables; everything else happens below. */
#ifndef KM_ABI_HANDLES_H
#define KM_ABI_HANDLES_H

#include <kiem/kiem.h>
#include <pthread.h>
#include <stdatomic.h>

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
    atomic_int references;
};

struct kiem_state {
    km_state inner;
    kiem_env *env;
    pthread_mutex_t lock; /* held while it changes */
    atomic_int references;
};

/* Takes a state for a change; KIEM_E_BUSY when another thread is at it. */
kiem_status km_state_take(kiem_state *state, km_error *error);
void km_state_leave(kiem_state *state);
/* Makes a state ready to be read by several threads: the first of them puts in order what was learned. */
kiem_status km_state_ready(kiem_state *state, km_error *error);

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

/* The environment to use for a NULL or given one, with one more reference. */
kiem_env *km_env_hold(const kiem_env *env);
void km_env_release(kiem_env *env);
const km_mem *km_env_mem(const kiem_env *env);
const kiem_policy *km_policy_hold(const kiem_policy *policy);
void km_policy_release(const kiem_policy *policy);

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
