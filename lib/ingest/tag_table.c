#include "ingest/tag_table.h"

#include <string.h>

#include "ingest/options.h"

enum { EXTENT = 1 << 20, ROW_MAX = KM_RECORD_LIMIT - 4 * KM_TAG_COLUMNS_MAX /* without quotes and commas */ };

/* In front of the CSV text of each row, whose last cells may be missing: columns that came late, and those a
 * short row says nothing of. */
typedef struct row_head {
    uint32_t size, cells;
} row_head;

void km_tag_table_init(km_tag_table *table, const km_mem *mem, km_scope scope, km_spill *spill) {
    *table = (km_tag_table){.mem = mem, .scope = scope, .spill = spill};
    km_arena_init(&table->arena, mem);
    km_buf *bufs[] = {&table->text, &table->open, &table->kept, &table->out, &table->room};
    for (size_t i = 0; i < sizeof bufs / sizeof bufs[0]; i++) km_buf_init(bufs[i], mem);
}

static void free_names(km_tag_table *table) {
    km_free(table->mem, table->names, table->name_capacity * sizeof *table->names);
    km_free(table->mem, table->cells, table->cell_capacity * sizeof *table->cells);
    km_arena_free(&table->arena);
    table->names = NULL;
    table->cells = NULL;
    table->name_capacity = table->cell_capacity = 0;
}

void km_tag_table_free(km_tag_table *table) {
    if (!table->mem) return;
    km_buf *bufs[] = {&table->text, &table->open, &table->kept, &table->out, &table->room};
    for (size_t i = 0; i < sizeof bufs / sizeof bufs[0]; i++) km_buf_free(bufs[i]);
    km_free(table->mem, table->extents, table->extent_capacity * sizeof *table->extents);
    free_names(table);
    *table = (km_tag_table){0};
}

/* ---- the open row */

/* The number of columns when there is none of that name. */
static size_t find_column(const km_tag_table *table, km_text name) {
    if (table->next < table->columns && km_text_equal(table->names[table->next], name)) return table->next;
    size_t i = 0;
    while (i < table->columns && !km_text_equal_fold(table->names[i], name)) i++;
    return i;
}

static bool add_column(km_tag_table *table, km_text name) {
    const size_t need = table->columns + 1;
    if (!km_grow(table->mem, (void **)&table->names, &table->name_capacity, need, sizeof *table->names) ||
        !km_grow(table->mem, (void **)&table->cells, &table->cell_capacity, need, sizeof *table->cells))
        return false;
    km_text copy = km_arena_text(&table->arena, name);
    if (!copy.ptr) return false;
    table->cells[table->columns] = (km_tag_cell){0};
    table->names[table->columns++] = copy;
    return true;
}

static km_tag_put set_cell(km_tag_table *table, size_t column, km_text value) {
    if (table->text.length + value.length > ROW_MAX) return KM_TAG_LONG;
    const size_t at = table->text.length;
    km_buf_text(&table->text, value);
    if (!km_buf_ok(&table->text)) return KM_TAG_NOMEM;
    table->cells[column] = (km_tag_cell){at, value.length, true};
    return KM_TAG_GOOD;
}

km_tag_put km_tag_table_put(km_tag_table *table, km_text name, km_text value) {
    size_t column = find_column(table, name);
    if (column == KM_TAG_COLUMNS_MAX) return KM_TAG_MANY;
    if (column == table->columns && !add_column(table, name)) return KM_TAG_NOMEM;
    if (table->cells[column].given) return KM_TAG_TWICE;
    table->next = column + 1;
    return set_cell(table, column, value);
}

static km_text cell_text(const km_tag_table *table, size_t column) {
    const km_tag_cell *cell = &table->cells[column];
    return (km_text){km_buf_view(&table->text).ptr + cell->at, cell->length};
}

km_text km_tag_table_cell(const km_tag_table *table, km_text name) {
    size_t column = find_column(table, name);
    return column < table->columns && table->cells[column].given ? cell_text(table, column) : KM_TEXT("");
}

