#include "person.h"

#include <string.h>

enum { YEARLY, ROLLING, LONG };

struct group {
    char name[4];
    uint8_t style;
    bool from_2024; /* not before Decree 75/2023 and its card codes */
    uint16_t permille;
};

static const struct group pupils[] = {{"HS4", YEARLY, false, 850}, {"HN2", YEARLY, false, 45},
                                      {"CN3", YEARLY, false, 35},  {"DT2", YEARLY, false, 40},
                                      {"BT2", LONG, false, 10},    {"GD4", ROLLING, false, 20}};
static const struct group young[] = {{"SV4", YEARLY, false, 330},  {"DN4", YEARLY, false, 330},
                                     {"GD4", ROLLING, false, 220}, {"HN2", YEARLY, false, 45},
                                     {"CN3", YEARLY, false, 35},   {"DT2", YEARLY, false, 40}};
static const struct group adults[] = {
    {"DN4", YEARLY, false, 400}, {"GD4", ROLLING, false, 310}, {"HC4", YEARLY, false, 60},
    {"CH4", YEARLY, false, 15},  {"HN2", YEARLY, false, 50},   {"CN3", YEARLY, false, 40},
    {"DT2", YEARLY, false, 40},  {"DK2", YEARLY, false, 10},   {"XD2", YEARLY, false, 4},
    {"TC3", LONG, false, 8},     {"TN4", ROLLING, false, 12},  {"TQ4", YEARLY, false, 5},
    {"GB4", ROLLING, false, 15}, {"QN5", YEARLY, false, 4},    {"CA5", YEARLY, false, 4},
    {"AK2", YEARLY, true, 8},    {"XK4", YEARLY, false, 6},    {"HD4", YEARLY, false, 3},
    {"TB4", LONG, false, 3},     {"BT2", LONG, false, 6}};
static const struct group elders[] = {
    {"HT3", LONG, false, 300},  {"GD4", ROLLING, false, 300}, {"CK2", LONG, false, 60},
    {"CB2", LONG, false, 45},   {"BT2", LONG, false, 75},     {"HN2", YEARLY, false, 60},
    {"CN3", YEARLY, false, 45}, {"KC2", LONG, true, 35},      {"DT2", YEARLY, false, 35},
    {"TS2", LONG, false, 15},   {"TC3", LONG, false, 12},     {"PV3", LONG, true, 4},
    {"CC1", LONG, false, 5},    {"XN4", LONG, false, 4},      {"AK2", YEARLY, true, 5}};

enum { YOUNGEST_PENSIONER = 45 };

#define COUNT(array) (sizeof(array) / sizeof *(array))

static struct group group_for(struct synth_random *random, int age, bool since_2024) {
    const struct group *list = age < 18 ? pupils : age < 23 ? young : age < 60 ? adults : elders;
    size_t count = age < 18   ? COUNT(pupils)
                   : age < 23 ? COUNT(young)
                   : age < 60 ? COUNT(adults)
                              : COUNT(elders);
    uint32_t point = synth_below(random, 1000);
    for (size_t i = 0; i < count; i++) {
        if (point < list[i].permille) return list[i].from_2024 && !since_2024 ? list[0] : list[i];
        point -= list[i].permille;
    }
    return list[0];
}

static uint8_t style_of(const char *name) {
    static const struct {
        const struct group *list;
        size_t count;
    } all[] = {
        {pupils, COUNT(pupils)}, {young, COUNT(young)}, {adults, COUNT(adults)}, {elders, COUNT(elders)}};
    for (size_t i = 0; i < COUNT(all); i++) {
        for (size_t k = 0; k < all[i].count; k++) {
            if (memcmp(all[i].list[k].name, name, 2) == 0) return all[i].list[k].style;
        }
    }
    return YEARLY;
}

/* A bijection of (index, member): unlike people never share a number. */
static void write_number(char *out, uint64_t seed, uint64_t index, int member) {
    /* none of them is a province */
    static const char starts[SYNTH_MEMBERS][3] = {
        "99", "98", "97", "90", "88", "85", "81", "78", "76", "73", "71", "69", "65", "63", "61", "59",
        "57", "55", "53", "50", "47", "43", "41", "39", "32", "29", "28", "23", "21", "18", "16", "13"};
    uint64_t n = (index * 61803399 + synth_mix(seed, 0x10) % 100000000) % 100000000;
    memcpy(out, starts[member], 2);
    for (int i = 9; i >= 2; i--, n /= 10) out[i] = (char)('0' + n % 10);
    out[10] = '\0';
}

