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

/* Discharges of one day come together in most files: the last due date is kept. */
typedef struct last_due {
    km_day out, due;
    bool known;
} last_due;

static km_day data_due(const km_calendar *calendar, km_day out, last_due *last) {
    if (!last->known || last->out != out)
        *last = (last_due){out, km_working_day_after(calendar, out, CLAIM_WORKING_DAYS), true};
    return last->due;
}

static void put_row(const km_calendar *calendar, km_batch *batch, uint32_t row, const km_cells *out,
                    const km_cells *received, last_due *last) {
    enum { DATE_WIDTH = 4, LATE_WIDTH = 4 };
    bool has_due = km_fieldset_has(&batch->present, KM_CLAIM_data_due);
    bool has_late = km_fieldset_has(&batch->present, KM_CLAIM_days_late);
    bool left = km_cells_known(out, row), sent = km_cells_known(received, row);
    km_column *due_column = &batch->column[KM_CLAIM_data_due];
    km_column *late_column = &batch->column[KM_CLAIM_days_late];
    if (has_due) km_column_put_null(due_column, DATE_WIDTH, row);
    if (has_late) km_column_put_null(late_column, LATE_WIDTH, row);
    if (!left) return;
    km_day due = data_due(calendar, km_day_of((km_minute)km_cells_int(out, row, 0)), last);
    if (has_due) km_column_put(due_column, DATE_WIDTH, row, due);
    if (!has_late || !sent) return;
    km_day day = km_day_of((km_minute)km_cells_int(received, row, 0));
    int32_t late = km_working_days_between(calendar, due, day);
    if (day > due && late == 0) late = 1; /* on the days off after the last day */
    km_column_put(late_column, LATE_WIDTH, row, late);
}

kiem_status km_due_attach(const km_calendar *calendar, km_batch *batch, const km_fieldset *wanted,
                          km_error *error) {
    last_due last = {0};
    bool late =
        km_fieldset_has(wanted, KM_CLAIM_days_late) && km_fieldset_has(&batch->present, KM_CLAIM_NGAY_GUI);
    if (km_fieldset_has(wanted, KM_CLAIM_data_due))
        KM_TRY(km_batch_add_column(batch, KM_CLAIM_data_due, error));
    if (late) KM_TRY(km_batch_add_column(batch, KM_CLAIM_days_late, error));
    if (!late && !km_fieldset_has(wanted, KM_CLAIM_data_due)) return KIEM_OK;
    km_cells out = km_batch_cells(batch, KM_CLAIM_NGAY_RA);
    km_cells received = km_batch_cells(batch, KM_CLAIM_NGAY_GUI);
    for (uint32_t row = 0; row < batch->rows; row++) put_row(calendar, batch, row, &out, &received, &last);
    return KIEM_OK;
}

int km_advance_percent(km_day day) {
    return since_law_51(day) ? 90 : 80;
}
