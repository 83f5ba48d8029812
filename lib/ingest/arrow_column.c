#include "ingest/arrow_column.h"

#include <string.h>

#include "ingest/decode.h"

/* ---- opening */

static const char *buffer_fault(const struct ArrowArray *array, km_arrow_kind kind) {
    int64_t wanted = kind == KM_ARROW_TEXT ? 3 : 2;
    if (kind == KM_ARROW_NULL)
        return NULL; /* none is read; Polars sends one, where the specification has none */
    bool good = kind == KM_ARROW_VIEW ? array->n_buffers >= 3 : array->n_buffers == wanted;
    if (!good) return "its number of buffers is not that of its type";
    if (!array->buffers) return "it has no buffers";
    if (array->length + array->offset > 0 && !array->buffers[1]) return "its values are missing";
    if (array->null_count > 0 && !array->buffers[0]) return "it has nulls but says not where";
    return NULL;
}

/* What is wrong with an array whose values have this type; NULL when nothing is seen. */
static const char *array_fault(const struct ArrowArray *array, km_arrow_kind kind, int64_t need) {
    if (!array) return "there is none";
    if (!array->release) return "it has been released";
    if (array->length < 0 || array->offset < 0 || array->offset > INT64_MAX - array->length)
        return "its length or offset is negative or too great";
    if (array->length < need) return "it is shorter than the record batch";
    if (array->null_count < -1 || array->null_count > array->length)
        return "its number of nulls cannot be right";
    if (array->n_children) return "it has children, which its type has not";
    return buffer_fault(array, kind);
}

static km_arrow_values values_of(const struct ArrowArray *array, km_arrow_kind kind, int64_t first,
                                 int64_t rows) {
    km_arrow_values values = {.array = array, .first = array->offset + first, .rows = rows};
    if (kind == KM_ARROW_NULL) return values;
    values.validity = array->null_count == 0 ? NULL : array->buffers[0];
    values.data = array->buffers[1];
    if (kind == KM_ARROW_TEXT) values.bytes = array->buffers[2];
    return values;
}

kiem_status km_arrow_column_open(km_arrow_column *column, const km_arrow_type *type,
                                 const struct ArrowArray *array, int64_t first, int64_t rows, km_place place,
                                 const char *name, km_error *error) {
    km_arrow_kind own = type->index_width ? KM_ARROW_INT : type->kind;
    const char *what = "array", *fault = array_fault(array, own, first + rows);
    if (!fault && (array->dictionary != NULL) != (type->index_width > 0)) {
        fault = "it has a dictionary and its type not, or the other way round";
    } else if (!fault && type->index_width) {
        what = "dictionary";
        fault = array_fault(array->dictionary, type->kind, 0);
        if (!fault && array->dictionary->dictionary) fault = "it has a dictionary of its own";
    }
    if (fault)
        return km_fail_at(error, KIEM_E_FORMAT, place, "%s: the %s of this column is damaged: %s", name, what,
                          fault);
    *column = (km_arrow_column){.type = *type, .own = values_of(array, own, first, rows)};
    if (type->index_width) {
        const struct ArrowArray *words = array->dictionary;
        column->words = values_of(words, type->kind, 0, words->length);
    }
    return KIEM_OK;
}

/* ---- cells; buffers need not be aligned */

static bool is_null(const km_arrow_values *values, km_arrow_kind kind, int64_t row) {
    int64_t at = values->first + row;
    if (kind == KM_ARROW_NULL) return true;
    return values->validity && !(values->validity[at / 8] >> (at % 8) & 1);
}

static int64_t load_int(const char *at, size_t width, bool is_signed) {
    int64_t value = 0;
    int8_t one;
    int16_t two;
    int32_t four;
    switch (width) {
    case 1: memcpy(&one, at, 1), value = is_signed ? one : (uint8_t)one; break;
    case 2: memcpy(&two, at, 2), value = is_signed ? two : (uint16_t)two; break;
    case 4: memcpy(&four, at, 4), value = is_signed ? (int64_t)four : (int64_t)(uint32_t)four; break;
    default: memcpy(&value, at, 8);
    }
    return value;
}

