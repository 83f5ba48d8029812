#include "claim/due.h"

enum { CLAIM_WORKING_DAYS = 7, ADVANCE_WORKING_DAYS = 5, MONTH_DAY = 15, MONTHS = 12, QUARTER = 3 };
enum { ANSWER_DAYS = 30, ANSWER_QUARTER_4_DAYS = 60, PAYMENT_DAYS = 10 };

bool km_before_decree_188(km_day day) {
    return day < km_day_from_civil(2025, 8, 15);
}

static bool since_law_51(km_day day) {
    return day >= km_day_from_civil(2025, 7, 1);
}

/* The 15th of the month that many months after this one. */
static km_day fifteenth(int year, int month, int months) {
    int from_january = month - 1 + months;
    return km_day_from_civil(year + from_january / MONTHS, from_january % MONTHS + 1, MONTH_DAY);
}

km_day km_due_date(const km_calendar *calendar, km_due due, km_day day) {
    km_civil civil = km_civil_from_day(day);
    int to_next_quarter = QUARTER - (civil.month - 1) % QUARTER;
    switch (due) {
    case KM_DUE_CLAIM_DATA: return km_working_day_after(calendar, day, CLAIM_WORKING_DAYS);
    case KM_DUE_MONTHLY_LIST: return fifteenth(civil.year, civil.month, 1);
    case KM_DUE_QUARTERLY_REPORT: return fifteenth(civil.year, civil.month, to_next_quarter);
    case KM_DUE_ADVANCE: return km_working_day_after(calendar, day, ADVANCE_WORKING_DAYS);
    case KM_DUE_ANSWER: return day + ANSWER_DAYS;
    case KM_DUE_ANSWER_QUARTER_4: return day + (since_law_51(day) ? ANSWER_QUARTER_4_DAYS : ANSWER_DAYS);
    case KM_DUE_PAYMENT: return day + PAYMENT_DAYS;
    case KM_DUE_YEAR_SETTLEMENT: break;
    }
    return km_day_from_civil(civil.year + 1, 9, 30);
}

/* Discharges of one day come together in most files: the last due date is kept. */
typedef struct last_due {
    km_day out, due;
    int32_t working; /* days to the due date */
    bool known;
} last_due;

static const last_due *data_due(const km_calendar *calendar, km_day out, last_due *last) {
    if (!last->known || last->out != out) {
        const km_day due = km_working_day_after(calendar, out, CLAIM_WORKING_DAYS);
        *last = (last_due){out, due, km_working_days_to(calendar, due), true};
    }
    return last;
}

/* The columns that are worked out (NULL: not wanted), and what they are worked out from. */
typedef struct due_columns {
    km_column *due, *late, *list_due, *list_late;
    km_cells out, received, year, month;
} due_columns;

/* The last day for the list of the settlement month, else of the month of discharge. */
static bool list_due(const due_columns *from, uint32_t row, bool has_out, km_day out, km_day *due) {
    int64_t year = km_cells_int(&from->year, row, 0), month = km_cells_int(&from->month, row, 0);
    if (year >= 1900 && year <= 2198 && month >= 1 && month <= MONTHS) {
        *due = fifteenth((int)year, (int)month, 1);
        return true;
    }
    if (has_out) *due = km_due_date(NULL, KM_DUE_MONTHLY_LIST, out);
    return has_out;
}

enum { WIDTH = 4 };

static void put_number(km_column *column, uint32_t row, bool known, int64_t value) {
    if (!column) return;
    if (known) {
        km_column_put(column, WIDTH, row, value);
    } else {
        km_column_put_null(column, WIDTH, row);
    }
}

static void put_row(const km_calendar *calendar, uint32_t row, const due_columns *to, last_due *last) {
    bool left = km_cells_known(&to->out, row), sent = km_cells_known(&to->received, row);
    km_day out = left ? km_day_of((km_minute)km_cells_int(&to->out, row, 0)) : 0, listed = 0;
    km_day received = sent ? km_day_of((km_minute)km_cells_int(&to->received, row, 0)) : 0;
    km_day due = left ? data_due(calendar, out, last)->due : 0;
    bool has_list = (to->list_due || to->list_late) && list_due(to, row, left, out, &listed);
    int32_t late = left && sent ? km_working_days_to(calendar, received) - last->working : 0;
    if (received > due && late == 0) late = 1; /* on the days off after the last day */
    put_number(to->due, row, left, due);
    put_number(to->late, row, left && sent, late);
    put_number(to->list_due, row, has_list, listed);
    put_number(to->list_late, row, has_list && sent, (int64_t)received - listed);
}

/* Adds a column that is wanted. */
static kiem_status add_column(km_batch *batch, const km_fieldset *wanted, int field, bool there,
                              km_column **out, km_error *error) {
    *out = NULL;
    if (!there || !km_fieldset_has(wanted, field)) return KIEM_OK;
    KM_TRY(km_batch_add_column(batch, field, error));
    *out = &batch->column[field];
    return KIEM_OK;
}

kiem_status km_due_attach(const km_calendar *calendar, km_batch *batch, const km_fieldset *wanted,
                          km_error *error) {
    last_due last = {0};
    due_columns to;
    bool sent = km_fieldset_has(&batch->present, KM_CLAIM_NGAY_GUI);
    KM_TRY(add_column(batch, wanted, KM_CLAIM_data_due, true, &to.due, error));
    KM_TRY(add_column(batch, wanted, KM_CLAIM_days_late, sent, &to.late, error));
    KM_TRY(add_column(batch, wanted, KM_CLAIM_list_due, true, &to.list_due, error));
    KM_TRY(add_column(batch, wanted, KM_CLAIM_list_days_late, sent, &to.list_late, error));
    if (!to.due && !to.late && !to.list_due && !to.list_late) return KIEM_OK;
    to.out = km_batch_cells(batch, KM_CLAIM_NGAY_RA);
    to.received = km_batch_cells(batch, KM_CLAIM_NGAY_GUI);
    to.year = km_batch_cells(batch, KM_CLAIM_NAM_QT);
    to.month = km_batch_cells(batch, KM_CLAIM_THANG_QT);
    for (uint32_t row = 0; row < batch->rows; row++) put_row(calendar, row, &to, &last);
    return KIEM_OK;
}

int km_advance_percent(km_day day) {
    return since_law_51(day) ? 90 : 80;
}
