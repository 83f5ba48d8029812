/* Arrow through the public headers and the shared library: a job fed by a stream, its tables handed out. */
#include <kiem/arrow.h>

#include "support.h"

/* ---- a stream of three claims; nothing in it needs freeing, releases are counted */

static const char ids[] = "ABC", icd[] = "O80O80C53";
static const int32_t id_ends[] = {0, 1, 2, 3}, icd_ends[] = {0, 3, 6, 9};
static const int8_t sexes[] = {1, 2, 1};
static const int64_t amounts[] = {5, 6, 7};

static long unreleased;
static int batches_left, fail_midway;

static void release_schema_part(struct ArrowSchema *schema) {
    unreleased--;
    schema->release = NULL;
}

static void release_schema(struct ArrowSchema *schema) {
    for (int64_t i = 0; i < schema->n_children; i++) schema->children[i]->release(schema->children[i]);
    release_schema_part(schema);
}

static void release_array_part(struct ArrowArray *array) {
    unreleased--;
    array->release = NULL;
}

static void release_array(struct ArrowArray *array) {
    for (int64_t i = 0; i < array->n_children; i++) array->children[i]->release(array->children[i]);
    release_array_part(array);
}

static int get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out) {
    static const char *const columns[][2] = {
        {"MA_LK", "u"}, {"GIOI_TINH", "c"}, {"MA_BENH_CHINH", "u"}, {"T_BHTT", "l"}};
    static struct ArrowSchema children[4], *pointers[4];
    (void)stream;
    for (int i = 0; i < 4; i++) {
        pointers[i] = &children[i];
        children[i] = (struct ArrowSchema){
            .name = columns[i][0], .format = columns[i][1], .release = release_schema_part};
    }
    unreleased += 5;
    *out = (struct ArrowSchema){
        .format = "+s", .n_children = 4, .children = pointers, .release = release_schema};
    return 0;
}

static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *out) {
    static const void *buffers[4][3] = {
        {NULL, id_ends, ids}, {NULL, sexes}, {NULL, icd_ends, icd}, {NULL, amounts}};
    static const void *none[1];
    static struct ArrowArray children[4], *pointers[4];
    (void)stream;
    if (fail_midway && batches_left == 0) return 5;
    if (batches_left-- == 0) {
        out->release = NULL;
        return 0;
    }
    for (int i = 0; i < 4; i++) {
        pointers[i] = &children[i];
        children[i] = (struct ArrowArray){.length = 3,
                                          .n_buffers = i % 2 ? 2 : 3,
                                          .buffers = (const void **)(size_t)buffers[i],
                                          .release = release_array_part};
    }
    unreleased += 5;
    *out = (struct ArrowArray){.length = 3,
                               .n_buffers = 1,
                               .n_children = 4,
                               .buffers = none,
                               .children = pointers,
                               .release = release_array};
    return 0;
}

static const char *last_error(struct ArrowArrayStream *stream) {
    (void)stream;
    return NULL;
}

static void release_stream(struct ArrowArrayStream *stream) {
    unreleased--;
    stream->release = NULL;
}

static struct ArrowArrayStream claims(int batches) {
    unreleased = 1;
    batches_left = batches;
    fail_midway = 0;
    return (struct ArrowArrayStream){.get_schema = get_schema,
                                     .get_next = get_next,
                                     .get_last_error = last_error,
                                     .release = release_stream};
}

/* ---- in */

static void claims_come_from_a_stream(void) {
    kiem_job *job;
    kiem_error *error;
    const kiem_table *findings;
    char cell[64];
    int found = 0;
    struct ArrowArrayStream stream = claims(1);
    CU_ASSERT_EQUAL_FATAL(kiem_error_new(NULL, &error), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_job_new(NULL, NULL, &job, error), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_job_add_arrow(job, "claims", "frame", &stream, error), KIEM_OK);
    CU_ASSERT_PTR_NULL(stream.release);
    CU_ASSERT_EQUAL(kiem_job_add_arrow(job, "claims", "frame", &stream, error), KIEM_E_ARGUMENT);
    CU_ASSERT_PTR_NOT_NULL(strstr(kiem_error_message(error), "has been released"));
    CU_ASSERT_EQUAL_FATAL(kiem_job_run(job, error), KIEM_OK);
    CU_ASSERT_EQUAL(unreleased, 0);
    CU_ASSERT_EQUAL_FATAL(kiem_job_table(job, "findings", &findings, error), KIEM_OK);
    for (int64_t row = 0; row < kiem_table_rows(findings); row++) {
        kiem_table_cell(findings, row, kiem_table_find(findings, "rule"), cell, sizeof cell, NULL);
        if (found || strcmp(cell, "C18_MALE") != 0) continue;
        found = 1;
        kiem_table_cell(findings, row, kiem_table_find(findings, "row"), cell, sizeof cell, NULL);
        CU_ASSERT_STRING_EQUAL(cell, "1");
        kiem_table_cell(findings, row, kiem_table_find(findings, "file"), cell, sizeof cell, NULL);
        CU_ASSERT_STRING_EQUAL(cell, "frame");
    }
    CU_ASSERT_TRUE(found);
    kiem_job_free(job);
    kiem_error_free(error);
}

