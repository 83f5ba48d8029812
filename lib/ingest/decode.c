#include "ingest/decode.h"

#include <string.h>

#include "base/compose.h"
#include "base/decimal.h"
#include "base/eight.h"

static const int64_t LARGEST_AMOUNT =
    1000000000000000; /* in whole units: what rules may add up without overflow */

typedef enum outcome { READ, EMPTY, BAD, SEPARATORS } outcome;

/* ---- cleaning */

static bool is_null_word(km_text cell) {
    if (cell.length != 3 && cell.length != 4) return false;
    return km_text_equal(cell, KM_TEXT("NULL")) || km_text_equal(cell, KM_TEXT("null")) ||
           km_text_equal(cell, KM_TEXT("nan")) || km_text_equal(cell, KM_TEXT("NaN"));
}

/* Does the cell start or end in a way that may call for cleaning: in a blank, a quotation mark, or beyond
 * ASCII, which is below zero as a signed character? */
static inline bool is_dirty(const char *cell, size_t size) {
    return (signed char)cell[0] <= '\'' || (signed char)cell[size - 1] <= '"';
}

/* Without blanks around, without the apostrophe, or the ="", by which a spreadsheet marks text; null words
 * are empty. */
static km_text clean(km_text cell) {
    cell = km_text_trim(cell);
    if (cell.length > 2 && km_text_starts(cell, KM_TEXT("=\"")) && cell.ptr[cell.length - 1] == '"')
        cell = km_text_trim((km_text){cell.ptr + 2, cell.length - 3});
    if (cell.length && cell.ptr[0] == '\'') cell = km_text_trim((km_text){cell.ptr + 1, cell.length - 1});
    if (is_null_word(cell)) cell.length = 0;
    return cell;
}

/* In text an apostrophe may be a quotation mark: it is dropped only in front of a single word, a number or
 * code. */
km_text km_decode_text(km_text cell) {
    km_text trimmed = km_text_trim(cell), word = clean(trimmed);
    bool apostrophe = trimmed.length && trimmed.ptr[0] == '\'';
    return apostrophe && word.length && memchr(word.ptr, ' ', word.length) ? trimmed : word;
}

/* ---- eight bytes at a time: the lengths of numbers and codes vary from row to row, so a branch on each byte
 * would be guessed wrong in nearly every cell */

static const uint64_t EIGHT_ZEROS = 0x3030303030303030; /* the digit, in ASCII */

static inline bool are_digits(uint64_t eight) {
    uint64_t over = eight + 0x0606060606060606; /* takes ':' and above out of the threes */
    return (((eight ^ EIGHT_ZEROS) | (over ^ EIGHT_ZEROS)) & 0xF0F0F0F0F0F0F0F0) == 0;
}

/* A number of one to eight digits. Pairs, then fours, then the two halves are joined. */
static inline bool eight_digits(const char *p, size_t size, int64_t *out) {
    uint64_t digits = km_low_first_8(p) << (8 * (8 - size));
    if (size < 8) digits |= EIGHT_ZEROS >> (8 * size);
    if (!are_digits(digits)) return false;
    digits -= EIGHT_ZEROS;
    digits = digits * 10 + (digits >> 8);
    uint64_t high = (digits & 0x000000FF000000FF) * 0x000F424000000064;
    uint64_t low = (digits >> 16 & 0x000000FF000000FF) * 0x0000271000000001;
    *out = (int64_t)((high + low) >> 32);
    return true;
}

static bool all_digits(km_text cell) {
    for (size_t i = 0; i < cell.length; i++) {
        if (cell.ptr[i] < '0' || cell.ptr[i] > '9') return false;
    }
    return true;
}

/* ---- numbers */

static const int64_t powers[] = {1, 10, 100, 1000};
enum { QUICK_DIGITS = 15, QUICK_SCALE = 3 };

/* The place of the mark in a number with one to three decimals, or its size. */
static inline size_t find_mark(const char *cell, size_t size, char mark) {
    for (size_t i = 2; i <= QUICK_SCALE + 1 && i < size; i++) {
        if (cell[size - i] == mark) return size - i;
    }
    return size;
}

static inline unsigned digit(char c) {
    return (unsigned)(unsigned char)c - '0';
}

