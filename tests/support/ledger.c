#include "support/ledger.h"

km_money test_ledger_sum(const km_ledger *ledger, uint64_t province) {
    km_money sum = {0};
    km_ledger_day day;
    for (size_t cursor = 0; km_ledger_next_day(ledger, &cursor, &day);) {
        if (!province || day.province == province) km_money_add(&sum, &day.money);
    }
    return sum;
}
