#include "ingest/decoder.h"

#include <stdio.h>
#include <string.h>

#include "ingest/csv.h"
#include "ingest/decode.h"
#include "ingest/no_claim.h"
#include "ingest/plain.h"

/* A wanted field. */
typedef struct cell_slot {
    uint32_t column; /* of the file */
    km_decode how;
} cell_slot;

struct km_decoder {
    const km_mem *mem;
    const km_layout *layout;
    km_ingest_options options;
    km_csv *csv;
    km_fieldset fields;
    cell_slot *slots; /* in field order */
    uint32_t slot_count;
    km_claim_marks marks;
    uint32_t mark_column[KM_CLAIM_MARKS];
    km_day_cache days;
    km_bad_cells bad;
    km_mark_signs signs;
    km_rejects rejects;
    km_buf scratch;
    km_cell_places places; /* of the first record of a group; the others stand beside it */
    uint32_t rows;         /* of the block under work */
    uint32_t unquoted; /* cells that libcsv took out of quotes go behind the block's bytes: they end here */
};

enum { BLANK_BYTES = 8 /* around the first name of a header that stands within the file */ };

static bool wants(const km_decoder *decoder, int field) {
    return km_fieldset_has(&decoder->options.wanted, field);
}

/* ---- making */

static size_t place_count(const km_layout *layout) {
    return 2 * (size_t)layout->columns * KM_PLACES;
}

static void init_slot(km_decoder *decoder, cell_slot *slot, int field) {
    slot->how = km_decode_of(decoder->layout->scope, field, decoder->options.decimal_comma, &decoder->days);
    slot->column = (uint32_t)km_layout_column(decoder->layout, field);
    km_fieldset_add(&decoder->fields, field);
}

static kiem_status init_slots(km_decoder *decoder, km_error *error) {
    const km_layout *layout = decoder->layout;
    decoder->slots = km_alloc_zero(decoder->mem, layout->columns * sizeof *decoder->slots);
    decoder->places.at = km_alloc_array(decoder->mem, place_count(layout), sizeof *decoder->places.at);
    decoder->places.columns = layout->columns;
    if (!decoder->slots || !decoder->places.at) return km_nomem(error);
    for (int field = 0; field < KM_FIELD_MAX; field++) {
        if (!wants(decoder, field) || !km_fieldset_has(&layout->present, field)) continue;
        init_slot(decoder, &decoder->slots[decoder->slot_count++], field);
    }
    decoder->marks = km_claim_marks_of(layout);
    for (uint32_t i = 0; i < decoder->marks.count; i++)
        decoder->mark_column[i] = (uint32_t)km_layout_column(layout, decoder->marks.field[i]);
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
    km_free(mem, decoder->slots, decoder->layout->columns * sizeof *decoder->slots);
    km_free(mem, decoder->places.at, place_count(decoder->layout) * sizeof *decoder->places.at);
    km_free(mem, decoder->bad.list, decoder->bad.capacity * sizeof *decoder->bad.list);
    km_csv_free(decoder->csv);
    km_rejects_free(&decoder->rejects);
    km_buf_free(&decoder->scratch);
    km_free(mem, decoder, sizeof *decoder);
}

/* Room for a whole batch is some megabytes to be cleared, which a file of few claims does not need. */
kiem_status km_decoder_fit_batch(const km_decoder *decoder, const km_block *block, km_batch *batch,
                                 km_error *error) {
    enum { FEW = KM_BATCH_ROWS / 8 };
    const uint32_t groups = (block->count + KM_GROUP - 1) / KM_GROUP;
    if (batch->mem && batch->capacity >= block->count) return KIEM_OK;
    km_batch_free(batch);
    KM_TRY(km_batch_init(batch, decoder->mem, decoder->layout->scope, &decoder->fields,
                         block->count > FEW ? KM_BATCH_ROWS : groups * KM_GROUP, error));
    batch->input = decoder->options.input;
    batch->base = decoder->options.base;
    return KIEM_OK;
}

km_rejects *km_decoder_rejects(km_decoder *decoder) {
    return &decoder->rejects;
}

