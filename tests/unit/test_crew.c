/* Items are worked on side by side and handed on in their order, whatever the number of threads. */
#include "engine/flow/crew.h"

#include <pthread.h>
#include <stdatomic.h>

#include "support/test.h"

enum { ITEMS = 700, PLACES = 64, NEVER = -1 };

typedef struct course {
    int fetched, committed;
    int at[PLACES];                  /* the item of each place, NEVER: free */
    int fetch_fails, work_fails[2];  /* items */
    int commit_fails, tell_fails_at; /* the latter: after so many commits */
    bool in_order, tell_elsewhere, beside, told_to_stop;
    atomic_int committing;
    atomic_int worked[ITEMS];
    pthread_t caller;
} course;

static kiem_status fail(km_error *error, const char *what, int item) {
    return km_fail(error, KIEM_E_FORMAT, "%s %d", what, item);
}

static kiem_status fetch(void *context, int place, bool *more, km_error *error) {
    course *c = context;
    *more = c->fetched < ITEMS;
    if (!*more) return KIEM_OK;
    if (c->at[place] != NEVER) c->in_order = false;
    c->at[place] = c->fetched++;
    return c->at[place] == c->fetch_fails ? fail(error, "fetch", c->at[place]) : KIEM_OK;
}

static kiem_status work(void *context, int place, km_error *error) {
    course *c = context;
    int item = c->at[place];
    volatile int spin = item * 7919 % 13 * 900; /* some items take much longer than others */
    while (spin > 0) spin = spin - 1;
    atomic_fetch_add(&c->worked[item], 1);
    return item == c->work_fails[0] || item == c->work_fails[1] ? fail(error, "work", item) : KIEM_OK;
}

static kiem_status commit(void *context, int place, km_error *error) {
    course *c = context;
    int item = c->at[place];
    if (atomic_fetch_add(&c->committing, 1) != 0) c->beside = true;
    c->at[place] = NEVER;
    c->in_order = c->in_order && item == c->committed && atomic_load(&c->worked[item]) == 1;
    c->committed++;
    atomic_fetch_sub(&c->committing, 1);
    return item == c->commit_fails ? fail(error, "commit", item) : KIEM_OK;
}

static kiem_status tell(void *context, km_error *error) {
    course *c = context;
    if (atomic_fetch_add(&c->committing, 1) != 0) c->beside = true;
    c->tell_elsewhere = c->tell_elsewhere || !pthread_equal(pthread_self(), c->caller);
    bool stop = c->tell_fails_at != NEVER && c->committed >= c->tell_fails_at;
    c->told_to_stop = c->told_to_stop || stop;
    atomic_fetch_sub(&c->committing, 1);
    return stop ? km_fail(error, KIEM_E_CANCELLED, "stopped") : KIEM_OK;
}

static kiem_status run(course *c, int threads, km_error *error) {
    const km_crew_plan plan = {fetch, work, commit, tell, c};
    CU_ASSERT_TRUE_FATAL(km_crew_places(threads) <= PLACES);
    for (int i = 0; i < PLACES; i++) c->at[i] = NEVER;
    c->in_order = true;
    c->caller = pthread_self();
    kiem_status status = km_crew_run(&plan, threads, error);
    CU_ASSERT_TRUE(c->in_order);
    CU_ASSERT_FALSE(c->beside);
    CU_ASSERT_FALSE(c->tell_elsewhere);
    return status;
}

static course all_well(void) {
    return (course){
        .fetch_fails = NEVER, .work_fails = {NEVER, NEVER}, .commit_fails = NEVER, .tell_fails_at = NEVER};
}

static const int crews[] = {1, 2, 3, 8, 31};

static void every_item_in_order(void) {
    for (size_t i = 0; i < sizeof crews / sizeof crews[0]; i++) {
        course c = all_well();
        km_error error;
        TEST_OK(run(&c, crews[i], &error), &error);
        CU_ASSERT_EQUAL(c.committed, ITEMS);
    }
}

static void the_first_failure_is_told(void) {
    static const struct {
        int fetch, work[2], commit;
        const char *message;
    } cases[] = {{300, {NEVER, NEVER}, NEVER, "fetch 300"},
                 {NEVER, {301, 300}, NEVER, "work 300"},
                 {NEVER, {299, 303}, 300, "work 299"},
                 {NEVER, {301, 302}, 300, "commit 300"},
                 {0, {1, 2}, NEVER, "fetch 0"},
                 {NEVER, {699, 698}, NEVER, "work 698"}};
    for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
        for (size_t i = 0; i < sizeof crews / sizeof crews[0]; i++) {
            course c = all_well();
            km_error error;
            c.fetch_fails = cases[k].fetch;
            c.work_fails[0] = cases[k].work[0];
            c.work_fails[1] = cases[k].work[1];
            c.commit_fails = cases[k].commit;
            CU_ASSERT_EQUAL(run(&c, crews[i], &error), KIEM_E_FORMAT);
            TEST_TEXT_EQUAL(km_text_from(error.message), cases[k].message);
        }
    }
}

static void telling_can_stop(void) {
    for (size_t i = 0; i < sizeof crews / sizeof crews[0]; i++) {
        course c = all_well();
        km_error error;
        c.tell_fails_at = 20;
        kiem_status status = run(&c, crews[i], &error);
        CU_ASSERT_EQUAL(status, c.told_to_stop ? KIEM_E_CANCELLED : KIEM_OK);
        CU_ASSERT_TRUE(crews[i] > 1 || c.committed == 20);
    }
}

TEST_MAIN("crew", {"every item in order", every_item_in_order},
          {"the first failure is told", the_first_failure_is_told}, {"telling can stop", telling_can_stop})
