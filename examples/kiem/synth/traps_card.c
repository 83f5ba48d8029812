/* Lawful cases of cards, rates and money that look wrong at first sight, and the table of all lawful ones. */
#include "patterns.h"

/* A year whose months from .. to lie in the run; month 13 is January of the next year. 0: none. */
int synth_year_in_run(const struct synth_setting *setting, struct synth_random *random, int from_month,
                      int to_month) {
    int found[16], count = 0;
    for (int year = synth_year(setting->first); year <= synth_year(setting->last) && count < 16; year++) {
        int32_t low = synth_day(year, from_month, 1);
        int32_t high = to_month == 13 ? synth_day(year + 1, 1, 31) : synth_day(year, to_month, 28);
        if (low >= setting->first && high <= setting->last) found[count++] = year;
    }
    return count == 0 ? 0 : found[synth_below(random, (uint32_t)count)];
}

static struct synth_person *holder(const struct synth_setting *setting, struct synth_case *c, int age_from,
                                   int age_to, const char *group, int home_tier) {
    struct synth_person_wish wish = synth_anybody(age_from, age_to);
    wish.group = group;
    wish.home_tier = home_tier;
    struct synth_person *person = synth_case_person(setting, c, wish);
    person->five_years = 0;
    return person;
}

static bool two_cards(const struct synth_setting *setting, struct synth_case *c, bool small) {
    (void)small;
    struct synth_person *person = holder(setting, c, 21, 23, "SV4", SYNTH_DISTRICT);
    int32_t change = synth_some_day(setting, &c->random, 20, 20);
    int32_t home = person->cards[0].facility;
    person->card_count = 0;
    synth_add_card(person, "SV4", synth_day(synth_year(change), 1, 1), change - 1, home);
    synth_add_card(person, "DN4", change, synth_day(synth_year(change), 12, 31),
                   synth_world_pick(&setting->world, &c->random, person->province, SYNTH_DISTRICT));
    struct synth_wish wish = synth_wish_for(change + 2, KIND_STAY, DIAGNOSIS_BRONCHITIS);
    wish.facility = home;
    wish.route = SYNTH_REGISTERED;
    wish.length = 5;
    struct synth_claim *claim = synth_visit(setting, c, person, &wish);
    if (!claim || claim->card_after < 0) return false;
    synth_mark_trap(claim, "two_cards", "the card changed during the stay; both are listed");
    return true;
}

static bool changed_card(const struct synth_setting *setting, struct synth_case *c, bool small) {
    (void)small;
    int year = synth_year_in_run(setting, &c->random, 3, 12);
    if (year == 0) return false;
    struct synth_person *person = holder(setting, c, 21, 22, "SV4", SYNTH_DISTRICT);
    int32_t home = person->cards[0].facility, change = synth_day(year, synth_between(&c->random, 7, 9), 1);
    person->card_count = 0;
    synth_add_card(person, "SV4", synth_day(year, 1, 1), change - 1, home);
    synth_add_card(person, "DN4", change, synth_day(year, 12, 31), home);
    for (int i = 0; i < 2; i++) {
        int32_t day =
            i == 0 ? change - synth_between(&c->random, 20, 80) : change + synth_between(&c->random, 10, 80);
        struct synth_wish wish = synth_home_wish(person, day, KIND_EXAM, DIAGNOSIS_PHARYNGITIS);
        struct synth_claim *claim = synth_visit(setting, c, person, &wish);
        if (claim && i == 1)
            synth_mark_trap(claim, "changed_card", "student until this year, now employed: same number");
    }
    return c->claim_count == 2;
}

static bool commune_in_full(const struct synth_setting *setting, struct synth_case *c, bool small) {
    (void)small;
    struct synth_person *person =
        holder(setting, c, 45, 75, synth_chance(&c->random, 500) ? "GD4" : "HT3", SYNTH_COMMUNE);
    struct synth_wish wish =
        synth_home_wish(person, synth_some_day(setting, &c->random, 3, 3), KIND_EXAM, DIAGNOSIS_BRONCHITIS);
    struct synth_claim *claim = synth_visit_unbilled(setting, c, person, &wish);
    if (!claim) return false;
    claim->pad = true; /* above the small bill, so that only the commune explains 100 % */
    synth_bill(setting, c, claim);
    synth_mark_trap(claim, "commune_full_benefit", "100 % at a commune station");
    return true;
}

