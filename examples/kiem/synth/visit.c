#include "visit.h"

#include <string.h>

struct way {
    int32_t facility, came_from;
    uint8_t route;
};

struct synth_wish synth_wish_for(int32_t day, int kind, uint16_t diagnosis) {
    return (struct synth_wish){.day = day,
                               .kind = (uint8_t)kind,
                               .diagnosis = diagnosis,
                               .facility = -1,
                               .came_from = -1,
                               .minute = -1,
                               .supply_days = 30};
}

int32_t synth_home(const struct synth_person *person, int32_t day) {
    int card = synth_card_at(person, day);
    return card < 0 ? -1 : person->cards[card].facility;
}

/* Only groups whose rights off the usual way are certain. */
static bool may_choose(const struct synth_person *person, const struct synth_card *card) {
    if (person->area != 0) return false;
    return memcmp(card->group, "GD4", 3) == 0 || memcmp(card->group, "DN4", 3) == 0 ||
           memcmp(card->group, "HC4", 3) == 0 || memcmp(card->group, "HT3", 3) == 0;
}

static struct way emergency_way(const struct synth_setting *setting, struct synth_random *random,
                                const struct synth_person *person, int tier) {
    const struct synth_world *world = &setting->world;
    uint32_t province = person->province;
    if (synth_chance(random, 80)) province = synth_world_province(world, random);
    if (tier < SYNTH_DISTRICT) tier = SYNTH_DISTRICT;
    if (tier == SYNTH_DISTRICT && synth_chance(random, 350)) tier = SYNTH_PROVINCIAL;
    return (struct way){synth_world_pick(world, random, province, tier), -1, SYNTH_EMERGENCY};
}

/* Sent up from the registered facility. */
static struct way referred_way(const struct synth_setting *setting, struct synth_random *random,
                               const struct synth_person *person, int32_t home,
                               const struct synth_diagnosis *diagnosis) {
    const struct synth_world *world = &setting->world;
    struct way way = {-1, home, SYNTH_REFERRED};
    int home_tier = world->facilities[home].tier;
    uint32_t central = diagnosis->profile == PROFILE_CANCER ? 450 : 220;
    if (world->has_central && (home_tier == SYNTH_PROVINCIAL || synth_chance(random, central))) {
        way.facility = synth_world_pick(world, random, synth_world_central(world, random), SYNTH_CENTRAL);
    }
    if (way.facility < 0) {
        int kind = diagnosis->profile == PROFILE_CANCER  ? SYNTH_ONCOLOGY
                   : diagnosis->profile == PROFILE_BIRTH ? SYNTH_MATERNITY
                                                         : SYNTH_GENERAL;
        way.facility = synth_chance(random, 600)
                           ? synth_world_pick_kind(world, random, person->province, SYNTH_PROVINCIAL, kind)
                           : synth_world_pick(world, random, person->province, SYNTH_PROVINCIAL);
    }
    if (way.facility == home) way = (struct way){home, -1, SYNTH_REGISTERED};
    return way;
}

static struct way nearby_way(const struct synth_setting *setting, struct synth_random *random,
                             const struct synth_person *person, int32_t home, int need) {
    const struct synth_world *world = &setting->world;
    int tier = need == 0 && synth_chance(random, 250) ? SYNTH_COMMUNE : SYNTH_DISTRICT;
    if (world->province_count > 1 && synth_chance(random, 40)) {
        uint32_t province = synth_world_province(world, random);
        int home_tier = world->facilities[home].tier;
        if (province != person->province && home_tier >= need) {
            int32_t facility = synth_world_pick(world, random, province, home_tier);
            if (facility >= 0) return (struct way){facility, -1, SYNTH_RESIDING};
        }
    }
    struct way way = {synth_world_pick(world, random, person->province, tier), -1, SYNTH_SAME_PROVINCE};
    if (way.facility == home) way.route = SYNTH_REGISTERED;
    return way;
}

