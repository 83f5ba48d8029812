#include "engine/sink.h"

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

kiem_status km_sink_flush(km_sink *sink, km_error *error) {
    sink->rows += sink->chunk.rows;
    if (sink->writes) {
        km_buf_clear(&sink->text);
        if (sink->ndjson) {
            km_result_ndjson(&sink->chunk, 0, sink->chunk.rows, &sink->text);
        } else {
            km_result_csv(&sink->chunk, 0, sink->chunk.rows, &sink->text);
        }
        if (!km_buf_ok(&sink->text)) return km_nomem(error);
        KM_TRY(km_output_write(&sink->output, km_buf_view(&sink->text), error));
    }
    if (sink->keeps) KM_TRY(km_result_append(&sink->kept, &sink->chunk, error));
    km_result_clear(&sink->chunk);
    return KIEM_OK;
}

kiem_status km_sink_close(km_sink *sink, km_error *error) {
    KM_TRY(km_sink_flush(sink, error));
    return sink->writes ? km_output_close(&sink->output, error) : KIEM_OK;
}

void km_sink_free(km_sink *sink) {
    if (!sink->mem) return;
    km_result_free(&sink->chunk);
    km_result_free(&sink->kept);
    km_output_free(&sink->output);
    km_buf_free(&sink->text);
    *sink = (km_sink){0};
}
