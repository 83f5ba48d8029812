/* What every unit test shares: a tracing, failing allocator and a runner. A test that leaks fails. */
#ifndef KM_TEST_H
#define KM_TEST_H

#include <CUnit/Basic.h>
#include <stdbool.h>
#include <string.h>

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"

#ifdef __clang_analyzer__ /* which cannot know that a fatal assertion does not return */
#include <stdlib.h>
#define CU_assertImplementation(holds, line, text, file, function, fatal)                                    \
    (void)((holds) || !(fatal) || (abort(), 0))
#endif

typedef struct test_case {
    const char *name;
    void (*run)(void);
} test_case;

/* Runs the tests as one CUnit suite; every one must leave no live allocation behind. Returns main's exit
 * status. */
int test_main(const char *suite, const test_case *cases, size_t count);
#define TEST_MAIN(suite, ...)                                                                                \
    int main(void) {                                                                                         \
        static const test_case cases[] = {__VA_ARGS__};                                                      \
        return test_main(suite, cases, sizeof cases / sizeof cases[0]);                                      \
    }

/* Allocator hooks that count, check sizes on release, and fail on request. */
const km_mem *test_mem(void);
long test_mem_live(void);
/* The allocation numbered n from now on (1 is the next) fails, and so do all after it if `all_after`; 0
 * stops. */
void test_mem_fail(long n, bool all_after);
/* True when a failure asked for was delivered since. */
bool test_mem_failed(void);

/* Runs `attempt` with allocation 1, 2, 3, ... failing until it passes without meeting the failure. `attempt`
 * returns a status: KIEM_E_NOMEM is expected for every failing run, KIEM_OK for the last; nothing may leak in
 * between. Returns the number of runs. */
long test_out_of_memory(kiem_status (*attempt)(void *context), void *context);

#define TEST_TEXT_EQUAL(text, expected) test_text_equal((text), (expected), __FILE__, __LINE__)
void test_text_equal(km_text text, const char *expected, const char *file, int line);
#define TEST_OK(call, error) test_ok((call), (error), __FILE__, __LINE__)
void test_ok(kiem_status status, const km_error *error, const char *file, int line);
/* True (and asserts) that the message holds a part. */
#define TEST_MESSAGE(error, part) test_message((error), (part), __FILE__, __LINE__)
void test_message(const km_error *error, const char *part, const char *file, int line);

/* SplitMix64: the repeatable random numbers of the property tests. */
uint64_t test_random(uint64_t *state);
void test_shuffle(uint32_t *order, uint32_t count, uint64_t *state);

#endif
