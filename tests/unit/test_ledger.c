#include "state/money/ledger.h"
#include "support/claims.h"
#include "support/ledger.h"
#include "support/test.h"

#define FIELDS                                                                                               \
    "MA_CSKCB|NGAY_RA|NAM_QT|THANG_QT|MA_LOAI_KCB|T_TONGCHI_BH|T_TONGCHI|T_BHTT|T_BNCCT|T_BNTT|T_NGUONKHAC"
/* The rows of the property test have more. */
#define MORE_FIELDS FIELDS "|MA_THE_BHYT|MA_BENH_CHINH|NGAY_GUI|T_BHTT_GDV"

static void check_facility_days(const km_ledger *ledger) {
    uint64_t facility, claims;
    km_int128 spent[366];
    km_code_pack(KM_TEXT("79001"), &facility);
    km_day last = km_day_from_civil(2025, 12, 31), june = km_day_from_civil(2025, 6, 30);
    CU_ASSERT_TRUE(km_ledger_facility_year(ledger, facility, 2025, last, spent, &claims));
    CU_ASSERT_EQUAL(claims, 4);
    CU_ASSERT_TRUE(spent[180] == 2400 && spent[181] == 1600 && spent[363] == 100 && spent[364] == 0);
    CU_ASSERT_TRUE(km_ledger_facility_year(ledger, facility, 2025, june, spent, &claims));
    CU_ASSERT_EQUAL(claims, 2);
    CU_ASSERT_TRUE(spent[180] == 2400 && spent[181] == 0);
    CU_ASSERT_FALSE(km_ledger_facility_year(ledger, facility, 2024, last, spent, &claims));
}

static void further_cuts_hold_what_was_booked(void) {
    static const char *const fields =
        "MA_CSKCB|NGAY_RA|NAM_QT|THANG_QT|MA_LOAI_KCB|T_TONGCHI_BH|T_BHTT|T_BHTT_GDV|"
        "T_BNCCT|T_BNTT|T_NGUONKHAC|MA_THE_BHYT|MA_DKBD|MA_BENH_CHINH|NGAY_GUI";
    static const char *const rows[] = {
        "79001|202506300900|2025|7|01|10|8|5|2|3|4|DN4797900112345;GD4010000000000|79001|I10|202507021000",
        "79001|202506300900|2025|6|03|20|16|16|4|||DN4747900112345|74001|J18.9|202506290000",
        "79001|202507010900|2025|9|03|20|16||4|||DN4747900112345|74001|J18.9|202509290000",
        "79001|202512300900|2026|1|01|1|1|0|||||01005||",
        "79001|202512300900|2025|11|01|1|1|0|||||||",
        "79001|202612300900|2026|12|01|1|1|0||||DN47979;GD47401|74001||", /* as long as a card, and none */
    };
    static const char *const expected = "settled 79 202506 slot 2: 1 20 16 4 0 0\n"
                                        "settled 79 202506 slot 3: 1 10 8 2 3 4\n"
                                        "settled 79 202507 slot 4: 1 20 16 4 0 0\n"
                                        "settled 79 202512 slot 1: 1 1 1 0 0 0\n"
                                        "settled 79 202601 slot 3: 1 1 1 0 0 0\n"
                                        "settled 79 202612 slot 2: 1 1 1 0 0 0\n"
                                        "paid 79 202506 slot 1: 1 20 16 4 0 0\n"
                                        "paid 79 202506 slot 3: 1 10 8 2 3 4\n"
                                        "paid 79 202507 slot 0: 1 20 16 4 0 0\n"
                                        "paid 79 202512 slot 2: 1 1 1 0 0 0\n"
                                        "paid 79 202601 slot 2: 1 1 1 0 0 0\n"
                                        "paid 79 202612 slot 2: 1 1 1 0 0 0\n"
                                        "case 79 202506 slot 8: 1 8\n"
                                        "case 79 202506 other in slot 9: 1 16\n"
                                        "case 79 202507 in slot 9: 1 16\n"
                                        "case 79 202512 slot 26: 1 1\n"
                                        "case 79 202601 other slot 26: 1 1\n"
                                        "case 79 202612 slot 26: 1 1\n"
                                        "receipt 79 202506 2025-06-30 slot 0: 1 16\n"
                                        "receipt 79 202506 2025-06-30 slot 2: 1 8\n"
                                        "receipt 79 202507 2025-07-01 slot 45: 1 16\n"
                                        "home 79 2025 from 74 in: 2 40 32 8 0 0\n"
                                        "home 79 2025 from 79: 1 10 8 2 3 4\n"
                                        "home 79 2025 from 100: 1 1 1 0 0 0\n"
                                        "home 79 2026 from 1: 1 1 1 0 0 0\n"
                                        "home 79 2026 from 74: 1 1 1 0 0 0\n";
    uint8_t merged[100];
    km_batch batch;
    km_ledger ledger;
    km_error error;
    km_buf buf;
    for (int i = 0; i < 100; i++) merged[i] = (uint8_t)(i == 74 ? 79 : i);
    km_buf_init(&buf, test_mem());
    km_ledger_init(&ledger, test_mem());
    ledger.merged = merged;
    TEST_OK(test_claims(&batch, fields, rows, sizeof rows / sizeof rows[0], &error), &error);
    TEST_OK(km_ledger_add(&ledger, &batch, &error), &error);
    TEST_OK(km_ledger_sort(&ledger, &error), &error);
    test_ledger_cuts(&buf, &ledger);
    TEST_TEXT_EQUAL(km_buf_view(&buf), expected);
    CU_ASSERT_EQUAL(km_ledger_squares(&ledger, 0, 2025), 64 + 256 + 256 + 1);
    check_facility_days(&ledger);
    km_buf_free(&buf);
    km_batch_free(&batch);
    km_ledger_free(&ledger);
}

