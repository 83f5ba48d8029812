#include "history.h"

enum { MAX_EVENTS = 400 };

struct event {
    int32_t day;
    uint8_t kind, supply_days;
    uint16_t diagnosis;
};

struct plan {
    struct event events[MAX_EVENTS];
    int count;
};

static void add_event(struct plan *plan, int32_t day, int kind, uint16_t diagnosis, int supply_days) {
    if (plan->count == MAX_EVENTS) return;
    int at = plan->count++;
    for (; at > 0 && plan->events[at - 1].day > day; at--) plan->events[at] = plan->events[at - 1];
    plan->events[at] = (struct event){day, (uint8_t)kind, (uint8_t)supply_days, diagnosis};
}

/* Visits a year of somebody of this age, in thousandths */
static uint32_t visits_a_year(int age) {
    if (age < 3) return 2600;
    if (age < 6) return 2100;
    if (age < 18) return 950;
    if (age < 40) return 900;
    if (age < 60) return 1350;
    return 2100;
}

/* Share of visits that are stays, in thousandths */
static uint32_t stay_share(int age) {
    if (age < 6) return 150;
    if (age < 18) return 110;
    if (age < 60) return 150;
    return 240;
}

static void plan_illness(const struct synth_setting *setting, struct synth_case *c, struct plan *plan,
                         int age) {
    struct synth_random *random = &c->random;
    const struct synth_person *person = &c->persons[0];
    uint64_t days = (uint64_t)(setting->last - setting->first + 1);
    uint64_t expected = visits_a_year(age) * days / 365 * synth_lognormal(random, 700) / 1024;
    uint32_t count = (uint32_t)((expected + synth_below(random, 1000)) / 1000);
    if (count > 60) count = 60;
    for (uint32_t i = 0; i < count; i++) {
        int care = synth_chance(random, stay_share(age)) ? SYNTH_INPATIENT : SYNTH_OUTPATIENT;
        int32_t day = synth_calendar_pick(&setting->calendar, random, care);
        if (day < person->birth + 20) continue;
        uint16_t illness = synth_picker_pick(&setting->picker, random, care, person->sex,
                                             synth_age(person->birth, day), day);
        int kind = care == SYNTH_INPATIENT ? KIND_STAY : KIND_EXAM;
        uint8_t profile = synth_diagnoses[illness].profile;
        if (kind == KIND_EXAM && (profile == PROFILE_JOINTS || profile == PROFILE_WOUND) &&
            synth_chance(random, 110)) {
            kind = KIND_COURSE;
        }
        if (kind == KIND_STAY && profile == PROFILE_JOINTS && synth_chance(random, 120)) kind = KIND_DAY_STAY;
        add_event(plan, day, kind, illness, 30);
    }
}

static uint16_t chronic_illness(struct synth_random *random, const struct synth_person *person, int age) {
    static const uint16_t common[] = {
        DIAGNOSIS_HYPERTENSION, DIAGNOSIS_HYPERTENSION,    DIAGNOSIS_HYPERTENSION, DIAGNOSIS_DIABETES,
        DIAGNOSIS_DIABETES,     DIAGNOSIS_ISCHAEMIC_HEART, DIAGNOSIS_COPD,         DIAGNOSIS_HEPATITIS_B};
    static const uint16_t younger[] = {DIAGNOSIS_HEPATITIS_B, DIAGNOSIS_EPILEPSY, DIAGNOSIS_SCHIZOPHRENIA,
                                       DIAGNOSIS_THYROTOXICOSIS};
    if (age < 40) return younger[synth_below(random, 4)];
    if (age >= 60 && person->sex == 1 && synth_chance(random, 60)) return DIAGNOSIS_PROSTATE;
    uint16_t illness = common[synth_below(random, 8)];
    return age < synth_diagnoses[illness].from_age ? DIAGNOSIS_HYPERTENSION : illness;
}

