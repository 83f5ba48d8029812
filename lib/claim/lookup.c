#include "claim/lookup.h"

#include <stdio.h>
#include <string.h>

#include "base/decimal.h"
#include "base/hash.h"

enum { NAMES_MAX = 512 };

static uint64_t hash_value(const km_value *value, uint64_t seed) {
    if (value->type == KM_TYPE_TEXT) return km_hash(value->text.ptr, value->text.length, seed);
    return km_mix64((value->type == KM_TYPE_CODE ? value->code : (uint64_t)value->number) ^ seed);
}

static bool equal_values(const km_value *a, const km_value *b) {
    if (!a->known || !b->known) return false;
    if (a->type == KM_TYPE_TEXT) return km_text_equal(a->text, b->text);
    return a->type == KM_TYPE_CODE ? a->code == b->code : a->number == b->number;
}

static uint64_t hash_keys(const km_lookup *lookup, const km_value *keys) {
    uint64_t hash = 0;
    for (int i = 0; i < lookup->key_count; i++) hash = hash_value(&keys[i], hash * 31 + 1);
    return hash;
}

static void keys_of_row(const km_lookup *lookup, uint32_t row, km_value *keys) {
    for (int i = 0; i < lookup->key_count; i++) keys[i] = lookup->column[lookup->keys[i]].cells[row];
}

static bool same_keys(const km_lookup *lookup, uint32_t row, const km_value *keys) {
    for (int i = 0; i < lookup->key_count; i++) {
        if (!equal_values(&lookup->column[lookup->keys[i]].cells[row], &keys[i])) return false;
    }
    return true;
}

int64_t km_lookup_row_span(const km_lookup *lookup, const km_value *keys, km_day day, km_day *from,
                           km_day *to) {
    *from = INT32_MIN;
    *to = INT32_MAX;
    for (int i = 0; i < lookup->key_count; i++) {
        if (!keys[i].known) return KM_LOOKUP_NO_ROW;
    }
    const uint32_t *first = km_map_find(&lookup->index, hash_keys(lookup, keys));
    for (uint32_t at = first ? *first : 0; at; at = lookup->next[at - 1]) {
        uint32_t row = at - 1;
        if (!same_keys(lookup, row, keys)) continue;
        if (lookup->from[row] <= day && day <= lookup->to[row]) {
            *from = lookup->from[row];
            *to = lookup->to[row];
            return row;
        }
        if (lookup->to[row] < day && lookup->to[row] >= *from) *from = lookup->to[row] + 1;
        if (lookup->from[row] > day && lookup->from[row] <= *to) *to = lookup->from[row] - 1;
    }
    return KM_LOOKUP_NO_ROW;
}

int64_t km_lookup_row(const km_lookup *lookup, const km_value *keys, km_day day) {
    km_day from, to;
    return km_lookup_row_span(lookup, keys, day, &from, &to);
}

int64_t km_lookup_row_of_code(const km_lookup *lookup, uint64_t code, km_day day) {
    const km_value key = {.type = KM_TYPE_CODE, .known = true, .code = code};
    return lookup && lookup->rows ? km_lookup_row(lookup, &key, day) : KM_LOOKUP_NO_ROW;
}

int km_lookup_find_column(const km_lookup *lookup, km_text name) {
    for (uint32_t i = 0; i < lookup->columns; i++) {
        if (km_text_equal_fold(lookup->column[i].name, name)) return (int)i;
    }
    return -1;
}

void km_lookup_free(km_lookup *lookup) {
    if (!lookup->arena.mem) return;
    km_map_free(&lookup->index);
    km_arena_free(&lookup->arena);
    *lookup = (km_lookup){0};
}

/* ---- building */

static const struct {
    const char *name;
    km_type type;
} type_names[] = {
    {"number", KM_TYPE_NUMBER}, {"date", KM_TYPE_DATE}, {"code", KM_TYPE_CODE}, {"text", KM_TYPE_TEXT}};

static const struct {
    const char *name;
    int role;
} role_names[] = {{"key", KM_ROLE_KEY},     {"from", KM_ROLE_FROM},         {"to", KM_ROLE_TO},
                  {"value", KM_ROLE_VALUE}, {"optional", KM_ROLE_OPTIONAL}, {"note", -1}};

