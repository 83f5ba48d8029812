#include "state/history/joins.h"

void km_joins_init(km_joins *joins, const km_mem *mem) {
    *joins = (km_joins){0};
    km_map_init(&joins->citizens, mem);
    km_map_init(&joins->cards, mem);
}

void km_joins_free(km_joins *joins) {
    const km_mem *mem = joins->citizens.mem;
    km_free(mem, joins->items, joins->capacity * sizeof *joins->items);
    km_map_free(&joins->citizens);
    km_map_free(&joins->cards);
    km_joins_init(joins, mem);
}

kiem_status km_joins_want(km_joins *joins, uint64_t citizen, km_error *error) {
    bool is_new;
    const km_mem *mem = joins->citizens.mem;
    if (!km_grow(mem, (void **)&joins->items, &joins->capacity, joins->count + 1, sizeof *joins->items))
        return km_nomem(error);
    uint32_t *place = km_map_insert(&joins->citizens, citizen, &is_new);
    if (!place) return km_nomem(error);
    if (!is_new) return KIEM_OK;
    *place = (uint32_t)joins->count;
    joins->items[joins->count++] = (km_join){.citizen = citizen, .single = true};
    return KIEM_OK;
}

void km_joins_see(km_joins *joins, const km_link *link) {
    const uint32_t *place = km_map_find(&joins->citizens, link->citizen);
    if (!place) return;
    km_join *join = &joins->items[*place];
    if (join->card && join->card != link->card) join->single = false;
    join->card = link->card;
}

kiem_status km_joins_turn(km_joins *joins, km_error *error) {
    bool is_new;
    for (size_t i = 0; i < joins->count; i++) {
        km_join *join = &joins->items[i];
        join->single = join->single && join->card;
        if (!join->single) continue;
        uint32_t *place = km_map_insert(&joins->cards, join->card, &is_new);
        if (!place) return km_nomem(error);
        if (is_new) *place = (uint32_t)i;
        join->single = is_new; /* the first that has this card meets the second when it is seen again */
    }
    return KIEM_OK;
}

void km_joins_see_again(km_joins *joins, const km_link *link) {
    const uint32_t *place = km_map_find(&joins->cards, link->card);
    if (place && joins->items[*place].citizen != link->citizen) joins->items[*place].single = false;
}

uint64_t km_joins_person(const km_joins *joins, uint64_t citizen) {
    const uint32_t *place = km_map_find(&joins->citizens, citizen);
    return place && joins->items[*place].single ? joins->items[*place].card : citizen;
}
