#include "ingest/decoder.h"

#include <stdio.h>
#include <string.h>

#include "ingest/complete.h"
#include "ingest/csv.h"
#include "ingest/decode.h"

/* A wanted field. Cells of text go straight into the batch, others wait here to be decoded. */
typedef struct cell_slot {
    km_csv_column *cells;  /* its column of the file */
    uint32_t *own_offsets; /* NULL for text */
    km_decode how;
} cell_slot;

struct km_decoder {
    const km_mem *mem;
    const km_layout *layout;
    km_ingest_options options;
    km_csv *csv;
    km_fieldset fields;
    km_csv_column *columns; /* of the file, and one more for the parser */
    cell_slot *slots;       /* in field order */
    uint32_t slot_count;
    km_day_cache days;
    km_bad_cells bad;
    km_rejects rejects;
    km_buf scratch;
    uint32_t rows; /* of the block under work */
};

static bool wants(const km_decoder *decoder, int field) {
    return km_fieldset_has(&decoder->options.wanted, field);
}

/* ---- making */

static kiem_status init_slot(km_decoder *decoder, cell_slot *slot, int field, km_error *error) {
    slot->how = km_decode_of(decoder->layout->scope, field, decoder->options.decimal_comma,
                             km_layout_has_old_kinds(decoder->layout, field), &decoder->days);
    slot->cells = &decoder->columns[km_layout_column(decoder->layout, field)];
    km_fieldset_add(&decoder->fields, field);
    if (slot->how.field->type == KM_TYPE_TEXT) return KIEM_OK;
    slot->own_offsets = km_alloc_zero(decoder->mem, (KM_BATCH_ROWS + 1) * sizeof *slot->own_offsets);
    return slot->own_offsets ? KIEM_OK : km_nomem(error);
}

static kiem_status init_slots(km_decoder *decoder, km_error *error) {
    const km_layout *layout = decoder->layout;
    decoder->slots = km_alloc_zero(decoder->mem, layout->columns * sizeof *decoder->slots);
    decoder->columns = km_alloc_zero(decoder->mem, (layout->columns + 1) * sizeof *decoder->columns);
    if (!decoder->slots || !decoder->columns) return km_nomem(error);
    for (int field = 0; field < KM_FIELD_MAX; field++) {
        if (!wants(decoder, field) || !km_fieldset_has(&layout->present, field)) continue;
        KM_TRY(init_slot(decoder, &decoder->slots[decoder->slot_count++], field, error));
    }
    int standard = km_standard_field(layout->scope), bad_values = km_bad_values_field(layout->scope);
    if (wants(decoder, standard)) km_fieldset_add(&decoder->fields, standard);
    if (wants(decoder, bad_values)) km_fieldset_add(&decoder->fields, bad_values);
    return KIEM_OK;
}

kiem_status km_decoder_new(const km_mem *mem, const km_layout *layout, const km_ingest_options *options,
                           km_decoder **out, km_error *error) {
    *out = NULL;
    km_decoder *decoder = km_alloc_zero(mem, sizeof *decoder);
    if (!decoder) return km_nomem(error);
    decoder->mem = mem;
    decoder->layout = layout;
    decoder->options = *options;
    if (!decoder->options.record_limit) decoder->options.record_limit = KM_RECORD_LIMIT;
    decoder->bad.mem = mem;
    km_rejects_init(&decoder->rejects, mem);
    km_buf_init(&decoder->scratch, mem);
    size_t longest = decoder->options.record_limit + 1;
    kiem_status status = km_csv_new(mem, layout->delimiter, longest, &decoder->csv, error);
    if (status == KIEM_OK) status = init_slots(decoder, error);
    if (status != KIEM_OK) {
        km_decoder_free(decoder);
        return status;
    }
    *out = decoder;
    return KIEM_OK;
}

