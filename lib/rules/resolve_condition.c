#include <string.h>

#include "rules/resolve_parts.h"

kiem_status km_resolve_need_condition(km_resolver *r, const km_syntax *syntax, km_node_id *out) {
    KM_TRY(km_resolve_node(r, syntax, out));
    if (km_resolve_type(r, *out) == KM_TYPE_BOOL) return KIEM_OK;
    return km_resolve_fail(r, syntax, "expected a condition, this is a %s",
                           km_type_name(km_resolve_type(r, *out)));
}

static kiem_status resolve_logic(km_resolver *r, const km_syntax *syntax, km_op op, km_node_id *out) {
    km_node_id *arguments = km_resolve_room(r, syntax->children);
    if (!arguments) return km_nomem(r->error);
    if (syntax->children > KM_NODE_ARGUMENTS_MAX) {
        return km_resolve_fail(r, syntax, "more than %d conditions in one list", KM_NODE_ARGUMENTS_MAX);
    }
    for (int i = 0; i < syntax->children; i++)
        KM_TRY(km_resolve_need_condition(r, syntax->child[i], &arguments[i]));
    return km_resolve_add(r, (km_node){.op = (uint8_t)op, .type = KM_TYPE_BOOL}, arguments, syntax->children,
                          out);
}

static bool text_and_code(km_type a, km_type b) {
    return (a == KM_TYPE_CODE && b == KM_TYPE_TEXT) || (a == KM_TYPE_TEXT && b == KM_TYPE_CODE);
}

static kiem_status compare(km_resolver *r, const km_syntax *at, km_comparison comparison, km_node_id a,
                           km_node_id b, km_node_id *out) {
    if (!text_and_code(km_resolve_type(r, a), km_resolve_type(r, b)))
        KM_TRY(km_resolve_comparable(r, at, &a, &b));
    if (km_resolve_type(r, a) == KM_TYPE_BIRTH && comparison > KM_NE)
        return km_resolve_fail_types(r, at, a, b);
    km_node node = {.op = KM_OP_COMPARE, .type = KM_TYPE_BOOL, .detail = (uint8_t)comparison};
    return km_resolve_add(r, node, (km_node_id[]){a, b}, 2, out);
}

static km_comparison comparison_of(km_text symbol) {
    static const struct {
        const char *symbol;
        km_comparison comparison;
    } all[] = {{"=", KM_EQ},  {"<>", KM_NE}, {"!=", KM_NE}, {"<", KM_LT},
               {"<=", KM_LE}, {">", KM_GT},  {">=", KM_GE}};
    size_t i = 0;
    while (!km_text_equal(symbol, km_text_from(all[i].symbol))) i++;
    return all[i].comparison;
}

bool km_resolve_is_literal(const km_syntax *syntax) {
    return syntax->kind == KM_SYNTAX_STRING || syntax->kind == KM_SYNTAX_NULL;
}

/* A literal to compare with. One that no record holds is an error, as the reader puts back lost zeros:
 * nothing would ever equal it. The beginning of a facility's code may be the bound of a range. */
static kiem_status literal_of(km_resolver *r, const km_syntax *syntax, km_node_id like, bool bound,
                              km_node_id *out) {
    static const char *const standards[] = {"4210", "130", "3176", "79a"};
    const km_field *field = km_resolve_field(r, like);
    km_text text = syntax->text;
    size_t width = 0, digits = 0, i = 0;
    if (syntax->kind != KM_SYNTAX_STRING || !field) return km_resolve_like(r, syntax, like, out);
    if (field->flags & KM_FIELD_PAD2) width = 2;
    if (field->flags & KM_FIELD_PAD5 && !bound) width = 5;
    while (digits < text.length && text.ptr[digits] >= '0' && text.ptr[digits] <= '9') digits++;
    if (digits && digits == text.length && digits < width) {
        return km_resolve_fail(r, syntax, "codes of %s have %d digits; did you mean '%.*s%.*s'?", field->name,
                               (int)width, (int)(width - digits), "0000", KM_TEXT_ARG(text));
    }
    if (strcmp(field->name, "STANDARD") != 0) return km_resolve_like(r, syntax, like, out);
    while (i < sizeof standards / sizeof standards[0] && !km_text_equal(text, km_text_from(standards[i])))
        i++;
    if (i < sizeof standards / sizeof standards[0]) return km_resolve_like(r, syntax, like, out);
    return km_resolve_fail(r, syntax, "STANDARD is '4210', '130', '3176' or '79a'");
}

