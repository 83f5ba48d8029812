#include "ingest/layout.h"

#include <stdio.h>
#include <string.h>

#include "ingest/csv.h"
#include "ingest/split.h"

/* A nearly complete table of decision 130: its 65 names, a few of them perhaps left out by an export. */
enum { FULL_130_COLUMNS = 60, NEAREST_SHOWN = 3 };
enum { TITLE_LINES = 30, TITLE_NAMES = 3 /* known names that make a row a header */ };

static const char delimiters[] = {',', ';', '\t', '|'};

/* The cells of the header row as one delimiter cuts it. */
typedef struct header_row {
    const km_mem *mem;
    km_buf text;
    size_t *ends; /* of each cell in `text` */
    size_t columns, capacity;
    bool broken;    /* out of memory */
    int rows;       /* libcsv's rows: more than one when there are lone carriage returns */
    size_t taken;   /* bytes of the row, 0 when it does not end */
    uint32_t known; /* names of fields */
} header_row;

static void header_init(header_row *header, const km_mem *mem) {
    *header = (header_row){.mem = mem};
    km_buf_init(&header->text, mem);
}

static void header_free(header_row *header) {
    km_buf_free(&header->text);
    km_free(header->mem, header->ends, header->capacity * sizeof *header->ends);
}

static km_text header_cell(const header_row *header, size_t column) {
    size_t start = column ? header->ends[column - 1] : 0;
    km_text cell = {km_buf_view(&header->text).ptr + start, header->ends[column] - start};
    return km_text_trim(cell);
}

static void on_cell(void *cell, size_t size, void *data) {
    header_row *header = data;
    km_buf_append(&header->text, cell, size);
    if (!km_grow(header->mem, (void **)&header->ends, &header->capacity, header->columns + 1,
                 sizeof *header->ends)) {
        header->broken = true;
        return;
    }
    header->ends[header->columns++] = header->text.length;
}

static void on_row(int end, void *data) {
    header_row *header = data;
    (void)end;
    header->rows++;
}

static bool is_known(km_scope scope, km_text name) {
    return km_name_field(scope, KM_STANDARD_3176, name) >= 0;
}

/* Cuts the header row with one delimiter. */
static kiem_status cut_header(header_row *header, char delimiter, km_scope scope, km_text text, bool whole,
                              km_error *error) {
    km_splitter splitter;
    km_splitter_init(&splitter, delimiter, text.length);
    size_t taken = 0;
    km_split_kind kind = km_split_next(&splitter, text.ptr, text.length, whole, &taken);
    if (kind != KM_SPLIT_RECORD) return KIEM_OK;
    km_csv *csv;
    KM_TRY(km_csv_new(header->mem, delimiter, taken, &csv, error));
    km_csv_record(csv, text.ptr, taken, on_cell, on_row, header);
    km_csv_free(csv);
    if (header->broken || !km_buf_ok(&header->text)) return km_nomem(error);
    header->taken = taken;
    while (header->columns && header_cell(header, header->columns - 1).length == 0) header->columns--;
    for (size_t i = 0; i < header->columns; i++) header->known += is_known(scope, header_cell(header, i));
    return KIEM_OK;
}

/* Whether nothing would be cut otherwise: the row has names, no quotes, and not that delimiter. */
static bool cannot_be(char delimiter, const header_row *best, km_text text) {
    return best->known && !memchr(text.ptr, '"', best->taken) && !memchr(text.ptr, delimiter, best->taken);
}