void km_decoder_free(km_decoder *decoder) {
    if (!decoder) return;
    const km_mem *mem = decoder->mem;
    for (uint32_t i = 0; i < decoder->slot_count; i++) {
        cell_slot *slot = &decoder->slots[i];
        if (!slot->own_offsets) continue;
        km_free(mem, slot->own_offsets, (KM_BATCH_ROWS + 1) * sizeof *slot->own_offsets);
        km_free(mem, slot->cells->bytes, slot->cells->capacity);
    }
    km_free(mem, decoder->slots, decoder->layout->columns * sizeof *decoder->slots);
    km_free(mem, decoder->columns, (decoder->layout->columns + 1) * sizeof *decoder->columns);
    km_free(mem, decoder->bad.list, decoder->bad.capacity * sizeof *decoder->bad.list);
    km_csv_free(decoder->csv);
    km_rejects_free(&decoder->rejects);
    km_buf_free(&decoder->scratch);
    km_free(mem, decoder, sizeof *decoder);
}

kiem_status km_decoder_init_batch(const km_decoder *decoder, km_batch *batch, km_error *error) {
    KM_TRY(
        km_batch_init(batch, decoder->mem, decoder->layout->scope, &decoder->fields, KM_BATCH_ROWS, error));
    batch->input = decoder->options.input;
    batch->base = decoder->options.base;
    return KIEM_OK;
}

km_rejects *km_decoder_rejects(km_decoder *decoder) {
    return &decoder->rejects;
}

/* ---- records to cells */

/* The first column whose cell is not UTF-8. */
typedef struct column_search {
    int column, found;
} column_search;

static void search_cell(void *cell, size_t size, void *data) {
    column_search *search = data;
    if (search->found < 0 && !km_utf8_valid(cell, size)) search->found = search->column;
    search->column++;
}

/* Text columns are filled where they stand in the batch. */
static void attach(km_decoder *decoder, km_batch *batch) {
    for (uint32_t i = 0; i < decoder->slot_count; i++) {
        cell_slot *slot = &decoder->slots[i];
        slot->cells->used = 0;
        slot->cells->offsets = slot->own_offsets;
        if (slot->own_offsets) continue;
        km_column *column = &batch->column[slot->how.number];
        slot->cells->bytes = column->bytes;
        slot->cells->capacity = column->bytes_capacity;
        slot->cells->offsets = column->values;
    }
    km_csv_begin(decoder->csv, decoder->columns, decoder->layout->columns);
}

static void detach(km_decoder *decoder, km_batch *batch) {
    for (uint32_t i = 0; i < decoder->slot_count; i++) {
        cell_slot *slot = &decoder->slots[i];
        if (slot->own_offsets) continue;
        km_column *column = &batch->column[slot->how.number];
        column->bytes = slot->cells->bytes;
        column->bytes_capacity = slot->cells->capacity;
        column->bytes_used = slot->cells->used;
    }
}

/* Takes back the cells of a record that turned out not to be a row. */
static void roll_back(km_decoder *decoder) {
    for (uint32_t i = 0; i < decoder->slot_count; i++) {
        km_csv_column *cells = decoder->slots[i].cells;
        cells->used = cells->offsets[decoder->rows];
    }
}

/* The record under work, for a reject. */
typedef struct found_record {
    km_text text;
    int64_t row, offset;
} found_record;

static kiem_status reject(km_decoder *decoder, const found_record *record, km_text column, const char *reason,
                          km_error *error) {
    km_reject place = {.input = decoder->options.input, .row = record->row, .offset = record->offset};
    return km_rejects_add(&decoder->rejects, place, column, km_text_from(reason), km_text_trim(record->text),
                          error);
}

static kiem_status reject_line(km_decoder *decoder, const found_record *record, km_line_kind kind,
                               km_error *error) {
    char reason[80];
    const char *what = kind == KM_LINE_LONG ? "line longer than" : "quote not closed within";
    snprintf(reason, sizeof reason, "%s %zu bytes", what, decoder->options.record_limit);
    return reject(decoder, record, KM_TEXT(""), reason, error);
}

