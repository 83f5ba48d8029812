#include "ingest/arrow_reader.h"

#include <string.h>

#include "ingest/arrow_column.h"
#include "ingest/complete.h"
#include "ingest/no_claim.h"

/* A wanted field and the column it is read from. */
typedef struct cell_slot {
    int child;
    km_decode how;
    km_arrow_type type;
    km_arrow_column column; /* of the record batch at hand */
    uint32_t *offsets;      /* of the cells of the window */
    km_buf cells;           /* where they do not lie in the array as they are wanted */
    km_text run;            /* where they do */
    bool in_place, slack;
} cell_slot;

typedef enum row_fault {
    ROW_GOOD = 0,
    ROW_NULL,
    ROW_NUL_BYTE,
    ROW_ENCODING,
    ROW_LONG,
    ROW_NO_CLAIM
} row_fault;

struct km_arrow_reader {
    const km_mem *mem;
    km_ingest_options options;
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    struct ArrowArray array; /* the record batch at hand, released when it is read */
    int64_t position;        /* rows of it that are read */
    km_layout layout;
    cell_slot *slots;
    uint32_t slot_count;
    km_claim_marks marks;
    uint32_t mark_slot[KM_CLAIM_MARKS];
    km_batch batch;
    km_bad_cells bad;
    km_mark_signs signs;
    km_rejects rejects;
    km_buf scratch;
    km_day_cache days;
    uint64_t records, rows, rejected;
    /* the window: up to KM_BATCH_ROWS rows of the record batch */
    uint32_t count, kept;
    uint32_t keep[KM_BATCH_ROWS];     /* rows of the window that are read */
    uint8_t fault[KM_BATCH_ROWS];     /* row_fault */
    uint32_t at_fault[KM_BATCH_ROWS]; /* slot of the cell */
};

/* ---- making */

static km_place place_of(const km_arrow_reader *reader, int64_t row, int column) {
    return km_at(reader->options.file, row, column);
}

static kiem_status schema_fault(const km_arrow_reader *reader, const char *fault, km_error *error) {
    return km_fail_at(error, KIEM_E_FORMAT, place_of(reader, 0, 0),
                      "the schema of the stream cannot be used: %s", fault);
}

enum { COLUMNS_MAX = 100000 };

static kiem_status check_schema(const km_arrow_reader *reader, km_error *error) {
    const struct ArrowSchema *schema = &reader->schema;
    if (!schema->release) return schema_fault(reader, "it has been released", error);
    if (!schema->format || strcmp(schema->format, "+s") != 0)
        return schema_fault(reader, "it is no struct of columns", error);
    if (schema->n_children < 0 || schema->n_children > COLUMNS_MAX)
        return schema_fault(reader, "its number of columns cannot be right", error);
    if (schema->n_children && !schema->children) return schema_fault(reader, "it has no columns", error);
    for (int64_t i = 0; i < schema->n_children; i++) {
        const struct ArrowSchema *child = schema->children[i];
        if (!child || !child->release) return schema_fault(reader, "a column of it has been released", error);
        if (child->name && !km_utf8_valid(child->name, strlen(child->name)))
            return schema_fault(reader, "the name of a column is not UTF-8", error);
    }
    return KIEM_OK;
}

static kiem_status read_layout(km_arrow_reader *reader, km_error *error) {
    size_t count = (size_t)reader->schema.n_children;
    km_text *names = km_alloc_zero(reader->mem, count * sizeof *names);
    if (!names) return km_nomem(error);
    for (size_t i = 0; i < count; i++) {
        const char *name = reader->schema.children[i]->name;
        names[i] = km_text_from(name ? name : "");
    }
    kiem_status status = km_layout_of_names(&reader->layout, reader->mem, reader->options.scope,
                                            reader->options.file, names, count, error);
    km_free(reader->mem, names, count * sizeof *names);
    return status;
}

static bool wants(const km_arrow_reader *reader, int field) {
    return km_fieldset_has(&reader->options.wanted, field);
}

/* Digits of codes that have the same number of them always, but whose zeros a file must show: a 0 that was
 * written is to be seen, one that a number could not hold is not. */
