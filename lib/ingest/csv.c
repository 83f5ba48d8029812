#include "ingest/csv.h"

#include <csv.h>

struct km_csv {
    const km_mem *mem;
    size_t buffer_size;
    unsigned char *buffer;
    struct csv_parser parser;
    /* cells of a record: */
    char *cells;
    km_cell_places places;
    uint32_t to; /* where the field under work goes */
    km_record_shape shape;
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
static inline void aim(km_csv *csv, uint32_t to) {
    csv->to = to;
    csv->parser.entry_buf = (unsigned char *)csv->cells + to;
}

static void end_cell(void *cell, size_t size, void *data) {
    km_csv *csv = data;
    (void)cell;
    uint32_t number = csv->shape.fields++;
    if (number >= csv->places.columns) {
        csv->shape.overfull = csv->shape.overfull || size;
        return;
    }
    *km_cell_from(&csv->places, number) = csv->to;
    aim(csv, csv->to + (uint32_t)size);
    *km_cell_to(&csv->places, number) = csv->to;
}

static void end_row(int end, void *data) {
    km_csv *csv = data;
    (void)end;
    csv->shape.rows++;
}

kiem_status km_csv_cut(km_csv *csv, km_text record, char *bytes, uint32_t to, const km_cell_places *places,
                       km_record_shape *shape, km_error *error) {
    csv->cells = bytes;
    csv->places = *places;
    csv->shape = (km_record_shape){0};
    csv->parser.entry_size = record.length + 1;
    aim(csv, to);
    bool whole =
        record.length < csv->buffer_size && parse(csv, record.ptr, record.length, end_cell, end_row, csv);
    *shape = csv->shape;
    return whole ? KIEM_OK : km_fail(error, KIEM_E_INTERNAL, "libcsv did not accept a record");
}
