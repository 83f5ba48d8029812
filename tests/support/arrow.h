/* Arrow streams made by hand, which count what is released, and can be made to lie. */
#ifndef KM_TEST_ARROW_H
#define KM_TEST_ARROW_H

#include <kiem/arrow_c.h>

#include "ingest/arrow_reader.h"
#include "support/reading.h"

typedef struct arrow_column {
    const char *name, *format;
    int64_t rows, offset, nulls;
    int64_t buffer_count;
    const void *buffers[6];
    const struct arrow_column *words; /* makes the column a dictionary of these */
} arrow_column;

#define FIXED(name, format, values, n)                                                                       \
    { name, format, n, 0, 0, 2, {NULL, values}, NULL }
#define TEXTS(name, format, offsets, bytes, n)                                                               \
    { name, format, n, 0, 0, 3, {NULL, offsets, bytes}, NULL }

/* An element of a column of views ("vu"). */
typedef struct arrow_view {
    int32_t length;
    union {
        char text[12];
        struct {
            char start[4];
            int32_t buffer, offset;
        } far;
    } part;
} arrow_view;

typedef struct arrow_source {
    const arrow_column *columns;
    size_t count;
    int64_t rows, offset; /* of each record batch */
    int batches;          /* the same one, so many times */
    int schema_error;
    int error_at; /* record batch that fails, from 1 */
    void (*spoil_schema)(struct ArrowSchema *schema);
    void (*spoil_array)(struct ArrowArray *array);
    const uint8_t *row_validity;
    /* seen */
    int sent;
    long live;  /* structs handed out and not released */
    bool twice; /* something was released twice */
} arrow_source;

void arrow_open(arrow_source *source, struct ArrowArrayStream *out);
/* Opens the source and reads all of it; what reading.h writes of a CSV, it writes of this. */
kiem_status arrow_read(const km_ingest_options *options, arrow_source *source, reading *got);

#endif
