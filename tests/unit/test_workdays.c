#include "claim/value.h"
#include "state/people/workdays.h"
#include "support/test.h"

enum { STINTS = 600, DOCTORS = 5 };

static const char *const names[DOCTORS] = {"000001/A", "000002/A", "000003/A", "000004/A", "000005/A"};

static uint64_t code_of(const char *text) {
    uint64_t code = 0;
    CU_ASSERT_TRUE(km_code_pack(km_text_from(text), &code));
    return code;
}

static void set(km_spans *spans, int from, int to) {
    for (int i = from; i < to; i++) spans->bits[i / 64] |= (uint64_t)1 << (i % 64);
}

static km_stint some_stint(uint64_t *random) {
    static const char *const facilities[] = {"01001", "01002", "79001"};
    bool machine = test_random(random) % 4 == 0;
    int start = (int)(test_random(random) % 250);
    km_stint stint = {.name = km_text_from(names[test_random(random) % DOCTORS]),
                      .facility = code_of(facilities[test_random(random) % 3]),
                      .kind = machine && test_random(random) % 2 ? code_of("us") : 0,
                      .machine = machine,
                      .day = 19700 + (km_day)(test_random(random) % 100),
                      .lines = (uint32_t)(test_random(random) % 4),
                      .cases = 1,
                      .norm = 20,
                      .norm_known = test_random(random) % 2 == 0,
                      .fund = (int64_t)(test_random(random) % 100000)};
    stint.hours[test_random(random) % KM_DAY_HOURS] = 1;
    set(&stint.present, start, start + 2);
    set(&stint.busy, start, start + 6);
    if (test_random(random) % 2) set(&stint.operating, start, start + 6);
    return stint;
}

static void tell(const km_workdays *all, const km_work_month *month, km_buf *out) {
    const int64_t numbers[] = {month->month,         month->facilities,      month->days,
                               month->lines,         month->cases,           month->hours,
                               month->max_cases,     month->max_cases_8h,    month->max_busy,
                               month->max_norm,      month->max_at_once,     month->max_two_places,
                               month->max_cases_on,  month->max_cases_8h_on, month->max_busy_on,
                               month->max_norm_on,   month->max_at_once_on,  month->max_two_places_on,
                               (int64_t)month->fund, (int64_t)month->before, month->norm_known};
    km_buf_text(out, month->worker->name);
    km_buf_char(out, month->worker->machine ? 'm' : 'd');
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++) {
        km_buf_char(out, ' ');
        km_buf_int(out, numbers[i]);
    }
    for (size_t i = month->two_places_first; i < month->two_places_end; i++)
        km_buf_int(out, (int64_t)(all->workers[all->days[i].worker].facility >> 24));
    km_buf_char(out, '\n');
}

static size_t months_of(const km_stint *stints, const uint32_t *order, bool little_memory, km_buf *out) {
    km_workdays all;
    km_work_cursor cursor = {0};
    km_work_month month;
    km_error error;
    size_t count = 0;
    km_workdays_init(&all, test_mem());
    if (little_memory) km_workdays_limit(&all, test_mem(), 0);
    for (size_t i = 0; i < STINTS; i++) TEST_OK(km_workdays_add(&all, &stints[order[i]], &error), &error);
    CU_ASSERT_EQUAL(little_memory, all.part_count > 0);
    TEST_OK(km_workdays_close(&all, &error), &error);
    for (; km_workdays_next_month(&all, &cursor, &month); count++) tell(&all, &month, out);
    km_workdays_free(&all);
    return count;
}

static void any_order_gives_the_same_months(void) {
    static km_stint stints[STINTS];
    static uint32_t order[STINTS];
    uint64_t random = 7;
    km_buf told[2];
    for (uint32_t i = 0; i < STINTS; i++) {
        stints[i] = some_stint(&random);
        order[i] = i;
    }
    km_buf_init(&told[0], test_mem());
    km_buf_init(&told[1], test_mem());
    CU_ASSERT_TRUE(months_of(stints, order, false, &told[0]) > 20);
    for (int round = 0; round < 5; round++) {
        test_shuffle(order, STINTS, &random);
        km_buf_clear(&told[1]);
        months_of(stints, order, round % 2 == 0, &told[1]);
        CU_ASSERT_TRUE(km_text_equal(km_buf_view(&told[0]), km_buf_view(&told[1])));
    }
    km_buf_free(&told[0]);
    km_buf_free(&told[1]);
}

