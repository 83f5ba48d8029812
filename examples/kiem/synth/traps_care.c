/* Lawful care that looks like abuse. */
#include "patterns.h"

void synth_mark_trap(struct synth_claim *claim, const char *name, const char *note) {
    claim->trap = name;
    claim->trap_note = note;
}

int32_t synth_some_day(const struct synth_setting *setting, struct synth_random *random, int before,
                       int after) {
    int32_t low = setting->first + before, high = setting->last - after;
    if (high < low) return setting->last + 1; /* nothing fits: every visit is refused */
    int32_t day = synth_between(random, low, high);
    while (synth_weekday(day) >= 5 && day < high) day++;
    return day;
}

struct synth_wish synth_home_wish(const struct synth_person *person, int32_t day, int kind,
                                  uint16_t diagnosis) {
    struct synth_wish wish = synth_wish_for(day, kind, diagnosis);
    wish.facility = synth_home(person, day);
    wish.route = SYNTH_REGISTERED;
    return wish;
}

static struct synth_person *patient(const struct synth_setting *setting, struct synth_case *c, int age_from,
                                    int age_to, const char *group, int home_tier) {
    struct synth_person_wish wish = synth_anybody(age_from, age_to);
    wish.group = group;
    wish.home_tier = home_tier;
    struct synth_person *person = synth_case_person(setting, c, wish);
    person->five_years = 0; /* long and costly care: the five years are not reached */
    return person;
}

static const char *any_group(struct synth_random *random) {
    static const char *const groups[] = {"GD4", "HT3", "HN2", "DN4", "BT2", "GD4"};
    return groups[synth_below(random, 6)];
}

/* Three sessions a week on the same weekdays; label each. */
static int dialysis_weeks(const struct synth_setting *setting, struct synth_case *c, int32_t monday,
                          int weeks, const char *label) {
    const struct synth_person *person = &c->persons[0];
    int shift = synth_between(&c->random, 0, 1), made = 0;
    int32_t minute = synth_between(&c->random, 340, 720);
    for (int i = 0; i < weeks * 3; i++) {
        int32_t day = monday + i / 3 * 7 + i % 3 * 2 + shift;
        struct synth_wish wish = synth_home_wish(person, day, KIND_CHRONIC_SERVICE, DIAGNOSIS_DIALYSIS_CARE);
        wish.minute = minute + synth_between(&c->random, -15, 15);
        struct synth_claim *claim = synth_visit(setting, c, person, &wish);
        if (!claim) continue;
        if (label) synth_mark_trap(claim, label, "three dialysis sessions a week");
        made++;
    }
    return made;
}

static int32_t monday_on_or_before(int32_t day) {
    return day - synth_weekday(day);
}

bool synth_trap_dialysis(const struct synth_setting *setting, struct synth_case *c, bool small) {
    int weeks = small ? 5 : synth_between(&c->random, 6, 30);
    patient(setting, c, 30, 75, any_group(&c->random), SYNTH_DISTRICT);
    int32_t day = monday_on_or_before(synth_some_day(setting, &c->random, 7, weeks * 7 + 1));
    return dialysis_weeks(setting, c, day, weeks, "dialysis") > 0;
}

bool synth_trap_dialysis_in_stay(const struct synth_setting *setting, struct synth_case *c, bool small) {
    (void)small;
    struct synth_person *person = patient(setting, c, 35, 75, any_group(&c->random), SYNTH_DISTRICT);
    int32_t monday = monday_on_or_before(synth_some_day(setting, &c->random, 14, 30));
    if (dialysis_weeks(setting, c, monday, 3, "dialysis") == 0) return false;
    int sessions = c->claim_count;
    struct synth_wish wish = synth_wish_for(monday + 13, KIND_STAY, DIAGNOSIS_PNEUMONIA);
    wish.facility = synth_world_pick(&setting->world, &c->random, person->province, SYNTH_PROVINCIAL);
    wish.route = SYNTH_REFERRED;
    wish.came_from = synth_home(person, monday);
    wish.length = 8;
    struct synth_claim *stay = synth_visit(setting, c, person, &wish);
    if (!stay) return true;
    for (int i = 0; i < sessions; i++) {
        struct synth_claim *session = &c->claims[i];
        if (session->start > stay->start && session->end < stay->end) {
            synth_mark_trap(session, "dialysis_during_stay",
                            "goes on at the own unit while admitted elsewhere");
        }
    }
    return true;
}

