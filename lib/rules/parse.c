#include "rules/parse.h"

#include "rules/token.h"

typedef struct parser {
    km_arena *arena;
    km_text expression;
    km_place place;
    km_error *error;
    size_t offset;
    km_token token; /* the one to be looked at */
    const char *previous_end;
    int depth;
} parser;

static kiem_status parse_or(parser *p, km_syntax **out);
static kiem_status parse_sum(parser *p, km_syntax **out);
static kiem_status parse_unary(parser *p, km_syntax **out);

km_place km_place_inside(km_place place, km_text expression, const char *at) {
    int64_t column = 1;
    for (const char *c = expression.ptr; c < at; c++) {
        column = *c == '\n' ? 1 : column + (((unsigned char)*c & 0xC0) != 0x80);
        place.line += *c == '\n';
    }
    place.column = column;
    return place;
}

static void advance(parser *p) {
    p->previous_end = p->expression.ptr + p->offset;
    p->token = km_token_next(p->expression, &p->offset);
}

/* A double quote, or one of those that word processors put in its place. */
static bool is_other_quote(km_text text) {
    static const char *const quotes[] = {"\"", "\xE2\x80\x98", "\xE2\x80\x99", "\xE2\x80\x9C",
                                         "\xE2\x80\x9D"};
    for (size_t i = 0; i < sizeof quotes / sizeof quotes[0]; i++) {
        if (km_text_equal(text, km_text_from(quotes[i]))) return true;
    }
    return false;
}

static kiem_status fail_at_token(parser *p, const char *expected) {
    km_place place = km_place_inside(p->place, p->expression, p->expression.ptr + p->token.offset);
    if (p->token.kind == KM_TOKEN_END) {
        return km_fail_at(p->error, KIEM_E_POLICY, place, "expected %s, but the expression ends", expected);
    }
    if (p->token.kind == KM_TOKEN_BAD && p->token.text.ptr[0] == '\'') {
        return km_fail_at(p->error, KIEM_E_POLICY, place,
                          "the text that starts here is not closed by a quote");
    }
    if (p->token.kind == KM_TOKEN_BAD && is_other_quote(p->token.text)) {
        return km_fail_at(p->error, KIEM_E_POLICY, place, "text takes single quotes: 'O80', not \"O80\"");
    }
    return km_fail_at(p->error, KIEM_E_POLICY, place, "expected %s, found '%.*s'", expected,
                      KM_TEXT_ARG(p->token.text));
}

static kiem_status expect(parser *p, const char *symbol) {
    if (!km_token_is(&p->token, symbol))
        return fail_at_token(p, symbol[0] == '(' ? "'('" : symbol[0] == ')' ? "')'" : "'.'");
    advance(p);
    return KIEM_OK;
}

static kiem_status expect_keyword(parser *p, const char *keyword) {
    if (!km_token_keyword(&p->token, keyword)) return fail_at_token(p, keyword);
    advance(p);
    return KIEM_OK;
}

static bool accept(parser *p, const char *symbol) {
    if (!km_token_is(&p->token, symbol)) return false;
    advance(p);
    return true;
}

static bool accept_keyword(parser *p, const char *keyword) {
    if (!km_token_keyword(&p->token, keyword)) return false;
    advance(p);
    return true;
}

static kiem_status new_node(parser *p, km_syntax_kind kind, const char *start, km_syntax **out) {
    *out = km_arena_alloc(p->arena, sizeof **out);
    if (!*out) return km_nomem(p->error);
    (*out)->kind = kind;
    (*out)->source = (km_text){start, 0};
    return KIEM_OK;
}

static void end_node(parser *p, km_syntax *node) {
    const char *end = p->previous_end;
    while (end > node->source.ptr &&
           (end[-1] == ' ' || end[-1] == '\n' || end[-1] == '\t' || end[-1] == '\r'))
        end--;
    node->source.length = (size_t)(end - node->source.ptr);
}

