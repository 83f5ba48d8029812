#include "rules/apply.h"

#include <string.h>

#include "base/decimal.h"

/* The text of a code or a text; `room` holds the bytes of a code. */
static km_text text_of(const km_value *value, char room[KM_CODE_MAX]) {
    if (value->type == KM_TYPE_TEXT) return value->text;
    return (km_text){room, km_code_unpack(value->code, room)};
}

int km_value_compare(const km_value *a, const km_value *b) {
    char room_a[KM_CODE_MAX], room_b[KM_CODE_MAX];
    if (a->type == KM_TYPE_TEXT || b->type == KM_TYPE_TEXT)
        return km_text_compare(text_of(a, room_a), text_of(b, room_b));
    if (a->type == KM_TYPE_CODE) return (a->code > b->code) - (a->code < b->code);
    return (a->number > b->number) - (a->number < b->number);
}

/* ---- text */

static size_t character_length(km_text text) {
    size_t length = 1;
    while (length < text.length && ((unsigned char)text.ptr[length] & 0xC0) == 0x80) length++;
    return length;
}

static km_text skip(km_text text, size_t bytes) {
    return (km_text){text.ptr + bytes, text.length - bytes};
}

/* Greedy matching that remembers only the last %: linear times the length of the part after it. */
/* Goes on to where what follows a % may begin; false when that is nowhere. */
static bool seek(km_text *text, km_text pattern) {
    if (!pattern.length || pattern.ptr[0] == '_' || pattern.ptr[0] == '%') return true;
    const char *at = text->length ? memchr(text->ptr, pattern.ptr[0], text->length) : NULL;
    if (at) *text = skip(*text, (size_t)(at - text->ptr));
    return at != NULL;
}

bool km_like(km_text text, km_text pattern) {
    km_text retry_text = {NULL, 0}, retry_pattern = {NULL, 0};
    while (text.length || pattern.length) {
        if (pattern.length && pattern.ptr[0] == '%') {
            retry_pattern = pattern = skip(pattern, 1);
            if (!pattern.length) return true;
            if (!seek(&text, pattern)) return false;
            retry_text = text;
            continue;
        }
        if (text.length && pattern.length && pattern.ptr[0] == '_') {
            text = skip(text, character_length(text));
            pattern = skip(pattern, 1);
        } else if (text.length && pattern.length && text.ptr[0] == pattern.ptr[0]) {
            text = skip(text, 1);
            pattern = skip(pattern, 1);
        } else if (retry_text.ptr && retry_text.length) {
            retry_text = skip(retry_text, character_length(retry_text));
            if (!seek(&retry_text, retry_pattern)) return false;
            text = retry_text;
            pattern = retry_pattern;
        } else {
            return false;
        }
    }
    return true;
}

/* A NUL byte: no code. */
static bool is_damaged(km_text part) {
    return part.length && memchr(part.ptr, '\0', part.length < KM_CODE_MAX ? part.length : KM_CODE_MAX);
}

bool km_list_has(km_text list, km_text code) {
    km_text part;
    while (km_text_split(&list, ';', &part)) {
        part = km_text_trim(part);
        if (is_damaged(part)) continue;
        if (part.length < code.length || !km_text_equal_fold((km_text){part.ptr, code.length}, code))
            continue;
        /* after the code only a point, or a mark that is no part of it (dagger, asterisk) */
        char next = part.length > code.length ? part.ptr[code.length] : '.';
        if (next == '.' || next == '*' || (unsigned char)next >= 0x80) return true;
    }
    return false;
}

int64_t km_list_count(km_text list) {
    km_text part;
    int64_t items = 0;
    while (km_text_split(&list, ';', &part)) items += km_text_trim(part).length > 0;
    return items;
}

static bool list_has_between(km_text list, uint64_t from, uint64_t to) {
    km_text part;
    while (km_text_split(&list, ';', &part)) {
        char upper[KM_CODE_MAX];
        uint64_t code;
        size_t length = 0;
        part = km_text_trim(part);
        if (is_damaged(part)) continue;
        for (size_t i = 0; i < part.length && length < KM_CODE_MAX; i++) {
            char c = part.ptr[i];
            if (c == '*' || (unsigned char)c >= 0x80) break;
            upper[length++] = c >= 'a' && c <= 'z' ? (char)(c - 32) : c;
        }
        if (length && km_code_pack((km_text){upper, length}, &code) && code >= from && code <= to)
            return true;
    }
    return false;
}

/* Whether the first bytes are single characters. */
static bool starts_plain(km_text text, size_t bytes) {
    unsigned char all = 0;
    if (text.length < bytes) return false;
    for (size_t i = 0; i < bytes; i++) all |= (unsigned char)text.ptr[i];
    return all < 0x80;
}

