#include "support/sheet.h"

#include <stdlib.h>

const km_sheet *test_sheet_make(test_sheet *made, const char *file, const char *header, const char *cells) {
    km_text rest = km_text_from(header), part;
    uint32_t columns = 0, count = 0;
    while (km_text_split(&rest, '|', &part)) {
        if (columns == TEST_SHEET_COLUMNS) abort();
        made->header[columns++] = part;
    }
    if (columns == 0) abort();
    rest = km_text_from(cells);
    while (km_text_split(&rest, '|', &part)) {
        if (count == TEST_SHEET_CELLS) abort();
        made->cells[count++] = part;
    }
    for (uint32_t i = 0; i < count / columns; i++) made->lines[i] = i + 2;
    made->sheet = (km_sheet){.file = km_text_from(file),
                             .columns = columns,
                             .rows = count / columns,
                             .header = made->header,
                             .cells = made->cells,
                             .lines = made->lines};
    return &made->sheet;
}
