#include <string.h>

#include "base/hash.h"
#include "state/money/ledger_pages.h"
#include "state/state.h"
#include "support/bytes.h"
#include "support/claims.h"
#include "support/ledger.h"
#include "support/test.h"

#define FIELDS                                                                                               \
    "MA_LK|MA_THE_BHYT|NGAY_VAO|NGAY_RA|NGAY_GUI|MA_BENH_CHINH|MA_CSKCB|MA_LOAI_KCB|T_TONGCHI_BH|T_BHTT|"    \
    "T_BNCCT|T_THUOC|SO_NGAY_DTRI|NAM_QT|THANG_QT"

/* ---- bytes */

static kiem_status load(km_state *state, const km_buf *bytes, km_error *error) {
    test_source from = {bytes->data, bytes->length, 0, 0};
    km_state_init(state, test_mem());
    return km_state_load(state, test_get_bytes, &from, error);
}

static void save(km_state *state, km_buf *out) {
    km_error error;
    km_buf_clear(out);
    TEST_OK(km_state_save(state, test_put_bytes, out, &error), &error);
}

/* ---- claims */

/* Claims first .. end - 1 of a hospital; amounts to 10^15 dong, some negative. */
static void learn(km_state *state, unsigned first, unsigned end, const char *facility) {
    km_batch batch;
    km_error error;
    TEST_OK(test_claims_init(&batch, FIELDS, &error), &error);
    for (unsigned i = first; i < end; i++) {
        char row[240];
        uint64_t seed = i;
        long long amount = (long long)(test_random(&seed) % 1000000000000000u) * (i % 7 ? 1 : -1);
        unsigned day = 1 + i % 28;
        snprintf(row, sizeof row,
                 "K%05u|DN401%010u|202403%02u0800|202403%02u0900|202403%02u1000|J18.9|%s|0%u|%lld|%lld|0|%"
                 "lld|%u|2024|3",
                 i, i, day, day, day + 2, facility, 1 + i % 3, amount, amount, amount / 3, i % 9);
        TEST_OK(test_claims_row(&batch, FIELDS, row), &error);
    }
    TEST_OK(km_state_learn(state, &batch, &error), &error);
    km_batch_free(&batch);
}

static void money_survives_a_file(void) {
    km_state state, again;
    km_buf bytes, copy;
    km_error error;
    km_buf_init(&bytes, test_mem());
    km_buf_init(&copy, test_mem());
    km_state_init(&state, test_mem());
    for (int i = 0; i < 40; i++) learn(&state, 0, 1000, "79001"); /* past 64 bits */
    learn(&state, 1000, 1300, "01002");
    save(&state, &bytes);
    TEST_OK(load(&again, &bytes, &error), &error);
    save(&again, &copy);
    CU_ASSERT_TRUE(test_same_bytes(&bytes, &copy));
    km_money before = test_ledger_sum(&state.money.ledger, 0),
             after = test_ledger_sum(&again.money.ledger, 0);
    CU_ASSERT_EQUAL(before.claims, 40300);
    CU_ASSERT_EQUAL(after.claims, 40300);
    CU_ASSERT_TRUE(before.fund > INT64_MAX);
    CU_ASSERT_TRUE(before.fund == after.fund && before.total == after.total);
    CU_ASSERT_EQUAL(km_ledger_squares(&state.money.ledger, 0, 2024),
                    km_ledger_squares(&again.money.ledger, 0, 2024));
    CU_ASSERT_TRUE(again.money.has_as_of && again.money.as_of == km_day_from_civil(2024, 3, 28));
    /* the cards of 01002 are all its own, so that nothing of its homes is written */
    km_buf_clear(&bytes);
    km_buf_clear(&copy);
    test_ledger_cuts(&bytes, &state.money.ledger);
    test_ledger_cuts(&copy, &again.money.ledger);
    CU_ASSERT_TRUE(bytes.length > 0 && test_same_bytes(&bytes, &copy));
    km_state_free(&state);
    km_state_free(&again);
    km_buf_free(&bytes);
    km_buf_free(&copy);
}

static void marks_tell_which_claims_are_shared(void) {
    static const struct {
        unsigned first, end;
        double least, most;
    } cases[] = {{0, 1000, 1, 1}, {0, 1500, 1, 1}, {1000, 2000, 0, 0}, {500, 1500, 0.35, 0.65}};
    uint64_t hanoi, hue;
    km_code_pack(KM_TEXT("01"), &hanoi);
    km_code_pack(KM_TEXT("46"), &hue);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        km_state a, b;
        km_state_init(&a, test_mem());
        km_state_init(&b, test_mem());
        learn(&a, 0, 1000, "01001");
        learn(&b, cases[i].first, cases[i].end, "01001");
        double shared = km_marks_shared(&a.money.marks, &b.money.marks, hanoi, 2024);
        CU_ASSERT_TRUE(shared >= cases[i].least && shared <= cases[i].most);
        CU_ASSERT_EQUAL(km_marks_shared(&a.money.marks, &b.money.marks, hue, 2024), 0);
        CU_ASSERT_EQUAL(km_marks_shared(&a.money.marks, &b.money.marks, hanoi, 2023), 0);
        km_state_free(&a);
        km_state_free(&b);
    }
}

