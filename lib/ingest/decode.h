/* Texts of one column to typed values, in one tight loop over the rows of a batch. Decoding a column at a
 * time was measured to be much faster than decoding each cell where it is parsed. */
#ifndef KM_INGEST_DECODE_H
#define KM_INGEST_DECODE_H

#include "claim/batch.h"
#include "ingest/cells.h"

enum { KM_DAY_CACHE = 2 * 16 * 32 };

/* A cell that is not empty and could not be read. */
typedef struct km_bad_cell {
    uint32_t row;
    int field;
    bool separators; /* a number whose decimal mark cannot be known: the file must be refused */
    km_text cell;    /* lies in the km_cell_texts */
    uint32_t next;   /* for the one who sorts them by row */
} km_bad_cell;

typedef struct km_bad_cells {
    const km_mem *mem;
    km_bad_cell *list;
    size_t count, capacity;
    bool broken;       /* out of memory */
    bool decimals;     /* an amount shows that the file's mark is one of decimals: 12.5, 0.500, 50600.000 */
    bool doubts;       /* there is an amount such as 150.000, which may be thousands */
    km_bad_cell doubt; /* the first of them */
} km_bad_cells;

/* Days by their eight digits, a place for every day of an odd and of an even year: the dates of a file are
 * few. Start with zeros. */
typedef struct km_day_cache {
    uint64_t digits[KM_DAY_CACHE];
    km_day day[KM_DAY_CACHE];
} km_day_cache;

/* How to decode one field. */
typedef struct km_decode {
    int number; /* of the field */
    const km_field *field;
    bool decimal_comma;
    km_day_cache *days;
    size_t scale, pad; /* of the field: decimals, digits of a code */
    bool icd, money;
    bool decimals; /* while decoding: a number with one or two decimals was read */
} km_decode;

km_decode km_decode_of(km_scope scope, int number, bool decimal_comma, km_day_cache *days);
/* Fills rows first .. first + cells->rows of a column; `first` is a multiple of KM_GROUP, and text comes in
 * the order of rows. A cell that is empty, or one of the words NULL null nan NaN, or bad, is NULL. Out of
 * memory makes `bad` broken. */
void km_decode_column(const km_decode *how, const km_cell_texts *cells, uint32_t first, km_column *column,
                      km_bad_cells *bad);
/* Whether a number (with the field's scale) is one that the field takes. */
bool km_decode_fits(const km_decode *how, int64_t value);
/* A cell as a text column keeps it. */
km_text km_decode_text(km_text cell);

#endif
