/* Calls whose allocations fail, one after the other, through the hooks of support.h. */
#ifndef TESTS_API_FAILING_H
#define TESTS_API_FAILING_H

#include <stdio.h>

#include "support.h"

/* What a call must leave alone when it fails. */
#define UNTOUCHED(type) ((type)(uintptr_t)&fail_at)

/* Tries something with the first allocation failing, then the second, until none is left to fail. `go` does
 * all of it, checks what must hold and frees what it has made; it tells how many of its calls have failed.
 * Nothing may be left in memory afterwards. The number of allocations that failed. */
static inline long fail_in_turn(const char *name, int (*go)(void *user), void *user) {
    long n = 0;
    do {
        const long at_first = atomic_load(&live);
        const unsigned before = CU_get_number_of_failures();
        atomic_store(&made, 0);
        atomic_store(&refused, 0);
        atomic_store(&fail_at, ++n);
        const int failures = go(user);
        atomic_store(&fail_at, 0);
        CU_ASSERT_EQUAL(atomic_load(&live), at_first);
        CU_ASSERT_EQUAL(failures, atomic_load(&refused)); /* no failure is passed over in silence */
        if (CU_get_number_of_failures() != before) fprintf(stderr, "%s: allocation %ld\n", name, n);
    } while (atomic_load(&refused));
    CU_ASSERT(n > 1);
    return n - 1;
}

/* Whether a call ran out of memory, and nothing else. */
static inline int is_out_of_memory(kiem_status status, const kiem_error *error) {
    if (status == KIEM_OK) return 0;
    CU_ASSERT_EQUAL(status, KIEM_E_NOMEM);
    if (!error) return 1;
    CU_ASSERT_EQUAL(kiem_error_status(error), KIEM_E_NOMEM);
    CU_ASSERT_STRING_EQUAL(kiem_error_message(error), "out of memory");
    CU_ASSERT_STRING_EQUAL(kiem_error_file(error), "");
    return 1;
}

/* Tells what is done with memory that does not fail from what is tried. */
static inline long pause_failing(void) {
    return atomic_exchange(&fail_at, 0);
}

static inline void go_on_failing(long where, long made_before) {
    atomic_store(&made, made_before);
    atomic_store(&fail_at, where);
}

/* All of a table as one text. */
static inline void write_table(const kiem_table *table, char *text, size_t size) {
    size_t length = 0;
    const long made_before = atomic_load(&made), where = pause_failing();
    text[0] = '\0';
    for (int64_t row = 0; row < kiem_table_rows(table); row++) {
        for (int32_t column = 0; column < kiem_table_columns(table); column++) {
            char cell[8192];
            if (kiem_table_cell(table, row, column, cell, sizeof cell, NULL) != KIEM_OK) CU_FAIL("no cell");
            length += (size_t)snprintf(text + length, size - length, "%s|", cell);
            if (length >= size - 2) abort();
        }
        text[length++] = '\n';
        text[length] = '\0';
    }
    go_on_failing(where, made_before);
}

/* A policy of a few rules of each kind, so that little is to be tried; its memory does not fail. */
static inline kiem_policy *few_rules(void) {
    static const char *const kept[] = {"bad_value", "REQ_MA_LK", "C01",       "C02", "C11", "C18_MALE",
                                       "M04",       "M05",       "M14_ORDER", "T01", "X01", "X02",
                                       "X06",       "A_ODD",     "D05",       "S01"};
    static char text[1 << 15];
    kiem_policy *whole = NULL, *few = NULL;
    kiem_table *rules = NULL;
    size_t length = (size_t)snprintf(text, sizeof text, "id,severity\n");
    CU_ASSERT_EQUAL_FATAL(kiem_policy_new(NULL, NULL, &whole, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_policy_compile(whole, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_policy_rules(whole, &rules, NULL), KIEM_OK);
    for (int64_t row = 0; row < kiem_table_rows(rules); row++) {
        char id[64], above[64] = "";
        int keep = 0;
        if (row) kiem_table_cell(rules, row - 1, kiem_table_find(rules, "id"), above, sizeof above, NULL);
        kiem_table_cell(rules, row, kiem_table_find(rules, "id"), id, sizeof id, NULL);
        keep = strcmp(id, above) == 0; /* one of several versions: said already */
        for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++) keep |= strcmp(id, kept[i]) == 0;
        if (!keep) length += (size_t)snprintf(text + length, sizeof text - length, "%s,off\n", id);
    }
    CU_ASSERT_EQUAL_FATAL(kiem_policy_new(NULL, NULL, &few, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_policy_add_rules(few, "few", text, length, NULL), KIEM_OK);
    CU_ASSERT_EQUAL_FATAL(kiem_policy_compile(few, NULL), KIEM_OK);
    kiem_table_free(rules);
    kiem_policy_free(whole);
    return few;
}

#endif