static void claims_of_other_facilities_are_others(void) {
    km_state a, b;
    uint64_t hanoi;
    km_code_pack(KM_TEXT("01"), &hanoi);
    km_state_init(&a, test_mem());
    km_state_init(&b, test_mem());
    learn(&a, 0, 500, "01001");
    learn(&b, 0, 500, "01002"); /* the same MA_LK */
    CU_ASSERT_EQUAL(km_marks_shared(&a.money.marks, &b.money.marks, hanoi, 2024), 0);
    km_state_free(&a);
    km_state_free(&b);
}

/* ---- files of other makers */

enum { HEAD = 24, SUM = 8 };

/* Takes the sections of money and peers out of a state, as format 1.0 had none; with `newer` the format
 * says 1.1. */
static void make_old(const km_buf *bytes, bool newer, km_buf *out) {
    unsigned char sum[SUM];
    uint64_t all = 0;
    size_t at = HEAD;
    km_buf_clear(out);
    km_buf_append(out, bytes->data, HEAD);
    out->data[10] = newer;
    km_le_put((unsigned char *)out->data + 16, km_hash(out->data, 16, 0), 8);
    for (;;) {
        const unsigned char *head = (const unsigned char *)bytes->data + at;
        size_t size = HEAD + (size_t)km_le_get(head + 8, 8) + SUM;
        if (km_le_get(head, 4) == KM_SECTION_END) break;
        if (km_le_get(head, 4) != KM_SECTION_MONEY && km_le_get(head, 4) != KM_SECTION_PEERS) {
            km_buf_append(out, bytes->data + at, size);
            all = km_hash(head + size - SUM, SUM, all);
        }
        at += size;
    }
    km_buf_append(out, bytes->data + at, HEAD);
    km_le_put(sum, all, SUM);
    km_buf_append(out, (const char *)sum, SUM);
    km_le_put(sum, km_hash(sum, SUM, 0), SUM);
    km_buf_append(out, (const char *)sum, SUM);
}

static void a_state_from_before_money_loads(void) {
    km_state state, old;
    km_buf bytes, made;
    km_error error;
    km_buf_init(&bytes, test_mem());
    km_buf_init(&made, test_mem());
    km_state_init(&state, test_mem());
    learn(&state, 0, 100, "01001");
    save(&state, &bytes);
    make_old(&bytes, false, &made);
    TEST_OK(load(&old, &made, &error), &error);
    CU_ASSERT_EQUAL(old.run.count, state.run.count);
    CU_ASSERT_EQUAL(old.money.ledger.cuts[KM_LEDGER_PROVINCES].count, 0);
    CU_ASSERT_FALSE(old.money.has_as_of);
    learn(&old, 100, 200, "01001");
    km_state_free(&old);
    make_old(&bytes, true, &made); /* a format that has money must have it */
    CU_ASSERT_EQUAL(load(&old, &made, &error), KIEM_E_STATE);
    km_state_free(&old);
    km_state_free(&state);
    km_buf_free(&bytes);
    km_buf_free(&made);
}

