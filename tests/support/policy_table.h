/* The reference tables as they are shipped, read from data/policy. */
#ifndef KM_TEST_POLICY_TABLE_H
#define KM_TEST_POLICY_TABLE_H

#include "claim/lookup.h"

/* Reads data/policy/NAME.csv by its rows in tables.csv; a failure fails the test. */
void test_policy_table(km_lookup *table, const char *name);
/* Builds a table of that name from cells (see test_sheet_make) by its rows in the shipped tables.csv. */
kiem_status test_policy_table_of(km_lookup *table, const char *name, const char *header, const char *cells,
                                 km_error *error);

#endif