static kiem_status reject_encoding(km_decoder *decoder, const found_record *record, km_error *error) {
    const km_layout *layout = decoder->layout;
    km_text column = KM_TEXT("");
    if (memchr(record->text.ptr, '\0', record->text.length))
        return reject(decoder, record, column, "NUL byte inside the row", error);
    column_search search = {.found = -1};
    km_csv_record(decoder->csv, record->text.ptr, record->text.length, search_cell, NULL, &search);
    if (search.found >= 0 && (uint32_t)search.found < layout->columns) column = layout->name[search.found];
    return reject(decoder, record, column, "invalid UTF-8", error);
}

static kiem_status parse_record(km_decoder *decoder, km_batch *batch, const found_record *record,
                                km_error *error) {
    km_csv_shape shape;
    uint32_t expected = decoder->layout->columns;
    KM_TRY(km_csv_record_into(decoder->csv, record->text.ptr, record->text.length, decoder->rows, &shape,
                              error));
    if (shape.rows == 1 && shape.fields >= expected && !shape.overfull) {
        batch->row[decoder->rows++] = record->row;
        return KIEM_OK;
    }
    roll_back(decoder);
    if (shape.rows != 1) return reject(decoder, record, KM_TEXT(""), "carriage return inside the row", error);
    char reason[80];
    snprintf(reason, sizeof reason, "expected %u fields, found %u", (unsigned)expected,
             (unsigned)shape.fields);
    return reject(decoder, record, KM_TEXT(""), reason, error);
}

static kiem_status parse_block(km_decoder *decoder, km_batch *batch, const km_block *block, km_error *error) {
    bool clean = km_utf8_valid(block->bytes, block->size) && !memchr(block->bytes, '\0', block->size);
    found_record record = {.text = {block->bytes, 0}, .row = block->row, .offset = block->offset};
    for (uint32_t i = 0; i < block->count; i++) {
        km_line line = block->lines[i];
        record.text.length = line.size;
        if (line.kind == KM_LINE_UNCLOSED || line.kind == KM_LINE_LONG) {
            KM_TRY(reject_line(decoder, &record, (km_line_kind)line.kind, error));
        } else if (line.kind == KM_LINE_RECORD && !clean &&
                   (!km_utf8_valid(record.text.ptr, line.size) || memchr(record.text.ptr, '\0', line.size))) {
            KM_TRY(reject_encoding(decoder, &record, error));
        } else if (line.kind == KM_LINE_RECORD) {
            KM_TRY(parse_record(decoder, batch, &record, error));
        }
        record.text.ptr += line.size;
        record.offset += line.size;
        record.row++;
    }
    return KIEM_OK;
}

/* ---- cells to values */

static kiem_status decode_cells(km_decoder *decoder, km_batch *batch, km_error *error) {
    decoder->bad.count = 0;
    for (uint32_t i = 0; i < decoder->slot_count; i++) {
        cell_slot *slot = &decoder->slots[i];
        km_column *column = &batch->column[slot->how.number];
        km_cell_texts cells = {slot->cells->bytes, slot->cells->offsets, batch->rows};
        if (slot->own_offsets) {
            km_decode_column(&slot->how, &cells, column, &decoder->bad);
        } else {
            km_decode_text(column, batch->rows);
        }
    }
    return km_complete_batch(decoder->layout, &decoder->options, &decoder->bad, &decoder->scratch, batch,
                             error);
}

kiem_status km_decoder_decode(km_decoder *decoder, const km_block *block, km_batch *batch, km_error *error) {
    km_batch_clear(batch);
    decoder->rows = 0;
    decoder->bad.broken = false;
    attach(decoder, batch);
    kiem_status status = parse_block(decoder, batch, block, error);
    detach(decoder, batch);
    batch->rows = decoder->rows;
    if (status == KIEM_OK) status = decode_cells(decoder, batch, error);
    if (status != KIEM_OK) km_batch_clear(batch);
    return status;
}
