/* Sums and counts over the children of claims. NULL values do not count; the sum of nothing is 0, the least
 * and greatest of nothing are NULL. */
#include <string.h>

#include "rules/kernels.h"
#include "rules/scalar.h"
#include "rules/vector_parts.h"

/* The children that count: those for which the condition is TRUE, of claims whose children can be told. */
typedef struct children {
    const km_rowset *set;
    const uint64_t *wanted; /* NULL: all */
    uint32_t words, count;
} children;

static uint64_t wanted_word(const children *of, uint32_t w) {
    if (of->wanted) return of->wanted[w];
    uint32_t left = of->count - w * 64;
    return left >= 64 ? UINT64_MAX : ((uint64_t)1 << left) - 1;
}

/* The first claim of a word of children, when each is of the claim after that of the one before it. */
static bool is_run(const children *of, uint32_t w, uint32_t *claim) {
    if (of->count - w * 64 < 64 || !km_is_run(of->set->parent + w * 64)) return false;
    *claim = of->set->parent[w * 64];
    return true;
}

/* Bits of 64 claims from one on; there is a word behind the last. */
static void add_bits(uint64_t *to, uint32_t claim, uint64_t bits) {
    uint32_t shift = claim % 64;
    to[claim / 64] |= bits << shift;
    if (shift) to[claim / 64 + 1] |= bits >> (64 - shift);
}

static void count_children(km_loop *loop, const children *of) {
    int64_t *out = km_loop_numbers(loop);
    for (uint32_t row = 0; row < loop->rows && !of->wanted; row++)
        out[row] = of->set->first[row + 1] - of->set->first[row];
    for (uint32_t w = 0; w < of->words && of->wanted; w++) {
        uint32_t claim;
        if (of->wanted[w] && is_run(of, w, &claim)) {
            km_kernels_here()->count_bits(of->wanted[w], out + claim);
            continue;
        }
        for (uint64_t left = of->wanted[w]; left; left &= left - 1)
            out[of->set->parent[km_first_row(w, left)]]++;
    }
}

static void mark_parents(km_loop *loop, const children *of) {
    for (uint32_t w = 0; w < of->words; w++) {
        uint64_t left = wanted_word(of, w);
        uint32_t claim;
        if (left && is_run(of, w, &claim)) {
            add_bits(loop->out->is_true, claim, left);
            continue;
        }
        for (; left; left &= left - 1)
            km_bit_set(loop->out->is_true, of->set->parent[km_first_row(w, left)], true);
    }
}

/* A sum that overflowed is NULL for good. */
static void sum_values(km_loop *loop, const children *of, const km_vector *values) {
    int64_t *out = km_loop_numbers(loop);
    for (uint32_t w = 0; w < of->words; w++) {
        for (uint64_t left = wanted_word(of, w) & values->known[w]; left; left &= left - 1) {
            uint32_t child = km_first_row(w, left), row = of->set->parent[child];
            if (!km_bit(loop->out->known, row) || km_sum_add(&out[row], values->numbers[child])) continue;
            loop->out->known[row / 64] &= ~((uint64_t)1 << (row % 64));
            out[row] = 0;
            loop->frame->context.nulls_made++;
        }
    }
}

/* Whether a child's value takes the place of the best one so far. */
static bool is_better(const km_loop *loop, const km_vector *values, uint32_t child, uint32_t row) {
    bool greatest = loop->node->op == KM_OP_MAX;
    if (!km_bit(loop->out->known, row)) return true;
    if (loop->node->type == KM_TYPE_TEXT) {
        int order = km_text_compare(values->texts[child], loop->out->texts[row]);
        return greatest ? order > 0 : order < 0;
    }
    uint64_t flip =
        loop->node->type == KM_TYPE_CODE ? 0 : (uint64_t)INT64_MIN; /* codes compare as unsigned */
    uint64_t next = (uint64_t)values->numbers[child] ^ flip, best = (uint64_t)loop->out->numbers[row] ^ flip;
    return greatest ? next > best : next < best;
}

/* The children of a run are the only ones of their claims, but for the first and the last of them. */
static uint64_t take_run(km_loop *loop, const km_vector *values, uint32_t w, uint64_t wanted,
                         uint32_t claim) {
    uint64_t inner = wanted & ~((uint64_t)1 << 63 | 1);
    km_kernels_here()->take(values->numbers + w * 64, inner, km_loop_numbers(loop) + claim);
    add_bits(loop->out->known, claim, inner);
    return wanted & ~inner;
}

static void take_extremes(km_loop *loop, const children *of, const km_vector *values) {
    bool text = loop->node->type == KM_TYPE_TEXT;
    for (uint32_t w = 0; w < of->words; w++) {
        uint64_t left = wanted_word(of, w) & values->known[w];
        uint32_t claim;
        if (left && !text && is_run(of, w, &claim)) left = take_run(loop, values, w, left, claim);
        for (; left; left &= left - 1) {
            uint32_t child = km_first_row(w, left), row = of->set->parent[child];
            if (!is_better(loop, values, child, row)) continue;
            km_bit_set(loop->out->known, row, true);
            if (text) {
                km_loop_texts(loop)[row] = values->texts[child];
            } else {
                km_loop_numbers(loop)[row] = values->numbers[child];
            }
        }
    }
}

/* Aggregates of claims whose children cannot be told are NULL. */
static void clear_unclear(km_loop *loop, const uint64_t *unclear) {
    for (uint32_t w = 0; w < loop->words; w++) {
        loop->out->known[w] &= ~unclear[w];
        loop->out->is_true[w] &= ~unclear[w];
        for (uint64_t left = unclear[w] & km_loop_mask(loop, w);
             left && loop->node->type != KM_TYPE_BOOL && loop->node->type != KM_TYPE_TEXT; left &= left - 1)
            km_loop_numbers(loop)[km_first_row(w, left)] = 0;
    }
}

bool km_loop_children(km_loop *loop) {
    uint8_t op = loop->node->op;
    int at = op == KM_OP_SUM || op == KM_OP_MIN || op == KM_OP_MAX ? 1 : 0;
    const km_vector *value = at ? km_loop_argument(loop, 0) : NULL,
                    *condition = loop->node->count > at ? km_loop_argument(loop, at) : NULL;
    if ((at && !value) || (loop->node->count > at && !condition) || !km_loop_blank(loop)) return false;
    bool text = loop->node->type == KM_TYPE_TEXT;
    if (loop->node->type != KM_TYPE_BOOL)
        memset(loop->out->memory, 0, loop->rows * (text ? sizeof(km_text) : sizeof(int64_t)));
    children of = {.set = &loop->frame->input->set[loop->node->detail],
                   .wanted = condition ? condition->is_true : NULL};
    if (!of.set->batch) return true;
    of.count = of.set->batch->rows;
    of.words = (of.count + 63) / 64;
    for (uint32_t w = 0; w < loop->words && op != KM_OP_MIN && op != KM_OP_MAX; w++)
        loop->out->known[w] = km_loop_mask(loop, w);
    switch (op) {
    case KM_OP_COUNT: count_children(loop, &of); break;
    case KM_OP_EXISTS: mark_parents(loop, &of); break;
    default:
        if (value && op == KM_OP_SUM) sum_values(loop, &of, value);
        if (value && op != KM_OP_SUM) take_extremes(loop, &of, value);
    }
    if (of.set->unclear) clear_unclear(loop, of.set->unclear);
    return true;
}
