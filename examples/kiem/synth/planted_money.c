/* Abnormal rates, cards, sums and services, and the table of all abnormal kinds. */
#include "patterns.h"

#include <string.h>

static int64_t due_fund(const struct synth_setting *setting, const struct synth_claim *claim) {
    return synth_share(claim->money.bh, synth_due(setting, claim));
}

static bool limited(const struct synth_claim *claim) {
    const struct synth_card *card = synth_claim_card(claim);
    if (memcmp(card->group, "CN", 2) == 0 || memcmp(card->group, "LH", 2) == 0) return false;
    return card->group[2] == '3' || card->group[2] == '4';
}

static bool in_network(const struct synth_claim *claim) {
    return claim->route == SYNTH_REGISTERED || claim->route == SYNTH_REFERRED ||
           claim->route == SYNTH_EMERGENCY;
}

static int tier_of(const struct synth_setting *setting, const struct synth_claim *claim) {
    return setting->world.facilities[claim->facility].tier;
}

static bool large_bill(const struct synth_setting *setting, const struct synth_case *c,
                       const struct synth_claim *claim) {
    (void)c;
    return limited(claim) && in_network(claim) && tier_of(setting, claim) != SYNTH_COMMUNE &&
           claim->rate < 1000 && claim->money.bh > synth_small_bill(synth_claim_day(claim)) * 3 / 2;
}

static bool small_bill(const struct synth_setting *setting, const struct synth_case *c,
                       const struct synth_claim *claim) {
    (void)c;
    return limited(claim) && in_network(claim) && tier_of(setting, claim) != SYNTH_COMMUNE &&
           claim->kind == KIND_EXAM && claim->money.bh < synth_small_bill(synth_claim_day(claim)) * 9 / 10;
}

static bool at_commune(const struct synth_setting *setting, const struct synth_case *c,
                       const struct synth_claim *claim) {
    (void)c;
    return limited(claim) && claim->route == SYNTH_REGISTERED && tier_of(setting, claim) == SYNTH_COMMUNE;
}

static bool any_claim(const struct synth_setting *setting, const struct synth_case *c,
                      const struct synth_claim *claim) {
    (void)setting;
    (void)c;
    return claim->money.fund > 0 && claim->route != SYNTH_OWN_CHOICE;
}

static bool mild_stay(const struct synth_setting *setting, const struct synth_case *c,
                      const struct synth_claim *claim) {
    (void)setting;
    (void)c;
    uint8_t profile = synth_diagnoses[claim->diagnosis].profile;
    return claim->kind == KIND_STAY && !claim->operated && claim->money.fund > 0 && claim->result != 5 &&
           (profile == PROFILE_RESPIRATORY || profile == PROFILE_DIGESTIVE || profile == PROFILE_INFECTION);
}

static bool operated_stay(const struct synth_setting *setting, const struct synth_case *c,
                          const struct synth_claim *claim) {
    (void)setting;
    (void)c;
    return claim->operated && claim->diagnosis != DIAGNOSIS_BIRTH && claim->money.fund > 0;
}

static bool ward_stay(const struct synth_setting *setting, const struct synth_case *c,
                      const struct synth_claim *claim) {
    (void)setting;
    (void)c;
    return claim->kind == KIND_STAY && claim->result != 5 && claim->money.fund > 0;
}

static bool has_drugs(const struct synth_setting *setting, const struct synth_case *c,
                      const struct synth_claim *claim) {
    (void)setting;
    (void)c;
    return claim->money.drugs > 5000000 && claim->money.fund > 0;
}

