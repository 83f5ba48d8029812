/* Grades of the legal warning tests: of the month of the report, and of the two before where a grade hangs on
 * them. */
#ifndef KM_ENGINE_FACILITY_GRADE_H
#define KM_ENGINE_FACILITY_GRADE_H

#include "rules/policy.h"
#include "score/entity/facility.h"
#include "score/entity/warning.h"
#include "score/entity/warning_grade.h"

enum { KM_GRADED_MONTHS = 3 };

/* Cost after case mix at the end of a month. */
typedef struct km_facility_size {
    uint64_t code;                 /* stands first: see km_find_key */
    double q, excess_rate, excess; /* hundredths of a dong; NaN: not tested */
    double shift, shift_q;
} km_facility_size;

typedef struct km_facility_grade {
    km_grade grade;
    uint64_t grounds;
    int months_high;
    double violation_multiple; /* NaN: not known */
} km_facility_grade;

/* What the claims of a facility were found to have. */
typedef struct km_facility_tally {
    km_int128 at_risk;
    uint64_t violations; /* claims with a violation or an error */
} km_facility_tally;

typedef struct km_grades {
    const km_mem *mem;
    km_grading grading;
    const km_lookup *answers; /* accepted explanations; NULL: none */
    struct {
        km_facility_size *rows; /* in the order of their codes */
        size_t count;
    } month[KM_GRADED_MONTHS]; /* 0: that of the report; the others empty without a day of the report */
    km_facility_grade *items;  /* of each facility compared by visits */
    size_t count;
} km_grades;

/* The facilities that are compared by visits at the end of a month. */
typedef struct km_graded {
    const uint64_t *codes;
    const km_warning *warnings;
    const km_facility_tally *const *tallies; /* NULL: nothing was found */
    const uint64_t *claims;                  /* of each */
    const km_visit_cost *visits;             /* with their peers */
    const uint32_t *order;                   /* sorted by peers */
    size_t count;
} km_graded;

kiem_status km_grades_init(km_grades *grades, const km_mem *mem, const km_policy *policy, km_error *error);
void km_grades_free(km_grades *grades);
/* The last day of the month that lies `back` months before the one of a day; that day itself for 0. */
km_day km_grades_day(km_day as_of, int back);
/* Keeps what a comparison found for a month. */
kiem_status km_grades_note(km_grades *grades, int back, const km_facilities *facilities, km_error *error);
/* One month after another, the earliest first. */
kiem_status km_grades_month(km_grades *grades, int back, km_day as_of, const km_graded *of, km_error *error);
/* Names of the rows that gave a grade, with "; " between. */
void km_grade_grounds(const km_grades *grades, uint64_t grounds, km_buf *out);

#endif
