#include "rules/judge.h"

typedef struct evidence {
    km_buf *out;
    km_rule_judge *judge;
    const km_input *input;
    const km_hit *hit;
    km_scope scope;
    bool any;
} evidence;

static void name_value(evidence *e, km_text name) {
    if (e->any) km_buf_string(e->out, "; ");
    e->any = true;
    km_buf_text(e->out, name);
    km_buf_char(e->out, '=');
}

static uint32_t row_of(const evidence *e, km_scope scope) {
    return scope == e->scope ? e->hit->row : e->hit->claim;
}

static void show_fields(evidence *e, km_scope scope, const km_fieldset *set) {
    int count;
    const km_field *fields = km_fields(scope, &count);
    const km_batch *batch = e->input->set[scope].batch;
    for (int word = 0; word < KM_FIELD_MAX / 64; word++) {
        for (uint64_t left = set->bits[word]; left; left &= left - 1) {
            const int i = word * 64 + __builtin_ctzll(left);
            km_value value = {.known = false};
            if (batch) value = km_batch_value(batch, i, row_of(e, scope));
            name_value(e, km_text_from(fields[i].name));
            km_field_show(e->out, &fields[i], &value);
        }
    }
}

/* The claim's columns, and the lists its cards were read from. */
static km_fieldset claim_fields(const km_rule *rule) {
    km_fieldset set = rule->condition_reads.fields[KM_SCOPE_CLAIM];
    for (int i = 0; i < KM_CARD_FIELD_COUNT; i++) {
        bool read = km_fieldset_has(&rule->condition_reads.fields[KM_SCOPE_CARD], i);
        if (read && rule->scope != KM_SCOPE_CARD) km_fieldset_add(&set, km_card_source(i));
    }
    return set;
}

/* Values that were worked out: each once, none from inside an aggregate, where there are many rows. */
static void show_nodes(evidence *e, km_node_id id, km_node_id *shown, int *count) {
    enum { SHOWN_MAX = 16 };
    const km_graph *graph = &e->judge->policy->graph;
    const km_node *node = km_node_at(graph, id);
    bool aggregate = node->op >= KM_OP_SUM && node->op <= KM_OP_EXISTS;
    bool visible = node->label.length && node->type != KM_TYPE_BOOL &&
                   (node->scope == e->scope || node->scope == KM_SCOPE_CLAIM);
    for (int i = 0; i < *count; i++) visible = visible && shown[i] != id;
    if (visible && *count < SHOWN_MAX) {
        shown[(*count)++] = id;
        km_value value = km_frame_value(&e->judge->frame, id, row_of(e, (km_scope)node->scope));
        name_value(e, node->label);
        km_buf_value(e->out, &value);
    }
    if (aggregate || node->label.length) return;
    for (int i = 0; i < node->count; i++) show_nodes(e, km_node_argument(graph, node, i), shown, count);
}

void km_hit_evidence(km_buf *out, km_rule_judge *judge, const km_input *input, const km_hit *hit) {
    const km_rule *rule = &judge->policy->rules[hit->rule];
    evidence e = {.out = out, .judge = judge, .input = input, .hit = hit, .scope = rule->scope};
    km_fieldset claim = claim_fields(rule);
    km_node_id shown[16];
    int count = 0;
    if (rule->scope != KM_SCOPE_CLAIM)
        show_fields(&e, rule->scope, &rule->condition_reads.fields[rule->scope]);
    show_fields(&e, KM_SCOPE_CLAIM, &claim);
    show_nodes(&e, rule->condition, shown, &count);
}
