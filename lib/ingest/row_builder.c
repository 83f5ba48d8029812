#include "ingest/row_builder.h"

#include <string.h>

#include "base/compose.h"
#include "ingest/names.h"
#include "ingest/reject.h"

void km_row_builder_init(km_row_builder *builder, const km_mem *mem, km_scope scope, bool computed) {
    *builder = (km_row_builder){.mem = mem, .scope = scope, .computed = computed};
    for (int i = 0; i < KM_FIELD_MAX; i++) km_buf_init(&builder->value[i], mem);
}

void km_row_builder_free(km_row_builder *builder) {
    if (!builder->mem) return;
    for (int i = 0; i < KM_FIELD_MAX; i++) km_buf_free(&builder->value[i]);
    km_batch_free(&builder->batch);
    *builder = (km_row_builder){0};
}

static void forget_row(km_row_builder *builder) {
    for (int i = 0; i < KM_FIELD_MAX; i++) km_buf_clear(&builder->value[i]);
}

void km_row_builder_clear(km_row_builder *builder) {
    forget_row(builder);
    if (builder->batch.mem) km_batch_clear(&builder->batch);
}

static kiem_status unknown_field(km_scope scope, km_text field, km_error *error) {
    km_text near = km_name_nearest(scope, field);
    int count, meant = near.length ? km_name_field(scope, KM_STANDARD_3176, near) : -1;
    if (meant >= 0) near = km_text_from(km_fields(scope, &count)[meant].name); /* of today's names */
    return km_fail(error, KIEM_E_NOT_FOUND, "a %s has no field '%.*s'%s", km_scope_name(scope),
                   KM_TEXT_ARG(field), km_hint_of(near).text);
}

kiem_status km_row_builder_set(km_row_builder *builder, km_text field, km_text value, km_error *error) {
    int count, number = km_field_find(builder->scope, field);
    bool known = number >= 0;
    if (known && !builder->computed)
        known = !(km_fields(builder->scope, &count)[number].flags & KM_FIELD_COMPUTED);
    if (!known) return unknown_field(builder->scope, field, error);
    if (!km_utf8_valid(value.ptr, value.length)) {
        return km_fail(error, KIEM_E_FORMAT, "the value of %.*s is not UTF-8", KM_TEXT_ARG(field));
    }
    if (value.length && memchr(value.ptr, '\0', value.length))
        return km_fail(error, KIEM_E_FORMAT, "the value of %.*s has a NUL byte", KM_TEXT_ARG(field));
    km_buf *buf = &builder->value[number];
    if (value.length > buf->length && !km_buf_reserve(buf, value.length - buf->length)) {
        buf->broken = false; /* the value before stands */
        return km_nomem(error);
    }
    km_buf_clear(buf);
    km_buf_text(buf, value);
    km_fieldset_add(&builder->given, number);
    return KIEM_OK;
}

static int64_t first_value(const km_column *column, size_t width) {
    return width == 4 ? *(const int32_t *)column->values : *(const int64_t *)column->values;
}

/* Decodes a cell in a column of one row, then puts the value in its place in the batch. */
static kiem_status put_cell(km_row_builder *builder, int number, km_bad_cells *bad, km_error *error) {
    int count;
    const km_field *field = &km_fields(builder->scope, &count)[number];
    km_column *column = &builder->batch.column[number];
    km_buf *buf = &builder->value[number];
    uint32_t row = builder->batch.rows, offsets[2] = {0, (uint32_t)buf->length};
    uint64_t valid = 0;
    int64_t value = 0;
    if (!km_buf_reserve(buf, KM_CELL_SLACK)) {
        buf->broken = false; /* the row can be ended later */
        return km_nomem(error);
    }
    if (field->type == KM_TYPE_TEXT) {
        km_buf room;
        km_buf_init(&room, builder->mem);
        const km_text text = km_compose(&room, km_decode_text(km_buf_view(buf)));
        const bool good = km_buf_ok(&room) && km_column_put_text(builder->mem, column, row, text);
        km_buf_free(&room);
        return good ? KIEM_OK : km_nomem(error);
    }
    km_decode how = km_decode_of(builder->scope, number, false, &builder->days);
    km_cell_texts cells = km_cells_in_a_row(buf->data, offsets, 1);
    km_column one = {.values = &value, .valid = &valid};
    km_decode_column(&how, &cells, 0, &one, bad);
    size_t width = km_field_width(field);
    if (valid & 1) {
        km_column_put(column, width, row, first_value(&one, width));
    } else {
        km_column_put_null(column, width, row);
    }
    return bad->broken ? km_nomem(error) : KIEM_OK;
}

/* An amount such as 150.000 is none when no other of the row shows that its point stands before decimals. */
static kiem_status put_doubtful(km_row_builder *builder, const km_fieldset *doubtful, km_bad_cells *bad,
                                km_error *error) {
    for (int i = 0; i < KM_FIELD_MAX && !bad->decimals; i++) {
        if (!km_fieldset_has(doubtful, i)) continue;
        if (!km_grow(bad->mem, (void **)&bad->list, &bad->capacity, bad->count + 1, sizeof *bad->list))
            return km_nomem(error);
        km_text cell = km_decode_text(km_buf_view(&builder->value[i]));
        bad->list[bad->count++] = (km_bad_cell){.field = i, .cell = cell};
        km_column_put_null(&builder->batch.column[i], sizeof(int64_t), builder->batch.rows);
    }
    return KIEM_OK;
}