static kiem_status add_child(parser *p, km_syntax *node, km_syntax *child) {
    bool full = node->children == 0 || (node->children >= 4 && (node->children & (node->children - 1)) == 0);
    if (full) {
        size_t room = node->children ? (size_t)node->children * 2 : 4;
        km_syntax **grown = km_arena_alloc(p->arena, room * sizeof *grown);
        if (!grown) return km_nomem(p->error);
        for (int i = 0; i < node->children; i++) grown[i] = node->child[i];
        node->child = grown;
    }
    node->child[node->children++] = child;
    if (child->height >= node->height) node->height = child->height + 1;
    end_node(p, node);
    if (node->height <= KM_EXPRESSION_HEIGHT_MAX) return KIEM_OK;
    return km_fail_at(p->error, KIEM_E_POLICY, km_place_inside(p->place, p->expression, node->source.ptr),
                      "a chain of more than %d operators", KM_EXPRESSION_HEIGHT_MAX);
}

static const char *here(const parser *p) {
    return p->expression.ptr + p->token.offset;
}

/* Undoes doubled quotes. */
static kiem_status string_value(parser *p, km_text raw, km_text *out) {
    char *copy = km_arena_alloc(p->arena, raw.length + 1);
    size_t length = 0;
    if (!copy) return km_nomem(p->error);
    for (size_t i = 0; i < raw.length; i++) {
        copy[length++] = raw.ptr[i];
        if (raw.ptr[i] == '\'') i++;
    }
    *out = (km_text){copy, length};
    return KIEM_OK;
}

static kiem_status take_string(parser *p, km_text *out) {
    if (p->token.kind != KM_TOKEN_STRING) return fail_at_token(p, "a text in single quotes");
    KM_TRY(string_value(p, p->token.text, out));
    advance(p);
    return KIEM_OK;
}

static kiem_status take_name(parser *p, const char *what, km_text *out) {
    if (p->token.kind != KM_TOKEN_NAME) return fail_at_token(p, what);
    *out = p->token.text;
    advance(p);
    return KIEM_OK;
}

static kiem_status parse_case(parser *p, km_syntax **out) {
    km_syntax *when, *then;
    KM_TRY(new_node(p, KM_SYNTAX_CASE, here(p), out));
    advance(p);
    do {
        KM_TRY(expect_keyword(p, "WHEN"));
        KM_TRY(parse_or(p, &when));
        KM_TRY(expect_keyword(p, "THEN"));
        KM_TRY(parse_or(p, &then));
        KM_TRY(add_child(p, *out, when));
        KM_TRY(add_child(p, *out, then));
    } while (km_token_keyword(&p->token, "WHEN"));
    if (accept_keyword(p, "ELSE")) {
        KM_TRY(parse_or(p, &then));
        KM_TRY(add_child(p, *out, then));
    }
    KM_TRY(expect_keyword(p, "END"));
    end_node(p, *out);
    return KIEM_OK;
}

static bool is_aggregate(km_text name) {
    static const char *const names[] = {"sum", "count", "min", "max", "exists"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (km_text_equal_fold(name, km_text_from(names[i]))) return true;
    }
    return false;
}

/* The inside of count(drug WHERE ...) or sum(drug.T_BHTT WHERE ...), after the opening parenthesis. */
static kiem_status parse_aggregate(parser *p, km_syntax *node) {
    km_syntax *value, *where;
    node->kind = KM_SYNTAX_AGGREGATE;
    KM_TRY(parse_sum(p, &value));
    if (value->kind == KM_SYNTAX_NAME && value->qualifier.length == 0) {
        node->qualifier = value->name;
    } else {
        node->has_value = true;
        KM_TRY(add_child(p, node, value));
    }
    if (accept_keyword(p, "WHERE")) {
        node->has_where = true;
        KM_TRY(parse_or(p, &where));
        KM_TRY(add_child(p, node, where));
    }
    return expect(p, ")");
}

