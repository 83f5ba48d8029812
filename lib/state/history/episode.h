/* One claim as patient history remembers it. */
#ifndef KM_STATE_EPISODE_H
#define KM_STATE_EPISODE_H

#include "claim/care.h"
#include "state/history/course.h"

/* At most 88 bytes a claim, besides the text of its MA_LK: a national year is 180 million of them. */
typedef struct km_episode {
    uint64_t person;
    km_minute in, out; /* out is never before in; without NGAY_RA it is in */
    uint64_t facility, icd;
    uint64_t fingerprint;       /* of the fields that make two claims equal, amounts apart */
    int64_t fund, copay, total; /* hundredths of a dong, KM_NO_AMOUNT when NULL */
    uint64_t about;             /* birth, sex, card, kind, result: see below */
    uint64_t key;               /* where its MA_LK lies in the texts of its run: start << 16 | length */
    uint32_t name;              /* km_name_sign, 0 when not known */
    uint32_t row;               /* number of the row in the job + 1; 0 for a claim of a saved state */
} km_episode;

_Static_assert(sizeof(km_episode) <= 88, "an episode has grown");

#define KM_NO_AMOUNT INT64_MIN

/* Times outside these come from no reader: 1900 to 2199. */
#define KM_EPISODE_FIRST ((km_minute)-36816480)
#define KM_EPISODE_LAST  ((km_minute)120968639)

enum {
    KM_ABOUT_BIRTH = 0, /* 18 bits: year - 1899, month, day; 0 unknown */
    KM_ABOUT_CARD = 18, /* 27 bits: group, level and province of the card in base 37; 0 unknown */
    KM_ABOUT_KIND = 45, /* 7 bits: the two digits of km_kind_code + 1; 0 NULL, KM_KIND_OTHER any other text */
    KM_ABOUT_SEX = 52,  /* 2 bits: GIOI_TINH; 0 unknown */
    KM_ABOUT_RESULT = 54,      /* 4 bits: KET_QUA_DTRI; 0 unknown */
    KM_ABOUT_SENT_ON = 58,     /* the record says that the patient went on to another facility */
    KM_ABOUT_CAME_FROM = 59,   /* or came from one */
    KM_ABOUT_LONG_COURSE = 60, /* km_is_long_course */
    KM_ABOUT_ORGAN = 61,       /* 2 bits: km_organ */
    KM_ABOUT_BITS = 63
};
enum {
    KM_KIND_OTHER = 127,
    KM_KIND_DAY_STAY = 5, /* 04 + 1 */
    KM_KIND_PICKUP = 8,   /* 07 + 1 */
    KM_RESULT_DEATH = 5
};

static inline unsigned km_episode_bits(const km_episode *episode, int at, int bits) {
    return (unsigned)(episode->about >> at) & ((1u << bits) - 1);
}
static inline unsigned km_episode_birth(const km_episode *episode) {
    return km_episode_bits(episode, KM_ABOUT_BIRTH, 18);
}
static inline unsigned km_episode_card(const km_episode *episode) {
    return km_episode_bits(episode, KM_ABOUT_CARD, 27);
}
static inline unsigned km_episode_kind(const km_episode *episode) {
    return km_episode_bits(episode, KM_ABOUT_KIND, 7);
}
static inline unsigned km_episode_sex(const km_episode *episode) {
    return km_episode_bits(episode, KM_ABOUT_SEX, 2);
}
static inline unsigned km_episode_result(const km_episode *episode) {
    return km_episode_bits(episode, KM_ABOUT_RESULT, 4);
}
static inline bool km_episode_flag(const km_episode *episode, int at) {
    return episode->about >> at & 1;
}
static inline km_organ km_episode_organ(const km_episode *episode) {
    return (km_organ)km_episode_bits(episode, KM_ABOUT_ORGAN, 2);
}

/* NGAY_SINH and GIOI_TINH of a batch as an episode keeps them. */
unsigned km_birth_bits(int64_t packed);
unsigned km_sex_bits(int64_t sex);

/* A stay: kinds 03, 04, 06, 09. A visit: 01, 02, 05, 07, 08. As km_care_of has it. */
static inline bool km_episode_is_stay(const km_episode *episode) {
    unsigned kind = km_episode_kind(episode);
    return kind < 16 && (1u << 4 | 1u << 5 | 1u << 7 | 1u << 10) >> kind & 1;
}
static inline bool km_episode_is_visit(const km_episode *episode) {
    unsigned kind = km_episode_kind(episode);
    return kind < 16 && (1u << 2 | 1u << 3 | 1u << 6 | 1u << 8 | 1u << 9) >> kind & 1;
}

/* The columns of a batch that episodes are made from. */
typedef struct km_episode_reader {
    const km_batch *batch;
    const km_courses *courses;
    km_cells in, out, facility, icd, fund, copay, year, month, birth, sex, result, leave, route, from, onward;
    km_kind kind;
    km_total total;
} km_episode_reader;

/* Adds those columns to a set. */
void km_episode_columns(km_fieldset *set);
/* `courses` may be NULL: then no claim is part of a long course. */
km_episode_reader km_episode_reader_of(const km_batch *batch, const km_courses *courses);

typedef enum km_episode_result_code {
    KM_EPISODE_READ = 0,
    KM_EPISODE_NO_PERSON,
    KM_EPISODE_NO_TIME
} km_episode_result_code;

/* Everything but key and row. *citizen is the citizen number that stands beside the card number, or
 * KM_NO_PERSON. A newborn under the card of somebody else is a person of its own. */
km_episode_result_code km_episode_read(const km_episode_reader *reader, uint32_t row, km_episode *out,
                                       uint64_t *citizen);

/* The order of a run: person, in, out, facility, MA_LK, fingerprint, then the rest of the contents, so that
 * which of two claims is the later one does not hang on the order of the input. 0 for claims that are equal
 * in everything but their row. `texts` are those of each one's run. */
int km_episode_order(const km_episode *a, const char *a_texts, const km_episode *b, const char *b_texts);
/* The first part of that order: 0 for two records of the same claim, whose amounts may have been corrected
 * in between. */
int km_episode_order_by_self(const km_episode *a, const char *a_texts, const km_episode *b,
                             const char *b_texts);
/* The same, then by row. A km_compare; `texts` is the start of the texts of both. */
int km_episode_compare(const void *a, const void *b, const void *texts);

static inline km_text km_episode_key(const km_episode *episode, const char *texts) {
    return (km_text){texts + (episode->key >> 16), episode->key & UINT16_MAX};
}

#endif
