#include "state/state.h"

#include "state/history/run_file.h"

#define KM_SECTION_ABOUT KM_SECTION('A', 'B', 'O', 'U')

void km_state_init(km_state *state, const km_mem *mem) {
    *state = (km_state){.mem = mem};
    km_origins_init(&state->sources, mem);
    km_run_init(&state->run, mem);
    km_run_init(&state->fresh, mem);
    km_state_money_init(&state->money, mem);
    km_peer_book_init(&state->peers, mem);
}

void km_state_free(km_state *state) {
    km_origins_free(&state->sources);
    km_run_free(&state->run);
    km_run_free(&state->fresh);
    km_state_money_free(&state->money);
    km_peer_book_free(&state->peers);
    km_state_init(state, state->mem);
}

kiem_status km_state_learn_drafts(km_state *state, const km_batch *batch, const km_drafts *drafts,
                                  km_error *error) {
    KM_TRY(km_state_money_expect(&state->money, batch, error));
    KM_TRY(km_run_add(&state->fresh, drafts, error));
    km_state_money_learn(&state->money, batch);
    state->skips.no_person += drafts->skips.no_person;
    state->skips.no_time += drafts->skips.no_time;
    return KIEM_OK;
}

kiem_status km_state_learn(km_state *state, const km_batch *batch, km_error *error) {
    km_drafts drafts;
    km_drafts_init(&drafts, state->mem, &state->courses);
    kiem_status status = km_drafts_read(&drafts, batch, error);
    if (status == KIEM_OK) status = km_state_learn_drafts(state, batch, &drafts, error);
    km_drafts_free(&drafts);
    return status;
}

kiem_status km_state_settle(km_state *state, km_error *error) {
    km_run *fresh = &state->fresh;
    KM_TRY(km_ledger_sort(&state->money.ledger, error));
    KM_TRY(km_peer_book_settle(&state->peers, error));
    if (!fresh->count && !fresh->links.count) return KIEM_OK;
    KM_TRY(km_run_sort(fresh, error));
    KM_TRY(km_links_tidy(&fresh->links, error));
    for (size_t i = 0; i < fresh->count; i++) fresh->episodes[i].row = 0;
    if (state->run.count || state->run.links.count) {
        KM_TRY(km_run_merge(&state->run, fresh, error));
    } else {
        km_run first = state->run;
        state->run = *fresh;
        *fresh = first;
    }
    km_run_free(fresh);
    return KIEM_OK;
}

kiem_status km_state_merge(km_state *state, km_state *more, bool again, km_error *error) {
    KM_TRY(km_state_settle(state, error));
    KM_TRY(km_state_settle(more, error));
    KM_TRY(km_origins_expect(&state->sources, &more->sources, again, error));
    state->version++;
    KM_TRY(km_state_money_expect_all(&state->money, &more->money, error));
    KM_TRY(km_peer_book_expect_all(&state->peers, &more->peers, error));
    KM_TRY(km_run_merge(&state->run, &more->run, error));
    km_peer_book_merge(&state->peers, &more->peers);
    km_state_money_merge(&state->money, &more->money);
    KM_TRY(km_origins_merge(&state->sources, &more->sources, error));
    state->skips.no_person += more->skips.no_person;
    state->skips.no_time += more->skips.no_time;
    return KIEM_OK;
}

/* ---- files */

static kiem_status save_about(const km_state *state, km_section_writer *writer, km_error *error) {
    KM_TRY(km_section_begin(writer, KM_SECTION_ABOUT, 1, 16, error));
    KM_TRY(km_section_put_u64(writer, state->skips.no_person, error));
    KM_TRY(km_section_put_u64(writer, state->skips.no_time, error));
    return km_section_end(writer, error);
}

static kiem_status load_about(km_state *state, km_section_reader *reader, km_error *error) {
    if (reader->version != 1) return km_section_damaged(reader, error);
    KM_TRY(km_section_get_u64(reader, &state->skips.no_person, error));
    KM_TRY(km_section_get_u64(reader, &state->skips.no_time, error));
    return km_section_close(reader, error);
}

kiem_status km_state_save(km_state *state, km_write *write, void *user, km_error *error) {
    KM_TRY(km_state_settle(state, error));
    KM_TRY(km_links_tidy(&state->run.links, error));
    km_section_writer *writer = km_alloc(state->mem, sizeof *writer);
    if (!writer) return km_nomem(error);
    kiem_status status = km_sections_begin(writer, write, user, error);
    if (status == KIEM_OK) status = save_about(state, writer, error);
    if (status == KIEM_OK) status = km_origins_save(&state->sources, writer, error);
    if (status == KIEM_OK) status = km_run_save(&state->run, writer, error);
    if (status == KIEM_OK) status = km_state_money_save(&state->money, writer, error);
    if (status == KIEM_OK) status = km_peer_book_save(&state->peers, writer, error);
    if (status == KIEM_OK) status = km_sections_end(writer, error);
    km_free(state->mem, writer, sizeof *writer);
    return status;
}

static kiem_status load_section(km_state *state, km_section_reader *reader, km_error *error) {
    switch (reader->name) {
    case KM_SECTION_ABOUT: return load_about(state, reader, error);
    case KM_SECTION_SOURCES: return km_origins_load(&state->sources, reader, error);
    case KM_SECTION_EPISODES: return km_run_load_episodes(&state->run, reader, error);
    case KM_SECTION_LINKS: return km_run_load_links(&state->run, reader, error);
    case KM_SECTION_MONEY: return km_state_money_load(&state->money, reader, error);
    case KM_SECTION_PEERS: return km_peer_book_load(&state->peers, reader, error);
    default: return KIEM_OK;
    }
}

/* Every section once, in the order they are written, but those that the format of the file had not yet. */
static kiem_status load_sections(km_state *state, km_section_reader *reader, km_error *error) {
    static const struct {
        uint32_t name;
        unsigned since; /* minor */
    } sections[] = {{KM_SECTION_ABOUT, 0}, {KM_SECTION_SOURCES, 0}, {KM_SECTION_EPISODES, 0},
                    {KM_SECTION_LINKS, 0}, {KM_SECTION_MONEY, 1},   {KM_SECTION_PEERS, 2},
                    {KM_SECTION_END, 0}};
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
        if (sections[i].since > reader->minor) continue;
        KM_TRY(km_section_next(reader, error));
        if (reader->name != sections[i].name) return km_section_damaged(reader, error);
        KM_TRY(load_section(state, reader, error));
    }
    return KIEM_OK;
}

static kiem_status expect_end(const km_section_reader *reader, km_error *error) {
    unsigned char byte;
    size_t taken = 0;
    KM_TRY(reader->read(reader->user, &byte, 1, &taken, error));
    return taken ? km_fail(error, KIEM_E_STATE, "the state is damaged: bytes follow its end") : KIEM_OK;
}

kiem_status km_state_load(km_state *state, km_read *read, void *user, km_error *error) {
    km_section_reader *reader = km_alloc(state->mem, sizeof *reader);
    if (!reader) return km_nomem(error);
    kiem_status status = km_sections_open(reader, read, user, error);
    if (status == KIEM_OK) status = load_sections(state, reader, error);
    if (status == KIEM_OK) status = expect_end(reader, error);
    km_free(state->mem, reader, sizeof *reader);
    if (status != KIEM_OK) km_state_free(state);
    return status;
}
