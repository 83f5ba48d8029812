/* CSV files of the command's own: result tables read back, lists that a person has filled in. */
#ifndef KIEM_TABLE_FILE_H
#define KIEM_TABLE_FILE_H

#include <stdint.h>
#include <stdio.h>

enum { CLI_COLUMNS_MAX = 32 };

/* A file whose header has these columns, in any order and among others. */
typedef struct cli_table_file {
    const char *path;
    const char *const *columns;
    int count;
    const char *should_be;      /* told when a column is missing: "the claims.csv that kiem check writes" */
    int64_t row;                /* at hand, from 1; the header is row 1 */
    int place[CLI_COLUMNS_MAX]; /* where each column stands in the file, from 1 */
} cli_table_file;

/* Calls `take` for each row below the header, with a text for each column ("" where the row is too short),
 * until it returns something else than EXIT_DONE. Complains and gives the exit status. */
int cli_table_read(cli_table_file *file,
                   int (*take)(void *user, cli_table_file *file, const char *const *cells), void *user);
/* "kiem: FILE, row 3, column 4: message"; column is one of the table's, or -1. The exit status for bad input.
 */
int cli_table_refuse(const cli_table_file *file, int column, const char *vietnamese, const char *english, ...)
    __attribute__((format(printf, 3, 5), format(printf, 4, 5)));

/* An amount such as 125000 or -125000.5 in hundredths; 0 when it is not one. */
int cli_money_read(const char *text, int64_t *out);
/* A cell with quotes where it needs them. */
void cli_cell_write(FILE *out, const char *text);

/* Makes room for one more element; NULL when out of memory (and the array stays). */
void *cli_room(void *array, size_t *capacity, size_t need, size_t size);

#endif
