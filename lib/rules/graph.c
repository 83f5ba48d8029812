#include "rules/graph.h"

#include <string.h>

#include "base/hash.h"
#include "rules/apply.h"

void km_graph_init(km_graph *graph, const km_mem *mem) {
    *graph = (km_graph){.mem = mem};
    km_arena_init(&graph->arena, mem);
    km_map_init(&graph->index, mem);
}

void km_graph_free(km_graph *graph) {
    if (!graph->mem) return;
    for (size_t i = 0; i < graph->regex_count; i++) km_regex_free(graph->regexes[i].regex);
    km_free(graph->mem, graph->regexes, graph->regex_capacity * sizeof *graph->regexes);
    km_free(graph->mem, graph->nodes, graph->capacity * sizeof *graph->nodes);
    km_free(graph->mem, graph->arguments, graph->argument_capacity * sizeof *graph->arguments);
    km_map_free(&graph->index);
    km_arena_free(&graph->arena);
    *graph = (km_graph){0};
}

static uint64_t node_hash(const km_node *node, const km_node_id *arguments) {
    struct {
        uint8_t op, type, scale, scope, detail;
        uint8_t zero[3];
        int64_t number;
        uint64_t extra, text;
    } key;
    memset(&key, 0, sizeof key);
    key.op = node->op;
    key.type = node->type;
    key.scale = node->scale;
    key.scope = node->scope;
    key.detail = node->detail;
    key.number = node->number;
    key.extra = (uint64_t)(uintptr_t)node->extra;
    key.text = km_hash_text(node->text);
    uint64_t hash = km_hash(&key, sizeof key, node->count);
    return km_hash(arguments, node->count * sizeof *arguments, hash);
}

static bool same_node(const km_graph *graph, const km_node *a, const km_node *b,
                      const km_node_id *arguments) {
    return a->op == b->op && a->type == b->type && a->scale == b->scale && a->scope == b->scope &&
           a->detail == b->detail && a->count == b->count && a->number == b->number && a->extra == b->extra &&
           km_text_equal(a->text, b->text) &&
           (a->count == 0 ||
            memcmp(graph->arguments + a->first, arguments, a->count * sizeof *arguments) == 0);
}

/* Two different nodes with one 64-bit hash: the second simply is not shared. */
static km_node_id insert(km_graph *graph, km_node *node, const km_node_id *arguments) {
    bool is_new;
    uint32_t *slot = km_map_insert(&graph->index, node_hash(node, arguments), &is_new);
    if (!slot) return KM_NODE_NONE;
    if (*slot && same_node(graph, &graph->nodes[*slot - 1], node, arguments)) return (km_node_id)*slot - 1;
    if (!km_grow(graph->mem, (void **)&graph->nodes, &graph->capacity, graph->count + 1,
                 sizeof *graph->nodes) ||
        !km_grow(graph->mem, (void **)&graph->arguments, &graph->argument_capacity,
                 graph->argument_count + node->count + 1, sizeof *graph->arguments)) {
        return KM_NODE_NONE;
    }
    node->first = (int32_t)graph->argument_count;
    if (node->count)
        memcpy(graph->arguments + graph->argument_count, arguments, node->count * sizeof *arguments);
    graph->argument_count += node->count;
    graph->nodes[graph->count] = *node;
    *slot = (uint32_t)++graph->count;
    return (km_node_id)graph->count - 1;
}

kiem_status km_graph_regex(km_graph *graph, km_text pattern, const km_regex **out, size_t *error_offset,
                           char *message, size_t message_size) {
    for (size_t i = 0; i < graph->regex_count; i++) {
        if (!km_text_equal(graph->regexes[i].pattern, pattern)) continue;
        *out = graph->regexes[i].regex;
        return KIEM_OK;
    }
    km_text copy = km_arena_text(&graph->arena, pattern);
    if (!copy.ptr || !km_grow(graph->mem, (void **)&graph->regexes, &graph->regex_capacity,
                              graph->regex_count + 1, sizeof *graph->regexes)) {
        return KIEM_E_NOMEM;
    }
    km_regex *regex;
    KM_TRY(km_regex_new(graph->mem, copy, &regex, error_offset, message, message_size));
    graph->regexes[graph->regex_count].pattern = copy;
    graph->regexes[graph->regex_count++].regex = regex;
    *out = regex;
    return KIEM_OK;
}

static bool is_leaf(uint8_t op) {
    return op == KM_OP_CONST || op == KM_OP_FIELD;
}

static bool is_aggregate(uint8_t op) {
    return op >= KM_OP_SUM && op <= KM_OP_EXISTS;
}

enum { FOLDED_MAX = 8 };

