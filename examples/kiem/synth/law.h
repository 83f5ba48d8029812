/* The benefit as the law of the discharge date has it, from July 2021 on. Written apart from the library on
 * purpose: the generator must not repeat a mistake of the code it tests. */
#ifndef SYNTH_LAW_H
#define SYNTH_LAW_H

#include "world.h"

/* How the patient came; everything but OWN_CHOICE is in-network. */
enum {
    SYNTH_REGISTERED,    /* at the facility of the card */
    SYNTH_SAME_PROVINCE, /* another commune or district facility of the province */
    SYNTH_REFERRED,
    SYNTH_RESIDING, /* work trip or study elsewhere, same tier */
    SYNTH_REVISIT,  /* with an appointment */
    SYNTH_NEWBORN,  /* treated right after birth */
    SYNTH_EMERGENCY,
    SYNTH_OWN_CHOICE,
    SYNTH_PICKUP, /* drugs by appointment, often by a relative */
};

struct synth_entitlement {
    const char *group; /* two letters */
    char digit;        /* '1' .. '5' as printed on the card */
    uint8_t area;      /* 1..3 for K1..K3, 0 none */
    uint8_t route;
    bool inpatient;
    bool exempt; /* certificate: five years and six base salaries */
    int32_t discharge;
    int64_t in_scope; /* hundredths of a dong */
    const struct synth_facility *facility;
};

int64_t synth_base_salary(int32_t day); /* dong */
/* 15 % of the base salary, in hundredths: a cost strictly below it is paid in full. */
int64_t synth_small_bill(int32_t day);
/* The rate of the card and group alone, in thousandths. */
uint32_t synth_level_rate(const char *group, char digit, int32_t day);
/* The rate due, in thousandths of the amount in scope. */
uint32_t synth_rate_due(const struct synth_entitlement *entitlement);
/* MA_DOITUONG_KCB: list of Decision 824/2023, of Decision 3276/2025 from November 2025 on. */
const char *synth_route_code(uint8_t route, const struct synth_facility *facility, bool inpatient,
                             bool minority, int32_t discharge);
/* MA_LYDO_VVIEN of the 4210 layout */
int synth_old_route_code(uint8_t route);

#endif
