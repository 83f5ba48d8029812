#include "score/claim/reason.h"
#include "support/claims.h"
#include "support/scoring.h"
#include "support/test.h"

/* Scores `count` claims of which number `at` is the odd one. */
static void fit_around(km_scorer *scorer, km_batch *batch, const char *fields, const char *usual,
                       const char *odd, int at, int count) {
    km_error error;
    km_scorer_init(scorer, test_mem());
    TEST_OK(test_claims_init(batch, fields, &error), &error);
    for (int i = 0; i < count; i++) TEST_OK(test_claims_row(batch, fields, i == at ? odd : usual), &error);
    TEST_OK(test_scorer_add(scorer, batch, &error), &error);
    TEST_OK(km_scorer_fit(scorer, &error), &error);
}

static void expect_words(const char *fields, const char *usual, const char *odd, const char *vi,
                         const char *en) {
    km_batch batch;
    km_scorer scorer;
    km_buf buf;
    km_buf_init(&buf, test_mem());
    fit_around(&scorer, &batch, fields, usual, odd, 7, 2000);
    km_scorer_reasons(&scorer, 9, KIEM_LANG_VI, &buf);
    TEST_TEXT_EQUAL(km_buf_view(&buf), vi);
    km_buf_clear(&buf);
    km_scorer_reasons(&scorer, 9, KIEM_LANG_EN, &buf);
    TEST_TEXT_EQUAL(km_buf_view(&buf), en);
    km_buf_clear(&buf);
    km_scorer_reasons(&scorer, 2, KIEM_LANG_EN, &buf);
    CU_ASSERT_EQUAL(buf.length, 0); /* a usual claim */
    km_scorer_reasons(&scorer, 999999, KIEM_LANG_EN, &buf);
    CU_ASSERT_EQUAL(buf.length, 0);
    km_buf_free(&buf);
    km_scorer_free(&scorer);
    km_batch_free(&batch);
}

static void reasons_are_plain_figures(void) {
    expect_words("MA_LOAI_KCB|MA_BENH_CHINH|T_TONGCHI_BH|T_THUOC|T_VTYT|visits_30d",
                 "01|I10|1100000|440000|0|1", "01|I10|4400000|4000000|0|9",
                 "tỷ lệ thuốc 91%, trung vị nhóm 40% (2.000 hồ sơ), cao hơn, 37%; "
                 "số lượt trong 30 ngày 9 lượt, trung vị nhóm 1 (2.000 hồ sơ), cao hơn, 23%; "
                 "chi phí 4,4 triệu đồng, trung vị nhóm 1,1 triệu (2.000 hồ sơ), cao hơn, 23%",
                 "drug share 91%, peer median 40% (2,000 claims), higher, 37%; "
                 "visits in 30 days 9 visits, peer median 1 (2,000 claims), higher, 23%; "
                 "cost 4,400,000 dong, peer median 1,100,000 (2,000 claims), higher, 23%");
}

static void every_unit_has_words(void) {
    expect_words(
        "MA_LOAI_KCB|NGAY_VAO|MA_CSKCB|MA_DKBD", "01|202601060900|79001|79002", "01|202601031100|79001|01002",
        "nơi đăng ký so với cơ sở khác vùng, trung vị nhóm cùng tỉnh (2.000 hồ sơ), cao hơn, 80%; "
        "vào cuối tuần có, trung vị nhóm không (2.000 hồ sơ), cao hơn, 20%",
        "home against facility another region, peer median same province (2,000 claims), higher, 80%; "
        "admitted at a weekend yes, peer median no (2,000 claims), higher, 20%");
    expect_words("MA_LOAI_KCB|T_TONGCHI_BH|T_THUOC|T_VTYT", "01|1000000|180000|80000",
                 "01|1000000|180000|180000",
                 "tỷ lệ vật tư 18%, trung vị nhóm 8% (2.000 hồ sơ), cao hơn, 83%; "
                 "vật tư so với thuốc 1,0 lần, trung vị nhóm 0,5 (2.000 hồ sơ), cao hơn, 12%; "
                 "tiền vật tư mỗi ngày 180.000 đồng, trung vị nhóm 80.000 (2.000 hồ sơ), cao hơn, 3%",
                 "supply share 18%, peer median 8% (2,000 claims), higher, 83%; "
                 "supplies to drugs 1.0 times, peer median 0.5 (2,000 claims), higher, 12%; "
                 "supplies per day 180,000 dong, peer median 80,000 (2,000 claims), higher, 3%");
}

static void shares_of_the_score(void) {
    static const char *const fields = "MA_LOAI_KCB|T_TONGCHI_BH|SO_NGAY_DTRI|visits_30d|facilities_30d";
    km_batch batch;
    km_scorer scorer;
    km_reason reasons[KM_REASONS_MAX];
    fit_around(&scorer, &batch, fields, "03|1000000|2|1|1", "03|32000000|9|9|2", 0, 30);
    CU_ASSERT_EQUAL_FATAL(km_scorer_reason_list(&scorer, 2, reasons), 3);
    /* five doublings of the cost are cut at ten spreads; 8 visits and 7 days; the cost of a day comes fourth
     */
    CU_ASSERT_EQUAL(reasons[0].feature, KM_FEATURE_COST);
    CU_ASSERT_EQUAL(reasons[1].feature, KM_FEATURE_COST_PER_DAY);
    CU_ASSERT_EQUAL(reasons[2].feature, KM_FEATURE_VISITS_30D);
    CU_ASSERT_EQUAL(reasons[2].value, 9);
    CU_ASSERT_EQUAL(reasons[2].median, 1);
    CU_ASSERT_EQUAL(reasons[2].peers, 30);
    int last = 101, sum = 0;
    for (int i = 0; i < 3; i++) {
        CU_ASSERT_TRUE(reasons[i].percent <= last && reasons[i].percent > 0);
        last = reasons[i].percent;
        sum += last;
    }
    CU_ASSERT_TRUE(sum <= 100);
    CU_ASSERT_EQUAL(km_scorer_reason_list(&scorer, 3, reasons), 0);
    km_scorer_free(&scorer);
    km_batch_free(&batch);
}

