/* The ledger as bytes inside a section: pages by code and period, of each the cells that hold something. */
#ifndef KM_STATE_LEDGER_FILE_H
#define KM_STATE_LEDGER_FILE_H

#include "state/money/ledger.h"
#include "state/section.h"

/* The ledger must be sorted. */
uint64_t km_ledger_bytes(const km_ledger *ledger);
kiem_status km_ledger_put(const km_ledger *ledger, km_section_writer *writer, km_error *error);
/* Into an empty ledger. What checksums cannot vouch for is checked: order, ranges, one way to write a thing.
 */
kiem_status km_ledger_get(km_ledger *ledger, km_section_reader *reader, km_error *error);

#endif
