#include "ingest/arrow_type.h"

#include <string.h>

enum { SECONDS_PER_MINUTE = 60, DIGITS_MAX = 38, DECIMAL_BITS_MAX = 128 };

typedef struct known_format {
    const char *format;
    km_arrow_type type;
} known_format;

static const known_format formats[] = {
    {"n", {.kind = KM_ARROW_NULL}},
    {"b", {.kind = KM_ARROW_BOOL}},
    {"c", {.kind = KM_ARROW_INT, .width = 1}},
    {"C", {.kind = KM_ARROW_UINT, .width = 1}},
    {"s", {.kind = KM_ARROW_INT, .width = 2}},
    {"S", {.kind = KM_ARROW_UINT, .width = 2}},
    {"i", {.kind = KM_ARROW_INT, .width = 4}},
    {"I", {.kind = KM_ARROW_UINT, .width = 4}},
    {"l", {.kind = KM_ARROW_INT, .width = 8}},
    {"L", {.kind = KM_ARROW_UINT, .width = 8}},
    {"f", {.kind = KM_ARROW_FLOAT, .width = 4}},
    {"g", {.kind = KM_ARROW_FLOAT, .width = 8}},
    {"u", {.kind = KM_ARROW_TEXT, .width = 4}},
    {"U", {.kind = KM_ARROW_TEXT, .width = 8}},
    {"vu", {.kind = KM_ARROW_VIEW, .width = 16}},
    {"tdD", {.kind = KM_ARROW_DATE, .width = 4}},
    {"tdm", {.kind = KM_ARROW_DATE, .width = 8, .ticks = SECONDS_PER_MINUTE * 1000}},
};

static const struct {
    const char *prefix;
    int64_t ticks_per_second;
} timestamps[] = {{"tss:", 1}, {"tsm:", 1000}, {"tsu:", 1000000}, {"tsn:", 1000000000}};

/* Zones whose offset has not changed since claims are electronic; other zones would need a table of zones. */
static const struct {
    const char *name;
    int32_t ahead;
} zones[] = {
    {"", 0}, {"Asia/Ho_Chi_Minh", 420}, {"Asia/Saigon", 420}, {"Asia/Bangkok", 420}, {"+07:00", 420}};

static km_arrow_type timestamp_type(const char *format) {
    km_arrow_type type = {.kind = KM_ARROW_OTHER};
    for (size_t i = 0; i < sizeof timestamps / sizeof timestamps[0]; i++) {
        if (strncmp(format, timestamps[i].prefix, 4) != 0) continue;
        for (size_t k = 0; k < sizeof zones / sizeof zones[0]; k++) {
            if (strcmp(format + 4, zones[k].name) != 0) continue;
            type = (km_arrow_type){.kind = KM_ARROW_TIMESTAMP,
                                   .width = 8,
                                   .ticks = SECONDS_PER_MINUTE * timestamps[i].ticks_per_second,
                                   .ahead = zones[k].ahead};
        }
    }
    return type;
}

/* A number of one to three digits at *at, which moves on; -1 when there is none. */
static int small_number(const char **at) {
    int value = -1;
    for (int digits = 0; **at >= '0' && **at <= '9' && digits < 3; digits++) {
        value = (value < 0 ? 0 : value) * 10 + (*(*at)++ - '0');
    }
    return value;
}

/* d:precision,scale or d:precision,scale,bits */
static km_arrow_type decimal_type(const char *format) {
    const km_arrow_type other = {.kind = KM_ARROW_OTHER};
    const char *at = format + 2;
    int bits = DECIMAL_BITS_MAX, precision = small_number(&at);
    if (precision < 1 || precision > DIGITS_MAX || *at++ != ',') return other;
    int scale = small_number(&at);
    if (*at == ',') {
        at++;
        bits = small_number(&at);
    }
    bool fits = bits == 32 || bits == 64 || bits == DECIMAL_BITS_MAX;
    if (*at || scale < 0 || scale > DIGITS_MAX || !fits) return other;
    return (km_arrow_type){.kind = KM_ARROW_DECIMAL, .width = (uint8_t)(bits / 8), .scale = (uint8_t)scale};
}

