#include "engine/flow/table_digest.h"

#include "base/hash.h"

enum { HIGH = 0x6B69, LOW = 0x656D };

static uint64_t of_cell(const km_batch *batch, int field, uint32_t row) {
    km_value value = km_batch_value(batch, field, row);
    if (value.type == KM_TYPE_TEXT) return km_hash_text(value.text);
    return km_mix64(value.type == KM_TYPE_CODE ? value.code : (uint64_t)value.number);
}

/* A field is known by its name, which stays, not by its number. */
static void add_field(const km_batch *batch, int field, uint64_t *rows) {
    int count;
    uint64_t name = km_hash_text(km_text_from(km_fields(batch->scope, &count)[field].name));
    for (uint32_t row = 0; row < batch->rows; row++) {
        if (!km_column_valid(&batch->column[field], row)) continue;
        rows[row] += km_mix64(name ^ of_cell(batch, field, row));
    }
}

void km_table_digest_add(km_table_digest *digest, const km_batch *batch) {
    uint64_t rows[KM_BATCH_ROWS] = {0};
    for (int field = 0; field < KM_FIELD_MAX; field++) {
        if (km_fieldset_has(&batch->present, field)) add_field(batch, field, rows);
    }
    for (uint32_t row = 0; row < batch->rows; row++) {
        digest->high += km_mix64(rows[row] ^ HIGH);
        digest->low += km_mix64(rows[row] ^ LOW);
    }
    digest->rows += batch->rows;
}

km_origin km_table_digest_origin(const km_table_digest *digest) {
    return (km_origin){.high = digest->high, .low = digest->low, .rows = digest->rows, .times = 1};
}
