#include "rules/card_rows.h"

#include <string.h>

#include "rules/kernels.h"

static const struct {
    int card, claim;
} sources[] = {{KM_CARD_MA_THE, KM_CLAIM_MA_THE_BHYT},
               {KM_CARD_MA_DKBD, KM_CLAIM_MA_DKBD},
               {KM_CARD_TU, KM_CLAIM_GT_THE_TU},
               {KM_CARD_DEN, KM_CLAIM_GT_THE_DEN}};
enum { SOURCE_COUNT = sizeof sources / sizeof sources[0] };

void km_card_rows_init(km_card_rows *rows, const km_mem *mem) {
    *rows = (km_card_rows){.mem = mem};
}

void km_card_rows_free(km_card_rows *rows) {
    if (!rows->mem) return;
    km_batch_free(&rows->batch);
    km_free(rows->mem, rows->parent, rows->parent_capacity * sizeof *rows->parent);
    km_free(rows->mem, rows->first, rows->first_capacity * sizeof *rows->first);
    *rows = (km_card_rows){0};
}

km_fieldset km_card_fields_from(const km_fieldset *claim_fields) {
    km_fieldset fields = {0};
    for (int i = 0; i < SOURCE_COUNT; i++) {
        if (km_fieldset_has(claim_fields, sources[i].claim)) km_fieldset_add(&fields, sources[i].card);
    }
    return fields;
}

int km_card_source(int card_field) {
    int i = 0;
    while (sources[i].card != card_field) i++;
    return sources[i].claim;
}

/* Parts up to the last one that is not empty. */
static uint32_t part_count(km_text list) {
    while (list.length && memchr("; \t\r\n", list.ptr[list.length - 1], 5)) list.length--;
    uint32_t count = list.length > 0;
    const char *end = list.ptr + list.length, *at = list.ptr;
    while (at < end && (at = memchr(at, ';', (size_t)(end - at)))) at++, count++;
    return count;
}

static km_text text_of(const km_column *column, uint32_t row) {
    return column && km_column_valid(column, row) ? km_column_text(column, row) : (km_text){"", 0};
}

/* The columns the cards are read from; NULL where the input has none. */
static void find_columns(const km_batch *claims, const km_column *columns[SOURCE_COUNT]) {
    for (int i = 0; i < SOURCE_COUNT; i++) {
        bool there = km_fieldset_has(&claims->present, sources[i].claim);
        columns[i] = there ? &claims->column[sources[i].claim] : NULL;
    }
}

/* Cards of a claim: as many as the longest list has parts. */
static uint32_t cards_of(const km_column *const columns[SOURCE_COUNT], uint32_t row) {
    uint32_t most = 0;
    for (int i = 0; i < SOURCE_COUNT; i++) {
        uint32_t count = part_count(text_of(columns[i], row));
        if (count > most) most = count;
    }
    return most;
}

/* The rows of the bytes from `at` to `end` that have such a sign. */
static void mark_signs(const km_column *lists, const char *at, const char *end, uint32_t *row,
                       uint64_t *odd) {
    const uint32_t *offsets = lists->values;
    for (; at < end; at++) {
        if (*at != ';' && *at != ' ' && *at != '\t' && *at != '\r' && *at != '\n') continue;
        while (lists->bytes + offsets[*row + 1] <= at) ++*row;
        odd[*row / 64] |= (uint64_t)1 << (*row % 64);
    }
}

void km_mark_odd_lists(const km_column *lists, uint32_t rows, uint64_t *odd) {
    enum { STEP = 256 };
    const uint32_t *offsets = lists->values;
    size_t end = offsets[rows];
    uint32_t row = 0;
    for (size_t at = offsets[0]; at < end;) { /* hardly any has one */
        size_t next = end - at < STEP ? end : at + STEP;
        if (km_kernels_here()->any_sign(lists->bytes + at, next - at))
            mark_signs(lists, lists->bytes + at, lists->bytes + next, &row, odd);
        at = next;
    }
}