static struct way choose_way(const struct synth_setting *setting, struct synth_random *random,
                             const struct synth_person *person, const struct synth_card *card,
                             const struct synth_wish *wish) {
    const struct synth_diagnosis *diagnosis = &synth_diagnoses[wish->diagnosis];
    bool stay = wish->kind == KIND_STAY || wish->kind == KIND_DAY_STAY || wish->kind == KIND_COURSE;
    int need = diagnosis->tier;
    if (stay && need < SYNTH_DISTRICT) need = SYNTH_DISTRICT;
    int32_t home = card->facility;
    int tier = setting->world.facilities[home].tier;
    if (wish->emergency) return emergency_way(setting, random, person, need);
    if (wish->kind == KIND_STAY && may_choose(person, card) && synth_chance(random, 70)) {
        int32_t facility = synth_world_pick(&setting->world, random, person->province, SYNTH_PROVINCIAL);
        if (facility >= 0 && facility != home) return (struct way){facility, -1, SYNTH_OWN_CHOICE};
    }
    bool chronic = wish->kind == KIND_CHRONIC || wish->kind == KIND_PICKUP;
    if (tier >= need && (chronic || synth_chance(random, stay ? 800 : 880)))
        return (struct way){home, -1, SYNTH_REGISTERED};
    if (need >= SYNTH_PROVINCIAL || (stay && synth_chance(random, 650)) || tier >= SYNTH_PROVINCIAL) {
        if (need < SYNTH_PROVINCIAL && tier >= SYNTH_PROVINCIAL && !stay)
            return (struct way){home, -1, SYNTH_REGISTERED};
        return referred_way(setting, random, person, home, diagnosis);
    }
    return nearby_way(setting, random, person, home, need);
}

static int32_t usual_minute(struct synth_random *random, bool emergency) {
    static const uint32_t hours[] = {3,  24, 50,  71,  85, 90,
                                     91, 99, 108, 114, 117}; /* from six o'clock, cumulative */
    if (emergency) return synth_between(random, 0, SYNTH_MINUTES - 1);
    return 360 + (int32_t)synth_weighted(random, hours, sizeof hours / sizeof *hours) * 60 +
           synth_between(random, 0, 59);
}

static int32_t usual_length(struct synth_random *random, const struct synth_wish *wish, bool emergency) {
    int32_t minutes = (int32_t)(95 * synth_lognormal(random, 450) / 1024);
    switch (wish->kind) {
    case KIND_STAY: {
        int32_t days = (int32_t)(synth_diagnoses[wish->diagnosis].days * synth_lognormal(random, 420) / 1024);
        return days < 1 ? 1 : days > 45 ? 45 : days;
    }
    case KIND_COURSE: return synth_between(random, 5, 10);
    case KIND_DAY_STAY: return synth_between(random, 400, 510);
    case KIND_CHRONIC_SERVICE: return synth_between(random, 245, 290);
    default: return (minutes < 25 ? 25 : minutes > 300 ? 300 : minutes) + (emergency ? 60 : 0);
    }
}

bool synth_crosses_change(int32_t first, int32_t last) {
    int year, month, day;
    synth_civil(last, &year, &month, &day);
    int32_t change = month >= 7 ? synth_day(year, 7, 1) : synth_day(year, 1, 1);
    return first < change;
}

static bool set_times(const struct synth_setting *setting, struct synth_case *c,
                      const struct synth_wish *wish, struct synth_claim *claim) {
    bool emergency = claim->route == SYNTH_EMERGENCY;
    int32_t minute =
        wish->minute >= 0 ? wish->minute : usual_minute(&c->random, emergency && wish->kind != KIND_STAY);
    int32_t length = wish->length > 0 ? wish->length : usual_length(&c->random, wish, emergency);
    if (wish->kind != KIND_STAY && wish->kind != KIND_COURSE) {
        if (wish->kind == KIND_DAY_STAY && wish->minute < 0) minute = synth_between(&c->random, 420, 480);
        if (wish->kind == KIND_CHRONIC_SERVICE && wish->minute < 0)
            minute = synth_between(&c->random, 330, 760);
        if (!emergency && minute + length >= SYNTH_MINUTES) length = SYNTH_MINUTES - 1 - minute;
        claim->start = (int64_t)wish->day * SYNTH_MINUTES + minute;
        claim->end = claim->start + length;
        if (wish->kind == KIND_DAY_STAY || wish->kind == KIND_SHORT_STAY) claim->admitted = claim->start + 20;
    } else {
        int32_t last = wish->day, first = last - length + (wish->kind == KIND_COURSE ? 1 : 0);
        if (synth_crosses_change(first, last)) {
            first = synth_day(synth_year(last), synth_month(last) >= 7 ? 7 : 1, 1) +
                    synth_between(&c->random, 1, 6);
            last = first + length;
        }
        if (wish->minute < 0 && emergency) minute = synth_between(&c->random, 60, 1290);
        if (minute > 1290) minute = 1290;
        claim->start = (int64_t)first * SYNTH_MINUTES + minute;
        claim->end = (int64_t)last * SYNTH_MINUTES + synth_between(&c->random, 510, 990);
        if (wish->kind == KIND_COURSE) {
            claim->start = (int64_t)first * SYNTH_MINUTES + synth_between(&c->random, 430, 600);
            claim->end = (int64_t)last * SYNTH_MINUTES + synth_between(&c->random, 660, 960);
        } else {
            claim->admitted = claim->start + synth_between(&c->random, 20, 140);
        }
    }
    int32_t last = synth_claim_day(claim);
    return last <= setting->last && last >= setting->first &&
           claim->start / SYNTH_MINUTES >= setting->first &&
           !synth_crosses_change((int32_t)(claim->start / SYNTH_MINUTES), last);
}

