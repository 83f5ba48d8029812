#include <string.h>

#include "base/decimal.h"
#include "rules/kernels.h"
#include "rules/scalar.h"
#include "rules/vector_parts.h"

/* ---- choice */

enum { MANY = 16 /* rows of a word that are not quicker taken one by one */ };

/* Copies the values of some rows. */
static void take(km_loop *loop, const km_vector *from, const uint64_t *rows) {
    bool texts = loop->node->type == KM_TYPE_TEXT, conditions = loop->node->type == KM_TYPE_BOOL;
    for (uint32_t w = 0; w < loop->words; w++) {
        loop->out->known[w] = (loop->out->known[w] & ~rows[w]) | (from->known[w] & rows[w]);
        if (conditions) {
            loop->out->is_true[w] = (loop->out->is_true[w] & ~rows[w]) | (from->is_true[w] & rows[w]);
            continue;
        }
        if (!texts && loop->rows - w * 64 >= 64 && km_count_bits(rows[w]) >= MANY) {
            km_kernels_here()->take(from->numbers + w * 64, rows[w], km_loop_numbers(loop) + w * 64);
            continue;
        }
        for (uint64_t left = rows[w]; left; left &= left - 1) {
            uint32_t row = km_first_row(w, left);
            if (texts) {
                km_loop_texts(loop)[row] = from->texts[row];
            } else {
                km_loop_numbers(loop)[row] = from->numbers[row];
            }
        }
    }
}

/* Works out one argument for one row alone. */
static void take_alone(km_loop *loop, int argument, uint32_t row) {
    km_frame *frame = loop->frame;
    km_node_id id = km_node_argument(frame->graph, loop->node, argument);
    km_value value = km_scalar(&frame->context, frame->graph, frame->input, id, row);
    km_bit_set(loop->out->known, row, value.known); /* what is not known has 0 or no text */
    if (loop->node->type == KM_TYPE_TEXT) {
        km_loop_texts(loop)[row] = value.known ? value.text : (km_text){"", 0};
    } else {
        km_loop_numbers(loop)[row] = loop->node->type == KM_TYPE_CODE ? (int64_t)value.code : value.number;
    }
}

static uint32_t count_rows(const km_loop *loop, const uint64_t *rows) {
    uint32_t count = 0;
    for (uint32_t w = 0; w < loop->words; w++) count += km_count_bits(rows[w]);
    return count;
}

static bool is_known(const km_loop *loop, const km_vector *vector) {
    for (uint32_t w = 0; w < loop->words; w++) {
        if (vector->known[w] != km_loop_mask(loop, w)) return false;
    }
    return true;
}

/* The results of an argument that every row takes are the results. */
static void pass_on(km_loop *loop, int argument) {
    km_vector *value = &loop->frame->vectors[km_node_argument(loop->frame->graph, loop->node, argument)];
    value->lent = loop->frame->epoch;
    loop->out->known = value->known;
    loop->out->is_true = value->is_true;
    loop->out->numbers = value->numbers;
    loop->out->texts = value->texts;
}

/* Sets the chosen rows to the values of an argument, row by row when they are few. */
static bool choose(km_loop *loop, int argument, const uint64_t *rows) {
    uint32_t count = count_rows(loop, rows);
    if (!count) return true;
    if (km_loop_alone(loop, argument, count)) {
        for (uint32_t w = 0; w < loop->words; w++) {
            for (uint64_t left = rows[w]; left; left &= left - 1)
                take_alone(loop, argument, km_first_row(w, left));
        }
        return true;
    }
    const km_vector *value = km_loop_argument(loop, argument);
    if (!value) return false;
    if (count == loop->rows && (loop->node->op == KM_OP_CASE || is_known(loop, value))) {
        pass_on(loop, argument);
    } else {
        take(loop, value, rows);
    }
    return true;
}

