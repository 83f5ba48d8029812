/* Columns of few values: diagnoses, departments, facilities. An expression that reads one such column and
 * nothing else is worked out once for each value, and all rows with the value get the answer. */
#include <string.h>

#include "base/hash.h"
#include "rules/scalar.h"
#include "rules/vector_parts.h"

enum {
    VALUES_MAX = 2048, /* kept at a time */
    SLOTS = 2 * VALUES_MAX,
    ROWS_LEAST = 64,   /* in a smaller batch nothing comes again */
    MET_FREELY = 1024, /* so many values, and one more in so many rows, are few */
    ROWS_A_VALUE = 16,
    TREE_LEAST = 10,  /* what costs no more is quicker as a column of numbers */
    SLOW_COST = 40,   /* of what works on texts, beside its tree */
    WORTH_LEAST = 100 /* what the expressions cost in a batch, if finding the values shall pay */
};

struct km_values {
    km_arena arena;      /* of the texts */
    uint64_t met, rows;  /* values added, rows looked at */
    uint64_t worth;      /* what the expressions worked out in the first batch cost */
    uint32_t generation; /* how often the values were forgotten */
    uint32_t count;      /* of values; the first is NULL */
    uint16_t slots[SLOTS];
    uint64_t keys[VALUES_MAX]; /* numbers, codes, short texts; hashes of other texts, which follow */
    km_text texts[VALUES_MAX];
    /* of the batch */
    uint32_t epoch, first_epoch;
    uint32_t here_count;
    uint16_t here[VALUES_MAX];
    uint32_t row[VALUES_MAX];  /* one that has the value */
    uint32_t seen[VALUES_MAX]; /* batch that had the value last */
    uint32_t
        rows_of[VALUES_MAX]; /* how many rows have it, which are order[end - rows_of] .. order[end - 1] */
    uint32_t end[VALUES_MAX];
    uint64_t *known; /* rows that have one; the column itself may be given back */
    uint32_t *order;
    uint16_t *of_row;
    bool ordered;
};

/* The answer for a value. What is NULL for a reason that is counted is asked again in each batch. */
typedef enum state { TO_ASK, TO_ASK_AGAIN, IS_NULL, IS_FALSE, IS_TRUE, STATES } state;

struct km_answers {
    uint32_t generation;
    uint8_t state[VALUES_MAX]; /* numbers are IS_TRUE */
    int64_t number[];
};
typedef struct km_values km_values;
typedef struct km_answers km_answers;

static size_t answers_size(const km_node *node) {
    return sizeof(km_answers) + (node->type == KM_TYPE_BOOL ? 0 : VALUES_MAX * sizeof(int64_t));
}

static void free_values(km_frame *frame, km_vector *column) {
    if (!column->values) return;
    km_arena_free(&column->values->arena);
    km_free(frame->mem, column->values, sizeof *column->values);
    column->values = NULL;
}

void km_values_free(km_frame *frame, km_node_id id) {
    km_vector *vector = &frame->vectors[id];
    free_values(frame, vector);
    if (vector->answers) km_free(frame->mem, vector->answers, answers_size(km_node_at(frame->graph, id)));
}

/* ---- the values of a column */

static void forget(km_values *of) {
    memset(of->slots, 0, sizeof of->slots);
    km_arena_free(&of->arena);
    of->count = 1;
    of->generation++;
}

/* 0 when there is no room for a new one. */
static uint16_t add_value(km_values *of, uint16_t *slot, uint64_t key, const km_text *text) {
    if (of->count == VALUES_MAX) return 0;
    of->texts[of->count] = (km_text){NULL, 0};
    if (text) of->texts[of->count] = km_arena_text(&of->arena, *text);
    if (text && !of->texts[of->count].ptr) return 0;
    of->keys[of->count] = key;
    of->seen[of->count] = 0;
    of->met++;
    return *slot = (uint16_t)of->count++;
}

/* `text` is one that does not fit into the key, which is its hash. */
static inline uint16_t value_of(km_values *of, uint64_t key, const km_text *text) {
    for (size_t at = (key * 0x9E3779B97F4A7C15u) >> 52;; at = (at + 1) % SLOTS) {
        uint16_t value = of->slots[at];
        if (!value) return add_value(of, &of->slots[at], key, text);
        if (of->keys[value] != key || !of->texts[value].ptr != !text) continue;
        if (!text || km_text_equal(of->texts[value], *text)) return value;
    }
}

