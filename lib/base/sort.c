#include "base/sort.h"

#include <string.h>

enum {
    DIGIT_BITS = 8,
    DIGITS = 1 << DIGIT_BITS,
    PASSES = 64 / DIGIT_BITS,
    FEW = 40,       /* below this, moving neighbours is quicker than counting digits */
    AHEAD = 16,     /* items fetched before their turn */
    MANY = 1 << 15, /* more pairs than this are sorted in parts */
    LARGE = 1 << 22 /* bytes: so are arrays of several times that */
};

static void insert_pairs(km_pair *pairs, size_t count) {
    for (size_t i = 1; i < count; i++) {
        km_pair pair = pairs[i];
        size_t at = i;
        for (; at > 0 && pairs[at - 1].key > pair.key; at--) pairs[at] = pairs[at - 1];
        pairs[at] = pair;
    }
}

/* Moves every pair to its place by one digit; `starts` holds how many pairs have each digit. */
static void scatter(const km_pair *from, km_pair *to, size_t count, int shift, size_t *starts) {
    size_t next = 0;
    for (size_t digit = 0; digit < DIGITS; digit++) {
        size_t here = starts[digit];
        starts[digit] = next;
        next += here;
    }
    for (size_t i = 0; i < count; i++) to[starts[from[i].key >> shift & (DIGITS - 1)]++] = from[i];
}

/* Digit by digit from the lowest; the sorted pairs end up in `to`, which is one of the two. */
static void sort_by_digits(km_pair *pairs, km_pair *spare, size_t count, km_pair *to) {
    size_t counts[PASSES][DIGITS];
    memset(counts, 0, sizeof counts);
    for (size_t i = 0; i < count; i++) {
        uint64_t key = pairs[i].key;
        for (int pass = 0; pass < PASSES; pass++, key >>= DIGIT_BITS) counts[pass][key & (DIGITS - 1)]++;
    }
    km_pair *from = pairs, *next = spare;
    for (int pass = 0; pass < PASSES; pass++) {
        int shift = pass * DIGIT_BITS;
        if (counts[pass][from[0].key >> shift & (DIGITS - 1)] == count) continue; /* one digit in all */
        scatter(from, next, count, shift, counts[pass]);
        km_pair *swap = from;
        from = next;
        next = swap;
    }
    if (from != to) memcpy(to, from, count * sizeof *pairs);
}

static void sort_to(km_pair *pairs, km_pair *spare, size_t count, km_pair *to);

/* Parts the pairs by the digit at `shift`, then sorts each part. */
static void sort_in_parts(km_pair *pairs, km_pair *spare, size_t count, int shift, km_pair *to) {
    size_t counts[DIGITS] = {0};
    for (size_t i = 0; i < count; i++) counts[pairs[i].key >> shift & (DIGITS - 1)]++;
    scatter(pairs, spare, count, shift, counts);
    for (size_t digit = 0, first = 0; digit < DIGITS; digit++) { /* counts now tell where each part ends */
        km_pair *there = (to == pairs ? pairs : spare) + first;
        if (counts[digit] > first) sort_to(spare + first, pairs + first, counts[digit] - first, there);
        first = counts[digit];
    }
}

/* What no near cache holds is first parted by the highest digit that differs. Each level takes away a digit,
 * so there are at most PASSES of them. */
static void sort_to(km_pair *pairs, km_pair *spare, size_t count, km_pair *to) {
    uint64_t differ = 0;
    if (count >= FEW && count <= MANY) {
        sort_by_digits(pairs, spare, count, to);
        return;
    }
    if (count < FEW) insert_pairs(pairs, count);
    for (size_t i = 1; count > MANY && i < count; i++) differ |= pairs[i].key ^ pairs[0].key;
    if (differ) {
        sort_in_parts(pairs, spare, count, (63 - __builtin_clzll(differ)) / DIGIT_BITS * DIGIT_BITS, to);
    } else if (to != pairs) {
        memcpy(to, pairs, count * sizeof *pairs);
    }
}