/* The delimiter under which most names are known; when none is, the one that gives most columns. */
static kiem_status choose_delimiter(header_row *best, char *delimiter, km_scope scope, km_text text,
                                    bool whole, km_error *error) {
    bool unended = false;
    for (size_t i = 0; i < sizeof delimiters; i++) {
        header_row tried;
        if (cannot_be(delimiters[i], best, text)) continue;
        header_init(&tried, best->mem);
        kiem_status status = cut_header(&tried, delimiters[i], scope, text, whole, error);
        unended |= tried.taken == 0;
        bool better = tried.known > best->known || (tried.taken && !best->taken) ||
                      (best->known == 0 && tried.columns > best->columns);
        if (status != KIEM_OK || !better) {
            header_free(&tried);
            KM_TRY(status);
            continue;
        }
        header_free(best);
        *best = tried;
        *delimiter = delimiters[i];
    }
    if (unended && best->known == 0) best->taken = 0; /* rather an open quote than an unknown header */
    return KIEM_OK;
}

/* Tells which unknown columns may be misspelt names of fields that no column has. Nothing of the row itself
 * is shown: when the header is missing, these are values of a claim. `few`: only what is close to certain. */
static void tell_near(char out[KM_NEAR_MAX], const header_row *header, km_scope scope,
                      const km_fieldset *present, bool few) {
    size_t length = 0;
    int shown = 0;
    for (size_t i = 0; i < header->columns && shown < NEAREST_SHOWN; i++) {
        km_text name = header_cell(header, i), near = km_name_nearest(scope, name);
        if (!near.length || is_known(scope, name)) continue;
        if (km_fieldset_has(present, km_name_field(scope, KM_STANDARD_3176, near))) continue;
        if (few && km_text_distance(name, near, name.length) > name.length / 4) continue;
        int written = snprintf(out + length, KM_NEAR_MAX - length, "%scolumn %zu looks like %.*s",
                               shown++ ? ", " : "", i + 1, KM_TEXT_ARG(near));
        if (written > 0 && (size_t)written < KM_NEAR_MAX - length) length += (size_t)written;
    }
    out[length] = '\0';
}

static kiem_status no_known_name(const header_row *header, km_scope scope, km_place place, km_error *error) {
    static const char *const expected[KM_SCOPE_COUNT] = {
        [KM_SCOPE_CLAIM] = "MA_LK, MA_THE_BHYT, NGAY_VAO, NGAY_RA, MA_BENH_CHINH, T_BHTT",
        [KM_SCOPE_DRUG] = "MA_LK, MA_THUOC, SO_LUONG, DON_GIA, T_BHTT",
        [KM_SCOPE_SERVICE] = "MA_LK, MA_DICH_VU, MA_VAT_TU, SO_LUONG, T_BHTT",
        [KM_SCOPE_CARD] = "MA_THE, MA_DKBD, TU, DEN"};
    char near[KM_NEAR_MAX];
    tell_near(near, header, scope, &(km_fieldset){0}, false);
    if (place.line && header->columns == 1 && header_cell(header, 0).length)
        return km_fail_at(error, KIEM_E_FORMAT, place,
                          "the first row is not a header, but one cell: this is no CSV, its columns are not "
                          "separated by comma, semicolon, tab or |, or titles stand above their names; "
                          "expected are names such as %s%s%s",
                          expected[scope], near[0] ? "; " : "", near);
    return km_fail_at(error, KIEM_E_FORMAT, place,
                      "%s %zu columns has a known name; expected are names such as %s%s%s",
                      place.line ? "the first row is not a header: none of its" : "none of the",
                      header->columns, expected[scope], near[0] ? "; " : "", near);
}

/* The standard whose own names cover most columns. */
static km_standard choose_standard(const header_row *header, km_scope scope) {
    int best = -1;
    km_standard standard = KM_STANDARD_3176;
    bool blood_group = false;
    for (int i = 0; i < KM_STANDARD_COUNT; i++) {
        if (i == KM_STANDARD_130) continue; /* its names are those of 3176 */
        int covered = 0;
        for (size_t k = 0; k < header->columns; k++) {
            int field = km_name_in(scope, (km_standard)i, header_cell(header, k));
            covered += field >= 0;
            if (scope == KM_SCOPE_CLAIM && field == KM_CLAIM_NHOM_MAU) blood_group = true;
        }
        if (covered > best) best = covered, standard = (km_standard)i;
    }
    bool all_of_130 = scope == KM_SCOPE_CLAIM && best >= FULL_130_COLUMNS && !blood_group;
    return standard == KM_STANDARD_3176 && all_of_130 ? KM_STANDARD_130 : standard;
}

