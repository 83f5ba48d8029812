/* Look-ups over columns. */
#include <string.h>

#include "rules/kernels.h"
#include "rules/vector_parts.h"

enum { KEPT = 512 };

/* The row found for a key, good for so many days from one on; an unused one is good for none. */
typedef struct kept_row {
    uint64_t key;   /* the first */
    uint32_t place; /* the row + 1, or 0 */
    km_day from;
    uint32_t days;
    uint64_t more[KM_LOOKUP_KEYS_MAX - 1];
} kept_row;

typedef struct keys_at {
    const km_vector *keys[KM_LOOKUP_KEYS_MAX];
    int count;
} keys_at;

/* For each row of a batch the row of the table + 1, or 0, and bits of those that have one. */
typedef struct found_rows {
    int64_t *place;
    uint64_t *any;
} found_rows;

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
    kept->place = (uint32_t)(km_lookup_row_span(loop->node->extra, values, day, &from, &to) + 1);
    kept->from = from;
    uint32_t days = (uint32_t)to - (uint32_t)from; /* and one more, unless it is all days there are */
    kept->days = days + (days < UINT32_MAX);
}

/* `count` is a constant where this is inlined. */
static inline uint32_t place_of(const km_loop *loop, const keys_at *at, int count, uint32_t row, uint64_t key,
                                km_day day, kept_row *kept) {
    uint64_t hash = key * 0x9E3779B97F4A7C15u;
    for (int i = 1; i < count; i++) hash = (hash ^ (uint64_t)at->keys[i]->numbers[row]) * 0x9E3779B97F4A7C15u;
    kept_row *found = &kept[hash >> 55];
    bool same = found->key == key && (uint32_t)day - (uint32_t)found->from < found->days;
    for (int i = 1; i < count; i++) same = same && found->more[i - 1] == (uint64_t)at->keys[i]->numbers[row];
    if (!same) find_row(loop, at, row, day, found);
    return found->place;
}

/* The rows of a word. */
static inline void find_word(const km_loop *loop, const keys_at *at, int count, const km_vector *days,
                             uint32_t w, kept_row *kept, int64_t *place) {
    const int64_t *key = count && at->keys[0] ? at->keys[0]->numbers : NULL, *day = days->numbers;
    uint64_t known = km_loop_mask(loop, w) & days->known[w];
    for (int i = 0; i < count; i++) known &= at->keys[i]->known[w];
    if (known == UINT64_MAX) {
        for (uint32_t row = w * 64; row < w * 64 + 64; row++)
            place[row] = place_of(loop, at, count, row, key ? (uint64_t)key[row] : 0, (km_day)day[row], kept);
        return;
    }
    memset(place + w * 64, 0, 64 * sizeof *place);
    for (; known; known &= known - 1) {
        uint32_t row = km_first_row(w, known);
        place[row] = place_of(loop, at, count, row, key ? (uint64_t)key[row] : 0, (km_day)day[row], kept);
    }
}

static void find_rows(km_loop *loop, const keys_at *at, const km_vector *days, kept_row *kept,
                      found_rows found) {
    static const int64_t none = 0;
    for (uint32_t w = 0; w < loop->words; w++) {
        switch (at->count) {
        case 0: find_word(loop, at, 0, days, w, kept, found.place); break;
        case 1: find_word(loop, at, 1, days, w, kept, found.place); break;
        default: find_word(loop, at, at->count, days, w, kept, found.place);
        }
    }
    if (loop->rows)
        km_kernels_here()->compare(KM_NE, 0, found.place, &none, true, loop->words * 64, found.any);
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

/* False when out of memory. */
static bool rows_found(km_loop *loop, const keys_at *at, const km_vector *days, found_rows *found) {
    if (!loop->out->leader) loop->out->leader = (uint32_t)leader_of(loop) + 1;
    km_loop leader = *loop;
    bool made;
    leader.out = &loop->frame->vectors[loop->out->leader - 1];
    kept_row *kept = km_loop_memo(&leader, KEPT * sizeof *kept); /* first: a room made must be filled */
    if (!kept) return false;
    size_t rows = (size_t)loop->words * 64;
    found->place =
        km_loop_shared(loop, &leader.out->own, (rows + loop->words + 1) * sizeof *found->place, &made);
    if (!found->place) return false;
    found->any = (uint64_t *)(found->place + rows);
    if (made) find_rows(&leader, at, days, kept, *found);
    return true;
}

static void put_texts(km_loop *loop, const km_value *cells, found_rows found) {
    for (uint32_t row = 0; row < loop->rows; row++) {
        int64_t place = found.place[row];
        bool known = place && cells[place - 1].known;
        km_loop_texts(loop)[row] = known ? cells[place - 1].text : (km_text){"", 0};
        km_bit_set(loop->out->known, row, known);
    }
}

static void put_numbers(km_loop *loop, const km_lookup_column *column, found_rows found) {
    km_kernels_here()->pick(column->numbers, found.place, loop->rows, km_loop_numbers(loop));
    for (uint32_t w = 0; w < loop->words; w++) {
        loop->out->known[w] = found.any[w];
        for (uint64_t left = column->whole ? 0 : found.any[w]; left; left &= left - 1) {
            if (!column->known[found.place[km_first_row(w, left)]])
                loop->out->known[w] &= ~(left & ~(left - 1));
        }
    }
}

bool km_loop_lookup(km_loop *loop) {
    const km_lookup *lookup = loop->node->extra;
    keys_at at = {.count = loop->node->count - 1};
    found_rows found;
    const km_vector *days = km_loop_argument(loop, at.count);
    if (!days) return false;
    for (int i = 0; i < at.count; i++) {
        at.keys[i] = km_loop_argument(loop, i);
        if (!at.keys[i]) return false;
    }
    if (!rows_found(loop, &at, days, &found)) return false;
    if (loop->node->type == KM_TYPE_TEXT) {
        if (!km_loop_blank(loop)) return false;
        put_texts(loop, lookup->column[loop->node->number].cells, found);
        return true;
    }
    if (!km_loop_room(loop)) return false;
    if (loop->node->op == KM_OP_LOOKUP) {
        put_numbers(loop, &lookup->column[loop->node->number], found);
        return true;
    }
    for (uint32_t w = 0; w < loop->words; w++) {
        loop->out->known[w] = km_loop_mask(loop, w) & days->known[w];
        for (int i = 0; i < at.count; i++) loop->out->known[w] &= at.keys[i]->known[w];
        loop->out->is_true[w] = found.any[w]; /* what is not known has no row */
    }
    return true;
}
