#include "engine/xml_claims.h"

#include "base/hash.h"
#include "base/map.h"

static const km_scope scopes[KM_ENVELOPE_TABLES] = {KM_SCOPE_CLAIM, KM_SCOPE_DRUG, KM_SCOPE_SERVICE};

/* No claim may be missing from an answer: the first reject is the error. */
static kiem_status check_rejects(const km_rejects *rejects, const char *name, km_error *error) {
    if (!rejects->count) return KIEM_OK;
    const km_text column = km_reject_column(rejects, 0), reason = km_reject_reason(rejects, 0);
    const km_place place = km_at(name, rejects->list[0].row, 0);
    if (!column.length) return km_fail_at(error, KIEM_E_FORMAT, place, "%.*s", KM_TEXT_ARG(reason));
    return km_fail_at(error, KIEM_E_FORMAT, place, "in %.*s: %.*s", KM_TEXT_ARG(column), KM_TEXT_ARG(reason));
}

static kiem_status read_table(km_reader *reader, km_tag_table *table, km_error *error) {
    char room[8192];
    size_t taken;
    do {
        KM_TRY(km_tag_table_read(table, room, sizeof room, &taken, error));
        KM_TRY(km_reader_push(reader, room, taken, error));
    } while (taken);
    return km_reader_finish(reader, error);
}

/* All rows of a table as one batch. */
static kiem_status join(km_reader *reader, uint32_t rows, const km_mem *mem, km_batch *joined,
                        km_error *error) {
    for (;;) {
        km_batch *batch;
        KM_TRY(km_reader_next(reader, &batch, error));
        if (!batch) return KIEM_OK;
        if (!joined->mem) KM_TRY(km_batch_init(joined, mem, batch->scope, &batch->present, rows, error));
        for (uint32_t row = 0; row < batch->rows; row++) KM_TRY(km_batch_copy_row(joined, batch, row, error));
    }
}

static kiem_status read_batch(km_xml_claims *c, int number, const km_mem *mem, const char *name,
                              km_error *error) {
    km_tag_table *table = km_envelope_table(c->envelope, scopes[number]);
    const size_t size = km_tag_table_size(table) + 1; /* so that all rows are in one block */
    const bool one_block = table->rows <= KM_BATCH_ROWS && size <= KM_BLOCK_SIZE_MAX;
    const uint32_t most = scopes[number] == KM_SCOPE_CLAIM ? KM_BATCH_ROWS : KM_BATCH_LINES;
    const km_ingest_options options = {.file = name,
                                       .scope = scopes[number],
                                       .wanted = km_fieldset_of(scopes[number]),
                                       .first_row = 1,
                                       .block_size = one_block ? size : 0};
    km_batch *batch = NULL, *joined = &c->joined[number];
    if (table->rows > most)
        return km_fail_at(error, KIEM_E_RANGE, km_at(name, 0, 0), "a batch has at most %d rows", (int)most);
    KM_TRY(km_reader_new(mem, &options, &c->readers[number], error));
    KM_TRY(read_table(c->readers[number], table, error));
    if (one_block) KM_TRY(km_reader_next(c->readers[number], &batch, error));
    /* of one block none follows; this tells whether its numbers can be read */
    KM_TRY(join(c->readers[number], (uint32_t)table->rows, mem, joined, error));
    KM_TRY(check_rejects(km_reader_rejects(c->readers[number]), name, error));
    c->batches[number] = joined->mem ? joined : batch;
    return KIEM_OK;
}

/* Lines are found by the MA_LK of their claim. */
static kiem_status check_keys(const km_batch *claims, const km_mem *mem, const char *name, km_error *error) {
    km_map seen;
    kiem_status status = KIEM_OK;
    km_map_init(&seen, mem);
    for (uint32_t row = 0; claims && row < claims->rows && status == KIEM_OK; row++) {
        const km_text key = km_batch_text(claims, KM_CLAIM_MA_LK, row);
        bool made = true;
        if (key.length && !km_map_insert(&seen, km_hash_text(key), &made)) status = km_nomem(error);
        if (!made)
            status = km_fail_at(
                error, KIEM_E_FORMAT, km_at(name, claims->row[row], 0),
                "another claim of this file has the same MA_LK: which lines are whose cannot be told");
    }
    km_map_free(&seen);
    return status;
}

kiem_status km_xml_claims_read(km_xml_claims *c, const km_mem *mem, const char *name, const void *bytes,
                               size_t size, km_error *error) {
    *c = (km_xml_claims){0};
    KM_TRY(km_envelope_new(mem, name, 0, NULL, &c->envelope, error));
    KM_TRY(km_envelope_push(c->envelope, bytes, size, true, error));
    KM_TRY(km_envelope_close(c->envelope, error));
    KM_TRY(check_rejects(km_envelope_rejects(c->envelope), name, error));
    for (int i = 0; i < KM_ENVELOPE_TABLES; i++) KM_TRY(read_batch(c, i, mem, name, error));
    const bool lines = c->batches[1] || c->batches[2];
    return lines ? check_keys(c->batches[0], mem, name, error) : KIEM_OK;
}

void km_xml_claims_free(km_xml_claims *c) {
    for (int i = 0; i < KM_ENVELOPE_TABLES; i++) {
        km_batch_free(&c->joined[i]);
        km_reader_free(c->readers[i]);
    }
    km_envelope_free(c->envelope);
    *c = (km_xml_claims){0};
}
