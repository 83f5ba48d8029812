#include "engine/flow/crew.h"

#include <pthread.h>
#include <stdatomic.h>

#include "base/together.h"

enum {
    PLACES_MAX = 2 * KM_TOGETHER_MAX,
    PUT_OFF_MAX = 4 /* times that telling gives way to a commit */
};

/* An item that is done and waits for its turn. */
typedef struct done_item {
    bool waits;
    int place;
    kiem_status status;
} done_item;

typedef struct crew {
    const km_crew_plan *plan;
    pthread_mutex_t fetching, turns;
    pthread_cond_t handed_on;
    uint64_t fetched; /* under `fetching` */
    bool no_more;     /* under `fetching` */
    /* under `turns`: */
    bool busy;                  /* a thread commits, or tells */
    int put_off;                /* times that telling gave way */
    uint64_t committed;         /* the number of the item whose turn it is */
    done_item done[PLACES_MAX]; /* by number modulo places */
    int places, free_place[PLACES_MAX], free_count;
    bool work_failed;
    uint64_t failed; /* the first item whose work failed, and its error */
    km_error failure;
    kiem_status status; /* of the first item that failed, once its turn came */
    km_error *error;
    atomic_bool stopped;
} crew;

int km_crew_places(int threads) {
    if (threads <= 1) return 1;
    return threads > KM_TOGETHER_MAX ? PLACES_MAX : 2 * threads;
}

/* Gives the item its number. After a failure or the last item there is none. */
static bool fetch(crew *c, int place, uint64_t *number, kiem_status *status, km_error *error) {
    bool more = false;
    pthread_mutex_lock(&c->fetching);
    *status = KIEM_OK;
    if (!c->no_more && !atomic_load(&c->stopped)) {
        *status = c->plan->fetch(c->plan->context, place, &more, error);
        if (*status != KIEM_OK) more = true; /* the failure takes its turn as an item */
        c->no_more = !more || *status != KIEM_OK;
        if (more) *number = c->fetched++;
    }
    pthread_mutex_unlock(&c->fetching);
    return more;
}

static void stop(crew *c, kiem_status status, const km_error *error) {
    if (status == KIEM_OK || c->status != KIEM_OK) return;
    c->status = status;
    if (c->error) *c->error = *error;
    atomic_store(&c->stopped, true);
}

/* Commits every item whose turn has come, as long as no other thread does. */
static void commit_ready(crew *c) {
    for (;;) {
        km_error error = {0};
        done_item *item = &c->done[c->committed % (uint64_t)c->places];
        if (c->busy || !item->waits) return;
        kiem_status status = KIEM_OK;
        if (item->status != KIEM_OK) stop(c, item->status, &c->failure);
        if (c->status == KIEM_OK) {
            c->busy = true;
            pthread_mutex_unlock(&c->turns);
            status = c->plan->commit(c->plan->context, item->place, &error);
            pthread_mutex_lock(&c->turns);
            c->busy = false;
        }
        stop(c, status, &error);
        item->waits = false;
        c->committed++;
        c->free_place[c->free_count++] = item->place;
        pthread_cond_broadcast(&c->handed_on);
    }
}

static void tell(crew *c) {
    km_error error = {0};
    while (c->busy && c->put_off == PUT_OFF_MAX) pthread_cond_wait(&c->handed_on, &c->turns);
    if (c->busy) c->put_off++;
    if (c->busy || c->status != KIEM_OK) return;
    c->put_off = 0;
    c->busy = true;
    pthread_mutex_unlock(&c->turns);
    kiem_status status = c->plan->tell(c->plan->context, &error);
    pthread_mutex_lock(&c->turns);
    c->busy = false;
    stop(c, status, &error);
    commit_ready(c); /* what became ready meanwhile */
}

static void note_failure(crew *c, uint64_t number, kiem_status status, const km_error *error) {
    if (status == KIEM_OK || (c->work_failed && c->failed < number)) return;
    c->work_failed = true;
    c->failed = number;
    c->failure = *error;
}

/* The item is done; returns a place for the next one. */
static int hand_over(crew *c, bool tells, uint64_t number, int place, kiem_status status,
                     const km_error *error) {
    pthread_mutex_lock(&c->turns);
    note_failure(c, number, status, error);
    c->done[number % (uint64_t)c->places] = (done_item){.waits = true, .place = place, .status = status};
    commit_ready(c);
    if (tells && c->plan->tell) tell(c);
    while (c->free_count == 0) pthread_cond_wait(&c->handed_on, &c->turns);
    place = c->free_place[--c->free_count];
    pthread_mutex_unlock(&c->turns);
    return place;
}

/* The first member is the caller's thread. */
static kiem_status run_member(void *context, size_t member, km_error *ignored) {
    crew *c = context;
    uint64_t number = 0;
    int place = (int)member;
    kiem_status status;
    km_error error = {0};
    (void)ignored;
    while (fetch(c, place, &number, &status, &error)) {
        if (status == KIEM_OK && !atomic_load(&c->stopped))
            status = c->plan->work(c->plan->context, place, &error);
        place = hand_over(c, member == 0, number, place, status, &error);
    }
    return KIEM_OK;
}

static kiem_status run_alone(const km_crew_plan *plan, km_error *error) {
    for (;;) {
        bool more = false;
        KM_TRY(plan->fetch(plan->context, 0, &more, error));
        if (!more) return KIEM_OK;
        KM_TRY(plan->work(plan->context, 0, error));
        KM_TRY(plan->commit(plan->context, 0, error));
        if (plan->tell) KM_TRY(plan->tell(plan->context, error));
    }
}

kiem_status km_crew_run(const km_crew_plan *plan, int threads, km_error *error) {
    crew c = {.plan = plan, .status = KIEM_OK, .error = error};
    if (threads <= 1) return run_alone(plan, error);
    if (threads > KM_TOGETHER_MAX) threads = KM_TOGETHER_MAX;
    c.places = km_crew_places(threads);
    for (int i = c.places; i-- > threads;) c.free_place[c.free_count++] = i;
    atomic_init(&c.stopped, false);
    pthread_mutex_init(&c.fetching, NULL);
    pthread_mutex_init(&c.turns, NULL);
    pthread_cond_init(&c.handed_on, NULL);
    km_together(threads, (size_t)threads, run_member, &c, NULL);
    pthread_cond_destroy(&c.handed_on);
    pthread_mutex_destroy(&c.turns);
    pthread_mutex_destroy(&c.fetching);
    return c.status;
}
