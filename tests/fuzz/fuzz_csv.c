/* Any bytes through the reader. The first four bytes choose the options; the rest is a whole file, or the
 * rows behind a header and 64 KiB of blank lines, where the slices that bytes arrive in begin to matter.
 * Whatever comes: every record is a row or a reject, rows count upwards, and slices change nothing. */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "ingest/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef struct outcome {
    kiem_status status;
    uint64_t rows, rejects, records, hash;
    int64_t row;
} outcome;

static void require(bool held) {
    if (!held) abort();
}

static void note_batch(outcome *seen, const km_batch *batch) {
    int count;
    km_fields(batch->scope, &count);
    require(batch->rows > 0 && batch->rows <= KM_BATCH_ROWS);
    for (uint32_t row = 0; row < batch->rows; row++) {
        require(batch->row[row] > seen->row);
        seen->row = batch->row[row];
        for (int field = 0; field < count; field++) {
            if (!km_fieldset_has(&batch->present, field)) continue;
            km_value value = km_batch_value(batch, field, row);
            uint64_t parts[3] = {value.known, (uint64_t)value.number, value.code};
            seen->hash = km_hash(parts, sizeof parts, seen->hash);
            if (value.text.length) seen->hash = km_hash(value.text.ptr, value.text.length, seen->hash);
            require(km_utf8_valid(value.text.ptr, value.text.length));
        }
    }
    seen->rows += batch->rows;
}

static void note_rejects(outcome *seen, km_rejects *rejects) {
    for (size_t i = 0; i < rejects->count; i++) {
        km_text value = km_reject_value(rejects, i), reason = km_reject_reason(rejects, i);
        seen->hash = km_hash(value.ptr, value.length, seen->hash ^ (uint64_t)rejects->list[i].offset);
        seen->hash = km_hash(reason.ptr, reason.length, seen->hash ^ (uint64_t)rejects->list[i].row);
    }
    seen->rejects += rejects->count;
    km_rejects_clear(rejects);
}

static kiem_status pull(km_reader *reader, outcome *seen) {
    for (;;) {
        km_batch *batch;
        kiem_status status = km_reader_next(reader, &batch, NULL);
        if (status != KIEM_OK) return status;
        note_rejects(seen, km_reader_rejects(reader));
        if (!batch) return KIEM_OK;
        note_batch(seen, batch);
    }
}

static const char header[] = "MA_LK,HO_TEN,NGAY_SINH,MA_BENH_CHINH,NGAY_VAO,NGAY_MIEN_CCT,T_BHTT,CAN_NANG,"
                             "STT,MA_CSKCB,MA_LOAI_KCB,x\n";

/* A header and blank lines, none over the record limit, that fill the head. */
static kiem_status push_front(km_reader *reader, size_t record_limit) {
    static char blank[KM_HEAD_SIZE];
    size_t line = record_limit ? record_limit : KM_HEAD_SIZE - 1;
    memset(blank, ' ', sizeof blank);
    for (size_t at = line; at < sizeof blank; at += line + 1) blank[at] = '\n';
    blank[sizeof blank - 1] = '\n';
    KM_TRY(km_reader_push(reader, header, sizeof header - 1, NULL));
    return km_reader_push(reader, blank, sizeof blank, NULL);
}

static outcome read_slices(const km_ingest_options *options, bool front, const uint8_t *data, size_t size,
                           size_t slice) {
    outcome seen = {0};
    km_reader *reader;
    require(km_reader_new(km_mem_default(), options, &reader, NULL) == KIEM_OK);
    kiem_status status = front ? push_front(reader, options->record_limit) : KIEM_OK;
    for (size_t at = 0; at < size && status == KIEM_OK; at += slice) {
        status = km_reader_push(reader, data + at, size - at < slice ? size - at : slice, NULL);
        if (status == KIEM_OK) status = pull(reader, &seen);
    }
    if (status == KIEM_OK) status = km_reader_finish(reader, NULL);
    if (status == KIEM_OK) status = pull(reader, &seen);
    km_reader_counts counts = km_reader_get_counts(reader);
    seen.status = status;
    seen.records = counts.records;
    if (status == KIEM_OK) {
        require(counts.records == seen.rows + seen.rejects);
        require(counts.rows == seen.rows && counts.rejects == seen.rejects);
    } else {
        require(status == KIEM_E_FORMAT);
    }
    km_reader_free(reader);
    return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    if (size < 4) return 0;
    km_ingest_options options = {.file = "fuzz.csv",
                                 .scope = (km_scope)(data[0] % 3),
                                 .decimal_comma = data[0] & 8,
                                 .block_size = (size_t)data[1] * 16,
                                 .record_limit = (size_t)data[2] * 8};
    memset(&options.wanted, data[0] & 16 ? 0x55 : 0xFF, sizeof options.wanted);
    bool front = data[0] >= 0xE0;
    if (front) options.scope = KM_SCOPE_CLAIM;
    outcome whole = read_slices(&options, front, data + 4, size - 4, size);
    outcome sliced = read_slices(&options, front, data + 4, size - 4, 1 + data[3]);
    require(whole.status == sliced.status);
    if (whole.status == KIEM_OK) require(whole.hash == sliced.hash && whole.records == sliced.records);
    return 0;
}
