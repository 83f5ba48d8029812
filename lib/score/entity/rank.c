#include "score/entity/rank.h"

#include <math.h>

static const double own_most = .5;       /* of the expected: with more, an entity is compared with itself */
static const double spread_least = .005; /* of the expected: fees without any spread prove nothing finer */
static const double expected_least = 5;  /* events, for shares: the logarithm of fewer is no normal number */
static const double observed_least = .5; /* for the logarithm of nothing */

typedef struct workroom {
    km_funnel *rows;
    double *spare;
    uint32_t *order, *entity;
} workroom;

static bool is_tested(const km_standing *entity) {
    return entity->count >= KM_COHORT_CLAIMS && entity->expected >= expected_least &&
           entity->own < own_most && entity->observed >= 0;
}

static km_funnel row_of(const km_standing *entity) {
    double least = spread_least * entity->expected;
    return (km_funnel){.observed = fmax((double)entity->observed, observed_least),
                       .expected = entity->expected,
                       .others = entity->others,
                       .variance = fmax(entity->variance, least * least)};
}

static void put(const km_funnel *row, bool enough, km_rank *out) {
    double excess = km_funnel_excess(row);
    *out = (km_rank){.has_ratio = true,
                     .ratio = row->observed / row->expected,
                     .low95 = row->low95 / row->expected,
                     .high95 = row->high95 / row->expected,
                     .z = row->z,
                     .p = row->p,
                     .excess = excess,
                     .excess_rate = excess / row->expected,
                     .has_q = enough,
                     .q = row->q};
}

static void rank(const km_standing *entities, size_t count, km_rank *out, const workroom *room) {
    km_dispersion spread;
    size_t tested = 0;
    for (size_t i = 0; i < count; i++) {
        out[i] = (km_rank){0};
        if (!is_tested(&entities[i])) continue;
        room->entity[tested] = (uint32_t)i;
        room->rows[tested++] = row_of(&entities[i]);
    }
    km_funnel_fit(room->rows, tested, KM_FUNNEL_FULL, &spread, room->spare, room->order);
    for (size_t i = 0; i < tested; i++) put(&room->rows[i], tested >= KM_FUNNEL_MIN, &out[room->entity[i]]);
}

kiem_status km_rank_entities(const km_mem *mem, const km_standing *entities, size_t count, km_rank *out,
                             km_error *error) {
    workroom room = {.rows = km_alloc_array(mem, count, sizeof *room.rows),
                     .spare = km_alloc_array(mem, 2 * count, sizeof *room.spare),
                     .order = km_alloc_array(mem, count, sizeof *room.order),
                     .entity = km_alloc_array(mem, count, sizeof *room.entity)};
    bool good = room.rows && room.spare && room.order && room.entity;
    if (good) rank(entities, count, out, &room);
    km_free(mem, room.rows, count * sizeof *room.rows);
    km_free(mem, room.spare, 2 * count * sizeof *room.spare);
    km_free(mem, room.order, count * sizeof *room.order);
    km_free(mem, room.entity, count * sizeof *room.entity);
    return good ? KIEM_OK : km_nomem(error);
}