km_tag_put km_tag_table_fill(km_tag_table *table, km_text name, km_text value) {
    size_t column = find_column(table, name);
    if (column == table->columns || !table->cells[column].given) return km_tag_table_put(table, name, value);
    return table->cells[column].length ? KM_TAG_GOOD : set_cell(table, column, value);
}

static void forget_row(km_tag_table *table) {
    if (table->columns) memset(table->cells, 0, table->columns * sizeof *table->cells);
    km_buf_clear(&table->text);
    table->next = 0;
}

/* A carriage return would end the row for those who read it back. */
static void put_quoted(km_buf *out, km_text cell) {
    km_buf_char(out, '"');
    for (size_t i = 0; i < cell.length; i++) {
        if (cell.ptr[i] == '"') km_buf_char(out, '"');
        km_buf_char(out, cell.ptr[i] == '\r' ? ' ' : cell.ptr[i]);
    }
    km_buf_char(out, '"');
}

static bool is_plain(km_text cell) {
    for (size_t i = 0; i < cell.length; i++) {
        char c = cell.ptr[i];
        if (c == ',' || c == '"' || c == '\n' || c == '\r') return false;
    }
    return true;
}

static void put_csv(km_buf *out, km_text cell) {
    if (is_plain(cell))
        km_buf_text(out, cell);
    else
        put_quoted(out, cell);
}

bool km_tag_table_end_row(km_tag_table *table) {
    km_buf *open = &table->open;
    row_head head = {0, (uint32_t)table->columns};
    const size_t start = open->length;
    while (head.cells > 1 && !table->cells[head.cells - 1].given) head.cells--;
    km_buf_append(open, &head, sizeof head);
    for (size_t i = 0; i < head.cells; i++) {
        if (i) km_buf_char(open, ',');
        if (table->cells[i].given) put_csv(open, cell_text(table, i));
    }
    forget_row(table);
    if (!km_buf_ok(open)) return false;
    head.size = (uint32_t)(open->length - start - sizeof head);
    memcpy(open->data + start, &head, sizeof head);
    table->open_rows++;
    return true;
}

/* ---- rows that are kept */

static kiem_status spill_kept(km_tag_table *table, km_error *error) {
    km_tag_extent extent = {.size = table->kept.length};
    if (!km_grow(table->mem, (void **)&table->extents, &table->extent_capacity, table->extent_count + 1,
                 sizeof extent))
        return km_nomem(error);
    KM_TRY(km_spill_put(table->spill, table->kept.data, extent.size, &extent.at, error));
    table->extents[table->extent_count++] = extent;
    km_buf_clear(&table->kept);
    return KIEM_OK;
}

kiem_status km_tag_table_keep(km_tag_table *table, km_error *error) {
    static const row_head blank = {0, UINT32_MAX};
    for (uint64_t i = 0; i < table->dropped; i++) km_buf_append(&table->kept, &blank, sizeof blank);
    km_buf_text(&table->kept, km_buf_view(&table->open));
    if (!km_buf_ok(&table->kept)) return km_nomem(error);
    table->rows += table->dropped + table->open_rows;
    table->dropped = table->open_rows = 0;
    table->kept_columns = table->columns;
    km_buf_clear(&table->open);
    return table->spill && table->kept.length >= EXTENT ? spill_kept(table, error) : KIEM_OK;
}

void km_tag_table_drop(km_tag_table *table) {
    forget_row(table);
    km_buf_clear(&table->open);
    table->dropped += table->open_rows;
    table->open_rows = 0;
    table->columns = table->kept_columns;
}

static void put_header(km_tag_table *table) {
    for (size_t i = 0; i < table->columns; i++) {
        if (i) km_buf_char(&table->out, ',');
        put_csv(&table->out, table->names[i]);
    }
    km_buf_char(&table->out, '\n');
    table->header_read = true;
}

