#include "rules/resolve_parts.h"

enum { TERM_DEPTH_MAX = 16 };

/* The value of a node of another scope for the rows at hand: children see their claim. */
kiem_status km_resolve_seen_from(km_resolver *r, const km_syntax *at, km_node_id inner, km_node_id *out) {
    const km_node *node = km_resolve_at(r, inner);
    *out = inner;
    if (node->scope == r->scope) return KIEM_OK;
    if (node->scope != KM_SCOPE_CLAIM) {
        return km_resolve_fail(r, at, "a %s value cannot be used here; use sum, count, min, max or exists",
                               km_scope_name((km_scope)node->scope));
    }
    km_node parent = {
        .op = KM_OP_PARENT, .type = node->type, .scale = node->scale, .scope = (uint8_t)r->scope};
    return km_resolve_add(r, parent, &inner, 1, out);
}

static kiem_status resolve_field(km_resolver *r, const km_syntax *at, km_scope scope, int field,
                                 km_node_id *out) {
    int count;
    const km_field *about = &km_fields(scope, &count)[field];
    km_node node = {.op = KM_OP_FIELD,
                    .type = (uint8_t)about->type,
                    .scale = about->scale,
                    .scope = (uint8_t)scope,
                    .stratum = (uint8_t)about->stratum,
                    .number = field};
    km_node_id inner;
    KM_TRY(km_resolve_add(r, node, NULL, 0, &inner));
    return km_resolve_seen_from(r, at, inner, out);
}

static kiem_status resolve_term(km_resolver *r, const km_syntax *at, const km_term *term, km_node_id *out) {
    if (r->depth >= TERM_DEPTH_MAX) {
        return km_resolve_fail(r, at, "'%.*s' leads back to itself, or terms are nested more than %d deep",
                               KM_TEXT_ARG(term->name), TERM_DEPTH_MAX);
    }
    if (term->scope != r->scope && term->scope != KM_SCOPE_CLAIM) {
        return km_resolve_fail(r, at, "'%.*s' is about a %s", KM_TEXT_ARG(term->name),
                               km_scope_name(term->scope));
    }
    km_resolver inner = *r;
    inner.scope = term->scope;
    inner.depth++;
    if (term->scope != r->scope || term->is_column) inner.day = KM_NODE_NONE;
    km_node_id node = term->node;
    if (node != KM_NODE_NONE) return km_resolve_seen_from(r, at, node, out);
    if (term->is_column) KM_TRY(km_resolve(&inner, KM_TEXT("date(claim.NGAY_RA)"), term->place, &inner.day));
    KM_TRY(km_resolve(&inner, term->expression, term->place, &node));
    const km_node *found = km_resolve_at(r, node);
    bool shown = found->type != KM_TYPE_BOOL && found->op != KM_OP_FIELD && found->op != KM_OP_CONST;
    if (shown && km_graph_name(r->graph, node, term->name) != KIEM_OK) return km_nomem(r->error);
    return km_resolve_seen_from(r, at, node, out);
}

static const km_term *find_term(const km_resolver *r, km_text name) {
    for (size_t i = 0; i < r->names->term_count; i++) {
        if (km_text_equal_fold(r->names->terms[i].name, name)) return &r->names->terms[i];
    }
    return NULL;
}

const km_lookup *km_resolve_find_lookup(const km_resolver *r, km_text name) {
    for (size_t i = 0; i < r->names->lookup_count; i++) {
        if (km_text_equal_fold(r->names->lookups[i]->name, name)) return r->names->lookups[i];
    }
    return NULL;
}

static kiem_status unknown_name(km_resolver *r, const km_syntax *at, km_text name) {
    km_nearest nearest;
    int count;
    if (km_resolve_find_lookup(r, name)) {
        return km_resolve_fail(r, at, "'%.*s' is a table: a value is %.*s.COLUMN", KM_TEXT_ARG(name),
                               KM_TEXT_ARG(name));
    }
    km_nearest_init(&nearest, name);
    for (int pass = 0; pass < 2; pass++) { /* own scope first, so that it wins ties */
        const km_field *fields = km_fields(pass ? KM_SCOPE_CLAIM : r->scope, &count);
        for (int i = 0; i < count; i++) km_nearest_offer(&nearest, km_text_from(fields[i].name));
    }
    for (size_t i = 0; i < r->names->term_count; i++) km_nearest_offer(&nearest, r->names->terms[i].name);
    return km_resolve_fail(r, at, "unknown name '%.*s'%s", KM_TEXT_ARG(name), km_nearest_hint(&nearest).text);
}