/* Co-payments of the year reached six base salaries (most of them elsewhere); the certificate holds to 31
 * December. */
static bool five_years(const struct synth_setting *setting, struct synth_case *c, bool small) {
    (void)small;
    int year = synth_year_in_run(setting, &c->random, 1, 12);
    if (year == 0) return false;
    struct synth_person *person =
        holder(setting, c, 48, 75, synth_chance(&c->random, 600) ? "GD4" : "HT3", SYNTH_DISTRICT);
    person->five_years =
        synth_day(year - synth_between(&c->random, 1, 4), synth_between(&c->random, 1, 12), 1);
    int32_t certificate = synth_day(year, synth_between(&c->random, 5, 9), synth_between(&c->random, 1, 28));
    struct synth_wish wish = synth_home_wish(person, certificate - synth_between(&c->random, 8, 30),
                                             KIND_STAY, DIAGNOSIS_HEART_FAILURE);
    wish.length = 7;
    synth_visit(setting, c, person, &wish);
    for (int i = 0; i < 2; i++) {
        int32_t day = certificate + 20 + i * synth_between(&c->random, 30, 45);
        wish = synth_home_wish(person, day, i == 0 ? KIND_STAY : KIND_EXAM, DIAGNOSIS_HEART_FAILURE);
        wish.length = i == 0 ? 6 : 90;
        struct synth_claim *claim = synth_visit_unbilled(setting, c, person, &wish);
        if (!claim) continue;
        claim->exempt = true;
        claim->exempt_from = certificate;
        synth_bill(setting, c, claim);
        synth_mark_trap(claim, "five_year_exemption", "certificate of exemption from co-payment");
    }
    return c->claim_count > 1;
}

static const char *certain_group(struct synth_random *random) {
    static const char *const groups[] = {"GD4", "DN4", "HT3"};
    return groups[synth_below(random, 3)];
}

static bool central_at_40(const struct synth_setting *setting, struct synth_case *c, bool small) {
    (void)small;
    if (!setting->world.has_central) return false;
    struct synth_person *person = holder(setting, c, 30, 72, certain_group(&c->random), SYNTH_DISTRICT);
    struct synth_wish wish =
        synth_wish_for(synth_some_day(setting, &c->random, 25, 5), KIND_STAY, DIAGNOSIS_GASTRITIS);
    wish.facility = synth_world_pick(&setting->world, &c->random,
                                     synth_world_central(&setting->world, &c->random), SYNTH_CENTRAL);
    wish.route = SYNTH_OWN_CHOICE;
    struct synth_claim *claim = synth_visit(setting, c, person, &wish);
    if (!claim) return false;
    synth_mark_trap(claim, "off_network_central_40", "own choice of a central hospital: 40 % of the level");
    return true;
}

static bool off_network_outpatient(const struct synth_setting *setting, struct synth_case *c, bool small) {
    (void)small;
    if (setting->options->standard == 4210)
        return false; /* a claim with nothing insured is sent from 130 on */
    struct synth_person *person = holder(setting, c, 25, 70, certain_group(&c->random), SYNTH_DISTRICT);
    int32_t day = synth_some_day(setting, &c->random, 3, 3);
    int32_t july = synth_day(2026, 7, 1); /* from then on 50 %; every other one of these is placed there */
    if (setting->last > july + 6 && synth_chance(&c->random, 500))
        day = synth_between(&c->random, july + 1, setting->last - 2);
    struct synth_wish wish = synth_wish_for(day, KIND_EXAM, DIAGNOSIS_BACK_PAIN);
    wish.facility = synth_world_pick(&setting->world, &c->random, person->province, SYNTH_PROVINCIAL);
    wish.route = SYNTH_OWN_CHOICE;
    struct synth_claim *claim = synth_visit(setting, c, person, &wish);
    if (!claim) return false;
    synth_mark_trap(claim, "off_network_outpatient",
                    claim->rate == 0 ? "own choice: nothing is paid before July 2026"
                                     : "own choice: 50 % since July 2026");
    return true;
}

