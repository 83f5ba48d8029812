#include "state/history/history.h"

#include "base/sort.h"
#include "state/history/person.h"

void km_history_init(km_history *history, const km_mem *mem) {
    *history = (km_history){.mem = mem, .memory_limit = UINT64_MAX};
    km_spill_init(&history->taken, mem, "/tmp");
    km_spill_init(&history->swept, mem, "/tmp");
    km_joins_init(&history->joins, mem);
    km_shared_init(&history->shared, mem);
    km_repeats_init(&history->repeats, mem);
}

void km_history_part_free(km_history *history, km_history_part *part) {
    history->in_memory -= part->episodes.in_memory + part->texts.in_memory;
    km_stream_free(&part->episodes, history->mem);
    km_stream_free(&part->texts, history->mem);
}

void km_history_free(km_history *history) {
    const km_mem *mem = history->mem;
    size_t persons = history->past_starts[KM_HISTORY_PARTS];
    for (int i = 0; i < KM_HISTORY_PARTS; i++) {
        km_history_found *found = &history->found[i];
        km_history_part_free(history, &history->parts[i]);
        km_history_part_free(history, &history->loose[i]);
        km_stream_free(&found->facts, mem);
        km_stream_free(&found->patients, mem);
        km_free(mem, found->index, history->index_count * sizeof *found->index);
    }
    km_stream_free(&history->links, mem);
    km_free(mem, history->past_persons, persons * sizeof *history->past_persons);
    km_joins_free(&history->joins);
    km_shared_free(&history->shared);
    km_repeats_free(&history->repeats);
    km_spill_free(&history->taken);
    km_spill_free(&history->swept);
    km_history_init(history, mem);
}

void km_history_limit(km_history *history, uint64_t memory, const char *directory) {
    history->memory_limit = memory;
    history->taken.directory = history->swept.directory = directory;
}

void km_history_start(km_history *history, const km_run *past) {
    history->past = past;
}

void km_history_tell_sources(km_history *history, const km_source_starts *starts) {
    history->sources = *starts;
}

/* ---- adding */

static kiem_status spill_part(km_history *history, km_history_part *part, km_error *error) {
    KM_TRY(km_stream_spill(&part->episodes, history->mem, &history->taken, error));
    return km_stream_spill(&part->texts, history->mem, &history->taken, error);
}

kiem_status km_history_make_room(km_history *history, uint64_t more, km_error *error) {
    if (history->in_memory + more <= history->memory_limit || !history->in_memory) return KIEM_OK;
    for (int i = 0; i < KM_HISTORY_PARTS; i++) {
        KM_TRY(spill_part(history, &history->parts[i], error));
        KM_TRY(spill_part(history, &history->loose[i], error));
    }
    KM_TRY(km_stream_spill(&history->links, history->mem, &history->taken, error));
    history->in_memory = 0;
    return KIEM_OK;
}

/* Appends to a stream and books what it takes. */
static bool put(km_history *history, km_stream *to, const void *bytes, size_t size) {
    uint64_t before = to->in_memory;
    bool done = km_stream_put(to, history->mem, bytes, size);
    history->in_memory += to->in_memory - before;
    return done;
}

bool km_history_put(km_history *history, km_history_part *to, const km_episode *episode, const char *key) {
    km_episode kept = *episode;
    size_t length = episode->key & UINT16_MAX;
    kept.key = to->texts.length << 16 | length;
    return put(history, &to->episodes, &kept, sizeof kept) && put(history, &to->texts, key, length);
}

static km_history_part *part_for(km_history *history, uint64_t person) {
    return &(km_person_is_citizen(person) ? history->loose : history->parts)[km_history_part_of(person)];
}

/* Asks for where the claim will be put: the ends of the parts are more than a near cache holds. */
static void ask_for_end(km_history *history, const km_draft *draft) {
    const km_history_part *part = part_for(history, draft->episode.person);
    const km_stream_piece *episodes = km_stream_last(&part->episodes), *texts = km_stream_last(&part->texts);
    if (!episodes || !episodes->data || !texts || !texts->data) return;
    KM_PREFETCH(episodes->data + episodes->used);
    KM_PREFETCH(episodes->data + episodes->used + sizeof(km_episode) - 1);
    KM_PREFETCH(texts->data + texts->used);
}

static bool put_draft(km_history *history, const km_draft *draft) {
    uint64_t person = draft->episode.person;
    km_history_part *part = part_for(history, person);
    const km_link link = {draft->citizen, person};
    if (!km_history_put(history, part, &draft->episode, draft->key)) return false;
    return draft->citizen == KM_NO_PERSON || put(history, &history->links, &link, sizeof link);
}

/* Where everything ended before a batch. */
typedef struct marks {
    km_stream_mark parts[KM_HISTORY_PARTS][2], loose[KM_HISTORY_PARTS][2], links;
} marks;

static void mark_part(const km_history_part *part, km_stream_mark to[2]) {
    to[0] = km_stream_here(&part->episodes);
    to[1] = km_stream_here(&part->texts);
}

