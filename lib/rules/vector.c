#include <string.h>

#include "base/decimal.h"
#include "rules/kernels.h"
#include "rules/scalar.h"
#include "rules/vector_parts.h"

static const double SAFE_BOUND = 9.2e18; /* sums and products below it cannot overflow an int64 */

/* ---- results */

static size_t value_size(const km_node *node) {
    return node->type == KM_TYPE_BOOL ? 0 : node->type == KM_TYPE_TEXT ? sizeof(km_text) : sizeof(int64_t);
}

bool km_loop_room(km_loop *j) {
    size_t bits = ((size_t)j->words + 1) * sizeof(uint64_t), rows = (size_t)j->words * 64;
    size_t need = rows * value_size(j->node) + 2 * bits;
    if (!j->out->memory || j->out->memory_size < need) {
        size_t size;
        void *memory = km_frame_take(j->frame, need, &size);
        if (!memory) return false;
        km_free(j->frame->mem, j->out->memory, j->out->memory_size);
        j->out->memory = memory;
        j->out->memory_size = size;
    }
    char *values = j->out->memory;
    /* at the end, so that they never lie on values of a larger batch before */
    j->out->known = (uint64_t *)(void *)(values + j->out->memory_size - 2 * bits);
    j->out->is_true = j->out->known + j->words + 1;
    j->out->numbers = (const int64_t *)(void *)values;
    j->out->texts = (const km_text *)(void *)values;
    return true;
}

bool km_loop_blank(km_loop *j) {
    if (!km_loop_room(j)) return false;
    memset(j->out->known, 0, 2 * ((size_t)j->words + 1) * sizeof(uint64_t));
    return true;
}

/* NULLs stay for the next batch: what is written there instead must set `filled` to 0. */
bool km_loop_null(km_loop *j) {
    const void *before = j->out->memory;
    if (!km_loop_blank(j)) return false;
    j->out->uses_most = KM_USES_KEPT;
    if (j->out->memory == before && j->out->filled >= j->rows) return true;
    j->out->filled = j->rows;
    memset(j->out->memory, 0, j->rows * value_size(j->node));
    return true;
}

void *km_loop_memo(km_loop *j, size_t size) {
    if (!j->out->memo) {
        j->out->memo = km_alloc_zero(j->frame->mem, size);
        j->out->memo_size = size;
    }
    return j->out->memo;
}

void *km_loop_shared(km_loop *j, km_once *shared, size_t size, bool *made) {
    *made = shared->epoch != j->frame->epoch;
    if (shared->size < size) {
        void *room = km_alloc(j->frame->mem, size);
        if (!room) return NULL;
        km_free(j->frame->mem, shared->room, shared->size);
        shared->room = room;
        shared->size = size;
        *made = true;
    }
    shared->epoch = j->frame->epoch;
    return shared->room;
}

void *km_loop_derived(km_loop *j, int argument, size_t size, bool *made) {
    km_node_id id = km_node_argument(j->frame->graph, j->node, argument);
    return km_loop_shared(j, &j->frame->vectors[id].derived, size, made);
}

static void put_value(km_loop *j, uint32_t row, const km_value *value) {
    km_bit_set(j->out->known, row, value->known);
    if (j->node->type == KM_TYPE_BOOL) {
        km_bit_set(j->out->is_true, row, value->known && value->number);
    } else if (j->node->type == KM_TYPE_TEXT) {
        ((km_text *)j->out->memory)[row] = value->known ? value->text : (km_text){"", 0};
    } else {
        km_loop_numbers(j)[row] = j->node->type == KM_TYPE_CODE ? (int64_t)value->code : value->number;
    }
}

/* ---- leaves */

/* Kept from batch to batch while these are of the same size, as all but the last are. */
static bool eval_constant(km_loop *j) {
    km_value value = km_node_constant(j->node);
    const void *before = j->out->memory;
    if (before && j->out->filled == j->rows) return true;
    if (!km_loop_blank(j)) return false;
    for (uint32_t word = 0; word < j->words && value.known; word++) {
        j->out->known[word] = km_loop_mask(j, word);
        j->out->is_true[word] = value.number ? km_loop_mask(j, word) : 0;
    }
    j->out->filled = j->rows;
    if (j->node->type == KM_TYPE_TEXT) {
        km_text *texts = j->out->memory;
        for (uint32_t row = 0; texts && row < j->rows; row++) texts[row] = value.text;
    } else if (j->node->type != KM_TYPE_BOOL) {
        for (uint32_t row = 0; row < j->rows; row++) km_loop_numbers(j)[row] = j->node->number;
    }
    return true;
}

