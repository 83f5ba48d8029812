/* Days, and how many people come for care on each of them: weekday, month, Tet and public holidays. */
#ifndef SYNTH_CALENDAR_H
#define SYNTH_CALENDAR_H

#include "random.h"

#define SYNTH_MINUTES 1440

/* Days count from 1970-01-01; every date used here lies after it or is a birth date (which may be negative).
 */
int32_t synth_day(int year, int month, int day);
int32_t synth_day_of(int32_t yyyymmdd);
bool synth_date_exists(int32_t yyyymmdd);
void synth_civil(int32_t day, int *year, int *month, int *day_of_month);
int synth_year(int32_t day);
int synth_month(int32_t day);
int synth_weekday(int32_t day); /* 0 is Monday */
int synth_age(int32_t birth, int32_t day);

enum { SYNTH_OUTPATIENT, SYNTH_INPATIENT };

struct synth_calendar {
    int32_t first, last;
    uint32_t *cumulative[2]; /* for outpatients by visit, for inpatients by discharge */
};

/* false: no memory */
bool synth_calendar_open(struct synth_calendar *calendar, int32_t first, int32_t last);
void synth_calendar_close(struct synth_calendar *calendar);
int32_t synth_calendar_pick(const struct synth_calendar *calendar, struct synth_random *random, int care);
/* How much of a year's usual spending falls between the first and the last day, in thousandths. */
uint32_t synth_calendar_covered(const struct synth_calendar *calendar, int year);

#endif
