/* Reference tables: rows found by key and date. The law is data, and every row has its dates of effect. */
#ifndef KM_CLAIM_LOOKUP_H
#define KM_CLAIM_LOOKUP_H

#include "base/map.h"
#include "claim/sheet.h"
#include "claim/value.h"

enum { KM_LOOKUP_KEYS_MAX = 3, KM_LOOKUP_NO_ROW = -1 };

typedef enum km_role { KM_ROLE_KEY, KM_ROLE_FROM, KM_ROLE_TO, KM_ROLE_VALUE, KM_ROLE_OPTIONAL } km_role;

typedef struct km_lookup_column {
    km_text name;
    km_role role;
    km_type type;
    uint8_t scale; /* decimals of a number */
    uint8_t width; /* of a code: zeros that a number lost in front are put back up to it; 0 none */
    km_text words; /* of a text: the only ones it may be, with semicolons between; empty: any */
    km_value *cells;
    /* other than text, for loops: the number or code of row r in numbers[r + 1], and whether it is known; 0
     * and false where it is NULL, and for KM_LOOKUP_NO_ROW */
    int64_t *numbers;
    bool *known;
    bool whole; /* no row is NULL */
} km_lookup_column;

typedef struct km_lookup {
    km_arena arena;
    km_text name;
    uint32_t rows, columns;
    km_lookup_column *column;
    int keys[KM_LOOKUP_KEYS_MAX]; /* columns that form the key, in schema order */
    int key_count;
    bool dated;
    km_day *from, *to; /* first and last day in force */
    km_map index;      /* hash of the key -> first row + 1 of its chain, latest dates first */
    uint32_t *next;    /* next row + 1 with the same hash */
} km_lookup;

/* Builds table `name` from its sheet. `schema` is tables.csv: table,column,role,type,scale,meaning with role
 * one of key from to value optional note, type one of number date code text; scale is the decimals of a
 * number, the digits of a code that may have lost zeros in front, or the words a text may be, with semicolons
 * between. Keys and values must exist in
 * the sheet, dates and optional columns may be missing; notes and further columns are not kept. Rows with
 * equal keys must not overlap in time. */
kiem_status km_lookup_build(km_lookup *lookup, const km_mem *mem, km_text name, const km_sheet *schema,
                            const km_sheet *sheet, km_error *error);
void km_lookup_free(km_lookup *lookup);
/* The column of that name, or -1. */
int km_lookup_find_column(const km_lookup *lookup, km_text name);
/* The row with these keys (key_count of them) in force on that day, or KM_LOOKUP_NO_ROW. NULL keys match
 * nothing. */
int64_t km_lookup_row(const km_lookup *lookup, const km_value *keys, km_day day);
/* The same of a table whose key is one code; KM_LOOKUP_NO_ROW too where there is no table. */
int64_t km_lookup_row_of_code(const km_lookup *lookup, uint64_t code, km_day day);
/* The text of a cell; empty when it is NULL, or there is no such row (KM_LOOKUP_NO_ROW) or column (-1). */
static inline km_text km_lookup_text(const km_lookup *lookup, int64_t row, int column) {
    if (row == KM_LOOKUP_NO_ROW || column < 0) return (km_text){"", 0};
    const km_value *cell = &lookup->column[column].cells[row];
    return cell->known ? cell->text : (km_text){"", 0};
}
/* As km_lookup_row, and the first and last of the days around it with the same answer. */
int64_t km_lookup_row_span(const km_lookup *lookup, const km_value *keys, km_day day, km_day *from,
                           km_day *to);

#endif
