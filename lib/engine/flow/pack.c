#include "engine/flow/pack.h"

#include <string.h>

enum { SLACK = 8 /* bytes that are written or read behind the last number of a column */ };

typedef enum known_rows { ALL_NULL = 0, SOME_KNOWN, ALL_KNOWN } known_rows;

typedef struct pack_header {
    uint64_t base;
    uint32_t scope, rows, input, columns;
} pack_header;

/* Numbers are base + (what is kept << shift), kept in `width` bytes each. */
typedef struct pack_numbers {
    int64_t base;
    uint8_t width, shift;
} pack_numbers;

typedef struct pack_column {
    pack_numbers numbers; /* values, or lengths of texts */
    uint16_t field;
    uint8_t known;  /* known_rows */
    bool bare;      /* without values */
    uint32_t count; /* numbers kept */
    uint32_t text;  /* bytes of all texts */
} pack_column;

static const uint64_t all_zero[KM_BATCH_ROWS + 1]; /* values and validity of a column that is all NULL */

static size_t padded(size_t size) {
    return (size + 7) & ~(size_t)7;
}

/* ---- numbers: loops for each width, all compiled from one */

/* A byte each, as many columns have: sixteen and more at a time. */
static inline void store_bytes(unsigned char *restrict at, const int64_t *restrict values, uint32_t count,
                               pack_numbers how) {
    for (uint32_t i = 0; i < count; i++)
        at[i] = (unsigned char)(((uint64_t)values[i] - (uint64_t)how.base) >> how.shift);
}

static inline void load_bytes(const unsigned char *restrict at, int64_t *restrict values, uint32_t count,
                              pack_numbers how) {
    for (uint32_t i = 0; i < count; i++)
        values[i] = (int64_t)(((uint64_t)at[i] << how.shift) + (uint64_t)how.base);
}

static inline void store_all(unsigned char *at, const int64_t *values, uint32_t count, pack_numbers how,
                             const int width) {
    for (uint32_t i = 0; width && i < count; i++, at += width)
        km_put_low_first_8((char *)at, ((uint64_t)values[i] - (uint64_t)how.base) >> how.shift);
}

static inline void load_all(const unsigned char *at, int64_t *values, uint32_t count, pack_numbers how,
                            const int width) {
    uint64_t mask = width == 8 ? UINT64_MAX : ((uint64_t)1 << (8 * width % 64)) - 1;
    for (uint32_t i = 0; i < count; i++, at += width) {
        uint64_t kept = width ? km_low_first_8((const char *)at) & mask : 0;
        values[i] = (int64_t)((kept << how.shift) + (uint64_t)how.base);
    }
}

#define EACH_WIDTH(call)                                                                                     \
    switch (how.width) {                                                                                     \
    case 2: call(2); break;                                                                                  \
    case 3: call(3); break;                                                                                  \
    case 4: call(4); break;                                                                                  \
    case 5: call(5); break;                                                                                  \
    case 6: call(6); break;                                                                                  \
    case 7: call(7); break;                                                                                  \
    case 8: call(8); break;                                                                                  \
    default: call(0); break;                                                                                 \
    }

/* How values can be kept: what they have in common is the base, the bytes in which they differ are kept. */
static pack_numbers measure(const int64_t *values, uint32_t count) {
    pack_numbers how = {0};
    if (!count) return how;
    uint64_t first = (uint64_t)values[0], differ = 0;
    for (uint32_t i = 0; i < count; i++) differ |= (uint64_t)values[i] ^ first;
    how.base = values[0];
    if (!differ) return how;
    uint8_t top = (uint8_t)(64 - __builtin_clzll(differ));
    how.base = top == 64 ? 0 : (int64_t)(first >> top << top);
    how.shift = (uint8_t)(__builtin_ctzll(differ) / 8 * 8);
    how.base |= (int64_t)(first & (((uint64_t)1 << how.shift) - 1));
    how.width = (uint8_t)((top - how.shift + 7) / 8);
    return how;
}

static size_t numbers_size(pack_numbers how, uint32_t count) {
    return how.width ? (size_t)how.width * count + SLACK : 0;
}

static unsigned char *put_numbers(unsigned char *at, const int64_t *values, uint32_t count,
                                  pack_numbers how) {
#define STORE(width) store_all(at, values, count, how, width)
    if (how.width == 1) {
        store_bytes(at, values, count, how);
    } else {
        EACH_WIDTH(STORE)
    }
#undef STORE
    return at + numbers_size(how, count);
}

static const unsigned char *take_numbers(const unsigned char *at, int64_t *values, uint32_t count,
                                         pack_numbers how) {
#define LOAD(width) load_all(at, values, count, how, width)
    if (how.width == 1) {
        load_bytes(at, values, count, how);
    } else {
        EACH_WIDTH(LOAD)
    }
#undef LOAD
    return at + numbers_size(how, count);
}

/* ---- packing */

