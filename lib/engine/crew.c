#include "engine/crew.h"

#include <pthread.h>
#include <stdatomic.h>

enum { THREADS_MAX = 64 };

typedef struct crew {
    const km_crew_plan *plan;
    pthread_mutex_t fetching, turns;
    pthread_cond_t turn_over;
    uint64_t fetched;   /* under `fetching` */
    bool no_more;       /* under `fetching` */
    uint64_t committed; /* under `turns` */
    kiem_status status; /* of the first item that failed; under `turns` */
    km_error *error;
    atomic_bool stopped;
} crew;

typedef struct member {
    crew *crew;
    int worker;
    pthread_t thread;
} member;

/* Gives the item its number. After a failure or the last item there is none. */
static bool fetch(crew *c, int worker, uint64_t *number, kiem_status *status, km_error *error) {
    bool more = false;
    pthread_mutex_lock(&c->fetching);
    *status = KIEM_OK;
    if (!c->no_more && !atomic_load(&c->stopped)) {
        *status = c->plan->fetch(c->plan->context, worker, &more, error);
        if (*status != KIEM_OK) more = true; /* the failure takes its turn as an item */
        c->no_more = !more || *status != KIEM_OK;
        if (more) *number = c->fetched++;
    }
    pthread_mutex_unlock(&c->fetching);
    return more;
}

/* Waits for the turn of the item, then commits it unless one before it failed. */
static void take_turn(crew *c, int worker, uint64_t number, kiem_status status, const km_error *failure) {
    km_error error = *failure;
    pthread_mutex_lock(&c->turns);
    while (c->committed != number) pthread_cond_wait(&c->turn_over, &c->turns);
    bool good = c->status == KIEM_OK;
    pthread_mutex_unlock(&c->turns);
    if (good && status == KIEM_OK) status = c->plan->commit(c->plan->context, worker, &error);
    pthread_mutex_lock(&c->turns);
    if (good && status != KIEM_OK) {
        c->status = status;
        if (c->error) *c->error = error;
        atomic_store(&c->stopped, true);
    }
    c->committed++;
    pthread_cond_broadcast(&c->turn_over);
    pthread_mutex_unlock(&c->turns);
}

static void *run_member(void *context) {
    member *m = context;
    crew *c = m->crew;
    uint64_t number = 0;
    kiem_status status;
    km_error error = {0};
    while (fetch(c, m->worker, &number, &status, &error)) {
        if (status == KIEM_OK && !atomic_load(&c->stopped))
            status = c->plan->work(c->plan->context, m->worker, &error);
        take_turn(c, m->worker, number, status, &error);
    }
    return NULL;
}

static kiem_status run_alone(const km_crew_plan *plan, km_error *error) {
    for (;;) {
        bool more = false;
        KM_TRY(plan->fetch(plan->context, 0, &more, error));
        if (!more) return KIEM_OK;
        KM_TRY(plan->work(plan->context, 0, error));
        KM_TRY(plan->commit(plan->context, 0, error));
    }
}

kiem_status km_crew_run(const km_crew_plan *plan, int threads, km_error *error) {
    member members[THREADS_MAX];
    crew c = {.plan = plan, .status = KIEM_OK, .error = error};
    int started = 1;
    if (threads <= 1) return run_alone(plan, error);
    if (threads > THREADS_MAX) threads = THREADS_MAX;
    atomic_init(&c.stopped, false);
    pthread_mutex_init(&c.fetching, NULL);
    pthread_mutex_init(&c.turns, NULL);
    pthread_cond_init(&c.turn_over, NULL);
    for (; started < threads; started++) {
        members[started] = (member){.crew = &c, .worker = started};
        if (pthread_create(&members[started].thread, NULL, run_member, &members[started]) != 0) break;
    }
    members[0] = (member){.crew = &c};
    run_member(&members[0]);
    for (int i = 1; i < started; i++) pthread_join(members[i].thread, NULL);
    pthread_cond_destroy(&c.turn_over);
    pthread_mutex_destroy(&c.turns);
    pthread_mutex_destroy(&c.fetching);
    return c.status;
}
