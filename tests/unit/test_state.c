#include <stdlib.h>

#include "state/history/history.h"
#include "state/history/online.h"
#include "state/history/person.h"
#include "state/state.h"
#include "support/bytes.h"
#include "support/claims.h"
#include "support/history.h"
#include "support/test.h"

#define FIELDS                                                                                               \
    "MA_LK|MA_THE_BHYT|SO_CCCD|NGAY_VAO|NGAY_RA|MA_BENH_CHINH|MA_CSKCB|MA_LOAI_KCB|T_TONGCHI_BH|T_BHTT|"     \
    "T_BNCCT|HO_TEN|NGAY_SINH|GIOI_TINH|KET_QUA_DTRI|MA_LOAI_RV"

enum { CLAIMS = 900, TEXT_MAX = 220, AT_ONCE = 100 };

/* ---- claims, states and their bytes */

/* Few people, some with two cards, some with the citizen number alone, some with both. */
static void random_row(uint64_t *seed, unsigned number, char out[TEXT_MAX]) {
    static const char *const kinds[] = {"01", "03", "04", "07", ""};
    static const char *const icds[] = {"I10", "J18.9", "O80", "N18.5", ""};
    unsigned person = (unsigned)(test_random(seed) % 40), who = (unsigned)(test_random(seed) % 6);
    unsigned month = 1 + (unsigned)(test_random(seed) % 3), day = 1 + (unsigned)(test_random(seed) % 20);
    char card[24] = "", citizen[24] = "";
    if (who) snprintf(card, sizeof card, "%s47900%08u", who == 5 ? "HT3" : "GD4", person * 7 + 1200);
    if (who <= 1) snprintf(citizen, sizeof citizen, "0791800%05u", person * 3 + 123);
    snprintf(out, TEXT_MAX,
             "K%05u|%s|%s|2026%02u%02u%02u00|2026%02u%02u1000|%s|7900%u|%s|%u|%u|%u|N%u|19%02u0203|%u|%u|%u",
             number, card, citizen, month, day, (unsigned)(test_random(seed) % 10), month,
             day + (unsigned)(test_random(seed) % 8), icds[test_random(seed) % 5],
             (unsigned)(test_random(seed) % 4), kinds[test_random(seed) % 5],
             (unsigned)(test_random(seed) % 3) * 1000, (unsigned)(test_random(seed) % 2) * 900,
             (unsigned)(test_random(seed) % 5), (unsigned)(test_random(seed) % 2), 60 + person % 30,
             1 + (test_random(seed) % 30 == 0), test_random(seed) % 40 ? 1u : 5u,
             1 + (unsigned)(test_random(seed) % 2));
}

static char rows[CLAIMS][TEXT_MAX];

static void make_rows(void) {
    uint64_t seed = 99;
    for (unsigned i = 0; i < CLAIMS; i++) random_row(&seed, i % 880, rows[i]);
    for (unsigned i = 0; i < 10; i++) memcpy(rows[CLAIMS - 1 - i], rows[i * 3], TEXT_MAX); /* sent twice */
}

static kiem_status load(km_state *state, const char *data, size_t length, size_t most, km_error *error) {
    test_source from = {data, length, 0, most};
    km_state_init(state, test_mem());
    return km_state_load(state, test_get_bytes, &from, error);
}

/* Learns rows[order[first .. end - 1]] in batches of `size`. */
static void learn_range(km_state *state, const uint32_t *order, uint32_t first, uint32_t end, uint32_t size) {
    km_error error;
    for (uint32_t from = first; from < end; from += size) {
        km_batch batch;
        TEST_OK(test_claims_init(&batch, FIELDS, &error), &error);
        for (uint32_t i = from; i < from + size && i < end; i++)
            TEST_OK(test_claims_row(&batch, FIELDS, rows[order[i]]), &error);
        TEST_OK(km_state_learn(state, &batch, &error), &error);
        km_batch_free(&batch);
    }
}

