#include "calendar.h"

#include <stdlib.h>

int32_t synth_day(int year, int month, int day) {
    int y = month <= 2 ? year - 1 : year;
    int era = (y >= 0 ? y : y - 399) / 400;
    int of_era = y - era * 400;
    int of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return (int32_t)(era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468);
}

int32_t synth_day_of(int32_t yyyymmdd) {
    return synth_day(yyyymmdd / 10000, yyyymmdd / 100 % 100, yyyymmdd % 100);
}

void synth_civil(int32_t day, int *year, int *month, int *day_of_month) {
    int32_t z = day + 719468; /* positive for every date since year 0 */
    int32_t era = z / 146097;
    int32_t doe = z - era * 146097;
    int32_t yoe = (doe - doe / 1460 + doe / 36524 - doe / 146096) / 365;
    int32_t doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    int32_t mp = (5 * doy + 2) / 153;
    *day_of_month = doy - (153 * mp + 2) / 5 + 1;
    *month = mp < 10 ? mp + 3 : mp - 9;
    *year = yoe + era * 400 + (*month <= 2);
}

bool synth_date_exists(int32_t yyyymmdd) {
    if (yyyymmdd < 10000101) return false;
    int year, month, day;
    if (yyyymmdd / 100 % 100 < 1 || yyyymmdd / 100 % 100 > 12) return false;
    synth_civil(synth_day_of(yyyymmdd), &year, &month, &day);
    return year * 10000 + month * 100 + day == yyyymmdd;
}

int synth_year(int32_t day) {
    int year, month, of_month;
    synth_civil(day, &year, &month, &of_month);
    return year;
}

int synth_month(int32_t day) {
    int year, month, of_month;
    synth_civil(day, &year, &month, &of_month);
    return month;
}

int synth_weekday(int32_t day) {
    return (int)((day + 3) % 7);
}

int synth_age(int32_t birth, int32_t day) {
    int y0, m0, d0, y1, m1, d1;
    synth_civil(birth, &y0, &m0, &d0);
    synth_civil(day, &y1, &m1, &d1);
    return y1 - y0 - (m1 * 100 + d1 < m0 * 100 + d0);
}

/* Weights follow money-methods section 1; they are an assumption, not law. */
static const uint16_t weekday_weight[2][7] = {{122, 110, 106, 104, 103, 35, 20},
                                              {112, 104, 104, 106, 122, 85, 67}};
static const uint16_t month_weight[12] = {930, 940, 950, 960, 975, 985, 1000, 1015, 1030, 1055, 1070, 1090};
static const uint8_t holiday_weight[2] = {15, 55};
static const uint8_t tet_weight[2] = {8, 35};
static const int32_t tet[] = {20210212, 20220201, 20230122, 20240210, 20250129, 20260217, 20270206};
/* Hung Kings' days; the other holidays have fixed dates */
static const int32_t hung_kings[] = {20210421, 20220410, 20230429, 20240418, 20250407, 20260426, 20270416};

static bool is_holiday(int32_t day) {
    int year, month, of_month;
    synth_civil(day, &year, &month, &of_month);
    int date = month * 100 + of_month;
    if (date == 101 || date == 430 || date == 501 || date == 902 || date == 903) return true;
    for (size_t i = 0; i < sizeof hung_kings / sizeof *hung_kings; i++) {
        if (synth_day_of(hung_kings[i]) == day) return true;
    }
    return false;
}

static uint32_t weight_of(int32_t day, int care) {
    int year, month, of_month;
    synth_civil(day, &year, &month, &of_month);
    uint32_t monthly = month_weight[month - 1];
    uint32_t percent = 100;
    for (size_t i = 0; i < sizeof tet / sizeof *tet; i++) {
        int32_t after = day - synth_day_of(tet[i]);
        if (after >= -3 && after <= 4) return tet_weight[care] * monthly;
        if (after >= -13 && after < -3) percent = 80;
        if (after >= 5 && after <= 18) percent = 110;
    }
    if (is_holiday(day)) return holiday_weight[care] * monthly;
    return weekday_weight[care][synth_weekday(day)] * monthly * percent / 100;
}

bool synth_calendar_open(struct synth_calendar *calendar, int32_t first, int32_t last) {
    size_t days = (size_t)(last - first + 1);
    *calendar = (struct synth_calendar){.first = first, .last = last};
    int base_year = synth_year(first);
    for (int care = 0; care < 2; care++) {
        uint32_t *sum = malloc(days * sizeof *sum);
        if (!sum) {
            synth_calendar_close(calendar);
            return false;
        }
        uint32_t total = 0;
        for (size_t i = 0; i < days; i++) {
            int32_t day = first + (int32_t)i;
            uint32_t growth = 100 + 9 * (uint32_t)(synth_year(day) - base_year); /* more visits every year */
            total += weight_of(day, care) * growth / 1000;
            sum[i] = total;
        }
        calendar->cumulative[care] = sum;
    }
    return true;
}

void synth_calendar_close(struct synth_calendar *calendar) {
    free(calendar->cumulative[0]);
    free(calendar->cumulative[1]);
    *calendar = (struct synth_calendar){0};
}

int32_t synth_calendar_pick(const struct synth_calendar *calendar, struct synth_random *random, int care) {
    uint32_t days = (uint32_t)(calendar->last - calendar->first + 1);
    return calendar->first + (int32_t)synth_weighted(random, calendar->cumulative[care], days);
}

uint32_t synth_calendar_covered(const struct synth_calendar *calendar, int year) {
    uint64_t inside = 0, whole = 0;
    for (int32_t day = synth_day(year, 1, 1); day <= synth_day(year, 12, 31); day++) {
        uint64_t weight =
            45 * (uint64_t)weight_of(day, SYNTH_OUTPATIENT) + 55 * (uint64_t)weight_of(day, SYNTH_INPATIENT);
        whole += weight;
        if (day >= calendar->first && day <= calendar->last) inside += weight;
    }
    return whole ? (uint32_t)(inside * 1000 / whole) : 0;
}