static void cells_hold_what_was_booked(void) {
    static const char *const rows[] = {
        "79001|202301050900|2023|1|01|100.5||80.25|20.25||",
        "79001|202301051500|2023|1|05|1||1|0|3|4",
        "79001|202301051500|2023|1|03||7|5|2||",
        "79001|202302051500||2|03|9|7|5|2||",
        "01003|202212310000|2023|1|09|10||10|||",
        "01003|202401010000|2023|12|10|-5||-5|||",
        "|202301010000|2023|1|01|2||2|||",
        "01003||2023|6||3||3|||",
        "01003||||01|4||4|||",
        "01003||2023|99||8||8|||",
    };
    static const char *const expected = " 2023 2023-01-01 out: 1 2 2 0 0 0\n"
                                        "01 2023 2023-01-01 out: 1 8 8 0 0 0\n"
                                        "01 2023 2023-01-01 in: 1 10 10 0 0 0\n"
                                        "01 2023 2023-06-01 out: 1 3 3 0 0 0\n"
                                        "01 2023 2023-12-31 out: 1 -5 -5 0 0 0\n"
                                        "01 0  out: 1 4 4 0 0 0\n"
                                        "79 2023 2023-01-05 out: 2 101.5 81.25 20.25 3 4\n"
                                        "79 2023 2023-01-05 in: 1 7 5 2 0 0\n"
                                        "79 2023 2023-02-05 in: 1 9 5 2 0 0\n"
                                        " 2023/1 out: 1 2 2 0 0 0\n"
                                        "01003 2023/1 out: 1 8 8 0 0 0\n"
                                        "01003 2023/1 in: 1 10 10 0 0 0\n"
                                        "01003 2023/6 out: 1 3 3 0 0 0\n"
                                        "01003 2023/12 out: 1 -5 -5 0 0 0\n"
                                        "01003 0/0 out: 1 4 4 0 0 0\n"
                                        "79001 2023/1 out: 2 101.5 81.25 20.25 3 4\n"
                                        "79001 2023/1 in: 1 7 5 2 0 0\n"
                                        "79001 2023/2 in: 1 9 5 2 0 0\n";
    km_batch batch;
    km_ledger ledger;
    km_error error;
    km_buf buf;
    km_buf_init(&buf, test_mem());
    km_ledger_init(&ledger, test_mem());
    TEST_OK(test_claims(&batch, FIELDS, rows, sizeof rows / sizeof rows[0], &error), &error);
    TEST_OK(km_ledger_add(&ledger, &batch, &error), &error);
    TEST_OK(km_ledger_sort(&ledger, &error), &error);
    test_ledger_days(&buf, &ledger);
    TEST_TEXT_EQUAL(km_buf_view(&buf), expected);
    km_buf_free(&buf);
    km_batch_free(&batch);
    km_ledger_free(&ledger);
}

