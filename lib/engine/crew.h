/* A few threads that work on one item after another and hand the results on in the order of the items, so
 * that what comes out does not depend on how many they are. */
#ifndef KM_ENGINE_CREW_H
#define KM_ENGINE_CREW_H

#include <stdbool.h>

#include "base/error.h"

/* What the crew does with an item; each function gets the worker that holds it, 0 to threads - 1. */
typedef struct km_crew_plan {
    /* Fetches the next item for this worker; *more false after the last. One worker at a time. */
    kiem_status (*fetch)(void *context, int worker, bool *more, km_error *error);
    /* Works on it, beside the other workers. */
    kiem_status (*work)(void *context, int worker, km_error *error);
    /* Hands the result on: one worker at a time, in the order in which items were fetched. Worker 0 is the
     * thread that called km_crew_run. */
    kiem_status (*commit)(void *context, int worker, km_error *error);
    void *context;
} km_crew_plan;

/* Runs until fetch has no more or something failed; the error is that of the first item that failed,
 * whichever worker had it. With one thread everything happens on the caller's. Threads that cannot be started
 * are done without. */
kiem_status km_crew_run(const km_crew_plan *plan, int threads, km_error *error);

#endif
