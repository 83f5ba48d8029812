#include "base/mem.h"

#include <stdlib.h>
#include <string.h>

static void *default_alloc(void *user, size_t size) {
    (void)user;
    return malloc(size);
}

static void *default_resize(void *user, void *ptr, size_t old_size, size_t new_size) {
    (void)user;
    (void)old_size;
    return realloc(ptr, new_size);
}

static void default_release(void *user, void *ptr, size_t size) {
    (void)user;
    (void)size;
    free(ptr);
}

const km_mem *km_mem_default(void) {
    static const km_mem standard = {sizeof standard, NULL, default_alloc, default_resize, default_release};
    return &standard;
}

void *km_alloc(const km_mem *mem, size_t size) {
    return mem->alloc(mem->user, size ? size : 1);
}

void *km_alloc_zero(const km_mem *mem, size_t size) {
    void *ptr = km_alloc(mem, size);
    if (ptr) memset(ptr, 0, size);
    return ptr;
}

void *km_alloc_array(const km_mem *mem, size_t count, size_t size) {
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) return NULL;
    return km_alloc(mem, bytes);
}

void km_free(const km_mem *mem, void *ptr, size_t size) {
    if (ptr) mem->release(mem->user, ptr, size ? size : 1);
}

void km_touched(const km_mem *mem, size_t bytes) {
    if (mem->struct_size == sizeof(km_paging_mem)) ((const km_paging_mem *)mem)->touched(mem->user, bytes);
}

bool km_grow(const km_mem *mem, void **array, size_t *capacity, size_t need, size_t element_size) {
    if (need <= *capacity) return true;
    size_t target = *capacity ? *capacity : 16, bytes;
    while (target < need) {
        if (__builtin_mul_overflow(target, (size_t)2, &target)) return false;
    }
    if (__builtin_mul_overflow(target, element_size, &bytes)) return false;
    void *grown =
        *array ? mem->resize(mem->user, *array, *capacity * element_size, bytes) : km_alloc(mem, bytes);
    if (!grown) return false;
    *array = grown;
    *capacity = target;
    return true;
}

char *km_copy_text(const km_mem *mem, const char *ptr, size_t length) {
    char *copy = km_alloc(mem, length + 1);
    if (!copy) return NULL;
    if (length) memcpy(copy, ptr, length);
    copy[length] = '\0';
    return copy;
}
