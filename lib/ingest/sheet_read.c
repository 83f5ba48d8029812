#include "ingest/sheet_read.h"

#include <string.h>

#include "base/buf.h"
#include "base/compose.h"
#include "ingest/csv.h"
#include "ingest/encoding.h"
#include "ingest/split.h"

enum { ENCODING_HEAD = 64 << 10 };

static const char delimiters[] = {',', ';', '\t'};

typedef struct sheet_reader {
    const km_mem *mem;
    const char *file;
    km_text text;    /* the file without byte order mark */
    km_buf composed; /* holds the text when its accents stood apart */
    km_csv *csv;
    km_buf cell_text;
    size_t *ends; /* of each cell in cell_text, header first */
    size_t cells, capacity;
    int64_t *lines; /* of each row, header first */
    size_t rows, lines_capacity;
    size_t columns;
    int row_ends; /* of the record under work */
    bool broken;  /* out of memory */
} sheet_reader;

static void on_cell(void *cell, size_t size, void *data) {
    sheet_reader *reader = data;
    km_buf_text(&reader->cell_text, km_text_trim((km_text){cell, size}));
    if (!km_grow(reader->mem, (void **)&reader->ends, &reader->capacity, reader->cells + 1,
                 sizeof *reader->ends)) {
        reader->broken = true;
        return;
    }
    reader->ends[reader->cells++] = reader->cell_text.length;
}

static void on_row(int end, void *data) {
    sheet_reader *reader = data;
    (void)end;
    reader->row_ends++;
}

static size_t cell_start(const sheet_reader *reader, size_t cell) {
    return cell ? reader->ends[cell - 1] : 0;
}

static bool is_empty(const sheet_reader *reader, size_t cell) {
    return cell_start(reader, cell) == reader->ends[cell];
}

/* Forgets the cells from `count` on. */
static void keep_cells(sheet_reader *reader, size_t count) {
    reader->cells = count;
    reader->cell_text.length = cell_start(reader, count);
}

static km_place place_of(const sheet_reader *reader, int64_t line) {
    return km_at(reader->file, line, 0);
}

static kiem_status check_text(sheet_reader *reader, km_error *error) {
    size_t skip, size = reader->text.length < ENCODING_HEAD ? reader->text.length : ENCODING_HEAD;
    km_text head = {reader->text.ptr, size};
    KM_TRY(km_encoding_check(head, size == reader->text.length, reader->file, &skip, error));
    reader->text = (km_text){reader->text.ptr + skip, reader->text.length - skip};
    km_text rest = reader->text, line;
    for (int64_t number = 1; km_text_split(&rest, '\n', &line); number++) {
        if (!km_utf8_valid(line.ptr, line.length) || (line.length && memchr(line.ptr, '\0', line.length)))
            return km_fail_at(error, KIEM_E_FORMAT, place_of(reader, number),
                              "this line is not valid UTF-8 text");
    }
    reader->text = km_compose(&reader->composed, reader->text);
    return km_buf_ok(&reader->composed) ? KIEM_OK : km_nomem(error);
}

/* Counts the header's columns under one delimiter; 0 when it does not end. */
static kiem_status count_columns(sheet_reader *reader, char delimiter, km_text header, size_t *columns,
                                 km_error *error) {
    km_splitter splitter;
    km_splitter_init(&splitter, delimiter, header.length);
    size_t taken;
    *columns = 0;
    if (km_split_next(&splitter, header.ptr, header.length, true, &taken) != KM_SPLIT_RECORD) return KIEM_OK;
    km_csv *csv;
    KM_TRY(km_csv_new(reader->mem, delimiter, taken, &csv, error));
    km_csv_record(csv, header.ptr, taken, on_cell, on_row, reader);
    km_csv_free(csv);
    if (reader->broken || !km_buf_ok(&reader->cell_text)) return km_nomem(error);
    *columns = reader->cells;
    keep_cells(reader, 0);
    return KIEM_OK;
}

static kiem_status choose_delimiter(sheet_reader *reader, char *delimiter, km_error *error) {
    size_t most = 0, start = 0;
    while (start < reader->text.length && strchr("\r\n \t", reader->text.ptr[start])) start++;
    km_text header = {reader->text.ptr + start, reader->text.length - start};
    *delimiter = delimiters[0];
    for (size_t i = 0; i < sizeof delimiters; i++) {
        size_t columns;
        KM_TRY(count_columns(reader, delimiters[i], header, &columns, error));
        if (columns > most) most = columns, *delimiter = delimiters[i];
    }
    return KIEM_OK;
}

static kiem_status check_header(sheet_reader *reader, int64_t line, km_error *error) {
    while (reader->cells && is_empty(reader, reader->cells - 1)) keep_cells(reader, reader->cells - 1);
    reader->columns = reader->cells;
    const char *text = km_buf_view(&reader->cell_text).ptr;
    if (!reader->columns)
        return km_fail_at(error, KIEM_E_FORMAT, place_of(reader, line), "the header row has no names");
    for (size_t i = 0; i < reader->columns; i++) {
        km_text name = {text + cell_start(reader, i), reader->ends[i] - cell_start(reader, i)};
        for (size_t k = 0; k < i && name.length; k++) {
            km_text other = {text + cell_start(reader, k), reader->ends[k] - cell_start(reader, k)};
            if (!km_text_equal_fold(name, other)) continue;
            km_place place = place_of(reader, line);
            place.column = (int64_t)i + 1;
            return km_fail_at(error, KIEM_E_FORMAT, place, "column '%.*s' appears twice: columns %zu and %zu",
                              KM_TEXT_ARG(name), k + 1, i + 1);
        }
    }
    return KIEM_OK;
}

