/* The compiled form of all expressions of a policy: one graph of typed operations. Equal subexpressions are
 * one node (hash-consing), so that a hundred rules that ask for the length of stay compute it once a batch.
 */
#ifndef KM_RULES_GRAPH_H
#define KM_RULES_GRAPH_H

#include "base/arena.h"
#include "base/error.h"
#include "base/map.h"
#include "claim/field.h"
#include "claim/lookup.h"
#include "rules/regex.h"

typedef enum km_op {
    KM_OP_CONST,
    KM_OP_FIELD,  /* number: the field */
    KM_OP_PARENT, /* the value of the claim a child row belongs to */
    /* conditions */
    KM_OP_AND, /* two or more */
    KM_OP_OR,
    KM_OP_NOT,
    KM_OP_IS_NULL,
    KM_OP_COMPARE,   /* detail: km_comparison; operands of one type and scale */
    KM_OP_IN_SET,    /* value, then constants ascending */
    KM_OP_IN_LOOKUP, /* value, day */
    KM_OP_LIKE,      /* text: the pattern */
    KM_OP_MATCHES,
    KM_OP_HAS_CODE,     /* list, code; or list, from, to with detail 1 */
    KM_OP_AGE_AT_LEAST, /* birth, number of units, day; detail: months in a unit */
    /* numbers */
    KM_OP_ADD, /* operands of one scale */
    KM_OP_SUBTRACT,
    KM_OP_MULTIPLY,
    KM_OP_DIVIDE,
    KM_OP_RESCALE, /* to the node's scale, rounding half away from zero; with detail 1 what does not fit is
                      the least or greatest number */
    KM_OP_SHIFT,   /* the same digits at the node's scale: exact division by a power of ten */
    KM_OP_ABS,
    KM_OP_GREATEST,
    KM_OP_LEAST,
    /* dates */
    KM_OP_DAY_OF,      /* time to date */
    KM_OP_ADD_DAYS,    /* date + number */
    KM_OP_ADD_MINUTES, /* time + value * number */
    KM_OP_ADD_MONTHS,  /* date or time + number */
    KM_OP_PART,        /* detail: km_date_part */
    KM_OP_DAYS_BETWEEN,
    KM_OP_MINUTES_BETWEEN,
    KM_OP_AGE_DAYS,
    KM_OP_AGE_YEARS,
    KM_OP_TO_DATE,
    /* text and codes */
    KM_OP_SUBSTR, /* number: start (from 0) and length packed; code or text to code, text to text */
    KM_OP_LENGTH,
    KM_OP_LIST_COUNT,
    KM_OP_TO_NUMBER, /* digits as a whole number; anything else is NULL */
    /* choice */
    KM_OP_COALESCE,
    KM_OP_CASE, /* condition, value, condition, value, ..., value */
    /* tables */
    KM_OP_LOOKUP, /* keys..., day; number: the column */
    /* over child rows */
    KM_OP_SUM,   /* value, condition */
    KM_OP_COUNT, /* condition */
    KM_OP_MIN,
    KM_OP_MAX,
    KM_OP_EXISTS,
    /* over the lines of one claim, for each line */
    KM_OP_SAME /* keys, then with detail 1 a condition: how many lines have the same keys */
} km_op;

typedef enum km_comparison { KM_EQ, KM_NE, KM_LT, KM_LE, KM_GT, KM_GE } km_comparison;
typedef enum km_date_part { KM_YEAR, KM_MONTH, KM_DAY, KM_HOUR, KM_MINUTE_OF_HOUR, KM_WEEKDAY } km_date_part;

typedef int32_t km_node_id;
enum { KM_NODE_NONE = -1, KM_NODE_ARGUMENTS_MAX = 1024, KM_SAME_KEYS_MAX = 8 };

typedef struct km_node {
    uint8_t op, type, scale;
    uint8_t scope;   /* the rows it has a value for */
    uint8_t stratum; /* highest stratum it reads */
    uint8_t detail;
    bool fallible;     /* it or an argument can make a NULL that is counted (overflow, division by zero, regex
                          limit) */
    bool slow;         /* it or an argument works on texts or child rows */
    bool opaque;       /* a column: evidence shows its value, not what it is made of */
    bool named;        /* its label is the name of a term or column */
    uint16_t count;    /* arguments */
    int32_t first;     /* in graph->arguments */
    uint32_t tree;     /* cost when worked out alone, without sharing; stops at UINT32_MAX */
    uint32_t mark;     /* of the last walk that came by */
    km_node_id column; /* the field of its rows that it reads, if it reads one and nothing else */
    int64_t number;
    double bound; /* no known number is larger in absolute value: most sums then need no overflow check */
    km_text text;
    const void *extra; /* km_lookup or km_regex */
    km_text
        label; /* how the policy wrote it, for evidence: look-ups, aggregates, terms; no part of identity */
} km_node;

typedef struct km_graph {
    const km_mem *mem;
    km_arena arena;
    km_node *nodes;
    size_t count, capacity;
    km_node_id *arguments;
    size_t argument_count, argument_capacity;
    km_map index; /* hash of a node -> id + 1 */
    struct {
        km_text pattern;
        km_regex *regex;
    } * regexes;
    size_t regex_count, regex_capacity;
    uint32_t walks;
} km_graph;

void km_graph_init(km_graph *graph, const km_mem *mem);
void km_graph_free(km_graph *graph);

/* Adds the node (or finds its equal) with these arguments. Scope and stratum are worked out from the
 * arguments except for leaves; the caller sets op, type, scale, detail, number, text, extra. A node whose
 * arguments are all constants becomes a constant. KM_NODE_NONE when out of memory. */
km_node_id km_graph_add(km_graph *graph, km_node node, const km_node_id *arguments, int count);
/* A constant for use with rows of that scope; km_value.known false gives NULL of the value's type. */
km_node_id km_graph_constant(km_graph *graph, km_scope scope, const km_value *value);

/* Gives a node a label if it has none. */
kiem_status km_graph_label(km_graph *graph, km_node_id id, km_text label);
/* The name of a term or column, in place of how rules wrote the same. */
kiem_status km_graph_name(km_graph *graph, km_node_id id, km_text name);

static inline const km_node *km_node_at(const km_graph *graph, km_node_id id) {
    return &graph->nodes[id];
}
static inline km_node_id km_node_argument(const km_graph *graph, const km_node *node, int i) {
    return graph->arguments[node->first + i];
}
/* The value of a constant node. */
km_value km_node_constant(const km_node *node);

/* The compiled pattern, shared with every equal one. Errors as km_regex_new. */
kiem_status km_graph_regex(km_graph *graph, km_text pattern, const km_regex **out, size_t *error_offset,
                           char *message, size_t message_size);

/* What a walk over an expression saw; each node counts once. */
typedef struct km_reads {
    km_fieldset fields[KM_SCOPE_COUNT];
    uint64_t cost; /* of a row: 1 an operation, more for aggregates and patterns */
} km_reads;
/* Adds what a node reads; with `whole` false, columns of the policy stay closed. While compiling only. */
void km_graph_reads(km_graph *graph, km_node_id id, bool whole, km_reads *reads);

#endif
