/* The money a state has learned: the ledger, marks of the claims in it, and the day it was cut. */
#ifndef KM_STATE_STATE_MONEY_H
#define KM_STATE_STATE_MONEY_H

#include "state/money/ledger.h"
#include "state/money/marks.h"

#define KM_SECTION_MONEY KM_SECTION('L', 'E', 'D', 'G')

typedef struct km_state_money {
    km_ledger ledger;
    km_marks marks;
    bool has_as_of;
    km_day as_of; /* the latest day any of its sources was cut, by --as-of or the latest discharge */
} km_state_money;

void km_state_money_init(km_state_money *money, const km_mem *mem);
void km_state_money_free(km_state_money *money);
/* Makes room for a batch or for other money: the calls after them cannot fail. */
kiem_status km_state_money_expect(km_state_money *money, const km_batch *batch, km_error *error);
void km_state_money_learn(km_state_money *money, const km_batch *batch);
kiem_status km_state_money_expect_all(km_state_money *money, const km_state_money *more, km_error *error);
void km_state_money_merge(km_state_money *money, const km_state_money *more);
void km_state_money_cut(km_state_money *money, km_day as_of);

kiem_status km_state_money_save(km_state_money *money, km_section_writer *writer, km_error *error);
kiem_status km_state_money_load(km_state_money *money, km_section_reader *reader, km_error *error);

#endif
