/* Look-ups over columns. */
#include <string.h>

#include "rules/vector_parts.h"

enum { KEPT = 512 };

/* The cell found for a key, good for every day it is in force. */
typedef struct kept_cell {
    uint64_t keys[KM_LOOKUP_KEYS_MAX];
    const km_value *cell; /* NULL: no row */
    int64_t number;       /* of the cell */
    km_day from, to;
    bool used, found, known; /* known: a row with something in the cell */
} kept_cell;

typedef struct keys_at {
    const km_vector *keys[KM_LOOKUP_KEYS_MAX];
    int count;
    uint32_t row;
    km_day day;
} keys_at;

static void find_cell(const km_loop *loop, const keys_at *at, kept_cell *kept) {
    const km_lookup *lookup = loop->node->extra;
    km_value values[KM_LOOKUP_KEYS_MAX];
    *kept = (kept_cell){.used = true};
    for (int i = 0; i < at->count; i++) {
        values[i] = km_vector_value(km_loop_argument_node(loop, i), at->keys[i], at->row);
        kept->keys[i] = (uint64_t)at->keys[i]->numbers[at->row];
    }
    int64_t row = km_lookup_row_span(lookup, values, at->day, &kept->from, &kept->to);
    kept->found = row != KM_LOOKUP_NO_ROW;
    if (!kept->found || loop->node->op == KM_OP_IN_LOOKUP) return;
    kept->cell = &lookup->column[loop->node->number].cells[row];
    kept->known = kept->cell->known;
    kept->number = kept->cell->type == KM_TYPE_CODE ? (int64_t)kept->cell->code : kept->cell->number;
}

static const kept_cell *cell_of(const km_loop *loop, const keys_at *at, kept_cell *kept) {
    uint64_t key = at->count ? (uint64_t)at->keys[0]->numbers[at->row] : 0, hash = key * 0x9E3779B97F4A7C15u;
    for (int i = 1; i < at->count; i++)
        hash = (hash ^ (uint64_t)at->keys[i]->numbers[at->row]) * 0x9E3779B97F4A7C15u;
    kept_cell *place = &kept[hash >> 55];
    bool same = place->keys[0] == key && at->day >= place->from && at->day <= place->to && place->used;
    for (int i = 1; i < at->count; i++)
        same = same && place->keys[i] == (uint64_t)at->keys[i]->numbers[at->row];
    if (!same) find_cell(loop, at, place);
    return place;
}

bool km_loop_lookup(km_loop *loop) {
    keys_at at = {.count = loop->node->count - 1};
    bool condition = loop->node->op == KM_OP_IN_LOOKUP, text = loop->node->type == KM_TYPE_TEXT;
    kept_cell *kept = km_loop_memo(loop, KEPT * sizeof *kept);
    const km_vector *days = km_loop_argument(loop, at.count);
    if (!kept || !days) return false;
    for (int i = 0; i < at.count; i++) {
        at.keys[i] = km_loop_argument(loop, i);
        if (!at.keys[i]) return false;
    }
    if (!km_loop_blank(loop)) return false;
    if (!condition) memset(loop->out->memory, 0, loop->rows * (text ? sizeof(km_text) : sizeof(int64_t)));
    for (uint32_t w = 0; w < loop->words; w++) {
        uint64_t known = km_loop_mask(loop, w) & days->known[w], found = 0, filled = 0;
        for (int i = 0; i < at.count; i++) known &= at.keys[i]->known[w];
        for (uint64_t left = known; left; left &= left - 1) {
            uint32_t bit = (uint32_t)__builtin_ctzll(left);
            at.row = w * 64 + bit;
            at.day = (km_day)days->numbers[at.row];
            const kept_cell *cell = cell_of(loop, &at, kept);
            found |= (uint64_t)cell->found << bit;
            filled |= (uint64_t)cell->known << bit;
            if (!cell->known) continue;
            if (text) {
                km_loop_texts(loop)[at.row] = cell->cell->text;
            } else {
                km_loop_numbers(loop)[at.row] = cell->number;
            }
        }
        loop->out->known[w] = condition ? known : filled;
        loop->out->is_true[w] = condition ? found : 0;
    }
    return true;
}