/* A row may have further cells only when they are empty; it is no row when all are. */
static kiem_status check_row(sheet_reader *reader, size_t first, int64_t line, bool *kept, km_error *error) {
    size_t count = reader->cells - first, used = count;
    while (used && is_empty(reader, first + used - 1)) used--;
    *kept = used > 0;
    if (!used) {
        keep_cells(reader, first);
        return KIEM_OK;
    }
    if (count < reader->columns || used > reader->columns)
        return km_fail_at(error, KIEM_E_FORMAT, place_of(reader, line), "expected %zu fields, found %zu",
                          reader->columns, count);
    keep_cells(reader, first + reader->columns);
    return KIEM_OK;
}

static kiem_status read_record(sheet_reader *reader, km_text record, int64_t line, km_error *error) {
    size_t first = reader->cells;
    bool kept = true;
    reader->row_ends = 0;
    bool whole = km_csv_record(reader->csv, record.ptr, record.length, on_cell, on_row, reader);
    if (reader->broken || !km_buf_ok(&reader->cell_text)) return km_nomem(error);
    if (!whole) return km_fail(error, KIEM_E_INTERNAL, "libcsv did not accept a record");
    if (reader->row_ends != 1)
        return km_fail_at(error, KIEM_E_FORMAT, place_of(reader, line), "carriage return inside the row");
    if (reader->rows) {
        KM_TRY(check_row(reader, first, line, &kept, error));
    } else {
        KM_TRY(check_header(reader, line, error));
    }
    if (!kept) return KIEM_OK;
    if (!km_grow(reader->mem, (void **)&reader->lines, &reader->lines_capacity, reader->rows + 1,
                 sizeof *reader->lines)) {
        return km_nomem(error);
    }
    reader->lines[reader->rows++] = line;
    return KIEM_OK;
}

static int64_t count_newlines(km_text text) {
    int64_t count = 0;
    for (size_t i = 0; i < text.length; i++) count += text.ptr[i] == '\n';
    return count;
}

static kiem_status read_records(sheet_reader *reader, char delimiter, km_error *error) {
    km_splitter splitter;
    km_splitter_init(&splitter, delimiter, reader->text.length);
    km_text rest = reader->text;
    int64_t line = 1;
    while (rest.length) {
        size_t taken = 0;
        km_split_kind kind = km_split_next(&splitter, rest.ptr, rest.length, true, &taken);
        km_text record = {rest.ptr, taken};
        if (kind == KM_SPLIT_RECORD) {
            KM_TRY(read_record(reader, record, line, error));
        } else if (kind != KM_SPLIT_BLANK) {
            return km_fail_at(error, KIEM_E_FORMAT, place_of(reader, line),
                              "a quote in this row is not closed");
        }
        line += count_newlines(record);
        rest = (km_text){rest.ptr + taken, rest.length - taken};
    }
    return KIEM_OK;
}

static kiem_status fill_sheet(const sheet_reader *reader, km_sheet *sheet, km_error *error) {
    km_arena *arena = &sheet->arena;
    size_t rows = reader->rows ? reader->rows - 1 : 0, cells = reader->cells;
    if (cells > UINT32_MAX)
        return km_fail(error, KIEM_E_FORMAT, "the file is too large for a table of this kind");
    sheet->file = km_arena_text(arena, km_text_from(reader->file ? reader->file : ""));
    km_text text = km_arena_text(arena, km_buf_view(&reader->cell_text));
    km_text *all = km_arena_alloc(arena, cells * sizeof *all);
    sheet->lines = km_arena_alloc(arena, rows * sizeof *sheet->lines);
    if (!sheet->file.ptr || !text.ptr || !all || !sheet->lines) return km_nomem(error);
    for (size_t i = 0; i < cells; i++) {
        size_t start = cell_start(reader, i);
        all[i] = (km_text){text.ptr + start, reader->ends[i] - start};
    }
    if (rows) memcpy(sheet->lines, reader->lines + 1, rows * sizeof *sheet->lines);
    sheet->columns = (uint32_t)reader->columns;
    sheet->rows = (uint32_t)rows;
    sheet->header = all;
    sheet->cells = all + reader->columns;
    return KIEM_OK;
}

static kiem_status read_all(sheet_reader *reader, km_sheet *sheet, km_error *error) {
    char delimiter;
    KM_TRY(check_text(reader, error));
    KM_TRY(choose_delimiter(reader, &delimiter, error));
    KM_TRY(km_csv_new(reader->mem, delimiter, reader->text.length, &reader->csv, error));
    KM_TRY(read_records(reader, delimiter, error));
    return fill_sheet(reader, sheet, error);
}

kiem_status km_sheet_read(const km_mem *mem, const char *file, const void *bytes, size_t size,
                          km_sheet *sheet, km_error *error) {
    sheet_reader reader = {.mem = mem, .file = file, .text = {bytes, size}};
    *sheet = (km_sheet){0};
    km_arena_init(&sheet->arena, mem);
    km_buf_init(&reader.cell_text, mem);
    km_buf_init(&reader.composed, mem);
    kiem_status status = read_all(&reader, sheet, error);
    km_csv_free(reader.csv);
    km_buf_free(&reader.cell_text);
    km_buf_free(&reader.composed);
    km_free(mem, reader.ends, reader.capacity * sizeof *reader.ends);
    km_free(mem, reader.lines, reader.lines_capacity * sizeof *reader.lines);
    if (status != KIEM_OK) km_sheet_free(sheet);
    return status;
}
