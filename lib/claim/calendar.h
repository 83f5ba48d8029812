/* Days off: which days the offices and most wards rest. Given as plain rows (data/policy/holidays.csv), as
 * Tet moves by up to a month and the blocks of leave are decided year by year. Saturdays that were worked in
 * exchange for a bridge day are not in it: they stay days off. */
#ifndef KM_CLAIM_CALENDAR_H
#define KM_CLAIM_CALENDAR_H

#include "base/date.h"
#include "claim/lookup.h"

typedef enum km_day_kind {
    KM_DAY_PLAIN = 0, /* no row: an ordinary weekday or weekend */
    KM_DAY_HOLIDAY,
    KM_DAY_TET,      /* in the block of leave around Tet */
    KM_DAY_TET_FIRST /* the first day of the lunar year; one in a year */
} km_day_kind;

typedef struct km_special_day {
    km_day day;
    km_day_kind kind;
} km_special_day;

typedef struct km_calendar {
    const km_mem *mem;
    km_special_day *days; /* ascending */
    uint32_t *weekdays; /* how many of the days before this one fall on Monday to Friday; count + 1 of them */
    uint32_t count;
} km_calendar;

/* Copies the rows, which may come in any order. KIEM_E_POLICY for a day given twice or two first days of Tet
 * in one year. No rows: only weekends are off. */
kiem_status km_calendar_init(km_calendar *calendar, const km_mem *mem, const km_special_day *days,
                             uint32_t count, km_error *error);
/* From the policy's table `holidays`: columns day and kind (tet_first, tet, holiday). */
kiem_status km_calendar_read(km_calendar *calendar, const km_mem *mem, const km_lookup *holidays,
                             km_error *error);
void km_calendar_free(km_calendar *calendar);

km_day_kind km_calendar_kind(const km_calendar *calendar, km_day day);
/* The first day of Tet of that year; false when the calendar does not know it. */
bool km_calendar_tet(const km_calendar *calendar, int year, km_day *first);

/* Calendars may be NULL here: then only weekends are off. */
/* Working days up to and with this one, counted from a day that does not matter: differences count. */
int32_t km_working_days_to(const km_calendar *calendar, km_day day);
/* Working days after `from` up to and with `to`: 0 on the same day, negative when `to` is earlier. */
int32_t km_working_days_between(const km_calendar *calendar, km_day from, km_day to);
/* The n-th working day after `day`, n >= 1. */
km_day km_working_day_after(const km_calendar *calendar, km_day day, int32_t n);

#endif
