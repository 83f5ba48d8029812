#include "support/test.h"

#include <stdatomic.h>
#include <stdlib.h>

static atomic_long live, countdown, all_after, delivered;

static bool refuse(void) {
    if (atomic_load(&countdown) <= 0) return false;
    if (atomic_fetch_sub(&countdown, 1) != 1) return false;
    if (atomic_load(&all_after)) atomic_store(&countdown, 1);
    atomic_store(&delivered, 1);
    return true;
}

/* Each block starts with its size, so that a wrong size on release is noticed. */
enum { HEADER = 16 };

static void *trace_alloc(void *user, size_t size) {
    (void)user;
    if (size == 0) abort();
    unsigned char *block = refuse() ? NULL : malloc(size + HEADER);
    if (!block) return NULL;
    memcpy(block, &size, sizeof size);
    memset(block + HEADER, 0xA5, size);
    atomic_fetch_add(&live, 1);
    return block + HEADER;
}

static void trace_release(void *user, void *ptr, size_t size) {
    (void)user;
    unsigned char *block = (unsigned char *)ptr - HEADER;
    size_t recorded;
    memcpy(&recorded, block, sizeof recorded);
    if (recorded != size) {
        fprintf(stderr, "released %zu bytes of a block of %zu\n", size, recorded);
        abort();
    }
    atomic_fetch_sub(&live, 1);
    free(block);
}

static void *trace_resize(void *user, void *ptr, size_t old_size, size_t new_size) {
    void *moved = trace_alloc(user, new_size);
    if (!moved) return NULL;
    memcpy(moved, ptr, old_size < new_size ? old_size : new_size);
    trace_release(user, ptr, old_size);
    return moved;
}

const km_mem *test_mem(void) {
    static const km_mem hooks = {sizeof hooks, NULL, trace_alloc, trace_resize, trace_release};
    return &hooks;
}

long test_mem_live(void) {
    return atomic_load(&live);
}

void test_mem_fail(long n, bool all) {
    atomic_store(&delivered, 0);
    atomic_store(&all_after, all);
    atomic_store(&countdown, n);
}

bool test_mem_failed(void) {
    return atomic_load(&delivered) != 0;
}

static long sweep_failures(kiem_status (*attempt)(void *context), void *context, bool all) {
    for (long n = 1;; n++) {
        long before = test_mem_live();
        test_mem_fail(n, all);
        kiem_status status = attempt(context);
        bool failed = test_mem_failed();
        test_mem_fail(0, false);
        CU_ASSERT_EQUAL(test_mem_live(), before);
        CU_ASSERT_EQUAL(status, failed ? KIEM_E_NOMEM : KIEM_OK);
        if (!failed || status != KIEM_E_NOMEM) return n;
    }
}

long test_out_of_memory(kiem_status (*attempt)(void *context), void *context) {
    return sweep_failures(attempt, context, false) + sweep_failures(attempt, context, true);
}

void test_text_equal(km_text text, const char *expected, const char *file, int line) {
    bool same = km_text_equal(text, km_text_from(expected));
    if (!same) fprintf(stderr, "%s:%d: got '%.*s', expected '%s'\n", file, line, KM_TEXT_ARG(text), expected);
    CU_ASSERT_TRUE(same);
}

void test_ok(kiem_status status, const km_error *error, const char *file, int line) {
    if (status != KIEM_OK) {
        fprintf(stderr, "%s:%d: status %s, line %lld: %s\n", file, line, km_status_name(status),
                error ? (long long)error->line : 0, error ? error->message : "");
    }
    CU_ASSERT_EQUAL_FATAL(status, KIEM_OK);
}

void test_message(const km_error *error, const char *part, const char *file, int line) {
    bool found = strstr(error->message, part) != NULL;
    if (!found) fprintf(stderr, "%s:%d: message '%s' does not hold '%s'\n", file, line, error->message, part);
    CU_ASSERT_TRUE(found);
}

uint64_t test_random(uint64_t *state) {
    uint64_t x = *state += 0x9E3779B97F4A7C15u;
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

void test_shuffle(uint32_t *order, uint32_t count, uint64_t *state) {
    for (uint32_t i = count; i > 1; i--) {
        uint32_t other = (uint32_t)(test_random(state) % i), kept = order[i - 1];
        order[i - 1] = order[other];
        order[other] = kept;
    }
}

static void no_leaks(void) {
    CU_ASSERT_EQUAL(test_mem_live(), 0);
}

int test_main(const char *suite_name, const test_case *cases, size_t count) {
    if (CU_initialize_registry() != CUE_SUCCESS) return 2;
    CU_pSuite suite = CU_add_suite(suite_name, NULL, NULL);
    for (size_t i = 0; suite && i < count; i++) CU_add_test(suite, cases[i].name, cases[i].run);
    if (suite) CU_add_test(suite, "no allocation is left", no_leaks);
    CU_basic_set_mode(CU_BRM_NORMAL);
    CU_basic_run_tests();
    unsigned failures = CU_get_number_of_failures() + (suite ? 0 : 1);
    CU_cleanup_registry();
    return failures ? 1 : 0;
}
