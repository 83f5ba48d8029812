#include "state/people/supplies.h"
#include "support/test.h"

enum { SUPPLIES = 400, DAYS = 200 };

static void doses_tell_their_days(void) {
    static const struct {
        const char *dose;
        uint32_t days;
    } cases[] = {{"1 viên * 2 lần/ngày * 30 ngày", 30},
                 {"1 Viên * 1 lần/ngày * 7 ngày [7 Viên/ngày]", 7},
                 {"Ngày uống 2 lần, mỗi lần 1 viên, 28ngày", 28},
                 {"2 viên/ngày", 0},
                 {"1,5 ngày", 0},
                 {"900 ngày", 0},
                 {"", 0},
                 {"ngày", 0},
                 {"sáng 1 chiều 1 x 14 NGÀY", 14},
                 {"2 viên/ng\x61\xCC\x80y * 30 ng\x61\xCC\x80y", 30}, /* the accent a character of its own */
                 {"14 NGA\xCC\x80Y", 14},
                 {"14 Ngay", 14},
                 {"14 NGAY", 14}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CU_ASSERT_EQUAL(km_dose_days(km_text_from(cases[i].dose)), cases[i].days);
}

/* Each by its person, substance, facility, first day and days. */
static void supplies_are_held_against_other_facilities(void) {
    static const struct {
        km_supply list[4];
        uint64_t overlaps, days;
    } cases[] = {
        {{{1, 5, 1, 100, 30}, {1, 5, 2, 110, 30}, {1, 5, 1, 120, 30}, {1, 5, 2, 130, 30}}, 3, 20 + 20 + 20},
        {{{1, 5, 1, 100, 30}, {1, 5, 1, 110, 30}, {1, 5, 1, 120, 30}, {1, 5, 1, 130, 30}}, 0, 0},
        {{{1, 5, 1, 100, 30}, {1, 5, 2, 123, 30}, {1, 5, 1, 146, 30}, {1, 5, 2, 170, 30}}, 0, 0}, /* a week */
        {{{1, 5, 1, 100, 90}, {1, 5, 2, 110, 10}, {1, 5, 2, 130, 10}, {1, 5, 2, 185, 10}}, 2, 20},
        {{{1, 5, 1, 100, 30}, {1, 6, 2, 110, 30}, {1, 7, 1, 120, 30}, {1, 8, 2, 130, 30}}, 0, 0},
        {{{1, 5, 1, 100, 30}, {1, 5, 1, 100, 30}, {1, 5, 2, 100, 30}, {1, 5, 2, 100, 30}}, 1, 30},
        {{{1, 5, 1, 100, 30}, {1, 6, 1, 100, 40}, {1, 5, 2, 120, 30}, {1, 6, 2, 120, 30}},
         1,
         20}}; /* one visit */
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        km_supplies supplies;
        km_supply_overlaps found;
        km_error error;
        size_t cursor = 0;
        km_supplies_init(&supplies, test_mem());
        for (int k = 3; k >= 0; k--) TEST_OK(km_supplies_add(&supplies, &cases[i].list[k], &error), &error);
        TEST_OK(km_supplies_close(&supplies, &error), &error);
        found = (km_supply_overlaps){0};
        CU_ASSERT_EQUAL(km_supplies_next(&supplies, &cursor, &found), cases[i].overlaps > 0);
        CU_ASSERT_EQUAL(found.overlaps, cases[i].overlaps);
        CU_ASSERT_EQUAL(found.days, cases[i].days);
        CU_ASSERT_FALSE(km_supplies_next(&supplies, &cursor, &found));
        km_supplies_free(&supplies);
    }
}

static km_supply some_supply(uint64_t *random) {
    return (km_supply){.person = test_random(random) % 9,
                       .substance = test_random(random) % 3,
                       .facility = test_random(random) % 4,
                       .day = (km_day)(test_random(random) % DAYS),
                       .days = (uint32_t)(test_random(random) % 40)};
}

/* For each supply, the earlier ones of another facility, one by one; of each day the longest counts. */
static uint64_t count_slowly(const km_supply *list, uint64_t person) {
    uint64_t days = 0;
    km_day longest[DAYS] = {0};
    for (int i = 0; i < SUPPLIES; i++) {
        km_day most = 0;
        const km_supply *self = &list[i];
        if (self->person != person || self->days <= KM_SUPPLY_SPARE_DAYS) continue;
        for (int k = 0; k < SUPPLIES; k++) {
            const km_supply *other = &list[k];
            bool alike = other->person == person && other->substance == self->substance;
            if (!alike || other->days <= KM_SUPPLY_SPARE_DAYS) continue;
            bool earlier =
                other->day < self->day ||
                (other->day == self->day && (other->days < self->days || (other->days == self->days &&
                                                                          other->facility < self->facility)));
            if (!earlier || other->facility == self->facility) continue;
            km_day end = other->day + (km_day)other->days, own = self->day + (km_day)self->days;
            km_day shared = (end < own ? end : own) - self->day;
            if (shared > most) most = shared;
        }
        if (most > KM_SUPPLY_SPARE_DAYS && most > longest[self->day]) longest[self->day] = most;
    }
    for (int i = 0; i < DAYS; i++) days += (uint64_t)longest[i];
    return days;
}

static void any_order_gives_the_slow_answer(void) {
    static km_supply list[SUPPLIES];
    uint64_t random = 5;
    for (int round = 0; round < 4; round++) {
        km_supplies supplies;
        km_supply_overlaps found;
        km_error error;
        size_t cursor = 0;
        uint64_t before = 0, persons = 0;
        for (int i = 0; i < SUPPLIES; i++) list[i] = some_supply(&random);
        km_supplies_init(&supplies, test_mem());
        for (int i = 0; i < SUPPLIES; i++) TEST_OK(km_supplies_add(&supplies, &list[i], &error), &error);
        TEST_OK(km_supplies_close(&supplies, &error), &error);
        for (; km_supplies_next(&supplies, &cursor, &found); persons++) {
            CU_ASSERT_TRUE(!persons || found.person > before);
            before = found.person;
            CU_ASSERT_EQUAL(found.days, count_slowly(list, found.person));
        }
        CU_ASSERT_EQUAL(persons, 9);
        km_supplies_free(&supplies);
    }
}

static kiem_status attempt(void *context) {
    (void)context;
    uint64_t random = 3;
    km_supplies supplies;
    km_error error;
    km_supplies_init(&supplies, test_mem());
    kiem_status status = KIEM_OK;
    for (int i = 0; i < 100 && status == KIEM_OK; i++) {
        km_supply supply = some_supply(&random);
        status = km_supplies_add(&supplies, &supply, &error);
    }
    if (status == KIEM_OK) status = km_supplies_close(&supplies, &error);
    km_supplies_free(&supplies);
    return status;
}

static void running_out_of_memory_is_a_status(void) {
    CU_ASSERT_TRUE(test_out_of_memory(attempt, NULL) > 3);
}

TEST_MAIN("supplies", {"doses tell their days", doses_tell_their_days},
          {"supplies are held against other facilities", supplies_are_held_against_other_facilities},
          {"any order gives the slow answer", any_order_gives_the_slow_answer},
          {"running out of memory is a status", running_out_of_memory_is_a_status})
