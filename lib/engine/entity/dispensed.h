/* Reads from the drug lines of claims which drugs patients took home, and for how long. */
#ifndef KM_ENGINE_DISPENSED_H
#define KM_ENGINE_DISPENSED_H

#include "rules/input.h"
#include "state/history/history.h"
#include "state/people/supplies.h"

/* The supplies of a batch of claims: the working memory of one thread. */
typedef struct km_dispensed {
    const km_mem *mem;
    km_supply *list;
    size_t count, capacity;
} km_dispensed;

void km_dispensed_init(km_dispensed *dispensed, const km_mem *mem);
void km_dispensed_free(km_dispensed *dispensed);
/* Adds the columns of drug lines that are read. */
void km_dispensed_columns(km_fieldset *set);
/* Reads all drug lines of visits in the input, forgetting what was there before. `reader` has the history of
 * the same batch. */
kiem_status km_dispensed_read(km_dispensed *dispensed, const km_input *input, const km_history_reader *reader,
                              km_error *error);

#endif
