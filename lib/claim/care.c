#include "claim/care.h"

km_care km_care_of(uint64_t kind_code) {
    if (kind_code << 16 || kind_code >> 56 != '0') return KM_CARE_OTHER;
    switch (kind_code >> 48 & 0xFF) {
    case '1':
    case '2':
    case '5':
    case '7':
    case '8': return KM_CARE_OUT;
    case '3':
    case '4':
    case '6':
    case '9': return KM_CARE_IN;
    default: return KM_CARE_OTHER;
    }
}

km_total km_batch_total(const km_batch *batch) {
    return (km_total){km_batch_cells(batch, KM_CLAIM_T_TONGCHI_BH),
                      km_batch_cells(batch, KM_CLAIM_T_TONGCHI)};
}