km_text km_substring(km_text text, size_t start, size_t length) {
    if (length < text.length && starts_plain(text, start + length))
        return (km_text){text.ptr + start, length};
    while (start && text.length) text = skip(text, character_length(text)), start--;
    size_t bytes = 0;
    while (length && bytes < text.length) bytes += character_length(skip(text, bytes)), length--;
    return (km_text){text.ptr, bytes};
}

/* A piece of a code is a code; a piece of a text is a text, or a code when it is short enough by its length.
 */
static void apply_substr(const km_node *node, const km_value *argument, km_value *out) {
    size_t start = (size_t)(node->number >> 32), length = (size_t)(node->number & 0xFFFFFFFF);
    if (node->type == KM_TYPE_TEXT) {
        out->text = km_substring(argument->text, start, length);
        out->known = out->text.length > 0;
        return;
    }
    char room[KM_CODE_MAX];
    km_text part = km_substring(text_of(argument, room), start, length);
    out->known = part.length && km_code_pack(part, &out->code);
}

/* Neither signs nor points: a card number such as -123456789 is none. */
static bool number_of_digits(km_text text, int64_t *number) {
    for (size_t i = 0; i < text.length; i++) {
        if (text.ptr[i] < '0' || text.ptr[i] > '9') return false;
    }
    return km_decimal_parse(text, 0, number) == KM_NUMBER_OK;
}

static void apply_text(km_apply_context *context, const km_node *node, const km_value *arguments,
                       km_value *out) {
    char room[KM_CODE_MAX], room2[KM_CODE_MAX];
    km_text text = text_of(&arguments[0], room);
    int match;
    switch (node->op) {
    case KM_OP_LIKE: out->number = km_like(text, node->text); break;
    case KM_OP_MATCHES:
        match = context->regex ? km_regex_match(node->extra, context->regex, text) : -1;
        context->nulls_made += match < 0;
        out->known = match >= 0;
        out->number = match > 0;
        break;
    case KM_OP_HAS_CODE:
        out->number = node->detail ? list_has_between(text, arguments[1].code, arguments[2].code)
                                   : km_list_has(text, text_of(&arguments[1], room2));
        break;
    case KM_OP_LENGTH: out->number = (int64_t)km_utf8_count(text); break;
    case KM_OP_LIST_COUNT: out->number = km_list_count(text); break;
    case KM_OP_TO_NUMBER: out->known = number_of_digits(text, &out->number); break;
    default: break;
    }
}

/* ---- dates */

static km_day whole_day(const km_value *value) {
    return value->type == KM_TYPE_TIME ? km_day_of((km_minute)value->number) : (km_day)value->number;
}

static int64_t in_minutes(const km_value *value) {
    return value->type == KM_TYPE_TIME ? value->number : value->number * KM_MINUTES_PER_DAY;
}

/* First and last day a birth date with unknown parts can mean. */
static void birth_range(int32_t packed, km_day *first, km_day *last) {
    int year = packed / 10000, month = packed / 100 % 100, day = packed % 100;
    *first = km_day_from_civil(year, month ? month : 1, day ? day : 1);
    if (day) {
        *last = *first;
    } else {
        *last = (month ? km_day_add_months(*first, 1) : km_day_from_civil(year + 1, 1, 1)) - 1;
    }
}

static int completed_years(km_day birth, km_day at) {
    int years = km_civil_from_day(at).year - km_civil_from_day(birth).year;
    return km_day_add_months(birth, 12 * years) > at ? years - 1 : years;
}

static void apply_age(const km_node *node, const km_value *arguments, km_value *out) {
    km_day first, last, at = whole_day(&arguments[node->op == KM_OP_AGE_AT_LEAST ? 2 : 1]);
    birth_range((int32_t)arguments[0].number, &first, &last);
    if (node->op == KM_OP_AGE_DAYS) {
        out->number = at - first;
        out->known = first == last;
    } else if (node->op == KM_OP_AGE_YEARS) {
        out->number = completed_years(first, at);
        out->known = completed_years(last, at) == out->number;
    } else {
        int64_t units = arguments[1].number, months;
        out->known = units >= 0 && units <= KM_AGE_MONTHS_MAX / node->detail;
        if (!out->known) return;
        months = units * node->detail;
        bool youngest = km_day_add_months(last, (int)months) <= at,
             oldest = km_day_add_months(first, (int)months) <= at;
        out->number = youngest;
        out->known = youngest == oldest;
    }
}

