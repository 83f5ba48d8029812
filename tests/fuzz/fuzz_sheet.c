/* Any bytes as a sheet. What is read is a full rectangle of trimmed UTF-8 cells with ascending lines. */
#include <stdlib.h>

#include "ingest/sheet_read.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool held) {
    if (!held) abort();
}

static void check_cell(km_text cell) {
    require(cell.ptr != NULL && km_utf8_valid(cell.ptr, cell.length));
    require(km_text_trim(cell).length == cell.length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    km_sheet sheet;
    km_error error;
    kiem_status status = km_sheet_read(km_mem_default(), "fuzz.csv", data, size, &sheet, &error);
    if (status != KIEM_OK) {
        require(status == KIEM_E_FORMAT && error.message[0] != '\0');
        return 0;
    }
    for (uint32_t i = 0; i < sheet.columns; i++) check_cell(sheet.header[i]);
    for (uint32_t row = 0; row < sheet.rows; row++) {
        require(sheet.lines[row] > (row ? sheet.lines[row - 1] : 1));
        for (uint32_t i = 0; i < sheet.columns; i++) check_cell(km_sheet_cell(&sheet, row, (int)i));
    }
    km_sheet_free(&sheet);
    return 0;
}
