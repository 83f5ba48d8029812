#include <pthread.h>

#include "support/reading.h"

static void results_do_not_depend_on_chunks(void) {
    static const size_t chunks[] = {1, 7, 0, 65536, 1 << 20};
    char *text = km_alloc(test_mem(), GARBAGE_ROOM);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    for (uint64_t seed = 1; seed <= 6; seed++) {
        size_t size = make_garbage(text, seed, seed % 2);
        km_ingest_options options = options_for(KM_SCOPE_CLAIM);
        options.block_size = seed < 3 ? 100 : 3000 * seed;
        options.record_limit = seed < 5 ? 30 * seed : 0;
        reading first, again;
        reading_init(&first);
        TEST_OK(read_text(&options, (km_text){text, size}, size, &first), &first.error);
        CU_ASSERT_EQUAL(first.counts.records, first.counts.rows + first.counts.rejects);
        CU_ASSERT_TRUE(first.counts.rows > 100 && first.counts.rejects > 100);
        for (size_t i = 0; i < sizeof chunks / sizeof chunks[0]; i++) {
            if (chunks[i] == 1 && seed > 1) continue; /* slow */
            reading_init(&again);
            TEST_OK(read_text(&options, (km_text){text, size}, chunks[i], &again), &again.error);
            CU_ASSERT_TRUE(km_text_equal(km_buf_view(&first.rows), km_buf_view(&again.rows)));
            CU_ASSERT_TRUE(km_text_equal(km_buf_view(&first.rejects), km_buf_view(&again.rejects)));
            CU_ASSERT_EQUAL(again.counts.records, first.counts.records);
            reading_free(&again);
        }
        reading_free(&first);
    }
    km_free(test_mem(), text, GARBAGE_ROOM);
}

/* The same rows come out whatever the block size. */
static void results_do_not_depend_on_blocks(void) {
    char *text = km_alloc(test_mem(), GARBAGE_ROOM);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    size_t size = make_garbage(text, 77, false);
    reading first, again;
    km_ingest_options options = options_for(KM_SCOPE_CLAIM);
    options.record_limit = 100;
    reading_init(&first);
    TEST_OK(read_text(&options, (km_text){text, size}, size, &first), &first.error);
    for (size_t block = 1; block < 1000000; block = block * 9 + 1) {
        options.block_size = block;
        reading_init(&again);
        TEST_OK(read_text(&options, (km_text){text, size}, 5000, &again), &again.error);
        CU_ASSERT_TRUE(km_text_equal(km_buf_view(&first.rows), km_buf_view(&again.rows)));
        CU_ASSERT_TRUE(km_text_equal(km_buf_view(&first.rejects), km_buf_view(&again.rejects)));
        reading_free(&again);
    }
    reading_free(&first);
    km_free(test_mem(), text, GARBAGE_ROOM);
}

/* Blocks follow one another in the file, and their lines are the file's bytes. */
static void blocks_hold_the_bytes_of_the_file(void) {
    char *text = km_alloc(test_mem(), GARBAGE_ROOM);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    size_t size = make_garbage(text, 9, true);
    km_ingest_options options = options_for(KM_SCOPE_CLAIM);
    options.block_size = 2000;
    options.record_limit = 50;
    km_source *source;
    CU_ASSERT_EQUAL_FATAL(km_source_new(test_mem(), &options, &source, NULL), KIEM_OK);
    CU_ASSERT_EQUAL(km_source_push(source, text, size, NULL), KIEM_OK);
    CU_ASSERT_EQUAL(km_source_finish(source, NULL), KIEM_OK);
    int64_t row = 2, offset = (int64_t)strlen("STT,NGAY_VAO,T_BHTT,HO_TEN\n");
    uint64_t number = 0, records = 0;
    for (km_block *block; (block = km_source_next_block(source));) {
        CU_ASSERT_EQUAL(block->number, number++);
        CU_ASSERT_EQUAL(block->row, row);
        CU_ASSERT_TRUE(block->offset >= offset);
        CU_ASSERT_TRUE(block->count > 0 && block->count <= KM_BATCH_ROWS);
        size_t sum = 0;
        for (uint32_t i = 0; i < block->count; i++) {
            size_t held = block->lines[i].size, at = (size_t)block->offset + sum;
            if (at + held > size) held--; /* the newline that the last line lacked */
            CU_ASSERT_EQUAL_FATAL(memcmp(text + at, block->bytes + sum, held), 0);
            sum += block->lines[i].size;
        }
        CU_ASSERT_EQUAL(sum, block->size);
        CU_ASSERT_TRUE(block->size < 2000 + 51);
        row += block->count;
        records += block->records;
        offset = block->offset + (int64_t)block->size;
        km_source_return_block(source, block);
    }
    CU_ASSERT_EQUAL(records, km_source_get_counts(source).records);
    km_source_free(source);
    km_free(test_mem(), text, GARBAGE_ROOM);
}

