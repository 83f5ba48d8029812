#include <string.h>

#include "base/sort.h"
#include "state/history/history.h"
#include "state/history/person.h"

/* ---- rooms */

void km_history_room_init(km_history_room *room, const km_mem *mem) {
    *room = (km_history_room){.mem = mem};
    km_buf_init(&room->texts, mem);
    km_buf_init(&room->facts, mem);
    km_sweep_init(&room->sweep, mem);
    km_repeats_init(&room->repeats, mem);
}

static void forget_found(km_history_room *room) {
    km_history_found *found = &room->found;
    km_stream_free(&found->facts, room->mem);
    km_stream_free(&found->patients, room->mem);
    km_free(room->mem, found->index, room->index_count * sizeof *found->index);
    *found = (km_history_found){0};
}

void km_history_room_rest(km_history_room *room) {
    const km_mem *mem = room->mem;
    const km_history_found found = room->found;
    const km_repeats repeats = room->repeats;
    const size_t index_count = room->index_count;
    km_free(mem, room->episodes, room->episode_capacity * sizeof *room->episodes);
    km_free(mem, room->group, room->group_capacity * sizeof *room->group);
    km_buf_free(&room->texts);
    km_buf_free(&room->facts);
    km_free(mem, room->pairs, room->pair_capacity * sizeof *room->pairs);
    km_free(mem, room->spare, room->spare_capacity * sizeof *room->spare);
    km_free(mem, room->places, room->place_capacity * sizeof *room->places);
    km_free(mem, room->visits, room->visit_capacity * sizeof *room->visits);
    km_sweep_free(&room->sweep);
    km_stream_free(&room->left, mem);
    km_history_room_init(room, mem);
    room->found = found;
    room->repeats = repeats;
    room->index_count = index_count;
}

void km_history_room_free(km_history_room *room) {
    forget_found(room);
    km_repeats_free(&room->repeats);
    km_history_room_rest(room);
}

/* The episodes of a part and the texts of their keys. */
static kiem_status load(const km_history *history, const km_history_part *part, km_history_room *room,
                        km_error *error) {
    size_t count = (size_t)(part->episodes.length / sizeof *room->episodes);
    room->episode_count = 0;
    km_buf_clear(&room->texts);
    if (!km_grow(room->mem, (void **)&room->episodes, &room->episode_capacity, count,
                 sizeof *room->episodes) ||
        !km_buf_reserve(&room->texts, (size_t)part->texts.length)) {
        return km_nomem(error);
    }
    KM_TRY(km_stream_load(&part->episodes, &history->taken, room->episodes, error));
    KM_TRY(km_stream_load(&part->texts, &history->taken, room->texts.data, error));
    room->texts.length = (size_t)part->texts.length;
    room->episode_count = count;
    return KIEM_OK;
}

/* ---- claims that a citizen number alone names */

static kiem_status want_citizens(km_history *history, km_history_room *room, km_error *error) {
    const km_run *past = history->past;
    for (int i = 0; i < KM_HISTORY_PARTS; i++) {
        KM_TRY(load(history, &history->loose[i], room, error));
        for (size_t k = 0; k < room->episode_count; k++)
            KM_TRY(km_joins_want(&history->joins, room->episodes[k].person, error));
    }
    for (size_t i = past ? km_run_first_citizen(past) : 0; past && i < past->count; i++) {
        uint64_t person = past->episodes[i].person;
        if (!km_person_is_citizen(person)) break;
        KM_TRY(km_joins_want(&history->joins, person, error));
    }
    return KIEM_OK;
}

static void see(km_history *history, const km_link *link) {
    if (history->joins.count) km_joins_see(&history->joins, link);
    km_shared_see(&history->shared, link);
}

static void see_again(km_history *history, const km_link *link) {
    if (history->joins.count) km_joins_see_again(&history->joins, link);
    km_shared_see_again(&history->shared, link);
}

