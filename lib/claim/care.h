/* What the money and the peer groups need to know of every claim alike: its kind of care and its total. */
#ifndef KM_CLAIM_CARE_H
#define KM_CLAIM_CARE_H

#include "claim/batch.h"

typedef enum km_care {
    KM_CARE_OUT = 0, /* 01 02 05 07 08: visits, courses and drugs of outpatients */
    KM_CARE_IN,      /* 03 04 06 09: stays, also by day and at a commune station */
    KM_CARE_OTHER    /* any other or unknown MA_LOAI_KCB */
} km_care;

static inline km_care km_care_of(uint64_t kind_code) {
    const unsigned out = 1u << 1 | 1u << 2 | 1u << 5 | 1u << 7 | 1u << 8,
                   in = 1u << 3 | 1u << 4 | 1u << 6 | 1u << 9;
    unsigned second = (unsigned)(kind_code >> 48 & 0xFF) - '0';
    if (kind_code << 16 || kind_code >> 56 != '0' || second > 9) return KM_CARE_OTHER;
    return in >> second & 1 ? KM_CARE_IN : out >> second & 1 ? KM_CARE_OUT : KM_CARE_OTHER;
}

/* MA_LOAI_KCB as the list of 2023 writes it, whatever the file's standard: Decision 4210 had the stay at a
 * station as 05 and the drugs by appointment as 06, today 06 and 07. Checked against the tables kinds_of_care
 * and kinds_of_care_4210. */
typedef struct km_kind {
    km_cells code, standard;
} km_kind;

km_kind km_batch_kind(const km_batch *batch);
/* The code of the list of 2023 for one of the list before it. */
uint64_t km_kind_of_old(uint64_t code);
/* 0 when NULL: a cell without a value holds 0. */
static inline uint64_t km_kind_code(const km_kind *kind, uint32_t row) {
    const uint64_t decision_4210 = KM_CODE('4', '2', '1', '0'), list_79a = KM_CODE('7', '9', 'a', 0);
    uint64_t code = ((const uint64_t *)kind->code.values)[row];
    uint64_t standard = ((const uint64_t *)kind->standard.values)[row];
    return standard == decision_4210 || standard == list_79a ? km_kind_of_old(code) : code;
}
static inline km_care km_kind_care(const km_kind *kind, uint32_t row) {
    return km_care_of(km_kind_code(kind, row));
}

/* T_TONGCHI_BH, or T_TONGCHI where a 4210 file has only that. */
typedef struct km_total {
    km_cells in_scope, of_4210;
} km_total;

km_total km_batch_total(const km_batch *batch);
static inline int64_t km_total_int(const km_total *total, uint32_t row, int64_t missing) {
    return km_cells_int(&total->in_scope, row, km_cells_int(&total->of_4210, row, missing));
}

#endif
