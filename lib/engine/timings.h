/* Where the time of a job goes, by stage. */
#ifndef KM_ENGINE_TIMINGS_H
#define KM_ENGINE_TIMINGS_H

#include "base/clock.h"

typedef enum km_stage {
    KM_STAGE_READ = 0, /* bytes from the file, and cutting them into records */
    KM_STAGE_PARSE,    /* records to fields to typed columns */
    KM_STAGE_LEARN,    /* history, ledger and spool take the rows */
    KM_STAGE_HISTORY,  /* sorting and sweeping what was learned; its columns */
    KM_STAGE_SCORE,    /* features, peer groups, scores */
    KM_STAGE_DETAILS,  /* lines find their claims */
    KM_STAGE_RULES,
    KM_STAGE_RESULTS,  /* findings and rows of claims, with their words, money and text */
    KM_STAGE_WRITE,    /* results to files and tables */
    KM_STAGE_ENTITIES, /* facilities, provinces, patients */
    KM_STAGE_COUNT
} km_stage;

/* Nanoseconds of one thread. */
typedef struct km_timings {
    int64_t spent[KM_STAGE_COUNT];
    int64_t since;
} km_timings;

/* Books the time since the last call to a stage; km_timings_start begins. */
static inline void km_timings_start(km_timings *timings) {
    timings->since = km_clock();
}
static inline void km_timings_book(km_timings *timings, km_stage stage) {
    int64_t now = km_clock();
    timings->spent[stage] += now - timings->since;
    timings->since = now;
}
static inline void km_timings_add(km_timings *sum, const km_timings *more) {
    for (int i = 0; i < KM_STAGE_COUNT; i++) sum->spent[i] += more->spent[i];
}

#endif
