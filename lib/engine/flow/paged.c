#define _DEFAULT_SOURCE 1 /* madvise */

#include "engine/flow/paged.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* ---- handing pages back */

void km_paged_trim(km_paged *paged) {
    pthread_mutex_lock(&paged->lock);
    for (size_t i = 0; i < paged->count; i++)
        madvise(paged->blocks[i].data, paged->blocks[i].size, MADV_DONTNEED);
    pthread_mutex_unlock(&paged->lock);
}

/* Bytes of memory the process holds, 0 when the system does not tell. */
static uint64_t resident(int statm) {
    char text[128];
    const ssize_t length = pread(statm, text, sizeof text - 1, 0);
    text[length > 0 ? length : 0] = '\0';
    const char *second = strchr(text, ' ');
    const uint64_t pages = second ? strtoull(second, NULL, 10) : 0;
    return pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* Where the rest of the process alone holds more than the limit, blocks still get an eighth of it: pages that
 * are handed back at every look would never serve twice. */
static void *watch(void *context) {
    km_paged *paged = context;
    const struct timespec pause = {.tv_nsec = 2000000};
    const uint64_t enough = paged->limit / 4 * 3; /* pages come faster than a busy machine looks */
    const int statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    uint64_t most = enough;
    while (!atomic_load(&paged->stop)) {
        if (resident(statm) > most) {
            km_paged_trim(paged);
            const uint64_t rest = resident(statm) + paged->limit / 8;
            most = rest > enough ? rest : enough;
        }
        nanosleep(&pause, NULL);
    }
    if (statm >= 0) close(statm);
    return NULL;
}

/* ---- blocks */

static size_t whole_pages(size_t size) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    return (size + page - 1) / page * page;
}

/* The disk is taken now: a page that finds no room later would end the process. */
static bool map(km_paged *paged, km_paged_block *block, size_t size) {
    km_error failure = {0};
    kiem_status status = km_spill_reserve(&block->file, size, &failure);
    if (status == KIEM_E_IO && !paged->failed) {
        paged->failed = true;
        paged->failure = failure;
    }
    if (status != KIEM_OK) return false;
    void *data = mmap(NULL, whole_pages(size), PROT_READ | PROT_WRITE, MAP_SHARED, block->file.file, 0);
    if (data == MAP_FAILED) return false;
    block->data = data;
    block->size = whole_pages(size);
    return true;
}

static void *add_block(km_paged *paged, size_t size) {
    km_paged_block block = {NULL, 0, {0}};
    km_spill_init(&block.file, paged->inner, paged->directory);
    if (!km_grow(paged->inner, (void **)&paged->blocks, &paged->capacity, paged->count + 1,
                 sizeof *paged->blocks) ||
        !map(paged, &block, size)) {
        km_spill_free(&block.file);
        return NULL;
    }
    paged->blocks[paged->count++] = block;
    if (!paged->watched) paged->watched = pthread_create(&paged->watcher, NULL, watch, paged) == 0;
    return block.data;
}

static km_paged_block *find(const km_paged *paged, const void *data) {
    size_t i = 0;
    while (paged->blocks[i].data != data) i++;
    return &paged->blocks[i];
}

static void drop_block(km_paged *paged, const void *data) {
    km_paged_block *block = find(paged, data);
    munmap(block->data, block->size);
    km_spill_free(&block->file);
    *block = paged->blocks[--paged->count];
}

/* The file grows and is mapped anew: nothing is copied. */
static void *grow_block(km_paged *paged, const void *data, size_t size) {
    km_paged_block *block = find(paged, data), before = *block;
    if (!map(paged, block, size)) return NULL;
    munmap(before.data, before.size);
    return block->data;
}

/* ---- hooks */

static void *paged_alloc(void *user, size_t size) {
    km_paged *paged = user;
    if (size < KM_PAGED_FROM) return km_alloc(paged->inner, size);
    pthread_mutex_lock(&paged->lock);
    void *data = add_block(paged, size);
    pthread_mutex_unlock(&paged->lock);
    return data;
}

static void paged_release(void *user, void *ptr, size_t size) {
    km_paged *paged = user;
    if (size < KM_PAGED_FROM) {
        km_free(paged->inner, ptr, size);
        return;
    }
    pthread_mutex_lock(&paged->lock);
    drop_block(paged, ptr);
    pthread_mutex_unlock(&paged->lock);
}

static void *paged_resize(void *user, void *ptr, size_t old_size, size_t new_size) {
    km_paged *paged = user;
    if (!ptr) return paged_alloc(user, new_size);
    if (old_size >= KM_PAGED_FROM && new_size >= old_size) {
        pthread_mutex_lock(&paged->lock);
        void *data = grow_block(paged, ptr, new_size);
        pthread_mutex_unlock(&paged->lock);
        return data;
    }
    void *data = paged_alloc(user, new_size);
    if (!data) return NULL;
    memcpy(data, ptr, old_size < new_size ? old_size : new_size);
    paged_release(user, ptr, old_size);
    return data;
}

void km_paged_init(km_paged *paged, const km_mem *inner, const char *directory, uint64_t limit) {
    memset(paged, 0, sizeof *paged);
    paged->mem = (km_mem){sizeof paged->mem, paged, paged_alloc, paged_resize, paged_release};
    paged->inner = inner;
    paged->directory = directory;
    paged->limit = limit;
    atomic_init(&paged->stop, false);
    pthread_mutex_init(&paged->lock, NULL);
}

void km_paged_rest(km_paged *paged) {
    atomic_store(&paged->stop, true);
    if (paged->watched) pthread_join(paged->watcher, NULL);
    atomic_store(&paged->stop, false);
    paged->watched = false;
    km_paged_trim(paged);
}

void km_paged_free(km_paged *paged) {
    km_paged_rest(paged);
    km_free(paged->inner, paged->blocks, paged->capacity * sizeof *paged->blocks);
    pthread_mutex_destroy(&paged->lock);
    memset(paged, 0, sizeof *paged);
}

const km_error *km_paged_failure(const km_paged *paged) {
    return paged->failed ? &paged->failure : NULL;
}
