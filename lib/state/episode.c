#include "state/episode.h"

#include "base/hash.h"
#include "base/sort.h"
#include "state/person.h"

km_episode_reader km_episode_reader_of(const km_batch *batch) {
    return (km_episode_reader){
        .batch = batch,
        .in = km_batch_cells(batch, KM_CLAIM_NGAY_VAO),
        .out = km_batch_cells(batch, KM_CLAIM_NGAY_RA),
        .facility = km_batch_cells(batch, KM_CLAIM_MA_CSKCB),
        .icd = km_batch_cells(batch, KM_CLAIM_MA_BENH_CHINH),
        .kind = km_batch_cells(batch, KM_CLAIM_MA_LOAI_KCB),
        .fund = km_batch_cells(batch, KM_CLAIM_T_BHTT),
        .copay = km_batch_cells(batch, KM_CLAIM_T_BNCCT),
        .year = km_batch_cells(batch, KM_CLAIM_NAM_QT),
        .month = km_batch_cells(batch, KM_CLAIM_THANG_QT),
        .total = km_batch_total(batch),
    };
}

/* Hash without the case of ASCII letters, so that a resent file typed in capitals stays the same claim. */
static uint64_t hash_folded(km_text text, uint64_t seed) {
    char folded[128];
    uint64_t hash = seed;
    for (size_t done = 0; done < text.length || done == 0; done += sizeof folded) {
        size_t left = text.length - done, part = left < sizeof folded ? left : sizeof folded;
        for (size_t i = 0; i < part; i++) {
            char c = text.ptr[done + i];
            folded[i] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
        }
        hash = km_hash(folded, part, hash);
    }
    return hash;
}

/* The fields of error 61 of the insurer's portal but its two amounts, which are held against a tolerance:
 * card, name, in, out, disease, facility, period. The name enters only here and cannot be read back. */
static uint64_t fingerprint(const km_episode_reader *reader, uint32_t row, const km_episode *episode) {
    int64_t fixed[] = {episode->in,
                       episode->out,
                       (int64_t)episode->icd,
                       (int64_t)episode->facility,
                       km_cells_int(&reader->year, row, -1),
                       km_cells_int(&reader->month, row, -1)};
    uint64_t hash = hash_folded(km_batch_text(reader->batch, KM_CLAIM_MA_THE_BHYT, row), 0);
    hash = hash_folded(km_batch_text(reader->batch, KM_CLAIM_HO_TEN, row), hash);
    return km_hash(fixed, sizeof fixed, hash);
}

km_episode_result km_episode_read(const km_episode_reader *reader, uint32_t row, km_episode *out) {
    const km_batch *batch = reader->batch;
    uint64_t person = km_person_key(km_batch_text(batch, KM_CLAIM_MA_THE_BHYT, row),
                                    km_batch_text(batch, KM_CLAIM_SO_CCCD, row));
    if (person == KM_NO_PERSON) return KM_EPISODE_NO_PERSON;
    if (!km_cells_known(&reader->in, row)) return KM_EPISODE_NO_TIME;
    km_minute in = (km_minute)km_cells_int(&reader->in, row, 0);
    km_minute left = (km_minute)km_cells_int(&reader->out, row, in);
    uint64_t kind = (uint64_t)km_cells_int(&reader->kind, row, 0);
    *out = (km_episode){
        .person = person,
        .in = in,
        .out = left < in ? in : left,
        .facility = (uint64_t)km_cells_int(&reader->facility, row, 0),
        .icd = (uint64_t)km_cells_int(&reader->icd, row, 0),
        .fund = km_cells_int(&reader->fund, row, KM_NO_AMOUNT),
        .copay = km_cells_int(&reader->copay, row, KM_NO_AMOUNT),
        .total = km_total_int(&reader->total, row, KM_NO_AMOUNT),
        .id = km_batch_id(batch, row),
        .kind = (uint32_t)kind ? 0 : (uint32_t)(kind >> 32),
    };
    out->fingerprint = fingerprint(reader, row, out);
    return KM_EPISODE_READ;
}

int km_episode_compare(const void *a, const void *b, const void *texts) {
    const km_episode *left = a, *right = b;
    KM_ORDER_BY(person);
    KM_ORDER_BY(in);
    KM_ORDER_BY(out);
    KM_ORDER_BY(facility);
    int keys = km_text_compare(km_episode_key(left, texts), km_episode_key(right, texts));
    if (keys) return keys;
    KM_ORDER_BY(total);
    KM_ORDER_BY(fund);
    KM_ORDER_BY(copay);
    KM_ORDER_BY(icd);
    KM_ORDER_BY(kind);
    KM_ORDER_BY(fingerprint);
    KM_ORDER_BY(id);
    return 0;
}