static kiem_status see_links(km_history *history, void (*show)(km_history *, const km_link *),
                             km_history_room *room, km_error *error) {
    const km_links *past = history->past ? &history->past->links : NULL;
    for (size_t i = 0; past && i < past->count; i++) show(history, &past->items[i]);
    for (size_t i = 0; i < history->links.count; i++) {
        size_t used = history->links.pieces[i].used;
        km_buf_clear(&room->texts);
        if (!km_buf_reserve(&room->texts, used)) return km_nomem(error);
        KM_TRY(km_stream_load_piece(&history->links, i, &history->taken, room->texts.data, error));
        for (size_t at = 0; at < used; at += sizeof(km_link)) {
            km_link link;
            memcpy(&link, room->texts.data + at, sizeof link);
            show(history, &link);
        }
    }
    return KIEM_OK;
}

/* Moves the claims of a loose part to where their persons are. */
static kiem_status settle(km_history *history, km_history_part *loose, km_history_room *room,
                          km_error *error) {
    KM_TRY(load(history, loose, room, error));
    km_history_part_free(history, loose);
    for (size_t i = 0; i < room->episode_count; i++) {
        km_episode *episode = &room->episodes[i];
        const char *key = km_episode_key(episode, km_buf_view(&room->texts).ptr).ptr;
        episode->person = km_joins_person(&history->joins, episode->person);
        km_history_part *part = &history->parts[km_history_part_of(episode->person)];
        if (i % 1024 == 0) KM_TRY(km_history_make_room(history, 0, error));
        if (!km_history_put(history, part, episode, key)) return km_nomem(error);
    }
    return KIEM_OK;
}

static kiem_status join(km_history *history, km_history_room *room, km_error *error) {
    KM_TRY(want_citizens(history, room, error));
    uint64_t past = history->past ? history->past->links.count : 0;
    KM_TRY(km_shared_start(&history->shared, past + history->links.length / sizeof(km_link), error));
    KM_TRY(see_links(history, see, room, error));
    if (history->joins.count) KM_TRY(km_joins_turn(&history->joins, error));
    KM_TRY(see_links(history, see_again, room, error));
    KM_TRY(km_shared_end(&history->shared, error));
    history->in_memory -= history->links.in_memory;
    km_stream_free(&history->links, history->mem);
    for (int i = 0; i < KM_HISTORY_PARTS; i++) KM_TRY(settle(history, &history->loose[i], room, error));
    return KIEM_OK;
}

/* ---- the persons of a state by part */

static uint64_t past_person(const km_history *history, size_t first) {
    uint64_t person = history->past->episodes[first].person;
    return km_person_is_citizen(person) ? km_joins_person(&history->joins, person) : person;
}

static kiem_status index_past(km_history *history, km_error *error) {
    const km_run *past = history->past;
    size_t *starts = history->past_starts, next[KM_HISTORY_PARTS], all = 0;
    if (!past || !past->count) return KIEM_OK;
    size_t counts[KM_HISTORY_PARTS] = {0};
    for (size_t i = 0; i < past->count; i = km_run_person_end(past, i))
        counts[km_history_part_of(past_person(history, i))]++;
    for (int i = 0; i < KM_HISTORY_PARTS; i++) all += counts[i];
    history->past_persons = km_alloc_array(history->mem, all, sizeof *history->past_persons);
    if (!history->past_persons) return km_nomem(error);
    for (int i = 0; i < KM_HISTORY_PARTS; i++) {
        next[i] = starts[i];
        starts[i + 1] = starts[i] + counts[i];
    }
    for (size_t i = 0; i < past->count; i = km_run_person_end(past, i)) {
        uint64_t person = past_person(history, i);
        history->past_persons[next[km_history_part_of(person)]++] = (km_pair){person, (uint32_t)i};
    }
    return KIEM_OK;
}

/* Joined persons stand out of order. */
static kiem_status sort_past(km_history *history, km_error *error) {
    const size_t *starts = history->past_starts;
    size_t most = 0;
    for (int i = 0; i < KM_HISTORY_PARTS; i++) {
        if (starts[i + 1] - starts[i] > most) most = starts[i + 1] - starts[i];
    }
    if (!history->joins.count || !most) return KIEM_OK;
    km_pair *spare = km_alloc_array(history->mem, most, sizeof *spare);
    if (!spare) return km_nomem(error);
    for (int i = 0; i < KM_HISTORY_PARTS; i++)
        km_sort_pairs(history->past_persons + starts[i], spare, starts[i + 1] - starts[i]);
    km_free(history->mem, spare, most * sizeof *spare);
    return KIEM_OK;
}