/* What checksums cannot vouch for. */
static void contents_that_contradict_themselves_are_refused(void) {
    static const struct {
        const char *what;
        uint64_t cut, groups, province, year, count, hash[2];
    } cases[] = {{"a day without its flag", 2, 0, 0, 0, 0, {0, 0}},
                 {"no province", 0, 1, 7, 2024, 1, {1, 0}},
                 {"a year of no calendar", 0, 1, 0, 17, 1, {1, 0}},
                 {"an empty group", 0, 1, 0, 2024, 0, {0, 0}},
                 {"too many marks", 0, 1, 0, 2024, KM_MARKS + 1, {1, 2}},
                 {"marks out of order", 0, 1, 0, 2024, 2, {5, 5}}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        km_section_writer *writer = km_alloc(test_mem(), sizeof *writer);
        km_section_reader *reader = km_alloc(test_mem(), sizeof *reader);
        unsigned char group[16];
        km_state_money money;
        km_buf bytes;
        km_error error;
        km_buf_init(&bytes, test_mem());
        km_state_money_init(&money, test_mem());
        uint64_t marks = cases[i].count < 2 ? cases[i].count : 2;
        uint64_t length = 16 + (cases[i].groups ? 16 + 8 * marks : 0) + 16;
        km_le_put(group, cases[i].province, 8);
        km_le_put(group + 8, cases[i].year, 4);
        km_le_put(group + 12, cases[i].count, 4);
        TEST_OK(km_sections_begin(writer, test_put_bytes, &bytes, &error), &error);
        TEST_OK(km_section_begin(writer, KM_SECTION_MONEY, 1, length, &error), &error);
        TEST_OK(km_section_put_u64(writer, cases[i].cut, &error), &error);
        TEST_OK(km_section_put_u64(writer, cases[i].groups, &error), &error);
        if (cases[i].groups) TEST_OK(km_section_put(writer, group, sizeof group, &error), &error);
        for (uint64_t k = 0; cases[i].groups && k < marks; k++)
            TEST_OK(km_section_put_u64(writer, cases[i].hash[k], &error), &error);
        TEST_OK(km_section_put_u64(writer, 0, &error), &error); /* four cuts without pages */
        TEST_OK(km_section_put_u64(writer, 0, &error), &error);
        TEST_OK(km_section_end(writer, &error), &error);
        test_source from = {bytes.data, bytes.length, 0, 0};
        TEST_OK(km_sections_open(reader, test_get_bytes, &from, &error), &error);
        TEST_OK(km_section_next(reader, &error), &error);
        kiem_status status = km_state_money_load(&money, reader, &error);
        if (status != KIEM_E_STATE) printf("not refused: %s\n", cases[i].what);
        CU_ASSERT_EQUAL(status, KIEM_E_STATE);
        TEST_MESSAGE(&error, "LEDG");
        km_state_money_free(&money);
        km_buf_free(&bytes);
        km_free(test_mem(), writer, sizeof *writer);
        km_free(test_mem(), reader, sizeof *reader);
    }
}

/* Cells that are what others leave must not be there: the same money would count twice. */
static void cells_that_others_leave_are_refused(void) {
    km_state_money money;
    km_batch batch;
    km_buf bytes;
    km_error error;
    static const char *const rows[] = {"79001|202301050900|2023|1|01|10|8"};
    km_buf_init(&bytes, test_mem());
    TEST_OK(test_claims(&batch, "MA_CSKCB|NGAY_RA|NAM_QT|THANG_QT|MA_LOAI_KCB|T_TONGCHI_BH|T_BHTT", rows, 1,
                        &error),
            &error);
    for (int i = 0; i < 3; i++) {
        km_section_writer *writer = km_alloc(test_mem(), sizeof *writer);
        km_section_reader *reader = km_alloc(test_mem(), sizeof *reader);
        km_state_money again;
        km_state_money_init(&money, test_mem());
        TEST_OK(km_state_money_expect(&money, &batch, &error), &error);
        km_state_money_learn(&money, &batch);
        km_ledger_province *month = money.ledger.cuts[KM_LEDGER_PROVINCES].pages[0].cells;
        km_ledger_origins *year = money.ledger.cuts[KM_LEDGER_ORIGINS].pages[0].cells;
        km_ledger_cell *const cells[] = {&month->settled[KM_USUAL_LAG], &month->paid[KM_USUAL_PAYMENT],
                                         &year->home[79][1]};
        cells[i]->claims = 1;
        km_buf_clear(&bytes);
        TEST_OK(km_sections_begin(writer, test_put_bytes, &bytes, &error), &error);
        TEST_OK(km_state_money_save(&money, writer, &error), &error);
        test_source from = {bytes.data, bytes.length, 0, 0};
        TEST_OK(km_sections_open(reader, test_get_bytes, &from, &error), &error);
        TEST_OK(km_section_next(reader, &error), &error);
        km_state_money_init(&again, test_mem());
        CU_ASSERT_EQUAL(km_state_money_load(&again, reader, &error), KIEM_E_STATE);
        TEST_MESSAGE(&error, "LEDG");
        km_state_money_free(&money);
        km_state_money_free(&again);
        km_free(test_mem(), writer, sizeof *writer);
        km_free(test_mem(), reader, sizeof *reader);
    }
    km_batch_free(&batch);
    km_buf_free(&bytes);
}

TEST_MAIN("state_money", {"money survives a file", money_survives_a_file},
          {"marks tell which claims are shared", marks_tell_which_claims_are_shared},
          {"claims of other facilities are others", claims_of_other_facilities_are_others},
          {"a state from before money loads", a_state_from_before_money_loads},
          {"cells that others leave are refused", cells_that_others_leave_are_refused},
          {"contents that contradict themselves are refused",
           contents_that_contradict_themselves_are_refused})
