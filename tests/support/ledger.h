#ifndef KM_TEST_LEDGER_H
#define KM_TEST_LEDGER_H

#include "state/money/ledger.h"

/* All the money of a province (0: of all) by days; the ledger must be sorted. */
km_money test_ledger_sum(const km_ledger *ledger, uint64_t province);

#endif
