#include "bill.h"

static const struct synth_facility *facility_of(const struct synth_setting *setting,
                                                const struct synth_claim *claim) {
    return &setting->world.facilities[claim->facility];
}

/* Prices of exams and beds go by class, all service prices rise with the lists of 2025. */
static int64_t service_price(const struct synth_facility *f, uint16_t item, int32_t day) {
    static const uint16_t by_class[5] = {1150, 1120, 1000, 900, 830};
    int64_t price = synth_items[item].price;
    uint8_t group = synth_items[item].group;
    if (group >= GROUP_EXAM && group <= GROUP_BED) price = price * by_class[f->class_rank] / 1000;
    if (day >= synth_day(2025, 1, 1)) price = price * 108 / 100;
    return price / 100000 * 100000; /* whole hundreds of dong */
}

/* Each facility buys at its own price; cheap tablets keep three decimals. */
static int64_t bought_price(const struct synth_setting *setting, const struct synth_claim *claim,
                            uint16_t item) {
    const struct synth_facility *f = facility_of(setting, claim);
    int64_t price = synth_items[item].price;
    uint64_t bits = synth_mix((uint64_t)(uint32_t)claim->facility, item);
    price = price * f->drug_price / 1000 * (int64_t)(850 + bits % 300) / 1000;
    if (price > 1000000) price = price / 1000 * 1000;
    const int64_t ceiling = synth_items[item].ceiling * 10; /* thousandths */
    return ceiling && price > ceiling * 11 / 10 ? ceiling * 11 / 10 : price;
}

static uint16_t some_doctor(const struct synth_setting *setting, struct synth_case *c,
                            const struct synth_claim *claim) {
    return (uint16_t)synth_below(&c->random, facility_of(setting, claim)->doctors);
}

/* Puts the order, the work and the result of a line inside the visit. */
static void place_line(struct synth_case *c, const struct synth_claim *claim, struct synth_line *line) {
    int32_t span = (int32_t)(claim->end - claim->start);
    uint8_t group = synth_items[line->item].group;
    int32_t minutes = synth_items[line->item].minutes;
    if (group == GROUP_EXAM) {
        line->ordered = span < 200 ? span / 20 : 10;
        line->resulted = span < 200 ? span / 5 : 20;
        return;
    }
    if (group == GROUP_BED || group == GROUP_DAY_BED) {
        line->ordered = claim->admitted ? (int32_t)(claim->admitted - claim->start) : span / 5;
        line->resulted = span;
        return;
    }
    int32_t latest = span - minutes - 10;
    int32_t earliest = span * 2 / 10;
    if (span > SYNTH_MINUTES) earliest = claim->admitted ? (int32_t)(claim->admitted - claim->start) + 5 : 60;
    if (latest < earliest) latest = earliest;
    line->ordered = synth_between(&c->random, earliest, latest);
    if (group == GROUP_DRUG && span <= SYNTH_MINUTES) line->ordered = span * 8 / 10;
    if (group == GROUP_SUPPLY) return;
    line->done = line->ordered + (span - line->ordered > minutes + 5 ? 5 : 0);
    line->resulted = line->done + minutes < span ? line->done + minutes : span;
    if (group == GROUP_DRUG || group == GROUP_BLOOD) line->resulted = -1;
}

struct synth_line *synth_add_item(const struct synth_setting *setting, struct synth_case *c,
                                  struct synth_claim *claim, uint16_t item, int64_t quantity) {
    struct synth_line *line = synth_case_line(c, claim);
    if (!line) return NULL;
    const struct synth_item *what = &synth_items[item];
    bool bought = what->group == GROUP_DRUG || what->group == GROUP_SUPPLY || what->group == GROUP_BLOOD;
    line->item = item;
    line->quantity = quantity * 1000;
    line->price_bv = bought ? bought_price(setting, claim, item)
                            : service_price(facility_of(setting, claim), item, synth_claim_day(claim));
    line->price_bh = line->price_bv;
    if (what->ceiling && line->price_bh > what->ceiling * 10) line->price_bh = what->ceiling * 10;
    char digit = synth_claim_card(claim)->group[2];
    /* the percentages of the lists do not bind levels 1 and 5 */
    line->ratio_paid = what->ratio && (digit == '1' || digit == '5') ? 100 : what->ratio;
    line->doctor = some_doctor(setting, c, claim);
    line->performer = some_doctor(setting, c, claim);
    place_line(c, claim, line);
    return line;
}

