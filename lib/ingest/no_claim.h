/* Rows between and behind the claims of a report that are none: totals, captions, numbers of columns,
 * delimiters alone. Nothing in them says which claim it is, whose, when or what for. */
#ifndef KM_INGEST_NO_CLAIM_H
#define KM_INGEST_NO_CLAIM_H

#include "ingest/layout.h"

enum { KM_CLAIM_MARKS = 6 };

/* The fields that tell a claim, as far as the input has them, the day of admission first; count is 0 where
 * it has too few of them to say that a row is no claim. */
typedef struct km_claim_marks {
    uint32_t count;
    int field[KM_CLAIM_MARKS];
} km_claim_marks;

km_claim_marks km_claim_marks_of(const km_layout *layout);
/* Whether the cell of such a field, in a column counted from 0, says something: each has digits, or is a name
 * with an underscore where another header stands; words in the place of MA_LK are a label. */
bool km_claim_mark(int field, uint32_t column, km_text cell);
/* Why a row without marks is rejected. */
extern const char km_no_claim[];

#endif