static kiem_status parse_schema_row(const km_sheet *schema, uint32_t row, const int at[4],
                                    km_lookup_column *out, bool *keep, km_error *error) {
    km_text role = km_sheet_cell(schema, row, at[1]), type = km_sheet_cell(schema, row, at[2]);
    int found_role = -2, found_type = -1;
    for (size_t i = 0; i < sizeof role_names / sizeof role_names[0]; i++) {
        if (km_text_equal_fold(role, km_text_from(role_names[i].name))) found_role = role_names[i].role;
    }
    for (size_t i = 0; i < sizeof type_names / sizeof type_names[0]; i++) {
        if (km_text_equal_fold(type, km_text_from(type_names[i].name))) found_type = (int)type_names[i].type;
    }
    if (found_role == -2) {
        return km_fail_at(error, KIEM_E_POLICY, km_sheet_place(schema, row, at[1]),
                          "role '%.*s' is not one of key, from, to, value, optional, note",
                          KM_TEXT_ARG(role));
    }
    *keep = found_role >= 0;
    if (!*keep) return KIEM_OK;
    if (found_type < 0) {
        return km_fail_at(error, KIEM_E_POLICY, km_sheet_place(schema, row, at[2]),
                          "type '%.*s' is not one of number, date, code, text", KM_TEXT_ARG(type));
    }
    int64_t scale = 0;
    km_text scale_text = km_sheet_cell(schema, row, at[3]);
    if (found_type != KM_TYPE_TEXT && scale_text.length &&
        (km_decimal_parse(scale_text, 0, &scale) != KM_NUMBER_OK || scale < 0 || scale > KM_SCALE_MAX)) {
        return km_fail_at(error, KIEM_E_POLICY, km_sheet_place(schema, row, at[3]), "scale must be 0 to %d",
                          KM_SCALE_MAX);
    }
    out->role = (km_role)found_role;
    out->type = (km_type)found_type;
    out->scale = found_type == KM_TYPE_CODE ? 0 : (uint8_t)scale;
    out->width = found_type == KM_TYPE_CODE ? (uint8_t)scale : 0;
    return KIEM_OK;
}

static kiem_status read_schema(km_lookup *lookup, const km_sheet *schema, km_error *error) {
    static const char *const names[] = {"column", "role", "type", "scale"};
    int table, at[4];
    KM_TRY(km_sheet_need(schema, "table", &table, error));
    for (int i = 0; i < 4; i++) KM_TRY(km_sheet_need(schema, names[i], &at[i], error));
    lookup->column = km_arena_alloc(&lookup->arena, schema->rows * sizeof *lookup->column);
    if (!lookup->column) return km_nomem(error);
    for (uint32_t row = 0; row < schema->rows; row++) {
        if (!km_text_equal_fold(km_sheet_cell(schema, row, table), lookup->name)) continue;
        km_lookup_column *column = &lookup->column[lookup->columns];
        bool keep = false;
        KM_TRY(parse_schema_row(schema, row, at, column, &keep, error));
        if (!keep) continue;
        column->name = km_arena_text(&lookup->arena, km_sheet_cell(schema, row, at[0]));
        if (column->type == KM_TYPE_TEXT)
            column->words = km_arena_text(&lookup->arena, km_sheet_cell(schema, row, at[3]));
        if (!column->name.ptr || (column->type == KM_TYPE_TEXT && !column->words.ptr)) return km_nomem(error);
        if (column->role == KM_ROLE_KEY && lookup->key_count == KM_LOOKUP_KEYS_MAX) {
            return km_fail_at(error, KIEM_E_POLICY, km_sheet_place(schema, row, at[1]),
                              "a table has at most %d keys", KM_LOOKUP_KEYS_MAX);
        }
        if (column->role == KM_ROLE_KEY) lookup->keys[lookup->key_count++] = (int)lookup->columns;
        lookup->columns++;
    }
    if (lookup->columns) return KIEM_OK;
    return km_fail_at(error, KIEM_E_POLICY, km_at(schema->file.ptr, 0, 0),
                      "no columns are described for table '%.*s'", KM_TEXT_ARG(lookup->name));
}

static kiem_status no_such_word(const km_lookup *lookup, const km_lookup_column *column, km_text text,
                                km_place place, km_error *error) {
    char words[128];
    size_t length = 0;
    for (size_t i = 0; i < column->words.length && length + 2 < sizeof words; i++) {
        char c = column->words.ptr[i];
        words[length++] = c == ';' ? ',' : c;
        if (c == ';') words[length++] = ' ';
    }
    return km_fail_at(error, KIEM_E_POLICY, place, "column '%.*s' of table '%.*s': '%.*s' is not one of %.*s",
                      KM_TEXT_ARG(column->name), KM_TEXT_ARG(lookup->name), KM_TEXT_ARG(text), (int)length,
                      words);
}

/* Keeps a text; of a column that has its words, as the word is written there. */
static kiem_status keep_text(km_lookup *lookup, const km_lookup_column *column, km_text text, km_place place,
                             km_text *out, km_error *error) {
    km_text rest = column->words, word;
    while (km_text_split(&rest, ';', &word)) {
        if (!km_text_equal_fold(word, text)) continue;
        *out = word;
        return KIEM_OK;
    }
    if (column->words.length) return no_such_word(lookup, column, text, place, error);
    *out = km_arena_text(&lookup->arena, text);
    return out->ptr ? KIEM_OK : km_nomem(error);
}

