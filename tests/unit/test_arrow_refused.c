/* Arrow streams that cannot be read: schemas, arrays and streams that lie or fail; ownership and memory. */
#include "support/arrow.h"

static void expect_error(arrow_source *source, kiem_status status, const char *message) {
    km_ingest_options options = options_for(KM_SCOPE_CLAIM);
    reading got;
    reading_init(&got);
    kiem_status was = arrow_read(&options, source, &got);
    CU_ASSERT_EQUAL(was, status);
    TEST_MESSAGE(&got.error, message);
    reading_free(&got);
}

static const char letters[] = "alphaNguyễn O80 ";
static const int32_t ends32[] = {0, 5, 5, 13, 17};
static const int64_t amounts64[] = {0, 5, 5, 13};
static const double amounts[] = {1234.5};
static const char far_bytes[] = "twenty three bytes here";
static const int64_t far_sizes[] = {sizeof far_bytes - 1};

/* ---- schemas that do not fit */

static const arrow_column claim[] = {TEXTS("MA_LK", "u", ends32, letters, 4),
                                     FIXED("T_BHTT", "l", amounts64, 4)};

static arrow_source claims(void) {
    return (arrow_source){.columns = claim, .count = 2, .rows = 4, .batches = 1};
}

static void wrong_types_are_named(void) {
    static const struct {
        arrow_column column;
        const char *message;
    } cases[] = {{FIXED("NGAY_VAO", "+l", letters, 1), "NGAY_VAO: a column of type list"},
                 {FIXED("NGAY_VAO", "b", letters, 1), "NGAY_VAO: a column of type boolean"},
                 {FIXED("NGAY_VAO", "tss:UTC", letters, 1), "timestamp with a time zone"},
                 {FIXED("T_BHTT", "tdD", letters, 1), "T_BHTT: a column of type date"},
                 {FIXED("T_BHTT", "tsu:", letters, 1), "T_BHTT: a column of type timestamp"},
                 {FIXED("T_BHTT", "e", letters, 1), "T_BHTT: a column of type float16"},
                 {FIXED("T_BHTT", "d:40,2,256", letters, 1), "T_BHTT: a column of type decimal"},
                 {FIXED("T_BHTT", "d:9,-2", letters, 1), "T_BHTT: a column of type decimal"},
                 {FIXED("T_BHTT", "z", letters, 1), "T_BHTT: a column of type binary"},
                 {FIXED("MA_LK", "w:16", letters, 1), "MA_LK: a column of type binary"},
                 {FIXED("MA_LK", "+s", letters, 1), "MA_LK: a column of type struct"},
                 {FIXED("MA_LK", "?", letters, 1), "MA_LK: a column of type unknown"},
                 {FIXED("MA_LK", NULL, letters, 1), "MA_LK: a column of type unknown"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        arrow_source source = {.columns = &cases[i].column, .count = 1, .rows = 1, .batches = 1};
        expect_error(&source, KIEM_E_FORMAT, cases[i].message);
    }
}

static void drop_format(struct ArrowSchema *schema) {
    schema->format = "l";
}
static void lie_about_columns(struct ArrowSchema *schema) {
    schema->n_children = -2;
}
static void drop_columns(struct ArrowSchema *schema) {
    schema->children = NULL;
}
static void release_column_schema(struct ArrowSchema *schema) {
    schema->children[1]->release(schema->children[1]);
}
static void spoil_name(struct ArrowSchema *schema) {
    schema->children[1]->name = "T_\xFF";
}
static void rename_all(struct ArrowSchema *schema) {
    for (int64_t i = 0; i < schema->n_children; i++) schema->children[i]->name = i ? "T_BHT" : NULL;
}
static void rename_twice(struct ArrowSchema *schema) {
    schema->children[1]->name = "ma_lk";
}

static void schemas_that_do_not_fit_are_refused(void) {
    static const struct {
        void (*spoil)(struct ArrowSchema *schema);
        const char *message;
    } cases[] = {{drop_format, "no struct of columns"},
                 {lie_about_columns, "number of columns cannot be right"},
                 {drop_columns, "has no columns"},
                 {release_column_schema, "a column of it has been released"},
                 {spoil_name, "not UTF-8"},
                 {rename_all, "none of the 2 columns has a known name; expected are names such as MA_LK"},
                 {rename_twice, "both mean MA_LK"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        arrow_source source = claims();
        source.spoil_schema = cases[i].spoil;
        expect_error(&source, KIEM_E_FORMAT, cases[i].message);
    }
}

/* ---- arrays that lie */

static void too_few_children(struct ArrowArray *array) {
    array->n_children--;
}
static void null_children(struct ArrowArray *array) {
    array->children = NULL;
}
static void negative_length(struct ArrowArray *array) {
    array->length = -1;
}
static void huge_offset(struct ArrowArray *array) {
    array->offset = INT64_MAX;
}
static void longer_than_columns(struct ArrowArray *array) {
    array->length = 5;
}
static void released_column(struct ArrowArray *array) {
    array->children[0]->release(array->children[0]);
}
static void column_missing(struct ArrowArray *array) {
    array->children[0]->release(array->children[0]);
    array->children[0] = NULL;
}
static void wrong_buffers(struct ArrowArray *array) {
    array->children[0]->n_buffers = 2;
}
static void no_buffers(struct ArrowArray *array) {
    array->children[0]->buffers = NULL;
}
static void no_values(struct ArrowArray *array) {
    static const void *none[2];
    array->children[1]->buffers = none;
}
static void nulls_without_bits(struct ArrowArray *array) {
    array->children[1]->null_count = 1;
}
static void too_many_nulls(struct ArrowArray *array) {
    array->children[1]->null_count = 5;
}
static void null_rows_without_bits(struct ArrowArray *array) {
    array->null_count = 2;
}
static void children_of_a_leaf(struct ArrowArray *array) {
    array->children[1]->n_children = 1;
}
static void unexpected_dictionary(struct ArrowArray *array) {
    array->children[1]->dictionary = array->children[0];
}
static void offsets_backwards(struct ArrowArray *array) {
    static const int32_t ends[] = {0, 5, 3, 4, 5};
    static const void *buffers[] = {NULL, ends, letters};
    array->children[0]->buffers = buffers;
}
static void offsets_negative(struct ArrowArray *array) {
    static const int32_t ends[] = {-4, 0, 3, 4, 5};
    static const void *buffers[] = {NULL, ends, letters};
    array->children[0]->buffers = buffers;
}
static void text_without_bytes(struct ArrowArray *array) {
    static const void *buffers[] = {NULL, ends32, NULL};
    array->children[0]->buffers = buffers;
}

static void arrays_that_lie_are_refused(void) {
    static const struct {
        void (*spoil)(struct ArrowArray *array);
        const char *message;
    } cases[] = {{too_few_children, "number of columns is not that of the schema"},
                 {null_children, "has no columns"},
                 {negative_length, "length or offset"},
                 {huge_offset, "length or offset"},
                 {longer_than_columns, "shorter than the record batch"},
                 {released_column, "MA_LK: the array of this column is damaged: it has been released"},
                 {column_missing, "there is none"},
                 {wrong_buffers, "number of buffers"},
                 {no_buffers, "it has no buffers"},
                 {no_values, "its values are missing"},
                 {nulls_without_bits, "says not where"},
                 {too_many_nulls, "number of nulls"},
                 {null_rows_without_bits, "null rows"},
                 {children_of_a_leaf, "has children"},
                 {unexpected_dictionary, "has a dictionary"},
                 {offsets_backwards, "MA_LK: the array of this column is damaged: an offset"},
                 {offsets_negative, "an offset or index points outside"},
                 {text_without_bytes, "an offset or index points outside"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        arrow_source source = claims();
        source.spoil_array = cases[i].spoil;
        expect_error(&source, KIEM_E_FORMAT, cases[i].message);
    }
}

static void views_and_indices_outside_are_refused(void) {
    static const arrow_view far_away[] = {{13, {.far = {"....", 0, 20}}},
                                          {13, {.far = {"....", 1, 0}}},
                                          {-1, {.far = {"....", 0, 0}}},
                                          {13, {.far = {"....", 0, -1}}},
                                          {13, {.far = {"....", -1, 0}}}};
    static const int8_t indices[] = {4, -1, 127};
    const arrow_column words = TEXTS("", "u", ends32, letters, 4);
    for (size_t i = 0; i < sizeof far_away / sizeof far_away[0]; i++) {
        const arrow_column column[] = {
            {"HO_TEN", "vu", 1, 0, 0, 4, {NULL, &far_away[i], far_bytes, far_sizes}, NULL}};
        arrow_source source = {.columns = column, .count = 1, .rows = 1, .batches = 1};
        expect_error(&source, KIEM_E_FORMAT, "points outside");
    }
    for (size_t i = 0; i < sizeof indices; i++) {
        const arrow_column column[] = {{"HO_TEN", "c", 1, 0, 0, 2, {NULL, &indices[i]}, &words}};
        arrow_source source = {.columns = column, .count = 1, .rows = 1, .batches = 1};
        expect_error(&source, KIEM_E_FORMAT, "points outside");
    }
}

/* ---- streams that fail, ownership, memory */

static void failing_streams_are_an_error(void) {
    arrow_source source = claims();
    source.schema_error = 22;
    expect_error(&source, KIEM_E_IO, "the stream gave no schema (error 22)");
    source = claims();
    source.batches = 5;
    source.error_at = 3;
    expect_error(&source, KIEM_E_IO, "the stream failed midway (error 5)");
}

static void numbers_that_can_be_read_in_two_ways_refuse_the_stream(void) {
    static const char bytes[] = "1.234,50";
    static const int32_t ends[] = {0, 8};
    const arrow_column columns[] = {TEXTS("T_BHTT", "u", ends, bytes, 1), FIXED("T_BNTT", "g", amounts, 1)};
    arrow_source source = {.columns = columns, .count = 2, .rows = 1, .batches = 1};
    km_ingest_options options = options_for(KM_SCOPE_CLAIM);
    reading got;
    expect_error(&source, KIEM_E_FORMAT, "T_BHTT: a number written like 9.999,99");
    reading_init(&got);
    options.decimal_comma = true; /* of texts; numbers have no mark */
    km_fieldset_remove(&options.wanted, KM_CLAIM_STANDARD);
    TEST_OK(arrow_read(&options, &source, &got), &got.error);
    TEST_TEXT_EQUAL(km_buf_view(&got.rows), "1: T_BNTT=1234.5 T_BHTT=1234.5\n");
    reading_free(&got);
}

static void a_reader_may_be_left_early(void) {
    struct ArrowArrayStream stream;
    km_ingest_options options = options_for(KM_SCOPE_CLAIM);
    arrow_source source = claims();
    km_arrow_reader *reader;
    km_batch *batch;
    km_error error;
    source.batches = 9;
    arrow_open(&source, &stream);
    TEST_OK(km_arrow_reader_new(test_mem(), &options, &stream, &reader, &error), &error);
    TEST_OK(km_arrow_reader_next(reader, &batch, &error), &error);
    km_arrow_reader_free(reader);
    CU_ASSERT_EQUAL(source.live, 0);
}

static kiem_status read_claims(void *context) {
    (void)context;
    static const char bytes[] = "O80x\xFF";
    static const int32_t ends[] = {0, 3, 4, 5};
    const arrow_column columns[] = {TEXTS("HO_TEN", "u", ends, bytes, 3),
                                    TEXTS("T_BHTT", "u", ends, bytes, 3), FIXED("T_BNTT", "l", amounts64, 3)};
    arrow_source source = {.columns = columns, .count = 3, .rows = 3, .batches = 2};
    km_ingest_options options = options_for(KM_SCOPE_CLAIM);
    reading got;
    reading_init(&got);
    kiem_status status = arrow_read(&options, &source, &got);
    reading_free(&got);
    return status;
}

static void running_out_of_memory_is_a_status(void) {
    CU_ASSERT_TRUE(test_out_of_memory(read_claims, NULL) > 20);
}

TEST_MAIN("arrow refused", {"wrong types are named", wrong_types_are_named},
          {"schemas that do not fit are refused", schemas_that_do_not_fit_are_refused},
          {"arrays that lie are refused", arrays_that_lie_are_refused},
          {"views and indices outside are refused", views_and_indices_outside_are_refused},
          {"failing streams are an error", failing_streams_are_an_error},
          {"numbers that can be read in two ways refuse the stream",
           numbers_that_can_be_read_in_two_ways_refuse_the_stream},
          {"a reader may be left early", a_reader_may_be_left_early},
          {"running out of memory is a status", running_out_of_memory_is_a_status})
