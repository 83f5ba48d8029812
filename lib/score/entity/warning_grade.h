/* How large what a legal warning test found is: low, high or very high, by rows of the table warning_grades.
 * A facility that meets a test has the highest grade of the rows whose limits it all passes, low without any.
 */
#ifndef KM_SCORE_WARNING_GRADE_H
#define KM_SCORE_WARNING_GRADE_H

#include "claim/lookup.h"

typedef enum km_grade {
    KM_GRADE_NONE = 0, /* no test is met */
    KM_GRADE_LOW,
    KM_GRADE_HIGH,
    KM_GRADE_VERY_HIGH
} km_grade;

/* What limits are about; their columns have the same order. */
typedef enum km_grade_measure {
    KM_GRADE_Q = 0,              /* of cost after case mix; must be below the limit */
    KM_GRADE_EXCESS_RATE,        /* as far as reliable; this and all that follow must reach the limit */
    KM_GRADE_EXCESS_QUARTER,     /* dong of fund money, on average of the quarters compared */
    KM_GRADE_SHIFT_Q,            /* of a lasting step; below */
    KM_GRADE_SHIFT,              /* 0.3 is 30 % up */
    KM_GRADE_COST_MULTIPLE,      /* fund money over that of the same days of the year before */
    KM_GRADE_VIOLATION_CLAIMS,   /* claims that break a rule */
    KM_GRADE_VIOLATION_MULTIPLE, /* their share, over the mean share of the peers */
    KM_GRADE_MONTHS_HIGH,        /* months running with a grade of high or more, this one included */
    KM_GRADE_MEASURES
} km_grade_measure;

typedef struct km_grade_figures {
    bool warned;
    double of[KM_GRADE_MEASURES]; /* NaN: not known, no limit is passed */
} km_grade_figures;

enum { KM_GRADE_ROWS = 64 };

typedef struct km_grading {
    const km_lookup *table;
    int ground, limit[KM_GRADE_MEASURES]; /* columns, -1: not there */
    km_grade grade[KM_GRADE_ROWS];
} km_grading;

/* The table must outlive the grading. */
kiem_status km_grading_read(km_grading *grading, const km_lookup *table, km_error *error);
/* By the rows in force on that day. Bit i of *grounds: row i gave this grade. */
km_grade km_grade_of(const km_grading *grading, const km_grade_figures *figures, km_day day,
                     uint64_t *grounds);
/* "low", "high", "very_high"; "" for none. */
const char *km_grade_name(km_grade grade);

#endif
