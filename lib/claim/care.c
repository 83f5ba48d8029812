#include "claim/care.h"

#define CODE(a, b)        ((uint64_t)(a) << 56 | (uint64_t)(b) << 48)
#define STANDARD(a, b, c) (CODE(a, b) | (uint64_t)(c) << 40)

km_kind km_batch_kind(const km_batch *batch) {
    return (km_kind){km_batch_cells(batch, KM_CLAIM_MA_LOAI_KCB), km_batch_cells(batch, KM_CLAIM_STANDARD)};
}

uint64_t km_kind_of_list(uint64_t code, uint64_t standard) {
    bool old =
        standard == (STANDARD('4', '2', '1') | (uint64_t)'0' << 32) || standard == STANDARD('7', '9', 'a');
    if (old && code == CODE('0', '5')) return CODE('0', '6');
    if (old && code == CODE('0', '6')) return CODE('0', '7');
    return code;
}

km_total km_batch_total(const km_batch *batch) {
    return (km_total){km_batch_cells(batch, KM_CLAIM_T_TONGCHI_BH),
                      km_batch_cells(batch, KM_CLAIM_T_TONGCHI)};
}
