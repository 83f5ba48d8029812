#include <stdio.h>
#include <string.h>

#include "engine/job.h"
#include "ingest/sheet_read.h"

enum { SLICE = 1 << 20 };

/* ---- bytes of an input */

typedef struct bytes {
    km_input_file *input;
    FILE *stream;
} bytes;

static kiem_status open_bytes(bytes *from, km_input_file *input, km_error *error) {
    *from = (bytes){.input = input};
    if (!input->is_path) return KIEM_OK;
    if (!km_file_exists(input->name)) { /* also refuses directories with a clear word */
        FILE *probe = fopen(input->name, "rb");
        if (!probe)
            return km_fail_at(error, KIEM_E_IO, km_at(input->name, 0, 0),
                              "cannot open the file: there is no such file, or it may not be read");
        fclose(probe);
    }
    from->stream = fopen(input->name, "rb");
    if (from->stream) return KIEM_OK;
    return km_fail_at(error, KIEM_E_IO, km_at(input->name, 0, 0), "cannot open the file: it may not be read");
}

static kiem_status next_bytes(bytes *from, void *room, size_t size, size_t *taken, km_error *error) {
    km_place place = {from->input->name, 0, 0, -1};
    if (from->stream) {
        *taken = fread(room, 1, size, from->stream);
        if (*taken || !ferror(from->stream)) return KIEM_OK;
        return km_fail_at(error, KIEM_E_IO, place,
                          "cannot read the file: it is a directory, or the device failed");
    }
    int64_t got = from->input->read(from->input->user, room, size);
    *taken = got > 0 ? (size_t)got : 0;
    if (got >= 0 && (uint64_t)got <= size) return KIEM_OK;
    return km_fail_at(error, KIEM_E_IO, place, "the stream could not be read");
}

static void close_bytes(bytes *from) {
    if (from->stream) fclose(from->stream);
}

/* ---- which columns are wanted */

/* Read by the history, the ledger and the scorer, whatever the rules ask for. */
static const int learned[] = {
    KM_CLAIM_MA_LK,   KM_CLAIM_HO_TEN,   KM_CLAIM_SO_CCCD,       KM_CLAIM_MA_THE_BHYT,  KM_CLAIM_NGAY_VAO,
    KM_CLAIM_NGAY_RA, KM_CLAIM_MA_CSKCB, KM_CLAIM_MA_BENH_CHINH, KM_CLAIM_MA_LOAI_KCB,  KM_CLAIM_T_BHTT,
    KM_CLAIM_T_BNCCT, KM_CLAIM_T_BNTT,   KM_CLAIM_T_NGUONKHAC,   KM_CLAIM_T_TONGCHI_BH, KM_CLAIM_T_TONGCHI,
    KM_CLAIM_NAM_QT,  KM_CLAIM_THANG_QT};
/* Read again when peers are compared and claims judged. */
static const int scored[] = {KM_CLAIM_MA_LK,       KM_CLAIM_NGAY_VAO,      KM_CLAIM_NGAY_RA,
                             KM_CLAIM_MA_CSKCB,    KM_CLAIM_MA_BENH_CHINH, KM_CLAIM_MA_BENH_KT,
                             KM_CLAIM_MA_LOAI_KCB, KM_CLAIM_T_BHTT,        KM_CLAIM_T_TONGCHI_BH,
                             KM_CLAIM_T_TONGCHI,   KM_CLAIM_T_TONGCHI_BV,  KM_CLAIM_T_THUOC,
                             KM_CLAIM_T_VTYT,      KM_CLAIM_SO_NGAY_DTRI};
static const int card_lists[] = {KM_CLAIM_MA_THE_BHYT, KM_CLAIM_MA_DKBD, KM_CLAIM_GT_THE_TU,
                                 KM_CLAIM_GT_THE_DEN};

static void add_all(km_fieldset *set, const int *fields, size_t count) {
    for (size_t i = 0; i < count; i++) km_fieldset_add(set, fields[i]);
}

