#include "engine/claim_lines.h"

#include "engine/flow/details.h"

void km_claim_lines_init(km_claim_lines *lines, const km_mem *mem) {
    *lines = (km_claim_lines){.mem = mem};
}

void km_claim_lines_free(km_claim_lines *lines) {
    if (!lines->mem) return;
    km_batch_free(&lines->none);
    km_free(lines->mem, lines->parent, lines->parent_capacity * sizeof *lines->parent);
    km_free(lines->mem, lines->first, lines->first_capacity * sizeof *lines->first);
    *lines = (km_claim_lines){0};
}

static kiem_status make_none(km_claim_lines *lines, km_scope scope, km_error *error) {
    km_fieldset all = {0};
    int count;
    if (lines->none.mem) return KIEM_OK;
    km_fields(scope, &count);
    for (int i = 0; i < count; i++) km_fieldset_add(&all, i);
    return km_batch_init(&lines->none, lines->mem, scope, &all, 1, error);
}

/* The claim of a line, which is at or behind the one given; their number when there is none. */
static uint32_t claim_of(const km_batch *batch, uint32_t line, const km_batch *claims, uint32_t claim) {
    const km_text key = km_batch_text(batch, km_details_key(batch->scope), line);
    if (!key.length) return claim;
    while (claim < claims->rows && !km_text_equal(km_batch_text(claims, KM_CLAIM_MA_LK, claim), key)) claim++;
    return claim;
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
    for (uint32_t line = 0; line < batch->rows; line++) {
        claim = claim_of(batch, line, claims, claim);
        if (claim == claims->rows)
            return km_fail(error, KIEM_E_ARGUMENT,
                           "%s line %u is of none of the claims, or does not stand in their order",
                           km_scope_name(scope), (unsigned)line + 1);
        while (next <= claim) lines->first[next++] = line;
        lines->parent[line] = claim;
    }
    while (next <= claims->rows) lines->first[next++] = batch->rows;
    input->set[scope] = (km_rowset){.batch = batch, .parent = lines->parent, .first = lines->first};
    return KIEM_OK;
}
