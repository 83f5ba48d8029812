#include "engine/flow/details.h"

#include <string.h>

#include "base/hash.h"
#include "base/sort.h"

int km_details_key(km_scope scope) {
    return scope == KM_SCOPE_DRUG      ? (int)KM_DRUG_MA_LK
           : scope == KM_SCOPE_SERVICE ? (int)KM_SERVICE_MA_LK
                                       : (int)KM_CLAIM_MA_LK;
}

static uint32_t group_of(const uint32_t *groups, const km_batch *batch) {
    return groups ? groups[batch->input] : 0;
}

/* 0 for a row without MA_LK. */
static uint64_t key_hash(const km_batch *batch, uint32_t row, const uint32_t *groups) {
    km_text key = km_batch_text(batch, km_details_key(batch->scope), row);
    if (!key.length) return 0;
    uint64_t hash = km_hash_text(key) ^ group_of(groups, batch) * 0x9E3779B97F4A7C15u;
    return hash ? hash : 1;
}

/* ---- keys of claims */

void km_claim_keys_init(km_claim_keys *keys, const km_mem *mem) {
    *keys = (km_claim_keys){.mem = mem};
}

void km_claim_keys_free(km_claim_keys *keys) {
    km_free(keys->mem, keys->hashes, keys->capacity * sizeof *keys->hashes);
    km_claim_keys_init(keys, keys->mem);
}

kiem_status km_claim_keys_add(km_claim_keys *keys, const km_batch *claims, km_error *error) {
    size_t need = keys->count + claims->rows;
    if (!km_grow(keys->mem, (void **)&keys->hashes, &keys->capacity, need, sizeof *keys->hashes))
        return km_nomem(error);
    for (uint32_t row = 0; row < claims->rows; row++)
        keys->hashes[keys->count++] = key_hash(claims, row, keys->groups);
    return KIEM_OK;
}

static uint64_t itself(const void *item) {
    return *(const uint64_t *)item;
}

kiem_status km_claim_keys_close(km_claim_keys *keys, km_error *error) {
    size_t kept = 0;
    if (!km_sort_array(keys->mem, (void **)&keys->hashes, &keys->capacity, keys->count, sizeof *keys->hashes,
                       itself)) {
        return km_nomem(error);
    }
    for (size_t i = 1; i < keys->count; i++) {
        bool again = keys->hashes[i] == keys->hashes[i - 1];
        bool noted = kept && keys->hashes[kept - 1] == keys->hashes[i];
        if (again && !noted) keys->hashes[kept++] = keys->hashes[i];
    }
    keys->count = kept;
    return KIEM_OK;
}

static bool is_shared(const km_claim_keys *keys, uint64_t hash) {
    size_t at;
    KM_BISECT(at, keys->count, keys->hashes[at] < hash);
    return at < keys->count && keys->hashes[at] == hash;
}

/* ---- lines */

void km_details_init(km_details *details, const km_mem *mem, km_scope scope) {
    memset(details, 0, sizeof *details);
    details->mem = mem;
    details->scope = scope;
    km_spool_init(&details->spool, mem);
}

void km_details_free(km_details *details) {
    if (!details->mem) return;
    km_spool_free(&details->spool);
    km_free(details->mem, details->lines, details->capacity * sizeof *details->lines);
    memset(details, 0, sizeof *details);
}

void km_detail_rows_init(km_detail_rows *rows, km_details *details) {
    memset(rows, 0, sizeof *rows);
    rows->details = details;
    for (int i = 0; i < KM_DETAIL_ROOMS; i++) km_buf_init(&rows->rooms[i], details->mem);
}

