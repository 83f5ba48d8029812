#include "claim/due.h"

enum { CLAIM_WORKING_DAYS = 7, ADVANCE_WORKING_DAYS = 5, MONTH_DAY = 15, MONTHS = 12, QUARTER = 3 };
enum { ANSWER_DAYS = 30, ANSWER_QUARTER_4_DAYS = 60, PAYMENT_DAYS = 10, REFUND_DAYS = 40 };

static bool since_law_51(km_day day) {
    return day >= km_day_from_civil(2025, 7, 1);
}

/* The 15th of the month that many months after the first of this one. */
static km_day fifteenth(int year, int month, int months) {
    return km_day_add_months(km_day_from_civil(year, month, 1), months) + MONTH_DAY - 1;
}

static bool adjustment(km_day day, int year, int month, int last_day, km_day *last) {
    *last = km_day_from_civil(year, month, last_day);
    return day < km_day_from_civil(2025, 8, 15);
}

bool km_due_date(const km_calendar *calendar, km_due due, km_day day, km_day *last) {
    km_civil civil = km_civil_from_day(day);
    int to_next_quarter = QUARTER - (civil.month - 1) % QUARTER;
    switch (due) {
    case KM_DUE_CLAIM_DATA: *last = km_working_day_after(calendar, day, CLAIM_WORKING_DAYS); return true;
    case KM_DUE_MONTHLY_LIST: *last = fifteenth(civil.year, civil.month, 1); return true;
    case KM_DUE_QUARTERLY_REPORT: *last = fifteenth(civil.year, civil.month, to_next_quarter); return true;
    case KM_DUE_ADVANCE: *last = km_working_day_after(calendar, day, ADVANCE_WORKING_DAYS); return true;
    case KM_DUE_ANSWER: *last = day + ANSWER_DAYS; return true;
    case KM_DUE_ANSWER_QUARTER_4:
        *last = day + (since_law_51(day) ? ANSWER_QUARTER_4_DAYS : ANSWER_DAYS);
        return true;
    case KM_DUE_PAYMENT: *last = day + PAYMENT_DAYS; return true;
    case KM_DUE_YEAR_SETTLEMENT: *last = km_day_from_civil(civil.year + 1, 9, 30); return true;
    case KM_DUE_PATIENT_REFUND: *last = day + REFUND_DAYS; return true;
    case KM_DUE_FACILITY_ADJUSTMENT: return adjustment(day, civil.year, 10, 14, last);
    case KM_DUE_PROVINCE_ADJUSTMENT: return adjustment(day, civil.year, 10, 29, last);
    case KM_DUE_NATION_ADJUSTMENT: return adjustment(day, civil.year, 11, 14, last);
    case KM_DUE_COUNT: break;
    }
    return false;
}

int km_advance_percent(km_day day) {
    return since_law_51(day) ? 90 : 80;
}
