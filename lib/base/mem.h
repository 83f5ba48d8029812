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
/* Begins to bring what lies there into the cache; only the speed of what follows depends on it. */
#if defined(__GNUC__)
#define KM_PREFETCH(ptr) __builtin_prefetch(ptr)
#else
#define KM_PREFETCH(ptr) ((void)(ptr))
#endif

/* A NUL-terminated copy (length + 1 bytes), or NULL. */
char *km_copy_text(const km_mem *mem, const char *ptr, size_t length);

#endif
