#include "law.h"

#include <string.h>

static const struct {
    int32_t from; /* day */
    int64_t dong;
} base_salaries[] = {
    {18078, 1490000}, /* 2019-07-01 */
    {19539, 1800000}, /* 2023-07-01 */
    {19905, 2340000}, /* 2024-07-01 */
    {20635, 2530000}, /* 2026-07-01 */
};

int64_t synth_base_salary(int32_t day) {
    int64_t dong = base_salaries[0].dong;
    for (size_t i = 0; i < sizeof base_salaries / sizeof *base_salaries; i++) {
        if (day >= base_salaries[i].from) dong = base_salaries[i].dong;
    }
    return dong;
}

int64_t synth_small_bill(int32_t day) {
    return synth_base_salary(day) * 15;
}

uint32_t synth_level_rate(const char *group, char digit, int32_t day) {
    /* the near-poor and social pensioners: 100 % from 2026, whatever the card still prints */
    if (day >= synth_day(2026, 1, 1) && (memcmp(group, "CN", 2) == 0 || memcmp(group, "LH", 2) == 0))
        return 1000;
    if (digit == '3') return 950;
    if (digit == '4') return 800;
    return 1000;
}

static bool is_minority(const struct synth_entitlement *e) {
    if (e->area == 0) return false;
    return memcmp(e->group, "HN", 2) == 0 || memcmp(e->group, "DT", 2) == 0 || memcmp(e->group, "XD", 2) == 0;
}

/* Law 46/2014 Art. 22(3)-(6), in thousandths of the level */
static uint32_t own_choice_until_2024(const struct synth_entitlement *e) {
    int tier = e->facility->tier;
    if (tier <= SYNTH_DISTRICT) return 1000;
    if (!e->inpatient) return 0;
    return tier == SYNTH_CENTRAL && !is_minority(e) ? 400 : 1000;
}

/* Law 51/2024 Art. 22(4); Decree 02/2025 Art. 14(5), Decree 188/2025 Art. 19 */
static uint32_t own_choice_from_2025(const struct synth_entitlement *e) {
    const struct synth_facility *f = e->facility;
    if (f->level == SYNTH_INITIAL || f->tier <= SYNTH_DISTRICT) return 1000;
    if (f->level == SYNTH_BASIC && e->inpatient) return 1000;
    if (e->inpatient && (f->tier == SYNTH_PROVINCIAL || is_minority(e))) return 1000;
    if (f->tier == SYNTH_CENTRAL) return e->inpatient ? 400 : 0;
    return e->discharge >= synth_day(2026, 7, 1) ? 500 : 0;
}

uint32_t synth_rate_due(const struct synth_entitlement *e) {
    uint32_t level = synth_level_rate(e->group, e->digit, e->discharge);
    if (e->route == SYNTH_OWN_CHOICE) {
        uint32_t share =
            e->discharge < synth_day(2025, 1, 1) ? own_choice_until_2024(e) : own_choice_from_2025(e);
        return level * share / 1000;
    }
    if (e->facility->tier == SYNTH_COMMUNE || e->exempt) return 1000;
    if (e->in_scope < synth_small_bill(e->discharge)) return 1000;
    return level;
}

static const char *own_choice_code(const struct synth_facility *f, bool inpatient, bool minority,
                                   int32_t discharge) {
    if (discharge < synth_day(2025, 11, 1)) {
        if (minority && inpatient && f->tier >= SYNTH_PROVINCIAL) return "3.6";
        if (f->tier == SYNTH_CENTRAL) return "3.1";
        return f->tier == SYNTH_PROVINCIAL ? "3.2" : "3.3";
    }
    if (f->level == SYNTH_INITIAL) return "1.11";
    if (f->tier == SYNTH_DISTRICT) return "3.3";
    if (f->level == SYNTH_BASIC) return inpatient ? "1.15" : "1.14";
    if (minority && inpatient) return "3.6";
    if (f->tier == SYNTH_PROVINCIAL) return inpatient ? "3.2" : "1.18";
    return "3.1";
}

const char *synth_route_code(uint8_t route, const struct synth_facility *facility, bool inpatient,
                             bool minority, int32_t discharge) {
    switch (route) {
    case SYNTH_REGISTERED: return "1.1";
    case SYNTH_SAME_PROVINCE:
        if (discharge < synth_day(2025, 11, 1)) return "1.2";
        return own_choice_code(facility, inpatient, minority, discharge);
    case SYNTH_REFERRED: return "1.3";
    case SYNTH_RESIDING: return "1.4";
    case SYNTH_REVISIT: return "1.5";
    case SYNTH_NEWBORN: return "1.7";
    case SYNTH_EMERGENCY: return "2";
    case SYNTH_PICKUP: return discharge < synth_day(2025, 11, 1) ? "7.1" : "7";
    default: return own_choice_code(facility, inpatient, minority, discharge);
    }
}

int synth_old_route_code(uint8_t route) {
    if (route == SYNTH_EMERGENCY) return 2;
    if (route == SYNTH_SAME_PROVINCE) return 4;
    return route == SYNTH_OWN_CHOICE ? 3 : 1;
}