static bool fold(const km_graph *graph, const km_node *node, const km_node_id *arguments, km_value *out) {
    if (is_leaf(node->op) || node->op == KM_OP_PARENT || is_aggregate(node->op) || node->op == KM_OP_SAME ||
        node->count > FOLDED_MAX)
        return false;
    km_value values[FOLDED_MAX];
    for (int i = 0; i < node->count; i++) {
        const km_node *argument = &graph->nodes[arguments[i]];
        if (argument->op != KM_OP_CONST) return false;
        values[i] = km_node_constant(argument);
    }
    /* these need scratch memory, or a constant would hide which table was asked */
    bool kept = node->op == KM_OP_MATCHES || node->op == KM_OP_LOOKUP || node->op == KM_OP_IN_LOOKUP;
    if (kept) return false;
    km_apply_context context = {0};
    *out = km_apply(&context, node, values);
    return context.nulls_made == 0;
}

static const double ANY_NUMBER = 9.3e18; /* as large as an int64 gets */
static const double MONEY_MAX = 1e17;    /* what the reader accepts: 10^15 dong in hundredths */
static const double SAFE =
    9.2e18; /* below this an int64 cannot overflow, whatever the rounding of the bound */

static double field_bound(const km_node *node) {
    int count;
    const km_field *field = &km_fields((km_scope)node->scope, &count)[node->number];
    if (field->flags & KM_FIELD_MONEY) return MONEY_MAX;
    return km_field_width(field) == 4 ? 2147483648.0 : ANY_NUMBER;
}

static double argument_bound(const km_graph *graph, const km_node_id *arguments, int i) {
    return graph->nodes[arguments[i]].bound;
}

/* What rounding to fewer digits leaves of a bound. */
static double bound_with_digits(double bound, int from, int to) {
    for (; from < to; from++) bound *= 10;
    if (from == to) return bound;
    for (; from > to; from--) bound /= 10;
    return bound + 1;
}

/* The largest number of a column of a table. */
static double cell_bound(const km_node *node) {
    const km_lookup *lookup = node->extra;
    double bound = 0;
    for (uint32_t row = 0; row < lookup->rows; row++) {
        double number = (double)lookup->column[node->number].cells[row].number;
        if (number > bound || -number > bound) bound = number < 0 ? -number : number;
    }
    return bound;
}

static double bound_of(const km_graph *graph, const km_node *node, const km_node_id *arguments) {
    double bound = 0;
    switch (node->op) {
    case KM_OP_FIELD: return field_bound(node);
    case KM_OP_ADD:
    case KM_OP_SUBTRACT:
        bound = argument_bound(graph, arguments, 0) + argument_bound(graph, arguments, 1);
        break;
    case KM_OP_MULTIPLY:
        bound = argument_bound(graph, arguments, 0) * argument_bound(graph, arguments, 1);
        bound = bound_with_digits(bound, graph->nodes[arguments[0]].scale + graph->nodes[arguments[1]].scale,
                                  node->scale);
        break;
    case KM_OP_RESCALE:
        bound = argument_bound(graph, arguments, 0);
        bound = bound_with_digits(bound, graph->nodes[arguments[0]].scale, node->scale);
        break;
    case KM_OP_LOOKUP: bound = cell_bound(node); break;
    case KM_OP_PARENT:
    case KM_OP_SHIFT:
    case KM_OP_ABS: return argument_bound(graph, arguments, 0);
    case KM_OP_GREATEST:
    case KM_OP_LEAST:
    case KM_OP_COALESCE:
    case KM_OP_CASE:
        for (int i = 0; i < node->count; i++) {
            if (argument_bound(graph, arguments, i) > bound) bound = argument_bound(graph, arguments, i);
        }
        break;
    case KM_OP_PART:
    case KM_OP_LENGTH:
    case KM_OP_LIST_COUNT:
    case KM_OP_DAYS_BETWEEN:
    case KM_OP_MINUTES_BETWEEN:
    case KM_OP_AGE_DAYS:
    case KM_OP_AGE_YEARS:
    case KM_OP_COUNT:
    case KM_OP_SAME: return 1e10;
    default: return ANY_NUMBER;
    }
    return bound < SAFE ? bound : ANY_NUMBER;
}

static bool can_fail(const km_node *node) {
    switch (node->op) {
    case KM_OP_ADD:
    case KM_OP_SUBTRACT:
    case KM_OP_MULTIPLY:
    case KM_OP_SUM: return node->bound >= SAFE;
    case KM_OP_RESCALE: return node->bound >= SAFE && !node->detail;
    case KM_OP_DIVIDE:
    case KM_OP_MATCHES:
    case KM_OP_ADD_DAYS:
    case KM_OP_ADD_MINUTES:
    case KM_OP_ADD_MONTHS: return true;
    default: return false;
    }
}

static bool is_slow(const km_graph *graph, const km_node *node, const km_node_id *arguments) {
    bool works = !is_leaf(node->op) && node->op != KM_OP_PARENT && node->op != KM_OP_IS_NULL;
    for (int i = 0; i < node->count; i++) {
        if (works && graph->nodes[arguments[i]].type == KM_TYPE_TEXT) return true;
    }
    return is_aggregate(node->op) || node->op == KM_OP_SAME;
}

/* Costs measured against one comparison of numbers; a pattern can take as many steps as its match limit lets
 * it, so it weighs most. */
