/* Bump allocation for things that are built once and freed together: a compiled policy, a parsed table. */
#ifndef KM_BASE_ARENA_H
#define KM_BASE_ARENA_H

#include "base/mem.h"
#include "base/text.h"

typedef struct km_arena_block km_arena_block;

typedef struct km_arena {
    const km_mem *mem;
    km_arena_block *blocks; /* newest first */
    size_t used;            /* bytes used in the newest block */
} km_arena;

void km_arena_init(km_arena *arena, const km_mem *mem);
void km_arena_free(km_arena *arena);
/* Zeroed memory aligned for any type, or NULL. */
void *km_arena_alloc(km_arena *arena, size_t size);
/* A NUL-terminated copy; .ptr is NULL when out of memory. */
km_text km_arena_text(km_arena *arena, km_text text);

#endif
