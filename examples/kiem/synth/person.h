/* An invented person: numbers, name, home, and the cards held one after another. */
#ifndef SYNTH_PERSON_H
#define SYNTH_PERSON_H

#include "setting.h"

enum { SYNTH_MAX_CARDS = 12 };

struct synth_card {
    char group[4]; /* two letters and the digit */
    bool open_end; /* printed without a last day */
    int32_t from, to;
    int32_t facility; /* registered facility */
};

enum { SYNTH_BIRTH_YEAR, SYNTH_BIRTH_DAY, SYNTH_BIRTH_MINUTE };

enum { SYNTH_MEMBERS = 32 /* persons of one case */ };

struct synth_person {
    char number[11];      /* ten digits, one person for life; starts with no province */
    char card_number[11]; /* the same but for a newborn under the mother's card */
    char citizen[13];     /* empty when not given */
    uint8_t sex;
    uint8_t birth_known;
    int32_t birth;
    uint16_t birth_minute;
    uint8_t family, given[2];
    const char *name_before, *name_after; /* for newborns */
    uint8_t province, card_province;      /* index, and the code printed on the card */
    uint8_t area;                         /* K1..K3 */
    uint8_t people, job;                  /* codes of MA_DANTOC, MA_NGHE_NGHIEP */
    bool long_address;
    uint16_t ward;
    int32_t five_years; /* day of five years without a gap, 0 not given */
    struct synth_card cards[SYNTH_MAX_CARDS];
    int card_count;
};

struct synth_person_wish {
    uint64_t index;       /* of the case; with member it makes the numbers */
    int member;           /* below SYNTH_MEMBERS */
    int age_from, age_to; /* at the first day of the run */
    int sex;              /* 0 any */
    const char *group;    /* "GD4", or NULL for the usual mix */
    int home_tier;        /* -1 the usual mix */
    int province;         /* -1 any */
};

void synth_person_make(const struct synth_setting *setting, struct synth_random *random,
                       struct synth_person *person, const struct synth_person_wish *wish);
/* A newborn of this mother: TE1 card of its own, or the mother's card. */
void synth_newborn_make(const struct synth_setting *setting, struct synth_random *random,
                        struct synth_person *person, const struct synth_person *mother, uint64_t index,
                        int member, int64_t born, bool mothers_card);
void synth_add_card(struct synth_person *person, const char *group, int32_t from, int32_t to,
                    int32_t facility);
/* Gives the person one card for the whole run in place of those held. */
void synth_one_card(const struct synth_setting *setting, struct synth_person *person, const char *group);
/* Index of the card valid on this day, -1 without one. */
int synth_card_at(const struct synth_person *person, int32_t day);
/* The last day a child's card is valid: Decree 146/2018 Art. 13(2). */
int32_t synth_child_card_end(int32_t birth);

#endif
