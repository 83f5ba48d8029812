#include "rules/code_index.h"

#include "base/hash.h"

void km_code_index_init(km_code_index *index, const km_mem *mem) {
    *index = (km_code_index){.mem = mem};
    km_map_init(&index->heads, mem);
}

void km_code_index_free(km_code_index *index) {
    if (!index->mem) return;
    km_free(index->mem, index->postings, index->capacity * sizeof *index->postings);
    km_map_free(&index->heads);
    *index = (km_code_index){0};
}

/* FIELD = 'x' or FIELD IN ('x', 'y'), of a field of this scope that holds codes of a catalogue. */
static bool asks_codes(const km_graph *graph, km_scope scope, const km_node *node) {
    bool equal = (node->op == KM_OP_COMPARE && node->detail == KM_EQ) || node->op == KM_OP_IN_SET;
    if (!equal) return false;
    const km_node *field = km_node_at(graph, km_node_argument(graph, node, 0));
    int count;
    if (field->op != KM_OP_FIELD || field->scope != scope || field->type != KM_TYPE_TEXT) return false;
    if (!(km_fields(scope, &count)[field->number].flags & KM_FIELD_CATALOGUE)) return false;
    for (int i = 1; i < node->count; i++) {
        if (km_node_at(graph, km_node_argument(graph, node, i))->op != KM_OP_CONST) return false;
    }
    return true;
}

/* The part of a condition that asks for codes, KM_NODE_NONE when it has none. */
static km_node_id find_key(const km_graph *graph, km_scope scope, km_node_id condition) {
    const km_node *node = km_node_at(graph, condition);
    if (node->op != KM_OP_AND) return asks_codes(graph, scope, node) ? condition : KM_NODE_NONE;
    for (int i = 0; i < node->count; i++) {
        km_node_id part = km_node_argument(graph, node, i);
        if (asks_codes(graph, scope, km_node_at(graph, part))) return part;
    }
    return KM_NODE_NONE;
}

/* The condition without that part. */
static kiem_status without(km_graph *graph, km_node_id condition, km_node_id part, km_node_id *rest,
                           km_error *error) {
    const km_node *node = km_node_at(graph, condition);
    km_node_id others[KM_NODE_ARGUMENTS_MAX];
    int count = 0;
    *rest = KM_NODE_NONE;
    if (condition == part) return KIEM_OK;
    for (int i = 0; i < node->count; i++) {
        if (km_node_argument(graph, node, i) != part) others[count++] = km_node_argument(graph, node, i);
    }
    if (count == 0) return KIEM_OK;
    *rest = others[0];
    if (count == 1) return KIEM_OK;
    *rest = km_graph_add(graph, (km_node){.op = KM_OP_AND, .type = KM_TYPE_BOOL}, others, count);
    return *rest == KM_NODE_NONE ? km_nomem(error) : KIEM_OK;
}

static int note_field(km_code_index *index, km_scope scope, int field) {
    for (int i = 0; i < index->field_count; i++) {
        if (index->fields[i].scope == scope && index->fields[i].field == field) return i;
    }
    if (index->field_count == KM_KEY_FIELDS_MAX) return -1;
    index->fields[index->field_count] = (km_key_field){(uint8_t)scope, (int16_t)field};
    return index->field_count++;
}

static uint64_t key_of(int key, km_text value) {
    return km_hash(value.ptr, value.length, (uint64_t)key + 1);
}

static km_posting posting_of(km_text code) {
    size_t end = code.length < KM_CODE_MAX ? code.length : KM_CODE_MAX;
    return (km_posting){.head = km_few_bytes(code.ptr, end),
                        .tail = km_few_bytes(code.ptr + code.length - end, end),
                        .code = code};
}

static bool same_code(const km_posting *a, const km_posting *b) {
    if (a->head != b->head || a->tail != b->tail || a->code.length != b->code.length) return false;
    return a->code.length <= 2 * KM_CODE_MAX || km_text_equal(a->code, b->code);
}

/* From a posting (+ 1) on, the first of that code: others may have the same hash. */
static const km_posting *first_of(const km_code_index *index, uint32_t at, const km_posting *code) {
    while (at && !same_code(&index->postings[at - 1], code)) at = index->postings[at - 1].next;
    return at ? &index->postings[at - 1] : NULL;
}

static kiem_status post(km_code_index *index, int key, const km_posting *posting, km_error *error) {
    bool is_new;
    if (!km_grow(index->mem, (void **)&index->postings, &index->capacity, index->count + 1,
                 sizeof *index->postings)) {
        return km_nomem(error);
    }
    km_posting *postings = index->postings;
    uint32_t *head = km_map_insert(&index->heads, key_of(key, posting->code), &is_new);
    if (!head || !postings) return km_nomem(error);
    const km_posting *last = *head ? &postings[*head - 1] : NULL;
    if (last && last->rule == posting->rule && same_code(last, posting)) return KIEM_OK; /* stands twice */
    postings[index->count] = *posting;
    postings[index->count].next = *head;
    *head = (uint32_t)++index->count;
    return KIEM_OK;
}

kiem_status km_code_index_add(km_code_index *index, km_graph *graph, const km_coded_rule *rule, int *key,
                              km_error *error) {
    km_node_id part = find_key(graph, rule->scope, rule->condition), rest;
    *key = -1;
    if (part == KM_NODE_NONE) return KIEM_OK;
    KM_TRY(without(graph, rule->condition, part, &rest, error));
    const km_node *node = km_node_at(graph, part);
    *key = note_field(index, rule->scope, (int)km_node_at(graph, km_node_argument(graph, node, 0))->number);
    for (int i = 1; i < node->count && *key >= 0; i++) {
        km_value value = km_node_constant(km_node_at(graph, km_node_argument(graph, node, i)));
        if (!value.known) continue;
        km_posting posting = posting_of(value.text);
        posting.rule = rule->rule;
        posting.active = rule->active;
        posting.rest = rest;
        KM_TRY(post(index, *key, &posting, error));
    }
    return KIEM_OK;
}

const km_posting *km_code_index_find(const km_code_index *index, int key, km_text value) {
    const uint32_t *head = km_map_find(&index->heads, key_of(key, value));
    if (!head) return NULL;
    km_posting code = posting_of(value);
    return first_of(index, *head, &code);
}

const km_posting *km_code_index_next(const km_code_index *index, const km_posting *posting) {
    return first_of(index, posting->next, posting);
}