/* 900 and up is no province, so nobody's real number is met; sex, century and year follow Decree 137/2015. */
static void write_citizen(struct synth_person *person, uint64_t index) {
    int year = synth_year(person->birth);
    uint64_t serial = index % 1000000;
    uint64_t start = 900 + index / 1000000 % 100;
    char *out = person->citizen;
    for (int i = 2; i >= 0; i--, start /= 10) out[i] = (char)('0' + start % 10);
    out[3] = (char)('0' + (year >= 2000 ? 2 : 0) + (person->sex == 2));
    out[4] = (char)('0' + year / 10 % 10);
    out[5] = (char)('0' + year % 10);
    for (int i = 11; i >= 6; i--, serial /= 10) out[i] = (char)('0' + serial % 10);
    out[12] = '\0';
}

void synth_add_card(struct synth_person *person, const char *group, int32_t from, int32_t to,
                    int32_t facility) {
    if (person->card_count == SYNTH_MAX_CARDS || to < from) return;
    struct synth_card *card = &person->cards[person->card_count++];
    *card = (struct synth_card){.from = from, .to = to, .facility = facility};
    memcpy(card->group, group, 3);
}

void synth_one_card(const struct synth_setting *setting, struct synth_person *person, const char *group) {
    int32_t facility = person->cards[0].facility;
    person->card_count = 0;
    int year = synth_year(setting->first);
    synth_add_card(person, group, synth_day(year - 1, 1, 1), synth_day(synth_year(setting->last) + 1, 12, 31),
                   facility);
}

int synth_card_at(const struct synth_person *person, int32_t day) {
    for (int i = 0; i < person->card_count; i++) {
        if (day >= person->cards[i].from && day <= person->cards[i].to) return i;
    }
    return -1;
}

int32_t synth_child_card_end(int32_t birth) {
    int year, month, day;
    synth_civil(birth, &year, &month, &day);
    if (month <= 9) return synth_day(year + 6, 9, 30);
    return month == 12 ? synth_day(year + 6, 12, 31) : synth_day(year + 6, month + 1, 1) - 1;
}

/* Cards of one group between two days, renewed as the group is. */
static void add_cards(struct synth_person *person, struct synth_random *random, const char *group,
                      int32_t from, int32_t to, int32_t facility) {
    int style = style_of(group);
    int first = synth_year(from), last = synth_year(to);
    if (style == ROLLING) {
        int32_t start = from - (int32_t)synth_below(random, 330);
        while (start <= to && person->card_count < SYNTH_MAX_CARDS) {
            int year, month, day;
            synth_civil(start, &year, &month, &day);
            if (day > 28) start += 31 - day + 1; /* a start that exists in every year */
            synth_civil(start, &year, &month, &day);
            int32_t next = synth_day(year + 1, month, day);
            synth_add_card(person, group, start, next - 1, facility);
            start = next;
        }
        return;
    }
    int step = style == LONG ? 5 : 1;
    int start = style == LONG ? first - (first - 2021) % 5 : first;
    for (int year = start; year <= last; year += step) {
        int32_t begin = synth_day(year, 1, 1), end = synth_day(year + step - 1, 12, 31);
        char printed[4] = {group[0], group[1], group[2], '\0'};
        /* some near-poor cards of 2026 print the new level, some still the old one */
        if (year >= 2026 && memcmp(group, "CN", 2) == 0 && (person->ward & 1)) printed[2] = '2';
        synth_add_card(person, printed, begin < from && style == YEARLY ? from : begin,
                       end > to && to < synth_day(last, 12, 31) ? to : end, facility);
    }
}

static void add_all_cards(const struct synth_setting *setting, struct synth_random *random,
                          struct synth_person *person, const char *wanted, int32_t facility) {
    int32_t to = synth_day(synth_year(setting->last), 12, 31);
    int32_t from = setting->first;
    int age = synth_age(person->birth, setting->first);
    if (!wanted && age < 6) {
        int32_t end = synth_child_card_end(person->birth);
        synth_add_card(person, "TE1", person->birth, end, facility);
        if (end >= setting->last) return;
        from = end + 1;
        age = 7;
    }
    char group[4] = {0};
    if (wanted) {
        /* whatever card a story asks for, nobody draws a pension so young */
        memcpy(group, memcmp(wanted, "HT", 2) == 0 && age < YOUNGEST_PENSIONER ? "DN4" : wanted, 3);
    } else {
        struct group found = group_for(random, age, setting->first >= synth_day(2023, 12, 3));
        memcpy(group, found.name, 3);
    }
    int32_t pension = synth_day(2025, 7, 1);
    if (!wanted && memcmp(group, "GD4", 3) == 0 && to > pension && from < pension &&
        synth_age(person->birth, pension) >= 75) {
        add_cards(person, random, group, from, pension - 1, facility);
        synth_add_card(person, "LH4", pension, to, facility);
        struct synth_card *before = &person->cards[person->card_count - 2];
        if (before->to >= pension) before->to = pension - 1;
        return;
    }
    add_cards(person, random, group, from, to, facility);
}

