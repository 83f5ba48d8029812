/* Look-ups over columns. */
#include <string.h>

#include "rules/vector_parts.h"

enum { KEPT = 512 };

/* The row found for a key, good for so many days from one on; an unused one is good for none. */
typedef struct kept_row {
    uint64_t key; /* the first */
    int32_t row;  /* or KM_LOOKUP_NO_ROW */
    km_day from;
    uint32_t days;
    uint64_t more[KM_LOOKUP_KEYS_MAX - 1];
} kept_row;

typedef struct keys_at {
    const km_vector *keys[KM_LOOKUP_KEYS_MAX];
    int count;
} keys_at;

static void find_row(const km_loop *loop, const keys_at *at, uint32_t row, km_day day, kept_row *kept) {
    km_value values[KM_LOOKUP_KEYS_MAX];
    km_day from, to;
    for (int i = 0; i < at->count; i++) {
        values[i] = km_vector_value(km_loop_argument_node(loop, i), at->keys[i], row);
        uint64_t key = (uint64_t)at->keys[i]->numbers[row];
        if (i) {
            kept->more[i - 1] = key;
        } else {
            kept->key = key;
        }
    }
    kept->row = (int32_t)km_lookup_row_span(loop->node->extra, values, day, &from, &to);
    kept->from = from;
    uint32_t days = (uint32_t)to - (uint32_t)from; /* and one more, unless it is all days there are */
    kept->days = days + (days < UINT32_MAX);
}

/* `count` is a constant where this is inlined. */
static inline int32_t row_of(const km_loop *loop, const keys_at *at, int count, uint32_t row, km_day day,
                             kept_row *kept) {
    uint64_t key = count && at->keys[0] ? (uint64_t)at->keys[0]->numbers[row] : 0,
             hash = key * 0x9E3779B97F4A7C15u;
    for (int i = 1; i < count; i++) hash = (hash ^ (uint64_t)at->keys[i]->numbers[row]) * 0x9E3779B97F4A7C15u;
    kept_row *place = &kept[hash >> 55];
    bool same = place->key == key && (uint32_t)day - (uint32_t)place->from < place->days;
    for (int i = 1; i < count; i++) same = same && place->more[i - 1] == (uint64_t)at->keys[i]->numbers[row];
    if (!same) find_row(loop, at, row, day, place);
    return place->row;
}

static inline void find_word(const km_loop *loop, const keys_at *at, int count, const int64_t *days,
                             uint64_t known, uint32_t w, kept_row *kept, int32_t *found) {
    uint32_t start = w * 64, end = loop->rows - start < 64 ? loop->rows : start + 64;
    for (uint32_t row = start; row < end; row++) {
        bool whole = known == UINT64_MAX || known >> (row % 64) & 1;
        found[row] = whole ? row_of(loop, at, count, row, (km_day)days[row], kept) : KM_LOOKUP_NO_ROW;
    }
}

static void find_rows(km_loop *loop, const keys_at *at, const km_vector *days, kept_row *kept,
                      int32_t *found) {
    for (uint32_t w = 0; w < loop->words; w++) {
        uint64_t known = km_loop_mask(loop, w) & days->known[w];
        for (int i = 0; i < at->count; i++) known &= at->keys[i]->known[w];
        if (at->count == 1) {
            find_word(loop, at, 1, days->numbers, known, w, kept, found);
        } else {
            find_word(loop, at, at->count, days->numbers, known, w, kept, found);
        }
    }
}

/* The first node that asks the same table for the same keys: the rows are found once for all of them. */
static km_node_id leader_of(const km_loop *loop) {
    const km_graph *graph = loop->frame->graph;
    for (km_node_id id = 0;; id++) {
        const km_node *node = km_node_at(graph, id);
        bool same = (node->op == KM_OP_LOOKUP || node->op == KM_OP_IN_LOOKUP) &&
                    node->extra == loop->node->extra && node->count == loop->node->count;
        for (int i = 0; same && i < node->count; i++)
            same = km_node_argument(graph, node, i) == km_node_argument(graph, loop->node, i);
        if (same) return id; /* at the latest the node itself */
    }
}

/* The row of the table for each row of the batch; NULL when out of memory. */
static const int32_t *rows_found(km_loop *loop, const keys_at *at, const km_vector *days) {
    if (!loop->out->leader) loop->out->leader = (uint32_t)leader_of(loop) + 1;
    km_loop leader = *loop;
    bool made;
    leader.out = &loop->frame->vectors[loop->out->leader - 1];
    kept_row *kept = km_loop_memo(&leader, KEPT * sizeof *kept); /* first: a room made must be filled */
    if (!kept) return NULL;
    int32_t *found = km_loop_shared(loop, &leader.out->own, ((size_t)loop->rows + 1) * sizeof *found, &made);
    if (found && made) find_rows(&leader, at, days, kept, found);
    return found;
}

static void put_texts(km_loop *loop, const km_value *cells, const int32_t *found) {
    for (uint32_t row = 0; row < loop->rows; row++) {
        bool known = found[row] != KM_LOOKUP_NO_ROW && cells[found[row]].known;
        km_loop_texts(loop)[row] = known ? cells[found[row]].text : (km_text){"", 0};
        km_bit_set(loop->out->known, row, known);
    }
}

static void put_numbers(km_loop *loop, const km_lookup_column *column, const int32_t *found) {
    int64_t *out = km_loop_numbers(loop);
    for (uint32_t w = 0; w < loop->words; w++) {
        uint32_t start = w * 64, count = loop->rows - start < 64 ? loop->rows - start : 64;
        uint64_t known = 0;
        for (uint32_t bit = 0; bit < count; bit++) {
            size_t place = (size_t)(found[start + bit] + 1); /* 0 for no row */
            out[start + bit] = column->numbers[place];
            known |= (uint64_t)column->known[place] << bit;
        }
        loop->out->known[w] = known;
    }
}

static void put_cells(km_loop *loop, const int32_t *found) {
    const km_lookup_column *column = &((const km_lookup *)loop->node->extra)->column[loop->node->number];
    if (loop->node->type == KM_TYPE_TEXT) {
        put_texts(loop, column->cells, found);
    } else {
        put_numbers(loop, column, found);
    }
}

bool km_loop_lookup(km_loop *loop) {
    keys_at at = {.count = loop->node->count - 1};
    const km_vector *days = km_loop_argument(loop, at.count);
    if (!days) return false;
    for (int i = 0; i < at.count; i++) {
        at.keys[i] = km_loop_argument(loop, i);
        if (!at.keys[i]) return false;
    }
    const int32_t *found = rows_found(loop, &at, days);
    if (!found || !km_loop_blank(loop)) return false;
    if (loop->node->op == KM_OP_LOOKUP) {
        put_cells(loop, found);
        return true;
    }
    for (uint32_t w = 0; w < loop->words; w++) {
        loop->out->known[w] = km_loop_mask(loop, w) & days->known[w];
        for (int i = 0; i < at.count; i++) loop->out->known[w] &= at.keys[i]->known[w];
    }
    for (uint32_t row = 0; row < loop->rows; row++) /* what is not known has no row */
        loop->out->is_true[row / 64] |= (uint64_t)(found[row] != KM_LOOKUP_NO_ROW) << (row % 64);
    return true;
}
