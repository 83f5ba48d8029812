#include "claim/sheet.h"

void km_sheet_free(km_sheet *sheet) {
    if (sheet->arena.mem) km_arena_free(&sheet->arena);
    *sheet = (km_sheet){0};
}

int km_sheet_find(const km_sheet *sheet, km_text name) {
    for (uint32_t i = 0; i < sheet->columns; i++) {
        if (km_text_equal_fold(sheet->header[i], name)) return (int)i;
    }
    return -1;
}

kiem_status km_sheet_lacks(const km_sheet *sheet, const char *name, const char *columns, km_error *error) {
    km_nearest nearest;
    km_nearest_init(&nearest, km_text_from(name));
    for (uint32_t i = 0; i < sheet->columns; i++) km_nearest_offer(&nearest, sheet->header[i]);
    const km_hint hint = km_nearest_hint(&nearest);
    const km_place place = {sheet->file.ptr, 1, 0, -1};
    if (columns[0] && !hint.text[0])
        return km_fail_at(error, KIEM_E_POLICY, place,
                          "column '%s' is missing; the columns of this table are %s", name, columns);
    return km_fail_at(error, KIEM_E_POLICY, place, "column '%s' is missing%s", name, hint.text);
}

kiem_status km_sheet_need(const km_sheet *sheet, const char *name, int *out_column, km_error *error) {
    *out_column = km_sheet_find(sheet, km_text_from(name));
    return *out_column >= 0 ? KIEM_OK : km_sheet_lacks(sheet, name, "", error);
}

km_text km_sheet_cell(const km_sheet *sheet, uint32_t row, int column) {
    if (column < 0) return (km_text){"", 0};
    return sheet->cells[(size_t)row * sheet->columns + (size_t)column];
}

km_place km_sheet_place(const km_sheet *sheet, uint32_t row, int column) {
    return km_at(sheet->file.ptr, sheet->lines[row], column + 1);
}