static bool own_choice_of_central(const struct synth_setting *setting, struct synth_case *c, int kind,
                                  uint16_t illness, const char *group) {
    struct synth_person_wish who = synth_anybody(28, 70);
    who.group = group;
    who.home_tier = SYNTH_DISTRICT;
    struct synth_person *person = synth_case_person(setting, c, who);
    person->five_years = 0;
    struct synth_wish wish = synth_wish_for(synth_some_day(setting, &c->random, 30, 5), kind, illness);
    uint32_t province = person->province;
    int tier = SYNTH_PROVINCIAL;
    if (setting->world.has_central && (kind == KIND_STAY || synth_chance(&c->random, 500))) {
        province = synth_world_central(&setting->world, &c->random);
        tier = SYNTH_CENTRAL;
    }
    if (tier == SYNTH_PROVINCIAL && wish.day >= synth_day(2026, 7, 1))
        return false; /* 50 % is due there by then */
    wish.facility = synth_world_pick(&setting->world, &c->random, province, tier);
    wish.route = SYNTH_OWN_CHOICE;
    struct synth_claim *claim = synth_visit(setting, c, person, &wish);
    if (!claim) return false;
    int64_t due = due_fund(setting, claim);
    const struct synth_card *card = synth_claim_card(claim);
    claim->force_rate = true;
    claim->rate = (uint16_t)synth_level_rate(card->group, card->group[2], synth_claim_day(claim));
    synth_settle(setting, c, claim);
    if (kind == KIND_STAY) {
        synth_mark_planted(claim, "benefit_above_due", claim->money.fund - due,
                           "full level off-network at central tier");
    } else {
        synth_mark_planted(claim, "off_network_outpatient_paid", claim->money.fund,
                           "own choice of outpatient care paid");
    }
    return true;
}

static bool benefit_above_due(const struct synth_setting *setting, struct synth_case *c, bool small) {
    (void)small;
    if (setting->world.has_central && synth_chance(&c->random, 250)) {
        return own_choice_of_central(setting, c, KIND_STAY, DIAGNOSIS_GASTRITIS, "GD4");
    }
    struct synth_claim *claim = synth_find_claim(setting, c, large_bill);
    if (!claim) return false;
    int64_t due = due_fund(setting, claim);
    claim->force_rate = true;
    claim->rate = claim->rate == 800 && synth_chance(&c->random, 300) ? 950 : 1000;
    synth_settle(setting, c, claim);
    synth_mark_planted(claim, "benefit_above_due", claim->money.fund - due,
                       "rate above the level of the card");
    return true;
}

static bool off_network_paid(const struct synth_setting *setting, struct synth_case *c, bool small) {
    (void)small;
    return own_choice_of_central(setting, c, KIND_EXAM, DIAGNOSIS_BACK_PAIN,
                                 synth_chance(&c->random, 500) ? "GD4" : "DN4");
}

static bool copay_taken(const struct synth_setting *setting, struct synth_case *c, synth_eligible *eligible,
                        const char *name, const char *note) {
    struct synth_claim *claim = synth_find_claim(setting, c, eligible);
    if (!claim) return false;
    const struct synth_card *card = synth_claim_card(claim);
    claim->force_rate = true;
    claim->rate = (uint16_t)synth_level_rate(card->group, card->group[2], synth_claim_day(claim));
    synth_settle(setting, c, claim);
    synth_mark_planted(claim, name, 0, note);
    return true;
}

static bool small_bill_copay(const struct synth_setting *setting, struct synth_case *c, bool small) {
    (void)small;
    return copay_taken(setting, c, small_bill, "small_bill_copay",
                       "co-payment taken below 15 % of the base salary");
}

static bool commune_copay(const struct synth_setting *setting, struct synth_case *c, bool small) {
    (void)small;
    return copay_taken(setting, c, at_commune, "commune_copay", "co-payment taken at a commune station");
}

static bool sums_differ(const struct synth_setting *setting, struct synth_case *c, bool small) {
    (void)small;
    struct synth_claim *claim = synth_find_claim(setting, c, any_claim);
    if (!claim) return false;
    int64_t wrong = (claim->money.bh * synth_between(&c->random, 8, 30) / 100 + 9999) / 10000 * 10000;
    if (synth_chance(&c->random, 600)) {
        claim->money.fund += wrong;
        synth_mark_planted(claim, "sums_differ", wrong, "the fund's part is more than its lines");
    } else {
        claim->money.bv += wrong;
        synth_mark_planted(claim, "sums_differ", 0, "the total differs from its parts");
    }
    return true;
}

/* The card ended and was not renewed: what lies between its end and this claim is left out. */
static bool expired_card(const struct synth_setting *setting, struct synth_case *c, bool small) {
    (void)small;
    struct synth_claim *claim = synth_find_claim(setting, c, any_claim);
    if (!claim || claim->card_after >= 0) return false;
    struct synth_person *person = &c->persons[0];
    int32_t day = (int32_t)(claim->start / SYNTH_MINUTES);
    struct synth_card *card = &person->cards[claim->card];
    int32_t end = day - synth_between(&c->random, 20, 80);
    if (end < card->from + 30 || memcmp(card->group, "TE", 2) == 0) return false;
    card->to = end;
    person->card_count = claim->card + 1;
    int kept = 0;
    for (int i = 0; i < c->claim_count; i++) {
        if (&c->claims[i] == claim || synth_claim_day(&c->claims[i]) <= end) c->claims[kept++] = c->claims[i];
        if (&c->claims[i] == claim) break; /* nothing comes after it */
    }
    c->claim_count = kept;
    claim = &c->claims[kept - 1];
    synth_mark_planted(claim, "expired_card", claim->money.fund, "care weeks after the card ended");
    return true;
}

