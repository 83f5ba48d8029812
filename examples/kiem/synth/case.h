/* The claims of one person (with a newborn or two) while they are being made, with all their lines. */
#ifndef SYNTH_CASE_H
#define SYNTH_CASE_H

#include "law.h"
#include "person.h"

enum { SYNTH_CASE_CLAIMS = 640, SYNTH_CASE_PERSONS = SYNTH_MEMBERS };

/* MA_LOAI_KCB */
enum { KIND_EXAM = 1, KIND_COURSE = 2, KIND_STAY = 3, KIND_DAY_STAY = 4, KIND_CHRONIC = 5, KIND_PICKUP = 7 };
enum { KIND_CHRONIC_SERVICE = 8, KIND_SHORT_STAY = 9 };

struct synth_line {
    int64_t quantity, price_bv, price_bh;                  /* thousandths */
    int64_t amount_bv, amount_bh, own, copay, fund, other; /* hundredths of a dong */
    int32_t ordered, done, resulted;                       /* minutes after the start of the claim, -1 none */
    uint16_t item;
    uint16_t rate; /* thousandths */
    uint16_t doctor, performer;
    int32_t lent; /* index of the facility whose doctors these are + 1; 0: of the claim's */
    uint8_t ratio_service, ratio_paid; /* percent */
    uint8_t per_day, days;             /* of a drug */
    bool broken; /* amounts are kept as they are, though they no longer follow from quantity and price */
};

struct synth_money {
    int64_t drugs, supplies, bv, bh, own, copay, fund, other;
};

struct synth_claim {
    const struct synth_person *person;
    int32_t facility, came_from, goes_to; /* index, -1 none */
    int64_t start, admitted, end;         /* minutes since 1970; admitted 0 for outpatients */
    uint16_t diagnosis;
    const char *also; /* accompanying codes */
    uint8_t kind, result, discharge, accident, route;
    bool exempt;
    bool pad;      /* in-scope cost is kept above the small-bill line, where the law is not clear below it */
    uint16_t rate; /* thousandths; forced when force_rate */
    bool force_rate;
    bool operated, exam, charity;
    uint8_t supply_days;          /* of drugs given to take home */
    int32_t exempt_from, revisit; /* day, 0 none */
    int card, card_after;         /* index of the card shown, and of a second one, -1 none */
    bool card_changed;            /* the card below is printed in place of the person's */
    struct synth_card printed;
    const char *child_weights;
    uint32_t severity; /* 1024 is usual */
    uint32_t first_line, line_count;
    struct synth_money money;
    int settle_later;           /* months after the discharge */
    const char *trap, *planted; /* names of the labels, NULL none */
    const char *trap_note, *note;
    int64_t amount; /* fund money that is wrong, hundredths */
    int related;    /* index of the claim the note refers to, -1 none */
};

struct synth_case {
    uint64_t index;
    struct synth_random random;
    struct synth_person persons[SYNTH_CASE_PERSONS];
    int person_count;
    struct synth_claim claims[SYNTH_CASE_CLAIMS];
    int claim_count;
    struct synth_line *lines;
    uint32_t line_count, line_capacity;
    bool no_memory;
};

void synth_case_start(struct synth_case *c, uint64_t seed, uint64_t index);
void synth_case_close(struct synth_case *c);
/* NULL when the case is full. */
struct synth_claim *synth_case_claim(struct synth_case *c);
/* Adds a line to this claim, moving its lines to the end first when others came after. NULL: no memory. */
struct synth_line *synth_case_line(struct synth_case *c, struct synth_claim *claim);
/* A copy of a claim with its own lines; NULL when full. */
struct synth_claim *synth_case_copy(struct synth_case *c, const struct synth_claim *claim);

static inline struct synth_line *synth_lines(const struct synth_case *c, const struct synth_claim *claim) {
    return c->lines + claim->first_line;
}

const struct synth_card *synth_claim_card(const struct synth_claim *claim);
bool synth_is_inpatient(const struct synth_claim *claim);
int32_t synth_claim_day(const struct synth_claim *claim); /* of discharge */
/* SO_NGAY_DTRI by the rule of the discharge date */
int synth_treatment_days(const struct synth_claim *claim);

#endif