/* Which rows have a card at all, and which are odd. */
static void look_at_lists(km_card_rows *rows, const km_column *const columns[SOURCE_COUNT], uint32_t count) {
    memset(rows->any, 0, sizeof rows->any);
    memset(rows->odd, 0, sizeof rows->odd);
    for (int i = 0; i < SOURCE_COUNT; i++) {
        if (!columns[i]) continue;
        km_mark_odd_lists(columns[i], count, rows->odd);
        for (uint32_t w = 0; w < (count + 63) / 64; w++) rows->any[w] |= columns[i]->valid[w];
    }
}

/* Rows from one on that have one card each, which are nearly all. */
static uint32_t run_from(const km_card_rows *rows, uint32_t row, uint32_t count) {
    uint32_t start = row;
    while (row < count) {
        uint64_t bits = (rows->any[row / 64] & ~rows->odd[row / 64]) >> (row % 64);
        uint32_t left = 64 - row % 64, found = ~bits ? (uint32_t)__builtin_ctzll(~bits) : 64;
        row += found < left ? found : left;
        if (found < left) break;
    }
    return (row < count ? row : count) - start;
}

static kiem_status count_cards(km_card_rows *rows, const km_batch *claims, uint32_t *total, km_error *error) {
    if (!km_grow(rows->mem, (void **)&rows->first, &rows->first_capacity, (size_t)claims->rows + 1,
                 sizeof *rows->first)) {
        return km_nomem(error);
    }
    const km_column *columns[SOURCE_COUNT];
    find_columns(claims, columns);
    look_at_lists(rows, columns, claims->rows);
    uint32_t count = 0;
    for (uint32_t row = 0; row < claims->rows;) {
        uint32_t run = run_from(rows, row, claims->rows);
        for (uint32_t i = 0; i < run; i++) rows->first[row + i] = count + i;
        row += run, count += run;
        if (row == claims->rows) break;
        rows->first[row] = count;
        count += km_bit(rows->odd, row) ? cards_of(columns, row) : 0;
        row++;
    }
    rows->first[claims->rows] = *total = count;
    if (km_grow(rows->mem, (void **)&rows->parent, &rows->parent_capacity, *total, sizeof *rows->parent))
        return KIEM_OK;
    return km_nomem(error);
}

/* ---- the cells of the cards */

static inline bool date_of(km_card_rows *rows, km_text part, km_day *day) {
    if (part.length != sizeof(uint64_t)) return km_date_parse(part, day);
    uint64_t text = km_eight_bytes(part.ptr);
    size_t place = (text * 0x9E3779B97F4A7C15u) >> 53;
    if (!text) return false; /* stands for a place that is free */
    if (rows->dates[place].text != text) {
        if (!km_date_parse(part, day)) return false;
        rows->dates[place].text = text;
        rows->dates[place].day = *day;
    }
    *day = rows->dates[place].day;
    return true;
}

static inline void put_short(km_card_rows *rows, int card, uint32_t at, km_text part) {
    km_column *column = &rows->batch.column[card];
    uint64_t code;
    km_day day;
    if (!part.length) return;
    if (card == KM_CARD_MA_DKBD) {
        if (km_code_pack(part, &code)) km_column_put(column, 8, at, (int64_t)code);
    } else if (date_of(rows, part, &day)) {
        km_column_put(column, 4, at, day);
    }
}

/* Codes and dates. A part that a list has not is as an empty one. */
static inline void put_shorts(km_card_rows *rows, const km_batch *claims, int source, int card) {
    const km_column *lists = &claims->column[sources[source].claim];
    for (uint32_t row = 0; row < claims->rows; row++) {
        uint32_t at = rows->first[row];
        for (uint32_t run = run_from(rows, row, claims->rows); run; run--)
            put_short(rows, card, at++, km_column_text(lists, row++));
        if (row == claims->rows) break;
        uint32_t end = rows->first[row + 1];
        at = rows->first[row];
        km_text rest = km_column_text(lists, row), part;
        while (at < end && km_text_split(&rest, ';', &part)) put_short(rows, card, at++, km_text_trim(part));
    }
}