static void save_to(km_state *state, km_buf *out) {
    km_error error;
    km_buf_clear(out);
    TEST_OK(km_state_save(state, test_put_bytes, out, &error), &error);
}

/* ---- order, partition, merge trees */

/* Merges states at random, two of them at a time, until one is left; now and then one goes through a file. */
static void merge_tree(km_state *states, uint32_t count, uint64_t *seed) {
    km_error error;
    while (count > 1) {
        uint32_t a = (uint32_t)(test_random(seed) % count), b = (uint32_t)(test_random(seed) % (count - 1));
        if (b >= a) b++;
        TEST_OK(km_state_merge(&states[a], &states[b], false, &error), &error);
        km_state_free(&states[b]);
        states[b] = states[count - 1];
        if (a == count - 1) a = b;
        count--;
        if (test_random(seed) % 3 == 0) {
            km_buf buf;
            km_state again;
            km_buf_init(&buf, test_mem());
            save_to(&states[a], &buf);
            TEST_OK(load(&again, buf.data, buf.length, 1 + test_random(seed) % 5000, &error), &error);
            km_state_free(&states[a]);
            states[a] = again;
            km_buf_free(&buf);
        }
    }
}

static void any_order_partition_and_tree_gives_the_same_bytes(void) {
    enum { MOST = 12 };
    static uint32_t order[CLAIMS];
    uint64_t seed = 5;
    km_buf first, buf;
    km_state state;
    make_rows();
    km_buf_init(&first, test_mem());
    km_buf_init(&buf, test_mem());
    for (uint32_t i = 0; i < CLAIMS; i++) order[i] = i;
    km_state_init(&state, test_mem());
    learn_range(&state, order, 0, CLAIMS, 2048);
    save_to(&state, &first);
    CU_ASSERT_EQUAL(state.run.count, CLAIMS - state.skips.no_person - state.skips.no_time);
    km_state_free(&state);
    for (int round = 0; round < 30; round++) {
        km_state states[MOST];
        uint32_t count = 1 + (uint32_t)(test_random(&seed) % MOST), at = 0;
        test_shuffle(order, CLAIMS, &seed);
        for (uint32_t i = 0; i < count; i++) {
            uint32_t end = i + 1 == count ? CLAIMS : at + (uint32_t)(test_random(&seed) % (CLAIMS - at + 1));
            km_state_init(&states[i], test_mem());
            learn_range(&states[i], order, at, end, 1 + (uint32_t)(test_random(&seed) % AT_ONCE));
            at = end;
        }
        merge_tree(states, count, &seed);
        save_to(&states[0], &buf);
        CU_ASSERT_TRUE(test_same_bytes(&buf, &first));
        km_state_free(&states[0]);
    }
    km_buf_free(&first);
    km_buf_free(&buf);
}

/* ---- the same columns, whatever way the claims came */

static void append_columns(km_buf *buf, const km_batch *batch, uint32_t row) {
    int count;
    const km_field *fields = km_fields(KM_SCOPE_CLAIM, &count);
    for (int i = 0; i < count; i++) {
        if (fields[i].stratum != KM_STRATUM_HISTORY) continue;
        km_value value = km_batch_value(batch, i, row);
        km_buf_char(buf, '|');
        if (value.known) km_buf_value(buf, &value);
    }
}