static bool eval_field(km_loop *j) {
    int count;
    size_t width = km_field_width(&km_fields((km_scope)j->node->scope, &count)[j->node->number]);
    const km_column *column = km_loop_column(j, j->node);
    if (!column) return km_loop_null(j);
    j->out->filled = 0;
    if (width == 8) { /* the column is the result */
        j->out->numbers = column->values;
        j->out->known = column->valid;
        return true;
    }
    if (!km_loop_blank(j)) return false;
    memcpy(j->out->known, column->valid, j->words * sizeof(uint64_t));
    if (width == 4) {
        km_kernels_here()->widen(column->values, j->rows, km_loop_numbers(j));
    } else {
        for (uint32_t row = 0; row < j->rows; row++)
            ((km_text *)j->out->memory)[row] = km_column_text(column, row);
    }
    return true;
}

/* 64 bits from any place on, not beyond the last word. */
static uint64_t bits_from(const uint64_t *bits, uint32_t at) {
    uint32_t shift = at % 64;
    return shift ? bits[at / 64] >> shift | bits[at / 64 + 1] << (64 - shift) : bits[at / 64];
}

static void copy_parents(km_loop *j, const km_vector *claim, uint32_t w, uint32_t from) {
    j->out->known[w] = bits_from(claim->known, from);
    if (j->node->type == KM_TYPE_BOOL) {
        j->out->is_true[w] = bits_from(claim->is_true, from);
    } else if (j->node->type == KM_TYPE_TEXT) {
        memcpy(km_loop_texts(j) + w * 64, claim->texts + from, 64 * sizeof(km_text));
    } else {
        memcpy(km_loop_numbers(j) + w * 64, claim->numbers + from, 64 * sizeof(int64_t));
    }
}

static bool eval_parent(km_loop *j) {
    const uint32_t *parent = j->frame->input->set[j->node->scope].parent;
    const km_vector *claim = km_loop_argument(j, 0);
    if (!claim || !km_loop_blank(j)) return false;
    for (uint32_t row = 0; row < j->rows; row++) {
        uint32_t from = parent[row];
        if (row % 64 == 0 && j->rows - row >= 64 && km_is_run(parent + row)) {
            copy_parents(j, claim, row / 64, from);
            row += 63;
            continue;
        }
        km_bit_set(j->out->known, row, km_bit(claim->known, from));
        if (j->node->type == KM_TYPE_BOOL) {
            km_bit_set(j->out->is_true, row, km_bit(claim->is_true, from));
        } else if (j->node->type == KM_TYPE_TEXT) {
            km_loop_texts(j)[row] = claim->texts[from];
        } else {
            km_loop_numbers(j)[row] = claim->numbers[from];
        }
    }
    return true;
}

/* ---- conditions */

static bool eval_not(km_loop *j) {
    const km_vector *a = km_loop_argument(j, 0);
    if (!a || !km_loop_room(j)) return false;
    for (uint32_t w = 0; w < j->words; w++) {
        j->out->known[w] = a->known[w];
        j->out->is_true[w] = a->known[w] & ~a->is_true[w];
    }
    return true;
}

/* Of a column the bits are there without its values. */
static bool eval_is_null(km_loop *j) {
    const km_node *of = km_loop_argument_node(j, 0);
    const km_column *column = of->op == KM_OP_FIELD ? km_loop_column(j, of) : NULL;
    const km_vector *a = of->op == KM_OP_FIELD ? NULL : km_loop_argument(j, 0);
    const uint64_t *known = column ? column->valid : a ? a->known : NULL;
    if ((!a && of->op != KM_OP_FIELD) || !km_loop_room(j)) return false;
    for (uint32_t w = 0; w < j->words; w++) {
        j->out->known[w] = km_loop_mask(j, w);
        j->out->is_true[w] = km_loop_mask(j, w) & ~(known ? known[w] : 0);
    }
    return true;
}

