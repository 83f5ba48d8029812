/* Illnesses: who gets them, when, and how they are treated. */
#ifndef SYNTH_DIAGNOSES_H
#define SYNTH_DIAGNOSES_H

#include "calendar.h"
#include "items.h"

enum {
#define DIAGNOSIS(id, code, text, sex, from, to, season, tier, out, in, ward, profile, days, operation,      \
                  permille)                                                                                  \
    DIAGNOSIS_##id,
#include "diagnoses.def"
#undef DIAGNOSIS
    SYNTH_DIAGNOSES
};

struct synth_diagnosis {
    const char *code, *text;
    uint8_t sex, from_age, to_age, season, tier;
    uint8_t weight[2]; /* by care */
    uint8_t ward;      /* department K01..K50 of a stay */
    uint8_t profile;
    uint8_t days; /* usual length of a stay */
    uint16_t operation, operation_permille;
};

extern const struct synth_diagnosis synth_diagnoses[SYNTH_DIAGNOSES];

enum { SYNTH_AGE_BANDS = 6 };

struct synth_picker {
    uint32_t cumulative[2][SYNTH_AGE_BANDS][2][12][SYNTH_DIAGNOSES];
};

void synth_picker_open(struct synth_picker *picker);
/* An illness for somebody of this sex (1, 2) and age at this day. */
uint16_t synth_picker_pick(const struct synth_picker *picker, struct synth_random *random, int care, int sex,
                           int age, int32_t day);

#endif
