/* A small CSV, read whole into a sheet: policies, budgets, facilities, house rules. */
#ifndef KM_INGEST_SHEET_READ_H
#define KM_INGEST_SHEET_READ_H

#include "claim/sheet.h"

/* Comma, semicolon or tab, whichever gives the header most columns; a byte order mark is passed over; lines
 * without any text are no rows; newlines inside quotes stay in the cell. Everything odd is an error with file
 * and line: rows of another length than the header, a column name that stands twice, text that is not UTF-8.
 * `file` is copied. */
kiem_status km_sheet_read(const km_mem *mem, const char *file, const void *bytes, size_t size,
                          km_sheet *sheet, km_error *error);

#endif