static void known_of_two(km_loop *j, const km_vector *a, const km_vector *b) {
    for (uint32_t w = 0; w < j->words; w++) j->out->known[w] = a->known[w] & b->known[w];
}

static bool eval_compare(km_loop *j) {
    const km_node *right = km_loop_argument_node(j, 1);
    bool constant = right->op == KM_OP_CONST && km_node_constant(right).known;
    const km_vector *a = km_loop_argument(j, 0), *b = constant ? a : km_loop_argument(j, 1);
    if (!a || !b || !km_loop_room(j)) return false;
    known_of_two(j, a, b);
    if (j->rows) {
        km_kernels_here()->compare((km_comparison)j->node->detail, km_loop_flip(right), a->numbers,
                                   constant ? &right->number : b->numbers, constant, j->rows,
                                   j->out->is_true);
    }
    for (uint32_t w = 0; w < j->words; w++) j->out->is_true[w] &= j->out->known[w];
    return true;
}

enum { IN_LOOP_MAX = 24 };

/* Texts and long lists: the constants are ascending, so each row is a binary search. */
static bool eval_in_long(km_loop *j) {
    const km_vector *a = km_loop_argument(j, 0);
    if (!a || !km_loop_blank(j)) return false;
    for (uint32_t row = 0; row < j->rows; row++) {
        km_value value = km_vector_value(km_loop_argument_node(j, 0), a, row);
        km_value found = {.type = KM_TYPE_BOOL, .known = value.known};
        for (int low = 1, high = j->node->count; value.known && low < high && !found.number;) {
            int middle = low + (high - low) / 2;
            km_value constant = km_node_constant(km_loop_argument_node(j, middle));
            int order = km_value_compare(&value, &constant);
            found.number = order == 0;
            if (order < 0) high = middle;
            if (order > 0) low = middle + 1;
        }
        put_value(j, row, &found);
    }
    return true;
}

static bool eval_in(km_loop *j) {
    int64_t constants[IN_LOOP_MAX];
    const km_vector *a = km_loop_argument(j, 0);
    if (!a || !km_loop_room(j)) return false;
    for (int i = 1; i < j->node->count; i++) constants[i - 1] = km_loop_argument_node(j, i)->number;
    km_kernels_here()->in(a->numbers, j->rows, constants, j->node->count - 1, j->out->is_true);
    for (uint32_t w = 0; w < j->words; w++) {
        j->out->known[w] = a->known[w];
        j->out->is_true[w] &= a->known[w];
    }
    return true;
}

/* ---- numbers, dates, codes */

static bool eval_arithmetic(km_loop *j) {
    const km_vector *a = km_loop_argument(j, 0), *b = km_loop_argument(j, 1);
    if (!a || !b || !km_loop_room(j)) return false;
    known_of_two(j, a, b);
    const km_kernels *kernels = km_kernels_here();
    (j->node->op == KM_OP_ADD ? kernels->add
     : j->node->op == KM_OP_SUBTRACT
         ? kernels->subtract
         : kernels->multiply)(a->numbers, b->numbers, j->rows, km_loop_numbers(j));
    return true;
}

static bool eval_one_number(km_loop *j) {
    const km_vector *a = km_loop_argument(j, 0);
    const km_node *from = km_loop_argument_node(j, 0);
    if (!a || !km_loop_room(j)) return false;
    memcpy(j->out->known, a->known, j->words * sizeof(uint64_t));
    if (j->node->op == KM_OP_DAY_OF) {
        km_kernels_here()->day_of(a->numbers, j->rows, km_loop_numbers(j));
    } else {
        int64_t factor = j->node->op == KM_OP_RESCALE ? km_pow10(j->node->scale - from->scale) : 1;
        km_kernels_here()->scale(a->numbers, factor, j->rows, km_loop_numbers(j));
    }
    return true;
}

/* ---- everything else, row by row */

/* Whatever has no loop of its own: NULL in, NULL out. */
enum { ARGUMENTS_INLINE = 16 };

