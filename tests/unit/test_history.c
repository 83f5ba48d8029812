#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>

#include "state/history/history.h"
#include "state/history/person.h"
#include "support/claims.h"
#include "support/history.h"
#include "support/test.h"

#define FIELDS                                                                                               \
    "MA_LK|MA_THE_BHYT|NGAY_VAO|NGAY_RA|MA_BENH_CHINH|MA_CSKCB|MA_LOAI_KCB|T_TONGCHI_BH|T_BHTT|HO_TEN|"      \
    "NAM_QT|THANG_QT"

static void append_value(km_buf *buf, const km_batch *batch, int field, uint32_t row) {
    km_value value = km_batch_value(batch, field, row);
    km_buf_char(buf, '|');
    if (value.known) km_buf_value(buf, &value);
}

/* duplicate_of|overlapping_claim|overlapping_facility|overlap_minutes|7d|30d|365d|facilities_30d of one row
 */
static void append_columns(km_buf *buf, const km_batch *batch, uint32_t row) {
    static const int shown[] = {
        KM_CLAIM_duplicate_of,    KM_CLAIM_overlapping_claim, KM_CLAIM_overlapping_facility,
        KM_CLAIM_overlap_minutes, KM_CLAIM_visits_7d,         KM_CLAIM_visits_30d,
        KM_CLAIM_visits_365d,     KM_CLAIM_facilities_30d};
    for (size_t i = 0; i < sizeof shown / sizeof shown[0]; i++) append_value(buf, batch, shown[i], row);
}

static kiem_status attach(const km_history *history, km_batch *batch, km_error *error) {
    km_history_reader reader;
    km_history_reader_init(&reader, history);
    kiem_status status = km_history_attach(&reader, batch, NULL, error);
    km_history_reader_free(&reader);
    return status;
}

static void close_over(km_history *history, km_batch *batch) {
    km_error error;
    km_history_init(history, test_mem());
    TEST_OK(test_history_add(history, batch, &error), &error);
    TEST_OK(test_history_close(history, &error), &error);
    TEST_OK(attach(history, batch, &error), &error);
}

