/* Memory for large arrays that grow with the claims and are gone through mostly in order: scores, cases of
 * facilities. Blocks of a megabyte or more lie in unlinked temporary files of mode 0600 that are mapped; when
 * the process holds more memory than it may, their pages are handed back to the files, and come again when
 * they are touched. What is in the blocks does not change by it, only the time it takes. */
#ifndef KM_ENGINE_PAGED_H
#define KM_ENGINE_PAGED_H

#include <pthread.h>
#include <stdatomic.h>

#include "base/spill.h"

enum { KM_PAGED_FROM = 1 << 20 };

typedef struct km_paged_block {
    char *data;
    size_t size;
    km_spill file;
} km_paged_block;

typedef struct km_paged {
    km_paging_mem hooks;
    const km_mem *mem; /* what to allocate from; its address must stay */
    const km_mem *inner;
    const char *directory;
    uint64_t limit;       /* bytes the process may hold */
    uint64_t other_files; /* bytes of files it held before: code */
    int statm;
    atomic_size_t touched; /* bytes gone through since somebody looked */
    pthread_mutex_t lock;
    km_paged_block *blocks;
    size_t count, capacity;
    pthread_t watcher;
    bool watched;
    atomic_bool stop;
    bool failed;
    km_error failure;
} km_paged;

void km_paged_init(km_paged *paged, const km_mem *inner, const char *directory, uint64_t limit);
/* All blocks must have been freed. */
void km_paged_free(km_paged *paged);
/* Hands pages back when the process holds too much: for whoever goes through what lies in blocks, now and
 * then; see km_touched. */
void km_paged_look(km_paged *paged);
/* Nothing large will be touched for a while: pages are handed back, the process is watched no more until the
 * next block is made. */
void km_paged_rest(km_paged *paged);
/* Hands all pages back to their files. */
void km_paged_trim(km_paged *paged);
/* Why an allocation failed for want of disk and not of memory; NULL when none did. */
const km_error *km_paged_failure(const km_paged *paged);

#endif