/* Conditions: later choices first, each overwritten where an earlier one holds. */
static bool choose_condition(km_loop *loop) {
    int step = loop->node->op == KM_OP_CASE ? 2 : 1, last = loop->node->count - 1;
    const km_vector *value = km_loop_argument(loop, last);
    if (!value || !km_loop_blank(loop)) return false;
    memcpy(loop->out->known, value->known, loop->words * sizeof(uint64_t));
    memcpy(loop->out->is_true, value->is_true, loop->words * sizeof(uint64_t));
    for (int i = last - step; i >= 0; i -= step) {
        const km_vector *condition = step == 2 ? km_loop_argument(loop, i) : NULL;
        value = km_loop_argument(loop, i + step - 1);
        if (!value || (step == 2 && !condition)) return false;
        take(loop, value, step == 2 ? condition->is_true : value->known);
    }
    return true;
}

static bool choose_case(km_loop *loop, uint64_t *open, uint64_t *chosen) {
    for (int i = 0; i + 1 < loop->node->count; i += 2) {
        const km_vector *condition = km_loop_argument(loop, i);
        if (!condition) return false;
        for (uint32_t w = 0; w < loop->words; w++) chosen[w] = condition->is_true[w] & open[w];
        for (uint32_t w = 0; w < loop->words; w++) open[w] &= ~chosen[w];
        if (!choose(loop, i + 1, chosen)) return false;
        if (!count_rows(loop, open)) return true;
    }
    return choose(loop, loop->node->count - 1, open);
}

static bool choose_known(km_loop *loop, uint64_t *open) {
    for (int i = 0; i < loop->node->count; i++) {
        if (!choose(loop, i, open)) return false;
        for (uint32_t w = 0; w < loop->words; w++) open[w] &= ~loop->out->known[w];
        if (!count_rows(loop, open)) return true;
    }
    for (uint32_t w = 0; w < loop->words && loop->node->type != KM_TYPE_TEXT; w++) {
        for (uint64_t left = open[w]; left; left &= left - 1)
            km_loop_numbers(loop)[km_first_row(w, left)] = 0;
    }
    return true;
}

/* Values: first choices first, each only for the rows that no choice before it took. */
bool km_loop_choice(km_loop *loop) {
    bool made;
    if (loop->node->type == KM_TYPE_BOOL) return choose_condition(loop);
    uint64_t *open =
        km_loop_shared(loop, &loop->out->own, 2 * ((size_t)loop->words + 1) * sizeof *open, &made);
    if (!open || !km_loop_blank(loop)) return false;
    for (uint32_t w = 0; w < loop->words; w++) open[w] = km_loop_mask(loop, w);
    return loop->node->op == KM_OP_CASE ? choose_case(loop, open, open + loop->words)
                                        : choose_known(loop, open);
}

/* ---- numbers */

bool km_loop_extreme(km_loop *loop) {
    bool greatest = loop->node->op == KM_OP_GREATEST;
    const km_vector *first = km_loop_argument(loop, 0);
    if (!first || !km_loop_room(loop)) return false;
    memcpy(loop->out->known, first->known, loop->words * sizeof(uint64_t));
    const int64_t *best = first->numbers;
    if (loop->node->count == 1 && loop->rows) memcpy(km_loop_numbers(loop), best, loop->rows * sizeof *best);
    for (int i = 1; i < loop->node->count; i++) {
        const km_vector *next = km_loop_argument(loop, i);
        if (!next) return false;
        for (uint32_t w = 0; w < loop->words; w++) loop->out->known[w] &= next->known[w];
        km_kernels_here()->extreme(best, next->numbers, greatest, km_loop_flip(loop->node), loop->rows,
                                   km_loop_numbers(loop));
        best = loop->out->numbers;
    }
    return true;
}

bool km_loop_sum(km_loop *loop) {
    const km_vector *a = km_loop_argument(loop, 0), *b = km_loop_argument(loop, 1);
    if (!a || !b || !km_loop_room(loop)) return false;
    for (uint32_t w = 0; w < loop->words; w++) loop->out->known[w] = a->known[w] & b->known[w];
    return km_kernels_here()->sums_fit(a->numbers, b->numbers, loop->node->op == KM_OP_SUBTRACT, loop->rows,
                                       km_loop_numbers(loop)) ||
           km_loop_checked(loop);
}

