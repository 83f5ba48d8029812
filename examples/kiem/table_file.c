#include "table_file.h"

#include <csv.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "cli.h"

enum { FIELDS_MAX = 256, CHUNK = 1 << 16 };

typedef struct reading {
    cli_table_file *file;
    int (*take)(void *user, cli_table_file *file, const char *const *cells);
    void *user;
    int column_at[FIELDS_MAX]; /* of the file's fields, 1 + the column of the table */
    char *text;                /* the cells of the row at hand */
    size_t used, capacity;
    size_t cell[CLI_COLUMNS_MAX]; /* 1 + where its text starts; 0 when the row has none */
    int field, result;
} reading;

int cli_table_refuse(const cli_table_file *file, int column, const char *vietnamese, const char *english,
                     ...) {
    va_list args;
    fprintf(stderr, "kiem: %s", file->path);
    if (file->row) fprintf(stderr, cli_say(", dòng %lld", ", row %lld"), (long long)file->row);
    if (column >= 0 && file->place[column])
        fprintf(stderr, cli_say(", cột %d", ", column %d"), file->place[column]);
    fputs(": ", stderr);
    va_start(args, english);
    vfprintf(stderr, cli_say(vietnamese, english), args);
    va_end(args);
    fputc('\n', stderr);
    return EXIT_INPUT;
}

void *cli_room(void *array, size_t *capacity, size_t need, size_t size) {
    if (need <= *capacity) return array;
    size_t more = *capacity ? *capacity : 256;
    while (more < need) more *= 2;
    void *grown = realloc(array, more * size);
    if (grown) *capacity = more;
    return grown;
}

static void name_field(reading *r, const char *name) {
    for (int i = 0; i < r->file->count; i++) {
        if (strcmp(name, r->file->columns[i]) != 0 || r->file->place[i]) continue;
        r->column_at[r->field] = i + 1;
        r->file->place[i] = r->field + 1;
    }
}

static void keep_cell(reading *r, int column, const char *text, size_t size) {
    char *room = cli_room(r->text, &r->capacity, r->used + size + 1, 1);
    if (!room) {
        r->result = EXIT_INTERNAL;
        return;
    }
    r->text = room;
    memcpy(room + r->used, text, size);
    room[r->used + size] = '\0';
    r->cell[column] = r->used + 1;
    r->used += size + 1;
}

static void end_field(void *bytes, size_t size, void *user) {
    reading *r = user;
    if (r->result == EXIT_DONE && r->field < FIELDS_MAX) {
        if (r->file->row == 1) {
            name_field(r, bytes ? bytes : "");
        } else if (r->column_at[r->field]) {
            keep_cell(r, r->column_at[r->field] - 1, bytes ? bytes : "", size);
        }
    }
    r->field++;
}

static int check_header(reading *r) {
    for (int i = 0; i < r->file->count; i++) {
        if (r->file->place[i]) continue;
        return cli_table_refuse(r->file, -1, "không có cột '%s': đây không phải %s",
                                "there is no column '%s': this is not %s", r->file->columns[i],
                                r->file->should_be);
    }
    return EXIT_DONE;
}

static void end_row(int end, void *user) {
    reading *r = user;
    const char *cells[CLI_COLUMNS_MAX];
    int empty = r->file->row > 1; /* spreadsheets like to add rows without anything */
    (void)end;
    for (int i = 0; i < r->file->count; i++) {
        cells[i] = r->cell[i] ? r->text + r->cell[i] - 1 : "";
        empty &= !cells[i][0];
    }
    if (r->result == EXIT_DONE && !empty)
        r->result = r->file->row == 1 ? check_header(r) : r->take(r->user, r->file, cells);
    memset(r->cell, 0, sizeof r->cell);
    r->used = 0;
    r->field = 0;
    if (r->result == EXIT_DONE) r->file->row++;
}

/* What stands between cells: a spreadsheet may save a list with another one than it was written with. */
static unsigned char delimiter_of(const char *text, size_t size) {
    static const char known[] = ",;\t";
    size_t count[sizeof known] = {0}, best = 0;
    for (size_t i = 0; i < size && text[i] != '\n'; i++) {
        for (size_t k = 0; known[k]; k++) count[k] += text[i] == known[k];
    }
    for (size_t k = 1; known[k]; k++) {
        if (count[k] > count[best]) best = k;
    }
    return (unsigned char)known[best];
}

