/* Regular expressions by pcre2, in its own room: interpreted, with match and heap limits, so that no pattern
 * can hang a job and every machine gives the same answer (the JIT counts its limits differently). */
#ifndef KM_RULES_REGEX_H
#define KM_RULES_REGEX_H

#include "base/error.h"
#include "base/mem.h"
#include "base/text.h"

typedef struct km_regex km_regex;                 /* compiled pattern: immutable, for any thread */
typedef struct km_regex_scratch km_regex_scratch; /* match data: one thread */

/* The pattern must match the whole text. On a bad pattern *error_offset is the byte where it went wrong and
 * message (of the given size) says why. */
kiem_status km_regex_new(const km_mem *mem, km_text pattern, km_regex **out, size_t *error_offset,
                         char *message, size_t message_size);
void km_regex_free(km_regex *regex);

km_regex_scratch *km_regex_scratch_new(const km_mem *mem);
void km_regex_scratch_free(km_regex_scratch *scratch);

/* 1 match, 0 no match, -1 a limit was reached or memory ran out. */
int km_regex_match(const km_regex *regex, km_regex_scratch *scratch, km_text text);
/* Whether memory ran out in a match since this was last asked. */
bool km_regex_ran_out(km_regex_scratch *scratch);

#endif
