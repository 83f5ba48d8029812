/* Checks claims that a program holds as Arrow record batches, and takes the findings as Arrow: no file, no
 * copies of text. The producer here is twenty lines by hand; a real one is a database or a data frame. */
#include <kiem/arrow.h>
#include <stdio.h>

/* Two claims, three columns. All of it is static, so releasing is only saying so. */
static const int32_t id_ends[] = {0, 1, 2}, icd_ends[] = {0, 3, 6};
static const int8_t sex[] = {1, 2};
static const void *buffers[3][3] = {{NULL, id_ends, "AB"}, {NULL, sex}, {NULL, icd_ends, "O80O80"}};
static struct ArrowSchema schemas[3], *schema_list[] = {&schemas[0], &schemas[1], &schemas[2]};
static struct ArrowArray arrays[3], *array_list[] = {&arrays[0], &arrays[1], &arrays[2]};
static const void *no_nulls[1];

static void release_schema(struct ArrowSchema *schema) {
    schema->release = NULL;
}
static void release_array(struct ArrowArray *array) {
    array->release = NULL;
}
static void release_stream(struct ArrowArrayStream *stream) {
    stream->release = NULL;
}

static int get_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out) {
    static const char *const names[] = {"MA_LK", "GIOI_TINH", "MA_BENH_CHINH"}, *const formats[] = {"u", "c",
                                                                                                    "u"};
    (void)stream;
    for (int i = 0; i < 3; i++)
        schemas[i] = (struct ArrowSchema){.format = formats[i], .name = names[i], .release = release_schema};
    *out = (struct ArrowSchema){
        .format = "+s", .n_children = 3, .children = schema_list, .release = release_schema};
    return 0;
}

static int get_next(struct ArrowArrayStream *stream, struct ArrowArray *out) {
    int *sent = stream->private_data;
    *out = (struct ArrowArray){.release = NULL};
    if ((*sent)++) return 0;
    for (int i = 0; i < 3; i++)
        arrays[i] = (struct ArrowArray){.length = 2,
                                        .n_buffers = i == 1 ? 2 : 3,
                                        .buffers = (const void **)buffers[i],
                                        .release = release_array};
    *out = (struct ArrowArray){.length = 2,
                               .n_buffers = 1,
                               .n_children = 3,
                               .buffers = no_nulls,
                               .children = array_list,
                               .release = release_array};
    return 0;
}

int main(void) {
    int sent = 0;
    kiem_job *job = NULL;
    kiem_error *error = NULL;
    const kiem_table *findings;
    struct ArrowArrayStream out = {.release = NULL};
    struct ArrowArrayStream in = {
        .get_schema = get_schema, .get_next = get_next, .release = release_stream, .private_data = &sent};
    kiem_error_new(NULL, &error);
    if (kiem_job_new(NULL, NULL, &job, error) != KIEM_OK ||
        kiem_job_add_arrow(job, "claims", "memory", &in, error) != KIEM_OK ||
        kiem_job_run(job, error) != KIEM_OK || kiem_job_table(job, "findings", &findings, error) != KIEM_OK ||
        kiem_table_export_arrow(findings, &out, error) != KIEM_OK)
        fprintf(stderr, "%s\n", kiem_error_message(error));
    kiem_job_free(job); /* the stream lives on */
    kiem_error_free(error);
    if (!out.release) return 1;
    struct ArrowArray batch;
    while (out.get_next(&out, &batch) == 0 && batch.release) {
        printf("%lld findings in %lld columns\n", (long long)batch.length, (long long)batch.n_children);
        batch.release(&batch);
    }
    out.release(&out);
    return 0;
}