static const char *value_at(const km_arrow_values *values, size_t width, int64_t row) {
    return values->data + (size_t)(values->first + row) * width;
}

/* Follows the index of a dictionary: where the value of a row is. */
static km_arrow_cell locate(const km_arrow_column *column, int64_t row, const km_arrow_values **in,
                            int64_t *at) {
    const km_arrow_type *type = &column->type;
    *in = &column->own;
    *at = row;
    if (type->index_width) {
        if (is_null(&column->own, KM_ARROW_INT, row)) return KM_ARROW_CELL_NULL;
        *at = load_int(value_at(&column->own, type->index_width, row), type->index_width, type->index_signed);
        *in = &column->words;
        if (*at < 0 || *at >= column->words.rows) return KM_ARROW_CELL_BROKEN;
    }
    return is_null(*in, type->kind, *at) ? KM_ARROW_CELL_NULL : KM_ARROW_CELL_VALUE;
}

bool km_arrow_is_null(const km_arrow_column *column, int64_t row) {
    const km_arrow_values *in;
    int64_t at;
    return locate(column, row, &in, &at) == KM_ARROW_CELL_NULL;
}

static bool slice(const km_arrow_values *in, size_t width, int64_t row, km_text *out) {
    int64_t from = load_int(value_at(in, width, row), width, true);
    int64_t to = load_int(value_at(in, width, row + 1), width, true);
    if (from < 0 || to < from || (to > from && !in->bytes)) return false;
    *out = (km_text){to > from ? in->bytes + from : "", (size_t)(to - from)};
    return true;
}

enum { VIEW_INLINE = 12, VIEW_BUFFERS_BEFORE = 2, VIEW_BUFFERS_AROUND = 3 /* validity, views, sizes */ };

/* A view is its length, then the bytes where they fit, else their start, a buffer and an offset in it. */
static bool view(const km_arrow_values *in, int64_t row, km_text *out) {
    const char *at = value_at(in, 16, row);
    int64_t length = load_int(at, 4, true), buffer = load_int(at + 8, 4, true),
            offset = load_int(at + 12, 4, true), size;
    if (length >= 0 && length <= VIEW_INLINE) {
        *out = (km_text){at + 4, (size_t)length};
        return true;
    }
    int64_t buffers = in->array->n_buffers - VIEW_BUFFERS_AROUND;
    const char *sizes = in->array->buffers[in->array->n_buffers - 1];
    if (length < 0 || buffer < 0 || buffer >= buffers || offset < 0 || !sizes) return false;
    memcpy(&size, sizes + 8 * buffer, sizeof size);
    const char *bytes = in->array->buffers[VIEW_BUFFERS_BEFORE + buffer];
    if (!bytes || offset + length > size) return false;
    *out = (km_text){bytes + offset, (size_t)length};
    return true;
}

km_arrow_cell km_arrow_text(const km_arrow_column *column, int64_t row, km_text *out) {
    const km_arrow_values *in;
    int64_t at;
    *out = (km_text){"", 0};
    km_arrow_cell cell = locate(column, row, &in, &at);
    if (cell != KM_ARROW_CELL_VALUE || !km_arrow_is_text(column->type.kind)) return cell;
    bool good =
        column->type.kind == KM_ARROW_VIEW ? view(in, at, out) : slice(in, column->type.width, at, out);
    return good ? KM_ARROW_CELL_VALUE : KM_ARROW_CELL_BROKEN;
}

/* ---- numbers */

static km_int128 load_wide(const char *at) {
    km_int128 value;
    memcpy(&value, at, sizeof value);
    return value;
}

