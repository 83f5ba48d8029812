/* The parallel card lists of claims as child rows: element i of MA_THE_BHYT, MA_DKBD, GT_THE_TU and
 * GT_THE_DEN belong together. */
#ifndef KM_RULES_CARD_ROWS_H
#define KM_RULES_CARD_ROWS_H

#include "rules/input.h"

enum { KM_CARD_DATES = 2048 };

typedef struct km_card_rows {
    const km_mem *mem;
    km_batch batch;
    struct { /* dates come again and again: the text of eight bytes, and the day it is */
        uint64_t text;
        km_day day;
    } dates[KM_CARD_DATES];
    uint64_t any[KM_BATCH_WORDS],
        odd[KM_BATCH_WORDS]; /* rows with cards; those with several, or with blanks */
    uint32_t *parent, *first;
    size_t parent_capacity, first_capacity;
} km_card_rows;

void km_card_rows_init(km_card_rows *rows, const km_mem *mem);
void km_card_rows_free(km_card_rows *rows);
/* Rebuilds the card rows for a batch of claims and sets them as the card rows of `input`. */
kiem_status km_card_rows_build(km_card_rows *rows, km_input *input, km_error *error);
/* The list of a claim that a card field comes from. */
int km_card_source(int card_field);
/* Sets the bits of rows whose list has more than one part, or blanks that may have to be cut off: few. */
void km_mark_odd_lists(const km_column *lists, uint32_t rows, uint64_t *odd);
/* The card fields that claims with these fields give. */
km_fieldset km_card_fields_from(const km_fieldset *claim_fields);

#endif