/* The inside of same(key, key WHERE ...). */
static kiem_status parse_same(parser *p, km_syntax *node) {
    km_syntax *argument;
    node->kind = KM_SYNTAX_SAME;
    do {
        KM_TRY(parse_or(p, &argument));
        KM_TRY(add_child(p, node, argument));
    } while (accept(p, ","));
    node->has_where = accept_keyword(p, "WHERE");
    if (node->has_where) {
        KM_TRY(parse_or(p, &argument));
        KM_TRY(add_child(p, node, argument));
    }
    return expect(p, ")");
}

static kiem_status parse_arguments(parser *p, km_syntax *node) {
    km_syntax *argument;
    if (accept(p, ")")) return KIEM_OK;
    do {
        KM_TRY(parse_or(p, &argument));
        KM_TRY(add_child(p, node, argument));
    } while (accept(p, ","));
    return expect(p, ")");
}

/* [AT expr] after table.column */
static kiem_status parse_at(parser *p, km_syntax *node) {
    if (!accept_keyword(p, "AT")) return KIEM_OK;
    return parse_unary(p, &node->at);
}

static kiem_status parse_named(parser *p, km_syntax **out) {
    KM_TRY(new_node(p, KM_SYNTAX_NAME, here(p), out));
    km_syntax *node = *out;
    node->name = p->token.text;
    advance(p);
    if (accept(p, "(")) {
        if (is_aggregate(node->name)) {
            KM_TRY(parse_aggregate(p, node));
        } else if (km_text_equal_fold(node->name, KM_TEXT("same"))) {
            KM_TRY(parse_same(p, node));
        } else {
            node->kind = KM_SYNTAX_CALL;
            KM_TRY(parse_arguments(p, node));
            if (accept(p, ".")) {
                node->kind = KM_SYNTAX_LOOKUP;
                node->qualifier = node->name;
                KM_TRY(take_name(p, "a column of the table", &node->name));
                KM_TRY(parse_at(p, node));
            }
        }
    } else if (accept(p, ".")) {
        node->qualifier = node->name;
        KM_TRY(take_name(p, "a name after the point", &node->name));
        if (km_token_keyword(&p->token, "AT")) node->kind = KM_SYNTAX_LOOKUP;
        KM_TRY(parse_at(p, node));
    }
    end_node(p, node);
    return KIEM_OK;
}

static kiem_status parse_literal(parser *p, km_syntax_kind kind, km_syntax **out) {
    KM_TRY(new_node(p, kind, here(p), out));
    (*out)->text = p->token.text;
    if (kind == KM_SYNTAX_STRING) KM_TRY(string_value(p, p->token.text, &(*out)->text));
    advance(p);
    end_node(p, *out);
    return KIEM_OK;
}

/* Words that cannot begin a value: what should stand before them is missing. */
static bool is_reserved(const km_token *token) {
    static const char *const words[] = {"AND",  "OR",   "NOT",  "IS",  "IN",    "BETWEEN", "LIKE",
                                        "WHEN", "THEN", "ELSE", "END", "WHERE", "MATCHES"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (km_token_keyword(token, words[i])) return true;
    }
    return false;
}

static kiem_status parse_primary(parser *p, km_syntax **out) {
    if (p->token.kind == KM_TOKEN_NUMBER) return parse_literal(p, KM_SYNTAX_NUMBER, out);
    if (p->token.kind == KM_TOKEN_STRING) return parse_literal(p, KM_SYNTAX_STRING, out);
    if (km_token_keyword(&p->token, "NULL")) return parse_literal(p, KM_SYNTAX_NULL, out);
    if (km_token_keyword(&p->token, "CASE")) return parse_case(p, out);
    if (accept(p, "(")) {
        KM_TRY(parse_or(p, out));
        return expect(p, ")");
    }
    if (p->token.kind != KM_TOKEN_NAME || is_reserved(&p->token)) return fail_at_token(p, "a value");
    km_token first = p->token;
    size_t after = p->offset;
    km_token second = km_token_next(p->expression, &after);
    bool quoted = second.kind == KM_TOKEN_STRING;
    if (quoted && km_token_keyword(&first, "DATE")) {
        KM_TRY(new_node(p, KM_SYNTAX_DATE, here(p), out));
        advance(p);
        KM_TRY(take_string(p, &(*out)->text));
        end_node(p, *out);
        return KIEM_OK;
    }
    if (quoted && km_token_keyword(&first, "INTERVAL")) {
        KM_TRY(new_node(p, KM_SYNTAX_INTERVAL, here(p), out));
        advance(p);
        KM_TRY(take_string(p, &(*out)->text));
        KM_TRY(take_name(p, "MINUTE, HOUR, DAY, MONTH or YEAR", &(*out)->name));
        end_node(p, *out);
        return KIEM_OK;
    }
    return parse_named(p, out);
}