static void plan_chronic_care(const struct synth_setting *setting, struct synth_case *c, struct plan *plan,
                              int age) {
    struct synth_random *random = &c->random;
    uint32_t permille = age >= 60 ? 210 : age >= 40 ? 60 : age >= 18 ? 12 : 0;
    if (!synth_chance(random, permille)) return;
    uint16_t illness = chronic_illness(random, &c->persons[0], age);
    int days = synth_chance(random, 500) ? 30 : 28;
    int32_t start = setting->first + (int32_t)synth_below(random, (uint32_t)(setting->last - setting->first));
    int32_t stop = start + synth_between(random, 120, 900);
    for (int32_t day = start; day <= stop && day <= setting->last; day += days) {
        if (synth_chance(random, 120)) continue;
        int32_t at =
            day + (synth_weekday(day) >= 5 ? 2 : 0); /* clinics for long treatments rest on weekends */
        add_event(plan, at, synth_chance(random, 50) ? KIND_PICKUP : KIND_CHRONIC, illness, days);
    }
}

static void plan_birth(const struct synth_setting *setting, struct synth_case *c, struct plan *plan,
                       int age) {
    const struct synth_person *person = &c->persons[0];
    if (person->sex != 2 || age < 19 || age > 37 || !synth_chance(&c->random, 90)) return;
    int32_t day = synth_calendar_pick(&setting->calendar, &c->random, SYNTH_INPATIENT);
    for (int months = 6; months >= 1; months -= 2) {
        int32_t check = day - months * 30;
        if (check > setting->first) add_event(plan, check, KIND_EXAM, DIAGNOSIS_PREGNANCY, 30);
    }
    add_event(plan, day, KIND_STAY, synth_chance(&c->random, 600) ? DIAGNOSIS_BIRTH : DIAGNOSIS_BIRTH_SURGERY,
              30);
}

struct progress {
    int32_t free_from;  /* first day the person can be seen again */
    int32_t last_birth; /* day of the last delivery */
    uint16_t operations[8];
    int operation_count;
};

static bool is_birth(uint16_t diagnosis) {
    return diagnosis == DIAGNOSIS_BIRTH || diagnosis == DIAGNOSIS_BIRTH_SURGERY;
}

/* No organ is removed twice, no delivery follows another within eleven months. */
static bool possible(const struct progress *progress, const struct event *event) {
    if (synth_diagnoses[event->diagnosis].code[0] == 'O' || event->diagnosis == DIAGNOSIS_PREGNANCY) {
        if (progress->last_birth && event->day - progress->last_birth < 330) return false;
    }
    if (event->kind != KIND_STAY) return true;
    for (int i = 0; i < progress->operation_count; i++) {
        if (progress->operations[i] == event->diagnosis) return false;
    }
    return true;
}

static void note_progress(struct progress *progress, const struct synth_claim *claim) {
    int32_t last = synth_claim_day(claim);
    int32_t rest = claim->kind == KIND_STAY                                     ? 9
                   : claim->kind == KIND_COURSE || claim->kind == KIND_DAY_STAY ? 5
                                                                                : 3;
    progress->free_from = last + rest;
    if (is_birth(claim->diagnosis)) progress->last_birth = last;
    if (claim->operated && progress->operation_count < 8) {
        progress->operations[progress->operation_count++] = claim->diagnosis;
    }
}

/* An appointment at the hospital that treated a referred patient. */
static void add_revisit(const struct synth_setting *setting, struct synth_case *c, struct synth_claim *stay,
                        struct progress *progress) {
    if (stay->route != SYNTH_REFERRED || stay->goes_to >= 0 || !synth_chance(&c->random, 350)) return;
    int32_t day = synth_claim_day(stay) + synth_between(&c->random, 14, 30);
    if (synth_weekday(day) == 6) day++;
    struct synth_wish wish = synth_wish_for(day, KIND_EXAM, stay->diagnosis);
    wish.facility = stay->facility;
    wish.route = SYNTH_REVISIT;
    if (is_birth(stay->diagnosis) || !synth_visit(setting, c, &c->persons[0], &wish)) return;
    stay->revisit = day;
    progress->free_from = day + 3;
}