static known_rows look_at(const km_column *column, uint32_t rows) {
    bool any = false, all = true;
    for (uint32_t w = 0; w < km_batch_words(rows); w++) {
        any = any || column->valid[w];
        all = all && column->valid[w] == km_rows_of_word(rows, w);
    }
    return all ? ALL_KNOWN : any ? SOME_KNOWN : ALL_NULL;
}

/* The values that are not NULL, one behind the other. */
static uint32_t gather(const km_column *column, size_t width, uint32_t rows, bool all, int64_t *values) {
    const int32_t *narrow = column->values;
    const int64_t *wide = column->values;
    uint32_t count = 0;
    if (all && width == 4) {
        for (uint32_t i = 0; i < rows; i++) values[i] = narrow[i];
        return rows;
    }
    if (all) {
        memcpy(values, wide, rows * sizeof *values);
        return rows;
    }
    for (uint32_t w = 0; w < km_batch_words(rows); w++) {
        for (uint64_t left = column->valid[w]; left; left &= left - 1) {
            uint32_t row = w * 64 + (uint32_t)__builtin_ctzll(left);
            values[count++] = width == 4 ? narrow[row] : wide[row];
        }
    }
    return count;
}

static uint32_t gather_lengths(const km_column *column, uint32_t rows, int64_t *values) {
    const uint32_t *offsets = column->values;
    for (uint32_t i = 0; i < rows; i++) values[i] = offsets[i + 1] - offsets[i];
    return rows;
}

static size_t column_most(size_t width, uint32_t rows, size_t text) {
    return sizeof(pack_column) + 8 * km_batch_words(rows) + (width ? 8 : 4) * (size_t)rows + text + SLACK;
}

static unsigned char *put_column(unsigned char *at, const km_batch *batch, int field, size_t width,
                                 bool bare) {
    int64_t values[KM_BATCH_ROWS];
    const km_column *column = &batch->column[field];
    pack_column about = {
        .field = (uint16_t)field, .known = (uint8_t)look_at(column, batch->rows), .bare = bare};
    unsigned char *start = at;
    at += sizeof about;
    if (about.known == SOME_KNOWN) {
        memcpy(at, column->valid, km_batch_words(batch->rows) * sizeof *column->valid);
        at += km_batch_words(batch->rows) * sizeof *column->valid;
    }
    if (about.known != ALL_NULL && !bare) {
        about.count = width ? gather(column, width, batch->rows, about.known == ALL_KNOWN, values)
                            : gather_lengths(column, batch->rows, values);
        about.numbers = measure(values, about.count);
        about.text = width ? 0 : (uint32_t)column->bytes_used;
        at = put_numbers(at, values, about.count, about.numbers);
        if (about.text) memcpy(at, column->bytes, about.text);
        at += about.text;
    }
    memcpy(start, &about, sizeof about);
    return at;
}

static bool is_kept(const km_batch *batch, const km_fieldset *keep, int field) {
    return km_fieldset_has(&batch->present, field) && km_fieldset_has(keep, field);
}

kiem_status km_pack_batch(const km_batch *batch, const km_fieldset *keep, const km_fieldset *bare,
                          km_buf *out, km_error *error) {
    int count;
    const km_field *fields = km_fields(batch->scope, &count);
    pack_header header = {
        .base = batch->base, .scope = batch->scope, .rows = batch->rows, .input = batch->input};
    int64_t gaps[KM_BATCH_ROWS]; /* rows mostly follow one another */
    for (uint32_t i = 0; i < batch->rows; i++) gaps[i] = batch->row[i] - i;
    pack_numbers rows = measure(gaps, batch->rows);
    size_t most = sizeof header + sizeof rows + numbers_size(rows, batch->rows);
    for (int i = 0; i < count; i++) {
        if (is_kept(batch, keep, i))
            most += column_most(km_field_width(&fields[i]), batch->rows, batch->column[i].bytes_used);
    }
    km_buf_clear(out);
    if (!km_buf_reserve(out, most)) return km_nomem(error);
    unsigned char *start = (unsigned char *)out->data, *at = start + sizeof header;
    memcpy(at, &rows, sizeof rows);
    at = put_numbers(at + sizeof rows, gaps, batch->rows, rows);
    for (int i = 0; i < count; i++) {
        if (!is_kept(batch, keep, i)) continue;
        header.columns++;
        at = put_column(at, batch, i, km_field_width(&fields[i]), km_fieldset_has(bare, i));
    }
    memcpy(start, &header, sizeof header);
    out->length = (size_t)(at - start);
    return KIEM_OK;
}

/* ---- unpacking */

typedef struct unpacking {
    km_batch *batch;
    char *room;
    uint64_t *all_known; /* shared by all columns without NULL */
    int64_t *numbers;    /* of one column, before they are put in their place */
} unpacking;

static void *take_room(unpacking *u, size_t size) {
    void *at = u->room;
    u->room += padded(size);
    return at;
}