static void print_card(struct synth_claim *claim, const char *group) {
    claim->printed = *synth_claim_card(claim);
    claim->card_changed = true;
    claim->card_after = -1;
    memcpy(claim->printed.group, group, 3);
}

static bool impossible_digit(const struct synth_setting *setting, struct synth_case *c, bool small) {
    (void)small;
    struct synth_claim *claim = synth_find_claim(setting, c, large_bill);
    if (!claim) return false;
    int64_t due = due_fund(setting, claim);
    char group[4] = {claim->person->cards[claim->card].group[0], claim->person->cards[claim->card].group[1],
                     '5', '\0'};
    print_card(claim, group);
    synth_settle(setting, c, claim);
    synth_mark_planted(claim, "impossible_digit", claim->money.fund - due, "digit 5 outside QN, CA and CY");
    return true;
}

static bool sex_diagnosis(const struct synth_setting *setting, struct synth_case *c, bool small) {
    (void)small;
    bool man = synth_chance(&c->random, 500);
    struct synth_person_wish who = synth_anybody(20, 60);
    who.sex = man ? 1 : 2;
    who.home_tier = SYNTH_DISTRICT;
    struct synth_person *person = synth_case_person(setting, c, who);
    person->five_years = 0;
    struct synth_wish wish =
        synth_home_wish(person, synth_some_day(setting, &c->random, 10, 5), man ? KIND_STAY : KIND_EXAM,
                        man ? DIAGNOSIS_BIRTH : DIAGNOSIS_PROSTATE);
    struct synth_claim *claim = wish.facility < 0 ? NULL : synth_visit(setting, c, person, &wish);
    if (!claim) return false;
    synth_mark_planted(claim, "sex_diagnosis", claim->money.fund,
                       man ? "delivery of a man" : "prostate of a woman");
    return true;
}

static bool child_card(const struct synth_setting *setting, struct synth_case *c, bool small) {
    (void)small;
    struct synth_claim *claim = synth_find_claim(setting, c, large_bill);
    if (!claim || synth_age(claim->person->birth, synth_claim_day(claim)) < 18) return false;
    print_card(claim, "TE1");
    int year = synth_year((int32_t)(claim->start / SYNTH_MINUTES));
    claim->printed.from = synth_day(year - 2, 5, 14);
    claim->printed.to = synth_day(year + 4, 9, 30);
    synth_settle(setting, c, claim);
    synth_mark_planted(claim, "child_card_adult", claim->money.fund, "child card used by an adult");
    return true;
}

static bool upcoding(const struct synth_setting *setting, struct synth_case *c, bool small) {
    static const uint16_t more[] = {ITEM_BOWEL,       ITEM_SUTURE_THREAD, ITEM_DRAIN,
                                    ITEM_CLIP,        ITEM_ALBUMIN,       ITEM_MEROPENEM,
                                    ITEM_GALLBLADDER, ITEM_RED_CELLS,     ITEM_CT_CHEST};
    (void)small;
    struct synth_claim *claim = synth_find_claim(setting, c, mild_stay);
    if (!claim) return false;
    int64_t before = claim->money.fund;
    int64_t target = claim->money.bh * synth_between(&c->random, 30, 75) / 10;
    for (size_t i = 0; i < 60 && claim->money.bh < target; i++) {
        uint16_t item = more[i % 9];
        int32_t most = item == ITEM_BOWEL || item == ITEM_GALLBLADDER ? 1 : 4;
        if (i >= 9 && most == 1) continue;
        struct synth_line *line = synth_add_item(setting, c, claim, item, synth_between(&c->random, 1, most));
        if (!line) return false;
        if (item == ITEM_GALLBLADDER) line->ratio_service = 50;
        synth_settle(setting, c, claim);
    }
    claim->operated = true;
    synth_mark_planted(claim, "upcoding", claim->money.fund - before, "mild illness billed as an operation");
    return true;
}

