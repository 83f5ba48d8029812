#include "support/reading.h"

km_ingest_options options_for(km_scope scope) {
    return (km_ingest_options){
        .file = "claims.csv", .scope = scope, .wanted = km_fieldset_of(scope), .input = 3, .base = 1000};
}

void write_batch(const km_batch *batch, km_buf *out) {
    int count;
    const km_field *fields = km_fields(batch->scope, &count);
    for (uint32_t row = 0; row < batch->rows; row++) {
        km_buf_int(out, batch->row[row]);
        km_buf_char(out, ':');
        for (int field = 0; field < count; field++) {
            km_value value = km_batch_value(batch, field, row);
            if (!value.known) continue;
            km_buf_char(out, ' ');
            km_buf_string(out, fields[field].name);
            km_buf_char(out, '=');
            km_buf_value(out, &value);
        }
        km_buf_char(out, '\n');
    }
}

void write_rejects(const km_rejects *rejects, km_buf *out) {
    for (size_t i = 0; i < rejects->count; i++) {
        km_buf_int(out, rejects->list[i].row);
        km_buf_char(out, '@');
        km_buf_int(out, rejects->list[i].offset);
        km_buf_char(out, ' ');
        km_buf_text(out, km_reject_column(rejects, i));
        km_buf_char(out, '|');
        km_buf_text(out, km_reject_reason(rejects, i));
        km_buf_char(out, '|');
        km_buf_text(out, km_reject_value(rejects, i));
        km_buf_char(out, '\n');
    }
}

void reading_init(reading *got) {
    memset(got, 0, sizeof *got);
    km_buf_init(&got->rows, test_mem());
    km_buf_init(&got->rejects, test_mem());
}

void reading_free(reading *got) {
    km_buf_free(&got->rows);
    km_buf_free(&got->rejects);
}

static kiem_status pull(km_reader *reader, reading *got) {
    km_batch *batch;
    do {
        KM_TRY(km_reader_next(reader, &batch, &got->error));
        if (batch) write_batch(batch, &got->rows);
    } while (batch);
    km_rejects *rejects = km_reader_rejects(reader);
    write_rejects(rejects, &got->rejects);
    km_rejects_clear(rejects);
    return KIEM_OK;
}

static kiem_status push_all(km_reader *reader, km_text text, size_t chunk, uint64_t seed, reading *got) {
    while (text.length) {
        size_t size = chunk ? chunk : 1 + test_random(&seed) % 3000;
        if (size > text.length) size = text.length;
        KM_TRY(km_reader_push(reader, text.ptr, size, &got->error));
        KM_TRY(pull(reader, got));
        text = (km_text){text.ptr + size, text.length - size};
    }
    KM_TRY(km_reader_finish(reader, &got->error));
    return pull(reader, got);
}

kiem_status read_text(const km_ingest_options *options, km_text text, size_t chunk, reading *got) {
    km_reader *reader;
    KM_TRY(km_reader_new(test_mem(), options, &reader, &got->error));
    kiem_status status = push_all(reader, text, chunk, 5, got);
    got->counts = km_reader_get_counts(reader);
    km_reader_free(reader);
    if (status != KIEM_OK) return status;
    return km_buf_ok(&got->rows) && km_buf_ok(&got->rejects) ? KIEM_OK : KIEM_E_NOMEM;
}

size_t make_garbage(char *text, uint64_t seed, bool wild) {
    static const char *const pieces[] = {"1,202601150820,12.5,Nguyễn\n",
                                         "2,20260115,7,x\r\n",
                                         "\n",
                                         "a,b\n",
                                         "\"a\nb\",,,\n",
                                         "3,,,\"x\"\" y\"\n",
                                         "\"",
                                         ",",
                                         "\n",
                                         "\r",
                                         "é",
                                         "\xFF",
                                         " ",
                                         "longlonglonglonglonglonglonglonglonglonglonglonglonglong",
                                         "'5',NULL,nan,\t\n"};
    size_t size = (size_t)sprintf(text, "STT,NGAY_VAO,T_BHTT,HO_TEN\n");
    while (size < GARBAGE_SIZE) {
        uint64_t dice = test_random(&seed) % 100;
        const char *piece = pieces[dice < (wild ? 20 : 97) ? dice % 6 : test_random(&seed) % 15];
        memcpy(text + size, piece, strlen(piece));
        size += strlen(piece);
    }
    return size;
}