static void spread(const int64_t *values, const uint64_t *valid, size_t width, uint32_t rows, void *out) {
    memset(out, 0, width * rows);
    for (uint32_t w = 0; w < km_batch_words(rows); w++) {
        for (uint64_t left = valid[w]; left; left &= left - 1) {
            uint32_t row = w * 64 + (uint32_t)__builtin_ctzll(left);
            if (width == 4) {
                ((int32_t *)out)[row] = (int32_t)*values++;
            } else {
                ((int64_t *)out)[row] = *values++;
            }
        }
    }
}

static void *unpack_values(unpacking *u, const pack_column *about, const uint64_t *valid, size_t width,
                           const unsigned char *at) {
    int64_t *values = u->numbers;
    uint32_t rows = u->batch->rows;
    void *out = take_room(u, width * rows);
    if (about->known == ALL_KNOWN && width == 8) {
        take_numbers(at, out, rows, about->numbers);
        return out;
    }
    take_numbers(at, values, about->count, about->numbers);
    if (about->known == ALL_KNOWN) {
        for (uint32_t i = 0; i < rows; i++) ((int32_t *)out)[i] = (int32_t)values[i];
    } else {
        spread(values, valid, width, rows, out);
    }
    return out;
}

static void *unpack_offsets(unpacking *u, const pack_column *about, const unsigned char *at) {
    int64_t *lengths = u->numbers;
    uint32_t rows = u->batch->rows, *offsets = take_room(u, (rows + 1) * sizeof *offsets);
    take_numbers(at, lengths, rows, about->numbers);
    offsets[0] = 0;
    for (uint32_t i = 0; i < rows; i++) offsets[i + 1] = offsets[i] + (uint32_t)lengths[i];
    return offsets;
}

/* Columns carry bytes_capacity == SIZE_MAX as those of an image do: their memory is not the batch's. */
static const unsigned char *unpack_column(unpacking *u, const km_fieldset *wanted, const unsigned char *at) {
    pack_column about;
    int count;
    memcpy(&about, at, sizeof about);
    at += sizeof about;
    km_batch *batch = u->batch;
    size_t words = km_batch_words(batch->rows) * sizeof *u->all_known;
    const unsigned char *marks = at, *numbers = at + (about.known == SOME_KNOWN ? words : 0);
    const unsigned char *text = numbers + numbers_size(about.numbers, about.count);
    if (!km_fieldset_has(wanted, about.field)) return text + about.text;
    km_column *column = &batch->column[about.field];
    size_t width = km_field_width(&km_fields(batch->scope, &count)[about.field]);
    *column = (km_column){.values = (void *)(uintptr_t)all_zero,
                          .valid = (uint64_t *)(uintptr_t)all_zero,
                          .bytes_capacity = SIZE_MAX};
    km_fieldset_add(&batch->present, about.field);
    if (about.known == ALL_NULL) return text;
    column->valid = u->all_known;
    if (about.known == SOME_KNOWN) {
        column->valid = take_room(u, words);
        memcpy(column->valid, marks, words);
    }
    if (about.bare) return text;
    column->values =
        width ? unpack_values(u, &about, column->valid, width, numbers) : unpack_offsets(u, &about, numbers);
    column->bytes = (char *)(uintptr_t)text;
    column->bytes_used = about.text;
    return text + about.text;
}

kiem_status km_unpack_batch(km_batch *batch, const km_mem *mem, const void *packed, const km_fieldset *wanted,
                            km_buf *room, km_error *error) {
    pack_header header;
    pack_numbers how;
    const unsigned char *at = packed;
    memcpy(&header, at, sizeof header);
    memcpy(&how, at + sizeof header, sizeof how);
    at += sizeof header + sizeof how;
    size_t words = km_batch_words(header.rows) * sizeof(uint64_t), rows = header.rows;
    km_buf_clear(room);
    if (!km_buf_reserve(room, 2 * rows * 8 + words + header.columns * (words + padded(rows * 8 + 4))))
        return km_nomem(error);
    *batch = (km_batch){.mem = mem,
                        .scope = (km_scope)header.scope,
                        .rows = header.rows,
                        .capacity = header.rows,
                        .input = header.input,
                        .base = header.base,
                        .borrowed = true};
    unpacking u = {.batch = batch, .room = room->data};
    batch->row = take_room(&u, rows * sizeof *batch->row);
    at = take_numbers(at, batch->row, header.rows, how);
    for (uint32_t i = 0; i < header.rows; i++) batch->row[i] += i;
    u.all_known = take_room(&u, words);
    u.numbers = take_room(&u, rows * sizeof *u.numbers);
    for (uint32_t w = 0; w < km_batch_words(header.rows); w++)
        u.all_known[w] = km_rows_of_word(header.rows, w);
    for (uint32_t i = 0; i < header.columns; i++) at = unpack_column(&u, wanted, at);
    return KIEM_OK;
}