/* The columns of rows first .. end - 1 judged as one dump, after a state. */
static void judge_dump(const km_run *past, uint32_t first, uint32_t end, km_buf *lines) {
    km_history history;
    km_history_reader reader;
    km_error error;
    km_batch batch[CLAIMS / AT_ONCE + 1];
    uint32_t batches = 0;
    km_history_init(&history, test_mem());
    km_history_reader_init(&reader, &history);
    if (past) km_history_start(&history, past);
    for (uint32_t from = first; from < end; from += AT_ONCE, batches++) {
        TEST_OK(test_claims_init(&batch[batches], FIELDS, &error), &error);
        batch[batches].base = from;
        for (uint32_t i = from; i < from + AT_ONCE && i < end; i++)
            TEST_OK(test_claims_row(&batch[batches], FIELDS, rows[i]), &error);
        TEST_OK(test_history_add(&history, &batch[batches], &error), &error);
    }
    TEST_OK(test_history_close(&history, &error), &error);
    for (uint32_t b = 0; b < batches; b++) {
        TEST_OK(km_history_attach(&reader, &batch[b], NULL, &error), &error);
        for (uint32_t row = 0; row < batch[b].rows; row++)
            append_columns(&lines[first + b * AT_ONCE + row], &batch[b], row);
        km_batch_free(&batch[b]);
    }
    km_history_reader_free(&reader);
    km_history_free(&history);
}

static int by_admission(const void *a, const void *b) {
    const char *left = a, *right = b;
    for (int i = 0; i < 3; i++) {
        left = strchr(left, '|') + 1;
        right = strchr(right, '|') + 1;
    }
    int times = strncmp(left, right, 12);
    return times ? times : strcmp(a, b);
}

static void init_lines(km_buf *lines) {
    for (uint32_t i = 0; i < CLAIMS; i++) km_buf_init(&lines[i], test_mem());
}

static void free_lines(km_buf *lines) {
    for (uint32_t i = 0; i < CLAIMS; i++) km_buf_free(&lines[i]);
}

/* Every citizen number meets its card in the first part, and the copies of a claim stand in one part: what a
 * dump knows and a state before it does not is left out of the comparison. */
static void prepare(void) {
    make_rows();
    for (uint32_t i = 0; i < CLAIMS; i++) rows[i][0] = 'K', rows[i][5] = (char)('0' + i % 10);
    for (uint32_t i = 0; i < CLAIMS; i++) {
        char kept[TEXT_MAX];
        snprintf(kept, sizeof kept, "U%05u%s", i, strchr(rows[i], '|'));
        memcpy(rows[i], kept, TEXT_MAX);
    }
    qsort(rows, CLAIMS, TEXT_MAX, by_admission);
    for (unsigned i = 0; i < 40; i++) {
        snprintf(
            rows[i], TEXT_MAX,
            "B%05u|GD447900%08u|0791800%05u|202512010800|202512011000|I10|79001|01|1|1|1|N0|19%02u0203|1|1|1",
            i, i * 7 + 1200, i * 3 + 123, 60 + i % 30);
    }
    qsort(rows, CLAIMS, TEXT_MAX, by_admission);
}

static void a_state_and_a_dump_see_what_one_dump_sees(void) {
    static km_buf whole[CLAIMS], parts[CLAIMS];
    static uint32_t order[CLAIMS];
    prepare();
    for (uint32_t i = 0; i < CLAIMS; i++) order[i] = i;
    init_lines(whole);
    judge_dump(NULL, 0, CLAIMS, whole);
    for (uint32_t cut = 60; cut < CLAIMS; cut += 277) {
        km_state state;
        km_error error;
        km_state_init(&state, test_mem());
        learn_range(&state, order, 0, cut, AT_ONCE);
        TEST_OK(km_state_settle(&state, &error), &error);
        init_lines(parts);
        judge_dump(&state.run, cut, CLAIMS, parts);
        for (uint32_t i = cut; i < CLAIMS; i++) CU_ASSERT_TRUE(test_same_bytes(&whole[i], &parts[i]));
        free_lines(parts);
        km_state_free(&state);
    }
    free_lines(whole);
}