kiem_status km_history_close_begin(km_history *history, km_error *error) {
    km_history_room room;
    if (history->stage != KM_HISTORY_OPEN)
        return km_fail(error, KIEM_E_ARGUMENT, "the patient history is already closed");
    history->stage = KM_HISTORY_CLOSING;
    km_history_room_init(&room, history->mem);
    kiem_status status = join(history, &room, error);
    km_history_room_free(&room);
    if (status == KIEM_OK) status = index_past(history, error);
    if (status == KIEM_OK) status = sort_past(history, error);
    uint64_t rows = history->row_end - history->first_row;
    history->index_count = (size_t)((rows + KM_HISTORY_STEP - 1) / KM_HISTORY_STEP + 1);
    return status;
}

/* ---- one person */

static kiem_status add_past(const km_history *history, uint64_t person, unsigned part, km_history_room *room,
                            size_t *count, km_error *error) {
    const km_pair *all = history->past_persons;
    const size_t end = history->past_starts[part + 1];
    while (room->past_at < end && all[room->past_at].key < person) room->past_at++;
    for (; room->past_at < end && all[room->past_at].key == person; room->past_at++) {
        const km_run *past = history->past;
        size_t first = all[room->past_at].index, last = km_run_person_end(past, first);
        if (!km_grow(room->mem, (void **)&room->group, &room->group_capacity, *count + last - first,
                     sizeof *room->group)) {
            return km_nomem(error);
        }
        for (size_t i = first; i < last; i++) {
            km_episode episode = past->episodes[i];
            km_text key = km_episode_key(&episode, km_buf_view(&past->texts).ptr);
            episode.person = person;
            episode.row = 0;
            episode.key = (uint64_t)room->texts.length << 16 | key.length;
            km_buf_text(&room->texts, key);
            room->group[(*count)++] = episode;
        }
    }
    return km_buf_ok(&room->texts) ? KIEM_OK : km_nomem(error);
}

/* Of two records of a claim, that of the job stays. Equal ones stand together. */
static size_t drop_known(km_episode *group, size_t count, const char *texts) {
    size_t kept = 0;
    for (size_t first = 0, end; first < count; first = end) {
        bool in_job = group[first].row != 0;
        for (end = first + 1; end < count; end++) {
            if (km_episode_order_by_self(&group[first], texts, &group[end], texts) != 0) break;
            in_job = in_job || group[end].row;
        }
        for (size_t i = first; i < end; i++) {
            if (!in_job || group[i].row) group[kept++] = group[i];
        }
    }
    return kept;
}

static kiem_status keep_patient(km_history_room *room, size_t count, km_error *error) {
    const km_patient patient = km_patient_of(room->group, room->visits, count);
    const bool kept = km_stream_put(&room->found.patients, room->mem, &patient, sizeof patient);
    return kept ? KIEM_OK : km_nomem(error);
}

enum { UNIT = 8 /* facts lie at multiples of it, so that 32 bits reach far */ };

static kiem_status keep_facts(km_history_room *room, size_t count, km_error *error) {
    const char *texts = km_buf_view(&room->texts).ptr;
    for (size_t i = 0; i < count; i++) {
        uint32_t row = room->group[i].row;
        if (!row) continue;
        if (room->facts.length / UNIT >= UINT32_MAX)
            return km_fail(error, KIEM_E_RANGE, "patient history holds too many pairs of claims");
        room->places[room->place_count++] = (km_pair){row, (uint32_t)(room->facts.length / UNIT)};
        km_facts_put(&room->facts, room->group, (uint32_t)i, &room->visits[i], texts);
    }
    return km_buf_ok(&room->facts) ? KIEM_OK : km_nomem(error);
}

enum { AHEAD = 16 /* claims; sweeping takes as long as memory does for about so many */, FEW = 32 };

