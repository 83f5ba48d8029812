/* Which citizen number stood beside which card number: it tells whose claims those without a card are. Only a
 * pair in which either number has met no other joins claims; pairs are never chained. */
#ifndef KM_STATE_LINKS_H
#define KM_STATE_LINKS_H

#include "base/error.h"
#include "base/mem.h"

/* Person keys of the two kinds. */
typedef struct km_link {
    uint64_t citizen, card;
} km_link;

typedef struct km_links {
    const km_mem *mem;
    km_link *items;
    size_t count, capacity;
    size_t tidy;     /* the first of them are sorted, each once */
    km_link *joined; /* sorted by citizen, after km_links_join */
    size_t joined_count, joined_capacity;
    bool joins_known;
} km_links;

void km_links_init(km_links *links, const km_mem *mem);
void km_links_free(km_links *links);
/* Makes room for so many more. */
kiem_status km_links_expect(km_links *links, size_t more, km_error *error);
/* After km_links_expect. */
void km_links_add(km_links *links, uint64_t citizen, uint64_t card);
/* Sorts the pairs and drops what is there twice: needed before they are saved or compared. On failure they
 * are the same pairs. */
kiem_status km_links_tidy(km_links *links, km_error *error);
/* Adds the pairs of another set, which is tidy. On failure they are the same pairs. */
kiem_status km_links_merge(km_links *links, const km_links *more, km_error *error);
/* Works out which pairs join claims. */
kiem_status km_links_join(km_links *links, km_error *error);
/* The card number whose claims a citizen number joins, or the citizen number itself. */
uint64_t km_links_person(const km_links *links, uint64_t citizen);

#endif
