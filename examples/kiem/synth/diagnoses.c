#include "diagnoses.h"

enum { ALL_YEAR, COLD_SEASON, HOT_SEASON, RAINY_SEASON };
enum { ITEM_NO = SYNTH_NO_ITEM };

const struct synth_diagnosis synth_diagnoses[SYNTH_DIAGNOSES] = {
#define DIAGNOSIS(id, code, text, sex, from, to, season, tier, out, in, ward, profile, days, operation,      \
                  permille)                                                                                  \
    {code,    text, sex, from, to, season, tier, {out, in}, ward, PROFILE_##profile, days, ITEM_##operation, \
     permille},
#include "diagnoses.def"
#undef DIAGNOSIS
};

static const uint8_t season_percent[4][12] = {
    {100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100, 100},
    {140, 135, 125, 105, 85, 75, 70, 75, 90, 105, 120, 135},
    {70, 70, 80, 100, 130, 140, 135, 125, 110, 90, 80, 70},
    {50, 40, 40, 50, 70, 110, 160, 180, 180, 160, 110, 70},
};

static const uint8_t band_from[SYNTH_AGE_BANDS + 1] = {0, 1, 6, 18, 40, 60, 120};

static int band_of(int age) {
    int band = 0;
    while (band + 1 < SYNTH_AGE_BANDS && age >= band_from[band + 1]) band++;
    return band;
}

void synth_picker_open(struct synth_picker *picker) {
    for (int care = 0; care < 2; care++) {
        for (int band = 0; band < SYNTH_AGE_BANDS; band++) {
            for (int sex = 1; sex <= 2; sex++) {
                for (int month = 0; month < 12; month++) {
                    uint32_t total = 0;
                    for (int i = 0; i < SYNTH_DIAGNOSES; i++) {
                        const struct synth_diagnosis *d = &synth_diagnoses[i];
                        bool fits = (d->sex == 0 || d->sex == sex) && d->from_age < band_from[band + 1] &&
                                    d->to_age >= band_from[band];
                        if (fits) total += (uint32_t)d->weight[care] * season_percent[d->season][month];
                        picker->cumulative[care][band][sex - 1][month][i] = total;
                    }
                }
            }
        }
    }
}

uint16_t synth_picker_pick(const struct synth_picker *picker, struct synth_random *random, int care, int sex,
                           int age, int32_t day) {
    const uint32_t *cumulative = picker->cumulative[care][band_of(age)][sex - 1][synth_month(day) - 1];
    for (int attempt = 0; attempt < 16; attempt++) {
        uint32_t i = synth_weighted(random, cumulative, SYNTH_DIAGNOSES);
        if (age >= synth_diagnoses[i].from_age && age <= synth_diagnoses[i].to_age) return (uint16_t)i;
    }
    return DIAGNOSIS_UPPER_AIRWAY; /* fits everybody */
}
