#include "world.h"

#include <stdlib.h>
#include <string.h>

/* code before July 2025, code after (Decision 19/2025/QD-TTg), weight by population, central hospitals */
static const struct synth_province all_provinces[] = {
    {1, 1, 84, 3},   {2, 8, 9, 0},    {4, 4, 5, 0},    {6, 19, 3, 0},   {8, 8, 8, 0},    {10, 15, 8, 0},
    {11, 11, 6, 0},  {12, 12, 5, 0},  {14, 14, 13, 0}, {15, 15, 8, 0},  {17, 25, 9, 0},  {19, 19, 13, 1},
    {20, 20, 8, 0},  {22, 22, 13, 1}, {24, 24, 19, 0}, {25, 25, 15, 0}, {26, 25, 12, 0}, {27, 24, 15, 0},
    {30, 31, 19, 0}, {31, 31, 21, 0}, {33, 33, 13, 0}, {34, 33, 19, 0}, {35, 37, 9, 0},  {36, 37, 18, 0},
    {37, 37, 10, 0}, {38, 38, 37, 0}, {40, 40, 34, 0}, {42, 42, 13, 0}, {44, 44, 9, 1},  {45, 44, 6, 0},
    {46, 46, 12, 1}, {48, 48, 20, 1}, {49, 48, 15, 1}, {51, 51, 12, 0}, {52, 52, 15, 0}, {54, 66, 9, 0},
    {56, 56, 13, 0}, {58, 56, 6, 0},  {60, 68, 13, 0}, {62, 51, 6, 0},  {64, 52, 15, 0}, {66, 66, 19, 0},
    {67, 68, 7, 0},  {68, 68, 13, 0}, {70, 75, 12, 0}, {72, 80, 12, 0}, {74, 79, 26, 0}, {75, 75, 32, 0},
    {77, 79, 12, 0}, {79, 79, 92, 3}, {80, 80, 17, 0}, {82, 82, 18, 0}, {83, 86, 13, 0}, {84, 86, 10, 0},
    {86, 86, 10, 0}, {87, 82, 16, 0}, {89, 91, 19, 0}, {91, 91, 17, 0}, {92, 92, 18, 1}, {93, 92, 7, 0},
    {94, 92, 12, 0}, {95, 96, 9, 0},  {96, 96, 12, 0},
};

static uint32_t square_root(uint64_t n) {
    uint32_t root = 0;
    while ((uint64_t)(root + 1) * (root + 1) <= n) root++;
    return root;
}

static bool read_provinces(struct synth_world *world, const char *text) {
    for (const char *p = text;; p += 3) {
        if (p[0] < '0' || p[0] > '9' || p[1] < '0' || p[1] > '9' || world->province_count == 63) return false;
        int code = (p[0] - '0') * 10 + (p[1] - '0');
        const struct synth_province *found = NULL;
        for (size_t i = 0; i < sizeof all_provinces / sizeof *all_provinces; i++) {
            if (all_provinces[i].code == code) found = &all_provinces[i];
        }
        if (!found) return false;
        for (uint32_t i = 0; i < world->province_count; i++) {
            if (world->provinces[i].code == code) return false;
        }
        world->provinces[world->province_count++] = *found;
        if (p[2] == '\0') return true;
        if (p[2] != ',') return false;
    }
}

static uint32_t clamp(uint32_t value, uint32_t low, uint32_t high) {
    return value < low ? low : value > high ? high : value;
}

/* How many facilities of a tier; the scale grows with the square root of the number of claims. */
static uint32_t facilities_wanted(const struct synth_province *province, int tier, uint32_t scale) {
    uint32_t weight = province->weight;
    switch (tier) {
    case SYNTH_CENTRAL: return clamp(province->central * (1 + scale / 8), 0, 12);
    case SYNTH_PROVINCIAL: return clamp(1 + weight * (1 + scale) / 60, 1, 30);
    case SYNTH_DISTRICT: return clamp(1 + weight * (1 + scale) / 40, 2, 60);
    default: return clamp(1 + weight * scale / 30, 2, 99);
    }
}