bool synth_trap_chemotherapy(const struct synth_setting *setting, struct synth_case *c, bool small) {
    const struct synth_world *world = &setting->world;
    uint16_t illness = synth_chance(&c->random, 500) ? DIAGNOSIS_CHEMO_CARE : DIAGNOSIS_CHEMO_LUNG;
    struct synth_person_wish who = synth_anybody(42, 72);
    who.group = any_group(&c->random);
    who.sex = illness == DIAGNOSIS_CHEMO_CARE ? 2 : 0;
    struct synth_person *person = synth_case_person(setting, c, who);
    person->five_years = 0;
    int cycles = small ? 3 : synth_between(&c->random, 4, 8);
    int32_t day = synth_some_day(setting, &c->random, 5, cycles * 21 + 2);
    int32_t facility =
        world->has_central && synth_chance(&c->random, 500)
            ? synth_world_pick_kind(world, &c->random, synth_world_central(world, &c->random), SYNTH_CENTRAL,
                                    SYNTH_ONCOLOGY)
            : synth_world_pick_kind(world, &c->random, person->province, SYNTH_PROVINCIAL, SYNTH_ONCOLOGY);
    for (int i = 0; i < cycles; i++, day += 21) {
        struct synth_wish wish = synth_wish_for(day + 3, KIND_STAY, illness);
        wish.facility = facility;
        int32_t home = synth_home(person, day);
        wish.came_from = home == facility ? -1 : home;
        wish.route = home == facility ? SYNTH_REGISTERED : SYNTH_REFERRED;
        wish.length = synth_between(&c->random, 2, 3);
        struct synth_claim *claim = synth_visit(setting, c, person, &wish);
        if (!claim) continue;
        synth_mark_trap(claim, "chemotherapy", "planned cycle every three weeks");
        if (i + 1 < cycles) claim->revisit = day + 21;
    }
    return c->claim_count > 0;
}

/* One session on every working day, each sent as a claim of its own. */
static bool daily_sessions(const struct synth_setting *setting, struct synth_case *c, int sessions,
                           uint16_t illness, int32_t facility, int32_t came_from, const char *label,
                           const char *note) {
    const struct synth_person *person = &c->persons[0];
    int32_t day = synth_some_day(setting, &c->random, 1, sessions * 7 / 5 + 5);
    for (int i = 0; i < sessions; day++) {
        if (day > setting->last) break;
        if (synth_weekday(day) >= 5) continue;
        struct synth_wish wish = synth_wish_for(day, KIND_COURSE, illness);
        wish.facility = facility;
        wish.came_from = came_from;
        wish.route = came_from < 0 ? SYNTH_REGISTERED : SYNTH_REFERRED;
        wish.length = 1;
        struct synth_claim *claim = synth_visit_unbilled(setting, c, person, &wish);
        i++;
        if (!claim) continue;
        claim->exam = i == 1;
        synth_bill(setting, c, claim);
        synth_mark_trap(claim, label, note);
    }
    return c->claim_count > 0;
}

bool synth_trap_radiotherapy(const struct synth_setting *setting, struct synth_case *c, bool small) {
    struct synth_person *person = patient(setting, c, 40, 70, any_group(&c->random), SYNTH_DISTRICT);
    int32_t facility = synth_world_pick_kind(&setting->world, &c->random, person->province, SYNTH_PROVINCIAL,
                                             SYNTH_ONCOLOGY);
    return daily_sessions(setting, c, small ? 12 : 22, DIAGNOSIS_RADIO_CARE, facility,
                          person->cards[0].facility, "radiotherapy", "a session on every working day");
}

bool synth_trap_rehabilitation(const struct synth_setting *setting, struct synth_case *c, bool small) {
    struct synth_person *person = patient(setting, c, 50, 80, any_group(&c->random), SYNTH_DISTRICT);
    return daily_sessions(setting, c, small ? 10 : synth_between(&c->random, 12, 20), DIAGNOSIS_REHAB_CARE,
                          person->cards[0].facility, -1, "rehabilitation_daily",
                          "daily exercise after a stroke");
}