static size_t digits_of_code(km_scope scope, int field) {
    static const struct {
        int field;
        size_t digits;
    } codes[] = {{KM_CLAIM_MA_QUOCTICH, 3},   {KM_CLAIM_MA_DANTOC, 2},      {KM_CLAIM_MA_NGHE_NGHIEP, 5},
                 {KM_CLAIM_MATINH_CU_TRU, 2}, {KM_CLAIM_MAHUYEN_CU_TRU, 3}, {KM_CLAIM_MAXA_CU_TRU, 5}};
    for (size_t i = 0; scope == KM_SCOPE_CLAIM && i < sizeof codes / sizeof codes[0]; i++) {
        if (codes[i].field == field) return codes[i].digits;
    }
    return 0;
}

static kiem_status make_slot(km_arrow_reader *reader, int field, km_error *error) {
    cell_slot *slot = &reader->slots[reader->slot_count++];
    km_buf_init(&slot->cells, reader->mem);
    slot->child = km_layout_column(&reader->layout, field);
    const struct ArrowSchema *schema = reader->schema.children[slot->child];
    slot->type = km_arrow_type_of(schema);
    bool comma = reader->options.decimal_comma && km_arrow_is_text(slot->type.kind);
    slot->how = km_decode_of(reader->layout.scope, field, comma, &reader->days);
    size_t digits = km_arrow_is_text(slot->type.kind) ? 0 : digits_of_code(reader->layout.scope, field);
    if (digits) slot->how.pad = digits;
    KM_TRY(km_arrow_type_check(&slot->type, schema, slot->how.field, place_of(reader, 0, slot->child + 1),
                               error));
    slot->offsets = km_alloc_zero(reader->mem, (KM_BATCH_ROWS + 1) * sizeof *slot->offsets);
    return slot->offsets ? KIEM_OK : km_nomem(error);
}

static void choose_marks(km_arrow_reader *reader) {
    km_claim_marks *marks = &reader->marks;
    *marks = km_claim_marks_of(&reader->layout);
    for (uint32_t i = 0; i < marks->count; i++) {
        uint32_t slot = 0;
        while (slot < reader->slot_count && reader->slots[slot].how.number != marks->field[i]) slot++;
        if (slot == reader->slot_count) marks->count = 0; /* it is not read */
        reader->mark_slot[i] = slot;
    }
}

static kiem_status make_slots(km_arrow_reader *reader, km_error *error) {
    const km_layout *layout = &reader->layout;
    km_fieldset fields = {0};
    int standard = km_standard_field(layout->scope), bad_values = km_bad_values_field(layout->scope);
    reader->slots = km_alloc_zero(reader->mem, layout->columns * sizeof *reader->slots);
    if (!reader->slots) return km_nomem(error);
    for (int field = 0; field < KM_FIELD_MAX; field++) {
        if (!wants(reader, field) || !km_fieldset_has(&layout->present, field)) continue;
        km_fieldset_add(&fields, field);
        KM_TRY(make_slot(reader, field, error));
    }
    choose_marks(reader);
    if (wants(reader, standard)) km_fieldset_add(&fields, standard);
    if (wants(reader, bad_values)) km_fieldset_add(&fields, bad_values);
    KM_TRY(km_batch_init(&reader->batch, reader->mem, layout->scope, &fields, KM_BATCH_ROWS, error));
    reader->batch.input = reader->options.input;
    reader->batch.base = reader->options.base;
    return KIEM_OK;
}

static kiem_status open_stream(km_arrow_reader *reader, struct ArrowArrayStream *stream, km_error *error) {
    int code = stream->get_schema(stream, &reader->schema);
    if (code) {
        reader->schema.release = NULL;
        return km_fail_at(error, KIEM_E_IO, place_of(reader, 0, 0), "the stream gave no schema (error %d)",
                          code);
    }
    KM_TRY(check_schema(reader, error));
    KM_TRY(read_layout(reader, error));
    return make_slots(reader, error);
}

kiem_status km_arrow_reader_new(const km_mem *mem, const km_ingest_options *options,
                                struct ArrowArrayStream *stream, km_arrow_reader **out, km_error *error) {
    km_arrow_reader *reader = km_alloc_zero(mem, sizeof *reader);
    if (!reader) return km_nomem(error);
    reader->mem = mem;
    reader->options = *options;
    if (!reader->options.record_limit) reader->options.record_limit = KM_RECORD_LIMIT;
    reader->bad.mem = mem;
    km_rejects_init(&reader->rejects, mem);
    km_buf_init(&reader->scratch, mem);
    kiem_status status = open_stream(reader, stream, error);
    if (status != KIEM_OK) {
        km_arrow_reader_free(reader);
        return status;
    }
    reader->stream = *stream;
    stream->release = NULL;
    *out = reader;
    return KIEM_OK;
}

