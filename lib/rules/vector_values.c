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

typedef struct one_value {
    uint32_t count, end; /* rows of the batch that have it, and where they end in rows_by_value */
    km_text text;        /* one that does not fit into its key */
} one_value;

/* Where a value is found; 0 is none. */
typedef struct one_slot {
    uint64_t key; /* the number, code or short text; the hash of another text */
    uint32_t value;
    bool is_text;
} one_slot;

struct km_values {
    km_arena arena;      /* of the texts */
    uint64_t met, rows;  /* values added, rows looked at */
    uint64_t worth;      /* what the expressions worked out in the first batch cost */
    uint32_t generation; /* how often the values were forgotten */
    uint32_t count;      /* of values; the first is NULL */
    one_slot slots[SLOTS];
    one_value value[VALUES_MAX];
    /* of the batch */
    uint32_t epoch, first_epoch;
    uint32_t here_count;
    uint16_t here[VALUES_MAX]; /* its values: NULL, if some row has it, comes first */
    const uint64_t *known;     /* rows that have one */
    uint16_t *of_row;          /* the value of each row, up to a whole word of rows */
    uint32_t *rows_by_value;   /* the rows that have one, those of a value together, once asked for */
    bool sorted;
};

/* The answer for a value. */
typedef enum state {
    TO_ASK = 0,
    IS_FALSE = 1, /* the bit of what is known */
    IS_TRUE = 3,  /* and the bit of what is true; numbers are IS_TRUE */
    IS_NULL = 4,
    TO_ASK_AGAIN = 8 /* a bit beside the answer: some part is NULL for a reason that each batch counts */
} state;
enum { STATES = 16 };

struct km_answers {
    uint32_t generation;
    uint8_t state[VALUES_MAX];
    int64_t number[];
};
typedef struct km_values km_values;
typedef struct km_answers km_answers;

static size_t answers_size(const km_node *node) {
    return sizeof(km_answers) + (node->type == KM_TYPE_BOOL ? 0 : VALUES_MAX * sizeof(int64_t));
}

static void free_values(km_frame *frame, km_vector *vector) {
    if (!vector->values) return;
    km_arena_free(&vector->values->arena);
    km_free(frame->mem, vector->values, sizeof *vector->values);
    vector->values = NULL;
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
    of->here_count = 0;
    of->generation++;
}

/* 0 when there is no room for a new one. */
static uint32_t add_value(km_values *of, one_slot *slot, uint64_t key, const km_text *text) {
    if (of->count == VALUES_MAX) return 0;
    one_value *value = &of->value[of->count];
    *value = (one_value){0};
    if (text) value->text = km_arena_text(&of->arena, *text);
    if (text && !value->text.ptr) return 0;
    of->met++;
    *slot = (one_slot){key, of->count, text != NULL};
    return of->count++;
}

/* `text` is one that does not fit into the key, which is its hash. */
static inline uint32_t value_of(km_values *of, uint64_t key, const km_text *text) {
    for (size_t at = (key * 0x9E3779B97F4A7C15u) >> 52;; at = (at + 1) % SLOTS) {
        one_slot *slot = &of->slots[at];
        if (!slot->value) return add_value(of, slot, key, text);
        if (slot->key != key || slot->is_text != (text != NULL)) continue;
        if (!text || km_text_equal(of->value[slot->value].text, *text)) return slot->value;
    }
}

/* `width` is a constant where this is inlined; 0 for texts. */
static inline uint32_t value_of_row(km_values *of, const km_column *column, size_t width, uint32_t row) {
    uint64_t code;
    if (width == 4) return value_of(of, (uint64_t)((const int32_t *)column->values)[row], NULL);
    if (width == 8) return value_of(of, ((const uint64_t *)column->values)[row], NULL);
    km_text text = km_column_text(column, row);
    return km_code_pack(text, &code) ? value_of(of, code, NULL) : value_of(of, km_hash_text(text), &text);
}