bool synth_trap_transfer(const struct synth_setting *setting, struct synth_case *c, bool small) {
    static const uint16_t illnesses[] = {DIAGNOSIS_STROKE, DIAGNOSIS_PNEUMONIA, DIAGNOSIS_HEART_FAILURE,
                                         DIAGNOSIS_BLEEDING};
    (void)small;
    struct synth_person *person = patient(setting, c, 50, 85, NULL, SYNTH_DISTRICT);
    uint16_t illness = illnesses[synth_below(&c->random, 4)];
    int32_t day = synth_some_day(setting, &c->random, 20, 30);
    struct synth_wish wish = synth_home_wish(person, day, KIND_STAY, illness);
    wish.length = synth_between(&c->random, 1, 3);
    struct synth_claim *first = synth_visit_unbilled(setting, c, person, &wish);
    if (!first) return false;
    first->discharge = 2;
    first->result = 3;
    first->operated = false;
    first->goes_to = synth_world_pick(&setting->world, &c->random, person->province, SYNTH_PROVINCIAL);
    synth_bill(setting, c, first);
    wish.day = day + synth_between(&c->random, 5, 12);
    wish.length = wish.day - day;
    wish.came_from = first->facility;
    wish.facility = first->goes_to;
    wish.route = SYNTH_REFERRED;
    struct synth_claim *second = synth_visit_unbilled(setting, c, person, &wish);
    if (!second || synth_crosses_change(day, synth_claim_day(second))) return false;
    second->start = first->end - synth_between(&c->random, 10, 95); /* the file of the first is closed late */
    second->admitted = second->start + 8;
    synth_bill(setting, c, second);
    synth_mark_trap(second, "transfer_overlap", "transferred; the clocks overlap by minutes");
    return true;
}

/* The mother's stay and a stay of each child. */
static bool births(const struct synth_setting *setting, struct synth_case *c, int children, bool mothers_card,
                   const char *label, const char *note) {
    static const char *const after[] = {"", " MỘT", " HAI"};
    struct synth_person_wish who = synth_anybody(20, 34);
    who.sex = 2;
    /* the mother's card pays in full anyway, so the child's right is the same under either card */
    who.group = mothers_card ? (synth_chance(&c->random, 500) ? "HN2" : "DT2") : NULL;
    who.home_tier = SYNTH_DISTRICT;
    struct synth_person *mother = synth_case_person(setting, c, who);
    uint16_t kind = children > 1 || synth_chance(&c->random, 400) ? DIAGNOSIS_BIRTH_SURGERY : DIAGNOSIS_BIRTH;
    struct synth_wish wish =
        synth_home_wish(mother, synth_some_day(setting, &c->random, 10, 20), KIND_STAY, kind);
    wish.length = synth_between(&c->random, 4, 6);
    struct synth_claim *stay = synth_visit(setting, c, mother, &wish);
    if (!stay) return false;
    stay->child_weights = children > 1 ? "2300;2450" : "2900";
    int64_t born = stay->start + synth_between(&c->random, 300, 900);
    int32_t out = synth_claim_day(stay);
    for (int i = 0; i < children; i++) {
        struct synth_person *child = &c->persons[c->person_count++];
        synth_newborn_make(setting, &c->random, child, mother, c->index, i + 1, born + i * 3, mothers_card);
        child->name_after = after[children > 1 ? i + 1 : 0];
        wish.day = out;
        wish.kind = KIND_STAY;
        wish.diagnosis = children > 1 ? DIAGNOSIS_PRETERM : DIAGNOSIS_JAUNDICE;
        wish.facility = stay->facility;
        wish.route = SYNTH_NEWBORN;
        wish.length = 3;
        struct synth_claim *claim = synth_visit_unbilled(setting, c, child, &wish);
        if (!claim) return false;
        claim->start = born + 30;
        claim->admitted = born + 45;
        claim->end = stay->end;
        claim->exam = false;
        claim->also = "Z38.0";
        synth_bill(setting, c, claim);
        synth_mark_trap(claim, label, note);
    }
    return true;
}

bool synth_trap_newborn_mothers_card(const struct synth_setting *setting, struct synth_case *c, bool small) {
    (void)small;
    return births(setting, c, 1, true, "newborn_mother_card", "newborn treated under the mother's card");
}