static void take_back(km_history *history, km_stream *stream, km_stream_mark mark) {
    uint64_t before = stream->in_memory;
    km_stream_back(stream, history->mem, mark);
    history->in_memory -= before - stream->in_memory;
}

static void forget_since(km_history *history, const marks *m) {
    for (int i = 0; i < KM_HISTORY_PARTS; i++) {
        take_back(history, &history->parts[i].episodes, m->parts[i][0]);
        take_back(history, &history->parts[i].texts, m->parts[i][1]);
        take_back(history, &history->loose[i].episodes, m->loose[i][0]);
        take_back(history, &history->loose[i].texts, m->loose[i][1]);
    }
    take_back(history, &history->links, m->links);
}

kiem_status km_history_add_drafts(km_history *history, const km_drafts *drafts, km_error *error) {
    enum { AHEAD = 16 /* claims */ };
    marks before;
    if (history->stage != KM_HISTORY_OPEN)
        return km_fail(error, KIEM_E_ARGUMENT, "the patient history is already closed");
    KM_TRY(km_history_make_room(history, 0, error));
    for (int i = 0; i < KM_HISTORY_PARTS; i++) {
        mark_part(&history->parts[i], before.parts[i]);
        mark_part(&history->loose[i], before.loose[i]);
    }
    before.links = km_stream_here(&history->links);
    for (size_t i = 0; i < drafts->count; i++) {
        if (i + AHEAD < drafts->count) ask_for_end(history, &drafts->items[i + AHEAD]);
        if (put_draft(history, &drafts->items[i])) continue;
        forget_since(history, &before);
        return km_nomem(error);
    }
    for (size_t i = 0; i < drafts->count; i++) {
        uint64_t row = drafts->items[i].episode.row;
        if (history->first_row == history->row_end) history->first_row = history->row_end = row;
        if (row < history->first_row) history->first_row = row;
        if (row >= history->row_end) history->row_end = row + 1;
    }
    history->skips.no_person += drafts->skips.no_person;
    history->skips.no_time += drafts->skips.no_time;
    return KIEM_OK;
}

/* ---- attaching */

void km_history_reader_init(km_history_reader *reader, const km_history *history) {
    *reader = (km_history_reader){.history = history};
    km_buf_init(&reader->room, history->mem);
}

void km_history_reader_free(km_history_reader *reader) {
    km_buf_free(&reader->room);
}

/* The rows of a batch by their numbers, which stand in ascending order. */
typedef struct row_numbers {
    const km_batch *batch;
    uint64_t first, last; /* + 1, as in the facts */
    uint16_t *slots;      /* of row first + i: place in the batch + 1; NULL when they are too far apart */
} row_numbers;

enum { SLOTS = 4 * KM_BATCH_ROWS };

static row_numbers numbers_of(const km_batch *batch, uint16_t slots[SLOTS]) {
    row_numbers r = {batch, km_batch_id(batch, 0) + 1, km_batch_id(batch, batch->rows - 1) + 1, NULL};
    if (r.last - r.first >= SLOTS) return r;
    r.slots = slots;
    for (uint64_t i = 0; i <= r.last - r.first; i++) slots[i] = 0;
    for (uint32_t i = 0; i < batch->rows; i++) slots[km_batch_id(batch, i) + 1 - r.first] = (uint16_t)(i + 1);
    return r;
}

/* The place of a row in the batch + 1, 0 when it is not there. */
static uint32_t place_in(const row_numbers *r, uint64_t row) {
    size_t at;
    if (r->slots) return r->slots[row - r->first];
    KM_BISECT(at, r->batch->rows, km_batch_id(r->batch, (uint32_t)at) + 1 < row);
    return at < r->batch->rows && km_batch_id(r->batch, (uint32_t)at) + 1 == row ? (uint32_t)at + 1 : 0;
}

/* The stretch of a part's facts that may belong to the batch. */
typedef struct stretch {
    const km_stream *facts;
    km_history_spot from, end;
} stretch;

static stretch stretch_of(const km_history *history, const km_history_found *found, const row_numbers *r) {
    uint64_t first = r->first < history->first_row ? history->first_row : r->first;
    uint64_t from = (first - history->first_row) / KM_HISTORY_STEP;
    uint64_t end = (r->last - history->first_row) / KM_HISTORY_STEP + 1;
    uint64_t most = history->index_count - 1;
    if (from > most) from = most;
    if (end > most) end = most;
    return (stretch){&found->facts, found->index[from], found->index[end]};
}

/* What of it lies in one piece. */
typedef struct slice {
    const char *data; /* NULL: in the file */
    size_t from, size;
} slice;

static slice slice_of(const stretch *s, uint32_t piece) {
    const km_stream_piece *of = &s->facts->pieces[piece];
    const size_t from = piece == s->from.piece ? s->from.at : 0;
    const size_t end = piece == s->end.piece ? s->end.at : of->used;
    return (slice){of->data ? of->data + from : NULL, from, end - from};
}