void km_detail_rows_free(km_detail_rows *rows) {
    if (!rows->details) return;
    const km_mem *mem = rows->details->mem;
    for (int i = 0; i < KM_DETAIL_VIEWS; i++) km_batch_free(&rows->views[i]);
    km_batch_free(&rows->batch);
    km_free(mem, rows->parent, rows->parent_capacity * sizeof *rows->parent);
    km_free(mem, rows->first, rows->first_capacity * sizeof *rows->first);
    km_free(mem, rows->input, rows->input_capacity * sizeof *rows->input);
    for (int i = 0; i < KM_DETAIL_ROOMS; i++) km_buf_free(&rows->rooms[i]);
    memset(rows, 0, sizeof *rows);
}

kiem_status km_details_add(km_details *details, const km_batch *lines, km_error *error) {
    size_t need = details->count + lines->rows;
    uint32_t item = (uint32_t)details->spool.count;
    if (!km_grow(details->mem, (void **)&details->lines, &details->capacity, need, sizeof *details->lines))
        return km_nomem(error);
    KM_TRY(km_spool_put(&details->spool, lines, &details->kept, error));
    for (uint32_t row = 0; row < lines->rows; row++) {
        details->lines[details->count++] = (km_detail_line){
            .hash = key_hash(lines, row, details->groups), .item = item, .row = row & 0x7FFFFFFF};
    }
    return KIEM_OK;
}

void km_details_note_input(km_details *details, const km_fieldset *present) {
    for (size_t i = 0; i < sizeof present->bits / sizeof present->bits[0]; i++) {
        details->present.bits[i] =
            details->any ? details->present.bits[i] & present->bits[i] : present->bits[i];
    }
    km_fieldset_add(&details->present,
                    km_field_find(details->scope, KM_TEXT("STANDARD"))); /* of any layout */
    km_fieldset_add(&details->present, km_field_find(details->scope, KM_TEXT("bad_values")));
    details->any = true;
}

static uint64_t line_hash(const void *item) {
    return ((const km_detail_line *)item)->hash;
}

kiem_status km_details_close(km_details *details, km_error *error) {
    if (!km_sort_array(details->mem, (void **)&details->lines, &details->capacity, details->count,
                       sizeof *details->lines, line_hash)) {
        return km_nomem(error);
    }
    return KIEM_OK;
}

static size_t first_line(const km_details *details, uint64_t hash) {
    size_t at;
    KM_BISECT(at, details->count, details->lines[at].hash < hash);
    return at;
}

/* A batch of the spool. Those in its file are copied into few rooms: lines mostly come in the order of their
 * claims, so the next claim asks for the same batch again. */
static kiem_status view_of(km_detail_rows *rows, uint32_t item, km_batch **out, km_error *error) {
    const km_spool *spool = &rows->details->spool;
    bool in_memory = spool->items[item].image != NULL;
    uint32_t slot = item % (in_memory ? KM_DETAIL_VIEWS : KM_DETAIL_ROOMS);
    km_batch *view = *out = &rows->views[slot];
    if (view->mem && rows->view_item[slot] == item) return KIEM_OK;
    km_batch_free(view);
    KM_TRY(km_spool_get(spool, item, in_memory ? NULL : &rows->rooms[slot], view, error));
    rows->view_item[slot] = item;
    return KIEM_OK;
}

/* Counts the lines a batch of claims can have at most and marks the claims that share their MA_LK. */
static size_t count_lines(km_detail_rows *rows, const km_batch *claims, const km_claim_keys *shared) {
    const km_details *details = rows->details;
    size_t total = 0;
    memset(rows->unclear, 0, sizeof rows->unclear);
    for (uint32_t row = 0; row < claims->rows; row++) {
        uint64_t hash = key_hash(claims, row, details->groups);
        if (!hash || is_shared(shared, hash)) {
            rows->unclear[row / 64] |= (uint64_t)1 << (row % 64);
            continue;
        }
        for (size_t i = first_line(details, hash); i < details->count && details->lines[i].hash == hash; i++)
            total++;
    }
    return total;
}