/* One to three decimals, no more than the scale. */
static inline bool few_decimals(const char *p, size_t count, size_t scale, int64_t *out) {
    static const unsigned worth[] = {0, 0, 1, 10, 100};
    unsigned a = digit(p[0]), b = count > 1 ? digit(p[1]) : 0, c = count > 2 ? digit(p[2]) : 0;
    *out = a * worth[scale + 1] + b * worth[scale] + c * worth[scale - 1];
    return a <= 9 && b <= 9 && c <= 9;
}

static inline bool some_digits(const char *p, size_t size, int64_t *out) {
    if (size <= 8) return eight_digits(p, size, out);
    int64_t front, back;
    if (!eight_digits(p, size - 8, &front) || !eight_digits(p + size - 8, 8, &back)) return false;
    *out = front * 100000000 + back;
    return true;
}

/* Digits with at most one mark and no more decimals than the scale: nearly every number. */
static inline bool quick_wide(km_decode *how, const char *cell, size_t size, int64_t *out) {
    size_t scale = how->scale;
    int64_t whole, part = 0;
    if (size > QUICK_DIGITS || scale > QUICK_SCALE) return false;
    size_t mark = find_mark(cell, size, how->decimal_comma ? ',' : '.');
    if (!some_digits(cell, mark, &whole)) return false;
    if (mark < size) {
        size_t decimals = size - mark - 1;
        if (decimals > scale || !few_decimals(cell + mark + 1, decimals, scale, &part)) return false;
        how->decimals = true;
    }
    *out = whole * powers[scale] + part;
    return true;
}

static inline bool quick_narrow(km_decode *how, const char *cell, size_t size, int64_t *out) {
    return size <= 8 && how->scale == 0 && eight_digits(cell, size, out);
}

/* What one number says of its decimal mark. */
typedef enum mark_sense { NO_MARK, DECIMALS, MAY_BE_THOUSANDS } mark_sense;

/* 150.000 is a hundred and fifty with three decimals, or thousands; 12.5, 0.500 and 50600.000 are surely
 * decimals. */
static mark_sense sense_of_mark(const km_decode *how, km_text cell) {
    if (cell.length && (cell.ptr[0] == '-' || cell.ptr[0] == '+')) cell.ptr++, cell.length--;
    km_text rest = cell, whole, part;
    km_text_split(&rest, how->decimal_comma ? ',' : '.', &whole);
    if (!rest.ptr) return NO_MARK;
    part = rest;
    if (!all_digits(whole) || !all_digits(part)) return NO_MARK;
    bool group = part.length == 3 && whole.length >= 1 && whole.length <= 3 && whole.ptr[0] != '0';
    return group ? MAY_BE_THOUSANDS : DECIMALS;
}

/* Whether a number of unclear decimal mark speaks about the whole file. A weight of 3.255 in a column of two
 * decimals is just too exact; whether an amount of 3.255 is can only be said at the end of the file. */
static bool tells_of_file(const km_decode *how, km_text cell) {
    return sense_of_mark(how, cell) == NO_MARK;
}

bool km_decode_fits(const km_decode *how, int64_t value) {
    bool narrow = how->field->flags & KM_FIELD_NARROW;
    int64_t most = INT32_MAX;
    if (!narrow && __builtin_mul_overflow(LARGEST_AMOUNT, km_pow10((int)how->scale), &most)) most = INT64_MAX;
    return value <= most && value >= -most;
}

static outcome slow_number(const km_decode *how, km_text cell, int64_t *out) {
    int scale = (int)how->scale;
    cell = clean(cell);
    if (!cell.length) return EMPTY;
    km_number_result result =
        how->decimal_comma ? km_decimal_parse_comma(cell, scale, out) : km_decimal_parse(cell, scale, out);
    if (result == KM_NUMBER_SEPARATORS) return tells_of_file(how, cell) ? SEPARATORS : BAD;
    return result == KM_NUMBER_OK && km_decode_fits(how, *out) ? READ : BAD;
}

/* ---- dates and times */

static inline int two_digits(const char *p) {
    return (p[0] - '0') * 10 + (p[1] - '0');
}

static inline bool quick_day(km_day_cache *days, const char *cell, km_day *out) {
    uint64_t digits = km_low_first_8(cell);
    size_t place = (size_t)(cell[3] & 1) << 9 | (size_t)(two_digits(cell + 4) & 15) << 5 |
                   (size_t)(two_digits(cell + 6) & 31);
    if (days->digits[place] != digits) {
        if (!are_digits(digits) || !km_date_parse((km_text){cell, 8}, out)) return false;
        days->digits[place] = digits;
        days->day[place] = *out;
    }
    *out = days->day[place];
    return true;
}

