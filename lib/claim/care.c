#include "claim/care.h"

#define CODE(a, b) ((uint64_t)(a) << 56 | (uint64_t)(b) << 48)

km_kind km_batch_kind(const km_batch *batch) {
    return (km_kind){km_batch_cells(batch, KM_CLAIM_MA_LOAI_KCB), km_batch_cells(batch, KM_CLAIM_STANDARD)};
}

uint64_t km_kind_of_old(uint64_t code) {
    if (code == CODE('0', '5')) return CODE('0', '6');
    if (code == CODE('0', '6')) return CODE('0', '7');
    return code;
}

km_total km_batch_total(const km_batch *batch) {
    return (km_total){km_batch_cells(batch, KM_CLAIM_T_TONGCHI_BH),
                      km_batch_cells(batch, KM_CLAIM_T_TONGCHI)};
}
