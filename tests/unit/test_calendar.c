#include "claim/calendar.h"

#include "claim/due.h"
#include "support/claims.h"
#include "support/policy_table.h"
#include "support/test.h"

static km_day day_of(const char *text) {
    km_day day = 0;
    CU_ASSERT_TRUE(km_iso_date_parse(km_text_from(text), &day));
    return day;
}

static void shipped(km_calendar *calendar) {
    km_lookup table;
    km_error error;
    test_policy_table(&table, "holidays");
    TEST_OK(km_calendar_read(calendar, test_mem(), &table, &error), &error);
    km_lookup_free(&table);
}

static void the_shipped_calendar_knows_tet(void) {
    static const char *const tet[] = {"2019-02-05", "2020-01-25", "2021-02-12", "2022-02-01", "2023-01-22",
                                      "2024-02-10", "2025-01-29", "2026-02-17", "2027-02-06"};
    km_calendar calendar;
    km_day first = 0;
    shipped(&calendar);
    for (int i = 0; i < 9; i++) {
        CU_ASSERT_TRUE(km_calendar_tet(&calendar, 2019 + i, &first));
        CU_ASSERT_EQUAL(first, day_of(tet[i]));
        CU_ASSERT_EQUAL(km_calendar_kind(&calendar, first), KM_DAY_TET_FIRST);
    }
    CU_ASSERT_FALSE(km_calendar_tet(&calendar, 2018, &first));
    CU_ASSERT_FALSE(km_calendar_tet(&calendar, 2028, &first));
    CU_ASSERT_EQUAL(km_calendar_kind(&calendar, day_of("2023-01-20")), KM_DAY_TET);
    CU_ASSERT_EQUAL(km_calendar_kind(&calendar, day_of("2023-01-19")), KM_DAY_PLAIN);
    CU_ASSERT_EQUAL(km_calendar_kind(&calendar, day_of("2023-01-27")), KM_DAY_PLAIN);
    CU_ASSERT_EQUAL(km_calendar_kind(&calendar, day_of("2023-09-04")), KM_DAY_HOLIDAY);
    CU_ASSERT_EQUAL(km_calendar_kind(&calendar, day_of("2031-09-02")), KM_DAY_PLAIN);
    km_calendar_free(&calendar);
}

static void working_days_are_counted(void) {
    static const struct {
        const char *from, *to;
        int32_t days, weekdays; /* with the calendar, by weekends alone */
    } cases[] = {
        {"2023-03-06", "2023-03-06", 0, 0},     {"2023-03-06", "2023-03-07", 1, 1},
        {"2023-03-10", "2023-03-13", 1, 1},     {"2023-03-11", "2023-03-12", 0, 0},
        {"2023-03-13", "2023-03-06", -5, -5},   {"2023-01-19", "2023-01-27", 1, 6},
        {"2023-01-01", "2023-12-31", 249, 260}, {"1969-12-26", "1970-01-02", 5, 5},
        {"2023-04-28", "2023-05-04", 1, 4},
    };
    km_calendar calendar;
    shipped(&calendar);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        km_day from = day_of(cases[i].from), to = day_of(cases[i].to);
        CU_ASSERT_EQUAL(km_working_days_between(&calendar, from, to), cases[i].days);
        CU_ASSERT_EQUAL(km_working_days_between(NULL, from, to), cases[i].weekdays);
    }
    CU_ASSERT_EQUAL(km_working_day_after(&calendar, day_of("2023-01-19"), 7), day_of("2023-02-06"));
    CU_ASSERT_EQUAL(km_working_day_after(NULL, day_of("2023-03-10"), 1), day_of("2023-03-13"));
    km_calendar_free(&calendar);
}

/* Counting and walking agree, over years with and without rows. */
static void counts_agree_with_walking(void) {
    km_calendar calendar;
    shipped(&calendar);
    int32_t walked = 0;
    km_day start = day_of("1965-01-01");
    for (km_day day = start + 1; day < day_of("2030-01-01"); day++) {
        bool works = km_weekday(day) <= 5 && km_calendar_kind(&calendar, day) == KM_DAY_PLAIN;
        walked += works;
        CU_ASSERT_EQUAL(km_working_days_between(&calendar, start, day), walked);
        if (works) CU_ASSERT_EQUAL(km_working_day_after(&calendar, day - 1, 1), day);
    }
    km_calendar_free(&calendar);
}

static void bad_rows_are_refused(void) {
    static const km_special_day twice[] = {{10, KM_DAY_TET}, {11, KM_DAY_TET}, {10, KM_DAY_HOLIDAY}};
    static const km_special_day two_tets[] = {{40, KM_DAY_TET_FIRST}, {10, KM_DAY_TET_FIRST}};
    km_calendar calendar;
    km_error error;
    km_lookup table;
    CU_ASSERT_EQUAL(km_calendar_init(&calendar, test_mem(), twice, 3, &error), KIEM_E_POLICY);
    TEST_MESSAGE(&error, "1970-01-11 twice");
    CU_ASSERT_EQUAL(km_calendar_init(&calendar, test_mem(), two_tets, 2, &error), KIEM_E_POLICY);
    TEST_MESSAGE(&error, "two first days of Tet in 1970");
    TEST_OK(test_policy_table_of(&table, "holidays", "day|kind", "2023-01-01|rest", &error), &error);
    CU_ASSERT_EQUAL(km_calendar_read(&calendar, test_mem(), &table, &error), KIEM_E_POLICY);
    TEST_MESSAGE(&error, "'rest' is not one of");
    km_lookup_free(&table);
}

