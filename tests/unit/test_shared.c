#include "state/people/shared.h"
#include "support/test.h"

enum { LINKS = 3000 };

/* Citizen numbers of two cards are found among many of one, seen many times. */
static void several_cards_are_found(void) {
    static km_link links[LINKS];
    uint64_t random = 3;
    for (int round = 0; round < 5; round++) {
        km_shared shared;
        km_error error;
        size_t expected = 0;
        for (int i = 0; i < LINKS; i++) {
            uint64_t citizen = 1 + test_random(&random) % 1500;
            bool two = citizen % 50 == 0 && test_random(&random) % 2;
            links[i] = (km_link){citizen, citizen * 10 + two};
        }
        for (uint64_t citizen = 50; citizen <= 1500; citizen += 50) {
            bool seen[2] = {false, false};
            for (int i = 0; i < LINKS; i++) {
                if (links[i].citizen == citizen) seen[links[i].card - citizen * 10] = true;
            }
            expected += seen[0] && seen[1] ? 2 : 0;
        }
        km_shared_init(&shared, test_mem());
        TEST_OK(km_shared_start(&shared, LINKS, &error), &error);
        for (int i = 0; i < LINKS; i++) km_shared_see(&shared, &links[i]);
        for (int i = LINKS - 1; i >= 0; i--) km_shared_see_again(&shared, &links[i]);
        TEST_OK(km_shared_end(&shared, &error), &error);
        CU_ASSERT_EQUAL(shared.groups.count, expected);
        for (uint64_t citizen = 50; citizen <= 1500; citizen += 50) {
            const uint32_t *one = km_map_find(&shared.groups, citizen * 10),
                           *other = km_map_find(&shared.groups, citizen * 10 + 1);
            CU_ASSERT_TRUE((one == NULL) == (other == NULL));
            if (one && other) CU_ASSERT_EQUAL(*one, *other);
        }
        km_shared_free(&shared);
    }
}

static void cards_in_use_at_once(void) {
    enum { BORN = 19800315 };
    static const struct {
        km_card_use uses[5];
        uint32_t days[2]; /* of persons 1 and 2 */
    } cases[] = {
        {{{1, 10, 1, 100, BORN, 1},
          {1, 10, 1, 200, BORN, 1},
          {2, 20, 1, 120, BORN, 1},
          {2, 20, 1, 170, BORN, 1},
          {2, 20, 1, 150, BORN, 1}},
         {0, 0}}, /* the first is not used in these days */
        {{{1, 10, 1, 100, BORN, 1},
          {1, 10, 1, 160, BORN, 1},
          {2, 20, 1, 120, BORN, 1},
          {2, 20, 1, 170, BORN, 1},
          {2, 20, 1, 150, BORN, 1}},
         {41, 41}},
        {{{1, 10, 1, 100, BORN, 1},
          {1, 10, 1, 160, BORN, 1},
          {2, 10, 1, 120, BORN, 1},
          {2, 10, 1, 170, BORN, 1},
          {2, 10, 1, 150, BORN, 1}},
         {0, 0}}, /* one facility */
        {{{1, 10, 1, 100, BORN, 1},
          {1, 10, 1, 160, BORN, 1},
          {2, 20, 1, 120, 20200101, 1},
          {2, 20, 1, 170, 20200101, 1},
          {2, 20, 1, 150, 20200101, 1}},
         {0, 0}}, /* a child with the number of a parent */
        {{{1, 10, 1, 100, BORN, 1},
          {1, 10, 1, 160, BORN, 1},
          {2, 20, 2, 120, BORN, 1},
          {2, 20, 2, 170, BORN, 1},
          {2, 20, 2, 150, BORN, 1}},
         {0, 0}}, /* of another citizen number */
        {{{1, 10, 1, 100, BORN, 1},
          {1, 10, 1, 119, BORN, 1},
          {2, 20, 1, 120, BORN, 1},
          {2, 20, 1, 170, BORN, 1},
          {2, 20, 1, 150, BORN, 1}},
         {0, 0}}, /* one after the other */
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        km_card_uses uses;
        km_error error;
        km_card_uses_init(&uses, test_mem());
        for (int k = 4; k >= 0; k--) TEST_OK(km_card_uses_add(&uses, &cases[i].uses[k], &error), &error);
        TEST_OK(km_card_uses_close(&uses, &error), &error);
        CU_ASSERT_EQUAL(km_card_uses_days(&uses, 1), cases[i].days[0]);
        CU_ASSERT_EQUAL(km_card_uses_days(&uses, 2), cases[i].days[1]);
        CU_ASSERT_EQUAL(km_card_uses_days(&uses, 3), 0);
        km_card_uses_free(&uses);
    }
}

static kiem_status attempt(void *context) {
    (void)context;
    km_shared shared;
    km_card_uses uses;
    km_error error;
    km_shared_init(&shared, test_mem());
    km_card_uses_init(&uses, test_mem());
    kiem_status status = km_shared_start(&shared, 100, &error);
    for (uint64_t i = 0; i < 40 && status == KIEM_OK; i++) {
        km_link link = {1 + i / 2, 1 + i};
        km_shared_see(&shared, &link);
    }
    for (uint64_t i = 0; i < 40 && status == KIEM_OK; i++) {
        km_link link = {1 + i / 2, 1 + i};
        km_shared_see_again(&shared, &link);
    }
    if (status == KIEM_OK) status = km_shared_end(&shared, &error);
    for (uint64_t i = 0; i < 20 && status == KIEM_OK; i++) {
        km_card_use use = {1 + i % 2, i, 1, (km_day)(100 + i), 19800101, 1};
        status = km_card_uses_add(&uses, &use, &error);
    }
    if (status == KIEM_OK) status = km_card_uses_close(&uses, &error);
    km_shared_free(&shared);
    km_card_uses_free(&uses);
    return status;
}

static void running_out_of_memory_is_a_status(void) {
    CU_ASSERT_TRUE(test_out_of_memory(attempt, NULL) > 5);
}

TEST_MAIN("shared", {"several cards are found", several_cards_are_found},
          {"cards in use at once", cards_in_use_at_once},
          {"running out of memory is a status", running_out_of_memory_is_a_status})
