/* Lines of claims that are judged as they come: which belong to which claim of a batch. */
#ifndef KM_ENGINE_CLAIM_LINES_H
#define KM_ENGINE_CLAIM_LINES_H

#include "base/error.h"
#include "base/map.h"
#include "rules/input.h"

typedef struct km_claim_lines {
    const km_mem *mem;
    uint32_t *parent, *first;
    size_t parent_capacity, first_capacity;
    bool of_envelope; /* whose lines have MA_LK in any case; else all that comes with one claim is its own */
    km_map keys;      /* hashes of MA_LK, with the first claim that has it */
    uint64_t unclear[KM_BATCH_WORDS];
    km_batch none; /* with all columns and no row: nothing is not the same as not known */
} km_claim_lines;

void km_claim_lines_init(km_claim_lines *lines, const km_mem *mem);
void km_claim_lines_free(km_claim_lines *lines);
/* Sets the lines of the claims in `input`. They stand in the order of their claims, whose MA_LK they have;
 * one without is of the claim of the line before it, or of the first. KIEM_E_ARGUMENT for a line of another
 * claim, and for one of a MA_LK that several claims share; claims of which it cannot be told whether they
 * have lines are unclear, as in a job. What is set stands until the next call. */
kiem_status km_claim_lines_attach(km_claim_lines *lines, km_scope scope, const km_batch *batch,
                                  km_input *input, km_error *error);

#endif
