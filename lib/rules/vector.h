/* Columnar evaluation: one operation over a whole batch at a time, each shared subexpression once a batch. */
#ifndef KM_RULES_VECTOR_H
#define KM_RULES_VECTOR_H

#include "rules/apply.h"
#include "rules/input.h"

enum {
    KM_ALONE_MAX = 256 /* cost of an expression beyond which it is worked out for the batch: sharing pays */
};

struct km_loop;
struct km_values;
struct km_answers;

/* What is worked out once a batch for several nodes: of these results for those that read them (derived;
 * heads of texts), or on the way to them (own). */
typedef struct km_once {
    void *room;
    size_t size;
    uint32_t epoch;
} km_once;

/* The results of one node for the rows of its scope. Conditions have is_true and known as bits; other types
 * have values as int64 (codes by their bits) or texts, and known as bits. Bits beyond the row count are 0. */
typedef struct km_vector {
    uint64_t *is_true;
    uint64_t *known;
    const int64_t *numbers;
    const km_text *texts;
    void *memory; /* what the pointers above point into, unless they point into the batch */
    size_t memory_size;
    bool (*work)(struct km_loop *loop); /* chosen when first needed */
    uint32_t epoch;                     /* batch it was worked out for; 0: its memory was given back */
    /* when its memory may serve others: nodes that read it in this batch, the most that did in one before (0:
     * not known yet), nodes at work that may still read it, and the batch in which others point into it */
    uint32_t begun, uses, uses_most, holds, lent;
    uint32_t filled; /* rows of a constant, or of NULLs, which are kept from batch to batch */
    /* of a condition, when last counted: what is cheap and decides most rows is asked first */
    uint32_t counted, counted_rows, not_false, not_true;
    uint32_t summed, sum; /* of the dates of rules: rows where they are TRUE, and the batch */
    uint32_t leader;      /* of a look-up: 1 + the node that finds the rows for it */
    bool many;            /* values of the column: nothing is kept for them */
    bool simple;          /* the texts of the column are of single bytes: when last looked at */
    uint32_t looked;      /* in this batch */
    void *memo;           /* answers kept from batch to batch */
    size_t memo_size;
    km_once own, derived, heads;
    struct km_values *values;   /* of a column: those it has had */
    struct km_answers *answers; /* of what reads that column alone: for each of these values */
} km_vector;

/* Memory that waits for the next vector. A batch has hundreds of vectors, of which few are needed at a time:
 * when the same memory serves one after the other, it stays in the cache. */
typedef struct km_spare {
    void *memory;
    size_t size;
} km_spare;

enum { KM_SPARES = 64 };
#define KM_USES_KEPT UINT32_MAX /* as uses_most: never given back */

/* The working memory of one thread for one graph. */
typedef struct km_frame {
    const km_mem *mem;
    const km_graph *graph;
    const km_input *input;
    km_vector *vectors;
    size_t vector_count;
    uint32_t epoch;
    uint32_t rows[KM_SCOPE_COUNT];
    km_spare spares[KM_SPARES];
    size_t spare_count;
    km_apply_context context; /* counts the NULLs made by overflow and the like since km_frame_init */
} km_frame;

kiem_status km_frame_init(km_frame *frame, const km_mem *mem, const km_graph *graph, km_error *error);
void km_frame_free(km_frame *frame);
/* Starts a batch; the input must stay unchanged until the next one. */
void km_frame_begin(km_frame *frame, const km_input *input);
/* The results of a node for the batch; NULL when out of memory. Valid until the next km_frame_begin. */
const km_vector *km_frame_eval(km_frame *frame, km_node_id id);
/* Memory of at least that size, whose size is left in *size; NULL when out of memory. */
void *km_frame_take(km_frame *frame, size_t need, size_t *size);
/* Gives a vector's memory back, which makes it unknown. */
void km_frame_give(km_frame *frame, km_vector *vector);
/* The value of a row, of the results of a node. */
static inline km_value km_vector_value(const km_node *node, const km_vector *vector, uint32_t row) {
    km_value value = {.type = (km_type)node->type,
                      .scale = node->scale,
                      .known = (vector->known[row / 64] >> (row % 64) & 1) != 0};
    if (!value.known) return value;
    if (node->type == KM_TYPE_BOOL) {
        value.number = (vector->is_true[row / 64] >> (row % 64) & 1);
    } else if (node->type == KM_TYPE_TEXT) {
        value.text = vector->texts[row];
    } else if (node->type == KM_TYPE_CODE) {
        value.code = (uint64_t)vector->numbers[row];
    } else {
        value.number = vector->numbers[row];
    }
    return value;
}
/* One value, by the cheaper way: alone for small expressions, else from the results of the whole batch. */
km_value km_frame_value(km_frame *frame, km_node_id id, uint32_t row);
/* How many bits are set; most words are empty or full. */
static inline uint32_t km_count_bits(uint64_t bits) {
    if (!bits || bits == UINT64_MAX) return bits ? 64 : 0;
    bits -= bits >> 1 & 0x5555555555555555u; /* not every processor counts them: two by two, by four, ... */
    bits = (bits & 0x3333333333333333u) + (bits >> 2 & 0x3333333333333333u);
    return (uint32_t)((((bits + (bits >> 4)) & 0x0F0F0F0F0F0F0F0Fu) * 0x0101010101010101u) >> 56);
}
/* Words of bits for the rows of a scope, and the bits of a word that stand for rows. */
static inline uint32_t km_frame_words(const km_frame *frame, km_scope scope) {
    return (frame->rows[scope] + 63) / 64;
}
static inline uint64_t km_frame_mask(const km_frame *frame, km_scope scope, uint32_t word) {
    uint32_t left = frame->rows[scope] - word * 64;
    return left >= 64 ? UINT64_MAX : ((uint64_t)1 << left) - 1;
}

#endif