static kiem_status deeper(parser *p) {
    if (++p->depth <= KM_EXPRESSION_DEPTH_MAX) return KIEM_OK;
    return km_fail_at(p->error, KIEM_E_POLICY, km_place_inside(p->place, p->expression, here(p)),
                      "the expression is nested more than %d deep", KM_EXPRESSION_DEPTH_MAX);
}

static kiem_status parse_unary(parser *p, km_syntax **out) {
    if (!km_token_is(&p->token, "-")) return parse_primary(p, out);
    km_syntax *operand = NULL;
    KM_TRY(deeper(p));
    KM_TRY(new_node(p, KM_SYNTAX_NEGATE, here(p), out));
    advance(p);
    KM_TRY(parse_unary(p, &operand));
    p->depth--;
    return add_child(p, *out, operand);
}

/* left-associative chains of two operators over a tighter level */
static kiem_status parse_chain(parser *p, const char *first, const char *second,
                               kiem_status (*tighter)(parser *, km_syntax **), km_syntax **out) {
    KM_TRY(tighter(p, out));
    while (km_token_is(&p->token, first) || km_token_is(&p->token, second)) {
        km_syntax *node, *right;
        KM_TRY(new_node(p, KM_SYNTAX_ARITHMETIC, (*out)->source.ptr, &node));
        node->text = p->token.text;
        advance(p);
        KM_TRY(tighter(p, &right));
        KM_TRY(add_child(p, node, *out));
        KM_TRY(add_child(p, node, right));
        *out = node;
    }
    return KIEM_OK;
}

static kiem_status parse_product(parser *p, km_syntax **out) {
    return parse_chain(p, "*", "/", parse_unary, out);
}

static kiem_status parse_sum(parser *p, km_syntax **out) {
    KM_TRY(deeper(p));
    KM_TRY(parse_chain(p, "+", "-", parse_product, out));
    p->depth--;
    return KIEM_OK;
}

static kiem_status parse_in(parser *p, km_syntax *node) {
    km_syntax *item;
    if (!accept(p, "(")) {
        node->kind = KM_SYNTAX_IN_TABLE;
        KM_TRY(take_name(p, "'(' or a table", &node->qualifier));
        KM_TRY(expect(p, "."));
        KM_TRY(take_name(p, "a column of the table", &node->name));
        return parse_at(p, node);
    }
    do {
        KM_TRY(parse_unary(p, &item));
        KM_TRY(add_child(p, node, item));
    } while (accept(p, ","));
    return expect(p, ")");
}

static bool is_comparison(const km_token *token) {
    static const char *const operators[] = {"=", "<>", "!=", "<", "<=", ">", ">="};
    for (size_t i = 0; i < sizeof operators / sizeof operators[0]; i++) {
        if (km_token_is(token, operators[i])) return true;
    }
    return false;
}

