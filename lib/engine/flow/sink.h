/* Where the rows of a result table go: to a file, to a table kept for the caller, or both. Rows are put into
 * `chunk` and leave it at km_sink_flush. */
#ifndef KM_ENGINE_SINK_H
#define KM_ENGINE_SINK_H

#include "engine/flow/file.h"
#include "engine/tables.h"

enum { KM_SINK_ROWS = 4096 /* who fills a chunk row by row flushes it when it has so many */ };

typedef struct km_sink {
    const km_mem *mem;
    km_table_kind kind;
    km_result chunk, kept;
    bool keeps, writes, ndjson;
    km_output output;
    uint64_t rows;
    km_buf text;
} km_sink;

/* directory NULL: no file. */
kiem_status km_sink_open(km_sink *sink, const km_mem *mem, km_table_kind kind, const char *directory,
                         bool ndjson, bool keeps, km_error *error);
kiem_status km_sink_flush(km_sink *sink, km_error *error);
/* The same in two steps for rows that stand elsewhere: the text of the rows, which threads may make side by
 * side, and the handing over, one after another. */
kiem_status km_sink_render(const km_sink *sink, const km_result *rows, km_buf *text, km_error *error);
kiem_status km_sink_put(km_sink *sink, const km_result *rows, km_text text, km_error *error);
/* Flushes and closes the file, still under its .part name. */
kiem_status km_sink_close(km_sink *sink, km_error *error);
/* Once the closed file has its name: takes away the table that an earlier run left there in the other format.
 */
void km_sink_remove_other(km_sink *sink);
void km_sink_free(km_sink *sink);

#endif
