#include "ingest/complete.h"

#include <string.h>

#include "ingest/reject.h"

enum { BAD_VALUE_MAX = 40 /* characters shown of a bad cell */ };

int km_standard_field(km_scope scope) {
    static const int fields[] = {[KM_SCOPE_CLAIM] = KM_CLAIM_STANDARD,
                                 [KM_SCOPE_DRUG] = KM_DRUG_STANDARD,
                                 [KM_SCOPE_SERVICE] = KM_SERVICE_STANDARD};
    return fields[scope];
}

int km_bad_values_field(km_scope scope) {
    static const int fields[] = {[KM_SCOPE_CLAIM] = KM_CLAIM_bad_values,
                                 [KM_SCOPE_DRUG] = KM_DRUG_bad_values,
                                 [KM_SCOPE_SERVICE] = KM_SERVICE_bad_values};
    return fields[scope];
}

static kiem_status refuse_number(const km_layout *layout, const km_ingest_options *options, int64_t row,
                                 int field, km_text mask, km_error *error) {
    int column = km_layout_column(layout, field);
    km_place place = {options->file, row, column + 1, -1};
    km_text name = layout->name[column];
    if (options->decimal_comma)
        return km_fail_at(
            error, KIEM_E_FORMAT, place,
            "%.*s: a number written like %.*s does not go with --decimal-comma: leave that option "
            "out if the file's decimal mark is the point",
            KM_TEXT_ARG(name), KM_TEXT_ARG(mask));
    return km_fail_at(
        error, KIEM_E_FORMAT, place,
        "%.*s: a number written like %.*s can be read in two ways: give --decimal-comma if the file "
        "writes 1.234,50, or write plain numbers such as 1234.50",
        KM_TEXT_ARG(name), KM_TEXT_ARG(mask));
}

/* The first number, in row order, whose decimal mark cannot be known. */
static const km_bad_cell *first_separators(const km_bad_cells *all) {
    const km_bad_cell *first = NULL;
    for (size_t i = 0; i < all->count; i++) {
        const km_bad_cell *bad = &all->list[i];
        if (bad->separators && (!first || bad->row < first->row)) first = bad;
    }
    return first;
}

static void append_bad_value(km_scope scope, km_buf *text, const km_bad_cell *bad) {
    int count;
    if (text->length) km_buf_char(text, ';');
    km_buf_string(text, km_fields(scope, &count)[bad->field].name);
    km_buf_char(text, '=');
    size_t start = text->length;
    km_mask_line(text, bad->cell, BAD_VALUE_MAX);
    for (size_t i = start; i < text->length; i++) {
        if (text->data[i] == ';' || text->data[i] == '=') text->data[i] = '_';
    }
}

/* Bad cells come column by column; the text of a row names its own in field order. */
static kiem_status write_bad_values(km_bad_cells *bad, km_buf *scratch, km_batch *batch, km_error *error) {
    km_column *column = &batch->column[km_bad_values_field(batch->scope)];
    uint32_t first[KM_BATCH_ROWS]; /* index + 1 of a row's first bad cell, chained by `next` */
    memset(first, 0, batch->rows * sizeof *first);
    for (size_t i = bad->count; i-- > 0;) {
        bad->list[i].next = first[bad->list[i].row];
        first[bad->list[i].row] = (uint32_t)i + 1;
    }
    for (uint32_t row = 0; row < batch->rows; row++) {
        km_buf_clear(scratch);
        for (uint32_t at = first[row]; at; at = bad->list[at - 1].next)
            append_bad_value(batch->scope, scratch, &bad->list[at - 1]);
        km_text text = km_buf_view(scratch);
        if (!km_buf_ok(scratch) || !km_column_put_text(batch->mem, column, row, text)) return km_nomem(error);
    }
    return KIEM_OK;
}