void km_sort_pairs(km_pair *pairs, km_pair *spare, size_t count) {
    if (count < FEW) {
        insert_pairs(pairs, count);
    } else {
        sort_to(pairs, spare, count, pairs);
    }
}

typedef struct heap {
    unsigned char *items;
    size_t size;
    km_compare compare;
    const void *context;
} heap;

static unsigned char *item(const heap *of, size_t at) {
    return of->items + at * of->size;
}

enum { SWAPPED_AT_ONCE = 128 }; /* bytes */

static void swap_items(const heap *of, size_t a, size_t b) {
    unsigned char kept[SWAPPED_AT_ONCE], *left = item(of, a), *right = item(of, b);
    for (size_t rest = of->size, part; rest; rest -= part, left += part, right += part) {
        part = rest < sizeof kept ? rest : sizeof kept;
        memcpy(kept, left, part);
        memcpy(left, right, part);
        memcpy(right, kept, part);
    }
}

static int order(const heap *of, size_t a, size_t b) {
    return of->compare(item(of, a), item(of, b), of->context);
}

static void sift_down(const heap *of, size_t at, size_t count) {
    for (size_t child; (child = 2 * at + 1) < count; at = child) {
        if (child + 1 < count && order(of, child, child + 1) < 0) child++;
        if (order(of, at, child) >= 0) return;
        swap_items(of, at, child);
    }
}

void km_sort(void *items, size_t count, size_t size, km_compare compare, const void *context) {
    heap all = {items, size, compare, context};
    if (count <= 8) {
        for (size_t i = 1; i < count; i++) {
            for (size_t at = i; at > 0 && order(&all, at - 1, at) > 0; at--) swap_items(&all, at - 1, at);
        }
        return;
    }
    for (size_t at = count / 2; at-- > 0;) sift_down(&all, at, count);
    for (size_t last = count - 1; last > 0; last--) {
        swap_items(&all, 0, last);
        sift_down(&all, 0, last);
    }
}

static int compare_doubles(const void *a, const void *b, const void *context) {
    const double left = *(const double *)a, right = *(const double *)b;
    (void)context;
    return (left > right) - (left < right);
}

void km_sort_doubles(double *values, size_t count) {
    km_sort(values, count, sizeof *values, compare_doubles, NULL);
}

/* ---- arrays */

typedef struct array_sort {
    const km_mem *mem;
    size_t size;
    uint64_t (*key)(const void *item);
    km_pair *pairs, *spare; /* for as many items as are sorted by pairs */
    size_t by_pairs;
} array_sort;

/* Sorts by pairs of key and place, then moves each item once: the sorted items stand in `to`. */
static void gather_sorted(const array_sort *sort, const unsigned char *from, size_t count,
                          unsigned char *to) {
    for (size_t i = 0; i < count; i++)
        sort->pairs[i] = (km_pair){sort->key(from + i * sort->size), (uint32_t)i};
    km_sort_pairs(sort->pairs, sort->spare, count);
    km_touched(sort->mem, 2 * count * sort->size);
    for (size_t i = 0; i < count; i++) {
        if (i + AHEAD < count) KM_PREFETCH(from + sort->pairs[i + AHEAD].index * sort->size);
        memcpy(to + i * sort->size, from + sort->pairs[i].index * sort->size, sort->size);
    }
}

/* Moving items by pairs reads them wherever they lie, so large arrays are first parted by the highest digit
 * in which keys differ: that goes through them in order. The sorted items end up in `to`, which is one of the
 * two. */
