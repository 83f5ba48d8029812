/* Who worked when and where: what the lines of services add up to for each doctor or machine, facility and
 * day. Nothing here hangs on the order in which it is added. */
#ifndef KM_STATE_WORKDAYS_H
#define KM_STATE_WORKDAYS_H

#include "base/arena.h"
#include "base/date.h"
#include "base/decimal.h"
#include "base/error.h"
#include "base/map.h"

enum { KM_SPAN_MINUTES = 5, KM_DAY_SPANS = 288, KM_SPAN_WORDS = (KM_DAY_SPANS + 63) / 64, KM_DAY_HOURS = 24 };

/* Spans of five minutes of a day, one bit each. */
typedef struct km_spans {
    uint64_t bits[KM_SPAN_WORDS];
} km_spans;

bool km_spans_meet(const km_spans *a, const km_spans *b);

/* What one claim tells about one doctor or machine on one day. */
typedef struct km_stint {
    km_text name;
    uint32_t claim;          /* row of the batch at hand */
    uint64_t facility, kind; /* kind: packed code of what a machine does, 0 of doctors */
    bool machine;
    bool norm_known;
    km_day day;
    uint32_t lines, cases; /* cases: examinations of a doctor, uses of a machine */
    uint32_t norm;         /* minutes the norms give for the lines */
    uint32_t next;         /* of its reader: the next one with the same hash + 1 */
    uint32_t line;         /* of its reader: the last line of a machine + 1 */
    uint32_t first;        /* of its reader: where the doctor's first stint with lines in the claim stands */
    km_int128 fund;
    km_int128 fund_of_claim;      /* in that first one: of all days */
    uint16_t hours[KM_DAY_HOURS]; /* cases by the hour of the clock */
    km_spans present;             /* work that needs the doctor to be there */
    km_spans busy;                /* operations and procedures on this patient */
    km_spans operating;           /* operations, by their first performer */
} km_stint;

typedef struct km_workday {
    uint32_t worker; /* closed: workers stand by name, then facility */
    uint32_t rank;   /* closed: of the worker */
    km_day day;
    uint32_t lines, cases, norm;
    uint32_t busy_spans;      /* summed over patients */
    uint32_t operating_spans; /* the same */
    bool norm_known;
    km_int128 fund;
    uint16_t hours[KM_DAY_HOURS];
    km_spans present, operating;
} km_workday;

/* A doctor or machine at one facility. */
typedef struct km_worker {
    km_text name;
    uint64_t facility, kind;
    bool machine;
    uint32_t next;  /* the next one with the same hash + 1 */
    uint32_t rank;  /* closed: the same for all facilities of a doctor */
    km_day counted; /* the month it was last counted in */
} km_worker;

typedef struct km_workdays {
    const km_mem *mem;
    km_arena names;
    km_map by_name; /* hash -> first worker */
    km_map by_day;  /* worker and day -> place in days */
    km_worker *workers;
    size_t worker_count, worker_capacity;
    km_workday *days; /* closed: by rank of the worker, day, facility */
    size_t count, capacity;
    const km_mem *mem_of_days;
    const km_mem *large; /* of what exceeds so many days; their parts, which may be of the same day */
    size_t most;
    km_workday *parts;
    size_t part_count, part_capacity;
} km_workdays;

void km_workdays_init(km_workdays *all, const km_mem *mem);
/* Before the first addition: days are added up in this many bytes and then put aside in memory from `large`,
 * which is gone through in order. What comes out does not change by it. */
void km_workdays_limit(km_workdays *all, const km_mem *large, uint64_t memory);
void km_workdays_free(km_workdays *all);
kiem_status km_workdays_add(km_workdays *all, const km_stint *stint, km_error *error);
/* Puts the days in order; nothing is added afterwards. */
kiem_status km_workdays_close(km_workdays *all, km_error *error);

/* A month of one doctor at all facilities, or of one machine. */
typedef struct km_work_month {
    const km_worker *worker; /* the first one, by facility */
    km_day month;            /* its first day */
    uint32_t facilities, days, lines, cases, hours;
    km_int128 fund;
    uint32_t max_cases, max_cases_8h, max_busy, max_norm, max_at_once; /* minutes the last three */
    uint32_t max_two_places;                                           /* spans */
    km_day max_cases_on, max_cases_8h_on, max_busy_on, max_norm_on, max_at_once_on, max_two_places_on;
    size_t two_places_first, two_places_end; /* the workdays of that day */
    km_spans two_places;                     /* when on that day */
    bool norm_known;
    uint64_t
        before; /* lines (machines: cases) of the three months before, if there were any in each; else 0 */
} km_work_month;

typedef struct km_work_cursor {
    size_t next;
    uint32_t rank;
    km_day months[3]; /* before the next one, and what was done in each */
    uint32_t done[3];
} km_work_cursor;

/* The months in the order of the workers' names, doctors first; the cursor starts as zeros. False after the
 * last. */
bool km_workdays_next_month(km_workdays *all, km_work_cursor *cursor, km_work_month *out);

#endif
