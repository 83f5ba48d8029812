/* Cases made on purpose: lawful ones that look unusual (traps) and abnormal ones (planted). */
#ifndef SYNTH_PATTERNS_H
#define SYNTH_PATTERNS_H

#include "history.h"

struct synth_pattern {
    const char *name;
    uint16_t weight;   /* traps: how often; planted: share of all planted claims */
    uint16_t bundle;   /* planted claims it makes at once */
    bool details_only; /* cannot be seen without drugs.csv and services.csv */
    /* Fills the case; false when this run has no place for it. `small` asks for the shortest form. */
    bool (*make)(const struct synth_setting *setting, struct synth_case *c, bool small);
};

extern const struct synth_pattern synth_traps[];
extern const int synth_trap_count;
extern const struct synth_pattern synth_planted[];
extern const int synth_planted_count;

/* parts of the two tables */
bool synth_trap_dialysis(const struct synth_setting *setting, struct synth_case *c, bool small);
bool synth_trap_dialysis_in_stay(const struct synth_setting *setting, struct synth_case *c, bool small);
bool synth_trap_chemotherapy(const struct synth_setting *setting, struct synth_case *c, bool small);
bool synth_trap_radiotherapy(const struct synth_setting *setting, struct synth_case *c, bool small);
bool synth_trap_rehabilitation(const struct synth_setting *setting, struct synth_case *c, bool small);
bool synth_trap_transfer(const struct synth_setting *setting, struct synth_case *c, bool small);
bool synth_trap_newborn_mothers_card(const struct synth_setting *setting, struct synth_case *c, bool small);
bool synth_trap_newborn_own_card(const struct synth_setting *setting, struct synth_case *c, bool small);
bool synth_trap_twins(const struct synth_setting *setting, struct synth_case *c, bool small);
bool synth_trap_night_emergency(const struct synth_setting *setting, struct synth_case *c, bool small);
bool synth_trap_new_year(const struct synth_setting *setting, struct synth_case *c, bool small);
bool synth_trap_pickup(const struct synth_setting *setting, struct synth_case *c, bool small);
bool synth_trap_day_stay(const struct synth_setting *setting, struct synth_case *c, bool small);
bool synth_trap_death(const struct synth_setting *setting, struct synth_case *c, bool small);
bool synth_trap_sent_up(const struct synth_setting *setting, struct synth_case *c, bool small);
bool synth_trap_costly(const struct synth_setting *setting, struct synth_case *c, bool small);

bool synth_plant_duplicate(const struct synth_setting *setting, struct synth_case *c, bool small);
bool synth_plant_duplicate_month(const struct synth_setting *setting, struct synth_case *c, bool small);
bool synth_plant_near_duplicate(const struct synth_setting *setting, struct synth_case *c, bool small);
bool synth_plant_overlap(const struct synth_setting *setting, struct synth_case *c, bool small);
bool synth_plant_inside(const struct synth_setting *setting, struct synth_case *c, bool small);
bool synth_plant_after_death(const struct synth_setting *setting, struct synth_case *c, bool small);
bool synth_plant_many_visits(const struct synth_setting *setting, struct synth_case *c, bool small);
bool synth_plant_several_a_day(const struct synth_setting *setting, struct synth_case *c, bool small);
bool synth_plant_split_stay(const struct synth_setting *setting, struct synth_case *c, bool small);
bool synth_plant_second_delivery(const struct synth_setting *setting, struct synth_case *c, bool small);
bool synth_plant_doctor_day(const struct synth_setting *setting, struct synth_case *c, bool small);
bool synth_plant_two_places(const struct synth_setting *setting, struct synth_case *c, bool small);
bool synth_plant_machine_day(const struct synth_setting *setting, struct synth_case *c, bool small);
bool synth_plant_component(const struct synth_setting *setting, struct synth_case *c, bool small);
bool synth_plant_second_exam(const struct synth_setting *setting, struct synth_case *c, bool small);
bool synth_plant_ceiling(const struct synth_setting *setting, struct synth_case *c, bool small);
bool synth_plant_early_result(const struct synth_setting *setting, struct synth_case *c, bool small);

/* What the two facilities do from their day on; false when the claim is none of theirs. */
bool synth_change_facility(const struct synth_setting *setting, struct synth_case *c,
                           struct synth_claim *claim);

/* helpers */
void synth_mark_trap(struct synth_claim *claim, const char *name, const char *note);
void synth_mark_planted(struct synth_claim *claim, const char *name, int64_t amount, const char *note);
/* A working day at least this far from both ends of the run. */
int32_t synth_some_day(const struct synth_setting *setting, struct synth_random *random, int before,
                       int after);
/* A wish at the facility registered that day. */
struct synth_wish synth_home_wish(const struct synth_person *person, int32_t day, int kind,
                                  uint16_t diagnosis);
int synth_year_in_run(const struct synth_setting *setting, struct synth_random *random, int from_month,
                      int to_month);
/* Which claims an abnormal one may be made from. */
typedef bool synth_eligible(const struct synth_setting *setting, const struct synth_case *c,
                            const struct synth_claim *claim);
/* Ordinary people until one has such a claim; NULL after many without. */
struct synth_claim *synth_find_claim(const struct synth_setting *setting, struct synth_case *c,
                                     synth_eligible *eligible);

#endif
