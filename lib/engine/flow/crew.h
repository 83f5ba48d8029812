/* A few threads that work on one item after another and hand the results on in the order of the items, so
 * that what comes out does not depend on how many they are. */
#ifndef KM_ENGINE_CREW_H
#define KM_ENGINE_CREW_H

#include <stdbool.h>

#include "base/error.h"

/* What the crew does with an item; each function gets the place that holds it, 0 to km_crew_places - 1. */
typedef struct km_crew_plan {
    /* Fetches the next item into this place; *more false after the last. One thread at a time. */
    kiem_status (*fetch)(void *context, int place, bool *more, km_error *error);
    /* Works on it, beside the other threads. */
    kiem_status (*work)(void *context, int place, km_error *error);
    /* Hands the result on: one thread at a time, in the order in which items were fetched. */
    kiem_status (*commit)(void *context, int place, km_error *error);
    /* Called now and then by the thread that called km_crew_run, never beside a commit. */
    kiem_status (*tell)(void *context, km_error *error);
    void *context;
} km_crew_plan;

/* Items that are at work or wait for their turn: more than threads, so that a thread whose item is done
 * before one that was fetched earlier need not wait. */
int km_crew_places(int threads);
/* Runs until fetch has no more or something failed; the error is that of the first item that failed,
 * whichever thread had it. With one thread everything happens on the caller's. Threads that cannot be started
 * are done without. */
kiem_status km_crew_run(const km_crew_plan *plan, int threads, km_error *error);

#endif
