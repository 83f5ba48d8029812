#include <math.h>
#include <stdlib.h>

#include "base/decimal.h"
#include "base/exp2.h"
#include "base/sort.h"
#include "support/test.h"

enum { MOST = 3000 };

/* Keys of several shapes: wide, few distinct, all equal, ascending, descending. */
static uint64_t shaped_key(int shape, size_t at, uint64_t *seed) {
    switch (shape) {
    case 0: return test_random(seed);
    case 1: return test_random(seed) % 7;
    case 2: return 42;
    case 3: return at << 40;
    default: return (MOST - at) * 0x100000001u;
    }
}

static void pairs_are_sorted_stably(void) {
    static km_pair pairs[MOST], spare[MOST];
    static const size_t sizes[] = {0, 1, 2, 39, 40, 41, 257, MOST};
    uint64_t seed = 11;
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        for (int shape = 0; shape < 5; shape++) {
            uint64_t sum = 0, sorted_sum = 0;
            for (size_t i = 0; i < sizes[s]; i++) {
                pairs[i] = (km_pair){shaped_key(shape, i, &seed), (uint32_t)i};
                sum += pairs[i].key ^ i;
            }
            km_sort_pairs(pairs, spare, sizes[s]);
            for (size_t i = 0; i < sizes[s]; i++) {
                sorted_sum += pairs[i].key ^ pairs[i].index;
                if (!i) continue;
                CU_ASSERT_TRUE(pairs[i - 1].key < pairs[i].key ||
                               (pairs[i - 1].key == pairs[i].key && pairs[i - 1].index < pairs[i].index));
            }
            CU_ASSERT_EQUAL(sum, sorted_sum);
        }
    }
}

/* So many that they are sorted in parts, one inside another. */
static void many_pairs_are_sorted_stably(void) {
    enum { COUNT = 300000 };
    km_pair *pairs = malloc(COUNT * sizeof *pairs), *spare = malloc(COUNT * sizeof *spare);
    uint64_t seed = 13;
    CU_ASSERT_TRUE_FATAL(pairs && spare);
    for (int shape = 0; shape < 4; shape++) {
        for (size_t i = 0; i < COUNT; i++) {
            const uint64_t random = test_random(&seed);
            const uint64_t key = shape == 0   ? random
                                 : shape == 1 ? (random % 9 ? 1 : random) /* most of them equal */
                                 : shape == 2 ? (uint64_t)0x1030507 << 30 | random % 5000
                                              : random % 3 << 60 | (random >> 8) % 70000;
            pairs[i] = (km_pair){key, (uint32_t)i};
        }
        km_sort_pairs(pairs, spare, COUNT);
        bool sorted = true;
        for (size_t i = 1; i < COUNT; i++) {
            sorted = sorted && (pairs[i - 1].key < pairs[i].key ||
                                (pairs[i - 1].key == pairs[i].key && pairs[i - 1].index < pairs[i].index));
        }
        CU_ASSERT_TRUE(sorted);
    }
    free(pairs);
    free(spare);
}

typedef struct wide_item {
    uint64_t key;
    char rest[40];
} wide_item;

static int by_key(const void *a, const void *b, const void *context) {
    uint64_t mask = *(const uint64_t *)context;
    uint64_t left = ((const wide_item *)a)->key & mask, right = ((const wide_item *)b)->key & mask;
    return (left > right) - (left < right);
}

static void items_are_sorted_in_place(void) {
    static wide_item items[MOST];
    static const size_t sizes[] = {0, 1, 2, 3, 8, 9, 10, 500, MOST};
    uint64_t seed = 12, mask = 0xFFFFFFFFFFFFu;
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        for (int shape = 0; shape < 5; shape++) {
            for (size_t i = 0; i < sizes[s]; i++) {
                items[i].key = shaped_key(shape, i, &seed);
                memcpy(items[i].rest, &items[i].key, sizeof items[i].key);
            }
            km_sort(items, sizes[s], sizeof items[0], by_key, &mask);
            for (size_t i = 0; i < sizes[s]; i++) {
                CU_ASSERT_EQUAL(memcmp(items[i].rest, &items[i].key, sizeof items[i].key), 0);
                if (i) CU_ASSERT_TRUE((items[i - 1].key & mask) <= (items[i].key & mask));
            }
        }
    }
}

typedef struct long_item {
    uint64_t key, number;
    char rest[100];
} long_item;

static uint64_t key_of(const void *item) {
    return ((const long_item *)item)->key;
}

