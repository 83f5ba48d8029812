#include "ingest/csv.h"

#include <csv.h>

#include "ingest/plain.h"

/* A column that is full gets room for so many records, or so many bytes more. */
enum { RECORDS_AHEAD = 32, BYTES_AHEAD = 16 << 10 };

struct km_csv {
    const km_mem *mem;
    size_t buffer_size;
    unsigned char *buffer;
    struct csv_parser parser;
    /* records into columns: */
    km_csv_column *first, *last; /* `last` stands for every field behind the columns */
    km_csv_column *filling;      /* column of the field under work */
    uint32_t row;
    size_t room; /* every column has at least this free */
    km_csv_shape shape;
};

/* libcsv's allocation hooks know no user pointer, so it gets its buffer ready-made and may not ask for more.
 */
static void *refuse(void *ptr, size_t size) {
    (void)ptr;
    (void)size;
    return NULL;
}

kiem_status km_csv_new(const km_mem *mem, char delimiter, size_t record_max, km_csv **out, km_error *error) {
    *out = NULL;
    km_csv *csv = km_alloc_zero(mem, sizeof *csv);
    if (!csv) return km_nomem(error);
    csv->mem = mem;
    csv->buffer_size = record_max + 1; /* libcsv wants one byte more than the longest field */
    csv->buffer = km_alloc(mem, csv->buffer_size);
    if (!csv->buffer || csv_init(&csv->parser, 0) != 0) {
        km_csv_free(csv);
        return km_nomem(error);
    }
    csv_set_delim(&csv->parser, (unsigned char)delimiter);
    csv_set_realloc_func(&csv->parser, refuse);
    *out = csv;
    return KIEM_OK;
}

void km_csv_free(km_csv *csv) {
    if (!csv) return;
    km_free(csv->mem, csv->buffer, csv->buffer_size);
    km_free(csv->mem, csv, sizeof *csv);
}

static bool parse(km_csv *csv, const char *bytes, size_t size, km_csv_field *field, km_csv_row *row,
                  void *data) {
    bool whole = csv_parse(&csv->parser, bytes, size, field, row, data) == size;
    csv_fini(&csv->parser, field, row, data); /* ends a last line without newline; else it does nothing */
    return whole;
}

bool km_csv_record(km_csv *csv, const char *bytes, size_t size, km_csv_field *field, km_csv_row *row,
                   void *data) {
    csv->parser.entry_buf = csv->buffer;
    csv->parser.entry_size = csv->buffer_size;
    return parse(csv, bytes, size, field, row, data);
}

/* Points libcsv at the place of its next field. It asks for its buffer anew at every byte, because the buffer
 * may have to grow, and starts every field at its front. */
static inline void aim(km_csv *csv, km_csv_column *column) {
    csv->filling = column;
    csv->parser.entry_buf = (unsigned char *)column->bytes + column->used;
}

static void end_field(void *cell, size_t size, void *data) {
    km_csv *csv = data;
    km_csv_column *column = csv->filling;
    (void)cell;
    if (column == csv->last) {
        csv->shape.fields++;
        if (size) csv->shape.overfull = true;
        return;
    }
    if (column->offsets) {
        uint32_t used = column->used + (uint32_t)size;
        column->used = used;
        column->offsets[csv->row + 1] = used;
    }
    aim(csv, column + 1);
}

static void end_row(int end, void *data) {
    km_csv *csv = data;
    (void)end;
    csv->shape.rows++;
}

void km_csv_begin(km_csv *csv, km_csv_column *columns, uint32_t count) {
    csv->first = columns;
    csv->last = columns + count;
    csv->room = 0;
    for (km_csv_column *column = csv->first; column <= csv->last; column++) {
        if (!column->offsets || column == csv->last)
            *column = (km_csv_column){.bytes = (char *)csv->buffer, .capacity = csv->buffer_size};
    }
}

/* Sees to it that every column can take a whole record, most of them many, so that this is rarely done. */
static bool make_room(km_csv *csv, size_t need) {
    size_t ahead = need * RECORDS_AHEAD < BYTES_AHEAD ? need * RECORDS_AHEAD : BYTES_AHEAD;
    csv->room = 0;
    size_t least = SIZE_MAX;
    for (km_csv_column *column = csv->first; column < csv->last; column++) {
        if (!column->offsets) continue;
        size_t wanted = column->used + need;
        if (column->capacity < wanted &&
            !km_grow(csv->mem, (void **)&column->bytes, &column->capacity, wanted + ahead, 1)) {
            return false;
        }
        if (column->capacity - column->used < least) least = column->capacity - column->used;
    }
    csv->room = least;
    return true;
}

kiem_status km_csv_record_into(km_csv *csv, const char *bytes, size_t size, uint32_t row, km_csv_shape *shape,
                               km_error *error) {
    size_t need = size + KM_CSV_SLACK;
    if (csv->room < need && !make_room(csv, need)) return km_nomem(error);
    csv->room -= size;
    csv->row = row;
    csv->shape = (km_csv_shape){0};
    csv->parser.entry_size = size + 1;
    if (km_plain_cut(csv->first, csv->last, bytes, size, (char)csv->parser.delim_char, row, shape))
        return KIEM_OK;
    aim(csv, csv->first);
    bool whole = size < csv->buffer_size && parse(csv, bytes, size, end_field, end_row, csv);
    csv->shape.fields += (uint32_t)(csv->filling - csv->first);
    *shape = csv->shape;
    return whole ? KIEM_OK : km_fail(error, KIEM_E_INTERNAL, "libcsv did not accept a record");
}