static bool eval_rows(km_loop *j) {
    const km_vector *inline_vectors[ARGUMENTS_INLINE], **vectors = inline_vectors;
    km_value inline_values[ARGUMENTS_INLINE], *values = inline_values;
    int count = j->node->count;
    if (count > ARGUMENTS_INLINE) {
        vectors = km_alloc_array(j->frame->mem, (size_t)count, sizeof *vectors);
        values = km_alloc_array(j->frame->mem, (size_t)count, sizeof *values);
    }
    bool good = vectors && values;
    for (int i = 0; i < count && good; i++) good = (vectors[i] = km_loop_argument(j, i)) != NULL;
    good = good && km_loop_blank(j);
    km_value null = {.type = (km_type)j->node->type, .scale = j->node->scale};
    for (uint32_t row = 0; row < j->rows && good; row++) {
        bool complete = true;
        for (int i = 0; i < count; i++) {
            values[i] = km_vector_value(km_loop_argument_node(j, i), vectors[i], row);
            complete = complete && values[i].known;
        }
        km_value value = complete ? km_apply(&j->frame->context, j->node, values) : null;
        put_value(j, row, &value);
    }
    if (count > ARGUMENTS_INLINE) {
        km_free(j->frame->mem, vectors, (size_t)count * sizeof *vectors);
        km_free(j->frame->mem, values, (size_t)count * sizeof *values);
    }
    return good;
}

/* ---- choice of loop */

static bool on_numbers(const km_loop *j) {
    for (int i = 0; i < j->node->count; i++) {
        uint8_t type = km_loop_argument_node(j, i)->type;
        if (type == KM_TYPE_TEXT || type == KM_TYPE_BOOL) return false;
    }
    return true;
}

static bool is_text_field(const km_node *node) {
    return node->op == KM_OP_FIELD && node->type == KM_TYPE_TEXT;
}

/* A list of codes, and codes that are constants, or one that each row has its own of. */
static bool asks_for_codes(const km_loop *j) {
    bool all = km_loop_argument_node(j, 0)->type == KM_TYPE_TEXT, constant = true;
    for (int i = 1; i < j->node->count; i++)
        constant = constant && km_loop_argument_node(j, i)->op == KM_OP_CONST;
    return all && (constant || (!j->node->detail && km_loop_argument_node(j, 1)->type == KM_TYPE_CODE));
}

static bool (*choose(const km_loop *j))(km_loop *) {
    const km_node *node = j->node;
    bool safe = node->bound < SAFE_BOUND;
    switch (node->op) {
    case KM_OP_CONST: return eval_constant;
    case KM_OP_FIELD: return eval_field;
    case KM_OP_PARENT: return eval_parent;
    case KM_OP_AND:
    case KM_OP_OR: return km_loop_logic;
    case KM_OP_NOT: return eval_not;
    case KM_OP_IS_NULL: return eval_is_null;
    case KM_OP_COMPARE: return on_numbers(j) ? eval_compare : eval_rows;
    case KM_OP_IN_SET: return on_numbers(j) && node->count <= IN_LOOP_MAX ? eval_in : eval_in_long;
    case KM_OP_LIKE: return km_loop_like;
    case KM_OP_MATCHES:
    case KM_OP_LENGTH:
    case KM_OP_TO_NUMBER:
        return node->op == KM_OP_LENGTH && km_loop_argument_node(j, 0)->type == KM_TYPE_TEXT ? km_loop_length
                                                                                             : km_loop_text;
    case KM_OP_LIST_COUNT: return is_text_field(km_loop_argument_node(j, 0)) ? km_loop_list_count : eval_rows;
    case KM_OP_HAS_CODE: return asks_for_codes(j) ? km_loop_has_code : eval_rows;
    case KM_OP_CASE:
    case KM_OP_COALESCE: return km_loop_choice;
    case KM_OP_GREATEST:
    case KM_OP_LEAST: return on_numbers(j) ? km_loop_extreme : eval_rows;
    case KM_OP_ABS: return safe ? km_loop_abs : km_loop_checked;
    case KM_OP_DAYS_BETWEEN:
    case KM_OP_MINUTES_BETWEEN: return km_loop_between;
    case KM_OP_PART: return km_loop_part;
    case KM_OP_AGE_AT_LEAST: return km_loop_age_at_least;
    case KM_OP_LOOKUP:
        if (!((const km_lookup *)node->extra)->rows) return km_loop_null; /* a table the user may fill */
        return on_numbers(j) ? km_loop_lookup : eval_rows;
    case KM_OP_IN_LOOKUP: return on_numbers(j) ? km_loop_lookup : eval_rows;
    case KM_OP_ADD:
    case KM_OP_SUBTRACT: return safe ? eval_arithmetic : km_loop_sum;
    case KM_OP_MULTIPLY: {
        int natural = km_loop_argument_node(j, 0)->scale + km_loop_argument_node(j, 1)->scale;
        if (safe && natural == node->scale) return eval_arithmetic;
        return natural >= node->scale ? km_loop_round : km_loop_checked;
    }
    case KM_OP_RESCALE:
        if (node->scale < km_loop_argument_node(j, 0)->scale) return km_loop_round;
        return safe ? eval_one_number : km_loop_widen;
    case KM_OP_ADD_DAYS: return km_loop_add_days;
    case KM_OP_AGE_DAYS: return km_loop_age_days;
    case KM_OP_TO_DATE:
        return km_loop_argument_node(j, 0)->type == KM_TYPE_TEXT ? km_loop_to_date : eval_rows;
    case KM_OP_DIVIDE: return km_loop_checked;
    case KM_OP_SHIFT:
    case KM_OP_DAY_OF: return eval_one_number;
    case KM_OP_SUBSTR:
        return km_loop_argument_node(j, 0)->type == KM_TYPE_CODE ? km_loop_subcode : km_loop_substr;
    case KM_OP_SUM:
    case KM_OP_COUNT:
    case KM_OP_MIN:
    case KM_OP_MAX:
    case KM_OP_EXISTS: return km_loop_children;
    case KM_OP_SAME: return km_loop_same;
    default: return eval_rows;
    }
}