static bool fits_code(const km_syntax *literal) {
    return literal->kind == KM_SYNTAX_STRING && literal->text.length <= KM_CODE_MAX;
}

/* One or two characters always fit in a code, which is quicker to compare with literals than a text. */
static kiem_status narrow_piece(km_resolver *r, km_node_id *piece) {
    enum { BYTES_OF_CHARACTER = 4 /* at most, in UTF-8 */ };
    const km_node *node = km_resolve_at(r, *piece);
    bool narrow = node->op == KM_OP_SUBSTR && (node->number & 0xFFFFFFFF) <= KM_CODE_MAX / BYTES_OF_CHARACTER;
    return narrow ? km_resolve_piece_as(r, piece, KM_TYPE_CODE) : KIEM_OK;
}

/* Resolves two operands, a literal after the one that gives it its type. */
static kiem_status resolve_pair(km_resolver *r, const km_syntax *left, const km_syntax *right, bool bound,
                                km_node_id *a, km_node_id *b) {
    if (left->kind == KM_SYNTAX_NULL || right->kind == KM_SYNTAX_NULL) {
        return km_resolve_fail(r, left->kind == KM_SYNTAX_NULL ? left : right,
                               "nothing equals NULL: write IS NULL or IS NOT NULL");
    }
    if (km_resolve_is_literal(left) && !km_resolve_is_literal(right)) {
        KM_TRY(km_resolve_node(r, right, b));
        if (fits_code(left)) KM_TRY(narrow_piece(r, b));
        return literal_of(r, left, *b, bound, a);
    }
    KM_TRY(km_resolve_node(r, left, a));
    if (fits_code(right)) KM_TRY(narrow_piece(r, a));
    return literal_of(r, right, *a, bound, b);
}

static kiem_status resolve_between(km_resolver *r, const km_syntax *syntax, km_node_id *out) {
    km_node_id value, low, high, parts[2];
    for (int i = 1; i < 3; i++) {
        if (syntax->child[i]->kind == KM_SYNTAX_NULL)
            return km_resolve_fail(r, syntax->child[i], "NULL can stand only in CASE and coalesce");
    }
    KM_TRY(km_resolve_node(r, syntax->child[0], &value));
    KM_TRY(literal_of(r, syntax->child[1], value, true, &low));
    KM_TRY(literal_of(r, syntax->child[2], value, true, &high));
    const km_field *field = km_resolve_field(r, value);
    const km_node *end = km_resolve_at(r, high);
    if (field && field->flags & KM_FIELD_ICD && end->op == KM_OP_CONST) {
        /* BETWEEN 'O80' AND 'O84' includes O84.9, as an assessor expects */
        km_value widened = {
            .type = KM_TYPE_CODE, .known = true, .code = km_code_range_end((uint64_t)end->number)};
        KM_TRY(km_resolve_constant(r, &widened, &high));
    }
    KM_TRY(compare(r, syntax, KM_GE, value, low, &parts[0]));
    KM_TRY(compare(r, syntax, KM_LE, value, high, &parts[1]));
    return km_resolve_add(r, (km_node){.op = KM_OP_AND, .type = KM_TYPE_BOOL}, parts, 2, out);
}

static int compare_constants(const km_resolver *r, km_node_id a, km_node_id b) {
    km_value left = km_node_constant(km_resolve_at(r, a)), right = km_node_constant(km_resolve_at(r, b));
    return km_text_equal(left.text, right.text) && left.type == KM_TYPE_TEXT ? 0
           : left.type == KM_TYPE_TEXT ? km_text_compare(left.text, right.text)
           : left.type == KM_TYPE_CODE ? (left.code > right.code) - (left.code < right.code)
                                       : (left.number > right.number) - (left.number < right.number);
}

