/* Rules about one code of a large catalogue (a drug, a service, a supply), found by the code of each line
 * instead of being tried on every line: the cost of a job grows with the rules that can fire, not with the
 * rules loaded. */
#ifndef KM_RULES_CODE_INDEX_H
#define KM_RULES_CODE_INDEX_H

#include "rules/graph.h"

/* Holds what a line with the code asks first, so that it need not touch the rule, of which there are
 * thousands. */
typedef struct km_posting {
    uint32_t rule, next; /* next: posting + 1, or 0 */
    km_node_id active;   /* of the rule */
    km_node_id rest;     /* the condition without the code; KM_NODE_NONE when nothing is left */
    uint64_t head, tail; /* first and last eight bytes of the code: all of it up to sixteen */
    km_text code;        /* in the graph */
} km_posting;

/* A rule as the index takes it. */
typedef struct km_coded_rule {
    uint32_t rule;
    km_scope scope;
    km_node_id condition, active;
} km_coded_rule;

/* A field by which rules of its scope are found. */
typedef struct km_key_field {
    uint8_t scope;
    int16_t field;
} km_key_field;

enum { KM_KEY_FIELDS_MAX = 16 };

typedef struct km_code_index {
    const km_mem *mem;
    km_map heads; /* of the postings of one value: posting + 1 */
    km_posting *postings;
    size_t count, capacity;
    km_key_field fields[KM_KEY_FIELDS_MAX];
    int field_count;
} km_code_index;

void km_code_index_init(km_code_index *index, const km_mem *mem);
void km_code_index_free(km_code_index *index);
/* Adds a rule whose condition asks for one or a few values of a catalogue's field, as a whole or as one part
 * of an AND. *key is then the place of the field in index->fields; -1 when the condition is not of that kind.
 */
kiem_status km_code_index_add(km_code_index *index, km_graph *graph, const km_coded_rule *rule, int *key,
                              km_error *error);
/* The first posting of a value, or the one after another of the same value; NULL when there is none. */
const km_posting *km_code_index_find(const km_code_index *index, int key, km_text value);
const km_posting *km_code_index_next(const km_code_index *index, const km_posting *posting);

#endif
