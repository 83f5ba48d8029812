/* Civil dates as days since 1970-01-01, times as minutes since 1970-01-01 00:00 (local time of the record).
 */
#ifndef KM_BASE_DATE_H
#define KM_BASE_DATE_H

#include "base/buf.h"
#include "base/text.h"

typedef int32_t km_day;
typedef int32_t km_minute;

enum { KM_MINUTES_PER_DAY = 1440 };

typedef struct km_civil {
    int year, month, day; /* month and day are 0 when unknown (birth dates only) */
} km_civil;

bool km_civil_valid(int year, int month, int day);
km_day km_day_from_civil(int year, int month, int day);
km_civil km_civil_from_day(km_day day);
/* Monday 1 .. Sunday 7. */
int km_weekday(km_day day);
static inline km_day km_day_of(km_minute minute) {
    return minute >= 0 ? minute / KM_MINUTES_PER_DAY : (minute + 1) / KM_MINUTES_PER_DAY - 1;
}
/* day + n months, clipped to the month's last day (31 January + 1 month = 28 or 29 February). */
km_day km_day_add_months(km_day day, int months);

/* Years 1900 to 2199 are accepted. Each returns false when the text is not of that kind.
 * Date:  yyyymmdd, yyyymmddHHMM (time dropped), yyyy-mm-dd[...time].
 * Time:  yyyymmddHHMM, yyyymmddHHMMSS (seconds dropped), yyyymmdd (00:00), yyyy-mm-dd[ T]HH:MM[:SS[.fff]].
 * Birth: any of them, or yyyy, yyyymm, yyyy and twelve zeros, and 00 for an unknown month or day; packed as
 * yyyymmdd. */
bool km_date_parse(km_text text, km_day *out);
bool km_time_parse(km_text text, km_minute *out);
bool km_birth_parse(km_text text, int32_t *out_packed);
/* Strict yyyy-mm-dd, for policies and options. */
bool km_iso_date_parse(km_text text, km_day *out);

void km_buf_day(km_buf *buf, km_day day);        /* 2024-02-29 */
void km_buf_minute(km_buf *buf, km_minute time); /* 2024-02-29 08:15 */
void km_buf_birth(km_buf *buf, int32_t packed);  /* 1980-03-15, 1980-03 or 1980 */
/* The same where there is room for KM_WRITE_MOST characters; returns the end of what stays. */
char *km_write_day(char *at, km_day day);
char *km_write_minute(char *at, km_minute time);

#endif