static void choose_columns(km_job *job) {
    km_reads needs = {0};
    km_policy_needs(job->policy, &needs);
    job->kept = needs.fields[KM_SCOPE_CLAIM];
    for (int i = 0; i < KM_CARD_FIELD_COUNT; i++) {
        if (km_fieldset_has(&needs.fields[KM_SCOPE_CARD], i))
            add_all(&job->kept, card_lists, sizeof card_lists / sizeof card_lists[0]);
    }
    add_all(&job->kept, scored, sizeof scored / sizeof scored[0]);
    job->wanted = job->kept;
    add_all(&job->wanted, learned, sizeof learned / sizeof learned[0]);
}

/* ---- learning */

static void note_discharges(km_job *job, const km_batch *batch) {
    for (uint32_t row = 0; row < batch->rows; row++) {
        int64_t out = km_batch_int(batch, KM_CLAIM_NGAY_RA, row, INT64_MIN);
        if (out == INT64_MIN || (job->has_discharge && out <= job->latest_discharge)) continue;
        job->latest_discharge = (km_minute)out;
        job->has_discharge = true;
    }
}

static kiem_status learn_batch(km_job *job, const km_batch *batch, km_error *error) {
    KM_TRY(km_history_add(&job->history, batch, error));
    KM_TRY(km_ledger_add(&job->ledger, batch, error));
    note_discharges(job, batch);
    return km_spool_put(&job->spool, batch, &job->kept, error);
}

static kiem_status drain(km_job *job, km_reader *reader, km_error *error) {
    for (;;) {
        km_batch *batch;
        KM_TRY(km_reader_next(reader, &batch, error));
        if (!batch) return KIEM_OK;
        job->now.rows += batch->rows;
        if (batch->row[batch->rows - 1] > job->last_row) job->last_row = batch->row[batch->rows - 1];
        KM_TRY(learn_batch(job, batch, error));
    }
}

static kiem_status read_rejects(km_job *job, const km_input_file *input, km_reader *reader, km_error *error) {
    km_rejects *rejects = km_reader_rejects(reader);
    km_sink *sink = &job->sinks[KM_TABLE_REJECTS];
    for (size_t i = 0; i < rejects->count; i++) {
        KM_TRY(km_table_put_reject(&sink->chunk, km_text_from(input->label), rejects, i, error));
    }
    job->now.rejects += rejects->count;
    km_rejects_clear(rejects);
    return km_sink_flush(sink, error);
}

/* What is there to be judged: the file's columns and all that kiem works out. */
static kiem_status bind(km_job *job, km_input_file *input, const km_layout *layout, km_error *error) {
    km_fieldset present[KM_SCOPE_COUNT] = {0};
    int count;
    const km_field *fields = km_fields(KM_SCOPE_CLAIM, &count);
    input->present = layout->present;
    input->standard = layout->standard;
    input->unknown_columns = layout->unknown;
    present[KM_SCOPE_CLAIM] = layout->present;
    for (int i = 0; i < count; i++) {
        if (fields[i].flags & KM_FIELD_COMPUTED) km_fieldset_add(&present[KM_SCOPE_CLAIM], i);
    }
    present[KM_SCOPE_CARD] = km_card_fields_from(&layout->present);
    return km_plan_bind(&input->plan, job->policy, present, km_layout_standard_code(layout), error);
}

static kiem_status read_slices(km_job *job, km_input_file *input, km_reader *reader, bytes *from, void *room,
                               km_error *error) {
    for (;;) {
        size_t taken;
        KM_TRY(next_bytes(from, room, SLICE, &taken, error));
        job->now.bytes_done += taken;
        if (!taken) break;
        KM_TRY(km_reader_push(reader, room, taken, error));
        KM_TRY(drain(job, reader, error));
        KM_TRY(read_rejects(job, input, reader, error));
        KM_TRY(km_job_tell(job, "read", error));
    }
    KM_TRY(km_reader_finish(reader, error));
    KM_TRY(drain(job, reader, error));
    return read_rejects(job, input, reader, error);
}

