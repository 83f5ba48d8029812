#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "base/hash.h"
#include "base/sort.h"
#include "engine/flow/paged.h"
#include "support/test.h"

static uint64_t word(size_t block, size_t i) {
    return km_mix64(block << 32 | (i + 1));
}

static void fill(uint64_t *data, size_t block, size_t from, size_t count) {
    for (size_t i = from; i < count; i++) data[i] = word(block, i);
}

static bool holds(const uint64_t *data, size_t block, size_t count) {
    for (size_t i = 0; i < count; i++) {
        if (data[i] != word(block, i)) return false;
    }
    return true;
}

/* Arrays that grow, small and large, keep what is in them whenever pages are handed back. */
static void arrays_keep_what_is_in_them(void) {
    enum { ARRAYS = 6, ROUNDS = 120 };
    km_paged paged;
    uint64_t *array[ARRAYS] = {NULL}, seed = 7;
    size_t capacity[ARRAYS] = {0}, count[ARRAYS] = {0};
    km_paged_init(&paged, test_mem(), "/tmp", 1);
    for (int round = 0; round < ROUNDS; round++) {
        size_t a = test_random(&seed) % ARRAYS, more = 1 + test_random(&seed) % 60000;
        CU_ASSERT_TRUE_FATAL(
            km_grow(paged.mem, (void **)&array[a], &capacity[a], count[a] + more, sizeof *array[a]));
        fill(array[a], a, count[a], count[a] + more);
        count[a] += more;
        if (round % 10 == 0) km_paged_trim(&paged);
        if (round % 30 == 0) km_paged_rest(&paged);
        if (round % 17 == 0) CU_ASSERT_TRUE(holds(array[a], a, count[a]));
        if (round % 40 != 39) continue;
        km_free(paged.mem, array[a], capacity[a] * sizeof *array[a]);
        array[a] = NULL;
        capacity[a] = count[a] = 0;
    }
    CU_ASSERT_TRUE(paged.count > 2);
    for (size_t a = 0; a < ARRAYS; a++) {
        CU_ASSERT_TRUE(holds(array[a], a, count[a]));
        km_free(paged.mem, array[a], capacity[a] * sizeof *array[a]);
    }
    CU_ASSERT_PTR_NULL(km_paged_failure(&paged));
    km_paged_free(&paged);
}

static void small_blocks_stay_in_memory(void) {
    km_paged paged;
    km_paged_init(&paged, test_mem(), "/tmp/no-such-directory", 1);
    void *small = km_alloc(paged.mem, KM_PAGED_FROM - 1);
    CU_ASSERT_PTR_NOT_NULL(small);
    km_free(paged.mem, small, KM_PAGED_FROM - 1);
    CU_ASSERT_PTR_NULL(km_alloc(paged.mem, KM_PAGED_FROM));
    CU_ASSERT_EQUAL(paged.count, 0);
    CU_ASSERT_PTR_NOT_NULL_FATAL(km_paged_failure(&paged));
    TEST_MESSAGE(km_paged_failure(&paged), "cannot make a temporary file");
    km_paged_free(&paged);
}

