#include "rules/resolve_parts.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/decimal.h"

enum { SHOWN_MAX = 60 };

void km_resolve_error(km_resolver *r, const km_syntax *at, const char *format, ...) {
    char message[512];
    va_list args;
    va_start(args, format);
    vsnprintf(message, sizeof message, format, args);
    va_end(args);
    size_t shown = at->source.length > SHOWN_MAX ? SHOWN_MAX : at->source.length;
    while (shown < at->source.length && ((unsigned char)at->source.ptr[shown] & 0xC0) == 0x80)
        shown--; /* whole characters */
    km_error_set_at(r->error, KIEM_E_POLICY, km_place_inside(r->place, r->expression, at->source.ptr),
                    "%s (in '%.*s')", message, (int)shown, at->source.ptr);
}

kiem_status km_resolve_add(km_resolver *r, km_node node, const km_node_id *arguments, int count,
                           km_node_id *out) {
    *out = km_graph_add(r->graph, node, arguments, count);
    return *out == KM_NODE_NONE ? km_nomem(r->error) : KIEM_OK;
}

kiem_status km_resolve_label(km_resolver *r, km_node_id id, km_text label) {
    return km_graph_label(r->graph, id, label) == KIEM_OK ? KIEM_OK : km_nomem(r->error);
}

km_node_id *km_resolve_room(km_resolver *r, int count) {
    return km_arena_alloc(&r->graph->arena, (size_t)count * sizeof(km_node_id));
}

kiem_status km_resolve_constant(km_resolver *r, const km_value *value, km_node_id *out) {
    *out = km_graph_constant(r->graph, r->scope, value);
    return *out == KM_NODE_NONE ? km_nomem(r->error) : KIEM_OK;
}

kiem_status km_resolve_number(km_resolver *r, int64_t number, int scale, km_node_id *out) {
    km_value value = {.type = KM_TYPE_NUMBER, .scale = (uint8_t)scale, .known = true, .number = number};
    return km_resolve_constant(r, &value, out);
}

/* ---- types */

static kiem_status rescale(km_resolver *r, km_node_id *id, int scale, bool bounded) {
    if (km_resolve_at(r, *id)->scale == scale) return KIEM_OK;
    km_node_id from = *id;
    km_node node = {.op = KM_OP_RESCALE, .type = KM_TYPE_NUMBER, .scale = (uint8_t)scale, .detail = bounded};
    return km_resolve_add(r, node, &from, 1, id);
}

kiem_status km_resolve_rescale(km_resolver *r, km_node_id *id, int scale) {
    return rescale(r, id, scale, false);
}

static int larger_scale(const km_resolver *r, km_node_id a, km_node_id b) {
    int left = km_resolve_at(r, a)->scale, right = km_resolve_at(r, b)->scale;
    return left > right ? left : right;
}

kiem_status km_resolve_comparable(km_resolver *r, const km_syntax *at, km_node_id *a, km_node_id *b) {
    if (km_resolve_type(r, *a) != KM_TYPE_NUMBER || km_resolve_type(r, *b) != KM_TYPE_NUMBER)
        return km_resolve_unify(r, at, a, b);
    int scale = larger_scale(r, *a, *b);
    KM_TRY(rescale(r, a, scale, true));
    return rescale(r, b, scale, true);
}

bool km_resolve_is_date(km_type type) {
    return type == KM_TYPE_DATE || type == KM_TYPE_TIME;
}

const km_field *km_resolve_field(const km_resolver *r, km_node_id id) {
    const km_node *node = km_resolve_at(r, id);
    int count;
    if (node->op == KM_OP_PARENT) return km_resolve_field(r, km_node_argument(r->graph, node, 0));
    return node->op == KM_OP_FIELD ? &km_fields((km_scope)node->scope, &count)[node->number] : NULL;
}