/* 1001 is 01001 to a column of five digits: a spreadsheet takes codes for numbers. */
static bool pack_code(km_text text, size_t width, uint64_t *out) {
    char padded[KM_SCALE_MAX + 1];
    bool digits = text.length < width;
    for (size_t i = 0; digits && i < text.length; i++) digits = text.ptr[i] >= '0' && text.ptr[i] <= '9';
    if (!digits) return km_code_pack(text, out);
    memset(padded, '0', width);
    memcpy(padded + width - text.length, text.ptr, text.length);
    return km_code_pack((km_text){padded, width}, out);
}

/* What a cell of the column has to be. */
static void tell_wanted(const km_lookup_column *column, char *out, size_t size) {
    if (column->type == KM_TYPE_DATE) {
        snprintf(out, size, "date (yyyy-mm-dd)");
    } else if (column->type == KM_TYPE_NUMBER && column->scale > 0) {
        snprintf(out, size, "number with at most %d decimals", column->scale);
    } else if (column->type == KM_TYPE_NUMBER) {
        snprintf(out, size, "number without decimals");
    } else {
        snprintf(out, size, "%s", km_type_name(column->type));
    }
}

static kiem_status parse_cell(km_lookup *lookup, const km_lookup_column *column, km_text text, km_place place,
                              km_value *out, km_error *error) {
    *out = (km_value){.type = column->type, .scale = column->scale};
    if (text.length == 0) return KIEM_OK;
    km_day day = 0;
    bool good = true;
    switch (column->type) {
    case KM_TYPE_NUMBER: good = km_decimal_parse(text, column->scale, &out->number) == KM_NUMBER_OK; break;
    case KM_TYPE_DATE: good = km_iso_date_parse(text, &day), out->number = day; break;
    case KM_TYPE_CODE: good = pack_code(text, column->width, &out->code); break;
    default: KM_TRY(keep_text(lookup, column, text, place, &out->text, error));
    }
    out->known = good;
    if (good) return KIEM_OK;
    char wanted[48];
    tell_wanted(column, wanted, sizeof wanted);
    return km_fail_at(error, KIEM_E_POLICY, place, "column '%.*s' of table '%.*s': '%.*s' is not a %s",
                      KM_TEXT_ARG(column->name), KM_TEXT_ARG(lookup->name), KM_TEXT_ARG(text), wanted);
}

/* Values as loops want them. */
static kiem_status lay_out(km_lookup *lookup, km_lookup_column *column, km_error *error) {
    size_t count = (size_t)lookup->rows + 1;
    column->numbers = km_arena_alloc(&lookup->arena, count * sizeof *column->numbers);
    column->known = km_arena_alloc(&lookup->arena, count * sizeof *column->known);
    if (!column->numbers || !column->known) return km_nomem(error);
    column->numbers[0] = 0;
    column->known[0] = false;
    column->whole = true;
    for (uint32_t row = 0; row < lookup->rows; row++) {
        const km_value *cell = &column->cells[row];
        column->known[row + 1] = cell->known;
        column->whole = column->whole && cell->known;
        column->numbers[row + 1] = column->type == KM_TYPE_CODE ? (int64_t)cell->code : cell->number;
    }
    return KIEM_OK;
}

static kiem_status lacks(const km_lookup *lookup, const km_lookup_column *column, const km_sheet *sheet,
                         km_error *error) {
    char all[NAMES_MAX] = "";
    for (uint32_t i = 0; i < lookup->columns; i++) {
        const size_t length = strlen(all);
        snprintf(all + length, sizeof all - length, "%s%.*s", length ? ", " : "",
                 KM_TEXT_ARG(lookup->column[i].name));
    }
    return km_sheet_lacks(sheet, column->name.ptr, all, error);
}

static kiem_status read_column(km_lookup *lookup, km_lookup_column *column, const km_sheet *sheet,
                               km_error *error) {
    int from = km_sheet_find(sheet, column->name);
    const bool needed = column->role == KM_ROLE_KEY || column->role == KM_ROLE_VALUE;
    if (from < 0 && needed) return lacks(lookup, column, sheet, error);
    column->cells = km_arena_alloc(&lookup->arena, lookup->rows * sizeof *column->cells);
    if (!column->cells) return km_nomem(error);
    for (uint32_t row = 0; row < lookup->rows; row++) {
        KM_TRY(parse_cell(lookup, column, km_sheet_cell(sheet, row, from), km_sheet_place(sheet, row, from),
                          &column->cells[row], error));
        if (column->role == KM_ROLE_FROM && column->cells[row].known)
            lookup->from[row] = (km_day)column->cells[row].number;
        if (column->role == KM_ROLE_TO && column->cells[row].known)
            lookup->to[row] = (km_day)column->cells[row].number;
    }
    bool date = column->role == KM_ROLE_FROM || column->role == KM_ROLE_TO;
    lookup->dated = lookup->dated || (date && from >= 0);
    return column->type == KM_TYPE_TEXT ? KIEM_OK : lay_out(lookup, column, error);
}

