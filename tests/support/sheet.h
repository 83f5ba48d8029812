/* Sheets written in a test as one text: parts separated by '|', rows by the number of columns. */
#ifndef KM_TEST_SHEET_H
#define KM_TEST_SHEET_H

#include "claim/sheet.h"

enum { TEST_SHEET_CELLS = 4096, TEST_SHEET_COLUMNS = 32 };

typedef struct test_sheet {
    km_sheet sheet;
    km_text header[TEST_SHEET_COLUMNS], cells[TEST_SHEET_CELLS];
    int64_t lines[TEST_SHEET_CELLS];
} test_sheet;

/* Row i stands on line i + 2. The texts are borrowed. */
const km_sheet *test_sheet_make(test_sheet *made, const char *file, const char *header, const char *cells);

#endif
