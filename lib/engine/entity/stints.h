/* Reads from the service lines of claims who did what and when: one stint for each doctor or machine, day and
 * claim. */
#ifndef KM_ENGINE_STINTS_H
#define KM_ENGINE_STINTS_H

#include "rules/judge.h"
#include "state/history/history.h"
#include "state/people/workdays.h"

/* The stints of a batch of claims: the working memory of one thread. Names lie in the batch of lines. */
typedef struct km_stints {
    const km_mem *mem;
    km_stint *list;
    size_t count, capacity;
    km_map by_place;  /* the stint of a name and day in a claim, the newest of those with one hash */
    km_map by_doctor; /* the first stint with lines of a doctor in a claim */
} km_stints;

void km_stints_init(km_stints *stints, const km_mem *mem);
void km_stints_free(km_stints *stints);
/* Adds the columns of service lines that are read. */
void km_stints_columns(km_fieldset *set);
/* Reads all lines of the input that the judge has at hand, forgetting what was there before. */
kiem_status km_stints_read(km_stints *stints, km_rule_judge *judge, const km_plan *plan,
                           const km_input *input, const km_history_reader *history, km_error *error);

#endif