static void write_standard(const km_layout *layout, km_batch *batch) {
    km_column *column = &batch->column[km_standard_field(layout->scope)];
    uint64_t code = km_layout_standard_code(layout), *values = column->values;
    for (uint32_t row = 0; row < batch->rows; row++) values[row] = code;
    for (uint32_t row = 0; row < batch->rows; row += 64) {
        uint32_t left = batch->rows - row;
        column->valid[row / 64] = left >= 64 ? UINT64_MAX : ((uint64_t)1 << left) - 1;
    }
}

static void note_signs(const km_bad_cells *bad, const km_batch *batch, km_mark_signs *signs) {
    km_mark_signs found = {.decimals = bad->decimals};
    if (bad->doubts) {
        km_text cell = bad->doubt.cell; /* a sign, seven digits and marks */
        found.row = batch->row[bad->doubt.row];
        found.field = bad->doubt.field;
        for (size_t i = 0; i < cell.length && i + 1 < sizeof found.like; i++)
            found.like[i] = cell.ptr[i] >= '0' && cell.ptr[i] <= '9' ? '9' : cell.ptr[i];
    }
    km_mark_signs_join(signs, &found);
}

void km_mark_signs_join(km_mark_signs *signs, const km_mark_signs *other) {
    bool decimals = signs->decimals || other->decimals;
    if (other->row && (!signs->row || other->row < signs->row)) *signs = *other;
    signs->decimals = decimals;
}

kiem_status km_mark_signs_check(const km_mark_signs *signs, const km_layout *layout,
                                const km_ingest_options *options, km_error *error) {
    if (!signs->row || signs->decimals) return KIEM_OK;
    return refuse_number(layout, options, signs->row, signs->field, km_text_from(signs->like), error);
}

/* A row whose cells are names of fields is the header of a file that was joined to the first, and differs
 * from it: what follows would be read in wrong columns. */
static kiem_status check_headers(const km_layout *layout, const km_ingest_options *options,
                                 const km_bad_cells *bad, const km_batch *batch, km_error *error) {
    const km_bad_cell *first = NULL;
    for (size_t i = 0; i < bad->count; i++) {
        const km_bad_cell *at = &bad->list[i];
        if ((first && first->row <= at->row) || at->cell.length < 3 ||
            !memchr(at->cell.ptr, '_', at->cell.length))
            continue;
        if (km_name_field(layout->scope, layout->standard, at->cell) >= 0) first = at;
    }
    if (!first) return KIEM_OK;
    km_place place = {options->file, batch->row[first->row], km_layout_column(layout, first->field) + 1, -1};
    return km_fail_at(error, KIEM_E_FORMAT, place,
                      "this row is another header, with other columns than the first: give the files one by "
                      "one instead of joined");
}

kiem_status km_complete_batch(const km_layout *layout, const km_ingest_options *options, km_bad_cells *bad,
                              km_buf *scratch, km_mark_signs *signs, km_batch *batch, km_error *error) {
    int bad_values = km_bad_values_field(layout->scope);
    if (bad->broken) return km_nomem(error);
    const km_bad_cell *separators = first_separators(bad);
    if (separators) {
        km_buf_clear(scratch);
        km_mask_line(scratch, separators->cell, BAD_VALUE_MAX);
        if (!km_buf_ok(scratch)) return km_nomem(error);
        return refuse_number(layout, options, batch->row[separators->row], separators->field,
                             km_buf_view(scratch), error);
    }
    note_signs(bad, batch, signs);
    KM_TRY(check_headers(layout, options, bad, batch, error));
    if (km_fieldset_has(&batch->present, km_standard_field(layout->scope))) write_standard(layout, batch);
    if (km_fieldset_has(&batch->present, bad_values)) {
        if (bad->count) return write_bad_values(bad, scratch, batch, error);
        memset(batch->column[bad_values].values, 0, (batch->rows + 1) * sizeof(uint32_t));
    }
    return KIEM_OK;
}