static void describe(struct synth_facility *facility, uint32_t nth, uint64_t seed) {
    uint64_t bits = synth_mix(seed ^ 0xfac, (uint64_t)facility->province * 512 + facility->tier * 128u + nth);
    uint32_t die = (uint32_t)(bits % 1000);
    facility->kind = SYNTH_GENERAL;
    facility->drug_price = (uint16_t)(850 + bits / 1000 % 350);
    switch (facility->tier) {
    case SYNTH_CENTRAL:
        facility->level = SYNTH_SPECIALISED;
        facility->class_rank = (uint8_t)(nth == 0 ? 0 : 1);
        facility->points = (uint8_t)(85 + die % 15);
        if (nth % 3 == 1) facility->kind = SYNTH_ONCOLOGY;
        if (nth % 3 == 2) facility->kind = SYNTH_CHILDREN;
        break;
    case SYNTH_PROVINCIAL:
        /* the first one is the large general hospital; smaller ones stay at basic level */
        facility->level = nth == 0 || die < 350 ? SYNTH_SPECIALISED : SYNTH_BASIC;
        facility->class_rank = (uint8_t)(nth == 0 ? 1 : 2);
        facility->points = (uint8_t)(facility->level == SYNTH_SPECIALISED ? 72 + die % 18 : 52 + die % 17);
        if (nth == 1) facility->kind = SYNTH_MATERNITY;
        if (nth == 2) facility->kind = SYNTH_ONCOLOGY;
        if (nth == 3) facility->kind = SYNTH_TRADITIONAL;
        break;
    case SYNTH_DISTRICT:
        facility->level = SYNTH_BASIC;
        facility->class_rank = (uint8_t)(die < 600 ? 3 : 2);
        facility->points = (uint8_t)(30 + die % 20);
        break;
    default:
        facility->level = SYNTH_INITIAL;
        facility->class_rank = 4;
        facility->points = 0;
        facility->kind = SYNTH_STATION;
        break;
    }
}

static void name_facility(struct synth_facility *facility, uint8_t province_code, uint32_t nth) {
    static const char letters[SYNTH_TIERS] = {'X', 'H', 'P', 'T'};
    facility->code[0] = (char)('0' + province_code / 10);
    facility->code[1] = (char)('0' + province_code % 10);
    facility->code[2] = letters[facility->tier]; /* no real facility code has this letter here */
    facility->code[3] = (char)('0' + (nth + 1) / 10);
    facility->code[4] = (char)('0' + (nth + 1) % 10);
}

static int add_group(struct synth_world *world, uint32_t province, int tier, uint32_t count, uint64_t seed) {
    struct synth_group *group = &world->groups[province][tier];
    *group = (struct synth_group){.first = world->facility_count, .count = count};
    if (count == 0) return SYNTH_OK;
    group->cumulative = malloc(count * sizeof *group->cumulative);
    if (!group->cumulative) return SYNTH_NO_MEMORY;
    uint32_t total = 0;
    for (uint32_t i = 0; i < count; i++) {
        struct synth_facility *facility = &world->facilities[world->facility_count++];
        *facility = (struct synth_facility){.province = (uint8_t)province, .tier = (uint8_t)tier};
        name_facility(facility, world->provinces[province].code, i);
        describe(facility, i, seed);
        total += 2000000 / (2 * i + 3); /* a few large ones, many small ones */
        group->cumulative[i] = total;
    }
    return SYNTH_OK;
}

/* Expected claims of a facility, from the shares of tiers and provinces. */
static uint64_t expected_claims(const struct synth_world *world, const struct synth_facility *facility,
                                uint64_t claims) {
    static const uint32_t tier_permille[SYNTH_TIERS] = {110, 550, 270, 70};
    const struct synth_group *group = &world->groups[facility->province][facility->tier];
    uint32_t at = (uint32_t)(facility - world->facilities) - group->first;
    uint64_t weight = group->cumulative[at] - (at ? group->cumulative[at - 1] : 0);
    const uint32_t *across =
        facility->tier == SYNTH_CENTRAL ? world->central_cumulative : world->province_cumulative;
    uint64_t province =
        across[facility->province] - (facility->province ? across[facility->province - 1] : 0);
    return claims * tier_permille[facility->tier] / 1000 * province / across[world->province_count - 1] *
           weight / group->cumulative[group->count - 1];
}

/* The facility and the day from which about `wanted` of its claims change; only district and provincial
 * hospitals. */
