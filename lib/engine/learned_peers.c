#include "engine/learned_peers.h"

#include "base/sort.h"

km_place_tables km_policy_places(const km_policy *policy) {
    return km_place_tables_of(km_policy_table(policy, KM_TEXT("facilities")),
                              km_policy_table(policy, KM_TEXT("provinces")));
}

static void note_claims(km_peer_book *book, const km_batch *batch, const km_place_tables *places) {
    const km_note_reader reader = km_note_reader_of(batch, places);
    for (uint32_t row = 0; row < batch->rows; row++) {
        km_peer_note note;
        km_note_read(&reader, row, &note);
        km_peer_book_add(book, &note);
    }
}

kiem_status km_learn_claims(km_state *state, const km_batch *batch, const km_drafts *drafts,
                            const km_place_tables *places, km_error *error) {
    state->version++;
    KM_TRY(km_peer_book_expect(&state->peers, batch->rows, error));
    KM_TRY(drafts ? km_state_learn_drafts(state, batch, drafts, error) : km_state_learn(state, batch, error));
    note_claims(&state->peers, batch, places);
    return KIEM_OK;
}

static bool is_sampled(const km_peer_book *book, uint64_t hash) {
    size_t at;
    KM_BISECT(at, book->sampled, book->sample[at].hash < hash);
    return at < book->sampled && book->sample[at].hash == hash;
}

void km_peers_share(const km_peer_book *book, const km_batch *batch, km_peers_shared *shared) {
    const km_place_tables nowhere = {0};
    const km_note_reader reader = km_note_reader_of(batch, &nowhere);
    for (uint32_t row = 0; row < batch->rows; row++) {
        const uint64_t hash = km_note_hash(&reader, row);
        if (hash > book->last) continue;
        shared->could++;
        shared->are += is_sampled(book, hash);
    }
}

kiem_status km_peers_start(const km_peer_book *book, const km_peers_shared *shared, km_scorer *scorer,
                           km_error *error) {
    const km_peer_past past = km_peer_book_past(book);
    if (shared->are && shared->are >= shared->could - shared->are) return KIEM_OK;
    return km_scorer_start(scorer, &past, error);
}
