/* The person of a claim as an exact 64-bit key: which claims belong to one patient.
 *
 * The ten characters inside the first card come first, since they stay with the person when the group, level
 * or province on the card changes; the citizen number only where there are none. A claim has one key and keys
 * are never chained: joining every number seen together would run whole clinics into one person through the
 * first number that many share. The kind of number stands in the top bits, so keys of two kinds never meet.
 */
#ifndef KM_STATE_PERSON_H
#define KM_STATE_PERSON_H

#include "base/buf.h"

enum { KM_NO_PERSON = 0 };

/* The two numbers a row can carry, each as a key of its own or KM_NO_PERSON. */
typedef struct km_person_numbers {
    uint64_t card, citizen;
    km_text whole_card; /* the card of the list that the key is from; empty without one */
} km_person_numbers;

/* `cards` is MA_THE_BHYT (a card of 15 characters, a list of them, or the bare ten), `citizen` is SO_CCCD (12
 * digits, or the 9 of an old identity card). Placeholders give no key: one character throughout,
 * 1234567890 and its like, a wrong length, no digit at all. The person is the card, where there is one. */
km_person_numbers km_person_numbers_of(km_text cards, km_text citizen);

/* Of a character of such a number: 1 to 36, or 0 for one that none has. */
static inline unsigned km_person_symbol(char c) {
    unsigned digit = (unsigned)((unsigned char)c - '0'), letter = ((unsigned char)c | 32u) - 'a';
    return digit < 10 ? digit + 1 : letter < 26 ? letter + 11 : 0;
}

/* The child treated under that number: a patient of its own. */
uint64_t km_person_newborn(uint64_t key);
bool km_person_is_newborn(uint64_t key);
/* A key that a citizen number alone gave. */
bool km_person_is_citizen(uint64_t key);
/* Whether a key is one that the calls above make: for keys read from a file. */
bool km_person_valid(uint64_t key);

/* Appends the number behind a key: the ten characters of the card, or the citizen number; "-newborn" follows
 * that of a newborn. */
void km_buf_person(km_buf *buf, uint64_t key);

#endif
