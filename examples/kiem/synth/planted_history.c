/* Abnormal claims that show only beside other claims of the same person. */
#include "patterns.h"

void synth_mark_planted(struct synth_claim *claim, const char *name, int64_t amount, const char *note) {
    claim->planted = name;
    claim->amount = amount > 0 ? amount : 0;
    claim->note = note;
}

struct synth_claim *synth_find_claim(const struct synth_setting *setting, struct synth_case *c,
                                     synth_eligible *eligible) {
    for (int attempt = 0; attempt < 60; attempt++) {
        c->claim_count = 0;
        c->line_count = 0;
        synth_ordinary(setting, c);
        int found = 0;
        struct synth_claim *chosen = NULL;
        for (int i = 0; i < c->claim_count; i++) {
            const struct synth_facility *f = &setting->world.facilities[c->claims[i].facility];
            int32_t day = synth_claim_day(&c->claims[i]);
            if ((f->inflated_from && day >= f->inflated_from) || (f->blanket_from && day >= f->blanket_from))
                continue;
            if (!eligible(setting, c, &c->claims[i])) continue;
            found++;
            if (synth_below(&c->random, (uint32_t)found) == 0) chosen = &c->claims[i];
        }
        if (chosen) return chosen;
    }
    return NULL;
}

static bool paid(const struct synth_setting *setting, const struct synth_case *c,
                 const struct synth_claim *claim) {
    (void)setting;
    (void)c;
    return claim->money.fund > 0 && claim->result != 5;
}

static bool paid_before_december(const struct synth_setting *setting, const struct synth_case *c,
                                 const struct synth_claim *claim) {
    return paid(setting, c, claim) && synth_month(synth_claim_day(claim)) < 12;
}

static bool plain_exam(const struct synth_setting *setting, const struct synth_case *c,
                       const struct synth_claim *claim) {
    return paid(setting, c, claim) && claim->kind == KIND_EXAM && claim->route != SYNTH_EMERGENCY &&
           claim->line_count > 2;
}

static bool morning_exam(const struct synth_setting *setting, const struct synth_case *c,
                         const struct synth_claim *claim) {
    return plain_exam(setting, c, claim) && claim->end % SYNTH_MINUTES <= 750;
}

static bool copy_of(struct synth_case *c, struct synth_claim *claim, const char *name, int later) {
    struct synth_claim *copy = synth_case_copy(c, claim);
    if (!copy) return false;
    copy->settle_later = later;
    copy->related = (int)(claim - c->claims);
    synth_mark_planted(copy, name, copy->money.fund, later ? "copy in the next month of" : "copy of");
    return true;
}

bool synth_plant_duplicate(const struct synth_setting *setting, struct synth_case *c, bool small) {
    (void)small;
    struct synth_claim *claim = synth_find_claim(setting, c, paid);
    return claim && copy_of(c, claim, "duplicate", 0);
}

bool synth_plant_duplicate_month(const struct synth_setting *setting, struct synth_case *c, bool small) {
    (void)small;
    struct synth_claim *claim = synth_find_claim(setting, c, paid_before_december);
    return claim && copy_of(c, claim, "duplicate_other_month", 1);
}

bool synth_plant_near_duplicate(const struct synth_setting *setting, struct synth_case *c, bool small) {
    (void)small;
    struct synth_claim *claim = synth_find_claim(setting, c, plain_exam);
    if (!claim) return false;
    struct synth_claim *copy = synth_case_copy(c, claim);
    if (!copy) return false;
    int32_t shift = synth_between(&c->random, 4, 18);
    copy->start += shift;
    copy->end += shift;
    copy->line_count--; /* one order fewer */
    copy->pad = false;
    synth_settle(setting, c, copy);
    copy->related = (int)(claim - c->claims);
    synth_mark_planted(copy, "near_duplicate", copy->money.fund, "minutes and one line apart from");
    return true;
}

/* A stay that is a place of its own in time, and long enough. */
static bool long_stay(const struct synth_setting *setting, const struct synth_case *c,
                      const struct synth_claim *claim) {
    return paid(setting, c, claim) && claim->kind == KIND_STAY && claim->discharge == 1 &&
           synth_claim_day(claim) - (int32_t)(claim->start / SYNTH_MINUTES) >= 6 &&
           synth_claim_day(claim) + 4 <= setting->last && claim->card_after < 0;
}

