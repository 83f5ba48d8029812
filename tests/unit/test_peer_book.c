#include <stdlib.h>

#include "base/buf.h"
#include "state/peer_book.h"
#include "support/bytes.h"
#include "support/test.h"

/* ---- bytes */

static kiem_status save(km_peer_book *book, km_buf *out, km_error *error) {
    static km_section_writer writer;
    km_buf_clear(out);
    KM_TRY(km_peer_book_settle(book, error));
    KM_TRY(km_sections_begin(&writer, test_put_bytes, out, error));
    KM_TRY(km_peer_book_save(book, &writer, error));
    return km_sections_end(&writer, error);
}

static kiem_status load(km_peer_book *book, const km_buf *bytes, km_error *error) {
    static km_section_reader reader;
    test_source from = {bytes->data, bytes->length, 0, 0};
    km_peer_book_init(book, test_mem());
    KM_TRY(km_sections_open(&reader, test_get_bytes, &from, error));
    KM_TRY(km_section_next(&reader, error));
    kiem_status status = km_peer_book_load(book, &reader, error);
    if (status != KIEM_OK) km_peer_book_free(book);
    return status;
}

/* ---- claims */

static km_peer_note note_of(unsigned number) {
    uint64_t seed = number / 3; /* some claims are there three times */
    km_peer_note note = {.hash = test_random(&seed), .key = (uint32_t)(test_random(&seed) % 50) << 20};
    for (int f = 0; f < KM_NOTE_FEATURES; f++) {
        const uint64_t draw = test_random(&seed);
        note.bin[f] = draw % 7 ? (uint16_t)(draw % KM_NOTE_BINS) : (uint16_t)KM_NOTE_NO_BIN;
    }
    return note;
}

static kiem_status learn(km_peer_book *book, unsigned first, unsigned end, unsigned step, km_error *error) {
    for (unsigned i = first; i < end; i += step) {
        const km_peer_note note = note_of(i);
        KM_TRY(km_peer_book_expect(book, 1, error));
        km_peer_book_add(book, &note);
    }
    return KIEM_OK;
}

static void merge(km_peer_book *book, km_peer_book *more) {
    km_error error;
    TEST_OK(km_peer_book_settle(book, &error), &error);
    TEST_OK(km_peer_book_settle(more, &error), &error);
    TEST_OK(km_peer_book_expect_all(book, more, &error), &error);
    km_peer_book_merge(book, more);
}

/* More claims than the sample holds, learned in one pass and in parts brought together. */
static void any_partition_gives_the_same_bytes(void) {
    enum { CLAIMS = 100000, PARTS = 5 };
    km_peer_book whole, parts[PARTS];
    km_buf expected, made;
    km_error error;
    km_buf_init(&expected, test_mem());
    km_buf_init(&made, test_mem());
    km_peer_book_init(&whole, test_mem());
    TEST_OK(learn(&whole, 0, CLAIMS, 1, &error), &error);
    TEST_OK(save(&whole, &expected, &error), &error);
    CU_ASSERT_EQUAL(whole.claims, CLAIMS);
    CU_ASSERT_EQUAL(whole.sampled, KM_PEER_SAMPLE);
    for (unsigned i = 0; i < PARTS; i++) {
        km_peer_book_init(&parts[i], test_mem());
        TEST_OK(learn(&parts[i], i, CLAIMS, PARTS, &error), &error);
    }
    merge(&parts[3], &parts[4]);
    merge(&parts[1], &parts[0]);
    merge(&parts[3], &parts[1]);
    merge(&parts[2], &parts[3]);
    TEST_OK(save(&parts[2], &made, &error), &error);
    CU_ASSERT_TRUE(test_same_bytes(&expected, &made));
    for (unsigned i = 0; i < PARTS; i++) km_peer_book_free(&parts[i]);
    km_peer_book_free(&whole);
    km_buf_free(&expected);
    km_buf_free(&made);
}