static void apply_part(const km_node *node, const km_value *argument, km_value *out) {
    km_civil civil;
    int minute = 0;
    if (argument->type == KM_TYPE_BIRTH) {
        int32_t packed = (int32_t)argument->number;
        civil = (km_civil){packed / 10000, packed / 100 % 100, packed % 100};
    } else {
        civil = km_civil_from_day(whole_day(argument));
        if (argument->type == KM_TYPE_TIME)
            minute = (int)(argument->number - (int64_t)whole_day(argument) * KM_MINUTES_PER_DAY);
    }
    switch (node->detail) {
    case KM_YEAR: out->number = civil.year; break;
    case KM_MONTH: out->number = civil.month, out->known = civil.month > 0; break;
    case KM_DAY: out->number = civil.day, out->known = civil.day > 0; break;
    case KM_HOUR: out->number = minute / 60; break;
    case KM_MINUTE_OF_HOUR: out->number = minute % 60; break;
    default: out->number = km_weekday(whole_day(argument)); break;
    }
}

static void apply_shifted_date(km_apply_context *context, const km_node *node, const km_value *arguments,
                               km_value *out) {
    int64_t amount = arguments[1].number, limit = KM_SHIFT_DAYS_MAX;
    int64_t unit = node->op == KM_OP_ADD_MINUTES ? node->number : 1;
    if (node->op == KM_OP_ADD_MINUTES) limit = (int64_t)KM_SHIFT_DAYS_MAX * KM_MINUTES_PER_DAY / unit;
    if (amount > limit || amount < -limit) {
        out->known = false;
        context->nulls_made++;
        return;
    }
    if (node->op != KM_OP_ADD_MONTHS) {
        out->number = arguments[0].number + amount * unit;
    } else if (amount > 12 * 200 || amount < -12 * 200) {
        out->known = false;
        context->nulls_made++;
    } else if (arguments[0].type == KM_TYPE_DATE) {
        out->number = km_day_add_months((km_day)arguments[0].number, (int)amount);
    } else {
        km_day day = whole_day(&arguments[0]);
        int64_t minute = arguments[0].number - (int64_t)day * KM_MINUTES_PER_DAY;
        out->number = (int64_t)km_day_add_months(day, (int)amount) * KM_MINUTES_PER_DAY + minute;
    }
    int64_t most = (int64_t)KM_SHIFTED_MAX * (node->type == KM_TYPE_TIME ? KM_MINUTES_PER_DAY : 1);
    if (out->number <= most && out->number >= -most) return;
    out->known = false;
    context->nulls_made++;
}

static void apply_date(km_apply_context *context, const km_node *node, const km_value *arguments,
                       km_value *out) {
    km_day day;
    switch (node->op) {
    case KM_OP_DAY_OF: out->number = whole_day(&arguments[0]); break;
    case KM_OP_DAYS_BETWEEN:
        out->number = (int64_t)whole_day(&arguments[1]) - whole_day(&arguments[0]);
        break;
    case KM_OP_MINUTES_BETWEEN: out->number = in_minutes(&arguments[1]) - in_minutes(&arguments[0]); break;
    case KM_OP_PART: apply_part(node, &arguments[0], out); break;
    case KM_OP_TO_DATE:
        out->known = km_date_parse(arguments[0].text, &day);
        out->number = out->known ? day : 0;
        break;
    case KM_OP_AGE_DAYS:
    case KM_OP_AGE_YEARS:
    case KM_OP_AGE_AT_LEAST: apply_age(node, arguments, out); break;
    default: apply_shifted_date(context, node, arguments, out); break;
    }
}

/* ---- numbers */

bool km_arithmetic(const km_node *node, int64_t a, int a_scale, int64_t b, int b_scale, int64_t *out) {
    switch (node->op) {
    case KM_OP_ADD: return !__builtin_add_overflow(a, b, out);
    case KM_OP_SUBTRACT: return !__builtin_sub_overflow(a, b, out);
    case KM_OP_MULTIPLY: return km_decimal_rescale((km_int128)a * b, a_scale + b_scale, node->scale, out);
    case KM_OP_DIVIDE: return km_decimal_divide(a, a_scale, b, b_scale, node->scale, out);
    case KM_OP_RESCALE:
        if (km_decimal_rescale(a, a_scale, node->scale, out)) return true;
        *out = a < 0 ? INT64_MIN : INT64_MAX;
        return node->detail;
    case KM_OP_ABS: return a >= 0 ? (*out = a, true) : !__builtin_sub_overflow(0, a, out);
    default: *out = a; return true; /* SHIFT */
    }
}

