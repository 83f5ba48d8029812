/* Budgets (estimates assigned to provinces and facilities) and how much of them is used. A budget is never a
 * reason against a claim: since Decree 75/2023 it is no cap on settlement. */
#ifndef KM_STATE_BUDGET_H
#define KM_STATE_BUDGET_H

#include "base/decimal.h"
#include "claim/sheet.h"
#include "claim/value.h"

enum { KM_UTILISATION_SCALE = 6 };

typedef struct km_budget {
    uint64_t province; /* packed code; "00" is the nation */
    uint64_t facility; /* 0: the whole province */
    int year;
    km_day from;    /* a row with effective_from replaces the amount from that day; else 1 January */
    int64_t amount; /* hundredths of a dong, at least 0 */
    km_text decision;
    int64_t line; /* in its file */
} km_budget;

typedef struct km_budgets {
    km_arena arena;
    km_budget *rows; /* by province, facility, year, from */
    uint32_t count;
    uint32_t without_amount; /* rows left out because budget_vnd is empty: nothing is known, which is not 0 */
} km_budgets;

/* Tells whether a province code exists in a year. */
typedef bool (*km_province_known)(const void *context, km_text code, int year);

/* Reads columns province_code, year, budget_vnd, decision and, if there, facility_code, effective_from;
 * further columns are ignored. Refused with file, line and column: an unknown province, a bad number, year or
 * date, two rows for the same province, facility, year and day. "00" is always known. */
kiem_status km_budgets_read(km_budgets *budgets, const km_mem *mem, const km_sheet *sheet,
                            km_province_known known, const void *context, km_error *error);
void km_budgets_free(km_budgets *budgets);
/* The row in force on that day, or NULL. */
const km_budget *km_budgets_find(const km_budgets *budgets, uint64_t province, uint64_t facility, int year,
                                 km_day day);

/* spent / amount with six decimals, half away from zero; not *known without a budget (NULL) or for one of 0.
 * KIEM_E_RANGE when the ratio does not fit. */
kiem_status km_utilisation(km_int128 spent, const km_budget *budget, bool *known, int64_t *out,
                           km_error *error);

#endif
