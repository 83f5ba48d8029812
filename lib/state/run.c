#include "state/run.h"

#include "base/sort.h"

void km_run_init(km_run *run, const km_mem *mem) {
    *run = (km_run){.mem = mem};
    km_buf_init(&run->texts, mem);
}

void km_run_free(km_run *run) {
    km_free(run->mem, run->episodes, run->capacity * sizeof *run->episodes);
    km_buf_free(&run->texts);
    *run = (km_run){.mem = run->mem};
    km_buf_init(&run->texts, run->mem);
}

kiem_status km_run_add(km_run *run, const km_batch *batch, km_run_skips *skips, km_error *error) {
    km_episode_reader reader = km_episode_reader_of(batch);
    km_run_skips skipped = {0};
    size_t count = run->count, texts = run->texts.length;
    if (!km_grow(run->mem, (void **)&run->episodes, &run->capacity, count + batch->rows,
                 sizeof *run->episodes)) {
        return km_nomem(error);
    }
    for (uint32_t row = 0; row < batch->rows; row++) {
        km_episode *episode = &run->episodes[count];
        switch (km_episode_read(&reader, row, episode)) {
        case KM_EPISODE_NO_PERSON: skipped.no_person++; continue;
        case KM_EPISODE_NO_TIME: skipped.no_time++; continue;
        case KM_EPISODE_READ: break;
        }
        km_text key = km_batch_text(batch, KM_CLAIM_MA_LK, row);
        episode->key_at = run->texts.length;
        episode->key_length = (uint32_t)key.length;
        km_buf_text(&run->texts, key);
        count++;
    }
    if (!km_buf_ok(&run->texts)) {
        run->texts.length = texts;
        run->texts.broken = false;
        return km_nomem(error);
    }
    run->count = count;
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
