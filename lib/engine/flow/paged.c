#define _DEFAULT_SOURCE 1 /* madvise */

#include "engine/flow/paged.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

/* ---- handing pages back */

static void trim(km_paged *paged) {
    for (size_t i = 0; i < paged->count; i++)
        madvise(paged->blocks[i].data, paged->blocks[i].size, MADV_DONTNEED);
}

void km_paged_trim(km_paged *paged) {
    pthread_mutex_lock(&paged->lock);
    trim(paged);
    pthread_mutex_unlock(&paged->lock);
}

/* Bytes of memory that the process holds, and those of them that are pages of files; 0 when the system does
 * not tell. */
static void read_held(int statm, uint64_t *all, uint64_t *of_files) {
    char text[128], *at = text;
    const uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
    const ssize_t length = pread(statm, text, sizeof text - 1, 0);
    text[length > 0 ? length : 0] = '\0';
    strtoull(at, &at, 10);
    *all = strtoull(at, &at, 10) * page;
    *of_files = strtoull(at, &at, 10) * page;
}

/* Where the rest of the process alone holds more than the limit, blocks still get an eighth of it: pages that
 * are handed back at every look would never serve twice. */
static bool holds_too_much(const km_paged *paged) {
    const uint64_t enough = paged->limit / 4 * 3, least = paged->limit / 8;
    uint64_t all, of_files;
    read_held(paged->statm, &all, &of_files);
    const uint64_t own = of_files > paged->other_files ? of_files - paged->other_files : 0;
    const uint64_t rest = all - own;
    return own > (rest + least < enough ? enough - rest : least);
}

void km_paged_look(km_paged *paged) {
    pthread_mutex_lock(&paged->lock);
    if (paged->count && holds_too_much(paged)) trim(paged);
    pthread_mutex_unlock(&paged->lock);
}

static void *watch(void *context) {
    km_paged *paged = context;
    const struct timespec pause = {.tv_nsec = 2000000};
    while (!atomic_load(&paged->stop)) {
        km_paged_look(paged);
        nanosleep(&pause, NULL);
    }
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
    if (status == KIEM_E_IO) {
        pthread_mutex_lock(&paged->lock);
        if (!paged->failed) paged->failure = failure;
        paged->failed = true;
        pthread_mutex_unlock(&paged->lock);
    }
    if (status != KIEM_OK) return false;
    void *data = mmap(NULL, whole_pages(size), PROT_READ | PROT_WRITE, MAP_SHARED, block->file.file, 0);
    if (data == MAP_FAILED) return false;
    block->data = data;
    block->size = whole_pages(size);
    return true;
}

static void unmap(km_paged_block *block) {
    if (block->data) munmap(block->data, block->size);
    km_spill_free(&block->file);
}

/* Files grow and blocks are mapped without the lock: nobody waits for the disk to hand pages back. */
static void *add_block(km_paged *paged, size_t size) {
    km_paged_block block = {NULL, 0, {0}};
    km_spill_init(&block.file, paged->inner, paged->directory);
    bool made = map(paged, &block, size);
    pthread_mutex_lock(&paged->lock);
    made = made && km_grow(paged->inner, (void **)&paged->blocks, &paged->capacity, paged->count + 1,
                           sizeof *paged->blocks);
    if (made) paged->blocks[paged->count++] = block;
    if (made && !paged->watched) paged->watched = pthread_create(&paged->watcher, NULL, watch, paged) == 0;
    pthread_mutex_unlock(&paged->lock);
    if (made) return block.data;
    unmap(&block);
    return NULL;
}

static km_paged_block *find(const km_paged *paged, const void *data) {
    size_t i = 0;
    while (paged->blocks[i].data != data) i++;
    return &paged->blocks[i];
}

static void drop_block(km_paged *paged, const void *data) {
    pthread_mutex_lock(&paged->lock);
    km_paged_block *block = find(paged, data), dropped = *block;
    *block = paged->blocks[--paged->count];
    pthread_mutex_unlock(&paged->lock);
    unmap(&dropped);
}

/* The file grows and is mapped anew: nothing is copied. */
static void *grow_block(km_paged *paged, const void *data, size_t size) {
    pthread_mutex_lock(&paged->lock);
    const km_paged_block before = *find(paged, data);
    pthread_mutex_unlock(&paged->lock);
    km_paged_block grown = before;
    if (!map(paged, &grown, size)) return NULL;
    pthread_mutex_lock(&paged->lock);
    *find(paged, data) = grown;
    pthread_mutex_unlock(&paged->lock);
    munmap(before.data, before.size);
    return grown.data;
}

/* ---- hooks */

static void *paged_alloc(void *user, size_t size) {
    km_paged *paged = user;
    if (size < KM_PAGED_FROM) return km_alloc(paged->inner, size);
    km_paged_look(paged); /* the block will be filled */
    return add_block(paged, size);
}

static void paged_release(void *user, void *ptr, size_t size) {
    km_paged *paged = user;
    if (size < KM_PAGED_FROM) {
        km_free(paged->inner, ptr, size);
        return;
    }
    drop_block(paged, ptr);
}

static void *paged_resize(void *user, void *ptr, size_t old_size, size_t new_size) {
    km_paged *paged = user;
    if (!ptr) return paged_alloc(user, new_size);
    if (old_size >= KM_PAGED_FROM && new_size >= old_size) return grow_block(paged, ptr, new_size);
    void *data = paged_alloc(user, new_size);
    if (!data) return NULL;
    memcpy(data, ptr, old_size < new_size ? old_size : new_size);
    paged_release(user, ptr, old_size);
    return data;
}

/* Looking costs some microseconds, touching four mebibytes a thousand. */
static void paged_touched(void *user, size_t bytes) {
    enum { LOOK_EVERY = 4 << 20 };
    km_paged *paged = user;
    if (atomic_fetch_add(&paged->touched, bytes) + bytes < LOOK_EVERY) return;
    atomic_store(&paged->touched, 0);
    km_paged_look(paged);
}

void km_paged_init(km_paged *paged, const km_mem *inner, const char *directory, uint64_t limit) {
    memset(paged, 0, sizeof *paged);
    paged->hooks = (km_paging_mem){{sizeof paged->hooks, paged, paged_alloc, paged_resize, paged_release},
                                   paged_touched};
    paged->mem = &paged->hooks.mem;
    paged->inner = inner;
    paged->directory = directory;
    paged->limit = limit;
    paged->statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    uint64_t all;
    read_held(paged->statm, &all, &paged->other_files);
    atomic_init(&paged->touched, 0);
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
    if (paged->statm >= 0) close(paged->statm);
    pthread_mutex_destroy(&paged->lock);
    memset(paged, 0, sizeof *paged);
}

const km_error *km_paged_failure(const km_paged *paged) {
    return paged->failed ? &paged->failure : NULL;
}
