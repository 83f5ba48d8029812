/* One visit or stay: when, where, by which way, under which card; then its bill. */
#ifndef SYNTH_VISIT_H
#define SYNTH_VISIT_H

#include "bill.h"

struct synth_wish {
    int32_t day; /* of the visit; of the discharge for a stay */
    uint8_t kind;
    uint16_t diagnosis;
    int32_t facility;  /* -1: chosen with the route */
    uint8_t route;     /* used with a facility */
    int32_t came_from; /* used with a facility, -1 none */
    int32_t minute;    /* of the day the visit begins, -1 any */
    int32_t length;    /* minutes of a visit, days of a stay or course; 0 usual */
    uint8_t supply_days;
    bool emergency; /* with facility -1 */
};

/* What is usual: fill in day, kind and diagnosis. */
struct synth_wish synth_wish_for(int32_t day, int kind, uint16_t diagnosis);
/* NULL when there is no valid card, no place in the run or in the case. The claim is billed and settled. */
struct synth_claim *synth_visit(const struct synth_setting *setting, struct synth_case *c,
                                const struct synth_person *person, const struct synth_wish *wish);
/* The same, without the bill. */
struct synth_claim *synth_visit_unbilled(const struct synth_setting *setting, struct synth_case *c,
                                         const struct synth_person *person, const struct synth_wish *wish);
/* Stays do not run over 1 January and 1 July, where the law or the base salary may change in the middle. */
bool synth_crosses_change(int32_t first, int32_t last);
/* The facility registered on the card valid that day, -1 without a card. */
int32_t synth_home(const struct synth_person *person, int32_t day);

#endif