/* Each case: rows of one or more persons, and the columns expected for each. */
static void columns_follow_their_definitions(void) {
    static const struct {
        const char *row, *expected;
    } cases[] = {
        /* person 1: a duplicate within two dong, one beyond, and a stay over both */
        {"A1|GD4790000000001|202601050800|202601080900|I10|79001|03|1000000|800000|N", "||||0|1|1|1|1"},
        {"A2|GD4790000000001|202601050800|202601080900|I10|79001|03|1000002|799998|n", "|A1|||0|2|2|2|1"},
        {"A3|GD4790000000001|202601050800|202601080900|I10|79001|03|1000000|800003|N", "||||0|3|3|3|1"},
        {"A4|GD4790000000001|202601070900|202601070930|I10|79002|09|5|5|N", "||A1|79001|30|4|4|4|2"},
        /* person 2: windows look back and include this one; the 7th day back at the same minute is out */
        {"B1|GD4790000000002|202601010800|202601010900|J00|79001|01|1|1|N", "||||0|1|1|1|1"},
        {"B2|GD4790000000002|202601080759|202601080900|J00|79002|01|1|1|N", "||||0|2|2|2|2"},
        {"B3|GD4790000000002|202601080800|202601080900|J00|79003|01|1|1|N", "||||0|2|3|3|3"},
        {"B4|GD4790000000002|202601310800||J00|79001|01|1|1|N", "||||0|1|3|4|3"},
        {"B5|GD4790000000002|202702010759|202602010700|J00|79001|03|1|1|N", "||||0|1|1|1|1"},
        /* person 3: the partner is the stay that ends last; equal starts stand in the order of their ends */
        {"C1|GD4790000000003|202603010000|202603100000|K35|79001|03|1|1|N", "||||0|1|1|1|1"},
        {"C2|GD4790000000003|202603020000|202603030000|K35|79002|04|1|1|N", "||C1|79001|1440|2|2|2|2"},
        {"C3|GD4790000000003|202603040000|202603200000|K35|79003|06|1|1|N", "||C1|79001|8640|3|3|3|3"},
        {"C4|GD4790000000003|202603150000|202603160000|K35|79001|01|1|1|N", "||||0|1|4|4|3"},
        {"C5|GD4790000000003|202603190000|202603300000|K35|79004|03|1|1|N", "||C3|79003|1440|2|5|5|4"},
        {"C6|GD4790000000003|202603300000|202603310000|K35|79004|03|1|1|N", "||||0|1|6|6|4"},
        /* kind unknown: no statement about overlap; no person, no time: no history */
        {"D1|GD4790000000003|202603300000|202603310000|K36|79004||1|1|N", "|||||2|7|7|4"},
        {"E1||202603300000|202603310000|K35|79004|03|1|1|N", "||||||||"},
        {"E2|GD4790000000000|202603300000|202603310000|K35|79004|03|1|1|N", "||||||||"},
        {"E3|GD4790000000003||202603310000|K35|79004|03|1|1|N", "||||||||"},
        /* leaving before coming counts as leaving at once */
        {"G1|GD4790000000005|202601050800|202601050700|I10|79001|03|1|1|N", "||||0|1|1|1|1"},
        {"G2|GD4790000000005|202601050800|202601040700|I10|79001|03|1|1|N", "|G1|||0|2|2|2|1"},
        /* no amounts at all are equal, one missing is not */
        {"F1|GD4790000000004|202601050800|202601050900|I10|79001|01|||N", "||||0|1|1|1|1"},
        {"F2|GD4790000000004|202601050800|202601050900|I10|79001|01|||N", "|F1|||0|2|2|2|1"},
        {"F3|GD4790000000004|202601050800|202601050900|I10|79001|01|0||N", "||||0|3|3|3|1"},
        {"F4|GD4790000000004|202601050800|202601050900|I10|79001|01|||M", "||||0|4|4|4|1"},
        {"F5|GD4790000000004|202601050800|202601050900|I11|79001|01|||N", "||||0|5|5|5|1"},
        {"F6|GD4790000000004|202601050800|202601050900|I10|79001|01|||N|2026|1", "||||0|6|6|6|1"},
    };
    enum { CASES = sizeof cases / sizeof cases[0] };
    const char *rows[CASES];
    for (size_t i = 0; i < CASES; i++) rows[i] = cases[i].row;
    km_batch batch;
    km_history history;
    km_error error;
    km_buf buf;
    km_buf_init(&buf, test_mem());
    TEST_OK(test_claims(&batch, FIELDS, rows, CASES, &error), &error);
    close_over(&history, &batch);
    for (uint32_t row = 0; row < CASES; row++) {
        km_buf_clear(&buf);
        append_columns(&buf, &batch, row);
        TEST_TEXT_EQUAL(km_buf_view(&buf), cases[row].expected);
    }
    CU_ASSERT_EQUAL(history.skips.no_person, 2);
    CU_ASSERT_EQUAL(history.skips.no_time, 1);
    km_buf_free(&buf);
    km_history_free(&history);
    km_batch_free(&batch);
}

