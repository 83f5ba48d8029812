/* A lasting step in a series of monthly figures: where it lies, how large it is, and how likely such a one is
 * by chance. */
#ifndef KM_SCORE_SHIFT_H
#define KM_SCORE_SHIFT_H

#include <stdbool.h>

enum { KM_SHIFT_MIN = 9 /* shorter series tell nothing */, KM_SHIFT_EDGE = 3 /* on either side */ };

typedef struct km_shift {
    bool known;
    int before;  /* the step lies after so many values */
    double jump; /* mean after less mean before */
    double t, p; /* two-sided, for the largest of all places it could be at */
} km_shift;

void km_shift_find(const double *series, int count, km_shift *out);

#endif