void synth_exam_line(const struct synth_setting *setting, struct synth_case *c, struct synth_claim *claim,
                     int ratio) {
    struct synth_line *line = synth_add_item(setting, c, claim, ITEM_EXAM, 1);
    if (line) line->ratio_service = (uint8_t)ratio;
}

/* Bed days: out minus in, one more for the dead, one for a stay of 4 to 24 hours. */
static void add_beds(const struct synth_setting *setting, struct synth_case *c, struct synth_claim *claim) {
    int32_t last = synth_claim_day(claim), first = (int32_t)(claim->admitted / SYNTH_MINUTES);
    int32_t days = last - first;
    if (claim->end - claim->admitted < SYNTH_MINUTES) days = 1;
    if (claim->result == 5 && claim->end - claim->admitted >= SYNTH_MINUTES) days++;
    if (claim->kind == KIND_DAY_STAY) {
        synth_add_item(setting, c, claim, ITEM_BED_DAY, days);
        return;
    }
    int32_t intensive = 0;
    if (claim->severity > 2600 && setting->world.facilities[claim->facility].tier >= SYNTH_PROVINCIAL) {
        intensive = days / 3;
    }
    if (intensive > 0) synth_add_item(setting, c, claim, ITEM_BED_ICU, intensive);
    days -= intensive;
    int32_t surgical = claim->operated ? (days < 10 ? days : 10) : 0; /* surgical price ends on day 10 */
    if (surgical > 0) synth_add_item(setting, c, claim, ITEM_BED_SURGICAL, surgical);
    if (days > surgical) synth_add_item(setting, c, claim, ITEM_BED_MEDICAL, days - surgical);
}

static void add_implants(const struct synth_setting *setting, struct synth_case *c, struct synth_claim *claim,
                         uint16_t operation) {
    switch (operation) {
    case ITEM_BONE_FIXATION:
        synth_add_item(setting, c, claim, ITEM_PLATE, 1);
        synth_add_item(setting, c, claim, ITEM_SCREW, synth_between(&c->random, 4, 8));
        break;
    case ITEM_HIP: synth_add_item(setting, c, claim, ITEM_HIP_JOINT, 1); break;
    case ITEM_STENTING:
        synth_add_item(setting, c, claim, ITEM_STENT, 1);
        synth_add_item(setting, c, claim, ITEM_BALLOON, synth_between(&c->random, 1, 2));
        break;
    case ITEM_CATARACT: synth_add_item(setting, c, claim, ITEM_LENS, 1); break;
    case ITEM_HERNIA: synth_add_item(setting, c, claim, ITEM_MESH, 1); break;
    default: break;
    }
}

static int32_t days_of_drugs(struct synth_case *c, const struct synth_claim *claim) {
    if (claim->kind == KIND_CHRONIC || claim->kind == KIND_PICKUP) return claim->supply_days;
    if (claim->kind == KIND_EXAM) return synth_between(&c->random, 4, 10);
    int32_t days = (int32_t)((claim->end - claim->start) / SYNTH_MINUTES);
    return days < 1 ? 1 : days;
}

/* A course of outpatient treatment has a service on each of its days. */
static void add_course(const struct synth_setting *setting, struct synth_case *c, struct synth_claim *claim) {
    uint8_t profile = synth_diagnoses[claim->diagnosis].profile;
    uint16_t first = profile == PROFILE_WOUND || profile == PROFILE_SKIN ? ITEM_DRESSING : ITEM_ACUPUNCTURE;
    uint16_t second = first == ITEM_ACUPUNCTURE ? ITEM_EXERCISE : ITEM_GAUZE;
    int32_t days = synth_claim_day(claim) - (int32_t)(claim->start / SYNTH_MINUTES) + 1;
    if (days == 1) return; /* a single session is in the profile */
    for (int32_t day = 0; day < days; day++) {
        for (int i = 0; i < 2; i++) {
            struct synth_line *line = synth_add_item(setting, c, claim, i ? second : first, 1);
            if (!line) return;
            line->ordered = day * SYNTH_MINUTES + 12 + 20 * i;
            if (synth_items[line->item].group == GROUP_SUPPLY) continue;
            line->done = line->ordered;
            line->resulted = line->ordered + 15;
        }
    }
}

static bool available(const struct synth_setting *setting, const struct synth_claim *claim,
                      const struct synth_item *item) {
    int tier = facility_of(setting, claim)->tier;
    if (item->group > GROUP_FUNCTION) return true;
    if (tier == SYNTH_COMMUNE) return item->price < 90000000; /* simple tests only */
    return tier > SYNTH_DISTRICT || item->price < 680000000;
}

