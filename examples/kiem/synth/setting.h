/* What stays the same during one run. */
#ifndef SYNTH_SETTING_H
#define SYNTH_SETTING_H

#include "diagnoses.h"
#include "synth.h"
#include "world.h"

struct synth_setting {
    const struct synth_options *options;
    int32_t first, last; /* days of the run */
    struct synth_calendar calendar;
    struct synth_world world;
    struct synth_picker picker;
};

#endif
