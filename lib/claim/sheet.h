/* A small table of text cells as it stood in a CSV file, with the line of every row: policies and side
 * tables. */
#ifndef KM_CLAIM_SHEET_H
#define KM_CLAIM_SHEET_H

#include "base/arena.h"
#include "base/error.h"

typedef struct km_sheet {
    km_arena arena;
    km_text file; /* name for messages */
    uint32_t columns, rows;
    km_text *header; /* trimmed */
    km_text *cells;  /* rows * columns, trimmed; never NULL pointers */
    int64_t *lines;  /* physical line on which each row starts, from 1 */
} km_sheet;

void km_sheet_free(km_sheet *sheet);
/* The column of that name (any letter case), or -1. */
int km_sheet_find(const km_sheet *sheet, km_text name);
/* The error that a column is missing: with the one whose name is near to it, else with all columns
 * of such a table (names with commas between, or ""). */
kiem_status km_sheet_lacks(const km_sheet *sheet, const char *name, const char *columns, km_error *error);
/* As km_sheet_find, but a missing column is an error that names the nearest one. */
kiem_status km_sheet_need(const km_sheet *sheet, const char *name, int *out_column, km_error *error);
/* The cell, empty when column is -1. */
km_text km_sheet_cell(const km_sheet *sheet, uint32_t row, int column);
/* The place of a cell for an error message. */
km_place km_sheet_place(const km_sheet *sheet, uint32_t row, int column);

#endif