bool synth_trap_newborn_own_card(const struct synth_setting *setting, struct synth_case *c, bool small) {
    (void)small;
    return births(setting, c, 1, false, "newborn_own_card",
                  "newborn with a child card, beside the mother's stay");
}

bool synth_trap_twins(const struct synth_setting *setting, struct synth_case *c, bool small) {
    (void)small;
    return births(setting, c, 2, false, "twins", "two children with the same times and diagnosis");
}

bool synth_trap_night_emergency(const struct synth_setting *setting, struct synth_case *c, bool small) {
    static const uint16_t illnesses[] = {DIAGNOSIS_ABDOMINAL_PAIN, DIAGNOSIS_ALLERGY, DIAGNOSIS_HEAD_WOUND,
                                         DIAGNOSIS_FEVER};
    (void)small;
    struct synth_person *person = patient(setting, c, 18, 70, NULL, -1);
    struct synth_wish wish = synth_wish_for(synth_some_day(setting, &c->random, 3, 5), KIND_EXAM,
                                            illnesses[synth_below(&c->random, 4)]);
    wish.facility = synth_world_pick(&setting->world, &c->random, person->province, SYNTH_PROVINCIAL);
    wish.route = SYNTH_EMERGENCY;
    wish.minute = synth_between(&c->random, 1330, 1425);
    wish.length = synth_between(&c->random, 150, 330);
    struct synth_claim *claim = synth_visit(setting, c, person, &wish);
    if (!claim) return false;
    synth_mark_trap(claim, "night_emergency", "came at night; paid as in-network");
    return true;
}

/* Files are closed on 31 December and opened again on 1 January. */
bool synth_trap_new_year(const struct synth_setting *setting, struct synth_case *c, bool small) {
    (void)small;
    int year = synth_year_in_run(setting, &c->random, 12, 13);
    if (year == 0) return false;
    struct synth_person *person =
        patient(setting, c, 45, 80, synth_chance(&c->random, 500) ? "HT3" : "GD4", SYNTH_DISTRICT);
    struct synth_wish wish = synth_home_wish(person, synth_day(year, 12, 31), KIND_STAY, DIAGNOSIS_STROKE);
    wish.length = synth_between(&c->random, 4, 9);
    struct synth_claim *first = synth_visit_unbilled(setting, c, person, &wish);
    if (!first) return false;
    first->end = (int64_t)wish.day * SYNTH_MINUTES + SYNTH_MINUTES - 1;
    first->result = 2;
    synth_bill(setting, c, first);
    wish.length = synth_between(&c->random, 3, 7);
    wish.day = synth_day(year + 1, 1, 1) + wish.length;
    struct synth_claim *second = synth_visit_unbilled(setting, c, person, &wish);
    if (!second) return false;
    second->start = second->admitted = first->end + 1;
    second->exam = false;
    second->facility = first->facility;
    synth_bill(setting, c, second);
    synth_mark_trap(first, "new_year_split", "closed on 31 December");
    synth_mark_trap(second, "new_year_split", "the same stay opened again on 1 January");
    return true;
}

bool synth_trap_pickup(const struct synth_setting *setting, struct synth_case *c, bool small) {
    (void)small;
    struct synth_person *person =
        patient(setting, c, 60, 82, synth_chance(&c->random, 500) ? "HT3" : "GD4", SYNTH_DISTRICT);
    int32_t out = synth_some_day(setting, &c->random, 20, 10);
    struct synth_wish wish = synth_wish_for(out, KIND_STAY, DIAGNOSIS_KNEE_ARTHROSIS);
    wish.facility = synth_world_pick(&setting->world, &c->random, person->province, SYNTH_PROVINCIAL);
    wish.route = SYNTH_REFERRED;
    wish.came_from = synth_home(person, out);
    wish.length = 9;
    struct synth_claim *stay = synth_visit(setting, c, person, &wish);
    if (!stay) return false;
    wish = synth_home_wish(person, out - 4, KIND_PICKUP, DIAGNOSIS_HYPERTENSION);
    wish.route = SYNTH_PICKUP;
    struct synth_claim *pickup = synth_visit(setting, c, person, &wish);
    if (!pickup) return false;
    synth_mark_trap(pickup, "relative_picks_up_drugs", "drugs for a long illness, fetched during the stay");
    return true;
}

