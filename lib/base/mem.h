/* Memory: every allocation goes through the hooks of the environment, with its size known at release. */
#ifndef KM_BASE_MEM_H
#define KM_BASE_MEM_H

#include <stdbool.h>

#include "base/status.h"

typedef kiem_allocator km_mem;

/* malloc, realloc and free. */
const km_mem *km_mem_default(void);

/* NULL when out of memory; size 0 gives a valid pointer of size 1 so that NULL always means failure. */
void *km_alloc(const km_mem *mem, size_t size);
void *km_alloc_zero(const km_mem *mem, size_t size);
/* count * size, NULL on overflow. */
void *km_alloc_array(const km_mem *mem, size_t count, size_t size);
/* ptr may be NULL. */
void km_free(const km_mem *mem, void *ptr, size_t size);

/* Makes room for at least `need` elements in a growing array, doubling. On failure the array is untouched. */
bool km_grow(const km_mem *mem, void **array, size_t *capacity, size_t need, size_t element_size);
/* Memory that lies in files for a part, see engine/flow/paged.h: it hears how much of it is gone through. */
typedef struct km_paging_mem {
    km_mem mem; /* its struct_size is that of all */
    void (*touched)(void *user, size_t bytes);
} km_paging_mem;

/* So many bytes of large arrays are gone through: who goes through all claims says so, so that pages can be
 * handed back before they are too many. */
void km_touched(const km_mem *mem, size_t bytes);
/* The same for item i of a pass through all, said once for many. */
static inline void km_touched_item(const km_mem *mem, size_t i, size_t size) {
    if (i % 8192 == 0) km_touched(mem, 8192 * size);
}

/* Begins to bring what lies there into the cache; only the speed of what follows depends on it. */
#if defined(__GNUC__)
#define KM_PREFETCH(ptr) __builtin_prefetch(ptr)
#else
#define KM_PREFETCH(ptr) ((void)(ptr))
#endif

/* A NUL-terminated copy (length + 1 bytes), or NULL. */
char *km_copy_text(const km_mem *mem, const char *ptr, size_t length);

#endif