static bool phantom_combination(const struct synth_setting *setting, struct synth_case *c, bool small) {
    static const uint16_t strange[] = {ITEM_GAUZE, ITEM_SUTURE_THREAD, ITEM_DRAIN, ITEM_CLIP};
    (void)small;
    struct synth_claim *claim = synth_find_claim(setting, c, mild_stay);
    if (!claim) return false;
    for (uint32_t i = 0; i < claim->line_count; i++) {
        struct synth_line *line = &synth_lines(c, claim)[i];
        if (synth_items[line->item].group != GROUP_DRUG) continue;
        line->quantity = line->quantity / 6000 * 1000 + 1000;
        line->per_day = 1;
    }
    uint32_t own = claim->line_count;
    for (int i = 0; i < 4; i++) {
        int32_t count = i == 0 ? synth_between(&c->random, 10, 40) : synth_between(&c->random, 2, 4);
        if (!synth_add_item(setting, c, claim, strange[i], count)) return false;
    }
    synth_settle(setting, c, claim);
    int64_t wrong = 0;
    for (uint32_t i = own; i < claim->line_count; i++) wrong += synth_lines(c, claim)[i].fund;
    synth_mark_planted(claim, "phantom_combination", wrong,
                       "surgical supplies beside few drugs and no operation");
    return true;
}

static bool bed_days(const struct synth_setting *setting, struct synth_case *c, bool small) {
    (void)small;
    struct synth_claim *claim = synth_find_claim(setting, c, ward_stay);
    if (!claim) return false;
    int64_t before = claim->money.fund;
    for (uint32_t i = 0; i < claim->line_count; i++) {
        struct synth_line *line = &synth_lines(c, claim)[i];
        if (synth_items[line->item].group != GROUP_BED) continue;
        line->quantity += 1000 * synth_between(&c->random, 2, 4);
        break;
    }
    synth_settle(setting, c, claim);
    synth_mark_planted(claim, "bed_days_above_stay", claim->money.fund - before,
                       "more bed days than the stay has");
    return true;
}

static bool second_operation(const struct synth_setting *setting, struct synth_case *c, bool small) {
    (void)small;
    struct synth_claim *claim = synth_find_claim(setting, c, operated_stay);
    if (!claim) return false;
    const struct synth_line *first = NULL;
    for (uint32_t i = 0; i < claim->line_count; i++) {
        if (synth_items[synth_lines(c, claim)[i].item].group == GROUP_SURGERY)
            first = &synth_lines(c, claim)[i];
    }
    if (!first) return false;
    struct synth_line theirs = *first;
    struct synth_line *second =
        synth_add_item(setting, c, claim, theirs.item == ITEM_ABSCESS ? ITEM_HAEMORRHOID : ITEM_ABSCESS, 1);
    if (!second) return false;
    second->ordered = theirs.ordered; /* same session, same team */
    second->done = theirs.done;
    second->resulted = theirs.resulted;
    second->performer = theirs.performer;
    synth_settle(setting, c, claim);
    int64_t lesser = synth_lines(c, claim)[claim->line_count - 1].fund;
    if (theirs.fund < lesser) lesser = theirs.fund; /* the dearest is paid in full */
    synth_mark_planted(claim, "second_operation_full", lesser / 2,
                       "second operation of one session at 100 %");
    return true;
}

static bool broken_product(const struct synth_setting *setting, struct synth_case *c, bool small) {
    (void)small;
    struct synth_claim *claim = synth_find_claim(setting, c, has_drugs);
    if (!claim) return false;
    int64_t before = claim->money.fund;
    for (uint32_t i = 0; i < claim->line_count; i++) {
        struct synth_line *line = &synth_lines(c, claim)[i];
        if (synth_items[line->item].group != GROUP_DRUG || line->ratio_paid != 100) continue;
        int64_t more = line->amount_bv * synth_between(&c->random, 15, 60) / 100 + 100;
        line->broken = true;
        line->amount_bv += more;
        line->amount_bh += more;
        break;
    }
    synth_settle(setting, c, claim);
    synth_mark_planted(claim, "quantity_price_broken", claim->money.fund - before,
                       "a line is more than quantity x price");
    return true;
}