const km_mark_signs *km_decoder_signs(const km_decoder *decoder) {
    return &decoder->signs;
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

/* Cells of record number `rows` of the block. What comes out of quotes is never longer than the record, so
 * there is room for all behind the block. */
static kiem_status cut_record(km_decoder *decoder, km_block *block, km_text record, km_record_shape *shape,
                              km_error *error) {
    uint32_t start = (uint32_t)(record.ptr - block->bytes), size = (uint32_t)record.length;
    km_cell_places places = decoder->places;
    places.at += decoder->rows % KM_GROUP;
    if (km_plain_cut(block->bytes, start, size, decoder->layout->delimiter, &places, shape)) return KIEM_OK;
    KM_TRY(km_csv_cut(decoder->csv, record, block->bytes, decoder->unquoted, &places, shape, error));
    decoder->unquoted += size;
    return KIEM_OK;
}

/* The records cut since the last group was full. */
static void decode_group(km_decoder *decoder, km_batch *batch, const km_block *block) {
    uint32_t first = (decoder->rows - 1) / KM_GROUP * KM_GROUP;
    for (uint32_t i = 0; i < decoder->slot_count; i++) {
        const cell_slot *slot = &decoder->slots[i];
        km_cell_texts cells = {block->bytes, km_cell_from(&decoder->places, slot->column),
                               km_cell_to(&decoder->places, slot->column), decoder->rows - first};
        km_decode_column(&slot->how, &cells, first, &batch->column[slot->how.number], &decoder->bad);
    }
}

/* Whether the record just cut may be the header: its first cell is about as long and starts like the first
 * name, or with something that is not seen. */
static inline bool may_be_header(const km_decoder *decoder, const km_block *block) {
    const km_text name = decoder->layout->name[0];
    const uint32_t *from = km_cell_from(&decoder->places, 0) + decoder->rows % KM_GROUP;
    const size_t size = from[KM_PLACES] - from[0];
    if (size - name.length > BLANK_BYTES) return false;
    const char c = block->bytes[from[0]];
    return !name.length || (signed char)c <= ' ' || (c | 0x20) == (name.ptr[0] | 0x20);
}

/* Files joined by cat have their headers in between. */
static bool is_header_again(const km_decoder *decoder, const km_block *block) {
    const km_layout *layout = decoder->layout;
    km_cell_places places = decoder->places;
    places.at += decoder->rows % KM_GROUP;
    for (uint32_t i = 0; i < layout->columns; i++) {
        uint32_t from = *km_cell_from(&places, i), to = *km_cell_to(&places, i);
        if (!km_text_equal_fold(km_text_trim((km_text){block->bytes + from, to - from}), layout->name[i]))
            return false;
    }
    return true;
}

/* Of nearly every row the first look, at the day of admission, is the last. */
static bool is_claim(const km_decoder *decoder, const km_block *block) {
    km_cell_places places = decoder->places;
    places.at += decoder->rows % KM_GROUP;
    for (uint32_t i = 0; i < decoder->marks.count; i++) {
        const uint32_t column = decoder->mark_column[i], from = *km_cell_from(&places, column);
        if (km_claim_mark(decoder->marks.field[i], column,
                          (km_text){block->bytes + from, *km_cell_to(&places, column) - from}))
            return true;
    }
    return decoder->marks.count == 0;
}

static kiem_status parse_record(km_decoder *decoder, km_batch *batch, km_block *block,
                                const found_record *record, km_error *error) {
    km_record_shape shape;
    uint32_t expected = decoder->layout->columns;
    KM_TRY(cut_record(decoder, block, record->text, &shape, error));
    if (shape.rows == 1 && shape.fields >= expected && !shape.overfull) {
        if (may_be_header(decoder, block) && is_header_again(decoder, block))
            return reject(decoder, record, KM_TEXT(""), "the header again", error);
        if (!is_claim(decoder, block)) return reject(decoder, record, KM_TEXT(""), km_no_claim, error);
        batch->row[decoder->rows++] = record->row;
        if (decoder->rows % KM_GROUP == 0) decode_group(decoder, batch, block);
        return KIEM_OK;
    }
    if (shape.rows != 1) return reject(decoder, record, KM_TEXT(""), "carriage return inside the row", error);
    char reason[80];
    snprintf(reason, sizeof reason, "expected %u fields, found %u", (unsigned)expected,
             (unsigned)shape.fields);
    return reject(decoder, record, KM_TEXT(""), reason, error);
}

static bool is_clean(km_text text) {
    return km_utf8_valid(text.ptr, text.length) && !memchr(text.ptr, '\0', text.length);
}

static kiem_status read_line(km_decoder *decoder, km_batch *batch, km_block *block,
                             const found_record *record, km_line_kind kind, bool clean, km_error *error) {
    km_text text = record->text;
    if (kind == KM_LINE_BLANK) return KIEM_OK;
    if (kind != KM_LINE_RECORD) return reject_line(decoder, record, kind, error);
    if (!clean && !is_clean(text)) return reject_encoding(decoder, record, error);
    return parse_record(decoder, batch, block, record, error);
}

/* Whether all of the next lines, about a group, are clean: they are looked at again soon, while they are in
 * the cache. */
static bool group_is_clean(const km_block *block, uint32_t first, const char *at) {
    km_text text = {at, 0};
    for (uint32_t i = first; i < block->count && i < first + KM_GROUP; i++)
        text.length += block->lines[i].size;
    return is_clean(text);
}

static kiem_status decode_block(km_decoder *decoder, km_batch *batch, km_block *block, km_error *error) {
    bool clean = false;
    found_record record = {.text = {block->bytes, 0}, .row = block->row, .offset = block->offset};
    for (uint32_t i = 0; i < block->count; i++) {
        km_line line = block->lines[i];
        if (i % KM_GROUP == 0) clean = group_is_clean(block, i, record.text.ptr);
        record.text.length = line.size;
        KM_TRY(read_line(decoder, batch, block, &record, (km_line_kind)line.kind, clean, error));
        record.text.ptr += line.size;
        record.offset += line.size;
        record.row++;
    }
    if (decoder->rows % KM_GROUP) decode_group(decoder, batch, block);
    batch->rows = decoder->rows;
    return km_complete_batch(decoder->layout, &decoder->options, &decoder->bad, &decoder->scratch,
                             &decoder->signs, batch, error);
}

kiem_status km_decoder_decode(km_decoder *decoder, km_block *block, km_batch *batch, km_error *error) {
    km_batch_clear(batch);
    decoder->rows = 0;
    decoder->unquoted = (uint32_t)block->size;
    decoder->bad.broken = decoder->bad.decimals = decoder->bad.doubts = false;
    decoder->bad.count = 0;
    kiem_status status = decode_block(decoder, batch, block, error);
    if (status != KIEM_OK) km_batch_clear(batch);
    return status;
}