static unsigned operation_cost(const km_node *node) {
    switch (node->op) {
    case KM_OP_CONST: return 0;
    case KM_OP_MATCHES: return 100;
    case KM_OP_SAME: return 1000; /* alone it looks at all lines of the claim: always by the batch */
    case KM_OP_LIKE:
    case KM_OP_HAS_CODE:
    case KM_OP_LOOKUP:
    case KM_OP_IN_LOOKUP: return 10;
    default: return is_aggregate(node->op) ? 10 : 1;
    }
}

/* The field that all arguments are or read, if it is one and what is made of it is up to its value alone. */
static km_node_id only_column(const km_graph *graph, const km_node *node, const km_node_id *arguments) {
    km_node_id only = KM_NODE_NONE;
    if (node->op == KM_OP_PARENT || node->op == KM_OP_SAME || is_aggregate(node->op)) return KM_NODE_NONE;
    for (int i = 0; i < node->count; i++) {
        const km_node *argument = &graph->nodes[arguments[i]];
        km_node_id column = argument->op == KM_OP_FIELD ? arguments[i] : argument->column;
        if (argument->op == KM_OP_CONST) continue;
        if (column == KM_NODE_NONE || (only != KM_NODE_NONE && only != column)) return KM_NODE_NONE;
        only = column;
    }
    return only;
}

km_node_id km_graph_add(km_graph *graph, km_node node, const km_node_id *arguments, int count) {
    km_value folded;
    node.count = (uint16_t)count;
    if (count && fold(graph, &node, arguments, &folded)) {
        return km_graph_constant(graph, (km_scope)graph->nodes[arguments[0]].scope, &folded);
    }
    node.tree = 1 + operation_cost(&node);
    for (int i = 0; i < count; i++) {
        const km_node *argument = &graph->nodes[arguments[i]];
        if (__builtin_add_overflow(node.tree, argument->tree, &node.tree)) node.tree = UINT32_MAX;
        if (argument->stratum > node.stratum) node.stratum = argument->stratum;
        node.fallible = node.fallible || argument->fallible;
        node.slow = node.slow || argument->slow;
        if (node.op != KM_OP_PARENT && !is_aggregate(node.op)) node.scope = argument->scope;
    }
    if (is_aggregate(node.op)) node.scope = KM_SCOPE_CLAIM;
    node.bound = bound_of(graph, &node, arguments);
    node.fallible = node.fallible || can_fail(&node);
    node.slow = node.slow || is_slow(graph, &node, arguments);
    node.column = only_column(graph, &node, arguments);
    return insert(graph, &node, arguments);
}

km_node_id km_graph_constant(km_graph *graph, km_scope scope, const km_value *value) {
    km_node node = {.op = KM_OP_CONST,
                    .tree = 1,
                    .column = KM_NODE_NONE,
                    .type = (uint8_t)value->type,
                    .scale = value->scale,
                    .scope = (uint8_t)scope,
                    .detail = value->known};
    if (value->type == KM_TYPE_TEXT && value->known) {
        node.text = km_arena_text(&graph->arena, value->text);
        if (!node.text.ptr) return KM_NODE_NONE;
    } else if (value->known) {
        node.number = value->type == KM_TYPE_CODE ? (int64_t)value->code : value->number;
    }
    node.bound = node.number < 0 ? -(double)node.number : (double)node.number;
    return insert(graph, &node, NULL);
}

kiem_status km_graph_label(km_graph *graph, km_node_id id, km_text label) {
    if (graph->nodes[id].label.length) return KIEM_OK;
    km_text copy = km_arena_text(&graph->arena, label);
    if (!copy.ptr) return KIEM_E_NOMEM;
    graph->nodes[id].label = copy;
    return KIEM_OK;
}

kiem_status km_graph_name(km_graph *graph, km_node_id id, km_text name) {
    km_node *node = &graph->nodes[id];
    if (node->named) return KIEM_OK;
    node->label = (km_text){0};
    node->named = true;
    return km_graph_label(graph, id, name);
}

km_value km_node_constant(const km_node *node) {
    return (km_value){.type = (km_type)node->type,
                      .scale = node->scale,
                      .known = node->detail != 0,
                      .number = node->type == KM_TYPE_CODE ? 0 : node->number,
                      .code = node->type == KM_TYPE_CODE ? (uint64_t)node->number : 0,
                      .text = node->text};
}

static void walk(km_graph *graph, km_node_id id, bool whole, km_reads *reads) {
    km_node *node = &graph->nodes[id];
    if (node->mark == graph->walks) return;
    node->mark = graph->walks;
    reads->cost += operation_cost(node);
    if (node->op == KM_OP_FIELD) km_fieldset_add(&reads->fields[node->scope], (int)node->number);
    if (node->opaque && !whole) return;
    for (int i = 0; i < node->count; i++) walk(graph, km_node_argument(graph, node, i), whole, reads);
}

void km_graph_reads(km_graph *graph, km_node_id id, bool whole, km_reads *reads) {
    graph->walks++;
    if (id != KM_NODE_NONE) walk(graph, id, whole, reads);
}