static void release_array(km_arrow_reader *reader) {
    if (reader->array.release) reader->array.release(&reader->array);
    reader->array.release = NULL;
}

void km_arrow_reader_free(km_arrow_reader *reader) {
    if (!reader) return;
    const km_mem *mem = reader->mem;
    release_array(reader);
    if (reader->schema.release) reader->schema.release(&reader->schema);
    if (reader->stream.release) reader->stream.release(&reader->stream);
    for (uint32_t i = 0; i < reader->slot_count; i++) {
        km_buf_free(&reader->slots[i].cells);
        km_free(mem, reader->slots[i].offsets, (KM_BATCH_ROWS + 1) * sizeof *reader->slots[i].offsets);
    }
    km_free(mem, reader->slots, reader->layout.columns * sizeof *reader->slots);
    km_layout_free(&reader->layout);
    km_batch_free(&reader->batch);
    km_free(mem, reader->bad.list, reader->bad.capacity * sizeof *reader->bad.list);
    km_rejects_free(&reader->rejects);
    km_buf_free(&reader->scratch);
    km_free(mem, reader, sizeof *reader);
}

/* ---- record batches */

static const char *name_of(const cell_slot *slot) {
    return slot->how.field->name;
}

static const char *batch_fault(const km_arrow_reader *reader) {
    const struct ArrowArray *array = &reader->array;
    if (array->n_children != reader->schema.n_children)
        return "its number of columns is not that of the schema";
    if (array->n_children && !array->children) return "it has no columns";
    if (array->length < 0 || array->offset < 0 || array->offset > INT64_MAX - array->length)
        return "its length or offset is negative or too great";
    if (array->null_count > 0 && (array->n_buffers < 1 || !array->buffers || !array->buffers[0]))
        return "it has null rows but says not which";
    return NULL;
}

static kiem_status next_array(km_arrow_reader *reader, km_error *error) {
    struct ArrowArray *array = &reader->array;
    int64_t row = (int64_t)reader->records + 1;
    reader->position = 0;
    int code = reader->stream.get_next(&reader->stream, array);
    if (code) {
        array->release = NULL;
        return km_fail_at(error, KIEM_E_IO, place_of(reader, row, 0), "the stream failed midway (error %d)",
                          code);
    }
    if (!array->release) return KIEM_OK;
    const char *fault = batch_fault(reader);
    if (fault)
        return km_fail_at(error, KIEM_E_FORMAT, place_of(reader, row, 0), "a record batch is damaged: %s",
                          fault);
    for (uint32_t i = 0; i < reader->slot_count; i++) {
        cell_slot *slot = &reader->slots[i];
        KM_TRY(km_arrow_column_open(&slot->column, &slot->type, array->children[slot->child], array->offset,
                                    array->length, place_of(reader, row, slot->child + 1), name_of(slot),
                                    error));
    }
    return KIEM_OK;
}

/* ---- which rows of a window can be read */

static kiem_status broken_cell(const km_arrow_reader *reader, const cell_slot *slot, uint32_t row,
                               km_error *error) {
    int64_t number = (int64_t)reader->records + row + 1;
    return km_fail_at(error, KIEM_E_FORMAT, place_of(reader, number, slot->child + 1),
                      "%s: the array of this column is damaged: an offset or index points outside",
                      name_of(slot));
}

static row_fault text_fault(const km_arrow_reader *reader, km_text cell) {
    if (cell.length > reader->options.record_limit) return ROW_LONG;
    if (!km_utf8_valid(cell.ptr, cell.length)) return ROW_ENCODING;
    return cell.length && memchr(cell.ptr, '\0', cell.length) ? ROW_NUL_BYTE : ROW_GOOD;
}

static kiem_status check_cells(km_arrow_reader *reader, uint32_t number, km_error *error) {
    cell_slot *slot = &reader->slots[number];
    for (uint32_t row = 0; row < reader->count; row++) {
        km_text cell;
        if (km_arrow_text(&slot->column, reader->position + row, &cell) == KM_ARROW_CELL_BROKEN)
            return broken_cell(reader, slot, row, error);
        row_fault fault = text_fault(reader, cell);
        if (!fault || reader->fault[row]) continue;
        reader->fault[row] = (uint8_t)fault;
        reader->at_fault[row] = number;
    }
    return KIEM_OK;
}