/* After the last piece that it reaches into. */
static uint32_t last_piece(const stretch *s) {
    return s->end.at ? s->end.piece + 1 : s->end.piece;
}

/* Slices in the file are read to the room of the reader, one behind another. */
static kiem_status fetch(km_history_reader *reader, const stretch stretches[KM_HISTORY_PARTS],
                         km_error *error) {
    uint64_t size = 0;
    km_buf_clear(&reader->room);
    for (const stretch *s = stretches; s < stretches + KM_HISTORY_PARTS; s++) {
        for (uint32_t i = s->from.piece; i < last_piece(s); i++)
            size += slice_of(s, i).data ? 0 : slice_of(s, i).size;
    }
    if (!size) return KIEM_OK;
    if (!km_buf_reserve(&reader->room, size)) return km_nomem(error);
    for (const stretch *s = stretches; s < stretches + KM_HISTORY_PARTS; s++) {
        for (uint32_t i = s->from.piece; i < last_piece(s); i++) {
            const slice part = slice_of(s, i);
            if (part.data) continue;
            KM_TRY(km_stream_load_bytes(s->facts, i, part.from, part.size, &reader->history->swept,
                                        reader->room.data + reader->room.length, error));
            reader->room.length += part.size;
        }
    }
    return KIEM_OK;
}

enum { AHEAD = 512 /* bytes: stretches are short, so memory is asked for before it is guessed */ };

static void ask_for_start(const stretch *s) {
    const char *data = s->from.piece < last_piece(s) ? slice_of(s, s->from.piece).data : NULL;
    for (size_t at = 0; data && at < AHEAD; at += 64) KM_PREFETCH(data + at);
}

static void find_in(km_history_reader *reader, const row_numbers *r, const char *from, uint64_t bytes) {
    const km_facts *facts = (const km_facts *)(const void *)from;
    const km_facts *end = (const km_facts *)(const void *)(from + bytes);
    for (; facts < end; facts = km_facts_next(facts)) {
        if ((const char *)end - (const char *)facts > AHEAD) KM_PREFETCH((const char *)facts + AHEAD);
        if (facts->row < r->first) continue;
        if (facts->row > r->last) return;
        uint32_t place = place_in(r, facts->row);
        if (place) reader->facts[place - 1] = facts;
    }
}

static kiem_status find(km_history_reader *reader, const km_batch *batch, km_error *error) {
    const km_history *history = reader->history;
    uint16_t slots[SLOTS];
    stretch stretches[KM_HISTORY_PARTS];
    for (uint32_t i = 0; i < batch->rows; i++) reader->facts[i] = NULL;
    if (!batch->rows) return KIEM_OK;
    const row_numbers r = numbers_of(batch, slots);
    if (r.last < history->first_row || r.first >= history->row_end) return KIEM_OK;
    for (int i = 0; i < KM_HISTORY_PARTS; i++) stretches[i] = stretch_of(history, &history->found[i], &r);
    KM_TRY(fetch(reader, stretches, error));
    const char *fetched = reader->room.data;
    for (const stretch *s = stretches; s < stretches + KM_HISTORY_PARTS; s++) {
        if (s + 1 < stretches + KM_HISTORY_PARTS) ask_for_start(s + 1);
        for (uint32_t i = s->from.piece; i < last_piece(s); i++) {
            const slice part = slice_of(s, i);
            find_in(reader, &r, part.data ? part.data : fetched, part.size);
            if (!part.data) fetched += part.size;
        }
    }
    return KIEM_OK;
}

enum { CHUNK = 64 };

kiem_status km_history_attach(km_history_reader *reader, km_batch *batch, const km_fieldset *wanted,
                              km_error *error) {
    km_visit visits[CHUNK];
    km_history_row rows[CHUNK];
    km_history_columns columns;
    if (reader->history->stage != KM_HISTORY_CLOSED)
        return km_fail(error, KIEM_E_ARGUMENT, "the patient history is not closed");
    KM_TRY(find(reader, batch, error));
    KM_TRY(km_history_columns_add(&columns, batch, wanted, error));
    for (uint32_t first = 0; first < batch->rows; first += CHUNK) {
        uint32_t left = batch->rows - first, count = left < CHUNK ? left : CHUNK;
        for (uint32_t i = 0; i < count; i++) {
            const km_facts *facts = reader->facts[first + i];
            rows[i].visit = NULL;
            if (facts) km_facts_read(facts, columns.partners, &visits[i], &rows[i]);
        }
        KM_TRY(km_history_columns_put(&columns, first, count, rows, error));
    }
    return KIEM_OK;
}

uint64_t km_history_person(const km_history_reader *reader, uint32_t row) {
    return reader->facts[row] ? reader->facts[row]->person : (uint64_t)KM_NO_PERSON;
}

bool km_history_repeats(const km_history_reader *reader, uint32_t row) {
    const unsigned copies = 1u << KM_PARTNER_DUPLICATE | 1u << KM_PARTNER_NEAR_DUPLICATE;
    return reader->facts[row] && reader->facts[row]->has & copies;
}