static void a_line_without_end_takes_bounded_memory(void) {
    km_ingest_options options = options_for(KM_SCOPE_CLAIM);
    km_source *source;
    CU_ASSERT_EQUAL_FATAL(km_source_new(test_mem(), &options, &source, NULL), KIEM_OK);
    CU_ASSERT_EQUAL(km_source_push(source, "MA_LK,STT\n1,2\n", 14, NULL), KIEM_OK);
    char piece[1000];
    memset(piece, 'x', sizeof piece);
    uint32_t blocks = 0;
    for (int i = 0; i < 20000; i++)
        CU_ASSERT_EQUAL(km_source_push(source, piece, sizeof piece, NULL), KIEM_OK);
    CU_ASSERT_TRUE(test_mem_live() < 12);
    CU_ASSERT_EQUAL(km_source_push(source, "\n3,4\n", 5, NULL), KIEM_OK);
    CU_ASSERT_EQUAL(km_source_finish(source, NULL), KIEM_OK);
    for (km_block *block; (block = km_source_next_block(source)); blocks++) {
        CU_ASSERT_EQUAL(block->row, blocks == 0 ? 2 : 4);
        CU_ASSERT_EQUAL(block->offset, blocks == 0 ? 10 : 14 + 20000 * 1000 + 1);
        km_source_return_block(source, block);
    }
    CU_ASSERT_EQUAL(blocks, 2);
    CU_ASSERT_EQUAL(km_source_get_counts(source).records, 3);
    km_source_free(source);
}

/* ---- threads: blocks decoded elsewhere give what one thread gives */

typedef struct worker {
    km_decoder *decoder;
    km_block **blocks;
    size_t count, first, step;
    km_buf *rows;
    kiem_status status;
} worker;

static void *work(void *context) {
    worker *self = context;
    km_batch batch = {0};
    for (size_t i = self->first; i < self->count && self->status == KIEM_OK; i += self->step) {
        self->status = km_decoder_fit_batch(self->decoder, self->blocks[i], &batch, NULL);
        if (self->status == KIEM_OK)
            self->status = km_decoder_decode(self->decoder, self->blocks[i], &batch, NULL);
        write_batch(&batch, &self->rows[i]);
    }
    if (batch.mem) km_batch_free(&batch);
    return NULL;
}

static void blocks_can_be_decoded_in_other_threads(void) {
    enum { THREADS = 3, BLOCKS_MAX = 2000 };
    static km_block *blocks[BLOCKS_MAX];
    static km_buf rows[BLOCKS_MAX];
    char *text = km_alloc(test_mem(), GARBAGE_ROOM);
    CU_ASSERT_PTR_NOT_NULL_FATAL(text);
    size_t size = make_garbage(text, 21, false), count = 0;
    km_ingest_options options = options_for(KM_SCOPE_CLAIM);
    options.block_size = 5000;
    reading alone;
    reading_init(&alone);
    TEST_OK(read_text(&options, (km_text){text, size}, size, &alone), &alone.error);
    km_source *source;
    CU_ASSERT_EQUAL_FATAL(km_source_new(test_mem(), &options, &source, NULL), KIEM_OK);
    CU_ASSERT_EQUAL(km_source_push(source, text, size, NULL), KIEM_OK);
    CU_ASSERT_EQUAL(km_source_finish(source, NULL), KIEM_OK);
    for (; count < BLOCKS_MAX && (blocks[count] = km_source_next_block(source)); count++)
        km_buf_init(&rows[count], test_mem());
    worker workers[THREADS];
    pthread_t threads[THREADS];
    for (size_t i = 0; i < THREADS; i++) {
        workers[i] = (worker){.blocks = blocks, .count = count, .first = i, .step = THREADS, .rows = rows};
        CU_ASSERT_EQUAL_FATAL(
            km_decoder_new(test_mem(), km_source_layout(source), &options, &workers[i].decoder, NULL),
            KIEM_OK);
        pthread_create(&threads[i], NULL, work, &workers[i]);
    }
    for (size_t i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        CU_ASSERT_EQUAL(workers[i].status, KIEM_OK);
        km_decoder_free(workers[i].decoder);
    }
    km_buf together;
    km_buf_init(&together, test_mem());
    for (size_t i = 0; i < count; i++) {
        km_buf_text(&together, km_buf_view(&rows[i]));
        km_buf_free(&rows[i]);
        km_source_return_block(source, blocks[i]);
    }
    CU_ASSERT_TRUE(count > 20);
    CU_ASSERT_TRUE(km_text_equal(km_buf_view(&together), km_buf_view(&alone.rows)));
    km_source_free(source);
    km_buf_free(&together);
    reading_free(&alone);
    km_free(test_mem(), text, GARBAGE_ROOM);
}

TEST_MAIN("reader properties", {"results do not depend on chunks", results_do_not_depend_on_chunks},
          {"results do not depend on blocks", results_do_not_depend_on_blocks},
          {"blocks hold the bytes of the file", blocks_hold_the_bytes_of_the_file},
          {"a line without end takes bounded memory", a_line_without_end_takes_bounded_memory},
          {"blocks can be decoded in other threads", blocks_can_be_decoded_in_other_threads})
