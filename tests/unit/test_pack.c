/* Packed batches give back every value, whatever the columns hold. */
#include "engine/flow/pack.h"
#include "support/test.h"

/* How a column of the random batch looks. */
typedef struct shape {
    int known;        /* percent of the rows that have a value */
    int bits, zeros;  /* of the values, and bits below them that are always 0 */
    bool signed_both; /* also below 0 */
} shape;

static shape random_shape(uint64_t *random, size_t width) {
    static const int known[] = {0, 1, 50, 98, 100, 100};
    int most = width == 4 ? 31 : 63;
    shape made = {.known = known[test_random(random) % 6]};
    made.bits = (int)(test_random(random) % (uint64_t)(most + 1));
    made.zeros = made.bits == most ? 0 : (int)(test_random(random) % (uint64_t)(most - made.bits));
    made.signed_both = test_random(random) % 2;
    return made;
}

static int64_t random_value(uint64_t *random, shape how) {
    uint64_t value = how.bits ? test_random(random) >> (64 - how.bits) << how.zeros : 7;
    return how.signed_both && test_random(random) % 2 ? -(int64_t)value : (int64_t)value;
}

static bool is_known(uint64_t *random, shape how) {
    return test_random(random) % 100 < (uint64_t)how.known;
}

static bool fill_text(km_column *column, uint32_t rows, shape how, uint64_t *random) {
    static const char letters[400] = "texts of any length";
    for (uint32_t row = 0; row < rows; row++) {
        size_t most = how.bits % 3 == 0 ? 15 : how.bits % 3 == 1 ? 200 : sizeof letters;
        size_t length = how.bits == 9 ? 15 : (size_t)(test_random(random) % most);
        km_text text = {letters, is_known(random, how) ? length : 0};
        if (!km_column_put_text(test_mem(), column, row, text)) return false;
    }
    return true;
}

static kiem_status fill(km_batch *batch, uint32_t rows, uint64_t *random, km_error *error) {
    int count;
    const km_field *fields = km_fields(KM_SCOPE_CLAIM, &count);
    km_fieldset set = {0};
    for (int i = 0; i < count; i++) {
        if (test_random(random) % 4) km_fieldset_add(&set, i);
    }
    KM_TRY(km_batch_init(batch, test_mem(), KM_SCOPE_CLAIM, &set, rows, error));
    batch->base = test_random(random) >> 20;
    batch->input = (uint32_t)(test_random(random) % 5);
    for (uint32_t row = 0, at = 2; row < rows; row++) {
        at += test_random(random) % 50 == 0 ? 2 : 1;
        batch->row[row] = at;
    }
    for (int i = 0; i < count; i++) {
        if (!km_fieldset_has(&set, i)) continue;
        size_t width = km_field_width(&fields[i]);
        shape how = random_shape(random, width ? width : 8);
        if (!width && !fill_text(&batch->column[i], rows, how, random)) {
            km_batch_free(batch);
            return km_nomem(error);
        }
        for (uint32_t row = 0; width && row < rows; row++) {
            if (is_known(random, how))
                km_column_put(&batch->column[i], width, row, random_value(random, how));
        }
    }
    batch->rows = rows;
    return KIEM_OK;
}

static const char nothing[KM_BATCH_ROWS * 8];

static bool same_column(const km_batch *a, const km_batch *b, int field, size_t width, bool bare) {
    const km_column *x = &a->column[field], *y = &b->column[field];
    size_t words = ((size_t)a->rows + 63) / 64;
    if (memcmp(x->valid, y->valid, words * sizeof *x->valid) != 0) return false;
    if (bare) return memcmp(y->values, nothing, (width ? width : 4) * a->rows) == 0;
    if (width) return memcmp(x->values, y->values, width * a->rows) == 0;
    for (uint32_t row = 0; row < a->rows; row++) {
        if (!km_text_equal(km_batch_text(a, field, row), km_batch_text(b, field, row))) return false;
    }
    return true;
}

