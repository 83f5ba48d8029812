#include "engine/claim_lines.h"

#include <string.h>

#include "base/hash.h"
#include "engine/flow/details.h"

void km_claim_lines_init(km_claim_lines *lines, const km_mem *mem) {
    *lines = (km_claim_lines){.mem = mem};
    km_map_init(&lines->keys, mem);
}

void km_claim_lines_free(km_claim_lines *lines) {
    if (!lines->mem) return;
    km_batch_free(&lines->none);
    km_map_free(&lines->keys);
    km_free(lines->mem, lines->parent, lines->parent_capacity * sizeof *lines->parent);
    km_free(lines->mem, lines->first, lines->first_capacity * sizeof *lines->first);
    *lines = (km_claim_lines){0};
}

static kiem_status make_none(km_claim_lines *lines, km_scope scope, km_error *error) {
    const km_fieldset all = km_fieldset_of(scope);
    if (lines->none.mem) return KIEM_OK;
    return km_batch_init(&lines->none, lines->mem, scope, &all, 1, error);
}

static void set_unclear(km_claim_lines *lines, uint32_t claim, bool unclear) {
    const uint64_t bit = (uint64_t)1 << (claim % 64);
    lines->unclear[claim / 64] = (lines->unclear[claim / 64] & ~bit) | (unclear ? bit : 0);
}

/* Lines find their claim by its MA_LK: not one that has none, or one that another has too. */
static kiem_status mark_unclear(km_claim_lines *lines, const km_batch *claims, km_error *error) {
    memset(lines->unclear, 0, sizeof lines->unclear);
    km_map_clear(&lines->keys);
    if (claims->rows == 1 && !lines->of_envelope) return KIEM_OK;
    for (uint32_t row = 0; row < claims->rows; row++) {
        const km_text key = km_batch_text(claims, KM_CLAIM_MA_LK, row);
        bool alone = false;
        if (key.length) {
            uint32_t *first = km_map_insert(&lines->keys, km_hash_text(key), &alone);
            if (!first) return km_nomem(error);
            if (alone)
                *first = row;
            else
                set_unclear(lines, *first, true);
        }
        set_unclear(lines, row, !alone);
    }
    return KIEM_OK;
}

/* The claim of a line, which is at or behind the one given; their number when there is none. */
static uint32_t claim_at(const km_batch *batch, uint32_t line, const km_batch *claims, uint32_t claim) {
    const km_text key = km_batch_text(batch, km_details_key(batch->scope), line);
    if (!key.length) return claim;
    while (claim < claims->rows && !km_text_equal(km_batch_text(claims, KM_CLAIM_MA_LK, claim), key)) claim++;
    return claim;
}

static kiem_status find_claim(km_claim_lines *lines, const km_batch *batch, uint32_t line,
                              const km_batch *claims, uint32_t *claim, km_error *error) {
    const char *scope = km_scope_name(batch->scope);
    *claim = claim_at(batch, line, claims, *claim);
    if (*claim == claims->rows)
        return km_fail(error, KIEM_E_ARGUMENT,
                       "%s line %u is of none of the claims, or does not stand in their order", scope,
                       (unsigned)line + 1);
    if (km_bit(lines->unclear, *claim) && km_batch_text(claims, KM_CLAIM_MA_LK, *claim).length)
        return km_fail(error, KIEM_E_ARGUMENT,
                       "several claims have the MA_LK of %s line %u: judge them apart from each other", scope,
                       (unsigned)line + 1);
    set_unclear(lines, *claim, false);
    return KIEM_OK;
}

kiem_status km_claim_lines_attach(km_claim_lines *lines, km_scope scope, const km_batch *batch,
                                  km_input *input, km_error *error) {
    if (!batch->rows) KM_TRY(make_none(lines, scope, error));
    if (!batch->rows) batch = &lines->none;
    const km_batch *claims = input->set[KM_SCOPE_CLAIM].batch;
    uint32_t claim = 0, next = 0; /* the claim at hand; the first whose lines are not begun */
    if (!km_grow(lines->mem, (void **)&lines->parent, &lines->parent_capacity, batch->rows,
                 sizeof *lines->parent) ||
        !km_grow(lines->mem, (void **)&lines->first, &lines->first_capacity, (size_t)claims->rows + 1,
                 sizeof *lines->first))
        return km_nomem(error);
    KM_TRY(mark_unclear(lines, claims, error));
    for (uint32_t line = 0; line < batch->rows; line++) {
        KM_TRY(find_claim(lines, batch, line, claims, &claim, error));
        while (next <= claim) lines->first[next++] = line;
        lines->parent[line] = claim;
    }
    while (next <= claims->rows) lines->first[next++] = batch->rows;
    input->set[scope] = (km_rowset){
        .batch = batch, .parent = lines->parent, .first = lines->first, .unclear = lines->unclear};
    return KIEM_OK;
}