static int32_t another_facility(const struct synth_setting *setting, struct synth_case *c, int32_t not_this,
                                int tier) {
    for (int attempt = 0; attempt < 20; attempt++) {
        int32_t facility = synth_world_pick(&setting->world, &c->random, c->persons[0].province, tier);
        if (facility != not_this) return facility;
    }
    return -1;
}

bool synth_plant_overlap(const struct synth_setting *setting, struct synth_case *c, bool small) {
    (void)small;
    struct synth_claim *stay = synth_find_claim(setting, c, long_stay);
    if (!stay) return false;
    int32_t out = synth_claim_day(stay) + synth_between(&c->random, 0, 1);
    struct synth_wish wish = synth_wish_for(out, KIND_STAY, DIAGNOSIS_GASTRITIS);
    wish.facility = another_facility(setting, c, stay->facility, SYNTH_DISTRICT);
    wish.route = SYNTH_EMERGENCY;
    wish.length = synth_between(&c->random, 3, 4);
    if (wish.facility < 0) return false;
    struct synth_claim *second = synth_visit(setting, c, stay->person, &wish);
    if (!second || stay->end - second->start < 13 * 60) return false;
    second->related = (int)(stay - c->claims);
    synth_mark_planted(second, "overlapping_stay", second->money.fund, "without a transfer overlaps");
    return true;
}

bool synth_plant_inside(const struct synth_setting *setting, struct synth_case *c, bool small) {
    (void)small;
    struct synth_claim *stay = synth_find_claim(setting, c, long_stay);
    if (!stay) return false;
    int32_t first = (int32_t)(stay->start / SYNTH_MINUTES), last = synth_claim_day(stay);
    struct synth_wish wish =
        synth_wish_for(synth_between(&c->random, first + 2, last - 2), KIND_EXAM, DIAGNOSIS_BACK_PAIN);
    wish.facility = another_facility(setting, c, stay->facility, SYNTH_DISTRICT);
    wish.route = SYNTH_EMERGENCY;
    wish.minute = synth_between(&c->random, 460, 660);
    wish.length = 120;
    if (wish.facility < 0) return false;
    struct synth_claim *visit = synth_visit(setting, c, stay->person, &wish);
    if (!visit) return false;
    visit->related = (int)(stay - c->claims);
    synth_mark_planted(visit, "visit_inside_stay", visit->money.fund, "lies inside");
    return true;
}

static bool stay_of_elder(const struct synth_setting *setting, const struct synth_case *c,
                          const struct synth_claim *claim) {
    return long_stay(setting, c, claim) && synth_age(claim->person->birth, synth_claim_day(claim)) >= 55 &&
           claim->facility == synth_home(claim->person, synth_claim_day(claim));
}

bool synth_plant_after_death(const struct synth_setting *setting, struct synth_case *c, bool small) {
    (void)small;
    struct synth_claim *stay = synth_find_claim(setting, c, stay_of_elder);
    if (!stay) return false;
    int at = (int)(stay - c->claims);
    c->claim_count = at + 1; /* what came later is replaced */
    stay->result = 5;
    stay->revisit = 0;
    stay->severity = 1024;
    stay->line_count = 0;
    stay->first_line = c->line_count;
    synth_bill(setting, c, stay);
    int visits = synth_between(&c->random, 1, 2), made = 0;
    int32_t day = synth_claim_day(stay);
    for (int i = 0; i < visits; i++) {
        day += synth_between(&c->random, 9, 40);
        struct synth_wish wish = synth_home_wish(stay->person, day, KIND_CHRONIC, DIAGNOSIS_HYPERTENSION);
        if (wish.facility < 0) break;
        struct synth_claim *later = synth_visit(setting, c, stay->person, &wish);
        if (!later) break;
        later->related = at;
        synth_mark_planted(later, "after_death", later->money.fund, "after the death recorded in");
        made++;
    }
    synth_check_five_years(c, &c->persons[0]);
    return made > 0;
}