/* The slow way: each count by itself, and the sample by sorting everything. */
static int compare_hashes(const void *a, const void *b) {
    const uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

static void counts_and_sample_are_those_of_the_claims(void) {
    enum { CLAIMS = 70000 };
    static uint64_t hashes[CLAIMS];
    km_peer_book book;
    km_error error;
    km_peer_book_init(&book, test_mem());
    TEST_OK(learn(&book, 0, CLAIMS, 1, &error), &error);
    TEST_OK(km_peer_book_settle(&book, &error), &error);
    uint64_t every = 0, known = 0, expected = 0, bad = 0;
    for (size_t i = 0; i < book.count; i++) {
        const bool all = km_peer_code_bin(book.counts[i].code) == KM_NOTE_EVERY;
        *(all ? &every : &known) += book.counts[i].count;
        bad += i && book.counts[i - 1].code >= book.counts[i].code;
    }
    for (unsigned i = 0; i < CLAIMS; i++) {
        const km_peer_note note = note_of(i);
        hashes[i] = note.hash;
        for (int f = 0; f < KM_NOTE_FEATURES; f++) expected += note.bin[f] != KM_NOTE_NO_BIN;
    }
    CU_ASSERT_EQUAL(every, CLAIMS);
    CU_ASSERT_EQUAL(known, expected);
    qsort(hashes, CLAIMS, sizeof *hashes, compare_hashes);
    for (size_t i = 0; i < book.sampled; i++) bad += hashes[i] != book.sample[i].hash;
    CU_ASSERT_EQUAL(bad, 0);
    for (unsigned i = 0; i < CLAIMS; i += 997) {
        const km_peer_note note = note_of(i);
        uint64_t group = 0, found = 0;
        for (unsigned k = 0; k < CLAIMS; k++) group += note_of(k).key == note.key;
        for (size_t k = 0; k < book.count; k++) {
            if (book.counts[k].code == km_peer_code(note.key, 0, KM_NOTE_EVERY)) found = book.counts[k].count;
        }
        CU_ASSERT_EQUAL(found, group);
    }
    km_peer_book_free(&book);
}

static void a_file_gives_the_same_book(void) {
    km_peer_book book, again;
    km_buf bytes, copy;
    km_error error;
    km_buf_init(&bytes, test_mem());
    km_buf_init(&copy, test_mem());
    for (unsigned claims = 0; claims < 4000; claims = claims * 3 + 1) {
        km_peer_book_init(&book, test_mem());
        TEST_OK(learn(&book, 0, claims, 1, &error), &error);
        TEST_OK(save(&book, &bytes, &error), &error);
        TEST_OK(load(&again, &bytes, &error), &error);
        TEST_OK(learn(&book, claims, 5000, 1, &error), &error); /* both go on alike */
        TEST_OK(learn(&again, claims, 5000, 1, &error), &error);
        TEST_OK(save(&book, &bytes, &error), &error);
        TEST_OK(save(&again, &copy, &error), &error);
        CU_ASSERT_TRUE(test_same_bytes(&bytes, &copy));
        km_peer_book_free(&book);
        km_peer_book_free(&again);
    }
    km_buf_free(&bytes);
    km_buf_free(&copy);
}

/* What checksums cannot vouch for: a book with one thing changed is saved, and refused. */
static void contents_that_contradict_themselves_are_refused(void) {
    enum { WRONG = 11 };
    for (int wrong = 0; wrong <= WRONG; wrong++) {
        km_peer_book book, again;
        km_buf bytes;
        km_error error;
        km_buf_init(&bytes, test_mem());
        km_peer_book_init(&book, test_mem());
        TEST_OK(learn(&book, 0, 300, 1, &error), &error);
        TEST_OK(km_peer_book_settle(&book, &error), &error);
        size_t every = 0;
        while (km_peer_code_bin(book.counts[every].code) != KM_NOTE_EVERY) every++;
        const km_peer_note first = book.sample[0];
        switch (wrong) {
        case 1: book.claims = (uint64_t)1 << 48; break;
        case 2: book.claims++; break;
        case 3: book.counts[every].count++; break;
        case 4: book.counts[every].count = 0; break;
        case 5: book.counts[every].code -= 1; break; /* no bin */
        case 6: book.counts[every].code |= 1 << 11; break;
        case 7: book.counts[book.count - 1].code |= (uint64_t)1 << 50; break;
        case 8: book.sample[0].bin[3] = KM_NOTE_BINS; break;
        case 9:
            book.sample[0] = book.sample[200];
            book.sample[200] = first;
            break;
        case 10: book.counts[every + 1].count = book.counts[every].count + 1; break;
        case 11: book.counts[every - 1].count = book.counts[every].count + 1; break;
        default: break;
        }
        static km_section_writer writer;
        TEST_OK(km_sections_begin(&writer, test_put_bytes, &bytes, &error), &error);
        TEST_OK(km_peer_book_save(&book, &writer, &error), &error);
        TEST_OK(km_sections_end(&writer, &error), &error);
        const kiem_status status = load(&again, &bytes, &error);
        if (wrong && status != KIEM_E_STATE) fprintf(stderr, "case %d\n", wrong);
        CU_ASSERT_EQUAL(status, wrong ? KIEM_E_STATE : KIEM_OK);
        if (status == KIEM_OK) km_peer_book_free(&again);
        km_peer_book_free(&book);
        km_buf_free(&bytes);
    }
}

static kiem_status try_book(void *context) {
    km_buf *bytes = context;
    km_peer_book book, more, again;
    kiem_status status;
    km_peer_book_init(&book, test_mem());
    km_peer_book_init(&more, test_mem());
    status = learn(&book, 0, 60, 1, NULL);
    if (status == KIEM_OK) status = learn(&more, 60, 90, 1, NULL);
    if (status == KIEM_OK) status = km_peer_book_settle(&book, NULL);
    if (status == KIEM_OK) status = km_peer_book_settle(&more, NULL);
    if (status == KIEM_OK) status = km_peer_book_expect_all(&book, &more, NULL);
    if (status == KIEM_OK) km_peer_book_merge(&book, &more);
    km_peer_book_free(&book);
    km_peer_book_free(&more);
    KM_TRY(status);
    status = load(&again, bytes, NULL);
    if (status == KIEM_OK) km_peer_book_free(&again);
    return status;
}

static void running_out_of_memory_is_a_status(void) {
    km_peer_book book;
    km_buf bytes;
    km_error error;
    km_buf_init(&bytes, test_mem());
    km_peer_book_init(&book, test_mem());
    TEST_OK(learn(&book, 0, 40, 1, &error), &error);
    TEST_OK(save(&book, &bytes, &error), &error);
    CU_ASSERT_TRUE(test_out_of_memory(try_book, &bytes) > 10);
    km_peer_book_free(&book);
    km_buf_free(&bytes);
}

TEST_MAIN("peer_book", {"any partition gives the same bytes", any_partition_gives_the_same_bytes},
          {"counts and sample are those of the claims", counts_and_sample_are_those_of_the_claims},
          {"a file gives the same book", a_file_gives_the_same_book},
          {"contents that contradict themselves are refused",
           contents_that_contradict_themselves_are_refused},
          {"running out of memory is a status", running_out_of_memory_is_a_status})