static inline uint16_t value_of_row(km_values *of, const km_vector *column, bool text, uint32_t row) {
    uint64_t code;
    if (!text) return value_of(of, (uint64_t)column->numbers[row], NULL);
    if (km_code_pack(column->texts[row], &code)) return value_of(of, code, NULL);
    return value_of(of, km_hash_text(column->texts[row]), &column->texts[row]);
}

/* Finds the value of each row; false when they are too many. */
static inline bool find_values(km_values *of, const km_vector *column, bool text, uint32_t words,
                               uint32_t epoch) {
    for (uint32_t w = 0; w < words; w++) {
        for (uint64_t left = column->known[w]; left; left &= left - 1) {
            uint32_t row = km_first_row(w, left);
            uint16_t value = value_of_row(of, column, text, row);
            if (!value) return false;
            of->of_row[row] = value;
            if (of->seen[value] == epoch) continue;
            of->seen[value] = epoch;
            of->row[value] = row;
            of->here[of->here_count++] = value;
        }
    }
    return of->met <= MET_FREELY + of->rows / ROWS_A_VALUE;
}

/* NULL, if some row has it, comes first. */
static void find_nulls(km_values *of, const km_loop *loop, const km_vector *column) {
    of->here_count = 0;
    memcpy(of->known, column->known, loop->words * sizeof *of->known);
    for (uint32_t w = 0; w < loop->words && !of->here_count; w++) {
        uint64_t nulls = km_loop_mask(loop, w) & ~column->known[w];
        if (!nulls) continue;
        of->row[0] = km_first_row(w, nulls);
        of->here[of->here_count++] = 0;
    }
}

/* Brings the rows of each value together: needed where answers differ. */
static void order_rows(km_values *of, uint32_t rows) {
    uint32_t begin = 0;
    if (of->ordered) return;
    for (uint32_t i = 0; i < of->here_count; i++) of->rows_of[of->here[i]] = 0;
    for (uint32_t row = 0; row < rows; row++) of->rows_of[of->of_row[row]]++;
    for (uint32_t i = 0; i < of->here_count; i++) {
        of->end[of->here[i]] = begin;
        begin += of->rows_of[of->here[i]];
    }
    for (uint32_t row = 0; row < rows; row++) of->order[of->end[of->of_row[row]]++] = row;
    of->ordered = true;
}

static bool begin_values(km_loop *loop, km_vector *column) {
    km_values *of = column->values;
    bool made;
    if (!of) {
        of = column->values = km_alloc_zero(loop->frame->mem, sizeof *of);
        if (!of) return false;
        km_arena_init(&of->arena, loop->frame->mem);
        of->first_epoch = loop->frame->epoch;
        forget(of);
    }
    if (of->rows && of->worth < WORTH_LEAST) return false;
    if (of->count > VALUES_MAX / 2) forget(of);
    size_t rows = (size_t)loop->words * 64, row_size = sizeof *of->order + sizeof *of->of_row;
    of->known =
        km_loop_shared(loop, &column->own, (rows / 64 + 1) * sizeof *of->known + rows * row_size, &made);
    if (!of->known) return false;
    of->order = (uint32_t *)(void *)(of->known + loop->words + 1);
    of->of_row = (uint16_t *)(void *)(of->order + rows);
    memset(of->of_row, 0, loop->rows * sizeof *of->of_row);
    of->rows += loop->rows;
    of->ordered = false;
    return true;
}

/* The values of the column the node reads, found once a batch; NULL when it does not pay, or there is no
 * memory. */
static km_values *values_of(km_loop *loop) {
    km_frame *frame = loop->frame;
    km_node_id id = loop->node->column;
    km_vector *column = &frame->vectors[id];
    bool text = km_node_at(frame->graph, id)->type == KM_TYPE_TEXT;
    if (column->values && column->values->epoch == frame->epoch) return column->values;
    bool good = begin_values(loop, column) && km_loop_eval(frame, id);
    if (good) {
        column->uses++;
        find_nulls(column->values, loop, column);
        good = text ? find_values(column->values, column, true, loop->words, frame->epoch)
                    : find_values(column->values, column, false, loop->words, frame->epoch);
    }
    column->many = !good;
    if (!good) free_values(frame, column);
    if (good) column->values->epoch = frame->epoch;
    return column->values;
}

/* ---- the answers */