static kiem_status read_claims(km_job *job, uint32_t number, km_error *error) {
    km_input_file *input = &job->inputs[number];
    km_ingest_options options = {.file = input->name,
                                 .scope = KM_SCOPE_CLAIM,
                                 .wanted = job->wanted,
                                 .input = number,
                                 .base = job->next_base,
                                 .decimal_comma = job->options.decimal_comma};
    km_reader *reader = NULL;
    bytes from = {0};
    job->last_row = 0;
    void *room = km_alloc(job->mem, SLICE);
    kiem_status status = room ? open_bytes(&from, input, error) : km_nomem(error);
    if (status == KIEM_OK) status = km_reader_new(job->mem, &options, &reader, error);
    if (status == KIEM_OK) status = read_slices(job, input, reader, &from, room, error);
    if (status == KIEM_OK) status = bind(job, input, km_reader_layout(reader), error);
    if (status == KIEM_OK) {
        input->counts = km_reader_get_counts(reader);
        job->next_base += (uint64_t)job->last_row + 1;
    }
    km_reader_free(reader);
    close_bytes(&from);
    km_free(job->mem, room, SLICE);
    return status;
}

/* ---- budgets */

static bool province_known(const void *context, km_text code, int year) {
    const km_lookup *provinces = context;
    km_value key = {.type = KM_TYPE_CODE, .known = true};
    (void)year;
    return provinces && km_code_pack(code, &key.code) &&
           km_lookup_row(provinces, &key, 0) != KM_LOOKUP_NO_ROW;
}

static kiem_status read_budgets(km_job *job, km_input_file *input, km_error *error) {
    km_buf text;
    km_sheet sheet = {0};
    bytes from;
    char room[8192];
    km_buf_init(&text, job->mem);
    KM_TRY(open_bytes(&from, input, error));
    kiem_status status = KIEM_OK;
    for (size_t taken = 1; taken && status == KIEM_OK;) {
        status = next_bytes(&from, room, sizeof room, &taken, error);
        if (status == KIEM_OK) km_buf_append(&text, room, taken);
        if (!km_buf_ok(&text)) status = km_nomem(error);
    }
    close_bytes(&from);
    if (status == KIEM_OK)
        status = km_sheet_read(job->mem, input->name, text.data, text.length, &sheet, error);
    if (status == KIEM_OK) {
        status = km_budgets_read(&job->budgets, job->mem, &sheet, province_known,
                                 km_policy_table(job->policy, KM_TEXT("provinces")), error);
    }
    km_sheet_free(&sheet);
    km_buf_free(&text);
    return status;
}

static uint64_t total_bytes(const km_job *job) {
    uint64_t total = 0;
    for (size_t i = 0; i < job->input_count; i++) {
        const km_input_file *input = &job->inputs[i];
        if (input->role != KM_INPUT_CLAIMS) continue;
        FILE *stream = input->is_path ? fopen(input->name, "rb") : NULL;
        long size = stream && fseek(stream, 0, SEEK_END) == 0 ? ftell(stream) : -1;
        if (stream) fclose(stream);
        if (size < 0) return 0;
        total += (uint64_t)size;
    }
    return total;
}

kiem_status km_job_learn(km_job *job, km_error *error) {
    bool any = false, budgets = false;
    choose_columns(job);
    for (size_t i = 0; i < job->input_count; i++) {
        if (job->inputs[i].role != KM_INPUT_BUDGETS) continue;
        if (budgets) return km_fail(error, KIEM_E_ARGUMENT, "budgets are given twice");
        budgets = true;
        KM_TRY(read_budgets(job, &job->inputs[i], error));
    }
    job->now.bytes_total = total_bytes(job);
    for (size_t i = 0; i < job->input_count; i++) {
        if (job->inputs[i].role != KM_INPUT_CLAIMS) continue;
        any = true;
        KM_TRY(read_claims(job, (uint32_t)i, error));
    }
    if (!any) return km_fail(error, KIEM_E_ARGUMENT, "no claims are given");
    KM_TRY(km_job_tell(job, "history", error));
    KM_TRY(km_history_close(&job->history, error));
    return km_ledger_sort(&job->ledger, error);
}
