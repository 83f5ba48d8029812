/* Claims as entities are compared by: who treated, what kind of case, what it cost, how long it took and on
 * which day it ended; 24 bytes a claim, from reading until the comparison is made.
 *
 * A unit is a facility and one of its departments; the entities that are compared (facilities, departments,
 * provinces) are unions of units. A cell is a kind of care and the first three characters of the main
 * diagnosis. */
#ifndef KM_SCORE_CASEMIX_H
#define KM_SCORE_CASEMIX_H

#include "base/decimal.h"
#include "base/map.h"
#include "claim/care.h"

#define KM_CASE_NO_DAY INT32_MIN
enum { KM_CASE_NO_STAY = UINT16_MAX, KM_CASE_NO_TOTAL = -1 };

typedef struct km_case {
    uint32_t unit, cell;
    int64_t total;    /* hundredths of a dong, or KM_CASE_NO_TOTAL */
    km_day day;       /* of discharge, or KM_CASE_NO_DAY */
    uint16_t stay;    /* days of treatment of an inpatient, else KM_CASE_NO_STAY */
    uint8_t has_free; /* part of the cost is no fixed fee: drugs or supplies, or a stay */
} km_case;

_Static_assert(sizeof(km_case) == 24, "a claim takes 24 bytes");

typedef struct km_case_unit {
    uint64_t facility;   /* code, 0 when it is missing */
    uint64_t department; /* the first eight bytes of the first one named; 0: none named */
    uint64_t claims;
    km_int128 fund;        /* of all claims, whenever they ended */
    km_int128 total, paid; /* of those with a total: it, and what the fund paid of it */
} km_case_unit;

typedef struct km_casemix {
    const km_mem *mem;
    km_case *cases;
    size_t count, capacity;
    km_case_unit *units;
    size_t unit_count, unit_capacity;
    uint32_t *cells; /* keys: kind of care << 24 | diagnosis */
    size_t cell_count, cell_capacity;
    km_map unit_index, cell_index;
} km_casemix;

void km_casemix_init(km_casemix *mix, const km_mem *mem);
void km_casemix_free(km_casemix *mix);
/* Adds the claims of a batch in any order; on failure some of them may have been. */
kiem_status km_casemix_add(km_casemix *mix, const km_batch *claims, km_error *error);
/* The same with a number for each row in place of the department: a doctor; rows with 0 are left out. */
kiem_status km_casemix_add_parts(km_casemix *mix, const km_batch *claims, const uint64_t *part,
                                 km_error *error);

#endif