static void offer_tables(const km_resolver *r, km_nearest *nearest) {
    for (size_t i = 0; i < r->names->lookup_count; i++) km_nearest_offer(nearest, r->names->lookups[i]->name);
}

static kiem_status unknown_qualifier(km_resolver *r, const km_syntax *at) {
    km_nearest nearest;
    km_nearest_init(&nearest, at->qualifier);
    for (int scope = 0; scope < KM_SCOPE_COUNT; scope++)
        km_nearest_offer(&nearest, km_text_from(km_scope_name((km_scope)scope)));
    offer_tables(r, &nearest);
    return km_resolve_fail(r, at, "no scope or table is called '%.*s'%s", KM_TEXT_ARG(at->qualifier),
                           km_nearest_hint(&nearest).text);
}

kiem_status km_resolve_name(km_resolver *r, const km_syntax *at, km_node_id *out) {
    int scope = at->qualifier.length ? km_scope_find(at->qualifier) : (int)r->scope;
    if (scope >= 0) {
        int field = km_field_find((km_scope)scope, at->name);
        if (field >= 0) return resolve_field(r, at, (km_scope)scope, field, out);
        if (at->qualifier.length) {
            const km_term *term = find_term(r, at->name);
            if (term && (int)term->scope == scope) return resolve_term(r, at, term, out);
            km_resolver inner = *r;
            inner.scope = (km_scope)scope;
            return unknown_name(&inner, at, at->name);
        }
        field = km_field_find(KM_SCOPE_CLAIM, at->name); /* a child sees the fields of its claim */
        if (field >= 0) return resolve_field(r, at, KM_SCOPE_CLAIM, field, out);
    }
    if (at->qualifier.length) return unknown_qualifier(r, at);
    const km_term *term = find_term(r, at->name);
    if (term) return resolve_term(r, at, term, out);
    return unknown_name(r, at, at->name);
}

/* ---- look-ups */

kiem_status km_resolve_as_day(km_resolver *r, const km_syntax *at, km_node_id *id) {
    if (km_resolve_type(r, *id) == KM_TYPE_DATE) return KIEM_OK;
    if (km_resolve_type(r, *id) != KM_TYPE_TIME) {
        return km_resolve_fail(r, at, "expected a date, this is a %s", km_type_name(km_resolve_type(r, *id)));
    }
    km_node_id time = *id;
    return km_resolve_add(r, (km_node){.op = KM_OP_DAY_OF, .type = KM_TYPE_DATE}, &time, 1, id);
}

/* The day a table is asked for: AT, else the rule's date. */
static kiem_status lookup_day(km_resolver *r, const km_syntax *at, const km_lookup *lookup, km_node_id *out) {
    if (at->at) {
        KM_TRY(km_resolve_node(r, at->at, out));
        return km_resolve_as_day(r, at->at, out);
    }
    if (!lookup->dated) {
        km_value any = {.type = KM_TYPE_DATE, .known = true};
        return km_resolve_constant(r, &any, out);
    }
    if (r->day != KM_NODE_NONE) return km_resolve_seen_from(r, at, r->day, out);
    return km_resolve_fail(r, at, "rows of table '%.*s' have dates: write AT and a date",
                           KM_TEXT_ARG(lookup->name));
}

static kiem_status need_lookup(km_resolver *r, const km_syntax *at, const km_lookup **lookup, int *column) {
    *lookup = km_resolve_find_lookup(r, at->qualifier);
    if (!*lookup) {
        km_nearest nearest;
        km_nearest_init(&nearest, at->qualifier);
        offer_tables(r, &nearest);
        return km_resolve_fail(r, at, "no table is called '%.*s'%s", KM_TEXT_ARG(at->qualifier),
                               km_nearest_hint(&nearest).text);
    }
    *column = km_lookup_find_column(*lookup, at->name);
    if (*column >= 0) return KIEM_OK;
    km_nearest nearest;
    km_nearest_init(&nearest, at->name);
    for (uint32_t i = 0; i < (*lookup)->columns; i++) km_nearest_offer(&nearest, (*lookup)->column[i].name);
    return km_resolve_fail(r, at, "table '%.*s' has no column '%.*s'%s", KM_TEXT_ARG((*lookup)->name),
                           KM_TEXT_ARG(at->name), km_nearest_hint(&nearest).text);
}