bool synth_plant_many_visits(const struct synth_setting *setting, struct synth_case *c, bool small) {
    static const uint16_t complaints[] = {DIAGNOSIS_BACK_PAIN, DIAGNOSIS_GASTRITIS, DIAGNOSIS_HYPERTENSION,
                                          DIAGNOSIS_HEADACHE,  DIAGNOSIS_DIZZINESS, DIAGNOSIS_REFLUX};
    (void)small;
    struct synth_person_wish who = synth_anybody(45, 70);
    who.group = synth_chance(&c->random, 500) ? "HT3" : "BT2";
    who.home_tier = SYNTH_DISTRICT;
    struct synth_person *person = synth_case_person(setting, c, who);
    person->five_years = 0;
    int32_t places[8] = {person->cards[0].facility};
    int count = 1;
    for (int attempt = 0; attempt < 400 && count < 8; attempt++) {
        uint32_t province =
            attempt < 60 ? person->province : synth_world_province(&setting->world, &c->random);
        int32_t facility = synth_world_pick(&setting->world, &c->random, province, SYNTH_DISTRICT);
        bool known = false;
        for (int i = 0; i < count; i++) known = known || places[i] == facility;
        if (!known) places[count++] = facility;
    }
    int visits = synth_between(&c->random, 52, 56);
    int32_t day = synth_some_day(setting, &c->random, 5, 70);
    for (int i = 0; i < visits; i++, day += 1 + (i % 12 == 11)) {
        struct synth_wish wish = synth_wish_for(day, KIND_EXAM, complaints[synth_below(&c->random, 6)]);
        wish.facility = places[synth_below(&c->random, (uint32_t)count)];
        bool own_province = setting->world.facilities[wish.facility].province == person->province;
        wish.route = wish.facility == places[0] ? SYNTH_REGISTERED
                     : own_province             ? SYNTH_SAME_PROVINCE
                                                : SYNTH_RESIDING;
        struct synth_claim *claim = synth_visit(setting, c, person, &wish);
        if (claim)
            synth_mark_planted(claim, "many_visits", claim->money.fund,
                               "one of more than fifty visits in two months");
    }
    return c->claim_count >= 50;
}

bool synth_plant_several_a_day(const struct synth_setting *setting, struct synth_case *c, bool small) {
    (void)small;
    struct synth_claim *first = synth_find_claim(setting, c, morning_exam);
    if (!first) return false;
    int made = 0, wanted = synth_between(&c->random, 1, 2);
    int32_t facility = first->facility;
    int32_t minute = (int32_t)(first->end % SYNTH_MINUTES) + 40;
    for (int i = 0; i < wanted; i++) {
        int32_t other = another_facility(setting, c, facility, SYNTH_DISTRICT);
        if (other < 0 || other == first->facility) break;
        struct synth_wish wish = synth_wish_for(synth_claim_day(first), KIND_EXAM, first->diagnosis);
        wish.facility = facility = other;
        wish.route = other == synth_home(first->person, wish.day) ? SYNTH_REGISTERED : SYNTH_SAME_PROVINCE;
        wish.minute = minute + 150 * i;
        wish.length = 70;
        struct synth_claim *again = synth_visit(setting, c, first->person, &wish);
        if (!again) break;
        again->related = (int)(first - c->claims);
        synth_mark_planted(again, "several_facilities_a_day", again->money.fund, "same day and illness as");
        made++;
    }
    return made > 0;
}

static bool stay_to_split(const struct synth_setting *setting, const struct synth_case *c,
                          const struct synth_claim *claim) {
    if (!long_stay(setting, c, claim) || claim->operated) return false;
    int year, month, day;
    synth_civil(synth_claim_day(claim) - 3, &year, &month, &day);
    return day > 4 && day < 26; /* away from the end of a quarter, where files are closed lawfully */
}

bool synth_plant_split_stay(const struct synth_setting *setting, struct synth_case *c, bool small) {
    (void)small;
    struct synth_claim *first = synth_find_claim(setting, c, stay_to_split);
    if (!first) return false;
    struct synth_claim *second = synth_case_copy(c, first);
    if (!second) return false;
    int64_t midnight = (first->end / SYNTH_MINUTES - 3) * SYNTH_MINUTES;
    first->end = midnight + 600;
    first->result = 2;
    first->revisit = 0;
    second->start = midnight + 840;
    second->admitted = second->start + 30;
    second->result = 2;
    struct synth_claim *both[] = {first, second};
    for (int i = 0; i < 2; i++) {
        both[i]->line_count = 0;
        both[i]->first_line = c->line_count;
        both[i]->severity = 1024;
        synth_bill(setting, c, both[i]);
    }
    int64_t wrong = 0;
    for (uint32_t i = 0; i < second->line_count; i++) {
        const struct synth_line *line = &synth_lines(c, second)[i];
        if (line->item == ITEM_EXAM) wrong += line->fund;
        if (line->item == ITEM_BED_MEDICAL) wrong += line->fund * 1000 / line->quantity;
    }
    second->related = (int)(first - c->claims);
    synth_mark_planted(second, "split_stay", wrong, "admitted again hours after the end of");
    return true;
}

