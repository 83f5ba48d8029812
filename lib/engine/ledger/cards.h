/* How many different cards were seen in a province and year, within about 1 %: a HyperLogLog of 16 KiB each,
 * the same for any order and partition. */
#ifndef KM_ENGINE_CARDS_H
#define KM_ENGINE_CARDS_H

#include "base/map.h"
#include "claim/batch.h"

enum { KM_CARD_REGISTERS = 1 << 14 };

typedef struct km_card_group {
    uint64_t province; /* first two characters of MA_CSKCB as a code */
    int year;          /* budget year */
    uint64_t claims;   /* with a card */
    uint8_t *registers;
} km_card_group;

typedef struct km_cards {
    const km_mem *mem;
    km_map index; /* province and year -> place in groups */
    km_card_group *groups;
    size_t count, capacity;
} km_cards;

void km_cards_init(km_cards *cards, const km_mem *mem);
void km_cards_free(km_cards *cards);
/* On failure some rows of the batch may have been added. */
kiem_status km_cards_add(km_cards *cards, const km_batch *batch, km_error *error);
/* Tells whether a group belongs to what is asked about. */
typedef bool km_cards_choice(const void *context, uint64_t province, int year);
/* Claims a card over the chosen groups together; false when they have no card. */
bool km_cards_visits(const km_cards *cards, km_cards_choice *choice, const void *context, double *out);

#endif