/* What other programs save under the name of a list: workbooks, UTF-16, XML and HTML. */
static int is_other_format(const char *text, size_t size) {
    static const char *const starts[] = {"PK\x03\x04", "\xD0\xCF\x11\xE0", "\xFF\xFE", "\xFE\xFF"};
    for (size_t i = 0; i < sizeof starts / sizeof starts[0]; i++) {
        if (size >= strlen(starts[i]) && memcmp(text, starts[i], strlen(starts[i])) == 0) return 1;
    }
    while (size && memchr(" \t\r\n", *text, 4)) {
        text++;
        size--;
    }
    return size && *text == '<';
}

/* The bytes of a byte order mark to pass over. */
static size_t begin(reading *r, struct csv_parser *parser, const char *text, size_t size) {
    const size_t skip = size >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0 ? 3 : 0;
    csv_set_delim(parser, delimiter_of(text, size));
    if (!is_other_format(text + skip, size - skip)) return skip;
    r->file->row = 0;
    r->result = cli_table_refuse(
        r->file, -1,
        "đây là bảng tính, XML, HTML hoặc UTF-16, không phải %s: trong bảng tính hãy lưu dạng 'CSV UTF-8'",
        "this is a workbook, XML, HTML or UTF-16, not %s: in a spreadsheet save it as 'CSV UTF-8'",
        r->file->should_be);
    return skip;
}

static int read_all(reading *r, FILE *stream) {
    static char chunk[CHUNK];
    struct csv_parser parser;
    size_t taken, skip;
    if (csv_init(&parser, CSV_STRICT | CSV_STRICT_FINI | CSV_APPEND_NULL) != 0) return EXIT_INTERNAL;
    for (int first = 1; r->result == EXIT_DONE && (taken = fread(chunk, 1, sizeof chunk, stream)) > 0;
         first = 0) {
        skip = first ? begin(r, &parser, chunk, taken) : 0;
        if (r->result == EXIT_DONE &&
            csv_parse(&parser, chunk + skip, taken - skip, end_field, end_row, r) != taken - skip)
            r->result = cli_table_refuse(r->file, -1, "một ô có dấu nháy kép ở chỗ không được có",
                                         "a cell has a quote where none may be");
    }
    if (r->result == EXIT_DONE && csv_fini(&parser, end_field, end_row, r) != 0)
        r->result = cli_table_refuse(r->file, -1, "có dấu nháy kép không đóng", "a quote is not closed");
    if (r->result == EXIT_DONE && ferror(stream))
        r->result = cli_table_refuse(r->file, -1, "không đọc được tệp", "the file cannot be read");
    csv_free(&parser);
    return r->result;
}

int cli_table_read(cli_table_file *file,
                   int (*take)(void *user, cli_table_file *file, const char *const *cells), void *user) {
    reading r = {.file = file, .take = take, .user = user};
    FILE *stream = fopen(file->path, "rb");
    file->row = 0;
    memset(file->place, 0, sizeof file->place);
    if (!stream) return cli_complain(file->path, "không mở được tệp", "cannot open the file");
    file->row = 1;
    int result = read_all(&r, stream);
    if (result == EXIT_DONE && file->row == 1)
        result = cli_table_refuse(file, -1, "tệp rỗng", "the file is empty");
    if (result == EXIT_INTERNAL) cli_usage("hết bộ nhớ", "out of memory");
    if (result == EXIT_DONE) file->row = 0;
    fclose(stream);
    free(r.text);
    return result;
}

/* ---- cells */

int cli_money_read(const char *text, int64_t *out) {
    enum { SCALE = 2 };
    const int64_t most = INT64_MAX / 1000 - 1; /* room for one more digit and both decimals */
    int negative = *text == '-', digits = 0, behind = -1;
    int64_t value = 0;
    for (text += negative; *text; text++) {
        if (*text == '.' && behind < 0 && digits) {
            behind = 0;
            continue;
        }
        if (*text < '0' || *text > '9' || value > most || behind == SCALE) return 0;
        value = value * 10 + (*text - '0');
        digits++;
        if (behind >= 0) behind++;
    }
    if (!digits || behind == 0) return 0;
    for (int i = behind < 0 ? 0 : behind; i < SCALE; i++) value *= 10;
    *out = negative ? -value : value;
    return 1;
}

void cli_cell_write(FILE *out, const char *text) {
    if (!strpbrk(text, ",\"\r\n")) {
        fputs(text, out);
        return;
    }
    fputc('"', out);
    for (; *text; text++) {
        if (*text == '"') fputc('"', out);
        fputc(*text, out);
    }
    fputc('"', out);
}
