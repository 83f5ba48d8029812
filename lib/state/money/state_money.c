#include "state/money/state_money.h"

#include "state/money/ledger_file.h"

void km_state_money_init(km_state_money *money, const km_mem *mem) {
    km_ledger_init(&money->ledger, mem);
    km_marks_init(&money->marks, mem);
    money->has_as_of = false;
    money->as_of = 0;
}

void km_state_money_free(km_state_money *money) {
    km_ledger_free(&money->ledger);
    km_marks_free(&money->marks);
    money->has_as_of = false;
    money->as_of = 0;
}

void km_state_money_cut(km_state_money *money, km_day as_of) {
    if (!money->has_as_of || money->as_of < as_of) money->as_of = as_of;
    money->has_as_of = true;
}

kiem_status km_state_money_expect(km_state_money *money, const km_batch *batch, km_error *error) {
    KM_TRY(km_ledger_expect(&money->ledger, batch, error));
    return km_marks_expect(&money->marks, batch, error);
}

void km_state_money_learn(km_state_money *money, const km_batch *batch) {
    km_ledger_add(&money->ledger, batch, NULL);
    km_marks_add(&money->marks, batch);
    for (uint32_t row = 0; row < batch->rows; row++) {
        int64_t out = km_batch_int(batch, KM_CLAIM_NGAY_RA, row, INT64_MIN);
        if (out != INT64_MIN) km_state_money_cut(money, km_day_of((km_minute)out));
    }
}

kiem_status km_state_money_expect_all(km_state_money *money, const km_state_money *more, km_error *error) {
    KM_TRY(km_ledger_expect_all(&money->ledger, &more->ledger, error));
    return km_marks_expect_all(&money->marks, &more->marks, error);
}

void km_state_money_merge(km_state_money *money, const km_state_money *more) {
    km_ledger_merge(&money->ledger, &more->ledger, NULL);
    km_marks_merge(&money->marks, &more->marks);
    if (more->has_as_of) km_state_money_cut(money, more->as_of);
}

enum { CUT_BYTES = 8, KNOWN = 1, VERSION = 2 };

kiem_status km_state_money_save(km_state_money *money, km_section_writer *writer, km_error *error) {
    KM_TRY(km_ledger_sort(&money->ledger, error));
    uint64_t bytes = CUT_BYTES + km_marks_bytes(&money->marks) + km_ledger_bytes(&money->ledger);
    uint64_t cut = money->has_as_of ? (uint64_t)(uint32_t)money->as_of << 1 | KNOWN : 0;
    KM_TRY(km_section_begin(writer, KM_SECTION_MONEY, VERSION, bytes, error));
    KM_TRY(km_section_put_u64(writer, cut, error));
    KM_TRY(km_marks_put(&money->marks, writer, error));
    KM_TRY(km_ledger_put(&money->ledger, writer, error));
    return km_section_end(writer, error);
}

kiem_status km_state_money_load(km_state_money *money, km_section_reader *reader, km_error *error) {
    uint64_t cut;
    if (reader->version < 1 || reader->version > VERSION) return km_section_damaged(reader, error);
    KM_TRY(km_section_get_u64(reader, &cut, error));
    if (cut >> 33 || (cut && !(cut & KNOWN))) return km_section_damaged(reader, error);
    if (cut) km_state_money_cut(money, (km_day)(uint32_t)(cut >> 1));
    if (money->has_as_of && !km_civil_from_day(money->as_of).year) return km_section_damaged(reader, error);
    KM_TRY(km_marks_get(&money->marks, reader, error));
    KM_TRY(km_ledger_get(&money->ledger, reader, error));
    return km_section_close(reader, error);
}