/* After learning, the dump itself finds nothing new: no claim is its own duplicate. */
static void a_dump_already_learned_changes_nothing(void) {
    static km_buf whole[CLAIMS], again[CLAIMS];
    static uint32_t order[CLAIMS];
    km_state state;
    km_error error;
    make_rows();
    for (uint32_t i = 0; i < CLAIMS; i++) order[i] = CLAIMS - 1 - i;
    init_lines(whole);
    init_lines(again);
    judge_dump(NULL, 0, CLAIMS, whole);
    km_state_init(&state, test_mem());
    learn_range(&state, order, 0, CLAIMS, AT_ONCE);
    TEST_OK(km_state_settle(&state, &error), &error);
    judge_dump(&state.run, 0, CLAIMS, again);
    for (uint32_t i = 0; i < CLAIMS; i++) CU_ASSERT_TRUE(test_same_bytes(&whole[i], &again[i]));
    km_state_free(&state);
    free_lines(whole);
    free_lines(again);
}

static void on_line_a_claim_sees_what_a_dump_sees(void) {
    static km_buf whole[CLAIMS];
    static uint32_t order[CLAIMS];
    km_state state;
    km_past past;
    km_online online;
    km_error error;
    km_buf line;
    uint64_t partners = 0;
    prepare();
    for (uint32_t i = 0; i < CLAIMS; i++) order[i] = i;
    init_lines(whole);
    km_buf_init(&line, test_mem());
    judge_dump(NULL, 0, CLAIMS, whole);
    km_state_init(&state, test_mem());
    learn_range(&state, order, 0, CLAIMS, AT_ONCE);
    TEST_OK(km_past_init(&past, test_mem(), &state, &error), &error);
    km_online_init(&online, test_mem(), &past);
    for (uint32_t i = 0; i < CLAIMS; i++) {
        const char *one[] = {rows[i]};
        km_batch batch;
        TEST_OK(test_claims(&batch, FIELDS, one, 1, &error), &error);
        TEST_OK(km_online_attach(&online, &batch, NULL, &error), &error);
        km_buf_clear(&line);
        append_columns(&line, &batch, 0);
        partners += km_batch_text(&batch, KM_CLAIM_previous_stay, 0).length > 0;
        CU_ASSERT_TRUE(test_same_bytes(&whole[i], &line));
        km_batch_free(&batch);
    }
    CU_ASSERT_TRUE(partners > 100);
    km_online_free(&online);
    km_past_free(&past);
    km_state_free(&state);
    km_buf_free(&line);
    free_lines(whole);
}

/* ---- citizen numbers */

static void a_citizen_number_joins_through_one_pair_alone(void) {
    static const char *const cases[] = {
        /* one card, one citizen: the claim without a card is the card's */
        "A1|GD4790000001201|079180000101|202601010800||I10|79001|01",
        "A2||079180000101|202601020800||I10|79001|01",
        /* a parent's number on two cards: nobody's */
        "B1|GD4790000001202|079180000102|202601010800||I10|79001|01",
        "B2|TE1790000001203|079180000102|202601020800||I10|79001|01",
        "B3||079180000102|202601030800||I10|79001|01",
        /* a card with two citizen numbers: not joined, though each number has that card alone */
        "C1|GD4790000001204|079180000103|202601010800||I10|79001|01",
        "C2|GD4790000001204|079180000104|202601020800||I10|79001|01",
        "C3||079180000103|202601030800||I10|79001|01",
        "C4||079180000104|202601040800||I10|79001|01",
        /* never seen with a card */
        "D1||079180000105|202601010800||I10|79001|01",
        "D2||079180000105|202601020800||I10|79001|01",
    };
    static const int expected[] = {1, 2, 1, 1, 1, 1, 2, 1, 1, 1, 2};
    km_batch batch;
    km_history history;
    km_history_reader reader;
    km_error error;
    enum { COUNT = sizeof cases / sizeof cases[0] };
    TEST_OK(test_claims(&batch, FIELDS, cases, COUNT, &error), &error);
    km_history_init(&history, test_mem());
    km_history_reader_init(&reader, &history);
    TEST_OK(test_history_add(&history, &batch, &error), &error);
    TEST_OK(test_history_close(&history, &error), &error);
    TEST_OK(km_history_attach(&reader, &batch, NULL, &error), &error);
    for (uint32_t i = 0; i < COUNT; i++)
        CU_ASSERT_EQUAL(km_batch_int(&batch, KM_CLAIM_visits_30d, i, 0), expected[i]);
    km_history_reader_free(&reader);
    km_history_free(&history);
    km_batch_free(&batch);
}

