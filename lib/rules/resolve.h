/* Syntax tree to typed graph: names, types, and what the words mean for each type. */
#ifndef KM_RULES_RESOLVE_H
#define KM_RULES_RESOLVE_H

#include "rules/graph.h"
#include "rules/names.h"
#include "rules/parse.h"

typedef struct km_resolver {
    km_graph *graph;
    const km_names *names;
    km_scope scope; /* of the rows the expression is about */
    km_node_id day; /* the rule's date in that scope, for look-ups without AT; or KM_NODE_NONE */
    km_text expression;
    km_place place;
    km_error *error;
    int depth; /* of terms inside terms */
} km_resolver;

/* Parses and resolves an expression. */
kiem_status km_resolve(km_resolver *resolver, km_text expression, km_place place, km_node_id *out);
/* The same, and it must be a condition; `what` names it in the error. */
kiem_status km_resolve_condition(km_resolver *resolver, km_text expression, km_place place, const char *what,
                                 km_node_id *out);

#endif
