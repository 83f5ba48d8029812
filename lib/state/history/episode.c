#include "state/history/episode.h"

#include "base/hash.h"
#include "base/sort.h"
#include "state/history/name.h"
#include "state/history/person.h"

static const int columns[] = {
    KM_CLAIM_MA_LK,        KM_CLAIM_MA_THE_BHYT,  KM_CLAIM_SO_CCCD,       KM_CLAIM_HO_TEN,
    KM_CLAIM_NGAY_SINH,    KM_CLAIM_GIOI_TINH,    KM_CLAIM_NGAY_VAO,      KM_CLAIM_NGAY_RA,
    KM_CLAIM_MA_CSKCB,     KM_CLAIM_MA_LOAI_KCB,  KM_CLAIM_MA_BENH_CHINH, KM_CLAIM_MA_BENH_KT,
    KM_CLAIM_MA_PTTT_QT,   KM_CLAIM_KET_QUA_DTRI, KM_CLAIM_MA_LOAI_RV,    KM_CLAIM_MA_DOITUONG_KCB,
    KM_CLAIM_MA_NOI_DI,    KM_CLAIM_MA_NOI_DEN,   KM_CLAIM_T_BHTT,        KM_CLAIM_T_BNCCT,
    KM_CLAIM_T_TONGCHI_BH, KM_CLAIM_T_TONGCHI,    KM_CLAIM_NAM_QT,        KM_CLAIM_THANG_QT};

void km_episode_columns(km_fieldset *set) {
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) km_fieldset_add(set, columns[i]);
}

km_episode_reader km_episode_reader_of(const km_batch *batch, const km_courses *courses) {
    return (km_episode_reader){
        .batch = batch,
        .courses = courses,
        .in = km_batch_cells(batch, KM_CLAIM_NGAY_VAO),
        .out = km_batch_cells(batch, KM_CLAIM_NGAY_RA),
        .facility = km_batch_cells(batch, KM_CLAIM_MA_CSKCB),
        .icd = km_batch_cells(batch, KM_CLAIM_MA_BENH_CHINH),
        .kind = km_batch_kind(batch),
        .fund = km_batch_cells(batch, KM_CLAIM_T_BHTT),
        .copay = km_batch_cells(batch, KM_CLAIM_T_BNCCT),
        .year = km_batch_cells(batch, KM_CLAIM_NAM_QT),
        .month = km_batch_cells(batch, KM_CLAIM_THANG_QT),
        .birth = km_batch_cells(batch, KM_CLAIM_NGAY_SINH),
        .sex = km_batch_cells(batch, KM_CLAIM_GIOI_TINH),
        .result = km_batch_cells(batch, KM_CLAIM_KET_QUA_DTRI),
        .leave = km_batch_cells(batch, KM_CLAIM_MA_LOAI_RV),
        .route = km_batch_cells(batch, KM_CLAIM_MA_DOITUONG_KCB),
        .from = km_batch_cells(batch, KM_CLAIM_MA_NOI_DI),
        .onward = km_batch_cells(batch, KM_CLAIM_MA_NOI_DEN),
        .total = km_batch_total(batch),
    };
}

/* The fields of error 61 of the insurer's portal but its two amounts, which are held against a tolerance:
 * card, name, in, out, disease, facility, period. The name enters by its sign: a resent file typed in
 * capitals or without accents stays the same claim. */
static uint64_t fingerprint(const km_episode_reader *reader, uint32_t row, const km_episode *episode) {
    int64_t fixed[] = {(int64_t)episode->person,
                       (int64_t)km_episode_card(episode),
                       (int64_t)episode->name,
                       episode->in,
                       episode->out,
                       (int64_t)episode->icd,
                       (int64_t)episode->facility,
                       km_cells_int(&reader->year, row, -1),
                       km_cells_int(&reader->month, row, -1)};
    return km_hash(fixed, sizeof fixed, 0);
}

/* ---- what is known about the claim, in bits */

unsigned km_birth_bits(int64_t packed) {
    int64_t year = packed / 10000 - 1899, month = packed / 100 % 100, day = packed % 100;
    if (year < 1 || year > 300 || month < 0 || month > 12 || day < 0 || day > 31) return 0;
    return (unsigned)(year << 9 | month << 5 | day);
}

static uint64_t card_bits(km_text card) {
    uint64_t packed = 0;
    if (card.length != 15) return 0;
    for (int i = 0; i < 5; i++) packed = packed * 37 + km_person_symbol(card.ptr[i]);
    return packed;
}

static uint64_t kind_bits(uint64_t code) {
    unsigned tens = (unsigned)(code >> 56) - '0', ones = (unsigned)(code >> 48 & 0xFF) - '0';
    if (!code) return 0;
    return tens > 9 || ones > 9 || code << 16 ? KM_KIND_OTHER : tens * 10 + ones + 1;
}

static uint64_t small(int64_t value, int64_t most) {
    return value > 0 && value <= most ? (uint64_t)value : 0;
}

unsigned km_sex_bits(int64_t sex) {
    return (unsigned)small(sex, 3);
}

/* Discharge kinds 2 and 5 are transfers. */
static bool is_sent_on(const km_episode_reader *reader, uint32_t row) {
    int64_t leave = km_cells_value(&reader->leave, row);
    return leave == 2 || leave == 5 || km_cells_known(&reader->onward, row);
}