static bool late_settlement(const struct synth_setting *setting, struct synth_case *c, bool small) {
    (void)small;
    struct synth_person *person = holder(setting, c, 20, 75, NULL, SYNTH_DISTRICT);
    int32_t day = synth_some_day(setting, &c->random, 5, 70);
    if (synth_month(day) > 10) day -= 70;
    if (day < setting->first) return false;
    struct synth_wish wish = synth_home_wish(person, day, KIND_EXAM, DIAGNOSIS_GASTRITIS);
    struct synth_claim *claim = synth_visit(setting, c, person, &wish);
    if (!claim) return false;
    claim->settle_later = synth_between(&c->random, 1, 2);
    synth_mark_trap(claim, "late_settlement",
                    "corrected and sent again in a later month; the first file was returned");
    return true;
}

static bool raised_digit(const struct synth_setting *setting, struct synth_case *c, bool small) {
    static const char *const groups[] = {"DN2", "HT2", "GD2", "CH2", "DN1"};
    (void)small;
    struct synth_person *person = holder(setting, c, 40, 72, "DN4", SYNTH_DISTRICT);
    synth_one_card(setting, person, groups[synth_below(&c->random, 5)]);
    struct synth_wish wish =
        synth_home_wish(person, synth_some_day(setting, &c->random, 25, 5), KIND_STAY, DIAGNOSIS_VERTIGO);
    struct synth_claim *claim = synth_visit(setting, c, person, &wish);
    if (!claim) return false;
    synth_mark_trap(claim, "raised_digit", "member of several groups: the card carries the better level");
    return true;
}

static bool open_ended(const struct synth_setting *setting, struct synth_case *c, bool small) {
    (void)small;
    struct synth_person *person = holder(setting, c, 25, 55, "DN4", SYNTH_DISTRICT);
    synth_one_card(setting, person, "DN4");
    person->cards[0].open_end = true;
    struct synth_wish wish =
        synth_home_wish(person, synth_some_day(setting, &c->random, 3, 3), KIND_EXAM, DIAGNOSIS_PHARYNGITIS);
    struct synth_claim *claim = synth_visit(setting, c, person, &wish);
    if (!claim) return false;
    synth_mark_trap(claim, "open_ended_card", "the card is printed without a last day");
    return true;
}

static bool child_until_september(const struct synth_setting *setting, struct synth_case *c, bool small) {
    (void)small;
    int year = synth_year_in_run(setting, &c->random, 6, 9);
    if (year == 0) return false;
    struct synth_person *person = holder(setting, c, 5, 5, "TE1", SYNTH_DISTRICT);
    int32_t home = person->cards[0].facility;
    person->birth = synth_day(year - 6, synth_between(&c->random, 1, 5), synth_between(&c->random, 1, 28));
    person->birth_known = SYNTH_BIRTH_DAY;
    person->citizen[0] = '\0';
    person->card_count = 0;
    synth_add_card(person, "TE1", person->birth, synth_child_card_end(person->birth), home);
    int32_t day = synth_day(year, synth_between(&c->random, 6, 9), synth_between(&c->random, 1, 27));
    struct synth_wish wish = synth_home_wish(person, day, KIND_EXAM, DIAGNOSIS_TONSILLITIS);
    struct synth_claim *claim = synth_visit(setting, c, person, &wish);
    if (!claim) return false;
    synth_mark_trap(claim, "child_until_september", "six years old, child card valid to 30 September");
    return true;
}

static bool birth_year_only(const struct synth_setting *setting, struct synth_case *c, bool small) {
    (void)small;
    struct synth_person *person = holder(setting, c, 66, 88, NULL, SYNTH_DISTRICT);
    person->birth = synth_day(synth_year(person->birth), 1, 1);
    person->birth_known = SYNTH_BIRTH_YEAR;
    struct synth_wish wish =
        synth_home_wish(person, synth_some_day(setting, &c->random, 3, 3), KIND_EXAM, DIAGNOSIS_HYPERTENSION);
    struct synth_claim *claim = synth_visit(setting, c, person, &wish);
    if (!claim) return false;
    synth_mark_trap(claim, "birth_year_only", "only the year of birth is known");
    return true;
}

static bool other_sources(const struct synth_setting *setting, struct synth_case *c, bool small) {
    (void)small;
    struct synth_person *person = holder(setting, c, 30, 75, "GD4", SYNTH_DISTRICT);
    struct synth_wish wish =
        synth_home_wish(person, synth_some_day(setting, &c->random, 25, 5), KIND_STAY, DIAGNOSIS_PNEUMONIA);
    struct synth_claim *claim = synth_visit_unbilled(setting, c, person, &wish);
    if (!claim) return false;
    claim->charity = true;
    synth_bill(setting, c, claim);
    synth_mark_trap(claim, "other_sources", "a charity paid a part of the co-payment");
    return true;
}

