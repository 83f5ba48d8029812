/* The columns of the result tables. Names are relied on from outside; new ones go at the end. */
#ifndef KM_ENGINE_TABLES_H
#define KM_ENGINE_TABLES_H

#include "base/decimal.h"
#include "claim/result.h"
#include "ingest/reject.h"

typedef enum km_table_kind {
    KM_TABLE_FINDINGS = 0,
    KM_TABLE_CLAIMS,
    KM_TABLE_FACILITIES,
    KM_TABLE_PROVINCES,
    KM_TABLE_PATIENTS,
    KM_TABLE_DOCTORS,
    KM_TABLE_MACHINES,
    KM_TABLE_UNITS,
    KM_TABLE_REJECTS,
    KM_TABLE_FILES, /* the tables before this one are result files; those from here on are small and only
                       handed out */
    KM_TABLE_RULES = KM_TABLE_FILES,
    KM_TABLE_TOTALS,
    KM_TABLE_TIMINGS,
    KM_TABLE_COUNT
} km_table_kind;

enum {
    KM_FINDING_SCOPE = 0,
    KM_FINDING_SUBJECT,
    KM_FINDING_FILE,
    KM_FINDING_ROW,
    KM_FINDING_RULE,
    KM_FINDING_SEVERITY,
    KM_FINDING_AMOUNT_AT_RISK, /* its part of the claim's sum: see money.h */
    KM_FINDING_EVIDENCE,
    KM_FINDING_MESSAGE,
    KM_FINDING_AMOUNT,         /* what the rule alone gives */
    KM_FINDING_AMOUNT_PATIENT, /* owed to the patient */
    KM_FINDING_FACILITY,
    KM_FINDING_BASIS
};
enum {
    KM_CLAIM_ROW_FILE = 0,
    KM_CLAIM_ROW_ROW,
    KM_CLAIM_ROW_MA_LK,
    KM_CLAIM_ROW_SCORE,
    KM_CLAIM_ROW_Q_VALUE,
    KM_CLAIM_ROW_FLAGGED,
    KM_CLAIM_ROW_AMOUNT_AT_RISK,
    KM_CLAIM_ROW_BENEFIT_RATE_DUE,
    KM_CLAIM_ROW_FUND_DUE,
    KM_CLAIM_ROW_COPAY_DUE,
    KM_CLAIM_ROW_REASONS,
    KM_CLAIM_ROW_BENEFIT_STEP,
    KM_CLAIM_ROW_EXCESS, /* fund money above what is usual among the peers */
    KM_CLAIM_ROW_FACILITY,
    KM_CLAIM_ROW_T_BHTT
};
enum {
    KM_FACILITY_FACILITY = 0,
    KM_FACILITY_CLAIMS,
    KM_FACILITY_SPENT,
    KM_FACILITY_OBSERVED_EXPECTED,
    KM_FACILITY_Z,
    KM_FACILITY_Q_VALUE,
    KM_FACILITY_FLAGGED,
    KM_FACILITY_AMOUNT_AT_RISK,
    KM_FACILITY_YEAR, /* of the report; the columns after it are of this year alone */
    KM_FACILITY_BUDGET,
    KM_FACILITY_SPENT_YEAR,
    KM_FACILITY_UTILISATION,
    KM_FACILITY_EXPECTED_BY_NOW,
    KM_FACILITY_FORECAST,
    KM_FACILITY_FORECAST_LOW,
    KM_FACILITY_FORECAST_HIGH,
    KM_FACILITY_EXHAUSTS_ON,
    KM_FACILITY_STATUS,
    KM_FACILITY_PACE,
    KM_FACILITY_EXHAUSTS_EARLIEST,
    KM_FACILITY_EXHAUSTS_LATEST,
    KM_FACILITY_CHANCE_OVER,
    KM_FACILITY_EVIDENCE,
    KM_FACILITY_COST_PER_VISIT,       /* fund money of the year; from 30 visits on */
    KM_FACILITY_GROWTH,               /* of the cost of a visit against the same days of the year before */
    KM_FACILITY_GROWTH_BEFORE,        /* the same, a year earlier */
    KM_FACILITY_PEERS,                /* facilities of its kind with enough visits */
    KM_FACILITY_PEERS_COST_PER_VISIT, /* unweighted mean over them */
    KM_FACILITY_POOLED_COST_PER_VISIT,
    KM_FACILITY_PEERS_GROWTH,
    KM_FACILITY_AS_OF,
    KM_FACILITY_EXCESS, /* of cost after case mix, see score/entity/facility.h; all to the end: of the twelve
                           months to as_of */
    KM_FACILITY_EXCESS_RATE,
    KM_FACILITY_RANK,
    KM_FACILITY_P_VALUE,
    KM_FACILITY_FUNNEL_LOW,
    KM_FACILITY_FUNNEL_HIGH,
    KM_FACILITY_COMPARED_FROM,
    KM_FACILITY_STAY_OBSERVED_EXPECTED,
    KM_FACILITY_STAY_EXCESS_RATE,
    KM_FACILITY_STAY_P_VALUE,
    KM_FACILITY_STAY_Q_VALUE,
    KM_FACILITY_WEEKEND_OBSERVED_EXPECTED,
    KM_FACILITY_WEEKEND_P_VALUE,
    KM_FACILITY_WEEKEND_Q_VALUE,
    KM_FACILITY_MONTH_END_OBSERVED_EXPECTED,
    KM_FACILITY_MONTH_END_P_VALUE,
    KM_FACILITY_MONTH_END_Q_VALUE,
    KM_FACILITY_SHIFT_FROM,
    KM_FACILITY_SHIFT,
    KM_FACILITY_SHIFT_P_VALUE,
    KM_FACILITY_SHIFT_Q_VALUE,
    KM_FACILITY_DIGIT,
    KM_FACILITY_DIGIT_EFFECT,
    KM_FACILITY_DIGIT_DEVIATION,
    KM_FACILITY_DIGIT_P_VALUE,
    KM_FACILITY_DIGIT_Q_VALUE,
    KM_FACILITY_DEPARTMENT,
    KM_FACILITY_DEPARTMENT_OBSERVED_EXPECTED,
    KM_FACILITY_DEPARTMENT_EXCESS,
    KM_FACILITY_DEPARTMENT_P_VALUE,
    KM_FACILITY_DEPARTMENT_Q_VALUE,
    KM_FACILITY_GRADE, /* of the legal warning tests, see facility_grade.h */
    KM_FACILITY_GRADE_GROUNDS,
    KM_FACILITY_MONTHS_HIGH,
    KM_FACILITY_COST_MULTIPLE,
    KM_FACILITY_VIOLATION_CLAIMS,
    KM_FACILITY_VIOLATION_MULTIPLE,
    KM_FACILITY_INPATIENT_SHARE, /* of the claims of the year so far */
    KM_FACILITY_PEERS_INPATIENT_SHARE,
    KM_FACILITY_KIND
};
enum {
    KM_PROVINCE_PROVINCE = 0,
    KM_PROVINCE_YEAR,
    KM_PROVINCE_BUDGET,
    KM_PROVINCE_SPENT,
    KM_PROVINCE_UTILISATION,
    KM_PROVINCE_EXPECTED_BY_NOW,
    KM_PROVINCE_FORECAST,
    KM_PROVINCE_FORECAST_LOW,
    KM_PROVINCE_FORECAST_HIGH,
    KM_PROVINCE_EXHAUSTS_ON,
    KM_PROVINCE_STATUS,
    KM_PROVINCE_CLAIMS,
    KM_PROVINCE_DECISION,
    KM_PROVINCE_NAME,
    KM_PROVINCE_PACE, /* spent and unreported against budget x expected_by_now */
    KM_PROVINCE_STRAIGHT_LINE,
    KM_PROVINCE_FORECAST_LOW95, /* forecast_low and _high are the 80 % interval */
    KM_PROVINCE_FORECAST_HIGH95,
    KM_PROVINCE_EXHAUSTS_EARLIEST, /* 80 % interval of the day the estimate runs out */
    KM_PROVINCE_EXHAUSTS_LATEST,
    KM_PROVINCE_CHANCE_OVER, /* of a year above the estimate */
    KM_PROVINCE_EVIDENCE,
    KM_PROVINCE_UNREPORTED, /* claims that are still to come for the days that are over */
    KM_PROVINCE_LAG_SOURCE,
    KM_PROVINCE_SEASON_SOURCE,
    KM_PROVINCE_SPENT_Q1, /* four columns: by the day of booking */
    KM_PROVINCE_EXPECTED_Q1 =
        KM_PROVINCE_SPENT_Q1 + 4, /* four columns: share of the year the season expects in it */
    KM_PROVINCE_COST_PER_VISIT_OUT = KM_PROVINCE_EXPECTED_Q1 + 4, /* fund money */
    KM_PROVINCE_COST_PER_VISIT_IN,
    KM_PROVINCE_INPATIENT_SHARE,       /* of claims */
    KM_PROVINCE_OUT_OF_PROVINCE_SHARE, /* of fund money: cards of other provinces */
    KM_PROVINCE_BY_SERVICE_SHARE,      /* of fund money: paid by the service, not by head or case */
    KM_PROVINCE_DRIVER_MONTHS,         /* whole months compared with the same ones a year before */
    KM_PROVINCE_CHANGE,                /* of fund money; the drivers after it add up to it */
    KM_PROVINCE_DRIVER_VISITS,         /* seven columns, as in km_driver */
    KM_PROVINCE_CHANCE_BELOW = KM_PROVINCE_DRIVER_VISITS + 7, /* of a year below 90 % of the estimate */
    KM_PROVINCE_AS_OF,
    KM_PROVINCE_MONEY_SOURCE, /* input, state+input, mixed */
    KM_PROVINCE_TOTAL,        /* cost in scope, like spent up to as_of */
    KM_PROVINCE_COPAY,
    KM_PROVINCE_PATIENT_OUTSIDE,
    KM_PROVINCE_OTHER_SOURCES,
    KM_PROVINCE_COST_PER_VISIT, /* fund money */
    KM_PROVINCE_NATION_COST_PER_VISIT,
    KM_PROVINCE_PEERS_COST_PER_VISIT, /* unweighted mean over the other provinces of the region */
    KM_PROVINCE_MEAN_STAY,            /* days of a stay with SO_NGAY_DTRI */
    KM_PROVINCE_VISITS_PER_CARD,      /* an estimate */
    KM_PROVINCE_DRUG_SHARE,           /* five columns: of the cost in scope, as far as claims tell */
    KM_PROVINCE_SUPPLY_SHARE,
    KM_PROVINCE_TEST_SHARE,
    KM_PROVINCE_EXAM_SHARE,
    KM_PROVINCE_BED_SHARE,
    KM_PROVINCE_SETTLED_LATER_SHARE, /* of fund money: in a later month than that of the discharge */
    KM_PROVINCE_GROWTH,              /* of fund money over driver_months */
    KM_PROVINCE_VISITS_GROWTH,
    KM_PROVINCE_PEERS_GROWTH, /* unweighted mean over the other provinces of the region */
    KM_PROVINCE_PEERS,
    KM_PROVINCE_PEERS_OF, /* region, or nation where it has too few */
    KM_PROVINCE_RANK_UTILISATION,
    KM_PROVINCE_RANK_COST_PER_VISIT,
    KM_PROVINCE_QUARTER,     /* the last one that was over on as_of; due dates are of it */
    KM_PROVINCE_REPORT_DUE,  /* of the facilities' quarterly report */
    KM_PROVINCE_ADVANCE_DUE, /* of the advance, when the report came on its last day */
    KM_PROVINCE_ADVANCE_PERCENT,
    KM_PROVINCE_ANSWER_DUE,  /* of the insurer's answer, likewise */
    KM_PROVINCE_PAYMENT_DUE, /* after an answer on its last day */
    KM_PROVINCE_SETTLEMENT_DUE,
    KM_PROVINCE_PRICE_SOURCE, /* lines: driver_cost_per_visit is volume alone; none: price and volume together
                               */
    KM_PROVINCE_OBSERVED_EXPECTED, /* cost after case mix in the twelve months to as_of */
    KM_PROVINCE_EXCESS,
    KM_PROVINCE_P_VALUE,
    KM_PROVINCE_Q_VALUE,
    KM_PROVINCE_MAIN_ORIGIN,       /* the other province whose cards cost most */
    KM_PROVINCE_MAIN_ORIGIN_SHARE, /* of fund money */
    KM_PROVINCE_OTHERWISE_CLAIMS,  /* paid by head or by case, nothing by the service */
    KM_PROVINCE_OTHERWISE_SPENT,   /* their fund money */
    KM_PROVINCE_UNREPORTED_CLAIMS, /* still to come for the days that are over: median, 80 % interval */
    KM_PROVINCE_UNREPORTED_CLAIMS_LOW,
    KM_PROVINCE_UNREPORTED_CLAIMS_HIGH
};
enum {
    KM_PATIENT_PATIENT = 0,
    KM_PATIENT_CLAIMS,
    KM_PATIENT_FACILITIES,
    KM_PATIENT_SPENT,
    KM_PATIENT_MAX_VISITS_30D,
    KM_PATIENT_FLAGGED,
    KM_PATIENT_FIRST_DAY,
    KM_PATIENT_LAST_DAY,
    KM_PATIENT_STAYS,
    KM_PATIENT_LONG_COURSES,
    KM_PATIENT_MAX_VISIT_DAYS_30D,
    KM_PATIENT_MAX_VISIT_DAYS_365D,
    KM_PATIENT_MAX_FACILITIES_DAY,
    KM_PATIENT_MAX_FACILITIES_30D,
    KM_PATIENT_MAX_FACILITIES_365D,
    KM_PATIENT_MAX_SPEND_365D,
    KM_PATIENT_OVERLAPS,
    KM_PATIENT_OVERLAP_MINUTES,
    KM_PATIENT_SUPPLY_OVERLAPS,
    KM_PATIENT_SUPPLY_OVERLAP_DAYS,
    KM_PATIENT_OTHER_CARD_DAYS
};
enum {
    KM_DOCTOR_DOCTOR = 0,
    KM_DOCTOR_MONTH,
    KM_DOCTOR_FACILITIES,
    KM_DOCTOR_DAYS,
    KM_DOCTOR_LINES,
    KM_DOCTOR_EXAMS,
    KM_DOCTOR_SPENT,
    KM_DOCTOR_MAX_EXAMS_DAY,
    KM_DOCTOR_MAX_EXAMS_DAY_ON,
    KM_DOCTOR_MAX_EXAMS_8H,
    KM_DOCTOR_MAX_EXAMS_8H_ON,
    KM_DOCTOR_MAX_BUSY_MINUTES,
    KM_DOCTOR_MAX_BUSY_ON,
    KM_DOCTOR_MAX_NORM_MINUTES,
    KM_DOCTOR_MAX_NORM_ON,
    KM_DOCTOR_MAX_AT_ONCE_MINUTES,
    KM_DOCTOR_MAX_AT_ONCE_ON,
    KM_DOCTOR_MAX_TWO_PLACES,
    KM_DOCTOR_MAX_TWO_PLACES_ON,
    KM_DOCTOR_TWO_PLACES,
    KM_DOCTOR_LINES_BEFORE,
    KM_DOCTOR_GROWTH,
    KM_DOCTOR_FLAGGED
};
enum {
    KM_UNIT_KIND = 0,
    KM_UNIT_FACILITY,
    KM_UNIT_UNIT,
    KM_UNIT_CLAIMS,
    KM_UNIT_SPENT,
    KM_UNIT_OBSERVED_EXPECTED,
    KM_UNIT_Z,
    KM_UNIT_P_VALUE,
    KM_UNIT_Q_VALUE,
    KM_UNIT_FLAGGED,
    KM_UNIT_EXCESS, /* fund money above the expected, as far as it is reliable */
    KM_UNIT_EXCESS_RATE,
    KM_UNIT_FUNNEL_LOW,
    KM_UNIT_FUNNEL_HIGH,
    KM_UNIT_COMPARED_FROM,
    KM_UNIT_STAY_OBSERVED_EXPECTED,
    KM_UNIT_STAY_EXCESS_RATE,
    KM_UNIT_STAY_P_VALUE,
    KM_UNIT_STAY_Q_VALUE,
    KM_UNIT_WEEKEND_OBSERVED_EXPECTED,
    KM_UNIT_WEEKEND_P_VALUE,
    KM_UNIT_WEEKEND_Q_VALUE,
    KM_UNIT_MONTH_END_OBSERVED_EXPECTED,
    KM_UNIT_MONTH_END_P_VALUE,
    KM_UNIT_MONTH_END_Q_VALUE
};
enum {
    KM_MACHINE_MACHINE = 0,
    KM_MACHINE_FACILITY,
    KM_MACHINE_KIND,
    KM_MACHINE_MONTH,
    KM_MACHINE_DAYS,
    KM_MACHINE_HOURS,
    KM_MACHINE_CASES,
    KM_MACHINE_SPENT,
    KM_MACHINE_MAX_CASES_DAY,
    KM_MACHINE_MAX_CASES_DAY_ON,
    KM_MACHINE_MAX_CASES_8H,
    KM_MACHINE_MAX_CASES_8H_ON,
    KM_MACHINE_CASES_BEFORE,
    KM_MACHINE_GROWTH,
    KM_MACHINE_FLAGGED
};
/* What each rule found, and whether it ran. */
enum {
    KM_RULE_RULE = 0,
    KM_RULE_SEVERITY,
    KM_RULE_FINDINGS,
    KM_RULE_AMOUNT_AT_RISK,
    KM_RULE_AMOUNT_PATIENT,
    KM_RULE_TRUE,
    KM_RULE_FALSE,
    KM_RULE_NULL,
    KM_RULE_CLEARED,
    KM_RULE_NEEDS /* the column it lacks in an input where it could not run */
};
/* Counts and sums of the whole run by name. */
enum { KM_TOTAL_NAME = 0, KM_TOTAL_VALUE };
enum {
    KM_REJECT_FILE = 0,
    KM_REJECT_ROW,
    KM_REJECT_OFFSET,
    KM_REJECT_COLUMN,
    KM_REJECT_REASON,
    KM_REJECT_VALUE
};

/* "findings", "claims", ... */
const char *km_table_name(km_table_kind kind);
/* The kind of that name, or -1. */
int km_table_find(km_text name);
/* Fails with KIEM_E_RANGE: sums in hundredths go up to 92 million billion dong. */
kiem_status km_sum_too_large(km_error *error);
/* A sum in hundredths. */
kiem_status km_table_put_sum(km_result *table, int column, km_int128 sum, km_error *error);
/* Adds reject number i as a row, its reason in a language (KIEM_LANG_*). */
kiem_status km_table_put_reject(km_result *table, km_text file, const km_rejects *all, size_t i, int language,
                                km_error *error);
void km_table_put_reason(km_result *table, km_text reason, int language);
kiem_status km_table_init(km_result *table, const km_mem *mem, km_table_kind kind, km_error *error);

#endif
