#include "support/claims.h"

#include "base/decimal.h"
#include "support/test.h"

bool test_claims_cell(km_batch *batch, int field, uint32_t row, km_text cell, bool *read) {
    int count;
    const km_field *about = &km_fields(KM_SCOPE_CLAIM, &count)[field];
    km_column *column = &batch->column[field];
    int64_t number = 0;
    int32_t narrow = 0;
    uint64_t code = 0;
    *read = true;
    if (about->type == KM_TYPE_TEXT) return km_column_put_text(batch->mem, column, row, cell);
    if (!cell.length) return true;
    switch (about->type) {
    case KM_TYPE_NUMBER: *read = km_decimal_parse(cell, about->scale, &number) == KM_NUMBER_OK; break;
    case KM_TYPE_DATE: *read = km_date_parse(cell, &narrow), number = narrow; break;
    case KM_TYPE_TIME: *read = km_time_parse(cell, &narrow), number = narrow; break;
    case KM_TYPE_BIRTH: *read = km_birth_parse(cell, &narrow), number = narrow; break;
    default: *read = km_code_pack(cell, &code), number = (int64_t)code; break;
    }
    km_column_put(column, km_field_width(about), row, number);
    return true;
}

kiem_status test_claims_init(km_batch *batch, const char *fields, km_error *error) {
    km_fieldset set = {0};
    km_text rest = km_text_from(fields), name;
    while (km_text_split(&rest, '|', &name)) {
        int field = km_field_find(KM_SCOPE_CLAIM, name);
        CU_ASSERT_TRUE_FATAL(field >= 0);
        km_fieldset_add(&set, field);
    }
    return km_batch_init(batch, test_mem(), KM_SCOPE_CLAIM, &set, KM_BATCH_ROWS, error);
}

kiem_status test_claims_row(km_batch *batch, const char *fields, const char *cells) {
    km_text names = km_text_from(fields), values = km_text_from(cells), name, value;
    CU_ASSERT_TRUE_FATAL(batch->rows < batch->capacity);
    while (km_text_split(&names, '|', &name)) {
        if (!km_text_split(&values, '|', &value)) value = (km_text){"", 0};
        bool read;
        if (!test_claims_cell(batch, km_field_find(KM_SCOPE_CLAIM, name), batch->rows, value, &read))
            return km_nomem(NULL);
        if (!read)
            fprintf(stderr, "cell '%.*s' of %.*s cannot be read\n", KM_TEXT_ARG(value), KM_TEXT_ARG(name));
        CU_ASSERT_TRUE_FATAL(read);
    }
    batch->row[batch->rows] = batch->rows + 2;
    batch->rows++;
    return KIEM_OK;
}

kiem_status test_claims(km_batch *batch, const char *fields, const char *const *rows, size_t count,
                        km_error *error) {
    KM_TRY(test_claims_init(batch, fields, error));
    for (size_t i = 0; i < count; i++) {
        kiem_status status = test_claims_row(batch, fields, rows[i]);
        if (status != KIEM_OK) {
            km_batch_free(batch);
            return status;
        }
    }
    return KIEM_OK;
}
