/* Why spending changed against the same period before: split exactly into visits, patients from other
 * provinces, inpatient share, case mix, price and volume (logarithmic mean Divisia index: no order, no rest).
 *
 * Cost is the sum over cells of visits x shares x price x volume a visit. Without prices of lines, price and
 * volume are one: the cost of a visit of its cell. */
#ifndef KM_SCORE_DRIVERS_H
#define KM_SCORE_DRIVERS_H

#include <stddef.h>

#include "base/error.h"
#include "base/mem.h"

typedef enum km_driver {
    KM_DRIVER_VISITS = 0,
    KM_DRIVER_ORIGIN, /* share of patients from other provinces */
    KM_DRIVER_INPATIENT,
    KM_DRIVER_CASE_MIX,
    KM_DRIVER_PRICE,       /* 0 unless prices are given */
    KM_DRIVER_VOLUME,      /* per visit at constant price; with the price where none is given */
    KM_DRIVER_CORRECTIONS, /* cells whose cost is not above 0 although there are visits */
    KM_DRIVER_COUNT
} km_driver;

/* One cell: patients of the own or another province, out- or inpatient, of one kind of case. Index 0 is the
 * period before, 1 the present. Money in hundredths of a dong. */
typedef struct km_driver_cell {
    bool other_province, inpatient;
    int kind_of_case;
    double visits[2];
    int64_t cost[2];
    double price; /* index of the present against before; 0 or 1: not known */
} km_driver_cell;

/* effect[] adds up to the change of the cost, to the last hundredth. Each cell stands once. */
void km_drivers_split(const km_driver_cell *cells, size_t count, int64_t effect[KM_DRIVER_COUNT]);

#endif
