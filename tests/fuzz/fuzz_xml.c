/* Any bytes as the ministry's envelope. Whatever comes, pieces change nothing, and the tables that come out
 * are CSV: every row of theirs is one record of a reader, or blank in the place of a reject. */
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "ingest/envelope.h"
#include "ingest/reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(bool held) {
    if (!held) abort();
}

static uint64_t count_rows(km_tag_table *table, km_scope scope, uint64_t *hash) {
    const km_ingest_options options = {.scope = scope, .first_row = 1};
    km_reader *reader;
    km_batch *batch;
    char room[4096];
    size_t taken;
    uint64_t rows = 0;
    require(km_reader_new(km_mem_default(), &options, &reader, NULL) == KIEM_OK);
    do {
        require(km_tag_table_read(table, room, sizeof room, &taken, NULL) == KIEM_OK);
        *hash = km_hash(room, taken, *hash);
        require(km_reader_push(reader, room, taken, NULL) == KIEM_OK);
        while (km_reader_next(reader, &batch, NULL) == KIEM_OK && batch) rows += batch->rows;
    } while (taken);
    kiem_status status = km_reader_finish(reader, NULL);
    while (status == KIEM_OK && (status = km_reader_next(reader, &batch, NULL)) == KIEM_OK && batch)
        rows += batch->rows;
    rows += km_reader_rejects(reader)->count; /* a header again */
    km_reader_free(reader);
    return status == KIEM_OK ? rows : UINT64_MAX; /* one element under two names */
}

static uint64_t hash_tables(km_envelope *envelope) {
    static const km_scope scopes[] = {KM_SCOPE_CLAIM, KM_SCOPE_DRUG, KM_SCOPE_SERVICE};
    const km_rejects *rejects = km_envelope_rejects(envelope);
    uint64_t hash = rejects->count;
    for (size_t i = 0; i < rejects->count; i++) {
        km_text reason = km_reject_reason(rejects, i);
        hash = km_hash(reason.ptr, reason.length, hash ^ (uint64_t)rejects->list[i].row);
    }
    for (size_t i = 0; i < sizeof scopes / sizeof scopes[0]; i++) {
        km_tag_table *table = km_envelope_table(envelope, scopes[i]);
        uint64_t blank = scopes[i] == KM_SCOPE_CLAIM ? rejects->count : 0;
        uint64_t rows = count_rows(table, scopes[i], &hash);
        require(rows == UINT64_MAX || rows + blank <= table->rows);
    }
    return hash;
}

static kiem_status read_pieces(const uint8_t *data, size_t size, size_t piece, uint64_t *hash) {
    km_envelope *envelope;
    *hash = 0;
    require(km_envelope_new(km_mem_default(), "fuzz.xml", 0, NULL, &envelope, NULL) == KIEM_OK);
    kiem_status status = KIEM_OK;
    for (size_t at = 0; at < size && status == KIEM_OK; at += piece)
        status = km_envelope_push(envelope, data + at, size - at < piece ? size - at : piece, false, NULL);
    if (status == KIEM_OK) status = km_envelope_push(envelope, "", 0, true, NULL);
    if (status == KIEM_OK) status = km_envelope_close(envelope, NULL);
    if (status == KIEM_OK) *hash = hash_tables(envelope);
    km_envelope_free(envelope);
    return status;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    uint64_t whole, pieces;
    if (size < 2) return 0;
    kiem_status status = read_pieces(data + 1, size - 1, size, &whole);
    require(status == KIEM_OK || status == KIEM_E_FORMAT);
    require(read_pieces(data + 1, size - 1, 1 + data[0], &pieces) == status && whole == pieces);
    return 0;
}
