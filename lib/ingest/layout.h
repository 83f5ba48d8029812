/* What the header row says: the delimiter, which standard the file follows, and the field of each column.
 * Immutable once read; decoders in any thread share it. */
#ifndef KM_INGEST_LAYOUT_H
#define KM_INGEST_LAYOUT_H

#include "base/arena.h"
#include "base/error.h"
#include "ingest/names.h"

enum { KM_NEAR_MAX = 160 };

typedef struct km_layout {
    km_arena arena;
    km_scope scope;
    km_standard standard;
    char delimiter;
    uint32_t columns; /* without trailing ones that have no name */
    km_text *name;    /* as written, trimmed */
    int *field;       /* field of each column, -1 for a column that kiem does not know */
    uint32_t unknown; /* number of columns with a name that kiem does not know */
    km_fieldset present;
    char near[KM_NEAR_MAX]; /* "column 3 looks like T_BHTT, ...": unknown columns near to fields that no
                               column has */
} km_layout;

/* Reads the header from the first bytes of an input, already known to be UTF-8 and without byte order mark;
 * `whole` when they are all of it. *taken: bytes up to the end of the header row, blank lines before it
 * included; *row: its spreadsheet row. */
kiem_status km_layout_read(km_layout *layout, const km_mem *mem, km_scope scope, const char *file,
                           km_text head, bool whole, size_t *taken, int64_t *row, km_error *error);
/* The layout of columns that have their names from elsewhere than a header row; delimiter is 0. */
kiem_status km_layout_of_names(km_layout *layout, const km_mem *mem, km_scope scope, const char *file,
                               const km_text *names, size_t count, km_error *error);
void km_layout_free(km_layout *layout);
/* The packed value of the field STANDARD. */
uint64_t km_layout_standard_code(const km_layout *layout);
/* The file's column for a field, -1 when it has none. */
int km_layout_column(const km_layout *layout, int field);

#endif