static void arrays_are_sorted_stably(void) {
    static const size_t sizes[] = {0, 1, 2, 1000, 170000};
    uint64_t seed = 14;
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        for (int shape = 0; shape < 4; shape++) {
            long_item *items = NULL;
            size_t capacity = 0;
            CU_ASSERT_TRUE_FATAL(km_grow(test_mem(), (void **)&items, &capacity, sizes[s], sizeof *items));
            for (size_t i = 0; i < sizes[s]; i++) {
                const uint64_t random = test_random(&seed);
                items[i].key = shape == 0   ? random
                               : shape == 1 ? (random % 9 ? 77 : random)
                               : shape == 2
                                   ? (random % 3 << 27 | (random >> 8) % 60 << 11 | (random >> 20) % 8)
                                   : 5;
                items[i].number = i;
                items[i].rest[99] = (char)i;
            }
            CU_ASSERT_TRUE(
                km_sort_array(test_mem(), (void **)&items, &capacity, sizes[s], sizeof *items, key_of));
            bool sorted = true, moved_whole = true;
            for (size_t i = 0; i < sizes[s]; i++) {
                moved_whole = moved_whole && items[i].rest[99] == (char)items[i].number;
                if (!i) continue;
                sorted =
                    sorted && (items[i - 1].key < items[i].key ||
                               (items[i - 1].key == items[i].key && items[i - 1].number < items[i].number));
            }
            CU_ASSERT_TRUE(sorted);
            CU_ASSERT_TRUE(moved_whole);
            km_free(test_mem(), items, capacity * sizeof *items);
        }
    }
}

static int compare_keys(const void *a, const void *b) {
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

static void selection_agrees_with_sorting(void) {
    static uint64_t keys[MOST], sorted[MOST];
    uint64_t seed = 13;
    for (int round = 0; round < 500; round++) {
        size_t count = 1 + test_random(&seed) % (round < 400 ? 40 : MOST);
        for (size_t i = 0; i < count; i++) keys[i] = shaped_key(round % 5, i, &seed);
        memcpy(sorted, keys, count * sizeof *keys);
        qsort(sorted, count, sizeof *sorted, compare_keys);
        size_t rank = test_random(&seed) % count;
        CU_ASSERT_EQUAL(km_select(keys, count, rank), sorted[rank]);
    }
}

static void keys_are_found(void) {
    typedef struct item {
        uint64_t key;
        char rest[12];
    } item;
    item items[9];
    for (uint64_t i = 0; i < 9; i++) items[i].key = 10 * i + 5;
    for (size_t count = 0; count <= 9; count++) {
        for (uint64_t key = 0; key < 100; key++) {
            const item *there = key % 10 == 5 && key / 10 < count ? &items[key / 10] : NULL;
            CU_ASSERT_PTR_EQUAL(km_find_key(items, count, sizeof *items, key), there);
        }
    }
}

static void powers_undo_logarithms(void) {
    uint64_t seed = 14;
    const double one = 1 << KM_EXP2_BITS;
    for (int n = 1; n < 2000; n++) CU_ASSERT_EQUAL(km_exp2((int32_t)(log2(n) * one)), (uint64_t)n);
    for (int i = 0; i < 20000; i++) {
        uint64_t n = (test_random(&seed) >> 1 >> (test_random(&seed) % 40)) + 1;
        uint64_t back = km_exp2((int32_t)(log2((double)n) * one));
        uint64_t off = back > n ? back - n : n - back;
        CU_ASSERT_TRUE(off <= n / 50000 + 1);
    }
    for (int bit = 0; bit < 63; bit++) CU_ASSERT_EQUAL(km_exp2(bit << KM_EXP2_BITS), (uint64_t)1 << bit);
}

static void division_takes_wide_numerators(void) {
    int64_t value;
    km_int128 wide = (km_int128)INT64_MAX * 1000;
    CU_ASSERT_TRUE(km_decimal_divide(wide, 2, 2000, 2, 0, &value));
    CU_ASSERT_EQUAL(value, INT64_MAX / 2 + 1);
    CU_ASSERT_TRUE(km_decimal_divide(-wide, 2, 2000, 2, 0, &value));
    CU_ASSERT_EQUAL(value, -(INT64_MAX / 2 + 1));
    CU_ASSERT_FALSE(km_decimal_divide(wide, 0, 1, 0, 0, &value));
    CU_ASSERT_FALSE(km_decimal_divide((km_int128)INT64_MAX * INT64_MAX, 0, 1, 0, 9, &value));
}

TEST_MAIN("sort", {"pairs are sorted stably", pairs_are_sorted_stably},
          {"many pairs are sorted stably", many_pairs_are_sorted_stably},
          {"arrays are sorted stably", arrays_are_sorted_stably},
          {"items are sorted in place", items_are_sorted_in_place},
          {"selection agrees with sorting", selection_agrees_with_sorting},
          {"keys are found", keys_are_found}, {"powers undo logarithms", powers_undo_logarithms},
          {"division takes wide numerators", division_takes_wide_numerators})