kiem_status km_resolve_fail_types(km_resolver *r, const km_syntax *at, km_node_id a, km_node_id b) {
    km_node_id code = km_resolve_type(r, a) == KM_TYPE_CODE ? a : b, other = code == a ? b : a;
    const km_node *number = km_resolve_at(r, other);
    if (km_resolve_type(r, code) == KM_TYPE_CODE && number->op == KM_OP_CONST &&
        number->type == KM_TYPE_NUMBER) {
        const km_field *field = km_resolve_field(r, code);
        bool pad = field && field->flags & KM_FIELD_PAD2 && number->number < 10;
        return km_resolve_fail(r, at, "a code is not a number; did you mean '%s%lld' in quotes?",
                               pad ? "0" : "", (long long)number->number);
    }
    if (km_resolve_type(r, a) == KM_TYPE_BIRTH || km_resolve_type(r, b) == KM_TYPE_BIRTH) {
        return km_resolve_fail(r, at,
                               "a birth date may lack day and month: use age_at_least, age_years or year");
    }
    return km_resolve_fail(r, at, "a %s and a %s do not go together", km_type_name(km_resolve_type(r, a)),
                           km_type_name(km_resolve_type(r, b)));
}

kiem_status km_resolve_piece_as(km_resolver *r, km_node_id *id, km_type type) {
    km_node node = *km_resolve_at(r, *id);
    if (node.op != KM_OP_SUBSTR || node.type == type) return KIEM_OK;
    km_node_id whole = km_node_argument(r->graph, &node, 0);
    bool fits = type == KM_TYPE_TEXT || (node.number & 0xFFFFFFFF) <= KM_CODE_MAX;
    if (!fits || km_resolve_type(r, whole) != KM_TYPE_TEXT) return KIEM_OK;
    return km_resolve_add(r, (km_node){.op = KM_OP_SUBSTR, .type = (uint8_t)type, .number = node.number},
                          &whole, 1, id);
}

kiem_status km_resolve_unify(km_resolver *r, const km_syntax *at, km_node_id *a, km_node_id *b) {
    km_type left = km_resolve_type(r, *a), right = km_resolve_type(r, *b);
    if (left == KM_TYPE_NUMBER && right == KM_TYPE_NUMBER) {
        int scale = larger_scale(r, *a, *b);
        KM_TRY(km_resolve_rescale(r, a, scale));
        return km_resolve_rescale(r, b, scale);
    }
    if (km_resolve_is_date(left) && km_resolve_is_date(right) &&
        left != right) { /* a date against a time compares whole days */
        KM_TRY(km_resolve_as_day(r, at, a));
        return km_resolve_as_day(r, at, b);
    }
    if (left == KM_TYPE_TEXT) KM_TRY(km_resolve_piece_as(r, b, KM_TYPE_TEXT));
    if (right == KM_TYPE_TEXT) KM_TRY(km_resolve_piece_as(r, a, KM_TYPE_TEXT));
    bool equal = km_resolve_type(r, *a) == km_resolve_type(r, *b);
    return equal ? KIEM_OK : km_resolve_fail_types(r, at, *a, *b);
}

bool km_resolve_pack(km_text text, bool diagnosis, uint64_t *out) {
    char room[KM_CODE_MAX];
    if (diagnosis) text = (km_text){room, km_icd_normalise(text, room, sizeof room)};
    return text.length <= KM_CODE_MAX && km_code_pack(text, out);
}

static kiem_status string_like(km_resolver *r, const km_syntax *syntax, km_node_id like, km_node_id *out) {
    km_value value = {.type = km_resolve_type(r, like), .known = true, .text = syntax->text};
    if (value.type == KM_TYPE_CODE) {
        const km_field *field = km_resolve_field(r, like);
        if (!km_resolve_pack(syntax->text, field && field->flags & KM_FIELD_ICD, &value.code)) {
            return km_resolve_fail(r, syntax, "a code has at most %d bytes", KM_CODE_MAX);
        }
    } else if (km_resolve_is_date(value.type) || value.type == KM_TYPE_BIRTH) {
        return km_resolve_fail(r, syntax, "a date is written DATE '2024-12-31', its year from 1900 to 2199");
    } else if (value.type != KM_TYPE_TEXT) {
        return km_resolve_fail(r, syntax, "expected a %s, this is a text; numbers stand without quotes",
                               km_type_name(value.type));
    }
    if (!syntax->text.length)
        return km_resolve_fail(r, syntax, "an empty text is NULL: write IS NULL or IS NOT NULL");
    return km_resolve_constant(r, &value, out);
}

