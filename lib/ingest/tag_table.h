/* A table whose cells come by name, row after row, as elements of XML do; it is read back as CSV. Names are
 * those that came, in the order in which they came first, and those of a standard that did not. Rows of a
 * record are kept or dropped together. */
#ifndef KM_INGEST_TAG_TABLE_H
#define KM_INGEST_TAG_TABLE_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/spill.h"
#include "ingest/names.h"

typedef enum km_tag_put { KM_TAG_GOOD = 0, KM_TAG_TWICE, KM_TAG_LONG, KM_TAG_MANY, KM_TAG_NOMEM } km_tag_put;

enum { KM_TAG_COLUMNS_MAX = 1000 };

/* Kept rows that went to the file. */
typedef struct km_tag_extent {
    int64_t at;
    size_t size;
} km_tag_extent;

/* A cell of the open row. */
typedef struct km_tag_cell {
    size_t at, length; /* in `text` */
    bool given;
} km_tag_cell;

typedef struct km_tag_table {
    const km_mem *mem;
    km_scope scope;
    km_spill *spill; /* where kept rows go beyond a megabyte; NULL: they stay in memory */
    km_arena arena;
    km_text *names;
    km_tag_cell *cells;
    size_t columns, name_capacity, cell_capacity;
    size_t next; /* the column whose name is expected now */
    km_buf text; /* of the open row */
    km_buf open, kept;
    uint64_t open_rows, rows; /* of the record at work; kept, with blank ones */
    uint64_t dropped;         /* rows of the record at work that keep their place only */
    size_t kept_columns;      /* those of kept rows; a record that is dropped takes its names along */
    km_tag_extent *extents;
    size_t extent_count, extent_capacity;
    km_tag_extent header; /* of a closed table with a file */
    /* reading back */
    size_t read_extents;
    bool header_read, kept_read;
    km_buf out, room;
    size_t handed_out;
} km_tag_table;

void km_tag_table_init(km_tag_table *table, const km_mem *mem, km_scope scope, km_spill *spill);
void km_tag_table_free(km_tag_table *table);
/* A cell of the open row; LONG when the row would be longer than one that is read. */
km_tag_put km_tag_table_put(km_tag_table *table, km_text name, km_text value);
/* The cell of that name in the open row, empty when it has none. */
km_text km_tag_table_cell(const km_tag_table *table, km_text name);
/* Gives the open row a value where it has none or an empty one. */
km_tag_put km_tag_table_fill(km_tag_table *table, km_text name, km_text value);
/* Ends the row; false when out of memory. */
bool km_tag_table_end_row(km_tag_table *table);
/* Keeps the rows of the record, behind as many blank ones as were dropped; drops them and the open row. */
kiem_status km_tag_table_keep(km_tag_table *table, km_error *error);
void km_tag_table_drop(km_tag_table *table);
/* No more rows come: adds the columns of the standard that none of them had. Thousands of tables may wait to
 * be read back, so that little more is kept of one than its rows. */
kiem_status km_tag_table_close(km_tag_table *table, km_standard standard, km_error *error);
/* How long the rows of a table without a file are as CSV, at most. */
size_t km_tag_table_size(const km_tag_table *table);
/* The whole as CSV, once: as many bytes as fit; *taken is 0 at the end. */
kiem_status km_tag_table_read(km_tag_table *table, void *buffer, size_t size, size_t *taken, km_error *error);

#endif
