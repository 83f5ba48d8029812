#include "claim/batch.h"

#include <string.h>

/* Values and validity of every column that is all NULL; never written to. */
static const uint64_t zeros[KM_BATCH_ROWS + 1];

static size_t values_size(size_t width, uint32_t rows) {
    return width ? width * rows : sizeof(uint32_t) * ((size_t)rows + 1);
}

static size_t field_width(const km_batch *batch, int field) {
    int count;
    return km_field_width(&km_fields(batch->scope, &count)[field]);
}

kiem_status km_batch_add_column(km_batch *batch, int field, km_error *error) {
    if (km_fieldset_has(&batch->present, field)) return KIEM_OK;
    km_column *column = &batch->column[field];
    size_t width = field_width(batch, field);
    void *values = km_alloc_zero(batch->mem, values_size(width, batch->capacity));
    void *valid = km_alloc_zero(batch->mem, km_batch_words(batch->capacity) * sizeof *column->valid);
    if (!values || !valid) {
        km_free(batch->mem, values, values_size(width, batch->capacity));
        km_free(batch->mem, valid, km_batch_words(batch->capacity) * sizeof *column->valid);
        return km_nomem(error);
    }
    *column = (km_column){.values = values, .valid = valid};
    km_fieldset_add(&batch->present, field);
    return KIEM_OK;
}

kiem_status km_batch_init(km_batch *batch, const km_mem *mem, km_scope scope, const km_fieldset *fields,
                          uint32_t capacity, km_error *error) {
    int count;
    km_fields(scope, &count);
    *batch = (km_batch){.mem = mem, .scope = scope, .capacity = capacity};
    batch->row = km_alloc_array(mem, capacity, sizeof *batch->row);
    if (capacity > KM_BATCH_ROWS) batch->no_cells = km_alloc_zero(mem, values_size(sizeof *zeros, capacity));
    bool room = batch->row && (batch->no_cells || capacity <= KM_BATCH_ROWS);
    kiem_status status = room ? KIEM_OK : km_nomem(error);
    for (int i = 0; i < count && status == KIEM_OK; i++) {
        if (km_fieldset_has(fields, i)) status = km_batch_add_column(batch, i, error);
    }
    if (status != KIEM_OK) km_batch_free(batch);
    return status;
}

/* Columns of an image are recognised by lying inside it: image columns carry bytes_capacity == SIZE_MAX. */
static bool in_image(const km_column *column) {
    return column->bytes_capacity == SIZE_MAX;
}

void km_batch_free(km_batch *batch) {
    if (!batch->mem) return;
    for (int i = 0; i < KM_FIELD_MAX; i++) {
        km_column *column = &batch->column[i];
        if (!km_fieldset_has(&batch->present, i) || in_image(column)) continue;
        km_free(batch->mem, column->values, values_size(field_width(batch, i), batch->capacity));
        km_free(batch->mem, column->valid, km_batch_words(batch->capacity) * sizeof *column->valid);
        km_free(batch->mem, column->bytes, column->bytes_capacity);
    }
    if (!batch->borrowed) km_free(batch->mem, batch->row, batch->capacity * sizeof *batch->row);
    km_free(batch->mem, batch->no_cells, values_size(sizeof *zeros, batch->capacity));
    *batch = (km_batch){0};
}

kiem_status km_batch_grow(km_batch *batch, uint32_t capacity, km_error *error) {
    km_batch larger;
    KM_TRY(km_batch_init(&larger, batch->mem, batch->scope, &batch->present, capacity, error));
    for (int i = 0; i < KM_FIELD_MAX; i++) {
        if (!km_fieldset_has(&batch->present, i)) continue;
        km_column *from = &batch->column[i], *to = &larger.column[i];
        memcpy(to->values, from->values, values_size(field_width(batch, i), batch->rows));
        memcpy(to->valid, from->valid, km_batch_words(batch->rows) * sizeof *to->valid);
        to->bytes = from->bytes;
        to->bytes_used = from->bytes_used;
        to->bytes_capacity = from->bytes_capacity;
        from->bytes = NULL;
        from->bytes_capacity = 0;
    }
    memcpy(larger.row, batch->row, batch->rows * sizeof *larger.row);
    larger.rows = batch->rows;
    larger.input = batch->input;
    larger.base = batch->base;
    km_batch_free(batch);
    *batch = larger;
    return KIEM_OK;
}