/* ---- what is refused */

static void sample_state(km_state *state, km_buf *bytes) {
    static uint32_t order[CLAIMS];
    km_error error;
    km_origin learned = {1, 2, 3, 4, 1};
    make_rows();
    for (uint32_t i = 0; i < CLAIMS; i++) order[i] = i;
    km_state_init(state, test_mem());
    learn_range(state, order, 0, 40, AT_ONCE);
    TEST_OK(km_origins_add(&state->sources, &learned, false, &error), &error);
    save_to(state, bytes);
}

static void damaged_bytes_are_refused(void) {
    km_state state, again;
    km_error error;
    km_buf bytes, copy;
    km_buf_init(&bytes, test_mem());
    km_buf_init(&copy, test_mem());
    sample_state(&state, &bytes);
    TEST_OK(load(&again, bytes.data, bytes.length, 7, &error), &error);
    save_to(&again, &copy);
    CU_ASSERT_TRUE(test_same_bytes(&bytes, &copy));
    km_state_free(&again);
    for (size_t i = 0; i < bytes.length; i++) {
        bytes.data[i] ^= (char)(1 << i % 8);
        CU_ASSERT_EQUAL(load(&again, bytes.data, bytes.length, 0, &error), KIEM_E_STATE);
        bytes.data[i] ^= (char)(1 << i % 8);
        km_state_free(&again);
    }
    for (size_t length = 0; length < bytes.length; length++) {
        CU_ASSERT_EQUAL(load(&again, bytes.data, length, 0, &error), KIEM_E_STATE);
        km_state_free(&again);
    }
    km_buf_char(&bytes, '\0');
    CU_ASSERT_EQUAL(load(&again, bytes.data, bytes.length, 0, &error), KIEM_E_STATE);
    TEST_MESSAGE(&error, "follow its end");
    km_state_free(&again);
    CU_ASSERT_EQUAL(load(&again, "MA_LK,MA_BN,HO_TEN,SO_CCCD,NGAY_SINH\n", 37, 0, &error), KIEM_E_STATE);
    TEST_MESSAGE(&error, "no saved state");
    km_state_free(&again);
    km_state_free(&state);
    km_buf_free(&bytes);
    km_buf_free(&copy);
}

static void one_source_is_learned_once(void) {
    km_state a, b;
    km_error error;
    km_buf bytes, merged;
    km_buf_init(&bytes, test_mem());
    km_buf_init(&merged, test_mem());
    sample_state(&a, &bytes);
    TEST_OK(load(&b, bytes.data, bytes.length, 0, &error), &error);
    CU_ASSERT_EQUAL(km_state_merge(&a, &b, false, &error), KIEM_E_ARGUMENT);
    TEST_MESSAGE(&error, "already");
    save_to(&a, &merged);
    CU_ASSERT_TRUE(test_same_bytes(&bytes, &merged));
    size_t count = a.run.count;
    TEST_OK(km_state_merge(&a, &b, true, &error), &error);
    CU_ASSERT_EQUAL(a.run.count, 2 * count);
    CU_ASSERT_EQUAL(a.sources.items[0].times, 2);
    km_state_free(&a);
    km_state_free(&b);
    km_buf_free(&bytes);
    km_buf_free(&merged);
}