/* What may follow a sum to make it a condition. *out stays the sum when nothing does. */
static kiem_status parse_predicate_tail(parser *p, km_syntax *left, km_syntax **out) {
    km_syntax *node, *right;
    bool negated = false;
    if (is_comparison(&p->token)) {
        KM_TRY(new_node(p, KM_SYNTAX_COMPARE, left->source.ptr, &node));
        node->text = p->token.text;
        advance(p);
        KM_TRY(parse_sum(p, &right));
        KM_TRY(add_child(p, node, left));
        KM_TRY(add_child(p, node, right));
        *out = node;
        if (!is_comparison(&p->token)) return KIEM_OK;
        return fail_at_token(p, "AND between two comparisons");
    }
    KM_TRY(new_node(p, KM_SYNTAX_IN, left->source.ptr, &node));
    KM_TRY(add_child(p, node, left));
    if (accept_keyword(p, "IS")) {
        negated = accept_keyword(p, "NOT");
        node->kind = KM_SYNTAX_IS_NULL;
        KM_TRY(expect_keyword(p, "NULL"));
    } else {
        negated = accept_keyword(p, "NOT");
        if (accept_keyword(p, "IN")) {
            KM_TRY(parse_in(p, node));
        } else if (accept_keyword(p, "BETWEEN")) {
            node->kind = KM_SYNTAX_BETWEEN;
            KM_TRY(parse_sum(p, &right));
            KM_TRY(add_child(p, node, right));
            KM_TRY(expect_keyword(p, "AND"));
            KM_TRY(parse_sum(p, &right));
            KM_TRY(add_child(p, node, right));
        } else if (accept_keyword(p, "LIKE")) {
            node->kind = KM_SYNTAX_LIKE;
            KM_TRY(take_string(p, &node->text));
        } else if (accept_keyword(p, "MATCHES")) {
            node->kind = KM_SYNTAX_MATCHES;
            KM_TRY(take_string(p, &node->text));
        } else {
            return negated ? fail_at_token(p, "IN, BETWEEN, LIKE or MATCHES") : KIEM_OK;
        }
    }
    end_node(p, node);
    *out = node;
    if (!negated) return KIEM_OK;
    KM_TRY(new_node(p, KM_SYNTAX_NOT, left->source.ptr, out));
    return add_child(p, *out, node);
}

static kiem_status parse_not(parser *p, km_syntax **out) {
    if (km_token_keyword(&p->token, "NOT")) {
        km_syntax *operand;
        KM_TRY(deeper(p));
        KM_TRY(new_node(p, KM_SYNTAX_NOT, here(p), out));
        advance(p);
        KM_TRY(parse_not(p, &operand));
        p->depth--;
        return add_child(p, *out, operand);
    }
    KM_TRY(parse_sum(p, out));
    return parse_predicate_tail(p, *out, out);
}

static kiem_status parse_logic(parser *p, km_syntax_kind kind, const char *keyword,
                               kiem_status (*tighter)(parser *, km_syntax **), km_syntax **out) {
    km_syntax *first, *next;
    KM_TRY(tighter(p, &first));
    *out = first;
    if (!km_token_keyword(&p->token, keyword)) return KIEM_OK;
    KM_TRY(new_node(p, kind, first->source.ptr, out));
    KM_TRY(add_child(p, *out, first));
    while (accept_keyword(p, keyword)) {
        KM_TRY(tighter(p, &next));
        KM_TRY(add_child(p, *out, next));
    }
    return KIEM_OK;
}

static kiem_status parse_and(parser *p, km_syntax **out) {
    return parse_logic(p, KM_SYNTAX_AND, "AND", parse_not, out);
}

static kiem_status parse_or(parser *p, km_syntax **out) {
    KM_TRY(deeper(p));
    KM_TRY(parse_logic(p, KM_SYNTAX_OR, "OR", parse_and, out));
    p->depth--;
    return KIEM_OK;
}

kiem_status km_parse(km_arena *arena, km_text expression, km_place place, km_syntax **out, km_error *error) {
    if (expression.length > KM_EXPRESSION_LENGTH_MAX) {
        return km_fail_at(error, KIEM_E_POLICY, place, "the expression is longer than %d bytes",
                          KM_EXPRESSION_LENGTH_MAX);
    }
    parser p = {.arena = arena, .expression = expression, .place = place, .error = error};
    advance(&p);
    KM_TRY(parse_or(&p, out));
    if (p.token.kind != KM_TOKEN_END) return fail_at_token(&p, "AND, OR or the end");
    return KIEM_OK;
}