/* HHMM as minutes, -1 when it is none. */
static inline int quick_minutes(const char *cell) {
    unsigned a = (unsigned char)cell[0] - 48u, b = (unsigned char)cell[1] - 48u,
             c = (unsigned char)cell[2] - 48u, d = (unsigned char)cell[3] - 48u;
    unsigned hour = a * 10 + b, minute = c * 10 + d;
    return a > 2 || b > 9 || c > 5 || d > 9 || hour > 23 ? -1 : (int)(hour * 60 + minute);
}

static inline bool quick_date(km_decode *how, const char *cell, size_t size, int64_t *out) {
    km_day day;
    if (size != 8 || !quick_day(how->days, cell, &day)) return false;
    *out = day;
    return true;
}

static inline bool quick_time(km_decode *how, const char *cell, size_t size, int64_t *out) {
    km_day day;
    if (size != 12 || !quick_day(how->days, cell, &day)) return false;
    int minutes = quick_minutes(cell + 8);
    *out = day * KM_MINUTES_PER_DAY + minutes;
    return minutes >= 0;
}

static inline bool quick_birth(km_decode *how, const char *cell, size_t size, int64_t *out) {
    (void)how;
    uint64_t digits;
    if (size != 8 && size != 12) return false;
    memcpy(&digits, cell, sizeof digits);
    int century = two_digits(cell), month = two_digits(cell + 4), day = two_digits(cell + 6);
    if (!are_digits(digits) || century < 19 || century > 21 || month < 1 || month > 12 || day < 1 || day > 28)
        return false;
    *out = century * 1000000 + two_digits(cell + 2) * 10000 + month * 100 + day;
    return size == 8 || quick_minutes(cell + 8) >= 0;
}

static outcome slow_date(const km_decode *how, km_text cell, int64_t *out) {
    int32_t value;
    bool read;
    cell = clean(cell);
    if (!cell.length) return EMPTY;
    switch (how->field->type) {
    case KM_TYPE_DATE: read = km_date_parse(cell, &value); break;
    case KM_TYPE_TIME: read = km_time_parse(cell, &value); break;
    default: read = km_birth_parse(cell, &value); break;
    }
    if (read) *out = value;
    return read ? READ : BAD;
}

/* ---- codes */

/* Whether upper-casing and cleaning an ICD code would change nothing: no lower case, nothing below the point
 * in ASCII (blanks, quotes, asterisk), nothing beyond ASCII. */
static inline bool is_plain_icd(uint64_t code, size_t size) {
    uint64_t filled = size < 8 ? code | EIGHT_ZEROS >> (8 * size) : code;
    uint64_t low_case = filled & filled << 1 & 0x4040404040404040;
    uint64_t below_point = (filled - 0x2E2E2E2E2E2E2E2E) & ~filled & 0x8080808080808080;
    return (low_case | below_point | (filled & 0x8080808080808080)) == 0;
}

static const uint64_t NULL_WORD = KM_CODE('N', 'U', 'L', 'L');

static inline bool quick_code(km_decode *how, const char *cell, size_t size, int64_t *out) {
    if (how->pad ? size != how->pad : size > KM_CODE_MAX) return false;
    uint64_t code = km_eight_bytes(cell) & ~(uint64_t)0 << (8 * (KM_CODE_MAX - size));
    *out = (int64_t)code;
    if (how->icd) return is_plain_icd(code, size) && code != NULL_WORD;
    bool whole_number = (code >> (8 * (KM_CODE_MAX - size)) & 0xFFFF) == ('.' << 8 | '0');
    return !is_dirty(cell, size) && !whole_number && (cell[0] | 0x20) != 'n';
}

/* A tool that took codes for numbers with decimals writes 2 as 2.0. */
static km_text without_decimals(km_text cell) {
    km_text whole = {cell.ptr, cell.length < 3 ? 0 : cell.length - 2};
    bool added = whole.length && cell.ptr[whole.length] == '.' && cell.ptr[whole.length + 1] == '0';
    return added && all_digits(whole) ? whole : cell;
}