void km_batch_clear(km_batch *batch) {
    for (int i = 0; i < KM_FIELD_MAX; i++) {
        if (!km_fieldset_has(&batch->present, i)) continue;
        km_column *column = &batch->column[i];
        memset(column->valid, 0, km_batch_words(batch->capacity) * sizeof *column->valid);
        column->bytes_used = 0;
    }
    batch->rows = 0;
}

void km_column_put_null(km_column *column, size_t width, uint32_t row) {
    if (width == 4) {
        ((int32_t *)column->values)[row] = 0;
    } else {
        ((int64_t *)column->values)[row] = 0;
    }
    column->valid[row / 64] &= ~((uint64_t)1 << (row % 64));
}

void km_column_put_no_texts(km_column *column, uint32_t row, uint32_t count) {
    uint32_t *offsets = column->values, end = row + count;
    for (uint32_t i = row; i <= end; i++) offsets[i] = (uint32_t)column->bytes_used;
    for (uint32_t next; row < end; row = next) {
        next = row / 64 * 64 + 64 < end ? row / 64 * 64 + 64 : end;
        column->valid[row / 64] &= ~(UINT64_MAX >> (64 - (next - row)) << row % 64);
    }
}

bool km_column_put_text(const km_mem *mem, km_column *column, uint32_t row, km_text text) {
    uint32_t *offsets = column->values;
    size_t need = column->bytes_used + text.length;
    if (need > UINT32_MAX || !km_grow(mem, (void **)&column->bytes, &column->bytes_capacity, need, 1))
        return false;
    if (text.length) memcpy(column->bytes + column->bytes_used, text.ptr, text.length);
    offsets[row] = (uint32_t)column->bytes_used;
    offsets[row + 1] = (uint32_t)need;
    column->bytes_used = need;
    uint64_t bit = (uint64_t)1 << (row % 64);
    column->valid[row / 64] = text.length ? column->valid[row / 64] | bit : column->valid[row / 64] & ~bit;
    return true;
}

static int64_t fixed_at(const km_column *column, size_t width, uint32_t row) {
    return width == 4 ? ((const int32_t *)column->values)[row] : ((const int64_t *)column->values)[row];
}

km_value km_batch_value(const km_batch *batch, int field, uint32_t row) {
    int count;
    const km_field *about = &km_fields(batch->scope, &count)[field];
    const km_column *column = &batch->column[field];
    km_value value = {.type = about->type, .scale = about->scale};
    if (!km_fieldset_has(&batch->present, field) || !km_column_valid(column, row)) return value;
    value.known = true;
    if (about->type == KM_TYPE_TEXT) {
        value.text = km_column_text(column, row);
    } else if (about->type == KM_TYPE_CODE) {
        value.code = (uint64_t)fixed_at(column, 8, row);
    } else {
        value.number = fixed_at(column, km_field_width(about), row);
    }
    return value;
}

int64_t km_batch_int(const km_batch *batch, int field, uint32_t row, int64_t missing) {
    const km_column *column = &batch->column[field];
    if (!km_fieldset_has(&batch->present, field) || !km_column_valid(column, row)) return missing;
    return fixed_at(column, field_width(batch, field), row);
}

km_cells km_batch_cells(const km_batch *batch, int field) {
    const km_column *column = &batch->column[field];
    size_t width = field_width(batch, field);
    const void *none = batch->no_cells ? batch->no_cells : zeros;
    if (!km_fieldset_has(&batch->present, field)) return (km_cells){none, none, width};
    return (km_cells){column->values, column->valid, width};
}

kiem_status km_batch_copy_row(km_batch *to, const km_batch *from, uint32_t row, km_error *error) {
    uint32_t at = to->rows;
    int count;
    const km_field *fields = km_fields(to->scope, &count);
    for (int i = 0; i < count; i++) {
        if (!km_fieldset_has(&to->present, i)) continue;
        size_t width = km_field_width(&fields[i]);
        if (width == 0) {
            if (!km_column_put_text(to->mem, &to->column[i], at, km_batch_text(from, i, row)))
                return km_nomem(error);
        } else if (km_fieldset_has(&from->present, i) && km_column_valid(&from->column[i], row)) {
            km_column_put(&to->column[i], width, at, fixed_at(&from->column[i], width, row));
        } else {
            km_column_put_null(&to->column[i], width, at);
        }
    }
    to->row[at] = from->row[row];
    to->rows++;
    return KIEM_OK;
}

