/* What the files of the resolver share; nobody else includes this. */
#ifndef KM_RULES_RESOLVE_PARTS_H
#define KM_RULES_RESOLVE_PARTS_H

#include "rules/resolve.h"

/* Any syntax node; then by kind. */
kiem_status km_resolve_node(km_resolver *r, const km_syntax *syntax, km_node_id *out);
kiem_status km_resolve_name(km_resolver *r, const km_syntax *at, km_node_id *out);
kiem_status km_resolve_lookup(km_resolver *r, const km_syntax *at, km_node_id *out);
kiem_status km_resolve_in_table(km_resolver *r, const km_syntax *at, km_node_id *out);
kiem_status km_resolve_predicate(km_resolver *r, const km_syntax *syntax, km_node_id *out);
kiem_status km_resolve_arithmetic(km_resolver *r, const km_syntax *syntax, km_node_id *out);
kiem_status km_resolve_call(km_resolver *r, const km_syntax *syntax, km_node_id *out);
kiem_status km_resolve_need_condition(km_resolver *r, const km_syntax *syntax, km_node_id *out);
/* A literal or expression that goes with `like`: a text takes its type, NULL its type and scale. */
kiem_status km_resolve_like(km_resolver *r, const km_syntax *syntax, km_node_id like, km_node_id *out);

static inline const km_node *km_resolve_at(const km_resolver *r, km_node_id id) {
    return km_node_at(r->graph, id);
}
static inline km_type km_resolve_type(const km_resolver *r, km_node_id id) {
    return (km_type)km_resolve_at(r, id)->type;
}
bool km_resolve_is_date(km_type type); /* DATE or TIME */
bool km_resolve_is_literal(const km_syntax *syntax);
/* The code of a literal; of diagnoses as the reader keeps them, upper-cased, without dagger and asterisk. */
bool km_resolve_pack(km_text text, bool diagnosis, uint64_t *out);
/* The field a node reads directly, or NULL. */
const km_field *km_resolve_field(const km_resolver *r, km_node_id id);
const km_lookup *km_resolve_find_lookup(const km_resolver *r, km_text name);

/* Room for that many arguments, kept with the graph; NULL when out of memory. Large arrays stay off the
 * stack, since expressions nest. */
km_node_id *km_resolve_room(km_resolver *r, int count);
kiem_status km_resolve_add(km_resolver *r, km_node node, const km_node_id *arguments, int count,
                           km_node_id *out);
/* The node is shown in evidence under this name. */
kiem_status km_resolve_label(km_resolver *r, km_node_id id, km_text label);
kiem_status km_resolve_constant(km_resolver *r, const km_value *value, km_node_id *out);
kiem_status km_resolve_number(km_resolver *r, int64_t number, int scale, km_node_id *out);
/* The value of a node of another scope for the rows at hand: children see their claim. */
kiem_status km_resolve_seen_from(km_resolver *r, const km_syntax *at, km_node_id inner, km_node_id *out);
/* Both numbers at the larger of their scales, both dates as days; other types must be equal. */
kiem_status km_resolve_unify(km_resolver *r, const km_syntax *at, km_node_id *a, km_node_id *b);
/* A piece of a text can be a text or, when it is short, a code; other nodes stay as they are. */
kiem_status km_resolve_piece_as(km_resolver *r, km_node_id *id, km_type type);
/* The same for a comparison, which a number too large for the scale does not make NULL. */
kiem_status km_resolve_comparable(km_resolver *r, const km_syntax *at, km_node_id *a, km_node_id *b);
kiem_status km_resolve_rescale(km_resolver *r, km_node_id *id, int scale);
/* A date, or the day of a time. */
kiem_status km_resolve_as_day(km_resolver *r, const km_syntax *at, km_node_id *id);

void km_resolve_error(km_resolver *r, const km_syntax *at, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Records what is wrong with a piece of the expression and is the status. */
#define km_resolve_fail(r, at, ...) (km_resolve_error((r), (at), __VA_ARGS__), KIEM_E_POLICY)
/* Two types that do not go together, with advice. */
kiem_status km_resolve_fail_types(km_resolver *r, const km_syntax *at, km_node_id a, km_node_id b);

#endif
