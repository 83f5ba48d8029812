/* What a ledger holds, as sums and as text. */
#ifndef KM_TEST_LEDGER_H
#define KM_TEST_LEDGER_H

#include "state/money/ledger.h"

/* All the money of a province (0: of all) by days; the ledger must be sorted. */
km_money test_ledger_sum(const km_ledger *ledger, uint64_t province);
/* One line a cell, so that ledgers can be compared and read: the days and months, and the cuts beside them.
 */
void test_ledger_days(km_buf *buf, const km_ledger *ledger);
void test_ledger_cuts(km_buf *buf, const km_ledger *ledger);

#endif