static void add_orders(const struct synth_setting *setting, struct synth_case *c, struct synth_claim *claim) {
    const struct synth_diagnosis *diagnosis = &synth_diagnoses[claim->diagnosis];
    bool ward = claim->kind == KIND_STAY || claim->kind == KIND_SHORT_STAY;
    if (claim->kind == KIND_DAY_STAY) ward = diagnosis->profile != PROFILE_JOINTS;
    const struct synth_order *order = synth_profile(diagnosis->profile, ward);
    int32_t days = days_of_drugs(c, claim);
    for (; order->item != SYNTH_NO_ITEM; order++) {
        const struct synth_item *item = &synth_items[order->item];
        bool bought = item->group == GROUP_DRUG || item->group == GROUP_SUPPLY || item->group == GROUP_BLOOD;
        if (claim->kind == KIND_PICKUP && item->group != GROUP_DRUG) continue;
        if (!available(setting, claim, item)) continue;
        uint32_t likely = order->permille * claim->severity / 1024;
        uint32_t limit = order->permille > 985 ? 1000 : 500 + order->permille / 2;
        if (likely > limit) likely = limit;
        if (order->permille > 985) likely = order->permille; /* never left out */
        if (!synth_chance(&c->random, likely)) continue;
        int32_t count = synth_between(&c->random, order->low, order->high);
        if (order->how == ORDER_DAILY) count *= days;
        struct synth_line *line = synth_add_item(setting, c, claim, order->item, count);
        if (!line) return;
        if (order->how == ORDER_DAILY && bought) {
            line->per_day = (uint8_t)(count / days);
            line->days = (uint8_t)days;
        }
        if (order->item == ITEM_CT_CHEST) synth_add_item(setting, c, claim, ITEM_CONTRAST, 1);
    }
}

/* Long treatment always brings its drug. */
static void add_missing_drug(const struct synth_setting *setting, struct synth_case *c,
                             struct synth_claim *claim) {
    const struct synth_order *order = synth_profile(synth_diagnoses[claim->diagnosis].profile, 0);
    for (uint32_t i = 0; i < claim->line_count; i++) {
        if (synth_items[synth_lines(c, claim)[i].item].group == GROUP_DRUG) return;
    }
    while (order->item != SYNTH_NO_ITEM && synth_items[order->item].group != GROUP_DRUG) order++;
    uint16_t item = order->item == SYNTH_NO_ITEM ? ITEM_VITAMIN_B : order->item;
    struct synth_line *line = synth_add_item(setting, c, claim, item, claim->supply_days);
    if (!line) return;
    line->per_day = 1;
    line->days = claim->supply_days;
}

/* Now and then the patient pays a part: a bed or an exam asked for, or a thing the fund does not know. */
static void add_own_payments(const struct synth_setting *setting, struct synth_case *c,
                             struct synth_claim *claim) {
    if (synth_claim_card(claim)->group[2] == '5' || claim->kind == KIND_PICKUP) return;
    if (synth_chance(&c->random, 45))
        synth_add_item(setting, c, claim, ITEM_OWN_PAID, synth_between(&c->random, 1, 2));
    if (facility_of(setting, claim)->tier < SYNTH_PROVINCIAL || !synth_chance(&c->random, 120)) return;
    for (uint32_t i = 0; i < claim->line_count; i++) {
        struct synth_line *line = &synth_lines(c, claim)[i];
        uint8_t group = synth_items[line->item].group;
        if (group == GROUP_EXAM || group == GROUP_BED) line->price_bv = line->price_bh * 3 / 2 / 1000 * 1000;
    }
}

int64_t synth_share(int64_t amount, uint32_t permille) {
    return (amount * (int64_t)permille + 500) / 1000;
}

uint32_t synth_due(const struct synth_setting *setting, const struct synth_claim *claim) {
    const struct synth_card *card = synth_claim_card(claim);
    struct synth_entitlement e = {
        .group = card->group,
        .digit = card->group[2],
        .area = claim->person->area,
        .route = claim->route,
        .inpatient = synth_is_inpatient(claim),
        .exempt = claim->exempt,
        .discharge = synth_claim_day(claim),
        .in_scope = claim->money.bh,
        .facility = facility_of(setting, claim),
    };
    return synth_rate_due(&e);
}

/* Quantity and price carry three decimals each, amounts two: rounded half up once, at the end. A line stays
 * below 900 million dong, so nothing overflows. */