static void bookings_stay_inside_their_year(void) {
    static const struct {
        const char *out;
        int64_t year, month;
        const char *booked;
    } cases[] = {
        {"2023-06-15 10:00", 2023, 6, "2023-06-15"},
        {"2023-06-15 10:00", -1, -1, "2023-06-15"},
        {"2022-12-30 10:00", 2023, 1, "2023-01-01"},
        {"2024-01-02 10:00", 2023, 12, "2023-12-31"},
        {"2019-01-02 10:00", 2023, 5, "2023-01-01"},
        {"2023-06-15 10:00", 23, 6, "2023-06-15"},
        {"", 2023, 5, "2023-05-01"},
        {"", 2023, 13, "2023-01-01"},
        {"", 2023, -1, "2023-01-01"},
        {"", -1, 5, ""},
        {"", 20230, 5, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        km_minute out = 0;
        km_day booked = -1, expected = -1;
        bool has_out = km_time_parse(km_text_from(cases[i].out), &out);
        km_iso_date_parse(km_text_from(cases[i].booked), &expected);
        km_civil civil = km_ledger_booking(has_out, out, cases[i].year, cases[i].month);
        if (civil.year) booked = km_day_from_civil(civil.year, civil.month, civil.day);
        CU_ASSERT_EQUAL(booked, expected);
    }
}

/* ---- conservation */

enum { ROWS = 1200, ROW_MAX = 260 };

/* Amounts to 10^15 dong, some negative, some NULL. */
static void random_amount(uint64_t *seed, char *out, size_t room, km_int128 *sum) {
    *out = '\0';
    if (test_random(seed) % 8 == 0) return;
    int64_t amount = (int64_t)(test_random(seed) % 100000000000000000u); /* hundredths */
    if (test_random(seed) % 3) amount %= 1000000000;
    if (test_random(seed) % 4 == 0) amount = -amount;
    km_buf buf;
    km_buf_init(&buf, test_mem());
    km_buf_decimal(&buf, amount, 2);
    snprintf(out, room, "%.*s", (int)buf.length, buf.data);
    km_buf_free(&buf);
    *sum += amount;
}

static void random_row(uint64_t *seed, char out[ROW_MAX], km_money *sum) {
    char amounts[5][32], date[16] = "", year[8] = "", facility[8] = "";
    km_int128 *sums[] = {&sum->total, &sum->fund, &sum->copay, &sum->outside, &sum->other};
    for (int i = 0; i < 5; i++) random_amount(seed, amounts[i], sizeof amounts[i], sums[i]);
    if (test_random(seed) % 9)
        snprintf(date, sizeof date, "20%02u%02u%02u1200", 22 + (unsigned)(test_random(seed) % 3),
                 1 + (unsigned)(test_random(seed) % 12), 1 + (unsigned)(test_random(seed) % 28));
    if (test_random(seed) % 5) snprintf(year, sizeof year, "20%02u", 22 + (unsigned)(test_random(seed) % 3));
    if (test_random(seed) % 20)
        snprintf(facility, sizeof facility, "%02u%03u", 1 + (unsigned)(test_random(seed) % 9),
                 (unsigned)(test_random(seed) % 5));
    int length = snprintf(out, ROW_MAX, "%s|%s|%s|%u|0%u|%s||%s|%s|%s|%s", facility, date, year,
                          (unsigned)(test_random(seed) % 14), (unsigned)(test_random(seed) % 10), amounts[0],
                          amounts[1], amounts[2], amounts[3], amounts[4]);
    snprintf(out + length, ROW_MAX - (size_t)length, "|DN4%02u9876543210|%c%02u|%s|%s",
             (unsigned)(test_random(seed) % 9), 'A' + (char)(test_random(seed) % 26),
             (unsigned)(test_random(seed) % 99), test_random(seed) % 2 ? date : "",
             test_random(seed) % 3 ? amounts[1] : "0");
    sum->claims++;
}

static bool same_money(const km_money *a, const km_money *b) {
    return a->claims == b->claims && a->total == b->total && a->fund == b->fund && a->copay == b->copay &&
           a->outside == b->outside && a->other == b->other;
}

/* The days of every facility and year hold the money of its months; undated claims have no year to ask for.
 */
static void check_facilities(const km_ledger *ledger, const km_money *sum) {
    km_ledger_month month;
    km_int128 spent[366], fund = 0;
    uint64_t facility = 1, claims = 0, more;
    int year = -1;
    for (size_t cursor = 0; km_ledger_next_month(ledger, &cursor, &month);) {
        if (!month.year) fund += month.money.fund, claims += month.money.claims;
        if (!month.year || (month.facility == facility && month.year == year)) continue;
        facility = month.facility;
        year = month.year;
        km_ledger_facility_year(ledger, facility, year, km_day_from_civil(year, 12, 31), spent, &more);
        for (int day = 0; day < 366; day++) fund += spent[day];
        claims += more;
    }
    CU_ASSERT_TRUE(fund == sum->fund);
    CU_ASSERT_EQUAL(claims, sum->claims);
}

/* Every cut holds all the money, in ascending order of their keys. */
static void check_conserved(const km_ledger *ledger, const km_money *sum) {
    km_ledger_day day, day_before = {0};
    km_ledger_month month, month_before = {0};
    km_money days = {0}, months = {0};
    for (size_t cursor = 0; km_ledger_next_day(ledger, &cursor, &day); day_before = day) {
        km_money_add(&days, &day.money);
        if (cursor == 1) continue;
        bool later = day.day > day_before.day || (day.day == day_before.day && day.inpatient);
        CU_ASSERT_TRUE(day.province > day_before.province || (day.province == day_before.province && later));
    }
    for (size_t cursor = 0; km_ledger_next_month(ledger, &cursor, &month); month_before = month) {
        km_money_add(&months, &month.money);
        if (cursor > 1) CU_ASSERT_TRUE(month.facility >= month_before.facility);
    }
    CU_ASSERT_TRUE(same_money(&days, sum));
    CU_ASSERT_TRUE(same_money(&months, sum));
    km_ledger_count group;
    uint64_t claims = 0;
    km_int128 fund = 0;
    for (size_t cursor = 0; km_ledger_next_case(ledger, &cursor, &group);)
        claims += group.claims, fund += group.fund;
    CU_ASSERT_EQUAL(claims, sum->claims);
    CU_ASSERT_TRUE(fund == sum->fund);
    km_ledger_home home;
    km_ledger_part cell;
    km_money homes = {0}, settled = {0}, paid = {0};
    for (size_t cursor = 0; km_ledger_next_home(ledger, &cursor, &home);) km_money_add(&homes, &home.money);
    for (size_t cursor = 0; km_ledger_next_settled(ledger, &cursor, &cell);)
        km_money_add(&settled, &cell.money);
    for (size_t cursor = 0; km_ledger_next_paid(ledger, &cursor, &cell);) km_money_add(&paid, &cell.money);
    CU_ASSERT_TRUE(same_money(&homes, sum));
    CU_ASSERT_TRUE(same_money(&settled, sum));
    CU_ASSERT_TRUE(same_money(&paid, sum));
    check_facilities(ledger, sum);
}

/* Adds rows[order[first]] .. rows[order[end - 1]] in batches of `size`. */
static void add_rows(km_ledger *ledger, char (*rows)[ROW_MAX], const uint32_t *order, uint32_t first,
                     uint32_t end, uint32_t size) {
    km_error error;
    for (; first < end; first += size) {
        km_batch batch;
        TEST_OK(test_claims_init(&batch, MORE_FIELDS, &error), &error);
        for (uint32_t i = first; i < first + size && i < end; i++)
            TEST_OK(test_claims_row(&batch, MORE_FIELDS, rows[order[i]]), &error);
        TEST_OK(km_ledger_add(ledger, &batch, &error), &error);
        km_batch_free(&batch);
    }
}

static void no_dong_is_lost_by_any_cut_order_or_merge(void) {
    static char rows[ROWS][ROW_MAX];
    static uint32_t order[ROWS];
    km_money sum = {0};
    km_buf whole, parts;
    km_error error;
    uint64_t seed = 61;
    for (uint32_t i = 0; i < ROWS; i++) random_row(&seed, rows[i], &sum), order[i] = i;
    km_buf_init(&whole, test_mem());
    km_buf_init(&parts, test_mem());
    for (uint32_t round = 0; round < 6; round++) {
        km_ledger ledger, more;
        uint32_t cut = round ? ROWS / (round + 1) : ROWS;
        km_ledger_init(&ledger, test_mem());
        km_ledger_init(&more, test_mem());
        add_rows(&ledger, rows, order, 0, cut, 1 + round * 37);
        add_rows(&more, rows, order, cut, ROWS, 500);
        if (round % 2) {
            TEST_OK(km_ledger_merge(&more, &ledger, &error), &error);
        } else {
            TEST_OK(km_ledger_merge(&ledger, &more, &error), &error);
        }
        km_ledger *merged = round % 2 ? &more : &ledger;
        TEST_OK(km_ledger_sort(merged, &error), &error);
        check_conserved(merged, &sum);
        km_buf_clear(&parts);
        test_ledger_days(round ? &parts : &whole, merged);
        test_ledger_cuts(round ? &parts : &whole, merged);
        if (round) CU_ASSERT_TRUE(km_text_equal(km_buf_view(&parts), km_buf_view(&whole)));
        km_ledger_free(&ledger);
        km_ledger_free(&more);
        test_shuffle(order, ROWS, &seed);
    }
    km_buf_free(&whole);
    km_buf_free(&parts);
}

static void sums_pass_64_bits(void) {
    static const char *const rows[] = {"79001|202301050900|2023|1|01|1000000000000000||1000000000000000|||"};
    km_batch batch;
    km_ledger ledger;
    km_error error;
    size_t cursor = 0;
    km_ledger_day day;
    km_ledger_init(&ledger, test_mem());
    TEST_OK(test_claims(&batch, FIELDS, rows, 1, &error), &error);
    for (int i = 0; i < 1000; i++) TEST_OK(km_ledger_add(&ledger, &batch, &error), &error);
    TEST_OK(km_ledger_sort(&ledger, &error), &error);
    CU_ASSERT_TRUE_FATAL(km_ledger_next_day(&ledger, &cursor, &day));
    CU_ASSERT_TRUE(day.money.total == (km_int128)100000000000000000 * 1000);
    km_batch_free(&batch);
    km_ledger_free(&ledger);
}

/* The bound of claims in a page is taken anew before an addition is refused. */
static void many_claims_of_many_pages_fit(void) {
    static const char *const rows[] = {"79001|202301050900|2023|1|01|1||1|||"};
    km_batch batch;
    km_ledger ledger;
    km_error error;
    km_ledger_init(&ledger, test_mem());
    TEST_OK(test_claims(&batch, FIELDS, rows, 1, &error), &error);
    TEST_OK(km_ledger_add(&ledger, &batch, &error), &error);
    CU_ASSERT_EQUAL(ledger.fullest, 1);
    ledger.fullest = UINT32_MAX; /* as after as many claims of other pages */
    TEST_OK(km_ledger_add(&ledger, &batch, &error), &error);
    CU_ASSERT_EQUAL(ledger.fullest, 2);
    km_batch_free(&batch);
    km_ledger_free(&ledger);
}

/* ---- memory */

static kiem_status fill_and_merge(km_ledger *ledger, km_ledger *more, const km_batch *batch) {
    KM_TRY(km_ledger_add(ledger, batch, NULL));
    KM_TRY(km_ledger_add(more, batch, NULL));
    KM_TRY(km_ledger_merge(ledger, more, NULL));
    return km_ledger_sort(ledger, NULL);
}

static kiem_status try_ledger(void *context) {
    km_ledger ledger, more;
    km_ledger_init(&ledger, test_mem());
    km_ledger_init(&more, test_mem());
    kiem_status status = fill_and_merge(&ledger, &more, context);
    km_ledger_free(&ledger);
    km_ledger_free(&more);
    return status;
}

static void running_out_of_memory_is_a_status(void) {
    static const char *const rows[] = {"79001|202301050900|2023|1|01|1||1|||",
                                       "01001|202301050900|2023|1|01|1||1|||"};
    km_batch batch;
    km_error error;
    TEST_OK(test_claims(&batch, FIELDS, rows, 2, &error), &error);
    CU_ASSERT_TRUE(test_out_of_memory(try_ledger, &batch) > 20);
    km_batch_free(&batch);
}

static void a_failed_addition_adds_nothing(void) {
    static const char *const rows[] = {"79001|202301050900|2023|1|01|1||1|||",
                                       "01001|202301050900|2023|1|01|1||1|||"};
    km_batch batch;
    km_error error;
    TEST_OK(test_claims(&batch, FIELDS, rows, 2, &error), &error);
    for (long n = 1;; n++) {
        km_ledger ledger;
        km_ledger_init(&ledger, test_mem());
        test_mem_fail(n, false);
        kiem_status status = km_ledger_add(&ledger, &batch, &error);
        test_mem_fail(0, false);
        if (status != KIEM_OK) {
            size_t cursor = 0;
            km_ledger_day day;
            TEST_OK(km_ledger_sort(&ledger, &error), &error);
            CU_ASSERT_FALSE(km_ledger_next_day(&ledger, &cursor, &day));
            TEST_OK(km_ledger_add(&ledger, &batch, &error), &error);
        }
        TEST_OK(km_ledger_sort(&ledger, &error), &error);
        check_conserved(&ledger, &(km_money){.claims = 2, .total = 200, .fund = 200});
        km_ledger_free(&ledger);
        if (status == KIEM_OK) break;
    }
    km_batch_free(&batch);
}

TEST_MAIN("ledger", {"cells hold what was booked", cells_hold_what_was_booked},
          {"further cuts hold what was booked", further_cuts_hold_what_was_booked},
          {"bookings stay inside their year", bookings_stay_inside_their_year},
          {"no dong is lost by any cut, order or merge", no_dong_is_lost_by_any_cut_order_or_merge},
          {"sums pass 64 bits", sums_pass_64_bits},
          {"many claims of many pages fit", many_claims_of_many_pages_fit},
          {"running out of memory is a status", running_out_of_memory_is_a_status},
          {"a failed addition adds nothing", a_failed_addition_adds_nothing})