static void ask(km_loop *loop, km_answers *answers, uint16_t value, uint32_t row) {
    km_frame *frame = loop->frame;
    km_apply_context context = {.regex = frame->context.regex};
    km_node_id id = (km_node_id)(loop->out - frame->vectors);
    km_value found = km_scalar(&context, frame->graph, frame->input, id, row);
    bool condition = found.type == KM_TYPE_BOOL, code = found.type == KM_TYPE_CODE;
    state known = condition && !found.number ? IS_FALSE : IS_TRUE;
    answers->state[value] = (uint8_t)(context.nulls_made ? TO_ASK_AGAIN : found.known ? known : IS_NULL);
    if (!condition) answers->number[value] = !found.known ? 0 : code ? (int64_t)found.code : found.number;
    frame->context.nulls_made += context.nulls_made;
}

/* Asks for the values that are new. The answer of all values but NULL, or of most rows. */
static state most_common(km_loop *loop, km_values *of, km_answers *answers) {
    uint32_t rows[STATES] = {0};
    uint8_t least = STATES, greatest = 0;
    for (uint32_t i = 0; i < of->here_count; i++) {
        uint16_t value = of->here[i];
        if (answers->state[value] <= TO_ASK_AGAIN) ask(loop, answers, value, of->row[value]);
        if (!value) continue;
        if (answers->state[value] < least) least = answers->state[value];
        if (answers->state[value] > greatest) greatest = answers->state[value];
    }
    if (least >= greatest) return (state)greatest;
    order_rows(of, loop->rows);
    for (uint32_t i = 0; i < of->here_count; i++)
        rows[answers->state[of->here[i]]] += of->rows_of[of->here[i]];
    for (uint8_t i = 0; i < STATES; i++) {
        if (rows[i] > rows[greatest]) greatest = i;
    }
    return (state)greatest;
}

static void put_state(uint64_t *known, uint64_t *is_true, uint64_t rows, state of) {
    *known = of >= IS_FALSE ? *known | rows : *known & ~rows;
    *is_true = of == IS_TRUE ? *is_true | rows : *is_true & ~rows;
}

/* The bits of all rows as most have them, then those of the others. */
static void put_states(km_loop *loop, const km_values *of, const km_answers *answers, state most) {
    uint64_t *known = loop->out->known, *is_true = loop->out->is_true;
    bool nulls = of->here_count && !of->here[0];
    for (uint32_t w = 0; w < loop->words; w++) {
        uint64_t rows = km_loop_mask(loop, w);
        known[w] = is_true[w] = 0;
        put_state(&known[w], &is_true[w], rows, most);
        if (nulls) put_state(&known[w], &is_true[w], rows & ~of->known[w], answers->state[0]);
    }
    for (uint32_t i = nulls; i < of->here_count; i++) {
        uint16_t value = of->here[i];
        state own = answers->state[value];
        if (own == most) continue;
        for (uint32_t at = of->end[value] - of->rows_of[value]; at < of->end[value]; at++) {
            uint32_t row = of->order[at];
            put_state(&known[row / 64], &is_true[row / 64], (uint64_t)1 << (row % 64), own);
        }
    }
}

bool km_loop_is_by_value(const km_frame *frame, km_node_id id) {
    const km_node *node = km_node_at(frame->graph, id);
    return node->column != KM_NODE_NONE && !frame->vectors[node->column].many &&
           (node->slow || node->tree >= TREE_LEAST) && node->type != KM_TYPE_TEXT &&
           frame->rows[node->scope] >= ROWS_LEAST;
}

bool km_loop_by_value(km_loop *loop, bool *done) {
    km_values *of = values_of(loop);
    km_answers *answers = loop->out->answers;
    *done = of != NULL;
    if (!of) return true;
    if (!answers) answers = loop->out->answers = km_alloc_zero(loop->frame->mem, answers_size(loop->node));
    if (!answers || !km_loop_room(loop)) return false;
    if (answers->generation != of->generation) memset(answers->state, TO_ASK, sizeof answers->state);
    answers->generation = of->generation;
    if (of->first_epoch == loop->frame->epoch)
        of->worth += loop->node->tree + (loop->node->slow ? SLOW_COST : 0);
    put_states(loop, of, answers, most_common(loop, of, answers));
    for (uint32_t row = 0; loop->node->type != KM_TYPE_BOOL && row < loop->rows; row++)
        km_loop_numbers(loop)[row] = answers->number[of->of_row[row]];
    return true;
}
