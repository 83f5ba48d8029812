/* What the parts of the columnar evaluator share: one loop over the rows of a node. Every km_loop_* works out
 * the values and bits of loop->out; false when out of memory. */
#ifndef KM_RULES_VECTOR_PARTS_H
#define KM_RULES_VECTOR_PARTS_H

#include <string.h>

#include "rules/vector.h"

typedef struct km_loop {
    km_frame *frame;
    const km_node *node;
    km_vector *out;
    uint32_t rows, words;
} km_loop;

/* Memory for the values and bits of the node; grows to the largest batch seen and is kept. */
bool km_loop_room(km_loop *loop);
/* The same with all bits cleared. */
bool km_loop_blank(km_loop *loop);
/* NULL for every row. */
bool km_loop_null(km_loop *loop);

/* What the node remembers from batch to batch: zeros when asked for first. NULL when out of memory. */
void *km_loop_memo(km_loop *loop, size_t size);
/* Room for what is worked out once a batch for several nodes; *made tells whether it is still to be filled.
 * NULL when out of memory. */
void *km_loop_shared(km_loop *loop, km_once *shared, size_t size, bool *made);
/* The same for what is worked out of an argument's results, for all that read them. */
void *km_loop_derived(km_loop *loop, int argument, size_t size, bool *made);

static inline int64_t *km_loop_numbers(const km_loop *loop) {
    return loop->out->memory;
}
static inline km_text *km_loop_texts(const km_loop *loop) {
    return loop->out->memory;
}
const km_vector *km_loop_eval(km_frame *frame, km_node_id id);
/* The results of an argument; valid until the node is worked out. */
static inline const km_vector *km_loop_argument(km_loop *loop, int i) {
    return km_loop_eval(loop->frame, km_node_argument(loop->frame->graph, loop->node, i));
}
static inline const km_node *km_loop_argument_node(const km_loop *loop, int i) {
    return km_node_at(loop->frame->graph, km_node_argument(loop->frame->graph, loop->node, i));
}
/* The column that a field is, NULL when the input has none. */
static inline const km_column *km_loop_column(const km_loop *loop, const km_node *field) {
    const km_batch *batch = loop->frame->input->set[field->scope].batch;
    bool there = batch && km_fieldset_has(&batch->present, (int)field->number);
    return there ? &batch->column[field->number] : NULL;
}
static inline uint64_t km_loop_mask(const km_loop *loop, uint32_t word) {
    return km_frame_mask(loop->frame, (km_scope)loop->node->scope, word);
}
/* What makes the values of a node compare as signed numbers: codes are unsigned. */
static inline int64_t km_loop_flip(const km_node *node) {
    return node->type == KM_TYPE_CODE ? INT64_MIN : 0;
}
/* The row of the lowest bit of a word; the word is not 0. */
static inline uint32_t km_first_row(uint32_t word, uint64_t bits) {
    return word * 64 + (uint32_t)__builtin_ctzll(bits);
}
static inline void km_bit_set(uint64_t *bits, uint32_t row, bool value) {
    if (value) bits[row / 64] |= (uint64_t)1 << (row % 64);
}

/* Whether the claims of 64 rows follow each other: nearly all claims have one card. */
static inline bool km_is_run(const uint32_t parent[64]) {
    uint32_t differs = 0;
    for (uint32_t i = 0; i < 64; i++) differs |= parent[i] ^ (parent[0] + i);
    return !differs;
}

/* Whether a node is worked out once for each value of the one column it reads; and doing so, with *done false
 * when it turns out that this does not pay. */
bool km_loop_is_by_value(const km_frame *frame, km_node_id id);
bool km_loop_by_value(km_loop *loop, bool *done);
void km_values_free(km_frame *frame, km_node_id id);

/* Whether an argument is better worked out for that many rows one by one than as a column: when it is not
 * there yet, the rows are few, and it is small enough that sharing its parts does not matter. */
bool km_loop_alone(const km_loop *loop, int argument, uint32_t rows);
/* AND and OR. */
bool km_loop_logic(km_loop *loop);
/* CASE and COALESCE. */
bool km_loop_choice(km_loop *loop);
/* GREATEST, LEAST, ABS on numbers; arithmetic that may overflow, divide by zero or round. */
bool km_loop_extreme(km_loop *loop);
bool km_loop_checked(km_loop *loop);
/* ADD and SUBTRACT that may overflow, but hardly ever do. */
bool km_loop_sum(km_loop *loop);
bool km_loop_widen(km_loop *loop);
/* RESCALE to fewer digits, MULTIPLY into no more digits than it makes. */
bool km_loop_round(km_loop *loop);
bool km_loop_abs(km_loop *loop);
/* DAYS_BETWEEN, MINUTES_BETWEEN, PART, AGE_AT_LEAST, ADD_DAYS, AGE_DAYS. */
bool km_loop_between(km_loop *loop);
bool km_loop_part(km_loop *loop);
bool km_loop_age_at_least(km_loop *loop);
bool km_loop_add_days(km_loop *loop);
bool km_loop_age_days(km_loop *loop);
/* The column of an argument, if it is one whose texts have characters of single bytes only, and no NUL: their
 * pieces are found without a look at them. */
const km_column *km_loop_simple_column(km_loop *loop, int argument);
/* MATCHES, TO_NUMBER, and LENGTH of codes; LIKE; LENGTH of texts. */
bool km_loop_text(km_loop *loop);
bool km_loop_like(km_loop *loop);
bool km_loop_length(km_loop *loop);
/* TO_DATE of texts. */
bool km_loop_to_date(km_loop *loop);
/* HAS_CODE on texts; LIST_COUNT of a field of texts. */
bool km_loop_has_code(km_loop *loop);
bool km_loop_list_count(km_loop *loop);
/* SUBSTR of texts. */
bool km_loop_substr(km_loop *loop);
bool km_loop_subcode(km_loop *loop);
/* LOOKUP and IN_LOOKUP with keys that are no texts. */
bool km_loop_lookup(km_loop *loop);
/* SUM, COUNT, MIN, MAX, EXISTS. */
bool km_loop_children(km_loop *loop);
/* SAME. */
bool km_loop_same(km_loop *loop);

#endif