/* The floor of a spread of costs is a quarter of a doubling: 1,090,508 is half a spread above a million. */
static void half_a_spread_is_a_reason(void) {
    static const struct {
        const char *cost;
        int reasons;
    } cases[] = {{"01|1085000", 0}, {"01|1096000", 1}};
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        km_batch batch;
        km_scorer scorer;
        km_reason reasons[KM_REASONS_MAX];
        fit_around(&scorer, &batch, "MA_LOAI_KCB|T_TONGCHI_BH", "01|1000000", cases[c].cost, 0, 30);
        CU_ASSERT_EQUAL(km_scorer_reason_list(&scorer, 2, reasons), cases[c].reasons);
        km_scorer_free(&scorer);
        km_batch_free(&batch);
    }
}

static void money_is_rounded_to_three_digits(void) {
    static const struct {
        const char *cost, *vi, *en;
    } cases[] = {
        {"850000", "850.000 đồng", "850,000 dong"},
        {"85349", "85.300 đồng", "85,300 dong"},
        {"1234567", "1,23 triệu đồng", "1,230,000 dong"},
        {"123456789", "123 triệu đồng", "123,000,000 dong"},
        {"7000000", "7 triệu đồng", "7,000,000 dong"},
        {"1250000000", "1,25 tỷ đồng", "1,250,000,000 dong"},
        {"999999999", "1 tỷ đồng", "1,000,000,000 dong"},
        {"1050000", "1,05 triệu đồng", "1,050,000 dong"},
    };
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        km_batch batch;
        km_scorer scorer;
        km_buf buf;
        char row[64];
        km_buf_init(&buf, test_mem());
        snprintf(row, sizeof row, "01|%s", cases[c].cost);
        fit_around(&scorer, &batch, "MA_LOAI_KCB|T_TONGCHI_BH", "01|9", row, 0, 30);
        km_scorer_reasons(&scorer, 2, KIEM_LANG_VI, &buf);
        km_buf_char(&buf, '\0');
        CU_ASSERT_PTR_NOT_NULL(strstr(buf.data, cases[c].vi));
        km_buf_clear(&buf);
        km_scorer_reasons(&scorer, 2, KIEM_LANG_EN, &buf);
        km_buf_char(&buf, '\0');
        CU_ASSERT_PTR_NOT_NULL(strstr(buf.data, cases[c].en));
        km_buf_free(&buf);
        km_scorer_free(&scorer);
        km_batch_free(&batch);
    }
}

#define STAY "MA_LOAI_KCB|MA_BENH_CHINH|T_TONGCHI_BH|T_BHTT|SO_NGAY_DTRI"

enum { USUAL = 200, LONG = 40 };

/* Short stays, and a few long ones of another diagnosis: `days` of the first of these, which is dear as well.
 */
static void fit_stays(km_scorer *scorer, km_batch *batch, int days) {
    km_error error;
    km_scorer_init(scorer, test_mem());
    TEST_OK(test_claims_init(batch, STAY, &error), &error);
    for (int i = 0; i < USUAL + LONG; i++) {
        char row[80];
        snprintf(row, sizeof row, "03|%s|%d|1000000|%d", i < LONG ? "K35" : "K80", i ? 900000 : 900000000,
                 i >= LONG ? 2
                 : i       ? 10
                           : days);
        TEST_OK(test_claims_row(batch, STAY, row), &error);
    }
    TEST_OK(test_scorer_add(scorer, batch, &error), &error);
    TEST_OK(km_scorer_fit(scorer, &error), &error);
}

/* The centre leans on all stays and lies below the median of the diagnosis: what lies between the two has a
 * part in the distance, but is not higher than the median it would be written beside. */
static void a_reason_lies_above_the_median(void) {
    static const struct {
        int days;
        bool named;
    } cases[] = {{9, false}, {10, false}, {11, true}, {30, true}};
    for (size_t c = 0; c < sizeof cases / sizeof cases[0]; c++) {
        km_batch batch;
        km_scorer scorer;
        km_reason reasons[KM_REASONS_MAX];
        bool named = false;
        fit_stays(&scorer, &batch, cases[c].days);
        const km_scored *claim = km_scorer_find(&scorer, km_batch_id(&batch, 0));
        CU_ASSERT_TRUE(km_scorer_above(&scorer, claim, KM_FEATURE_DAYS) > 0);
        const int count = km_scorer_reason_list(&scorer, km_batch_id(&batch, 0), reasons);
        CU_ASSERT_TRUE(count > 0 && reasons[0].feature == KM_FEATURE_COST);
        for (int i = 0; i < count; i++) {
            CU_ASSERT_TRUE(reasons[i].value > reasons[i].median);
            named = named || reasons[i].feature == KM_FEATURE_DAYS;
        }
        CU_ASSERT_EQUAL(named, cases[c].named);
        km_scorer_free(&scorer);
        km_batch_free(&batch);
    }
}

TEST_MAIN("reason", {"a reason lies above the median", a_reason_lies_above_the_median},
          {"reasons are plain figures", reasons_are_plain_figures},
          {"every unit has words", every_unit_has_words}, {"shares of the score", shares_of_the_score},
          {"half a spread is a reason", half_a_spread_is_a_reason},
          {"money is rounded to three digits", money_is_rounded_to_three_digits})