static km_arrow_type plain_type(const char *format) {
    if (!format) return (km_arrow_type){.kind = KM_ARROW_OTHER};
    if (strncmp(format, "ts", 2) == 0) return timestamp_type(format);
    if (strncmp(format, "d:", 2) == 0) return decimal_type(format);
    for (size_t i = 0; i < sizeof formats / sizeof formats[0]; i++) {
        if (strcmp(format, formats[i].format) == 0) return formats[i].type;
    }
    return (km_arrow_type){.kind = KM_ARROW_OTHER};
}

km_arrow_type km_arrow_type_of(const struct ArrowSchema *schema) {
    km_arrow_type type = plain_type(schema->format);
    if (!schema->dictionary) return type;
    km_arrow_type values = plain_type(schema->dictionary->format);
    bool index = type.kind == KM_ARROW_INT || type.kind == KM_ARROW_UINT;
    if (!index || schema->dictionary->dictionary) return (km_arrow_type){.kind = KM_ARROW_OTHER};
    values.index_width = type.width;
    values.index_signed = type.kind == KM_ARROW_INT;
    return values;
}

/* ---- what goes where */

static bool goes_with(km_arrow_kind kind, km_type field) {
    switch (kind) {
    case KM_ARROW_OTHER: return false;
    case KM_ARROW_BOOL: return field == KM_TYPE_NUMBER || field == KM_TYPE_CODE || field == KM_TYPE_TEXT;
    case KM_ARROW_DATE:
    case KM_ARROW_TIMESTAMP:
        return field == KM_TYPE_DATE || field == KM_TYPE_TIME || field == KM_TYPE_BIRTH ||
               field == KM_TYPE_TEXT;
    default: return true;
    }
}

/* The name of a type by the start of its format, longer starts first. */
static const char *type_name(const char *format) {
    static const struct {
        const char *start, *name;
    } names[] = {{"vz", "binary view"},
                 {"vu", "text view"},
                 {"ts", "timestamp with a time zone"},
                 {"tt", "time of day"},
                 {"tD", "duration"},
                 {"ti", "interval"},
                 {"td", "date"},
                 {"+s", "struct"},
                 {"+m", "map"},
                 {"+l", "list"},
                 {"+L", "list"},
                 {"+v", "list view"},
                 {"+w", "fixed-size list"},
                 {"+u", "union"},
                 {"+r", "run-end encoded"},
                 {"d:", "decimal"},
                 {"w:", "binary"},
                 {"z", "binary"},
                 {"Z", "binary"},
                 {"e", "float16"},
                 {"b", "boolean"},
                 {"f", "float32"},
                 {"g", "float64"},
                 {"n", "null"},
                 {"u", "text"},
                 {"U", "text"}};
    for (size_t i = 0; format && i < sizeof names / sizeof names[0]; i++) {
        if (strncmp(format, names[i].start, strlen(names[i].start)) == 0) return names[i].name;
    }
    return "unknown";
}

static const char *wanted(km_type type) {
    switch (type) {
    case KM_TYPE_DATE:
    case KM_TYPE_TIME:
    case KM_TYPE_BIRTH:
        return "a date, a timestamp without a zone or with that of Viet Nam, or text such as 202503100800";
    case KM_TYPE_CODE:
    case KM_TYPE_TEXT: return "text";
    default: return "an integer, a decimal of up to 128 bits, a float64, or text";
    }
}

kiem_status km_arrow_type_check(const km_arrow_type *type, const struct ArrowSchema *schema,
                                const km_field *field, km_place place, km_error *error) {
    const struct ArrowSchema *values = schema->dictionary ? schema->dictionary : schema;
    const char *dates = type->kind == KM_ARROW_TIMESTAMP ? "timestamp" : type_name(values->format);
    if (goes_with(type->kind, field->type)) return KIEM_OK;
    return km_fail_at(error, KIEM_E_FORMAT, place,
                      "%s: a column of type %s (Arrow format '%.40s') cannot be read; wanted is %s",
                      field->name, dates, values->format ? values->format : "", wanted(field->type));
}
