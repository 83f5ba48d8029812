#include "state/history/run.h"

#include "base/sort.h"
#include "state/history/person.h"

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

static bool add_draft(km_run *run, const km_draft *draft) {
    km_episode *episode = &run->episodes[run->count++];
    *episode = draft->episode;
    episode->key |= (uint64_t)run->texts.length << 16;
    km_buf_append(&run->texts, draft->key, draft->episode.key & UINT16_MAX);
    return km_buf_ok(&run->texts);
}

kiem_status km_run_add(km_run *run, const km_drafts *drafts, km_error *error) {
    const size_t count = run->count, texts = run->texts.length;
    if (!km_grow(run->mem, (void **)&run->episodes, &run->capacity, count + drafts->count,
                 sizeof *run->episodes)) {
        return km_nomem(error);
    }
    KM_TRY(km_links_expect(&run->links, drafts->count, error));
    for (size_t i = 0; i < drafts->count; i++) {
        if (add_draft(run, &drafts->items[i])) continue;
        run->count = count;
        run->texts.length = texts;
        run->texts.broken = false;
        return km_nomem(error);
    }
    for (size_t i = 0; i < drafts->count; i++) {
        const km_draft *draft = &drafts->items[i];
        if (draft->citizen != KM_NO_PERSON) km_links_add(&run->links, draft->citizen, draft->episode.person);
    }
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

static size_t merge_episodes(const km_run *run, const km_run *more, km_episode *out) {
    const char *texts = km_buf_view(&run->texts).ptr, *more_texts = km_buf_view(&more->texts).ptr;
    uint64_t shift = run->texts.length - more->texts.length;
    size_t i = 0, k = 0, count = 0;
    while (i < run->count && k < more->count) {
        const km_episode *a = &run->episodes[i], *b = &more->episodes[k];
        if (km_episode_order(a, texts, b, more_texts) <= 0) {
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

kiem_status km_run_merge(km_run *run, const km_run *more, km_error *error) {
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
    size_t count = merge_episodes(run, more, merged);
    km_free(run->mem, run->episodes, run->capacity * sizeof *run->episodes);
    run->episodes = merged;
    run->count = count;
    run->capacity = capacity;
    return KIEM_OK;
}

uint64_t km_run_repeated(const km_run *run) {
    const char *texts = km_buf_view(&run->texts).ptr;
    uint64_t repeated = 0;
    for (size_t i = 1; i < run->count; i++)
        repeated += km_episode_order_by_self(&run->episodes[i - 1], texts, &run->episodes[i], texts) == 0;
    return repeated;
}

/* Keys of citizens follow those of cards, keys of newborns follow both: a binary search finds the first. */
size_t km_run_first_citizen(const km_run *run) {
    size_t at;
    KM_BISECT(at, run->count,
              !km_person_is_newborn(run->episodes[at].person) &&
                  !km_person_is_citizen(run->episodes[at].person));
    return at;
}