static void a_stream_not_taken_stays_the_callers(void) {
    kiem_job *job;
    struct ArrowArrayStream stream = claims(1), broken = {0};
    CU_ASSERT_EQUAL_FATAL(kiem_job_new(NULL, NULL, &job, NULL), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_job_add_arrow(job, "budgets", "x", &stream, NULL), KIEM_E_ARGUMENT);
    CU_ASSERT_EQUAL(kiem_job_add_arrow(job, "claim", "x", &stream, NULL), KIEM_E_ARGUMENT);
    CU_ASSERT_EQUAL(kiem_job_add_arrow(job, NULL, "x", &stream, NULL), KIEM_E_ARGUMENT);
    CU_ASSERT_EQUAL(kiem_job_add_arrow(NULL, "claims", "x", &stream, NULL), KIEM_E_ARGUMENT);
    CU_ASSERT_EQUAL(kiem_job_add_arrow(job, "claims", "x", NULL, NULL), KIEM_E_ARGUMENT);
    broken.release = release_stream;
    CU_ASSERT_EQUAL(kiem_job_add_arrow(job, "claims", "x", &broken, NULL), KIEM_E_ARGUMENT);
    CU_ASSERT_PTR_NOT_NULL(stream.release);
    CU_ASSERT_EQUAL(unreleased, 1);
    CU_ASSERT_EQUAL(kiem_job_add_arrow(job, "claims", "x", &stream, NULL), KIEM_OK);
    kiem_job_free(job); /* never run */
    CU_ASSERT_EQUAL(unreleased, 0);
}

static void a_stream_that_fails_midway_is_released(void) {
    kiem_job *job;
    kiem_error *error;
    struct ArrowArrayStream stream = claims(2);
    fail_midway = 1;
    CU_ASSERT_EQUAL_FATAL(kiem_error_new(NULL, &error), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_job_new(NULL, NULL, &job, error), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_job_add_arrow(job, "claims", "frame", &stream, error), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_job_run(job, error), KIEM_E_IO);
    CU_ASSERT_EQUAL(kiem_error_line(error), 7);
    CU_ASSERT_STRING_EQUAL(kiem_error_file(error), "frame");
    kiem_job_free(job);
    CU_ASSERT_EQUAL(unreleased, 0);
    kiem_error_free(error);
}

/* ---- out */

/* A column read from Arrow equals the plain arrays of the table. */
static void compare_column(const kiem_table *table, int32_t column, const struct ArrowSchema *schema,
                           const struct ArrowArray *array, int64_t first) {
    const int64_t *values;
    const uint8_t *validity, *bits = array->buffers[0];
    const char *bytes, *format = schema->format;
    int text = strcmp(format, "U") == 0;
    CU_ASSERT_STRING_EQUAL(schema->name, kiem_table_column_name(table, column));
    CU_ASSERT_STRING_EQUAL(text ? "u" : format, kiem_table_column_format(table, column));
    if (text) {
        CU_ASSERT_EQUAL_FATAL(kiem_table_texts(table, column, &bytes, &values, &validity), KIEM_OK);
        CU_ASSERT_PTR_EQUAL(array->buffers[1], values + first);
        if (values[kiem_table_rows(table)]) CU_ASSERT_PTR_EQUAL(array->buffers[2], bytes);
    } else {
        CU_ASSERT_EQUAL_FATAL(kiem_table_values(table, column, &values, &validity), KIEM_OK);
        if (strcmp(format, "l") == 0) CU_ASSERT_PTR_EQUAL(array->buffers[1], values + first); /* no copy */
    }
    for (int64_t i = 0; i < array->length; i++) {
        int64_t at = first + i, value = 0;
        int known = validity[at / 8] >> (at % 8) & 1;
        CU_ASSERT_EQUAL(known, bits ? bits[i / 8] >> (i % 8) & 1 : 1);
        if (text || !known) continue;
        const char *data = array->buffers[1];
        if (strcmp(format, "l") == 0) memcpy(&value, data + 8 * i, 8);
        if (strncmp(format, "d:", 2) == 0) memcpy(&value, data + 16 * i, 8);
        if (strcmp(format, "b") == 0) value = data[i / 8] >> (i % 8) & 1;
        if (strcmp(format, "tdD") == 0) {
            int32_t day;
            memcpy(&day, data + 4 * i, sizeof day);
            value = day;
        }
        CU_ASSERT_EQUAL(value, values[at]);
    }
}