static void full_disk_fails_the_allocation(void) {
    struct rlimit before, small;
    km_paged paged;
    signal(SIGXFSZ, SIG_IGN);
    getrlimit(RLIMIT_FSIZE, &before);
    small = (struct rlimit){3 * KM_PAGED_FROM, before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
    km_paged_init(&paged, test_mem(), "/tmp", 1);
    uint64_t *array = NULL;
    size_t capacity = 0, count = 2 * KM_PAGED_FROM / sizeof *array;
    CU_ASSERT_TRUE_FATAL(km_grow(paged.mem, (void **)&array, &capacity, count, sizeof *array));
    fill(array, 1, 0, count);
    const size_t kept = capacity;
    CU_ASSERT_FALSE(km_grow(paged.mem, (void **)&array, &capacity, 4 * count, sizeof *array));
    CU_ASSERT_PTR_NOT_NULL_FATAL(km_paged_failure(&paged));
    TEST_MESSAGE(km_paged_failure(&paged), "the disk is full");
    CU_ASSERT_EQUAL(capacity, kept);
    CU_ASSERT_TRUE(holds(array, 1, count));
    km_free(paged.mem, array, capacity * sizeof *array);
    km_paged_free(&paged);
    setrlimit(RLIMIT_FSIZE, &before);
}

/* Bytes of files the process holds: code and what it has touched of the blocks. */
static uint64_t held_of_files(const km_paged *paged) {
    char text[128] = "", *at = text;
    CU_ASSERT_TRUE_FATAL(pread(paged->statm, text, sizeof text - 1, 0) > 0);
    for (int skipped = 0; skipped < 2; skipped++) strtoull(at, &at, 10); /* address space, all that is held */
    return strtoull(at, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

typedef struct toucher {
    km_paged *paged;
    uint64_t *data, most;
    size_t words;
} toucher;

/* Goes through its block twice and says so for every mebibyte. */
static void *touch(void *context) {
    toucher *t = context;
    enum { STRETCH = (1 << 20) / sizeof *t->data };
    for (int round = 0; round < 2; round++) {
        for (size_t i = 0; i < t->words; i += STRETCH) {
            fill(t->data, 1, i, i + STRETCH);
            km_touched(t->paged->mem, 1 << 20);
            const uint64_t held = held_of_files(t->paged);
            if (held > t->most) t->most = held;
        }
    }
    return NULL;
}

/* Two threads go through four times the limit while the watcher gets no turn. */
static void threads_that_tell_keep_the_limit(void) {
    enum { TOUCHERS = 2, BLOCK = 64 << 20, LIMIT = 32 << 20 };
    km_paged paged;
    pthread_t threads[TOUCHERS];
    toucher all[TOUCHERS] = {{0}};
    km_paged_init(&paged, test_mem(), "/tmp", LIMIT);
    paged.watched = true;
    for (int i = 0; i < TOUCHERS; i++) {
        all[i] = (toucher){.paged = &paged, .words = BLOCK / sizeof(uint64_t)};
        all[i].data = km_alloc(paged.mem, BLOCK);
        CU_ASSERT_PTR_NOT_NULL_FATAL(all[i].data);
        CU_ASSERT_EQUAL_FATAL(pthread_create(&threads[i], NULL, touch, &all[i]), 0);
    }
    for (int i = 0; i < TOUCHERS; i++) pthread_join(threads[i], NULL);
    paged.watched = false;
    for (int i = 0; i < TOUCHERS; i++) {
        CU_ASSERT_TRUE(all[i].most < paged.other_files + LIMIT);
        CU_ASSERT_TRUE(holds(all[i].data, 1, all[i].words));
        km_free(paged.mem, all[i].data, BLOCK);
    }
    km_paged_free(&paged);
}

static struct {
    const km_paged *paged;
    uint64_t asked, most;
} sorted;

static uint64_t key_of(const void *item) {
    if (sorted.asked++ % 50000 == 0) {
        const uint64_t held = held_of_files(sorted.paged);
        if (held > sorted.most) sorted.most = held;
    }
    return *(const uint64_t *)item;
}

static void a_large_sort_keeps_the_limit(void) {
    enum { LIMIT = 32 << 20, COUNT = 1 << 20 };
    typedef struct item {
        uint64_t key, rest[8];
    } item;
    km_paged paged;
    item *items = NULL;
    size_t capacity = 0;
    km_paged_init(&paged, test_mem(), "/tmp", LIMIT);
    paged.watched = true;
    CU_ASSERT_TRUE_FATAL(km_grow(paged.mem, (void **)&items, &capacity, COUNT, sizeof *items));
    for (size_t i = 0; i < COUNT; i++) {
        km_touched_item(paged.mem, i, sizeof *items);
        items[i].key = word(2, i);
    }
    sorted.paged = &paged;
    sorted.most = 0;
    CU_ASSERT_TRUE(km_sort_array(paged.mem, (void **)&items, &capacity, COUNT, sizeof *items, key_of));
    CU_ASSERT_TRUE(sorted.most < paged.other_files + LIMIT);
    size_t misplaced = 0;
    for (size_t i = 1; i < COUNT; i++) misplaced += items[i - 1].key > items[i].key;
    CU_ASSERT_EQUAL(misplaced, 0);
    paged.watched = false;
    km_free(paged.mem, items, capacity * sizeof *items);
    km_paged_free(&paged);
}

static kiem_status try_growing(void *context) {
    km_paged paged;
    char *array = NULL;
    size_t capacity = 0;
    (void)context;
    km_paged_init(&paged, test_mem(), "/tmp", UINT64_MAX);
    bool enough = km_grow(paged.mem, (void **)&array, &capacity, 1000, 1) &&
                  km_grow(paged.mem, (void **)&array, &capacity, KM_PAGED_FROM, 1) &&
                  km_grow(paged.mem, (void **)&array, &capacity, 3 * KM_PAGED_FROM, 1);
    km_free(paged.mem, array, capacity);
    km_paged_free(&paged);
    return enough ? KIEM_OK : KIEM_E_NOMEM;
}

static void running_out_of_memory_is_a_status(void) {
    CU_ASSERT_TRUE(test_out_of_memory(try_growing, NULL) > 2);
}

TEST_MAIN("paged", {"arrays keep what is in them", arrays_keep_what_is_in_them},
          {"threads that tell what they touch keep the limit", threads_that_tell_keep_the_limit},
          {"a large sort keeps the limit", a_large_sort_keeps_the_limit},
          {"small blocks stay in memory", small_blocks_stay_in_memory},
          {"full disk fails the allocation", full_disk_fails_the_allocation},
          {"running out of memory is a status", running_out_of_memory_is_a_status})
