/* Every item is worked on once; of failures the first is told, whatever the number of threads. */
#include "base/together.h"

#include <pthread.h>
#include <stdatomic.h>

#include "support/test.h"

enum { ITEMS = 500, NEVER = ITEMS };

typedef struct course {
    atomic_int worked[ITEMS];
    size_t fails[2];
    pthread_t caller;
    bool first_elsewhere;
} course;

static kiem_status work(void *context, size_t item, km_error *error) {
    course *c = context;
    volatile int spin = (int)(item * 7919 % 13) * 300; /* some items take much longer than others */
    while (spin > 0) spin = spin - 1;
    atomic_fetch_add(&c->worked[item], 1);
    if (item == 0) c->first_elsewhere = !pthread_equal(pthread_self(), c->caller);
    if (item != c->fails[0] && item != c->fails[1]) return KIEM_OK;
    return km_fail(error, KIEM_E_FORMAT, "item %d", (int)item);
}

static const int threads[] = {0, 1, 2, 3, 8, 200};

static void every_item_once(void) {
    static const size_t counts[] = {0, 1, 2, 7, ITEMS};
    for (size_t i = 0; i < sizeof threads / sizeof threads[0]; i++) {
        for (size_t k = 0; k < sizeof counts / sizeof counts[0]; k++) {
            course c = {.fails = {NEVER, NEVER}, .caller = pthread_self()};
            km_error error;
            TEST_OK(km_together(threads[i], counts[k], work, &c, &error), &error);
            CU_ASSERT_FALSE(c.first_elsewhere);
            for (size_t item = 0; item < ITEMS; item++)
                CU_ASSERT_EQUAL(atomic_load(&c.worked[item]), item < counts[k]);
        }
    }
}

static void the_first_failure_is_told(void) {
    static const struct {
        size_t fails[2];
        const char *message;
    } cases[] = {
        {{300, 301}, "item 300"}, {{301, 299}, "item 299"}, {{0, 1}, "item 0"}, {{499, NEVER}, "item 499"}};
    for (size_t i = 0; i < sizeof threads / sizeof threads[0]; i++) {
        for (size_t k = 0; k < sizeof cases / sizeof cases[0]; k++) {
            course c = {.fails = {cases[k].fails[0], cases[k].fails[1]}, .caller = pthread_self()};
            km_error error;
            CU_ASSERT_EQUAL(km_together(threads[i], ITEMS, work, &c, &error), KIEM_E_FORMAT);
            TEST_TEXT_EQUAL(km_text_from(error.message), cases[k].message);
            CU_ASSERT_EQUAL(km_together(threads[i], ITEMS, work, &c, NULL), KIEM_E_FORMAT);
        }
    }
}

TEST_MAIN("together", {"every item once", every_item_once},
          {"the first failure is told", the_first_failure_is_told})
