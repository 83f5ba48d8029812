#include "state/history/person.h"

#include "base/eight.h"

enum {
    KIND_SHIFT = 60,
    CARD_KIND = 1,
    CITIZEN_KIND = 2,
    OLD_CITIZEN_KIND = 3,
    NEWBORN = 4, /* added to a kind */
    CARD_LENGTH = 15,
    CARD_PREFIX = 5, /* group, level, province */
    CARD_DIGITS = 10,
    CITIZEN_DIGITS = 12,
    OLD_CITIZEN_DIGITS = 9,
    BASE = 37 /* ten digits, 26 letters, and 0 for no character: ten of them fit in 53 bits */
};

/* Eight bytes, the first lowest, as a number: neighbours are brought together, then pairs, then fours. */
static inline uint64_t in_base(uint64_t eight, uint64_t base) {
    const uint64_t twos = 0x00FF00FF00FF00FF, fours = 0x0000FFFF0000FFFF;
    eight = (eight & twos) * base + (eight >> 8 & twos);
    eight = (eight & fours) * (base * base) + (eight >> 16 & fours);
    return (eight & UINT32_MAX) * (base * base * base * base) + (eight >> 32);
}

/* KM_NO_PERSON for what no number can be, and for what is typed to fill a field: one character throughout,
 * 1234567890 and the like, no digit at all. Numbers have eight characters and more, nearly always digits. */
static inline uint64_t key_of(km_text number, unsigned kind, bool letters) {
    const uint64_t base = letters ? BASE : 10, least = letters ? 1 : 0; /* of the digit 0 */
    const uint64_t first = km_low_first_8(number.ptr) ^ km_eight_times('0');
    const bool digits = !(((first + km_eight_times(0x76)) | first) & km_eight_times('\x80'));
    uint64_t packed = digits ? in_base(first + km_eight_times(1) * least, base) : 0;
    bool any_digit = digits, differ = digits && first != km_eight_times((char)(first & 0xFF));
    for (size_t i = digits ? 8 : 0; i < number.length; i++) {
        const unsigned s = km_person_symbol(number.ptr[i]); /* 0 becomes too large */
        if (s - 1 >= (letters ? BASE - 1 : 10)) return KM_NO_PERSON;
        any_digit = any_digit || s <= 10;
        differ = differ || number.ptr[i] != number.ptr[0];
        packed = packed * base + s - 1 + least;
    }
    const bool counts_up = number.ptr[0] == '1' && km_text_starts(KM_TEXT("123456789012"), number);
    if (!any_digit || !differ || counts_up) return KM_NO_PERSON;
    return (uint64_t)kind << KIND_SHIFT | packed;
}

static uint64_t digits_key(km_text number, unsigned kind) {
    return key_of(number, kind, false);
}

/* The first card of a list that is none of those typed to fill the field. */
static km_person_numbers card_of(km_text cards) {
    km_text rest = cards, card = {"", 0};
    while (km_text_split(&rest, ';', &card)) {
        card = km_text_trim(card);
        km_text number = card;
        if (card.length == CARD_LENGTH) number = (km_text){card.ptr + CARD_PREFIX, CARD_DIGITS};
        uint64_t key = number.length == CARD_DIGITS ? key_of(number, CARD_KIND, true) : KM_NO_PERSON;
        if (key != KM_NO_PERSON) return (km_person_numbers){.card = key, .whole_card = card};
    }
    return (km_person_numbers){.card = KM_NO_PERSON, .whole_card = {"", 0}};
}

static uint64_t citizen_key(km_text citizen) {
    citizen = km_text_trim(citizen);
    if (citizen.length == CITIZEN_DIGITS) return digits_key(citizen, CITIZEN_KIND);
    if (citizen.length == OLD_CITIZEN_DIGITS) return digits_key(citizen, OLD_CITIZEN_KIND);
    return KM_NO_PERSON;
}

km_person_numbers km_person_numbers_of(km_text cards, km_text citizen) {
    km_person_numbers numbers = card_of(cards);
    numbers.citizen = citizen_key(citizen);
    return numbers;
}

uint64_t km_person_newborn(uint64_t key) {
    return key == KM_NO_PERSON ? key : key | (uint64_t)NEWBORN << KIND_SHIFT;
}

static unsigned kind_of(uint64_t key) {
    return (unsigned)(key >> KIND_SHIFT) & ~(unsigned)NEWBORN;
}

bool km_person_is_newborn(uint64_t key) {
    return key >> KIND_SHIFT & NEWBORN;
}

bool km_person_is_citizen(uint64_t key) {
    return !km_person_is_newborn(key) && kind_of(key) >= CITIZEN_KIND;
}

bool km_person_valid(uint64_t key) {
    static const uint64_t limits[] = {[CARD_KIND] = 4808584372417849, /* 37^10 */
                                      [CITIZEN_KIND] = 1000000000000, /* 10^12 */
                                      [OLD_CITIZEN_KIND] = 1000000000};
    unsigned kind = kind_of(key);
    uint64_t number = key & (((uint64_t)1 << KIND_SHIFT) - 1);
    return kind >= CARD_KIND && kind <= OLD_CITIZEN_KIND && number < limits[kind];
}

void km_buf_person(km_buf *buf, uint64_t key) {
    static const char *const characters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    static const size_t lengths[] = {
        [CARD_KIND] = CARD_DIGITS, [CITIZEN_KIND] = CITIZEN_DIGITS, [OLD_CITIZEN_KIND] = OLD_CITIZEN_DIGITS};
    unsigned kind = kind_of(key);
    uint64_t rest = key & (((uint64_t)1 << KIND_SHIFT) - 1);
    if (!km_person_valid(key)) return;
    char text[CITIZEN_DIGITS];
    unsigned base = kind == CARD_KIND ? BASE : 10, first = kind == CARD_KIND;
    for (size_t i = lengths[kind]; i-- > 0; rest /= base) text[i] = characters[(rest % base - first) % 36];
    km_buf_append(buf, text, lengths[kind]);
    if (km_person_is_newborn(key)) km_buf_string(buf, "-newborn");
}