static void apply_arithmetic(km_apply_context *context, const km_node *node, const km_value *arguments,
                             km_value *out) {
    const km_value *a = &arguments[0], *b = &arguments[node->count > 1];
    out->known = km_arithmetic(node, a->number, a->scale, b->number, b->scale, &out->number);
    if (out->known) return;
    out->number = 0;
    context->nulls_made++;
}

static void apply_extreme(const km_node *node, const km_value *arguments, km_value *out) {
    int best = 0;
    for (int i = 1; i < node->count; i++) {
        int order = km_value_compare(&arguments[i], &arguments[best]);
        if (node->op == KM_OP_GREATEST ? order > 0 : order < 0) best = i;
    }
    *out = arguments[best];
}

/* ---- conditions */

bool km_holds(km_comparison comparison, int order) {
    switch (comparison) {
    case KM_EQ: return order == 0;
    case KM_NE: return order != 0;
    case KM_LT: return order < 0;
    case KM_LE: return order <= 0;
    case KM_GT: return order > 0;
    default: return order >= 0;
    }
}

/* AND is decided by one FALSE, OR by one TRUE, whatever else is NULL. */
static void apply_logic(const km_node *node, const km_value *arguments, km_value *out) {
    int64_t deciding = node->op == KM_OP_OR;
    out->number = !deciding;
    for (int i = 0; i < node->count; i++) {
        if (arguments[i].known && arguments[i].number == deciding) {
            out->known = true;
            out->number = deciding;
            return;
        }
        out->known = out->known && arguments[i].known;
    }
}

static void apply_lookup(const km_node *node, const km_value *arguments, km_value *out) {
    const km_lookup *lookup = node->extra;
    int64_t row = km_lookup_row(lookup, arguments, (km_day)arguments[node->count - 1].number);
    if (node->op == KM_OP_IN_LOOKUP) {
        out->number = row != KM_LOOKUP_NO_ROW;
    } else if (row == KM_LOOKUP_NO_ROW) {
        out->known = false;
    } else {
        *out = lookup->column[node->number].cells[row];
    }
}

static void apply_choice(const km_node *node, const km_value *arguments, km_value *out) {
    if (node->op == KM_OP_COALESCE) {
        *out = arguments[node->count - 1];
        for (int i = node->count - 1; i >= 0; i--) {
            if (arguments[i].known) *out = arguments[i];
        }
        return;
    }
    *out = arguments[node->count - 1];
    for (int i = node->count - 3; i >= 0; i -= 2) {
        if (arguments[i].known && arguments[i].number) *out = arguments[i + 1];
    }
}

km_value km_apply(km_apply_context *context, const km_node *node, const km_value *arguments) {
    km_value out = {.type = (km_type)node->type, .scale = node->scale, .known = true};
    bool complete = true;
    for (int i = 0; i < node->count; i++) complete = complete && arguments[i].known;
    switch (node->op) {
    case KM_OP_CONST: return km_node_constant(node);
    case KM_OP_AND:
    case KM_OP_OR: apply_logic(node, arguments, &out); return out;
    case KM_OP_IS_NULL: out.number = !arguments[0].known; return out;
    case KM_OP_COALESCE:
    case KM_OP_CASE: apply_choice(node, arguments, &out); return out;
    default: break;
    }
    if (!complete) {
        out.known = false;
        return out;
    }
    switch (node->op) {
    case KM_OP_NOT: out.number = !arguments[0].number; break;
    case KM_OP_COMPARE:
        out.number = km_holds((km_comparison)node->detail, km_value_compare(&arguments[0], &arguments[1]));
        break;
    case KM_OP_IN_SET:
        for (int i = 1; i < node->count; i++)
            out.number |= km_value_compare(&arguments[0], &arguments[i]) == 0;
        break;
    case KM_OP_GREATEST:
    case KM_OP_LEAST: apply_extreme(node, arguments, &out); break;
    case KM_OP_SUBSTR: apply_substr(node, &arguments[0], &out); break;
    case KM_OP_LOOKUP:
    case KM_OP_IN_LOOKUP: apply_lookup(node, arguments, &out); break;
    case KM_OP_LIKE:
    case KM_OP_MATCHES:
    case KM_OP_HAS_CODE:
    case KM_OP_LENGTH:
    case KM_OP_TO_NUMBER:
    case KM_OP_LIST_COUNT: apply_text(context, node, arguments, &out); break;
    case KM_OP_ADD:
    case KM_OP_SUBTRACT:
    case KM_OP_MULTIPLY:
    case KM_OP_DIVIDE:
    case KM_OP_RESCALE:
    case KM_OP_SHIFT:
    case KM_OP_ABS: apply_arithmetic(context, node, arguments, &out); break;
    default: apply_date(context, node, arguments, &out); break;
    }
    if (!out.known) out.number = 0;
    return out;
}