static void line_amounts(struct synth_line *line) {
    if (line->broken) return;
    int64_t ratio = (int64_t)line->ratio_service * line->ratio_paid;
    line->amount_bv = (line->quantity * line->price_bv * line->ratio_service + 500000) / 1000000;
    line->amount_bh = (line->quantity * line->price_bh * ratio + 50000000) / 100000000;
}

/* Other sources are taken from what the patient pays first, then from the co-payment: 3176, XML2 and XML3. */
static void give_charity(struct synth_line *line) {
    int64_t rest = line->copay * 6 / 10 + line->own;
    int64_t from_own = rest < line->own ? rest : line->own;
    line->own -= from_own;
    line->copay -= rest - from_own;
    line->other = rest;
}

void synth_settle(const struct synth_setting *setting, struct synth_case *c, struct synth_claim *claim) {
    struct synth_line *lines = synth_lines(c, claim);
    struct synth_money *money = &claim->money;
    *money = (struct synth_money){0};
    for (uint32_t i = 0; i < claim->line_count; i++) {
        line_amounts(&lines[i]);
        money->bh += lines[i].amount_bh;
    }
    if (!claim->force_rate) claim->rate = (uint16_t)synth_due(setting, claim);
    for (uint32_t i = 0; i < claim->line_count; i++) {
        struct synth_line *line = &lines[i];
        uint8_t group = synth_items[line->item].group;
        line->rate = claim->rate;
        line->fund = synth_share(line->amount_bh, line->rate);
        line->copay = line->amount_bh - line->fund;
        line->own = line->amount_bv - line->amount_bh;
        line->other = 0;
        if (claim->charity) give_charity(line);
        money->bv += line->amount_bv;
        money->own += line->own;
        money->copay += line->copay;
        money->fund += line->fund;
        money->other += line->other;
        if (group == GROUP_DRUG || group == GROUP_BLOOD) money->drugs += line->amount_bv;
        if (group == GROUP_SUPPLY) money->supplies += line->amount_bv;
    }
}

/* Where it is not settled whether a small bill off the usual way is free, the bill is not small. */
static void keep_clear_of_small_bill(const struct synth_setting *setting, struct synth_case *c,
                                     struct synth_claim *claim) {
    static const uint16_t tests[] = {ITEM_ULTRASOUND, ITEM_BLOOD_COUNT, ITEM_ECG, ITEM_XRAY_CHEST,
                                     ITEM_URINE,      ITEM_CRP,         ITEM_ECHO};
    int64_t line = synth_small_bill((int32_t)(claim->end / SYNTH_MINUTES)) * 11 / 10;
    for (size_t i = 0; i < sizeof tests / sizeof *tests && claim->money.bh < line; i++) {
        synth_add_item(setting, c, claim, tests[i], 1);
        synth_settle(setting, c, claim);
    }
}

void synth_bill(const struct synth_setting *setting, struct synth_case *c, struct synth_claim *claim) {
    const struct synth_diagnosis *diagnosis = &synth_diagnoses[claim->diagnosis];
    const struct synth_facility *f = facility_of(setting, claim);
    static const uint16_t by_tier[SYNTH_TIERS] = {650, 1000, 1150, 1400};
    bool ward = claim->kind == KIND_STAY || claim->kind == KIND_DAY_STAY;
    uint32_t severity = synth_lognormal(&c->random, ward ? 380 : 300);
    claim->severity = (uint32_t)((uint64_t)claim->severity * severity / 1024 * by_tier[f->tier] / 1000);
    if (claim->kind != KIND_PICKUP && claim->exam) {
        synth_exam_line(setting, c, claim, 100);
        /* a second specialty in the same visit counts 30 % */
        if (claim->kind == KIND_EXAM && f->tier >= SYNTH_DISTRICT && synth_chance(&c->random, 40)) {
            synth_exam_line(setting, c, claim, 30);
        }
    }
    if (ward) add_beds(setting, c, claim);
    if (claim->operated && diagnosis->operation) {
        synth_add_item(setting, c, claim, diagnosis->operation, 1);
        add_implants(setting, c, claim, diagnosis->operation);
    }
    if (claim->kind == KIND_COURSE) add_course(setting, c, claim);
    add_orders(setting, c, claim);
    if (claim->kind == KIND_CHRONIC || claim->kind == KIND_PICKUP) add_missing_drug(setting, c, claim);
    if (setting->options->standard == 4210 && claim->line_count == 0) { /* VSS sends back what is zero */
        synth_add_item(setting, c, claim, ITEM_EXERCISE, 1);
    }
    add_own_payments(setting, c, claim);
    synth_settle(setting, c, claim);
    if (claim->pad) keep_clear_of_small_bill(setting, c, claim);
}