static inline bool find_values(km_values *of, const km_column *column, size_t width, uint32_t words) {
    for (uint32_t w = 0; w < words; w++) {
        if (of->known[w] != UINT64_MAX) memset(of->of_row + w * 64, 0, 64 * sizeof *of->of_row);
        for (uint64_t left = of->known[w]; left; left &= left - 1) {
            uint32_t row = km_first_row(w, left), value = value_of_row(of, column, width, row);
            if (!value) return false;
            of->of_row[row] = (uint16_t)value;
            if (!of->value[value].count++) of->here[of->here_count++] = (uint16_t)value;
        }
    }
    return of->met <= MET_FREELY + of->rows / ROWS_A_VALUE;
}

/* Finds the value of each row; false when they are too many. */
static bool find_all(km_values *of, const km_loop *loop, const km_node *field, const km_column *column) {
    int count;
    switch (km_field_width(&km_fields((km_scope)field->scope, &count)[field->number])) {
    case 0: return find_values(of, column, 0, loop->words);
    case 4: return find_values(of, column, 4, loop->words);
    default: return find_values(of, column, 8, loop->words);
    }
}

/* Puts the rows of each value together. */
static void sort_rows(km_values *of, uint32_t words) {
    uint32_t end = 0;
    if (of->sorted) return;
    of->sorted = true;
    for (uint32_t i = 0; i < of->here_count; i++) {
        one_value *value = &of->value[of->here[i]];
        value->end = end; /* grows to the end of its rows */
        end += value->count;
    }
    for (uint32_t w = 0; w < words; w++) {
        for (uint64_t left = of->known[w]; left; left &= left - 1) {
            uint32_t row = km_first_row(w, left);
            of->rows_by_value[of->value[of->of_row[row]].end++] = row;
        }
    }
}

/* A row that has a value; of NULL the first one without. */
static uint32_t row_with(const km_loop *loop, const km_values *of, uint16_t value) {
    if (value) return of->rows_by_value[of->value[value].end - 1];
    uint32_t w = 0;
    while (!(km_loop_mask(loop, w) & ~of->known[w])) w++;
    return km_first_row(w, km_loop_mask(loop, w) & ~of->known[w]);
}

static void find_nulls(km_values *of, const km_loop *loop) {
    for (uint32_t i = 0; i < of->here_count; i++) of->value[of->here[i]].count = 0;
    of->here_count = 0;
    for (uint32_t w = 0; w < loop->words && !of->here_count; w++) {
        if (km_loop_mask(loop, w) & ~of->known[w]) of->here[of->here_count++] = 0;
    }
}

static bool begin_values(km_loop *loop, km_vector *vector, const km_column *column) {
    km_values *of = vector->values;
    bool made;
    if (!of) {
        of = vector->values = km_alloc_zero(loop->frame->mem, sizeof *of);
        if (!of) return false;
        km_arena_init(&of->arena, loop->frame->mem);
        of->first_epoch = loop->frame->epoch;
        forget(of);
    }
    if (of->rows && of->worth < WORTH_LEAST) return false;
    if (of->count > VALUES_MAX / 2) forget(of);
    size_t rows = loop->words * 64, none = loop->words * sizeof *of->known, size = rows * sizeof *of->of_row;
    char *room = km_loop_shared(loop, &vector->own, none + size + rows * sizeof *of->rows_by_value, &made);
    if (!room) return false;
    if (!column) memset(room, 0, none + size);
    of->known = column ? column->valid : (const uint64_t *)(void *)room;
    of->of_row = (uint16_t *)(void *)(room + none);
    of->rows_by_value = (uint32_t *)(void *)(room + none + size);
    of->rows += loop->rows;
    return true;
}

/* The values of the column the node reads, found once a batch; NULL when it does not pay, or there is no
 * memory. */
static km_values *values_of(km_loop *loop) {
    km_frame *frame = loop->frame;
    const km_node *node = km_node_at(frame->graph, loop->node->column);
    km_vector *vector = &frame->vectors[loop->node->column];
    const km_column *column = km_loop_column(loop, node);
    if (vector->values && vector->values->epoch == frame->epoch) return vector->values;
    bool good = begin_values(loop, vector, column);
    if (good) find_nulls(vector->values, loop);
    if (good && column) good = find_all(vector->values, loop, node, column);
    vector->many = !good;
    if (!good) free_values(frame, vector);
    if (good) vector->values->sorted = false;
    if (good) vector->values->epoch = frame->epoch;
    return vector->values;
}