static void sort_items(const array_sort *sort, unsigned char *items, unsigned char *spare, size_t count,
                       unsigned char *to) {
    const size_t size = sort->size;
    uint64_t differ = 0, first = count ? sort->key(items) : 0;
    if (count <= sort->by_pairs) {
        gather_sorted(sort, items, count, spare);
        if (to != spare) memcpy(to, spare, count * size);
        return;
    }
    for (size_t i = 1; i < count; i++) {
        differ |= sort->key(items + i * size) ^ first;
        km_touched_item(sort->mem, i, size);
    }
    if (!differ) {
        if (to != items) memcpy(to, items, count * size);
        return;
    }
    const int shift = (63 - __builtin_clzll(differ)) / DIGIT_BITS * DIGIT_BITS;
    size_t ends[DIGITS] = {0}, next = 0;
    for (size_t i = 0; i < count; i++) {
        ends[sort->key(items + i * size) >> shift & (DIGITS - 1)]++;
        km_touched_item(sort->mem, i, size);
    }
    for (size_t digit = 0; digit < DIGITS; digit++) {
        const size_t here = ends[digit];
        ends[digit] = next;
        next += here;
    }
    for (size_t i = 0; i < count; i++) {
        const unsigned char *item_at = items + i * size;
        km_touched_item(sort->mem, i, size);
        memcpy(spare + ends[sort->key(item_at) >> shift & (DIGITS - 1)]++ * size, item_at, size);
    }
    for (size_t digit = 0, at = 0; digit < DIGITS; at = ends[digit++]) {
        if (ends[digit] == at) continue;
        sort_items(sort, spare + at * size, items + at * size, ends[digit] - at,
                   (to == items ? items : spare) + at * size);
    }
}

bool km_sort_array(const km_mem *mem, void **items, size_t *capacity, size_t count, size_t size,
                   uint64_t (*key)(const void *item)) {
    if (count < 2) return true;
    const size_t large = LARGE / size, by_pairs = count <= 4 * large ? count : large;
    array_sort sort = {.mem = mem, .size = size, .key = key, .by_pairs = by_pairs};
    sort.pairs = km_alloc_array(mem, by_pairs, sizeof *sort.pairs);
    sort.spare = km_alloc_array(mem, by_pairs, sizeof *sort.spare);
    unsigned char *sorted = km_alloc_array(mem, count, size);
    bool enough = sort.pairs && sort.spare && sorted;
    if (enough) sort_items(&sort, *items, sorted, count, sorted);
    km_free(mem, sort.pairs, by_pairs * sizeof *sort.pairs);
    km_free(mem, sort.spare, by_pairs * sizeof *sort.spare);
    if (!enough) {
        km_free(mem, sorted, count * size);
        return false;
    }
    km_free(mem, *items, *capacity * size);
    *items = sorted;
    *capacity = count;
    return true;
}

const void *km_find_key(const void *items, size_t count, size_t size, uint64_t key) {
    size_t low = 0, high = count;
    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        const unsigned char *found = (const unsigned char *)items + middle * size;
        uint64_t here;
        memcpy(&here, found, sizeof here);
        if (here == key) return found;
        if (here < key) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return NULL;
}

/* Keeps the keys that share the digit of the wanted rank, digit by digit from the highest that differs. */
uint64_t km_select(uint64_t *keys, size_t count, size_t rank) {
    uint64_t differ = 0;
    for (size_t i = 1; i < count; i++) differ |= keys[i] ^ keys[0];
    if (!differ) return keys[0];
    int shift = (63 - __builtin_clzll(differ)) / DIGIT_BITS * DIGIT_BITS;
    for (; shift >= 0 && count > 1; shift -= DIGIT_BITS) {
        size_t counts[DIGITS] = {0}, digit = 0, kept = 0;
        for (size_t i = 0; i < count; i++) counts[keys[i] >> shift & (DIGITS - 1)]++;
        for (; rank >= counts[digit]; digit++) rank -= counts[digit];
        for (size_t i = 0; i < count; i++) {
            if ((keys[i] >> shift & (DIGITS - 1)) == digit) keys[kept++] = keys[i];
        }
        count = kept;
    }
    return keys[0];
}