static kiem_status same_field_twice(const km_layout *layout, uint32_t first, uint32_t second, km_place place,
                                    km_error *error) {
    int count;
    const char *name = km_fields(layout->scope, &count)[layout->field[first]].name;
    place.column = second + 1;
    return km_fail_at(error, KIEM_E_FORMAT, place,
                      "columns %u ('%.*s') and %u ('%.*s') both mean %s: remove or rename one of them",
                      (unsigned)first + 1, KM_TEXT_ARG(layout->name[first]), (unsigned)second + 1,
                      KM_TEXT_ARG(layout->name[second]), name);
}

static kiem_status map_columns(km_layout *layout, const header_row *header, km_place place, km_error *error) {
    layout->columns = (uint32_t)header->columns;
    layout->name = km_arena_alloc(&layout->arena, header->columns * sizeof *layout->name);
    layout->field = km_arena_alloc(&layout->arena, header->columns * sizeof *layout->field);
    if (!layout->name || !layout->field) return km_nomem(error);
    for (uint32_t i = 0; i < layout->columns; i++) {
        km_text name = header_cell(header, i);
        layout->name[i] = km_arena_text(&layout->arena, name);
        if (!layout->name[i].ptr) return km_nomem(error);
        int field = name.length ? km_name_field(layout->scope, layout->standard, name) : -1;
        layout->field[i] = field;
        layout->unknown += field < 0 && name.length > 0;
        if (field < 0) continue;
        if (km_fieldset_has(&layout->present, field))
            return same_field_twice(layout, (uint32_t)km_layout_column(layout, field), i, place, error);
        km_fieldset_add(&layout->present, field);
    }
    if (layout->unknown) tell_near(layout->near, header, layout->scope, &layout->present, true);
    return KIEM_OK;
}

static kiem_status use_header(km_layout *layout, const header_row *header, km_place place, km_error *error) {
    if (!header->taken)
        return km_fail_at(
            error, KIEM_E_FORMAT, place,
            "the header row does not end: its quotes are not closed, or it is longer than 64 KiB");
    if (header->rows > 1)
        return km_fail_at(error, KIEM_E_FORMAT, place,
                          "the header row has a carriage return inside: convert old Mac line ends first, for "
                          "example tr '\\r' '\\n' < in.csv > out.csv");
    if (!header->known) return no_known_name(header, layout->scope, place, error);
    layout->standard = choose_standard(header, layout->scope);
    return map_columns(layout, header, place, error);
}

/* Bytes of a line "sep=;", by which Excel is told of the delimiter; it is found without. */
static size_t separator_line(km_text head) {
    size_t end = 5;
    if (head.length <= end || !km_text_equal_fold((km_text){head.ptr, 4}, KM_TEXT("sep="))) return 0;
    if (head.ptr[end] == '\r' && end + 1 < head.length) end++;
    return head.ptr[end] == '\n' ? end + 1 : 0;
}

/* Bytes of what stands in front of the header: blank lines. */
static size_t skip_blank_lines(km_text head, int64_t *row) {
    size_t start = separator_line(head);
    *row = start ? 2 : 1;
    for (size_t i = start; i < head.length; i++) {
        char c = head.ptr[i];
        if (c == '\n') start = i + 1, ++*row;
        if (c != '\n' && c != '\r' && c != ' ' && c != '\t') break;
    }
    return start;
}

static size_t filled_cells(const header_row *row) {
    size_t filled = 0;
    for (size_t i = 0; i < row->columns; i++) filled += header_cell(row, i).length > 0;
    return filled;
}

/* A report has titles above the names of its columns: the line where they are, 0 when there is none near
 * or when the first row is as full as a claim. Rows are lines here, as for the program that shall remove
 * them. */
