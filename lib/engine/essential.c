#include "engine/essential.h"

#include <stdio.h>
#include <string.h>

enum { ROWS_ENOUGH = 10 /* a few claims may well lack a value */ };

static const int essential[KM_ESSENTIAL_FIELDS] = {
    KM_CLAIM_MA_LK,   KM_CLAIM_MA_THE_BHYT,   KM_CLAIM_NGAY_SINH, KM_CLAIM_GIOI_TINH, KM_CLAIM_NGAY_VAO,
    KM_CLAIM_NGAY_RA, KM_CLAIM_MA_BENH_CHINH, KM_CLAIM_T_BHTT,    KM_CLAIM_MA_CSKCB};

static uint64_t nulls(const km_column *column, uint32_t rows) {
    uint64_t known = 0;
    for (uint32_t word = 0; word < km_batch_words(rows); word++)
        known += (uint64_t)__builtin_popcountll(column->valid[word] & km_rows_of_word(rows, word));
    return rows - known;
}

void km_essential_note(km_essential *seen, const km_batch *batch) {
    seen->rows += batch->rows;
    for (int i = 0; i < KM_ESSENTIAL_FIELDS; i++) {
        if (km_fieldset_has(&batch->present, essential[i]))
            seen->null[i] += nulls(&batch->column[essential[i]], batch->rows);
    }
}

static void append_name(char *text, int field) {
    int count;
    const size_t length = strlen(text);
    snprintf(text + length, KM_ESSENTIAL_TEXT_MAX - length, "%s%s", length ? ", " : "",
             km_fields(KM_SCOPE_CLAIM, &count)[field].name);
}

void km_essential_missing(const km_fieldset *present, km_standard standard, char *text) {
    text[0] = '\0';
    for (int i = 0; i < KM_ESSENTIAL_FIELDS; i++) {
        const bool none =
            essential[i] == KM_CLAIM_MA_LK && standard == KM_STANDARD_79A; /* lists have no key */
        if (!none && !km_fieldset_has(present, essential[i])) append_name(text, essential[i]);
    }
}

void km_essential_unread(const km_essential *seen, const km_fieldset *present, char *text) {
    text[0] = '\0';
    if (seen->rows < ROWS_ENOUGH) return;
    for (int i = 0; i < KM_ESSENTIAL_FIELDS; i++) {
        if (km_fieldset_has(present, essential[i]) && seen->null[i] > seen->rows / 2)
            append_name(text, essential[i]);
    }
}
