#include "claim/care.h"

km_total km_batch_total(const km_batch *batch) {
    return (km_total){km_batch_cells(batch, KM_CLAIM_T_TONGCHI_BH),
                      km_batch_cells(batch, KM_CLAIM_T_TONGCHI)};
}
