/* Citizen numbers that stand beside several card numbers: one person with two cards, or a parent's number on
 * the cards of children. All pairs are shown twice, so that memory is taken for the few and not for all. */
#ifndef KM_STATE_SHARED_H
#define KM_STATE_SHARED_H

#include "base/date.h"
#include "base/map.h"
#include "state/history/links.h"

typedef struct km_shared {
    const km_mem *mem;
    uint32_t *marks; /* by the hash of the citizen number: its pair, or that there are several */
    size_t mark_count;
    km_link *pairs; /* those that may be of such a number */
    size_t count, capacity, tidy;
    bool broken;
    km_map groups; /* card number -> number of its group, the same for all cards of a citizen number */
} km_shared;

void km_shared_init(km_shared *shared, const km_mem *mem);
void km_shared_free(km_shared *shared);
/* About so many pairs will be shown. */
kiem_status km_shared_start(km_shared *shared, uint64_t pairs, km_error *error);
void km_shared_see(km_shared *shared, const km_link *link);
void km_shared_see_again(km_shared *shared, const km_link *link);
kiem_status km_shared_end(km_shared *shared, km_error *error);

/* ---- when and where such cards were used */

typedef struct km_card_use {
    uint64_t person, facility;
    uint32_t group;
    km_day day;
    int32_t birth; /* as an episode keeps it; 0 unknown */
    int32_t sex;
} km_card_use;

typedef struct km_card_uses {
    const km_mem *mem;
    km_card_use *list;
    size_t count, capacity;
    km_map days; /* closed: person -> days */
} km_card_uses;

void km_card_uses_init(km_card_uses *uses, const km_mem *mem);
void km_card_uses_free(km_card_uses *uses);
kiem_status km_card_uses_add(km_card_uses *uses, const km_card_use *use, km_error *error);
/* Works out for each person how many days its card was in use beside another one of its group with the same
 * birth and sex, both in those days and at different facilities. */
kiem_status km_card_uses_close(km_card_uses *uses, km_error *error);
uint32_t km_card_uses_days(const km_card_uses *uses, uint64_t person);

#endif