kiem_status km_resolve_like(km_resolver *r, const km_syntax *syntax, km_node_id like, km_node_id *out) {
    if (syntax->kind == KM_SYNTAX_STRING) return string_like(r, syntax, like, out);
    if (syntax->kind != KM_SYNTAX_NULL) return km_resolve_node(r, syntax, out);
    km_value null = {.type = km_resolve_type(r, like), .scale = km_resolve_at(r, like)->scale};
    return km_resolve_constant(r, &null, out);
}

/* ---- values */

static kiem_status resolve_literal(km_resolver *r, const km_syntax *syntax, km_node_id *out) {
    km_value value = {.known = true};
    if (syntax->kind == KM_SYNTAX_DATE) {
        km_day day;
        if (!km_iso_date_parse(syntax->text, &day))
            return km_resolve_fail(r, syntax,
                                   "a date is written DATE '2024-12-31', its year from 1900 to 2199");
        value.type = KM_TYPE_DATE;
        value.number = day;
    } else if (syntax->kind == KM_SYNTAX_NUMBER) {
        const char *point = memchr(syntax->text.ptr, '.', syntax->text.length);
        size_t digits = point ? syntax->text.length - (size_t)(point - syntax->text.ptr) - 1 : 0;
        value.type = KM_TYPE_NUMBER;
        value.scale = (uint8_t)(digits > KM_SCALE_MAX ? KM_SCALE_MAX : digits);
        if (km_decimal_parse(syntax->text, value.scale, &value.number) != KM_NUMBER_OK) {
            return km_resolve_fail(r, syntax, "the number is too long");
        }
    } else {
        value.type = KM_TYPE_TEXT;
        value.text = syntax->text;
    }
    return km_resolve_constant(r, &value, out);
}

static kiem_status resolve_case(km_resolver *r, const km_syntax *syntax, km_node_id *out) {
    km_node_id *arguments = km_resolve_room(r, syntax->children + 1), like = KM_NODE_NONE;
    int count = syntax->children, pairs = count / 2 * 2, scale = 0;
    if (!arguments) return km_nomem(r->error);
    if (count >= KM_NODE_ARGUMENTS_MAX) return km_resolve_fail(r, syntax, "the CASE is too long");
    for (int i = 0; i < count;
         i++) { /* find the type from the first result that is no text or NULL literal */
        bool result = i % 2 == 1 || i == pairs;
        if (result && like == KM_NODE_NONE && !km_resolve_is_literal(syntax->child[i]))
            KM_TRY(km_resolve_node(r, syntax->child[i], &like));
    }
    if (like == KM_NODE_NONE) {
        km_value text = {.type = KM_TYPE_TEXT};
        KM_TRY(km_resolve_constant(r, &text, &like));
    }
    for (int i = 0; i < count; i++) {
        if (i % 2 == 0 && i != pairs) {
            KM_TRY(km_resolve_need_condition(r, syntax->child[i], &arguments[i]));
            continue;
        }
        KM_TRY(km_resolve_like(r, syntax->child[i], like, &arguments[i]));
        KM_TRY(km_resolve_unify(r, syntax->child[i], &like, &arguments[i]));
        if (km_resolve_at(r, arguments[i])->scale > scale) scale = km_resolve_at(r, arguments[i])->scale;
    }
    km_value null = {.type = km_resolve_type(r, like), .scale = (uint8_t)scale};
    if (count == pairs) KM_TRY(km_resolve_constant(r, &null, &arguments[count++]));
    for (int i = 1; i < count;
         i++) { /* a later result may have widened the scale, or have turned out a day or a text */
        if (i % 2 == 0 && i != count - 1) continue;
        if (null.type == KM_TYPE_NUMBER)
            KM_TRY(km_resolve_rescale(r, &arguments[i], scale));
        else
            KM_TRY(km_resolve_unify(r, syntax, &like, &arguments[i]));
    }
    return km_resolve_add(r, (km_node){.op = KM_OP_CASE, .type = (uint8_t)null.type, .scale = (uint8_t)scale},
                          arguments, count, out);
}

