#include "claim/care.h"

km_kind km_batch_kind(const km_batch *batch) {
    return (km_kind){km_batch_cells(batch, KM_CLAIM_MA_LOAI_KCB), km_batch_cells(batch, KM_CLAIM_STANDARD)};
}

uint64_t km_kind_of_old(uint64_t code) {
    if (code == KM_CODE('0', '5', 0, 0)) return KM_CODE('0', '6', 0, 0);
    if (code == KM_CODE('0', '6', 0, 0)) return KM_CODE('0', '7', 0, 0);
    return code;
}

km_total km_batch_total(const km_batch *batch) {
    return (km_total){km_batch_cells(batch, KM_CLAIM_T_TONGCHI_BH),
                      km_batch_cells(batch, KM_CLAIM_T_TONGCHI)};
}
