/* Expression text to syntax tree. Names and types are not looked at here. */
#ifndef KM_RULES_PARSE_H
#define KM_RULES_PARSE_H

#include "base/arena.h"
#include "base/error.h"

typedef enum km_syntax_kind {
    KM_SYNTAX_NUMBER,
    KM_SYNTAX_STRING,   /* text, with doubled quotes undone */
    KM_SYNTAX_DATE,     /* DATE 'yyyy-mm-dd' */
    KM_SYNTAX_INTERVAL, /* INTERVAL 'n' unit: text = n, name = unit */
    KM_SYNTAX_NULL,
    KM_SYNTAX_NAME,    /* name, or qualifier.name */
    KM_SYNTAX_CALL,    /* name(children) */
    KM_SYNTAX_LOOKUP,  /* qualifier(children).name; at = child after them, or NULL */
    KM_SYNTAX_COMPARE, /* children 0 and 1; text = operator */
    KM_SYNTAX_ARITHMETIC,
    KM_SYNTAX_NEGATE,
    KM_SYNTAX_AND,
    KM_SYNTAX_OR,
    KM_SYNTAX_NOT,
    KM_SYNTAX_IS_NULL,
    KM_SYNTAX_IN,        /* child 0 in children 1..n */
    KM_SYNTAX_IN_TABLE,  /* child 0 in qualifier.name; at */
    KM_SYNTAX_BETWEEN,   /* children 0, 1, 2 */
    KM_SYNTAX_LIKE,      /* child 0, text */
    KM_SYNTAX_MATCHES,   /* child 0, text */
    KM_SYNTAX_CASE,      /* children: when, then, when, then, ..., [else] */
    KM_SYNTAX_AGGREGATE, /* name(qualifier or child 0 [WHERE child last]): flags in has_where, has_value */
    KM_SYNTAX_SAME       /* same(children [WHERE child last]) */
} km_syntax_kind;

typedef struct km_syntax {
    km_syntax_kind kind;
    km_text text;      /* operator, number or string */
    km_text name;      /* field, function or column */
    km_text qualifier; /* scope or table, empty when none */
    km_text source;    /* the piece of the expression, for messages */
    struct km_syntax *at;
    struct km_syntax **child;
    int children, height;
    bool has_where, has_value;
} km_syntax;

enum {
    KM_EXPRESSION_LENGTH_MAX = 16384, /* bytes of one expression */
    KM_EXPRESSION_DEPTH_MAX = 64,     /* nested parentheses, calls and operators */
    KM_EXPRESSION_HEIGHT_MAX = 100    /* height of the tree: bounds every recursion over it */
};

/* `place` is where the expression starts; errors add the line and column inside it. */
kiem_status km_parse(km_arena *arena, km_text expression, km_place place, km_syntax **out, km_error *error);
/* The place of a piece of an expression that starts at `place`. */
km_place km_place_inside(km_place place, km_text expression, const char *at);

#endif