/* ---- which memory may serve others */

/* Whether the memory of a node is worth it; that of constants keeps their values. */
static bool is_large(const km_node *node, const km_vector *vector) {
    return node->type != KM_TYPE_BOOL && node->op != KM_OP_CONST && vector->memory;
}

/* Arguments that a node at work may read; those after the first of a set are constants. */
static int arguments_held(const km_node *node) {
    return node->op == KM_OP_IN_SET ? 1 : node->count;
}

static void hold_arguments(km_frame *frame, const km_node *node) {
    for (int i = 0; i < arguments_held(node); i++)
        frame->vectors[km_node_argument(frame->graph, node, i)].holds++;
}

/* A node has been worked out. Results that have been read as often as in the batches before are not needed
 * any more; should they be after all, they are worked out again. */
static void let_arguments_go(km_frame *frame, const km_node *node) {
    for (int i = 0; i < arguments_held(node); i++) {
        km_node_id id = km_node_argument(frame->graph, node, i);
        km_vector *vector = &frame->vectors[id];
        vector->holds--;
        if (vector->epoch != frame->epoch) continue;
        vector->uses++;
        bool done = vector->uses_most && vector->uses >= vector->uses_most && !vector->holds &&
                    vector->lent != frame->epoch;
        if (done && is_large(km_node_at(frame->graph, id), vector)) km_frame_give(frame, vector);
    }
}

static void begin_batch(const km_frame *frame, km_vector *vector) {
    if (vector->begun == frame->epoch) return;
    vector->begun = frame->epoch;
    if (vector->uses > vector->uses_most) vector->uses_most = vector->uses;
    vector->uses = 0;
}

const km_vector *km_loop_eval(km_frame *frame, km_node_id id) {
    km_vector *out = &frame->vectors[id];
    const km_node *node = km_node_at(frame->graph, id);
    if (out->epoch == frame->epoch) return out;
    km_loop j = {.frame = frame, .node = node, .out = out, .rows = frame->rows[node->scope]};
    j.words = km_frame_words(frame, (km_scope)node->scope);
    if (!out->work) out->work = choose(&j);
    if (out->begun == frame->epoch) out->lent = frame->epoch; /* given back too early: not twice in a batch */
    begin_batch(frame, out);
    bool done = false, good = !km_loop_is_by_value(frame, id) || km_loop_by_value(&j, &done);
    if (good && !done) {
        hold_arguments(frame, node);
        good = out->work(&j);
        let_arguments_go(frame, node);
    }
    if (good) out->epoch = frame->epoch;
    return good ? out : NULL;
}

const km_vector *km_frame_eval(km_frame *frame, km_node_id id) {
    const km_vector *vector = km_loop_eval(frame, id);
    frame->vectors[id].uses_most = KM_USES_KEPT;
    return vector;
}