static kiem_status find_names(const header_row *first, km_scope scope, km_text text, bool whole,
                              int64_t *line_of_names, km_error *error) {
    km_text line;
    *line_of_names = 0;
    for (int64_t number = 1; number <= TITLE_LINES && km_text_split(&text, '\n', &line); number++) {
        header_row tried;
        char delimiter = ',';
        header_init(&tried, first->mem);
        km_text rest = {line.ptr, line.length + (text.ptr ? 1 + text.length : 0)};
        kiem_status status = choose_delimiter(&tried, &delimiter, scope, rest, whole, error);
        const bool found =
            tried.known >= TITLE_NAMES && tried.rows == 1 && 2 * filled_cells(first) <= tried.columns;
        header_free(&tried);
        KM_TRY(status);
        if (found) *line_of_names = number;
        if (found) break;
    }
    return KIEM_OK;
}

/* Nothing is passed over in silence: titles are the user's to remove. */
static kiem_status check_titles(const header_row *first, km_scope scope, km_place place, km_text text,
                                bool whole, km_error *error) {
    int64_t line;
    if (first->known) return KIEM_OK;
    KM_TRY(find_names(first, scope, text, whole, &line, error));
    if (!line) return KIEM_OK;
    const int64_t above = place.line + line - 2;
    return km_fail_at(error, KIEM_E_FORMAT, place,
                      "the names of the columns are in row %lld: remove the %lld rows above it, for example "
                      "tail -n +%lld in.csv > out.csv",
                      (long long)above + 1, (long long)above, (long long)above + 1);
}

kiem_status km_layout_read(km_layout *layout, const km_mem *mem, km_scope scope, const char *file,
                           km_text head, bool whole, size_t *taken, int64_t *row, km_error *error) {
    *layout = (km_layout){.scope = scope};
    km_arena_init(&layout->arena, mem);
    size_t blank = skip_blank_lines(head, row);
    header_row best;
    header_init(&best, mem);
    km_text text = {head.ptr + blank, head.length - blank};
    kiem_status status = choose_delimiter(&best, &layout->delimiter, scope, text, whole, error);
    km_place place = {file, *row, 0, (int64_t)blank};
    if (status == KIEM_OK) status = check_titles(&best, scope, place, text, whole, error);
    if (status == KIEM_OK) status = use_header(layout, &best, place, error);
    *taken = blank + best.taken;
    header_free(&best);
    if (status != KIEM_OK) km_layout_free(layout);
    return status;
}

kiem_status km_layout_of_names(km_layout *layout, const km_mem *mem, km_scope scope, const char *file,
                               const km_text *names, size_t count, km_error *error) {
    *layout = (km_layout){.scope = scope};
    km_arena_init(&layout->arena, mem);
    header_row header;
    header_init(&header, mem);
    header.taken = 1; /* there is one */
    for (size_t i = 0; i < count; i++) {
        on_cell((void *)(uintptr_t)names[i].ptr, names[i].length, &header);
        if (header.broken || !km_buf_ok(&header.text)) break;
        header.known += is_known(scope, header_cell(&header, i));
    }
    kiem_status status = header.broken || !km_buf_ok(&header.text)
                             ? km_nomem(error)
                             : use_header(layout, &header, km_at(file, 0, 0), error);
    header_free(&header);
    if (status != KIEM_OK) km_layout_free(layout);
    return status;
}

void km_layout_free(km_layout *layout) {
    if (layout->arena.mem) km_arena_free(&layout->arena);
    *layout = (km_layout){0};
}

uint64_t km_layout_standard_code(const km_layout *layout) {
    uint64_t code = 0;
    km_code_pack(km_text_from(km_standard_name(layout->standard)), &code);
    return code;
}

int km_layout_column(const km_layout *layout, int field) {
    for (uint32_t i = 0; i < layout->columns; i++) {
        if (layout->field[i] == field) return (int)i;
    }
    return -1;
}