static void compare(const km_batch *batch, const km_batch *copy, const km_fieldset *wanted,
                    const km_fieldset *bare) {
    int count;
    const km_field *fields = km_fields(KM_SCOPE_CLAIM, &count);
    CU_ASSERT_EQUAL(copy->rows, batch->rows);
    CU_ASSERT_EQUAL(copy->base, batch->base);
    CU_ASSERT_EQUAL(copy->input, batch->input);
    CU_ASSERT_EQUAL(memcmp(copy->row, batch->row, batch->rows * sizeof *batch->row), 0);
    for (int i = 0; i < count; i++) {
        bool there = km_fieldset_has(&batch->present, i) && km_fieldset_has(wanted, i);
        CU_ASSERT_EQUAL(km_fieldset_has(&copy->present, i), there);
        if (there && !same_column(batch, copy, i, km_field_width(&fields[i]), km_fieldset_has(bare, i)))
            TEST_TEXT_EQUAL(km_text_from(fields[i].name), "the same values");
    }
}

static void packed_batches_come_back(void) {
    uint64_t random = 20261122;
    km_buf packed, room;
    km_error error;
    km_buf_init(&packed, test_mem());
    km_buf_init(&room, test_mem());
    for (int round = 0; round < 60; round++) {
        static const uint32_t sizes[] = {1, 2, 63, 64, 65, 700, KM_BATCH_ROWS};
        km_batch batch, copy;
        TEST_OK(fill(&batch, sizes[round % 7], &random, &error), &error);
        km_fieldset keep = {0}, bare = {0}, wanted = {0};
        for (int i = 0; i < KM_CLAIM_FIELD_COUNT; i++) {
            if (test_random(&random) % 8) km_fieldset_add(&keep, i);
            if (test_random(&random) % 4 == 0) km_fieldset_add(&bare, i);
            if (round % 2 || test_random(&random) % 2) km_fieldset_add(&wanted, i);
        }
        TEST_OK(km_pack_batch(&batch, &keep, &bare, &packed, &error), &error);
        TEST_OK(km_unpack_batch(&copy, test_mem(), packed.data, &wanted, &room, &error), &error);
        for (int i = 0; i < KM_CLAIM_FIELD_COUNT; i++) {
            if (!km_fieldset_has(&keep, i)) km_fieldset_remove(&wanted, i);
        }
        compare(&batch, &copy, &wanted, &bare);
        km_batch_free(&copy);
        km_batch_free(&batch);
    }
    km_buf_free(&packed);
    km_buf_free(&room);
}

static void columns_of_one_value_take_no_room(void) {
    km_batch batch;
    km_buf packed;
    km_error error;
    const km_fieldset none = {0};
    km_fieldset fields = {0};
    km_fieldset_add(&fields, KM_CLAIM_NAM_QT);
    km_fieldset_add(&fields, KM_CLAIM_T_BHTT);
    km_buf_init(&packed, test_mem());
    TEST_OK(km_batch_init(&batch, test_mem(), KM_SCOPE_CLAIM, &fields, KM_BATCH_ROWS, &error), &error);
    for (uint32_t row = 0; row < KM_BATCH_ROWS; row++) {
        batch.row[row] = row + 2;
        km_column_put(&batch.column[KM_CLAIM_NAM_QT], 4, row, 2026);
        km_column_put(&batch.column[KM_CLAIM_T_BHTT], 8, row, 123456700 + row % 200);
    }
    batch.rows = KM_BATCH_ROWS;
    TEST_OK(km_pack_batch(&batch, &fields, &none, &packed, &error), &error);
    CU_ASSERT_TRUE(packed.length < 2 * KM_BATCH_ROWS + 200);
    TEST_OK(km_pack_batch(&batch, &fields, &fields, &packed, &error), &error);
    CU_ASSERT_TRUE(packed.length < 200);
    km_batch_free(&batch);
    km_buf_free(&packed);
}

static kiem_status attempt(void *context) {
    uint64_t random = 5;
    km_batch batch, copy;
    km_buf packed, room;
    (void)context;
    KM_TRY(fill(&batch, 10, &random, NULL));
    km_buf_init(&packed, test_mem());
    km_buf_init(&room, test_mem());
    kiem_status status = km_pack_batch(&batch, &batch.present, &(km_fieldset){0}, &packed, NULL);
    if (status == KIEM_OK)
        status = km_unpack_batch(&copy, test_mem(), packed.data, &batch.present, &room, NULL);
    km_batch_free(&batch);
    km_buf_free(&packed);
    km_buf_free(&room);
    return status;
}

static void no_memory_is_a_status(void) {
    CU_ASSERT_TRUE(test_out_of_memory(attempt, NULL) > 3);
}

TEST_MAIN("pack", {"packed batches come back", packed_batches_come_back},
          {"columns of one value take no room", columns_of_one_value_take_no_room},
          {"no memory is a status", no_memory_is_a_status})