/* A number as a key of fewer digits: NULL unless it is exactly one. */
static kiem_status exact_key(km_resolver *r, const km_syntax *at, int scale, km_node_id *key) {
    km_node_id wide = *key, exact[3] = {KM_NODE_NONE, *key, KM_NODE_NONE};
    km_value null = {.type = KM_TYPE_NUMBER, .scale = (uint8_t)scale};
    KM_TRY(km_resolve_rescale(r, key, scale));
    km_node_id back = exact[1] = *key;
    KM_TRY(km_resolve_comparable(r, at, &back, &wide));
    km_node equal = {.op = KM_OP_COMPARE, .type = KM_TYPE_BOOL, .detail = KM_EQ};
    KM_TRY(km_resolve_add(r, equal, (km_node_id[]){back, wide}, 2, &exact[0]));
    KM_TRY(km_resolve_constant(r, &null, &exact[2]));
    return km_resolve_add(r, (km_node){.op = KM_OP_CASE, .type = KM_TYPE_NUMBER, .scale = (uint8_t)scale},
                          exact, 3, key);
}

/* A key must have the type of the key column; a code may be given for a text key and the other way round. */
static kiem_status resolve_key(km_resolver *r, const km_syntax *at, const km_lookup_column *column,
                               km_node_id *out) {
    km_value sample = {.type = column->type, .scale = column->scale};
    km_node_id like;
    KM_TRY(km_resolve_constant(r, &sample, &like));
    KM_TRY(km_resolve_like(r, at, like, out));
    KM_TRY(km_resolve_piece_as(r, out, column->type));
    const km_node *node = km_resolve_at(r, *out);
    if (node->type == column->type && node->scale == column->scale) return KIEM_OK;
    if (node->type == KM_TYPE_NUMBER && column->type == KM_TYPE_NUMBER)
        return node->scale > column->scale ? exact_key(r, at, column->scale, out)
                                           : km_resolve_rescale(r, out, column->scale);
    return km_resolve_fail(r, at, "the key '%.*s' is a %s, this is a %s", KM_TEXT_ARG(column->name),
                           km_type_name(column->type), km_type_name((km_type)node->type));
}

kiem_status km_resolve_lookup(km_resolver *r, const km_syntax *at, km_node_id *out) {
    const km_lookup *lookup;
    int column;
    km_node_id arguments[KM_LOOKUP_KEYS_MAX + 1];
    KM_TRY(need_lookup(r, at, &lookup, &column));
    if (at->children != lookup->key_count) {
        return km_resolve_fail(r, at, "table '%.*s' has %d key%s, %d given", KM_TEXT_ARG(lookup->name),
                               lookup->key_count, lookup->key_count == 1 ? "" : "s", at->children);
    }
    for (int i = 0; i < at->children; i++) {
        KM_TRY(resolve_key(r, at->child[i], &lookup->column[lookup->keys[i]], &arguments[i]));
    }
    KM_TRY(lookup_day(r, at, lookup, &arguments[at->children]));
    km_node node = {.op = KM_OP_LOOKUP,
                    .type = (uint8_t)lookup->column[column].type,
                    .scale = lookup->column[column].scale,
                    .number = column,
                    .extra = lookup};
    KM_TRY(km_resolve_add(r, node, arguments, at->children + 1, out));
    return km_resolve_label(r, *out, at->source);
}

kiem_status km_resolve_in_table(km_resolver *r, const km_syntax *at, km_node_id *out) {
    const km_lookup *lookup;
    int column;
    km_node_id arguments[2];
    KM_TRY(need_lookup(r, at, &lookup, &column));
    if (lookup->key_count != 1 || lookup->keys[0] != column) {
        return km_resolve_fail(r, at, "IN needs the only key of a table; '%.*s' is not that of '%.*s'",
                               KM_TEXT_ARG(at->name), KM_TEXT_ARG(lookup->name));
    }
    KM_TRY(resolve_key(r, at->child[0], &lookup->column[column], &arguments[0]));
    KM_TRY(lookup_day(r, at, lookup, &arguments[1]));
    return km_resolve_add(r, (km_node){.op = KM_OP_IN_LOOKUP, .type = KM_TYPE_BOOL, .extra = lookup},
                          arguments, 2, out);
}
