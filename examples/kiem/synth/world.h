/* Provinces and invented facilities: their tier before 2025, level, class, size, prices, and the two
 * facilities whose claims change from a day on. */
#ifndef SYNTH_WORLD_H
#define SYNTH_WORLD_H

#include "calendar.h"
#include "synth.h"

enum { SYNTH_COMMUNE, SYNTH_DISTRICT, SYNTH_PROVINCIAL, SYNTH_CENTRAL, SYNTH_TIERS };
enum { SYNTH_INITIAL, SYNTH_BASIC, SYNTH_SPECIALISED };
enum { SYNTH_GENERAL, SYNTH_ONCOLOGY, SYNTH_CHILDREN, SYNTH_MATERNITY, SYNTH_TRADITIONAL, SYNTH_STATION };

struct synth_facility {
    char code[6];
    uint8_t province; /* index into the world's provinces */
    uint8_t tier;     /* before 2025 */
    uint8_t level;    /* technical level from 2025 */
    uint8_t points;   /* of the ranking from 2025, 0 without one */
    uint8_t kind;
    uint8_t class_rank;                  /* 0 special, 1..4 */
    uint16_t drug_price;                 /* thousandths of the usual price */
    uint16_t doctors;                    /* per department, so that nobody is overbooked by chance */
    int32_t inflated_from, blanket_from; /* day, 0 never */
};

struct synth_province {
    uint8_t code, merged; /* merged: the code from July 2025 on */
    uint8_t weight;
    uint8_t central; /* hospitals of the ministry in it, at small size */
};

struct synth_group { /* the facilities of one tier in one province */
    uint32_t first, count;
    uint32_t *cumulative;
};

struct synth_world {
    struct synth_province provinces[64];
    uint32_t province_cumulative[64], central_cumulative[64];
    uint32_t province_count;
    bool has_central;
    struct synth_facility *facilities;
    uint32_t facility_count;
    struct synth_group groups[64][SYNTH_TIERS];
};

/* Returns SYNTH_OK, SYNTH_BAD_OPTION (provinces) or SYNTH_NO_MEMORY. */
int synth_world_open(struct synth_world *world, const struct synth_options *options);
void synth_world_close(struct synth_world *world);

/* A facility of this tier, larger ones more often; -1 when the province has none. */
int32_t synth_world_pick(const struct synth_world *world, struct synth_random *random, uint32_t province,
                         int tier);
/* The same with a preferred kind, when there is one. */
int32_t synth_world_pick_kind(const struct synth_world *world, struct synth_random *random, uint32_t province,
                              int tier, int kind);
uint32_t synth_world_province(const struct synth_world *world, struct synth_random *random);
/* A province that has a central hospital; only when has_central. */
uint32_t synth_world_central(const struct synth_world *world, struct synth_random *random);

#endif