static int32_t home_facility(const struct synth_setting *setting, struct synth_random *random,
                             uint32_t province, int age, int tier) {
    if (tier < 0) {
        uint32_t point = synth_below(random, 1000);
        uint32_t commune = age < 6 || age >= 60 ? 260 : 180;
        uint32_t district = age >= 60 ? 500 : 590;
        tier = point < commune              ? SYNTH_COMMUNE
               : point < commune + district ? SYNTH_DISTRICT
                                            : SYNTH_PROVINCIAL;
    }
    int32_t facility = synth_world_pick(&setting->world, random, province, tier);
    return facility >= 0 ? facility : synth_world_pick(&setting->world, random, province, SYNTH_DISTRICT);
}

static int job_of(int age, const char *group) {
    if (age < 18) return 0;
    if (memcmp(group, "DN", 2) == 0) return 8;
    if (memcmp(group, "HC", 2) == 0) return 3;
    if (memcmp(group, "SV", 2) == 0) return 0;
    return 6;
}

void synth_person_make(const struct synth_setting *setting, struct synth_random *random,
                       struct synth_person *person, const struct synth_person_wish *wish) {
    *person = (struct synth_person){.name_before = "", .name_after = ""};
    uint32_t province =
        wish->province >= 0 ? (uint32_t)wish->province : synth_world_province(&setting->world, random);
    int age = synth_between(random, wish->age_from, wish->age_to);
    person->birth = setting->first - (int32_t)(age * 36525 / 100) - (int32_t)synth_below(random, 365) - 1;
    person->birth_known = age > 55 && synth_chance(random, 100) ? SYNTH_BIRTH_YEAR : SYNTH_BIRTH_DAY;
    /* a year alone is read as 1 January, so the age is the same either way */
    if (person->birth_known == SYNTH_BIRTH_YEAR) person->birth = synth_day(synth_year(person->birth), 1, 1);
    person->sex = (uint8_t)(wish->sex ? wish->sex : synth_between(random, 1, 2));
    person->province = (uint8_t)province;
    person->card_province = setting->world.provinces[province].code;
    person->family = (uint8_t)synth_below(random, 256);
    person->given[0] = (uint8_t)synth_below(random, 256);
    person->given[1] = (uint8_t)synth_below(random, 256);
    person->ward = (uint16_t)synth_between(random, 1, 480);
    person->long_address = synth_chance(random, 40);
    write_number(person->number, setting->options->seed, wish->index, wish->member);
    memcpy(person->card_number, person->number, sizeof person->card_number);
    if (wish->member == 0 && age >= 1 && synth_chance(random, age < 14 ? 450 : 860))
        write_citizen(person, wish->index);
    int32_t home = home_facility(setting, random, province, age, wish->home_tier);
    add_all_cards(setting, random, person, wish->group, home);
    const char *group = person->cards[0].group;
    person->people = 1;
    if (memcmp(group, "DT", 2) == 0) {
        person->people = (uint8_t)synth_between(random, 2, 12);
        person->area = (uint8_t)synth_between(random, 1, 2);
    }
    if (memcmp(group, "DK", 2) == 0) person->area = 2;
    if (memcmp(group, "XD", 2) == 0) person->area = 3;
    person->job = (uint8_t)job_of(age, group);
    if (age >= 25 && synth_chance(random, 600)) {
        person->five_years = synth_day(synth_between(random, 2018, 2029), synth_between(random, 1, 12), 1);
    }
}

void synth_newborn_make(const struct synth_setting *setting, struct synth_random *random,
                        struct synth_person *person, const struct synth_person *mother, uint64_t index,
                        int member, int64_t born, bool mothers_card) {
    *person = *mother;
    person->birth = (int32_t)(born / SYNTH_MINUTES);
    person->birth_minute = (uint16_t)(born % SYNTH_MINUTES);
    person->birth_known = SYNTH_BIRTH_MINUTE;
    person->sex = (uint8_t)synth_between(random, 1, 2);
    person->citizen[0] = '\0';
    person->name_before = "CON BÀ ";
    person->five_years = 0;
    person->job = 0;
    write_number(person->number, setting->options->seed, index, member);
    if (mothers_card) return;
    memcpy(person->card_number, person->number, sizeof person->card_number);
    int32_t facility = mother->cards[0].facility;
    person->card_count = 0;
    synth_add_card(person, "TE1", person->birth, synth_child_card_end(person->birth), facility);
}