/* The child scope an aggregate is over: named alone, or the first scope a qualified name inside mentions. */
static int aggregate_scope(const km_syntax *syntax) {
    if (syntax->kind == KM_SYNTAX_NAME && syntax->qualifier.length) return km_scope_find(syntax->qualifier);
    int found = -1;
    for (int i = 0; i < syntax->children && found <= KM_SCOPE_CLAIM; i++)
        found = aggregate_scope(syntax->child[i]);
    return found;
}

static kiem_status resolve_aggregate(km_resolver *r, const km_syntax *syntax, km_node_id *out) {
    static const struct {
        const char *name;
        km_op op;
        bool value;
    } all[] = {{"sum", KM_OP_SUM, true},
               {"count", KM_OP_COUNT, false},
               {"min", KM_OP_MIN, true},
               {"max", KM_OP_MAX, true},
               {"exists", KM_OP_EXISTS, false}};
    size_t kind = 0;
    while (!km_text_equal_fold(syntax->name, km_text_from(all[kind].name))) kind++;
    int scope = syntax->has_value ? aggregate_scope(syntax->child[0]) : km_scope_find(syntax->qualifier);
    if (scope <= KM_SCOPE_CLAIM)
        return km_resolve_fail(r, syntax, "%s works over drug, service or card rows", all[kind].name);
    if (all[kind].value && !syntax->has_value)
        return km_resolve_fail(r, syntax, "%s needs a value, as in %s(service.T_BHTT)", all[kind].name,
                               all[kind].name);
    if (!all[kind].value && syntax->has_value)
        return km_resolve_fail(r, syntax, "%s takes a scope, as in %s(service WHERE ...)", all[kind].name,
                               all[kind].name);
    km_resolver inner = *r;
    inner.scope = (km_scope)scope;
    if (r->scope != KM_SCOPE_CLAIM) inner.day = KM_NODE_NONE;
    km_node_id arguments[2] = {KM_NODE_NONE, KM_NODE_NONE}, node_id;
    km_node node = {.op = (uint8_t)all[kind].op, .type = KM_TYPE_NUMBER, .detail = (uint8_t)scope};
    int count = 0;
    if (syntax->has_value) {
        KM_TRY(km_resolve_node(&inner, syntax->child[0], &arguments[count++]));
        node.type = km_resolve_at(r, arguments[0])->type;
        node.scale = km_resolve_at(r, arguments[0])->scale;
        if (node.type == KM_TYPE_BOOL || (node.op == KM_OP_SUM && node.type != KM_TYPE_NUMBER)) {
            return km_resolve_fail(r, syntax, "%s of a %s", all[kind].name, km_type_name((km_type)node.type));
        }
    }
    if (syntax->has_where)
        KM_TRY(km_resolve_need_condition(&inner, syntax->child[syntax->children - 1], &arguments[count++]));
    if (node.op == KM_OP_EXISTS) node.type = KM_TYPE_BOOL;
    KM_TRY(km_resolve_add(r, node, arguments, count, &node_id));
    KM_TRY(km_resolve_label(r, node_id, syntax->source));
    return km_resolve_seen_from(r, syntax, node_id, out);
}