static outcome slow_code(const km_decode *how, km_text cell, int64_t *out) {
    char text[KM_CODE_MAX];
    size_t pad = how->pad;
    cell = clean(cell);
    if (!cell.length) return EMPTY;
    if (!how->icd) cell = without_decimals(cell);
    if (how->icd) {
        cell.length = km_icd_normalise(cell, text, sizeof text);
        cell.ptr = text;
        if (!cell.length) return EMPTY;
    } else if (cell.length < pad && all_digits(cell)) {
        size_t zeros = pad - cell.length;
        memset(text, '0', zeros);
        memcpy(text + zeros, cell.ptr, cell.length);
        cell = (km_text){text, pad};
    }
    uint64_t code;
    if (!km_code_pack(cell, &code)) return BAD;
    *out = (int64_t)code;
    return READ;
}

/* ---- columns */

static void add_bad(km_bad_cells *bad, const km_decode *how, uint32_t row, bool separators, km_text cell) {
    if (!km_grow(bad->mem, (void **)&bad->list, &bad->capacity, bad->count + 1, sizeof *bad->list)) {
        bad->broken = true;
        return;
    }
    bad->list[bad->count++] =
        (km_bad_cell){.row = row, .field = how->number, .separators = separators, .cell = clean(cell)};
}

static void note_mark(km_bad_cells *bad, const km_decode *how, uint32_t row, km_text cell) {
    mark_sense sense = sense_of_mark(how, cell);
    bad->decimals |= sense == DECIMALS;
    if (sense != MAY_BE_THOUSANDS || (bad->doubts && bad->doubt.row <= row)) return;
    bad->doubts = true;
    bad->doubt = (km_bad_cell){.row = row, .field = how->number, .cell = cell};
}

typedef bool quick_reader(km_decode *how, const char *cell, size_t size, int64_t *out);
typedef outcome slow_reader(const km_decode *how, km_text cell, int64_t *out);

static inline void store(km_column *column, bool narrow, uint32_t row, int64_t value) {
    if (narrow) {
        ((int32_t *)column->values)[row] = (int32_t)value;
    } else {
        ((int64_t *)column->values)[row] = value;
    }
}

/* What the quick reader left over: true when the cell has a value after all. */
static bool read_slowly(const km_decode *how, uint32_t row, km_text cell, slow_reader *slow, int64_t *value,
                        km_bad_cells *bad) {
    outcome got = slow(how, cell, value);
    if (how->money && (got == READ || got == BAD)) note_mark(bad, how, row, clean(cell));
    if (got == READ) return true;
    *value = 0;
    if (got != EMPTY) add_bad(bad, how, row, got == SEPARATORS, cell);
    return false;
}

/* One loop for every type; the readers and the width are constants where it is called, so it is compiled once
 * for each, and its own copy of `how` stays in registers. */
static inline void decode_rows(const km_decode *how, const km_cell_texts *cells, uint32_t first,
                               km_column *column, km_bad_cells *bad, bool narrow, quick_reader *quick,
                               slow_reader *slow) {
    km_decode own = *how;
    const km_cell_texts in = *cells;
    for (uint32_t i = 0; i < in.rows;) {
        uint64_t valid = 0, bit = 1, *word = &column->valid[(first + i) / 64];
        for (uint32_t end = in.rows - i > 64 ? i + 64 : in.rows; i < end; i++, bit <<= 1) {
            const char *cell = in.bytes + in.from[i];
            size_t size = in.to[i] - in.from[i];
            int64_t value = 0;
            if (size && (quick(&own, cell, size, &value) ||
                         read_slowly(how, first + i, (km_text){cell, size}, slow, &value, bad))) {
                valid |= bit;
            }
            store(column, narrow, first + i, value);
        }
        *word = valid;
    }
    if (own.money) bad->decimals |= own.decimals;
}

/* Names start and end in letters beyond ASCII often: whether what is there is one of them. */
static bool has_letters_around(const char *cell, size_t size) {
    const unsigned char *p = (const unsigned char *)cell;
    unsigned first = p[0], second = size > 1 ? p[size - 2] : 0, third = size > 2 ? p[size - 3] : 0;
    bool ascii = (first < 0x80 && first <= '\'') || (p[size - 1] < 0x80 && p[size - 1] <= '"');
    bool sign =
        first == 0xC2 || first == 0xE2 || first == 0xEF || second == 0xC2 || third == 0xE2 || third == 0xEF;
    return !ascii && !sign;
}

static inline bool stays(const char *cell, size_t size) {
    bool short_n = (size == 3 || size == 4) && (cell[0] | 0x20) == 'n';
    return !short_n && (!is_dirty(cell, size) || has_letters_around(cell, size));
}