static void patients_come_in_key_order(void) {
    static const char *const rows[] = {
        "A|HT2010000000009|202601010800||I10|79001|01|9|30.5|N",
        "B|GD4790000000009|202601150800||I10|79002|01|9|20|N",
        "C||202601150800||I10|79002|01|9|20|N",
        "D|GD4790000000001|202601150800||I10|79002|01|9||N",
        "E|GD4790000000009|202604150800||I10|79001|01|9|1|N",
    };
    static const struct {
        const char *person;
        unsigned claims, facilities, visits, fund;
    } expected[] = {{"0000000001", 1, 1, 1, 0}, {"0000000009", 3, 2, 2, 5150}};
    km_batch batch;
    km_history history;
    km_error error;
    km_patients patients;
    km_patient patient;
    km_buf buf;
    size_t count = 0;
    bool more = true;
    km_buf_init(&buf, test_mem());
    TEST_OK(test_claims(&batch, FIELDS, rows, 5, &error), &error);
    close_over(&history, &batch);
    TEST_OK(km_patients_open(&patients, &history, &error), &error);
    for (;; count++) {
        TEST_OK(km_patients_next(&patients, &patient, &more, &error), &error);
        if (!more) break;
        CU_ASSERT_TRUE_FATAL(count < 2);
        km_buf_clear(&buf);
        km_buf_person(&buf, patient.person);
        TEST_TEXT_EQUAL(km_buf_view(&buf), expected[count].person);
        CU_ASSERT_EQUAL(patient.claims, expected[count].claims);
        CU_ASSERT_EQUAL(patient.facilities, expected[count].facilities);
        CU_ASSERT_EQUAL(patient.max_visits_30d, expected[count].visits);
        CU_ASSERT_TRUE(patient.fund == expected[count].fund);
    }
    CU_ASSERT_EQUAL(count, 2);
    km_patients_close(&patients);
    km_buf_free(&buf);
    km_history_free(&history);
    km_batch_free(&batch);
}

static void claims_without_number_have_a_history(void) {
    static const char *const rows[] = {"|GD4790000000001|202601010800||I10|79001|01|9|9|N",
                                       "|GD4790000000001|202601020800||I10|79001|01|9|9|N"};
    km_batch batch;
    km_history history;
    km_error error;
    TEST_OK(test_claims(&batch, FIELDS, rows, 2, &error), &error);
    close_over(&history, &batch);
    CU_ASSERT_EQUAL(km_batch_int(&batch, KM_CLAIM_visits_30d, 1, -1), 2);
    km_history_free(&history);
    km_batch_free(&batch);
}

/* ---- order and partition */

enum { CLAIMS = 1500, TEXT_MAX = 160 };

static void random_row(uint64_t *seed, char out[TEXT_MAX]) {
    static const char *const kinds[] = {"01", "03", "04", "09", ""};
    unsigned day = 1 + (unsigned)(test_random(seed) % 8), hour = (unsigned)(test_random(seed) % 2);
    unsigned out_day = day + (unsigned)(test_random(seed) % 3);
    snprintf(out, TEXT_MAX, "L%u|GD47900000000%02u|202602%02u%02u00|202602%02u1000|I1%u|7900%u|%s|%u|%u|N%u",
             (unsigned)(test_random(seed) % 3), (unsigned)(test_random(seed) % 10), day, hour,
             out_day > 28 ? 28 : out_day, (unsigned)(test_random(seed) % 2),
             (unsigned)(test_random(seed) % 3), kinds[test_random(seed) % 5],
             (unsigned)(test_random(seed) % 3), (unsigned)(test_random(seed) % 2),
             (unsigned)(test_random(seed) % 2));
}