static struct synth_facility *choose_changed(const struct synth_world *world,
                                             const struct synth_options *options, uint64_t wanted,
                                             uint64_t salt, int32_t *from) {
    struct synth_facility *best = NULL;
    uint64_t best_rank = 0, best_expected = 0;
    for (uint32_t i = 0; i < world->facility_count; i++) {
        struct synth_facility *facility = &world->facilities[i];
        if (facility->tier != SYNTH_DISTRICT && facility->tier != SYNTH_PROVINCIAL) continue;
        if (facility->kind != SYNTH_GENERAL || facility->inflated_from != 0) continue;
        uint64_t expected = expected_claims(world, facility, options->claims);
        if (expected < wanted) continue;
        uint64_t rank = synth_mix(options->seed ^ salt, i);
        if (!best || rank < best_rank) {
            best = facility;
            best_rank = rank;
            best_expected = expected;
        }
    }
    if (!best || best_expected == 0) return NULL;
    int32_t first = synth_day_of(options->from), last = synth_day_of(options->to);
    int32_t span = last - first + 1;
    int32_t month_start = last - (int32_t)((uint64_t)span * wanted / best_expected);
    int year, month, day;
    synth_civil(month_start, &year, &month, &day);
    *from = synth_day(year, month, 1);
    return best;
}

static void choose_changes(struct synth_world *world, const struct synth_options *options) {
    uint64_t planted = options->claims / 1000 * options->planted_ppm / 1000;
    if (planted < 200) return; /* too few claims to show a facility that changed */
    int32_t from = 0;
    struct synth_facility *facility = choose_changed(world, options, planted * 15 / 100, 0x1f, &from);
    if (facility) facility->inflated_from = from;
    facility = choose_changed(world, options, planted * 10 / 100, 0xb1, &from);
    if (facility) facility->blanket_from = from;
}

int synth_world_open(struct synth_world *world, const struct synth_options *options) {
    memset(world, 0, sizeof *world);
    if (!read_provinces(world, options->provinces)) return SYNTH_BAD_OPTION;
    uint32_t scale = square_root(options->claims / 20000);
    if (scale == 0) scale = 1;
    uint32_t total = 0, all = 0, central = 0;
    for (uint32_t p = 0; p < world->province_count; p++) {
        for (int tier = 0; tier < SYNTH_TIERS; tier++)
            total += facilities_wanted(&world->provinces[p], tier, scale);
        all += world->provinces[p].weight;
        central += world->provinces[p].central;
        world->province_cumulative[p] = all;
        world->central_cumulative[p] = central;
    }
    world->has_central = central > 0;
    world->facilities = calloc(total ? total : 1, sizeof *world->facilities);
    if (!world->facilities) return SYNTH_NO_MEMORY;
    for (uint32_t p = 0; p < world->province_count; p++) {
        for (int tier = 0; tier < SYNTH_TIERS; tier++) {
            uint32_t count = facilities_wanted(&world->provinces[p], tier, scale);
            if (add_group(world, p, tier, count, options->seed) != SYNTH_OK) return SYNTH_NO_MEMORY;
        }
    }
    uint64_t days = (uint64_t)(synth_day_of(options->to) - synth_day_of(options->from) + 1);
    for (uint32_t i = 0; i < world->facility_count; i++) {
        struct synth_facility *facility = &world->facilities[i];
        uint64_t expected = expected_claims(world, facility, options->claims);
        facility->doctors = (uint16_t)(5 + expected / days / 3); /* about three claims a day each */
    }
    choose_changes(world, options);
    return SYNTH_OK;
}

void synth_world_close(struct synth_world *world) {
    for (uint32_t p = 0; p < 64; p++) {
        for (int tier = 0; tier < SYNTH_TIERS; tier++) free(world->groups[p][tier].cumulative);
    }
    free(world->facilities);
    memset(world, 0, sizeof *world);
}

int32_t synth_world_pick(const struct synth_world *world, struct synth_random *random, uint32_t province,
                         int tier) {
    const struct synth_group *group = &world->groups[province][tier];
    if (group->count == 0) return -1;
    return (int32_t)(group->first + synth_weighted(random, group->cumulative, group->count));
}

int32_t synth_world_pick_kind(const struct synth_world *world, struct synth_random *random, uint32_t province,
                              int tier, int kind) {
    const struct synth_group *group = &world->groups[province][tier];
    for (uint32_t i = 0; i < group->count; i++) {
        if (world->facilities[group->first + i].kind == kind) return (int32_t)(group->first + i);
    }
    return synth_world_pick(world, random, province, tier);
}

uint32_t synth_world_province(const struct synth_world *world, struct synth_random *random) {
    return synth_weighted(random, world->province_cumulative, world->province_count);
}

uint32_t synth_world_central(const struct synth_world *world, struct synth_random *random) {
    return synth_weighted(random, world->central_cumulative, world->province_count);
}