bool synth_trap_day_stay(const struct synth_setting *setting, struct synth_case *c, bool small) {
    (void)small;
    struct synth_person *person = patient(setting, c, 2, 60, NULL, SYNTH_DISTRICT);
    int32_t day = synth_some_day(setting, &c->random, 5, 5);
    struct synth_wish wish = synth_home_wish(person, day, KIND_STAY, DIAGNOSIS_FEVER);
    wish.length = 1;
    struct synth_claim *claim = synth_visit_unbilled(setting, c, person, &wish);
    if (!claim) return false;
    bool night = synth_chance(&c->random, 500);
    claim->start = (int64_t)day * SYNTH_MINUTES + (night ? 1150 : 450);
    if (night) claim->start -= SYNTH_MINUTES;
    claim->admitted = claim->start + 25;
    claim->end = claim->admitted + synth_between(&c->random, 300, 800);
    if (synth_crosses_change(day - night, day)) return false;
    synth_bill(setting, c, claim);
    synth_mark_trap(claim, "day_stay", "between 4 and 24 hours counts as one bed day");
    return true;
}

bool synth_trap_death(const struct synth_setting *setting, struct synth_case *c, bool small) {
    (void)small;
    struct synth_person *person = patient(setting, c, 68, 90, NULL, SYNTH_DISTRICT);
    struct synth_wish wish = synth_home_wish(person, synth_some_day(setting, &c->random, 40, 3), KIND_STAY,
                                             DIAGNOSIS_HEART_FAILURE);
    struct synth_claim *claim = synth_visit_unbilled(setting, c, person, &wish);
    if (!claim) return false;
    claim->result = 5;
    synth_bill(setting, c, claim);
    synth_mark_trap(claim, "death_extra_bed_day", "one more bed day is due for the dead");
    return true;
}

bool synth_trap_sent_up(const struct synth_setting *setting, struct synth_case *c, bool small) {
    (void)small;
    struct synth_person *person = patient(setting, c, 30, 75, NULL, SYNTH_COMMUNE);
    int32_t day = synth_some_day(setting, &c->random, 3, 3);
    struct synth_wish wish = synth_home_wish(person, day, KIND_EXAM, DIAGNOSIS_GASTRITIS);
    wish.minute = synth_between(&c->random, 440, 500);
    wish.length = 40;
    struct synth_claim *morning = synth_visit_unbilled(setting, c, person, &wish);
    if (!morning) return false;
    morning->discharge = 2;
    morning->goes_to = synth_world_pick(&setting->world, &c->random, person->province, SYNTH_DISTRICT);
    synth_bill(setting, c, morning);
    wish.facility = morning->goes_to;
    wish.came_from = morning->facility;
    wish.route = SYNTH_REFERRED;
    wish.minute = synth_between(&c->random, 800, 870);
    wish.length = 120;
    struct synth_claim *afternoon = synth_visit(setting, c, person, &wish);
    if (!afternoon) return false;
    synth_mark_trap(afternoon, "sent_up_same_day", "station in the morning, referred up in the afternoon");
    return true;
}

bool synth_trap_costly(const struct synth_setting *setting, struct synth_case *c, bool small) {
    (void)small;
    struct synth_person *person = patient(setting, c, 55, 80, any_group(&c->random), SYNTH_DISTRICT);
    int32_t day = synth_some_day(setting, &c->random, 40, 10);
    struct synth_wish wish = synth_wish_for(day, KIND_STAY, DIAGNOSIS_INFARCTION);
    wish.facility = synth_world_pick(&setting->world, &c->random, person->province, SYNTH_PROVINCIAL);
    wish.route = SYNTH_EMERGENCY;
    wish.length = synth_between(&c->random, 14, 24);
    struct synth_claim *claim = synth_visit_unbilled(setting, c, person, &wish);
    if (!claim) return false;
    claim->operated = true;
    claim->severity = 3600;
    synth_bill(setting, c, claim);
    synth_mark_trap(claim, "costly_stay", "intensive care after a heart attack: dear, and in order");
    return true;
}