/* Rows of one key without an end date end where the next one begins, so that a table may list starts only. */
static void close_open_ends(km_lookup *lookup) {
    km_value keys[KM_LOOKUP_KEYS_MAX];
    for (uint32_t row = 0; row < lookup->rows; row++) {
        if (lookup->to[row] != INT32_MAX) continue;
        keys_of_row(lookup, row, keys);
        const uint32_t *first = km_map_find(&lookup->index, hash_keys(lookup, keys));
        for (uint32_t at = first ? *first : 0; at; at = lookup->next[at - 1]) {
            uint32_t other = at - 1;
            if (lookup->from[other] > lookup->from[row] && lookup->from[other] <= lookup->to[row] &&
                same_keys(lookup, other, keys)) {
                lookup->to[row] = lookup->from[other] - 1;
            }
        }
    }
}

static kiem_status check_overlaps(const km_lookup *lookup, const km_sheet *sheet, km_error *error) {
    km_value keys[KM_LOOKUP_KEYS_MAX];
    for (uint32_t row = 0; row < lookup->rows; row++) {
        if (lookup->to[row] < lookup->from[row]) {
            return km_fail_at(error, KIEM_E_POLICY, km_sheet_place(sheet, row, -1),
                              "table '%.*s': the row ends before it begins", KM_TEXT_ARG(lookup->name));
        }
        keys_of_row(lookup, row, keys);
        for (uint32_t at = lookup->next[row]; at; at = lookup->next[at - 1]) {
            uint32_t other = at - 1;
            bool apart = lookup->to[other] < lookup->from[row] || lookup->to[row] < lookup->from[other];
            if (apart || !same_keys(lookup, other, keys)) continue;
            return km_fail_at(
                error, KIEM_E_POLICY, km_sheet_place(sheet, row, -1),
                "table '%.*s': the row overlaps in time with the row on line %lld, which has the same key",
                KM_TEXT_ARG(lookup->name), (long long)sheet->lines[other]);
        }
    }
    return KIEM_OK;
}

static kiem_status build_index(km_lookup *lookup, const km_sheet *sheet, km_error *error) {
    km_value keys[KM_LOOKUP_KEYS_MAX];
    for (uint32_t row = 0; row < lookup->rows; row++) {
        bool is_new, complete = true;
        keys_of_row(lookup, row, keys);
        for (int i = 0; i < lookup->key_count; i++) complete = complete && keys[i].known;
        if (!complete) {
            return km_fail_at(error, KIEM_E_POLICY, km_sheet_place(sheet, row, -1),
                              "table '%.*s': the key is empty", KM_TEXT_ARG(lookup->name));
        }
        uint32_t *first = km_map_insert(&lookup->index, hash_keys(lookup, keys), &is_new);
        if (!first) return km_nomem(error);
        lookup->next[row] = *first;
        *first = row + 1;
    }
    close_open_ends(lookup);
    return check_overlaps(lookup, sheet, error);
}

kiem_status km_lookup_build(km_lookup *lookup, const km_mem *mem, km_text name, const km_sheet *schema,
                            const km_sheet *sheet, km_error *error) {
    *lookup = (km_lookup){.rows = sheet->rows};
    km_arena_init(&lookup->arena, mem);
    km_map_init(&lookup->index, mem);
    lookup->name = km_arena_text(&lookup->arena, name);
    lookup->from = km_arena_alloc(&lookup->arena, sheet->rows * sizeof *lookup->from);
    lookup->to = km_arena_alloc(&lookup->arena, sheet->rows * sizeof *lookup->to);
    lookup->next = km_arena_alloc(&lookup->arena, sheet->rows * sizeof *lookup->next);
    kiem_status status = KIEM_OK;
    if (!lookup->name.ptr || !lookup->from || !lookup->to || !lookup->next) status = km_nomem(error);
    for (uint32_t row = 0; row < sheet->rows && status == KIEM_OK; row++) {
        lookup->from[row] = INT32_MIN;
        lookup->to[row] = INT32_MAX;
    }
    if (status == KIEM_OK) status = read_schema(lookup, schema, error);
    for (uint32_t i = 0; i < lookup->columns && status == KIEM_OK; i++) {
        status = read_column(lookup, &lookup->column[i], sheet, error);
    }
    if (status == KIEM_OK) status = build_index(lookup, sheet, error);
    if (status != KIEM_OK) km_lookup_free(lookup);
    return status;
}