/* The same by a plain count over the stints. */
static void months_add_up(void) {
    static km_stint stints[STINTS];
    uint64_t random = 11;
    km_workdays all;
    km_work_cursor cursor = {0};
    km_work_month month;
    km_error error;
    uint64_t lines = 0, seen = 0;
    km_int128 fund = 0, seen_fund = 0;
    km_workdays_init(&all, test_mem());
    for (size_t i = 0; i < STINTS; i++) {
        stints[i] = some_stint(&random);
        lines += stints[i].lines;
        fund += stints[i].fund;
        TEST_OK(km_workdays_add(&all, &stints[i], &error), &error);
    }
    TEST_OK(km_workdays_close(&all, &error), &error);
    while (km_workdays_next_month(&all, &cursor, &month)) {
        uint32_t busiest = 0;
        seen += month.lines;
        seen_fund += month.fund;
        CU_ASSERT_TRUE(month.days >= 1 && month.days <= 31);
        CU_ASSERT_TRUE(month.facilities >= 1 && month.facilities <= (month.worker->machine ? 1 : 3));
        for (km_day day = month.month; day < km_day_add_months(month.month, 1); day++) {
            uint32_t busy = 0;
            for (size_t i = 0; i < STINTS; i++) {
                const km_stint *at = &stints[i];
                bool own = at->machine == month.worker->machine && at->day == day &&
                           km_text_equal(at->name, month.worker->name) &&
                           (!at->machine ||
                            (at->facility == month.worker->facility && at->kind == month.worker->kind));
                if (own) busy += 6 * KM_SPAN_MINUTES;
            }
            if (busy > busiest) busiest = busy;
        }
        CU_ASSERT_EQUAL(month.max_busy, busiest);
    }
    CU_ASSERT_EQUAL(seen, lines);
    CU_ASSERT_TRUE(seen_fund == fund);
    km_workdays_free(&all);
}

static km_stint operation(const char *facility, int from, int to) {
    km_stint stint = {.name = KM_TEXT("000001/A"), .facility = code_of(facility), .day = 19800, .lines = 1};
    set(&stint.operating, from, to);
    set(&stint.busy, from, to);
    set(&stint.present, from, from + 1);
    return stint;
}

static void overlaps_are_counted_once(void) {
    static const struct {
        const char *facility[3];
        int from[3], to[3];
        uint32_t at_once, two_places;
    } cases[] = {{{"01001", "01001", "01001"}, {10, 20, 30}, {20, 30, 40}, 0, 0},
                 {{"01001", "01001", "01001"}, {10, 15, 30}, {20, 30, 40}, 25, 0},
                 {{"01001", "01001", "01001"}, {10, 10, 10}, {20, 20, 20}, 100, 0},
                 {{"01001", "01002", "01001"}, {10, 10, 30}, {20, 20, 40}, 50, 1},
                 {{"01001", "01002", "79001"}, {10, 10, 10}, {20, 20, 20}, 100, 1},
                 {{"01001", "01002", "79001"}, {10, 11, 12}, {20, 20, 20}, 85, 0}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        km_workdays all;
        km_work_cursor cursor = {0};
        km_work_month month;
        km_error error;
        km_workdays_init(&all, test_mem());
        for (int k = 0; k < 3; k++) {
            km_stint stint = operation(cases[i].facility[k], cases[i].from[k], cases[i].to[k]);
            TEST_OK(km_workdays_add(&all, &stint, &error), &error);
        }
        TEST_OK(km_workdays_close(&all, &error), &error);
        CU_ASSERT_TRUE_FATAL(km_workdays_next_month(&all, &cursor, &month));
        CU_ASSERT_EQUAL(month.max_at_once, cases[i].at_once);
        CU_ASSERT_EQUAL(month.max_two_places, cases[i].two_places);
        CU_ASSERT_FALSE(km_workdays_next_month(&all, &cursor, &month));
        km_workdays_free(&all);
    }
}

static kiem_status attempt(void *context) {
    (void)context;
    uint64_t random = 3;
    km_workdays all;
    km_error error;
    km_workdays_init(&all, test_mem());
    kiem_status status = KIEM_OK;
    for (int i = 0; i < 60 && status == KIEM_OK; i++) {
        km_stint stint = some_stint(&random);
        status = km_workdays_add(&all, &stint, &error);
    }
    if (status == KIEM_OK) status = km_workdays_close(&all, &error);
    km_workdays_free(&all);
    return status;
}

static void running_out_of_memory_is_a_status(void) {
    CU_ASSERT_TRUE(test_out_of_memory(attempt, NULL) > 5);
}

TEST_MAIN("workdays", {"any order gives the same months", any_order_gives_the_same_months},
          {"months add up", months_add_up}, {"overlaps are counted once", overlaps_are_counted_once},
          {"running out of memory is a status", running_out_of_memory_is_a_status})