void synth_history(const struct synth_setting *setting, struct synth_case *c) {
    struct synth_random *random = &c->random;
    const struct synth_person *person = &c->persons[0];
    int age = synth_age(person->birth, setting->first);
    struct plan plan = {.count = 0};
    plan_illness(setting, c, &plan, age);
    plan_chronic_care(setting, c, &plan, age);
    plan_birth(setting, c, &plan, age);
    struct progress progress = {.free_from = setting->first};
    for (int i = 0; i < plan.count; i++) {
        const struct event *event = &plan.events[i];
        /* a stay is planned by its discharge: it must not reach back before the last care */
        int32_t reach = event->kind == KIND_STAY     ? 3 + synth_diagnoses[event->diagnosis].days * 3
                        : event->kind == KIND_COURSE ? 11
                                                     : 0;
        if (event->day - reach < progress.free_from || !possible(&progress, event)) continue;
        struct synth_wish wish = synth_wish_for(event->day, event->kind, event->diagnosis);
        wish.supply_days = event->supply_days;
        bool injury = synth_diagnoses[event->diagnosis].code[0] == 'S';
        wish.emergency = (event->kind == KIND_STAY || event->kind == KIND_EXAM) &&
                         synth_chance(random, injury                     ? 350
                                              : event->kind == KIND_STAY ? 120
                                                                         : 18);
        struct synth_claim *claim = synth_visit_unbilled(setting, c, person, &wish);
        if (!claim) continue;
        if (claim->start / SYNTH_MINUTES < progress.free_from) { /* a long stay after all */
            c->claim_count--;
            continue;
        }
        bool died =
            claim->kind == KIND_STAY && age >= 60 && !is_birth(claim->diagnosis) && synth_chance(random, 12);
        if (died) claim->result = 5;
        synth_bill(setting, c, claim);
        if (died) break;
        note_progress(&progress, claim);
        if (claim->kind == KIND_STAY) add_revisit(setting, c, claim, &progress);
    }
    synth_check_five_years(c, &c->persons[0]);
}

void synth_check_five_years(const struct synth_case *c, struct synth_person *person) {
    int64_t by_year[16] = {0};
    int32_t latest = 0;
    for (int i = 0; i < c->claim_count; i++) {
        const struct synth_claim *claim = &c->claims[i];
        if (claim->person != person) continue;
        int32_t day = synth_claim_day(claim);
        by_year[synth_year(day) % 16] += claim->money.copay;
        if (day > latest) latest = day;
    }
    for (int i = 0; i < 16; i++) {
        /* far below six base salaries of any year: 8 million dong */
        if (by_year[i] > INT64_C(800000000) && person->five_years <= latest) person->five_years = 0;
    }
}

struct synth_person_wish synth_anybody(int age_from, int age_to) {
    return (struct synth_person_wish){
        .age_from = age_from, .age_to = age_to, .home_tier = -1, .province = -1};
}

struct synth_person *synth_case_person(const struct synth_setting *setting, struct synth_case *c,
                                       struct synth_person_wish wish) {
    wish.index = c->index;
    wish.member = 0;
    c->person_count = 1;
    synth_person_make(setting, &c->random, &c->persons[0], &wish);
    return &c->persons[0];
}

void synth_ordinary(const struct synth_setting *setting, struct synth_case *c) {
    static const uint32_t shares[] = {30, 150, 320, 600, 850, 980, 1000};
    static const int8_t from[] = {-2, 0, 6, 18, 40, 60, 80}, to[] = {-1, 5, 17, 39, 59, 79, 94};
    uint32_t band = synth_weighted(&c->random, shares, 7);
    synth_case_person(setting, c, synth_anybody(from[band], to[band]));
    synth_history(setting, c);
}