/* Claims of one person, few of them: places among the episodes in the order of NGAY_VAO. */
static void order_few(const km_history_room *room, const km_pair *pairs, size_t count, uint64_t *order) {
    for (size_t i = 0; i < count; i++) {
        const uint32_t place = pairs[i].index;
        const uint64_t own = (uint64_t)((int64_t)room->episodes[place].in - INT32_MIN) << 32 | place;
        size_t at = i;
        for (; at > 0 && order[at - 1] > own; at--) order[at] = order[at - 1];
        order[at] = own;
    }
}

/* Copies the claims pairs[first] to pairs[end - 1] to the group. They are scattered over the part, which no
 * near cache holds. (GCC drops a call that does nothing but prefetch, so this is no function of its own.)
 * Most people have few claims: those come in order of time, which spares moving whole episodes later. */
static void gather(km_history_room *room, size_t first, size_t end) {
    uint64_t order[FEW];
    const bool few = end - first <= FEW;
    for (size_t i = first; i < end; i++) {
        if (i + AHEAD >= room->episode_count) continue;
        const km_episode *later = &room->episodes[room->pairs[i + AHEAD].index];
        KM_PREFETCH(later);
        KM_PREFETCH(&later->name);
    }
    if (few) order_few(room, room->pairs + first, end - first, order);
    for (size_t i = first; i < end; i++) {
        const uint32_t place = few ? (uint32_t)order[i - first] : room->pairs[i].index;
        room->group[i - first] = room->episodes[place];
    }
}

/* Puts the group in the order of a run. */
static void sort_group(km_history_room *room, size_t count, const char *texts) {
    for (size_t i = 1; i < count; i++) {
        if (km_episode_compare(&room->group[i - 1], &room->group[i], texts) <= 0) continue;
        km_sort(room->group, count, sizeof *room->group, km_episode_compare, texts);
        return;
    }
}

/* The claims of one person are pairs[first] to pairs[end - 1]. */
static kiem_status sweep_person(const km_history *history, unsigned part, km_history_room *room, size_t first,
                                size_t end, km_error *error) {
    size_t count = end - first;
    if (!km_grow(room->mem, (void **)&room->group, &room->group_capacity, count, sizeof *room->group))
        return km_nomem(error);
    gather(room, first, end);
    if (history->past) KM_TRY(add_past(history, room->pairs[first].key, part, room, &count, error));
    const char *texts = km_buf_view(&room->texts).ptr;
    sort_group(room, count, texts);
    if (count > end - first) count = drop_known(room->group, count, texts);
    if (count >= UINT32_MAX) return km_fail(error, KIEM_E_RANGE, "a person has too many claims");
    if (!km_repeats_note(&room->repeats, &history->sources, room->group, count, texts))
        return km_nomem(error);
    if (!km_grow(room->mem, (void **)&room->visits, &room->visit_capacity, count, sizeof *room->visits))
        return km_nomem(error);
    KM_TRY(km_history_sweep(&room->sweep, room->group, (uint32_t)count, room->visits, error));
    KM_TRY(keep_facts(room, count, error));
    return keep_patient(room, count, error);
}

/* ---- one part */

static kiem_status sort_by_person(km_history_room *room, km_error *error) {
    size_t count = room->episode_count;
    if (count >= UINT32_MAX) return km_fail(error, KIEM_E_RANGE, "patient history holds too many claims");
    if (!km_grow(room->mem, (void **)&room->pairs, &room->pair_capacity, count, sizeof *room->pairs) ||
        !km_grow(room->mem, (void **)&room->spare, &room->spare_capacity, count, sizeof *room->spare) ||
        !km_grow(room->mem, (void **)&room->places, &room->place_capacity, count, sizeof *room->places)) {
        return km_nomem(error);
    }
    for (size_t i = 0; i < count; i++) room->pairs[i] = (km_pair){room->episodes[i].person, (uint32_t)i};
    km_sort_pairs(room->pairs, room->spare, count);
    return KIEM_OK;
}

