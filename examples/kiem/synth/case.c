#include "case.h"

#include <stdlib.h>
#include <string.h>

void synth_case_start(struct synth_case *c, uint64_t seed, uint64_t index) {
    c->index = index;
    c->person_count = 0;
    c->claim_count = 0;
    c->line_count = 0;
    synth_random_start(&c->random, seed, index);
}

void synth_case_close(struct synth_case *c) {
    free(c->lines);
    c->lines = NULL;
    c->line_capacity = 0;
}

struct synth_claim *synth_case_claim(struct synth_case *c) {
    if (c->claim_count == SYNTH_CASE_CLAIMS) return NULL;
    struct synth_claim *claim = &c->claims[c->claim_count++];
    *claim = (struct synth_claim){.came_from = -1,
                                  .goes_to = -1,
                                  .card_after = -1,
                                  .related = -1,
                                  .also = "",
                                  .severity = 1024,
                                  .result = 2,
                                  .discharge = 1,
                                  .first_line = c->line_count};
    return claim;
}

static bool make_room(struct synth_case *c, uint32_t more) {
    if (c->line_count + more <= c->line_capacity) return true;
    uint32_t capacity = c->line_capacity ? c->line_capacity * 2 : 4096;
    while (capacity < c->line_count + more) capacity *= 2;
    struct synth_line *grown = realloc(c->lines, capacity * sizeof *grown);
    if (!grown) {
        c->no_memory = true;
        return false;
    }
    c->lines = grown;
    c->line_capacity = capacity;
    return true;
}

struct synth_line *synth_case_line(struct synth_case *c, struct synth_claim *claim) {
    bool last = claim->first_line + claim->line_count == c->line_count;
    if (!make_room(c, last ? 1 : claim->line_count + 1)) return NULL;
    if (!last) {
        memcpy(c->lines + c->line_count, c->lines + claim->first_line, claim->line_count * sizeof *c->lines);
        claim->first_line = c->line_count;
        c->line_count += claim->line_count;
    }
    struct synth_line *line = &c->lines[c->line_count++];
    claim->line_count++;
    *line = (struct synth_line){.ratio_service = 100, .ratio_paid = 100, .done = -1, .resulted = -1};
    return line;
}

struct synth_claim *synth_case_copy(struct synth_case *c, const struct synth_claim *claim) {
    struct synth_claim *copy = synth_case_claim(c);
    if (!copy || !make_room(c, claim->line_count)) return NULL;
    *copy = *claim;
    copy->first_line = c->line_count;
    copy->planted = copy->trap = NULL;
    copy->note = copy->trap_note = NULL;
    copy->amount = 0;
    copy->related = -1;
    memcpy(c->lines + c->line_count, c->lines + claim->first_line, claim->line_count * sizeof *c->lines);
    c->line_count += claim->line_count;
    return copy;
}

const struct synth_card *synth_claim_card(const struct synth_claim *claim) {
    return claim->card_changed ? &claim->printed : &claim->person->cards[claim->card];
}

bool synth_is_inpatient(const struct synth_claim *claim) {
    return claim->kind == KIND_STAY || claim->kind == KIND_SHORT_STAY;
}

int32_t synth_claim_day(const struct synth_claim *claim) {
    return (int32_t)(claim->end / SYNTH_MINUTES);
}

int synth_treatment_days(const struct synth_claim *claim) {
    int32_t last = synth_claim_day(claim), first = (int32_t)(claim->start / SYNTH_MINUTES);
    switch (claim->kind) {
    case KIND_EXAM:
    case KIND_SHORT_STAY: return 0;
    case KIND_CHRONIC: return claim->supply_days;
    case KIND_PICKUP: return last >= synth_day(2025, 1, 1) ? claim->supply_days : 0; /* 4750 until then */
    case KIND_CHRONIC_SERVICE: return 1;
    default: return (int)(last - first + 1); /* every day of a course has a service */
    }
}
