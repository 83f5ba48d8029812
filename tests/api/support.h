/* What the tests of the public library share. It knows public headers only, so that a copy of a test and of
 * this file can be kept as a baseline. */
#ifndef TESTS_API_SUPPORT_H
#define TESTS_API_SUPPORT_H

#include <CUnit/Basic.h>
#include <kiem/kiem.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* ---- an allocator that counts and fails */

static atomic_long live, made, fail_at, refused;

static inline void *hook_alloc(void *user, size_t size) {
    (void)user;
    if (size == 0) abort();
    if (atomic_fetch_add(&made, 1) + 1 == atomic_load(&fail_at)) {
        atomic_fetch_add(&refused, 1);
        return NULL;
    }
    void *ptr = malloc(size);
    if (ptr) atomic_fetch_add(&live, 1);
    return ptr;
}

static inline void hook_release(void *user, void *ptr, size_t size) {
    (void)user;
    (void)size;
    atomic_fetch_sub(&live, 1);
    free(ptr);
}

static inline void *hook_resize(void *user, void *ptr, size_t old_size, size_t new_size) {
    void *moved = hook_alloc(user, new_size);
    if (!moved) return NULL;
    memcpy(moved, ptr, old_size < new_size ? old_size : new_size);
    hook_release(user, ptr, old_size);
    return moved;
}

static const kiem_allocator hooks = {sizeof hooks, NULL, hook_alloc, hook_resize, hook_release};

/* ---- one claim */

static const char *const claim[][2] = {{"MA_LK", "EXAMPLE-1"},      {"MA_THE_BHYT", "GD4790000000017"},
                                       {"GIOI_TINH", "1"},          {"NGAY_SINH", "19800315"},
                                       {"MA_BENH_CHINH", "O80"},    {"NGAY_VAO", "202503100800"},
                                       {"NGAY_RA", "202503100930"}, {"T_BHTT", "200000"}};

static inline kiem_status fill_claim(kiem_batch *batch, kiem_error *error) {
    for (size_t i = 0; i < sizeof claim / sizeof claim[0]; i++) {
        kiem_status status = kiem_batch_set(batch, claim[i][0], claim[i][1], SIZE_MAX, error);
        if (status != KIEM_OK) return status;
    }
    return kiem_batch_end_row(batch, error);
}

static inline int has_rule(const kiem_table *findings, const char *rule) {
    char cell[64];
    for (int64_t row = 0; row < kiem_table_rows(findings); row++) {
        kiem_table_cell(findings, row, kiem_table_find(findings, "rule"), cell, sizeof cell, NULL);
        if (strcmp(cell, rule) == 0) return 1;
    }
    return 0;
}

/* ---- the suite */

typedef struct api_test {
    const char *name;
    void (*run)(void);
} api_test;

/* The exit status of main. */
static inline int run_suite(const char *name, const api_test *tests, size_t count) {
    if (CU_initialize_registry() != CUE_SUCCESS) return 2;
    CU_pSuite suite = CU_add_suite(name, NULL, NULL);
    for (size_t i = 0; suite && i < count; i++) CU_add_test(suite, tests[i].name, tests[i].run);
    CU_basic_set_mode(CU_BRM_NORMAL);
    CU_basic_run_tests();
    unsigned failures = CU_get_number_of_failures() + (suite ? 0 : 1);
    CU_cleanup_registry();
    return failures ? 1 : 0;
}

#endif
