/* Facilities, their departments and the provinces beside their peers, after case mix: cost, days of stay,
 * discharges at weekends and month ends, steps within the year, leading digits. */
#ifndef KM_SCORE_FACILITY_H
#define KM_SCORE_FACILITY_H

#include "score/entity/rank.h"
#include "score/entity/shift.h"

typedef struct km_facility {
    uint64_t code,
        claims;     /* code 0: claims without MA_CSKCB, which are not compared; stands first: km_find_key */
    km_int128 fund; /* of all claims, hundredths of a dong */
    km_rank rank[KM_MEASURES];
    double excess_fund; /* part of the fund in the excess of cost, hundredths; with rank[KM_MEASURE_COST] */
    km_shift shift;     /* of log(observed / expected) cost by month, less the median of the peers */
    km_day shift_from;  /* first day of the first month after the step */
    double shift_q;     /* with shift.known and enough facilities, else NaN */
    bool has_digits;    /* amounts over two orders of magnitude, KM_DIGITS_MIN of them */
    km_digit_test digits;
    double digits_q;     /* NaN when too few facilities were tested */
    uint64_t department; /* the one with the largest excess of cost among those with a q-value below 1 %, else
                            below 5 %; or 0 */
    km_rank department_rank;
    double department_excess_fund;
} km_facility;

/* A department, or a doctor, of a facility. */
typedef struct km_part {
    uint64_t facility, code, claims;
    km_int128 fund;
    km_rank rank[KM_MEASURES];
    double excess_fund;
} km_part;

typedef struct km_province_rank {
    uint64_t code;
    km_rank rank; /* of cost */
    double excess_fund;
} km_province_rank;

typedef struct km_facilities {
    const km_mem *mem;
    km_facility *rows; /* in the order of their codes */
    size_t count;
    km_province_rank *provinces; /* in the order of their codes */
    size_t province_count;
    km_part *parts; /* in the order of facility and code; those with code 0 are not there */
    size_t part_count, part_room;
    km_day from, to; /* the claims compared: of these days, and those without one */
} km_facilities;

/* What the caller knows of a facility by its code. */
typedef struct km_facility_lore {
    uint64_t (*class_of)(const void *context, uint64_t facility); /* equal for peers */
    uint64_t (*kind_of)(const void *context, uint64_t facility);  /* equal for near peers */
    uint64_t (*province_of)(const void *context, uint64_t facility);
    const void *context;
    km_day as_of; /* the window is the month of this day up to it and the eleven months before */
} km_facility_lore;

/* Departments are compared with those of their name. */
kiem_status km_facilities_compare(km_facilities *out, const km_casemix *mix, const km_facility_lore *lore,
                                  km_error *error);
/* Of the rows only cost and shift, nothing else: what grades of earlier months need, in less time. */
kiem_status km_facilities_compare_costs(km_facilities *out, const km_casemix *mix,
                                        const km_facility_lore *lore, km_error *error);
/* For a case mix whose parts are doctors: of any name. Only `parts` is filled. */
kiem_status km_doctors_compare(km_facilities *out, const km_casemix *mix, const km_facility_lore *lore,
                               km_error *error);
const km_facility *km_facilities_find(const km_facilities *facilities, uint64_t code);
const km_province_rank *km_facilities_province(const km_facilities *facilities, uint64_t code);
void km_facilities_free(km_facilities *facilities);

/* ---- facility_series.c: the parts that need more than sums; for facility.c alone */

/* class: of each facility. rows[i] gets its shift; `by` numbers the facilities as `rows`. */
kiem_status km_facilities_find_shifts(km_facilities *out, const km_cohort *cohort, const km_grouping *by,
                                      const double *mean, const uint32_t *class, km_error *error);
kiem_status km_facilities_test_digits(km_facilities *out, const km_cohort *cohort, const km_grouping *by,
                                      km_error *error);

#endif
