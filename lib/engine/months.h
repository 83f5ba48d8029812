/* Months without claims between months that have many: a file that was forgotten shows nowhere else, but the
 * sums and forecasts of the year are too low. */
#ifndef KM_ENGINE_MONTHS_H
#define KM_ENGINE_MONTHS_H

#include "claim/batch.h"

enum { KM_MONTHS_FIRST_YEAR = 2000, KM_MONTHS = 100 * 12, KM_MONTHS_TEXT_MAX = 128 };

/* Claims by month of discharge, and its latest one. */
typedef struct km_months {
    uint32_t claims[KM_MONTHS];
    km_day latest[KM_MONTHS];
} km_months;

void km_months_note(km_months *months, const km_batch *batch);
/* "2024-05, 2024-06", the first ones where there are many, "" when there is none; `text` holds
 * KM_MONTHS_TEXT_MAX bytes. */
void km_months_missing(const km_months *months, char *text);
/* How many claims end in the last months, when these are few of all and two months or more without any come
 * before them: a wrong date. `before` is then the latest discharge of the others. Else 0. */
uint32_t km_months_straggling(const km_months *months, km_day *before);

#endif