static kiem_status put_cells(km_row_builder *builder, km_bad_cells *bad, km_error *error) {
    km_fieldset doubtful = {0};
    for (int i = 0; i < KM_FIELD_MAX; i++) {
        if (!km_fieldset_has(&builder->given, i)) continue;
        size_t before = bad->count;
        bad->doubts = false;
        KM_TRY(put_cell(builder, i, bad, error));
        if (bad->doubts && bad->count == before) km_fieldset_add(&doubtful, i);
    }
    return put_doubtful(builder, &doubtful, bad, error);
}

enum { BAD_VALUE_MAX = 40 };

static int own_field(const km_row_builder *builder, const char *name) {
    return km_field_find(builder->scope, km_text_from(name));
}

static kiem_status put_bad_values(km_row_builder *builder, const km_bad_cells *bad, km_error *error) {
    km_buf text;
    int count, field = own_field(builder, "bad_values");
    if (field < 0 || km_fieldset_has(&builder->given, field)) return KIEM_OK;
    km_buf_init(&text, builder->mem);
    for (size_t i = 0; i < bad->count; i++) {
        if (i) km_buf_char(&text, ';');
        km_buf_string(&text, km_fields(builder->scope, &count)[bad->list[i].field].name);
        km_buf_char(&text, '=');
        km_mask_line(&text, bad->list[i].cell, BAD_VALUE_MAX);
    }
    bool good = km_buf_ok(&text) && km_column_put_text(builder->mem, &builder->batch.column[field],
                                                       builder->batch.rows, km_buf_view(&text));
    km_buf_free(&text);
    return good ? KIEM_OK : km_nomem(error);
}

static kiem_status make_columns(km_row_builder *builder, km_error *error) {
    if (!builder->batch.mem) {
        km_fieldset fields = {0};
        int standard = own_field(builder, "STANDARD"), bad = own_field(builder, "bad_values");
        if (standard >= 0) km_fieldset_add(&fields, standard);
        if (bad >= 0) km_fieldset_add(&fields, bad);
        KM_TRY(km_batch_init(&builder->batch, builder->mem, builder->scope, &fields, KM_BATCH_ROWS, error));
    }
    for (int i = 0; i < KM_FIELD_MAX; i++) {
        if (km_fieldset_has(&builder->given, i)) KM_TRY(km_batch_add_column(&builder->batch, i, error));
    }
    return KIEM_OK;
}

static kiem_status make_room(km_row_builder *builder, km_error *error) {
    const int most = builder->scope == KM_SCOPE_CLAIM ? KM_BATCH_ROWS : KM_BATCH_LINES;
    km_batch *batch = &builder->batch;
    if (!batch->mem || batch->rows < batch->capacity) return KIEM_OK;
    if (batch->rows >= (uint32_t)most)
        return km_fail(error, KIEM_E_RANGE, "a batch has at most %d rows", most);
    return km_batch_grow(batch, 2 * batch->capacity, error);
}

/* Cells of a row that was not ended must not stand behind those of the row before it. */
static void take_row_back(km_batch *batch) {
    const uint32_t row = batch->rows;
    int count;
    const km_field *fields = km_fields(batch->scope, &count);
    for (int i = 0; i < count; i++) {
        km_column *column = &batch->column[i];
        if (!km_fieldset_has(&batch->present, i)) continue;
        column->valid[row / 64] &= ~((uint64_t)1 << (row % 64));
        if (fields[i].type == KM_TYPE_TEXT) column->bytes_used = ((const uint32_t *)column->values)[row];
    }
}

kiem_status km_row_builder_end(km_row_builder *builder, km_error *error) {
    km_bad_cells bad = {.mem = builder->mem};
    uint64_t standard = 0;
    uint32_t row = builder->batch.rows;
    KM_TRY(make_room(builder, error));
    kiem_status status = make_columns(builder, error);
    if (status == KIEM_OK) status = put_cells(builder, &bad, error);
    if (status == KIEM_OK) status = put_bad_values(builder, &bad, error);
    if (status == KIEM_OK) {
        int field = own_field(builder, "STANDARD");
        km_code_pack(km_text_from(km_standard_name(KM_STANDARD_3176)), &standard);
        if (field >= 0 && !km_fieldset_has(&builder->given, field))
            km_column_put(&builder->batch.column[field], 8, row, (int64_t)standard);
        builder->batch.row[row] = row + 1;
        builder->batch.rows++;
        forget_row(builder);
    } else if (builder->batch.mem) {
        take_row_back(&builder->batch);
    }
    km_free(builder->mem, bad.list, bad.capacity * sizeof *bad.list);
    return status;
}
