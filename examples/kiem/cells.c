#include <string.h>

#include "cli.h"

int64_t cli_number(const kiem_table *table, int64_t row, const char *column) {
    const int64_t *values;
    const uint8_t *validity;
    if (kiem_table_values(table, kiem_table_find(table, column), &values, &validity) != KIEM_OK) return 0;
    return values[row];
}

const char *cli_text(const kiem_table *table, int64_t row, const char *column, char room[CLI_CELL]) {
    room[0] = '\0';
    kiem_table_cell(table, row, kiem_table_find(table, column), room, CLI_CELL, NULL);
    return room;
}

int64_t cli_total(const kiem_table *totals, const char *name) {
    char room[CLI_CELL];
    for (int64_t row = 0; row < kiem_table_rows(totals); row++) {
        if (strcmp(cli_text(totals, row, "name", room), name) == 0) return cli_number(totals, row, "value");
    }
    return 0;
}