bool synth_plant_second_delivery(const struct synth_setting *setting, struct synth_case *c, bool small) {
    (void)small;
    struct synth_person_wish who = synth_anybody(20, 35);
    who.sex = 2;
    who.home_tier = SYNTH_DISTRICT;
    struct synth_person *person = synth_case_person(setting, c, who);
    int32_t day = synth_some_day(setting, &c->random, 10, 170);
    struct synth_wish wish = synth_home_wish(person, day, KIND_STAY, DIAGNOSIS_BIRTH);
    struct synth_claim *first = wish.facility < 0 ? NULL : synth_visit(setting, c, person, &wish);
    if (!first) return false;
    wish = synth_wish_for(day + synth_between(&c->random, 135, 158), KIND_STAY, DIAGNOSIS_BIRTH);
    wish.facility = another_facility(setting, c, first->facility, SYNTH_DISTRICT);
    wish.route = SYNTH_EMERGENCY;
    struct synth_claim *second = wish.facility < 0 ? NULL : synth_visit(setting, c, person, &wish);
    if (!second || second->start / SYNTH_MINUTES - synth_claim_day(first) > 165) return false;
    second->related = 0;
    synth_mark_planted(second, "second_delivery", second->money.fund, "five months after the delivery in");
    return true;
}

/* One surgeon, fourteen operations of two hours on one day. */
bool synth_plant_doctor_day(const struct synth_setting *setting, struct synth_case *c, bool small) {
    enum { PATIENTS = 14 };
    (void)small;
    int32_t day = synth_some_day(setting, &c->random, 5, 45);
    if (synth_crosses_change(day - 1, day + 9)) return false; /* such a stay would begin later */
    int32_t facility = synth_world_pick(&setting->world, &c->random,
                                        synth_world_province(&setting->world, &c->random), SYNTH_PROVINCIAL);
    uint16_t surgeon = (uint16_t)synth_below(&c->random, setting->world.facilities[facility].doctors);
    for (int i = 0; i < PATIENTS; i++) {
        struct synth_person_wish who = synth_anybody(18, 60);
        who.index = c->index;
        who.member = i;
        who.province = setting->world.facilities[facility].province;
        who.home_tier = SYNTH_DISTRICT;
        struct synth_person *person = &c->persons[i];
        synth_person_make(setting, &c->random, person, &who);
        person->five_years = 0;
        struct synth_wish wish =
            synth_wish_for(day + synth_between(&c->random, 5, 9), KIND_STAY, DIAGNOSIS_SHIN);
        wish.facility = facility;
        wish.route = SYNTH_REFERRED;
        wish.came_from = synth_home(person, day);
        wish.length = wish.day - day + 1;
        wish.minute = 370; /* in before the first operation */
        if (wish.came_from < 0) continue;
        struct synth_claim *claim = synth_visit_unbilled(setting, c, person, &wish);
        if (!claim) continue;
        claim->operated = true;
        synth_bill(setting, c, claim);
        int64_t wrong = 0;
        for (uint32_t k = 0; k < claim->line_count; k++) {
            struct synth_line *line = &synth_lines(c, claim)[k];
            if (line->item != ITEM_BONE_FIXATION) continue;
            line->done = (int32_t)((int64_t)day * SYNTH_MINUTES + 450 + i * 35 - claim->start);
            line->ordered = line->done - 60;
            line->resulted = line->done + synth_items[line->item].minutes;
            line->performer = surgeon;
            wrong = line->fund;
        }
        synth_mark_planted(claim, "impossible_doctor_day", wrong, "one surgeon, more hours than a day has");
    }
    c->person_count = PATIENTS;
    return c->claim_count > 10;
}