/* same(keys WHERE condition): how many lines of the claim have the keys of this one. */
static kiem_status resolve_same(km_resolver *r, const km_syntax *syntax, km_node_id *out) {
    km_node_id *arguments = km_resolve_room(r, syntax->children);
    int keys = syntax->children - (syntax->has_where ? 1 : 0);
    if (!arguments) return km_nomem(r->error);
    if (r->scope != KM_SCOPE_DRUG && r->scope != KM_SCOPE_SERVICE && r->scope != KM_SCOPE_CARD)
        return km_resolve_fail(r, syntax, "same compares the lines of one claim: drug, service or card rows");
    if (keys > KM_SAME_KEYS_MAX)
        return km_resolve_fail(r, syntax, "same compares at most %d columns", KM_SAME_KEYS_MAX);
    for (int i = 0; i < keys; i++) {
        KM_TRY(km_resolve_node(r, syntax->child[i], &arguments[i]));
        if (km_resolve_type(r, arguments[i]) == KM_TYPE_BOOL)
            return km_resolve_fail(r, syntax->child[i], "same compares values; write conditions after WHERE");
    }
    if (syntax->has_where) KM_TRY(km_resolve_need_condition(r, syntax->child[keys], &arguments[keys]));
    km_node node = {.op = KM_OP_SAME, .type = KM_TYPE_NUMBER, .detail = syntax->has_where};
    KM_TRY(km_resolve_add(r, node, arguments, syntax->children, out));
    return km_resolve_label(r, *out, syntax->source);
}

kiem_status km_resolve_node(km_resolver *r, const km_syntax *syntax, km_node_id *out) {
    switch (syntax->kind) {
    case KM_SYNTAX_NUMBER:
    case KM_SYNTAX_STRING:
    case KM_SYNTAX_DATE: return resolve_literal(r, syntax, out);
    case KM_SYNTAX_NULL: return km_resolve_fail(r, syntax, "NULL can stand only in CASE and coalesce");
    case KM_SYNTAX_INTERVAL:
        return km_resolve_fail(r, syntax, "an interval can only be added to a date or taken from one");
    case KM_SYNTAX_NAME:
        if (km_resolve_find_lookup(r, syntax->qualifier)) return km_resolve_lookup(r, syntax, out);
        return km_resolve_name(r, syntax, out);
    case KM_SYNTAX_LOOKUP: return km_resolve_lookup(r, syntax, out);
    case KM_SYNTAX_IN_TABLE: return km_resolve_in_table(r, syntax, out);
    case KM_SYNTAX_CASE: return resolve_case(r, syntax, out);
    case KM_SYNTAX_AGGREGATE: return resolve_aggregate(r, syntax, out);
    case KM_SYNTAX_SAME: return resolve_same(r, syntax, out);
    case KM_SYNTAX_CALL: return km_resolve_call(r, syntax, out);
    case KM_SYNTAX_ARITHMETIC:
    case KM_SYNTAX_NEGATE: return km_resolve_arithmetic(r, syntax, out);
    default: return km_resolve_predicate(r, syntax, out);
    }
}

kiem_status km_resolve(km_resolver *r, km_text expression, km_place place, km_node_id *out) {
    km_arena arena;
    km_syntax *syntax;
    km_arena_init(&arena, r->graph->mem);
    r->expression = expression;
    r->place = place;
    kiem_status status = km_parse(&arena, expression, place, &syntax, r->error);
    if (status == KIEM_OK) status = km_resolve_node(r, syntax, out);
    km_arena_free(&arena);
    return status;
}

kiem_status km_resolve_condition(km_resolver *r, km_text expression, km_place place, const char *what,
                                 km_node_id *out) {
    KM_TRY(km_resolve(r, expression, place, out));
    if (km_resolve_type(r, *out) == KM_TYPE_BOOL) return KIEM_OK;
    return km_fail_at(r->error, KIEM_E_POLICY, place, "%s must be a condition, this is a %s", what,
                      km_type_name(km_resolve_type(r, *out)));
}