/* The line of names in place of the names. */
static kiem_status keep_header(km_tag_table *table, km_error *error) {
    km_buf *out = &table->out;
    put_header(table);
    if (!km_buf_ok(out)) return km_nomem(error);
    free_names(table);
    if (!table->spill) return KIEM_OK;
    KM_TRY(km_spill_put(table->spill, out->data, out->length, &table->header.at, error));
    table->header.size = out->length;
    table->header_read = false;
    km_buf_free(out);
    return KIEM_OK;
}

kiem_status km_tag_table_close(km_tag_table *table, km_standard standard, km_error *error) {
    km_fieldset present = {0};
    for (size_t i = 0; i < table->columns; i++) {
        int field = km_name_field(table->scope, standard, table->names[i]);
        if (field >= 0) km_fieldset_add(&present, field);
    }
    const char *name;
    for (int i = 0; (name = km_name_at(table->scope, standard, i)) != NULL; i++) {
        int field = km_name_field(table->scope, standard, km_text_from(name));
        if (km_fieldset_has(&present, field)) continue;
        km_fieldset_add(&present, field);
        if (!add_column(table, km_text_from(name))) return km_nomem(error);
    }
    km_buf_free(&table->text);
    km_buf_free(&table->open);
    KM_TRY(keep_header(table, error));
    if (!table->spill) return KIEM_OK;
    if (table->kept.length) KM_TRY(spill_kept(table, error));
    km_buf_free(&table->kept);
    return KIEM_OK;
}

/* ---- reading back */

static void put_rows(km_tag_table *table, km_text rows) {
    for (size_t at = 0; at < rows.length;) {
        row_head head;
        memcpy(&head, rows.ptr + at, sizeof head);
        at += sizeof head;
        km_buf_append(&table->out, rows.ptr + at, head.size);
        for (size_t i = head.cells ? head.cells : 1; i < table->columns; i++) km_buf_char(&table->out, ',');
        km_buf_char(&table->out, '\n');
        at += head.size;
    }
}

static kiem_status load_header(km_tag_table *table, km_error *error) {
    table->header_read = true;
    if (!km_buf_reserve(&table->out, table->header.size)) return km_nomem(error);
    table->out.length = table->header.size;
    return km_spill_get(table->spill, table->header.at, table->out.data, table->header.size, error);
}

static kiem_status put_extent(km_tag_table *table, km_error *error) {
    const km_tag_extent *extent = &table->extents[table->read_extents++];
    km_buf_clear(&table->room);
    if (!km_buf_reserve(&table->room, extent->size)) return km_nomem(error);
    KM_TRY(km_spill_get(table->spill, extent->at, table->room.data, extent->size, error));
    put_rows(table, (km_text){table->room.data, extent->size});
    return KIEM_OK;
}

/* The next bytes to hand out; none at the end. */
static kiem_status go_on(km_tag_table *table, km_error *error) {
    km_buf_clear(&table->out);
    table->handed_out = 0;
    if (table->header.size && !table->header_read) {
        KM_TRY(load_header(table, error));
    } else if (!table->header_read) {
        put_header(table);
    } else if (table->read_extents < table->extent_count) {
        KM_TRY(put_extent(table, error));
    } else if (!table->kept_read) {
        put_rows(table, km_buf_view(&table->kept));
        table->kept_read = true;
    }
    return km_buf_ok(&table->out) ? KIEM_OK : km_nomem(error);
}

size_t km_tag_table_size(const km_tag_table *table) {
    return table->kept.length + table->rows * (table->columns + 1); /* commas, newlines */
}

kiem_status km_tag_table_read(km_tag_table *table, void *buffer, size_t size, size_t *taken,
                              km_error *error) {
    *taken = 0;
    while (table->handed_out == table->out.length) {
        bool end = table->kept_read;
        KM_TRY(go_on(table, error));
        if (end) return KIEM_OK;
    }
    size_t left = table->out.length - table->handed_out;
    if (size > left) size = left;
    memcpy(buffer, table->out.data + table->handed_out, size);
    table->handed_out += size;
    *taken = size;
    return KIEM_OK;
}