/* One facility doubles what it can give more of, until its claims cost about 1.4 times as much. */
static void inflate(struct synth_case *c, const struct synth_claim *claim) {
    int64_t part = 0;
    for (uint32_t i = 0; i < claim->line_count; i++) {
        uint8_t group = synth_items[synth_lines(c, claim)[i].item].group;
        if (group <= GROUP_DRUG || group == GROUP_SUPPLY) part += synth_lines(c, claim)[i].amount_bh;
    }
    if (part == 0) return;
    int64_t factor = 1000 + claim->money.bh * 400 / part; /* thousandths */
    if (factor > 3000) factor = 3000;
    for (uint32_t i = 0; i < claim->line_count; i++) {
        struct synth_line *line = &synth_lines(c, claim)[i];
        uint8_t group = synth_items[line->item].group;
        if (group > GROUP_DRUG && group != GROUP_SUPPLY) continue;
        line->quantity = (line->quantity / 1000 * factor + synth_between(&c->random, 0, 999)) / 1000 * 1000;
    }
}

bool synth_change_facility(const struct synth_setting *setting, struct synth_case *c,
                           struct synth_claim *claim) {
    static const uint16_t everyone[] = {ITEM_CRP, ITEM_TSH, ITEM_CEA, ITEM_ELECTROLYTES, ITEM_URIC_ACID};
    const struct synth_facility *f = &setting->world.facilities[claim->facility];
    int32_t day = synth_claim_day(claim);
    bool inflated = f->inflated_from && day >= f->inflated_from,
         blanket = f->blanket_from && day >= f->blanket_from;
    if (!inflated && !blanket) return false;
    int64_t before = claim->money.fund;
    if (inflated) inflate(c, claim);
    for (int i = 0; blanket && i < 5; i++) synth_add_item(setting, c, claim, everyone[i], 1);
    synth_settle(setting, c, claim);
    if (inflated) {
        synth_mark_planted(claim, "inflated_facility", claim->money.fund - before,
                           "this facility costs 1.4 times as much from here on");
    } else {
        synth_mark_planted(claim, "blanket_tests", claim->money.fund - before,
                           "the same five tests for every patient");
    }
    return true;
}

const struct synth_pattern synth_planted[] = {
    {"duplicate", 60, 1, false, synth_plant_duplicate},
    {"duplicate_other_month", 40, 1, false, synth_plant_duplicate_month},
    {"near_duplicate", 45, 1, false, synth_plant_near_duplicate},
    {"overlapping_stay", 35, 1, false, synth_plant_overlap},
    {"visit_inside_stay", 35, 1, false, synth_plant_inside},
    {"after_death", 35, 2, false, synth_plant_after_death},
    {"many_visits", 110, 54, false, synth_plant_many_visits},
    {"several_facilities_a_day", 40, 2, false, synth_plant_several_a_day},
    {"split_stay", 35, 1, false, synth_plant_split_stay},
    {"second_delivery", 15, 1, false, synth_plant_second_delivery},
    {"benefit_above_due", 70, 1, false, benefit_above_due},
    {"small_bill_copay", 45, 1, false, small_bill_copay},
    {"commune_copay", 25, 1, false, commune_copay},
    {"sums_differ", 45, 1, false, sums_differ},
    {"expired_card", 35, 1, false, expired_card},
    {"impossible_digit", 25, 1, false, impossible_digit},
    {"sex_diagnosis", 25, 1, false, sex_diagnosis},
    {"child_card_adult", 25, 1, false, child_card},
    {"upcoding", 50, 1, false, upcoding},
    {"phantom_combination", 50, 1, false, phantom_combination},
    {"off_network_outpatient_paid", 35, 1, false, off_network_paid},
    {"impossible_doctor_day", 30, 14, true, synth_plant_doctor_day},
    {"doctor_in_two_places", 15, 6, true, synth_plant_two_places},
    {"machine_above_limit", 48, 26, true, synth_plant_machine_day},
    {"bed_days_above_stay", 25, 1, true, bed_days},
    {"second_operation_full", 20, 1, true, second_operation},
    {"quantity_price_broken", 25, 1, true, broken_product},
    {"component_beside_whole", 20, 1, true, synth_plant_component},
    {"second_exam_full", 20, 1, true, synth_plant_second_exam},
    {"supply_above_ceiling", 20, 1, true, synth_plant_ceiling},
    {"result_before_order", 20, 1, true, synth_plant_early_result},
};

const int synth_planted_count = (int)(sizeof synth_planted / sizeof *synth_planted);
