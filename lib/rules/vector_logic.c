#include "rules/kernels.h"
#include "rules/scalar.h"
#include "rules/vector_parts.h"

/* Three-valued AND and OR: first the arguments that are quick or there already, then the slow ones for the
 * rows still open, one by one when these are few. The order never shows in the result. */
static uint64_t open_rows(const km_loop *j, bool is_or, uint32_t w) {
    uint64_t is_true = j->out->is_true[w];
    return km_loop_mask(j, w) & ~(j->out->known[w] & (is_or ? is_true : ~is_true));
}

/* How many rows are open; past `enough` it does not matter. */
static uint32_t count_open(const km_loop *j, bool is_or, uint32_t enough) {
    uint32_t open = 0;
    for (uint32_t w = 0; w < j->words && open <= enough; w++) open += km_count_bits(open_rows(j, is_or, w));
    return open;
}

enum { COUNT_EVERY = 16 /* batches */ };

/* How much of the batch a condition decides; the next batches are much like this one. */
static void count_decided(const km_loop *j, int i) {
    km_vector *vector = &j->frame->vectors[km_node_argument(j->frame->graph, j->node, i)];
    if (vector->counted_rows && j->frame->epoch - vector->counted < COUNT_EVERY) return;
    vector->counted = j->frame->epoch;
    vector->counted_rows = j->rows;
    vector->not_false = vector->not_true = 0;
    for (uint32_t w = 0; w < j->words; w++) {
        uint64_t is_true = vector->is_true[w], rows = km_loop_mask(j, w);
        vector->not_true += km_count_bits(rows & ~is_true);
        vector->not_false += km_count_bits(rows & ~(vector->known[w] & ~is_true));
    }
}

static bool logic_columns(km_loop *j, bool is_or, int i) {
    const km_vector *next = km_loop_argument(j, i);
    if (!next) return false;
    count_decided(j, i);
    const km_kernels *kernels = km_kernels_here();
    (is_or ? kernels->or_with : kernels->and_with)(next->is_true, next->known, j->words, j->out->is_true,
                                                   j->out->known);
    return true;
}

static void logic_rows(km_loop *j, bool is_or, int i) {
    km_frame *frame = j->frame;
    km_node_id id = km_node_argument(frame->graph, j->node, i);
    for (uint32_t w = 0; w < j->words; w++) {
        for (uint64_t left = open_rows(j, is_or, w); left; left &= left - 1) {
            uint64_t row = left & ~(left - 1);
            uint32_t at = km_first_row(w, left);
            km_value value = km_scalar(&frame->context, frame->graph, frame->input, id, at);
            if (!value.known) {
                j->out->known[w] &= ~row;
                j->out->is_true[w] &= ~row;
            } else if ((value.number != 0) == is_or) {
                j->out->known[w] |= row;
                j->out->is_true[w] = is_or ? j->out->is_true[w] | row : j->out->is_true[w] & ~row;
            }
        }
    }
}

enum {
    FEW = 32, /* one row in so many */
    ORDERED_MAX = 32
};

static bool is_there(const km_loop *j, int i) {
    return j->frame->vectors[km_node_argument(j->frame->graph, j->node, i)].epoch == j->frame->epoch;
}

static bool is_by_value(const km_loop *j, int i) {
    return km_loop_is_by_value(j->frame, km_node_argument(j->frame->graph, j->node, i));
}

bool km_loop_alone(const km_loop *j, int i, uint32_t rows) {
    return rows <= j->rows / FEW && !is_there(j, i) && !is_by_value(j, i) &&
           km_loop_argument_node(j, i)->tree <= KM_ALONE_MAX;
}

enum { TREE_BY_VALUE = 4 };

/* What it costs to have a row decided by an argument; nothing when it is there. */
static double cost_of(const km_loop *j, bool is_or, int i) {
    const km_vector *vector = &j->frame->vectors[km_node_argument(j->frame->graph, j->node, i)];
    if (is_there(j, i)) return 0;
    double open = vector->counted_rows ? is_or ? vector->not_true : vector->not_false : 1,
           rows = vector->counted_rows ? vector->counted_rows : 2;
    uint32_t tree = is_by_value(j, i) ? TREE_BY_VALUE : km_loop_argument_node(j, i)->tree;
    return tree / (1.01 - open / rows);
}

/* By cost; of more than ORDERED_MAX arguments the rest stay last. */
static void order_arguments(const km_loop *j, bool is_or, uint16_t order[ORDERED_MAX], int count) {
    double costs[ORDERED_MAX];
    for (int i = 0; i < count; i++) {
        int at = i;
        double cost = cost_of(j, is_or, i);
        for (; at > 0 && costs[at - 1] > cost; at--) {
            order[at] = order[at - 1];
            costs[at] = costs[at - 1];
        }
        order[at] = (uint16_t)i;
        costs[at] = cost;
    }
}

bool km_loop_logic(km_loop *j) {
    bool is_or = j->node->op == KM_OP_OR;
    int ordered = j->node->count < ORDERED_MAX ? j->node->count : ORDERED_MAX;
    uint16_t order[ORDERED_MAX];
    if (!km_loop_room(j)) return false;
    if (!j->words) return true;
    memset(j->out->known, 0xFF, j->words * sizeof *j->out->known);
    j->out->known[j->words - 1] = km_loop_mask(j, j->words - 1);
    if (is_or) memset(j->out->is_true, 0, j->words * sizeof *j->out->is_true);
    if (!is_or) memcpy(j->out->is_true, j->out->known, j->words * sizeof *j->out->is_true);
    order_arguments(j, is_or, order, ordered);
    for (int place = 0; place < j->node->count; place++) {
        int i = place < ordered ? order[place] : place;
        uint32_t open = is_there(j, i) ? j->rows : count_open(j, is_or, j->rows / FEW);
        if (!open) return true;
        if (km_loop_alone(j, i, open)) {
            logic_rows(j, is_or, i);
        } else if (!logic_columns(j, is_or, i)) {
            return false;
        }
    }
    return true;
}
