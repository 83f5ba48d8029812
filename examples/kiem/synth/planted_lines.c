/* Abnormal claims that show in one line, or in two lines side by side: drugs.csv and services.csv. */
#include "patterns.h"

static bool is_test(const struct synth_line *line) {
    uint8_t group = synth_items[line->item].group;
    return group >= GROUP_LAB && group <= GROUP_FUNCTION && line->done > 30;
}

static struct synth_line *first_line(struct synth_case *c, const struct synth_claim *claim,
                                     bool (*wanted)(const struct synth_line *line)) {
    for (uint32_t i = 0; i < claim->line_count; i++) {
        if (wanted(&synth_lines(c, claim)[i])) return &synth_lines(c, claim)[i];
    }
    return NULL;
}

static bool paid_stay(const struct synth_setting *setting, const struct synth_case *c,
                      const struct synth_claim *claim) {
    (void)setting;
    (void)c;
    return claim->kind == KIND_STAY && claim->money.fund > 0 && claim->result != 5;
}

static bool paid_visit(const struct synth_setting *setting, const struct synth_case *c,
                       const struct synth_claim *claim) {
    (void)setting;
    (void)c;
    return claim->kind == KIND_EXAM && claim->exam && claim->money.fund > 0 && claim->rate == 1000 &&
           claim->route != SYNTH_OWN_CHOICE;
}

static bool tested_visit(const struct synth_setting *setting, const struct synth_case *c,
                         const struct synth_claim *claim) {
    (void)setting;
    if (claim->kind != KIND_EXAM || claim->route == SYNTH_EMERGENCY) return false;
    for (uint32_t i = 0; i < claim->line_count; i++) {
        if (is_test(&synth_lines(c, claim)[i])) return true;
    }
    return false;
}

static bool has_ceiling(const struct synth_line *line) {
    return synth_items[line->item].ceiling > 0;
}

static bool with_implant(const struct synth_setting *setting, const struct synth_case *c,
                         const struct synth_claim *claim) {
    (void)setting;
    for (uint32_t i = 0; i < claim->line_count && claim->money.fund > 0; i++) {
        if (has_ceiling(&synth_lines(c, claim)[i])) return true;
    }
    return false;
}

/* Staining is a step of the culture. */
bool synth_plant_component(const struct synth_setting *setting, struct synth_case *c, bool small) {
    (void)small;
    struct synth_claim *claim = synth_find_claim(setting, c, paid_stay);
    if (!claim || !synth_add_item(setting, c, claim, ITEM_CULTURE, 1) ||
        !synth_add_item(setting, c, claim, ITEM_STAIN, 1))
        return false;
    synth_settle(setting, c, claim);
    synth_mark_planted(claim, "component_beside_whole", synth_lines(c, claim)[claim->line_count - 1].fund,
                       "a staining beside the culture that contains it");
    return true;
}

bool synth_plant_second_exam(const struct synth_setting *setting, struct synth_case *c, bool small) {
    (void)small;
    struct synth_claim *claim = synth_find_claim(setting, c, paid_visit);
    if (!claim) return false;
    synth_exam_line(setting, c, claim, 100);
    synth_settle(setting, c, claim);
    synth_mark_planted(claim, "second_exam_full", synth_lines(c, claim)[claim->line_count - 1].fund * 7 / 10,
                       "second exam of one visit at 100 %");
    return true;
}

bool synth_plant_ceiling(const struct synth_setting *setting, struct synth_case *c, bool small) {
    (void)small;
    struct synth_claim *claim = synth_find_claim(setting, c, with_implant);
    if (!claim) return false;
    struct synth_line *line = first_line(c, claim, has_ceiling);
    line->price_bh = line->price_bv = synth_items[line->item].ceiling * 10 / 100 * 108;
    synth_settle(setting, c, claim);
    synth_mark_planted(claim, "supply_above_ceiling", line->fund * 8 / 108,
                       "a supply above its payment ceiling");
    return true;
}

bool synth_plant_early_result(const struct synth_setting *setting, struct synth_case *c, bool small) {
    (void)small;
    struct synth_claim *claim = synth_find_claim(setting, c, tested_visit);
    if (!claim) return false;
    struct synth_line *line = first_line(c, claim, is_test);
    line->resulted = line->ordered - 20;
    synth_mark_planted(claim, "result_before_order", 0, "a result before its order");
    return true;
}
