/* Drugs, services and supplies, and what is usually ordered for a kind of illness. */
#ifndef SYNTH_ITEMS_H
#define SYNTH_ITEMS_H

#include <stdint.h>

enum {
    SYNTH_NO_ITEM,
#define DRUG(id, code, name, strength, unit, route, price, ratio)  ITEM_##id,
#define BLOOD(id, code, name, strength, unit, route, price, ratio) ITEM_##id,
#define SERVICE(id, code, name, group, price, minutes)             ITEM_##id,
#define SUPPLY(id, code, name, unit, price, ceiling)               ITEM_##id,
#include "items.def"
#undef BLOOD
#undef DRUG
#undef SERVICE
#undef SUPPLY
    SYNTH_ITEMS
};

enum {
    GROUP_LAB = 1,
    GROUP_IMAGING = 2,
    GROUP_FUNCTION = 3,
    GROUP_DRUG = 4,
    GROUP_BLOOD = 7,
    GROUP_SURGERY = 8
};
enum { GROUP_SUPPLY = 10, GROUP_EXAM = 13, GROUP_DAY_BED = 14, GROUP_BED = 15, GROUP_PROCEDURE = 18 };

struct synth_item {
    const char *code, *name, *strength, *unit, *route;
    int64_t price;   /* thousandths of a dong */
    int64_t ceiling; /* hundredths of a dong, 0 none */
    uint8_t group;
    uint8_t ratio; /* percent the fund's list allows */
    uint16_t minutes;
};

extern const struct synth_item synth_items[SYNTH_ITEMS];

enum { ORDER_ONCE, ORDER_DAILY };

struct synth_order {
    uint16_t item;
    uint16_t permille; /* how often it is ordered */
    uint8_t how;       /* DAILY: low..high units for each day of treatment or supply */
    uint8_t low, high;
};

enum {
    PROFILE_RESPIRATORY,
    PROFILE_HEART,
    PROFILE_DIABETES,
    PROFILE_DIGESTIVE,
    PROFILE_JOINTS,
    PROFILE_EYE,
    PROFILE_EAR,
    PROFILE_URINARY,
    PROFILE_WOMEN,
    PROFILE_BIRTH,
    PROFILE_NEWBORN,
    PROFILE_SKIN,
    PROFILE_NERVES,
    PROFILE_MIND,
    PROFILE_WOUND,
    PROFILE_BONE,
    PROFILE_ABDOMEN,
    PROFILE_CANCER,
    PROFILE_INFECTION,
    PROFILE_TEETH,
    PROFILE_DIALYSIS,
    PROFILE_CHEMOTHERAPY,
    PROFILE_RADIOTHERAPY,
    PROFILE_REHABILITATION,
    PROFILE_CORONARY,
    PROFILE_STROKE,
    PROFILE_TUBERCULOSIS,
    PROFILE_BLOOD,
    PROFILE_LIVER,
    PROFILE_HORMONES,
    SYNTH_PROFILES
};

/* Ends with SYNTH_NO_ITEM. */
const struct synth_order *synth_profile(int profile, int inpatient);

#endif
