#include "engine/entity/dispensed.h"

#include "base/hash.h"
#include "state/history/person.h"

void km_dispensed_init(km_dispensed *dispensed, const km_mem *mem) {
    *dispensed = (km_dispensed){.mem = mem};
}

void km_dispensed_free(km_dispensed *dispensed) {
    if (dispensed->mem)
        km_free(dispensed->mem, dispensed->list, dispensed->capacity * sizeof *dispensed->list);
    *dispensed = (km_dispensed){0};
}

static const int columns[] = {KM_DRUG_MA_THUOC, KM_DRUG_DUONG_DUNG, KM_DRUG_LIEU_DUNG, KM_DRUG_NGAY_YL,
                              KM_DRUG_T_BHTT};

void km_dispensed_columns(km_fieldset *set) {
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) km_fieldset_add(set, columns[i]);
}

typedef struct reader {
    const km_batch *lines;
    km_cells ordered, route, fund;
} reader;

/* False for a line without a supply. */
static bool read_line(const reader *r, uint32_t row, km_supply *out) {
    km_text drug = km_batch_text(r->lines, KM_DRUG_MA_THUOC, row);
    uint32_t days = km_dose_days(km_batch_text(r->lines, KM_DRUG_LIEU_DUNG, row));
    if (!drug.length || days <= KM_SUPPLY_SPARE_DAYS || !km_cells_known(&r->ordered, row)) return false;
    if (km_cells_int(&r->fund, row, 1) <= 0) return false;
    const uint64_t parts[] = {km_hash_text(drug), (uint64_t)km_cells_int(&r->route, row, 0)};
    out->substance = km_hash(parts, sizeof parts, 0);
    out->day = km_day_of((km_minute)km_cells_int(&r->ordered, row, 0));
    out->days = days;
    return true;
}

static kiem_status add(km_dispensed *dispensed, const km_supply *supply, km_error *error) {
    if (!km_grow(dispensed->mem, (void **)&dispensed->list, &dispensed->capacity, dispensed->count + 1,
                 sizeof *dispensed->list)) {
        return km_nomem(error);
    }
    dispensed->list[dispensed->count++] = *supply;
    return KIEM_OK;
}

kiem_status km_dispensed_read(km_dispensed *dispensed, const km_input *input,
                              const km_history_reader *history, km_error *error) {
    const km_batch *claims = input->set[KM_SCOPE_CLAIM].batch;
    const km_rowset *set = &input->set[KM_SCOPE_DRUG];
    dispensed->count = 0;
    if (!set->batch) return KIEM_OK;
    const reader r = {.lines = set->batch,
                      .ordered = km_batch_cells(set->batch, KM_DRUG_NGAY_YL),
                      .route = km_batch_cells(set->batch, KM_DRUG_DUONG_DUNG),
                      .fund = km_batch_cells(set->batch, KM_DRUG_T_BHTT)};
    km_kind kind = km_batch_kind(claims);
    for (uint32_t claim = 0; claim < claims->rows; claim++) {
        km_supply supply = {.person = km_history_person(history, claim),
                            .facility = (uint64_t)km_batch_int(claims, KM_CLAIM_MA_CSKCB, claim, 0)};
        if (supply.person == KM_NO_PERSON || km_kind_care(&kind, claim) != KM_CARE_OUT) continue;
        for (uint32_t row = set->first[claim]; row < set->first[claim + 1]; row++) {
            if (read_line(&r, row, &supply)) KM_TRY(add(dispensed, &supply, error));
        }
    }
    return KIEM_OK;
}
