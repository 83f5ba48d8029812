#include "claim/calendar.h"

#include "base/sort.h"

enum { WEEK = 7, WORKDAYS = 5 };

/* ---- making */

static int compare_days(const void *a, const void *b, const void *context) {
    (void)context;
    const km_special_day *left = a, *right = b;
    KM_ORDER_BY(day);
    KM_ORDER_BY(kind);
    return 0;
}

static kiem_status check_days(const km_calendar *calendar, km_error *error) {
    int tet_year = 0;
    for (uint32_t i = 0; i < calendar->count; i++) {
        km_civil civil = km_civil_from_day(calendar->days[i].day);
        if (i && calendar->days[i].day == calendar->days[i - 1].day) {
            return km_fail(error, KIEM_E_POLICY, "the calendar has %04d-%02d-%02d twice", civil.year,
                           civil.month, civil.day);
        }
        if (calendar->days[i].kind != KM_DAY_TET_FIRST) continue;
        if (civil.year == tet_year)
            return km_fail(error, KIEM_E_POLICY, "the calendar has two first days of Tet in %d", tet_year);
        tet_year = civil.year;
    }
    return KIEM_OK;
}

static kiem_status fill(km_calendar *calendar, const km_special_day *days, km_error *error) {
    if (!calendar->days || !calendar->weekdays) return km_nomem(error);
    for (uint32_t i = 0; i < calendar->count; i++) calendar->days[i] = days[i];
    km_sort(calendar->days, calendar->count, sizeof *calendar->days, compare_days, NULL);
    calendar->weekdays[0] = 0;
    for (uint32_t i = 0; i < calendar->count; i++)
        calendar->weekdays[i + 1] = calendar->weekdays[i] + (km_weekday(calendar->days[i].day) <= WORKDAYS);
    return check_days(calendar, error);
}

kiem_status km_calendar_init(km_calendar *calendar, const km_mem *mem, const km_special_day *days,
                             uint32_t count, km_error *error) {
    *calendar = (km_calendar){.mem = mem, .count = count};
    calendar->days = km_alloc_array(mem, count, sizeof *calendar->days);
    calendar->weekdays = km_alloc_array(mem, (size_t)count + 1, sizeof *calendar->weekdays);
    kiem_status status = fill(calendar, days, error);
    if (status != KIEM_OK) km_calendar_free(calendar);
    return status;
}

void km_calendar_free(km_calendar *calendar) {
    if (!calendar->mem) return;
    km_free(calendar->mem, calendar->days, calendar->count * sizeof *calendar->days);
    km_free(calendar->mem, calendar->weekdays, ((size_t)calendar->count + 1) * sizeof *calendar->weekdays);
    *calendar = (km_calendar){0};
}

static const struct {
    const char *name;
    km_day_kind kind;
} kind_names[] = {{"holiday", KM_DAY_HOLIDAY}, {"tet", KM_DAY_TET}, {"tet_first", KM_DAY_TET_FIRST}};

static kiem_status read_kind(const km_value *cell, km_day_kind *out, km_error *error) {
    for (size_t i = 0; i < sizeof kind_names / sizeof kind_names[0]; i++) {
        if (!km_text_equal_fold(cell->text, km_text_from(kind_names[i].name))) continue;
        *out = kind_names[i].kind;
        return KIEM_OK;
    }
    return km_fail(error, KIEM_E_POLICY,
                   "table 'holidays': the kind '%.*s' is not one of tet_first, tet, holiday",
                   KM_TEXT_ARG(cell->text));
}

kiem_status km_calendar_read(km_calendar *calendar, const km_mem *mem, const km_lookup *holidays,
                             km_error *error) {
    int day = km_lookup_find_column(holidays, KM_TEXT("day"));
    int kind = km_lookup_find_column(holidays, KM_TEXT("kind"));
    *calendar = (km_calendar){0};
    if (day < 0 || kind < 0 || holidays->column[day].type != KM_TYPE_DATE ||
        holidays->column[kind].type != KM_TYPE_TEXT) {
        return km_fail(error, KIEM_E_POLICY, "table 'holidays' needs the columns day and kind");
    }
    km_special_day *days = km_alloc_array(mem, holidays->rows, sizeof *days);
    if (!days) return km_nomem(error);
    kiem_status status = KIEM_OK;
    for (uint32_t row = 0; row < holidays->rows && status == KIEM_OK; row++) {
        days[row].day = (km_day)holidays->column[day].cells[row].number;
        status = read_kind(&holidays->column[kind].cells[row], &days[row].kind, error);
    }
    if (status == KIEM_OK) status = km_calendar_init(calendar, mem, days, holidays->rows, error);
    km_free(mem, days, holidays->rows * sizeof *days);
    return status;
}

/* ---- asking */

/* How many rows are before that day. */
static size_t rows_before(const km_calendar *calendar, km_day day) {
    size_t at;
    KM_BISECT(at, calendar->count, calendar->days[at].day < day);
    return at;
}

km_day_kind km_calendar_kind(const km_calendar *calendar, km_day day) {
    size_t at = rows_before(calendar, day);
    return at < calendar->count && calendar->days[at].day == day ? calendar->days[at].kind : KM_DAY_PLAIN;
}

bool km_calendar_tet(const km_calendar *calendar, int year, km_day *first) {
    size_t at = rows_before(calendar, km_day_from_civil(year, 1, 1));
    km_day end = km_day_from_civil(year + 1, 1, 1);
    for (; at < calendar->count && calendar->days[at].day < end; at++) {
        if (calendar->days[at].kind != KM_DAY_TET_FIRST) continue;
        *first = calendar->days[at].day;
        return true;
    }
    return false;
}

/* Mondays to Fridays since Monday 1969-12-29, less those that are days off. */
int32_t km_working_days_to(const km_calendar *calendar, km_day day) {
    int32_t from_monday = day + 3; /* 1970-01-01 was a Thursday */
    int32_t week = from_monday >= 0 ? from_monday / WEEK : -((WEEK - 1 - from_monday) / WEEK);
    int32_t in_week = from_monday - week * WEEK + 1;
    int32_t days = week * WORKDAYS + (in_week < WORKDAYS ? in_week : WORKDAYS);
    return calendar ? days - (int32_t)calendar->weekdays[rows_before(calendar, day + 1)] : days;
}

int32_t km_working_days_between(const km_calendar *calendar, km_day from, km_day to) {
    return km_working_days_to(calendar, to) - km_working_days_to(calendar, from);
}

km_day km_working_day_after(const km_calendar *calendar, km_day day, int32_t n) {
    int32_t wanted = km_working_days_to(calendar, day) + n;
    km_day at = day + n; /* no earlier: a day counts at most once */
    while (km_working_days_to(calendar, at) < wanted) at++;
    return at;
}