/* The facts in the order of their rows, and where each stretch of rows begins. */
static kiem_status order_facts(const km_history *history, km_history_room *room, km_error *error) {
    km_history_found *found = &room->found;
    size_t next = 0;
    for (size_t i = 1; i < room->place_count; i++) {
        if (room->places[i].key == room->places[i - 1].key)
            return km_fail(error, KIEM_E_ARGUMENT, "a row was added twice");
    }
    for (size_t i = 0; i < room->place_count; i++) {
        const char *from = room->facts.data + (size_t)room->places[i].index * UNIT;
        if (i + AHEAD < room->place_count) {
            const char *later = room->facts.data + (size_t)room->places[i + AHEAD].index * UNIT;
            KM_PREFETCH(later);
            KM_PREFETCH(later + sizeof(km_facts) - 1);
        }
        const km_facts *facts = (const km_facts *)(const void *)from;
        if (!km_stream_put(&found->facts, room->mem, from, facts->bytes)) return km_nomem(error);
        const km_stream_mark end = km_stream_here(&found->facts);
        const km_history_spot spot = {(uint32_t)end.count - 1, (uint32_t)end.used - facts->bytes};
        for (; history->first_row + next * KM_HISTORY_STEP <= facts->row; next++) found->index[next] = spot;
    }
    for (; next < room->index_count; next++)
        found->index[next] = (km_history_spot){(uint32_t)found->facts.count, 0};
    return KIEM_OK;
}

static kiem_status lay_out(const km_history *history, km_history_room *room, km_error *error) {
    km_sort_pairs(room->places, room->spare, room->place_count);
    room->index_count = history->index_count;
    room->found.index = km_alloc_array(room->mem, room->index_count, sizeof *room->found.index);
    return room->found.index ? order_facts(history, room, error) : km_nomem(error);
}

kiem_status km_history_sweep_part(const km_history *history, unsigned part, km_history_room *room,
                                  km_error *error) {
    forget_found(room);
    room->found.facts.spare = room->found.patients.spare = &room->left;
    room->past_at = history->past_starts[part];
    room->place_count = 0;
    km_buf_clear(&room->facts);
    KM_TRY(load(history, &history->parts[part], room, error));
    KM_TRY(sort_by_person(room, error));
    for (size_t first = 0, end; first < room->episode_count; first = end) {
        for (end = first + 1; end < room->episode_count; end++) {
            if (room->pairs[end].key != room->pairs[first].key) break;
        }
        KM_TRY(sweep_person(history, part, room, first, end, error));
    }
    return lay_out(history, room, error);
}

/* The memory of what was added goes to what is found next, unless there is little: allocators mostly give a
 * thread other memory than that which another thread gave back. */
static bool leave(km_history *history, km_history_part *part, km_history_room *room) {
    const bool leaves = history->memory_limit == UINT64_MAX;
    history->in_memory -= leaves ? part->episodes.in_memory + part->texts.in_memory : 0;
    if (leaves && (!km_stream_leave(&part->episodes, history->mem, &room->left) ||
                   !km_stream_leave(&part->texts, history->mem, &room->left))) {
        return false;
    }
    km_history_part_free(history, part);
    return true;
}

kiem_status km_history_keep_part(km_history *history, unsigned part, km_history_room *room, km_error *error) {
    km_history_found *found = &room->found;
    const uint64_t size = found->facts.in_memory + found->patients.in_memory;
    if (!leave(history, &history->parts[part], room)) return km_nomem(error);
    if (!km_repeats_join(&history->repeats, &room->repeats)) return km_nomem(error);
    found->facts.spare = found->patients.spare = NULL;
    if (history->in_memory + size > history->memory_limit) {
        KM_TRY(km_stream_spill(&found->facts, history->mem, &history->swept, error));
        KM_TRY(km_stream_spill(&found->patients, history->mem, &history->swept, error));
    } else {
        history->in_memory += size;
    }
    history->found[part] = *found;
    *found = (km_history_found){0};
    return KIEM_OK;
}

void km_history_close_end(km_history *history) {
    size_t persons = history->past_starts[KM_HISTORY_PARTS];
    km_free(history->mem, history->past_persons, persons * sizeof *history->past_persons);
    history->past_persons = NULL;
    memset(history->past_starts, 0, sizeof history->past_starts);
    km_joins_free(&history->joins);
    km_spill_free(&history->taken);
    history->past = NULL;
    history->sources = (km_source_starts){0};
    history->stage = KM_HISTORY_CLOSED;
}