/* Texts lie one behind the other, so that those of a run are copied together. */
static void put_run(const km_column *lists, uint32_t row, uint32_t run, km_column *column, uint32_t at) {
    const uint32_t *from = (const uint32_t *)lists->values + row;
    uint32_t *to = (uint32_t *)column->values + at, shift = from[0] - (uint32_t)column->bytes_used;
    size_t length = from[run] - from[0];
    for (uint32_t i = 1; i <= run; i++) to[i] = from[i] - shift;
    for (uint32_t i = 0; i < run; i++)
        column->valid[(at + i) / 64] |= (uint64_t)(from[i + 1] > from[i]) << ((at + i) % 64);
    if (length) memcpy(column->bytes + column->bytes_used, lists->bytes + from[0], length);
    column->bytes_used += length;
}

static bool put_texts(km_card_rows *rows, const km_batch *claims, int source) {
    const km_column *lists = &claims->column[sources[source].claim];
    km_column *column = &rows->batch.column[sources[source].card];
    const uint32_t *from = lists->values;
    size_t most = from[claims->rows] - from[0]; /* parts are no longer than their lists */
    if (!km_grow(rows->mem, (void **)&column->bytes, &column->bytes_capacity, most, 1)) return false;
    ((uint32_t *)column->values)[0] = 0;
    for (uint32_t row = 0; row < claims->rows; row++) {
        uint32_t run = run_from(rows, row, claims->rows);
        if (run) put_run(lists, row, run, column, rows->first[row]);
        row += run;
        if (row == claims->rows) break;
        km_text rest = km_column_text(lists, row), part;
        for (uint32_t at = rows->first[row]; at < rows->first[row + 1]; at++) {
            if (!km_text_split(&rest, ';', &part)) part = (km_text){"", 0};
            if (!km_column_put_text(rows->mem, column, at, km_text_trim(part))) return false;
        }
    }
    return true;
}

static kiem_status split_lists(km_card_rows *rows, const km_batch *claims, int source, km_error *error) {
    switch (sources[source].card) {
    case KM_CARD_MA_THE: return put_texts(rows, claims, source) ? KIEM_OK : km_nomem(error);
    case KM_CARD_MA_DKBD: put_shorts(rows, claims, source, KM_CARD_MA_DKBD); break;
    default: put_shorts(rows, claims, source, sources[source].card);
    }
    return KIEM_OK;
}

static void name_parents(km_card_rows *rows, const km_batch *claims) {
    for (uint32_t row = 0; row < claims->rows; row++) {
        uint32_t run = run_from(rows, row, claims->rows), at = rows->first[row];
        for (uint32_t i = 0; i < run; i++) rows->parent[at + i] = row + i;
        if (run) memcpy(rows->batch.row + at, claims->row + row, run * sizeof *claims->row);
        row += run;
        if (row == claims->rows) break;
        for (at = rows->first[row]; at < rows->first[row + 1]; at++) {
            rows->parent[at] = row;
            rows->batch.row[at] = claims->row[row];
        }
    }
}

kiem_status km_card_rows_build(km_card_rows *rows, km_input *input, km_error *error) {
    const km_batch *claims = input->set[KM_SCOPE_CLAIM].batch;
    km_fieldset fields = km_card_fields_from(&claims->present);
    uint32_t total = 0;
    KM_TRY(count_cards(rows, claims, &total, error));
    bool fits = rows->batch.mem && rows->batch.capacity >= total &&
                memcmp(&rows->batch.present, &fields, sizeof fields) == 0;
    if (!fits) {
        km_batch_free(&rows->batch);
        KM_TRY(km_batch_init(&rows->batch, rows->mem, KM_SCOPE_CARD, &fields, total + total / 2 + 64, error));
    }
    for (int i = 0; i < SOURCE_COUNT; i++) { /* this file may have columns the one before had not */
        if (km_fieldset_has(&fields, sources[i].card))
            KM_TRY(km_batch_add_column(&rows->batch, sources[i].card, error));
    }
    km_batch_clear(&rows->batch);
    rows->batch.rows = total;
    name_parents(rows, claims);
    for (int i = 0; i < SOURCE_COUNT; i++) {
        if (km_fieldset_has(&fields, sources[i].card)) KM_TRY(split_lists(rows, claims, i, error));
    }
    input->set[KM_SCOPE_CARD] =
        (km_rowset){.batch = &rows->batch, .parent = rows->parent, .first = rows->first};
    return KIEM_OK;
}
