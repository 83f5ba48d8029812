#include "ingest/no_claim.h"

#include <string.h>

const char km_no_claim[] =
    "no claim but totals, a caption or blank cells: no MA_LK, card, dates or diagnosis";

enum { MARKS_NEEDED = 4, COLUMN_DIGITS = 3 };

km_claim_marks km_claim_marks_of(const km_layout *layout) {
    static const int fields[KM_CLAIM_MARKS] = {KM_CLAIM_NGAY_VAO,  KM_CLAIM_NGAY_RA,
                                               KM_CLAIM_MA_LK,     KM_CLAIM_MA_THE_BHYT,
                                               KM_CLAIM_NGAY_SINH, KM_CLAIM_MA_BENH_CHINH};
    km_claim_marks marks = {0};
    if (layout->scope != KM_SCOPE_CLAIM || !km_fieldset_has(&layout->present, fields[0])) return marks;
    for (int i = 0; i < KM_CLAIM_MARKS; i++) {
        if (km_fieldset_has(&layout->present, fields[i])) marks.field[marks.count++] = fields[i];
    }
    if (marks.count < MARKS_NEEDED) marks.count = 0;
    return marks;
}

/* Reports number their columns below the names, from the first or the second: (1), (2), ... */
static bool is_column_number(km_text cell, uint32_t column) {
    uint32_t number = 0;
    if (cell.length > 2 && cell.ptr[0] == '(' && cell.ptr[cell.length - 1] == ')')
        cell = km_text_trim((km_text){cell.ptr + 1, cell.length - 2});
    if (!cell.length || cell.length > COLUMN_DIGITS) return false;
    for (size_t i = 0; i < cell.length; i++) {
        if (cell.ptr[i] < '0' || cell.ptr[i] > '9') return false;
        number = number * 10 + (uint32_t)(cell.ptr[i] - '0');
    }
    return number == column || number == column + 1;
}

bool km_claim_mark(int field, uint32_t column, km_text cell) {
    bool says = false;
    cell = km_text_trim(cell);
    for (size_t i = 0; i < cell.length && !says; i++)
        says = (cell.ptr[i] >= '1' && cell.ptr[i] <= '9') || cell.ptr[i] == '_';
    if (!says || is_column_number(cell, column)) return false;
    return field != KM_CLAIM_MA_LK || !memchr(cell.ptr, ' ', cell.length);
}