static int compare_lines(const void *a, const void *b) {
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Adds rows[order[0..]] in batches of `size`, and returns "row columns" lines, sorted. */
static void judge_in_order(char (*rows)[TEXT_MAX], const uint32_t *order, uint32_t size, uint64_t memory,
                           char **lines) {
    km_history history;
    km_error error;
    uint32_t batches = (CLAIMS + size - 1) / size;
    km_batch *batch = km_alloc_zero(test_mem(), batches * sizeof *batch);
    km_history_init(&history, test_mem());
    km_history_limit(&history, memory, "/tmp");
    for (uint32_t b = 0; b < batches; b++) {
        TEST_OK(test_claims_init(&batch[b], FIELDS, &error), &error);
        batch[b].base = (uint64_t)b * size + 1000000;
        for (uint32_t i = b * size; i < (b + 1) * size && i < CLAIMS; i++)
            TEST_OK(test_claims_row(&batch[b], FIELDS, rows[order[i]]), &error);
        TEST_OK(test_history_add(&history, &batch[b], &error), &error);
    }
    TEST_OK(test_history_close(&history, &error), &error);
    for (uint32_t b = 0; b < batches; b++) {
        TEST_OK(attach(&history, &batch[b], &error), &error);
        for (uint32_t row = 0; row < batch[b].rows; row++) {
            km_buf buf;
            km_buf_init(&buf, test_mem());
            km_buf_string(&buf, rows[order[b * size + row]]);
            append_columns(&buf, &batch[b], row);
            lines[b * size + row] = km_copy_text(test_mem(), buf.data, buf.length);
            km_buf_free(&buf);
        }
        km_batch_free(&batch[b]);
    }
    qsort(lines, CLAIMS, sizeof *lines, compare_lines);
    km_history_free(&history);
    km_free(test_mem(), batch, batches * sizeof *batch);
}

static void order_partition_and_memory_do_not_matter(void) {
    static const uint32_t sizes[] = {2048, 1, 7, 100, 1024, 50, 2048};
    static const uint64_t memory[] = {UINT64_MAX, UINT64_MAX, 1, 100000, 1, 200000, 300000};
    static char rows[CLAIMS][TEXT_MAX];
    static uint32_t order[CLAIMS];
    static char *first[CLAIMS], *lines[CLAIMS];
    uint64_t seed = 41;
    for (uint32_t i = 0; i < CLAIMS; i++) random_row(&seed, rows[i]), order[i] = i;
    judge_in_order(rows, order, 2048, UINT64_MAX, first);
    for (size_t s = 0; s < sizeof sizes / sizeof sizes[0]; s++) {
        test_shuffle(order, CLAIMS, &seed);
        judge_in_order(rows, order, sizes[s], memory[s], lines);
        for (uint32_t i = 0; i < CLAIMS; i++) {
            CU_ASSERT_STRING_EQUAL(lines[i], first[i]);
            km_free(test_mem(), lines[i], strlen(lines[i]) + 1);
        }
    }
    for (uint32_t i = 0; i < CLAIMS; i++) km_free(test_mem(), first[i], strlen(first[i]) + 1);
}

/* ---- misuse and memory */

static void misuse_is_a_status(void) {
    static const char *const rows[] = {"A|GD4790000000001|202601010800||I10|79001|01|1|1|N"};
    km_batch batch;
    km_history history;
    km_error error;
    TEST_OK(test_claims(&batch, FIELDS, rows, 1, &error), &error);
    km_history_init(&history, test_mem());
    CU_ASSERT_EQUAL(attach(&history, &batch, &error), KIEM_E_ARGUMENT);
    TEST_OK(test_history_add(&history, &batch, &error), &error);
    TEST_OK(test_history_add(&history, &batch, &error), &error);
    CU_ASSERT_EQUAL(test_history_close(&history, &error), KIEM_E_ARGUMENT);
    TEST_MESSAGE(&error, "twice");
    CU_ASSERT_EQUAL(test_history_close(&history, &error), KIEM_E_ARGUMENT);
    km_history_free(&history);
    km_history_init(&history, test_mem());
    TEST_OK(test_history_close(&history, &error), &error);
    CU_ASSERT_EQUAL(test_history_close(&history, &error), KIEM_E_ARGUMENT);
    TEST_MESSAGE(&error, "already closed");
    CU_ASSERT_EQUAL(test_history_add(&history, &batch, &error), KIEM_E_ARGUMENT);
    TEST_OK(attach(&history, &batch, &error), &error);
    CU_ASSERT_EQUAL(km_batch_int(&batch, KM_CLAIM_visits_7d, 0, -1), -1);
    km_history_free(&history);
    km_batch_free(&batch);
}

static kiem_status learn(km_history *history, km_batch *batch) {
    for (uint64_t i = 0; i < 12; i++) {
        batch->base = i * 100;
        KM_TRY(test_history_add(history, batch, NULL));
    }
    KM_TRY(test_history_close(history, NULL));
    return attach(history, batch, NULL);
}

static kiem_status try_history(void *context) {
    const uint64_t *memory = context;
    static const char *const rows[] = {"A|GD4790000000001|202601010800||I10|79001|03|1|1|N|||",
                                       "A|GD4790000000001|202601010800||I10|79001|03|1|1|N|||",
                                       "C|GD4790000000002|202601010800||I10|79001|03|1|1|N|||079180000123",
                                       "D||202601010800||I10|79001|03|1|1|N|||079180000123",
                                       "E||202601010800||I10|79001|03|1|1|N|||079180000124"};
    km_batch batch;
    km_history history;
    KM_TRY(test_claims(&batch, FIELDS "|SO_CCCD", rows, 5, NULL));
    km_history_init(&history, test_mem());
    km_history_limit(&history, *memory, "/tmp");
    kiem_status status = learn(&history, &batch);
    km_history_free(&history);
    km_batch_free(&batch);
    return status;
}

static void running_out_of_memory_is_a_status(void) {
    static uint64_t limits[] = {UINT64_MAX, 1, 30000};
    for (size_t i = 0; i < sizeof limits / sizeof limits[0]; i++)
        CU_ASSERT_TRUE(test_out_of_memory(try_history, &limits[i]) > 40);
}

/* ---- spilling */

/* A limit on the size of files stands in for a full disk. */
static kiem_status learn_on_small_disk(rlim_t disk, const char *directory, km_error *error) {
    char row[TEXT_MAX];
    uint64_t seed = 5;
    struct rlimit before, small;
    km_batch batch;
    km_history history;
    getrlimit(RLIMIT_FSIZE, &before);
    small = (struct rlimit){disk, before.rlim_max};
    setrlimit(RLIMIT_FSIZE, &small);
    km_history_init(&history, test_mem());
    km_history_limit(&history, 1, directory);
    kiem_status status = test_claims_init(&batch, FIELDS, error);
    for (uint32_t i = 0; i < CLAIMS && status == KIEM_OK; i++) {
        random_row(&seed, row);
        status = test_claims_row(&batch, FIELDS, row);
    }
    for (uint64_t i = 0; i < 3 && status == KIEM_OK; i++) {
        batch.base = i * (CLAIMS + 2);
        status = test_history_add(&history, &batch, error);
    }
    if (status == KIEM_OK) status = test_history_close(&history, error);
    km_history_free(&history);
    km_batch_free(&batch);
    setrlimit(RLIMIT_FSIZE, &before);
    return status;
}

static void full_disk_is_a_clear_error(void) {
    static const rlim_t disks[] = {0, 5000, 200000, 450000};
    km_error error;
    signal(SIGXFSZ, SIG_IGN);
    for (size_t i = 0; i < sizeof disks / sizeof disks[0]; i++) {
        CU_ASSERT_EQUAL(learn_on_small_disk(disks[i], "/tmp", &error), KIEM_E_IO);
        TEST_MESSAGE(&error, "the disk is full");
    }
    TEST_OK(learn_on_small_disk(10000000, "/tmp", &error), &error);
    CU_ASSERT_EQUAL(learn_on_small_disk(10000000, "/tmp/no-such-directory", &error), KIEM_E_IO);
    TEST_MESSAGE(&error, "cannot make a temporary file");
}

TEST_MAIN("history", {"columns follow their definitions", columns_follow_their_definitions},
          {"patients come in key order", patients_come_in_key_order},
          {"claims without number have a history", claims_without_number_have_a_history},
          {"order, partition and memory do not matter", order_partition_and_memory_do_not_matter},
          {"misuse is a status", misuse_is_a_status},
          {"running out of memory is a status", running_out_of_memory_is_a_status},
          {"full disk is a clear error", full_disk_is_a_clear_error})