static bool minority_off_network(const struct synth_setting *setting, struct synth_case *c, bool small) {
    (void)small;
    struct synth_person *person =
        holder(setting, c, 25, 70, synth_chance(&c->random, 500) ? "HN2" : "DT2", SYNTH_DISTRICT);
    person->area = (uint8_t)synth_between(&c->random, 1, 2);
    struct synth_wish wish =
        synth_wish_for(synth_some_day(setting, &c->random, 25, 5), KIND_STAY, DIAGNOSIS_URINARY_INFECTION);
    uint32_t province = person->province;
    int tier = SYNTH_PROVINCIAL;
    if (setting->world.has_central && synth_chance(&c->random, 500)) {
        province = synth_world_central(&setting->world, &c->random);
        tier = SYNTH_CENTRAL;
    }
    wish.facility = synth_world_pick(&setting->world, &c->random, province, tier);
    wish.route = SYNTH_OWN_CHOICE;
    struct synth_claim *claim = synth_visit(setting, c, person, &wish);
    if (!claim) return false;
    synth_mark_trap(claim, "minority_off_network",
                    "poor or minority from a difficult area: paid as in-network");
    return true;
}

static bool near_poor_2026(const struct synth_setting *setting, struct synth_case *c, bool small) {
    (void)small;
    int32_t from = synth_day(2026, 1, 15);
    if (setting->last < from + 20) return false;
    struct synth_person *person = holder(setting, c, 25, 70, "CN3", SYNTH_DISTRICT);
    synth_one_card(setting, person, "CN3");
    struct synth_wish wish = synth_home_wish(person, synth_between(&c->random, from, setting->last - 2),
                                             KIND_EXAM, DIAGNOSIS_SHOULDER);
    struct synth_claim *claim = synth_visit_unbilled(setting, c, person, &wish);
    if (!claim) return false;
    claim->pad = true;
    synth_bill(setting, c, claim);
    synth_mark_trap(claim, "near_poor_2026", "the card still prints 3, the group has 100 % from 2026");
    return true;
}

const struct synth_pattern synth_traps[] = {
    {"dialysis", 3, 0, false, synth_trap_dialysis},
    {"dialysis_during_stay", 2, 0, false, synth_trap_dialysis_in_stay},
    {"chemotherapy", 6, 0, false, synth_trap_chemotherapy},
    {"radiotherapy", 2, 0, false, synth_trap_radiotherapy},
    {"rehabilitation_daily", 3, 0, false, synth_trap_rehabilitation},
    {"transfer_overlap", 16, 0, false, synth_trap_transfer},
    {"newborn_mother_card", 8, 0, false, synth_trap_newborn_mothers_card},
    {"newborn_own_card", 14, 0, false, synth_trap_newborn_own_card},
    {"twins", 3, 0, false, synth_trap_twins},
    {"night_emergency", 14, 0, false, synth_trap_night_emergency},
    {"new_year_split", 5, 0, false, synth_trap_new_year},
    {"relative_picks_up_drugs", 6, 0, false, synth_trap_pickup},
    {"day_stay", 10, 0, false, synth_trap_day_stay},
    {"death_extra_bed_day", 5, 0, false, synth_trap_death},
    {"sent_up_same_day", 10, 0, false, synth_trap_sent_up},
    {"costly_stay", 3, 0, false, synth_trap_costly},
    {"two_cards", 4, 0, false, two_cards},
    {"changed_card", 6, 0, false, changed_card},
    {"commune_full_benefit", 8, 0, false, commune_in_full},
    {"five_year_exemption", 6, 0, false, five_years},
    {"off_network_central_40", 6, 0, false, central_at_40},
    {"off_network_outpatient", 8, 0, false, off_network_outpatient},
    {"late_settlement", 10, 0, false, late_settlement},
    {"raised_digit", 8, 0, false, raised_digit},
    {"open_ended_card", 8, 0, false, open_ended},
    {"child_until_september", 6, 0, false, child_until_september},
    {"birth_year_only", 6, 0, false, birth_year_only},
    {"other_sources", 6, 0, false, other_sources},
    {"minority_off_network", 6, 0, false, minority_off_network},
    {"near_poor_2026", 6, 0, false, near_poor_2026},
};

const int synth_trap_count = (int)(sizeof synth_traps / sizeof *synth_traps);
