#include "rules/message.h"

#include <string.h>

/* The end of a template's expression: the first } outside quotes. */
static const char *expression_end(const char *at, const char *end) {
    bool quoted = false;
    for (; at < end; at++) {
        if (*at == '\'') quoted = !quoted;
        if (*at == '}' && !quoted) return at;
    }
    return NULL;
}

static int count_parts(km_text source) {
    int count = 1;
    for (size_t i = 0; i < source.length; i++) count += source.ptr[i] == '{';
    return count;
}

/* An error in an expression at the place it has in the whole message. */
static kiem_status resolve_part(km_resolver *r, km_text source, km_text expression, km_place place,
                                km_node_id *out) {
    kiem_status status = km_resolve(r, expression, place, out);
    if (status != KIEM_E_POLICY || !r->error) return status;
    km_place inside = km_place_inside(place, source, expression.ptr);
    if (r->error->line == place.line) r->error->column += inside.column - 1;
    r->error->line += inside.line - place.line;
    return status;
}

kiem_status km_message_compile(km_resolver *r, km_text source, km_place place, km_message *out) {
    const char *at = source.ptr, *end = source.ptr + source.length;
    km_text kept = km_arena_text(&r->graph->arena, source);
    out->count = 0;
    out->parts = km_arena_alloc(&r->graph->arena, (size_t)count_parts(source) * sizeof *out->parts);
    if (!out->parts || !kept.ptr) return km_nomem(r->error);
    while (at < end) {
        km_message_part *part = &out->parts[out->count++];
        const char *brace = memchr(at, '{', (size_t)(end - at));
        const char *stop = brace ? brace : end;
        bool doubled = brace && brace + 1 < end && brace[1] == '{';
        part->text = (km_text){kept.ptr + (at - source.ptr), (size_t)(stop - at) + doubled};
        part->node = KM_NODE_NONE;
        at = stop + 2 * doubled;
        if (!brace || doubled) continue;
        const char *close = expression_end(brace + 1, end);
        if (!close)
            return km_fail_at(r->error, KIEM_E_POLICY, km_place_inside(place, source, brace),
                              "a '{' of the message is not closed");
        km_text expression = {brace + 1, (size_t)(close - brace - 1)};
        KM_TRY(resolve_part(r, source, expression, place, &part->node));
        at = close + 1;
    }
    return KIEM_OK;
}

enum { GROUP_FROM_DIGITS = 5 };

static void append_grouped(km_buf *out, const km_value *value, int language) {
    char digits[KM_WRITE_MOST];
    const size_t length = (size_t)(km_write_number(digits, value->number, value->scale, false) - digits);
    size_t start = digits[0] == '-', whole = start;
    while (whole < length && digits[whole] != '.') whole++;
    bool group = whole - start >= GROUP_FROM_DIGITS;
    for (size_t i = 0; i < length; i++) {
        bool gap = group && i > start && i < whole && (whole - i) % 3 == 0;
        if (gap) km_buf_char(out, language == KIEM_LANG_VI ? '.' : ',');
        km_buf_char(out, digits[i] == '.' && language == KIEM_LANG_VI ? ',' : digits[i]);
    }
}

static void append_two(km_buf *out, int64_t value) {
    km_buf_char(out, (char)('0' + value / 10 % 10));
    km_buf_char(out, (char)('0' + value % 10));
}

/* 31/12/2024 [08:15] in Vietnamese, 2024-12-31 [08:15] in English; of births what is known: 12/2024, 2024. */
static void append_date(km_buf *out, const km_value *value, int language) {
    if (language != KIEM_LANG_VI) {
        km_buf_value(out, value);
        return;
    }
    bool time = value->type == KM_TYPE_TIME;
    km_day day = time ? km_day_of((km_minute)value->number) : (km_day)value->number;
    int packed = (int)value->number;
    km_civil civil =
        value->type == KM_TYPE_BIRTH
            ? (km_civil){.year = packed / 10000, .month = packed / 100 % 100, .day = packed % 100}
            : km_civil_from_day(day);
    if (civil.day) {
        append_two(out, civil.day);
        km_buf_char(out, '/');
    }
    if (civil.month) {
        append_two(out, civil.month);
        km_buf_char(out, '/');
    }
    km_buf_int(out, civil.year);
    if (!time) return;
    int64_t minute = value->number - (int64_t)day * KM_MINUTES_PER_DAY;
    km_buf_char(out, ' ');
    append_two(out, minute / 60);
    km_buf_char(out, ':');
    append_two(out, minute % 60);
}

/* What cannot be read as a day: as it stands when it can be nothing but a wrong one, else masked, as columns
 * that were mixed up bring names and numbers of persons. */
static void append_no_day(km_buf *out, km_text part) {
    enum { DIGITS_MAX = 8 };
    size_t digits = 0, marks = 0;
    for (size_t i = 0; i < part.length; i++) {
        const char c = part.ptr[i];
        digits += c >= '0' && c <= '9';
        marks += c == '/' || c == '-' || c == '.';
    }
    if (digits <= DIGITS_MAX && digits + marks == part.length)
        km_buf_text(out, part);
    else
        km_mask(out, part);
}

/* Days of cards: those that can be read as other dates are shown. */
static void append_days(km_buf *out, km_text days, int language) {
    km_text part;
    for (bool first = true; km_text_split(&days, ';', &part); first = false) {
        km_day day;
        part = km_text_trim(part);
        if (!first) km_buf_string(out, "; ");
        if (part.length && km_date_parse(part, &day))
            append_date(out, &(km_value){.type = KM_TYPE_DATE, .known = true, .number = day}, language);
        else
            append_no_day(out, part);
    }
}

/* Words in the middle of a message of either language, which itself comes from a rule: no pair of
 * base/vietnamese. */
static const char *const not_known[] = {"không rõ", "not known"};

static void append_value(km_buf *out, const km_graph *graph, km_node_id id, const km_value *value,
                         int language) {
    const km_node *node = km_node_at(graph, id);
    int count;
    while (node->op == KM_OP_PARENT) node = km_node_at(graph, km_node_argument(graph, node, 0));
    if (!value->known) {
        km_buf_string(out, not_known[language == KIEM_LANG_EN]);
    } else if (value->type == KM_TYPE_NUMBER) {
        append_grouped(out, value, language);
    } else if (value->type == KM_TYPE_DATE || value->type == KM_TYPE_TIME || value->type == KM_TYPE_BIRTH) {
        append_date(out, value, language);
    } else if (node->op == KM_OP_FIELD) {
        const km_field *field = &km_fields((km_scope)node->scope, &count)[node->number];
        if (field->flags & KM_FIELD_DAYS)
            append_days(out, value->text, language);
        else
            km_field_show(out, field, value);
    } else {
        km_buf_value(out, value);
    }
}

void km_message_render(km_buf *out, const km_message *message, km_frame *frame, uint32_t row, int language) {
    for (int i = 0; i < message->count; i++) {
        const km_message_part *part = &message->parts[i];
        km_buf_text(out, part->text);
        if (part->node == KM_NODE_NONE) continue;
        km_value value = km_frame_value(frame, part->node, row);
        append_value(out, frame->graph, part->node, &value, language);
    }
}
