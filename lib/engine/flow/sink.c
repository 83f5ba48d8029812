#include "engine/flow/sink.h"

#include <string.h>

kiem_status km_sink_open(km_sink *sink, const km_mem *mem, km_table_kind kind, const char *directory,
                         bool ndjson, bool keeps, km_error *error) {
    char name[64];
    *sink =
        (km_sink){.mem = mem, .kind = kind, .keeps = keeps, .writes = directory != NULL, .ndjson = ndjson};
    km_buf_init(&sink->text, mem);
    KM_TRY(km_table_init(&sink->chunk, mem, kind, error));
    if (keeps) KM_TRY(km_table_init(&sink->kept, mem, kind, error));
    if (!directory) return KIEM_OK;
    snprintf(name, sizeof name, "%s.%s", km_table_name(kind), ndjson ? "ndjson" : "csv");
    KM_TRY(km_output_open(&sink->output, mem, directory, name, error));
    if (ndjson) return KIEM_OK;
    km_result_csv_header(&sink->chunk, &sink->text);
    if (!km_buf_ok(&sink->text)) return km_nomem(error);
    return km_output_write(&sink->output, km_buf_view(&sink->text), error);
}

kiem_status km_sink_render(const km_sink *sink, const km_result *rows, km_buf *text, km_error *error) {
    km_buf_clear(text);
    if (!sink->writes) return KIEM_OK;
    if (sink->ndjson) {
        km_result_ndjson(rows, 0, rows->rows, text);
    } else {
        km_result_csv(rows, 0, rows->rows, text);
    }
    return km_buf_ok(text) ? KIEM_OK : km_nomem(error);
}

kiem_status km_sink_put(km_sink *sink, const km_result *rows, km_text text, km_error *error) {
    sink->rows += rows->rows;
    if (sink->writes) KM_TRY(km_output_write(&sink->output, text, error));
    return sink->keeps ? km_result_append(&sink->kept, rows, error) : KIEM_OK;
}

kiem_status km_sink_flush(km_sink *sink, km_error *error) {
    KM_TRY(km_sink_render(sink, &sink->chunk, &sink->text, error));
    KM_TRY(km_sink_put(sink, &sink->chunk, km_buf_view(&sink->text), error));
    km_result_clear(&sink->chunk);
    return KIEM_OK;
}

kiem_status km_sink_close(km_sink *sink, km_error *error) {
    KM_TRY(km_sink_flush(sink, error));
    if (!sink->writes) return KIEM_OK;
    /* for the name in the other format: nothing may fail once files are named */
    if (!km_buf_reserve(&sink->output.path, sizeof "ndjson")) return km_nomem(error);
    return km_output_close(&sink->output, error);
}

void km_sink_remove_other(km_sink *sink) {
    const char *ours = sink->ndjson ? "ndjson" : "csv", *other = sink->ndjson ? "csv" : "ndjson";
    km_buf *path = &sink->output.path;
    path->length -= strlen(ours) + 1;
    km_buf_string(path, other);
    km_buf_char(path, '\0');
    remove(path->data);
}

void km_sink_free(km_sink *sink) {
    if (!sink->mem) return;
    km_result_free(&sink->chunk);
    km_result_free(&sink->kept);
    km_output_free(&sink->output);
    km_buf_free(&sink->text);
    *sink = (km_sink){0};
}
