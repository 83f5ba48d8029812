#include "rules/scalar.h"

enum { ARGUMENTS_INLINE = 16 };

static km_value field_value(const km_input *input, const km_node *node, uint32_t row) {
    const km_batch *batch = input->set[node->scope].batch;
    if (!batch) return (km_value){.type = (km_type)node->type, .scale = node->scale};
    return km_batch_value(batch, (int)node->number, row);
}

/* AND, OR, CASE and COALESCE look at no more arguments than they need. */
static km_value lazy(km_apply_context *context, const km_graph *graph, const km_input *input,
                     const km_node *node, uint32_t row) {
    km_value out = {
        .type = (km_type)node->type, .scale = node->scale, .known = true, .number = node->op == KM_OP_AND};
    for (int i = 0; i < node->count; i++) {
        km_value value = km_scalar(context, graph, input, km_node_argument(graph, node, i), row);
        if (node->op == KM_OP_COALESCE) {
            out = value;
            if (value.known) return out;
        } else if (node->op == KM_OP_CASE) {
            if (i == node->count - 1) return value;
            i++;
            if (!value.known || !value.number) continue;
            return km_scalar(context, graph, input, km_node_argument(graph, node, i), row);
        } else if (value.known && value.number == (node->op == KM_OP_OR)) {
            out.known = true;
            out.number = value.number;
            return out;
        } else if (!value.known) {
            out.known = false;
        }
    }
    if (!out.known && node->op != KM_OP_COALESCE) out.number = 0;
    return out;
}

bool km_sum_add(int64_t *sum, int64_t term) {
    return !__builtin_add_overflow(*sum, term, sum);
}

/* Aggregates over the children for which the condition is TRUE (all without one). NULL values do not count;
 * sum of nothing is 0, min and max of nothing are NULL. */
static km_value aggregate(km_apply_context *context, const km_graph *graph, const km_input *input,
                          const km_node *node, uint32_t row) {
    km_value out = {.type = (km_type)node->type, .scale = node->scale};
    const km_rowset *children = &input->set[node->detail];
    bool has_value = node->op == KM_OP_SUM || node->op == KM_OP_MIN || node->op == KM_OP_MAX;
    int condition = has_value ? 1 : 0;
    if (!children->batch || km_rowset_unclear(children, row)) return out;
    out.known = node->op != KM_OP_MIN && node->op != KM_OP_MAX;
    for (uint32_t child = children->first[row]; child < children->first[row + 1]; child++) {
        if (node->count > condition) {
            km_value wanted =
                km_scalar(context, graph, input, km_node_argument(graph, node, condition), child);
            if (!wanted.known || !wanted.number) continue;
        }
        if (!has_value) {
            out.number = node->op == KM_OP_EXISTS ? 1 : out.number + 1;
            continue;
        }
        km_value value = km_scalar(context, graph, input, km_node_argument(graph, node, 0), child);
        if (!value.known) continue;
        if (node->op == KM_OP_SUM) {
            if (km_sum_add(&out.number, value.number)) continue;
            context->nulls_made++;
            return (km_value){.type = (km_type)node->type, .scale = node->scale};
        }
        int order = out.known ? km_value_compare(&value, &out) : 0;
        if (!out.known || (node->op == KM_OP_MAX ? order > 0 : order < 0)) out = value;
    }
    return out;
}

/* How many lines of the claim have the keys of this one and meet the condition; NULL without a key. */
static km_value same(km_apply_context *context, const km_graph *graph, const km_input *input,
                     const km_node *node, uint32_t row) {
    km_value out = {.type = KM_TYPE_NUMBER, .known = true}, own[KM_SAME_KEYS_MAX];
    const km_rowset *lines = &input->set[node->scope];
    int keys = node->count - node->detail;
    out.known = !km_rowset_unclear(lines, lines->parent[row]);
    for (int i = 0; i < keys; i++) {
        own[i] = km_scalar(context, graph, input, km_node_argument(graph, node, i), row);
        out.known = out.known && own[i].known;
    }
    uint32_t first = lines->first[lines->parent[row]], end = lines->first[lines->parent[row] + 1];
    for (uint32_t line = first; out.known && line < end; line++) {
        bool equal = true;
        for (int i = 0; i < node->count && equal; i++) {
            km_value value = km_scalar(context, graph, input, km_node_argument(graph, node, i), line);
            equal = value.known && (i < keys ? km_value_compare(&value, &own[i]) == 0 : value.number != 0);
        }
        out.number += equal;
    }
    return out;
}

/* Comparisons are most of what is asked of single rows. */
static km_value compare(km_apply_context *context, const km_graph *graph, const km_input *input,
                        const km_node *node, uint32_t row) {
    const km_value a = km_scalar(context, graph, input, km_node_argument(graph, node, 0), row),
                   b = km_scalar(context, graph, input, km_node_argument(graph, node, 1), row);
    km_value out = {.type = KM_TYPE_BOOL, .known = a.known && b.known};
    if (out.known) out.number = km_holds((km_comparison)node->detail, km_value_compare(&a, &b));
    return out;
}

km_value km_scalar(km_apply_context *context, const km_graph *graph, const km_input *input, km_node_id id,
                   uint32_t row) {
    const km_node *node = km_node_at(graph, id);
    switch (node->op) {
    case KM_OP_CONST: return km_node_constant(node);
    case KM_OP_FIELD: return field_value(input, node, row);
    case KM_OP_PARENT:
        return km_scalar(context, graph, input, km_node_argument(graph, node, 0),
                         input->set[node->scope].parent[row]);
    case KM_OP_AND:
    case KM_OP_OR:
    case KM_OP_CASE:
    case KM_OP_COALESCE: return lazy(context, graph, input, node, row);
    case KM_OP_SUM:
    case KM_OP_COUNT:
    case KM_OP_MIN:
    case KM_OP_MAX:
    case KM_OP_EXISTS: return aggregate(context, graph, input, node, row);
    case KM_OP_SAME: return same(context, graph, input, node, row);
    case KM_OP_COMPARE: return compare(context, graph, input, node, row);
    case KM_OP_IN_SET: { /* may have more constants than fit below */
        km_value value = km_scalar(context, graph, input, km_node_argument(graph, node, 0), row);
        km_value out = {.type = KM_TYPE_BOOL, .known = value.known};
        for (int i = 1; value.known && i < node->count; i++) {
            km_value constant = km_node_constant(km_node_at(graph, km_node_argument(graph, node, i)));
            out.number |= km_value_compare(&value, &constant) == 0;
        }
        return out;
    }
    default: break;
    }
    km_value arguments[ARGUMENTS_INLINE];
    for (int i = 0; i < node->count; i++) {
        arguments[i] = km_scalar(context, graph, input, km_node_argument(graph, node, i), row);
    }
    return km_apply(context, node, arguments);
}