/* Nearly every column passes at once, as one stretch of bytes. */
static kiem_status check_texts(km_arrow_reader *reader, uint32_t number, km_error *error) {
    cell_slot *slot = &reader->slots[number];
    slot->in_place = false;
    if (!km_arrow_is_text(slot->type.kind)) return KIEM_OK;
    bool run = km_arrow_run(&slot->column, reader->position, reader->count, reader->options.record_limit,
                            slot->offsets, &slot->run, &slot->slack);
    if (run && km_utf8_valid(slot->run.ptr, slot->run.length) &&
        !(slot->run.length && memchr(slot->run.ptr, '\0', slot->run.length))) {
        slot->in_place = true;
        return KIEM_OK;
    }
    return check_cells(reader, number, error);
}

static void find_null_rows(km_arrow_reader *reader) {
    const struct ArrowArray *array = &reader->array;
    const uint8_t *validity =
        array->n_buffers > 0 && array->buffers && array->null_count ? array->buffers[0] : NULL;
    for (uint32_t row = 0; validity && row < reader->count; row++) {
        int64_t at = array->offset + reader->position + row;
        if (!(validity[at / 8] >> (at % 8) & 1)) reader->fault[row] = ROW_NULL;
    }
}

static kiem_status reject_row(km_arrow_reader *reader, uint32_t row, km_error *error) {
    static const char *const reasons[] = {[ROW_NULL] = "the row is null",
                                          [ROW_NUL_BYTE] = "NUL byte inside the row",
                                          [ROW_ENCODING] = "invalid UTF-8",
                                          [ROW_LONG] = "a value is longer than a row may be",
                                          [ROW_NO_CLAIM] = km_no_claim};
    km_text column = KM_TEXT(""), cell = KM_TEXT("");
    row_fault fault = (row_fault)reader->fault[row];
    if (fault != ROW_NULL && fault != ROW_NO_CLAIM) {
        const cell_slot *slot = &reader->slots[reader->at_fault[row]];
        column = reader->layout.name[slot->child];
        km_arrow_text(&slot->column, reader->position + row, &cell);
    }
    km_reject place = {
        .input = reader->options.input, .row = (int64_t)reader->records + row + 1, .offset = -1};
    reader->rejected++;
    return km_rejects_add(&reader->rejects, place, column, km_text_from(reasons[fault]), cell, error);
}

static bool is_claim(const km_arrow_reader *reader, uint32_t row) {
    const int64_t at = reader->position + row;
    for (uint32_t i = 0; i < reader->marks.count; i++) {
        const cell_slot *slot = &reader->slots[reader->mark_slot[i]];
        km_text cell = {"", 0};
        bool text = km_arrow_is_text(slot->type.kind);
        if (text) km_arrow_text(&slot->column, at, &cell);
        if (text ? km_claim_mark(slot->how.number, (uint32_t)slot->child, cell)
                 : !km_arrow_is_null(&slot->column, at))
            return true;
    }
    return reader->marks.count == 0;
}

static kiem_status choose_rows(km_arrow_reader *reader, km_error *error) {
    memset(reader->fault, 0, reader->count);
    find_null_rows(reader);
    for (uint32_t i = 0; i < reader->slot_count; i++) KM_TRY(check_texts(reader, i, error));
    reader->kept = 0;
    for (uint32_t row = 0; row < reader->count; row++) {
        if (!reader->fault[row] && !is_claim(reader, row)) reader->fault[row] = ROW_NO_CLAIM;
        if (reader->fault[row]) {
            KM_TRY(reject_row(reader, row, error));
        } else {
            reader->batch.row[reader->kept] = (int64_t)reader->records + row + 1;
            reader->keep[reader->kept++] = row;
        }
    }
    return KIEM_OK;
}

/* ---- cells */

enum { DIGITS_MAX = 38 /* of a code or text: as many as there are */ };

/* Puts the cells of the rows kept one behind the other. */
static kiem_status gather(km_arrow_reader *reader, cell_slot *slot, km_error *error) {
    const km_field *field = slot->how.field;
    int digits = field->type == KM_TYPE_NUMBER ? field->scale : DIGITS_MAX;
    km_buf_clear(&slot->cells);
    for (uint32_t i = 0; i < reader->kept; i++) {
        int64_t row = reader->position + reader->keep[i];
        km_text cell = {"", 0};
        km_arrow_cell got = km_arrow_is_text(slot->type.kind)
                                ? km_arrow_text(&slot->column, row, &cell)
                                : km_arrow_print(&slot->column, row, digits, &slot->cells);
        if (got == KM_ARROW_CELL_BROKEN) return broken_cell(reader, slot, reader->keep[i], error);
        if (cell.length) km_buf_text(&slot->cells, cell);
        slot->offsets[i + 1] = (uint32_t)slot->cells.length;
    }
    slot->offsets[0] = 0;
    return km_buf_reserve(&slot->cells, KM_CELL_SLACK) ? KIEM_OK : km_nomem(error);
}