static kiem_status resolve_in(km_resolver *r, const km_syntax *syntax, km_node_id *out) {
    km_node_id *arguments = km_resolve_room(r, syntax->children);
    int count = 1, codes = 1;
    if (!arguments) return km_nomem(r->error);
    if (syntax->children > KM_NODE_ARGUMENTS_MAX) {
        return km_resolve_fail(r, syntax, "more than %d values in one list; use a table",
                               KM_NODE_ARGUMENTS_MAX - 1);
    }
    KM_TRY(km_resolve_node(r, syntax->child[0], &arguments[0]));
    while (codes < syntax->children && fits_code(syntax->child[codes])) codes++;
    if (codes == syntax->children) KM_TRY(narrow_piece(r, &arguments[0]));
    for (int i = 1; i < syntax->children; i++) {
        km_node_id item;
        KM_TRY(literal_of(r, syntax->child[i], arguments[0], false, &item));
        if (km_resolve_at(r, item)->op != KM_OP_CONST || !km_resolve_at(r, item)->detail) {
            return km_resolve_fail(r, syntax->child[i], "a list holds literal values only");
        }
        KM_TRY(km_resolve_comparable(r, syntax->child[i], &arguments[0], &item));
        int at = count; /* insertion keeps the list ascending */
        for (; at > 1 && compare_constants(r, arguments[at - 1], item) > 0; at--)
            arguments[at] = arguments[at - 1];
        arguments[at] = item;
        count++;
    }
    for (int i = 1; i < count; i++) { /* a later number may have widened the scale */
        KM_TRY(km_resolve_comparable(r, syntax, &arguments[0], &arguments[i]));
    }
    return km_resolve_add(r, (km_node){.op = KM_OP_IN_SET, .type = KM_TYPE_BOOL}, arguments, count, out);
}

static kiem_status resolve_pattern(km_resolver *r, const km_syntax *syntax, km_node_id *out) {
    km_node node = {.op = syntax->kind == KM_SYNTAX_LIKE ? KM_OP_LIKE : KM_OP_MATCHES, .type = KM_TYPE_BOOL};
    km_node_id value;
    KM_TRY(km_resolve_node(r, syntax->child[0], &value));
    if (km_resolve_type(r, value) != KM_TYPE_CODE && km_resolve_type(r, value) != KM_TYPE_TEXT) {
        return km_resolve_fail(r, syntax, "LIKE and MATCHES are for texts and codes, this is a %s",
                               km_type_name(km_resolve_type(r, value)));
    }
    node.text = km_arena_text(&r->graph->arena, syntax->text);
    if (!node.text.ptr) return km_nomem(r->error);
    if (node.op == KM_OP_MATCHES) {
        const km_regex *regex = NULL;
        char reason[160];
        size_t offset = 0;
        kiem_status status = km_graph_regex(r->graph, node.text, &regex, &offset, reason, sizeof reason);
        if (status == KIEM_E_NOMEM) return km_nomem(r->error);
        if (status != KIEM_OK)
            return km_resolve_fail(r, syntax, "bad pattern at character %zu: %s", offset + 1, reason);
        node.extra = regex;
    }
    return km_resolve_add(r, node, &value, 1, out);
}

kiem_status km_resolve_predicate(km_resolver *r, const km_syntax *syntax, km_node_id *out) {
    km_node_id a = KM_NODE_NONE, b = KM_NODE_NONE;
    km_comparison comparison;
    switch (syntax->kind) {
    case KM_SYNTAX_COMPARE:
        comparison = comparison_of(syntax->text);
        KM_TRY(resolve_pair(r, syntax->child[0], syntax->child[1], comparison > KM_NE, &a, &b));
        return compare(r, syntax, comparison, a, b, out);
    case KM_SYNTAX_AND: return resolve_logic(r, syntax, KM_OP_AND, out);
    case KM_SYNTAX_OR: return resolve_logic(r, syntax, KM_OP_OR, out);
    case KM_SYNTAX_NOT: return resolve_logic(r, syntax, KM_OP_NOT, out);
    case KM_SYNTAX_IS_NULL:
        KM_TRY(km_resolve_node(r, syntax->child[0], &a));
        return km_resolve_add(r, (km_node){.op = KM_OP_IS_NULL, .type = KM_TYPE_BOOL}, &a, 1, out);
    case KM_SYNTAX_IN: return resolve_in(r, syntax, out);
    case KM_SYNTAX_BETWEEN: return resolve_between(r, syntax, out);
    default: return resolve_pattern(r, syntax, out); /* LIKE and MATCHES */
    }
}