/* ---- images ----
 * header | row numbers | for each kept column: column header, validity words, values, text bytes; each part
 * padded to 8 bytes. A column that is all NULL keeps only its header and points at shared zeros when opened.
 */

typedef struct image_header {
    uint64_t size, base;
    uint32_t scope, rows, input, columns;
} image_header;

typedef struct image_column {
    uint32_t field, all_null;
    uint64_t bytes_used;
} image_column;

static size_t padded(size_t size) {
    return (size + 7) & ~(size_t)7;
}

static bool all_null(const km_column *column, uint32_t rows) {
    uint64_t any = 0;
    for (size_t i = 0; i < km_batch_words(rows); i++) any |= column->valid[i];
    return any == 0;
}

static bool is_kept(const km_batch *batch, const km_fieldset *keep, int field) {
    return km_fieldset_has(&batch->present, field) && km_fieldset_has(keep, field);
}

size_t km_batch_image_size(const km_batch *batch, const km_fieldset *keep) {
    size_t size = sizeof(image_header) + batch->rows * sizeof *batch->row;
    for (int i = 0; i < KM_FIELD_MAX; i++) {
        if (!is_kept(batch, keep, i)) continue;
        const km_column *column = &batch->column[i];
        size += sizeof(image_column);
        if (all_null(column, batch->rows)) continue;
        size += km_batch_words(batch->rows) * sizeof *column->valid +
                padded(values_size(field_width(batch, i), batch->rows)) + padded(column->bytes_used);
    }
    return size;
}

static char *put(char *at, const void *bytes, size_t size) {
    if (size) memcpy(at, bytes, size);
    memset(at + size, 0, padded(size) - size);
    return at + padded(size);
}

void km_batch_image_write(const km_batch *batch, const km_fieldset *keep, void *image) {
    image_header header = {
        .base = batch->base, .scope = batch->scope, .rows = batch->rows, .input = batch->input};
    char *at = put((char *)image + sizeof header, batch->row, batch->rows * sizeof *batch->row);
    for (int i = 0; i < KM_FIELD_MAX; i++) {
        if (!is_kept(batch, keep, i)) continue;
        const km_column *column = &batch->column[i];
        image_column about = {.field = (uint32_t)i,
                              .all_null = all_null(column, batch->rows),
                              .bytes_used = column->bytes_used};
        header.columns++;
        at = put(at, &about, sizeof about);
        if (about.all_null) continue;
        at = put(at, column->valid, km_batch_words(batch->rows) * sizeof *column->valid);
        at = put(at, column->values, values_size(field_width(batch, i), batch->rows));
        at = put(at, column->bytes, column->bytes_used);
    }
    header.size = (uint64_t)(at - (char *)image);
    memcpy(image, &header, sizeof header);
}

void km_batch_image_open(km_batch *batch, const km_mem *mem, const void *image) {
    const image_header *header = image;
    char *at = (char *)(uintptr_t)image + sizeof *header;
    *batch = (km_batch){.mem = mem,
                        .scope = (km_scope)header->scope,
                        .rows = header->rows,
                        .capacity = header->rows,
                        .input = header->input,
                        .base = header->base,
                        .row = (int64_t *)(void *)at,
                        .borrowed = true};
    at += header->rows * sizeof *batch->row;
    for (uint32_t i = 0; i < header->columns; i++) {
        const image_column *about = (const image_column *)(const void *)at;
        int field = (int)about->field;
        km_column *column = &batch->column[field];
        at += sizeof *about;
        *column = (km_column){.values = (void *)(uintptr_t)zeros,
                              .valid = (uint64_t *)(uintptr_t)zeros,
                              .bytes_capacity = SIZE_MAX};
        km_fieldset_add(&batch->present, field);
        if (about->all_null) continue;
        column->valid = (uint64_t *)(void *)at;
        at += km_batch_words(header->rows) * sizeof *column->valid;
        column->values = at;
        at += padded(values_size(field_width(batch, field), header->rows));
        column->bytes = at;
        column->bytes_used = about->bytes_used;
        at += padded(about->bytes_used);
    }
}