/* Integers and decimals go without a detour through text, when every one of them fits its field. */
static bool numbers(km_arrow_reader *reader, cell_slot *slot) {
    km_column *column = &reader->batch.column[slot->how.number];
    const km_field *field = slot->how.field;
    size_t width = km_field_width(field);
    bool whole = slot->type.kind == KM_ARROW_INT || slot->type.kind == KM_ARROW_UINT;
    if (field->type != KM_TYPE_NUMBER || (!whole && slot->type.kind != KM_ARROW_DECIMAL)) return false;
    int from = whole ? 0 : slot->type.scale, more = field->scale - from;
    if (more < -KM_SCALE_MAX) return false;
    int64_t factor = km_pow10(more < 0 ? -more : more);
    for (uint32_t i = 0; i < reader->kept; i++) {
        int64_t row = reader->position + reader->keep[i], value;
        if (km_arrow_is_null(&slot->column, row)) {
            km_column_put_null(column, width, i);
            continue;
        }
        if (!km_arrow_number(&slot->column, row, &value)) return false;
        if (more < 0 && value % factor) return false;
        if (more < 0) value /= factor;
        if (more > 0 && __builtin_mul_overflow(value, factor, &value)) return false;
        if (!km_decode_fits(&slot->how, value)) return false;
        km_column_put(column, width, i, value);
    }
    return true;
}

static kiem_status decode_slot(km_arrow_reader *reader, cell_slot *slot, km_error *error) {
    bool in_place = slot->in_place && reader->kept == reader->count && slot->slack;
    if (numbers(reader, slot)) return KIEM_OK;
    if (!in_place) KM_TRY(gather(reader, slot, error));
    const char *bytes = in_place ? slot->run.ptr : slot->cells.data;
    km_cell_texts cells = km_cells_in_a_row(bytes, slot->offsets, reader->kept);
    km_decode_column(&slot->how, &cells, 0, &reader->batch.column[slot->how.number], &reader->bad);
    return KIEM_OK;
}

static kiem_status read_window(km_arrow_reader *reader, km_error *error) {
    int64_t left = reader->array.length - reader->position;
    reader->count = left < KM_BATCH_ROWS ? (uint32_t)left : KM_BATCH_ROWS;
    km_batch_clear(&reader->batch);
    reader->bad.count = 0;
    reader->bad.decimals = reader->bad.doubts = false;
    KM_TRY(choose_rows(reader, error));
    for (uint32_t i = 0; i < reader->slot_count && reader->kept; i++)
        KM_TRY(decode_slot(reader, &reader->slots[i], error));
    reader->batch.rows = reader->kept;
    reader->position += reader->count;
    reader->records += reader->count;
    reader->rows += reader->kept;
    if (!reader->kept) return KIEM_OK;
    return km_complete_batch(&reader->layout, &reader->options, &reader->bad, &reader->scratch,
                             &reader->signs, &reader->batch, error);
}

kiem_status km_arrow_reader_next(km_arrow_reader *reader, km_batch **out, km_error *error) {
    *out = NULL;
    for (;;) {
        if (!reader->array.release || reader->position == reader->array.length) {
            release_array(reader);
            KM_TRY(next_array(reader, error));
            if (!reader->array.release)
                return km_mark_signs_check(&reader->signs, &reader->layout, &reader->options, error);
            continue;
        }
        KM_TRY(read_window(reader, error));
        if (!reader->batch.rows) continue;
        *out = &reader->batch;
        return KIEM_OK;
    }
}

km_rejects *km_arrow_reader_rejects(km_arrow_reader *reader) {
    return &reader->rejects;
}

const km_layout *km_arrow_reader_layout(const km_arrow_reader *reader) {
    return &reader->layout;
}

km_reader_counts km_arrow_reader_get_counts(const km_arrow_reader *reader) {
    return (km_reader_counts){.records = reader->records,
                              .rows = reader->rows,
                              .rejects = reader->rejected,
                              .header_only = reader->records == 0};
}
