#include "state/history/facts.h"

#include <string.h>

enum { KIND_KNOWN = 1 << KM_PARTNER_COUNT, LONG_COURSE = KIND_KNOWN << 1 };

/* The key of the other claim follows, filled up to a multiple of 8 bytes. */
typedef struct partner {
    km_minute in, out;
    uint64_t facility, icd;
    uint16_t key_length;
    uint8_t result, sent_on;
    int32_t shared_minutes;
} partner;

_Static_assert(sizeof(partner) == 32, "a partner is kept in four words");

static size_t padded(size_t length) {
    return (length + 7) / 8 * 8;
}

static uint16_t narrow(uint32_t count) {
    return count < UINT16_MAX ? (uint16_t)count : UINT16_MAX;
}

static size_t partner_size(const km_text key) {
    return sizeof(partner) + padded(key.length);
}

/* Returns where the next one goes. */
static char *put_partner(char *to, const km_other *other) {
    const partner kept = {.in = other->in,
                          .out = other->out,
                          .facility = other->facility,
                          .icd = other->icd,
                          .key_length = (uint16_t)other->key.length,
                          .result = other->result,
                          .sent_on = other->sent_on,
                          .shared_minutes = other->shared_minutes};
    char *end = to + partner_size(other->key);
    memset(end - 8, 0, 8); /* of a key without length the end of the partner, which is written next */
    memcpy(to, &kept, sizeof kept);
    if (other->key.length) memcpy(to + sizeof kept, other->key.ptr, other->key.length);
    return end;
}

static km_facts facts_of(const km_episode *self, const km_visit *visit) {
    km_facts facts = {
        .row = self->row,
        .bytes = sizeof facts,
        .person = self->person,
        .same_diagnosis_7d = visit->same_diagnosis_7d,
        .inpatient_before_14d = visit->inpatient_before_14d,
        .births_within_180d = narrow(visit->births_within_180d),
        .distinct_cards = narrow(visit->distinct_cards),
        .has = (uint16_t)((visit->kind_known ? KIND_KNOWN : 0) | (visit->long_course ? LONG_COURSE : 0)),
        .in = self->in,
        .spend_365d = visit->spend_365d,
        .copay_year = visit->copay_year};
    for (int i = 0; i < KM_WINDOW_COUNT; i++) facts.visits[i] = visit->visits[i];
    for (int i = 0; i < KM_REACH_COUNT; i++) {
        facts.facilities[i] = visit->facilities[i];
        facts.visit_days[i] = narrow(visit->visit_days[i]);
    }
    return facts;
}

void km_facts_put(km_buf *to, const km_episode *episodes, uint32_t self, const km_visit *visit,
                  const char *texts) {
    km_facts facts = facts_of(&episodes[self], visit);
    for (int i = 0; i < KM_PARTNER_COUNT; i++) {
        if (visit->partner[i] == KM_NO_EPISODE) continue;
        facts.has |= (uint16_t)(1u << i);
        facts.bytes += (uint32_t)partner_size(km_episode_key(&episodes[visit->partner[i]], texts));
    }
    if (!km_buf_reserve(to, facts.bytes)) return;
    char *at = to->data + to->length;
    memcpy(at, &facts, sizeof facts);
    at += sizeof facts;
    for (unsigned left = facts.has & (KIND_KNOWN - 1u); left; left &= left - 1) {
        const uint32_t of = visit->partner[__builtin_ctz(left)];
        const km_other other = km_other_of(&episodes[self], &episodes[of], texts);
        at = put_partner(at, &other);
    }
    to->length += facts.bytes;
}

static void read_partners(const km_facts *facts, km_history_row *row) {
    const char *next = (const char *)(facts + 1);
    for (int i = 0; row->has >> i; i++) {
        partner kept;
        if (!(row->has >> i & 1)) continue;
        memcpy(&kept, next, sizeof kept);
        row->other[i] = (km_other){.in = kept.in,
                                   .out = kept.out,
                                   .facility = kept.facility,
                                   .icd = kept.icd,
                                   .result = kept.result,
                                   .sent_on = kept.sent_on,
                                   .shared_minutes = kept.shared_minutes,
                                   .key = {next + sizeof kept, kept.key_length}};
        next += sizeof kept + padded(kept.key_length);
    }
}

void km_facts_read(const km_facts *facts, bool partners, km_visit *visit, km_history_row *row) {
    for (int i = 0; i < KM_WINDOW_COUNT; i++) visit->visits[i] = facts->visits[i];
    for (int i = 0; i < KM_REACH_COUNT; i++) {
        visit->facilities[i] = facts->facilities[i];
        visit->visit_days[i] = facts->visit_days[i];
    }
    visit->same_diagnosis_7d = facts->same_diagnosis_7d;
    visit->inpatient_before_14d = facts->inpatient_before_14d;
    visit->births_within_180d = facts->births_within_180d;
    visit->distinct_cards = facts->distinct_cards;
    visit->spend_365d = facts->spend_365d;
    visit->copay_year = facts->copay_year;
    visit->kind_known = facts->has & KIND_KNOWN;
    visit->long_course = facts->has & LONG_COURSE;
    row->visit = visit;
    row->in = facts->in;
    row->has = partners ? facts->has & (KIND_KNOWN - 1u) : 0;
    read_partners(facts, row);
}
