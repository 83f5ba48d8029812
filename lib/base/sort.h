/* Sorting and order statistics. Never worse than n log n whatever the input, and without hidden memory: the
 * qsort of libc may call malloc and hands its comparator no context. */
#ifndef KM_BASE_SORT_H
#define KM_BASE_SORT_H

#include "base/mem.h"

typedef struct km_pair {
    uint64_t key;
    uint32_t index;
} km_pair;

/* Ascending by key, equal keys in their old order, in linear time. `spare` has room for as many pairs. */
void km_sort_pairs(km_pair *pairs, km_pair *spare, size_t count);

typedef int (*km_compare)(const void *a, const void *b, const void *context);

/* Sorts in place. Equal items come out in any order, so the comparison should be total. */
void km_sort(void *items, size_t count, size_t size, km_compare compare, const void *context);

/* Ascending; no NaN. */
void km_sort_doubles(double *values, size_t count);

/* Returns from a comparison as soon as a member of *left and *right differs. */
#define KM_ORDER_BY(member)                                                                                  \
    do {                                                                                                     \
        if (left->member != right->member) return left->member < right->member ? -1 : 1;                     \
    } while (0)

/* Puts a grown array (see km_grow) in the order of the keys of its items, equal keys in their old order,
 * moving each item once. Fewer than 2^32 items. False when out of memory: then nothing changed. */
bool km_sort_array(const km_mem *mem, void **items, size_t *capacity, size_t count, size_t size,
                   uint64_t (*key)(const void *item));

/* Of `count` items in order, how many stand before what is looked for: so `at` is where it is, or would be.
 * `before` says whether item `at` does; it is false from some item on. */
#define KM_BISECT(at, count, before)                                                                         \
    do {                                                                                                     \
        size_t low_ = 0, high_ = (count);                                                                    \
        while ((at) = low_ + (high_ - low_) / 2, low_ < high_) {                                             \
            if (before)                                                                                      \
                low_ = (at) + 1;                                                                             \
            else                                                                                             \
                high_ = (at);                                                                                \
        }                                                                                                    \
    } while (0)

/* The item that begins with the key, NULL when there is none. Items are in the order of their keys. */
const void *km_find_key(const void *items, size_t count, size_t size, uint64_t key);

/* The key of that rank, 0 for the smallest, in linear time. The keys are left in disorder, some overwritten.
 */
uint64_t km_select(uint64_t *keys, size_t count, size_t rank);

#endif