static void compare_table(const kiem_table *table) {
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    struct ArrowArray array;
    int64_t rows = 0;
    CU_ASSERT_EQUAL_FATAL(kiem_table_export_arrow(table, &stream, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(stream.get_schema(&stream, &schema), 0);
    CU_ASSERT_STRING_EQUAL(schema.format, "+s");
    CU_ASSERT_EQUAL_FATAL(schema.n_children, kiem_table_columns(table));
    for (;;) {
        CU_ASSERT_EQUAL_FATAL(stream.get_next(&stream, &array), 0);
        if (!array.release) break;
        for (int32_t i = 0; i < schema.n_children; i++)
            compare_column(table, i, schema.children[i], array.children[i], rows);
        rows += array.length;
        array.release(&array);
    }
    CU_ASSERT_PTR_NULL(stream.get_last_error(&stream));
    CU_ASSERT_EQUAL(rows, kiem_table_rows(table));
    schema.release(&schema);
    stream.release(&stream);
    CU_ASSERT_PTR_NULL(stream.release);
}

static kiem_job *run_job(kiem_env *env) {
    kiem_job *job;
    struct ArrowArrayStream stream = claims(1);
    CU_ASSERT_EQUAL_FATAL(kiem_job_new(env, NULL, &job, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_job_add_arrow(job, "claims", "frame", &stream, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_job_run(job, NULL), KIEM_OK);
    return job;
}

static void every_table_leaves_as_it_is(void) {
    kiem_job *job = run_job(NULL);
    for (int32_t i = 0; kiem_job_table_name(i); i++) {
        const kiem_table *table;
        CU_ASSERT_EQUAL_FATAL(kiem_job_table(job, kiem_job_table_name(i), &table, NULL), KIEM_OK);
        compare_table(table);
    }
    kiem_job_free(job);
    kiem_policy *policy;
    kiem_table *rules;
    CU_ASSERT_EQUAL_FATAL(kiem_policy_new(NULL, NULL, &policy, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_policy_compile(policy, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_policy_rules(policy, &rules, NULL), KIEM_OK);
    compare_table(rules);
    kiem_table_free(rules);
    kiem_policy_free(policy);
}

/* Part of a batch is kept when everything it came from is gone. */
static void what_was_handed_out_outlives_its_source(void) {
    kiem_env *env;
    const kiem_table *table;
    struct ArrowArrayStream stream;
    struct ArrowSchema schema, name;
    struct ArrowArray array, column;
    long before = atomic_load(&live);
    CU_ASSERT_EQUAL_FATAL(kiem_env_new(&hooks, NULL, &env), KIEM_OK);
    kiem_job *job = run_job(env);
    CU_ASSERT_EQUAL_FATAL(kiem_job_table(job, "claims", &table, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_table_export_arrow(table, &stream, NULL), KIEM_OK);
    kiem_job_free(job);
    kiem_env_free(env);
    CU_ASSERT_EQUAL_FATAL(stream.get_schema(&stream, &schema), 0);
    CU_ASSERT_EQUAL_FATAL(stream.get_next(&stream, &array), 0);
    stream.release(&stream);
    column = *array.children[2];
    array.children[2]->release = NULL;
    name = *schema.children[2];
    schema.children[2]->release = NULL;
    array.release(&array);
    schema.release(&schema);
    CU_ASSERT_STRING_EQUAL(name.name, "MA_LK");
    CU_ASSERT_EQUAL(memcmp(column.buffers[2], "ABC", 3), 0);
    CU_ASSERT_NOT_EQUAL(atomic_load(&live), before);
    column.release(&column);
    name.release(&name);
    CU_ASSERT_EQUAL(atomic_load(&live), before);
}

static void findings_of_a_judge_are_copied(void) {
    kiem_policy *policy;
    kiem_judge *judge;
    kiem_batch *batch;
    const kiem_table *findings;
    struct ArrowArrayStream stream;
    struct ArrowArray array;
    CU_ASSERT_EQUAL_FATAL(kiem_policy_new(NULL, NULL, &policy, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_policy_compile(policy, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_judge_new(NULL, policy, KIEM_LANG_VI, &judge, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_batch_new(NULL, &batch, NULL), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_batch_set(batch, "T_BHTT", "x", 1, NULL), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_batch_end_row(batch, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_judge_batch(judge, batch, &findings, NULL), KIEM_OK);
    int64_t rows = kiem_table_rows(findings);
    CU_ASSERT_TRUE(rows > 0);
    CU_ASSERT_EQUAL_FATAL(kiem_table_export_arrow(findings, &stream, NULL), KIEM_OK);
    kiem_table *copy;
    CU_ASSERT_EQUAL_FATAL(kiem_table_copy(findings, &copy, NULL), KIEM_OK);
    CU_ASSERT_EQUAL(kiem_table_copy(findings, NULL, NULL), KIEM_E_ARGUMENT);
    kiem_judge_free(judge);
    kiem_batch_free(batch);
    kiem_policy_free(policy);
    CU_ASSERT_EQUAL_FATAL(stream.get_next(&stream, &array), 0);
    CU_ASSERT_EQUAL(array.length, rows);
    array.release(&array);
    stream.release(&stream);
    CU_ASSERT_EQUAL(kiem_table_rows(copy), rows);
    CU_ASSERT_STRING_EQUAL(kiem_table_name(copy), "findings");
    compare_table(copy);
    kiem_table_free(copy);
}

/* ---- out of memory */

static int walk(const kiem_table *table, kiem_error *error) {
    struct ArrowArrayStream stream;
    struct ArrowSchema schema;
    struct ArrowArray array;
    if (kiem_table_export_arrow(table, &stream, error) != KIEM_OK) return 0;
    int good = stream.get_schema(&stream, &schema) == 0;
    if (good) schema.release(&schema);
    if (!good) CU_ASSERT_STRING_EQUAL(stream.get_last_error(&stream), "out of memory");
    for (;;) {
        int status = stream.get_next(&stream, &array);
        good = good && status == 0;
        if (status || !array.release) break;
        array.release(&array);
    }
    stream.release(&stream);
    return good;
}

static void running_out_of_memory_is_a_status(void) {
    kiem_env *env;
    const kiem_table *table;
    CU_ASSERT_EQUAL_FATAL(kiem_env_new(&hooks, NULL, &env), KIEM_OK);
    kiem_job *job = run_job(env);
    CU_ASSERT_EQUAL_FATAL(kiem_job_table(job, "claims", &table, NULL), KIEM_OK);
    long before = atomic_load(&live);
    int done = 0;
    for (long n = 1; !done; n++) {
        atomic_store(&made, 0);
        atomic_store(&fail_at, n);
        done = walk(table, NULL);
        CU_ASSERT_EQUAL(atomic_load(&live), before);
    }
    CU_ASSERT_TRUE(atomic_load(&made) > 10);
    atomic_store(&fail_at, 0);
    kiem_job_free(job);
    kiem_env_free(env);
    CU_ASSERT_EQUAL(atomic_load(&live), 0);
}

int main(void) {
    static const api_test tests[] = {
        {"claims come from a stream", claims_come_from_a_stream},
        {"a stream not taken stays the caller's", a_stream_not_taken_stays_the_callers},
        {"a stream that fails midway is released", a_stream_that_fails_midway_is_released},
        {"every table leaves as it is", every_table_leaves_as_it_is},
        {"what was handed out outlives its source", what_was_handed_out_outlives_its_source},
        {"findings of a judge are copied", findings_of_a_judge_are_copied},
        {"running out of memory is a status", running_out_of_memory_is_a_status}};
    return run_suite("arrow", tests, sizeof tests / sizeof tests[0]);
}
