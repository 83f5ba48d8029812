#include "state/run.h"

#include <string.h>

#include "base/sort.h"
#include "state/person.h"

void km_run_init(km_run *run, const km_mem *mem) {
    *run = (km_run){.mem = mem};
    km_buf_init(&run->texts, mem);
    km_links_init(&run->links, mem);
}

void km_run_free(km_run *run) {
    km_free(run->mem, run->episodes, run->capacity * sizeof *run->episodes);
    km_buf_free(&run->texts);
    km_links_free(&run->links);
    km_run_init(run, run->mem);
}

enum { KEY_MAX = UINT16_MAX /* bytes of MA_LK that are kept */ };

/* The links of a batch that then fails are no loss: they say what the rows say again. */
static kiem_status add_row(km_run *run, const km_episode_reader *reader, uint32_t row, km_episode *episode,
                           km_run_skips *skips, km_error *error) {
    uint64_t citizen, id = km_batch_id(reader->batch, row);
    switch (km_episode_read(reader, row, episode, &citizen)) {
    case KM_EPISODE_NO_PERSON: skips->no_person++; return KIEM_OK;
    case KM_EPISODE_NO_TIME: skips->no_time++; return KIEM_OK;
    case KM_EPISODE_READ: break;
    }
    if (id >= UINT32_MAX) return km_fail(error, KIEM_E_RANGE, "more than 4,294,967,294 rows in one job");
    km_text key = km_batch_text(reader->batch, KM_CLAIM_MA_LK, row);
    if (key.length > KEY_MAX) key.length = KEY_MAX;
    episode->key = (uint64_t)run->texts.length << 16 | key.length;
    episode->row = (uint32_t)id + 1;
    km_buf_text(&run->texts, key);
    run->count++;
    return citizen == KM_NO_PERSON ? KIEM_OK : km_links_add(&run->links, citizen, episode->person, error);
}

kiem_status km_run_add(km_run *run, const km_batch *batch, km_run_skips *skips, km_error *error) {
    km_episode_reader reader = km_episode_reader_of(batch);
    km_run_skips skipped = {0};
    size_t count = run->count, texts = run->texts.length;
    if (!km_grow(run->mem, (void **)&run->episodes, &run->capacity, count + batch->rows,
                 sizeof *run->episodes)) {
        return km_nomem(error);
    }
    kiem_status status = KIEM_OK;
    for (uint32_t row = 0; row < batch->rows && status == KIEM_OK; row++)
        status = add_row(run, &reader, row, &run->episodes[run->count], &skipped, error);
    if (status == KIEM_OK && !km_buf_ok(&run->texts)) status = km_nomem(error);
    if (status != KIEM_OK) {
        run->count = count;
        run->texts.length = texts;
        run->texts.broken = false;
        return status;
    }
    skips->no_person += skipped.no_person;
    skips->no_time += skipped.no_time;
    return KIEM_OK;
}

size_t km_run_person_end(const km_run *run, size_t first) {
    size_t end = first + 1;
    while (end < run->count && run->episodes[end].person == run->episodes[first].person) end++;
    return end;
}

static uint64_t person_of(const void *episode) {
    return ((const km_episode *)episode)->person;
}

kiem_status km_run_sort(km_run *run, km_error *error) {
    if (run->count > UINT32_MAX - 1) {
        return km_fail(error, KIEM_E_RANGE, "patient history holds more than 4,294,967,294 claims");
    }
    if (!km_sort_array(run->mem, (void **)&run->episodes, &run->capacity, run->count, sizeof *run->episodes,
                       person_of)) {
        return km_nomem(error);
    }
    const char *texts = km_buf_view(&run->texts).ptr;
    for (size_t first = 0, end; first < run->count; first = end) {
        end = km_run_person_end(run, first);
        km_sort(run->episodes + first, end - first, sizeof *run->episodes, km_episode_compare, texts);
    }
    return KIEM_OK;
}

/* ---- merging */

/* The keys of `more` lie behind those of `run`. */
static bool join_texts(km_run *run, const km_run *more, uint64_t *shift) {
    *shift = run->texts.length;
    km_buf_text(&run->texts, km_buf_view(&more->texts));
    if (km_buf_ok(&run->texts)) return true;
    run->texts.length = *shift;
    run->texts.broken = false;
    return false;
}

/* An episode of the other run, its key behind the texts of this one. */
static km_episode moved(const km_episode *episode, uint64_t shift) {
    km_episode copy = *episode;
    copy.key += shift << 16;
    return copy;
}

static size_t merge_episodes(const km_run *run, const km_run *more, bool once, km_episode *out) {
    const char *texts = km_buf_view(&run->texts).ptr, *more_texts = km_buf_view(&more->texts).ptr;
    uint64_t shift = run->texts.length - more->texts.length;
    size_t i = 0, k = 0, count = 0;
    while (i < run->count && k < more->count) {
        const km_episode *a = &run->episodes[i], *b = &more->episodes[k];
        if (once && km_episode_order_by_self(a, texts, b, more_texts) == 0) {
            k++;
        } else if (km_episode_order(a, texts, b, more_texts) <= 0) {
            out[count++] = *a;
            i++;
        } else {
            out[count++] = moved(b, shift);
            k++;
        }
    }
    for (; i < run->count; i++) out[count++] = run->episodes[i];
    for (; k < more->count; k++) out[count++] = moved(&more->episodes[k], shift);
    return count;
}

kiem_status km_run_merge(km_run *run, const km_run *more, bool once, km_error *error) {
    uint64_t texts;
    size_t capacity = run->count + more->count;
    if (capacity > UINT32_MAX - 1)
        return km_fail(error, KIEM_E_RANGE, "patient history holds more than 4,294,967,294 claims");
    km_episode *merged = km_alloc_array(run->mem, capacity, sizeof *merged);
    if (!merged) return km_nomem(error);
    if (!join_texts(run, more, &texts)) {
        km_free(run->mem, merged, capacity * sizeof *merged);
        return km_nomem(error);
    }
    kiem_status status = km_links_merge(&run->links, &more->links, error);
    if (status != KIEM_OK) {
        run->texts.length = texts;
        km_free(run->mem, merged, capacity * sizeof *merged);
        return status;
    }
    size_t count = merge_episodes(run, more, once, merged);
    km_free(run->mem, run->episodes, run->capacity * sizeof *run->episodes);
    run->episodes = merged;
    run->count = count;
    run->capacity = capacity;
    return KIEM_OK;
}

/* Keys of citizens follow those of cards, keys of newborns follow both: a binary search finds the first. */
size_t km_run_first_citizen(const km_run *run) {
    size_t low = 0, high = run->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        uint64_t person = run->episodes[middle].person;
        if (!km_person_is_newborn(person) && !km_person_is_citizen(person)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

kiem_status km_run_join(km_run *run, km_error *error) {
    bool moved = false;
    size_t first = km_run_first_citizen(run);
    if (first == run->count || !km_person_is_citizen(run->episodes[first].person)) return KIEM_OK;
    KM_TRY(km_links_join(&run->links, error));
    for (size_t i = first; i < run->count && km_person_is_citizen(run->episodes[i].person); i++) {
        uint64_t person = km_links_person(&run->links, run->episodes[i].person);
        moved = moved || person != run->episodes[i].person;
        run->episodes[i].person = person;
    }
    return moved ? km_run_sort(run, error) : KIEM_OK;
}
