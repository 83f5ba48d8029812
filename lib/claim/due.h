/* The settlement calendar: the last day for each step between a facility and the insurer.
 *
 * Law on Health Insurance Art. 32, before and since Law 51/2024 took effect for it (2025-07-01); Decree
 * 146/2018 as amended by 75/2023 Art. 21(2)(d) and 36, in force to 2025-08-14. A last day that is no working
 * day is not moved: the texts do not say so. */
#ifndef KM_CLAIM_DUE_H
#define KM_CLAIM_DUE_H

#include "claim/batch.h"
#include "claim/calendar.h"

typedef enum km_due {
    KM_DUE_CLAIM_DATA = 0,   /* from a discharge: 7 working days */
    KM_DUE_MONTHLY_LIST,     /* from any day of a month: the 15th of the next */
    KM_DUE_QUARTERLY_REPORT, /* from any day of a quarter: the 15th of the next quarter's first month */
    KM_DUE_ADVANCE,          /* from the receipt of the quarterly report: 5 working days */
    KM_DUE_ANSWER,           /* from the receipt of the report of quarter 1, 2 or 3: 30 days */
    KM_DUE_ANSWER_QUARTER_4, /* of quarter 4: 30 days, since 2025-07-01 60 days */
    KM_DUE_PAYMENT,          /* from the insurer's answer: 10 days */
    KM_DUE_YEAR_SETTLEMENT   /* from any day of a year: 30 September of the next */
} km_due;

/* Whether Decree 188/2025 is not in force yet: it replaced Decree 146/2018 on 2025-08-15. */
bool km_before_decree_188(km_day day);
/* The last day. `day` also tells which version of the law counts. */
km_day km_due_date(const km_calendar *calendar, km_due due, km_day day);
/* Adds the columns data_due and list_due and, where the batch has NGAY_GUI, days_late and list_days_late,
 * those of them that are in `wanted`. */
kiem_status km_due_attach(const km_calendar *calendar, km_batch *batch, const km_fieldset *wanted,
                          km_error *error);
/* Share of the last settled quarter that is paid in advance, in percent: 80, since 2025-07-01 90. */
int km_advance_percent(km_day day);

#endif