static kiem_status make_room(km_detail_rows *rows, size_t total, size_t claims, km_error *error) {
    const km_details *details = rows->details;
    if (total > UINT32_MAX / 2)
        return km_fail(error, KIEM_E_RANGE, "too many detail lines for one batch of claims");
    if (!km_grow(details->mem, (void **)&rows->parent, &rows->parent_capacity, total, sizeof *rows->parent) ||
        !km_grow(details->mem, (void **)&rows->input, &rows->input_capacity, total, sizeof *rows->input) ||
        !km_grow(details->mem, (void **)&rows->first, &rows->first_capacity, claims + 1,
                 sizeof *rows->first)) {
        return km_nomem(error);
    }
    if (rows->batch.mem && rows->batch.capacity >= total) {
        km_batch_clear(&rows->batch);
        return KIEM_OK;
    }
    km_batch_free(&rows->batch);
    km_fieldset fields = details->present;
    for (size_t i = 0; i < sizeof fields.bits / sizeof fields.bits[0]; i++)
        fields.bits[i] &= details->kept.bits[i];
    return km_batch_init(&rows->batch, details->mem, details->scope, &fields,
                         (uint32_t)(total + total / 2 + 64), error);
}

static kiem_status take_lines(km_detail_rows *rows, const km_batch *claims, uint32_t claim, km_error *error) {
    km_details *details = rows->details;
    uint64_t hash = key_hash(claims, claim, details->groups);
    km_text key = km_batch_text(claims, KM_CLAIM_MA_LK, claim);
    for (size_t i = first_line(details, hash); i < details->count && details->lines[i].hash == hash; i++) {
        km_batch *from;
        km_detail_line *line = &details->lines[i];
        KM_TRY(view_of(rows, line->item, &from, error));
        if (group_of(details->groups, from) != group_of(details->groups, claims) ||
            !km_text_equal(km_batch_text(from, km_details_key(details->scope), line->row), key))
            continue;
        rows->parent[rows->batch.rows] = claim;
        rows->input[rows->batch.rows] = from->input;
        KM_TRY(km_batch_copy_row(&rows->batch, from, line->row, error));
        line->used = 1;
    }
    return KIEM_OK;
}

kiem_status km_detail_rows_attach(km_detail_rows *rows, const km_claim_keys *shared, km_input *input,
                                  km_error *error) {
    const km_batch *claims = input->set[KM_SCOPE_CLAIM].batch;
    if (!rows->details->any) return KIEM_OK;
    KM_TRY(make_room(rows, count_lines(rows, claims, shared), claims->rows, error));
    for (uint32_t row = 0; row < claims->rows; row++) {
        rows->first[row] = rows->batch.rows;
        if (!km_bit(rows->unclear, row)) KM_TRY(take_lines(rows, claims, row, error));
    }
    rows->first[claims->rows] = rows->batch.rows;
    input->set[rows->details->scope] = (km_rowset){
        .batch = &rows->batch, .parent = rows->parent, .first = rows->first, .unclear = rows->unclear};
    return KIEM_OK;
}

static uint64_t by_place(const void *item) {
    const km_detail_line *line = item;
    return (uint64_t)line->item << 32 | line->row;
}

kiem_status km_details_next_orphan(km_detail_rows *rows, const km_claim_keys *keys, size_t *cursor,
                                   km_orphan *out, bool *more, km_error *error) {
    km_details *details = rows->details;
    km_batch *from;
    if (*cursor == 0 && !km_sort_array(details->mem, (void **)&details->lines, &details->capacity,
                                       details->count, sizeof *details->lines, by_place))
        return km_nomem(error); /* lines are asked for by hash no more */
    while (*cursor < details->count && details->lines[*cursor].used) ++*cursor;
    *more = *cursor < details->count;
    if (!*more) return KIEM_OK;
    const km_detail_line *line = &details->lines[(*cursor)++];
    KM_TRY(view_of(rows, line->item, &from, error));
    *out = (km_orphan){from->input, from->row[line->row], line->hash && is_shared(keys, line->hash)};
    return KIEM_OK;
}