static void due_days_follow_the_law_of_their_time(void) {
    static const struct {
        km_due due;
        const char *day, *last;
    } cases[] = {
        {KM_DUE_CLAIM_DATA, "2023-01-19", "2023-02-06"},
        {KM_DUE_CLAIM_DATA, "2023-03-06", "2023-03-15"},
        {KM_DUE_MONTHLY_LIST, "2023-12-31", "2024-01-15"},
        {KM_DUE_MONTHLY_LIST, "2024-01-31", "2024-02-15"},
        {KM_DUE_QUARTERLY_REPORT, "2024-01-01", "2024-04-15"},
        {KM_DUE_QUARTERLY_REPORT, "2024-03-31", "2024-04-15"},
        {KM_DUE_QUARTERLY_REPORT, "2024-11-30", "2025-01-15"},
        {KM_DUE_ADVANCE, "2024-04-12", "2024-04-22"},
        {KM_DUE_ANSWER, "2025-07-15", "2025-08-14"},
        {KM_DUE_ANSWER_QUARTER_4, "2025-01-15", "2025-02-14"},
        {KM_DUE_ANSWER_QUARTER_4, "2026-01-15", "2026-03-16"},
        {KM_DUE_PAYMENT, "2024-05-20", "2024-05-30"},
        {KM_DUE_YEAR_SETTLEMENT, "2024-05-20", "2025-09-30"},
    };
    km_calendar calendar;
    shipped(&calendar);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CU_ASSERT_EQUAL(km_due_date(&calendar, cases[i].due, day_of(cases[i].day)), day_of(cases[i].last));
    CU_ASSERT_EQUAL(km_advance_percent(day_of("2025-06-30")), 80);
    CU_ASSERT_EQUAL(km_advance_percent(day_of("2025-07-01")), 90);
    km_calendar_free(&calendar);
}

static void lateness_is_a_column(void) {
    static const char *const fields = "NGAY_RA|NGAY_GUI";
    static const char *const rows[] = {"202402071000|202402231700",
                                       "202402071000|202402240800",
                                       "202402071000|202402260800",
                                       "202402071000|",
                                       "|202402260800",
                                       "202403061000|202403060900"};
    static const int64_t due[] = {20240223, 20240223, 20240223, 20240223, 0, 20240315};
    static const int64_t late[] = {0, 1, 1, INT64_MIN, INT64_MIN, -7};
    km_fieldset wanted = {0};
    km_calendar calendar;
    km_batch batch;
    km_error error;
    shipped(&calendar);
    km_fieldset_add(&wanted, KM_CLAIM_data_due);
    km_fieldset_add(&wanted, KM_CLAIM_days_late);
    TEST_OK(test_claims(&batch, fields, rows, 6, &error), &error);
    TEST_OK(km_due_attach(&calendar, &batch, &wanted, &error), &error);
    for (uint32_t row = 0; row < 6; row++) {
        km_day day =
            km_day_from_civil((int)(due[row] / 10000), (int)(due[row] / 100 % 100), (int)(due[row] % 100));
        CU_ASSERT_EQUAL(km_batch_int(&batch, KM_CLAIM_data_due, row, 0), due[row] ? day : 0);
        CU_ASSERT_EQUAL(km_batch_int(&batch, KM_CLAIM_days_late, row, INT64_MIN), late[row]);
    }
    km_batch_free(&batch);
    TEST_OK(test_claims(&batch, "NGAY_RA", rows, 0, &error), &error);
    TEST_OK(km_due_attach(&calendar, &batch, &wanted, &error), &error);
    CU_ASSERT_TRUE(km_fieldset_has(&batch.present, KM_CLAIM_data_due));
    CU_ASSERT_FALSE(km_fieldset_has(&batch.present, KM_CLAIM_days_late)); /* no date of receipt */
    km_batch_free(&batch);
    km_calendar_free(&calendar);
}

static kiem_status try_calendar(void *context) {
    km_calendar calendar;
    KM_TRY(km_calendar_read(&calendar, test_mem(), context, NULL));
    km_calendar_free(&calendar);
    return KIEM_OK;
}

static void running_out_of_memory_is_a_status(void) {
    km_lookup table;
    test_policy_table(&table, "holidays");
    CU_ASSERT_TRUE(test_out_of_memory(try_calendar, &table) > 3);
    km_lookup_free(&table);
}

TEST_MAIN("calendar", {"the shipped calendar knows Tet", the_shipped_calendar_knows_tet},
          {"working days are counted", working_days_are_counted},
          {"counts agree with walking", counts_agree_with_walking},
          {"bad rows are refused", bad_rows_are_refused},
          {"due days follow the law of their time", due_days_follow_the_law_of_their_time},
          {"lateness is a column", lateness_is_a_column},
          {"running out of memory is a status", running_out_of_memory_is_a_status})