/* Most texts are short: they are copied with what stands behind them, for which there is room. */
static inline bool append_text(const km_mem *mem, km_column *column, km_text text) {
    size_t need = column->bytes_used + text.length + KM_CELL_SLACK;
    if (need > column->bytes_capacity &&
        (need > UINT32_MAX || !km_grow(mem, (void **)&column->bytes, &column->bytes_capacity, need, 1)))
        return false;
    char *to = column->bytes + column->bytes_used;
    if (text.length <= KM_CELL_SLACK) {
        memcpy(to, text.ptr, KM_CELL_SLACK);
    } else {
        memcpy(to, text.ptr, text.length);
    }
    column->bytes_used += text.length;
    return true;
}

/* Accents that stand behind their letters are joined with them. */
static void compose_texts(uint32_t rows, uint32_t *offsets, km_column *column, km_bad_cells *bad) {
    km_buf all, room;
    km_buf_init(&all, bad->mem);
    km_buf_init(&room, bad->mem);
    const uint32_t start = offsets[0];
    for (uint32_t i = 0, from = start; i < rows; i++) {
        const km_text text = {column->bytes + from, offsets[i + 1] - from};
        from = offsets[i + 1];
        km_buf_text(&all, km_compose(&room, text));
        offsets[i + 1] = start + (uint32_t)all.length;
    }
    column->bytes_used = start;
    if (!km_buf_ok(&room) || !km_buf_reserve(&all, KM_CELL_SLACK) ||
        !append_text(bad->mem, column, km_buf_view(&all)))
        bad->broken = true;
    km_buf_free(&all);
    km_buf_free(&room);
}

static void decode_texts(const km_cell_texts *cells, uint32_t first, km_column *column, km_bad_cells *bad) {
    const km_cell_texts in = *cells;
    uint32_t *offsets = (uint32_t *)column->values + first;
    offsets[0] = (uint32_t)column->bytes_used;
    for (uint32_t i = 0; i < in.rows;) {
        uint64_t valid = 0, bit = 1, *word = &column->valid[(first + i) / 64];
        for (uint32_t end = in.rows - i > 64 ? i + 64 : in.rows; i < end; i++, bit <<= 1) {
            km_text cell = {in.bytes + in.from[i], in.to[i] - in.from[i]};
            if (cell.length && !stays(cell.ptr, cell.length)) cell = km_decode_text(cell);
            if (cell.length) {
                if (!append_text(bad->mem, column, cell)) bad->broken = true;
                valid |= bit;
            }
            offsets[i + 1] = (uint32_t)column->bytes_used;
        }
        *word = valid;
    }
    if (column->bytes_used > offsets[0] &&
        km_has_accents(column->bytes + offsets[0], column->bytes_used - offsets[0]))
        compose_texts(in.rows, offsets, column, bad);
}

km_decode km_decode_of(km_scope scope, int number, bool decimal_comma, km_day_cache *days) {
    int count;
    const km_field *field = &km_fields(scope, &count)[number];
    return (km_decode){.number = number,
                       .field = field,
                       .decimal_comma = decimal_comma,
                       .days = days,
                       .scale = field->scale,
                       .pad = field->flags & KM_FIELD_PAD2   ? 2
                              : field->flags & KM_FIELD_PAD5 ? 5
                                                             : 0,
                       .money = field->flags & KM_FIELD_MONEY,
                       .icd = field->flags & KM_FIELD_ICD};
}

void km_decode_column(const km_decode *how, const km_cell_texts *cells, uint32_t first, km_column *column,
                      km_bad_cells *bad) {
    switch (how->field->type) {
    case KM_TYPE_TEXT: decode_texts(cells, first, column, bad); break;
    case KM_TYPE_DATE: decode_rows(how, cells, first, column, bad, true, quick_date, slow_date); break;
    case KM_TYPE_TIME: decode_rows(how, cells, first, column, bad, true, quick_time, slow_date); break;
    case KM_TYPE_BIRTH: decode_rows(how, cells, first, column, bad, true, quick_birth, slow_date); break;
    case KM_TYPE_CODE: decode_rows(how, cells, first, column, bad, false, quick_code, slow_code); break;
    default:
        if (km_field_width(how->field) == 4) {
            decode_rows(how, cells, first, column, bad, true, quick_narrow, slow_number);
        } else {
            decode_rows(how, cells, first, column, bad, false, quick_wide, slow_number);
        }
    }
}