static bool set_cards(const struct synth_person *person, struct synth_claim *claim) {
    int32_t first = (int32_t)(claim->start / SYNTH_MINUTES), last = synth_claim_day(claim);
    claim->card = synth_card_at(person, first);
    if (claim->card < 0) return false;
    if (last <= person->cards[claim->card].to) return true;
    claim->card_after = synth_card_at(person, last);
    /* a stay over two cards shows both; they must be of one level */
    return claim->card_after >= 0 &&
           person->cards[claim->card].group[2] == person->cards[claim->card_after].group[2];
}

static const char *accompanying(struct synth_random *random, const struct synth_diagnosis *d, int age) {
    static const char *const elder[] = {"I10",       "I10;E11.9", "E78.5", "M17.1",
                                        "I10;E78.5", "K29.7",     "I25.9", "M81.9;I10"};
    static const char *const adult[] = {"K29.7", "E78.5", "M54.5", "J30.4", "I10", "K21.0", "G47.0", "D50.9"};
    static const char *const child[] = {"J02.9", "A09.0", "D50.9", "L20.9"};
    switch (d->profile) {
    case PROFILE_BIRTH: return "Z37.0";
    case PROFILE_DIALYSIS: return "Z49.1;I10";
    case PROFILE_CHEMOTHERAPY: return "Z51.1";
    case PROFILE_RADIOTHERAPY: return "Z51.0";
    case PROFILE_REHABILITATION: return "Z50.1;I69.3";
    default: break;
    }
    if (!synth_chance(random, age >= 60 ? 700 : age >= 30 ? 380 : 200)) return "";
    const char *also = age >= 50   ? elder[synth_below(random, 8)]
                       : age >= 16 ? adult[synth_below(random, 8)]
                                   : child[synth_below(random, 4)];
    return strstr(also, d->code) ? "" : also;
}

struct synth_claim *synth_visit_unbilled(const struct synth_setting *setting, struct synth_case *c,
                                         const struct synth_person *person, const struct synth_wish *wish) {
    const struct synth_diagnosis *diagnosis = &synth_diagnoses[wish->diagnosis];
    int card = synth_card_at(person, wish->day);
    struct synth_claim *claim = card < 0 ? NULL : synth_case_claim(c);
    if (!claim) return NULL;
    struct way way = {wish->facility, wish->came_from, wish->route};
    if (wish->facility < 0) way = choose_way(setting, &c->random, person, &person->cards[card], wish);
    claim->person = person;
    claim->kind = wish->kind;
    claim->diagnosis = wish->diagnosis;
    claim->route = way.route;
    if (way.facility < 0 || !set_times(setting, c, wish, claim) || !set_cards(person, claim)) {
        c->claim_count--;
        return NULL;
    }
    claim->facility = way.facility;
    claim->came_from = way.came_from;
    claim->supply_days = wish->supply_days;
    claim->exam = wish->kind != KIND_CHRONIC_SERVICE;
    claim->accident = diagnosis->code[0] == 'S' ? (uint8_t)(synth_chance(&c->random, 400) ? 1 : 8) : 0;
    char digit = synth_claim_card(claim)->group[2];
    bool limited = digit == '3' || digit == '4';
    claim->pad = limited && (way.route == SYNTH_OWN_CHOICE || way.route == SYNTH_SAME_PROVINCE) &&
                 setting->world.facilities[way.facility].tier != SYNTH_COMMUNE;
    if (wish->kind == KIND_STAY && diagnosis->operation) {
        claim->operated = synth_chance(&c->random, diagnosis->operation_permille);
    }
    claim->result = synth_chance(&c->random, 150) ? 1 : synth_chance(&c->random, 40) ? 3 : 2;
    claim->also = accompanying(&c->random, diagnosis, synth_age(person->birth, wish->day));
    if (diagnosis->profile == PROFILE_BIRTH) claim->child_weights = "3100";
    return claim;
}

struct synth_claim *synth_visit(const struct synth_setting *setting, struct synth_case *c,
                                const struct synth_person *person, const struct synth_wish *wish) {
    struct synth_claim *claim = synth_visit_unbilled(setting, c, person, wish);
    if (claim) synth_bill(setting, c, claim);
    return claim;
}
