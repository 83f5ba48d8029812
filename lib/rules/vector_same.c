/* How many lines of a claim have the same keys: lines with equal keys form a group, found through a table of
 * hashes, so that a claim of many lines costs no more than many claims. */
#include <string.h>

#include "base/hash.h"
#include "rules/vector_parts.h"

typedef struct same_lines {
    const km_vector *keys[KM_SAME_KEYS_MAX];
    const km_vector *condition; /* NULL: every line counts */
    const km_rowset *lines;
    int count;
    uint32_t mask;
    uint32_t *slots; /* line + 1 of the first of a group, or 0 */
    uint32_t *group; /* of each line: its first line, or NO_GROUP */
    uint32_t *found; /* of the first line of a group: how many count */
} same_lines;

enum { NO_GROUP = -1 };

static uint64_t hash_of(km_loop *loop, const same_lines *of, uint32_t row) {
    uint64_t hash = of->lines->parent[row];
    for (int i = 0; i < of->count; i++) {
        bool text = km_loop_argument_node(loop, i)->type == KM_TYPE_TEXT;
        uint64_t key = text ? km_hash_text(of->keys[i]->texts[row]) : (uint64_t)of->keys[i]->numbers[row];
        hash = (hash ^ key) * 0x9E3779B97F4A7C15u;
        hash ^= hash >> 32;
    }
    return hash;
}

static bool are_same(km_loop *loop, const same_lines *of, uint32_t a, uint32_t b) {
    bool same = of->lines->parent[a] == of->lines->parent[b];
    for (int i = 0; same && i < of->count; i++) {
        bool text = km_loop_argument_node(loop, i)->type == KM_TYPE_TEXT;
        same = text ? km_text_equal(of->keys[i]->texts[a], of->keys[i]->texts[b])
                    : of->keys[i]->numbers[a] == of->keys[i]->numbers[b];
    }
    return same;
}

static uint32_t group_of(km_loop *loop, same_lines *of, uint32_t row) {
    bool known = !km_rowset_unclear(of->lines, of->lines->parent[row]);
    for (int i = 0; known && i < of->count; i++) known = of->keys[i] && km_bit(of->keys[i]->known, row);
    if (!known) return (uint32_t)NO_GROUP;
    uint32_t at = (uint32_t)hash_of(loop, of, row) & of->mask;
    for (; of->slots[at]; at = (at + 1) & of->mask) {
        if (are_same(loop, of, of->slots[at] - 1, row)) return of->slots[at] - 1;
    }
    of->slots[at] = row + 1;
    return row;
}

bool km_loop_same(km_loop *loop) {
    same_lines of = {.count = loop->node->count - loop->node->detail,
                     .lines = &loop->frame->input->set[loop->node->scope]};
    for (int i = 0; i < of.count; i++) {
        of.keys[i] = km_loop_argument(loop, i);
        if (!of.keys[i]) return false;
    }
    if (loop->node->detail) of.condition = km_loop_argument(loop, of.count);
    if (loop->node->detail && !of.condition) return false;
    size_t slots = 64;
    while (slots < (size_t)loop->rows * 2) slots *= 2;
    bool made;
    of.slots =
        km_loop_shared(loop, &loop->out->own, (slots + 2 * (size_t)loop->rows) * sizeof *of.slots, &made);
    if (!of.slots || !km_loop_blank(loop)) return false;
    of.mask = (uint32_t)(slots - 1);
    of.group = of.slots + slots;
    of.found = of.group + loop->rows;
    memset(of.slots, 0, slots * sizeof *of.slots);
    for (uint32_t row = 0; row < loop->rows; row++) {
        of.group[row] = group_of(loop, &of, row);
        of.found[row] = 0;
        if (of.group[row] != (uint32_t)NO_GROUP)
            of.found[of.group[row]] += !of.condition || km_bit(of.condition->is_true, row);
    }
    for (uint32_t row = 0; row < loop->rows; row++) {
        bool known = of.group[row] != (uint32_t)NO_GROUP;
        km_loop_numbers(loop)[row] = known ? of.found[of.group[row]] : 0;
        km_bit_set(loop->out->known, row, known);
    }
    return true;
}