bool km_arrow_number(const km_arrow_column *column, int64_t row, int64_t *mantissa) {
    const km_arrow_type *type = &column->type;
    const km_arrow_values *in;
    int64_t at;
    if (locate(column, row, &in, &at) != KM_ARROW_CELL_VALUE) return false;
    const char *value = value_at(in, type->width, at);
    if (type->width == 16 && type->kind == KM_ARROW_DECIMAL) {
        km_int128 wide = load_wide(value);
        *mantissa = (int64_t)wide;
        return wide == *mantissa;
    }
    if (type->kind != KM_ARROW_INT && type->kind != KM_ARROW_UINT && type->kind != KM_ARROW_DECIMAL)
        return false;
    *mantissa = load_int(value, type->width, type->kind != KM_ARROW_UINT);
    return type->kind != KM_ARROW_UINT || type->width < 8 || *mantissa >= 0;
}

__extension__ typedef unsigned __int128 wide_unsigned;

static void print_wide(km_buf *out, km_int128 value, int scale) {
    char digits[48];
    size_t length = 0;
    wide_unsigned rest = value < 0 ? -(wide_unsigned)value : (wide_unsigned)value;
    for (int place = 0; rest || place <= scale; place++) {
        if (scale && place == scale) digits[length++] = '.';
        digits[length++] = (char)('0' + (int)(rest % 10));
        rest /= 10;
    }
    if (value < 0) km_buf_char(out, '-');
    while (length) km_buf_char(out, digits[--length]);
}

/* A mark in front of a number that its field cannot hold, so that it is not taken for one. */
enum { TOO_EXACT = '~' };

static void print_decimal(km_buf *out, km_int128 value, int scale, int digits) {
    while (scale > 0 && value % 10 == 0) value /= 10, scale--;
    if (scale > digits) km_buf_char(out, TOO_EXACT);
    print_wide(out, value, scale);
}

/* ---- floats */

static const double EXACT_INTEGERS = 9007199254740992.0; /* 2^53: from here on floats skip integers */
static const double FLOAT32_INTEGERS = 16777216.0;       /* 2^24 */
static const double NOISE = 4.0 / 9007199254740992.0;    /* what sums of a few floats may be off by */
enum { FLOAT_DIGITS = 3, SHOWN_DIGITS = 6 };

static int64_t nearest(double x) {
    return (int64_t)(x < 0 ? x - 0.5 : x + 0.5);
}

/* The decimal of at most that many digits that the float stands for; false when it stands for none. */
static bool short_decimal(double x, bool narrow, int digits, int64_t *mantissa, int *scale) {
    static const double powers[] = {1, 10, 100, 1000};
    double size = x < 0 ? -x : x;
    if (!(size < (narrow ? FLOAT32_INTEGERS : EXACT_INTEGERS))) return false;
    for (*scale = 0; *scale <= digits && *scale <= FLOAT_DIGITS; ++*scale) {
        double scaled = x * powers[*scale];
        if (!(scaled < EXACT_INTEGERS && scaled > -EXACT_INTEGERS)) return false;
        *mantissa = nearest(scaled);
        double back = (double)*mantissa / powers[*scale], off = back < x ? x - back : back - x;
        if (narrow ? (float)back == (float)x : off <= size * NOISE) return true;
    }
    return false;
}

/* Too exact, too large or infinite: what is printed is no number, but shows roughly what it was. */
static void print_odd_float(km_buf *out, double x) {
    km_buf_char(out, TOO_EXACT);
    if (x < EXACT_INTEGERS / 1000000 && x > -EXACT_INTEGERS / 1000000)
        print_wide(out, nearest(x * 1000000), SHOWN_DIGITS);
}

static km_arrow_cell print_float(const char *at, size_t width, int digits, km_buf *out) {
    double x;
    float narrow;
    int64_t mantissa;
    int scale;
    if (width == 4) {
        memcpy(&narrow, at, sizeof narrow);
        x = narrow;
    } else {
        memcpy(&x, at, sizeof x);
    }
    if (x != x) return KM_ARROW_CELL_NULL;
    if (short_decimal(x, width == 4, digits, &mantissa, &scale)) {
        print_wide(out, mantissa, scale);
    } else {
        print_odd_float(out, x);
    }
    return KM_ARROW_CELL_VALUE;
}