/* ---- the answers */

static void ask(km_loop *loop, km_answers *answers, uint16_t value, uint32_t row) {
    km_frame *frame = loop->frame;
    km_apply_context context = {.regex = frame->context.regex};
    km_node_id id = (km_node_id)(loop->out - frame->vectors);
    km_value found = km_scalar(&context, frame->graph, frame->input, id, row);
    bool condition = found.type == KM_TYPE_BOOL, code = found.type == KM_TYPE_CODE;
    state known = condition && !found.number ? IS_FALSE : IS_TRUE;
    answers->state[value] =
        (uint8_t)((found.known ? known : IS_NULL) | (context.nulls_made ? TO_ASK_AGAIN : 0));
    if (!condition) answers->number[value] = !found.known ? 0 : code ? (int64_t)found.code : found.number;
    frame->context.nulls_made += context.nulls_made;
}

/* Asks for the values that are new. */
static void ask_all(km_loop *loop, km_values *of, km_answers *answers) {
    for (uint32_t i = 0; i < of->here_count; i++) {
        uint16_t value = of->here[i];
        if (answers->state[value] != TO_ASK && !(answers->state[value] & TO_ASK_AGAIN)) continue;
        sort_rows(of, loop->words);
        ask(loop, answers, value, row_with(loop, of, value));
    }
}

/* What most rows with a value have for an answer. */
static uint8_t most_common(const km_values *of, const km_answers *answers) {
    uint32_t rows[STATES] = {0};
    uint8_t best = IS_FALSE;
    for (uint32_t i = 0; i < of->here_count; i++) {
        uint16_t value = of->here[i];
        if (value) rows[answers->state[value]] += of->value[value].count;
    }
    for (int i = 0; i < STATES; i++) best = rows[i] > rows[best] ? (uint8_t)i : best;
    return best;
}

static uint64_t bits_if(bool wanted, uint64_t bits) {
    return wanted ? bits : 0;
}

/* All rows get the answer that most have; then those of values with another one are changed. */
static void put_conditions(km_loop *loop, km_values *of, const km_answers *answers) {
    uint8_t most = most_common(of, answers), null = answers->state[0];
    uint64_t *known = loop->out->known, *is_true = loop->out->is_true;
    for (uint32_t w = 0; w < loop->words; w++) {
        uint64_t there = of->known[w], nulls = km_loop_mask(loop, w) & ~there;
        known[w] = bits_if(most & 1, there) | bits_if(null & 1, nulls);
        is_true[w] = bits_if(most & 2, there) | bits_if(null & 2, nulls);
    }
    for (uint32_t i = 0; i < of->here_count; i++) {
        const one_value *value = &of->value[of->here[i]];
        uint64_t other = (uint64_t)(answers->state[of->here[i]] ^ most), knows = other & 1,
                 holds = other >> 1 & 1;
        if (!of->here[i] || !(other & 3)) continue;
        sort_rows(of, loop->words);
        for (uint32_t at = value->end - value->count; at < value->end; at++) {
            uint32_t row = of->rows_by_value[at];
            known[row / 64] ^= knows << (row % 64);
            is_true[row / 64] ^= holds << (row % 64);
        }
    }
}

/* What is NULL has 0. */
static void put_numbers(km_loop *loop, km_values *of, const km_answers *answers) {
    put_conditions(loop, of, answers);
    for (uint32_t row = 0; row < loop->rows; row++)
        km_loop_numbers(loop)[row] = answers->number[of->of_row[row]];
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
    ask_all(loop, of, answers);
    if (loop->node->type == KM_TYPE_BOOL) {
        put_conditions(loop, of, answers);
    } else {
        put_numbers(loop, of, answers);
    }
    return true;
}
