/* Drugs taken home for many days: which supplies of a person began long before an earlier one from another
 * facility had run out. Nothing hangs on the order in which they are added. */
#ifndef KM_STATE_SUPPLIES_H
#define KM_STATE_SUPPLIES_H

#include "base/date.h"
#include "base/error.h"
#include "base/mem.h"

/* A supply that ends this many days after the next one began is a dose change, or stock before a holiday; so
 * shorter supplies are not kept at all. */
enum { KM_SUPPLY_SPARE_DAYS = 7 };

typedef struct km_supply {
    uint64_t person, substance, facility; /* substance: hash of the code and the route */
    km_day day;
    uint32_t days;
} km_supply;

typedef struct km_supplies {
    const km_mem *mem;
    km_supply *list; /* closed: what overlaps, by person and day, its days those it shares */
    size_t count, capacity, tidy;
} km_supplies;

/* What was found for a person. */
typedef struct km_supply_overlaps {
    uint64_t person;
    uint64_t
        overlaps;  /* days on which something was taken home that overlaps by more than the days to spare */
    uint64_t days; /* of the drug that overlaps most on each, in all */
} km_supply_overlaps;

void km_supplies_init(km_supplies *supplies, const km_mem *mem);
void km_supplies_free(km_supplies *supplies);
/* Supplies that are too short to matter are left out, equal ones are kept once. */
kiem_status km_supplies_add(km_supplies *supplies, const km_supply *supply, km_error *error);
kiem_status km_supplies_close(km_supplies *supplies, km_error *error);
/* Where the persons begin who come at or after this one. */
size_t km_supplies_from(const km_supplies *supplies, uint64_t person);
/* The persons with supplies that overlap in the order of their keys; *cursor starts at 0 or as
 * above; false after the last. */
bool km_supplies_next(const km_supplies *supplies, size_t *cursor, km_supply_overlaps *out);

/* Days a dose text gives a drug for ("1 viên * 2 lần/ngày * 30 ngày": 30), 0 when it does not say. */
uint32_t km_dose_days(km_text dose);

#endif