static uint64_t about(const km_episode_reader *reader, uint32_t row, km_text card, uint64_t icd) {
    const km_batch *batch = reader->batch;
    uint64_t bits = (uint64_t)km_birth_bits(km_cells_value(&reader->birth, row)) << KM_ABOUT_BIRTH;
    bits |= card_bits(card) << KM_ABOUT_CARD;
    bits |= kind_bits(km_kind_code(&reader->kind, row)) << KM_ABOUT_KIND;
    bits |= (uint64_t)km_sex_bits(km_cells_value(&reader->sex, row)) << KM_ABOUT_SEX;
    bits |= small(km_cells_value(&reader->result, row), 15) << KM_ABOUT_RESULT;
    bits |= (uint64_t)is_sent_on(reader, row) << KM_ABOUT_SENT_ON;
    bits |= (uint64_t)km_cells_known(&reader->from, row) << KM_ABOUT_CAME_FROM;
    bool course = km_is_long_course(reader->courses, icd, km_batch_text(batch, KM_CLAIM_MA_BENH_KT, row));
    bits |= (uint64_t)course << KM_ABOUT_LONG_COURSE;
    uint64_t organ = km_organ_removed(km_batch_text(batch, KM_CLAIM_MA_PTTT_QT, row));
    return bits | organ << KM_ABOUT_ORGAN;
}

/* ---- whose claim it is */

enum { NEWBORN_DAYS = 30 };
#define NEWBORN_ROUTE KM_CODE('1', '.', '7', 0)

/* A card of the group TE is the child's own. */
static bool on_the_card_of_another(const km_episode_reader *reader, uint32_t row, km_text card,
                                   km_minute in) {
    int64_t birth = km_cells_value(&reader->birth, row);
    if (card.length >= 2 && (card.ptr[0] | 32) == 't' && (card.ptr[1] | 32) == 'e') return false;
    if ((uint64_t)km_cells_value(&reader->route, row) == NEWBORN_ROUTE) return true;
    const int64_t year = in < 0 ? 0 : 1970 + km_day_of(in) / 366; /* of the admission, or before it */
    if (birth / 10000 + 1 < year || birth % 100 == 0) return false;
    km_day born = km_day_from_civil((int)(birth / 10000), (int)(birth / 100 % 100), (int)(birth % 100));
    int64_t age = (int64_t)km_day_of(in) - born;
    return age >= 0 && age <= NEWBORN_DAYS;
}

static uint64_t person_of(const km_episode_reader *reader, uint32_t row, const km_person_numbers *numbers,
                          km_minute in, uint64_t *citizen) {
    bool newborn = on_the_card_of_another(reader, row, numbers->whole_card, in);
    bool both = numbers->card != KM_NO_PERSON && !newborn;
    *citizen = both ? numbers->citizen : (uint64_t)KM_NO_PERSON;
    uint64_t person = numbers->card != KM_NO_PERSON ? numbers->card : numbers->citizen;
    return newborn ? km_person_newborn(person) : person;
}

km_episode_result_code km_episode_read(const km_episode_reader *reader, uint32_t row, km_episode *out,
                                       uint64_t *citizen) {
    const km_batch *batch = reader->batch;
    km_minute in = (km_minute)km_cells_value(&reader->in, row);
    km_minute left = (km_minute)km_cells_int(&reader->out, row, in);
    const km_person_numbers numbers = km_person_numbers_of(km_batch_text(batch, KM_CLAIM_MA_THE_BHYT, row),
                                                           km_batch_text(batch, KM_CLAIM_SO_CCCD, row));
    uint64_t person = person_of(reader, row, &numbers, in, citizen);
    if (person == KM_NO_PERSON) return KM_EPISODE_NO_PERSON;
    if (!km_cells_known(&reader->in, row)) return KM_EPISODE_NO_TIME;
    *out = (km_episode){
        .person = person,
        .in = in,
        .out = left < in ? in : left,
        .facility = (uint64_t)km_cells_value(&reader->facility, row),
        .icd = (uint64_t)km_cells_value(&reader->icd, row),
        .fund = km_cells_int(&reader->fund, row, KM_NO_AMOUNT),
        .copay = km_cells_int(&reader->copay, row, KM_NO_AMOUNT),
        .total = km_total_int(&reader->total, row, KM_NO_AMOUNT),
        .name = km_name_sign(km_batch_text(batch, KM_CLAIM_HO_TEN, row)),
    };
    out->about = about(reader, row, numbers.whole_card, out->icd);
    out->fingerprint = fingerprint(reader, row, out);
    return KM_EPISODE_READ;
}

int km_episode_order_by_self(const km_episode *left, const char *a_texts, const km_episode *right,
                             const char *b_texts) {
    KM_ORDER_BY(person);
    KM_ORDER_BY(in);
    KM_ORDER_BY(out);
    KM_ORDER_BY(facility);
    int keys = km_text_compare(km_episode_key(left, a_texts), km_episode_key(right, b_texts));
    if (keys) return keys;
    KM_ORDER_BY(fingerprint);
    return 0;
}

int km_episode_order(const km_episode *left, const char *a_texts, const km_episode *right,
                     const char *b_texts) {
    int order = km_episode_order_by_self(left, a_texts, right, b_texts);
    if (order) return order;
    KM_ORDER_BY(total);
    KM_ORDER_BY(fund);
    KM_ORDER_BY(copay);
    KM_ORDER_BY(icd);
    KM_ORDER_BY(about);
    KM_ORDER_BY(name);
    return 0;
}

int km_episode_compare(const void *a, const void *b, const void *texts) {
    const km_episode *left = a, *right = b;
    int order = km_episode_order(left, texts, right, texts);
    if (order) return order;
    KM_ORDER_BY(row);
    return 0;
}
