/* Abnormal claims that show only beside other claims of a doctor or a machine: services.csv. */
#include "patterns.h"

/* Somebody of that province, sent to this facility for a visit that begins then. */
static struct synth_claim *sent_to(const struct synth_setting *setting, struct synth_case *c, int member,
                                   int32_t facility, uint16_t diagnosis, int32_t day, int32_t minute,
                                   int32_t length) {
    struct synth_person_wish who = synth_anybody(20, 60);
    who.index = c->index;
    who.member = member;
    who.province = setting->world.facilities[facility].province;
    who.home_tier = SYNTH_DISTRICT;
    struct synth_person *person = &c->persons[member];
    synth_person_make(setting, &c->random, person, &who);
    person->five_years = 0;
    struct synth_wish wish = synth_wish_for(day, KIND_EXAM, diagnosis);
    wish.facility = facility;
    wish.route = SYNTH_REFERRED;
    wish.came_from = synth_home(person, day);
    wish.minute = minute;
    wish.length = length;
    return wish.came_from < 0 ? NULL : synth_visit(setting, c, person, &wish);
}

static struct synth_line *line_of(struct synth_case *c, const struct synth_claim *claim, uint16_t item) {
    for (uint32_t i = 0; i < claim->line_count; i++) {
        if (synth_lines(c, claim)[i].item == item) return &synth_lines(c, claim)[i];
    }
    return NULL;
}

/* One doctor examines at two hospitals, three times within a minute. */
bool synth_plant_two_places(const struct synth_setting *setting, struct synth_case *c, bool small) {
    enum { TIMES = 3 };
    (void)small;
    int32_t day = synth_some_day(setting, &c->random, 5, 45), places[2];
    uint32_t province = synth_world_province(&setting->world, &c->random);
    for (int i = 0; i < 2; i++)
        places[i] =
            synth_world_pick(&setting->world, &c->random, province, i ? SYNTH_DISTRICT : SYNTH_PROVINCIAL);
    if (places[0] < 0 || places[1] < 0) return false;
    uint16_t doctor = (uint16_t)synth_below(&c->random, setting->world.facilities[places[0]].doctors);
    for (int i = 0; i < 2 * TIMES; i++) {
        int32_t minute = 480 + 60 * (i / 2);
        struct synth_claim *claim =
            sent_to(setting, c, i, places[i % 2], DIAGNOSIS_HYPERTENSION, day, minute - 10, 120);
        struct synth_line *exam = claim ? line_of(c, claim, ITEM_EXAM) : NULL;
        if (!exam) return false;
        exam->ordered = (int32_t)((int64_t)day * SYNTH_MINUTES + minute + i % 2 - claim->start);
        exam->doctor = doctor;
        exam->lent = places[0] + 1;
        if (exam->ordered < 0) return false;
        synth_mark_planted(claim, "doctor_in_two_places", 0, "one doctor, two hospitals, one minute");
    }
    c->person_count = 2 * TIMES;
    return true;
}

/* One scanner, more people in eight hours than it can serve. */
bool synth_plant_machine_day(const struct synth_setting *setting, struct synth_case *c, bool small) {
    enum { PATIENTS = 26, EVERY = 18 };
    (void)small;
    int32_t day = synth_some_day(setting, &c->random, 5, 45);
    int32_t facility = synth_world_pick(&setting->world, &c->random,
                                        synth_world_province(&setting->world, &c->random), SYNTH_PROVINCIAL);
    for (int i = 0; i < PATIENTS; i++) {
        int32_t minute = 425 + EVERY * i;
        struct synth_claim *claim =
            facility < 0 ? NULL : sent_to(setting, c, i, facility, DIAGNOSIS_HEADACHE, day, minute - 45, 120);
        if (!claim) return false;
        struct synth_line *scan = line_of(c, claim, ITEM_MRI);
        if (!scan) scan = synth_add_item(setting, c, claim, ITEM_MRI, 1);
        if (!scan) return false;
        scan->done = (int32_t)((int64_t)day * SYNTH_MINUTES + minute - claim->start);
        scan->ordered = scan->done - 20;
        scan->resulted = scan->done + synth_items[ITEM_MRI].minutes;
        synth_settle(setting, c, claim);
        synth_mark_planted(claim, "machine_above_limit", 0, "one scanner, more people than it can serve");
    }
    c->person_count = PATIENTS;
    return c->claim_count == PATIENTS;
}