static void digests_do_not_hang_on_slices(void) {
    static unsigned char bytes[200000];
    uint64_t seed = 3;
    km_digest *digest = km_alloc(test_mem(), sizeof *digest);
    for (size_t i = 0; i < sizeof bytes; i++) bytes[i] = (unsigned char)test_random(&seed);
    km_digest_init(digest);
    km_digest_add(digest, bytes, sizeof bytes);
    km_origin whole = km_digest_origin(digest, 1);
    for (int round = 0; round < 50; round++) {
        km_digest_init(digest);
        for (size_t at = 0, size; at < sizeof bytes; at += size) {
            size = 1 + test_random(&seed) % 100000;
            if (size > sizeof bytes - at) size = sizeof bytes - at;
            km_digest_add(digest, bytes + at, size);
        }
        km_origin parts = km_digest_origin(digest, 1);
        CU_ASSERT_EQUAL(memcmp(&whole, &parts, sizeof whole), 0);
    }
    bytes[70000] ^= 1;
    km_digest_init(digest);
    km_digest_add(digest, bytes, sizeof bytes);
    km_origin other = km_digest_origin(digest, 1);
    CU_ASSERT_TRUE(other.high != whole.high && other.low != whole.low);
    km_free(test_mem(), digest, sizeof *digest);
}

/* ---- memory */

static kiem_status learn_save_load_merge(km_state *a, km_state *b, km_buf *bytes) {
    km_batch batch;
    const char *some[] = {rows[0], rows[1], rows[2], rows[3]};
    KM_TRY(test_claims(&batch, FIELDS, some, 4, NULL));
    kiem_status status = km_state_learn(a, &batch, NULL);
    km_batch_free(&batch);
    KM_TRY(status);
    KM_TRY(km_state_save(a, test_put_bytes, bytes, NULL));
    test_source from = {bytes->data, bytes->length, 0, 0};
    KM_TRY(km_state_load(b, test_get_bytes, &from, NULL));
    return km_state_merge(a, b, true, NULL);
}

static kiem_status try_state(void *context) {
    km_state a, b;
    km_buf bytes;
    (void)context;
    km_state_init(&a, test_mem());
    km_state_init(&b, test_mem());
    km_buf_init(&bytes, test_mem());
    kiem_status status = learn_save_load_merge(&a, &b, &bytes);
    km_state_free(&a);
    km_state_free(&b);
    km_buf_free(&bytes);
    return status;
}

static kiem_status try_online(void *context) {
    const char *some[] = {rows[5]};
    km_state *state = context;
    km_past past;
    km_online online;
    km_batch batch;
    KM_TRY(test_claims(&batch, FIELDS, some, 1, NULL));
    kiem_status status = km_past_init(&past, test_mem(), state, NULL);
    if (status == KIEM_OK) {
        km_online_init(&online, test_mem(), &past);
        status = km_online_attach(&online, &batch, NULL, NULL);
        km_online_free(&online);
        km_past_free(&past);
    }
    km_batch_free(&batch);
    return status;
}

static void running_out_of_memory_is_a_status(void) {
    km_state state;
    km_buf bytes;
    CU_ASSERT_TRUE(test_out_of_memory(try_state, NULL) > 20);
    km_buf_init(&bytes, test_mem());
    sample_state(&state, &bytes);
    CU_ASSERT_TRUE(test_out_of_memory(try_online, &state) > 10);
    km_state_free(&state);
    km_buf_free(&bytes);
}

TEST_MAIN("state",
          {"any order, partition and tree gives the same bytes",
           any_order_partition_and_tree_gives_the_same_bytes},
          {"a state and a dump see what one dump sees", a_state_and_a_dump_see_what_one_dump_sees},
          {"a dump already learned changes nothing", a_dump_already_learned_changes_nothing},
          {"on-line a claim sees what a dump sees", on_line_a_claim_sees_what_a_dump_sees},
          {"a citizen number joins through one pair alone", a_citizen_number_joins_through_one_pair_alone},
          {"damaged bytes are refused", damaged_bytes_are_refused},
          {"one source is learned once", one_source_is_learned_once},
          {"digests do not hang on slices", digests_do_not_hang_on_slices},
          {"running out of memory is a status", running_out_of_memory_is_a_status})
