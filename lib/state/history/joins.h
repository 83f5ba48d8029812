/* Whose claims those are that only a citizen number names: of every such number, the card it is joined with,
 * by the rule of links.h. All pairs seen together are shown twice, so that memory is taken for the numbers
 * without a card alone and not for the pairs. */
#ifndef KM_STATE_JOINS_H
#define KM_STATE_JOINS_H

#include "base/map.h"
#include "state/history/links.h"

typedef struct km_join {
    uint64_t citizen, card; /* card 0: none seen yet */
    bool single;            /* neither has met another number so far */
} km_join;

typedef struct km_joins {
    km_map citizens, cards; /* -> place in items */
    km_join *items;
    size_t count, capacity;
} km_joins;

void km_joins_init(km_joins *joins, const km_mem *mem);
void km_joins_free(km_joins *joins);
/* There are claims that this number alone names. */
kiem_status km_joins_want(km_joins *joins, uint64_t citizen, km_error *error);
/* All pairs once; then km_joins_turn; then all pairs again. */
void km_joins_see(km_joins *joins, const km_link *link);
kiem_status km_joins_turn(km_joins *joins, km_error *error);
void km_joins_see_again(km_joins *joins, const km_link *link);
/* The card number, or the citizen number itself. */
uint64_t km_joins_person(const km_joins *joins, uint64_t citizen);

#endif