/* ---- dates and times */

static int64_t floor_divide(int64_t a, int64_t b) {
    return a / b - (a % b < 0);
}

static void print_padded(km_buf *out, int64_t value, int digits) {
    for (int64_t limit = km_pow10(digits - 1); limit > 1 && value < limit; limit /= 10) km_buf_char(out, '0');
    km_buf_int(out, value);
}

enum { FAR_DAYS = 500000 /* some 1,300 years: no claim is that far off */ };

static void print_time(km_buf *out, const km_arrow_type *type, int64_t value) {
    int64_t minute = type->ticks ? floor_divide(value, type->ticks) + type->ahead : 0;
    int64_t day = type->ticks ? floor_divide(minute, KM_MINUTES_PER_DAY) : value;
    if (day > FAR_DAYS || day < -FAR_DAYS) {
        km_buf_char(out, '?');
        return;
    }
    km_civil civil = km_civil_from_day((km_day)day);
    print_padded(out, civil.year, 4);
    print_padded(out, civil.month, 2);
    print_padded(out, civil.day, 2);
    if (type->kind == KM_ARROW_DATE) return;
    minute -= day * KM_MINUTES_PER_DAY;
    print_padded(out, minute / 60, 2);
    print_padded(out, minute % 60, 2);
}

km_arrow_cell km_arrow_print(const km_arrow_column *column, int64_t row, int digits, km_buf *out) {
    const km_arrow_type *type = &column->type;
    const km_arrow_values *in;
    int64_t at;
    km_arrow_cell cell = locate(column, row, &in, &at);
    if (cell != KM_ARROW_CELL_VALUE) return cell;
    if (type->kind == KM_ARROW_BOOL) {
        int64_t bit = in->first + at;
        km_buf_char(out, (unsigned char)in->data[bit / 8] >> (bit % 8) & 1 ? '1' : '0');
        return cell;
    }
    const char *value = value_at(in, type->width, at);
    switch (type->kind) {
    case KM_ARROW_INT: km_buf_int(out, load_int(value, type->width, true)); break;
    case KM_ARROW_UINT: print_wide(out, (uint64_t)load_int(value, type->width, false), 0); break;
    case KM_ARROW_FLOAT: return print_float(value, type->width, digits, out);
    case KM_ARROW_DECIMAL: {
        bool wide = type->width == sizeof(km_int128);
        print_decimal(out, wide ? load_wide(value) : load_int(value, type->width, true), type->scale, digits);
        break;
    }
    default: print_time(out, type, load_int(value, type->width, true));
    }
    return cell;
}

/* ---- runs */

static bool is_continuation(char c) {
    return ((unsigned char)c & 0xC0) == 0x80;
}

bool km_arrow_run(const km_arrow_column *column, int64_t row, uint32_t count, size_t longest,
                  uint32_t *offsets, km_text *bytes, bool *slack) {
    const km_arrow_values *in = &column->own;
    size_t width = column->type.width, used = 0;
    if (column->type.kind != KM_ARROW_TEXT || column->type.index_width) return false;
    int64_t start = load_int(value_at(in, width, row), width, true), from = start;
    if (start < 0) return false;
    offsets[0] = 0;
    for (uint32_t i = 0; i < count; i++) {
        int64_t to = load_int(value_at(in, width, row + i + 1), width, true);
        if (to < from || (uint64_t)(to - from) > longest) return false;
        if (to > from &&
            (!in->bytes || is_continuation(in->bytes[from]) || is_null(in, KM_ARROW_TEXT, row + i)))
            return false;
        used += (size_t)(to - from);
        offsets[i + 1] = (uint32_t)used;
        from = to;
    }
    *bytes = (km_text){used ? in->bytes + start : "", used};
    *slack = load_int(value_at(in, width, in->rows), width, true) - from >= KM_CELL_SLACK;
    return used <= UINT32_MAX;
}