bool km_loop_widen(km_loop *loop) {
    const km_vector *a = km_loop_argument(loop, 0);
    if (!a || !km_loop_room(loop)) return false;
    int64_t *out = km_loop_numbers(loop),
            factor = km_pow10(loop->node->scale - km_loop_argument_node(loop, 0)->scale);
    memcpy(loop->out->known, a->known, loop->words * sizeof(uint64_t));
    if (km_kernels_here()->scaled_fit(a->numbers, factor, loop->rows, out)) return true;
    for (uint32_t row = 0; row < loop->rows; row++) {
        bool known = km_bit(a->known, row),
             fits = !__builtin_mul_overflow(a->numbers[row], factor, &out[row]);
        if (known && !fits && loop->node->detail) {
            out[row] = a->numbers[row] < 0 ? INT64_MIN : INT64_MAX;
            continue;
        }
        if (known && fits) continue;
        loop->out->known[row / 64] &= ~((uint64_t)1 << (row % 64));
        out[row] = 0;
        loop->frame->context.nulls_made += known;
    }
    return true;
}

bool km_loop_checked(km_loop *loop) {
    const km_node *left = km_loop_argument_node(loop, 0),
                  *right = km_loop_argument_node(loop, loop->node->count > 1);
    const km_vector *a = km_loop_argument(loop, 0), *b = km_loop_argument(loop, loop->node->count > 1);
    if (!a || !b || !km_loop_blank(loop)) return false;
    int64_t *out = km_loop_numbers(loop);
    for (uint32_t row = 0; row < loop->rows; row++) {
        out[row] = 0;
        if (!km_bit(a->known, row) || !km_bit(b->known, row)) continue;
        bool known =
            km_arithmetic(loop->node, a->numbers[row], left->scale, b->numbers[row], right->scale, &out[row]);
        km_bit_set(loop->out->known, row, known);
        if (known) continue;
        out[row] = 0;
        loop->frame->context.nulls_made++;
    }
    return true;
}

/* value / divisor, half away from zero, or of products; whether all products fit. `divisor` is a constant
 * where this is inlined, which spares the division. */
static inline bool round_rows(const int64_t *a, const int64_t *b, uint64_t divisor, uint32_t rows,
                              int64_t *out) {
    uint64_t overflow = 0;
    for (uint32_t i = 0; i < rows; i++) {
        int64_t value = a[i];
        if (b) overflow |= __builtin_mul_overflow(value, b[i], &value);
        uint64_t sign = value < 0 ? UINT64_MAX : 0, magnitude = ((uint64_t)value ^ sign) - sign;
        out[i] = (int64_t)(((magnitude + divisor / 2) / divisor ^ sign) - sign);
    }
    return !overflow;
}

static bool round_by(const int64_t *a, const int64_t *b, uint64_t divisor, uint32_t rows, int64_t *out) {
    switch (divisor) {
    case 1: return round_rows(a, b, 1, rows, out);
    case 10: return round_rows(a, b, 10, rows, out);
    case 100: return round_rows(a, b, 100, rows, out);
    case 1000: return round_rows(a, b, 1000, rows, out);
    case 10000: return round_rows(a, b, 10000, rows, out);
    default: return round_rows(a, b, divisor, rows, out);
    }
}

/* A product beyond 64 bits may still fit when it is rounded: row by row. */
bool km_loop_round(km_loop *loop) {
    bool product = loop->node->op == KM_OP_MULTIPLY;
    const km_vector *a = km_loop_argument(loop, 0), *b = km_loop_argument(loop, product);
    if (!a || !b || !km_loop_room(loop)) return false;
    int digits = km_loop_argument_node(loop, 0)->scale - loop->node->scale +
                 (product ? km_loop_argument_node(loop, 1)->scale : 0);
    for (uint32_t w = 0; w < loop->words; w++) loop->out->known[w] = a->known[w] & b->known[w];
    return round_by(a->numbers, product ? b->numbers : NULL, (uint64_t)km_pow10(digits), loop->rows,
                    km_loop_numbers(loop)) ||
           km_loop_checked(loop);
}

bool km_loop_abs(km_loop *loop) {
    const km_vector *a = km_loop_argument(loop, 0);
    if (!a || !km_loop_room(loop)) return false;
    memcpy(loop->out->known, a->known, loop->words * sizeof(uint64_t));
    km_kernels_here()->magnitude(a->numbers, loop->rows, km_loop_numbers(loop));
    return true;
}
