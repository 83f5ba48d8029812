/* Departments and doctors beside their peers. */
#ifndef KM_ENGINE_UNITS_H
#define KM_ENGINE_UNITS_H

#include "engine/entity/stints.h"

/* A number for each claim of a batch that names the doctor whose lines cost the fund most, 0 where no line
 * names one; equal sums go to the first by name. */
void km_doctors_of_claims(const km_stints *stints, uint64_t *doctor, uint32_t rows);

#endif
