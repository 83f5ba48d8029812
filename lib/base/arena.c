#include "base/arena.h"

#include <stdalign.h>
#include <string.h>

struct km_arena_block {
    km_arena_block *next;
    size_t capacity;
    alignas(max_align_t) unsigned char bytes[];
};

enum { FIRST_BLOCK = 4096, LARGEST_BLOCK = 1 << 20 };

void km_arena_init(km_arena *arena, const km_mem *mem) {
    *arena = (km_arena){.mem = mem};
}

void km_arena_free(km_arena *arena) {
    while (arena->blocks) {
        km_arena_block *block = arena->blocks;
        arena->blocks = block->next;
        km_free(arena->mem, block, sizeof *block + block->capacity);
    }
    arena->used = 0;
}

void *km_arena_alloc(km_arena *arena, size_t size) {
    size_t align = alignof(max_align_t);
    if (size > SIZE_MAX / 2) return NULL;
    size = (size + align - 1) & ~(align - 1);
    if (!arena->blocks || arena->blocks->capacity - arena->used < size) {
        size_t capacity = arena->blocks ? arena->blocks->capacity * 2 : FIRST_BLOCK;
        if (capacity > LARGEST_BLOCK) capacity = LARGEST_BLOCK;
        if (capacity < size) capacity = size;
        km_arena_block *block = km_alloc(arena->mem, sizeof *block + capacity);
        if (!block) return NULL;
        block->next = arena->blocks;
        block->capacity = capacity;
        arena->blocks = block;
        arena->used = 0;
    }
    void *ptr = arena->blocks->bytes + arena->used;
    arena->used += size;
    memset(ptr, 0, size);
    return ptr;
}

km_text km_arena_text(km_arena *arena, km_text text) {
    char *copy = km_arena_alloc(arena, text.length + 1);
    if (!copy) return (km_text){NULL, 0};
    if (text.length) memcpy(copy, text.ptr, text.length);
    return (km_text){copy, text.length};
}
